#!/bin/sh
# Put inputs into tests/fuzz/corpus: of the folders DIR/fuzz_NAME (or fuzz_NAME.corpus), as few as
# cover what all of them do, beside those that are there. Inputs that were mistakes once have names
# of their own and stay.
# Usage: tests/fuzz/merge.sh DIR [NAME ...]   (after `make fuzz`: DIR is build/fuzz)
set -eu

dir=$1
shift
[ $# -gt 0 ] || set -- $(ls tests/fuzz | sed -n 's/^fuzz_\(.*\)\.c$/\1/p' | grep -v control)
for name in "$@"; do
    to=tests/fuzz/corpus/$name
    from=$dir/fuzz_$name
    [ -d "$from" ] || from=$dir/fuzz_$name.corpus
    mkdir -p "$to"
    build/fuzz/tests/fuzz/fuzz_"$name" -set_cover_merge=1 -max_len="${MAX_LEN:-16384}" -timeout=25 \
        "$to" "$from" >build/fuzz/merge.log 2>&1 || { tail -n 20 build/fuzz/merge.log; exit 1; }
    echo "$name: $(ls "$to" | wc -l) inputs, $(du -sb "$to" | cut -f 1) bytes"
done
