/* Building the vocabulary when memory or disk fails at any point: an error, no crash, no file. */
#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "cooccur/vocab/gv_phrase_find.h"
#include "cooccur/vocab/gv_vocab_count.h"
#include "support/gv_test.h"
#include <signal.h>
#include <string.h>
#include <unistd.h>

static char *corpus_path;

static int build(unsigned threads, enum gv_config_tokenizer tokenizer, uint64_t bytes,
                 gv_error *err)
{
    gv_config config = {.corpus_files = {.n = 1, .items = &corpus_path},
                        .corpus_tokenizer = tokenizer,
                        .corpus_lowercase = GV_LOWERCASE_FOLD,
                        .vocab_min_count = 1,
                        .vocab_memory_mb = 64,
                        .cooccur_threads = threads};
    gv_vocab_count_job job = {.config = &config,
                              .path = gv_test_path("vocab.txt"),
                              .temp_dir = gv_test_dir(),
                              .table_bytes = bytes,
                              .block_bytes = 512};
    gv_vocab_count_summary summary;
    return gv_vocab_count_build(&summary, &job, err);
}

static void make_corpus(void)
{
    corpus_path = strdup(gv_test_corpus("c.txt", gv_test_seed(), 3000, 2000, 10));
}

Test(vocab_fault, memory, .timeout = 60)
{
    make_corpus();
    for (int kind = 0; kind < 4; kind++) {
        enum gv_config_tokenizer tokenizer =
            kind & 1 ? GV_TOKENIZER_UNICODE : GV_TOKENIZER_WHITESPACE;
        uint64_t failures = 0;
        for (uint64_t n = 1;; n++) {
            gv_error err = GV_ERROR_INIT;
            gv_mem_fail_at(n, (int)(n % 2));
            int status = build(kind & 2 ? 3 : 1, tokenizer, 20000, &err);
            gv_mem_fail_at(0, 0);
            if (status == GV_OK)
                break;
            failures++;
            cr_assert_eq(status, GV_E_MEMORY, "allocation %lu: %s", (unsigned long)n, err.text);
            cr_assert(!gv_test_exists(gv_test_path("vocab.txt")));
        }
        cr_assert(failures > 20);
        unlink(gv_test_path("vocab.txt"));
    }
}

Test(vocab_fault, full_disk, .timeout = 60)
{
    make_corpus();
    uint64_t failures = 0;
    for (uint64_t n = 1;; n++) {
        gv_error err = GV_ERROR_INIT;
        gv_file_fail_at(n);
        int status = build(2, GV_TOKENIZER_WHITESPACE, 20000, &err);
        gv_file_fail_at(0);
        if (status == GV_OK)
            break;
        failures++;
        cr_assert_eq(status, GV_E_IO, "write %lu: %s", (unsigned long)n, err.text);
        cr_assert_not_null(strstr(err.text, "No space"), "%s", err.text);
        cr_assert(!gv_test_exists(gv_test_path("vocab.txt")));
        cr_assert(!gv_test_exists(gv_test_path("vocab.txt.tmp")));
    }
    cr_assert(failures > 5, "only %lu writes failed", (unsigned long)failures);
}

Test(vocab_fault, stopped_by_a_signal)
{
    make_corpus();
    gv_error err = GV_ERROR_INIT;
    gv_signal_pretend(SIGTERM);
    cr_assert_eq(build(2, GV_TOKENIZER_WHITESPACE, 0, &err), GV_E_STOPPED);
    gv_signal_pretend(0);
    cr_assert(!gv_test_exists(gv_test_path("vocab.txt")));
}

static int find_phrases(gv_error *err)
{
    gv_config config = {.corpus_files = {.n = 1, .items = &corpus_path},
                        .vocab_memory_mb = 64,
                        .vocab_phrases = 2,
                        .vocab_phrase_min_count = 2,
                        .vocab_phrase_threshold = 0.3,
                        .cooccur_threads = 2};
    const gv_phrase_find_job job = {
        .config = &config, .dir = gv_test_dir(), .table_bytes = 20000, .block_bytes = 512};
    gv_phrases *phrases = NULL;
    int status = gv_phrases_new(&phrases, err);
    if (status == GV_OK)
        status = gv_phrase_find(phrases, &job, err);
    gv_phrases_free(phrases);
    return status;
}

Test(vocab_fault, phrases_without_memory_or_disk, .timeout = 120)
{
    corpus_path = strdup(gv_test_corpus("c.txt", gv_test_seed(), 1500, 100, 10));
    gv_test_run_ok("mkdir .stamps");
    for (int disk = 0; disk < 2; disk++) {
        uint64_t failures = 0;
        for (uint64_t n = 1;; n += 1 + n / 8) {
            gv_error err = GV_ERROR_INIT;
            if (disk)
                gv_file_fail_at(n);
            else
                gv_mem_fail_at(n, (int)(n % 2));
            int status = find_phrases(&err);
            gv_file_fail_at(0);
            gv_mem_fail_at(0, 0);
            if (status == GV_OK)
                break;
            failures++;
            cr_assert_eq(status, disk ? GV_E_IO : GV_E_MEMORY, "%s %lu: %s",
                         disk ? "write" : "allocation", (unsigned long)n, err.text);
        }
        cr_assert(failures > 5, "only %lu failures", (unsigned long)failures);
    }
}
