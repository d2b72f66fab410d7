#!/usr/bin/env python3
"""Check names: one definition per symbol, names after their header, file names that say something.

Usage: check-names.py LIBRARY       Exit code 1 if a rule is broken; one line per breach:
                                    FILE: NAME: what to do

1. No symbol is defined twice in LIBRARY (an archive; the linker would take either).
2. Every function, variable, type and enum tag that a header under lib/ or a program folder declares
   begins with the header's stem, as a whole or followed by `_`: gv_store.h declares gv_store,
   gv_store_open, gv_store_*. The suffixes _internal and _isa are not part of the stem:
   gv_store_internal.h declares gv_store_*, too. Fragments of source (.inc) are not headers.
3. Under lib/ and the program folders a file is gv_MODULE.c, .h, .inc, .css or .js, or glove_NAME_main.c; in
   bindings/c a C file is glovebox.h, glovebox_PART.c or .h, or example.c. In the
   whole tree no word of a file's or folder's name is util, misc, helper, common, manager, data, new
   (or their plural) or tools; the folder tools/ at the top is the exception.
"""
import collections
import os
import re
import subprocess
import sys

PROGRAMS = ["cooccur", "shuffle", "train", "eval", "query", "embed", "report", "convert", "plan", "pipeline", "compat"]
BINDINGS = ["bindings/c"]  # the C library, whose names begin with glovebox
ROOMS = ["lib"] + PROGRAMS + BINDINGS
TREE = ["lib"] + PROGRAMS + ["bench", "bindings", "configs", "demo", "docs", "tests", "tools"]
SUFFIX = re.compile(r"_(internal|isa)$")
SAYS_NOTHING = re.compile(r"^(utils?|misc|helpers?|common|managers?|data|tools?|new)$")
FILE_NAME = re.compile(r"^(gv_[a-z0-9_]+\.(c|h|inc|css|js)|glove_[a-z0-9_]+_main\.c)$")
BINDING_NAME = re.compile(r"^(glovebox(_[a-z0-9_]+)?\.[ch]|example\.c)$")

# what can stand before a name that is declared, without being the name itself
KEYWORDS = set("""const extern static inline struct enum union unsigned signed char short int long float
    double void typedef volatile restrict _Bool _Noreturn _Alignas sizeof""".split())


def files(folders, ending=""):
    for folder in folders:
        for path, inner, names in os.walk(folder):
            inner[:] = sorted(n for n in inner if n != "__pycache__")
            for name in sorted(names):
                if name.endswith(ending):
                    yield os.path.join(path, name)


# --- 1: symbols --------------------------------------------------------------------------------


def defined_twice(library):
    listing = subprocess.run(["nm", "-A", "-P", "--defined-only", "--extern-only", library], check=True,
                             capture_output=True, text=True).stdout
    where = collections.defaultdict(list)
    for line in listing.splitlines():
        match = re.match(r".*\[(.*)\]: (\S+) [TDBRC] ", line)
        if match:
            where[match.group(2)].append(match.group(1))
    for symbol, objects in sorted(where.items()):
        if len(objects) > 1:
            yield library, symbol, f"defined in {' and '.join(objects)}; rename one of them"


# --- 2: declarations ---------------------------------------------------------------------------


def without_preprocessor(text):
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
    text = re.sub(r"//[^\n]*", " ", text)
    text = re.sub(r'"(\\.|[^"\\])*"', '""', text)
    return re.sub(r"^[ \t]*#(\\\n|[^\n])*", " ", text, flags=re.M)


def top_level(text):
    """The declarations of a header, each as one line; bodies in braces become {}."""
    depth, declaration = 0, ""
    for c in text:
        if c == "{":
            depth += 1
            if depth == 1:
                declaration += "{}"
        elif c == "}":
            depth -= 1
            # the body of a function ends its declaration, that of a type does not
            if depth == 0 and re.search(r"\)\s*\{\}$", declaration):
                yield " ".join(declaration.split())
                declaration = ""
        elif depth == 0 and c == ";":
            yield " ".join(declaration.split())
            declaration = ""
        elif depth == 0:
            declaration += c


def declared_names(declaration):
    """The names that a declaration introduces."""
    declaration = re.sub(r"__attribute__\s*\(\(.*?\)\)(?!\))", " ", declaration)
    tag = re.search(r"\b(?:struct|union|enum)\s+(\w+)\s*\{\}", declaration)
    if tag:
        yield tag.group(1)
    typedef = declaration.startswith("typedef")
    pointer = re.search(r"\(\s*\*\s*(?:const\s+)?(\w+)\s*[\[)]", declaration)
    function = re.search(r"(\w+)\s*\(", declaration)
    if typedef and pointer:
        yield pointer.group(1)
    elif typedef and not function:
        yield re.sub(r"\[.*\]", "", declaration).split()[-1].lstrip("*")
    elif function and function.group(1) not in KEYWORDS and (typedef or "=" not in declaration):
        yield function.group(1)
    elif declaration.startswith("extern"):
        yield re.sub(r"\[.*", "", declaration).split()[-1].lstrip("*")


def misnamed():
    for path in files(ROOMS, ".h"):
        header = os.path.basename(path)[:-2]
        stem = SUFFIX.sub("", header)
        with open(path, encoding="utf-8") as file:
            text = without_preprocessor(file.read())
        for declaration in top_level(text):
            for name in declared_names(declaration):
                if name == stem or name.startswith(stem + "_"):
                    continue
                yield path, name, f"name it {stem}_*, or declare it in the header that it is named after"


# --- 3: files ----------------------------------------------------------------------------------


def badly_called():
    seen = set()
    for path in files(TREE):
        parts = path.split("/")
        for depth, part in enumerate(parts):
            words = re.split(r"[^A-Za-z0-9]+", part)
            empty = [w for w in words if SAYS_NOTHING.match(w.lower())]
            place = "/".join(parts[:depth + 1])
            if not empty or place == "tools" or place in seen:
                continue
            seen.add(place)
            yield place, part, f"\"{empty[0]}\" says nothing; name it after what it contains"
        if parts[0] in ROOMS and not FILE_NAME.match(parts[-1]):
            yield path, parts[-1], "a file here is gv_MODULE.c, .h, .inc, .css or .js, or glove_NAME_main.c"
        if "/".join(parts[:2]) in BINDINGS and re.search(r"\.[ch]$", path) and not BINDING_NAME.match(parts[-1]):
            yield path, parts[-1], "a file here is glovebox.h, glovebox_PART.c or .h, or example.c"


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    breaches = [*defined_twice(sys.argv[1]), *dict.fromkeys(misnamed()), *badly_called()]
    for file, name, advice in breaches:
        print(f"{file}: {name}: {advice}")
    if breaches:
        sys.exit(f"check-names: {len(breaches)} names break the rules (docs/glossary.md, Names)")


main()
