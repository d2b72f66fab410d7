"""Kills every program before each change of a file that it makes (write, sync, rename, unlink,
truncation, new folder), in the middle of each write, and at random moments of a larger run. Then the
same command again must end with the bytes of an undisturbed run and leave no other file behind."""
import os
import random
import signal
import sys
import threading
import time

import faults


def differences(run, case, old):
    """What is wrong right after the kill: a product that is neither the old nor the new one."""
    new, _, _ = run.expect(case)
    found, _ = run.look()
    return [n for n, d in found.items()
            if not n.endswith(".tmp") and not is_state_of_training(n) and d not in (old.get(n),
                                                                                   new.get(n))]


def is_state_of_training(name):
    return "/model." in name


def run_again(run, case, without_events=False):
    """The same command once more: what is wrong then, or None. `without_events`: metrics.jsonl
    could not be written, and its command says so; the work counts as done all the same."""
    products, names, out = run.expect(case)
    result = run.execute(case)
    if without_events and not os.path.exists(os.path.join(run.dir, "metrics.jsonl")):
        names = [n for n in names if n != "run/metrics.jsonl"]
    return check_again(run, result, products, names, out)


def check_again(run, result, products, names, out, metrics=True):
    if result.code != 0:
        return f"again: {result}"
    found, found_names = run.look()
    wrong = sorted(n for n in {*found, *products} if found.get(n) != products.get(n))
    if wrong:
        return f"again: other bytes in {', '.join(wrong)}"
    if found_names != names:
        return f"again: files {sorted(set(found_names) ^ set(names))}"
    bad = faults.bad_lines_of_metrics(run.dir) if metrics else None
    return f"again: metrics.jsonl has the line {bad[0]!r}" if bad else None


def kill_once(run, case, env, seconds=None):
    """Kill by FAULT_AT in `env`, or after `seconds`. Returns (whether it was killed, what is wrong
    or None)."""
    run.expect(case)
    run.restore(case)
    old, _ = run.look()
    if seconds is None:
        result, killed = run.with_fault(case, env)
    else:
        result = run.execute(case, after=lambda p: threading.Timer(seconds, p.kill).start())
        killed = result.signal == signal.SIGKILL
    if result.timed_out:
        return True, "hangs"
    if not killed and result.code != 0:
        return True, str(result)
    torn = differences(run, case, old)
    if torn:
        return killed, f"after the kill {', '.join(torn)} is neither the old file nor the new one"
    return killed, run_again(run, case)


def attempt(campaign, run, case, kind, env, seconds=None):
    killed, wrong = kill_once(run, case, env, seconds)
    if killed:
        campaign.tried(kind)
    if wrong:
        when = "" if seconds is None else f"  # killed after {seconds:.4f} s"
        campaign.failed(kind, f"{case.name}: {wrong}", faults.repeat_line(case, env) + when)


def every_point(campaign, run):
    for case in campaign.selected(run.cases.values()):
        ranks = range(case.ranks) if case.ranks else [None]
        for rank in ranks:
            where = {} if rank is None else {"FAULT_RANK": rank, "FAULT_PATH": run.folder}
            n = run.counts(case, **where)
            points = [("change", k, "kill") for k in range(1, n["change"] + 1)]
            points += [("write", k, "torn") for k in range(1, n["write"] + 1)]
            for call, k, action in campaign.share(points, slow=case.slow):
                kind = ("rank " if case.ranks else "") + \
                    ("before a change" if action == "kill" else "in a write")
                attempt(campaign, run, case, kind, {"FAULT_AT": f"{call}:{k}:{action}", **where})


def random_moments(campaign, rounds):
    """Of a larger run: at random changes, and at random times."""
    rng = random.Random(faults.SEED)
    config = {"train.dim": 40, "train.epochs": 6, "cooccur.memory_mb": 64, "vocab.memory_mb": 1}
    with faults.Run(lines=8000, config=config, name="large") as run:
        names = ["vocab", "cooccur", "shuffle", "train", "train-logistic", "train-word2vec"]
        cases = campaign.selected([run.cases[n] for n in names])
        for case in cases:
            case.env = {k: "40" for k in case.env}
        counts = {c.name: run.counts(c) for c in cases}
        times = {c.name: duration(run, c) for c in cases}
        for _ in campaign.share(range(rounds), least=6) if cases else []:
            case = rng.choice(cases)
            if rng.random() < 0.5:
                at = f"change:{rng.randint(1, counts[case.name]['change'])}:kill"
                attempt(campaign, run, case, "random change, larger run", {"FAULT_AT": at})
            else:
                attempt(campaign, run, case, "random time, larger run", {},
                        rng.uniform(0, times[case.name]))


def duration(run, case):
    run.restore(case)
    start = time.monotonic()
    run.execute(case)
    return time.monotonic() - start


def control(campaign):
    """Files written in place, not under another name: the kill leaves a part of one."""
    with faults.Run(name="control") as run:
        case = run.cases["cooccur-again"]
        n = run.counts(case, FAULT_PLANT="in-place")
        caught = any(kill_once(run, case, {"FAULT_PLANT": "in-place",
                                           "FAULT_AT": f"write:{k}:torn"})[1]
                     for k in range(1, n["write"] + 1))
        campaign.control("written in place", caught)


def main():
    campaign = faults.Campaign("kill")
    with faults.Run() as run:
        every_point(campaign, run)
    random_moments(campaign, 400)
    control(campaign)
    return campaign.end()


if __name__ == "__main__":
    sys.exit(main())
