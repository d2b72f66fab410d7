"""Jobs of many ranks for the campaign `ranks`: starting them under mpirun, finding the processes of
their ranks, and what their results must be."""
import contextlib
import glob
import json
import os
import signal
import sqlite3
import subprocess
import time
import uuid

import faults

DEADLINE_S = 3
# How long a job may live beyond what it takes undisturbed: the deadline, the time that mpirun takes
# to end the other ranks, and a good part for a machine that is busy with other work.
PATIENCE_S = DEADLINE_S + 30
ORPHANS_S = 20  # after mpirun has ended: ranks that notice only then
MARK = "GLOVEBOX_FAULTS_JOB"


class Job:
    """A program on `ranks` ranks. `alone`: the program of one process with the same result, or None.
    `results`: the files that must have the same bytes; empty: the loss is compared."""

    def __init__(self, name, program, ranks, before, options=(), alone=None, results=()):
        self.name, self.program, self.ranks = name, program, ranks
        self.before, self.options, self.alone, self.results = before, list(options), alone, results


def trained(name, ranks, *pairs, **more):
    return Job(name, "train-mpi", ranks, ["vocab", "cooccur", "shuffle"],
               faults.settings("train.threads=1", *pairs), **more)


VECTORS = ("run/vectors.txt", "run/model.ckpt")
JOBS = [
    Job("vocab", "vocab-mpi", 3, [], alone="vocab", results=["run/vocab.txt"]),
    Job("cooccur", "cooccur-mpi", 3, ["vocab"], alone="cooccur", results=["run/counts.bin"]),
    Job("shuffle", "shuffle-mpi", 3, ["vocab", "cooccur"], alone="shuffle",
        results=["run/store.db"]),
    trained("rotation", 3, "train.epochs=12", alone="train", results=VECTORS),
    trained("downpour", 4, "train.distributed=downpour", "train.epochs=25"),
    trained("sandblaster", 4, "train.distributed=sandblaster", "train.epochs=20",
            "train.checkpoint_every=2", results=VECTORS),
]
LOSS_TOLERANCE = 1.02  # of Downpour against one process (tests/cli/test_servers.c)


class Started:
    """A job that runs. `mark`: in the environment of all its processes."""

    def __init__(self, run, command, env):
        self.mark = uuid.uuid4().hex
        env = faults.environment(**{MARK: self.mark, "HWLOC_HIDE_ERRORS": "2", **env})
        self.began, self.stopped_s = time.time(), 0
        self.process = subprocess.Popen(command, env=env, cwd=run.folder, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        start_new_session=True)

    def processes(self):
        """{process: rank} of those that live; rank -1: mpirun and what else has the mark."""
        found = {}
        for environ in glob.glob("/proc/[0-9]*/environ"):
            try:
                with open(environ, "rb") as f:
                    values = f.read().split(b"\0")
                if f"{MARK}={self.mark}".encode() not in values:
                    continue
                with open(environ.replace("environ", "stat")) as f:
                    if f.read().rsplit(")", 1)[1].split()[0] == "Z":
                        continue
            except (OSError, IndexError):
                continue
            rank = [v[21:] for v in values if v.startswith(b"OMPI_COMM_WORLD_RANK=")]
            found[int(environ.split("/")[2])] = int(rank[0]) if rank else -1
        return found

    def send(self, ranks, number):
        """A signal to some ranks (-1: mpirun); returns whether any was there."""
        if -1 in ranks:
            self.process.send_signal(number)
            return True
        sent = False
        for process, rank in self.processes().items():
            if rank in ranks:
                try:
                    os.kill(process, number)
                    sent = True
                except ProcessLookupError:
                    pass
        return sent

    def lives(self):
        return self.process.poll() is None

    def finish(self, limit):
        """(result, processes that were left over). All are gone afterwards."""
        timed_out, self.hung = False, {}
        try:
            out, err = self.process.communicate(timeout=max(1, limit))
        except subprocess.TimeoutExpired:
            timed_out, self.hung = True, self.processes()
            for process in self.hung:
                kill(process)
            out, err = self.process.communicate()
        self.seconds = time.time() - self.began
        left = self.processes()
        until = time.time() + ORPHANS_S
        while left and time.time() < until:
            time.sleep(0.1)
            left = self.processes()
        for process in left:
            kill(process)
        return faults.Result(self.process.returncode, out, err, timed_out), left


def kill(process):
    try:
        os.kill(process, signal.SIGKILL)
    except ProcessLookupError:
        pass


def mpirun(job, ranks=None, special=None, options=()):
    """The command of a job. `special`: {rank: words before the program}."""
    ranks = ranks or job.ranks
    program = faults.program(job.program, *job.options,
                             *faults.settings(f"mpi.deadline_s={DEADLINE_S}"))
    command = ["mpirun.openmpi", "--allow-run-as-root", "--oversubscribe", "--bind-to", "none",
               "--mca", "mpi_yield_when_idle", "1", "--mca", "btl", "self,vader", *options]
    if not special:
        return [*command, "-np", str(ranks), *program]
    parts = [["-np", "1", *special.get(rank, []), *program] for rank in range(ranks)]
    return [*command, *sum([[":", *p] for p in parts], [])[1:]]


def losses(run):
    """Of the epoch events, in order."""
    found = []
    with open(os.path.join(run.dir, "metrics.jsonl")) as f:
        for line in f:
            event = json.loads(line)
            if event.get("event") == "epoch":
                found.append(event["loss"])
    return found


def expected(run, job):
    """What the undisturbed job leaves: {file: digest}, the loss, the seconds it takes under
    mpirun. Bytes are those of one process where there is such a program."""
    run.restore(job)
    own = " ".join(job.options).replace("--set train.distributed=downpour", "")
    options = own.replace("--set train.distributed=sandblaster", "").split()
    result = faults.execute(faults.program(job.alone or "train", *options), cwd=run.folder)
    if result.code != 0:
        raise SystemExit(f"{job.name}: {result}")
    files = digests(run, job)
    loss = losses(run)[-1] if job.program == "train-mpi" else 0
    run.restore(job)
    started = Started(run, mpirun(job), {})
    result, _ = started.finish(120)
    if result.code != 0:
        raise SystemExit(f"{job.name}: {result}")
    if not job.alone:
        files = digests(run, job)
    return files, loss, started.seconds


def digests(run, job):
    return {f: digest(run, f) if os.path.exists(run.path(f)) else None for f in job.results}


def digest(run, name):
    """Of a store, whose parts have other bytes on other ranks: the content hash, once all of its
    parts were read."""
    if name != "run/store.db":
        return faults.digest(run.path(name))
    copy = run.path("copy.db")
    result = faults.execute(["glove-convert", "--progress", "none", "store-copy", run.path(name), copy],
                            cwd=run.folder)
    if result.code != 0:
        return str(result)
    with contextlib.closing(sqlite3.connect(copy)) as store:
        found, = store.execute("SELECT value FROM meta WHERE key = 'content_hash'").fetchone()
    os.unlink(copy)
    return found


def strays(run):
    """Files that no finished run has."""
    return [n for n in faults.names_in(run.dir)
            if n.endswith(".tmp") or "tmp" in n.split("/")[0] or n.startswith(".glovebox")]
