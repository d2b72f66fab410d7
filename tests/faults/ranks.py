"""Disturbs jobs of many ranks: kills, signals, stops, failing calls, little memory, slow disks, and
ranks that disagree, at random moments. A job ends in time with exit code 0 and the right result, or
with a line that says why; started again, with any number of ranks, it has the bytes (Downpour: the
loss) of an undisturbed run. No process and no temporary file stays behind."""
import os
import random
import shutil
import sys
import time

import faults
import jobs
from jobs import JOBS, Started, mpirun

SIGNALS = {"KILL": 9, "TERM": 15, "INT": 2, "HUP": 1}
SHORT = faults.SHARE >= 50  # as CI has it
SLOW_DISK = os.path.join(faults.BUILD, "tests/faults/slow_disk.so")


class Bench:
    """A run that is large enough to be disturbed, and what each job must come to."""

    def __init__(self, campaign):
        self.campaign = campaign
        config = {"train.dim": 10, "cooccur.memory_mb": 128, "vocab.memory_mb": 16,
                  "cooccur.threads": 1, "vocab.min_count": 2, "train.x_max": 20,
                  "train.eta": 0.02, "train.bias_eta": 0.1}
        self.run = faults.Run(lines=1, config=config, name="ranks")
        faults.write_corpus(self.run.path("corpus.txt"), 8000, words=3000)
        self.jobs = campaign.selected(JOBS)
        if SHORT and len(self.jobs) > 1: # rotation, for the planted errors, and another
            others = [j for j in self.jobs if j.name != "rotation"]
            self.jobs = [j for j in self.jobs if j.name == "rotation"] + \
                [others[faults.SEED % len(others)]]
        self.wanted = {j.name: jobs.expected(self.run, j) for j in self.jobs}

    def limit(self, job):
        return 4 * self.wanted[job.name][2] + jobs.PATIENCE_S

    def wrong_result(self, job):
        files, loss, _ = self.wanted[job.name]
        found = jobs.digests(self.run, job)
        wrong = [f for f in files if found[f] != files[f]]
        if wrong:
            return f"other bytes in {', '.join(wrong)}"
        if not job.results and jobs.losses(self.run)[-1] > jobs.LOSS_TOLERANCE * loss:
            return f"loss {jobs.losses(self.run)[-1]}, of one process {loss}"
        strays = jobs.strays(self.run)
        return f"stray files {strays}" if strays else None


def told(result):
    """Does it say what happened? A line of ours, the loader's, mpirun's about a signal, or Open
    MPI's, which cannot start or send without memory."""
    return any(t in result.err for t in ("error: ", "error while loading", "signal", "MPI_INIT",
                                         "Out of memory", "ORTE_ERROR", "PMIX ERROR"))


def judge(bench, job, started, silent=False):
    """Wait for the end of a disturbed job; what is wrong, or None. `silent`: it need not say
    anything (mpirun was killed)."""
    result, left = started.finish(bench.limit(job))
    if result.timed_out:
        return f"hangs for {started.seconds:.0f} s: {started.hung} {result.err.strip()[:300]}", result
    if left:
        return f"leaves processes {left}: {result}", result
    if result.code == 0:
        wrong = bench.wrong_result(job)
        return (f"exit code 0 with {wrong}" if wrong else None), result
    return (None if silent or told(result) else f"no line that says why: {result}"), result


def again(bench, job, ranks):
    """The same command once more, with other ranks: what is wrong, or None."""
    started = Started(bench.run, mpirun(job, ranks), {})
    result, left = started.finish(4 * bench.limit(job))
    if result.code != 0 or left:
        return f"again with {ranks} ranks: {result} {left or ''}"
    wrong = bench.wrong_result(job)
    return f"again with {ranks} ranks: {wrong}" if wrong else None


def attempt(bench, job, kind, rng, disturb):
    """`disturb(rng)` returns (command, environment, what is done to the started job or None,
    whether silence is allowed, exit codes that it must have or None)."""
    bench.run.restore(job)
    command, env, act, silent, codes = disturb(rng)
    env = {"GLOVEBOX_TEST_CHECKPOINT_TASKS": "60", **env} if job.program == "train-mpi" else env
    started = Started(bench.run, command, env)
    note = act(started) if act else ""
    wrong, result = judge(bench, job, started, silent)
    too_long = started.stopped_s > 0.6 * jobs.DEADLINE_S  # this script had to wait for a processor
    if not wrong and codes is not None and result.code not in codes and not too_long:
        wrong = f"must end with {codes}: {result}"
    if not wrong:
        wrong = again(bench, job, rng.randint(2 if job.results else 3, 5)
                      if job.name != "sandblaster" else rng.randint(3, 6))
    bench.campaign.tried(kind)
    if wrong:
        bench.campaign.failed(kind, f"{job.name}: {wrong}",
                              f"{note} {' '.join(command)} {env}")
    return wrong


# --- what is done ------------------------------------------------------------------------------------
def moment(bench, job, rng):
    time.sleep(rng.random() * 1.1 * bench.wanted[job.name][2])


def some_ranks(job, rng):
    """Mostly one, sometimes rank 0, sometimes several; never all, who could tell nobody."""
    if rng.random() < 0.2:
        return rng.sample(range(job.ranks), rng.randint(2, job.ranks - 1))
    return [0 if rng.random() < 0.25 else rng.randrange(job.ranks)]


def signalled(bench, job, name):
    def disturb(rng):
        ranks = some_ranks(job, rng)

        def act(started):
            moment(bench, job, rng)
            sent = started.send(ranks, SIGNALS[name])
            return f"{name} to ranks {ranks} after {time.time() - started.began:.2f} s ({sent})"
        return mpirun(job), {}, act, False, None
    return disturb


def mpirun_signalled(bench, job):
    def disturb(rng):
        name = rng.choice(list(SIGNALS))

        def act(started):
            moment(bench, job, rng)
            if started.lives():
                started.send([-1], SIGNALS[name])
            return f"{name} to mpirun after {time.time() - started.began:.2f} s"
        return mpirun(job), {}, act, True, None
    return disturb


def stopped(bench, job, long):
    """Longer than the deadline: for ever. Shorter: the job goes on."""
    def disturb(rng):
        ranks = some_ranks(job, rng)

        def act(started):
            moment(bench, job, rng)
            started.send(ranks, 19)
            began = time.time()
            note = f"STOP to ranks {ranks} after {time.time() - started.began:.2f} s"
            if not long:
                time.sleep(rng.random() * 0.4 * jobs.DEADLINE_S)
                started.send(ranks, 18)
                started.stopped_s = time.time() - began
            return note
        return mpirun(job), {}, act, False, None if long else [0]
    return disturb


def call_fails(bench, job):
    """A call of one rank on a file of the run fails, that one or all from then on."""
    def disturb(rng):
        call, most = rng.choice([("write", 40), ("open", 60), ("sync", 6), ("read", 60),
                                 ("rename", 4), ("memory", 3000), ("change", 60)])
        action = "kill" if call == "change" else rng.choice(["EIO", "ENOSPC", "ENOMEM"])
        env = {"FAULT_AT": f"{call}:{rng.randint(1, most)}:{action}{rng.choice(['', '+'])}",
               "FAULT_RANK": str(rng.randrange(job.ranks))}
        if call != "memory":
            env["FAULT_PATH"] = bench.run.folder
        return mpirun(job), env, None, False, None
    return disturb


def little_memory(bench, job):
    """One rank may map little memory: too little to start, or to work."""
    def disturb(rng):
        rank = rng.randrange(job.ranks)
        limit = rng.choice([60, 120, 200, 250, 300, 350, 400, 500, 700]) << 10
        words = ["sh", "-c", f'ulimit -v {limit}; exec "$@"', "sh"]
        return mpirun(job, special={rank: words}), {}, None, False, None
    return disturb


def slow_disk(bench, job):
    """Opening, syncing and renaming files takes longer than the deadline at one rank: no silence."""
    def disturb(rng):
        rank = rng.randrange(job.ranks)
        env = ["env", f"LD_PRELOAD={SLOW_DISK}", f"SLOW_DISK_MS={1400 * jobs.DEADLINE_S}",
               f"SLOW_DISK_PATH={rng.choice(['vectors.', 'model.', 'vocab.', 'counts.', 'store.', 'stamps', 'corpus.', 'metrics'])}",
               "SLOW_DISK_TIMES=2"]
        return mpirun(job, special={rank: env}), {}, None, False, [0]
    return disturb


# --- ranks that are threads: messages that lie, ranks that are cut off --------------------------------
THREADS = {"vocab-mpi": "vocab_ranks", "cooccur-mpi": "cooccur_ranks",
           "shuffle-mpi": "shuffle_ranks", "train-mpi": "train_ranks"}
LIES = {"half as long": 1, "empty": 2, "longer": 3, "of the next kind": 4, "of no kind": 5,
        "twice": 6, "astray": 7, "all ones": 8, "lost": 9}
UNNOTICED = ("astray", "lost")  # what a transport loses may be waited for: it promises not to


def threads(job, *options):
    program = os.path.join(faults.BUILD, "tests/ranks", THREADS[job.program])
    return [program, *faults.program(job.program, *job.options)[1:], *options]


def lie_once(bench, job, lie, rng):
    """Change one message; what is wrong, or None, and whether it hung."""
    event, most = ("task", 4000) if job.program == "train-mpi" else ("allocation", 600)
    at = f"{event}:{rng.randint(1, most)}=cut:{100 * LIES[lie] + rng.randrange(job.ranks)}"
    bench.run.restore(job)
    result = faults.execute(threads(job), cwd=bench.run.folder, timeout=40,
                            env={"RANKS": job.ranks, "GLOVEBOX_TEST_AT": at})
    wrong = None
    if result.timed_out:
        wrong = None if lie in UNNOTICED else "hangs"
    elif result.signal or (result.code != 0 and "error: " not in result.err):
        wrong = str(result)
    elif result.code == 0 and lie != "all ones":  # contents are not checked, but who, what, when
        wrong = bench.wrong_result(job)
    if wrong:
        bench.campaign.failed("a message that lies", f"{job.name}, {lie}: {wrong}",
                              f"RANKS={job.ranks} GLOVEBOX_TEST_AT={at} {' '.join(threads(job))}")
    return wrong, result


def lie_all(bench, rng):
    plan = [(job, lie) for job in bench.jobs for lie in LIES if lie not in UNNOTICED
            for _ in range(12)]
    for job, lie in bench.campaign.share(plan, least=3):
        lie_once(bench, job, lie, rng)
        bench.campaign.tried("a message that lies")


def controls(bench):
    """A lost message is noticed as a hang, other bytes as a wrong result, a deadline that nobody
    heeds as a hang."""
    job = next((j for j in bench.jobs if j.name == "rotation"), None)
    if not job:
        return
    bench.run.restore(job)
    result = faults.execute(threads(job), cwd=bench.run.folder, timeout=6, env={
        "RANKS": job.ranks, "GLOVEBOX_TEST_AT": f"task:100=cut:{100 * LIES['lost'] + 1}"})
    bench.campaign.control("a lost message", result.timed_out or result.code != 0)
    bench.run.restore(job)
    faults.execute(threads(job), cwd=bench.run.folder, env={"RANKS": job.ranks})
    right = bench.wrong_result(job)
    with open(bench.run.path("run/model.ckpt"), "r+b") as f:
        f.seek(-200, 2)
        f.write(b"!")
    bench.campaign.control("a corrupted checkpoint", not right and bench.wrong_result(job))
    if SHORT:
        return
    bench.run.restore(job)
    patience, jobs.PATIENCE_S = jobs.PATIENCE_S, 6
    started = Started(bench.run, mpirun(job, options=["-x", "GLOVEBOX_TEST_AT=start:1=STOP"]), {})
    wrong, _ = judge(bench, job, started)
    jobs.PATIENCE_S = patience
    bench.campaign.control("a deadline that nobody heeds", wrong and wrong.startswith("hangs"))


def planned(bench):
    """[(job, kind, disturb)]: how often each is tried."""
    plan = []
    for job in bench.jobs:
        for n, kind, disturb in [
                (8, "a rank is killed", signalled(bench, job, "KILL")),
                (4, "SIGTERM to a rank", signalled(bench, job, "TERM")),
                (3, "SIGINT to a rank", signalled(bench, job, "INT")),
                (3, "SIGHUP to a rank", signalled(bench, job, "HUP")),
                (6, "a signal to mpirun", mpirun_signalled(bench, job)),
                (8, "a rank is stopped", stopped(bench, job, True)),
                (8, "a rank is stopped for a while", stopped(bench, job, False)),
                (12, "a call fails at one rank", call_fails(bench, job)),
                (5, "one rank has little memory", little_memory(bench, job)),
                (5, "one rank has a slow disk", slow_disk(bench, job))]:
            plan += [(job, kind, disturb)] * n
    return plan


def main():
    campaign = faults.Campaign("ranks")
    if not faults.has_mpi():
        print("ranks: needs Open MPI (libopenmpi-dev, openmpi-bin); nothing was tried")
        return 0
    rng = random.Random(faults.SEED)
    bench = Bench(campaign)
    with bench.run:
        lie_all(bench, rng)
        controls(bench)
        plan = planned(bench)
        rng.shuffle(plan)
        for job, kind, disturb in campaign.share(plan, least=2 if SHORT else 5):
            attempt(bench, job, kind, random.Random(rng.random()), disturb)
    return campaign.end()


if __name__ == "__main__":
    sys.exit(main())
