#!/bin/sh
# Run the pipeline under the thread sanitizer on a small corpus with several threads. Criterion and
# the sanitizer do not work together, so the programs themselves are the test. Ends with
# `N passed, N failed`.
set -u

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
passed=0
failed=0

awk 'BEGIN { srand(7); for (i = 0; i < 60000; i++)
    printf "w%d%s", int(exp(rand() * log(800))), rand() < 0.05 ? "\n" : " " }' >"$dir/corpus.txt"
cat >"$dir/config.json" <<END
{"name": "tsan", "corpus": {"files": ["$dir/corpus.txt"]}, "vocab": {"min_count": 1},
 "cooccur": {"threads": 4}, "train": {"dim": 20, "epochs": 2, "threads": 4},
 "output": {"formats": ["text", "word2vec"]}}
END

step() {
    log=$dir/log
    if TSAN_OPTIONS="exitcode=66 halt_on_error=0" "$BIN/$@" --config "$dir/config.json" --run-dir "$dir/run" --progress none >"$log" 2>&1; then
        passed=$((passed + 1))
        echo "ok      $*"
    else
        failed=$((failed + 1))
        echo "failed  $*"
        head -60 "$log"
    fi
}
step glove-vocab
step glove-cooccur
step glove-shuffle
step glove-train
step glove-train --set train.memory_mb=40 --force
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
