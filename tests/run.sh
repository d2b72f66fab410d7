#!/bin/sh
# Run test programs, two at a time (RUN_PROGRAMS=N: N at a time), since many wait for what they have
# started. Add up their verdicts.
# Usage: tests/run.sh PROGRAM ...   The last line is `N passed, N failed`. Before it: what the tests
# that failed have printed, and, if any were skipped, why and `N skipped`.
# Exit code 1 if anything failed, or if no test ran at all.
set -u

# One program, whose output goes to $1/NAME.log, its verdict to $1/NAME.verdict: "PASSED FAILED".
run_one() {
    program=$2
    log=$1/$(printf '%s' "${program#build/}" | tr / .).log
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
    echo "${passing:-0} $bad" >"${log%.log}.verdict"
    verdict=$(printf '%-44s %4d passed %3d failed  %3ds' "${program#build/}" "${passing:-0}" "$bad" \
        $(($(date +%s) - start)))
    if [ "$bad" -eq 0 ]; then
        echo "$verdict"
    else
        { echo "FAILED ${program#build/}" && tail -n 40 "$log"; } >"${log%.log}.failure"
        { echo "$verdict" && cat "$log"; }
    fi
}

if [ "${1:-}" = --one ]; then # called by xargs below
    run_one "$2" "$3"
    exit 0
fi
sh "$(dirname "$0")/shared-memory.sh" || { echo "0 passed, 1 failed"; exit 1; }
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
[ $# -eq 0 ] || printf '%s\0' "$@" |
    xargs -0 -n 1 -P "${RUN_PROGRAMS:-2}" sh "$0" --one "$logs"
find "$logs" -name '*.failure' -print0 | sort -z | xargs -0 -r cat
if grep -hs '^SKIPPED ' "$logs"/*.log >"$logs/skips"; then
    cat "$logs/skips"
    echo "$(grep -c '' "$logs/skips") skipped"
fi
# a program without a verdict was not run
cat "$logs"/*.verdict 2>/dev/null | awk -v programs=$# '
    { passed += $1; failed += $2 }
    END {
        failed += programs - NR
        print passed + 0 " passed, " failed + 0 " failed"
        exit !(failed == 0 && passed > 0)
    }'
