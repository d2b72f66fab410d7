"""Checksums made right again: what somebody does who changes a file of glovebox on purpose. The
layouts are those of docs/formats.md."""
import ctypes
import sqlite3
import struct

xxhash = ctypes.CDLL("libxxhash.so.0")


class Wide(ctypes.Structure):
    _fields_ = [("low", ctypes.c_uint64), ("high", ctypes.c_uint64)]


xxhash.XXH3_64bits_withSeed.restype = ctypes.c_uint64
xxhash.XXH3_64bits_withSeed.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint64]
xxhash.XXH3_128bits.restype = Wide
xxhash.XXH3_128bits.argtypes = [ctypes.c_char_p, ctypes.c_size_t]
M64 = (1 << 64) - 1


def h64(data, seed=0):
    return xxhash.XXH3_64bits_withSeed(bytes(data), len(data), seed & M64)


def h128(data):
    """(low, high)"""
    wide = xxhash.XXH3_128bits(bytes(data), len(data))
    return wide.low, wide.high


def hex128(data):
    low, high = h128(data)
    return f"{high:016x}{low:016x}"


def u64(*numbers):
    return b"".join(struct.pack("<Q", n & M64) for n in numbers)


def put64(data, at, number):
    data[at:at + 8] = struct.pack("<Q", number & M64)


def get(data, at, form):
    return struct.unpack_from("<" + form, data, at)[0]


def seal_counts(data):
    """Header, the blocks as far as they can be found, trailer."""
    if len(data) < 56 + 8 + 64:
        return data
    end, tail = 56 + get(data, 48, "Q"), len(data) - 64
    if end + 8 > tail:
        end = 56
    check = h64(data[:end])
    put64(data, end, check)
    at, number = end + 8, 0
    while at + 40 <= tail:
        put64(data, at + 24, h64(data[at:at + 24], check + number + 1))
        payload = get(data, at + 8, "Q")
        if payload > tail - at - 40:
            break
        at += 32
        put64(data, at + payload, h64(data[at:at + payload], check + number + 1))
        at += payload + 8
        number += 1
    data[tail + 40:tail + 56] = u64(*h128(data[:tail]))
    put64(data, tail + 56, h64(data[tail:tail + 56], check))
    return data


def seal_ids(data):
    if len(data) >= 80:
        data[32:48] = u64(*h128(data[80:]))
        put64(data, 72, h64(data[:72]))
    return data


def pad8(n):
    return (n + 7) // 8 * 8


def seal_checkpoint(data):
    if len(data) < 136:
        return data
    recipe, segments = get(data, 24, "I"), get(data, 96, "I")
    end = 128 + pad8(recipe) + pad8(segments * 12)
    if end + 8 > len(data):
        return data
    seed = h64(data[:end])
    put64(data, end, seed)
    dim, words, step = get(data, 16, "I"), get(data, 20, "I"), get(data, 28, "I")
    row = 4 * dim if get(data, 100, "I") == 1 else 8 * (dim + 1)
    at = end + 8
    for _ in range(2):
        left = words
        while left > 0 and step > 0:
            size = min(left, step) * row
            if at + size + 8 > len(data):
                return data
            put64(data, at + size, h64(data[at:at + size], seed))
            seed, at, left = seed + 1, at + size + 8, left - step
    return data


# --- the store -------------------------------------------------------------------------------------
def raw(value):
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogateescape")


def whole(value):
    return int(value) & M64 if isinstance(value, int) else 0


def seal_store(db):
    """All checksums of an open store, by what its tables hold."""
    db.text_factory = lambda b: b.decode("utf-8", "surrogateescape")
    meta = dict(db.execute("SELECT key, value FROM meta"))
    words = db.execute("SELECT word, count, row_sum FROM word ORDER BY id").fetchall()
    vocab = h128(b"".join(raw(w) + b" %d\n" % whole(c) for w, c, _ in words))
    sums = h128(u64(*(whole(s) for _, _, s in words)))
    segments = db.execute("SELECT first_word, words, group_id, records FROM segment "
                          "ORDER BY id").fetchall()
    values = [whole(v) for v, in db.execute("SELECT value FROM value ORDER BY code")]
    layout, at = [len(segments)], 0
    for _, n, group, records in segments:
        layout += [at, whole(group), whole(records)]
        at += whole(n)
    layout = h128(u64(*layout, at, whole(meta.get("groups")), len(values), *values))
    directory = b""
    tiles = db.execute("SELECT id, row_group, column_group, part, tiles, records, directory, data "
                       "FROM tile ORDER BY id").fetchall()
    for number, row, column, part, n, records, entries, data in tiles:
        entries, data = raw(entries), raw(data)
        check = h64(data, h64(entries, whole(number)))
        signed = check - (1 << 64) if check >> 63 else check
        db.execute("UPDATE tile SET checksum = ? WHERE id = ?", (signed, number))
        directory += u64(whole(number), whole(row), whole(column), whole(part), whole(n),
                         whole(records), check, len(data)) + entries
    directory = h128(directory)
    numbers = [whole(meta.get(k)) for k in ("vocab_size", "symmetric", "unit", "window", "cells",
                                           "records", "blobs", "tiles")]
    content = u64(1, *numbers)
    for low, high in (vocab, sums, layout, directory):
        content += u64(high, low)
    content = h128(content + raw(meta.get("recipe", "")))
    hashes = {"vocab_hash": vocab, "row_sum_hash": sums, "layout_hash": layout,
              "directory_hash": directory, "content_hash": content}
    for key, (low, high) in hashes.items():
        db.execute("INSERT OR REPLACE INTO meta VALUES(?, ?)", (key, f"{high:016x}{low:016x}"))
    seal_meta(db)


def seal_meta(db):
    covered = b""
    for key, value in db.execute("SELECT key, value FROM meta WHERE key <> 'meta_hash' "
                                 "ORDER BY key"):
        for x in (key, value):
            kind = 1 if isinstance(x, int) else 2 if isinstance(x, float) else \
                4 if isinstance(x, bytes) else 3
            covered += u64(kind, len(raw(x))) + raw(x)
    low, high = h128(covered)
    db.execute("INSERT OR REPLACE INTO meta VALUES('meta_hash', ?)", (f"{high:016x}{low:016x}",))


def change_store(path, statements, seal=True, then=""):
    """Run SQL on a store, seal it, and run `then`, which does not change a value."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode = MEMORY")
    db.execute("PRAGMA synchronous = OFF")
    db.executescript(statements)
    if seal:
        db.execute("BEGIN")
        seal_store(db)
        db.execute("COMMIT")
    db.executescript(then)
    db.close()
