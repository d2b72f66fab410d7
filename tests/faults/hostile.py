"""Gives every program files that a stranger made, with checksums that are right: numbers that lie,
SQL in place of tables, words that are none, and random changes of good files. A program must end
with exit code 1 or 2 and one line, or with 0; it must not crash, hang, take memory out of proportion
to the file, or change anything outside of the run directory and its output."""
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys

import faults
import hostile_files as files
import hostile_text as text

TIMEOUT = 20
FREE_MB = 64
TIMES = 4          # the size of the input that memory may be beyond that
ADDRESS_MB = 3000  # ulimit -v


# --- one command -------------------------------------------------------------------------------------
class Launcher:
    """The process that starts programs (hostile_launch.py)."""

    def __init__(self):
        self.process = subprocess.Popen([sys.executable, "-B", "-S",
                                         os.path.join(faults.HERE, "hostile_launch.py")],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, command, cwd, beside):
        """(result, peak resident bytes)"""
        paths = {n: os.path.join(beside, n) for n in ("stdout", "stderr")}
        job = {"command": command, "cwd": cwd, "env": faults.environment(), **paths,
               "limit": 0 if SANITIZED else ADDRESS_MB << 20,
               "timeout": TIMEOUT * (5 if SANITIZED else 1)}
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        ended = json.loads(self.process.stdout.readline())
        texts = []
        for name in ("stdout", "stderr"):
            with open(paths[name], "rb") as f:
                texts.append(f.read(1 << 20))
        return faults.Result(ended["status"], *texts, ended["timed_out"]), ended["peak"]

    def end(self):
        self.process.stdin.close()
        self.process.wait()


SANITIZED = "asan" in faults.BIN or "ubsan" in faults.BIN


def snapshot(folder):
    """{path: what is there} of everything but the run directory and outputs."""
    found = {}
    for at, folders, names in os.walk(folder):
        for name in folders + names:
            path = os.path.join(at, name)
            key = os.path.relpath(path, folder)
            if os.path.isfile(path) and not os.path.islink(path):
                with open(path, "rb") as f:
                    found[key] = hashlib.sha256(f.read()).digest()
            else:
                found[key] = None
        if at == folder:
            folders[:] = [f for f in folders if f != "work"]
    return found


def complaint(result):
    """What is wrong with how a program ended, or None."""
    if result.timed_out:
        return "hangs"
    if result.signal or result.code not in (0, 1, 2):
        return str(result)[-600:]
    if "Sanitizer" in result.err or "runtime error" in result.err:
        return result.err[:600]
    lines = [n for n in result.err.split("\n") if ": error: " in n]
    if result.code and len(lines) != 1:
        return f"{len(lines)} lines of error with exit code {result.code}: {result.err[:300]!r}"
    if "out of memory" in result.err or "cannot allocate" in result.err.lower():
        return f"asks for too much memory: {lines[:1]}"
    if any(c in result.err + result.out for c in "\x1b\x9b\u202e"):
        return "control characters of a word in the output"
    return None


def vectors_are_numbers(folder):
    path = os.path.join(folder, "run", "vectors.txt")
    if not os.path.exists(path):
        return True
    with open(path, "rb") as f:
        return not any(b" nan" in line or b" -nan" in line or b"inf" in line.split(b" ", 1)[-1]
                       for line in f)


# --- the campaign ------------------------------------------------------------------------------------
class Place:
    """Folders for one case after the other: `work` with run directory and inputs, beside it what
    must not change."""

    def __init__(self, run):
        self.run, self.launcher = run, Launcher()
        self.outside = run.path("place")
        self.work = os.path.join(self.outside, "work")
        self.states = {}

    def state(self, name, folder):
        """Keep what `folder` holds as the state `name`."""
        self.states[name] = folder

    def fresh(self, state):
        shutil.rmtree(self.outside, ignore_errors=True)
        os.makedirs(self.outside)
        with open(os.path.join(self.outside, "neighbour"), "w") as f:
            f.write("not to be touched\n")
        shutil.copytree(self.states[state], self.work)

    def size(self):
        return sum(os.path.getsize(os.path.join(at, n)) for at, _, names in os.walk(self.work)
                   for n in names)

    def attempt(self, trick, state, inside, command):
        """What is wrong, or None. `inside`: where the trick's files go; an OSError or SQL error of
        the trick itself is None, too."""
        self.fresh(state)
        trick.make(os.path.join(self.work, inside))
        before, size = snapshot(self.outside), self.size()
        result, peak = self.launcher.run(command, self.work, self.run.folder)
        after = snapshot(self.outside)
        changed = {k for k in {*before, *after} if before.get(k) != after.get(k)}
        if changed:
            return f"changes {sorted(changed)}"
        wrong = complaint(result)
        most = (FREE_MB << 20) + TIMES * size
        if not wrong and peak > most and not SANITIZED:
            wrong = f"{peak >> 20} MB of memory for {size} bytes: {result}"
        if not wrong and trick.must_fail and result.code == 0:
            wrong = "is read with exit code 0"
        if not wrong and result.code == 0 and not vectors_are_numbers(self.work):
            wrong = "vectors of NaN with exit code 0"
        return wrong


def make_states(run, place):
    """The states that readers are given: `full` (a finished run), `bare` (its files without stamps
    and outputs of training), `more` (a training to resume), `ids` (word2vec)."""
    for name, last, drop in (("full", "train-formats", ()), ("ids", "train-word2vec", ())):
        run.restore(run.cases[last])
        result = run.execute(run.cases[last])
        if result.code:
            raise SystemExit(f"{last}: {result}")
        if name == "full":
            run.execute(run.cases["eval"])
        shutil.rmtree(run.path(name), ignore_errors=True)
        os.makedirs(run.path(name))
        for n in ("run", "corpus.txt", "questions.txt", "pairs.tsv", "small.json"):
            at = run.path(n)
            (shutil.copytree if os.path.isdir(at) else shutil.copy)(at, os.path.join(run.path(name),
                                                                                     n))
        place.state(name, run.path(name))
    bare = run.path("bare")
    shutil.copytree(run.path("full"), bare)
    shutil.rmtree(os.path.join(bare, "run", ".stamps"))
    for n in os.listdir(os.path.join(bare, "run")):
        if n.startswith(("vectors", "subwords", "model", "metadata", "eval", "metrics")):
            os.unlink(os.path.join(bare, "run", n))
    place.state("bare", bare)


def quiet(program, *options):
    return [f"glove-{program}", "--progress", "none", *options]


def plan(rng, folder):
    """Yields (kind, trick, state, folder of its files, command)."""
    full = os.path.join(folder, "full", "run")
    words = sum(1 for _ in open(os.path.join(full, "vocab.txt"), "rb"))
    train = faults.program("train")
    logistic = faults.program("train", *faults.settings("train.objective=logistic",
                                                        "train.memory_mb=64"))
    pairs = quiet("query", "pairs", "w1", "--run-dir", "run")
    for i, trick in enumerate([*files.store_values(), *files.store_schemas(),
                               *files.random_store(rng, 300),
                               *files.page_tricks(rng, "store.db", 150)]):
        yield "store", trick, "bare", "run", (train, pairs, logistic)[i % 3]
        if i % 5 == 0:
            yield "store", trick, "bare", "run", train
    export = [quiet("convert", "counts-export", "run/counts.bin", "x" + e)
              for e in (".npz", ".mtx", ".tsv", ".bin")]
    for i, trick in enumerate([*files.fixed_tricks("counts.bin"), *files.block_tricks(),
                               *files.random_bytes(rng, "counts.bin", 250)]):
        yield "counts", trick, "bare", "run", faults.program("shuffle", "--force")
        yield "counts", trick, "bare", "run", export[i % 4]
    resume = faults.program("train", *faults.settings("train.epochs=3"))
    for trick in [*files.fixed_tricks("model.ckpt"), *files.state_tricks(rng, 60),
                  *files.random_bytes(rng, "model.ckpt", 150)]:
        yield "checkpoint", trick, "full", "run", resume
    word2vec = faults.program("train", *faults.settings(
        "train.objective=word2vec", "train.schedule=hogwild", "train.threads=1", "train.seed=3"))
    for trick in [*files.fixed_tricks("corpus.ids"), *files.random_bytes(rng, "corpus.ids", 80)]:
        trick.must_fail = False  # ids that are not those of the corpus are made again
        yield "ids", trick, "ids", "run", word2vec
    for trick in text.vocabularies():
        for command in ("cooccur", "shuffle"):
            yield "vocabulary", trick, "bare", "run", faults.program(command, "--force")
    readers = [train, faults.program("report"), faults.program("plan"), faults.program("vocab"),
               faults.program("run"), faults.program("eval"),
               quiet("clean", "--keep", "vectors", "run"),
               quiet("query", "nearest", "w1", "--run-dir", "run"),
               quiet("vocab", "--config", "run/config.json", "--run-dir", "new")]
    for i, trick in enumerate(text.json_files()):
        for k in (0, 4, 6):
            command = readers[(i + k) % len(readers)]
            if "config.json" in trick.name and k == 4:
                command = readers[-1]
            yield "JSON", trick, "full", "run", command
    yield from plan_inputs(rng, full, words)


def plan_inputs(rng, full, words):
    """Files that are given by name."""
    good = {n: bytes(files.read(os.path.join(full, "vectors." + n)))
            for n in ("txt", "bin", "safetensors", "npy", "db")}
    randomly = [t for n, data in good.items() for t in text.random_input(rng, n, data, 60)]
    tricks = [*text.text_vectors(), *text.binary_vectors(), *text.safetensors_vectors(),
              *text.npy_vectors(), *text.sqlite_vectors(), *text.archives(), *randomly]
    commands = [quiet("convert", "check", "input"), quiet("query", "nearest", "w1", "--vectors",
                                                         "input"),
                quiet("convert", "input", "x.txt"), quiet("convert", "input", "x.db"),
                quiet("eval", "--vectors", "input", "--config", "small.json", "--run-dir", "run",
                      "--force")]
    named = [quiet("convert", "input", "x.bin", "--words", "run/vocab.txt"),
             quiet("convert", "check", "input", "--words", "run/vocab.txt")]
    for i, trick in enumerate(tricks):
        choice = named if "npy" in trick.name else commands
        yield "vectors", trick, "full", "", choice[i % len(choice)]
        if len(trick.name) % 3 == 0 or trick.must_fail:
            yield "vectors", trick, "full", "", choice[(i + 1) % len(choice)]
    for trick in text.matrices(words):
        yield "matrix", trick, "full", "", quiet("convert", "--config", "small.json", "--run-dir",
                                                 "run", "counts-import", "input", "x.bin")


def control(campaign, place):
    """Programs that do what must be noticed."""
    nothing = files.Trick("nothing", lambda folder: None)
    lies = files.Trick("nothing", lambda folder: None, True)
    for name, trick, command in (
            ("a crash", nothing, ["sh", "-c", "kill -SEGV $$"]),
            ("no message", nothing, ["false"]),
            ("memory", nothing, [sys.executable, "-c", "x = bytearray(300 << 20)"]),
            ("a file outside", nothing, ["sh", "-c", "echo > ../neighbour"]),
            ("read as if good", lies, ["true"])):
        campaign.control(name, place.attempt(trick, "full", "", command))


def main():
    campaign = faults.Campaign("hostile")
    rng = random.Random(faults.SEED)
    with faults.Run(name="hostile") as run:
        place = Place(run)
        make_states(run, place)
        control(campaign, place)
        cases = [c for c in plan(rng, run.folder) if faults.CASE in c[0] or faults.CASE in c[1].name]
        for kind, trick, state, inside, command in campaign.share(cases):
            try:
                wrong = place.attempt(trick, state, inside, command)
            except (OSError, files.seal.sqlite3.Error) as e:
                print(f"hostile: {trick.name}: cannot make it: {e}")
                continue
            campaign.tried(kind)
            if wrong:
                campaign.failed(kind, f"{trick.name}: {' '.join(command)}: {wrong}",
                                f"CASE='{trick.name}' SEED={faults.SEED} make faults T=hostile")
        place.launcher.end()
    return campaign.end()


if __name__ == "__main__":
    sys.exit(main())
