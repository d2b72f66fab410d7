"""Rounds at random settings (soak_run.py) against what must hold whatever they are: counts and sums
against a brute-force count, the same bytes for any threads, budgets, kernels and ranks and after
kills, a loss that is finite and falls, conversions there and back, equal scores in all formats, what
glove-plan said, nothing to do once all is done.

    make soak MINUTES=60        SEED=N: the first round      ROUND=N: only that one, whose files stay
"""
import json
import math
import os
import random
import re
import shutil
import sys
import tempfile
import time

import faults
import soak_run

CONTROL_ROUND = 100  # in whose corpus every planted error shows
PLANTS = ("oracle", "counts", "seed", "loss", "convert")


class Wrong(Exception):
    """Something that must hold does not."""


def expect(holds, what):
    if not holds:
        raise Wrong(what)


class Round:
    """One corpus with one config, and all that is done with it. `plant`: an error made on purpose."""

    def __init__(self, seed, campaign, plant=None):
        self.rng, self.campaign, self.plant = random.Random(seed), campaign, plant
        self.folder = tempfile.mkdtemp(prefix=f"glovebox-soak-{seed}-", dir=scratch())
        names, self.texts, self.odd = soak_run.draw_corpus(self.rng, self.folder)
        self.settings = soak_run.draw_settings(self.rng, names, self.odd)
        if plant:  # with which every error can be made
            self.settings.update({"train.objective": "glove", "train.epochs": 4, "train.dim": 8})
        self.word2vec = self.settings["train.objective"] == "word2vec"
        self.stages = ["vocab", "train"] if self.word2vec else ["vocab", "cooccur", "shuffle",
                                                                "train"]
        with open(self.path("config.json"), "w", encoding="utf-8") as f:
            json.dump(faults.nested(self.settings), f)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    # --- programs ---
    def execute(self, command, env=None, code=0):
        result = faults.execute(command, env=env, cwd=self.folder, timeout=300)
        expect(not result.timed_out, f"hangs: {' '.join(command)}")
        if code is not None:
            expect(result.code == code, f"{' '.join(command)}: {result}")
        return result

    def command(self, program, run, machine=None, *options):
        pairs = [x for k, v in (machine or {}).items() for x in ("--set", f"{k}={json.dumps(v)}")]
        return [f"glove-{program}", "--progress", "none", "--config", "config.json", "--run-dir", run,
                *pairs, *options]

    def run_all(self, run, machine=None, env=None):
        for stage in self.stages:
            self.execute(self.command(stage, run, machine), env)

    def run_first(self):
        """All stages in `run`. Returns false if the corpus has nothing to train on, and the program
        has said so."""
        for stage in self.stages:
            # the shell in between is small, and a process inherits the peak memory of its parent
            result = self.execute(["sh", "-c", '"$@"; exit $?', "sh", *self.command(stage, "run")],
                                  code=None)
            if result.code == 1 and self.is_empty(stage, result.err):
                self.tried("nothing to train on")
                return False
            if stage == "train" and "training diverged" in result.err:
                self.tried("diverged, which is said")
                return False
            expect(result.code == 0, f"{stage}: {result}")
        return True

    def is_empty(self, stage, message):
        if stage == "cooccur" or stage == "train" and self.word2vec:
            words = soak_run.word_counts(self.texts, self.settings)
            if soak_run.has_oracle(self.settings) and "vocab.max_size" not in self.settings:
                return not soak_run.cooccurrences(self.texts, self.settings, words)
            return "no pairs to " in message
        return stage == "vocab" and not soak_run.word_counts(self.texts, self.settings)

    def products(self, run):
        return {n: d for n, d in faults.products(self.path(run)).items() if n != "model.ckpt"}

    def same(self, run, what):
        a, b = self.products("run"), self.products(run)
        wrong = sorted(n for n in {*a, *b} if a.get(n) != b.get(n))
        expect(not wrong, f"{what}: other bytes in {', '.join(wrong)}")

    def tried(self, kind):
        if not self.plant:
            self.campaign.tried(kind)

    # --- what must hold ---
    def check_words(self):
        expected = soak_run.word_counts(self.texts, self.settings)
        with open(self.path("run/vocab.txt"), "rb") as f:
            found = dict(line.rsplit(b" ", 1) for line in f.read().splitlines())
        found = {w: int(n) for w, n in found.items()}
        limit = self.settings.get("vocab.max_size") or len(expected)
        expect(len(found) == min(limit, len(expected)) and found.items() <= expected.items(),
               "vocab.txt is not what the corpus has")
        expect(sorted(found.values()) == sorted(expected.values())[-limit:],
               "vocab.txt leaves out frequent words")
        self.tried("words, oracle")
        return found

    def check_counts(self, words):
        self.execute(["glove-convert", "--progress", "none", "counts-export", "run/counts.bin",
                      "counts.tsv"])
        if self.plant == "counts":
            change_number(self.path("counts.tsv"))
        with open(self.path("counts.tsv"), "rb") as f:
            cells = [line.split(b"\t") for line in f.read().split(b"\n") if line]
        found = {(a, b): float(x) for a, b, x in cells}
        expect(len(found) == len(cells), "a pair is there twice")
        if self.settings["cooccur.symmetric"]:
            expect(all(found.get((b, a)) == x for (a, b), x in found.items()), "not symmetric")
        if words is None:
            return
        texts = self.texts if self.plant != "oracle" else [t + b" " + t for t in self.texts]
        compare_counts(found, soak_run.cooccurrences(texts, self.settings, words))
        self.tried("counts, oracle")

    def check_loss(self):
        with open(self.path("run/metrics.jsonl"), encoding="utf-8") as f:
            events = [json.loads(line) for line in f]
        losses = [e["loss"] for e in events if e.get("event") == "epoch"]
        if self.plant == "loss":
            losses.reverse()
        expect(len(losses) == self.settings["train.epochs"], f"{len(losses)} epochs have a loss")
        expect(all(isinstance(x, float) and math.isfinite(x) for x in losses), "a loss not finite")
        # A few thousand records in few dimensions: the first epoch may learn all there is, and the
        # loss of later ones sways by half (0.012 to 0.020 over 12 epochs of one such text).
        if len(losses) > 2 and self.settings["train.objective"] == "glove":
            expect(losses[-1] < 2 * losses[0], f"the loss rose from {losses[0]} to {losses[-1]}")
        self.tried("loss")
        return events

    def check_other_machine(self):
        """Other threads, budgets, kernels."""
        machine, env = soak_run.draw_machine(self.rng, self.word2vec)
        if self.plant == "seed":
            machine["train.seed"] = self.settings["train.seed"] + 1
        self.run_all("other", machine, env)
        self.same("other", f"{machine} {env}")
        self.tried("threads, budgets, kernels")

    def check_ranks(self):
        ranks = self.rng.randint(2, 4)
        mpi = ("vocab", "cooccur", "train")
        for stage in self.stages:
            case = faults.Case(stage, self.command(stage + ("-mpi" if stage in mpi else ""), "ranks"),
                               ranks=ranks if stage in mpi else 0)
            result = self.execute(faults.command_of(case, {}), code=None)
            fewer = re.search(r"start at most (\d+) ranks", result.err)
            if fewer:  # the store has few word groups
                case.ranks = int(fewer.group(1))
                result = self.execute(faults.command_of(case, {}))
            expect(result.code == 0, f"{stage}, {ranks} ranks: {result}")
        self.same("ranks", f"{ranks} ranks")
        self.tried("ranks")

    def check_resumed(self):
        """Killed or stopped at a random event of each stage, perhaps more than once."""
        machine, env = soak_run.draw_machine(self.rng, self.word2vec)
        env["GLOVEBOX_TEST_CHECKPOINT_TASKS"] = str(self.rng.randint(1, 40))
        for stage in self.stages:
            for _ in range(self.rng.randint(1, 3)):
                event, n = self.rng.choice([("write", 8), ("sync", 3), ("rename", 3), ("task", 40),
                                            ("checkpoint", 4)])
                action = self.rng.choice(["KILL", "KILL", "TERM", "INT"])
                at = f"{event}:{self.rng.randint(1, n)}={action}"
                result = self.execute(self.command(stage, "resumed", machine),
                                      {**env, "GLOVEBOX_TEST_AT": at}, code=None)
                expect(result.code in (0, 130, 143) or result.signal, f"{at}: {result}")
            self.execute(self.command(stage, "resumed", machine), env)
        self.same("resumed", f"resumed, {machine} {env}")
        self.tried("resumed")

    def check_up_to_date(self):
        before = {n: os.stat(self.path("run", n)).st_mtime_ns for n in self.products("run")}
        self.run_all("run")
        after = {n: os.stat(self.path("run", n)).st_mtime_ns for n in self.products("run")}
        expect(before == after, "a stage that was up to date worked again")
        self.tried("up to date")

    def check_conversions(self):
        """Text to each format and back; the scores are the same."""
        formats = ["v.bin", "v.db", "v.safetensors", "v.npy", "v.tsv"]
        convert = ["glove-convert", "--progress", "none"]
        scores = self.scores("run/vectors.txt")
        for name in formats:
            words = ["--words", "words.txt"] if name == "v.npy" else []
            self.execute([*convert, *words, "run/vectors.txt", name])
            if self.plant == "convert":
                flip(self.path(name), -3)
            if name != "v.tsv":
                self.execute([*convert, *words, name, "back.txt"])
                expect(read(self.path("back.txt")) == read(self.path("run/vectors.txt")),
                       f"vectors.txt to {name} and back is another")
            if name not in ("v.npy", "v.tsv"):
                expect(self.scores(name) == scores, f"{name} has other scores than vectors.txt")
            self.tried("conversions")

    def scores(self, vectors):
        with open(self.path("run/vocab.txt"), "rb") as f:
            words = [line.rsplit(b" ", 1)[0] for line in f.read().splitlines()][:8]
        if len(words) < 4:
            return None
        with open(self.path("questions.txt"), "wb") as f:
            f.write(b": s\n" + b"".join(b" ".join(random.Random(i).sample(words, 4)) + b"\n"
                                        for i in range(6)))
        if any(w.startswith(b":") for w in words):
            return None
        result = self.execute(["glove-eval", "--progress", "none", "--json", "--vectors", vectors,
                               "--set", 'eval.analogies=["questions.txt"]'])
        found = json.loads(result.out)
        return {k: v for k, v in found.items() if k not in ("vectors", "time", "wall_s", "cpu_s")}

    def check_plan(self, events):
        """glove-plan reads all of a small corpus, so what it says must come true."""
        result = self.execute(self.command("plan", "planned", None, "--json"), code=None)
        expect(result.out.startswith("{"), f"glove-plan: {result}")
        plan = json.loads(result.out)
        for name, size in plan["files"].items():
            real = os.path.getsize(self.path("run", name)) if os.path.exists(
                self.path("run", name)) else None
            if real is not None and name != "store.db" and "cooccur.sample" not in self.settings:
                expect(0.5 * real - 4096 < size < 2 * real + 16384,
                       f"{name}: planned {size} bytes, has {real}")
        for stage in plan["stages"]:
            used = [e["peak_rss_kb"] * 1024 for e in events if e.get("event") == "done" and
                    "glove-" + e["stage"] == stage["program"]]
            expect(not used or used[0] < 1.5 * stage["memory_bytes"] + (8 << 20),
                   f"{stage['program']}: planned {stage['memory_bytes']} bytes of memory, used {used}")
        self.tried("plan")

    def run(self):
        if not self.run_first():
            return
        words = self.check_words() if soak_run.has_oracle(self.settings) else None
        if not self.word2vec:
            self.check_counts(words)
        events = self.check_loss()
        self.check_plan(events)
        self.check_other_machine()
        self.check_resumed()
        if faults.has_mpi() and not self.word2vec and self.rng.random() < 0.2:
            self.check_ranks()
        self.check_up_to_date()
        self.check_conversions()


# --- helpers ---------------------------------------------------------------------------------------
def scratch():
    os.makedirs(faults.RESULTS, exist_ok=True)
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else faults.RESULTS


def read(path):
    with open(path, "rb") as f:
        return f.read()


def flip(path, offset):
    data = bytearray(read(path))
    data[offset] ^= 0x5a
    with open(path, "wb") as f:
        f.write(data)


def change_number(path):
    """The first number of the last line but one."""
    lines = read(path).split(b"\n")
    word, context, x = lines[-2].split(b"\t")
    lines[-2] = b"\t".join((word, context, str(float(x) + 1).encode()))
    with open(path, "wb") as f:
        f.write(b"\n".join(lines))


def compare_counts(found, expected):
    expect(found.keys() == expected.keys(),
           f"{len(found)} pairs, expected {len(expected)}: "
           f"{sorted(found.keys() ^ expected.keys())[:3]}")
    for pair, x in expected.items():
        expect(math.isclose(found[pair], x, rel_tol=1e-9), f"X{pair} is {found[pair]}, expected {x}")
    rows = [{}, {}]
    for sums, cells in zip(rows, (found, expected)):
        for (word, _), x in cells.items():
            sums[word] = sums.get(word, 0) + x
    expect(all(math.isclose(rows[0][w], x, rel_tol=1e-9) for w, x in rows[1].items()), "row sums")


# --- rounds ----------------------------------------------------------------------------------------
def one_round(seed, campaign, plant=None, keep=False):
    """Returns what is wrong, or None."""
    current = Round(seed, campaign, plant)
    try:
        current.run()
        wrong = None
    except (Wrong, ValueError, KeyError, OSError) as e:
        wrong = str(e) if isinstance(e, Wrong) else repr(e)
    if keep:
        print(f"round {seed}: {wrong or 'all holds'}; files in {current.folder}")
    else:
        shutil.rmtree(current.folder, ignore_errors=True)
    return wrong


def controls(campaign):
    for plant in PLANTS:
        campaign.control(plant, one_round(CONTROL_ROUND, campaign, plant))


def main():
    campaign = faults.Campaign("soak")
    if os.environ.get("ROUND"):
        return 1 if one_round(int(os.environ["ROUND"]), campaign, os.environ.get("PLANT"), True) else 0
    print(f"soak: from round {faults.SEED}", flush=True)
    controls(campaign)
    end = campaign.started + 60 * float(os.environ.get("MINUTES") or 60)
    seed = faults.SEED
    while time.time() < end:
        wrong = one_round(seed, campaign)
        campaign.tried("rounds")
        if wrong:
            campaign.failed("rounds", wrong, f"make soak ROUND={seed}")
        seed += 1
    return campaign.end()


if __name__ == "__main__":
    sys.exit(main())
