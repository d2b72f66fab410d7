"""summary.md: what the CSV files of a folder say, in tables."""

import csv
import json

import derive
import report
from rows import groups, read

HEAD = "# Hogwild! on glovebox\n"


def table(head, lines):
    cells = [head, ["---"] * len(head), *lines]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in cells)


def shown(value, form):
    return format(value, form) if isinstance(value, (int, float)) else "-"


def spread(pair, form):
    return f"{format(pair[0], form)} ± {format(pair[1], form.lstrip('+'))}" if pair else "-"


def about(settings):
    bound = json.loads((settings.dir / "settings.json").read_text(encoding="utf-8"))
    name = bound["corpus"].rsplit("/", 1)[-1]
    return (f"{report.machine()}; commit {report.commit() or 'unknown'}; {name}, {bound['bytes']} bytes; "
            f"d = {bound['dim']}, {bound['epochs']} epochs, x_max 10")


def runs_section(settings):
    rows = derive.outcomes(read(settings.dir / "runs.csv"))
    if not rows:
        return ""
    lines = [[r["order"], r["schedule"], r["threads"], r["seeds"], f"{r['loss']:.6f}",
              spread(r["change"], "+.3f"), f"{r['epoch_s']:.3g}", shown(r["to_loss_s"], ".3g"),
              f"{r['reached']} of {r['pairs']}", shown(r["to_loss_speedup"], ".2f")] for r in rows]
    return "## Full trainings\n\n" + table(
        ["order", "schedule", "threads", "seeds", "final loss, mean",
         "against ordered with 1 thread, %", "s/epoch, median", "s to serial's loss of 2/3",
         "reached it", "speed-up to that loss"], lines) + "\n"


def scores_section(settings):
    rows = read(settings.dir / "scores.csv")
    if not rows:
        return ""
    files = list(dict.fromkeys(row["file"] for row in rows))
    lines = []
    for case, group in groups(rows, "order", "schedule", "threads").items():
        values = groups(group, "file")
        lines.append([*case, *(spread(derive.mean_sd([r["score"] for r in values[file,]]), ".4g")
                               if (file,) in values else "-" for file in files)])
    return "## Scores\n\nAnalogies in per cent, similarity as Spearman's rho; mean ± sd over seeds.\n\n" \
        + table(["order", "schedule", "threads", *files], lines) + "\n"


def speed_section(settings):
    rows = derive.speeds(read(settings.dir / "speed.csv"))
    if not rows:
        return ""
    with open(settings.dir / "speedup.csv", "w", newline="", encoding="utf-8") as file:
        out = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
        out.writeheader()
        out.writerows(rows)
    lines = [[r["order"], r["step"], r["schedule"], r["threads"], f"{r['wall_rate'] / 1e6:.3g}",
              f"{r['cpu_rate'] / 1e6:.3g}", *(shown(r[key], ".2f") for key in
                                              ("speedup", "over_serial", "over_tile"))]
             for r in rows]
    return "## Speed\n\nMedians.\n\n" + table(
        ["order", "step", "schedule", "threads", "M records/s", "M records/CPU s",
         "over itself, 1 thread", "over ordered, 1 thread, same step", "over ordered, 1 thread, tile"],
        lines) + "\n"


def conflicts_section(settings):
    rows = derive.conflict_rates(read(settings.dir / "conflicts.csv"),
                                 read(settings.dir / "simulate.csv"))
    if not rows:
        return ""
    lines = [[r["order"], r["schedule"], r["threads"], r["steps"], r["steps_in_conflict"],
              f"{r['rate']:.2e}", f"{r['row_rate']:.2e}", shown(r["simulated"], ".2e"),
              f"{r['cores']:.2f}"]
             for r in rows]
    return "## Conflicts\n\n" + table(
        ["order", "schedule", "threads", "steps", "in conflict", "share", "share of rows",
         "share, simulated", "cores busy"], lines) + "\n"


def delay_section(settings):
    series = derive.delays(read(settings.dir / "delay.csv"))
    waits = sorted({wait for points in series.values() for wait, _, _ in points})
    lines = []
    for case, points in series.items():
        cells = {wait: f"{ns:.4g}" + (f" ({speedup:.2f})" if speedup and case[1] > 1 else "")
                 for wait, ns, speedup in points}
        lines.append([*case, *(cells.get(wait, "-") for wait in waits)])
    return "## Delay\n\nNanoseconds per record, median (speed-up over one thread), by the delay.\n\n" \
        + table(["schedule", "threads", *(f"{wait} ns" for wait in waits)], lines) + "\n" \
        if lines else ""


def graph_section(settings):
    rows = read(settings.dir / "graph.csv")
    if not rows:
        return ""
    return "## The hypergraph\n\n" + table(list(rows[0]), [list(r.values()) for r in rows]) + "\n"


def simulate_section(settings):
    rows = read(settings.dir / "simulate.csv")
    if not rows:
        return ""
    threads = list(dict.fromkeys(row["threads"] for row in rows))
    lines = [[*case, *(f"{r['speedup']:.1f} ({r['conflict_rate']:.1e})" for r in group)]
             for case, group in groups(rows, "order", "schedule").items()]
    return "## Simulated speed-up over itself with 1 thread (share of steps in conflict)\n\n" \
        + table(["order", "schedule", *threads], lines) + "\n"


def write(settings):
    sections = (runs_section, scores_section, speed_section, conflicts_section, delay_section,
                graph_section, simulate_section)
    text = "\n".join([HEAD, about(settings) + "\n",
                      *filter(None, (section(settings) for section in sections))])
    (settings.dir / "summary.md").write_text(text, encoding="utf-8")
    return text
