/*
 * From packed tile to kernel.
 *
 * The kernel wants columns as 16-bit numbers and log X and f(X) as arrays. Both are made a tile at
 * a time, in cache: a value code is looked up in one table of pairs (the frequent codes are small
 * numbers, so its front stays in cache); the rare escaped values follow, a batch at a time, from a
 * list of their places. A task needs a few bytes per record of scratch and no allocation.
 *
 * The loops are free of branches on data and do four records in few instructions, so that the
 * processor sees far enough ahead to wait for many table entries at once.
 */
#include "train/gv_prepare.h"

#include "base/gv_bytes.h"
#include "base/gv_mem.h"
#include "kernel/gv_glove.h"
#include <string.h>

/* Values whose logarithms are taken at once: so many that the set-up of gv_glove_table, itself a
 * logarithm, does not count. */
enum { ESCAPE_BATCH = 256 };

typedef float quad __attribute__((vector_size(16)));
typedef uint8_t narrow_vector __attribute__((vector_size(8)));
typedef uint16_t wide_vector __attribute__((vector_size(16)));

_Static_assert(sizeof(gv_prepare_numbers) == GV_BUDGET_TRAIN_CODE_BYTES,
               "gv_budget_train.h has the size of the table's entries");

int gv_prepare_table_new(gv_prepare_table *table, const gv_store_info *info, double x_max,
                         double alpha, gv_error *err)
{
    *table = (gv_prepare_table){.weighting = {info->unit, x_max, alpha}};
    float *log_x = gv_mem_alloc(info->values, sizeof *log_x, err);
    float *weight = gv_mem_alloc(info->values, sizeof *weight, err);
    table->numbers = gv_mem_alloc_zero(GV_PREPARE_CODES, sizeof *table->numbers, err);
    int status = GV_E_MEMORY;
    if (log_x && weight && table->numbers) {
        gv_glove_table(log_x, weight, info->value, info->values, &table->weighting);
        for (uint32_t code = 0; code < info->values && code < GV_TILE_ESCAPE; code++)
            table->numbers[code] = (gv_prepare_numbers){log_x[code], weight[code]};
        status = GV_OK;
    }
    gv_mem_free(log_x);
    gv_mem_free(weight);
    return status;
}

void gv_prepare_table_free(gv_prepare_table *table)
{
    gv_mem_free(table->numbers);
    *table = (gv_prepare_table){0};
}

int gv_prepare_scratch_new(gv_prepare_scratch *s, size_t records, gv_error *err)
{
    *s = (gv_prepare_scratch){0};
    if ((s->row = gv_mem_alloc(records, sizeof *s->row, err)) &&
        (s->row_length = gv_mem_alloc(records, sizeof *s->row_length, err)) &&
        (s->column = gv_mem_alloc(records, sizeof *s->column, err)) &&
        (s->place = gv_mem_alloc(records, sizeof *s->place, err)) &&
        (s->log_x = gv_mem_alloc(records, sizeof *s->log_x, err)) &&
        (s->weight = gv_mem_alloc(records, sizeof *s->weight, err)))
        return GV_OK;
    gv_prepare_scratch_free(s);
    return GV_E_MEMORY;
}

void gv_prepare_scratch_free(gv_prepare_scratch *s)
{
    gv_mem_free(s->row);
    gv_mem_free(s->row_length);
    gv_mem_free(s->column);
    gv_mem_free(s->place);
    gv_mem_free(s->log_x);
    gv_mem_free(s->weight);
    *s = (gv_prepare_scratch){0};
}

/* Read up to `n` escaped values; returns how many. */
static size_t next_escapes(uint64_t *values, size_t n, const uint8_t **at, const uint8_t *end)
{
    size_t got = 0;
    while (got < n && *at && *at < end) {
        *at = gv_bytes_get_varint(*at, end, &values[got]);
        /* 0 has no logarithm, and no cell: the tile is damaged */
        if (*at && values[got] > 0)
            got++;
        else
            *at = NULL;
    }
    return got;
}

/* The positions of the escape codes. */
static size_t find_escapes(uint32_t *place, const gv_tile *view)
{
    size_t n = 0;
    for (uint32_t k = 0; k < view->records; k++) {
        place[n] = k; /* stays if it is one */
        n += view->code[k] == GV_TILE_ESCAPE;
    }
    return n;
}

static int resolve_escapes(const gv_prepare_table *table, gv_prepare_scratch *scratch,
                           const gv_tile *view, gv_error *err)
{
    uint64_t values[ESCAPE_BATCH];
    float log_x[ESCAPE_BATCH], weight[ESCAPE_BATCH];
    const uint8_t *at = view->escape, *end = view->escape + view->escape_bytes;
    size_t places = find_escapes(scratch->place, view), got;
    for (size_t done = 0; done < places; done += got) {
        size_t left = places - done;
        got = next_escapes(values, left < ESCAPE_BATCH ? left : ESCAPE_BATCH, &at, end);
        if (got == 0)
            return gv_error_set(err, GV_E_CORRUPT,
                                "a tile has fewer escaped values than escape codes");
        gv_glove_table(log_x, weight, values, got, &table->weighting);
        for (size_t i = 0; i < got; i++) {
            scratch->log_x[scratch->place[done + i]] = log_x[i];
            scratch->weight[scratch->place[done + i]] = weight[i];
        }
    }
    return GV_OK;
}

/* Two pairs, side by side. They travel as doubles, so that log X and f(X) come with one load;
 * through memcpy, since a double of these bits is never computed with. */
static quad load_pairs(const gv_prepare_numbers *first, const gv_prepare_numbers *second)
{
    double halves[2];
    quad pairs;
    memcpy(&halves[0], first, sizeof halves[0]);
    memcpy(&halves[1], second, sizeof halves[1]);
    memcpy(&pairs, halves, sizeof pairs);
    return pairs;
}

static void look_up_codes(const gv_prepare_table *table, gv_prepare_scratch *scratch,
                          const gv_tile *view)
{
    const gv_prepare_numbers *numbers = table->numbers;
    const uint16_t *code = view->code;
    float *log_x = scratch->log_x, *weight = scratch->weight;
    size_t k = 0;
    for (; k + 4 <= view->records; k += 4) {
        quad low = load_pairs(&numbers[code[k]], &numbers[code[k + 1]]);
        quad high = load_pairs(&numbers[code[k + 2]], &numbers[code[k + 3]]);
        quad logs = __builtin_shufflevector(low, high, 0, 2, 4, 6);
        quad weights = __builtin_shufflevector(low, high, 1, 3, 5, 7);
        memcpy(log_x + k, &logs, sizeof logs);
        memcpy(weight + k, &weights, sizeof weights);
    }
    for (; k < view->records; k++) {
        log_x[k] = numbers[code[k]].log_x;
        weight[k] = numbers[code[k]].weight;
    }
}

static const uint16_t *wide_columns(gv_prepare_scratch *scratch, const gv_tile *view)
{
    if (view->column16)
        return view->column16;
    size_t k = 0;
    for (; k + 8 <= view->records; k += 8) {
        narrow_vector narrow;
        memcpy(&narrow, view->column8 + k, sizeof narrow);
        wide_vector wide = __builtin_convertvector(narrow, wide_vector);
        memcpy(scratch->column + k, &wide, sizeof wide);
    }
    for (; k < view->records; k++)
        scratch->column[k] = view->column8[k];
    return scratch->column;
}

int gv_prepare_tile(gv_kernel_tile *tile, const gv_prepare_table *table,
                    gv_prepare_scratch *scratch, const gv_tile *view, gv_error *err)
{
    look_up_codes(table, scratch, view);
    *tile = (gv_kernel_tile){.rows = view->rows,
                             .records = view->records,
                             .row = view->row,
                             .row_length = view->row_length,
                             .column = wide_columns(scratch, view),
                             .log_x = scratch->log_x,
                             .weight = scratch->weight};
    return view->escapes > 0 ? resolve_escapes(table, scratch, view, err) : GV_OK;
}

/* The tile without the records (i,i), compacted into the scratch: reading is always at or ahead of
 * writing. A tile row that becomes empty is left out. */
void gv_prepare_without_diagonal(gv_kernel_tile *tile, gv_prepare_scratch *s)
{
    size_t from = 0, to = 0, rows = 0;
    for (size_t r = 0; r < tile->rows; r++) {
        uint16_t row = tile->row[r];
        size_t begin = to;
        for (size_t end = from + tile->row_length[r] + 1u; from < end; from++) {
            if (tile->column[from] == row)
                continue;
            s->column[to] = tile->column[from];
            s->log_x[to] = tile->log_x[from];
            s->weight[to++] = tile->weight[from];
        }
        if (to > begin) {
            s->row[rows] = row;
            s->row_length[rows++] = (uint16_t)(to - begin - 1);
        }
    }
    *tile = (gv_kernel_tile){rows, to, s->row, s->row_length, s->column, s->log_x, s->weight};
}
