#!/usr/bin/python3
"""bench.py - what `make bench` runs: every stage of glovebox on one corpus, in turn with the same
stage of a reference build where one is named, and the table of both.

Settings, by environment (so also on make's command line):
  REFERENCE=DIR       holds vocab_count cooccur shuffle glove, built as their Makefile does
  REFERENCE_OFAST=DIR the same built with -Ofast: two more rows
  CORPUS=FILE         text to measure on [the demo corpus]
  RUNS=N              runs of each side, alternating; medians are printed [5]
  THREADS=N           of training, both sides [all cores]
  PARTS="A B ..."     only these of: kernel stages train vectors eval text [all]
  ANALOGIES=FILE      questions to evaluate [19,544 generated from the corpus's words]
  FULL=1              one full training of the reference, 15 epochs, for its loss and as a check
  MARKDOWN=1          print the table as Markdown
  MARKDOWN=FILE       and put it there between the marks, as in docs/performance.md
  JSON=FILE           write all samples there
  RECORD=1            append the medians to bench/results.csv
  TMPDIR=DIR          where the files go meanwhile; nothing is left there

Every pair of runs gives a ratio; printed are their median, least and greatest. CPU time is user and
system time of the whole process. Training is counted in ordered records (what the reference calls
lines) per CPU second of an epoch, start-up and output left out on both sides; the reference is
trained on the first LIMIT records of its shuffled file, whose rate is that of the whole.
"""

import hashlib
import importlib.util
import json
import os
import random
import re
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

import measure
import programs
import report
from measure import Failed
from table import DIMS, EPOCHS, rows_of

PARTS = ("kernel", "stages", "train", "vectors", "eval", "text")
LIMIT = {50: 12_000_000, 100: 6_000_000, 300: 4_000_000}  # records of a reference run
QUESTIONS = 19_544
ONE_BLAS_THREAD = {"OPENBLAS_NUM_THREADS": "1"}
ROOT = Path(__file__).resolve().parent.parent
REFERENCE_LOSS = "reference: loss d=50 15 epochs"


def flag(name):
    return os.environ.get(name, "") not in ("", "0")


def count_setting(name, default):
    text = os.environ.get(name) or str(default)
    if not re.fullmatch(r"[1-9][0-9]{0,3}", text):
        raise Failed(f"{name}={text}: not a number from 1 to 9999")
    return int(text)


class Settings:
    def __init__(self):
        env = os.environ
        self.reference, self.ofast = env.get("REFERENCE"), env.get("REFERENCE_OFAST")
        for build in filter(None, (self.reference, self.ofast)):
            programs.Reference.check(build)
        if self.ofast and not self.reference:
            raise Failed("REFERENCE_OFAST=DIR needs REFERENCE=DIR, too: it trains on its files")
        self.corpus = Path(env.get("CORPUS") or ROOT / "build/demo/corpus.txt").resolve()
        if not self.corpus.is_file() or self.corpus.stat().st_size == 0:
            raise Failed(f"no text in {self.corpus}: set CORPUS=FILE")
        self.bin = Path(env.get("BIN") or ROOT / "build/bin").resolve()
        self.benches = Path(env.get("BENCHES") or ROOT / "build/release/bench").resolve()
        self.runs = count_setting("RUNS", 5)
        self.threads = count_setting("THREADS", len(os.sched_getaffinity(0)))
        self.parts = env.get("PARTS", "").replace(",", " ").split() or list(PARTS)
        for part in self.parts:
            if part not in PARTS:
                raise Failed(f"PARTS: no part \"{part}\"; there are {' '.join(PARTS)}")
        self.document = env.get("MARKDOWN") if env.get("MARKDOWN") not in ("0", "1") else None
        if self.document:
            report.read_marked(self.document)  # it is there and has the place
        self.analogies = env.get("ANALOGIES")
        if self.analogies and not Path(self.analogies).is_file():
            raise Failed(f"ANALOGIES={self.analogies}: no such file")


class Bench:
    """Samples by name, one list each, and what fills them."""

    def __init__(self, settings, work):
        self.set, self.work, self.samples = settings, work, {}
        self.begin = time.monotonic()
        self.own = programs.Own(settings.bin, work / "own", settings.corpus)
        self.notes, self.records, self.failures = {}, 0, []
        self.ref = self.fast = None
        if settings.reference:
            (work / "reference").mkdir()
            self.ref = programs.Reference(settings.reference, work / "reference", settings.corpus)
        if settings.ofast:
            self.fast = programs.Reference(settings.ofast, work / "reference", settings.corpus)

    def say(self, text):
        print(f"[{time.monotonic() - self.begin:4.0f} s] {text}", file=sys.stderr, flush=True)

    def add(self, name, value):
        self.samples.setdefault(name, []).append(value)

    def get(self, name):
        return self.samples.get(name, [])

    def add_usage(self, name, usage):
        self.add(name + " wall", usage.wall)
        self.add(name + " cpu", usage.cpu)

    # --- the parts; each is one run, called RUNS times -------------------------------------------

    def stages(self):
        for stage in programs.STAGES:
            if self.ref:
                self.add_usage("ref " + stage, self.ref.stage(stage))
            self.add_usage("own " + stage, self.own.stage(stage))
        done = self.own.done("shuffle")
        self.records = done["records"]
        self.samples["store"] = [done["store_bytes"] / self.records]
        if self.ref and self.ref.records() != self.records:
            self.notes["records"] = f"the reference counts {self.ref.records()} records, not {self.records}"

    def train(self):
        for dim in DIMS:
            epochs = min(20, 2 + 12_000_000 // self.records) if dim < 300 else 1
            limit = min(LIMIT[dim], self.records)
            for name, build in (("ref", self.ref), ("fast", self.fast)):
                if build and not (name == "fast" and dim == 100):
                    self.reference_training(name, build, dim, limit)
            # vectors of 100 dimensions are evaluated afterwards, by numpy, too
            formats = ("npy", "safetensors") if dim == 100 else ("text",)
            self.own_training(f"own {dim}", dim, epochs, self.set.threads, formats)
            if dim == 100:
                self.keep_vectors()
            if dim == 50 and self.set.threads > 1:
                self.own_training("own 50 one", dim, epochs, 1, formats)

    def reference_training(self, name, build, dim, limit):
        self.say(f"  {name} d = {dim}, {limit} records")
        start, epoch, output, _ = build.train(dim, 1, self.set.threads, limit)
        self.add(f"{name} {dim} rate", limit / epoch.cpu / 1e6)
        # of all records, to compose the whole run
        self.add(f"{name} {dim} epoch", epoch.wall * self.records / limit)
        self.add(f"{name} {dim} rest", start.wall + output.wall)

    def own_training(self, name, dim, epochs, threads, formats):
        _, epoch, _ = self.own.train(dim, epochs, threads, formats)
        self.add(name + " rate", self.records / epoch.cpu / 1e6)
        self.add(name + " epoch", epoch.wall)

    def keep_vectors(self):
        kept = self.work / "vectors"
        kept.mkdir(exist_ok=True)
        for name in ("vectors.npy", "vectors.safetensors", "vocab.txt"):
            shutil.copy(self.own.dir / name, kept / name)

    def vectors(self):
        """Corpus to vectors, all of our four stages."""
        wall = sum(self.own.stage(stage).wall for stage in programs.STAGES)
        usage, _, loss = self.own.train(50, EPOCHS, self.set.threads)
        self.add("own vectors", wall + usage.wall)
        self.samples["own loss"] = [loss]

    def kernel(self):
        out = self.work / "kernel.out"
        measure.run([self.set.benches / "bench_kernel"], stdout=out)
        for line in out.read_text(encoding="utf-8").splitlines():
            found = re.match(r"(\S+)\s+d=(\d+)\s+run=(\S+)\s+([\d.]+) ns/record.*floor\s+([\d.]+) ns"
                             r".*caches ([\d.]+) ns", line)
            if found:
                kernel, dim, run, *times = found.groups()
                taken, floor, caches = map(float, times)
                self.samples[f"kernel {kernel} {dim} {run}"] = [floor, taken, caches]

    def eval(self):
        kept = self.work / "vectors"
        if not kept.exists():
            self.own.train(100, 1, self.set.threads, ("npy", "safetensors"))
            self.keep_vectors()
        questions = Path(self.set.analogies or self.work / "questions.txt").resolve()
        if not questions.exists():
            write_questions(questions, kept / "vocab.txt")
        usage = measure.run(
            [self.set.bin / "glove-eval", "--run-dir", self.work / "eval", "--force",
             "--progress", "none", "--vectors", kept / "vectors.safetensors", "--set",
             "eval.analogies=" + json.dumps([str(questions)])], env=ONE_BLAS_THREAD)
        self.add("own eval", usage.cpu)
        own = json.loads((self.work / "eval/eval.json").read_text(encoding="utf-8"))["analogies"][0]
        self.notes["eval"] = f"{own['answered']} questions"
        if importlib.util.find_spec("numpy"):
            self.eval_numpy(kept, questions, own)
        else:
            self.notes["eval"] += "; no numpy here: sh tools/install-deps.sh bench"

    def eval_numpy(self, kept, questions, own):
        out = self.work / "numpy.out"
        script = Path(__file__).with_name("eval_numpy.py")
        measure.run([sys.executable, "-B", script, kept / "vectors.npy", kept / "vocab.txt",
                     questions], stdout=out, env=ONE_BLAS_THREAD)
        products, words, accuracy, answered = out.read_text(encoding="utf-8").split()
        self.add("numpy eval", float(products))
        self.add("numpy eval words", float(words))
        same = abs((own["accuracy"] or 0) - float(accuracy)) < 0.05
        if same and own["answered"] == int(answered):
            self.notes["eval"] += f"; both {float(accuracy):.2f} %"
        else:
            self.notes["eval"] += f"; accuracies differ: {own['accuracy']:.2f} and {accuracy} %"

    def text(self):
        out = self.work / "text.out"
        measure.run([self.set.benches / "bench_text", self.work, 68000, 300, self.set.threads, 1], stdout=out)
        words = out.read_text(encoding="utf-8").split()
        self.add("fprintf text", float(words[1]))
        self.add("own text", float(words[3]))

    # --- all of it -------------------------------------------------------------------------------

    def measure(self):
        parts = [part for part in PARTS if part in self.set.parts]
        if "stages" not in parts and {"train", "vectors", "eval"} & set(parts):
            self.say("the three stages once, for the others' input")
            self.stages()
        for part in parts:
            try:
                self.repeat(part)
            except Failed as error:
                self.failures.append(f"{part}: {error}")
                if part == "stages":
                    raise  # the others stand on it
        if self.ref and flag("FULL") and self.records:
            self.full()

    def repeat(self, part):
        runs = 1 if part == "kernel" else self.set.runs
        for i in range(runs):
            self.say(f"{part}, run {i + 1} of {runs}")
            getattr(self, part)()
            if part == "stages" and i == 0:
                self.say(f"{self.records} ordered records")

    def full(self):
        self.say(f"one full training of the reference, {EPOCHS} epochs")
        start, epochs, output, loss = self.ref.train(50, EPOCHS, self.set.threads, self.records)
        self.samples["ref full"] = [start.wall + epochs.wall + output.wall]
        self.samples["ref full epoch"] = [epochs.wall / EPOCHS]
        self.samples["ref loss"] = [loss]

    def known_loss(self):
        """The reference's loss on this corpus: of this run, or of an earlier one that was kept."""
        if self.get("ref loss") or not self.ref:
            return self.get("ref loss")
        mark = "corpus " + fingerprint(self.set.corpus)
        return [float(row["value"]) for row in report.results()
                if row["what"] == REFERENCE_LOSS and mark in row["note"]][-1:]


def write_questions(path, vocab):
    """As many questions as Google's file has, of as many words (905), all among the frequent ones."""
    with open(vocab, encoding="utf-8") as lines:
        words = [line.split()[0] for line in lines][:30000]
    draw = random.Random(1)
    words = draw.sample(words, min(905, len(words)))
    if len(words) < 4:
        raise Failed("too few words in the corpus to make questions of")
    with open(path, "w", encoding="utf-8") as file:
        file.write(": drawn\n")
        for _ in range(QUESTIONS):
            file.write(" ".join(draw.sample(words, 4)) + "\n")


def fingerprint(corpus):
    with open(corpus, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


# --- running it ----------------------------------------------------------------------------------

def minutes(settings):
    """About how long it takes, from seconds measured on 2 Zen 4 cores with 100 MB of text."""
    size = settings.corpus.stat().st_size / 1e8
    per_run = {"stages": 4 * size, "train": 16 * size, "vectors": 22 * size, "eval": 6 * size,
               "text": 6, "kernel": 0}
    if settings.reference:
        per_run["stages"] += 41 * size
        per_run["train"] += 27 * min(1, size) + (11 * min(1, size) if settings.ofast else 0)
    total = settings.runs * sum(per_run[part] for part in settings.parts) + 15
    if settings.reference and flag("FULL"):
        total += 430 * size
    return total / 60


def check_room(settings, where):
    """Pairs of the reference are 16 bytes each, and there are up to three copies of them at once."""
    need = settings.corpus.stat().st_size * (36 if settings.reference else 6) + (1 << 28)
    free = shutil.disk_usage(where).free
    if free < need:
        raise Failed(f"{where} has {free >> 20} MiB free, {need >> 20} may be needed: "
                     "set TMPDIR to a folder with more room")


def cpu(settings, work):
    """The family of the processor and its caches."""
    out = work / "cpu.out"
    measure.run([settings.benches / "bench_kernel", "--cpu"], stdout=out)
    return out.read_text(encoding="utf-8").strip()


def run(settings, work):
    bench = Bench(settings, work)
    machine = report.machine(cpu(settings, work))
    bench.say(f"{machine}; {settings.corpus.name}, {settings.corpus.stat().st_size} bytes;"
              f" commit {report.commit() or 'unknown'}; {settings.runs} runs;"
              f" about {minutes(settings):.0f} minutes")
    bench.measure()
    rows = rows_of(bench)
    head = (f"{machine}; {settings.corpus.name}, {settings.corpus.stat().st_size} bytes, "
            f"{bench.records} ordered records; commit {report.commit()}; medians of {settings.runs} runs")
    text = (report.as_markdown if flag("MARKDOWN") else report.as_text)(rows) + "\n\n" + head
    print(text)
    if settings.document:
        report.put_into(settings.document, text)
    if os.environ.get("JSON"):
        with open(os.environ["JSON"], "w", encoding="utf-8") as file:
            json.dump({"machine": machine, "commit": report.commit(),
                       "records": bench.records, "rows": report.as_dict(rows),
                       "samples": bench.samples}, file, indent=1)
    if flag("RECORD"):
        note = f"make bench, {settings.runs} runs, {settings.corpus.name}"
        lines = list(report.lines_of(rows, note))
        if bench.get("ref loss"):
            lines.append((REFERENCE_LOSS, bench.get("ref loss")[0], "",
                          f"x_max 10; corpus {fingerprint(settings.corpus)}"))
        report.append(lines, machine)
        print(f"recorded in {report.RESULTS}")
    if bench.failures:
        raise Failed("; ".join(bench.failures))


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    work = None
    try:
        settings = Settings()
    except (Failed, OSError, UnicodeError) as error:
        print(f"bench: error: {error}", file=sys.stderr)
        return 2
    try:
        work = Path(tempfile.mkdtemp(prefix="glovebox-bench-"))
        check_room(settings, work)
        run(settings, work)
    except (Failed, OSError) as error:
        print(f"bench: error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("bench: stopped", file=sys.stderr)
        return 130
    finally:
        if work:
            shutil.rmtree(work, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
