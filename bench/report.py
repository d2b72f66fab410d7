"""What `make bench` prints and keeps: rows of a table out of samples, as text, Markdown, JSON, CSV."""

import csv
import datetime
import os
import re
import statistics
import subprocess
from pathlib import Path
from typing import NamedTuple

from measure import Failed

RESULTS = Path(__file__).with_name("results.csv")
COLUMNS = ("date", "commit", "machine", "what", "value", "unit", "note")


class Row(NamedTuple):
    """One line of the table. `own` and `other` hold one sample a run; sample i of both was taken
    one after the other, so ratios are formed pairwise."""

    what: str
    unit: str
    own: list
    other: list = []  # empty: nothing to compare with
    more_is_better: bool = False  # a rate, not a cost
    note: str = ""

    def ratios(self):
        """How many times better than the other side, a ratio per pair of runs, ascending."""
        pairs = zip(self.own, self.other)
        return sorted(o / r if self.more_is_better else r / o for o, r in pairs if o and r)


def number(x):
    """Three digits, and no fewer than the integer part has."""
    return f"{x:.0f}" if abs(x) >= 1000 else f"{x:.3g}"


def _cells(row):
    ratios = row.ratios()
    spread = ratios or (sorted(row.own) if len(row.own) > 1 else [])
    return (f"{row.what} [{row.unit}]",
            number(statistics.median(row.other)) if row.other else "",
            number(statistics.median(row.own)) if row.own else "",
            number(statistics.median(ratios)) + "x" if ratios else "",
            f"{number(spread[0])} .. {number(spread[-1])}" if spread else "", row.note)


HEAD = ("what", "reference", "glovebox", "ratio", "min .. max", "remarks")


def as_text(rows):
    table = [HEAD] + [_cells(row) for row in rows]
    width = [max(len(line[i]) for line in table) for i in range(len(HEAD))]
    return "\n".join("  ".join([line[0].ljust(width[0])]
                               + [line[i].rjust(width[i]) for i in range(1, 5)]
                               + [line[5]]).rstrip() for line in table)


def as_markdown(rows):
    lines = ["| " + " | ".join(HEAD) + " |", "|---|" + "---|" * (len(HEAD) - 1)]
    lines += ["| " + " | ".join(_cells(row)) + " |" for row in rows]
    return "\n".join(lines)


BEGIN, END = "<!-- make bench: begin -->", "<!-- make bench: end -->"


def read_marked(path):
    """What stands before and after the place for the table in a Markdown file."""
    text = Path(path).read_text(encoding="utf-8")
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise Failed(f"{path} does not hold the lines {BEGIN} and {END}, once each")
    return text[:text.index(BEGIN)], text[text.index(END) + len(END):]


def put_into(path, text):
    """Replace what stands between the marks of a Markdown file."""
    before, after = read_marked(path)
    Path(path).write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


def as_dict(rows):
    return [dict(row._asdict(), ratios=row.ratios()) for row in rows]


# --- what was measured where ---------------------------------------------------------------------

def commit():
    """Short hash of what the tree holds, with + when it was changed since; empty outside git."""
    def git(*words):
        return subprocess.run(["git", *words], cwd=RESULTS.parent, capture_output=True, text=True,
                              check=False).stdout.strip()
    try:
        changed = git("status", "--porcelain", "--untracked-files=no")
        return git("rev-parse", "--short", "HEAD") + ("+" if changed else "")
    except OSError:
        return ""


def machine(cpu=""):
    """Cores and model; `cpu` says more about the model, whose name may be as vague as "AMD EPYC"."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = ""
    model = re.search(r"^model name\s*: (.*)$", text, re.MULTILINE)
    name = model.group(1) if model else os.uname().machine
    return f"{len(os.sched_getaffinity(0))} x {name}" + (f" ({cpu})" if cpu else "")


def append(lines, machine_name=None, path=RESULTS):
    """Append (what, value, unit, note) to the results, with date, commit and machine."""
    here = (datetime.date.today().isoformat(), commit(), machine_name or machine())
    with open(path, "a", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows([*here, what, value, unit, note] for what, value, unit, note in lines)


def results(path=RESULTS):
    """All rows of the results as dicts, the oldest first."""
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def lines_of(rows, note):
    """What append() takes: for each row glovebox's median, and the ratio's where there is one."""
    for row in rows:
        if not row.own:
            continue
        yield row.what, number(statistics.median(row.own)), row.unit, note
        ratios = row.ratios()
        if ratios:
            yield (row.what + ": ratio", number(statistics.median(ratios)), "x",
                   f"{note}; {number(ratios[0])} .. {number(ratios[-1])}")
