#!/usr/bin/python3
"""Load converted vectors with the programs that people use, and compare with the text file.

Usage: check_vectors.py DIR [gensim]
DIR holds vectors.txt (the reference), vectors.bin, vectors.db, vectors.safetensors, vectors.npy,
vectors.tsv, metadata.tsv, header.txt. With `gensim` its readers are used too, and it writes
gensim.bin and gensim.txt into DIR. Prints what was compared; exit code 1 at the first difference.
"""
import json
import os
import sqlite3
import struct
import sys

import numpy as np


def same(name, words, array, expected_words, expected):
    if list(words) != list(expected_words):
        sys.exit(f"{name}: other words")
    array = np.asarray(array)
    if array.dtype != np.float32 or array.shape != expected.shape:
        sys.exit(f"{name}: {array.dtype} {array.shape}, not float32 {expected.shape}")
    if array.tobytes() != expected.tobytes():
        sys.exit(f"{name}: other numbers")
    print(f"{name}: {len(expected_words)} vectors agree")


def read_reference(path):
    words, rows = [], []
    with open(path, encoding="utf-8", newline="\n") as file:
        for line in file:
            fields = line[:-1].split(" ")
            words.append(fields[0])
            rows.append([np.float32(field) for field in fields[1:]])
    return words, np.array(rows, dtype=np.float32)


def check_sqlite(path, words, expected):
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    rows = db.execute("SELECT word, embedding FROM vectors").fetchall()
    same("sqlite", [r[0] for r in rows], np.array([np.frombuffer(r[1], "<f4") for r in rows]),
         words, expected)
    one = db.execute("SELECT embedding FROM vectors WHERE word = ?", (words[1],)).fetchone()[0]
    if np.frombuffer(one, "<f4").tobytes() != expected[1].tobytes():
        sys.exit("sqlite: lookup by word")
    plan = db.execute("EXPLAIN QUERY PLAN SELECT embedding FROM vectors WHERE word = 'x'").fetchall()
    if "INDEX" not in plan[0][3]:
        sys.exit("sqlite: looking a word up does not use an index")


def check_safetensors(path, words, expected):
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = file.read()
    tensor = header["embedding"]
    if (8 + length) % 8 or tensor["data_offsets"] != [0, len(data)] or tensor["dtype"] != "F32":
        sys.exit("safetensors: header")
    if not all(isinstance(value, str) for value in header["__metadata__"].values()):
        sys.exit("safetensors: metadata that is no string")
    json.loads(header["__metadata__"]["metadata"])
    same("safetensors", json.loads(header["__metadata__"]["words"]),
         np.frombuffer(data, "<f4").reshape(tensor["shape"]), words, expected)


def check_projector(tensors, labels, words, expected):
    with open(labels, encoding="utf-8", newline="\n") as file:
        names = file.read().split("\n")[:-1]
    with open(tensors, encoding="utf-8") as file:
        rows = [[np.float32(v) for v in line.rstrip("\n").split("\t")] for line in file]
    same("projector", names, np.array(rows, dtype=np.float32), words, expected)


def check_gensim(at, words, expected):
    from gensim.models import KeyedVectors
    text = KeyedVectors.load_word2vec_format(at("vectors.txt"), binary=False, no_header=True)
    same("gensim text", text.index_to_key, text.vectors, words, expected)
    header = KeyedVectors.load_word2vec_format(at("header.txt"), binary=False)
    same("gensim text with header", header.index_to_key, header.vectors, words, expected)
    binary = KeyedVectors.load_word2vec_format(at("vectors.bin"), binary=True)
    same("gensim binary", binary.index_to_key, binary.vectors, words, expected)
    # its order by frequency would put the words in another order: sort_attr that does not exist
    binary.save_word2vec_format(at("gensim.bin"), binary=True, sort_attr="none")
    binary.save_word2vec_format(at("gensim.txt"), binary=False, sort_attr="none")


def main():
    def at(name):
        return os.path.join(sys.argv[1], name)

    words, expected = read_reference(at("vectors.txt"))
    same("npy", words, np.load(at("vectors.npy"), allow_pickle=False), words, expected)
    check_sqlite(at("vectors.db"), words, expected)
    check_safetensors(at("vectors.safetensors"), words, expected)
    check_projector(at("vectors.tsv"), at("metadata.tsv"), words, expected)
    if sys.argv[2:] == ["gensim"]:
        check_gensim(at, words, expected)


main()
