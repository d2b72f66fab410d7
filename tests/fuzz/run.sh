#!/bin/sh
# Run every tests/fuzz/fuzz_*.c, built with clang's libFuzzer, for the given seconds. Inputs that
# reached something new are kept in build/fuzz/*.corpus and tried first the next time.
# Usage: tests/fuzz/run.sh SECONDS (build/fuzz/libglovebox.a must be there: `make fuzz` does it)
set -eu

seconds=$1
out=build/fuzz
packages="sqlite3 jansson libarchive libxxhash icu-uc icu-i18n openblas libedit"
flags="-std=gnu11 -g -O1 -Ilib -I. -D_GNU_SOURCE -fsanitize=fuzzer,address,undefined
       -fno-sanitize-recover=all $(pkg-config --cflags $packages)"
libs="$(pkg-config --libs $packages) -lm -pthread"
passed=0
failed=0
for target in tests/fuzz/fuzz_*.c; do
    name=$(basename "$target" .c)
    case $name in # files with checksums
    fuzz_checkpoint | fuzz_counts | fuzz_store) hash=tests/fuzz/flat_hash.c ;;
    *) hash= ;;
    esac
    # word splitting of $flags, $hash and $libs is meant
    clang $flags "$target" $hash $out/libglovebox.a -o "$out/$name" $libs
    mkdir -p "$out/$name.corpus"
    if FUZZ_SEEDS="$out/$name.corpus" "$out/$name" -max_total_time="$seconds" -max_len=262144 \
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
