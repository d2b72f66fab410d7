"""Two processes on one run directory: every pair of programs that write, glove-run and glove-clean
beside each, readers beside writers, locks of killed processes, file systems without locks.

The first process is held at an event of its own (GLOVEBOX_TEST_AT=EVENT:N=wait:FILE) until the
second one has ended, so they meet at the same moment on any machine. Of two that would write the same
file, or of which one would replace what the other reads, the second waits or ends with exit code 1
and one line that names the first; every file is a whole one that one of them alone would have left;
and glove-run then ends with the bytes of an undisturbed run."""
import concurrent.futures
import itertools
import os
import random
import signal
import subprocess
import sys
import time

import faults

WORKERS = 12  # most of them wait for locks

STAGES = ["vocab", "cooccur", "shuffle", "train"]
# with other keys, so that they have something to replace
FIRST = {"vocab": faults.program("vocab", "--force", "--set", "vocab.min_count=2"),
         "cooccur": faults.program("cooccur", "--force", "--set", "cooccur.window=4"),
         "shuffle": faults.program("shuffle", "--force", "--set", "shuffle.seed=2"),
         "train": faults.program("train", "--force", "--set", "train.seed=2"),
         "train-word2vec": faults.program("train", "--force", *faults.settings(
             "train.objective=word2vec", "train.schedule=hogwild", "train.threads=1")),
         "eval": faults.program("eval", "--force"),
         "run": ["glove-run", "--progress", "none", "small.json", "--run-dir", "run", "--force"]}
SECOND = {**FIRST,
          "cooccur": faults.program("cooccur", "--force"),
          "shuffle": faults.program("shuffle", "--force"),
          "train": faults.program("train", "--force"),
          "vocab-again": faults.program("vocab"),
          "train-again": faults.program("train"),
          "run-again": faults.program("run"),
          "clean": ["glove-clean", "--progress", "none", "--yes", "run"],
          "clean-vectors": ["glove-clean", "--progress", "none", "--keep", "vectors", "run"]}
READERS = {"eval": faults.program("eval", "--force"),
           "query": faults.program("query", "nearest", "w1"),
           "pairs": faults.program("query", "pairs", "w1"),
           "report": faults.program("report"),
           "check": ["glove-convert", "--progress", "none", "check", "run/vectors.txt"],
           "convert": ["glove-convert", "--progress", "none", "run/vectors.txt", "out/v.bin"],
           "export": ["glove-convert", "--progress", "none", "counts-export", "run/counts.bin",
                      "out/c.mtx"],
           "plan": faults.program("plan")}
# where the first one is held; begun.json and config.json come before its own outputs
HOLDS = {"vocab": ["rename:3", "write:3"], "cooccur": ["rename:3", "write:3", "sync:3"],
         "shuffle": ["rename:3", "write:4"],
         "train": ["task:1", "task:4", "checkpoint:1", "rename:4"],
         "train-word2vec": ["task:1", "rename:3"], "eval": ["rename:3"],
         "run": ["rename:3", "task:2", "write:4"]}


def stages_of(name):
    """Places in the order of stages that a program works at: its own, or all."""
    base = name.split("-")[0]
    if base in ("run", "clean"):
        return set(range(4))
    return {STAGES.index(base)} if base in STAGES else set()


def must_refuse(first, second):
    """May `second`, with something to do, not work while `first` is held at work? Not the same
    stage, none that makes what `first` reads, none that reads what `first` makes."""
    if second == "eval" or first == "eval":
        return first == second
    if first == "train-word2vec" and second in ("cooccur", "shuffle"):
        return False  # it reads the text and the vocabulary alone
    if second == "train-word2vec" and first in ("cooccur", "shuffle"):
        return False
    return bool(stages_of(first) and stages_of(second))


class Pair:
    """Two commands in a scratch folder of their own."""

    def __init__(self, run, first, second, hold, env=None):
        self.run, self.first, self.second, self.hold, self.env = run, first, second, hold, env or {}

    def repeat(self):
        return (f"GLOVEBOX_TEST_AT={self.hold}=wait:go {' '.join(self.first)} & "
                f"{' '.join(self.second)}; touch go; wait")

    def start(self, command, **env):
        return subprocess.Popen(command, cwd=self.run.folder,
                                env=faults.environment(**{**self.env, **env}),
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, start_new_session=True)

    def end(self, process, timeout=120):
        timed_out = False
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            timed_out = True
            os.killpg(process.pid, signal.SIGKILL)
            out, err = process.communicate()
        return faults.Result(process.returncode, out, err, timed_out)

    def at_work(self, process, go):
        """Wait until the first one is held at its event; false: it has ended before."""
        while process.poll() is None and not os.path.exists(go + ".reached"):
            time.sleep(0.01)
        return os.path.exists(go + ".reached")

    def execute(self, kill=False):
        """Results of both, and whether the first was held while the second worked."""
        go = self.run.path("go")
        for name in (go, go + ".reached"):
            if os.path.exists(name):
                os.unlink(name)
        one = self.start(self.first, GLOVEBOX_TEST_AT=f"{self.hold}=wait:{go}")
        held = self.at_work(one, go)
        two = self.start(self.second)
        if kill:
            time.sleep(0.2)
            for pid in family(one.pid):
                os.kill(pid, signal.SIGKILL)
        second = self.end(two)
        open(go, "w").close()
        return self.end(one), second, held


def family(pid):
    """A process and its children, which glove-run puts in groups of their own; children first."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as f:
            return [*map(int, f.read().split()), pid]
    except OSError:
        return [pid]


def whole(run, legal):
    """Files that none of the programs alone would have left, and temporary ones."""
    found, names = run.look()
    torn = [n for n, d in found.items() if n in legal and d not in legal[n]]
    left = [n for n in names if n.endswith(".tmp")]
    return f"{torn} are of neither" if torn else f"left {left}" if left else None


def legal_of(run, base, commands):
    """{name: digests} that the products may have after any of the commands, alone or in turn."""
    legal = {}
    for order in itertools.chain([()], ((c,) for c in commands), itertools.permutations(commands)):
        run.restore(base)
        for command in order:
            faults.execute(command, cwd=run.folder)
        for name, digest in run.look()[0].items():
            legal.setdefault(name, set()).add(digest)
    return legal


def one_clear_line(result):
    lines = result.err.strip().splitlines()
    if len(lines) != 1 or ": error: " not in lines[0]:
        return f"not one clear line: {result.err!r}"
    return None


def check_refusal(second, must):
    """The second process, while the first was held at work."""
    if second.timed_out:
        return "hangs"
    if second.code == 1:
        if "is running in" not in second.err and must:
            return f"does not say who works: {second.err!r}"
        return one_clear_line(second)
    if second.code == 2:  # what it needs was made with other keys
        return one_clear_line(second)
    if second.code != 0:
        return str(second)
    return "both were at work" if must else None


def check_pair(run, base, pair, must, legal):
    first, second, held = pair.execute()
    if first.timed_out or first.code not in (0, 1, 2):
        return held, f"first: {first}"
    if first.code and one_clear_line(first):
        return held, f"first: {one_clear_line(first)}"
    wrong = check_refusal(second, must and held)
    if wrong:
        return held, f"second: {wrong}"
    return held, whole(run, legal) or settled(run, base)


def settled(run, base):
    """glove-run ends with the bytes of an undisturbed run. (It may need --force for a vocab.txt that
    is another one.)"""
    result = faults.execute(["glove-run", "--progress", "none", "small.json", "--run-dir", "run",
                             "--force"], cwd=run.folder)
    if result.code != 0:
        return f"glove-run afterwards: {result}"
    products, _, _ = run.expect_run
    found, _ = run.look()
    wrong = [n for n in products if n in found and found[n] != products[n]]
    return f"glove-run afterwards: other bytes in {wrong}" if wrong else None


def make_run():
    run = faults.Run(name="concurrent")
    run.cases["base"] = faults.Case("base", faults.program("run"), ["run"])
    run.restore(run.cases["base"])
    run.expect_run = (*run.look(), "")
    return run


# --- readers ---------------------------------------------------------------------------------------
def seen_by(run, result):
    """What a reader printed, and the files that it made elsewhere."""
    return result.code, result.out, sorted(
        (n, d) for n, d in run.look()[0].items() if n.startswith("out/"))


def seen_alone(run, base, first, reader):
    """What the reader sees before and after the work of the first one."""
    seen = []
    for commands in ((), (first,)):
        run.restore(base)
        for command in commands:
            faults.execute(command, cwd=run.folder)
        seen.append(seen_by(run, faults.execute(reader, cwd=run.folder)))
    return seen


def check_reader(run, result, name, seen):
    """The old or the new one whole; or a line that says that the config has changed."""
    if result.timed_out or result.code not in (0, 1, 2):
        return f"reader: {result}"
    if result.code:
        refused = name == "eval" and "another glove-eval is running in" in result.err
        return one_clear_line(result) or (None if result.code == 2 or refused else str(result))
    if name in ("query", "pairs", "check", "convert", "export") and \
            seen_by(run, result) not in seen:
        return f"reader: neither the old nor the new: {result.out[:200]!r}"
    return None


# --- rounds ----------------------------------------------------------------------------------------
def writers(campaign, rng):
    rounds = [("two at once", first, second, hold)
              for first in FIRST for second in SECOND for hold in HOLDS[first]]
    rng.shuffle(rounds)
    return [r for r in campaign.share(rounds, 12) if faults.CASE in r[1]]


def readers(campaign, rng):
    rounds = [("a reader during a writer", first, reader, hold)
              for first in FIRST for reader in READERS for hold in HOLDS[first]]
    rng.shuffle(rounds)
    return [r for r in campaign.share(rounds, 8) if faults.CASE in r[1]]


def killed(campaign):
    rounds = [("the first is killed", first, second, hold)
              for first in FIRST for second in SECOND if second == first
              for hold in HOLDS[first]] * 2
    return campaign.share(rounds, 4)


def one_round(run, kind, first, second, hold):
    """(whether it was tried, what is wrong or None, how to repeat it)"""
    base = run.cases["base"]
    reads = kind == "a reader during a writer"
    commands = FIRST[first], (READERS if reads else SECOND)[second]
    pair = Pair(run, *commands, hold)
    legal = legal_of(run, base, commands) if kind == "two at once" else None
    run.restore(base)
    if kind == "the first is killed":
        _, result, held = pair.execute(kill=True)
        wrong = None if result.code == 0 else f"second: {result}"
        wrong = wrong or settled(run, base)
    elif reads:
        seen = seen_alone(run, base, *commands)
        run.restore(base)
        _, result, held = pair.execute()
        wrong = check_reader(run, result, second, seen)
    else:
        must = must_refuse(first, second) and not second.endswith("-again")
        held, wrong = check_pair(run, base, pair, must, legal)
    return held, wrong, pair.repeat()


def work(campaign, rounds):
    """All rounds, several at a time, each worker in a folder of its own."""
    runs = []

    def initialise():
        runs.append(make_run())

    def one(round_):
        run = runs.pop()
        try:
            return round_, one_round(run, *round_)
        finally:
            runs.append(run)

    for _ in range(min(WORKERS, len(rounds))):
        initialise()
    with concurrent.futures.ThreadPoolExecutor(len(runs) or 1) as pool:
        for (kind, first, second, hold), (tried, wrong, repeat) in pool.map(one, rounds):
            if tried:
                campaign.tried(kind)
            if wrong:
                campaign.failed(kind, f"{first} held at {hold}, {second}: {wrong}", repeat)
    for run in runs:
        run.close()


NO_LOCKS = {"FAULT_AT": "lock:1:{}+"}


def without_locks(campaign):
    """File systems without locks, for flock and for SQLite: right bytes, and a note."""
    with faults.Run(name="no-locks") as run:
        names = ["vocab", "cooccur", "shuffle", "train", "train-formats", "train-word2vec", "eval",
                 "query", "report", "check", "convert-db", "clean"]
        cases = [run.cases[n] for n in names]
        for case, reason in campaign.share([(c, r) for c in cases for r in
                                            ("ENOLCK", "EOPNOTSUPP", "ENOSYS")], 6):
            products, _, _ = run.expect(case)
            run.restore(case)
            env = {"FAULT_AT": f"lock:1:{reason}+"}
            result = run.execute(case, env=env)
            campaign.tried("no locks")
            found, _ = run.look()
            if result.code != 0 or found != products:
                campaign.failed("no locks", f"{case.name}: {result}",
                                faults.repeat_line(case, env))


def controls(campaign):
    """Without locks two trainings work at once: the campaign must see that. A file that belongs to
    neither, too."""
    run = make_run()
    run.restore(run.cases["base"])
    pair = Pair(run, FIRST["train"], SECOND["train"], "task:1", {"FAULT_AT": "lock:1:ENOLCK+"})
    _, second, held = pair.execute()
    campaign.control("two at work without locks",
                     held and check_refusal(second, True) == "both were at work")
    run.restore(run.cases["base"])
    legal = {n: {d} for n, d in run.look()[0].items()}
    with open(run.path("run/vectors.txt"), "ab") as f:
        f.write(b"x")
    campaign.control("a file of neither", whole(run, legal))
    run.close()


def main():
    campaign = faults.Campaign("concurrent")
    rng = random.Random(faults.SEED)
    work(campaign, writers(campaign, rng) + readers(campaign, rng) + killed(campaign))
    without_locks(campaign)
    controls(campaign)
    return campaign.end()


if __name__ == "__main__":
    sys.exit(main())
