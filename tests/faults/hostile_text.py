"""Hostile vectors, matrices, vocabularies, JSON and corpora for the campaign `hostile`."""
import gzip
import io
import json
import os
import sqlite3
import struct
import tarfile
import zipfile

from hostile_files import BIG, LOOP, ODD_WORDS, Trick, read, write
import hostile_seal as seal

FLOATS = struct.pack("<3f", 1, 2, 3)


def file_trick(kind, name, data, must_fail=False):
    """A whole file `input`."""
    return Trick(f"{kind} {name}", lambda folder: write(os.path.join(folder, "input"), data),
                 must_fail)


# --- vectors -----------------------------------------------------------------------------------------
def text_vectors():
    row = b" 1 2 3\n"
    for word in ODD_WORDS:
        yield file_trick("text", f"word {word[:20]!r}", b"x" + row + word + row + b"y" + row)
    for n in BIG:
        for d in (1, 3, 1 << 31, 1 << 62):
            yield file_trick("text", f"header {n} {d}", b"%d %d\nx 1 2 3\n" % (n, d))
    for number in ("nan", "inf", "-inf", "1e999", "1e-999", "0x1p3", "1,5", "--1", "1" * 5000,
                   "." * 50, "1e" + "9" * 50, "-", "\x1b[1m"):
        yield file_trick("text", f"number {number[:12]!r}",
                         b"x 1 2 3\ny %b 2 3\nz 1 2 3\n" % number.encode())
    yield file_trick("text", "one line of 4 MB", b"x" + b" 1" * (2 << 20) + b"\n")
    yield file_trick("text", "one word of 4 MB", b"x" * (4 << 20) + row)
    yield file_trick("text", "only line ends", b"\n" * (1 << 20), True)
    yield file_trick("text", "zeros", bytes(1 << 16), True)
    yield file_trick("text", "CR LF without header", b"the 1 2 3\r\nof 4 5 6\r\n")
    yield file_trick("text", "CR alone", b"the 1 2 3\rof 4 5 6\r")
    yield file_trick("text", "a header of 1000 rows, 2 there", b"1000 3\nx 1 2 3\ny 1 2 3\n")
    yield file_trick("text", "500,000 short lines", b"a 1\n" * 500000)


def binary_vectors():
    for n in BIG:
        for d in (1, 3, 1 << 20, 1 << 31, 1 << 62, (1 << 64) - 1):
            yield file_trick("word2vec", f"header {n} {d}",
                             b"%d %d\nx " % (n, d) + FLOATS + b"\ny " + FLOATS + b"\n")
    for word in ODD_WORDS:
        yield file_trick("word2vec", f"word {word[:20]!r}",
                         b"2 3\n" + word + b" " + FLOATS + b"\ny " + FLOATS + b"\n")
    yield file_trick("word2vec", "NaN", b"1 3\nx " + struct.pack("<3f", float("nan"), 1, 2) + b"\n")
    yield file_trick("word2vec", "no blank", b"2 3\n" + b"x" * (1 << 20), True)
    yield file_trick("word2vec", "a header of 5000 digits", b"1" * 5000 + b" 3\nx " + FLOATS)


def safetensors(header, body=FLOATS * 2, length=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + body


def tensor(dtype="F32", shape=(2, 3), offsets=(0, 24), words='["x", "y"]', **meta):
    return {"__metadata__": {"kind": "glovebox vectors", "words": words, **meta},
            "embedding": {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}}


def safetensors_vectors():
    for n in BIG:
        for d in (3, 1 << 31, 1 << 62, (1 << 64) - 1):
            yield file_trick("safetensors", f"shape {n} {d}", safetensors(tensor(shape=(n, d))))
        yield file_trick("safetensors", f"offsets 0 {n}", safetensors(tensor(offsets=(0, n))))
        yield file_trick("safetensors", f"offsets {n} 24", safetensors(tensor(offsets=(n, 24))))
        yield file_trick("safetensors", f"header bytes {n}", safetensors(tensor(), length=n))
    for shape in ([], [6], [2, 3, 1], [-2, 3], [2.0, 3], ["2", 3], [None], [0, 3], [2, 0]):
        yield file_trick("safetensors", f"shape {shape}", safetensors(tensor(shape=shape)))
    for dtype in ("F16", "F64", "I32", "BF16", "", "F32\0", None, 7):
        yield file_trick("safetensors", f"dtype {dtype!r}", safetensors(tensor(dtype=dtype)))
    for word in ODD_WORDS:
        text = json.dumps(["x", word.decode("latin-1")])
        yield file_trick("safetensors", f"word {word[:20]!r}", safetensors(tensor(words=text)))
    for words in ("", "[", "[]", '["x"]', '["x", "y", "z"]', '["x", 1]', '["x", null]', "null", "{}",
                  '["x", "x"]', '["\\u0000", "y"]', '["\\ud800", "y"]', "[" * 100000):
        yield file_trick("safetensors", f"words {words[:20]}", safetensors(tensor(words=words)))
    yield file_trick("safetensors", "wrong checksum", safetensors(tensor(xxh128="0" * 32)))
    yield file_trick("safetensors", "checksum of no text", safetensors(tensor(xxh128=7)))
    double = json.dumps(tensor())[:-1] + ', "embedding": {"dtype": "F32", "shape": [1, 6], ' + \
        '"data_offsets": [0, 24]}}'
    yield file_trick("safetensors", "a key twice", safetensors(double.encode()))
    yield file_trick("safetensors", "deep", safetensors(b'{"a":' * 50000 + b"1" + b"}" * 50000))
    yield file_trick("safetensors", "a huge number",
                     safetensors(b'{"embedding":{"shape":[' + b"9" * 9999 + b",3]}}"), True)
    yield file_trick("safetensors", "overlapping", safetensors(
        {**tensor(), "b": {"dtype": "F32", "shape": [1, 1], "data_offsets": [20, 24]}}))
    yield file_trick("safetensors", "many small values",
                     safetensors(b'{"a":[' + b"1," * 1000000 + b"1]}"))


def npy(header, body=FLOATS * 2, version=1, length=None):
    text = header.encode() + b" " * (-(len(header) + 11) % 64) + b"\n"
    size = len(text) if length is None else length
    head = struct.pack("<H", size & 0xffff) if version == 1 else struct.pack("<I", size & 0xffffffff)
    return b"\x93NUMPY" + bytes([version, 0]) + head + text + body


def npy_header(shape="(2, 3)", descr="'<f4'", order="False"):
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}"


def npy_vectors():
    for n in BIG:
        for d in (3, 1 << 31, 1 << 62):
            yield file_trick("npy", f"shape {n} {d}", npy(npy_header(f"({n}, {d})")))
        yield file_trick("npy", f"header bytes {n}", npy(npy_header(), length=n,
                                                        version=1 if n < 65536 else 2))
    for shape in ("()", "(6,)", "(2, 3, 1)", "(-2, 3)", "(2.0, 3)", "2", "(2, 3", "__import__('os')",
                  "(" * 10000):
        yield file_trick("npy", f"shape {shape[:20]}", npy(npy_header(shape)))
    for descr in ("'>f4'", "'<f8'", "'<f2'", "'|O'", "'<U4'", "[('a', '<f4')]", "''", "4"):
        yield file_trick("npy", f"descr {descr}", npy(npy_header(descr=descr)))
    for version in (0, 2, 3, 255):
        yield file_trick("npy", f"version {version}", npy(npy_header(), version=version))
    yield file_trick("npy", "Fortran order", npy(npy_header(order="True")))
    yield file_trick("npy", "a key twice", npy("{'descr': '<f4', " + npy_header()[1:]))


def db_trick(name, sql, must_fail=False, beside=None):
    def make(folder):
        path = os.path.join(folder, "input")
        db = sqlite3.connect(path)
        db.executescript("PRAGMA synchronous = OFF;" + sql)
        db.close()
        for ending, data in (beside or {}).items():
            write(path + ending, data)
    return Trick("vectors.db " + name, make, must_fail)


def sqlite_vectors():
    table = "CREATE TABLE vectors(word TEXT, embedding BLOB);"
    rows = "INSERT INTO vectors VALUES('x', x'0000803f00000040'), ('y', x'0000803f00000000');"
    yield db_trick("view", f"CREATE VIEW vectors AS {LOOP} SELECT i AS word, x'00000000' AS "
                   "embedding FROM n", True)
    yield db_trick("silent view", f"CREATE VIEW vectors AS {LOOP} SELECT i AS word, x'00000000' AS "
                   "embedding FROM n WHERE i < 0", True)
    yield db_trick("computed", "CREATE TABLE vectors(word, embedding AS (zeroblob(900000000)));"
                   "INSERT INTO vectors VALUES('x')", True)
    yield db_trick("stored", "CREATE TABLE vectors(word, e, embedding AS (e) STORED);", True)
    for module in ("fts5(word, embedding)", "fts4(word, embedding)", "rtree(word, embedding, x)"):
        yield db_trick(module, f"CREATE VIRTUAL TABLE vectors USING {module}", True)
    yield db_trick("virtual by hand", table + "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET "
                   "sql = 'CREATE /**/ VIRTUAL TABLE vectors USING fts5(word, embedding)';", True)
    yield db_trick("names of the schema", "CREATE TABLE VECTORS(WORD, EMBEDDING);"
                   "INSERT INTO vectors VALUES('x', x'0000803f')")
    yield db_trick("meta is a view", table + rows + f"CREATE VIEW meta AS {LOOP} SELECT i AS key, i "
                   "AS value FROM n")
    yield db_trick("meta computes", table + rows + "CREATE TABLE meta(key, value AS (hex(zeroblob("
                   "400000000)))); INSERT INTO meta VALUES('xxh128'), ('metadata')")
    yield db_trick("a long metadata", table + rows + "CREATE TABLE meta(key, value); INSERT INTO meta"
                   " VALUES('metadata', replace(hex(zeroblob(1000000)), '0', '['))")
    yield db_trick("an index with other words", table + rows + "CREATE INDEX i ON vectors(word, "
                   "embedding); PRAGMA writable_schema = ON; UPDATE sqlite_schema SET rootpage = 2 "
                   "WHERE name = 'i'")
    for value in ("NULL", "''", "1", "1.5", "x'00'", "x'000000'", "zeroblob(3000000)", "'text'",
                  "x'0000c07f0000c07f'"):
        yield db_trick(f"embedding {value}", table + rows +
                       f"INSERT INTO vectors VALUES('z', {value})")
        yield db_trick(f"first embedding {value}", table + f"INSERT INTO vectors VALUES('z', {value});"
                       + rows)
    for word in ODD_WORDS:
        yield db_trick(f"word {word[:20]!r}", table + rows + "INSERT INTO vectors VALUES(cast("
                       f"x'{word.hex()}' AS TEXT), x'0000803f00000040')")
    for ending in ("-wal", "-journal"):
        yield db_trick(f"with {ending}", table + rows, True, {ending: b"x" * 600})
    yield db_trick("100,000 tables", "".join(f"CREATE TABLE t{i}(a);" for i in range(3000)) + table +
                   rows)


# --- matrices ----------------------------------------------------------------------------------------
def npz(members, method=zipfile.ZIP_STORED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as z:
        for name, data in members.items():
            z.writestr(name, data)
    return out.getvalue()


def array(numbers, form, descr, shape=None):
    return npy(npy_header(str(shape or (len(numbers),)).replace("[", "(").replace("]", ")"),
                          f"'{descr}'"), struct.pack(f"<{len(numbers)}{form}", *numbers))


def csr(n, data=(1.0,), indices=(0,), indptr=None, shape=None):
    indptr = indptr if indptr is not None else [0] + [1] * n
    return {"format.npy": npy(npy_header("()", "'|S3'"), b"csr"),
            "shape.npy": array(shape or (n, n), "q", "<i8"),
            "data.npy": array(data, "d", "<f8"), "indices.npy": array(indices, "i", "<i4"),
            "indptr.npy": array(indptr, "i", "<i4")}


def matrices(n):
    """For a vocabulary of `n` words."""
    head = b"%%MatrixMarket matrix coordinate real general\n"
    for rows in BIG:
        for columns in (n, 1 << 31, 1 << 62):
            yield file_trick("mtx", f"shape {rows} {columns}",
                             head + b"%d %d 1\n1 1 1\n" % (rows, columns))
        yield file_trick("mtx", f"entries {rows}", head + b"%d %d %d\n1 1 1\n" % (n, n, rows))
        yield file_trick("mtx", f"row {rows}", head + b"%d %d 1\n%d 1 1\n" % (n, n, rows))
    for value in ("nan", "inf", "-1", "0", "1e308", "1e-308", "x", "", "1 2"):
        yield file_trick("mtx", f"value {value}", head + b"%d %d 1\n1 1 %b\n" % (n, n,
                                                                                value.encode()))
    for first, second in ((0, 1), (1, 0), (-1, 1), (n + 1, 1), (1, 1), (1 << 31, 1)):
        first &= 0xffffffff
        yield file_trick("reference", f"{first} {second}", struct.pack("<IId", first, second, 1.0))
    for value in (float("nan"), float("inf"), -1.0, 0.0, 1e308, 5e-324):
        yield file_trick("reference", f"value {value}", struct.pack("<IId", 1, 1, value))
    yield file_trick("reference", "half a record", struct.pack("<IId", 1, 1, 1.0) + b"\1\0\0\0", True)
    for key in ("format.npy", "shape.npy", "data.npy", "indices.npy", "indptr.npy"):
        whole = csr(n)
        without = {k: v for k, v in whole.items() if k != key}
        yield file_trick("npz", f"no {key}", npz(without), True)
        yield file_trick("npz", f"{key} cut", npz({**whole, key: whole[key][:40]}), True)
        yield file_trick("npz", f"{key} empty", npz({**whole, key: b""}), True)
        for big in BIG:
            header = npy(npy_header(f"({big},)", "'<i4'"), b"")
            yield file_trick("npz", f"{key} of {big}", npz({**whole, key: header}))
    for indptr in ([0] * (n + 1), [1] * (n + 1), [0, -1] + [1] * (n - 1), [0] + [2] * n, [0],
                   [0, 1 << 30] + [1] * (n - 1)):
        yield file_trick("npz", f"indptr {indptr[:3]}", npz(csr(n, indptr=indptr)))
    for index in (-1, n, 1 << 30):
        yield file_trick("npz", f"index {index}", npz(csr(n, indices=(index,))), True)
    for shape in ((n, n + 1), (-1, -1), (0, 0), (1 << 62, 1 << 62)):
        yield file_trick("npz", f"shape {shape}", npz(csr(n, shape=shape)), True)
    bomb = npy(npy_header("(200000000,)", "'<i4'"), bytes(200 << 20))
    yield file_trick("npz", "bomb", npz({**csr(n), "indices.npy": bomb}, zipfile.ZIP_DEFLATED))
    yield file_trick("npz", "paths", npz({"../../" + k: v for k, v in csr(n).items()}))
    yield file_trick("npz", "half a zip", npz(csr(n))[:400], True)
    for line in (b"w1 w2 nan", b"w1 w2 1 2", b"w1\tw2", b"\0 w2 1", b"w1 w2 " + b"1" * 100000,
                 b'"w1 w2 1', b"w1;w2;1e999", b"\xff\xfe w2 1"):
        yield file_trick("tsv", f"{line[:20]!r}", b"w1 w2 1\n" + line + b"\n")


# --- archives ----------------------------------------------------------------------------------------
def archive_of(name, data, form):
    out = io.BytesIO()
    if form == "zip":
        with zipfile.ZipFile(out, "w") as z:
            z.writestr(name, data)
    else:
        with tarfile.open(fileobj=out, mode="w") as t:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            t.addfile(info, io.BytesIO(data))
    return out.getvalue()


def archives():
    """Vectors inside an archive inside gzip must not be read as text."""
    text = b"the 1 2 3\nof 4 5 6\n" * 40
    for form in ("zip", "tar"):
        packed = archive_of("v.txt", text, form)
        yield file_trick("archive", f"{form}", packed, form == "tar")
        yield file_trick("archive", f"{form}.gz", gzip.compress(packed), True)
        yield file_trick("archive", f"{form}.gz.gz", gzip.compress(gzip.compress(packed)), True)
    yield file_trick("archive", "gzip of nothing", gzip.compress(b""), True)
    yield file_trick("archive", "gzip cut", gzip.compress(text)[:-9], True)
    yield file_trick("archive", "gzip and more", gzip.compress(text) + b"more")
    yield file_trick("archive", "a bomb", gzip.compress(bytes(64 << 20)))


# --- vocabularies and JSON ---------------------------------------------------------------------------
def replaced(name, data, what, must_fail=False):
    return Trick(f"{name} {what}", lambda folder: write(os.path.join(folder, name), data), must_fail)


def vocabularies():
    for word in ODD_WORDS:
        yield replaced("vocab.txt", b"w0 9\n" + word + b" 5\n", f"word {word[:20]!r}")
    for count in (b"-1", b"0", b"1.5", b"18446744073709551615", b"18446744073709551616", b"1e3", b"",
                  b"9" * 5000, b"x", b"0x10"):
        yield replaced("vocab.txt", b"w0 9\nw1 " + count + b"\n", f"count {count[:20]!r}")
    yield replaced("vocab.txt", b"w0 18446744073709551615\nw1 1\n", "sum beyond 64 bits", True)
    yield replaced("vocab.txt", b"w0 9\n" * 2, "twice", True)
    yield replaced("vocab.txt", b"a" * (8 << 20), "one line", True)
    yield replaced("vocab.txt", b"\n" * (1 << 20), "line ends", True)
    yield replaced("vocab.txt", b"", "empty", True)
    # without vocab.phrases nobody reads it
    yield replaced("phrases.tsv", b"a" * (8 << 20), "one line")
    yield replaced("vocab.txt", gzip.compress(b"a" * (32 << 20)), "a bomb", True)


ODD_JSON = [b"", b"{", b"[]", b"null", b"1e999", b"{}" * 2, b'{"a":' * 5000 + b"1" + b"}" * 5000,
            b"[" * 1000000, b'{"recipe": 1}', b'{"recipe": "", "inputs": [], "outputs": []}',
            b'{"recipe": "{}", "inputs": [1, null, {}], "outputs": [{"path": 5}]}',
            b'{"recipe": "{}", "inputs": [{"path": "../../../../etc/passwd", "bytes": -1, "mtime_ns":'
            b' 1e300, "xxh128": "zz"}], "outputs": [{"path": "/etc/passwd"}]}',
            b'{"recipe": "{\\"a\\": [1, 2', b'{"a": 1, "a": 2}', b"\xff\xfe{}", b'{"\\u0000": 1}',
            b'{"a": ' + b"9" * 100000 + b"}", b'"' + b"a" * (1 << 20) + b'"',
            b'{"done": {"wall_s": 1e308, "records": -9223372036854775808, "stage": []}, "recipe": '
            b'"{}", "inputs": [], "outputs": []}', b'{"corpus": {"files": 7}}',
            b"[" + b"1," * 500000 + b"1]"]
ODD_CONFIGS = [b'{"train": {"dim": %b}}' % n for n in
               (b"-1", b"0", b"1e3", b"1e999", b"4294967296", b"9" * 400, b"null", b'"6"', b"[6]",
                b"true", b"6.5")] + \
              [b'{"corpus": {"files": %b}}' % n for n in
               (b"[]", b'[""]', b'["\\u0000"]', b"[1]", b'["a"]' + b" " * 1000000,
                b'["' + b"/" * 5000 + b'"]')] + \
              [b'{"train": 7}', b'{"train": {"dim": 6, "dim": 7}}', b'{"nosuch": {"key": 1}}']


def json_files():
    for i, text in enumerate(ODD_JSON):
        for stage in ("vocab", "cooccur", "shuffle", "train", "eval", "train-begun", "train.begun"):
            yield replaced(f".stamps/{stage}.json", text, f"JSON {i}")
        yield replaced("eval.json", text, f"JSON {i}")
        yield replaced("eval.tsv", text, f"JSON {i}")
        yield replaced("metrics.jsonl", text + b"\n", f"JSON {i}")
        yield replaced("config.json", text, f"JSON {i}")
    for i, text in enumerate(ODD_CONFIGS):
        yield replaced("config.json", text, f"config {i}")


def random_input(rng, kind, data, n):
    """Random changes of good vectors: numbers in binary, characters in text."""
    for i in range(n):
        changed = bytearray(data)
        for _ in range(rng.randint(1, 4)):
            at, size = rng.randrange(len(changed)), rng.choice([1, 1, 2, 4, 8])
            if rng.random() < 0.2:
                changed[at:at] = rng.choice([b"\n", b" ", b"\0", b"1" * 40, b"\xff", b"\r\n", b"-"])
            elif rng.random() < 0.2:
                del changed[at:at + rng.randint(1, 50)]
            else:
                changed[at:at + size] = struct.pack("<Q", rng.choice(
                    BIG + [rng.getrandbits(64)]))[:size]
            if not changed:
                changed = bytearray(b" ")
        yield file_trick(kind, f"random {i}", bytes(changed))
