#!/bin/sh
# Build every tests/fuzz/fuzz_*.c with clang's libFuzzer and run it for the given seconds, starting
# from nothing. Usage: tests/fuzz/run.sh SECONDS
set -eu

seconds=$1
out=build/fuzz
mkdir -p $out
sources=$(ls lib/*/*.c | grep -v kernel_avx)
flags="-std=gnu11 -g -O1 -Ilib -I. -D_GNU_SOURCE -DGV_VERSION=\"fuzz\" -ffp-contract=off
       $(pkg-config --cflags sqlite3 jansson libarchive libxxhash icu-uc icu-i18n openblas libedit)"
libs="$(pkg-config --libs sqlite3 jansson libarchive libxxhash icu-uc icu-i18n openblas libedit) -lm -pthread"
for target in tests/fuzz/fuzz_*.c; do
    name=$(basename "$target" .c)
    echo "building $name"
    # word splitting of $flags, $sources and $libs is meant
    clang $flags -fsanitize=fuzzer,address,undefined $target $sources -D__FUZZ__ -o "$out/$name" $libs
    mkdir -p "$out/$name.corpus"
    "$out/$name" -max_total_time="$seconds" -max_len=65536 -rss_limit_mb=2048 -print_final_stats=0 \
        -artifact_prefix="$out/" "$out/$name.corpus"
done
