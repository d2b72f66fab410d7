/* How the rows of a batch are cut into tasks: only frequent rows are gathered by all threads. */
#include "support/gv_test.h"

#include "cooccur/gv_cooccur_split.h"
#include <string.h>

enum { WORDS = 50, MOST = 200000 };

typedef struct fixture {
    gv_config config;
    gv_budget_cooccur_limits limits;
    gv_vocab *vocab;
    gv_cooccur_job job;
    gv_cooccur_counter *counter;
    uint32_t ids[MOST];
    size_t n;
} fixture;

static int fill(void *context, uint32_t *ids, size_t room, size_t *n, gv_error *err)
{
    (void)err;
    fixture *f = context;
    *n = f->n < room ? f->n : room;
    memcpy(ids, f->ids, *n * sizeof *ids);
    f->n = 0;
    return GV_OK;
}

/* A counter whose batch holds the ids of the fixture, with bands of it. */
static void open(fixture *f, unsigned threads, uint32_t split_from)
{
    gv_error err = GV_ERROR_INIT;
    const char *names[WORDS];
    uint64_t counts[WORDS] = {0};
    for (int i = 0; i < WORDS; i++)
        names[i] = gv_test_format("w%02d", i);
    gv_assert_ok(gv_vocab_from_words(&f->vocab, names, counts, WORDS, &err), err);
    f->config = (gv_config){.cooccur_window = 5, .cooccur_symmetric = true};
    f->limits = (gv_budget_cooccur_limits){threads, MOST, 1 << 16, 1 << 10, 4, split_from, 0};
    f->job = (gv_cooccur_job){.config = &f->config, .vocab = f->vocab, .temp_dir = gv_test_dir()};
    gv_assert_ok(gv_cooccur_counter_open(&f->counter, &f->job, &f->limits, &err), err);
    gv_cooccur_batch *batch = &f->counter->batch;
    bool more;
    gv_cooccur_source source = {f, fill};
    gv_assert_ok(gv_cooccur_batch_fill(batch, &source, &more, &err), err);
    gv_assert_ok(gv_cooccur_batch_index(batch, f->counter->workers, threads, true, &err), err);
    gv_cooccur_gather_batch(&f->counter->gather, batch);
    gv_cooccur_bands bands;
    gv_cooccur_bands_cut(&bands, batch->start, batch->words);
    gv_cooccur_counter_set_bands(f->counter, &bands);
}

static void close(fixture *f)
{
    gv_cooccur_counter_close(f->counter);
    gv_vocab_free(f->vocab);
}

/* Word 20 is half of `n` ids; the others are equally frequent. */
static void write_ids(fixture *f, size_t n)
{
    f->n = n;
    for (uint32_t i = 0; i < n; i++)
        f->ids[i] = i % 2 ? 20 : i / 2 % WORDS;
}

/* Tasks cover all rows in order, stay within their bands, and the shared ones are the rows of
 * `wanted`, a string of their numbers. */
static void expect_shared(fixture *f, const char *wanted)
{
    gv_error err = GV_ERROR_INIT;
    gv_cooccur_split split;
    gv_assert_ok(gv_cooccur_split_cut(&split, f->counter, &err), err);
    const char *found = "";
    cr_assert_eq(split.first[0], 0);
    cr_assert_eq(split.first[split.tasks.count], WORDS);
    for (uint32_t t = 0; t < split.tasks.count; t++) {
        const uint32_t first = split.first[t], end = split.first[t + 1], band = split.tasks.band[t];
        cr_assert_lt(first, end);
        cr_assert(t == 0 || split.tasks.band[t - 1] <= band);
        cr_assert_geq(first, f->counter->bands.first[band]);
        cr_assert_leq(end, f->counter->bands.first[band + 1]);
        if (!split.tasks.shared[t])
            continue;
        cr_assert_eq(end, first + 1);
        found = gv_test_format("%s%s%u", found, *found ? " " : "", first);
    }
    cr_assert_str_eq(found, wanted);
    gv_cooccur_split_clear(&split);
}

static void check(size_t n, unsigned threads, uint32_t split_from, const char *wanted)
{
    static fixture f;
    write_ids(&f, n);
    open(&f, threads, split_from);
    expect_shared(&f, wanted);
    close(&f);
}

Test(cooccur_split, a_row_that_is_half_of_the_text_is_shared)
{
    check(MOST, 2, 0, "20");
    check(MOST, 64, 0, "20");
}

Test(cooccur_split, one_thread_shares_nothing)
{
    check(MOST, 1, 0, "");
    check(MOST, 1, 3, "");
}

Test(cooccur_split, small_rows_are_not_worth_it)
{
    check(8000, 2, 0, "");   /* 4,080 positions */
    check(8200, 2, 0, "20"); /* 4,182 */
}

Test(cooccur_split, limit_for_tests)
{
    check(1000, 2, 100, "20");
    check(WORDS * 2, 3, 52, "");
    check(WORDS * 2, 3, 51, "20"); /* every second id, and one of the others */
    check(0, 2, 1, "");
    const char *all = "0";
    for (int i = 1; i < WORDS; i++)
        all = gv_test_format("%s %d", all, i);
    check(MOST, 2, 1, all);
}
