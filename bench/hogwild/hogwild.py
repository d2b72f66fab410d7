#!/usr/bin/python3
"""hogwild.py - what `make hogwild` runs: the experiments of Recht, Re, Wright, Niu (Hogwild!, NIPS
2011) on this code. Settings come by environment; README.md lists them and says what is measured."""

import shutil
import signal
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(1, str(HERE.parent))  # measure, programs and report are those of make bench

# pylint: disable=wrong-import-position
import parts
import plots
import summarise
from measure import Failed
from settings import PARTS, Settings

FILES = {"runs": ("runs.csv", "scores.csv"), "speed": ("speed.csv",), "graph": ("graph.csv",),
         "conflicts": ("conflicts.csv",), "delay": ("delay.csv",), "simulate": ("simulate.csv",)}


class Log:
    def __init__(self):
        self.begin = time.monotonic()

    def __call__(self, text):
        print(f"[{time.monotonic() - self.begin:5.0f} s] {text}", file=sys.stderr, flush=True)


def forget(settings):
    """FORCE=1: the rows of the parts asked for are measured again."""
    for part in settings.parts:
        for name in FILES.get(part, ()):
            (settings.dir / name).unlink(missing_ok=True)


def record(settings):
    to = HERE / "results"
    to.mkdir(exist_ok=True)
    for pattern in ("*.csv", "*.svg", "summary.md"):
        for path in settings.dir.glob(pattern):
            shutil.copy(path, to / path.name)
    print(f"recorded in {to}")


def run(settings):
    log = Log()
    if settings.force:
        forget(settings)
    try:
        # the costs of the simulation come from the parts before it
        for part in (name for name in PARTS if name in settings.parts and name != "plots"):
            getattr(parts, part)(settings, log)
    finally:
        text = summarise.write(settings)
    print(text)
    if "plots" in settings.parts:
        plots.draw(settings)
    if settings.record:
        record(settings)


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        settings = Settings()
        settings.bind()
    except (Failed, OSError, ValueError) as error:
        print(f"hogwild: error: {error}", file=sys.stderr)
        return 2
    try:
        run(settings)
    except (Failed, OSError) as error:
        print(f"hogwild: error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("hogwild: stopped; what is measured is kept, start again to go on", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
