#!/bin/sh
# What `make bench` runs: the kernel benchmark, then every stage on one corpus, alternating with a
# reference build where one is named.
#   CORPUS=FILE     text to measure on (default: the demo corpus)
#   REFERENCE=DIR   holds vocab_count cooccur shuffle glove of the Stanford programs
#   RUNS=N          runs of each (default 3); medians are printed
#   DIM=N EPOCHS=N  training (default 50, 3)
set -eu

corpus=${CORPUS:-build/demo/corpus.txt}
runs=${RUNS:-3}
dim=${DIM:-50}
epochs=${EPOCHS:-3}
dir=$(mktemp -d "${TMPDIR:-/tmp}/glovebox-bench-XXXXXX")
trap 'rm -rf "$dir"' EXIT

[ -f "$corpus" ] || { echo "bench/run.sh: no corpus $corpus: set CORPUS=FILE, or run make demo first" >&2; exit 1; }
cores=$(nproc)
echo "machine: $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1), $cores cores; corpus $corpus, $(wc -c <"$corpus") bytes"

# wall and CPU seconds of a command -> file
measure() {
    out=$1
    shift
    /usr/bin/env bash -c 'TIMEFORMAT="%R %U %S"; time "$@" >/dev/null 2>"$0.err"' "$dir/log" "$@" 2>"$dir/time" ||
        { echo "failed: $*" >&2; cat "$dir/log.err" >&2; exit 1; }
    awk '{ print $1, $2 + $3 }' "$dir/time" >>"$out"
}
median() { sort -n | awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] }'; }

for bench in build/release/bench/bench_*; do
    case $bench in *.d) continue ;; esac
    [ -x "$bench" ] && "$bench"
done

set -- --run-dir "$dir/run" --set "corpus.files=[\"$corpus\"]" --set name=bench \
    --set "train.dim=$dim" --set "train.epochs=$epochs" --set train.x_max=10 --progress none --force
i=0
while [ "$i" -lt "$runs" ]; do
    for stage in vocab cooccur shuffle train; do
        measure "$dir/own.$stage" "$BIN/glove-$stage" "$@"
    done
    if [ -n "${REFERENCE:-}" ]; then
        measure "$dir/ref.vocab" sh -c "'$REFERENCE/vocab_count' -min-count 5 -verbose 0 <'$corpus' >'$dir/v'"
        measure "$dir/ref.cooccur" sh -c "cd '$dir' && '$REFERENCE/cooccur' -vocab-file v -verbose 0 -memory 4 -window-size 15 <'$(realpath "$corpus")' >c"
        measure "$dir/ref.shuffle" sh -c "cd '$dir' && '$REFERENCE/shuffle' -verbose 0 -memory 4 <c >s"
        measure "$dir/ref.train" "$REFERENCE/glove" -input-file "$dir/s" -vocab-file "$dir/v" -save-file "$dir/w" \
            -vector-size "$dim" -iter "$epochs" -threads "$cores" -x-max 10 -verbose 0
    fi
    i=$((i + 1))
done

printf '%-10s %10s %10s' stage 'wall s' 'CPU s'
[ -n "${REFERENCE:-}" ] && printf ' %14s %14s' 'wall ratio' 'CPU ratio'
echo
for stage in vocab cooccur shuffle train; do
    wall=$(cut -d' ' -f1 "$dir/own.$stage" | median)
    cpu=$(cut -d' ' -f2 "$dir/own.$stage" | median)
    printf '%-10s %10s %10s' "$stage" "$wall" "$cpu"
    if [ -n "${REFERENCE:-}" ]; then
        ref_wall=$(cut -d' ' -f1 "$dir/ref.$stage" | median)
        ref_cpu=$(cut -d' ' -f2 "$dir/ref.$stage" | median)
        awk -v a="$ref_wall" -v b="$wall" -v c="$ref_cpu" -v d="$cpu" 'BEGIN { printf " %13.1fx %13.1fx", a / b, c / d }'
    fi
    echo
done
