#!/usr/bin/python3
"""bindings/python/glovebox.py against the programs, NumPy and gensim.

Usage: check_python.py BINDINGS CHECK [gensim]
The working directory has run/, a finished run with vectors in all formats and n-grams, and o.txt,
vectors of odd words. CHECK is a function below. Prints what agrees; exit code 1 at the first
difference. GV_NO_NUMPY in the environment hides NumPy.
"""
import array
import copy
import gc
import json
import os
import pickle
import subprocess
import sys
import threading

sys.path.insert(0, sys.argv[1])
if "GV_NO_NUMPY" in os.environ:
    sys.modules["numpy"] = None
import glovebox  # noqa: E402

TOLERANCE = 1e-6
FORMATS = ("txt", "bin", "ft.bin", "db", "safetensors", "npy")


def same(what, ours, theirs, tolerance=TOLERANCE):
    if abs(ours - theirs) > tolerance:
        sys.exit(f"{what}: {ours} here, {theirs} there")


def expect(what, condition):
    if not condition:
        sys.exit(f"not so: {what}")


def expect_error(kinds, text, function, *arguments):
    try:
        function(*arguments)
    except kinds as error:
        expect(f"'{text}' in '{error}'", text in str(error) and "\n" not in str(error))
        return
    sys.exit(f"{function} {arguments}: no {kinds}")


def program(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout.decode()


def lines(path):
    with open(path, encoding="utf-8") as file:
        return file.read().splitlines()


def query(*words):
    return json.loads(program("glove-query", "--run-dir", "run", "--json", *words))


def same_answers(what, ours, theirs):
    expect(f"{what}: same words {ours} {theirs}", [w for w, _ in ours] == [r["word"] for r in theirs])
    for (_, score), result in zip(ours, theirs):
        same(what, score, result["score"])


def same_vector(what, ours, theirs, tolerance=TOLERANCE):
    expect(f"{what}: same length", len(ours) == len(theirs))
    for a, b in zip(ours, theirs):
        same(what, float(a), float(b), tolerance)


# --- the checks -----------------------------------------------------------------------------------


def questions():
    """The answers of glove-query, for words, unseen words and sums."""
    v = glovebox.open("run")
    unseen = v.words[40] + v.words[41]
    expect(f"{unseen} is unseen", unseen not in v and v.is_unseen(unseen))
    for word in v.words[:20] + [unseen, v.words[3].upper()]:
        same_answers(word, v.nearest(word), query("nearest", word)["results"])
        same_vector(word, v[word], query("vector", word)["vector"])
    a, b, c = v.words[30:33]
    same_answers("analogy", v.analogy(a, b, c, top=5), query("--top", "5", "analogy", a, b, c)["results"])
    same_answers("3CosMul", v.analogy(a, b, c, mul=True),
                 query("--mul", "analogy", a, b, c)["results"])
    same("similarity", v.similarity(a, unseen), query("similarity", a, unseen)["score"])
    summed = query("nearest", a, "-", b, "+", c)["results"]
    same_answers("sum", v.nearest_sum({a: 1, b: -1, c: 1}), summed)
    same_answers("list", v.nearest([a, c]), query("nearest", a, "+", c)["results"])
    same_answers("vector", v.nearest(v[a], exclude=[a, "<unk>"]), query("nearest", a)["results"])
    expect("a word without exclusions is its own nearest", v.nearest(v[a], top=1)[0][0] == a)
    expect("all but the word and <unk>", len(v.nearest(a, top=10**6)) == len(v) - 2)
    expect("none", v.nearest(a, top=0) == [])
    out = v.nearest(a, top=1)[0][0]
    expect("excluded", v.nearest(a, 3, exclude=[out]) == v.nearest(a, 4)[1:])
    out = v.nearest([a, c], top=1)[0][0]
    expect("excluded", v.nearest([a, c], 3, exclude=out) == v.nearest([a, c], 4)[1:])
    expect("a word twice", v.nearest([a, a, c]) == v.nearest_sum({a: 2, c: 1}))
    print("questions agree")


def words():
    """The vocabulary, lookups, and the file."""
    v = glovebox.open("run")
    listed = [line.split(" ")[0] for line in lines("run/vocab.txt")]
    expect("words are those of vocab.txt", v.words == listed + ["<unk>"] and list(v) == v.words)
    expect("lengths", len(v) == len(v.words) and v.dim == 12)
    first = v.words[0]
    expect("in", first in v and "no such word" not in v and first.upper() not in v and 5 not in v)
    expect("index", v.index(first) == 0 and v.word(0) == first and v.word(-1) == "<unk>")
    expect("count", v.count(first) == query("pairs", first)["occurrences"])
    expect("get", v.get("\u4e00\u4e01") is None and v.get("\u4e00", 5) == 5)
    expect("metadata", v.metadata["epochs"] == 3 and v.note is None)
    expect("repr", " words x 12, " in repr(v) and v.format == "safetensors" and v.mapped)
    v.check()
    v.close()
    expect("closed", v.closed and "closed" in repr(v))
    expect_error(ValueError, "closed", lambda: v[first])
    o = glovebox.open("o.txt")
    expected = ["NA", "#", '"', "'", "1.5", "\u20ac", "new york", "caf\udce9", "a\\b", "null"]
    expect(f"odd words {o.words}", o.words == expected)
    for row, word in enumerate(expected):
        expect(word, word in o and o.index(word) == row and o[word][0] == row)
    print("words agree")


def formats():
    """One matrix in every format."""
    first = glovebox.open("run/vectors.safetensors")
    flat = first.matrix.tolist()
    for name in FORMATS:
        v = glovebox.open(f"run/vectors.{name}", copy=name == "npy", check=True)
        expect(f"{name}: same words", v.words == first.words)
        for ours, theirs in zip(v.matrix.tolist(), flat):
            same_vector(name, ours, theirs, 1e-5 if name == "ft.bin" else TOLERANCE)
    given = glovebox.open("run/vectors.npy", words="run/vocab.txt")
    expect("words of .npy", given.words == first.words)
    print("formats agree")


def views():
    """Nothing is copied, nothing can be changed, nothing dangles."""
    v = glovebox.open("run")
    word, row, matrix = v.words[7], v[v.words[7]], v.matrix
    numbers = matrix.tolist()
    expect("the matrix has the row", numbers[7] == row.tolist() == v.vector(word).tolist())
    for view, place in ((row, 0), (matrix, (7, 0))):
        try:
            view[place] = 1
            sys.exit("a view can be written to")
        except (TypeError, ValueError):
            pass
    own = v.vector(word)
    own[0] = 99
    expect("v.vector gives a copy", v[word][0] != 99 and v.vector(word)[0] != 99)
    v.close()
    del v
    gc.collect()
    [bytearray(1 << 16) for _ in range(100)]
    expect("views outlive their vectors", matrix.tolist() == numbers and row.tolist() == numbers[7])
    print("views agree")


def errors():
    """One clear line each, of a class that fits."""
    v = glovebox.open("run")
    near = v.words[5] + "x"
    expect_error(KeyError, "no row for", v.index, near)
    expect_error(KeyError, v.words[5], v.index, near)
    expect_error(glovebox.UnknownWordError, "no vector for", lambda: v["\u4e00"])
    expect_error(KeyError, "NUL", lambda: v["a\0b"])
    expect_error(TypeError, "a word is a str", lambda: v[3])
    expect_error(FileNotFoundError, "nowhere", glovebox.open, "nowhere")
    try:
        glovebox.open("nowhere")
    except OSError as missing:
        expect("errno and filename", (missing.errno, missing.filename) == (2, "nowhere"))
    os.makedirs("nothing", exist_ok=True)
    expect_error(glovebox.Error, "no vectors", glovebox.open, "nothing")
    open("empty", "w").close()
    expect_error(ValueError, "empty", glovebox.open, "empty")
    with open("run/vectors.safetensors", "rb") as file, open("cut.safetensors", "wb") as cut:
        cut.write(file.read()[:-8])
    expect_error(ValueError, "cut.safetensors", glovebox.open, "cut.safetensors")
    expect_error(ValueError, "12 numbers", v.nearest, [1.0, 2.0])
    expect_error(ValueError, "top", v.nearest, v.words[0], -1)
    expect_error(ValueError, "weights", v.text, "a", "tfidf")
    for vector in ([0.0] * 12, [float("nan")] * 12, [float("inf")] * 12):
        expect_error(ValueError, "no direction", v.nearest, vector)
    for refused in (pickle.dumps, copy.copy, copy.deepcopy):
        expect_error(TypeError, "cannot be pickled", refused, v)
    print("errors agree")


def texts():
    """glove-embed's vectors."""
    v = glovebox.open("run")
    line = " ".join(v.words[10:20]) + " \u4e00 " + v.words[40] + v.words[41]
    with open("line", "w", encoding="utf-8") as file:
        file.write(line)
    for weights in (None, "sif", "idf", "mean"):
        out = program("glove-embed", "--run-dir", "run", "--progress", "none", "--weights",
                      weights or "sif", "line")
        same_vector(f"text, {weights}", v.text(line, weights), map_floats(out), 2e-6)
    expect(f"words {v.text_words(line)}", v.text_words(line) == (10, 1, 1))
    expect("zeros", list(v.text("")) == [0.0] * 12)
    print("texts agree")


def map_floats(text):
    return [float(field) for field in text.split()]


def stores():
    """X, as glove-query and glove-convert have it."""
    s = glovebox.open_store("run")
    listed = [line.split() for line in lines("run/vocab.txt")]
    expect("words", s.words == [word for word, _ in listed] and len(s) == len(listed))
    word = s.words[2]
    theirs = query("pairs", word)
    ours = s.contexts(word)
    expect("contexts", [w for w, _ in ours] == [r["word"] for r in theirs["results"]])
    same("X", ours[0][1], theirs["results"][0]["count"])
    same("sum", s.sum(word), theirs["sum"], 1e-6 * s.sum(word))
    expect("counts", [str(s.count(w)) for w in s.words] == [n for _, n in listed])
    expect_error(KeyError, "'nobody'", s.contexts, "nobody")
    total = {}
    for i, j, x in s.pairs():
        total[i] = total.get(i, 0.0) + x
    same("sum of pairs", total[2], s.sum(word), 1e-6 * s.sum(word))
    if "GV_NO_NUMPY" not in os.environ:
        n = sum(len(block) for block in s.arrays(room=1000))
        expect("as many pairs", n == s.pairs_total)
    pid = os.fork()
    if pid == 0:  # SQLite's connection is the parent's
        os._exit(0 if s.contexts(word) == ours else 1)
    expect("after a fork", os.waitpid(pid, 0)[1] == 0 and s.contexts(word) == ours)
    with s:
        pass
    expect_error(ValueError, "closed", s.contexts, word)
    print("stores agree")


def threads():
    """Many threads, one of which closes; and a child of a fork."""
    v = glovebox.open("run", threads=2)
    expected = {word: v.nearest(word) for word in v.words[:50]}
    wrong = []

    def ask():
        try:
            for word, answer in expected.items():
                if v.nearest(word) != answer:
                    wrong.append(word)
        except ValueError as error:
            expect("closed", "closed" in str(error))

    asking = [threading.Thread(target=ask) for _ in range(8)]
    for thread in asking:
        thread.start()
    pid = os.fork()
    if pid == 0:
        word = v.words[3]
        os._exit(0 if glovebox.open("run").nearest(word) == expected[word] else 1)
    v.close()
    for thread in asking:
        thread.join()
    expect(f"the same answers {wrong}", not wrong and os.waitpid(pid, 0)[1] == 0)
    print("threads agree")


def library():
    """GLOVEBOX_LIBRARY is taken, or the reason why not is told."""
    code = f"import sys; sys.path.insert(0, {sys.argv[1]!r}); import glovebox; "
    for value, text in (("/nowhere/x.so", "/nowhere/x.so: there is no such file"),
                        ("run/vocab.txt", "GLOVEBOX_LIBRARY: run/vocab.txt")):
        done = subprocess.run([sys.executable, "-c", code + "glovebox.version()"],
                              env={**os.environ, "GLOVEBOX_LIBRARY": value},
                              stderr=subprocess.PIPE)
        expect(done.stderr.decode(), done.returncode == 1 and text in done.stderr.decode())
    expect("a version", glovebox.version()[0].isdigit())
    print("library agrees")


def numpy():
    """NumPy's arithmetic gives the library's scores; arrays are views."""
    import numpy as np

    v = glovebox.open("run")
    m = v.matrix
    expect("float32, rows x dim", m.dtype == np.float32 and m.shape == (len(v), v.dim))
    expect("no copy", np.shares_memory(m, v[v.words[9]]) and not m.flags.owndata)
    unit = m / np.linalg.norm(m, axis=1, keepdims=True)
    scores = unit @ unit[5]
    scores[5] = scores[v.index("<unk>")] = -2
    best = np.argsort(-scores, kind="stable")[:10]
    expect("same neighbours", [v.words[i] for i in best] == [w for w, _ in v.nearest(v.words[5])])
    for i, (_, score) in zip(best, v.nearest(v.words[5])):
        same("score", score, scores[i])
    expect("NumPy's integers", len(v.nearest(v.words[5], top=np.int64(3))) == 3)
    mean = (v["the"].astype(np.float64) + m[3]) / 2
    expect("any numbers", v.nearest(mean) == v.nearest(mean.astype(np.float32).tolist()))
    expect("any numbers", v.nearest(m.T[:, 3]) == v.nearest(array.array("f", m[3])))
    print("numpy agrees")


def gensim():
    """gensim finds the same neighbours with the same scores."""
    from gensim.models import KeyedVectors

    v = glovebox.open("run")
    theirs = KeyedVectors.load_word2vec_format("run/vectors.bin", binary=True)
    for word in v.words[:30]:
        found = theirs.most_similar(word, topn=12)
        found = [(w, score) for w, score in found if w != "<unk>"][:10]
        same_answers(word, v.nearest(word), [{"word": w, "score": s} for w, s in found])
    expect("one matrix", (theirs.vectors == v.matrix).all())
    print("gensim agrees")


for check in sys.argv[2:]:
    globals()[check]()
