#!/usr/bin/python3
"""Run the recipes of docs/recipes.md whose packages are installed.

Usage: check_recipes.py RECIPES.md BINDINGS
The working directory has runs/my and what else the recipes name. Before each block stands a comment
`<!-- needs: LANGUAGE NAME NAME; LANGUAGE NAME -->`: modules of Python, packages of R, commands of
the shell. Prints "ran" or "skipped" for each; exit code 1 if one failed.
"""
import importlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys

BLOCK = re.compile(r"<!-- needs: (.*?) -->\n```(\w+)\n(.*?)\n```\n", re.S)


def has(language, name):
    if language == "python":
        return importlib.util.find_spec(name) is not None
    if language == "shell":
        return shutil.which(name) is not None
    command = ["Rscript", "--vanilla", "-e", f"quit(status = !nzchar(system.file(package = '{name}')))"]
    return shutil.which("Rscript") is not None and subprocess.run(command).returncode == 0


def missing(needs):
    for part in needs.split(";"):
        language, *names = part.split()
        yield from (name for name in names if not has(language, name))


def run_python(needs, text):
    """In a child; modules are imported once, here, because that takes longer than the recipes."""
    for name in needs.split()[1:]:
        importlib.import_module(name)
    sys.stdout.flush()
    pid = os.fork()
    if pid != 0:
        return os.waitpid(pid, 0)[1]
    os.dup2(os.open("recipe.out", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 1)
    os.dup2(1, 2)
    sys.stderr.flush()
    exec(compile(text, "recipe", "exec"), {"__name__": "recipe"})
    sys.stdout.flush()
    os._exit(0)


def run(needs, kind, text):
    """Whether it succeeded, and what it printed."""
    if kind == "python":
        status = run_python(needs, text)
        return status == 0, open("recipe.out", encoding="utf-8").read()
    command = {"sh": ["sh", "-ec"], "r": ["Rscript", "--vanilla", "-e"],
               "sql": ["duckdb", "-bail", "-c"]}[kind]
    done = subprocess.run(command + [text.replace("FLOAT[100]", "FLOAT[12]")],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode == 0, done.stdout.decode()


def main():
    sys.path.insert(0, sys.argv[2])
    convert = shutil.which("glove-convert")
    # Debian's python3 has Debian's modules
    os.environ["PATH"] = f"{os.path.dirname(convert)}:/usr/bin:{os.environ['PATH']}"
    page = open(sys.argv[1], encoding="utf-8").read()
    blocks = BLOCK.findall(page)
    if len(blocks) != page.count("```") // 2:
        sys.exit(f"a block of {sys.argv[1]} says not what it needs")
    failed = 0
    for number, (needs, kind, text) in enumerate(blocks, start=1):
        lacking = list(missing(needs))
        if lacking:
            print(f"skipped {number} ({needs}): {', '.join(lacking)} missing")
            continue
        well, output = run(needs, kind, text)
        print(f"{'ran' if well else 'FAILED'} {number} ({needs})")
        if not well:
            failed += 1
            print(text, output, sep="\n")
    sys.exit(1 if failed else 0)


main()
