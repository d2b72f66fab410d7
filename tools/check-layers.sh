#!/bin/sh
# Check what includes what. Prints each breach; exit code 1 if there was one.
#
# 1. Includes point only downwards: a room may include those before it in the list below; programs
#    may include every room, but never each other. Programs in place of others (`above`) may include
#    rooms and programs.
# 2. Some system libraries belong to one module only.
# 3. No circles: neither headers that include each other, nor modules that do. A module is gv_X.h
#    with gv_X.c. That gv_X.c includes its private header (gv_X_internal.h, gv_X_isa.h) and that
#    includes gv_X.h makes no circle.
set -eu

rooms="base config text vocab counts store subword vectors kernel document analysis model schedule budget app dist"
programs="cooccur shuffle train eval query embed report convert plan pipeline bindings"
above="compat"

# A room's place in the order; programs stand above all rooms.
rank() {
    place=0
    for room in $rooms; do
        place=$((place + 1))
        [ "$room" != "$1" ] || { echo $place; return; }
    done
    for program in $programs; do
        [ "$program" != "$1" ] || { echo 100; return; }
    done
    [ "$above" != "$1" ] || { echo 101; return; }
    echo "check-layers.sh: $1 is not in the list of rooms" >&2
    exit 2
}

fail=0
sources=$(find lib $programs $above -name "*.[ch]" -o -name "*.inc" | sort)
for file in $sources; do
    own=${file#lib/}
    own=${own%%/*}
    own_rank=$(rank "$own")
    for included in $(sed -n 's/^#include "\([a-z0-9]*\)\/[^"]*".*/\1/p' "$file" | sort -u); do
        [ "$included" != "$own" ] || continue
        if [ "$(rank "$included")" -ge "$own_rank" ]; then
            echo "$file: $own must not include $included"
            fail=1
        fi
    done
done

# header, then the files that may include it
only() {
    header=$1
    shift
    for file in $(grep -l "^#include <$header>" $sources); do
        case " $* " in
        *" $file "*) ;;
        *)
            echo "$file: <$header> belongs to $* only"
            fail=1
            ;;
        esac
    done
}
only sqlite3.h lib/base/gv_sqlite.h lib/base/gv_database.h lib/store/gv_store_internal.h lib/vectors/gv_vectors_db.c lib/vectors/gv_vectors_db_read.c
only xxhash.h lib/base/gv_hash.c
only archive.h lib/text/gv_unpack.c lib/counts/gv_npz.c lib/counts/gv_matrix_writer_npz.c
only jansson.h lib/config/gv_jansson.h
only expat.h lib/text/gv_records_wiki.c
only mpi.h lib/dist/gv_comm_mpi.c
only immintrin.h lib/kernel/gv_vec_avx2.inc lib/kernel/gv_vec_avx512.inc \
    cooccur/gv_cooccur_rows_avx512.c lib/counts/gv_counts_decode_avx512.c

# Prints "FROM TO" for every include of the files named on standard input, without lib/.
edges() {
    xargs awk '/^#include "/ { split($0, part, "\""); from = FILENAME; sub(/^lib\//, "", from); print from, part[2] }'
}
modules() {
    sed -E 's/\.(c|h|inc)( |$)/\2/g' | awk '$1 != $2 && $2 !~ "^" $1 "_(internal|isa)$"'
}
# Prints the members of each circle, one a line after a line of its own; tsort finds them.
circles_of() {
    tsort 2>&1 >/dev/null | sed "s/^tsort: -: input contains a loop:/circle of $1:/; s/^tsort: /    /"
}
# The one circle that stays: gv_config.c fills in a config by the table of gv_config_key.h, and that
# says where in a gv_config each key's value is.
allowed="config/gv_config config/gv_config_key"
circles=$(
    echo "$sources" | grep '\.h$' | edges | circles_of headers
    echo "$sources" | edges | modules | grep -Fxv "$allowed" | circles_of modules
)
count=0
if [ -n "$circles" ]; then
    echo "$circles"
    count=$(echo "$circles" | grep -c ^circle)
    fail=1
fi
echo "check-layers.sh: $(echo "$sources" | wc -l) files, $count circles beside the one allowed"
exit $fail
