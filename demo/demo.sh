#!/bin/sh
# The stages of the demo, one after the other, and what to look at afterwards.
set -eu

run="$BIN"
config=configs/demo.json
dir=runs/demo

stage() {
    number=$1
    shift
    printf '\n[%s/5] %s\n' "$number" "$*"
    "$run/$@" --config $config
}

stage 1 glove-vocab
stage 2 glove-cooccur
stage 3 glove-shuffle
stage 4 glove-train
stage 5 glove-eval

echo
for word in france walked king bigger; do
    echo "nearest to $word:"
    "$run/glove-query" --run-dir $dir nearest $word --top 5 | sed 's/^/  /'
done
echo "paris is to france as tokyo is to:"
"$run/glove-query" --run-dir $dir analogy paris france tokyo --top 3 | sed 's/^/  /'
"$run/glove-report" --run-dir $dir --progress none >/dev/null

cat <<END

Done. What you have now:
  $dir/vectors.txt     the vectors, one word a line
  $dir/vectors.db      the same for SQLite:  sqlite3 $dir/vectors.db
  $dir/store.db        the co-occurrence matrix: $run/glove-query --run-dir $dir pairs paris
  $dir/report.html     settings, times, loss curve, scores
Where to go next:
  $run/glove-query --run-dir $dir         ask questions at a prompt
  make run CONFIG=configs/text8.json SET='corpus.files=["YOUR.txt"]'
  docs/ and configs/README.md        every key, every file, every number
END
