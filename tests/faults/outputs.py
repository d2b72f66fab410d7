"""Puts something else in the place of every file that a program reads or writes in a run directory:
links to files outside, pipes, sockets, devices, directories. Nothing outside may change, nothing may
hang, and what is refused is refused in one line. Also: outputs that are pipes, devices or descriptors,
and names with many or odd bytes."""
import os
import shutil
import socket
import stat
import subprocess
import sys

import faults
import kill

PLANTS = ("symlink", "dangling", "hardlink", "fifo", "socket", "device", "directory")
SIDES = ("-journal", "-wal", "-shm")


def one_line(result):
    """Is that how a program may fail: exit code 1 or 2, and one line?"""
    lines = result.err.splitlines()
    return result.code in (1, 2) and len(lines) == 1 and ": error: " in lines[0]


# --- what is outside -------------------------------------------------------------------------------
def describe(folder):
    """Names, kinds, modes, times and contents of a folder."""
    found = {}
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        info = os.lstat(path)
        data = open(path, "rb").read() if stat.S_ISREG(info.st_mode) else b""
        found[name] = (info.st_mode, info.st_mtime_ns, data)
    return found


class Outside:
    """A folder beside the run directory that nothing may change."""

    def __init__(self, run):
        self.folder = run.path("outside")
        shutil.rmtree(self.folder, ignore_errors=True)
        os.mkdir(self.folder)

    def victim(self, current):
        """A file with the contents that the planted name had."""
        path = os.path.join(self.folder, "victim")
        if current and os.path.isfile(current):
            shutil.copy2(current, path)
        else:
            with open(path, "w") as f:
                f.write("somebody's file\n")
        self.before = describe(self.folder)
        return path

    def changed(self):
        return describe(self.folder) != self.before


def plant(kind, path, outside):
    """Put something at `path`, in place of what is there; False if it cannot be made."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    victim = outside.victim(path)
    remove(path)
    try:
        if kind == "symlink":
            os.symlink(victim, path)
        elif kind == "dangling":
            os.symlink(os.path.join(outside.folder, "created"), path)
        elif kind == "hardlink":
            os.link(victim, path)
        elif kind == "fifo":
            os.mkfifo(path)
        elif kind == "socket":
            here = os.open(os.path.dirname(path), os.O_RDONLY)
            s = socket.socket(socket.AF_UNIX)
            s.bind(f"/proc/self/fd/{here}/{os.path.basename(path)}")
            s.close()
            os.close(here)
        elif kind == "device":
            os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 3))
        else:
            os.mkdir(path)
    except PermissionError:
        return False
    return True


# --- one fault -------------------------------------------------------------------------------------
def planted_names(run, case):
    """Names in the run directory that the command reads, writes or might open."""
    _, names, _ = run.expect(case)
    files = [n[4:] for n in names if n.startswith("run/")]
    wanted = list(files)
    wanted += [n + ".tmp" for n in files if not n.endswith(".lock")]
    wanted += [n + side for n in files if n.endswith(".db") for side in SIDES]
    wanted += ["store.db.tmp-journal", "model.lbfgs", ".stamps"]
    return sorted(set(wanted))


def remove(path):
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)


def put_back(source, path):
    """Copy a file or a folder."""
    remove(path)
    if os.path.isdir(source):
        shutil.copytree(source, path)
    else:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        shutil.copy2(source, path)


def try_plant(run, case, name, kind):
    """(tried, what is wrong or None)"""
    run.expect(case)
    run.restore(case)
    path = os.path.join(run.dir, name)
    kept = run.path("kept")
    remove(kept)
    there = os.path.lexists(path)
    if there:
        put_back(path, kept)
    # a folder in place of a folder is none; nor is the run directory's own
    if os.path.isdir(path) and kind in ("directory", "hardlink"):
        return False, None
    outside = Outside(run)
    if os.path.isdir(path) and kind == "symlink":
        shutil.rmtree(path)
        os.symlink(outside.folder, path)
        outside.victim(None)
    elif not plant(kind, path, outside):
        return False, None
    node = os.lstat(path)
    result = run.execute(case, timeout=20)
    return True, wrong_after(run, case, result, outside, path, node, kept if there else None)


def wrong_after(run, case, result, outside, path, node, kept):
    if result.timed_out or result.signal:
        return result.ended()
    if outside.changed():
        return f"something outside has changed ({result.ended()})"
    products, names, out = run.expect(case)
    if result.code == 0:
        wrong = sorted(n for n, d in products.items()
                       if os.path.isfile(run.path(n)) and faults.digest(run.path(n)) != d or
                       not os.path.isfile(run.path(n)) and run.path(n) != path)
        return f"exit code 0, but other bytes in {', '.join(wrong)}" if wrong else None
    if not one_line(result):
        return str(result)
    if not os.path.lexists(path) or os.lstat(path).st_ino != node.st_ino:
        if stat.S_ISFIFO(node.st_mode) or stat.S_ISCHR(node.st_mode) or stat.S_ISSOCK(node.st_mode):
            return "refused, but the node is gone"
    remove(path)
    if kept:
        put_back(kept, path)
    return kill.check_again(run, run.execute(case), products, names, out)


def is_meant(case, name, kind):
    """An operand may be a pipe; a report without a file of the run is another page."""
    return (case.name == "check" and name == "vectors.txt" and kind == "fifo") or \
        (case.name == "report" and kind == "dangling")


def places(campaign, run):
    cases = [c for c in campaign.selected(run.cases.values())
             if not c.ranks and c.name.split("-")[0] not in ("convert", "export", "import")]
    for case in cases:
        faulty = [(n, k) for n in planted_names(run, case) for k in PLANTS
                  if not is_meant(case, n, k)]
        for name, kind in campaign.share(faulty):
            tried, wrong = try_plant(run, case, name, kind)
            if tried:
                campaign.tried(kind + " in place of a file")
            if wrong:
                campaign.failed(kind + " in place of a file", f"{case.name}, {name}: {wrong}",
                                f"[{kind} at run/{name}] {faults.repeat_line(case, {})}")


# --- outputs ---------------------------------------------------------------------------------------
def writers():
    """(name, command that writes to OUT, whether the format can go into a pipe)"""
    convert = ["glove-convert", "--progress", "none"]
    found = [("convert-" + f, [*convert, "--to", f, "run/vectors.txt", "OUT"],
              f not in ("sqlite", "projector"))
             for f in ("text", "word2vec", "sqlite", "safetensors", "npy", "projector", "fasttext")]
    found += [("export-" + f, [*convert, "counts-export", "--to", f, "run/counts.bin", "OUT"], True)
              for f in ("bin", "mtx", "npz", "tsv", "csv")]
    found.append(("import", [*faults.program("convert"), "counts-import", "out/c.bin", "OUT"], True))
    found += [("embed-" + f, [*faults.program("embed"), "--weights", "mean", "--format", f, "--output",
                              "OUT", "corpus.txt"], True) for f in ("text", "jsonl", "npy")]
    found.append(("report", [*faults.program("report"), "--output", "OUT"], True))
    return found


def shell(command, out, redirect):
    quoted = " ".join("'" + c.replace("OUT", out) + "'" for c in command)
    return ["bash", "-o", "pipefail", "-c", redirect.replace("COMMAND", quoted)]


# how an output is named, what collects its bytes in `got`, and what must be kept there
STREAMS = {
    "dash": ("-", "COMMAND > got", None),
    "stdout to a pipe": ("/dev/stdout", "COMMAND | cat > got", None),
    "stdout to a file": ("/dev/stdout", "COMMAND > got", None),
    "stdout behind text": ("/dev/stdout", "(echo head; COMMAND && echo tail) > got", None),
    "descriptor": ("/dev/fd/7", "COMMAND 7> got", None),
    "descriptor in proc": ("/proc/self/fd/8", "COMMAND 8> got", None),
    "process substitution": ("fifo", "cat fifo > got & COMMAND && wait", "fifo"),
    "link to stdout": ("link1", "COMMAND > got", "link1"),
    "link to a pipe": ("link2", "cat fifo > got & COMMAND && wait", "link2"),
    "device": ("null", "COMMAND", "null"),
    "link to a device": ("link3", "COMMAND", "link3"),
}


def make_nodes(run):
    for name in ("got", "all", "fifo", "null", "link1", "link2", "link3"):
        if os.path.lexists(run.path(name)):
            os.unlink(run.path(name))
    os.mkfifo(run.path("fifo"))
    os.symlink("/dev/stdout", run.path("link1"))
    os.symlink("fifo", run.path("link2"))
    os.symlink("null", run.path("link3"))
    try:
        os.mknod(run.path("null"), stat.S_IFCHR | 0o666, os.makedev(1, 3))
    except PermissionError:
        return False
    return True


def try_stream(run, command, streams, how):
    out, redirect, kept = STREAMS[how]
    if not make_nodes(run) and out in ("null", "link3"):
        return None
    nodes = {n: os.lstat(run.path(n)) for n in ("fifo", "null", "link1", "link2", "link3")
             if os.path.lexists(run.path(n))}
    before = sorted(os.listdir(run.folder))
    if not streams and "cat fifo" in redirect:
        redirect = "COMMAND"
    result = faults.execute(shell(command, out, redirect), cwd=run.folder, timeout=20)
    for n, info in nodes.items():
        now = os.lstat(run.path(n)) if os.path.lexists(run.path(n)) else None
        if not now or (now.st_mode, now.st_ino) != (info.st_mode, info.st_ino):
            return f"{n} was replaced ({result})"
    if result.timed_out or result.signal:
        return result.ended()
    extra = set(os.listdir(run.folder)) - set(before) - {"got", "all"}
    if extra:
        return f"left {extra}"
    if not streams:
        return None if result.code == 2 and ": error: " in result.err else str(result)
    if result.code != 0:
        return str(result)
    if out in ("null", "link3"):
        return None
    with open(run.path("got"), "rb") as f, open(run.path("wanted"), "rb") as g:
        got, wanted = f.read(), g.read()
    if "head" in redirect and got.startswith(b"head\n") and got.endswith(b"tail\n"):
        got = got[5:-5]
    same = got == wanted or (command[0] == "glove-report" and faults.digest_report(got) ==
                             faults.digest_report(wanted))
    return None if same else f"other bytes: {len(got)}, not {len(wanted)}"


def outputs(campaign, run):
    run.expect(run.cases["export-bin"])
    run.restore(run.cases["report"])
    faults.execute(["glove-convert", "--progress", "none", "counts-export", "run/counts.bin",
                    "out/c.bin"], cwd=run.folder)
    for name, command, streams in campaign.share(writers(), least=3):
        plain = [c.replace("OUT", "wanted") for c in command]
        result = faults.execute(plain, cwd=run.folder)
        if result.code != 0:
            campaign.failed("output", f"{name}: {result}", " ".join(plain))
            continue
        for how in STREAMS:
            wrong = try_stream(run, command, streams, how)
            campaign.tried("output is a stream")
            if wrong:
                campaign.failed("output is a stream", f"{name} to {how}: {wrong}",
                                " ".join(shell(command, *STREAMS[how][:2])))
        for wrong_kind in ("directory", "socket"):
            path = run.path("odd")
            plant(wrong_kind, path, Outside(run))
            result = faults.execute([c.replace("OUT", "odd") for c in command], cwd=run.folder)
            campaign.tried("output is a directory or socket")
            if not one_line(result) or not os.path.lexists(path) or os.path.isfile(path):
                campaign.failed("output is a directory or socket", f"{name}: {result}", name)
            remove(path)


# --- names -----------------------------------------------------------------------------------------
ODD = {"long": b"n" * 250, "umlaut": "ä".encode() * 120, "invalid UTF-8": b"a\xff\xfeb\x80",
       "newline": b"a\nb", "percent": b"a%20b%sc%n", "question mark": b"a?mode=memory&b",
       "hash": b"a#b", "quotes": b"a'b\"c`d", "dash": b"-run", "blanks": b" a  b ", "escape": b"a\x1b[31mb",
       "file URI": b"file:a", "memory": b":memory:", "backslash": b"a\\b$HOME;ls", "dots": b"..."}
STAGES = ("vocab", "cooccur", "shuffle", "train", "eval", "report")


def at_name(command, folder):
    """The command with another run directory."""
    return [folder if c == "run" else c for c in command]


def try_run_name(run, name):
    """All programs in a run directory of that name: all give the right bytes, or all refuse."""
    folder = os.fsdecode(name)
    wanted = run.expect(run.cases["eval"])[0]
    ends, path = [], os.path.join(os.fsencode(run.folder), name)
    for case in (run.cases[s] for s in STAGES):
        ends.append(faults.execute(at_name(case.command, folder), cwd=run.folder, env=case.env))
    found = {("run/" + n): d for n, d in faults.products(os.fsdecode(path)).items()} \
        if os.path.isdir(path) else {}
    shutil.rmtree(path, ignore_errors=True)
    if any(e.signal or e.timed_out for e in ends):
        return "; ".join(e.ended() for e in ends)
    if ends[0].code != 0:
        refused = all(one_line(e) for e in ends) and not found
        return None if refused else "; ".join(str(e) for e in ends)
    if any(e.code for e in ends):
        return "; ".join(f"{s}: {e}" for s, e in zip(STAGES, ends) if e.code)
    wrong = [n for n, d in wanted.items() if n.startswith("run/") and found.get(n) != d]
    return f"other bytes in {', '.join(wrong)}" if wrong else None


def deep(run, length):
    """A relative path to a directory whose absolute path has so many bytes; those above it exist."""
    left, parts = length - len(run.folder), []
    while left > 201:
        parts.append("d" * 199)
        left -= 200
    parts.append("e" * max(1, left - 1))
    os.makedirs(run.path(os.path.join("", *parts[:-1])), exist_ok=True)
    return os.path.join(*parts)


def names(campaign, run):
    for what, name in campaign.share(ODD.items(), least=4):
        wrong = try_run_name(run, name)
        campaign.tried("odd name of a run directory")
        if wrong:
            campaign.failed("odd name of a run directory", f"{what}: {wrong}", repr(name))
    lengths = [*range(470, 520, 3), 250, 600, 1000, 2000, 3900, 4060, 4095, 4200]
    for length in campaign.share(lengths, least=4):
        if length < 4000:
            name = os.fsencode(deep(run, length))
        else:
            name = b"/".join([b"d" * 199] * 20)[:length - len(run.folder) - 1].rstrip(b"/")
        wrong = try_run_name(run, name)
        campaign.tried("long path of a run directory")
        if wrong:
            campaign.failed("long path of a run directory", f"{length} bytes: {wrong}", str(length))
    for what, name in campaign.share(ODD.items(), least=4):
        for wrong in try_file_names(run, name):
            campaign.failed("odd name of a file", f"{what}: {wrong}", repr(name))
        campaign.tried("odd name of a file", 2)


def try_file_names(run, name):
    """Of a corpus, and of an output."""
    wanted = run.expect(run.cases["vocab"])[0]["run/vocab.txt"]
    run.restore(run.cases["eval"])
    text = b"./" + name
    os.rename(os.path.join(os.fsencode(run.folder), b"corpus.txt"),
              os.path.join(os.fsencode(run.folder), name))
    wrong = []
    command = faults.program("vocab", "--force", "--set", b"corpus.files=" + text)
    result = faults.execute(command, cwd=run.folder)
    if not (one_line(result) if result.code else
            faults.products(run.dir).get("vocab.txt") == wanted):
        wrong.append(f"as corpus: {result}")
    os.rename(os.path.join(os.fsencode(run.folder), name),
              os.path.join(os.fsencode(run.folder), b"corpus.txt"))
    for to in ("text", "sqlite"):
        out = b"./out/" + name
        result = faults.execute(["glove-convert", "--progress", "none", "--to", to,
                                 "run/vectors.txt", out], cwd=run.folder)
        again = faults.execute(["glove-convert", "--progress", "none", "--to", "text", out,
                                "out/again.txt"], cwd=run.folder) if result.code == 0 else result
        same = again.code == 0 and faults.digest(run.path("out/again.txt")) == \
            faults.digest(run.path("run/vectors.txt"))
        if not (same if result.code == 0 else one_line(result)):
            wrong.append(f"as output {to}: {again}")
    return wrong


# --- planted errors --------------------------------------------------------------------------------
def control(campaign, run):
    """A program that writes through links and replaces nodes must be noticed."""
    case = run.cases["vocab"]
    run.expect(case)
    run.restore(case)
    outside = Outside(run)
    plant("symlink", os.path.join(run.dir, "vocab.txt.tmp"), outside)
    with open(os.path.join(run.dir, "vocab.txt.tmp"), "w") as f:
        f.write("written through")
    campaign.control("written through a link", outside.changed())
    bad = ["bash", "-c", "echo x > OUT.tmp && mv -f OUT.tmp OUT"]
    bad[2] = bad[2].replace("OUT", "null")
    make_nodes(run)
    before = os.lstat(run.path("null")) if os.path.lexists(run.path("null")) else None
    subprocess.run(bad, cwd=run.folder, check=True)
    campaign.control("a node replaced", not before or not stat.S_ISCHR(
        os.lstat(run.path("null")).st_mode))
    make_nodes(run)
    hang = faults.execute(["cat", "fifo"], cwd=run.folder, timeout=1)
    campaign.control("a pipe that is waited for", hang.timed_out)


def main():
    campaign = faults.Campaign("outputs")
    with faults.Run(name="outputs") as run:
        places(campaign, run)
    with faults.Run(name="outputs") as run:
        outputs(campaign, run)
        names(campaign, run)
        control(campaign, run)
    return campaign.end()


if __name__ == "__main__":
    sys.exit(main())
