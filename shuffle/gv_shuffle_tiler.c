/*
 * The pieces of a bucket come run by run, the rows of each run ascending. They are merged by
 * row; the pieces of a row in one column segment become a tile row, and the rows of a column
 * segment are linked into a list: a tile. So the memory is that of one bucket, a small fraction of
 * the matrix.
 *
 * The shuffle of a tile: its rows in random order, the cells of each row in random order, by one
 * generator per tile, so that a tile depends on nothing but the seed and its place. The cells of a
 * row are decoded into a scratch array that stays in the first-level cache, and are drawn from
 * there straight into the arrays of the tile: Fisher and Yates' algorithm settles one place per
 * step.
 */
#include "shuffle/gv_shuffle_tiler.h"

#include "base/gv_bytes.h"
#include "base/gv_mem.h"
#include "base/gv_rng.h"
#include "base/gv_signal.h"
#include "shuffle/gv_shuffle_piece.h"
#include "store/gv_tile.h"
#include <string.h>

#define NO_ROW UINT32_MAX

typedef struct tile_row {
    const uint8_t *begin, *end; /* its pieces */
    uint32_t cells;
    uint32_t escape_bytes;
    uint32_t next; /* row of the same tile, or NO_ROW */
    uint16_t row;  /* within its segment */
} tile_row;

typedef struct tile_list {
    uint32_t first, last; /* in `rows` */
    uint32_t rows;
    uint64_t cells, escape_bytes;
} tile_list;

/* The head of a piece. */
typedef struct piece {
    uint32_t row, segment, cells, escape_bytes;
} piece;

/* A run of the bucket. */
typedef struct cursor {
    const uint8_t *at, *end;
} cursor;

struct gv_shuffle_tiler {
    const gv_shuffle_layout *layout;
    const gv_shuffle_source *source;
    uint64_t seed;
    /* the current bucket */
    const gv_shuffle_layout_bucket *bucket;
    uint8_t *input;
    size_t input_capacity;
    uint64_t *lengths; /* of its runs */
    cursor *cursors;
    size_t length_capacity, cursor_capacity;
    tile_row *rows; /* of all tiles of the bucket */
    size_t row_count, row_capacity;
    tile_list *tile; /* [segments] by column segment */
    /* the current tile */
    uint32_t *order;
    size_t order_capacity;
    uint64_t *drawn;  /* [widest] cells of a row: column | code << 16 | number of escape << 32 */
    uint64_t *escape; /* [widest] its values without a code */
};

/* Bytes past the input that may be read: a piece's head and cells are loaded by whole words. */
enum { INPUT_PADDING = 16 };

int gv_shuffle_tiler_open(gv_shuffle_tiler **result, const gv_shuffle_layout *layout,
                          const gv_shuffle_source *source, uint64_t seed, gv_error *err)
{
    *result = NULL;
    gv_shuffle_tiler *tiler = gv_mem_alloc_zero(1, sizeof *tiler, err);
    if (!tiler)
        return GV_E_MEMORY;
    tiler->layout = layout;
    tiler->source = source;
    tiler->seed = seed;
    if (!(tiler->tile = gv_mem_alloc_zero(layout->segments.n, sizeof *tiler->tile, err)) ||
        !(tiler->drawn = gv_mem_alloc(layout->widest, sizeof *tiler->drawn, err)) ||
        !(tiler->escape = gv_mem_alloc(layout->widest, sizeof *tiler->escape, err))) {
        gv_shuffle_tiler_close(tiler);
        return GV_E_MEMORY;
    }
    *result = tiler;
    return GV_OK;
}

void gv_shuffle_tiler_close(gv_shuffle_tiler *tiler)
{
    if (!tiler)
        return;
    gv_mem_free(tiler->input);
    gv_mem_free(tiler->lengths);
    gv_mem_free(tiler->cursors);
    gv_mem_free(tiler->rows);
    gv_mem_free(tiler->tile);
    gv_mem_free(tiler->order);
    gv_mem_free(tiler->drawn);
    gv_mem_free(tiler->escape);
    gv_mem_free(tiler);
}

void gv_shuffle_tiler_output_clear(gv_shuffle_tiler_output *output)
{
    gv_mem_free(output->bytes);
    gv_mem_free(output->tiles);
    *output = (gv_shuffle_tiler_output){0};
}

uint64_t gv_shuffle_tiler_bytes(const gv_shuffle_layout *layout, uint64_t largest)
{
    /* At worst every piece is one cell of 10 bytes, for which there is a tile row (32 bytes) and
     * its place in the order (4); as a rule a piece has 45 bytes or more. Arrays grow by half. */
    return largest * 4 + (uint64_t)layout->widest * 16 + 65536;
}

uint64_t gv_shuffle_tiler_output_bytes(uint64_t largest)
{
    return largest * 2 + 65536;
}

/* --- pieces into rows ------------------------------------------------------------------------- */

static int broken(gv_error *err)
{
    return gv_error_set(err, GV_E_IO,
                        "the temporary file of the shuffle is damaged; check the disk");
}

/* Head of the piece at `at`, where 8 bytes are readable. */
static inline piece piece_at(const uint8_t *at)
{
    uint64_t fields = gv_bytes_get64(at);
    return (piece){.row = fields & 0xffff,
                   .segment = fields >> 16 & 0xffff,
                   .cells = (fields >> 32 & 0xff) + 1,
                   .escape_bytes = fields >> 40 & 0xffff};
}

static int reserve_input(gv_shuffle_tiler *tiler, uint32_t bucket, gv_error *err)
{
    size_t runs = gv_shuffle_source_runs(tiler->source, bucket);
    uint64_t bytes = gv_shuffle_source_bytes(tiler->source, bucket);
    int status =
        gv_mem_reserve(&tiler->input, &tiler->input_capacity, bytes + INPUT_PADDING, 1, err);
    if (status == GV_OK)
        status = gv_mem_reserve(&tiler->lengths, &tiler->length_capacity, runs,
                                sizeof *tiler->lengths, err);
    return status == GV_OK ? gv_mem_reserve(&tiler->cursors, &tiler->cursor_capacity, runs,
                                            sizeof *tiler->cursors, err)
                           : status;
}

/* The bucket's bytes, a cursor for each run; returns through `*n` their number. */
static int load(gv_shuffle_tiler *tiler, uint32_t bucket, size_t *n, gv_error *err)
{
    *n = 0;
    int status = reserve_input(tiler, bucket, err);
    if (status == GV_OK)
        status = gv_shuffle_source_get(tiler->input, tiler->lengths, n, tiler->source, bucket, err);
    if (status != GV_OK)
        return status;
    uint8_t *at = tiler->input;
    for (size_t i = 0; i < *n; i++) {
        tiler->cursors[i] = (cursor){at, at + tiler->lengths[i]};
        at += tiler->lengths[i];
    }
    memset(at, 0, INPUT_PADDING);
    return GV_OK;
}

/* A row that begins with piece `p` at `at` and ends before `end`. */
static int begin_row(gv_shuffle_tiler *tiler, tile_list *list, const piece *p, const uint8_t *at,
                     gv_error *err)
{
    int status = gv_mem_reserve(&tiler->rows, &tiler->row_capacity, tiler->row_count + 1,
                                sizeof *tiler->rows, err);
    if (status != GV_OK)
        return status;
    uint32_t number = (uint32_t)tiler->row_count++;
    tiler->rows[number] =
        (tile_row){.begin = at, .end = at, .next = NO_ROW, .row = (uint16_t)p->row};
    if (list->rows++ == 0)
        list->first = number;
    else
        tiler->rows[list->last].next = number;
    list->last = number;
    return GV_OK;
}

/* Take the piece at the cursor, whose head is `p`. */
static int take_piece(gv_shuffle_tiler *tiler, cursor *from, const piece *p, gv_error *err)
{
    const gv_shuffle_layout *layout = tiler->layout;
    if (p->segment >= layout->segments.n ||
        layout->segments.group[p->segment] != tiler->bucket->group ||
        p->row >= gv_shuffle_layout_width(layout, tiler->bucket->row_segment))
        return broken(err);
    uint32_t width = gv_shuffle_layout_width(layout, p->segment);
    size_t bytes =
        GV_SHUFFLE_PIECE_HEAD + p->cells * gv_shuffle_piece_cell_bytes(width) + p->escape_bytes;
    if (bytes > (size_t)(from->end - from->at))
        return broken(err);
    tile_list *list = &tiler->tile[p->segment];
    if (list->rows == 0 || tiler->rows[list->last].row != p->row) {
        int status = begin_row(tiler, list, p, from->at, err);
        if (status != GV_OK)
            return status;
    }
    tile_row *r = &tiler->rows[list->last];
    if (r->end != from->at || r->cells + p->cells > width)
        return broken(err); /* the pieces of a row follow each other */
    r->end = from->at += bytes;
    r->cells += p->cells;
    r->escape_bytes += p->escape_bytes;
    list->cells += p->cells;
    list->escape_bytes += p->escape_bytes;
    return GV_OK;
}

/* All pieces of the run that has the lowest row. A row is in one run only (gv_shuffle_piece.h), so
 * nothing is to be merged within a row. Runs are few: a linear search. */
static int take_row(gv_shuffle_tiler *tiler, size_t *runs, gv_error *err)
{
    size_t lowest = 0;
    uint32_t row = piece_at(tiler->cursors[0].at).row;
    for (size_t i = 1; i < *runs; i++) {
        uint32_t other = piece_at(tiler->cursors[i].at).row;
        if (other < row) {
            row = other;
            lowest = i;
        }
    }
    cursor *from = &tiler->cursors[lowest];
    int status = GV_OK;
    while (status == GV_OK && from->at < from->end) {
        piece p = piece_at(from->at);
        if (p.row != row)
            break;
        status = take_piece(tiler, from, &p, err);
    }
    if (from->at >= from->end)
        /* the order of runs has no effect, since rows are taken by number */
        *from = tiler->cursors[--*runs];
    return status;
}

/* --- rows into tiles -------------------------------------------------------------------------- */

/* Decode the cells of a piece without escapes. */
static inline void decode_plain(uint64_t *to, const uint8_t *from, size_t n, bool wide)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t cell = gv_bytes_get32(from + (wide ? 4 : 3) * i);
        to[i] = wide ? cell : (cell & 0xff) | (cell & 0xffff00) << 8;
    }
}

/* Number the cells without a code; `first` is the number of the first of them. */
static uint32_t number_escapes(uint64_t *cells, size_t n, uint32_t first)
{
    for (size_t i = 0; i < n; i++) {
        cells[i] |= (uint64_t)first << 32;
        first += (cells[i] >> 16 & 0xffff) == GV_TILE_ESCAPE;
    }
    return first;
}

/* Decode the cells of a row into tiler->drawn, its values without a code into tiler->escape. */
static int decode_row(gv_shuffle_tiler *tiler, const tile_row *r, bool wide, gv_error *err)
{
    uint64_t *to = tiler->drawn;
    uint32_t escapes = 0, found = 0;
    for (const uint8_t *at = r->begin; at < r->end;) {
        piece p = piece_at(at);
        at += GV_SHUFFLE_PIECE_HEAD;
        if (wide)
            decode_plain(to, at, p.cells, true);
        else
            decode_plain(to, at, p.cells, false);
        at += p.cells * (wide ? 4 : 3);
        if (p.escape_bytes > 0) {
            escapes = number_escapes(to, p.cells, escapes);
            const uint8_t *end = at + p.escape_bytes;
            for (; found < escapes; found++)
                if (!(at = gv_bytes_get_varint(at, end, &tiler->escape[found])))
                    return broken(err);
            if (at != end)
                return broken(err);
        }
        to += p.cells;
    }
    return GV_OK;
}

/* Draw the n decoded cells in random order into the arrays of the tile at record `at`. */
static inline void draw_cells(gv_tile_writer *to, size_t at, uint64_t *cell, size_t n, gv_rng *rng,
                              bool wide)
{
    gv_rng own = *rng; /* where the compiler can keep it in registers */
    /* Fisher and Yates from the end: the cell that is drawn goes to its final place at once, and
     * the last one takes the hole */
    for (size_t left = n; left > 0; left--) {
        size_t pick = left > 1 ? gv_rng_below(&own, left) : 0;
        uint64_t drawn = cell[pick];
        cell[pick] = cell[left - 1];
        cell[left - 1] = drawn;
        to->code[at + left - 1] = (uint16_t)(drawn >> 16);
        if (wide)
            to->column16[at + left - 1] = (uint16_t)drawn;
        else
            to->column8[at + left - 1] = (uint8_t)drawn;
    }
    *rng = own;
}

static void put_escapes(gv_tile_writer *to, const gv_shuffle_tiler *tiler, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t cell = tiler->drawn[i];
        if ((uint16_t)(cell >> 16) == GV_TILE_ESCAPE) {
            to->escape = gv_bytes_put_varint(to->escape, tiler->escape[cell >> 32]);
            to->escapes++;
        }
    }
}

static int draw_row(gv_tile_writer *to, gv_shuffle_tiler *tiler, const tile_row *r, size_t at,
                    gv_rng *rng, gv_error *err)
{
    bool wide = to->column16 != NULL;
    int status = decode_row(tiler, r, wide, err);
    if (status != GV_OK)
        return status;
    if (wide)
        draw_cells(to, at, tiler->drawn, r->cells, rng, true);
    else
        draw_cells(to, at, tiler->drawn, r->cells, rng, false);
    if (r->escape_bytes > 0)
        put_escapes(to, tiler, r->cells);
    return GV_OK;
}

/* Room for the tile of `list` behind those before it. */
static int reserve_tile(gv_shuffle_tiler_output *output, gv_shuffle_tiler *tiler,
                        const tile_list *list, uint32_t width, gv_error *err)
{
    size_t bytes = gv_tile_bytes(list->rows, list->cells, width, list->escape_bytes);
    if (list->cells > UINT32_MAX || output->used + bytes > UINT32_MAX)
        return gv_error_set(err, GV_E_RUNTIME,
                            "a tile of %zu records is too large; raise vocab.min_count",
                            (size_t)list->cells);
    int status = gv_mem_reserve(&output->bytes, &output->capacity, output->used + bytes, 1, err);
    if (status == GV_OK)
        status = gv_mem_reserve(&output->tiles, &output->tile_capacity, output->tile_count + 1,
                                sizeof *output->tiles, err);
    if (status == GV_OK)
        status = gv_mem_reserve(&tiler->order, &tiler->order_capacity, list->rows,
                                sizeof *tiler->order, err);
    return status;
}

static int make_tile(gv_shuffle_tiler_output *output, gv_shuffle_tiler *tiler, uint32_t column,
                     gv_error *err)
{
    const gv_shuffle_layout *layout = tiler->layout;
    const tile_list *list = &tiler->tile[column];
    uint32_t row = tiler->bucket->row_segment, width = gv_shuffle_layout_width(layout, column),
             n = 0;
    int status = reserve_tile(output, tiler, list, width, err);
    if (status != GV_OK)
        return status;
    gv_rng rng;
    /* a stream for each tile: its bytes do not depend on who makes it, or when */
    gv_rng_seed(&rng, tiler->seed, GV_RNG_SHUFFLE_TILE,
                (uint64_t)row * layout->segments.n + column);
    for (uint32_t i = list->first; i != NO_ROW; i = tiler->rows[i].next)
        tiler->order[n++] = i;
    gv_rng_shuffle32(&rng, tiler->order, n);
    gv_tile_writer to;
    size_t at = 0;
    const gv_tile_shape shape = {row, column, width, n, (uint32_t)list->cells};
    gv_tile_begin(&to, output->bytes + output->used, &shape);
    for (uint32_t i = 0; status == GV_OK && i < n; i++) {
        const tile_row *r = &tiler->rows[tiler->order[i]];
        to.row[i] = r->row;
        to.row_length[i] = (uint16_t)(r->cells - 1);
        status = draw_row(&to, tiler, r, at, &rng, err);
        at += r->cells;
    }
    output->tiles[output->tile_count++] = (gv_store_tile){.row_segment = row,
                                                          .column_segment = column,
                                                          .offset = (uint32_t)output->used,
                                                          .records = (uint32_t)at};
    output->used += gv_tile_end(&to);
    output->records += at;
    return status;
}

int gv_shuffle_tiler_make(gv_shuffle_tiler_output *output, gv_shuffle_tiler *tiler, uint32_t bucket,
                          gv_error *err)
{
    const gv_segments *segments = &tiler->layout->segments;
    size_t runs = 0;
    output->used = output->tile_count = 0;
    output->records = 0;
    tiler->bucket = &tiler->layout->bucket[bucket];
    tiler->row_count = 0;
    int status = gv_signal_check(err);
    if (status == GV_OK)
        status = load(tiler, bucket, &runs, err);
    while (status == GV_OK && runs > 0)
        status = take_row(tiler, &runs, err);
    for (uint32_t column = 0; column < segments->n; column++) {
        if (tiler->tile[column].rows == 0)
            continue;
        if (status == GV_OK)
            status = make_tile(output, tiler, column, err);
        tiler->tile[column] = (tile_list){0};
    }
    return status;
}
