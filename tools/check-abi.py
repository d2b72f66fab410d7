#!/usr/bin/env python3
"""Does a program that was compiled with the last release still run with this libglovebox.so?

Usage: check-abi.py HEADER LIBRARY RECORD           Exit code 1 and a line for each breach
       check-abi.py HEADER LIBRARY RECORD --write   Write the record, when a release is made

The record has one line for each symbol with its version, each function with its types, each structure with
its size, its members, their types and where they are, and each value of an enumeration. All of them must be as they were. What
is new is no breach. A structure whose first member is `size` may grow at its end.

Sizes are those of x86-64; on other machines only symbols, functions and enumerations are compared.
"""
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile

CC = os.environ.get("CC", "gcc").split() or ["gcc"]


def run(*command, **keywords):
    return subprocess.run(command, check=True, capture_output=True, text=True, **keywords).stdout


def symbols(library):
    for line in run("nm", "-D", "--defined-only", library).splitlines():
        kind, name = line.split()[-2:]
        if kind != "A":
            yield f"symbol {name}", ""


def functions(header, work):
    """The prototypes without the names of their parameters."""
    listing = os.path.join(work, "prototypes")
    run("gcc", "-x", "c", "-fsyntax-only", "-aux-info", listing, header)
    with open(listing, encoding="utf-8") as file:
        for line in file:
            match = re.match(r"/\* (.*):\d+:\w+ \*/ extern (.*\b(glovebox_\w+) \(.*\));", line)
            if match and os.path.samefile(match.group(1), header):
                yield f"function {match.group(3)}", " ".join(match.group(2).split())


def plain(header):
    with open(header, encoding="utf-8") as file:
        text = re.sub(r"/\*.*?\*/", " ", file.read(), flags=re.S)
    return re.sub(r"^[ \t]*#.*$", " ", text, flags=re.M)


def layout(header, work):
    """Structures and enumerations, by a program that prints what the compiler makes of them."""
    text = plain(header)
    lines = []
    for tag, body in re.findall(r"struct (\w+) \{(.*?)\}", text, flags=re.S):
        lines.append(f'printf("struct {tag}\\tsize %zu\\n", sizeof(struct {tag}));')
        for declaration in filter(str.strip, body.split(";")):
            kind = re.sub(r"\s*\w+\s*(\[.*)?$", "", " ".join(declaration.split(",")[0].split()))
            for part in declaration.split(","):
                member = re.search(r"(\w+)\s*(?:\[\w*\])?\s*$", part).group(1)
                lines.append(f'printf("member {tag}.{member}\\tat %zu, %zu bytes, {kind}\\n", '
                             f"offsetof(struct {tag}, {member}), sizeof(((struct {tag} *)0)->{member}));")
    for body in re.findall(r"enum \w+ \{(.*?)\}", text, flags=re.S):
        for value in re.findall(r"(\w+)\s*(?:=[^,]*)?(?:,|$)", body.strip()):
            lines.append(f'printf("value {value}\\t%d\\n", (int){value});')
    source, program = os.path.join(work, "layout.c"), os.path.join(work, "layout")
    with open(source, "w", encoding="utf-8") as file:
        file.write(f'#include "{os.path.abspath(header)}"\n#include <stdio.h>\nint main(void)\n{{\n')
        file.write("\n".join(lines) + "\nreturn 0;\n}\n")
    run(*CC, "-w", source, "-o", program)
    for line in run(program).splitlines():
        what, value = line.split("\t")
        yield what, value


def describe(header, library):
    with tempfile.TemporaryDirectory() as work:
        # the path of a source tree may have characters that an #include cannot
        copy = shutil.copy(header, os.path.join(work, "glovebox.h"))
        return dict([*symbols(library), *functions(copy, work), *layout(copy, work)])


def read(path):
    with open(path, encoding="utf-8") as file:
        return dict((line.rstrip("\n").split("\t") + [""])[:2] for line in file)


def may_differ(what, was, now, record):
    """Sizes elsewhere, and structures that may grow."""
    kind, name = what.split(" ", 1)
    if kind in ("struct", "member") and platform.machine() != "x86_64":
        return True
    grows = kind == "struct" and record.get(f"member {name}.size", "").startswith("at 0,")
    return grows and int(now.split()[1]) > int(was.split()[1])


def main():
    header, library, record = sys.argv[1:4]
    now = describe(header, library)
    if sys.argv[4:] == ["--write"]:
        with open(record, "w", encoding="utf-8") as file:
            file.writelines(f"{what}\t{value}".rstrip() + "\n" for what, value in sorted(now.items()))
        return
    was, breaches = read(record), 0
    for what, value in was.items():
        if what not in now:
            print(f"{header}: {what} is gone")
        elif now[what] != value and not may_differ(what, value, now[what], was):
            print(f"{header}: {what} was `{value}` and is `{now[what]}`")
        else:
            continue
        breaches += 1
    if breaches:
        sys.exit(f"check-abi: programs compiled with the last release would break ({record}); undo this, or raise "
                 "ABI in bindings/c/library.mk and run `make abi`")


if len(sys.argv) not in (4, 5):
    sys.exit(__doc__)
main()
