#!/bin/sh
# Run test programs that were built with sanitizers. These report into files, so that a test that
# ignores stderr cannot hide a report. Usage: tests/sanitized.sh PROGRAM ...
set -u

# the sanitizers' options cannot name every path: a blank or a colon ends one
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
cp tests/lsan.supp "$logs/lsan.supp"
ASAN_OPTIONS=log_path=$logs/asan:log_exe_name=1:detect_leaks=1
UBSAN_OPTIONS=log_path=$logs/ubsan:log_exe_name=1:print_stacktrace=1
LSAN_OPTIONS=suppressions=$logs/lsan.supp:print_suppressions=0
export ASAN_OPTIONS UBSAN_OPTIONS LSAN_OPTIONS
sh tests/run.sh "$@"
code=$?
for report in "$logs"/*san.*; do
    [ "$report" = "$logs/lsan.supp" ] || [ ! -e "$report" ] || { head -n 60 "$report"; code=1; }
done
exit $code
