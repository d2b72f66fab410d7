#!/usr/bin/python3
"""Analogies by 3CosAdd with numpy, in two ways that one would write there for speed; float32, rows of
length 1, the question's own words out of the running, argmax:

  products  a matrix product of a batch of questions with the whole vocabulary: the usual way
  words     one product of the distinct words of all questions with the vocabulary, of which a
            question combines three rows: fewer multiplications, as glove-eval does it, but all
            cosines in memory at once (4 bytes for each of 905 x 68,000)

    eval_numpy.py VECTORS.npy VOCAB.txt QUESTIONS

Prints the CPU seconds of both (without starting Python and reading files), the accuracy in per cent,
which must be that of both, and the questions answered.
"""

import sys
import time

import numpy

BATCH = 512  # questions; 256 to 2048 take the same time within some per cent


def read_questions(path, index):
    rows = []
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            words = line.split()
            if len(words) == 4 and words[0] != ":" and all(word in index for word in words):
                rows.append([index[word] for word in words])
    return numpy.array(rows, dtype=numpy.int64).reshape(-1, 4)


def scaled(vectors):
    unit = vectors / numpy.linalg.norm(vectors, axis=1, keepdims=True)
    return unit, numpy.ascontiguousarray(unit.T)


def right_by_products(vectors, questions):
    unit, transposed = scaled(vectors)
    right = 0
    for at in range(0, len(questions), BATCH):
        batch = questions[at:at + BATCH]
        a, b, c, d = batch.T
        scores = (unit[b] - unit[a] + unit[c]) @ transposed
        scores[numpy.arange(len(batch))[:, None], batch[:, :3]] = -numpy.inf
        right += int((scores.argmax(axis=1) == d).sum())
    return right


def right_by_words(vectors, questions):
    unit, transposed = scaled(vectors)
    words, place = numpy.unique(questions[:, :3], return_inverse=True)
    cosines = unit[words] @ transposed
    right = 0
    for (a, b, c), question in zip(place.reshape(-1, 3), questions):
        scores = cosines[b] - cosines[a]
        scores += cosines[c]
        scores[question[:3]] = -numpy.inf
        right += int(scores.argmax() == question[3])
    return right


def main():
    vectors_path, vocab_path, questions_path = sys.argv[1:]
    with open(vocab_path, encoding="utf-8") as lines:
        index = {line.split()[0]: row for row, line in enumerate(lines)}
    vectors = numpy.load(vectors_path)[:len(index)]
    questions = read_questions(questions_path, index)
    taken, right = [], []
    for count in (right_by_products, right_by_words):
        begin = time.process_time()
        right.append(count(vectors, questions))
        taken.append(time.process_time() - begin)
    if abs(right[0] - right[1]) > 1 + len(questions) // 1000:  # rounding breaks ties
        sys.exit(f"eval_numpy.py: right answers differ: {right[0]} and {right[1]}")
    print(f"{taken[0]:.4f} {taken[1]:.4f} {100 * right[0] / max(len(questions), 1):.4f}"
          f" {len(questions)}")


if __name__ == "__main__":
    main()
