#!/bin/sh
# Includes point only downwards: base < data < math < dist < stages, and stages never include each
# other; some libraries are used by one module only. Prints what breaks the rule.
set -eu

fail=0
rank() {
    case $1 in
    base) echo 1 ;; data) echo 2 ;; math) echo 3 ;; dist) echo 4 ;; *) echo 5 ;;
    esac
}
for file in lib/*/*.[ch] cooccur/*.[ch] shuffle/*.[ch] train/*.[ch] eval/*.[ch]; do
    [ -f "$file" ] || continue
    case $file in lib/*) own=${file#lib/} ;; *) own=$file ;; esac
    own=${own%%/*}
    for included in $(sed -n 's/^#include "\([a-z]*\)\/[^"]*".*/\1/p' "$file" | sort -u); do
        if [ "$(rank "$included")" -gt "$(rank "$own")" ] ||
            { [ "$(rank "$own")" -eq 5 ] && [ "$(rank "$included")" -eq 5 ] && [ "$own" != "$included" ]; }; then
            echo "$file: $own must not include $included"
            fail=1
        fi
    done
done

# header -> the files that may include it
only() {
    header=$1
    shift
    for file in $(grep -l "^#include <$header>" lib/*/*.[ch] cooccur/* shuffle/* train/* eval/* 2>/dev/null); do
        case " $* " in
        *" $file "*) ;;
        *)
            echo "$file: <$header> belongs to $* only"
            fail=1
            ;;
        esac
    done
}
only sqlite3.h lib/data/gv_store_internal.h lib/data/gv_vectors_db.c
# the two word tables have it inline: they hash every token
only xxhash.h lib/base/gv_hash.c
only archive.h lib/data/gv_corpus_stream.c
only cblas.h lib/math/gv_nearest.c lib/math/gv_nearest_solve.c
only mpi.h lib/dist/gv_comm_mpi.c
only immintrin.h lib/math/gv_vec_avx2.h lib/math/gv_vec_avx512.h \
    cooccur/gv_cooccur_rows_avx512.c lib/data/gv_counts_decode_avx512.c
exit $fail
