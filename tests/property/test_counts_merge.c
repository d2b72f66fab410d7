/*
 * Merged counts against an oracle in exact fractions: random matrices over random vocabularies,
 * random weights, all ways to choose the words. And the same bytes for any memory budget, any
 * number of threads and any order of the inputs.
 */
#include "support/gv_test.h"

#include "base/gv_rng.h"
#include "counts/gv_counts_merge.h"
#include "vocab/gv_vocab_combine.h"
#include <stdlib.h>
#include <string.h>

enum { POOL = 24, INPUTS = 4 };

typedef __int128 wide;

/* One input, with its cells by words of the pool. */
typedef struct input {
    gv_vocab *vocab;
    uint32_t word[POOL]; /* [words] of the pool */
    uint32_t words;
    uint64_t unit;
    gv_counts *counts;
    uint64_t cell[POOL][POOL];
    uint64_t count[POOL];
} input;

static const char *pool_word(uint32_t i)
{
    return gv_test_format("w%02u", i);
}

/* A vocabulary of random words of the pool in random order. */
static void make_vocab(input *in, gv_rng *rng)
{
    const char *names[POOL];
    uint64_t counts[POOL];
    gv_error err = GV_ERROR_INIT;
    uint32_t order[POOL];
    for (uint32_t i = 0; i < POOL; i++)
        order[i] = i;
    for (uint32_t i = POOL - 1; i > 0; i--) {
        uint32_t j = (uint32_t)gv_rng_below(rng, i + 1), kept = order[i];
        order[i] = order[j];
        order[j] = kept;
    }
    in->words = 1 + (uint32_t)gv_rng_below(rng, POOL);
    for (uint32_t i = 0; i < in->words; i++) {
        in->word[i] = order[i];
        names[i] = pool_word(order[i]);
        counts[i] = in->count[order[i]] = 1 + gv_rng_below(rng, 50);
    }
    gv_assert_ok(gv_vocab_from_words(&in->vocab, names, counts, in->words, &err), err);
}

static void make_counts(input *in, const char *name, bool symmetric, gv_rng *rng)
{
    static const uint64_t units[] = {1, 2, 6, 12};
    static char recipe[] = "{}";
    gv_error err = GV_ERROR_INIT;
    in->unit = units[gv_rng_below(rng, 4)];
    const gv_counts_info info = {.vocab_size = in->words,
                                 .symmetric = symmetric,
                                 .window = 5,
                                 .unit = in->unit,
                                 .vocab_hash = gv_vocab_hash(in->vocab),
                                 .recipe = recipe};
    gv_counts_writer *writer;
    gv_assert_ok(gv_counts_create(&writer, gv_test_path(name), &info, &err), err);
    for (uint32_t row = 0; row < in->words; row++) {
        gv_counts_cell cells[POOL];
        size_t n = 0;
        for (uint32_t column = symmetric ? row : 0; column < in->words; column++) {
            if (gv_rng_below(rng, 2))
                continue;
            cells[n] = (gv_counts_cell){column, 1 + gv_rng_below(rng, 100)};
            in->cell[in->word[row]][in->word[column]] = cells[n].value;
            if (symmetric)
                in->cell[in->word[column]][in->word[row]] = cells[n].value;
            n++;
        }
        if (n > 0)
            gv_assert_ok(gv_counts_put_row(writer, row, cells, n, &err), err);
    }
    gv_assert_ok(gv_counts_commit(&writer, 100, NULL, &err), err);
    gv_assert_ok(gv_counts_open(&in->counts, gv_test_path(name), &err), err);
}

/* The weighted sum as a fraction over `below`, the product of all denominators. */
static wide weighted(const uint64_t *values, const gv_fraction *weights, const uint64_t *units,
                     size_t n, wide *below)
{
    wide sum = 0;
    *below = 1;
    for (size_t i = 0; i < n; i++)
        *below *= (wide)weights[i].denominator * units[i];
    for (size_t i = 0; i < n; i++)
        sum += (wide)values[i] * weights[i].numerator *
               (*below / ((wide)weights[i].denominator * units[i]));
    return sum;
}

typedef struct round {
    input in[INPUTS];
    gv_fraction weight[INPUTS];
    size_t n;
    bool symmetric, floor;
} round_of;

static void check_words(const round_of *r, const gv_vocab_combine_result *words,
                        enum gv_vocab_combine_words how)
{
    static const uint64_t ones[INPUTS] = {1, 1, 1, 1};
    uint32_t kept = 0;
    for (uint32_t w = 0; w < POOL; w++) {
        uint64_t counts[INPUTS];
        size_t having = 0;
        for (size_t i = 0; i < r->n; i++) {
            counts[i] = r->in[i].count[w];
            having += counts[i] > 0;
        }
        wide below, sum = weighted(counts, r->weight, ones, r->n, &below);
        const uint32_t id = gv_vocab_lookup(words->vocab, pool_word(w), 3);
        bool want = how == GV_VOCAB_COMBINE_GIVEN   ? w < 5
                    : how == GV_VOCAB_COMBINE_UNION ? having > 0 && sum > 0
                                                    : having == r->n && sum > 0;
        cr_assert_eq(id != GV_VOCAB_NO_WORD, want, "word %u", w);
        kept += want;
        if (!want)
            continue;
        uint64_t count = sum <= 0 ? 0 : (uint64_t)((2 * sum + below) / (2 * below));
        cr_assert_eq(gv_vocab_count(words->vocab, id), sum > 0 && count == 0 ? 1 : count);
        if (id > 0 && how != GV_VOCAB_COMBINE_GIVEN) {
            uint64_t before = gv_vocab_count(words->vocab, id - 1);
            cr_assert(before > gv_vocab_count(words->vocab, id) ||
                      (before == gv_vocab_count(words->vocab, id) &&
                       strcmp(gv_vocab_word(words->vocab, id - 1), pool_word(w)) < 0));
        }
    }
    cr_assert_eq(gv_vocab_size(words->vocab), kept);
}

static void check_cells(const round_of *r, const gv_vocab *vocab, const char *path)
{
    static uint64_t found[POOL][POOL];
    gv_error err = GV_ERROR_INIT;
    gv_counts *counts;
    memset(found, 0, sizeof found);
    gv_assert_ok(gv_counts_open(&counts, path, &err), err);
    const uint64_t unit = gv_counts_about(counts)->unit;
    uint32_t row;
    const gv_counts_cell *cells;
    size_t n;
    while (gv_counts_next_row(counts, &row, &cells, &n, &err) == GV_OK && n > 0)
        for (size_t i = 0; i < n; i++) {
            found[row][cells[i].column] = cells[i].value;
            if (r->symmetric)
                found[cells[i].column][row] = cells[i].value;
        }
    cr_assert_eq(err.code, GV_OK);
    gv_counts_close(counts);
    for (uint32_t a = 0; a < POOL; a++)
        for (uint32_t b = 0; b < POOL; b++) {
            const uint32_t i = gv_vocab_lookup(vocab, pool_word(a), 3);
            const uint32_t j = gv_vocab_lookup(vocab, pool_word(b), 3);
            uint64_t values[INPUTS], units[INPUTS];
            for (size_t k = 0; k < r->n; k++) {
                values[k] = r->in[k].cell[a][b];
                units[k] = r->in[k].unit;
            }
            wide below, sum = weighted(values, r->weight, units, r->n, &below);
            if (i == GV_VOCAB_NO_WORD || j == GV_VOCAB_NO_WORD)
                continue;
            cr_assert(sum <= 0 ? found[i][j] == 0 : (wide)found[i][j] * below == sum * unit,
                      "X(%u, %u) is %lu / %lu", a, b, found[i][j], unit);
        }
}

static void merge(const round_of *r, enum gv_vocab_combine_words how, gv_rng *rng)
{
    const gv_vocab *vocabs[INPUTS];
    gv_vocab *given = NULL;
    gv_error err = GV_ERROR_INIT;
    gv_vocab_combine_result words;
    const char *names[5];
    uint64_t zeros[5] = {0};
    for (uint32_t i = 0; i < 5; i++)
        names[i] = pool_word(i);
    gv_assert_ok(gv_vocab_from_words(&given, names, zeros, 5, &err), err);
    for (size_t i = 0; i < r->n; i++)
        vocabs[i] = r->in[i].vocab;
    const gv_vocab_combine_options options = {.words = how, .given = given, .floor = true};
    int status = gv_vocab_combine(&words, vocabs, r->weight, r->n, &options, &err);
    if (status == GV_OK) {
        check_words(r, &words, how);
        gv_counts_merge_input inputs[INPUTS];
        for (size_t i = 0; i < r->n; i++) {
            gv_assert_ok(gv_counts_rewind(r->in[i].counts, &err), err);
            inputs[i] = (gv_counts_merge_input){r->in[i].counts, words.ids[i], r->weight[i]};
        }
        const gv_counts_merge_options merging = {.vocab = words.vocab,
                                                 .recipe = "{}",
                                                 .path = gv_test_path("sum.bin"),
                                                 .temp_dir = gv_test_dir(),
                                                 .threads = 1 + (unsigned)gv_rng_below(rng, 3),
                                                 .floor = true};
        gv_counts_merge_result result;
        status = gv_counts_merge(&result, inputs, r->n, &merging, &err);
        if (status == GV_OK) {
            cr_assert(result.exact);
            check_cells(r, words.vocab, merging.path);
        }
    }
    /* nothing may be left; that is the only error */
    cr_assert(status == GV_OK || strstr(err.text, "left"), "%s", err.text);
    gv_vocab_combine_clear(&words);
    gv_vocab_free(given);
}

Test(counts_merge, is_the_exact_sum)
{
    static const char *const weights[] = {"1", "1", "2", "-1", "2.5", "1/3", "-1/6", "0.04"};
    for (uint64_t seed = 0; seed < 30; seed++) {
        gv_rng rng;
        gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, seed);
        round_of r = {.n = 1 + gv_rng_below(&rng, INPUTS), .symmetric = gv_rng_below(&rng, 2)};
        for (size_t i = 0; i < r.n; i++) {
            cr_assert(gv_fraction_parse(&r.weight[i], weights[gv_rng_below(&rng, 8)]));
            make_vocab(&r.in[i], &rng);
            make_counts(&r.in[i], gv_test_format("%zu.bin", i), r.symmetric, &rng);
        }
        for (int how = GV_VOCAB_COMBINE_UNION; how <= GV_VOCAB_COMBINE_GIVEN; how++)
            merge(&r, (enum gv_vocab_combine_words)how, &rng);
        for (size_t i = 0; i < r.n; i++) {
            gv_counts_close(r.in[i].counts);
            gv_vocab_free(r.in[i].vocab);
        }
    }
}

/* --- bytes ------------------------------------------------------------------------------------ */

enum { WORDS = 400 };

static gv_counts *dense_counts(const char *name, const gv_vocab *vocab, gv_rng *rng)
{
    static char recipe[] = "{}";
    static gv_counts_cell cells[WORDS];
    gv_error err = GV_ERROR_INIT;
    gv_counts *counts;
    gv_counts_writer *writer;
    const gv_counts_info info = {.vocab_size = WORDS,
                                 .symmetric = true,
                                 .unit = 6,
                                 .vocab_hash = gv_vocab_hash(vocab),
                                 .recipe = recipe};
    gv_assert_ok(gv_counts_create(&writer, gv_test_path(name), &info, &err), err);
    for (uint32_t row = 0; row < WORDS; row++) {
        for (uint32_t i = 0; i < WORDS - row; i++)
            cells[i] = (gv_counts_cell){row + i, 1 + gv_rng_below(rng, 1000)};
        gv_assert_ok(gv_counts_put_row(writer, row, cells, WORDS - row, &err), err);
    }
    gv_assert_ok(gv_counts_commit(&writer, 0, NULL, &err), err);
    gv_assert_ok(gv_counts_open(&counts, gv_test_path(name), &err), err);
    return counts;
}

/* Beyond the least budget cells are sorted in a file; no word is at the same place twice. */
Test(counts_merge, same_bytes_for_any_budget_and_order)
{
    static uint32_t ids[2][WORDS];
    static const char *names[WORDS];
    static uint64_t zeros[WORDS];
    gv_error err = GV_ERROR_INIT;
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 1);
    gv_vocab *vocab;
    for (uint32_t i = 0; i < WORDS; i++) {
        names[i] = gv_test_format("w%u", i);
        ids[0][i] = WORDS - 1 - i;
        ids[1][i] = (i * 7) % WORDS;
    }
    gv_assert_ok(gv_vocab_from_words(&vocab, names, zeros, WORDS, &err), err);
    gv_counts *a = dense_counts("a.bin", vocab, &rng), *b = dense_counts("b.bin", vocab, &rng);
    gv_counts_merge_input inputs[] = {{a, ids[0], {5, 2}}, {b, ids[1], {1, 3}}};
    gv_counts_merge_options options = {
        .vocab = vocab, .recipe = "{}", .temp_dir = gv_test_dir(), .threads = 1};
    static const uint64_t memory[] = {UINT64_C(1) << 26, 0, 0};
    for (int i = 0; i < 3; i++) {
        gv_counts_merge_result result;
        options.path = gv_test_path(gv_test_format("sum%d.bin", i));
        options.memory = memory[i];
        options.threads = i == 2 ? 4 : 1;
        gv_assert_ok(gv_counts_rewind(a, &err), err);
        gv_assert_ok(gv_counts_rewind(b, &err), err);
        gv_assert_ok(gv_counts_merge(&result, inputs, 2, &options, &err), err);
        cr_assert_eq(result.info.unit, 36);
        const gv_counts_merge_input first = inputs[0];
        inputs[0] = inputs[1];
        inputs[1] = first;
    }
    gv_test_run_ok("cmp sum0.bin sum1.bin && cmp sum0.bin sum2.bin");
    gv_counts_close(a);
    gv_counts_close(b);
    gv_vocab_free(vocab);
}
