"""Gives every program too little: disks that are too small, limits on the size and number of files, on
memory, stack and processes, a control group, folders that cannot be written to, files of somebody else.
It must end well, or fail in one line with the old outputs whole and no temporary file left. Then the
same command with room gives the right bytes.

MEASURE=1 prints the least memory (ulimit -v) and the least stack with which each program works."""
import contextlib
import os
import resource
import shutil
import subprocess
import sys
import tempfile

import faults
import kill

NOBODY = 65534
LOADER = ("error while loading shared libraries", "cannot execute", "failed to map segment")


# --- what a program may do -------------------------------------------------------------------------
def in_one_line(result):
    """An error of the program, or of the loader before it began."""
    lines = result.err.strip().splitlines()
    if result.code in (126, 127):
        return len(lines) == 1 and any(text in lines[0] for text in LOADER)
    return result.code in (1, 2) and len(lines) == 1 and ": error: " in lines[0]


def wrong_after(run, case, result, old, unlimited):
    """What is wrong with a limited start, or None. `unlimited` takes the limit away."""
    products, names, out = run.expect(case)
    if result.timed_out or result.signal:
        unlimited()
        return str(result)
    found, found_names = run.look()
    torn = [n for n, d in found.items()
            if not kill.is_state_of_training(n) and d not in (old.get(n), products.get(n))]
    temporary = [n for n in found_names if ".tmp" in n]
    unlimited()
    if result.code == 0:
        bad = sorted(n for n in products if found.get(n) != products[n])
        return f"exit code 0, but other bytes in {', '.join(bad)}" if bad else None
    if not in_one_line(result):
        return str(result)
    if torn:
        return f"{', '.join(torn)} is neither the old file nor the new one ({result})"
    if temporary:
        return f"left {', '.join(temporary)} ({result})"
    return kill.check_again(run, run.execute(case), products, names, out)


def attempt(campaign, run, kind, case, limit, **how):
    """Start a case under a limit. `how`: `limits` for faults.execute, `prepare` and `unlimited`,
    which are called before and after."""
    run.expect(case)
    run.restore(case)
    old, _ = run.look()
    prepare, unlimited = how.pop("prepare", None), how.pop("unlimited", lambda: None)
    says = how.pop("says", ())
    if prepare:
        prepare()
    try:
        result = run.execute(case, timeout=30, **how)
        wrong = wrong_after(run, case, result, old, unlimited)
    except BaseException:
        unlimited()
        raise
    if not wrong and result.code and says and not any(s in result.err for s in says):
        wrong = f"without the cause: {result}"
    campaign.tried(kind)
    if wrong:
        campaign.failed(kind, f"{case.name} with {limit}: {wrong}", faults.repeat_line(case, {}))
    return result


def setter(what, value):
    return lambda: resource.setrlimit(what, (value, value))


# --- limits of the system --------------------------------------------------------------------------
def steps(low, high, n):
    """About n values from low to high, closer together at the low end."""
    return sorted({int(low * (high / low) ** (i / (n - 1))) for i in range(n)})


RLIMITS = {
    "size of files": (resource.RLIMIT_FSIZE, [0, 1, 100, 511, *steps(1024, 300000, 24)],
                      ("File too large", "standard output")),
    "memory": (resource.RLIMIT_AS, steps(4 << 20, 600 << 20, 40), ()),
    "number of files": (resource.RLIMIT_NOFILE, range(3, 24), ()),
    "stack": (resource.RLIMIT_STACK, [256 << 10, 512 << 10, 1 << 20], ()),
    "locked memory": (resource.RLIMIT_MEMLOCK, [0], ()),
    "data": (resource.RLIMIT_DATA, steps(1 << 20, 300 << 20, 12), ()),
}


def system_limits(campaign, run):
    for case in cases_of(campaign, run):
        for kind, (what, values, says) in RLIMITS.items():
            for value in campaign.share(values):
                attempt(campaign, run, kind, case, f"{kind} {value}", limits=setter(what, value),
                        says=says)


def cases_of(campaign, run):
    """All programs; of a small share of the campaign only some."""
    cases = campaign.selected(c for c in run.cases.values() if not c.ranks)
    return campaign.share(cases, least=5) if faults.SHARE >= 10 else cases


# --- disks -----------------------------------------------------------------------------------------
class SmallDisk:
    """A tmpfs in place of the run directory and of `out`, filled up to some free bytes."""

    def __init__(self, run):
        self.run, self.mounted = run, False

    def prepare(self, free):
        """Move run/ and out/ onto a new disk with that much room."""
        run = self.run
        os.makedirs(run.path("disk"), exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "none", run.path("disk")],
                       check=True)
        self.mounted = True
        for name in ("run", "out"):
            if os.path.exists(run.path(name)):
                shutil.copytree(run.path(name), run.path("disk/" + name), copy_function=shutil.copy2)
                shutil.rmtree(run.path(name))
            else:
                os.mkdir(run.path("disk/" + name))
            os.symlink("disk/" + name, run.path(name))
        room = os.statvfs(run.path("disk"))
        with open(run.path("disk/ballast"), "wb") as f:
            f.write(b"x" * max(0, room.f_bavail * room.f_frsize - free))

    def unlimited(self):
        """Back to where there is room, with what is there now."""
        run = self.run
        if not self.mounted:
            return
        for name in ("run", "out"):
            os.unlink(run.path(name))
            shutil.copytree(run.path("disk/" + name), run.path(name), copy_function=shutil.copy2)
        subprocess.run(["umount", run.path("disk")], check=True)
        self.mounted = False


def small_disks(campaign, run):
    if os.geteuid() != 0 or subprocess.run(["unshare", "-m", "true"], check=False).returncode:
        print("limits: small disks need root")
        return
    disk = SmallDisk(run)
    for case in cases_of(campaign, run):
        if case.name.split("-")[0] in ("query", "check", "plan"):
            continue
        for free in campaign.share([*range(0, 64, 4), *range(64, 256, 12), *range(256, 900, 64)]):
            result = attempt(campaign, run, "small disk", case, f"{free} KiB free",
                             prepare=lambda: disk.prepare(free << 10), unlimited=disk.unlimited,
                             says=("No space left", "free"))
            if result.code == 0 and free > 100 and faults.SHARE == 1:
                break


# --- folders and files of somebody else ------------------------------------------------------------
def become_nobody():
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)


def few_processes(n):
    def limits():
        resource.setrlimit(resource.RLIMIT_NPROC, (n, n))
        become_nobody()
    return limits


def open_to_all(run):
    os.chmod(run.folder, 0o777)
    for at, _, files in os.walk(run.folder):
        os.chmod(at, 0o777)
        for f in files:
            os.chmod(os.path.join(at, f), 0o666)


def set_modes(run, folders, files):
    os.chmod(run.folder, 0o755)
    for top in ("run", "out"):
        for at, _, names in os.walk(run.path(top)):
            os.chmod(at, folders)
            for f in names:
                os.chmod(os.path.join(at, f), files)


@contextlib.contextmanager
def programs_for_all():
    """Copies of the programs where any user may start them; the tree may lie in a private folder."""
    private = faults.BIN
    with tempfile.TemporaryDirectory(prefix="glovebox-faults-bin-") as folder:
        os.chmod(folder, 0o755)
        faults.BIN = shutil.copytree(private, os.path.join(folder, "bin"))
        os.chmod(faults.BIN, 0o755)
        try:
            yield
        finally:
            faults.BIN = private


def owners(campaign, run):
    """As somebody who may only read, or not even that; with all programs that write."""
    if os.geteuid() != 0:
        print("limits: foreign owners need root")
        return
    ways = {"folder that cannot be written to": (0o555, 0o644), "unreadable files": (0o777, 0o000),
            "unreadable folder": (0o000, 0o644), "read-only files": (0o777, 0o444)}
    with programs_for_all():
        for case in cases_of(campaign, run):
            for kind, (folders, files) in ways.items():
                attempt(campaign, run, kind, case, kind, limits=become_nobody,
                        prepare=lambda: set_modes(run, folders, files),
                        unlimited=lambda: set_modes(run, 0o755, 0o644))
            for n in campaign.share([1, 2, 3, 5]):
                attempt(campaign, run, "number of processes", case, f"{n} processes",
                        limits=few_processes(n), prepare=lambda: open_to_all(run))


def read_only(campaign, run):
    if os.geteuid() != 0:
        return
    for case in cases_of(campaign, run):
        def prepare():
            os.makedirs(run.dir, exist_ok=True)
            for name in ("run", "out"):
                subprocess.run(["mount", "--bind", run.path(name), run.path(name)], check=True)
                subprocess.run(["mount", "-o", "remount,ro,bind", run.path(name)], check=True)

        def unlimited():
            for name in ("run", "out"):
                subprocess.run(["umount", run.path(name)], check=True)
        attempt(campaign, run, "read-only file system", case, "a read-only run directory",
                prepare=prepare, unlimited=unlimited)


# --- a control group -------------------------------------------------------------------------------
GROUPS = "/sys/fs/cgroup/memory"


def control_group(campaign, run):
    group = os.path.join(GROUPS, f"glovebox-{os.getpid()}")
    try:
        os.mkdir(group)
    except OSError:
        print("limits: no control group can be made here")
        return
    try:
        for case in cases_of(campaign, run):
            for megabytes in campaign.share([2, 4, 8, 16, 32, 64]):
                with open(group + "/memory.limit_in_bytes", "w") as f:
                    f.write(str(megabytes << 20))

                def enter():
                    with open(group + "/cgroup.procs", "w") as f:
                        f.write(str(os.getpid()))
                attempt_in_group(campaign, run, case, megabytes, enter)
    finally:
        os.rmdir(group)


def attempt_in_group(campaign, run, case, megabytes, enter):
    """The kernel may kill what exceeds its group: then it is a kill like others."""
    run.expect(case)
    run.restore(case)
    old, _ = run.look()
    result = run.execute(case, limits=enter)
    campaign.tried("control group")
    if result.signal == 9:
        products, names, out = run.expect(case)
        wrong = kill.differences(run, case, old) or \
            kill.check_again(run, run.execute(case), products, names, out)
    else:
        wrong = wrong_after(run, case, result, old, lambda: None)
    if wrong:
        campaign.failed("control group", f"{case.name} in {megabytes} MiB: {wrong}",
                        faults.repeat_line(case, {}))


# --- the least that a program needs ----------------------------------------------------------------
def least(run, case, what, low, high, unit):
    """The smallest limit with which the case gives the right bytes, by bisection."""
    while high - low > unit:
        middle = (low + high) // 2 // unit * unit
        run.restore(case)
        result = run.execute(case, limits=setter(what, middle), timeout=30)
        if result.code == 0:
            high = middle
        else:
            low = middle
    return high


def measure(run):
    for case in run.cases.values():
        if not case.ranks:
            memory = least(run, case, resource.RLIMIT_AS, 1 << 20, 4 << 30, 1 << 20)
            stack = least(run, case, resource.RLIMIT_STACK, 4096, 8 << 20, 4096)
            print(f"{case.name:20} memory {memory >> 20:5} MiB   stack {stack >> 10:5} KiB",
                  flush=True)


# --- planted errors --------------------------------------------------------------------------------
def control(campaign, run):
    """Files written in place instead of under another name are torn by a full disk; a program that
    says nothing, or says it in two lines, is noticed."""
    if not os.path.exists(faults.PRELOAD):
        return
    case = run.cases["cooccur-again"]
    run.expect(case)
    run.restore(case)
    old, _ = run.look()
    half = os.path.getsize(os.path.join(run.dir, "counts.bin")) // 2
    result = run.execute(case, env={"FAULT_PLANT": "in-place"},
                         limits=setter(resource.RLIMIT_FSIZE, half))
    campaign.control("written in place",
                     result.code and wrong_after(run, case, result, old, lambda: None))
    quiet = faults.execute(["sh", "-c", "exit 1"])
    wordy = faults.execute(["sh", "-c", "echo a: error: b >&2; echo c >&2; exit 1"])
    campaign.control("no line, two lines", not in_one_line(quiet) and not in_one_line(wordy))


def main():
    with faults.Run(name="limits") as run:
        if os.environ.get("MEASURE"):
            measure(run)
            return 0
        campaign = faults.Campaign("limits")
        system_limits(campaign, run)
        small_disks(campaign, run)
        owners(campaign, run)
        read_only(campaign, run)
        control_group(campaign, run)
        control(campaign, run)
        return campaign.end()


if __name__ == "__main__":
    sys.exit(main())
