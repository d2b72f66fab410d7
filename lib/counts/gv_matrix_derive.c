/*
 * Once the sums are known this is a merge of one input (gv_counts_merge.h): the words, with their
 * sums as counts, become a vocabulary in order, and the cells take its ids.
 */
#include "counts/gv_matrix_derive.h"

#include "base/gv_mem.h"
#include "counts/gv_counts_merge.h"
#include "vocab/gv_vocab_combine.h"
#include "vocab/gv_vocab_grow.h"
#include <inttypes.h>

/* Add a cell to the sum of a word, in units. */
static int add_to(uint64_t *sum, uint64_t value, const gv_vocab *words, uint32_t id, gv_error *err)
{
    if (!__builtin_add_overflow(*sum, value, sum))
        return GV_OK;
    return gv_error_set(
        err, GV_E_RUNTIME,
        "the sum of all values of \"%.60s\" exceeds 64 bits in units of the counts; "
        "give a coarser unit (--unit), or divide all values by a constant",
        gv_vocab_word(words, id));
}

/* Sums of rows and columns, in units. */
static int add_rows(uint64_t *sums, gv_counts *counts, const gv_vocab *words, gv_error *err)
{
    for (;;) {
        uint32_t row;
        const gv_counts_cell *cells;
        size_t n;
        int status = gv_counts_next_row(counts, &row, &cells, &n, err);
        if (status != GV_OK || n == 0)
            return status;
        for (size_t i = 0; i < n && status == GV_OK; i++) {
            status = add_to(&sums[row], cells[i].value, words, row, err);
            /* the mirror image of a cell is in the row of its column */
            if (status == GV_OK && cells[i].column != row)
                status =
                    add_to(&sums[cells[i].column], cells[i].value, words, cells[i].column, err);
        }
        if (status != GV_OK)
            return status;
    }
}

/* The words with their counts, in the same order. */
static int count_words(gv_vocab **counted, gv_counts *counts, const gv_vocab *words, gv_error *err)
{
    const uint64_t unit = gv_counts_about(counts)->unit;
    const uint32_t size = gv_vocab_size(words);
    uint64_t *sums = gv_mem_alloc_zero(size, sizeof *sums, err);
    uint32_t id;
    int status = sums ? add_rows(sums, counts, words, err) : GV_E_MEMORY;
    if (status == GV_OK && !(*counted = gv_vocab_grow_new(err)))
        status = GV_E_MEMORY;
    for (uint32_t i = 0; i < size && status == GV_OK; i++) {
        uint64_t count = sums[i] / unit + (sums[i] % unit >= unit - unit / 2);
        if (sums[i] > 0 && count == 0)
            count = 1;
        status = gv_vocab_grow_join(&id, *counted, gv_vocab_word(words, i),
                                    gv_vocab_word_length(words, i), count, err);
    }
    if (status == GV_OK)
        status = gv_vocab_grow_end(*counted, err);
    gv_mem_free(sums);
    return status == GV_OK ? gv_counts_rewind(counts, err) : status;
}

static int put_in_order(gv_vocab_combine_result *ordered, const gv_vocab *counted,
                        const gv_matrix_derive_options *options, gv_error *err)
{
    const gv_fraction one = {1, 1};
    const gv_vocab_combine_options combining = {
        .words = options->in_order ? GV_VOCAB_COMBINE_GIVEN : GV_VOCAB_COMBINE_UNION,
        .given = options->in_order ? counted : NULL,
        /* a word without cells is one of entries of value 0 only */
        .min_count = options->min_count > 0 ? options->min_count : 1,
        .max_size = options->max_size};
    return gv_vocab_combine(ordered, &counted, &one, 1, &combining, err);
}

int gv_matrix_derive(gv_vocab **vocab, uint64_t *left_out, const gv_matrix_derive_options *options,
                     gv_error *err)
{
    gv_counts *counts = NULL;
    gv_vocab *counted = NULL;
    gv_vocab_combine_result ordered = {0};
    *vocab = NULL;
    int status = gv_counts_open(&counts, options->from, err);
    if (status == GV_OK)
        status = count_words(&counted, counts, options->words, err);
    if (status == GV_OK)
        status = put_in_order(&ordered, counted, options, err);
    if (status == GV_OK) {
        const gv_counts_merge_input input = {counts, ordered.ids[0], {1, 1}};
        const gv_counts_merge_options merging = {.vocab = ordered.vocab,
                                                 .recipe = gv_counts_about(counts)->recipe,
                                                 .path = options->path,
                                                 .memory = options->memory,
                                                 .temp_dir = options->temp_dir,
                                                 .threads = options->threads,
                                                 .progress = options->progress};
        gv_counts_merge_result result;
        status = gv_counts_merge(&result, &input, 1, &merging, err);
    }
    if (status == GV_OK) {
        *left_out = ordered.left_out;
        *vocab = ordered.vocab;
        ordered.vocab = NULL;
    }
    gv_vocab_combine_clear(&ordered);
    gv_vocab_free(counted);
    gv_counts_close(counts);
    return status;
}
