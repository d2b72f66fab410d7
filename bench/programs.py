"""The two sides of the comparison: glovebox's programs and a build of the reference's, each called
with the same settings (min_count 5, window 15, x_max 10, eta 0.05)."""

import json
import os
from pathlib import Path

import measure
from measure import Failed, Usage

STAGES = ("vocab", "cooccur", "shuffle")
RECORD_BYTES = 16  # of the reference's files: two ids and a double


class Own:
    """glovebox's programs, working in a run directory of their own."""

    def __init__(self, bin_dir, run_dir, corpus):
        self.bin, self.dir = Path(bin_dir), Path(run_dir)
        self.common = ["--run-dir", self.dir, "--progress", "none", "--force", "--set", "name=bench",
                       "--set", "corpus.files=" + json.dumps([str(corpus)]), "--set", "train.x_max=10"]

    def _events(self, stage, event):
        with open(self.dir / "metrics.jsonl", encoding="utf-8") as lines:
            events = [json.loads(line) for line in lines]
        return [e for e in events if e["stage"] == stage and e["event"] == event]

    def stage(self, name, *options):
        return measure.run([self.bin / f"glove-{name}", *self.common, *options])

    def done(self, stage):
        """The account that the stage's newest run gave of itself."""
        return self._events(stage, "done")[-1]

    def train(self, dim, epochs, threads, formats=("text",)):
        """Returns the whole run's Usage, the mean epoch's, and the last loss."""
        options = {"dim": dim, "epochs": epochs, "threads": threads}
        usage = self.stage("train", *[word for key, value in options.items()
                                      for word in ("--set", f"train.{key}={value}")],
                           "--set", "output.formats=" + json.dumps(formats))
        events = self._events("train", "epoch")[-epochs:]
        mean = Usage(*(sum(e[key] for e in events) / epochs for key in ("wall_s", "cpu_s")))
        return usage, mean, events[-1]["loss"]


class Reference:
    """A build of the reference's four programs, working in a folder of its own."""

    PROGRAMS = ("vocab_count", "cooccur", "shuffle", "glove")

    def __init__(self, build, work_dir, corpus):
        self.build, self.dir, self.corpus = Path(build).resolve(), Path(work_dir), corpus
        self.check(build)

    @classmethod
    def check(cls, build):
        missing = [p for p in cls.PROGRAMS if not os.access(Path(build) / p, os.X_OK)]
        if missing:
            raise Failed(f"{build} is no build of the reference: it has no program "
                         + ", ".join(missing))

    def stage(self, name):
        quiet = ["-verbose", "0"]
        if name == "vocab":
            return measure.run([self.build / "vocab_count", "-min-count", "5", *quiet],
                               stdin=self.corpus, stdout=self.dir / "vocab.txt")
        if name == "cooccur":
            return measure.run([self.build / "cooccur", "-vocab-file", "vocab.txt", "-memory", "4",
                                "-window-size", "15", *quiet], cwd=self.dir,
                               stdin=self.corpus, stdout=self.dir / "pairs")
        return measure.run([self.build / "shuffle", "-memory", "4", "-seed", "1", *quiet],
                           cwd=self.dir, stdin=self.dir / "pairs", stdout=self.dir / "shuffled")

    def records(self):
        return os.path.getsize(self.dir / "shuffled") // RECORD_BYTES

    def part(self, records):
        """A file of the first so many shuffled records; all of them if there are no more."""
        if records >= self.records():
            return self.dir / "shuffled"
        path = self.dir / f"first{records}"
        if not path.exists():
            with open(self.dir / "shuffled", "rb") as source, open(path, "wb") as to:
                left = records * RECORD_BYTES
                while left > 0:
                    left -= to.write(source.read(min(left, 1 << 24)))
        return path

    def train(self, dim, epochs, threads, records):
        """Train on the first so many records. Returns the Usage of start-up, of the epochs, of the
        output, and the last epoch's loss. (An epoch runs between two lines on stderr.)"""
        marks = ["alpha:"] + [f"iter: {n:03d}" for n in range(1, epochs + 1)]
        times, lines = measure.watch(
            [self.build / "glove", "-input-file", self.part(records), "-vocab-file", "vocab.txt",
             "-save-file", "vectors", "-vector-size", dim, "-iter", epochs, "-threads", threads,
             "-x-max", "10", "-seed", "1", "-verbose", "2"], marks, cwd=self.dir)
        start, trained, end = times[0], times[-2], times[-1]
        loss = float(lines[-1].rsplit("cost:", 1)[1])
        return start, _minus(trained, start), _minus(end, trained), loss


def _minus(a, b):
    return Usage(a.wall - b.wall, a.cpu - b.cpu)
