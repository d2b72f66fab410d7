"""The plots: SVG by gnuplot out of the CSV files of a folder. What has no data is left out."""

import collections
import shutil
import statistics
import tempfile
from pathlib import Path

import derive
import measure
from measure import Failed
from rows import groups, read
from settings import ORDERS

STYLE = Path(__file__).with_name("style.gp")
MARKS = {"step": {"tile": "dt 1", "group": "dt 2"}, "order": {"blocks": "dt 1", "random": "dt 2"}}


def quoted(path):
    """A path as gnuplot reads it: in single quotes nothing but they is special."""
    return "'" + str(path).replace("'", "''") + "'"


class Plot:
    """Lines of points with a title each; drawn by gnuplot."""

    def __init__(self, title, xlabel, ylabel, *settings):
        self.head = [f'set title "{title}"', f'set xlabel "{xlabel}"', f'set ylabel "{ylabel}"',
                     *settings]
        self.data, self.curves = [], []

    def line(self, name, schedule, points, look="dt 1", style="linespoints"):
        points = [point for point in points if None not in point and "" not in point]
        if points:
            block = f"$d{len(self.data)}"
            self.data.append(f"{block} << E\n" + "\n".join(f"{x} {y}" for x, y in points) + "\nE")
            self.curves.append(f'{block} title "{name}" with {style} lt {schedule.upper()} {look}')

    def text(self, path):
        return "\n".join([f"load {quoted(STYLE)}", *self.head, *self.data, f"set output {quoted(path)}",
                          "plot " + ", \\\n     ".join(self.curves), ""])

    def draw(self, path):
        if not self.curves:
            return
        with tempfile.NamedTemporaryFile("w", suffix=".gp", encoding="utf-8") as script:
            script.write(self.text(path))
            script.flush()
            measure.run(["gnuplot", script.name])
        print(f"drawn: {path}")


LOG_X = "set logscale x 2"
WHOLE_EPOCHS = "set xtics 1"


def speedup(directory):
    rows = derive.speeds(read(directory / "speed.csv"))
    for order in ORDERS:
        plot = Plot(f"Speed-up over ordered with one thread (order of tasks: {order})", "threads",
                    "times ordered, 1 thread, same kind of step",
                    LOG_X, "set yrange [0:*]")
        here = [row for row in rows if row["order"] == order]
        for (schedule, step), group in groups(here, "schedule", "step").items():
            plot.line(f"{schedule}, {step}", schedule,
                      sorted((r["threads"], r["over_serial"]) for r in group),
                      MARKS["step"][step])
        plot.draw(directory / f"speedup-{order}.svg")


def losses(directory):
    """Mean over seeds, of the number of threads for which there are most schedules; as it is, and
    against `ordered` with one thread."""
    histories = derive.histories(read(directory / "runs.csv"))
    threads = usual_threads(histories)
    for order in ORDERS:
        whole = Plot(f"Loss with {threads} threads (order of tasks: {order})", "epoch",
                     "mean loss per record", WHOLE_EPOCHS)
        change = Plot(f"Loss with {threads} threads against ordered with 1 (order of tasks: "
                      f"{order})", "epoch", "difference, per cent (averaged: left out)",
                      WHOLE_EPOCHS)
        base = mean_losses(histories.get((order, *derive.SERIAL), {}))
        for (place, schedule, own_threads), by_seed in histories.items():
            if place == order and own_threads == threads:
                means = mean_losses(by_seed)
                whole.line(schedule, schedule, list(enumerate(means, 1)))
                if schedule != "averaged":
                    change.line(schedule, schedule, [(epoch, 100 * (own / serial - 1)) for epoch, (
                        own, serial) in enumerate(zip(means, base), 1)])
        whole.draw(directory / f"loss-{order}.svg")
        change.draw(directory / f"loss-change-{order}.svg")


def usual_threads(histories):
    """The number of threads of most runs' schedules; of equals the larger."""
    counts = collections.Counter(threads for _, _, threads in histories)
    return max(counts, key=lambda threads: (counts[threads], threads), default=1)


def mean_losses(by_seed):
    return [statistics.mean(point[1] for point in points) for points in zip(*by_seed.values())]


def time_to_loss(directory):
    rows = derive.outcomes(read(directory / "runs.csv"))
    plot = Plot("Time to the loss that ordered, 1 thread, has after 2/3 of the epochs", "threads",
                "seconds, median over seeds", LOG_X, "set logscale y")
    for (schedule, order), group in groups(rows, "schedule", "order").items():
        plot.line(f"{schedule}, {order}", schedule,
                  sorted((r["threads"], r["to_loss_s"]) for r in group if r["to_loss_s"]),
                  MARKS["order"][order])
    plot.draw(directory / "time-to-loss.svg")


def delay(directory):
    series = derive.delays(read(directory / "delay.csv"))
    plot = Plot("Speed-up against the cost of a gradient", "delay, nanoseconds per record (0 drawn at 30)",
                "speed-up over one thread of the same schedule", "set logscale x", "set yrange [0:*]")
    for (schedule, threads), points in series.items():
        if threads > 1:
            plot.line(f"{schedule}, {threads}", schedule,
                      [(wait or 30, speedup) for wait, _, speedup in points])
    plot.draw(directory / "delay.svg")


def conflicts(directory):
    """Simulated as lines, measured as large points without one."""
    simulated, measured = read(directory / "simulate.csv"), read(directory / "conflicts.csv")
    plot = Plot("Steps in conflict, tasks in random order", "threads", "share of steps",
                LOG_X, "set logscale y", 'set format y "10^{%T}"')
    for (schedule,), group in groups(simulated, "schedule").items():
        plot.line(f"{schedule}, simulated", schedule,
                  [(r["threads"], r["conflict_rate"]) for r in group
                   if r["order"] == "random" and r["conflict_rate"] > 0])
    for (schedule,), group in groups(derive.conflict_rates(measured, []), "schedule").items():
        plot.line(f"{schedule}, measured", schedule,
                  [(r["threads"], r["rate"]) for r in group
                   if r["order"] == "random" and r["rate"] > 0], "ps 1.8", "points")
    plot.draw(directory / "conflicts.svg")


def simulated_speedup(directory):
    rows = read(directory / "simulate.csv")
    plot = Plot("Speed-up, simulated (no caches, no memory bandwidth)", "threads",
                "speed-up over ordered with one thread", "set logscale xy 2")
    for (schedule, order), group in groups(rows, "schedule", "order").items():
        plot.line(f"{schedule}, {order}", schedule,
                  [(r["threads"], r["over_serial"]) for r in group], MARKS["order"][order])
    plot.draw(directory / "simulated-speedup.svg")


def draw(settings):
    if not shutil.which("gnuplot"):
        raise Failed("no gnuplot here, nothing drawn: sh tools/install-deps.sh bench")
    for plot in (speedup, losses, time_to_loss, delay, conflicts, simulated_speedup):
        plot(settings.dir)
