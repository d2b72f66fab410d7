#!/usr/bin/python3
"""What a program that reads fastText's models says of one, beside vectors in text files.

Usage: check_fasttext.py gensim|fasttext MODEL.bin KNOWN.txt [UNSEEN.txt]
Lines of the text files are a word and its numbers. KNOWN has the words of the model: their vectors
must agree to 1e-5 of the longest and to six decimals. UNSEEN has other words, whose vectors may differ where n-grams
share a bucket: prints the mean of their cosines.
"""
import subprocess
import sys

import numpy as np


def read_text(path):
    words, rows = [], []
    with open(path, encoding="utf-8", newline="\n") as file:
        for line in file:
            fields = line.rstrip("\n").split(" ")
            words.append(fields[0])
            rows.append([float(field) for field in fields[1:] if field])
    return words, np.array(rows)


def by_gensim(model):
    from gensim.models.fasttext import load_facebook_model, load_facebook_vectors
    vectors = load_facebook_vectors(model)
    load_facebook_model(model)  # reads the second matrix, too
    return list(vectors.index_to_key), lambda words: np.array([vectors[w] for w in words])


def by_fasttext(model):
    def ask(words):
        answer = subprocess.run(["fasttext", "print-word-vectors", model], text=True, check=True,
                                input="\n".join(words) + "\n", capture_output=True).stdout
        lines = answer.rstrip("\n").split("\n")
        return np.array([[float(x) for x in line[len(word) + 1:].split()]
                         for word, line in zip(words, lines)])
    return None, ask


def main():
    program, model, known = sys.argv[1:4]
    words, expected = read_text(known)
    listed, vectors_of = (by_gensim if program == "gensim" else by_fasttext)(model)
    if listed is not None and listed != words:
        sys.exit(f"{program}: other words")
    apart = np.abs(vectors_of(words) - expected)
    if program == "fasttext":  # it prints five digits
        apart = np.maximum(0, apart - 5e-5 * np.abs(expected))
    if not apart.max() < 1e-5 * np.linalg.norm(expected, axis=1).max() + 1e-6:
        sys.exit(f"{program}: vectors of words differ by {apart.max():.3g}")
    print(f"{program}: {len(words)} words agree")
    if len(sys.argv) > 4:
        words, ours = read_text(sys.argv[4])
        theirs = vectors_of(words)
        cosines = (ours * theirs).sum(1) / np.linalg.norm(ours, axis=1)
        cosines /= np.linalg.norm(theirs, axis=1)
        print(f"{program}: {len(words)} unseen words, mean cosine {cosines.mean():.6f}, "
              f"least {cosines.min():.6f}")


main()
