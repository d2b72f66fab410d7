/*
 * The vocabulary on many ranks has the bytes of one process, whatever the parts. The ranks are
 * threads (tests/ranks/vocab_ranks.c), so nothing here needs MPI.
 */
#include "base/gv_rng.h"
#include "support/gv_test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VOCAB_RANKS GV_SH_BUILD "/tests/ranks/vocab_ranks"

/* The vocabulary of one process in run directory "one", that of `ranks` in "many": the same bytes,
 * and the same statistics of the corpus. Returns the exit code of both. */
static int compare(int ranks, const char *options)
{
    static const gv_test_ranks counted = {
        "glove-vocab", VOCAB_RANKS, "vocab.txt",
        "\"words\":.*\"covered_tokens\":[0-9]*\\|\"corpus\":{[^}]*}"};
    gv_test_run_ok("rm -rf one many");
    return gv_test_compare_ranks(&counted, ranks, options);
}

static const char *const words[] = {"a",
                                    "b",
                                    "Straße",
                                    "naïve",
                                    "don't",
                                    "東京",
                                    "кот",
                                    "x\xff",
                                    "e\u0301t\u00e9",
                                    "A\u030a",
                                    "a-word-longer-than-sixteen-bytes"};
enum { WORDS = sizeof words / sizeof *words };

/* The last line of the phase says what all ranks have read. */
Test(vocab_ranks, progress_is_that_of_all_ranks)
{
    gv_test_corpus("c.txt", gv_test_seed(), 50000, 2000, 9);
    gv_test_run_ok("RANKS=3 " VOCAB_RANKS " --progress json --run-dir run "
                   "--set corpus.files=c.txt 2>said");
    gv_test_run_ok("grep '\"counting words\"' said | tail -n 1 | "
                   "grep \"\\\"done\\\":$(wc -c <c.txt),\\\"total\\\":$(wc -c <c.txt),\" || "
                   "{ cat said >&2; exit 1; }");
}

Test(vocab_ranks, random_parts, .timeout = 240)
{
    enum { ROUNDS = 30 };
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 71);
    int counted = 0;
    for (int round = 0; round < ROUNDS; round++) {
        const char *options = gv_test_format(
            "%s --set corpus.tokenizer=%s --set corpus.lowercase=%s --set vocab.min_count=%d "
            "--set vocab.max_size=%d --set cooccur.threads=2",
            gv_test_small_files(&rng, 6, words, WORDS),
            gv_rng_below(&rng, 2) ? "unicode" : "whitespace",
            gv_rng_below(&rng, 2) ? "true" : "false", 1 + (int)gv_rng_below(&rng, 4),
            gv_rng_below(&rng, 3) ? 0 : 1 + (int)gv_rng_below(&rng, 9));
        counted += compare(1 + (int)gv_rng_below(&rng, 6), options) == 0;
    }
    cr_assert_geq(counted, ROUNDS / 3, "only %d rounds had anything to count", counted);
}

/* Hosts that do not see the files of rank 0, or see others at their paths; with passes that find
 * phrases, in which rank 0 has lists that all ranks read. */
Test(vocab_ranks, hosts_without_the_files, .timeout = 120)
{
    enum { ROUNDS = 12 };
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 73);
    int counted = 0;
    for (int round = 0; round < ROUNDS; round++) {
        const char *options = gv_test_format(
            "%s --set vocab.min_count=1 --set cooccur.threads=2 --set vocab.phrases=%d "
            "--set vocab.phrase_min_count=2 --set vocab.phrase_threshold=1",
            gv_test_small_files(&rng, 6, words, WORDS), (int)gv_rng_below(&rng, 3));
        unsetenv("RANKS_HOSTS");
        gv_test_make_hosts("$(ls f*.* g*.* 2>/dev/null)");
        setenv("RANKS_HOSTS", "hosts", 1);
        counted += compare(2 + (int)gv_rng_below(&rng, 5), options) == 0;
    }
    cr_assert_geq(counted, ROUNDS / 3, "only %d rounds had anything to count", counted);
}

/* What rank 0 lacks is an error of rank 0, whatever the others have. */
Test(vocab_ranks, rank_0_lacks_a_file, .timeout = 60)
{
    gv_test_run_ok("mkdir -p hosts/1 && echo a b >hosts/1/c.txt");
    gv_test_result r = gv_test_run("RANKS_HOSTS=hosts RANKS=2 " VOCAB_RANKS
                                   " --progress none --run-dir many --set corpus.files=c.txt");
    gv_test_expect_error(r, 2, "corpus.files", "c.txt", NULL);
}

/* One long line cut in mid-text, and tables that do not fit: runs on every rank, merged in
 * passes. */
Test(vocab_ranks, large_texts_in_little_memory, .timeout = 240)
{
    gv_test_corpus("line.txt", gv_test_seed(), 2000000, 300000, 0);
    for (int ranks = 2; ranks <= 4; ranks++) {
        compare(ranks, "--set corpus.files=line.txt --set vocab.min_count=1");
        compare(ranks, "--set corpus.files=line.txt --set vocab.memory_mb=20");
    }
    gv_test_result r = gv_test_run("grep -o '\"spilled_runs\":[0-9]*' many/metrics.jsonl");
    cr_assert_str_neq(r.out, "\"spilled_runs\":0\n");
}

Test(vocab_ranks, a_given_vocabulary, .timeout = 60)
{
    gv_test_corpus("line.txt", gv_test_seed(), 20000, 300, 0);
    gv_test_write_text("given.txt", "w3\nw1\nnowhere\n");
    cr_assert_eq(
        compare(3,
                "--set corpus.files=line.txt --set vocab.file=given.txt --set cooccur.threads=1"),
        0);
}

Test(vocab_ranks, what_fails_is_said_once, .timeout = 60)
{
    gv_test_write_text("empty.txt", "\n\n");
    gv_test_result r = gv_test_run("RANKS=3 " VOCAB_RANKS
                                   " --progress none --run-dir many --set corpus.files=empty.txt");
    cr_assert_eq(r.exit_code, 1);
    cr_assert(strstr(r.err, "the corpus is empty"), "%s", r.err);
    cr_assert_eq(strchr(r.err, '\n'), r.err + strlen(r.err) - 1, "%s", r.err);
}
