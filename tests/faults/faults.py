"""What the fault campaigns of this folder share: a small run and the commands of its stages, a way to
execute them, what their results must be, and the record of what was tried.

A campaign is a script NAME.py here. It makes a `Campaign`, tries faults, plants at least one error
on purpose (`control`), and ends with `sys.exit(campaign.end())`. Run as a program, this module runs
all campaigns whose names contain one of its arguments (`make faults T=kill`).

Environment: SHARE=10 tries every tenth fault only; SEED=N; CASE=train only the cases whose names
contain this; BIN and BUILD are folders of the build (set by make).
"""
import atexit
import concurrent.futures
import hashlib
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from urllib.parse import quote

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))


def plain(folder):
    """The folder under a name without blanks, quotes and the like, which LD_PRELOAD and mpirun
    cannot stand."""
    folder = os.path.abspath(folder)
    if re.fullmatch(r"[\w/.+-]+", folder, re.ASCII):
        return folder
    parent = tempfile.mkdtemp(prefix="glovebox-faults-")
    atexit.register(shutil.rmtree, parent)
    os.symlink(folder, os.path.join(parent, "link"))
    return os.path.join(parent, "link")


BIN = plain(os.environ.get("BIN", os.path.join(SOURCE, "build/bin")))
BUILD = plain(os.environ.get("BUILD", os.path.join(SOURCE, "build/release")))
PRELOAD = os.path.join(BUILD, "tests/faults/preload.so")
RESULTS = os.path.join(SOURCE, "build/faults")
SHARE = max(1, int(os.environ.get("SHARE") or 1))
SEED = int(os.environ.get("SEED") or 1)
CASE = os.environ.get("CASE") or ""
TIMEOUT = 60
CAMPAIGNS = 2  # at a time: much of their time they wait for what they started
PRINTING = threading.Lock()

# nohup, and a shell that starts this in the background, ignore them, and so would every program
for ignored in (signal.SIGHUP, signal.SIGINT):
    if signal.getsignal(ignored) == signal.SIG_IGN:
        signal.signal(ignored, signal.SIG_DFL)


# --- executing -----------------------------------------------------------------------------------
class Result:
    """How a command ended: `code` (None if a signal ended it), `signal` (0 if none), `timed_out`,
    and what it printed as text: `out`, `err`."""

    def __init__(self, status, out, err, timed_out):
        self.code = status if status >= 0 else None
        self.signal = -status if status < 0 else 0
        self.timed_out = timed_out
        self.out, self.err = (s.decode("utf-8", "backslashreplace") for s in (out, err))

    def ended(self):
        if self.timed_out:
            return "timed out"
        if self.signal:
            return "ended by " + signal.Signals(self.signal).name
        return f"exit code {self.code}"

    def __str__(self):
        return f"{self.ended()}: {self.err.strip() or self.out.strip()[-300:]}"


def environment(**more):
    """The environment of a child: ours without what would disturb, and `more`. Keys FAULT_* turn
    the preload library on."""
    env = {k: v for k, v in os.environ.items()
           if not k.startswith(("FAULT_", "GLOVEBOX_", "OMPI_", "LD_PRELOAD"))}
    env["PATH"] = BIN + ":" + env.get("PATH", "/usr/bin:/bin")
    env["LC_ALL"] = "C.UTF-8"
    env["OPENBLAS_NUM_THREADS"] = "1"
    env.update({k: str(v) for k, v in more.items()})
    if any(k.startswith("FAULT_") for k in more):
        env["LD_PRELOAD"] = PRELOAD
    return env


def execute(command, env=None, cwd=None, limits=None, timeout=TIMEOUT, stdin=subprocess.DEVNULL,
            after=None):
    """Run `command` (a list) and wait for it. `env`: more variables; `limits`: a function that the
    child calls first (resource.setrlimit); `after`: called with the process once it runs. At the
    timeout it is killed with its children."""
    process = subprocess.Popen(command, env=environment(**(env or {})), cwd=cwd, stdin=stdin,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=limits,
                               start_new_session=True)
    timed_out = False
    if after:
        after(process)
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        timed_out = True
        os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
    return Result(process.returncode, out, err, timed_out)


# --- what files hold -------------------------------------------------------------------------------
def sha256(data):
    return hashlib.sha256(data).hexdigest()[:32]


def digest_sqlite(path):
    """Of all rows of all tables, except what tells when and where they were made."""
    h = hashlib.sha256()
    try:
        db = sqlite3.connect(f"file:{quote(os.fsencode(path))}?mode=ro&immutable=1", uri=True)
        tables = [r[0] for r in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' "
                                           "ORDER BY name")]
        for table in tables:
            h.update(table.encode())
            for row in db.execute(f'SELECT * FROM "{table}" ORDER BY 1'):
                if row[0] not in ("provenance", "meta_hash"):
                    h.update(repr(row).encode())
        db.close()
    except sqlite3.Error as e:
        return f"unreadable: {e}"
    return h.hexdigest()[:32]


def digest_report(data):
    """Of a report without its numbers: times, memory, dates differ."""
    if not data.rstrip().endswith(b"</html>"):
        return "no end"
    return sha256(re.sub(rb"[0-9.:]+|[a-z]+ ago", b"", data))[:32]


def digest(path):
    """What a file holds, as a short text that two runs of the same config share."""
    if path.endswith(".db"):
        return digest_sqlite(path)
    with open(path, "rb") as f:
        data = f.read()
    return digest_report(data) if path.endswith(".html") else sha256(data)


def is_product(name):
    """Files whose bytes the config determines; the others tell of times and places. A case may make
    run directories in the folder out/."""
    parts = name.split("/")
    records = ("metrics.jsonl", "config.json", "sweep.json")
    return parts[-1] not in records and ".stamps" not in parts


def names_in(folder):
    found = []
    for at, _, files in os.walk(folder):
        found += [os.path.relpath(os.path.join(at, f), folder) for f in files]
    return sorted(found)


def products(folder):
    """{name: digest} of the products in a run directory."""
    return {n: digest(os.path.join(folder, n)) for n in names_in(folder) if is_product(n)}


def bad_lines_of_metrics(folder):
    """Lines of metrics.jsonl that are no JSON."""
    bad = []
    path = os.path.join(folder, "metrics.jsonl")
    if os.path.exists(path):
        with open(path, "rb") as f:
            for line in f:
                try:
                    json.loads(line)
                except ValueError:
                    bad.append(line[:80])
    return bad


# --- a small run -----------------------------------------------------------------------------------
def write_corpus(path, lines, words=300, seed=1):
    rng = random.Random(seed)
    names = [f"w{i}" for i in range(words)]
    weights = [1 / (i + 1) for i in range(words)]
    with open(path, "w") as f:
        for _ in range(lines):
            f.write(" ".join(rng.choices(names, weights, k=20)) + "\n")


class Case:
    """A command with the state before it. `name`; `command`: a list; `before`: the names of cases
    that are run first, in order; `env`; `slow`: few faults are tried (mpirun starts slowly)."""

    def __init__(self, name, command, before=(), env=None, slow=False, ranks=0):
        self.name, self.command, self.before = name, command, list(before)
        self.env, self.slow, self.ranks = env or {}, slow, ranks


SMALL = {"corpus.files": ["corpus.txt"], "vocab.min_count": 1, "cooccur.window": 5,
         "cooccur.threads": 2, "train.threads": 2, "train.dim": 6, "train.epochs": 2,
         "eval.analogies": ["questions.txt"], "eval.similarity": ["pairs.tsv"],
         "eval.categories": ["labels.tsv"], "eval.outliers": ["sets.txt"],
         "eval.probes": ["probes.txt"]}
ALL_FORMATS = '["text","word2vec","sqlite","safetensors","npy","projector","fasttext"]'


class Run:
    """A scratch folder with a corpus, a config and the run directory `run`. Commands run in it.
    `cases` has those of every program. States before a case are kept and restored."""

    def __init__(self, lines=150, config=None, name="small"):
        shm = os.statvfs("/dev/shm") if os.path.isdir("/dev/shm") else None
        roomy = shm and shm.f_bavail * shm.f_frsize > (300 << 20) and os.access("/dev/shm", os.W_OK)
        os.makedirs(RESULTS, exist_ok=True)
        self.folder = tempfile.mkdtemp(prefix=f"glovebox-faults-{name}-",
                                       dir="/dev/shm" if roomy else RESULTS)
        self.dir = os.path.join(self.folder, "run")
        self.states, self.expected = {}, {}
        write_corpus(self.path("corpus.txt"), lines)
        with open(self.path("questions.txt"), "w") as f:
            f.write(": section\nw1 w2 w3 w4\nw5 w6 w7 w8\nw1 w3 w2 w4\n")
        with open(self.path("pairs.tsv"), "w") as f:
            f.write("w1\tw2\t7.5\nw3\tw9\t2\nw4\tw5\t5\n")
        with open(self.path("labels.tsv"), "w") as f:
            f.write("w1\ta\nw2\ta\nw3\tb\nw4\tb\n")
        with open(self.path("sets.txt"), "w") as f:
            f.write("w1\nw2\nw3_w4\n\nw5\nnobody\n")
        with open(self.path("probes.txt"), "w") as f:
            f.write(": target\nw1 w2\n: target\nw3 w4\n: attribute\nw5 w6\n: attribute\nw7 w8\n")
        with open(self.path("small.json"), "w") as f:
            json.dump(nested({**SMALL, **(config or {})}), f)
        self.cases = {c.name: c for c in all_cases()}

    def path(self, name):
        return os.path.join(self.folder, name)

    def execute(self, case, **more):
        """Run the command of a case, with `env` added to its own."""
        env = {**case.env, **more.pop("env", {})}
        return execute(command_of(case, env), env=env, cwd=self.folder, **more)

    def with_fault(self, case, env, **more):
        """Run a case with FAULT_*: (result, what FAULT_AT did, "" if its call was not reached)."""
        said = self.path("said")
        if os.path.exists(said):
            os.unlink(said)
        result = self.execute(case, env={"FAULT_SAY": said, **env}, **more)
        if not os.path.exists(said):
            return result, ""
        with open(said, errors="backslashreplace") as f:
            return result, f.read()

    def clear(self):
        for name in ("run", "out"):
            shutil.rmtree(self.path(name), ignore_errors=True)
        os.mkdir(self.path("out"))

    def restore(self, case):
        """Make the state before a case; the first time by running those before it."""
        key = "+".join(case.before)
        if key not in self.states:
            self.clear()
            for earlier in case.before:
                result = self.execute(self.cases[earlier])
                if result.code != 0:
                    raise SystemExit(f"{earlier} before {case.name}: {result}")
            self.states[key] = self.path(f"state{len(self.states)}")
            os.makedirs(self.states[key])
            for name in ("run", "out"):
                if os.path.exists(self.path(name)):
                    shutil.copytree(self.path(name), os.path.join(self.states[key], name))
        self.clear()
        shutil.copytree(self.states[key], self.folder, dirs_exist_ok=True)

    def look(self):
        """Digests of products, and the names of all files."""
        found, names = {}, []
        for top in ("run", "out"):
            found.update({f"{top}/{n}": d for n, d in products(self.path(top)).items()})
            names += [f"{top}/{n}" for n in names_in(self.path(top))]
        return found, sorted(names)

    def expect(self, case):
        """What the undisturbed command leaves: (products, names, output). Leaves that state."""
        if case.name not in self.expected:
            self.restore(case)
            result = self.execute(case)
            if result.code != 0:
                raise SystemExit(f"{case.name}: {result}")
            self.expected[case.name] = (*self.look(), result.out)
        return self.expected[case.name]

    def counts(self, case, **env):
        """{call: number} of the undisturbed command; `env`: FAULT_PATH, FAULT_PROGRAM, ..."""
        counts_file = self.path("counts")
        if os.path.exists(counts_file):
            os.unlink(counts_file)
        self.restore(case)
        result = self.execute(case, env={"FAULT_COUNT": counts_file, **env})
        if result.code != 0 or not os.path.exists(counts_file):
            raise SystemExit(f"{case.name}: cannot count its calls: {result}")
        counts = {}
        with open(counts_file) as f:
            for line in f:
                call, n = line.split()
                counts[call] = max(counts.get(call, 0), int(n))
        return counts

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def nested(config):
    """{"a.b": 1} as {"a": {"b": 1}}."""
    result = {}
    for key, value in config.items():
        at = result
        *folders, last = key.split(".")
        for f in folders:
            at = at.setdefault(f, {})
        at[last] = value
    return result


def program(name, *options):
    return [f"glove-{name}", "--progress", "none", "--config", "small.json", "--run-dir", "run",
            *options]


def settings(*pairs):
    return [x for pair in pairs for x in ("--set", pair)]


def command_of(case, env):
    if not case.ranks:
        return case.command
    passed = [x for k in (*env, "LD_PRELOAD") for x in ("-x", k)] if env else []
    mpirun = ["mpirun.openmpi", "-np", str(case.ranks), "--allow-run-as-root", "--oversubscribe",
              "--bind-to", "none", "--mca", "btl", "self,vader"]
    return [*mpirun, *passed, *case.command]


def all_cases():
    """Every program that writes, with the states in which people call it."""
    counted = ["vocab", "cooccur"]
    stored = counted + ["shuffle"]
    trained = stored + ["train"]
    often = {"GLOVEBOX_TEST_CHECKPOINT_TASKS": "3"}
    logistic = settings("train.objective=logistic")
    word2vec = settings("train.objective=word2vec", "train.schedule=hogwild", "train.threads=1")
    small = settings("cooccur.memory_mb=64", "shuffle.memory_mb=48", "vocab.memory_mb=1")
    cases = [
        Case("vocab", program("vocab")),
        Case("cooccur", program("cooccur"), ["vocab"]),
        Case("shuffle", program("shuffle"), counted),
        Case("train", program("train"), stored, often),
        Case("train-logistic", program("train", *logistic), stored, often),
        Case("train-word2vec", program("train", *word2vec), ["vocab"], often),
        Case("train-formats", program("train", *settings("output.formats=" + ALL_FORMATS)), stored),
        Case("train-subwords", program("train", *settings("output.subwords=true")), stored, often),
        Case("eval", program("eval"), trained),
        Case("report", program("report"), trained + ["eval"]),
        Case("vocab-again", program("vocab", "--force", *settings("vocab.min_count=2")), trained),
        Case("cooccur-again", program("cooccur", "--force", *settings("cooccur.window=4")), trained),
        Case("shuffle-again", program("shuffle", "--force", *settings("shuffle.seed=2")), trained),
        Case("train-again", program("train", "--force", *settings("train.seed=2")), trained, often),
        Case("eval-again", program("eval", "--force"), trained + ["eval"]),
        Case("vocab-low-memory", program("vocab", *small)),
        Case("query", program("query", "nearest", "w1"), trained),
        Case("embed", program("embed", "--weights", "mean", "--output", "out/embed.txt", "corpus.txt"),
             trained),
        Case("check", ["glove-convert", "--progress", "none", "check", "run/vectors.txt"], trained),
        Case("align", ["glove-convert", "--progress", "none", "align", "run", "run/vectors.txt",
                       "out/aligned.bin"], trained),
        Case("drift", ["glove-report", "--progress", "none", "drift", "run", "run/vectors.txt",
                       "--noise", "run", "run", "--min-count", "1", "--limit", "12", "--output",
                       "out/drift"],
             trained),
        Case("plan", program("plan")),
        Case("run", program("run")),
        Case("sweep", ["glove-sweep", "--progress", "none", "--config", "small.json", "--grid",
                       "train.seed=1..2", "--run-dir", "out/s"], (), often),
        Case("clean", ["glove-clean", "--progress", "none", "--keep", "vectors", "run"], trained),
    ]
    for name in ("v.txt", "v.bin", "v.db", "v.safetensors", "v.npy", "v.tsv"):
        cases.append(Case("convert-" + name[2:], ["glove-convert", "--progress", "none",
                                                  "run/vectors.txt", "out/" + name], trained))
    for name in ("c.bin", "c.mtx", "c.npz", "c.tsv"):
        cases.append(Case("export-" + name[2:], ["glove-convert", "--progress", "none",
                                                 "counts-export", "run/counts.bin", "out/" + name],
                          counted))
        cases.append(Case("import-" + name[2:], program("convert", "counts-import", "out/" + name,
                                                        "out/again.bin"),
                          counted + ["export-" + name[2:]]))
    cases.append(Case("derive", program("convert", "counts-import", "out/c.tsv", "out/d/counts.bin",
                                        "--derive-vocab"), counted + ["export-tsv"]))
    cases.append(Case("merge", ["glove-convert", "--progress", "none", "counts-merge", "out/m", "run",
                                "run:1/3"], counted))
    for name in ("vocab", "cooccur", "train"):
        before = {"vocab": [], "cooccur": ["vocab"], "train": stored}[name]
        cases.append(Case(f"{name}-mpi", program(name + "-mpi"), before, often, True, 2))
    return cases


# --- the record ------------------------------------------------------------------------------------
class Campaign:
    """Counts what was tried, by kind, and what failed. `end()` prints a table, writes
    build/faults/NAME.json, and returns the exit code. A `quiet` one, for planted errors, does not
    print what failed."""

    def __init__(self, name, quiet=False):
        self.quiet = quiet
        self.name, self.kinds, self.failures, self.controls = name, {}, [], {}
        self.started = time.time()

    def share(self, faults, least=1, slow=False):
        """Every SHARE-th of a list of faults, at least `least`; which ones depends on SEED. Of slow
        ones fewer, unless all are wanted."""
        faults = list(faults)
        if SHARE == 1 or len(faults) <= least:
            return faults
        step = min(SHARE * (10 if slow else 1), max(1, len(faults) // least))
        return faults[(SEED * 7919 + len(faults)) % step::step]

    def selected(self, cases):
        return [c for c in cases if CASE in c.name and (not c.ranks or has_mpi())]

    def tried(self, kind, n=1):
        self.kinds[kind] = self.kinds.get(kind, 0) + n

    def failed(self, kind, what, repeat):
        self.failures.append({"kind": kind, "what": what, "repeat": repeat})
        if not self.quiet:
            print(f"FAILED {self.name} {kind}: {what}\n    {repeat}", flush=True)

    def control(self, name, caught):
        """A planted error, and whether the campaign's own checks noticed it."""
        self.controls[name] = bool(caught)

    def end(self):
        failed = {k: sum(f["kind"] == k for f in self.failures) for k in self.kinds}
        print(f"{self.name}: {sum(self.kinds.values())} faults, seed {SEED}, "
              f"{time.time() - self.started:.0f} s")
        for kind, n in sorted(self.kinds.items()):
            print(f"  {self.name:9} {kind:30} tried {n:6}  failed {failed[kind]:4}")
        for name, caught in self.controls.items():
            print(f"  {self.name:9} planted: {name:21} {'caught' if caught else 'NOT CAUGHT'}")
        os.makedirs(RESULTS, exist_ok=True)
        with open(os.path.join(RESULTS, self.name + ".json"), "w") as f:
            json.dump({"campaign": self.name, "seed": SEED, "share": SHARE, "tried": self.kinds,
                       "failures": self.failures, "controls": self.controls,
                       "seconds": round(time.time() - self.started)}, f, indent=1)
        fine = not self.failures and self.controls and all(self.controls.values())
        return 0 if fine else 1


def has_mpi():
    return bool(shutil.which("mpirun.openmpi")) and os.path.exists(
        os.path.join(BIN, "glove-train-mpi"))


def repeat_line(case, env):
    """A shell line that repeats a fault from the state before."""
    parts = [f"{k}='{v}'" for k, v in {**case.env, **env}.items()]
    return f"[after {' '.join(case.before) or 'nothing'}] {' '.join(parts)} {' '.join(case.command)}"


# --- running campaigns -----------------------------------------------------------------------------
NOT_CAMPAIGNS = ("faults", "soak")


def main(patterns):
    names = sorted(f[:-3] for f in os.listdir(HERE) if f.endswith(".py"))
    names = [n for n in names if n not in NOT_CAMPAIGNS and is_campaign(n) and
             (not patterns or any(p in n for p in patterns))]
    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(CAMPAIGNS) as executor:
        for code in executor.map(run_campaign, names):
            passed, failed = passed + (code == 0), failed + (code != 0)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


def run_campaign(name):
    """Its exit code. The output appears in one piece at the end, since others run meanwhile."""
    process = subprocess.run([sys.executable, "-B", os.path.join(HERE, name + ".py")], check=False,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    with PRINTING:
        print(f"--- {name}", flush=True)
        sys.stdout.buffer.write(process.stdout)
        sys.stdout.buffer.flush()
    return process.returncode


def is_campaign(name):
    with open(os.path.join(HERE, name + ".py"), encoding="utf-8") as f:
        return "__main__" in f.read()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
