#!/bin/sh
# Run fuzz targets for the given seconds each. They begin with the inputs in tests/fuzz/corpus and
# those that earlier runs kept in build/fuzz/NAME.corpus because they reached new code. The program
# fuzz_control has a mistake planted in it, which must be found; it takes 30 seconds at most.
# What a target finds is left in build/fuzz/NAME-crash-* (-oom-*, -timeout-*).
# Usage: tests/fuzz/run.sh SECONDS PROGRAM ...   (`make fuzz` builds the programs)
set -eu

seconds=$1
shift
out=build/fuzz
passed=0
failed=0
ASAN_OPTIONS=${ASAN_OPTIONS:-quarantine_size_mb=32}
# code for single instruction sets is not instrumented (Makefile)
GLOVEBOX_KERNEL=${GLOVEBOX_KERNEL:-scalar}
export ASAN_OPTIONS GLOVEBOX_KERNEL

# run NAME PROGRAM SECONDS: its exit code
run() {
    mkdir -p "$out/$1.corpus"
    kept=tests/fuzz/corpus/${1#fuzz_}
    [ -d "$kept" ] || kept=
    # what decompressors reserve is beyond limit_mem.h: up to 1 GiB for xz
    FUZZ_SEEDS="$out/$1.corpus" "$2" -max_total_time="$3" -max_len=65536 -rss_limit_mb=2048 \
        -malloc_limit_mb=1100 -timeout=25 -print_final_stats=1 -artifact_prefix="$out/$1-" \
        "$out/$1.corpus" $kept >"$out/$1.log" 2>&1
}

for program in "$@"; do
    name=$(basename "$program")
    if [ "$name" = fuzz_control ]; then
        if run "$name" "$program" 30; then
            failed=$((failed + 1))
            echo "failed  $name: the planted mistake was not found"
        else
            passed=$((passed + 1))
            echo "ok      $name: the planted mistake was found"
        fi
        rm -f "$out/$name"-crash-*
    elif run "$name" "$program" "$seconds"; then
        passed=$((passed + 1))
        echo "ok      $name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$out/$name.log") executions," \
            "$(grep -ao 'cov: [0-9]*' "$out/$name.log" | tail -n 1)," \
            "$(ls "$out/$name.corpus" | wc -l) inputs"
    else
        failed=$((failed + 1))
        echo "failed  $name"
        tail -n 60 "$out/$name.log"
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
