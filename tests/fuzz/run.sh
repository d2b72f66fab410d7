#!/bin/sh
# Run each fuzz target for the given seconds. Inputs that reached new code are kept in
# build/fuzz/NAME.corpus and tried first the next time.
# Usage: tests/fuzz/run.sh SECONDS PROGRAM ...   (`make fuzz` builds the programs)
set -eu

seconds=$1
shift
out=build/fuzz
passed=0
failed=0
for program in "$@"; do
    name=$(basename "$program")
    mkdir -p "$out/$name.corpus"
    if FUZZ_SEEDS="$out/$name.corpus" "$program" -max_total_time="$seconds" -max_len=262144 \
        -rss_limit_mb=2048 -timeout=20 -artifact_prefix="$out/$name-" "$out/$name.corpus" >"$out/$name.log" 2>&1; then
        passed=$((passed + 1))
        echo "ok      $name: $(grep -a '^Done' "$out/$name.log"), $(grep -ao 'cov: [0-9]*' "$out/$name.log" | tail -n 1)"
    else
        failed=$((failed + 1))
        echo "failed  $name"
        tail -n 60 "$out/$name.log"
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
