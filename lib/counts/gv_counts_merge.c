/*
 * One pass over the inputs finds their largest cells, from which the common unit follows. A second
 * one puts every cell, in that unit and with the ids of the result, into a sorter
 * (gv_matrix_sort.h), from which the cells of a pair come side by side. New ids change the order of
 * rows and columns, and of a symmetric matrix, where row <= column, also which of the two a word
 * is, so nothing can be merged by row before.
 */
#include "counts/gv_counts_merge.h"

#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "counts/gv_counts_each.h"
#include "counts/gv_matrix_sort.h"
#include <inttypes.h>

enum { LINE = 8 /* 64-bit numbers in a cache line */ };

typedef struct merger {
    const gv_counts_merge_input *inputs;
    size_t n;
    const gv_counts_merge_options *options;
    gv_counts_merge_result *result;
    gv_fraction_scale *scales; /* [n] */
    bool symmetric;
    gv_matrix_sort *sort;
    gv_counts_writer *writer;
    uint32_t row; /* that `cells` belong to */
    gv_counts_cell *cells;
    size_t cell_count, cell_capacity;
    uint64_t sorted;    /* cells that were added to `sort` */
    uint64_t least_key; /* of the pairs below 0, the first */
    int64_t least;      /* and its sum */
} merger;

static const gv_counts_info *about(const merger *m, size_t input)
{
    return gv_counts_about(m->inputs[input].counts);
}

/* --- the unit --------------------------------------------------------------------------------- */

/* A gv_counts_each_fn; `context` is [threads * LINE]. */
static int find_most(void *context, unsigned thread, const gv_counts_each_part *part, gv_error *err)
{
    uint64_t *most = (uint64_t *)context + (size_t)thread * LINE;
    (void)err;
    for (size_t i = 0; i < part->n; i++)
        if (part->value[i] > *most)
            *most = part->value[i];
    return GV_OK;
}

/* The largest cell of an input, which is at its first row again afterwards. */
static int most_of(uint64_t *most, gv_counts *counts, unsigned threads, gv_error *err)
{
    *most = 0;
    uint64_t *by_thread = gv_mem_alloc_zero((size_t)threads * LINE, sizeof *by_thread, err);
    if (!by_thread)
        return GV_E_MEMORY;
    int status = gv_counts_each(counts, threads, find_most, by_thread, err);
    for (unsigned i = 0; i < threads; i++)
        if (by_thread[(size_t)i * LINE] > *most)
            *most = by_thread[(size_t)i * LINE];
    gv_mem_free(by_thread);
    return status == GV_OK ? gv_counts_rewind(counts, err) : status;
}

static int choose_unit(merger *m, gv_error *err)
{
    gv_counts_info *info = &m->result->info;
    gv_fraction_term *terms = gv_mem_alloc(m->n, sizeof *terms, err);
    m->scales = gv_mem_alloc(m->n, sizeof *m->scales, err);
    int status = terms && m->scales ? GV_OK : GV_E_MEMORY;
    for (size_t i = 0; i < m->n && status == GV_OK; i++) {
        terms[i] = (gv_fraction_term){.weight = m->inputs[i].weight, .unit = about(m, i)->unit};
        status = most_of(&terms[i].most, m->inputs[i].counts, m->options->threads, err);
    }
    if (status == GV_OK)
        status =
            gv_fraction_common_unit(&info->unit, &m->result->exact, m->scales, terms, m->n, err);
    gv_mem_free(terms);
    return status;
}

/* The weighted sum of the inputs' tokens, rounded half up; 0 if it is negative. */
static int add_tokens(merger *m, gv_error *err)
{
    gv_fraction_term *terms = gv_mem_alloc(m->n, sizeof *terms, err);
    gv_fraction_scale *scales = gv_mem_alloc(m->n, sizeof *scales, err);
    uint64_t unit = 1;
    int64_t sum = 0;
    bool exact;
    int status = terms && scales ? GV_OK : GV_E_MEMORY;
    for (size_t i = 0; i < m->n && status == GV_OK; i++)
        terms[i] = (gv_fraction_term){m->inputs[i].weight, 1, about(m, i)->tokens};
    if (status == GV_OK)
        status = gv_fraction_common_unit(&unit, &exact, scales, terms, m->n, err);
    for (size_t i = 0; i < m->n && status == GV_OK; i++)
        sum += gv_fraction_apply(&scales[i], terms[i].most);
    m->result->info.tokens = sum > 0 ? ((uint64_t)sum + unit / 2) / unit : 0;
    gv_mem_free(terms);
    gv_mem_free(scales);
    return status;
}

/* --- inputs to sorted cells ------------------------------------------------------------------- */

static int add_row(merger *m, size_t input, uint32_t row, const gv_counts_cell *cells, size_t n,
                   gv_error *err)
{
    const uint32_t *ids = m->inputs[input].ids;
    const uint32_t mine = ids[row];
    int status = gv_signal_check(err);
    if (mine == GV_VOCAB_NO_WORD) {
        m->result->left_out += n;
        return status;
    }
    for (size_t i = 0; i < n && status == GV_OK; i++) {
        const uint32_t other = ids[cells[i].column];
        if (other == GV_VOCAB_NO_WORD) {
            m->result->left_out++;
            continue;
        }
        m->sorted++;
        const bool turned = m->symmetric && other < mine;
        const uint64_t first = turned ? other : mine, second = turned ? mine : other;
        status =
            gv_matrix_sort_add_whole(m->sort, first << 32 | second,
                                     gv_fraction_apply(&m->scales[input], cells[i].value), err);
    }
    return status;
}

static int add_input(merger *m, size_t input, gv_error *err)
{
    for (;;) {
        uint32_t row;
        const gv_counts_cell *cells;
        size_t n;
        int status = gv_counts_next_row(m->inputs[input].counts, &row, &cells, &n, err);
        if (status != GV_OK || n == 0)
            return status;
        status = add_row(m, input, row, cells, n, err);
        gv_progress_add(m->options->progress, n);
        if (status != GV_OK)
            return status;
    }
}

static int add_inputs(merger *m, gv_error *err)
{
    uint64_t cells = 0;
    for (size_t i = 0; i < m->n; i++)
        cells += about(m, i)->cells;
    int status = gv_matrix_sort_new(&m->sort, m->options->memory, m->options->temp_dir, err);
    gv_progress_begin(m->options->progress, "reading counts", cells, "cells");
    for (size_t i = 0; i < m->n && status == GV_OK; i++)
        status = add_input(m, i, err);
    if (status == GV_OK)
        status = gv_matrix_sort_finish(m->sort, err);
    gv_progress_end(m->options->progress);
    return status;
}

/* --- sorted cells to rows --------------------------------------------------------------------- */

static int end_row(merger *m, gv_error *err)
{
    int status = gv_signal_check(err);
    if (status == GV_OK && m->cell_count > 0)
        status = gv_counts_put_row(m->writer, m->row, m->cells, m->cell_count, err);
    m->cell_count = 0;
    return status;
}

/* All cells of the pair are added up. */
static int end_pair(merger *m, uint64_t key, int64_t sum, gv_error *err)
{
    const uint32_t row = (uint32_t)(key >> 32);
    int status = GV_OK;
    if (sum <= 0) {
        if (sum < 0 && m->result->negative++ == 0) {
            m->least_key = key;
            m->least = sum;
        }
        m->result->cancelled += sum == 0;
        return GV_OK;
    }
    if (row != m->row)
        status = end_row(m, err);
    if (status == GV_OK)
        status =
            gv_mem_reserve(&m->cells, &m->cell_capacity, m->cell_count + 1, sizeof *m->cells, err);
    if (status != GV_OK)
        return status;
    m->row = row;
    m->cells[m->cell_count++] = (gv_counts_cell){(uint32_t)key, (uint64_t)sum};
    return GV_OK;
}

static int write_rows(merger *m, gv_error *err)
{
    gv_matrix_sort_item item;
    uint64_t key = 0;
    int64_t sum = 0;
    bool more = true, open = false;
    int status = GV_OK;
    while (status == GV_OK) {
        status = gv_matrix_sort_next(m->sort, &item, &more, err);
        if (status != GV_OK || !more)
            break;
        if (open && item.key != key) {
            status = end_pair(m, key, sum, err);
            sum = 0;
        }
        open = true;
        gv_progress_add(m->options->progress, 1);
        key = item.key;
        sum += item.whole; /* below 2^62 by the choice of the unit */
    }
    if (status == GV_OK && open)
        status = end_pair(m, key, sum, err);
    return status == GV_OK ? end_row(m, err) : status;
}

static int check_signs(const merger *m, gv_error *err)
{
    const gv_counts_merge_result *result = m->result;
    const gv_vocab *vocab = m->options->vocab;
    if (result->negative == 0 || m->options->floor)
        return GV_OK;
    return gv_error_set(
        err, GV_E_RUNTIME,
        "%" PRIu64 " pair%s would have a negative count, for example \"%.60s\" \"%.60s\" %.10g: "
        "more is subtracted than is there; add --floor zero to leave them out",
        result->negative, result->negative == 1 ? "" : "s",
        gv_vocab_word(vocab, (uint32_t)(m->least_key >> 32)),
        gv_vocab_word(vocab, (uint32_t)m->least_key), (double)m->least / (double)result->info.unit);
}

/* --- all of it -------------------------------------------------------------------------------- */

/* What the result takes over from its inputs. */
static int take_header(merger *m, gv_error *err)
{
    gv_counts_info *info = &m->result->info;
    m->symmetric = about(m, 0)->symmetric;
    *info = (gv_counts_info){.vocab_size = gv_vocab_size(m->options->vocab),
                             .symmetric = m->symmetric,
                             .window = about(m, 0)->window,
                             .vocab_hash = gv_vocab_hash(m->options->vocab)};
    for (size_t i = 1; i < m->n; i++) {
        if (about(m, i)->symmetric != m->symmetric)
            return gv_error_set(err, GV_E_RUNTIME,
                                "symmetric counts and such that are not cannot be added up");
        if (about(m, i)->window != info->window)
            info->window = 0;
    }
    return add_tokens(m, err);
}

static int write_result(merger *m, gv_error *err)
{
    gv_counts_info *info = &m->result->info, header = *info;
    header.recipe = gv_mem_strdup(m->options->recipe, err);
    int status =
        header.recipe ? gv_counts_create(&m->writer, m->options->path, &header, err) : GV_E_MEMORY;
    gv_mem_free(header.recipe);
    gv_progress_begin(m->options->progress, "adding up", m->sorted, "cells");
    if (status == GV_OK)
        status = write_rows(m, err);
    gv_progress_end(m->options->progress);
    if (status == GV_OK)
        status = check_signs(m, err);
    if (status == GV_OK && gv_counts_cells(m->writer) == 0)
        status = gv_error_set(err, GV_E_RUNTIME, "no counts are left: the sum is empty");
    return status == GV_OK ? gv_counts_commit(&m->writer, info->tokens, info, err) : status;
}

int gv_counts_merge(gv_counts_merge_result *result, const gv_counts_merge_input *inputs, size_t n,
                    const gv_counts_merge_options *options, gv_error *err)
{
    *result = (gv_counts_merge_result){0};
    merger m = {.inputs = inputs, .n = n, .options = options, .result = result};
    int status = take_header(&m, err);
    if (status == GV_OK)
        status = choose_unit(&m, err);
    if (status == GV_OK)
        status = add_inputs(&m, err);
    if (status == GV_OK)
        status = write_result(&m, err);
    gv_counts_abort(&m.writer);
    gv_matrix_sort_free(m.sort);
    gv_mem_free(m.scales);
    gv_mem_free(m.cells);
    return status;
}
