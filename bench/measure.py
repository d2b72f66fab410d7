"""Running programs and timing them: wall clock, and CPU seconds of exactly that program (and what it
waited for) from the kernel's account when it ends."""

import os
import subprocess
import tempfile
import time
from typing import NamedTuple


class Failed(Exception):
    """A program that was measured failed, or an input is not what it must be: one line."""


class Usage(NamedTuple):
    wall: float  # seconds
    cpu: float  # seconds, user and system, of all threads


def _last_line(log):
    log.seek(0)
    lines = [line for line in log.read().decode(errors="replace").splitlines() if line.strip()]
    return lines[-1] if lines else "(no output)"


def _end(process):
    """Kill and reap a program that still runs, whatever the reason for leaving."""
    if process.returncode is None:
        process.kill()
        process.wait()


def run(argv, stdin=None, stdout=None, cwd=None, env=None):
    """Run a program to its end. stdin, stdout: paths. Failed names the program and its last line."""
    argv = [str(word) for word in argv]
    with open(stdin or os.devnull, "rb") as source, open(stdout or os.devnull, "wb") as sink, \
            tempfile.TemporaryFile() as log:
        begin = time.monotonic()
        process = subprocess.Popen(argv, stdin=source, stdout=sink, stderr=log, cwd=cwd,
                                   env={**os.environ, **(env or {})})
        try:
            _, status, usage = os.wait4(process.pid, 0)
            wall = time.monotonic() - begin
            process.returncode = os.waitstatus_to_exitcode(status)
        finally:
            _end(process)
        if process.returncode != 0:
            raise Failed(f"{argv[0]} failed ({process.returncode}): {_last_line(log)}")
    return Usage(wall, usage.ru_utime + usage.ru_stime)


def _cpu_so_far(pid):
    """CPU seconds of a running process, all its threads, in steps of a hundredth."""
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def watch(argv, marks, cwd=None):
    """Run a program that tells on stderr where it is.

    marks: texts, in the order in which lines that hold them must come. Returns the Usage between
    the start and each mark, then the whole run's, and the lines that held the marks."""
    argv = [str(word) for word in argv]
    begin = time.monotonic()
    process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, cwd=cwd, errors="replace")
    reached, lines, last = [], [], "(no output)"
    try:
        for line in process.stderr:
            last = line.strip() or last
            if len(reached) < len(marks) and marks[len(reached)] in line:
                reached.append(Usage(time.monotonic() - begin, _cpu_so_far(process.pid)))
                lines.append(line.strip())
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
    finally:
        _end(process)
        process.stderr.close()
    if process.returncode != 0:
        raise Failed(f"{argv[0]} failed ({process.returncode}): {last}")
    if len(reached) < len(marks):
        raise Failed(f"{argv[0]} never said \"{marks[len(reached)]}\": is it GloVe's program?")
    return reached + [Usage(wall, usage.ru_utime + usage.ru_stime)], lines
