"""The parts of the experiment that fill CSV files. Each is called with the settings and a Log."""

import itertools
import statistics

import measure
from rows import Table, read
from trainer import Trainer, prefix

FAST = ("ordered", "hogwild", "averaged")  # those that go tile by tile unless asked to count
TIMES = ("records", "wall_s", "cpu_s")


def main_trainer(settings):
    trainer = Trainer(settings, settings.dir / "run", settings.corpus)
    trainer.prepare()
    return trainer


# --- runs -----------------------------------------------------------------------------------------

def runs(settings, log):
    """Full trainings: the loss of every epoch, and scores."""
    keys = ("schedule", "threads", "seed", "order")
    epochs = Table(settings.dir / "runs.csv", keys, ("epoch", "loss", *TIMES))
    scores = Table(settings.dir / "scores.csv", keys, ("file", "score"))
    trainer = main_trainer(settings)
    cases = itertools.product(range(1, settings.seeds + 1), settings.orders, settings.threads,
                              settings.schedules)
    for seed, order, threads, schedule in cases:
        case = {"schedule": schedule, "threads": threads, "seed": seed, "order": order}
        if epochs.has(**case):
            continue
        log(f"runs: {schedule}, {threads} threads, seed {seed}, {order}")
        one_run(settings, trainer, case, epochs, scores)


def one_run(settings, trainer, case, epochs, scores):
    events, _ = trainer.train_as(epochs=settings.epochs, **case)
    if settings.analogies or settings.similarity:
        found = trainer.scores(settings.analogies, settings.similarity)
        if not scores.has(**case):
            scores.add([{**case, "file": file, "score": score} for file, score in found.items()])
    epochs.add([{**case, **{key: event[key] for key in ("epoch", "loss", *TIMES)}}
                for event in events])


# --- speed ----------------------------------------------------------------------------------------

def speed(settings, log):
    """Two epochs, of which the second counts; schedules take turns."""
    table = Table(settings.dir / "speed.csv", ("schedule", "step", "order", "threads", "run"), TIMES)
    trainer = main_trainer(settings)
    cases = itertools.product(range(1, settings.runs + 1), settings.orders, settings.threads,
                              ("tile", "group"), settings.schedules)
    for run, order, threads, step, schedule in cases:
        case = {"schedule": schedule, "step": step, "order": order, "threads": threads, "run": run}
        if table.has(**case) or (step == "tile" and schedule not in FAST):
            continue
        log(f"speed: run {run} of {settings.runs}: {schedule}, {step}, {threads} threads, {order}")
        events, _ = trainer.train_as(schedule, threads, 2, order=order, count=step == "group")
        table.add([{**case, **{key: events[-1][key] for key in TIMES}}])


# --- conflicts ------------------------------------------------------------------------------------

def conflicts(settings, log):
    """One epoch of each schedule that shares rows."""
    counts = ("steps", "steps_in_conflict", "rows", "rows_in_conflict")
    table = Table(settings.dir / "conflicts.csv", ("schedule", "order", "threads"),
                  (*counts, "wall_s", "cpu_s"))
    trainer = main_trainer(settings)
    cases = itertools.product(settings.orders, settings.conflict_threads, settings.schedules)
    for order, threads, schedule in cases:
        case = {"schedule": schedule, "order": order, "threads": threads}
        if table.has(**case) or schedule == "averaged":
            continue
        log(f"conflicts: {schedule}, {threads} threads, {order}")
        events, done = trainer.train_as(schedule, threads, 1, order=order, count=True)
        times = {key: events[-1][key] for key in ("wall_s", "cpu_s")}
        table.add([{**case, **{key: done["conflicts"][key] for key in counts}, **times}])


# --- delay ----------------------------------------------------------------------------------------

def delay(settings, log):
    """The paper's delay experiment, on the beginning of the corpus: one epoch."""
    table = Table(settings.dir / "delay.csv", ("schedule", "delay_ns", "threads", "run"), TIMES)
    text = prefix(settings.corpus, settings.delay_bytes, settings.dir / "delay.txt")
    trainer = Trainer(settings, settings.dir / "delay-run", text)
    trainer.prepare()
    cases = itertools.product(range(1, settings.runs + 1), settings.delays, settings.delay_threads,
                              settings.schedules)
    for run, wait, threads, schedule in cases:
        case = {"schedule": schedule, "delay_ns": wait, "threads": threads, "run": run}
        if table.has(**case) or schedule == "averaged":
            continue
        log(f"delay: run {run} of {settings.runs}: {wait} ns, {schedule}, {threads} threads")
        events, _ = trainer.train_as(schedule, threads, 1, count=True, delay=wait)
        table.add([{**case, **{key: events[-1][key] for key in TIMES}}])


# --- graph and simulate: programs that print CSV --------------------------------------------------

def graph(settings, log):
    trainer = main_trainer(settings)
    log("graph")
    measure.run([settings.benches / "hypergraph", trainer.dir], stdout=settings.dir / "graph.csv")


def simulate(settings, log):
    trainer = main_trainer(settings)
    costs = measured_costs(read(settings.dir / "speed.csv"), step_records(settings))
    lists = {"threads": settings.sim_threads, "schedules": settings.schedules,
             "orders": settings.orders}
    options = [f"{key}={','.join(map(str, values))}" for key, values in lists.items()]
    options += [f"{key}={value:.4g}" for key, value in costs.items()]
    log("simulate: " + (" ".join(options[3:]) or "with the program's own costs"))
    measure.run([settings.benches / "simulate", *options, f"steps={settings.steps}", trainer.dir],
                stdout=settings.dir / "simulate.csv")


def step_records(settings):
    """Mean records of a step: of `graph` if it was run, else about what a text has."""
    edges = {row["edge"]: row["edges"] for row in read(settings.dir / "graph.csv")}
    return edges["record"] / edges["step"] if "step" in edges else 3.4


def measured_costs(rows, records):
    """The simulation's costs, nanoseconds, from part `speed`; those that cannot be had are left
    out. What of a step's time is gradient and what update is not measured: half each."""
    def cost(schedule, threads):
        found = [row["wall_s"] / row["records"] * 1e9 for row in rows
                 if (row["schedule"], row["threads"], row["step"], row["order"]) ==
                 (schedule, threads, "group", "blocks")]
        return statistics.median(found) if found else None

    serial, locked, atomic = cost("ordered", 1), cost("locked", 1), cost("atomic", 1)
    ring = cost("round_robin", 2)
    if not serial:
        return {}
    half = serial / 2
    found = {"gradient": half, "update": half}
    if locked:
        found["lock"] = max(0, (locked - serial) * records / (records + 1))
    if atomic:
        found["atomic"] = max(1, (atomic - half) / half)
    if ring:
        found["handover"] = max(0, (ring - half) * records)
    return found
