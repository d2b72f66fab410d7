#!/usr/bin/python3
"""Compare glove-eval's scores with gensim's and scipy's on generated vectors, questions and pairs.

Usage: check_eval.py DIR SEED
Probes are compared with numpy. The figures must agree for the whole vocabulary and for the first words of it (eval.vocab_limit,
gensim's restrict_vocab). Prints what was compared; exit code 1 at the first difference.
"""
import itertools
import json
import subprocess
import sys

import numpy as np
from gensim.models import KeyedVectors
from scipy import stats

STEMS, FORMS, DIM = 60, 5, 12


def generate(folder, rng):
    """Words are a stem in a form, vectors the sum of both and noise, in random order."""
    stems = rng.normal(size=(STEMS, DIM))
    forms = rng.normal(size=(FORMS, DIM))
    words = [(s, f) for s in range(STEMS) for f in range(FORMS)]
    rng.shuffle(words)
    with open(f"{folder}/gv.txt", "w", encoding="utf-8") as out:
        for s, f in words:
            vector = stems[s] + forms[f] + 0.45 * rng.normal(size=DIM)
            print(f"s{s}f{f}", *(f"{x:.6f}" for x in vector), file=out)
    with open(f"{folder}/gq.txt", "w", encoding="utf-8") as out:
        for a in range(FORMS - 1):
            print(f": form {a}", file=out)
            for _ in range(150):
                # a few stems that are no words, a few questions whose answer is in the question
                x, y = rng.integers(0, STEMS + 5, 2)
                print(f"s{x}f{a} S{x}f{a + 1} s{y}f{a} s{y}f{a + 1}", file=out)
    with open(f"{folder}/gs.tsv", "w", encoding="utf-8") as out:
        for _ in range(200):
            x, y = rng.integers(0, STEMS + 3, 2)
            f, g = rng.integers(0, FORMS, 2)
            print(f"s{x}f{f}\tS{y}f{g}\t{rng.integers(0, 20) / 2}", file=out)


def evaluate(folder, limit):
    command = ["glove-eval", "--progress", "none", "--json", "--vectors", f"{folder}/gv.txt",
               "--set", f"eval.analogies={folder}/gq.txt",
               "--set", f"eval.similarity={folder}/gs.tsv", "--set", f"eval.vocab_limit={limit}"]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def same(what, ours, theirs):
    if abs(ours - theirs) > 1e-6:
        sys.exit(f"{what}: {ours} here, {theirs} there")


def compare(folder, vectors, limit):
    ours = evaluate(folder, limit)
    n = limit or len(vectors)
    total, sections = vectors.evaluate_word_analogies(f"{folder}/gq.txt", restrict_vocab=n)
    mine = ours["analogies"][0]
    for section, theirs in zip(mine["sections"], sections):
        same(f"{section['name']}: correct, limit {limit}", section["correct"],
             len(theirs["correct"]))
        same(f"{section['name']}: answered, limit {limit}", section["answered"],
             len(theirs["correct"]) + len(theirs["incorrect"]))
    same(f"accuracy, limit {limit}", mine["accuracy"], 100 * total)
    _, spearman, missing = vectors.evaluate_word_pairs(f"{folder}/gs.tsv", restrict_vocab=n)
    mine = ours["similarity"][0]
    same(f"Spearman, limit {limit}", mine["spearman"], spearman[0])
    same(f"missing, limit {limit}", 100 * mine["missing"] / (mine["pairs"] + mine["missing"]),
         missing)
    if "vocab_limit" in ours and not limit:
        sys.exit("vocab_limit is stated without a limit")
    print(f"limit {limit}: {ours['analogies'][0]['answered']} questions, accuracy {100 * total:.2f}"
          f", {mine['pairs']} pairs, Spearman {spearman[0]:.4f} agree")


def compare_scipy(folder, vectors):
    pairs = [line.lower().split() for line in open(f"{folder}/gs.tsv", encoding="utf-8")]
    known = [p for p in pairs if p[0] in vectors and p[1] in vectors]
    rho, _ = stats.spearmanr([float(p[2]) for p in known],
                             [vectors.similarity(p[0], p[1]) for p in known])
    same("Spearman by scipy", evaluate(folder, 0)["similarity"][0]["spearman"], rho)
    print("scipy agrees")


def probe_words(rng, n):
    """So many different words, in whatever case, and one that is none."""
    chosen = rng.choice(STEMS * FORMS, n, replace=False)
    return [f"{'Ss'[c % 2]}{c // FORMS}f{c % FORMS}" for c in chosen]


def write_probes(folder, sets, pairs, scored):
    with open(f"{folder}/gp.txt", "w", encoding="utf-8") as out:
        for i, words in enumerate(sets):
            print(": target" if i < 2 else ": attribute", ", ".join(words + [f"nobody{i}"]),
                  sep="\n", file=out)
        print(": axis a", *(" ".join(p) for p in pairs), "nobody s1f1", ": words", sep="\n", file=out)
        print(*(f"{w}\t{x}" for w, x in scored), sep="\n", file=out)


def probes_by_numpy(vectors, sets, pairs, scored):
    def unit(words):
        rows = np.array([vectors[w.lower()] for w in words], float)
        return rows / np.linalg.norm(rows, axis=-1, keepdims=True)

    x, y, a, b = map(unit, sets)
    of_x, of_y = ((t @ a.T).mean(1) - (t @ b.T).mean(1) for t in (x, y))
    both = np.concatenate([of_x, of_y])
    sums = [both[list(c)].sum() for c in itertools.combinations(range(len(both)), len(x))]
    ends = unit([w for p in pairs for w in p])
    steps = ends[::2] - ends[1::2]
    steps /= np.linalg.norm(steps, axis=1, keepdims=True)
    axis = steps.mean(0) / np.linalg.norm(steps.mean(0))
    cosines = (steps @ steps.T)[np.triu_indices(len(steps), 1)]
    projections = unit([w for w, _ in scored]) @ axis
    return {"effect_size": (of_x.mean() - of_y.mean()) / both.std(ddof=1),
            "statistic": of_x.sum() - of_y.sum(),
            "p_value": np.mean(np.array(sums) >= of_x.sum() - 1e-9),
            "agreement": cosines.mean(), "first projection": projections[0],
            "spearman": stats.spearmanr(projections, [s for _, s in scored])[0]}


def compare_probes(folder, vectors, rng):
    words = probe_words(rng, 60)
    sets = [words[:5], words[5:11], words[11:17], words[17:20]]
    pairs = list(zip(words[20:26], words[26:32]))
    scored = [(w, round(rng.normal(), 3)) for w in words[32:]]
    write_probes(folder, sets, pairs, scored)
    weat, axis = json.loads(subprocess.run(
        ["glove-eval", "--progress", "none", "--json", "--vectors", f"{folder}/gv.txt", "--set",
         f"eval.probes={folder}/gp.txt"], check=True, stdout=subprocess.PIPE).stdout)["probes"]
    ours = {**weat, **axis, "first projection": axis["words"]["words"][0]["projection"]}
    for what, theirs in probes_by_numpy(vectors, sets, pairs, scored).items():
        same(f"probes: {what}", ours[what], theirs)
    print("probes agree with numpy")


def main():
    folder, seed = sys.argv[1], int(sys.argv[2])
    generate(folder, np.random.default_rng(seed))
    vectors = KeyedVectors.load_word2vec_format(f"{folder}/gv.txt", no_header=True)
    for limit in (0, 250, 100, 1000):
        compare(folder, vectors, limit)
    compare_scipy(folder, vectors)
    compare_probes(folder, vectors, np.random.default_rng(seed + 1))


if __name__ == "__main__":
    main()
