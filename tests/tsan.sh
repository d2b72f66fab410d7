#!/bin/sh
# Run the programs under the thread sanitizer with several threads: all in memory, everything
# spilling, compressed input, every schedule, stopped and resumed. Criterion and the sanitizer do
# not work together, so the programs themselves are the test. Usage: BIN=build/tsan/bin tests/tsan.sh
# The last line is `N passed, N failed`.
set -u

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
passed=0
failed=0

awk 'BEGIN { srand(7); for (i = 0; i < 60000; i++)
    printf "w%d%s", int(exp(rand() * log(800))), rand() < 0.05 ? "\n" : " " }' >"$dir/small.txt"
gzip -k "$dir/small.txt"
awk 'BEGIN { srand(8); for (i = 0; i < 900000; i++)
    printf "v%d%s", int(exp(rand() * log(60000))), i % 20 ? " " : "\n" }' >"$dir/large.txt"
awk 'BEGIN { print ": any"; for (i = 1; i < 60; i++)
    print "w" i, "w" i + 1, "w" i + 2, "w" i + 3 }' >"$dir/questions.txt"
awk 'BEGIN { for (i = 1; i < 60; i++) printf "w%d\tw%d\t%d\n", i, 2 * i, i % 10 }' >"$dir/pairs.tsv"
cat >"$dir/small.json" <<END
{"corpus": {"files": ["$dir/small.txt"]}, "vocab": {"min_count": 1},
 "cooccur": {"threads": 4}, "train": {"dim": 20, "epochs": 2, "threads": 4},
 "eval": {"analogies": ["$dir/questions.txt"], "similarity": ["$dir/pairs.tsv"]},
 "output": {"formats": ["text", "word2vec", "sqlite", "safetensors", "npy", "projector", "fasttext"]}}
END
# budgets at which vocabulary, counts and shuffle go through temporary files, and training reads
# its tiles again and again
cat >"$dir/large.json" <<END
{"corpus": {"files": ["$dir/large.txt"]}, "vocab": {"min_count": 1, "memory_mb": 2},
 "cooccur": {"threads": 4, "memory_mb": 61}, "shuffle": {"memory_mb": 48},
 "train": {"dim": 4, "epochs": 1, "threads": 4, "memory_mb": 18}}
END
# By the letter of C11 hogwild's updates race, and are meant to (docs/training.md). Only the kernels
# may: what is around them is free of races in every schedule.
printf '%s\n' race:lib/kernel/gv_kernel race:lib/kernel/gv_word2vec race:train/word2vec/gv_word2vec_chunk >"$dir/hogwild.supp"

# step EXIT_CODE PROGRAM ARGUMENT...: a race makes the exit code 66
step() {
    wanted=$1
    program=$2
    shift 2
    start=$(date +%s)
    TSAN_OPTIONS="exitcode=66 $suppressed" "$BIN/$program" "$@" >"$dir/log" 2>&1 <"$from"
    code=$?
    if [ "$code" -eq "$wanted" ]; then
        passed=$((passed + 1))
        echo "ok      $(($(date +%s) - start)) s  $program $*"
    else
        failed=$((failed + 1))
        echo "failed  $program $*: exit code $code instead of $wanted"
        head -n 80 "$dir/log"
    fi
}
suppressed=
from=/dev/null

small="--config $dir/small.json --progress plain --run-dir $dir/small"
large="--config $dir/large.json --progress plain --run-dir $dir/large"
vectors=$dir/small/vectors
# the word splitting of $small and $large is meant
for stage in vocab cooccur shuffle train eval report; do
    step 0 glove-$stage $small
done
step 0 glove-vocab $small --force --set "corpus.files=$dir/small.txt.gz"
step 0 glove-cooccur $small --force --set "corpus.files=$dir/small.txt.gz"
# half of the tokens are one word, whose row all threads gather
sed 's/ / w1 /g' "$dir/small.txt" >"$dir/half.txt"
step 0 glove-vocab $small-h --set "corpus.files=$dir/half.txt"
step 0 glove-cooccur $small-h --set "corpus.files=$dir/half.txt"
step 0 glove-vocab $small-u --set corpus.tokenizer=unicode
step 0 glove-vocab $small-p --set vocab.phrases=2 --set vocab.phrase_threshold=0
step 0 glove-cooccur $small-p --set vocab.phrases=2 --set vocab.phrase_threshold=0
for stage in vocab cooccur shuffle train; do
    step 0 glove-$stage $large
done
export GLOVEBOX_TEST_AT=checkpoint:1=TERM
step 143 glove-train $small --force --set train.epochs=100000
unset GLOVEBOX_TEST_AT
for pair in txt:bin bin:npy db:txt safetensors:db; do
    step 0 glove-convert "$vectors.${pair%:*}" "$dir/converted.${pair#*:}" --progress none
done
step 0 glove-query $small nearest w1
step 0 glove-query $small pairs w1
step 0 ../tests/cli/library_threads "$dir/small"
# few records: the sanitizer is slow where there is much to suppress
tiny="--config $dir/small.json --run-dir $dir/tiny --progress plain --set cooccur.window=2 --set corpus.files=$dir/tiny.txt"
head -c 12000 "$dir/small.txt" >"$dir/tiny.txt"
for stage in vocab cooccur shuffle; do
    step 0 glove-$stage $tiny
done
for schedule in ordered locked round_robin atomic averaged; do
    step 0 glove-train $tiny --force --set train.schedule=$schedule --set train.epochs=2 --set train.dim=8
done
step 0 glove-train $tiny --force --set train.schedule=locked --set train.optimizer=sgd --set train.dim=8
step 0 glove-train $tiny --force --set output.subwords=true --set train.threads=4 --set train.epochs=1 --set train.dim=40
step 0 glove-train $tiny --force --set train.objective=logistic --set train.threads=4 --set train.epochs=2 --set train.dim=8
# step by step, as when conflicts are counted, hogwild is free of races as well
export GLOVEBOX_TEST_RANDOM_ORDER=1 GLOVEBOX_TEST_CONFLICTS=1
for schedule in hogwild locked atomic; do
    step 0 glove-train $tiny --force --set train.schedule=$schedule --set train.epochs=2 --set train.dim=8
done
unset GLOVEBOX_TEST_RANDOM_ORDER GLOVEBOX_TEST_CONFLICTS
# ranks that are threads
export RANKS=4
step 0 ../tests/ranks/vocab_ranks $tiny --force
step 0 ../tests/ranks/cooccur_ranks $tiny --force
step 0 ../tests/ranks/shuffle_ranks $tiny --force
for distributed in rotation sandblaster; do
    step 0 ../tests/ranks/train_ranks $tiny --force --set train.distributed=$distributed --set train.threads=2 \
        --set train.epochs=2 --set train.dim=8
done
step 0 ../tests/ranks/train_ranks $tiny --force --set train.distributed=downpour --set train.threads=1 \
    --set train.epochs=2 --set train.dim=8
ordered="--set train.objective=word2vec --set train.schedule=ordered"
step 0 ../tests/ranks/train_ranks $tiny --force $ordered --set train.threads=2 --set train.epochs=2 --set train.dim=8
step 0 glove-train $tiny --force $ordered
suppressed=suppressions=$dir/hogwild.supp
step 0 glove-train $tiny --force --set train.schedule=hogwild --set train.epochs=1 --set train.dim=8
for architecture in skipgram cbow; do
    step 0 glove-train $tiny --force --set train.objective=word2vec --set train.architecture=$architecture
done
suppressed=
# the programs of `make compat` read standard input, and write their output where the log is
BIN=$BIN/../compat
from=$dir/large.txt
step 0 vocab_count -verbose 0 && grep '^v' "$dir/log" >"$dir/vocab.txt"
step 0 cooccur -verbose 0 -window-size 2 -vocab-file "$dir/vocab.txt"
from=$dir/records.bin
awk 'BEGIN { srand(9); for (i = 0; i < 40000; i++)
    printf "%c%c%c%c%c%c%c%c%c%c%c%c%c%c%c%c", 1 + rand() * 90, 0, 0, 0, 1 + rand() * 90, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 + rand() * 60, 64 }' >"$from"
step 0 shuffle -verbose 0
step 0 glove -verbose 0 -vector-size 5 -iter 2 -threads 4 -binary 2 -vocab-file "$dir/vocab.txt" -input-file "$from" -save-file "$dir/v"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
