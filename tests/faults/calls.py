"""Makes every call to the system fail once, or it and all later ones: read, write, open, sync, close,
rename, unlink, mmap and the like, new threads and processes. The program must end with exit code 1
and one line that names the file and the cause, or with 0 and the right bytes. It must not crash or
hang, the earlier products must be whole, and the same command without fault must give the right
bytes. (Memory is the campaign of memory.py.)"""
import errno
import os
import sys

import faults
import kill

# The first is tried at every call, once and for all later calls; of the others one, in turn.
ERRORS = {
    "read": ["EIO", "short", "EINTR", "ESTALE", "short+", "EAGAIN"],
    "write": ["ENOSPC", "short", "EIO", "EINTR", "EDQUOT", "short+", "EAGAIN"],
    "open": ["EMFILE", "EIO", "ENFILE", "EACCES", "ESTALE", "EINTR"],
    "sync": ["EIO", "ENOSPC", "EINTR", "EDQUOT"],
    "close": ["EIO", "EINTR", "EDQUOT", "ENOSPC"],
    "rename": ["EIO", "ENOSPC", "EDQUOT", "EACCES"],
    "unlink": ["EIO", "EROFS", "EACCES"],
    "truncate": ["EIO", "EINTR", "ENOSPC"],
    "mkdir": ["ENOSPC", "EIO", "EDQUOT"],
    "mmap": ["ENOMEM", "EAGAIN"],
    "thread": ["EAGAIN"],
    "process": ["EAGAIN", "ENOMEM"],
    "stat": ["EIO", "ESTALE", "EACCES"],
    "lock": ["ENOLCK", "EIO"],
    "seek": ["EIO"],
}
LOOKS = ("stat", "lock")  # there are hundreds; each gets one error, in turn
TIMEOUT = 30


def faults_of(counts):
    """Every fault of a command that makes so many calls: values of FAULT_AT."""
    for call, errors in ERRORS.items():
        for k in range(1, counts.get(call, 0) + 1):
            kinds = [errors[0], errors[0] + "+"]
            if len(errors) > 1:
                kinds.append(errors[1 + k % (len(errors) - 1)])
            for kind in [kinds[k % len(kinds)]] if call in LOOKS else kinds:
                yield f"{call}:{k}:{kind}"


def causes(at):
    """What the error line may say about the cause."""
    name = at.split(":")[2].rstrip("+")
    if name == "short":
        return []
    text = os.strerror(getattr(errno, name))
    return [text.lower()] + {"ENOMEM": ["out of memory"], "EAGAIN": ["thread", "out of memory"],
                             "ENOSPC": ["disk is full"]}.get(name, [])


def bad_error(result, at, said):
    """What is wrong with how a failing program ended, or None."""
    if result.code != 1:
        return result.ended()
    lines = [line for line in result.err.splitlines()
             if not (": note: " in line or ": warning: " in line)]
    if len(lines) != 1:
        return f"{len(lines)} lines of error"
    told = lines[0].lower()
    wanted = causes(at)
    if wanted and not any(w in told for w in wanted):
        return f"the line lacks the cause ({wanted[0]})"
    names = file_names(said)
    if names and not any(n in lines[0] for n in names):
        return f"the line lacks the file ({', '.join(sorted(names))})"
    return None


def file_names(said):
    """The names of the files whose calls failed, as an error line may have them. (SQLite looks at
    every folder above a file; a folder is synced for a file in it.)"""
    paths = {line.split(" ", 4)[4] for line in said.splitlines()}
    if any(os.path.isdir(p) or not p.startswith("/") for p in paths):
        return set()
    names = {"temporary file" if p.endswith("(deleted)") else os.path.basename(p)
             for p in paths if not p.startswith(("/proc", "/dev/ur"))}
    return names | {n.replace(".tmp", "").split("-journal")[0] for n in names}


def is_allowed(case, at, difference):
    """glove-clean keeps what could not be made again, as far as it can tell."""
    return case.name == "clean" and at.startswith(("stat", "open", "read")) or \
        at.startswith("unlink") and all("/.stamps/" in n or n.endswith(".tmp") for n in difference)


def wrong_after(run, case, result, at, said, old):
    """What is wrong after a command with a fault, or None."""
    products, names, out = run.expect(case)
    if result.timed_out or result.signal:
        return result.ended()
    if result.code == 0:
        found, found_names = run.look()
        wrong = sorted(n for n in {*found, *products} if found.get(n) != products.get(n))
        if wrong and not is_allowed(case, at, wrong):
            return f"exit code 0, other bytes in {', '.join(wrong)}"
        others = sorted(set(found_names) ^ set(names))
        if others and not is_allowed(case, at, others):
            return f"exit code 0, files {others}"
        if case.name in ("query", "check") and result.out != out:
            return "exit code 0, another answer"
        return None
    bad = bad_error(result, at, said)
    if bad:
        return f"{bad}: {result.err.strip()!r}"
    torn = kill.differences(run, case, old)
    if torn:
        return f"{', '.join(torn)} is neither the old file nor the new one"
    left = [n for n in run.look()[1] if n.endswith(".tmp")]
    if left and not at.startswith("unlink"):
        return f"left {left}: {result.err.strip()!r}"
    return None


def attempt(campaign, run, case, at, where):
    kind = at.split(":")[0]
    env = {"FAULT_AT": at, **where}
    run.restore(case)
    old, _ = run.look()
    result, said = run.with_fault(case, env, timeout=TIMEOUT)
    if not said:
        return
    campaign.tried(kind)
    wrong = wrong_after(run, case, result, at, said, old) or \
        kill.run_again(run, case, without_events="metrics.jsonl" in said)
    if wrong:
        campaign.failed(kind, f"{case.name}: {wrong}",
                        f"{faults.repeat_line(case, env)}  # {said.splitlines()[0]}")


def every_call(campaign, run):
    for case in campaign.selected(run.cases.values()):
        if case.ranks:
            continue
        where = {"FAULT_PROGRAM": case.command[0]}
        counts = run.counts(case, **where)
        run.expect(case)
        for at in campaign.share(faults_of(counts)):
            attempt(campaign, run, case, at, where)


def control(campaign):
    """A stage that takes a failed write for a success, one that dies, one that says nothing."""
    planted = faults.Campaign("planted", quiet=True)
    with faults.Run(name="control") as run:
        case = run.cases["vocab"]
        run.expect(case)
        run.restore(case)
        result, said = run.with_fault(case, {"FAULT_AT": "write:3:drop+"})
        campaign.control("a write that is ignored",
                         wrong_after(run, case, result, "write:3:EIO", said, {}) is not None)
        for name, script in (("a crash", "kill -SEGV $$"), ("no error line", "exit 1"),
                             ("a hang", "sleep 9")):
            result = faults.execute(["sh", "-c", script], timeout=1)
            caught = wrong_after(run, case, result, "read:1:EIO", "read 1 read EIO -", {})
            planted.control(name, caught is not None)
    campaign.controls.update(planted.controls)


def main():
    campaign = faults.Campaign("calls")
    with faults.Run() as run:
        every_call(campaign, run)
    control(campaign)
    return campaign.end()


if __name__ == "__main__":
    sys.exit(main())
