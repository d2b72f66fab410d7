/*
 * From packed tile to kernel.
 *
 * The kernel wants columns as 16-bit numbers and log X and f(X) as arrays. Both are made a tile at
 * a time, in cache: a value code is looked up in one table of pairs (the frequent codes are small
 * numbers, so its front stays in cache); the rare escaped values follow in a second pass, a batch
 * at a time. A task needs a few bytes per record of scratch and no allocation.
 */
#include "train/gv_train_task.h"

#include "base/gv_bytes.h"
#include "base/gv_mem.h"
#include "math/gv_glove.h"

enum { ESCAPE_BATCH = 256, FIRST_RECORDS = 24, FIRST_RUNS = 4 };

int gv_trainer_tabulate(gv_trainer *trainer, const gv_store_info *info, gv_error *err)
{
    float *log_x = gv_alloc(info->values, sizeof *log_x, err);
    float *weight = gv_alloc(info->values, sizeof *weight, err);
    trainer->numbers = gv_alloc_zero(GV_TRAIN_CODES, sizeof *trainer->numbers, err);
    int status = GV_E_MEMORY;
    if (log_x && weight && trainer->numbers) {
        gv_glove_table(info->value, info->values, trainer->unit, trainer->x_max, trainer->alpha,
                       log_x, weight);
        for (uint32_t code = 0; code < info->values && code < GV_TILE_ESCAPE; code++)
            trainer->numbers[code] = (gv_train_numbers){log_x[code], weight[code]};
        status = GV_OK;
    }
    gv_free(log_x);
    gv_free(weight);
    return status;
}

uint64_t gv_train_scratch_bytes(uint64_t records)
{
    return records * (3 * sizeof(uint16_t) + 2 * sizeof(float));
}

int gv_train_scratch_new(gv_train_scratch *s, size_t records, gv_error *err)
{
    *s = (gv_train_scratch){0};
    if ((s->run_row = gv_alloc(records, sizeof *s->run_row, err)) &&
        (s->run_length = gv_alloc(records, sizeof *s->run_length, err)) &&
        (s->column = gv_alloc(records, sizeof *s->column, err)) &&
        (s->log_x = gv_alloc(records, sizeof *s->log_x, err)) &&
        (s->weight = gv_alloc(records, sizeof *s->weight, err)))
        return GV_OK;
    gv_train_scratch_free(s);
    return GV_E_MEMORY;
}

void gv_train_scratch_free(gv_train_scratch *s)
{
    gv_free(s->run_row);
    gv_free(s->run_length);
    gv_free(s->column);
    gv_free(s->log_x);
    gv_free(s->weight);
    *s = (gv_train_scratch){0};
}

/* --- preparing -------------------------------------------------------------------------------- */

/* Read up to `n` escaped values; returns how many. */
static size_t next_escapes(uint64_t *values, size_t n, const uint8_t **at, const uint8_t *end)
{
    size_t got = 0;
    while (got < n && *at && *at < end) {
        *at = gv_get_varint(*at, end, &values[got]);
        if (*at && values[got] > 0)
            got++;
        else
            *at = NULL;
    }
    return got;
}

static int resolve_escapes(const gv_trainer *trainer, gv_train_scratch *scratch,
                           const gv_tile *view, gv_error *err)
{
    uint64_t values[ESCAPE_BATCH];
    float log_x[ESCAPE_BATCH], weight[ESCAPE_BATCH];
    const uint8_t *at = view->escape, *end = view->escape + view->escape_bytes;
    size_t used = 0, got = 0, seen = 0;
    for (size_t k = 0; k < view->records && seen < view->escapes; k++) {
        if (view->code[k] != GV_TILE_ESCAPE)
            continue;
        if (used == got) {
            size_t left = view->escapes - seen;
            got = next_escapes(values, left < ESCAPE_BATCH ? left : ESCAPE_BATCH, &at, end);
            if (got == 0)
                return gv_fail(err, GV_E_CORRUPT, "a tile has too few values");
            gv_glove_table(values, got, trainer->unit, trainer->x_max, trainer->alpha, log_x,
                           weight);
            used = 0;
        }
        scratch->log_x[k] = log_x[used];
        scratch->weight[k] = weight[used++];
        seen++;
    }
    return GV_OK;
}

static void look_up_codes(const gv_trainer *trainer, gv_train_scratch *scratch, const gv_tile *view)
{
    const gv_train_numbers *numbers = trainer->numbers;
    for (size_t k = 0; k < view->records; k++) {
        gv_train_numbers pair = numbers[view->code[k]];
        scratch->log_x[k] = pair.log_x;
        scratch->weight[k] = pair.weight;
    }
}

static const uint16_t *wide_columns(gv_train_scratch *scratch, const gv_tile *view)
{
    if (view->column16)
        return view->column16;
    for (size_t k = 0; k < view->records; k++)
        scratch->column[k] = view->column8[k];
    return scratch->column;
}

static int prepare(gv_kernel_tile *tile, const gv_trainer *trainer, gv_train_scratch *scratch,
                   const gv_tile *view, gv_error *err)
{
    look_up_codes(trainer, scratch, view);
    *tile = (gv_kernel_tile){.runs = view->runs,
                             .records = view->records,
                             .run_row = view->run_row,
                             .run_length = view->run_length,
                             .column = wide_columns(scratch, view),
                             .log_x = scratch->log_x,
                             .weight = scratch->weight};
    return view->escapes > 0 ? resolve_escapes(trainer, scratch, view, err) : GV_OK;
}

/* The tile without the records (i,i), compacted into the scratch: reading is always at or ahead of
 * writing. A run that becomes empty goes. */
static void leave_out_diagonal(gv_kernel_tile *tile, gv_train_scratch *s)
{
    size_t from = 0, to = 0, runs = 0;
    for (size_t r = 0; r < tile->runs; r++) {
        uint16_t row = tile->run_row[r];
        size_t begin = to;
        for (size_t end = from + tile->run_length[r] + 1u; from < end; from++) {
            if (tile->column[from] == row)
                continue;
            s->column[to] = tile->column[from];
            s->log_x[to] = tile->log_x[from];
            s->weight[to++] = tile->weight[from];
        }
        if (to > begin) {
            s->run_row[runs] = row;
            s->run_length[runs++] = (uint16_t)(to - begin - 1);
        }
    }
    *tile = (gv_kernel_tile){runs, to, s->run_row, s->run_length, s->column, s->log_x, s->weight};
}

/* --- training --------------------------------------------------------------------------------- */

/* The kernel's sides: rows of the tile are word rows, or (transposed) context rows. */
static gv_kernel_pass make_pass(const gv_trainer *trainer, const gv_tile *view, bool transposed)
{
    const gv_model *model = trainer->model;
    const gv_lanes *lanes = trainer->lanes;
    size_t run_first = (size_t)trainer->segment_first[view->row_segment] * model->stride;
    size_t stream_first = (size_t)trainer->segment_first[view->column_segment] * model->stride;
    return (gv_kernel_pass){.width = model->width,
                            .run_rows = (transposed ? model->context : model->word) + run_first,
                            .stream_rows =
                                (transposed ? model->word : model->context) + stream_first,
                            .eta_run = transposed ? lanes->eta_context : lanes->eta_word,
                            .eta_stream = transposed ? lanes->eta_word : lanes->eta_context,
                            .clip = lanes->clip};
}

static double ignorant_loss(const gv_kernel_tile *tile)
{
    double sum = 0;
    for (size_t k = 0; k < tile->records; k++)
        sum += (double)(tile->weight[k] * (tile->log_x[k] * tile->log_x[k] + 1));
    return 0.5 * sum;
}

/* The kernel fetches rows from memory well ahead, but not the first ones of a tile: they are asked
 * for here and arrive while the records are prepared. */
static void fetch_first_rows(const gv_kernel_pass *pass, const gv_tile *view)
{
    enum { LINE = 16 }; /* floats in a cache line */
    size_t stride = 2 * pass->width;
    for (size_t k = 0; k < FIRST_RECORDS && k < view->records; k++) {
        size_t column = view->column8 ? view->column8[k] : view->column16[k];
        for (size_t c = 0; c < stride; c += LINE)
            __builtin_prefetch(pass->stream_rows + column * stride + c, 0, 2);
    }
    for (size_t r = 0; r < FIRST_RUNS && r < view->runs; r++)
        for (size_t c = 0; c < stride; c += LINE)
            __builtin_prefetch(pass->run_rows + view->run_row[r] * stride + c, 0, 2);
}

int gv_train_task(double *loss, uint64_t *records, const gv_trainer *trainer,
                  gv_train_scratch *scratch, const gv_task *task, const gv_tile *view,
                  gv_error *err)
{
    gv_kernel_tile tile;
    gv_kernel_pass pass = make_pass(trainer, view, task->transposed);
    fetch_first_rows(&pass, view);
    int status = prepare(&tile, trainer, scratch, view, err);
    if (status != GV_OK)
        return status;
    if (scratch->judge)
        scratch->ignorant += ignorant_loss(&tile);
    *loss = trainer->kernel->train_tile(&pass, &tile);
    *records = tile.records;
    if (task->both) {
        leave_out_diagonal(&tile, scratch);
        if (scratch->judge)
            scratch->ignorant += ignorant_loss(&tile);
        pass = make_pass(trainer, view, true);
        *loss += trainer->kernel->train_tile(&pass, &tile);
        *records += tile.records;
    }
    return GV_OK;
}
