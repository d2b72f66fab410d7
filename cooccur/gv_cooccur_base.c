#include "cooccur/gv_cooccur_base.h"

#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "counts/gv_counts_row.h"
#include "counts/gv_matrix_sort.h"
#include <string.h>

enum { PIECE = 1 << 20 /* bytes of rows that are written at once */ };

/* The cells on their way into the run. */
typedef struct base {
    gv_cooccur_counter *counter;
    const gv_cooccur_base_files *files;
    gv_counts *counts;
    gv_vocab *vocab; /* of the counts */
    uint32_t *ids;   /* [words of it] in job->vocab */
    gv_matrix_sort *sort;
    gv_cooccur_runs_writer run;
    uint32_t band;
    uint8_t *rows; /* coded rows of `band` */
    size_t used, capacity;
    uint8_t *cells; /* those of the row at hand, coded */
    size_t cells_used, cells_capacity;
    uint64_t cell_count, next_column;
    int64_t row; /* -1: none yet */
} base;

/* --- opening ---------------------------------------------------------------------------------- */

static int map_words(base *b, gv_error *err)
{
    const gv_vocab *now = b->counter->job->vocab;
    const uint32_t words = gv_vocab_size(b->vocab);
    if (!(b->ids = gv_mem_alloc(words, sizeof *b->ids, err)))
        return GV_E_MEMORY;
    for (uint32_t id = 0; id < words; id++) {
        const char *word = gv_vocab_word(b->vocab, id);
        b->ids[id] = gv_vocab_lookup(now, word, gv_vocab_word_length(b->vocab, id));
        if (b->ids[id] == GV_VOCAB_NO_WORD)
            return gv_error_set(err, GV_E_USAGE,
                                "vocab.txt lacks \"%s\", which %s has: run glove-vocab again", word,
                                b->files->vocab);
    }
    return GV_OK;
}

static int open_base(base *b, gv_error *err)
{
    int status = gv_counts_open(&b->counts, b->files->counts, err);
    if (status == GV_OK)
        status = gv_vocab_read(&b->vocab, b->files->vocab, 1, err);
    if (status != GV_OK)
        return status;
    const gv_counts_info *info = gv_counts_about(b->counts);
    if (info->vocab_size != gv_vocab_size(b->vocab) ||
        !gv_hash_equal(info->vocab_hash, gv_vocab_hash(b->vocab)))
        return gv_error_set(err, GV_E_USAGE, "%s was not counted with %s, which is beside it",
                            b->files->counts, b->files->vocab);
    return map_words(b, err);
}

/* --- sorting ---------------------------------------------------------------------------------- */

/* A number of 64 bits as the sorter holds it, which moves values but never looks at them. */
static double as_value(uint64_t number)
{
    double value;
    memcpy(&value, &number, sizeof value);
    return value;
}

static uint64_t as_number(double value)
{
    uint64_t number;
    memcpy(&number, &value, sizeof number);
    return number;
}

static int sort_row(base *b, uint32_t old_row, const gv_counts_cell *cells, size_t n, gv_error *err)
{
    const bool symmetric = b->counter->gather.pack.symmetric;
    const uint64_t words = gv_vocab_size(b->counter->job->vocab), row = b->ids[old_row];
    int status = gv_signal_check(err);
    for (size_t i = 0; i < n && status == GV_OK; i++) {
        const uint64_t column = b->ids[cells[i].column];
        const bool turn = symmetric && column < row;
        const uint64_t key = turn ? column * words + row : row * words + column;
        status = gv_matrix_sort_add(b->sort, key, as_value(cells[i].value), err);
    }
    gv_progress_add(b->counter->job->progress, n);
    return status;
}

static int sort_cells(base *b, gv_error *err)
{
    const gv_cooccur_job *job = b->counter->job;
    const gv_counts_cell *cells;
    uint32_t row;
    size_t n = 1;
    int status = gv_matrix_sort_new(&b->sort, b->files->memory, job->temp_dir, err);
    gv_progress_begin(job->progress, "sorting earlier counts", gv_counts_about(b->counts)->cells,
                      "cells");
    while (status == GV_OK && n > 0) {
        status = gv_counts_next_row(b->counts, &row, &cells, &n, err);
        if (status == GV_OK && n > 0)
            status = sort_row(b, row, cells, n, err);
    }
    if (status == GV_OK)
        status = gv_matrix_sort_finish(b->sort, err);
    gv_progress_end(job->progress);
    return status;
}

/* --- the run ---------------------------------------------------------------------------------- */

static int write_rows(base *b, gv_error *err)
{
    int status =
        b->used > 0 ? gv_cooccur_runs_write(&b->run, b->band, b->rows, b->used, err) : GV_OK;
    b->used = 0;
    return status;
}

/* The row at hand is complete: put it behind the others. */
static int end_row(base *b, gv_error *err)
{
    if (b->row < 0)
        return GV_OK;
    const gv_cooccur_bands *bands = &b->counter->bands;
    const uint32_t row = (uint32_t)b->row;
    int status = row >= bands->first[b->band + 1] || b->used >= PIECE ? write_rows(b, err) : GV_OK;
    while (row >= bands->first[b->band + 1])
        b->band++;
    if (status == GV_OK)
        status = gv_mem_reserve(&b->rows, &b->capacity,
                                b->used + GV_COUNTS_ROW_HEAD_MAX + b->cells_used, 1, err);
    if (status != GV_OK)
        return status;
    const gv_counts_row_head head = {row, b->cell_count, b->cells_used};
    uint8_t *end = gv_counts_row_put_head(b->rows + b->used, &head);
    memcpy(end, b->cells, b->cells_used);
    b->used = (size_t)(end - b->rows) + b->cells_used;
    return GV_OK;
}

static int put_cell(base *b, const gv_matrix_sort_item *item, gv_error *err)
{
    const uint64_t words = gv_vocab_size(b->counter->job->vocab);
    const uint64_t row = item->key / words, column = item->key % words;
    int status = GV_OK;
    if ((int64_t)row != b->row) {
        status = end_row(b, err);
        b->row = (int64_t)row;
        b->cells_used = b->cell_count = 0;
        b->next_column = gv_cooccur_counter_base(b->counter, (uint32_t)row);
    }
    if (status == GV_OK)
        status = gv_mem_reserve(&b->cells, &b->cells_capacity,
                                b->cells_used + GV_COUNTS_ROW_CELL_MAX, 1, err);
    if (status != GV_OK)
        return status;
    uint8_t *to = gv_counts_row_put(b->cells + b->cells_used, column - b->next_column);
    to = gv_counts_row_put(to, as_number(item->value));
    b->cells_used = (size_t)(to - b->cells);
    b->cell_count++;
    b->next_column = column + 1;
    return GV_OK;
}

static int write_run(base *b, gv_error *err)
{
    gv_matrix_sort_item item;
    bool more = true;
    int status = gv_cooccur_runs_begin(&b->run, &b->counter->runs, 0, err);
    while (status == GV_OK && more) {
        status = gv_matrix_sort_next(b->sort, &item, &more, err);
        if (status == GV_OK && more)
            status = put_cell(b, &item, err);
    }
    if (status == GV_OK)
        status = end_row(b, err);
    if (status == GV_OK)
        status = write_rows(b, err);
    if (status == GV_OK)
        gv_cooccur_runs_end(&b->run);
    return status;
}

int gv_cooccur_base_add(gv_cooccur_counter *counter, gv_cooccur_result *result, gv_error *err)
{
    base b = {.counter = counter, .files = counter->job->base, .row = -1};
    int status = open_base(&b, err);
    if (status == GV_OK)
        status = sort_cells(&b, err);
    if (status == GV_OK)
        status = write_run(&b, err);
    if (status == GV_OK)
        result->info.tokens += gv_counts_about(b.counts)->tokens;
    gv_matrix_sort_free(b.sort);
    gv_mem_free(b.rows);
    gv_mem_free(b.cells);
    gv_mem_free(b.ids);
    gv_vocab_free(b.vocab);
    gv_counts_close(b.counts);
    return status;
}
