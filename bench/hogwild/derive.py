"""Figures made out of the CSV files: medians, speed-ups, times to a loss. Used by tables and plots."""

import statistics

from rows import groups

SERIAL = ("ordered", 1)


def mean_sd(values):
    return statistics.mean(values), statistics.stdev(values) if len(values) > 1 else 0.0


# --- speed ----------------------------------------------------------------------------------------

def speeds(rows):
    """One row a case: median records per second, and how many times faster than the same schedule
    with one thread, than `ordered` with one thread in the same kind of step, and than that as it is
    used (in tiles)."""
    found = {case: {"runs": len(group),
                    "wall_rate": statistics.median(r["records"] / r["wall_s"] for r in group),
                    "cpu_rate": statistics.median(r["records"] / r["cpu_s"] for r in group)}
             for case, group in groups(rows, "order", "step", "schedule", "threads").items()}
    for (order, step, schedule, _), row in found.items():
        for name, base in (("speedup", (order, step, schedule, 1)),
                           ("over_serial", (order, step, *SERIAL)),
                           ("over_tile", (order, "tile", *SERIAL))):
            row[name] = row["wall_rate"] / found[base]["wall_rate"] if base in found else ""
    return [{**dict(zip(("order", "step", "schedule", "threads"), case)), **row}
            for case, row in found.items()]


# --- runs -----------------------------------------------------------------------------------------

def histories(rows):
    """(order, schedule, threads) -> seed -> losses and seconds at the end of each epoch."""
    found = {}
    for (order, schedule, threads, seed), events in \
            groups(rows, "order", "schedule", "threads", "seed").items():
        seconds, history = 0, []
        for event in sorted(events, key=lambda e: e["epoch"]):
            seconds += event["wall_s"]
            history.append((seconds, event["loss"]))
        found.setdefault((order, schedule, threads), {})[seed] = history
    return found


def time_to(history, wanted):
    """Seconds until the loss has fallen to what is wanted, between two epochs in a straight line;
    None if it never has."""
    before = None
    for seconds, loss in history:
        if loss <= wanted:
            if before is None or before[1] == loss:
                return seconds
            part = (before[1] - wanted) / (before[1] - loss)
            return before[0] + part * (seconds - before[0])
        before = (seconds, loss)
    return None


def outcomes(rows):
    """One row a case of runs.csv, compared seed by seed with `ordered` of one thread in the same
    order. The loss to be reached is that of `ordered` at two thirds of the epochs."""
    all_histories, result = histories(rows), []
    for (order, schedule, threads), by_seed in all_histories.items():
        base = all_histories.get((order, *SERIAL), {})
        pairs = [(by_seed[seed], base[seed]) for seed in by_seed if seed in base]
        change = [100 * (own[-1][1] / serial[-1][1] - 1) for own, serial in pairs]
        times = [(time_to(own, target(serial)), time_to(serial, target(serial)))
                 for own, serial in pairs]
        reached = [(own, serial) for own, serial in times if own is not None]
        result.append({
            "order": order, "schedule": schedule, "threads": threads, "seeds": len(by_seed),
            "loss": statistics.mean(history[-1][1] for history in by_seed.values()),
            "change": mean_sd(change) if change else None,
            "epoch_s": statistics.median(h[-1][0] / len(h) for h in by_seed.values()),
            "reached": len(reached), "pairs": len(pairs),
            "to_loss_s": statistics.median(own for own, _ in reached) if reached else None,
            "to_loss_speedup": statistics.median(s / o for o, s in reached) if reached else None})
    return result


def target(serial):
    return serial[max(1, round(len(serial) * 2 / 3)) - 1][1]


# --- conflicts, delay -----------------------------------------------------------------------------

def conflict_rates(measured, simulated):
    """Share of the steps that met a conflict, and what the simulation says of the same case."""
    said = {(r["schedule"], r["order"], r["threads"]): r["conflict_rate"] for r in simulated}
    return [{**row, "rate": row["steps_in_conflict"] / max(1, row["steps"]),
             "row_rate": row["rows_in_conflict"] / max(1, row["rows"]),
             "cores": row["cpu_s"] / row["wall_s"],
             "simulated": said.get((row["schedule"], row["order"], row["threads"]))}
            for row in measured]


def delays(rows):
    """(schedule, threads) -> [(delay, median nanoseconds per record, speed-up over one thread)]."""
    cost = {case: statistics.median(r["wall_s"] / r["records"] * 1e9 for r in group)
            for case, group in groups(rows, "schedule", "threads", "delay_ns").items()}
    found = {}
    for (schedule, threads, wait), ns in sorted(cost.items(), key=lambda item: item[0][2]):
        alone = cost.get((schedule, 1, wait))
        found.setdefault((schedule, threads), []).append((wait, ns, alone / ns if alone else None))
    return found
