#!/bin/sh
# Run test programs one after the other and add up their verdicts.
# Usage: tests/run.sh PROGRAM ...   The last line is `N passed, N failed`. Before it: what the tests
# that failed have printed, and, if any were skipped, why and `N skipped`.
# Exit code 1 if anything failed, or if no test ran at all.
set -u

sh "$(dirname "$0")/shared-memory.sh" || { echo "0 passed, 1 failed"; exit 1; }
passed=0
failed=0
failures=$(mktemp)
skips=$(mktemp)
trap 'rm -f "$failures" "$skips"' EXIT
for program in "$@"; do
    log=$(mktemp)
    start=$(date +%s)
    "$program" -j2 >"$log" 2>&1
    code=$?
    line=$(sed 's/\x1b\[[0-9;]*m//g' "$log" | grep 'Synthesis: Tested:' | tail -n 1)
    tested=$(printf '%s' "$line" | sed -n 's/.*Tested: \([0-9]*\).*/\1/p')
    passing=$(printf '%s' "$line" | sed -n 's/.*Passing: \([0-9]*\).*/\1/p')
    bad=$((${tested:-0} - ${passing:-0}))
    # a program that dies before its closing line, or says all is well with a bad exit code
    if [ -z "$tested" ] || { [ "$bad" -eq 0 ] && [ "$code" -ne 0 ]; }; then
        bad=$((bad + 1))
    fi
    grep '^SKIPPED ' "$log" >>"$skips"
    passed=$((passed + ${passing:-0}))
    failed=$((failed + bad))
    printf '%-44s %4d passed %3d failed  %3ds\n' "${program#build/}" "${passing:-0}" "$bad" \
        $(($(date +%s) - start))
    [ "$bad" -eq 0 ] || {
        cat "$log"
        { echo "FAILED ${program#build/}" && tail -n 40 "$log"; } >>"$failures"
    }
    rm -f "$log"
done
cat "$failures"
if [ -s "$skips" ]; then
    cat "$skips"
    echo "$(grep -c '' "$skips") skipped"
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
