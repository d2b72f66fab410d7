#!/usr/bin/env python3
"""What a vocabulary of millions of words costs in every program.

`make vocabulary` runs this; docs/measurements/growth.md shows what it printed.

Generates a text in which most words occur once or twice, keeps all of them, and runs the stages and
what reads their files. Prints a Markdown table.
"""
import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile

from growth import MIB, check_room, die, measure

SETTINGS = {"vocab.min_count": 1, "vocab.max_size": 0, "cooccur.window": 5, "train.dim": 8,
            "train.epochs": 1}
TOKEN_BYTES = 65  # of disk, with everything that is made of a token
QUESTIONS = 700


def generate(args, path):
    with open(path, "wb") as target:
        done = subprocess.run([f"{args.build}/bench/zipf_corpus", "--tail", "1",
                               f"{args.tokens:.0f}", f"{args.words:.0f}", str(args.seed)],
                              stdout=target, check=False)
    if done.returncode != 0:
        die(f"zipf_corpus failed with exit code {done.returncode}")


def write_questions(run_dir, folder):
    """Questions and pairs of words from all over the vocabulary; returns a frequent word."""
    with open(f"{run_dir}/vocab.txt", encoding="utf-8") as lines:
        size = sum(1 for _ in lines)
    step = max(1, size // (QUESTIONS * 4))
    with open(f"{run_dir}/vocab.txt", encoding="utf-8") as lines:
        words = [line.split()[0] for i, line in enumerate(lines) if i % step == 0]
    with open(f"{folder}/questions.txt", "w", encoding="utf-8") as out:
        out.write(": from everywhere\n")
        for i in range(0, len(words) - 3, 4):
            out.write(" ".join(words[i:i + 4]) + "\n")
    with open(f"{folder}/pairs.tsv", "w", encoding="utf-8") as out:
        for i in range(0, len(words) - 1, 4):
            out.write(f"{words[i]}\t{words[i + 1]}\t{i % 10}\n")
    return words[1]


def later_steps(args, options, run_dir, word):
    """What reads the files of the run: name, command, what it leaves."""
    convert = [f"{args.bin}/glove-convert", "--progress", "none", f"{run_dir}/vectors.txt"]
    sets = ["--set", f'eval.analogies=["{args.dir}/questions.txt"]',
            "--set", f'eval.similarity=["{args.dir}/pairs.tsv"]']
    yield "query nearest", [f"{args.bin}/glove-query", "--run-dir", run_dir, "nearest", word], None
    yield "query pairs", [f"{args.bin}/glove-query", "--run-dir", run_dir, "pairs", word], None
    yield "eval", [f"{args.bin}/glove-eval", "--progress", "none", *options, *sets], None
    for kind in ("bin", "safetensors", "db"):
        target = f"{args.dir}/vectors.{kind}"
        yield f"convert to .{kind}", [*convert, target], target
    yield "report", [f"{args.bin}/glove-report", "--progress", "none", "--run-dir", run_dir], \
        f"{run_dir}/report.html"


def show(name, command, run_dir, output):
    row = measure(["sh", "-c", 'exec "$@" > /dev/null', name, *command], run_dir)
    size = os.path.getsize(output) if output else 0
    print(f"| {name} | {row['wall_s']:.1f} | {row['cpu_s']:.1f} | {row['peak'] / MIB:,.0f} | "
          f"{row['anonymous'] / MIB:,.0f} | {row['temp'] / 1e6:,.0f} | {size / 1e6:,.0f} |",
          flush=True)


def run(args, options, run_dir):
    print("| program | wall s | CPU s | peak MiB | own MiB | temporary MB | output MB |\n"
          "|---|---|---|---|---|---|---|")
    subprocess.run([f"{args.bin}/glove-plan", *options], stdout=sys.stderr, check=False)
    for stage, output in (("vocab", "vocab.txt"), ("cooccur", "counts.bin"),
                          ("shuffle", "store.db"), ("train", "vectors.txt")):
        command = [f"{args.bin}/glove-{stage}", "--progress", "none", "--force", *options]
        show(stage, command, run_dir, f"{run_dir}/{output}")
    word = write_questions(run_dir, args.dir)
    for name, command, output in later_steps(args, options, run_dir, word):
        show(name, command, run_dir, output)
    with open(f"{run_dir}/metrics.jsonl", encoding="utf-8") as lines:
        done = {e["stage"]: e for e in map(json.loads, lines) if e["event"] == "done"}
    print(f"\n{done['vocab']['words']:,} words, {done['vocab']['tokens']:,} tokens, "
          f"{done['cooccur']['records']:,} records, {done['shuffle']['tiles']:,} tiles")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--tokens", type=float, default=150e6)
    parser.add_argument("--words", type=float, default=20e6, help="distinct words to draw from")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--dir", default="build", help="for the corpus and the run")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--bin", default="build/bin")
    parser.add_argument("--build", default="build/release")
    return parser.parse_args()


def main():
    args = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    os.makedirs(args.dir, exist_ok=True)
    check_room(args, args.tokens * TOKEN_BYTES, f"a run on {args.tokens / 1e6:.1f} M tokens")
    args.dir = tempfile.mkdtemp(prefix="vocabulary-", dir=os.path.abspath(args.dir))
    corpus, run_dir = f"{args.dir}/corpus.txt", f"{args.dir}/run"
    settings = {"corpus.files": json.dumps([corpus]), **SETTINGS,
                **dict(word.split("=", 1) for word in args.set)}
    options = ["--run-dir", run_dir]
    for key, value in settings.items():
        options += ["--set", f"{key}={value}"]
    try:
        generate(args, corpus)
        run(args, options, run_dir)
    finally:
        shutil.rmtree(args.dir, ignore_errors=True)


if __name__ == "__main__":
    main()
