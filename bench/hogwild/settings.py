"""What `make hogwild` is asked for: the environment, checked. README.md lists the variables."""

import json
import os
import re
from pathlib import Path

from measure import Failed

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("runs", "speed", "conflicts", "delay", "graph", "simulate", "plots")
SCHEDULES = ("ordered", "hogwild", "atomic", "locked", "round_robin", "averaged")
ORDERS = ("blocks", "random")


def flag(name):
    return os.environ.get(name, "") not in ("", "0")


def words(name, default, allowed):
    """A list of words in the environment, each one of `allowed`."""
    found = os.environ.get(name, "").replace(",", " ").split() or list(default)
    for word in found:
        if word not in allowed:
            raise Failed(f"{name}: no \"{word}\"; there are {' '.join(allowed)}")
    return found


def numbers(name, default, least=1):
    """A list of whole numbers; 1e6 may be written."""
    text = os.environ.get(name) or str(default)
    found = text.replace(",", " ").split()
    if not found or not all(re.fullmatch(r"[0-9]{1,9}(e[0-9])?", word) for word in found) \
            or min(int(float(word)) for word in found) < least:
        raise Failed(f"{name}={text}: not a list of whole numbers from {least} on")
    return [int(float(word)) for word in found]


def number(name, default, least=1):
    found = numbers(name, default, least)
    if len(found) > 1:
        raise Failed(f"{name}={os.environ[name]}: more than one number")
    return found[0]


def existing(name, path):
    if not Path(path).is_file():
        raise Failed(f"{name}={path}: no such file")
    return Path(path).resolve()


class Settings:
    def __init__(self):
        env, cores = os.environ, len(os.sched_getaffinity(0))
        given = env.get("CORPUS")
        self.corpus = existing("CORPUS", given or ROOT / "build/demo/corpus.txt")
        questions = env.get("ANALOGIES") or ("" if given else ROOT / "build/demo/questions.txt")
        self.analogies = existing("ANALOGIES", questions) if questions else None
        self.similarity = [existing("SIMILARITY", path) for path in env.get("SIMILARITY", "").split()]
        self.seeds = number("SEEDS", 5 if given else 2)
        self.epochs = number("EPOCHS", 15 if given else 6)
        self.runs = number("RUNS", 5 if given else 3)
        self.dim = number("DIM", 50)
        self.threads = numbers("THREADS", " ".join(map(str, sorted({1, cores, 2 * cores}))))
        self.conflict_threads = numbers("CONFLICT_THREADS", "2 4")
        self.delays = numbers("DELAYS", "0 100 300 1000 3000 10000", 0)
        self.delay_bytes = number("DELAY_BYTES", 500_000)
        self.delay_threads = numbers("DELAY_THREADS", "1 2")
        self.steps = number("STEPS", 0, 0)
        self.sim_threads = numbers("SIM_THREADS", "1 2 4 8 16 32 64")
        self.schedules = words("SCHEDULES", SCHEDULES, SCHEDULES)
        self.orders = words("ORDERS", ORDERS, ORDERS)
        self.parts = words("PARTS", PARTS, PARTS)
        self.dir = Path(env.get("DIR") or ROOT / "build/hogwild").resolve()
        self.bin = Path(env.get("BIN") or ROOT / "build/bin").resolve()
        self.benches = Path(env.get("BENCHES") or ROOT / "build/release/bench").resolve() / "hogwild"
        self.force, self.record = flag("FORCE"), flag("RECORD")

    def bind(self):
        """Rows in DIR are of one corpus, dimension and number of epochs: refuse to mix them."""
        ours = {"corpus": str(self.corpus), "bytes": self.corpus.stat().st_size, "dim": self.dim,
                "epochs": self.epochs}
        path = self.dir / "settings.json"
        self.dir.mkdir(parents=True, exist_ok=True)
        if path.exists():
            theirs = json.loads(path.read_text(encoding="utf-8"))
            changed = [key for key, value in ours.items() if theirs.get(key) != value]
            if changed:
                raise Failed(f"{self.dir} holds results with another {', '.join(changed)} "
                             f"({', '.join(str(theirs.get(key)) for key in changed)}): "
                             "choose another DIR, or delete it")
        path.write_text(json.dumps(ours, indent=1) + "\n", encoding="utf-8")
