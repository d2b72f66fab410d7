#!/bin/sh
# Files that are generated from the tables in the code: man pages, JSON schema, table of keys, the
# completion of shells, and the flags of the programs of `make compat`.
# Without argument: fail if one differs from what the programs print now. --write: rewrite them.
set -eu

bin=${BIN:-build/bin}
compat=${COMPAT:-build/compat}
mode=${1:-check}
fail=0
temp=$(mktemp)
trap 'rm -f "$temp" "$temp.part"' EXIT

compare() {
    if [ "$mode" = --write ]; then
        mkdir -p "$(dirname "$1")"
        cmp -s "$temp" "$1" 2>/dev/null || { cp "$temp" "$1"; echo "wrote $1"; }
    elif ! cmp -s "$temp" "$1"; then
        echo "$1 is not what the code says: run make docs"
        fail=1
    fi
}

for program in "$bin"/glove-*; do
    "$program" --print-man >"$temp"
    compare "docs/man/$(basename "$program").1"
done
for shell in bash zsh fish; do
    "$bin/glove-vocab" --print-completion $shell >"$temp"
    compare tools/completion/glovebox.$shell
done
"$bin/glove-vocab" --print-schema >"$temp"
compare configs/schema.json
# the table in docs/config.md stands between two markers
{
    sed -n '1,/<!-- keys: begin/p' docs/config.md
    "$bin/glove-vocab" --print-config-docs
    sed -n '/<!-- keys: end/,$p' docs/config.md
} >"$temp"
compare docs/config.md
# those of docs/compat.md, one for each program
cp docs/compat.md "$temp"
for program in vocab_count cooccur shuffle glove; do
    {
        sed -n "1,/<!-- flags of $program: begin/p" "$temp"
        "$compat/$program" --flags-markdown
        sed -n "/<!-- flags of $program: end/,\$p" "$temp"
    } >"$temp.part"
    mv "$temp.part" "$temp"
done
compare docs/compat.md
exit $fail
