#!/bin/sh
# The same bytes on every CPU: counting and training of small corpora, GloVe, "logistic" and
# word2vec with both schedules, on AArch64 (cross-built, under qemu-user) and on x86-64, with every
# kernel; on x86-64 also under qemu-user with AVX2 at most and without AVX, so that the ways around
# missing instructions are taken in all stages.
# Usage: aarch64-check.sh X86_64_BIN AARCH64_BIN SYSROOT CORPUS
#
# Compared are the SHA-256 of vocab.txt, counts.bin, model.ckpt and the vectors, and the content
# hash of store.db (the file itself also holds who made it when). Exit code 1 if any differs.
set -eu

x86_bin=$1 arm_bin=$2 sysroot=$3 demo=$4
work=$(mktemp -d "${TMPDIR:-/tmp}/glovebox-cpus-XXXXXX")
trap 'rm -rf "$work"' EXIT
failed=0

fail() { echo "aarch64-check: $*" >&2; exit 1; }

# Zipf-distributed words with capitals, accents and other scripts: many different values of cells,
# and work for the Unicode tokenizer. Every CPU reads the same file, so awk's generator will do.
zipf_corpus() {
    awk 'BEGIN {
        srand(7)
        split("a e i o u é ö ß ж ひ", vowel, " "); split("b d g K l m N r s t", consonant, " ")
        for (n = 1; n <= 60000; n++) {
            rank = int(exp(rand() * log(30000)))
            for (word = ""; rank > 0; rank = int(rank / 100))
                word = word consonant[rank % 10 + 1] vowel[int(rank / 10) % 10 + 1]
            printf "%s%s", word, n % 40 ? " " : ".\n"
        }
    }'
}

sha() { sha256sum <"$1" | cut -c1-12; }

# run NAME KERNEL [RUNNER ...]: all stages on all corpora; BIN is set. One line of hashes each.
run() {
    name=$1 kernel=$2
    shift 2
    for corpus in demo zipf unseen pairs text; do
        dir=$work/run
        rm -rf "$dir"
        case $corpus in
        demo) set_keys='--set train.dim=50 --set train.epochs=2' ;;
        zipf) set_keys='--set train.dim=100 --set train.epochs=1 --set train.x_max=10
                        --set corpus.tokenizer=unicode --set corpus.lowercase=true
                        --set cooccur.symmetric=false --set vocab.min_count=2
                        --set output.formats=["safetensors"]' ;;
        unseen) set_keys='--set train.objective=logistic --set train.dim=30 --set train.epochs=2' ;;
        pairs) set_keys='--set train.objective=word2vec --set train.schedule=ordered
                         --set train.dim=30 --set train.epochs=2' ;;
        text) set_keys='--set train.objective=word2vec --set train.threads=1
                        --set train.dim=30 --set train.epochs=1' ;;
        esac
        for stage in vocab cooccur shuffle train; do
            # the keys are words without blanks
            GLOVEBOX_KERNEL=$kernel "$@" "$BIN/glove-$stage" --run-dir "$dir" --progress none \
                --set "corpus.files=[\"$work/$corpus.txt\"]" --set name=cpus $set_keys >"$work/log" 2>&1 ||
                { cat "$work/log" >&2; fail "glove-$stage failed: $name, kernel $kernel, $corpus"; }
        done
        grep -q "\"kernel\":\"$kernel\"" "$dir/metrics.jsonl" || fail "$name did not use kernel $kernel"
        store=$(sqlite3 -readonly "$dir/store.db" "SELECT value FROM meta WHERE key = 'content_hash'")
        [ -n "$store" ] || fail "store.db states no hash of its content"
        hashes="$(sha "$dir/vocab.txt") $(sha "$dir/counts.bin") $(printf %.12s "$store")"
        hashes="$hashes $(sha "$dir/model.ckpt") $(sha "$(ls "$dir"/vectors.*)")"
        verdict=same
        if [ -f "$work/$corpus.first" ]; then
            [ "$hashes" = "$(cat "$work/$corpus.first")" ] || verdict=DIFFERENT failed=1
        else
            echo "$hashes" >"$work/$corpus.first"
            verdict=first
        fi
        # the hashes are words
        printf '%-22s %-7s %-5s %-12s %-12s %-12s %-12s %-12s %s\n' "$name" "$kernel" "$corpus" $hashes "$verdict"
    done
}

cp "$demo" "$work/demo.txt"
cp "$demo" "$work/unseen.txt"
cp "$demo" "$work/pairs.txt"
cp "$demo" "$work/text.txt"
zipf_corpus >"$work/zipf.txt"
printf '%-22s %-7s %-5s %-12s %-12s %-12s %-12s %-12s\n' CPU kernel text vocab.txt counts.bin store.db model.ckpt vectors

BIN=$x86_bin
run x86-64 scalar
if grep -qw avx2 /proc/cpuinfo && grep -qw fma /proc/cpuinfo; then
    run x86-64 avx2
else
    echo "x86-64 avx2: not run, this CPU has no AVX2"
fi
if grep -qw avx512dq /proc/cpuinfo && grep -qw avx512vl /proc/cpuinfo && grep -qw avx512bw /proc/cpuinfo; then
    run x86-64 avx512
else
    echo "x86-64 avx512: not run, this CPU has no AVX-512"
fi
run "x86-64 (qemu, AVX2)" avx2 qemu-x86_64 -cpu Haswell
run "x86-64 (qemu, no AVX)" scalar qemu-x86_64 -cpu Nehalem
BIN=$arm_bin
run "AArch64 (qemu)" neon qemu-aarch64 -L "$sysroot"
run "AArch64 (qemu)" scalar qemu-aarch64 -L "$sysroot"

[ "$failed" = 0 ] || fail "some bytes depend on the CPU (DIFFERENT above)"
echo "The same bytes everywhere."
