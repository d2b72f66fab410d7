#!/bin/sh
# All stages of one config in sequence. Usage: BIN=DIR run-pipeline.sh CONFIG [KEY=VALUE ...]
set -eu

config=$1
shift
for setting in "$@"; do
    set -- "$@" --set "$setting"
    shift
done

for stage in vocab cooccur shuffle train; do
    "$BIN/glove-$stage" --config "$config" "$@"
done
# evaluation only where the config names question or similarity files
if "$BIN/glove-eval" --config "$config" "$@" --print-config | tr -d ' \n' |
    grep -Eq '"(analogies|similarity)":\["'; then
    "$BIN/glove-eval" --config "$config" "$@"
else
    echo "No eval.analogies or eval.similarity in the config: not evaluated."
fi
