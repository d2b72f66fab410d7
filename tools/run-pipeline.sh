#!/bin/sh
# make run and make sweep: glove-run, or the program that is given, with the words of SET as --set.
# Usage: BIN=DIR run-pipeline.sh CONFIG ['KEY=VALUE ...' [PROGRAM OPTION...]]
set -eu

config=$1
settings=${2:-}
program=glove-run
if [ $# -gt 2 ]; then
    program=$3
    shift 3
else
    set --
fi
# A word that does not begin with KEY= belongs to the value before it, which may hold blanks:
#   corpus.files=["a.txt", "b.txt"] train.dim=50
setting=
set -f
for word in $settings; do
    key=${word%%=*}
    case $key in
    "$word" | '' | *[!A-Za-z0-9_.]*) setting="$setting${setting:+ }$word" ;;
    *)
        [ -z "$setting" ] || set -- "$@" --set "$setting"
        setting=$word
        ;;
    esac
done
set +f
[ -z "$setting" ] || set -- "$@" --set "$setting"

exec "$BIN/$program" --config "$config" "$@"
