"""Co-occurrence matrices of glove-convert and of scipy agree, in every format and layout.

Usage: check_matrix.py PROGRAM  (in an empty directory). Prints "N matrices agree".
"""
import subprocess
import sys

import numpy
import scipy.io
import scipy.sparse

PROGRAM = sys.argv[1]  # found in PATH
WORDS = 60
AGREED = 0


def run(*arguments):
    subprocess.run([PROGRAM, *arguments, "--vocab", "vocab.txt", "--progress", "none"], check=True)


def agree(path, matrix, *options):
    """Import `path`, export the result, and compare it with `matrix`."""
    global AGREED
    run("counts-import", path, "counts.bin", *options)
    for out in ("out.npz", "out.mtx"):
        run("counts-export", "counts.bin", out)
        back = scipy.io.mmread(out) if out.endswith("mtx") else scipy.sparse.load_npz(out)
        assert back.shape == matrix.shape and abs(back - matrix).max() == 0, (path, out)
    AGREED += 1


def check_layouts(matrix, *options):
    for kind in ("float64", "float32", "int32", ">f8"):
        values = matrix if kind != "int32" else matrix * 8
        for layout in ("csr", "csc", "coo"):
            saved = values.asformat(layout).copy()
            saved.data = saved.data.astype(kind)
            scipy.sparse.save_npz("in.npz", saved, compressed=layout != "csc")
            agree("in.npz", values, *options)
    scipy.io.mmwrite("in.mtx", matrix)
    agree("in.mtx", matrix, *options)
    scipy.io.mmwrite("in.mtx", matrix, symmetry="general")
    agree("in.mtx", matrix, *options)
    for ending in ("bin", "tsv", "csv", "mtx"):
        run("counts-export", "counts.bin", "own." + ending)
        agree("own." + ending, matrix, *options)


def main():
    random = numpy.random.default_rng(1)
    with open("vocab.txt", "w") as file:
        file.writelines(f"w{i} {WORDS - i}\n" for i in range(WORDS))
    matrix = scipy.sparse.random(WORDS, WORDS, 0.2, random_state=2,
                                 data_rvs=lambda n: random.integers(1, 1000, n) / 8).tocsr()
    symmetric = (matrix + matrix.T).tocsr()
    check_layouts(symmetric)
    check_layouts(matrix, "--set", "cooccur.symmetric=false")
    for half in (scipy.sparse.triu(symmetric), scipy.sparse.tril(symmetric)):
        scipy.sparse.save_npz("half.npz", half.tocsr())
        agree("half.npz", symmetric, "--mirror")
    c = symmetric.tocoo()
    twice = scipy.sparse.coo_matrix((numpy.r_[c.data, c.data], (numpy.r_[c.row, c.row],
                                                                numpy.r_[c.col, c.col])), c.shape)
    scipy.sparse.save_npz("twice.npz", twice)
    agree("twice.npz", 2 * symmetric)
    wide = symmetric.copy()
    wide.indices, wide.indptr = wide.indices.astype("int64"), wide.indptr.astype("int64")
    scipy.sparse.save_npz("wide.npz", wide)
    agree("wide.npz", symmetric)
    print(AGREED, "matrices agree")


main()
