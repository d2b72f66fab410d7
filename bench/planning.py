#!/usr/bin/env python3
"""What glove-plan forecasts beside what the run then takes.

`make planning` runs this; docs/measurements/planning.md explains it and has a table.

Each setting is planned, then run; a stage's time is the median of --runs. Exits with 1 if a figure
is further from its forecast than --limit.
"""
import argparse
import os
import shutil
import signal
import statistics
import sys

import growth

MIB = 1 << 20
JUDGED_S = 0.3  # times below are shown and not judged: starting a program is much of them
BEFORE_TRAINING = ("vocab", "cooccur", "shuffle")


def settings_of(objective, dim, threads, **more):
    keys = {"train.objective": objective, "train.dim": dim, "train.epochs": 1,
            "cooccur.threads": threads, "train.threads": threads}
    keys.update({key.replace("__", "."): value for key, value in more.items()})
    return keys


def cases():
    """(name, settings, stages that are measured): what several settings share is measured once."""
    small = {"cooccur__memory_mb": 64, "shuffle__memory_mb": 64, "train__memory_mb": 160}
    for threads in (1, 2):
        for objective in ("glove", "logistic", "word2vec"):
            for dim in (50, 100, 300):
                first = objective == "glove" and dim == 50
                yield (f"{objective}, d = {dim}, {threads} threads".replace("1 threads", "1 thread"),
                       settings_of(objective, dim, threads),
                       (*(BEFORE_TRAINING if first else ()), "train"))
    yield ("word2vec ordered, d = 100", settings_of("word2vec", 100, 2, train__schedule="ordered"),
           ("train",))
    yield "window 5", settings_of("glove", 100, 2, cooccur__window=5), growth.STAGES[1:]
    yield "window 30", settings_of("glove", 100, 2, cooccur__window=30), growth.STAGES[1:]
    yield ("not symmetric", settings_of("glove", 100, 2, cooccur__symmetric="false"),
           growth.STAGES[1:])
    yield "min_count 100", settings_of("glove", 100, 2, vocab__min_count=100), growth.STAGES
    yield "small memory", settings_of("glove", 100, 2, **small), growth.STAGES[1:]


# --- one setting ----------------------------------------------------------------------------------

def medians(several):
    row = {key: max(one[key] for one in several) for key in several[0]}
    for key in ("wall_s", "cpu_s"):
        row[key] = statistics.median(one[key] for one in several)
    return row


def run_dir_of(args, settings):
    """Runs that count alike share their store; glove-train replaces the vectors."""
    key = "-".join(f"{k}={v}" for k, v in sorted(settings.items())
                   if k.startswith(("cooccur.", "shuffle.", "vocab.")))
    return f"{args.dir}/{key or 'run'}"


def compare(args, name, settings, stages):
    """One row per measured stage: name, stage, {figure: (forecast, found)}."""
    run_dir = run_dir_of(args, settings)
    forecast = growth.plan(args, args.corpus, f"{args.dir}/none", settings)
    rows = []
    needed = [s for s in growth.STAGES if settings["train.objective"] != "word2vec"
              or s in ("vocab", "train")]
    for stage in needed if forecast else ():
        if stage not in stages and os.path.exists(f"{run_dir}/{growth.OUTPUTS[stage][0]}"):
            continue
        command = [f"{args.bin}/glove-{stage}", "--progress", "none", "--force",
                   *growth.options(args.corpus, run_dir, settings)]
        runs = args.runs if stage in stages else 1
        found = medians([growth.measure(command, run_dir) for _ in range(runs)])
        if stage in stages:
            rows.append((name, stage, figures(forecast, found, stage, run_dir)))
            print(f"{name}: {stage}: {found['cpu_s']:.2f} s of processor time", file=sys.stderr)
    return rows


def figures(forecast, found, stage, run_dir):
    told = next(s for s in forecast["stages"] if s["program"] == f"glove-{stage}")
    sizes = growth.sizes(run_dir)
    names = [n for n in forecast["files"] if n in sizes and n in FILES[stage]]
    return {"CPU s": (told["cpu_s"], found["cpu_s"]), "wall s": (told["wall_s"], found["wall_s"]),
            "memory MiB": (told["memory_bytes"] / MIB, found["peak"] / MIB),
            "files MB": (sum(forecast["files"][n] for n in names) / 1e6,
                         sum(sizes[n] for n in names) / 1e6),
            "temporary MB": (told["temp_bytes"] / 1e6,
                             found["temp"] / 1e6 if told["temp_bytes"] > 0 else 0)}


FILES = {**growth.OUTPUTS, "train": ("model.ckpt", "vectors.txt", "corpus.ids")}


# --- the table ------------------------------------------------------------------------------------

def judged(figure, found):
    return found > 0 and not (figure.endswith(" s") and found < JUDGED_S)


def number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def cell(figure, pair):
    told, found = pair
    if found <= 0:
        return "-"
    ratio = f"{told / found:.2f}" if judged(figure, found) else f"({told / found:.2f})"
    return f"{number(told)} / {number(found)} = {ratio}"


def print_table(rows):
    names = ["CPU s", "wall s", "memory MiB", "files MB", "temporary MB"]
    growth.table(["setting", "stage", *names],
                 [[name, stage, *(cell(f, told[f]) for f in names)] for name, stage, told in rows])


def off(told, found):
    return max(told / found, found / told) if told > 0 else float("inf")


def print_summary(rows, limit, wall):
    """How far off the forecasts are; whether all that count are within the limit."""
    by_figure = {}
    for name, stage, pairs in rows:
        for figure, (told, found) in pairs.items():
            if judged(figure, found):
                by_figure.setdefault(figure, []).append((off(told, found), f"{name}, {stage}"))
    lines, met = [], True
    for figure, offs in by_figure.items():
        within = sum(one <= limit for one, _ in offs)
        worst, where = max(offs)
        lines.append([figure, str(len(offs)), str(within), f"{worst:.2f}", where])
        met = met and (within == len(offs) or (figure == "wall s" and not wall))
    growth.table(["figure", "stages", f"within a factor of {limit}", "worst", "where"], lines)
    return met


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--corpus", required=True, help="text to plan and run")
    parser.add_argument("--runs", type=int, default=1, help="of each stage; medians are shown")
    parser.add_argument("--limit", type=float, default=1.25, help="most that a forecast may be off")
    parser.add_argument("--no-wall", action="store_true",
                        help="show wall time but do not judge it: for machines with other work")
    parser.add_argument("--only", help="settings whose name contains this")
    parser.add_argument("--dir", default="build/planning", help="for the runs")
    parser.add_argument("--bin", default="build/bin")
    return parser.parse_args()


def main():
    args = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    os.makedirs(args.dir, exist_ok=True)
    growth.check_room(args, 20 * os.path.getsize(args.corpus), "the runs")
    rows, met = [], False
    try:
        for name, settings, stages in cases():
            if not args.only or args.only in name:
                rows += compare(args, name, settings, stages)
    finally:
        shutil.rmtree(args.dir, ignore_errors=True)
        if rows:
            print_table(rows)
            met = print_summary(rows, args.limit, not args.no_wall)
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
