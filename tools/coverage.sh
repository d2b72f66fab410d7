#!/bin/sh
# Line and branch coverage per folder from gcov's files; of the library, all folders of lib/ together.
# Usage: coverage.sh BUILD_DIR   Exit code 1 if lib/ is below COVERAGE_LINES (92) or COVERAGE_BRANCHES (80)
# per cent. Every branch that gcc makes counts, except in the kernels' bodies (.inc): their conditions
# are constants, of which a build with optimisation keeps none.
set -eu

find "$1" -path "$1/tests" -prune -o -name '*.gcda' -print |
    xargs gcov -n -b 2>/dev/null | awk -v least_lines="${COVERAGE_LINES:-92}" \
        -v least_branches="${COVERAGE_BRANCHES:-80}" '
    function add(name) {
        lines[name] += n; lines_hit[name] += hit; branches[name] += m; branches_hit[name] += taken
    }
    function share(hit, all) { return all ? 100 * hit / all : 100 }
    function show(name) {
        return sprintf("%-28s lines %6.1f %% of %6d   branches %6.1f %% of %6d", name,
            share(lines_hit[name], lines[name]), lines[name], share(branches_hit[name], branches[name]),
            branches[name])
    }
    /^File / { file = $2; gsub("\047", "", file); n = hit = m = taken = 0 }
    /^Lines executed:/ { split($0, part, /[:% ]+/); n = part[5]; hit = part[3] * n / 100 }
    /^Taken at least once:/ { split($0, part, /[:% ]+/); m = part[7]; taken = part[5] * m / 100 }
    # the last line of a file; headers are counted where they are included, so they are left out
    /^Calls executed:|^No calls/ && file != "" {
        if (file !~ /^\/usr/ && file !~ /\.h$/) {
            if (file ~ /\.inc$/) m = taken = 0
            folder = file; sub(/\/[^\/]*$/, "", folder)
            add(folder); add("all")
            if (file ~ /^lib\//) add("all of lib")
        }
        file = ""
    }
    END {
        for (f in lines) if (f !~ /^all/) print show(f) | "sort"
        close("sort")
        print show("all of lib"); print show("all")
        low = share(lines_hit["all of lib"], lines["all of lib"]) < least_lines ||
            share(branches_hit["all of lib"], branches["all of lib"]) < least_branches
        if (low) printf "coverage.sh: lib/ is below %s %% of lines or %s %% of branches\n", least_lines, least_branches
        exit low
    }'
