/*
 * Drawing and mixing. Where draws fall is decided row by row: for a row, its seen columns are
 * marked with a number of the tile row, so that a look-up distinguishes seen from unseen, and
 * nothing is ever cleared; then draws are taken and marked, too, and the two kinds go to the tile
 * in turn.
 */
#include "train/gv_unseen.h"

#include "base/gv_mem.h"
#include "kernel/gv_glove.h"
#include <math.h>
#include <string.h>

/* --- what all share --------------------------------------------------------------------------- */

static int allocate(gv_unseen *u, const gv_store_info *info, gv_error *err)
{
    uint32_t words = info->vocab_size, segments = info->segments;
    return (u->log_chance[0] = gv_mem_alloc(words, sizeof *u->log_chance[0], err)) &&
                   (u->log_chance[1] = gv_mem_alloc(words, sizeof *u->log_chance[1], err)) &&
                   (u->part = gv_mem_alloc(words, sizeof *u->part, err)) &&
                   (u->segment_part = gv_mem_alloc_zero(segments, sizeof *u->segment_part, err)) &&
                   (u->slots = gv_mem_alloc(words, sizeof *u->slots, err)) &&
                   (u->segment_first =
                        gv_mem_alloc((size_t)segments + 1, sizeof *u->segment_first, err))
               ? GV_OK
               : GV_E_MEMORY;
}

/* Shares of the words of all of them, from their row sums to a power. By gv_glove_exp and _log, not
 * pow: the shares decide which cells are drawn, so their bits must be the same on every machine. */
static void share_out(double *share, const uint64_t *sums, uint32_t words, double power)
{
    double total = 0;
    for (uint32_t w = 0; w < words; w++) {
        share[w] = sums[w] > 0 ? gv_glove_exp(power * gv_glove_log((double)sums[w])) : 0;
        total += share[w];
    }
    for (uint32_t w = 0; w < words; w++)
        share[w] = total > 0 ? share[w] / total : 0;
}

static void make_chances(gv_unseen *u, const gv_store_info *info, const uint64_t *sums,
                         const gv_config *config)
{
    uint32_t words = info->vocab_size;
    /* u->part serves as scratch; make_draws fills it with what it is there for */
    share_out(u->part, sums, words, config->train_unseen_power);
    for (uint32_t w = 0; w < words; w++) {
        /* A word without pairs gets 0: it is in no seen cell, and only of these a chance is
         * read. */
        double mass = config->train_unseen_ratio * (double)sums[w] / (double)info->unit;
        u->log_chance[0][w] = mass > 0 ? (float)gv_glove_log(mass) : 0;
        u->log_chance[1][w] = u->part[w] > 0 ? (float)gv_glove_log(u->part[w]) : 0;
    }
}

static int make_draws(gv_unseen *u, const gv_store_info *info, const uint64_t *sums,
                      const gv_config *config, gv_error *err)
{
    int status = GV_OK;
    share_out(u->part, sums, info->vocab_size, config->train_unseen_draw_power);
    for (uint32_t segment = 0; status == GV_OK && segment < info->segments; segment++) {
        uint32_t first = info->segment_first[segment], end = info->segment_first[segment + 1];
        for (uint32_t w = first; w < end; w++)
            u->segment_part[segment] += u->part[w];
        status = gv_noise_fill(u->slots + first, u->part + first, end - first, err);
    }
    return status;
}

int gv_unseen_new(gv_unseen **unseen, gv_store *store, const gv_config *config, gv_error *err)
{
    const gv_store_info *info = gv_store_about(store);
    uint64_t *sums = NULL;
    gv_unseen *u = gv_mem_alloc_zero(1, sizeof *u, err);
    if (!u)
        return GV_E_MEMORY;
    u->draws = config->train_unseen_draws * (double)info->records;
    u->weight = (float)config->train_unseen_weight;
    u->seed = config->train_seed;
    u->tiles = info->tiles;
    int status = allocate(u, info, err);
    if (status == GV_OK)
        status = gv_store_row_sums(&sums, store, err);
    if (status == GV_OK) {
        memcpy(u->segment_first, info->segment_first,
               ((size_t)info->segments + 1) * sizeof *u->segment_first);
        make_chances(u, info, sums, config);
        status = make_draws(u, info, sums, config, err);
    }
    gv_mem_free(sums);
    if (status == GV_OK)
        *unseen = u;
    else
        gv_unseen_free(u);
    return status;
}

void gv_unseen_free(gv_unseen *u)
{
    if (!u)
        return;
    gv_mem_free(u->log_chance[0]);
    gv_mem_free(u->log_chance[1]);
    gv_mem_free(u->part);
    gv_mem_free(u->segment_part);
    gv_mem_free(u->slots);
    gv_mem_free(u->segment_first);
    gv_mem_free(u);
}

/* --- room ------------------------------------------------------------------------------------- */

int gv_unseen_scratch_new(gv_unseen_scratch *s, size_t records, size_t width, gv_error *err)
{
    *s = (gv_unseen_scratch){.records = records, .width = width};
    if ((s->row = gv_mem_alloc(records, sizeof *s->row, err)) &&
        (s->row_length = gv_mem_alloc(records, sizeof *s->row_length, err)) &&
        (s->column = gv_mem_alloc(records, sizeof *s->column, err)) &&
        (s->logit = gv_mem_alloc(records, sizeof *s->logit, err)) &&
        (s->weight = gv_mem_alloc(records, sizeof *s->weight, err)) &&
        (s->draws = gv_mem_alloc(width, sizeof *s->draws, err)) &&
        (s->mark = gv_mem_alloc_zero(width, sizeof *s->mark, err)) &&
        (s->extra = gv_mem_alloc(width, sizeof *s->extra, err)) &&
        (s->drawn = gv_mem_alloc(width + 1, sizeof *s->drawn, err)))
        return GV_OK;
    gv_unseen_scratch_free(s);
    return GV_E_MEMORY;
}

void gv_unseen_scratch_free(gv_unseen_scratch *s)
{
    gv_mem_free(s->row);
    gv_mem_free(s->row_length);
    gv_mem_free(s->column);
    gv_mem_free(s->logit);
    gv_mem_free(s->weight);
    gv_mem_free(s->draws);
    gv_mem_free(s->mark);
    gv_mem_free(s->extra);
    gv_mem_free(s->drawn);
    *s = (gv_unseen_scratch){0};
}

/* --- a tile ----------------------------------------------------------------------------------- */

/* The mixing of one tile. */
typedef struct mixing {
    const gv_kernel_tile *seen;
    gv_unseen_scratch *s;
    const gv_unseen *u;
    const gv_unseen_place *place;
    const float *row_chance, *column_chance; /* log_chance of the segments' first words */
    gv_noise_slot *slots;                    /* of the column segment */
    uint32_t rows, columns;                  /* of the segments */
    gv_rng rng;
    size_t tile_rows, records; /* put so far */
} mixing;

/*
 * How many draws each row of the tile gets: systematic sampling (Madow 1949). Think of the rows as
 * intervals of a line, each as long as the draws it should get on average (a fraction, mostly below
 * 1), and of marks on it at distance 1, shifted by one random number. A row gets the marks in its
 * interval.
 *
 * So each row's number is its average rounded up or down, the average is exact, and so is the
 * tile's sum up to one. Rounding each row by a random number of its own would cost a number a row
 * and let the sum vary.
 */
static void deal_draws(mixing *m)
{
    const gv_unseen *u = m->u;
    const double *part = u->part + u->segment_first[m->place->row_segment];
    double scale = u->draws * u->segment_part[m->place->column_segment];
    double sum = gv_rng_uniform(&m->rng);
    int64_t dealt = 0;
    for (uint32_t row = 0; row < m->rows; row++) {
        sum += scale * part[row];
        int64_t until = (int64_t)sum;
        m->s->draws[row] = (uint32_t)(until - dealt);
        dealt = until;
    }
}

/* A mark that no entry has. */
static uint32_t new_mark(gv_unseen_scratch *s)
{
    if (++s->serial == 0) { /* after 2^32 marks they start over */
        memset(s->mark, 0, s->width * sizeof *s->mark);
        s->serial = 1;
    }
    return s->serial;
}

/* Begin a tile row: mark the seen columns; returns the mark. */
static uint32_t mark_seen(mixing *m, const uint16_t *column, size_t seen, uint32_t row)
{
    gv_unseen_scratch *s = m->s;
    new_mark(s);
    for (size_t k = 0; k < seen; k++)
        s->mark[column[k]] = s->serial;
    /* the cell (row, row) was left out of this direction but is seen: it is not to be drawn
     * either */
    if (m->place->hollow)
        s->mark[row] = s->serial;
    return s->serial;
}

/* Take the row's draws; returns how many are of unseen cells. A draw that hits a marked column is
 * dropped, not repeated: so the chance of an unseen cell depends on D (gv_unseen.h) alone and not
 * on how much of its row was seen, and a row that is nearly full costs no endless tries. */
static size_t draw_columns(mixing *m, uint32_t draws, uint32_t mark)
{
    gv_unseen_scratch *s = m->s;
    const gv_noise noise = {m->columns, m->slots};
    /* a copy that the compiler can keep in registers */
    gv_rng rng = m->rng;
    size_t n = 0;
    for (uint32_t k = 0; k < draws; k++) {
        uint32_t column = gv_noise_draw(&noise, &rng);
        s->drawn[n] = (uint16_t)column; /* stays if it is unseen */
        n += s->mark[column] != mark;
        s->mark[column] = mark;
    }
    m->rng = rng;
    return n;
}

/* Places of draws among seen records: fixed-point numbers with 32 binary places. `first` is
 * UINT64_MAX where there are none. */
typedef struct spread {
    uint64_t first, step;
} spread;

/* Seen records, leaving out the places of draws. There is a draw after every one or two of them, at
 * no places that a processor could predict: so the loop is free of branches on that. Where a draw
 * belongs, the record that follows it is written, too, and then again one place further on. */
static void put_seen(mixing *m, size_t from, size_t n, float row_chance, spread draws)
{
    const gv_kernel_tile *seen = m->seen;
    const uint16_t *column = seen->column + from;
    const float *log_x = seen->log_x + from, *weight = seen->weight + from;
    const float *column_chance = m->column_chance;
    uint16_t *to_column = m->s->column + m->records;
    float *to_logit = m->s->logit + m->records, *to_weight = m->s->weight + m->records;
    uint64_t at = draws.first;
    for (size_t k = 0, place = 0; k < n; place++) {
        bool draw = at >> 32 == place;
        to_column[place] = column[k];
        to_logit[place] = log_x[k] - (row_chance + column_chance[column[k]]);
        to_weight[place] = weight[k];
        at += draw ? draws.step : 0;
        k += !draw;
    }
}

static void put_draws(mixing *m, size_t n, spread draws)
{
    gv_unseen_scratch *s = m->s;
    for (size_t k = 0; k < n; k++) {
        size_t to = m->records + (size_t)((draws.first + k * draws.step) >> 32);
        s->column[to] = s->drawn[k];
        s->logit[to] = -INFINITY;
        s->weight[to] = m->u->weight;
    }
}

/* A tile row: `seen` records from `from` on and its draws, evenly spread among them. The distance
 * of draws is at least 1, so no two get the same place, and the first place is random within that
 * distance, so that no place is preferred. */
static void put_tile_row(mixing *m, uint32_t row, size_t from, size_t seen)
{
    gv_unseen_scratch *s = m->s;
    uint32_t drawn = s->draws[row];
    size_t unseen = 0;
    if (drawn > 0 && seen < m->columns)
        unseen = draw_columns(m, drawn, mark_seen(m, m->seen->column + from, seen, row));
    if (unseen + seen == 0)
        return;
    s->row[m->tile_rows] = (uint16_t)row;
    s->row_length[m->tile_rows++] = (uint16_t)(unseen + seen - 1);
    spread draws = {.first = UINT64_MAX};
    if (unseen > 0) {
        draws.step = ((uint64_t)(seen + unseen) << 32) / unseen;
        draws.first = gv_rng_below(&m->rng, draws.step);
    }
    put_seen(m, from, seen, m->row_chance[row], draws);
    put_draws(m, unseen, draws);
    m->records += seen + unseen;
}

/* List the rows that have draws but no seen cells, in random order. */
static size_t list_extra(mixing *m)
{
    gv_unseen_scratch *s = m->s;
    size_t n = 0;
    uint32_t mark = new_mark(s); /* put on rows here */
    for (size_t r = 0; r < m->seen->rows; r++)
        s->mark[m->seen->row[r]] = mark;
    for (uint32_t row = 0; row < m->rows; row++) {
        s->extra[n] = row; /* stays if it is one */
        n += s->draws[row] > 0 && s->mark[row] != mark;
    }
    gv_rng_shuffle32(&m->rng, s->extra, n);
    return n;
}

/* All tile rows: those of seen cells in their order, the extra rows evenly spread among them. */
static void put_tile_rows(mixing *m, size_t extra)
{
    const gv_kernel_tile *seen = m->seen;
    uint64_t step = extra > 0 ? ((uint64_t)(seen->rows + extra) << 32) / extra : 0;
    uint64_t at = extra > 0 ? gv_rng_below(&m->rng, step) : 0;
    size_t from = 0, r = 0, k = 0;
    for (size_t place = 0; place < seen->rows + extra; place++) {
        if (k < extra && (at >> 32) == place) {
            put_tile_row(m, m->s->extra[k++], from, 0);
            at += step;
        } else {
            size_t length = seen->row_length[r] + (size_t)1;
            put_tile_row(m, seen->row[r++], from, length);
            from += length;
        }
    }
}

void gv_unseen_mix(gv_kernel_tile *tile, gv_unseen_scratch *s, const gv_unseen *u,
                   const gv_unseen_place *place)
{
    const uint32_t *first = u->segment_first;
    uint32_t row = first[place->row_segment], column = first[place->column_segment];
    mixing m = {.seen = tile,
                .s = s,
                .u = u,
                .place = place,
                .row_chance = u->log_chance[place->transposed] + row,
                .column_chance = u->log_chance[!place->transposed] + column,
                .slots = u->slots + column,
                .rows = first[place->row_segment + 1] - row,
                .columns = first[place->column_segment + 1] - column};
    /* a stream for each epoch, tile and direction: whoever does the task, and when, draws the
     * same */
    gv_rng_seed(&m.rng, u->seed, GV_RNG_UNSEEN,
                (u->epoch * u->tiles + place->tile) * 2 + place->transposed);
    deal_draws(&m);
    put_tile_rows(&m, list_extra(&m));
    *tile = (gv_kernel_tile){m.tile_rows, m.records, s->row,   s->row_length,
                             s->column,   s->logit,  s->weight};
}

/* --- sizes ------------------------------------------------------------------------------------ */

/* Seen cells and draws of a tile at most. */
static size_t mixed_records(const gv_unseen *u, const gv_store_info *info, const gv_store_tile *t)
{
    uint64_t cells = (uint64_t)gv_store_segment_words(info, t->row_segment) *
                     gv_store_segment_words(info, t->column_segment);
    double most = u->draws * u->segment_part[t->row_segment] * u->segment_part[t->column_segment];
    most += (double)t->records + 2; /* rounding */
    return most < (double)cells ? (size_t)most : (size_t)cells;
}

void gv_unseen_sizes(size_t *records, size_t *width, const gv_unseen *u, const gv_store *store)
{
    const gv_store_info *info = gv_store_about(store);
    *records = *width = 0;
    for (uint32_t segment = 0; segment < info->segments; segment++)
        if (gv_store_segment_words(info, segment) > *width)
            *width = gv_store_segment_words(info, segment);
    for (uint32_t t = 0; t < info->tiles; t++) {
        size_t mixed = mixed_records(u, info, &gv_store_tiles(store)[t]);
        *records = mixed > *records ? mixed : *records;
    }
}
