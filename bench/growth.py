#!/usr/bin/env python3
"""How time, memory and disk grow with the corpus.

`make growth` runs this; docs/measurements/growth.md explains it.

Runs the stages on parts of a corpus, and on generated corpora far larger than that, and prints
what each took beside what glove-plan estimated. Tables are Markdown; --csv gets every figure.
"""
import argparse
import csv
import json
import os
import resource
import shlex
import shutil
import signal
import statistics
import subprocess
import sys
import threading
import time

STAGES = ("vocab", "cooccur", "shuffle", "train")
MIB = 1 << 20
GB = 1e9
SPARE = 2e9  # bytes of the disk that are left alone
# of generated corpora, measured: bytes of text per token, and of everything else per record
TEXT_BYTES, RECORD_BYTES = 6.0, 8.0
PACKED_BYTES = 2.5  # of the text per token, compressed by zstd -1
RECORDS = 1.15  # of a thousand million tokens, 10^9; they grow as the power 0.75
DIM = 100
# budgets beyond the corpus at hand; what is not named has its default
LARGE = {"vocab.memory_mb": 1024, "cooccur.memory_mb": 1024, "shuffle.memory_mb": 1024,
         "train.memory_mb": 1536, "vocab.max_size": 400000}
SMALL = {}
DEFAULT_BUDGETS = {"vocab": 2048, "cooccur": 4096, "shuffle": 2048}


def die(text):
    sys.exit(f"growth: error: {text}")


# --- watching a process ---------------------------------------------------------------------------

class Watch(threading.Thread):
    """Samples a process: open files, bytes of its nameless temporary files, of its run directory,
    and of its own memory (without mapped files, which the kernel may drop)."""

    def __init__(self, pid, run_dir):
        super().__init__(daemon=True)
        self.pid, self.run_dir = pid, run_dir
        self.files = self.temp = self.disk = self.anonymous = self.peak = 0
        self.over = threading.Event()

    def run(self):
        pause = 0.005
        while not self.over.wait(pause):
            try:
                self.sample()
            except OSError:
                pass  # it is gone
            pause = min(pause * 1.1, 0.1)

    def sample(self):
        folder = f"/proc/{self.pid}/fd"
        names = os.listdir(folder)
        self.files = max(self.files, len(names))
        nameless = {}
        for name in names:
            try:
                info = os.stat(f"{folder}/{name}")
            except OSError:
                continue
            if info.st_nlink == 0 and info.st_blocks:
                nameless[info.st_dev, info.st_ino] = info.st_blocks * 512
        temp = sum(nameless.values())
        self.temp = max(self.temp, temp)
        self.disk = max(self.disk, temp + folder_bytes(self.run_dir))
        with open(f"/proc/{self.pid}/status", encoding="ascii", errors="replace") as status:
            for line in status:
                if line.startswith("RssAnon:"):
                    self.anonymous = max(self.anonymous, int(line.split()[1]) * 1024)
                elif line.startswith("VmHWM:"):
                    self.peak = max(self.peak, int(line.split()[1]) * 1024)


def folder_bytes(path):
    total = 0
    for folder, _, names in os.walk(path):
        for name in names:
            try:
                total += os.stat(os.path.join(folder, name)).st_blocks * 512
            except OSError:
                pass
    return total


def measure(command, run_dir):
    """Run it to its end: wall, CPU seconds, peak bytes, and what Watch saw."""
    begin = time.monotonic()
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        watch = Watch(process.pid, run_dir)
        watch.start()
        try:
            errors = process.stderr.read()
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.terminate()  # we are being stopped
            raise
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.monotonic() - begin
        watch.over.set()
        watch.join()
    if process.returncode != 0:
        die(f"{' '.join(command)}: exit code {process.returncode}: {errors.strip()}")
    # a process inherits the peak of the one that started it; below that, the last sample tells
    peak, ours = usage.ru_maxrss, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"wall_s": wall, "cpu_s": usage.ru_utime + usage.ru_stime,
            "peak": peak * 1024 if peak > 1.1 * ours else watch.peak, "anonymous": watch.anonymous,
            "open_files": watch.files, "temp": watch.temp, "disk": watch.disk}


# --- a corpus through the stages ------------------------------------------------------------------

def events(run_dir, stage, kind):
    found = []
    with open(f"{run_dir}/metrics.jsonl", encoding="utf-8") as lines:
        for line in lines:
            event = json.loads(line)
            if event["stage"] == stage and event["event"] == kind:
                found.append(event)
    return found


def options(corpus, run_dir, settings):
    keys = {"corpus.files": json.dumps([os.path.abspath(corpus)]), "train.dim": DIM,
            "train.epochs": 1, **settings}
    words = ["--run-dir", run_dir]
    for key, value in keys.items():
        words += ["--set", f"{key}={value}"]
    return words


def plan(args, corpus, run_dir, settings):
    """What glove-plan estimates; None if it says that the run does not fit."""
    command = [f"{args.bin}/glove-plan", "--json", *options(corpus, run_dir, settings)]
    begin = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if not done.stdout.strip():
        die(done.stderr.strip())
    estimated = json.loads(done.stdout)
    estimated["seconds"] = time.monotonic() - begin
    if not estimated["fits"]:
        print(f"{corpus}: left out: {estimated['misfit']}", file=sys.stderr)
        return None
    return estimated


def free_disk(args, corpus, run_dir, stage):
    """--free: delete what no later stage reads."""
    if stage == "cooccur" and not args.keep:
        os.remove(corpus)
    if stage == "shuffle":
        os.remove(f"{run_dir}/counts.bin")


def run_stages(args, corpus, settings, stages, runs):
    """One row of figures per stage, medians over `runs` for the times; and the plan."""
    run_dir = f"{args.dir}/run"
    shutil.rmtree(run_dir, ignore_errors=True)
    estimated = plan(args, corpus, run_dir, settings)
    rows = []
    for stage in stages if estimated else ():
        command = [f"{args.bin}/glove-{stage}", "--progress", "none", "--force",
                   *options(corpus, run_dir, settings)]
        several = [measure(command, run_dir) for _ in range(runs)]
        row = {key: max(one[key] for one in several) for key in several[0]}
        for key in ("wall_s", "cpu_s"):
            row[key] = statistics.median(one[key] for one in several)
        done = events(run_dir, stage, "done")[-1]
        row.update(stage=stage, done=done, files=sizes(run_dir))
        if stage == "train":
            epochs = events(run_dir, stage, "epoch")[-runs:]
            row["epoch_cpu_s"] = statistics.median(e["cpu_s"] for e in epochs)
            row["epoch_wall_s"] = statistics.median(e["wall_s"] for e in epochs)
        budget = float(settings.get(f"{stage}.memory_mb", DEFAULT_BUDGETS.get(stage, 0)))
        row["budget"] = budget * MIB
        rows.append(row)
        if args.free and runs == 1:
            free_disk(args, corpus, run_dir, stage)
        print(f"{corpus}: {stage}: {row['wall_s']:.2f} s", file=sys.stderr)
    shutil.rmtree(run_dir, ignore_errors=True)
    return rows, estimated


def sizes(run_dir):
    return {name: os.path.getsize(f"{run_dir}/{name}") for name in os.listdir(run_dir)
            if os.path.isfile(f"{run_dir}/{name}")}


# --- the corpora ----------------------------------------------------------------------------------

def check_room(args, needed, what):
    free = shutil.disk_usage(args.dir).free
    if needed + SPARE > free:
        die(f"{what} needs about {needed / GB:.1f} GB at {args.dir} and {SPARE / GB:.0f} GB to spare, but "
            f"{free / GB:.1f} GB are free: free some, or choose another disk by DIR=")


def first_part(args, share):
    """The first `share` per cent of the corpus, up to white space."""
    if share == 100:
        return args.corpus
    path = f"{args.dir}/share.txt"
    left = os.path.getsize(args.corpus) * share // 100
    with open(args.corpus, "rb") as source, open(path, "wb") as target:
        while left > 0:
            block = source.read(min(left, 4 * MIB))
            left -= len(block)
            if left <= 0:
                block = block[:max(block.rfind(b" "), block.rfind(b"\n")) + 1]
            target.write(block)
    return path


def generate(args, tokens):
    """A generated corpus; one that is there from an earlier run is taken again."""
    records = RECORDS * 1e9 * (tokens / 1e9) ** 0.75
    path = f"{args.dir}/zipf-{tokens:.0f}-{args.words:.0f}-{args.seed}.txt"
    text_bytes, squeeze = TEXT_BYTES, ""
    if args.free:
        path += ".zst"
        text_bytes, squeeze = PACKED_BYTES, " | zstd -q -1"
    if os.path.exists(path):
        check_room(args, records * RECORD_BYTES, f"a run on {tokens:.0f} tokens")
        return path
    check_room(args, tokens * text_bytes + records * RECORD_BYTES, f"a run on {tokens:.0f} tokens")
    begin = time.monotonic()
    with open(path + ".part", "wb") as target:
        program = shlex.quote(f"{args.build}/bench/zipf_corpus")
        command = f"{program} {tokens:.0f} {args.words:.0f} {args.seed}"
        done = subprocess.run(["bash", "-o", "pipefail", "-c", command + squeeze], stdout=target,
                              check=False)
    if done.returncode != 0:
        os.remove(path + ".part")
        die(f"zipf_corpus failed with exit code {done.returncode}")
    os.rename(path + ".part", path)
    print(f"{path}: {os.path.getsize(path)} bytes in {time.monotonic() - begin:.0f} s",
          file=sys.stderr)
    return path


# --- tables ---------------------------------------------------------------------------------------

def per(row, tokens):
    """Nanoseconds of CPU time per token, or per record where a stage works on these."""
    if row["stage"] in ("vocab", "cooccur"):
        return row["cpu_s"] / tokens * 1e9
    seconds = row.get("epoch_cpu_s", row["cpu_s"])
    return seconds / row["done"]["records"] * 1e9


def table(head, rows):
    print("\n| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print(flush=True)


def mib(value):
    return f"{value / MIB:,.0f}"


def mb(value):
    return f"{value / 1e6:,.0f}" if value >= 1e6 else f"{value / 1e6:.2g}" if value else "-"


def print_stages(results):
    lines = []
    for name, rows, _ in results:
        tokens = rows[0]["done"]["tokens"] if rows else 0
        for row in rows:
            output = sum(row["files"].get(f, 0) for f in OUTPUTS[row["stage"]])
            lines.append([name, row["stage"], f"{row['wall_s']:.2f}", f"{row['cpu_s']:.2f}",
                          f"{per(row, tokens):.1f}", mib(row["peak"]), mib(row["anonymous"]),
                          mib(row["budget"]) if row["budget"] else "-", str(row["open_files"]),
                          mb(row["temp"]), mb(output), mb(row["disk"])])
    table(["corpus", "stage", "wall s", "CPU s", "CPU ns / token or record", "peak MiB",
           "own MiB", "budget MiB", "open files", "temporary MB", "output MB", "disk MB"], lines)


OUTPUTS = {"vocab": ("vocab.txt",), "cooccur": ("counts.bin",), "shuffle": ("store.db",),
           "train": ("model.ckpt", "vectors.txt")}


def found_figures(rows):
    """What glove-plan estimates, as the run measured it: name -> value."""
    found = {}
    for row in rows:
        stage, done = row["stage"], row["done"]
        if stage == "vocab":
            found.update(tokens_all=done["tokens"], vocabulary=done["words"])
        elif stage == "cooccur":
            found.update(records=done["records"])
        found[f"{stage} memory"] = row["peak"]
        found[f"{stage} temporary"] = row["temp"]
        found[f"{stage} CPU"] = row["cpu_s"]
        found[f"{stage} wall"] = row["wall_s"]
        found.update({name: row["files"][name] for name in OUTPUTS[stage]})
    return found


def estimated_figures(estimated):
    figures = {"tokens_all": estimated["corpus_tokens"], "vocabulary": estimated["vocab"],
               "records": estimated["records"], **estimated["files"]}
    for stage, one in zip(STAGES, estimated["stages"]):
        figures[f"{stage} memory"] = one["memory_bytes"]
        figures[f"{stage} temporary"] = one["temp_bytes"]
        figures[f"{stage} CPU"] = one["cpu_s"]
        figures[f"{stage} wall"] = one["wall_s"]
    return figures


def print_plans(results):
    """Estimated / found, a column per corpus."""
    pairs = [(name, estimated_figures(estimated), found_figures(rows))
             for name, rows, estimated in results if rows]
    names = list(dict.fromkeys(key for _, _, found in pairs for key in found))
    lines = []
    for key in names:
        cells = [f"{told[key] / found[key]:.2f}" if found.get(key) and key in told else "-"
                 for _, told, found in pairs]
        lines.append([key.replace("tokens_all", "tokens"), *cells])
    table(["glove-plan: estimated / found", *(name for name, _, _ in pairs)], lines)


def check(lines, what, value, limit, most=True):
    good = value <= limit if most else value >= limit
    lines.append([what, f"{value:.2f}", f"{'at most' if most else 'at least'} {limit:g}",
                  "yes" if good else "NO"])


def print_checks(results, shares):
    lines = []
    counting = {}
    training = {}
    for name, rows, _ in results:
        by_stage = {row["stage"]: row for row in rows}
        if "cooccur" in by_stage:
            counting[name] = sum(by_stage[s]["cpu_s"] for s in ("vocab", "cooccur")) / \
                by_stage["vocab"]["done"]["tokens"]
        if "train" in by_stage:
            training[name] = by_stage["train"]["done"]["records"] / \
                by_stage["train"]["epoch_cpu_s"]
        check(lines, f"{name}: memory / budget, the worst stage",
              max(row["peak"] / row["budget"] for row in rows if row["budget"]), 1)
        check(lines, f"{name}: open files, the worst stage",
              max(row["open_files"] for row in rows), 63)
    whole = f"{shares[-1]} %" if shares else ""
    for name, value in counting.items():
        if whole in counting and name != whole and (name not in [f"{s} %" for s in shares]
                                                    or float(name[:-2]) >= 30):
            generated = not name.endswith("%")
            check(lines, f"{name}: CPU time of counting a token, against {whole}",
                  value / counting[whole], 2 if generated else 1.3)
    for name, value in training.items():
        if whole in training and not name.endswith("%"):
            check(lines, f"{name}: records trained per CPU second, against {whole}",
                  value / training[whole], 0.5, most=False)
    table(["check", "found", "wanted", "met"], lines)
    return all(line[-1] == "yes" for line in lines)


def write_csv(path, results):
    with open(path, "w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(["corpus", "figure", "found", "estimated"])
        for name, rows, estimated in results:
            told = estimated_figures(estimated) if estimated else {}
            found = found_figures(rows)
            for row in rows:
                for key in ("anonymous", "open_files", "disk", "epoch_cpu_s", "epoch_wall_s"):
                    if key in row:
                        found[f"{row['stage']} {key}"] = row[key]
            for key, value in found.items():
                out.writerow([name, key, value, told.get(key, "")])


# --- the whole ------------------------------------------------------------------------------------

def numbers(text):
    return [float(word) for word in text.replace(",", " ").split()]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--corpus", required=True, help="text whose parts are measured")
    parser.add_argument("--shares", default="1 3 10 30 100", help="per cent of it")
    parser.add_argument("--tokens", default="1e9 3e9", help="of generated corpora")
    parser.add_argument("--train", default="1e9", help="generated corpora to train on, too")
    parser.add_argument("--words", type=float, default=4e6, help="distinct words they draw from")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--runs", type=int, default=3, help="of each share; medians are shown")
    parser.add_argument("--dir", default="build/growth", help="for corpora and runs")
    parser.add_argument("--csv", help="every figure [DIR/growth.csv]")
    parser.add_argument("--keep", action="store_true", help="keep generated corpora")
    parser.add_argument("--free", action="store_true",
                        help="compress generated corpora, delete them once they are counted, and "
                        "counts once they are shuffled")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE",
                        help="a config key of the generated corpora")
    parser.add_argument("--bin", default="build/bin")
    parser.add_argument("--build", default="build/release")
    return parser.parse_args()


def main():
    args = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    os.makedirs(args.dir, exist_ok=True)
    results = []
    shares = [int(share) for share in numbers(args.shares)]
    try:
        check_room(args, 9 * os.path.getsize(args.corpus), "the corpus at hand")
        for share in shares:
            rows, estimated = run_stages(args, first_part(args, share), SMALL, STAGES, args.runs)
            results.append((f"{share} %", rows, estimated))
        if os.path.exists(f"{args.dir}/share.txt"):
            os.remove(f"{args.dir}/share.txt")
        large = {**LARGE, **dict(word.split("=", 1) for word in args.set)}
        for tokens in numbers(args.tokens):
            stages = STAGES if tokens in numbers(args.train) else STAGES[:-1]
            corpus = generate(args, tokens)
            rows, estimated = run_stages(args, corpus, large, stages, 1)
            results.append((f"{tokens:.3g}".replace("+0", ""), rows, estimated))
            if not args.keep and os.path.exists(corpus):
                os.remove(corpus)
    finally:
        shutil.rmtree(f"{args.dir}/run", ignore_errors=True)
        results = [one for one in results if one[1]]
        if results:
            print_stages(results)
            print_plans(results)
            met = print_checks(results, shares)
            write_csv(args.csv or f"{args.dir}/growth.csv", results)
    return 0 if results and met else 1


if __name__ == "__main__":
    sys.exit(main())
