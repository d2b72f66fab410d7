#!/bin/sh
# CPU seconds of skip-gram programs for the same words: one epoch, one thread, d = 300, window 5,
# 5 noise words, sample 1e-4, words that occur 5 times, eta 0.025; vocabulary and output included.
# Usage: PEERS=DIR sh bench/word2vec/peers.sh TEXT [ROUNDS]
#
# TEXT is one line of words (10 MB takes some 5 minutes). PEERS has what was built of the other
# programs: word2vec, pWord2Vec, pWord2Vec.blas, pSGNScc, pSGNScc.blas; those that are missing are
# left out, and so are fastText and gensim. They take turns for ROUNDS (3) rounds; those that take
# tens of seconds (word2vec, fastText, gensim) run in the first round alone. BIN has the programs of
# this project [build/bin], PYTHON a Python with gensim [/usr/bin/python3].
# Output: a line for each run: program, user + system seconds.
set -eu

text=$(realpath "$1") rounds=${2:-3}
BIN=$(realpath "${BIN:-build/bin}") PEERS=${PEERS:-} PYTHON=${PYTHON:-/usr/bin/python3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# timed NAME COMMAND...
timed() {
    name=$1
    shift
    command -v "$1" >/dev/null || return 0
    bash -c 'TIMEFORMAT="%U %S"; time "$@" >/dev/null 2>&1' bash "$@" 2>seconds ||
        { echo "$name failed"; return 0; }
    awk -v name="$name" '{ printf "%-18s %6.2f\n", name, $1 + $2 }' seconds
}

cat >ours.sh <<END
rm -rf run
for stage in vocab train; do
    "$BIN/glove-\$stage" --run-dir run --progress none --set 'corpus.files=["$text"]' \\
        --set vocab.min_count=5 --set train.objective=word2vec --set train.schedule=\$1 \\
        --set train.dim=300 --set train.sample=1e-4 --set train.epochs=1 --set train.threads=1 \\
        --set 'output.formats=["word2vec"]' || exit
done
END

round=1
while [ "$round" -le "$rounds" ]; do
    for schedule in ordered hogwild; do
        timed "glovebox $schedule" sh ours.sh "$schedule"
    done
    for program in pWord2Vec pWord2Vec.blas pSGNScc pSGNScc.blas word2vec; do
        slow=
        [ "$program" != word2vec ] || slow='-cbow 0'
        [ -z "$slow" ] || [ "$round" = 1 ] || continue
        # the words of $slow
        timed "$program" "$PEERS/$program" -train "$text" -output out.bin -size 300 -window 5 -negative 5 \
            -sample 1e-4 -min-count 5 -iter 1 -threads 1 -alpha 0.025 -binary 1 $slow
    done
    if [ "$round" = 1 ]; then
        timed fastText fasttext skipgram -input "$text" -output out -dim 300 -ws 5 -neg 5 -t 1e-4 -epoch 1 \
            -thread 1 -minn 0 -maxn 0 -minCount 5 -lr 0.025
        cat >skipgram.py <<END
from gensim.models import Word2Vec
words = open('$text').read().split()
Word2Vec([words[i:i + 1000] for i in range(0, len(words), 1000)], sg=1, vector_size=300, window=5,
         negative=5, sample=1e-4, min_count=5, epochs=1, workers=1)
END
        timed gensim "$PYTHON" skipgram.py
    fi
    round=$((round + 1))
done
