#!/bin/sh
# All stages of one config in sequence. Usage: BIN=DIR run-pipeline.sh CONFIG ['KEY=VALUE ...']
set -eu

config=$1
settings=${2:-}
set --
# A word that does not begin with KEY= belongs to the value before it, which may hold blanks:
#   corpus.files=["a.txt", "b.txt"] train.dim=50
setting=
set -f
for word in $settings; do
    key=${word%%=*}
    case $key in
    "$word" | '' | *[!A-Za-z0-9_.]*) setting="$setting${setting:+ }$word" ;;
    *)
        [ -z "$setting" ] || set -- "$@" --set "$setting"
        setting=$word
        ;;
    esac
done
set +f
[ -z "$setting" ] || set -- "$@" --set "$setting"

# word2vec learns from the text itself: no counts are needed
stages="vocab cooccur shuffle train"
if "$BIN/glove-train" --config "$config" "$@" --print-config | grep -q '"objective": "word2vec"'; then
    stages="vocab train"
fi
all=$(($(echo "$stages" | wc -w) + 1))

number=0
stage() {
    number=$((number + 1))
    printf '\n[%s/%s] %s\n' "$number" "$all" "$1"
    shift
    "$@"
}
for name in $stages; do
    stage "glove-$name" "$BIN/glove-$name" --config "$config" "$@"
done
# evaluation only where the config names question or similarity files
if "$BIN/glove-eval" --config "$config" "$@" --print-config | tr -d ' \n' |
    grep -Eq '"(analogies|similarity)":\["'; then
    stage glove-eval "$BIN/glove-eval" --config "$config" "$@"
else
    stage "not evaluated: no eval.analogies or eval.similarity in the config" :
fi
