"""The hostile files of the campaign `hostile`: named ones, and random changes of good ones. Each is
a `Trick`: a name, the files that it puts into the run's folder, and whether a reader that exits with
0 has done wrong (`must_fail`)."""
import gzip
import io
import json
import os
import shutil
import struct
import tarfile
import zipfile

import hostile_seal as seal

BIG = [0, 1, 2, 7, 8, 255, 256, 999, 4096, 65535, 65536, 1 << 20, (1 << 31) - 1, 1 << 31,
       (1 << 32) - 1, 1 << 32, 1 << 40, (1 << 62) // 3, 1 << 62, (1 << 63) - 1, 1 << 63,
       (1 << 64) - 1]
NAN = struct.pack("<f", float("nan"))
ODD_WORDS = [b"", b" ", b"a b", b"a\tb", b"a\nb", b"a\r", b"a\0b", b"\xff\xfe", b"\xc0\x80",
             b"\xed\xa0\x80", b"<unk>", b"<script>alert(1)</script>", b"\x1b[31mred\x1b[0m",
             b"\xc2\x9b31m", b"\xe2\x80\xaeabc", b"'; DROP TABLE word; --", b"%s%n%s", b"../../x",
             b"\xef\xbb\xbfa", b"a" * 999, b"a" * 1000, b"a" * (1 << 20), b"w1"]


class Trick:
    def __init__(self, name, make, must_fail=False):
        self.name, self.make, self.must_fail = name, make, must_fail


def write(path, data):
    with open(path, "wb") as f:
        f.write(data)


def read(path):
    with open(path, "rb") as f:
        return bytearray(f.read())


def put(data, at, value, size):
    """A number at a place; from the end if that is negative."""
    at = at if at >= 0 else len(data) + at
    data[at:at + size] = struct.pack("<Q", value & seal.M64)[:size]
    return data


# --- files of fixed layout ---------------------------------------------------------------------------
FIELDS = {  # name: (offset, bytes)
    "counts.bin": {"version": (8, 4), "flags": (12, 4), "words": (16, 4), "window": (20, 4),
                   "unit": (24, 8), "vocabulary": (32, 8), "recipe bytes": (48, 8),
                   "blocks": (-56, 8), "tokens": (-48, 8), "cells": (-40, 8), "records": (-32, 8)},
    "corpus.ids": {"version": (8, 4), "words": (12, 4), "count": (16, 8), "ids": (24, 8),
                   "source": (48, 8), "reserved": (64, 8), "first id": (80, 4), "last": (-4, 4),
                   "last but one": (-8, 4)},
    "model.ckpt": {"version": (8, 4), "numerics": (12, 4), "dim": (16, 4), "words": (20, 4),
                   "recipe bytes": (24, 4), "rows": (28, 4), "epoch": (64, 8), "tasks": (72, 8),
                   "tasks done": (80, 8), "records": (88, 8), "segments": (96, 4), "kind": (100, 4),
                   "first loss": (104, 8), "lowest loss": (112, 8), "last loss": (120, 8),
                   "a weight": (-12, 4), "another weight": (-400, 4)},
}
SEALS = {"counts.bin": seal.seal_counts, "corpus.ids": seal.seal_ids,
         "model.ckpt": seal.seal_checkpoint}


def sealed(name, change):
    """A trick that changes the bytes of a file and seals it."""
    def make(folder):
        path = os.path.join(folder, name)
        data = change(read(path))
        write(path, SEALS[name](data))
    return make


def fixed_tricks(name):
    for field, (at, size) in FIELDS[name].items():
        for value in BIG:
            if value < 1 << (8 * size):
                yield Trick(f"{name} {field} = {value:#x}",
                            sealed(name, lambda d, a=at, v=value, s=size: put(d, a, v, s)))
    for n in (0, 1, 55, 79, 127, 200):
        yield Trick(f"{name} cut to {n}", sealed(name, lambda d, n=n: d[:n]), True)
    yield Trick(f"{name} doubled", sealed(name, lambda d: d + d), name != "counts.bin")
    yield Trick(f"{name} and zeros", sealed(name, lambda d: d + bytes(1 << 20)), True)


def block_tricks():
    """The first block of counts.bin, and its first row."""
    def change(at, value, size):
        def inner(data):
            block = 56 + seal.get(data, 48, "Q") + 8
            return put(data, block + at, value, size)
        return inner
    for field, at, size in (("tag", 0, 4), ("rows", 4, 4), ("bytes", 8, 8), ("cells", 16, 8),
                            ("first row", 32, 8), ("its cells", 33, 8), ("its bytes", 34, 8),
                            ("a cell", 36, 8)):
        for value in BIG + [0x8080808080808080, 0x7f80808080808080]:
            if value < 1 << (8 * size):
                yield Trick(f"counts.bin block {field} = {value:#x}",
                            sealed("counts.bin", change(at, value, size)))


def state_tricks(rng, n):
    """model.ckpt: counts of finished tasks and losses that no training has."""
    def change(data):
        recipe, segments = seal.get(data, 24, "I"), seal.get(data, 96, "I")
        losses = 128 + seal.pad8(recipe)
        done = losses + 8 * segments
        counts = [rng.choice([0, 0, 1, 2, 3, 17, 1 << 31]) for _ in range(segments)]
        for i, count in enumerate(counts):
            put(data, done + 4 * i, count, 4)
        if rng.random() < 0.3:
            data[losses:losses + 8] = struct.pack("<d", rng.choice([float("nan"), float("inf"), -1]))
        put(data, 80, sum(counts), 8)
        put(data, 88, rng.choice([0, 1, 1000, 1 << 40]), 8)
        put(data, 64, rng.choice([0, 1, 1 << 40]), 8)
        return data
    for i in range(n):
        yield Trick(f"model.ckpt tasks {i}", sealed("model.ckpt", change))
    yield Trick("model.ckpt NaN weights", sealed("model.ckpt", nan_rows), True)
    yield Trick("model.ckpt recipe with NUL",
                sealed("model.ckpt", lambda d: put(d, 130, 0, 1)), True)


def nan_rows(data):
    return put(data, len(data) - 8 - 32, struct.unpack("<I", NAN)[0], 4)


def random_bytes(rng, name, n):
    """Some numbers anywhere in a file, sealed."""
    def change(data):
        for _ in range(rng.randint(1, 3)):
            size = rng.choice([1, 1, 2, 4, 8])
            at = rng.randrange(8, max(9, len(data) - size))
            put(data, at, rng.choice(BIG + [rng.getrandbits(64)]), size)
        if rng.random() < 0.1:
            at = rng.randrange(len(data))
            data[at:at] = rng.randbytes(rng.randint(1, 64))
        return data
    for i in range(n):
        yield Trick(f"{name} random {i}", sealed(name, change))


# --- SQLite ------------------------------------------------------------------------------------------
LOOP = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"


def store_trick(name, statements, must_fail=True, sealing=True, then="", beside=None):
    def make(folder):
        path = os.path.join(folder, "store.db")
        seal.change_store(path, statements, sealing, then)
        for ending, data in (beside or {}).items():
            write(path + ending, data)
    return Trick("store.db " + name, make, must_fail)


def store_values():
    for key in ("vocab_size", "symmetric", "unit", "window", "cells", "records", "segments",
                "groups", "values", "blobs", "tiles", "blob_bytes", "recipe", "provenance",
                "format"):
        for value in ["0", "-1", "1", "4294967295", "4294967296", "9223372036854775807", "1e300",
                      "''", "'12x'", "NULL", "x'00'", "'{\"a\":' || char(0)",
                      "replace(hex(zeroblob(900000)), '0', '[')"]:
            yield store_trick(f"meta {key} = {value[:24]}",
                              f"UPDATE meta SET value = {value} WHERE key = '{key}'", False)
        yield store_trick(f"no meta {key}", f"DELETE FROM meta WHERE key = '{key}'",
                          key != "provenance")
    for table, columns in (("word", ("count", "row_sum")), ("value", ("value",)),
                           ("segment", ("first_word", "words", "group_id", "records")),
                           ("tile", ("row_group", "column_group", "part", "tiles", "records"))):
        key = "code" if table == "value" else "id"
        for column in columns:
            for value in ("-1", "0", "65536", "4294967295", "9223372036854775807", "1.5", "'x'"):
                for where in (f"{key} = 1", "1"):
                    yield store_trick(f"{table} {column} = {value}, {where}",
                                      f"UPDATE {table} SET {column} = {value} WHERE {where}", False)
        yield store_trick(f"{table} empty", f"DELETE FROM {table}")
    for word in ODD_WORDS:
        yield store_trick(f"word {word[:20]!r}", "UPDATE word SET word = "
                          f"cast(x'{word.hex()}' AS TEXT) WHERE id = 3", False)
    for at in range(0, 24, 4):
        for value in ("00000000", "01000000", "ffffff7f", "ffffffff", "07000000"):
            for column in ("data", "directory"):
                if column == "data" or at < 16:
                    yield store_trick(
                        f"{column} byte {at} = {value}",
                        f"UPDATE tile SET {column} = cast(substr({column}, 1, {at}) || x'{value}'"
                        f" || substr({column}, {at + 5}) AS BLOB) WHERE id = 0", False)
    yield store_trick("fewer value codes", "DELETE FROM value WHERE code > 1;"
                      "UPDATE meta SET value = 2 WHERE key = 'values'")


def store_schemas():
    plain = "SELECT 1"
    for table in ("meta", "word", "segment", "value", "tile"):
        renamed = f"ALTER TABLE {table} RENAME TO t0; "
        yield store_trick(f"view {table}", plain, then=renamed +
                          f"CREATE VIEW {table} AS SELECT * FROM t0")
        yield store_trick(f"endless view {table}", plain, then=renamed + f"CREATE VIEW {table} AS "
                          f"SELECT * FROM t0 UNION ALL SELECT * FROM ({LOOP} SELECT i, i, i, i, i, "
                          "i, i, i, i FROM n)" if table == "tile" else renamed +
                          f"CREATE VIEW {table} AS {LOOP} SELECT i AS id, i AS key, i AS value FROM n"
                          " WHERE i < 0")
        yield store_trick(f"trigger {table}", plain, then=f"CREATE TRIGGER g AFTER INSERT ON {table}"
                          " BEGIN SELECT load_extension('x'); END")
        yield store_trick(f"virtual {table}", plain,
                          then=f"DROP TABLE {table}; CREATE VIRTUAL TABLE {table} USING fts5(a, b)")
        yield store_trick(f"without {table}", plain, then=f"DROP TABLE {table}")
        yield store_trick(f"index {table}", plain, then=f"CREATE INDEX x ON {table}(" +
                          {"meta": "value", "word": "abs(count)", "segment": "words",
                           "value": "value", "tile": "id, directory"}[table] + ")")
        yield store_trick(f"column in {table}", plain,
                          then=f"ALTER TABLE {table} ADD COLUMN more AS (1)")
    for ending in ("-wal", "-journal"):
        for data in (b"x", bytes.fromhex("d9d505f920a163d7") + bytes(600),
                     bytes.fromhex("377f0682002de218") + bytes(5000)):
            yield store_trick(f"with {ending} of {len(data)}", plain, beside={ending: data})
    yield store_trick("with an empty -wal", plain, False, beside={"-wal": b""})
    yield store_trick("with a -shm", plain, False, beside={"-shm": bytes(32768)})
    yield store_trick("WAL mode", plain, False, then="PRAGMA journal_mode = WAL")
    yield store_trick("auto_vacuum", plain, False, then="PRAGMA auto_vacuum = FULL; VACUUM")
    yield store_trick("small pages", plain, False, then="PRAGMA page_size = 512; VACUUM")
    yield store_trick("another kind", plain, then="PRAGMA application_id = 7")
    yield store_trick("another version", plain, then="PRAGMA user_version = 7")
    yield store_trick("other views", plain, False, then=f"CREATE VIEW v AS {LOOP} SELECT * FROM n")


def page_tricks(rng, name, n):
    """Bytes in SQLite's own structures, which nothing seals: the header, then anywhere."""
    def change(folder, at, value, size):
        path = os.path.join(folder, name)
        data = read(path)
        write(path, put(data, at if at >= 0 else rng.randrange(100, len(data)), value, size))
    for at in range(16, 100, 2):
        for value in (0, 1, 2, 0x4000, 0xffff):
            yield Trick(f"{name} header byte {at} = {value:#x}",
                        lambda f, a=at, v=value: change(f, a, (v >> 8) | (v & 255) << 8, 2))
    for i in range(n):
        value, size = rng.choice(BIG + [rng.getrandbits(64)]), rng.choice([1, 2, 4])
        yield Trick(f"{name} page byte {i}", lambda f, v=value, s=size: change(f, -1, v, s))


def random_store(rng, n):
    """One value of a random row of a random table, sealed."""
    tables = {"word": "id", "segment": "id", "value": "code", "tile": "id"}
    columns = {"word": ["id", "count", "row_sum"], "value": ["code", "value"],
               "segment": ["id", "first_word", "words", "group_id", "records"],
               "tile": ["id", "row_group", "column_group", "part", "tiles", "records"]}
    for i in range(n):
        if rng.random() < 0.5:
            at = rng.randrange(0, 6000)
            column = rng.choice(["data", "data", "directory"])
            size = rng.choice([1, 2, 4])
            change = (f"UPDATE tile SET {column} = cast(substr({column}, 1, {at} % length({column}))"
                      f" || x'{rng.randbytes(size).hex()}' || substr({column}, {at} % "
                      f"length({column}) + {size + 1}) AS BLOB) WHERE id = (SELECT id FROM tile "
                      f"LIMIT 1 OFFSET {rng.randrange(8)} % (SELECT count(*) FROM tile))")
        else:
            table = rng.choice(list(tables))
            column, key = rng.choice(columns[table]), tables[table]
            value = rng.choice([0, 1, -1, 5, 65535, 65536, 1 << 31, 1 << 32, 1 << 62])
            change = (f"UPDATE OR IGNORE {table} SET {column} = {value} WHERE {key} = (SELECT {key} "
                      f"FROM {table} LIMIT 1 OFFSET {rng.randrange(300)} % (SELECT count(*) FROM "
                      f"{table}))")
        yield store_trick(f"random {i}", change, False)
