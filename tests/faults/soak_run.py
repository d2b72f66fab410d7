"""What soak.py draws: corpora with odd words and lengths, settings from the ranges of the config, and
what a brute-force count of a corpus gives."""
import bz2
import collections
import gzip
import lzma
import os

SPACE = b" \t\n\v\f\r"
LETTERS = ["abcdefghij", "äöüßéñ", "αβγδς", "жзик", "日本語学", "אבגד", "👍🏽🎉", "'-.,;:!?()[]\"&<>%\\/"]


# --- corpora ---------------------------------------------------------------------------------------
def draw_word(rng, odd):
    n = rng.choice([1, 2, 3, 5, 8]) if rng.random() < 0.97 else rng.randint(20, 150)
    if odd and rng.random() < 0.1:  # bytes that are no UTF-8, control characters
        allowed = [b for b in range(1, 256) if b not in SPACE]
        return bytes(rng.choice(allowed) for _ in range(n))
    return "".join(rng.choices(rng.choice(LETTERS), k=n)).encode()


def draw_text(rng, words, tokens):
    """Lines of any length; the first words are the most frequent."""
    weights = [1 / (i + 1) for i in range(len(words))]
    longest = rng.choice([1, 5, 30, 200])
    end = rng.choice([b"\n", b"\n", b"\r\n", b"\n\n"])
    text = b""
    while tokens > 0:
        n = min(tokens, rng.randint(0, longest))
        text += rng.choice([b" ", b" ", b"\t", b"  "]).join(rng.choices(words, weights, k=n)) + end
        tokens -= max(n, 1)
    return text if rng.random() < 0.5 else text.rstrip(SPACE)


def write_file(rng, path, text):
    """Plain or compressed; returns the name."""
    ending, pack = rng.choice([("", bytes)] * 3 + [(".gz", gzip.compress), (".bz2", bz2.compress),
                                                   (".xz", lzma.compress)])
    with open(path + ending, "wb") as f:
        f.write(pack(text))
    return os.path.basename(path) + ending


def draw_corpus(rng, folder):
    """Returns (names of files, their texts, whether bytes are no UTF-8)."""
    odd = rng.random() < 0.3
    words = list({draw_word(rng, odd) for _ in range(rng.choice([3, 20, 150, 600]))})
    texts = [draw_text(rng, words, rng.choice([40, 500, 2500])) for _ in range(rng.randint(1, 3))]
    if sum(len(set(t.split())) for t in texts) < 3:  # nothing to train on
        texts[0] += b"\none two one two three two one one\n" * 3
    names = [write_file(rng, os.path.join(folder, f"corpus{i}.txt"), t)
             for i, t in enumerate(texts)]
    return names, texts, odd


# --- settings --------------------------------------------------------------------------------------
def draw_settings(rng, names, odd):
    """Keys that determine the bytes."""
    window = rng.choice([1, 2, 5, 10, 20]) if rng.random() < 0.95 else rng.randint(21, 60)
    weights = [round(rng.uniform(0, 2), 2) for _ in range(window)]
    weights[0] = 1
    s = {"corpus.files": names,
         "corpus.documents": rng.choice(["line", "line", "file", "none"]),
         "vocab.min_count": rng.choice([1, 1, 2, 3]),
         "cooccur.window": window,
         "cooccur.symmetric": rng.random() < 0.7,
         "cooccur.weighting": rng.choice(["harmonic", "harmonic", "flat", "dynamic", weights]),
         "shuffle.seed": rng.randint(0, 99), "train.seed": rng.randint(0, 99),
         "train.dim": rng.choice([1, 3, 8, 17, 50]), "train.epochs": rng.randint(1, 5),
         "train.objective": rng.choice(["glove", "glove", "logistic", "word2vec"]),
         "output.unk": rng.random() < 0.5,
         "output.vectors": rng.choice(["sum", "word", "context", "concat"])}
    if odd:
        s["corpus.binary"] = "accept"
    if rng.random() < 0.2:
        s["vocab.max_size"] = rng.randint(3, 60)
    if rng.random() < 0.2:
        s["cooccur.sample"], s["cooccur.seed"] = rng.choice([0.1, 0.01]), rng.randint(0, 9)
    if not odd and rng.random() < 0.25:
        s["corpus.tokenizer"] = rng.choice(["unicode", "whitespace"])
        s["corpus.lowercase"] = rng.choice(["simple", "fold"])
        s["corpus.spaces"] = rng.choice(["ascii", "unicode"])
    s.update(draw_objective(rng, s["train.objective"]))
    return s


def draw_objective(rng, objective):
    if objective == "word2vec":
        return {"train.architecture": rng.choice(["skipgram", "cbow"]),
                "train.window": rng.randint(1, 12), "train.negative": rng.randint(1, 8),
                "train.sample": rng.choice([0, 0.001, 0.1])}
    s = {"train.x_max": rng.choice([1, 10, 100]), "train.alpha": rng.choice([0.5, 0.75, 1])}
    if objective == "logistic":
        s.update({"train.unseen_draws": rng.choice([0, 1, 2.5]),
                  "train.unseen_ratio": rng.choice([0.5, 2]),
                  "train.weight_decay": rng.choice([0, 0.08])})
    else:
        s.update({"train.eta": rng.choice([0.01, 0.05]),
                  "train.grad_clip": rng.choice([None, 1, 100])})
    return s


def draw_machine(rng, word2vec):
    """Keys and variables that must not matter: {key: value}, {variable: value}."""
    s = {"cooccur.threads": rng.randint(1, 4), "train.threads": 1 if word2vec else rng.randint(1, 4),
         "vocab.memory_mb": rng.choice([1, 2, 2048]), "cooccur.memory_mb": rng.choice([64, 100, 4096]),
         "shuffle.memory_mb": rng.choice([48, 64, 2048]), "train.memory_mb": rng.choice([0, 0, 64]),
         "train.checkpoint_every": rng.randint(1, 3)}
    env = {}
    if rng.random() < 0.5:
        env["GLOVEBOX_KERNEL"] = rng.choice(kernels())
    return s, env


def kernels():
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        flags = f.read()
    return ["scalar"] + [k for k, flag in (("avx2", " avx2"), ("avx512", " avx512_vbmi2"))
                         if flag in flags]


# --- the oracle ------------------------------------------------------------------------------------
def has_oracle(settings):
    return "corpus.tokenizer" not in settings and "cooccur.sample" not in settings


def tokens_of(text):
    """Bytes that are no UTF-8 become U+FFFD."""
    return [w.decode("utf-8", "replace").encode() for w in text.split()]


def documents(texts, kind):
    """Lists of tokens that no window leaves."""
    if kind == "none":
        return [tokens_of(b"\n".join(texts))]
    pieces = texts if kind == "file" else [line for t in texts for line in t.split(b"\n")]
    return [tokens_of(p) for p in pieces]


def word_counts(texts, settings):
    counts = collections.Counter(w for t in texts for w in tokens_of(t))
    return {w: n for w, n in counts.items() if n >= settings["vocab.min_count"]}


def weight_of(settings):
    window, kind = settings["cooccur.window"], settings["cooccur.weighting"]
    if kind == "harmonic":
        return [1 / k for k in range(1, window + 1)]
    if kind == "flat":
        return [1.0] * window
    if kind == "dynamic":
        return [(window - k + 1) / window for k in range(1, window + 1)]
    return kind


def cooccurrences(texts, settings, vocabulary):
    """{(word, context): X}, by looking at every pair of positions."""
    found = collections.defaultdict(float)
    weights = weight_of(settings)
    for tokens in documents(texts, settings["corpus.documents"]):
        tokens = [t for t in tokens if t in vocabulary]
        for at, word in enumerate(tokens):
            for k, weight in enumerate(weights[:at], 1):
                if weight:
                    found[word, tokens[at - k]] += weight
                    if settings["cooccur.symmetric"]:
                        found[tokens[at - k], word] += weight
    return found
