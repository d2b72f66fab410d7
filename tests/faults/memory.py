"""Makes every allocation of every program fail once, and it and all later ones: those of SQLite,
jansson, ICU, libarchive, libedit and the C library included. The program must end with exit code 1
and one line that says that memory ran out, or with 0 and the right bytes. It must not crash or hang,
the earlier products must be whole, and the same command without fault must give the right bytes."""
import os
import subprocess
import sys

import faults
import kill

TIMEOUT = 30
UNICODE = "Ünïcode Wörter, straße und ΣΊΣΥΦΟΣ; 日本語の文章 ไทยภาษา ＡＢＣ don't.\n" * 6
PACKERS = {"gz": "gzip -c", "xz": "xz -c", "bz2": "bzip2 -c", "zst": "zstd -qc"}


def write_inputs(run):
    """Corpora that are compressed, packed, in other scripts, in another encoding."""
    with open(run.path("unicode.txt"), "w") as f:
        f.write(UNICODE)
    with open(run.path("latin.txt"), "wb") as f:
        f.write(("Une phrase en français, écrite à l'ancienne.\n" * 20).encode("latin-1"))
    for end, command in PACKERS.items():
        with open(run.path("corpus.txt"), "rb") as f, open(run.path("corpus." + end), "wb") as to:
            subprocess.run(command.split(), stdin=f, stdout=to, check=True)
    subprocess.run(["zip", "-q", "corpus.zip", "corpus.txt", "unicode.txt"], cwd=run.folder, check=True)
    subprocess.run(["tar", "czf", "corpus.tar.gz", "corpus.txt", "unicode.txt"], cwd=run.folder,
                   check=True)


def more_cases():
    """What the other campaigns do not need: ways to read and to ask."""
    program, settings, case = faults.program, faults.settings, faults.Case
    trained = ["vocab", "cooccur", "shuffle", "train-formats"]
    for end in (*PACKERS, "zip", "tar.gz"):
        yield case("vocab-" + end, program("vocab", *settings("corpus.files=corpus." + end)))
    yield case("vocab-unicode", program("vocab", *settings(
        "corpus.files=unicode.txt", "corpus.tokenizer=unicode", "corpus.lowercase=fold")))
    yield case("vocab-lower", program("vocab", *settings(
        "corpus.files=unicode.txt", "corpus.lowercase=simple")))
    yield case("vocab-latin1", program("vocab", *settings("corpus.files=latin.txt")))
    questions = {"json": ["--json", "nearest", "w1", "+", "w2"], "analogy": ["analogy", "w1", "w2", "w3"],
                 "search": ["search", "w1"], "pairs": ["--json", "pairs", "w1"], "info": ["info"]}
    for name, words in questions.items():
        yield case("query-" + name, program("query", *words), trained)
    for end in ("bin", "db", "safetensors"):
        yield case("query-" + end, program("query", "--vectors", "run/vectors." + end, "nearest", "w1"),
                   trained)
        yield case("convert-from-" + end, ["glove-convert", "--progress", "none", "run/vectors." + end,
                                           "out/again.txt"], trained)
    yield case("eval-json", program("eval", "--json", "--force"), [*trained[:3], "train"])
    yield case("plan-json", program("plan", "--json"))
    yield case("version", ["glove-train", "--version"])
    yield case("help", ["glove-query", "--help"])
    yield case("print-config", program("train", "--print-config"))


ANSWERS = ("query", "check", "version", "help", "print", "eval-json")


def bad_end(case, result):
    """What is wrong with how a failing program ended, or None."""
    if result.code == 127 and "error while loading shared libraries" in result.err:
        return None  # before main
    if result.code != 1:
        return result.ended()
    lines = [line for line in result.err.splitlines()
             if line and not (": note: " in line or ": warning: " in line)]
    if "--json" in case.command and not lines:
        lines = result.out.splitlines()[-1:]
    stages = case.command[0] == "glove-run"  # prints the stage's line, and its own
    if len(lines) != 1 and not (stages and lines):
        return f"{len(lines)} lines of error"
    told = " ".join(lines).lower()
    if "memory" not in told and "cannot start" not in told:
        return "the line does not say that memory ran out"
    return None


def wrong_after(run, case, result, old, expected):
    products, names, out = expected
    if result.timed_out or result.signal:
        return result.ended()
    found, found_names = run.look()
    if result.code == 0:
        wrong = sorted(n for n in {*found, *products} if found.get(n) != products.get(n))
        if wrong:
            return f"exit code 0, other bytes in {', '.join(wrong)}"
        if found_names != names:
            return f"exit code 0, files {sorted(set(found_names) ^ set(names))}"
        if case.name.startswith(ANSWERS) and result.out != out:
            return "exit code 0, another answer"
        return None
    bad = bad_end(case, result)
    if bad:
        return f"{bad}: {result.err.strip()!r}"
    torn = kill.differences(run, case, old[0])
    if torn:
        return f"{', '.join(torn)} is neither the old file nor the new one"
    left = [n for n in found_names if n.endswith(".tmp")]
    return f"left {left}" if left else None


def attempt(campaign, run, case, at, where):
    expected = run.expect(case)
    env = {"FAULT_AT": at, **where}
    run.restore(case)
    old = run.look()
    result, said = run.with_fault(case, env, timeout=TIMEOUT)
    if not said:
        return
    campaign.tried("and all later" if at.endswith("+") else "one")
    wrong = wrong_after(run, case, result, old, expected)
    if not wrong and result.code != 0 and run.look() != old:
        # what was done counts, even if its event could not be written
        wrong = kill.run_again(run, case, without_events=True)
    if wrong:
        campaign.failed("and all later" if at.endswith("+") else "one", f"{case.name}: {wrong}",
                        f"{faults.repeat_line(case, env)}  # {said.splitlines()[0]}")


def places(campaign, n):
    """Of a share of the allocations every other one fails alone, of all of them each in both ways."""
    for i, k in enumerate(campaign.share(range(1, n + 1))):
        for later in ("", "+") if faults.SHARE == 1 else ("", "+")[i % 2:i % 2 + 1]:
            yield f"memory:{k}:ENOMEM{later}"


def every_allocation(campaign, run):
    for case in campaign.selected(run.cases.values()):
        if case.ranks:
            continue
        where = {"FAULT_PROGRAM": case.command[0], "FAULT_EARLY": "1"}
        if case.command[0] == "glove-run":
            del where["FAULT_PROGRAM"]  # and its stages
        counts = run.counts(case, **where)
        for at in places(campaign, counts["memory"]):
            attempt(campaign, run, case, at, where)


def control(campaign):
    """Planted: a stage that ignores the failure, and one that crashes of it."""
    planted = faults.Campaign("planted", quiet=True)
    with faults.Run(name="control") as run:
        vocab = " ".join(run.cases["vocab"].command)
        for name, end in (("ignored", "exit 0"), ("crash", "kill -SEGV $$")):
            case = faults.Case("planted", ["sh", "-c", f"{vocab} || {end}"])
            before = len(planted.failures)
            attempt(planted, run, case, "memory:300:ENOMEM+", {"FAULT_PROGRAM": "glove-vocab"})
            campaign.control(name, len(planted.failures) > before)


def main():
    campaign = faults.Campaign("memory")
    with faults.Run(lines=60, name="memory") as run:
        write_inputs(run)
        run.cases.update({c.name: c for c in more_cases()})
        every_allocation(campaign, run)
    control(campaign)
    return campaign.end()


if __name__ == "__main__":
    sys.exit(main())
