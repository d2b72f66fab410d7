#!/bin/sh
# Line coverage per folder from gcov's files. Usage: coverage.sh BUILD_DIR
set -eu

find "$1" -path "$1/tests" -prune -o -name '*.gcda' -print |
    xargs gcov -n 2>/dev/null | awk '
    /^File / { file = $2; gsub("\047", "", file) }
    /^Lines executed:/ && file !~ /^\/usr/ && file !~ /\.h$/ {
        split($0, part, /[:% ]+/); covered = part[3] * part[5] / 100
        folder = file; sub(/\/[^\/]*$/, "", folder)
        lines[folder] += part[5]; hit[folder] += covered; all += part[5]; sum += covered
        file = "/usr"
    }
    END {
        for (f in lines) printf "%-16s %6.1f %% of %d lines\n", f, 100 * hit[f] / lines[f], lines[f] | "sort"
        close("sort")
        printf "%-16s %6.1f %% of %d lines\n", "all", 100 * sum / all, all
    }'
