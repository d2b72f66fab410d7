#!/bin/sh
# The stages of the demo, one after the other, and what to look at afterwards.
set -eu

dir=runs/demo
begin=$(date +%s)
"$BIN/glove-run" configs/demo.json
taken=$(($(date +%s) - begin))

ask() { "$BIN/glove-query" --run-dir $dir --top "$@" | sed 's/^/  /'; }
echo
for word in france walked king bigger; do
    echo "nearest to $word:"
    ask 5 nearest $word
done
echo "paris is to france as tokyo is to:"
ask 3 analogy paris france tokyo
"$BIN/glove-report" --run-dir $dir --progress none >/dev/null

cat <<END

All stages took $taken s. What you have now:
  $dir/vectors.txt    the vectors, one word a line
  $dir/vectors.db     the same for SQLite
  $dir/store.db       the co-occurrence matrix; $BIN/glove-query --run-dir $dir pairs paris
  $dir/report.html    settings, times, loss curve, scores
Where to go next:
  $BIN/glove-query --run-dir $dir    ask questions at a prompt
  make run CONFIG=configs/text8.json SET='corpus.files=["YOUR.txt"] name=mine'
  docs/README.md                           all pages: every key, every file, every number
END
