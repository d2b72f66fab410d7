"""The rows of the table of `make bench`, out of the samples that a Bench has collected."""

import statistics

import programs
from report import Row

DIMS = (50, 100, 300)
EPOCHS = 15  # of corpus to vectors

# Share of the records by the length of run that bench_kernel times, as in the store of 100 MB of
# text: runs of one; two or three; four to fifteen; longer ones.
RUN_WEIGHTS = {"1": 0.03, "2": 0.04, "4": 0.19, "16": 0.74}


def sums(bench, side, what):
    """Sample by sample the sum over the stages."""
    return [sum(values) for values in zip(*(bench.get(f"{side} {s} {what}")
                                            for s in programs.STAGES))]


def stage_rows(bench):
    three = "vocabulary + counting + shuffle"
    yield Row(f"{three}, wall", "s", sums(bench, "own", "wall"), sums(bench, "ref", "wall"))
    yield Row(f"{three}, CPU", "s", sums(bench, "own", "cpu"), sums(bench, "ref", "cpu"))
    for stage, name in zip(programs.STAGES, three.split(" + ")):
        for what, title in (("wall", "wall"), ("cpu", "CPU")):
            yield Row(f"{name}, {title}", "s", bench.get(f"own {stage} {what}"),
                      bench.get(f"ref {stage} {what}"))


def train_rows(bench):
    unit, threads = "M records/CPU s", bench.set.threads
    for dim in DIMS:
        yield Row(f"training, d = {dim}, {threads} threads", unit, bench.get(f"own {dim} rate"),
                  bench.get(f"ref {dim} rate"), True)
    for dim in (50, 300):
        if bench.fast:
            yield Row(f"training, d = {dim}, against -Ofast", unit, bench.get(f"own {dim} rate"),
                      bench.get(f"fast {dim} rate"), True)
    if threads > 1:
        yield Row(f"training, d = 50, {threads} threads against 1", "s/epoch, wall",
                  bench.get("own 50 epoch"), bench.get("own 50 one epoch"),
                  note="left: glovebox with 1 thread")


def whole_row(bench):
    """Corpus to vectors. The reference's time is put together, pair by pair, of what was measured."""
    parts = zip(sums(bench, "ref", "wall"), bench.get("ref 50 epoch"), bench.get("ref 50 rest"))
    reference = [stages + EPOCHS * epoch + rest for stages, epoch, rest in parts]
    losses = [f"{name} {value[0]:.6f}" for name, value in
              (("glovebox", bench.get("own loss")), ("reference", bench.known_loss())) if value]
    note = "loss: " + ", ".join(losses) if losses else ""
    if bench.get("ref full"):
        note += (f"; the reference's training in full: {bench.get('ref full')[0]:.0f} s,"
                 f" an epoch {bench.get('ref full epoch')[0]:.1f} s, put together"
                 f" {statistics.median(bench.get('ref 50 epoch') or [0]):.1f} s")
    return Row(f"corpus to vectors, wall, d = 50, {EPOCHS} epochs", "s", bench.get("own vectors"),
               reference, note=note)


def kernel_rows(bench):
    """Floor over time, runs weighted as in a store. The widest kernel is the first that bench_kernel
    names."""
    names = [name.split() for name in bench.samples if name.startswith("kernel ")]
    for dim in DIMS:
        times = {run: bench.get(f"kernel {kernel} {d} {run}") for _, kernel, d, run in names
                 if d == str(dim) and kernel == names[0][1]}
        weights = {"mix": 1} if "mix" in times else RUN_WEIGHTS
        if weights.keys() <= times.keys():
            floor, taken, caches = (sum(weight * times[run][i] for run, weight in weights.items())
                                    for i in range(3))
            note = f"{names[0][1]}; runs of " + ", ".join(
                f"{run}: {100 * each[0] / each[1]:.0f}" for run, each in times.items())
            note += f"; floor {floor:.1f} ns, caches alone {caches:.1f}, kernel {taken:.1f}"
            yield Row(f"kernel's share of the floor, d = {dim}", "%", [100 * floor / taken], note=note)


def rows_of(bench):
    """All rows for which there are figures."""
    rows = list(stage_rows(bench)) if "stages" in bench.set.parts else []
    rows += list(train_rows(bench))
    rows.append(whole_row(bench))
    if bench.get("store"):
        rows.append(Row("store, per ordered record", "bytes", bench.get("store"),
                        [programs.RECORD_BYTES], note=bench.notes.get("records", "")))
    rows += list(kernel_rows(bench))
    rows.append(Row("evaluation against numpy, V x 100, CPU", "s", bench.get("own eval"),
                    bench.get("numpy eval"), note=bench.notes.get("eval", "")))
    if bench.get("numpy eval words"):
        rows.append(Row("the same, numpy combining cosines of words", "s", bench.get("own eval"),
                        bench.get("numpy eval words")))
    rows.append(Row("vectors as text against fprintf, 68,000 x 300, wall", "s", bench.get("own text"),
                    bench.get("fprintf text")))
    return [row for row in rows if row.own]
