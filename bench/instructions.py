#!/usr/bin/python3
"""instructions.py - what `make bench-instructions` runs: instructions per token and per record of
each stage, counted by valgrind's callgrind, so that a slow-down is seen on a busy machine, too.

Settings, by environment:
  RECORD=1        append the counts to bench/results.csv
  FAIL_ABOVE=N    exit with 1 if a count grew by more than N per cent since the last recorded one
  KEEP=DIR        leave callgrind's files there, for callgrind_annotate

One thread, corpora drawn by Zipf's law from a fixed seed; valgrind knows no AVX-512, so the kernel is
AVX2's, and other stages take what they have for such a CPU. Each count is the difference of two runs,
on SMALL and on LARGE tokens or with one and with two epochs, so starting and ending the programs are
left out. Repeated runs differ by some hundredths of a per cent (addresses, sizes of reads).
"""

import bisect
import concurrent.futures
import itertools
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import report
from measure import Failed

ROOT = Path(__file__).resolve().parent.parent
SMALL, LARGE = 400_000, 800_000  # tokens
TRAINED = 60_000  # tokens; training executes more for a record than the other stages, and must end
                  # before half a minute has passed, when it would write a checkpoint
WORDS = 20_000
LINE = 1000  # tokens in a line
UNITS = {"vocab": "token", "cooccur": "token", "shuffle": "record", "train d=50": "record"}


def write_corpus(path, tokens):
    """Words w with probability ~ 1 / (rank + 2.7); the first tokens are those of any longer one."""
    names = ["".join(chr(97 + (rank * 7919 + 31 * i * i) // 26**i % 26)
                     for i in range(2 + len(str(rank)))) for rank in range(WORDS)]
    sums = list(itertools.accumulate(1 / (rank + 2.7) for rank in range(1, WORDS + 1)))
    draw = random.Random(1)
    with open(path, "w", encoding="ascii") as file:
        for at in range(tokens):
            word = names[bisect.bisect(sums, draw.random() * sums[-1], 0, WORDS - 1)]
            file.write(word + ("\n" if at % LINE == LINE - 1 else " "))


class Counter:
    def __init__(self, work, bin_dir):
        self.work, self.bin = work, Path(bin_dir).resolve()
        avx2 = re.search(r"\bavx2\b", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
        self.env = {**os.environ, **({"GLOVEBOX_KERNEL": "avx2"} if avx2 else {})}

    def instructions(self, stage, run, *options):
        """Instructions of one stage in the run directory `run`."""
        out = self.work / f"callgrind.{stage}.{run}.{len(options)}"
        settings = ["train.threads=1", "cooccur.threads=1", "train.x_max=10", "train.dim=50",
                    "train.checkpoint_every=1000000",
                    f"corpus.files={json.dumps([str(self.work / run) + '.txt'])}", *options]
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}",
                   self.bin / f"glove-{stage}", "--run-dir", self.work / run, "--force",
                   "--progress", "none"]
        for setting in settings:
            command += ["--set", setting]
        done = subprocess.run(command, env=self.env, capture_output=True, text=True, check=False)
        found = re.search(r"Collected : (\d+)", done.stderr)
        if done.returncode != 0 or not found:
            raise Failed(f"glove-{stage} under valgrind failed: "
                         + (done.stderr.strip().splitlines() or ["it said nothing"])[-1])
        return int(found.group(1))

    def stages(self, run):
        write_corpus(self.work / f"{run}.txt", int(run))
        return [self.instructions(stage, run) for stage in ("vocab", "cooccur", "shuffle")]

    def epochs(self, run, epochs):
        """The same store in a run directory of its own, so that both may train at once."""
        copy = f"{run}.{epochs}"
        (self.work / copy).mkdir()
        for name in ("vocab.txt", "counts.bin", "store.db"):
            os.link(self.work / run / name, self.work / copy / name)
        shutil.copytree(self.work / run / ".stamps", self.work / copy / ".stamps")
        return self.instructions("train", copy, f"train.epochs={epochs}",
                                 f"corpus.files={json.dumps([str(self.work / run) + '.txt'])}")

    def records(self, run):
        with open(self.work / run / "metrics.jsonl", encoding="utf-8") as lines:
            return max(json.loads(line).get("records", 0) for line in lines)


def count(counter):
    """Instructions per token or record, by stage."""
    trained, small, large = str(TRAINED), str(SMALL), str(LARGE)
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        more, less, _ = pool.map(counter.stages, (large, small, trained))
        one, two = pool.map(counter.epochs, (trained, trained), (1, 2))
    records = counter.records(large) - counter.records(small)
    tokens = LARGE - SMALL
    return {"vocab": (more[0] - less[0]) / tokens, "cooccur": (more[1] - less[1]) / tokens,
            "shuffle": (more[2] - less[2]) / records,
            "train d=50": (two - one) / counter.records(trained)}


def compare(found):
    """Print counts beside the last recorded ones; returns the largest growth in per cent."""
    worst = 0.0
    before = {row["what"]: row for row in report.results()}
    for stage, value in found.items():
        last = before.get(title(stage))
        line = f"{stage:12} {value:9.1f} instructions per {UNITS[stage]}"
        if last:
            change = 100 * (value / float(last["value"]) - 1)
            worst = max(worst, change)
            line += f"  {change:+7.2f} % against {last['value']} ({last['date']}, {last['commit']})"
        print(line)
    return worst


def title(stage):
    return f"callgrind {stage} instructions per {UNITS[stage]}"


def main():
    work = Path(tempfile.mkdtemp(prefix="glovebox-instructions-"))
    try:
        if not shutil.which("valgrind"):
            raise Failed("no valgrind: sh tools/install-deps.sh bench")
        limit = float(os.environ.get("FAIL_ABOVE") or "inf")
        print("counting instructions, about two minutes", file=sys.stderr)
        found = count(Counter(work, os.environ.get("BIN") or ROOT / "build/bin"))
        worst = compare(found)
        if os.environ.get("KEEP"):
            Path(os.environ["KEEP"]).mkdir(parents=True, exist_ok=True)
            for file in work.glob("callgrind.*"):
                shutil.copy(file, os.environ["KEEP"])
        if os.environ.get("RECORD", "") not in ("", "0"):
            note = f"{LARGE} tokens of Zipf's law, 1 thread, AVX2"
            report.append((title(stage), f"{value:.1f}", "instructions", note)
                          for stage, value in found.items())
    except (Failed, OSError, ValueError) as error:
        print(f"bench-instructions: error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("bench-instructions: stopped", file=sys.stderr)
        return 130
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return 1 if worst > limit else 0


if __name__ == "__main__":
    sys.exit(main())
