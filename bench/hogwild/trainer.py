"""A run directory that is counted and shuffled once, and then trained in again and again."""

import json

import measure
import programs


class Trainer(programs.Own):
    def __init__(self, settings, run_dir, corpus):
        super().__init__(settings.bin, run_dir, corpus)
        self.dim = settings.dim

    def prepare(self):
        if not (self.dir / "store.db").exists():
            for stage in programs.STAGES:
                self.stage(stage)

    def train_as(self, schedule, threads, epochs, seed=1, order="blocks", count=False, delay=0):
        """Train anew; returns the epochs' events and the account at the end.

        count: every schedule works step by step and counts conflicts. delay: nanoseconds by which
        each record's gradient is made longer."""
        env = {"GLOVEBOX_TEST_RANDOM_ORDER": str(int(order == "random")),
               "GLOVEBOX_TEST_CONFLICTS": str(int(count)), "GLOVEBOX_TEST_DELAY_NS": str(delay)}
        keys = {"train.schedule": schedule, "train.threads": threads, "train.epochs": epochs,
                "train.seed": seed, "train.dim": self.dim, "train.checkpoint_every": 1_000_000,
                "output.formats": '["safetensors"]'}
        options = [word for key, value in keys.items() for word in ("--set", f"{key}={value}")]
        measure.run([self.bin / "glove-train", *self.common, *options], env=env)
        return self._events("train", "epoch")[-epochs:], self.done("train")

    def scores(self, analogies, similarity):
        """File name -> per cent of analogies, Spearman's rho, of the vectors trained last."""
        files = {"eval.analogies": [str(analogies)] if analogies else [],
                 "eval.similarity": [str(path) for path in similarity]}
        options = [word for key, value in files.items()
                   for word in ("--set", f"{key}={json.dumps(value)}")]
        measure.run([self.bin / "glove-eval", *self.common, *options, "--set",
                     'output.formats=["safetensors"]'])
        found = json.loads((self.dir / "eval.json").read_text(encoding="utf-8"))
        rows = [(one["file"], one["accuracy"]) for one in found.get("analogies", [])]
        rows += [(one["file"], one["spearman"]) for one in found.get("similarity", [])]
        return {file.rsplit("/", 1)[-1]: score for file, score in rows if score is not None}


def prefix(corpus, size, to):
    """The first `size` bytes of a corpus, up to white space, as the file `to`."""
    with open(corpus, "rb") as source:
        text = source.read(size)
    if len(text) == size:
        text = text[:max(text.rfind(b" "), text.rfind(b"\n")) + 1]
    to.write_bytes(text)
    return to
