"""Starts programs for the campaign `hostile`: one JSON object a line says what to start, one tells how
it ended. The kernel counts a process's memory from before exec on, so they must not be started by a
large process."""
import json
import os
import resource
import signal
import sys
import time


def start(job):
    pid = os.fork()
    if pid:
        return pid
    os.setsid()
    os.chdir(job["cwd"])
    for fd, name in ((0, "/dev/null"), (1, job["stdout"]), (2, job["stderr"])):
        os.dup2(os.open(name, os.O_RDWR | os.O_CREAT | os.O_TRUNC), fd)
    if job["limit"]:
        resource.setrlimit(resource.RLIMIT_AS, (job["limit"], job["limit"]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        os.execvpe(job["command"][0], job["command"], job["env"])
    finally:
        os._exit(127)


def wait(pid, timeout):
    until, timed_out, pause = time.time() + timeout, False, 0.001
    while True:
        ended, status, usage = os.wait4(pid, os.WNOHANG)
        if ended:
            return {"status": os.waitstatus_to_exitcode(status), "timed_out": timed_out,
                    "peak": usage.ru_maxrss * 1024}
        if time.time() > until and not timed_out:
            timed_out = True
            os.killpg(pid, signal.SIGKILL)
        time.sleep(pause)
        pause = min(2 * pause, 0.05)


for line in sys.stdin:
    order = json.loads(line)
    print(json.dumps(wait(start(order), order["timeout"])), flush=True)
