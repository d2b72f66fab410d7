"""Signals at events and at random times, for every program and for glove-run with its children;
standard files that are closed or full; terminals of odd widths; locales, clocks, masks of modes. A
signal ends a program with the exit code that is documented, and the same command then ends with the
bytes of an undisturbed run; nothing else may change a byte."""
import fcntl
import os
import pty
import random
import re
import resource
import signal
import stat
import struct
import subprocess
import sys
import termios
import threading
import time

import faults

EVENTS = {"vocab": ("write", "sync", "rename"), "cooccur": ("write", "sync", "rename"),
          "shuffle": ("write", "sync", "rename"),
          "train": ("task", "write", "sync", "rename", "checkpoint"),
          "eval": ("write", "rename"), "run": ("task", "write", "rename")}
STOPPING = {"INT": signal.SIGINT, "TERM": signal.SIGTERM, "HUP": signal.SIGHUP}
CHANGING = ["vocab", "cooccur", "shuffle", "train", "train-logistic", "train-word2vec",
            "train-formats", "eval", "run", "vocab-low-memory"]
READING = ["query", "check", "plan", "report", "convert-bin", "export-mtx"]


def no_core():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def one_line(result):
    """What is wrong with the lines of a program that was stopped or failed."""
    lines = [line for line in result.err.splitlines() if line]
    return None if len(lines) == 1 else f"{len(lines)} lines: {result.err!r}"


def wrong_products(run, case):
    products, _, _ = run.expect(case)
    found, names = run.look()
    wrong = sorted(n for n in {*found, *products} if found.get(n) != products.get(n))
    left = [n for n in names if n.endswith(".tmp")]
    return f"other bytes in {', '.join(wrong)}" if wrong else f"left {left}" if left else None


def again(run, case):
    """The same command once more."""
    result = run.execute(case)
    if result.code != 0:
        return f"again: {result}"
    return wrong_products(run, case)


def check_stopped(run, case, result, number, must):
    """After a signal that stops: 128 + its number and one line, or, unless it `must` stop, 0."""
    if result.timed_out:
        return "hangs"
    if result.code == 0 and not must:
        return wrong_products(run, case) or again(run, case)
    if result.code != 128 + number:
        return str(result)
    return one_line(result) or again(run, case)


# --- signals ---------------------------------------------------------------------------------------
def at_event(campaign, run, case, event, n, name, must=False):
    """The program sends itself the signal at its n-th event."""
    run.expect(case)
    run.restore(case)
    env = {"GLOVEBOX_TEST_AT": f"{event}:{n}={name}"}
    result = run.execute(case, env=env)
    wrong = check_stopped(run, case, result, STOPPING[name], must)
    campaign.tried(f"{name} at an event")
    if wrong:
        campaign.failed(f"{name} at an event", f"{case.name}: {wrong}",
                        faults.repeat_line(case, env))


def at_events(campaign, run):
    points = []
    for case in campaign.selected([run.cases[n] for n in CHANGING]):
        for event in EVENTS[case.name.split("-")[0]]:
            points += [(case, event, n, name) for name in STOPPING
                       for n in ((1, 2, 3, 5, 8, 13) if event in ("task", "write") else (1, 2, 3))]
    for case, event, n, name in campaign.share(points, least=12):
        # what has been asked to stop before the last of its tasks does so
        at_event(campaign, run, case, event, n, name, must=event == "task" and
                 n <= (1 if case.name == "train-word2vec" else 3) and case.name != "run")


def duration(run, case):
    run.restore(case)
    started = time.time()
    run.execute(case)
    return time.time() - started


def send(process, plan, group):
    """Send the signals of `plan`, [(seconds to wait, number)]; to the group or the process only."""
    def work():
        for wait, number in plan:
            time.sleep(wait)
            try:
                (os.killpg if group else os.kill)(process.pid, number)
            except ProcessLookupError:
                return
    threading.Thread(target=work, daemon=True).start()


def children_left(folder):
    """Programs of glovebox that still work in the folder."""
    left = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/comm") as f:
                comm = f.read().strip()
            if comm.startswith("glove-") and os.readlink(f"/proc/{pid}/cwd") == folder:
                left.append(f"{comm} ({pid})")
        except OSError:
            continue
    return left


def check_random(run, case, result, kind):
    """`kind`: names of signals, joined by +."""
    names = kind.split("+")
    if result.timed_out:
        return "hangs"
    allowed = {0}
    if names[0] in ("INT", "TERM", "HUP"):
        allowed |= {128 + getattr(signal, "SIG" + n) for n in names}
    killed = set()
    if names[0] in ("QUIT", "KILL"):
        killed.add(getattr(signal, "SIG" + names[0]))
    if len(names) == 2 and names[1] in ("INT", "TERM"):
        killed.add(getattr(signal, "SIG" + names[1]))  # the second one ends at once
    # before the handlers are there a signal ends the program as any other
    early = {getattr(signal, "SIG" + n) for n in names if n in STOPPING or n == "PIPE"}
    if case.name == "run":
        allowed |= {128 + k for k in killed}
    if result.code not in allowed and result.signal not in killed | early:
        return str(result)
    if result.code and result.code > 128 and len(names) == 1 and one_line(result):
        return one_line(result)
    deadline = time.time() + 10
    while children_left(run.folder) and time.time() < deadline:
        time.sleep(0.02)
    left = children_left(run.folder)
    return f"still at work: {left}" if left else again(run, case)


KINDS = ["INT", "TERM", "HUP", "QUIT", "PIPE", "TSTP+CONT", "STOP+CONT", "INT+INT", "TERM+TERM",
         "HUP+TERM", "HUP+HUP", "KILL"]


def at_times(campaign, run, rounds, rng):
    cases = campaign.selected([run.cases[n] for n in CHANGING + READING])
    seconds = {}
    for _ in campaign.share(range(rounds), least=12) if cases else []:
        case, kind = rng.choice(cases), rng.choice(KINDS)
        if rng.random() < 0.25:
            case = run.cases["run"]
        run.expect(case)
        if case.name not in seconds:
            seconds[case.name] = duration(run, case)
        numbers = [getattr(signal, "SIG" + n) for n in kind.split("+")]
        plan = [(rng.random() * seconds[case.name], numbers[0])]
        plan += [(rng.random() * 0.02 + 0.001, n) for n in numbers[1:]]
        group = rng.random() < 0.5
        run.restore(case)
        result = run.execute(case, limits=no_core, after=lambda p: send(p, plan, group))
        wrong = check_random(run, case, result, kind)
        label = kind + (", glove-run" if case.name == "run" else "")
        campaign.tried(label)
        if wrong:
            campaign.failed(label, f"{case.name}: {wrong}",
                            f"{kind} after {plan[0][0]:.4f} s, "
                            f"{'group' if group else 'process'}: {faults.repeat_line(case, {})}")


def nobody_reads(campaign, run):
    """Output goes to a pipe that is full and that nobody reads: one signal ends the program."""
    with open(run.path("wide.txt"), "w") as f:
        for i in range(2000):
            f.write(f"w{i}" + " 0.5 0.25" * 20 + "\n")
    commands = [["glove-query", "--vectors", "wide.txt", "--top", "1999", "nearest", "w1"],
                ["glove-query", "--vectors", "wide.txt", "--json", "vector", "w1"],
                ["glove-convert", "--progress", "none", "wide.txt", "-", "--to", "text"],
                ["glove-convert", "--progress", "none", "check", "wide.txt"],
                ["glove-vocab", "--help"], ["glove-plan", "--config", "small.json", "--json"]]
    for command, name in campaign.share([(c, n) for c in commands for n in ("TERM", "INT", "HUP")]):
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        try:
            while True:
                os.write(writer, b"x" * 65536)
        except BlockingIOError:
            os.set_blocking(writer, True)
        process = subprocess.Popen(command, cwd=run.folder, env=faults.environment(), stdout=writer,
                                   stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
        os.close(writer)
        while process.poll() is None and not waits_for_reader(process.pid):
            time.sleep(0.01)
        process.send_signal(getattr(signal, "SIG" + name))
        try:
            _, err = process.communicate(timeout=20)
            ended = process.returncode
        except subprocess.TimeoutExpired:
            process.kill()
            _, err = process.communicate()
            ended = "hangs"
        os.close(reader)
        number = getattr(signal, "SIG" + name)
        campaign.tried("nobody reads")
        # what only prints has no handlers
        if ended not in (128 + number, -number) or err.count(b"\n") > 1:
            campaign.failed("nobody reads", f"{name}: {ended} {err!r}", " ".join(command))


def waits_for_reader(pid):
    """Is a thread of the process in write(2) or poll(2)?"""
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/syscall") as f:
                if f.read().split()[0] in ("1", "7"):
                    return True
    except OSError:
        pass
    return False


# --- standard files --------------------------------------------------------------------------------
PRINTING = {"query", "check", "plan", "report", "eval", "clean", "vocab", "run"}


def close_at_start(numbers):
    def work():
        no_core()
        for n in numbers:
            os.close(n)
    return work


def run_with_files(run, case, limits=None, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                   env=None):
    process = subprocess.Popen(case.command, env=faults.environment(**{**case.env, **(env or {})}),
                               cwd=run.folder, stdin=subprocess.DEVNULL, stdout=stdout,
                               stderr=stderr, preexec_fn=limits, start_new_session=True)
    timed_out = False
    try:
        _, err = process.communicate(timeout=faults.TIMEOUT)
    except subprocess.TimeoutExpired:
        timed_out = True
        os.killpg(process.pid, signal.SIGKILL)
        _, err = process.communicate()
    return faults.Result(process.returncode, b"", err or b"", timed_out)


def full_node(folder):
    """A device like /dev/full, of our own."""
    for place in (folder, faults.RESULTS):
        path = os.path.join(place, f"full-{os.getpid()}")
        try:
            os.mknod(path, 0o600 | stat.S_IFCHR, os.makedev(1, 7))
            os.close(os.open(path, os.O_WRONLY))
            return path
        except OSError:
            if os.path.lexists(path):
                os.unlink(path)
    return None


def check_files(run, case, result, may_fail):
    if result.timed_out:
        return "hangs"
    if result.code not in ((0, 1) if may_fail else (0,)):
        return str(result)
    if result.code == 1 and result.err and one_line(result):
        return one_line(result)
    if result.code == 0 or case.name in READING:
        return wrong_products(run, case)
    return again(run, case)


def standard_files(campaign, run):
    cases = campaign.selected([run.cases[n] for n in CHANGING + READING + ["clean"]])
    ways = [("closed " + "+".join(map(str, which)), which) for which in
            ((0,), (1,), (2,), (0, 1), (1, 2), (0, 2), (0, 1, 2))]
    full = full_node(run.folder)
    others = [("head -1", None), ("stderr a closed pipe", None)]
    others += [("full stdout", None), ("full stderr", None)] if full else []
    for case, (way, which) in campaign.share([(c, w) for c in cases for w in ways + others], 10):
        run.expect(case)
        run.restore(case)
        prints = case.name.split("-")[0] in PRINTING
        if which:
            result = run_with_files(run, case, close_at_start(which))
            kind = "standard files closed"
        elif way.startswith("full"):
            with open(full, "wb") as out:
                err = out if way == "full stderr" else subprocess.PIPE
                result = run_with_files(run, case, no_core, stderr=err,
                                        stdout=out if way == "full stdout" else subprocess.DEVNULL)
            kind = way
        else:
            reader, writer = os.pipe()
            os.close(reader)
            ends = {"stderr": writer} if way.startswith("stderr") else {"stdout": writer}
            result = run_with_files(run, case, no_core, **ends)
            os.close(writer)
            kind = "closed pipe"
        campaign.tried(kind)
        wrong = check_files(run, case, result, prints)
        if wrong:
            campaign.failed(kind, f"{case.name}, {way}: {wrong}", faults.repeat_line(case, {}))
    if full:
        os.unlink(full)


# --- terminals -------------------------------------------------------------------------------------
def on_terminal(command, cwd, columns, env, typed=b"", timeout=30):
    """Run a command on a terminal of its own: (exit code, what it wrote)."""
    pid, master = pty.fork()
    if pid == 0:
        try:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
            os.chdir(cwd)
            full = faults.environment()
            full.pop("TERM", None)
            full.update(env)
            os.execvpe(command[0], command, full)
        finally:
            os._exit(126)
    written, deadline = b"", time.time() + timeout
    if typed:
        os.write(master, typed)
    while time.time() < deadline:
        try:
            part = os.read(master, 65536)
        except OSError:
            break
        if not part:
            break
        written += part
    else:
        os.kill(pid, signal.SIGKILL)
    os.close(master)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), written.decode("utf-8", "surrogateescape")


UNSAFE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e"
                    "\u2066-\u2069\ufeff\ufff9-\ufffb\udc80-\udcff\U000e0000-\U000e007f]")


def check_screen(written, columns):
    """Bars are taken away with ESC [ K, and are narrower than the terminal."""
    found = UNSAFE.search(written.replace("\x1b[K", ""))
    if found:
        return f"U+{ord(found[0]):04X} in {written[max(0, found.start() - 40):found.end() + 9]!r}"
    for bar in re.findall("\r([^\r\n]*)\x1b\\[K", written):
        if columns > 1 and len(bar) > columns - 1:
            return f"a bar of {len(bar)} columns: {bar!r}"
    if re.search(r"\b(nan|inf)\b|-\d+ s left", written):
        return f"odd numbers: {written[-200:]!r}"
    return None


def terminals(campaign, run):
    cases = [run.cases[n] for n in ("vocab", "cooccur", "shuffle", "train", "eval", "run")]
    points = [(c, w, t) for c in campaign.selected(cases) for w in (0, 1, 2, 20, 80, 1000)
              for t in (None, "dumb", "xterm", "")]
    for case, columns, term in campaign.share(points, 6):
        run.expect(case)
        run.restore(case)
        command = [a for a in case.command if a not in ("--progress", "none")]
        code, written = on_terminal(command, run.folder, columns,
                                    {**case.env, **({} if term is None else {"TERM": term})})
        campaign.tried("terminal")
        wrong = f"exit code {code}: {written[-300:]}" if code else \
            wrong_products(run, case) or check_screen(written, columns)
        if wrong:
            campaign.failed("terminal", f"{case.name}, {columns} columns, TERM={term}: {wrong}",
                            " ".join(command))


HOSTILE = ["\x1b[2J", "\x1b]0;t\x07", "\x07", "\x08", "\x7f", "\x80", "\x9b31m", "\x85", "\u202e",
           "\u2066", "\u200f", "\u061c", "\u2028", "\ufeff", "\ufff9", "\U000e0041", b"\x9b", b"\xff",
           b"\xed\xa0\x80", b"\xc0\xaf", b"\xf4\x90\x80\x80", b"\xe2\x80"]


def hostile_word(rng):
    parts = [rng.choice("abc").encode() + (h if isinstance(h, bytes) else h.encode())
             for h in rng.choices(HOSTILE, k=rng.randint(1, 3))]
    return b"".join(parts) + b"z"


def hostile_names(campaign, run, rounds, rng):
    """Words and names of files that a terminal would obey, on a terminal."""
    for _ in campaign.share(range(rounds), 3):
        words = [b"x"] + [hostile_word(rng) for _ in range(6)]
        name = hostile_word(rng).replace(b"/", b"") + b".txt"
        with open(os.path.join(os.fsencode(run.folder), name), "wb") as f:
            for w in words:
                f.write(w + b" %.3f %.3f\n" % (rng.random(), rng.random()))
        file = os.fsdecode(name)
        for command in (["glove-query", "--vectors", file, "nearest", "x"],
                        ["glove-query", "--vectors", file, "search", "a"],
                        ["glove-convert", "check", file],
                        ["glove-vocab", "--run-dir", "h" + file, "--set",
                         f"corpus.files={os.fsdecode(name[:-4])}*", "--set", "vocab.min_count=1"],
                        ["glove-eval", "--vectors", file, "--set", f"eval.similarity={file}"]):
            _, written = on_terminal(command, run.folder, 80, {"TERM": "xterm"})
            campaign.tried("odd characters")
            wrong = check_screen(written, 80)
            if wrong:
                campaign.failed("odd characters", wrong, repr(command))
        os.unlink(os.path.join(os.fsencode(run.folder), name))


# --- surroundings ----------------------------------------------------------------------------------
def make_locales(folder):
    """Locales with decimal commas, Turkish case, another encoding, where localedef can make them."""
    made = []
    for name, source, charmap in (("de_DE.UTF-8", "de_DE", "UTF-8"), ("tr_TR.UTF-8", "tr_TR", "UTF-8"),
                                  ("tr_TR.ISO-8859-9", "tr_TR", "ISO-8859-9"),
                                  ("ja_JP.EUC-JP", "ja_JP", "EUC-JP")):
        try:
            code = subprocess.call(["localedef", "-c", "-i", source, "-f", charmap,
                                    os.path.join(folder, name)],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        except FileNotFoundError:
            return made
        made += [name] if code in (0, 1) and os.path.isdir(os.path.join(folder, name)) else []
    return made


def nothing():
    pass


def surroundings(campaign, run, rng):
    """What must not change a byte or a printed line."""
    folder = run.path("locales")
    os.makedirs(folder, exist_ok=True)
    ways = [("locale", {"LOCPATH": folder, "LC_ALL": name, "LANG": name}, nothing)
            for name in make_locales(folder) + ["C", "POSIX", "xx_XX.nonsense"]]
    ways += [("clock", {"FAULT_CLOCK": f"{kind}:{rng.randint(1, 10**9)}"}, nothing)
             for kind in ("jump", "back", "stop", "far")]
    ways += [("time zone", {"TZ": tz}, nothing) for tz in ("Asia/Kathmandu", "XXX-25:61", ":", "")]
    ways += [("umask", {}, lambda m=m: os.umask(m)) for m in (0o077, 0o000, 0o777 & ~0o700)]
    ways += [("nice", {}, lambda: os.nice(19)),
             ("own group, no terminal", {}, nothing)]
    cases = campaign.selected([run.cases[n] for n in CHANGING + READING])
    for case, (kind, env, limits) in campaign.share([(c, w) for c in cases for w in ways], 15):
        _, _, out = run.expect(case)
        run.restore(case)
        result = run.execute(case, env=env, limits=limits)
        campaign.tried(kind)
        same = case.name in ("query", "check") and result.out != out
        wrong = str(result) if result.code != 0 else wrong_products(run, case) or \
            (f"prints {result.out!r}" if same else None) or \
            (f"{result.err!r}" if result.err else None)
        if wrong:
            campaign.failed(kind, f"{case.name}: {wrong}", faults.repeat_line(case, env))


def odd_mtimes(campaign, run):
    """Files from the future or the distant past: up to date as before, and read as before."""
    cases = campaign.selected([run.cases[n] for n in ("cooccur", "shuffle", "train", "eval")])
    for case, when in campaign.share([(c, w) for c in cases for w in (0, 1, 2**31 + 5, 2**33)]):
        run.expect(case)
        run.restore(case)
        for name in ["corpus.txt"] + [f"run/{n}" for n in faults.names_in(run.dir)]:
            os.utime(run.path(name), (when, when))
        result = run.execute(case)
        campaign.tried("odd times of files")
        wrong = wrong_products(run, case) if result.code == 0 else str(result)
        if wrong:
            campaign.failed("odd times of files", f"{case.name}, {when}: {wrong}",
                            faults.repeat_line(case, {}))


# --- planted errors --------------------------------------------------------------------------------
def controls(campaign, run):
    case = run.cases["train"]
    run.expect(case)
    run.restore(case)
    killed = run.execute(case, env={"GLOVEBOX_TEST_AT": "task:2=KILL"})
    campaign.control("dies instead of saving",
                     check_stopped(run, case, killed, signal.SIGTERM, must=True))
    run.restore(case)
    result = run.execute(case)
    with open(run.path("run/vectors.txt"), "ab") as f:
        f.write(b"glove-train: epoch 1/2\n")
    campaign.control("messages in a data file", check_files(run, case, result, False))
    _, written = on_terminal(["printf", "a\\033]0;title\\007b"], run.folder, 80, {})
    campaign.control("an escape sequence on a terminal", check_screen(written, 80))


def main():
    campaign = faults.Campaign("signals")
    rng = random.Random(faults.SEED)
    with faults.Run(name="signals") as run:
        run.cases["train"].env["GLOVEBOX_TEST_CHECKPOINT_TASKS"] = "3"
        at_events(campaign, run)
        at_times(campaign, run, 600, rng)
        nobody_reads(campaign, run)
        standard_files(campaign, run)
        terminals(campaign, run)
        hostile_names(campaign, run, 40, rng)
        surroundings(campaign, run, rng)
        odd_mtimes(campaign, run)
        controls(campaign, run)
    return campaign.end()


if __name__ == "__main__":
    sys.exit(main())
