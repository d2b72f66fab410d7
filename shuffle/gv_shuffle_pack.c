/*
 * Blocks into tiles into blobs.
 *
 * The runs of a block come in order of their rows. So it is enough to hold the runs of one row
 * segment at a time: they are linked into a list per column segment, and each list is a tile, ready
 * when the next row segment begins. Memory is that of a row segment within a block, a small
 * fraction of the matrix whatever its size.
 *
 * The shuffle of a tile: its runs in random order, the cells of each run in random order, by one
 * generator per tile, so that no tile depends on another.
 *
 * Tiles are strung into a blob until it would exceed 1 MiB; a blob never holds two blocks.
 */
#include "shuffle/gv_shuffle_internal.h"

#include "base/gv_bytes.h"
#include "base/gv_mem.h"
#include "base/gv_rng.h"
#include "base/gv_signal.h"
#include <limits.h>

enum { BLOB_BYTES = 1 << 20, READ_BYTES = 1 << 18 };
#define NO_RUN     UINT32_MAX
#define NO_SEGMENT UINT32_MAX

typedef struct run {
    size_t cell, escape; /* its first cell and first escaped value */
    uint32_t cells;
    uint32_t next; /* run of the same tile, or NO_RUN */
    uint16_t row;  /* within its segment */
} run;

typedef struct tile_list {
    uint32_t first, last; /* runs */
    uint32_t runs;
    size_t cells;
} tile_list;

typedef struct packer {
    const gv_layout *layout;
    gv_store_writer *writer;
    gv_spool *spool;
    gv_progress *progress;
    uint64_t seed;
    /* the stream being read: unread bytes are [at, end) of buffer */
    uint8_t *buffer, *at, *end;
    size_t buffer_bytes;
    bool drained;
    /* the row segment at hand */
    run *runs;
    size_t run_count, run_capacity;
    uint32_t *cells; /* column | code << 16 */
    size_t cell_count, cell_capacity;
    uint64_t *escapes;
    size_t escape_count, escape_capacity;
    tile_list *tile; /* [segments] by column segment */
    /* the tile at hand */
    uint32_t *order;
    gv_tile_record *records;
    uint16_t *codes;
    size_t order_capacity, record_capacity, code_capacity;
    /* the blob at hand */
    uint8_t *blob;
    size_t blob_bytes, blob_capacity;
    gv_store_tile *tiles;
    size_t tile_count, tile_capacity;
    uint32_t blob_id;
} packer;

/* --- blobs ------------------------------------------------------------------------------------ */

/* Store the first `n` tiles at hand, which take `bytes`. */
static int put_blob(packer *pack, size_t n, size_t bytes, gv_error *err)
{
    if (bytes > INT_MAX / 2)
        return gv_fail(err, GV_E_RUNTIME,
                       "a tile takes %zu bytes, more than SQLite can hold; raise vocab.min_count",
                       bytes);
    int status = gv_store_put_blob(pack->writer, pack->blob, bytes, pack->tiles, n, err);
    pack->blob_id++;
    return status;
}

/* The block ends: what is left of it becomes a blob. */
static int end_blob(packer *pack, gv_error *err)
{
    int status = GV_OK;
    if (pack->tile_count > 0)
        status = put_blob(pack, pack->tile_count, pack->blob_bytes, err);
    pack->tile_count = 0;
    pack->blob_bytes = 0;
    return status;
}

/* Append the tile at hand, n records, to the blob; a blob that it would overfill is stored first.
 */
static int append_tile(packer *pack, uint32_t row, uint32_t column, size_t n, gv_error *err)
{
    const uint32_t *first = pack->layout->segments.first;
    int status =
        gv_reserve(&pack->blob, &pack->blob_capacity, pack->blob_bytes + gv_tile_bound(n), 1, err);
    if (status == GV_OK)
        status = gv_reserve(&pack->tiles, &pack->tile_capacity, pack->tile_count + 1,
                            sizeof *pack->tiles, err);
    if (status != GV_OK)
        return status;
    uint8_t *to = pack->blob + pack->blob_bytes;
    size_t bytes = gv_tile_pack(to, row, column, first[column + 1] - first[column], pack->records,
                                pack->codes, n);
    if (pack->tile_count > 0 && pack->blob_bytes + bytes > BLOB_BYTES) {
        if ((status = end_blob(pack, err)) != GV_OK)
            return status;
        memmove(pack->blob, to, bytes);
    }
    pack->tiles[pack->tile_count++] = (gv_store_tile){.row_segment = row,
                                                      .column_segment = column,
                                                      .blob = pack->blob_id,
                                                      .offset = (uint32_t)pack->blob_bytes,
                                                      .records = (uint32_t)n};
    pack->blob_bytes += bytes;
    return GV_OK;
}

/* --- tiles ------------------------------------------------------------------------------------ */

/* Write the cells of a run at record `at`, in random order. */
static void place_run(packer *pack, const run *r, size_t at, gv_rng *rng)
{
    gv_tile_record *record = pack->records + at;
    uint16_t *code = pack->codes + at;
    const uint64_t *escape = pack->escapes + r->escape;
    for (uint32_t i = 0; i < r->cells; i++) {
        uint32_t cell = pack->cells[r->cell + i];
        code[i] = (uint16_t)(cell >> 16);
        record[i] = (gv_tile_record){r->row, (uint16_t)cell, 0};
        if (code[i] == GV_TILE_ESCAPE)
            record[i].value = *escape++;
    }
    for (uint32_t left = r->cells; left > 1; left--) {
        uint64_t pick = gv_rng_below(rng, left);
        gv_tile_record kept = record[left - 1];
        uint16_t kept_code = code[left - 1];
        record[left - 1] = record[pick];
        code[left - 1] = code[pick];
        record[pick] = kept;
        code[pick] = kept_code;
    }
}

static int reserve_tile(packer *pack, const tile_list *list, gv_error *err)
{
    if (list->cells > UINT32_MAX)
        return gv_fail(err, GV_E_RUNTIME,
                       "a tile of %zu records is too large; raise "
                       "vocab.min_count",
                       list->cells);
    int status =
        gv_reserve(&pack->order, &pack->order_capacity, list->runs, sizeof *pack->order, err);
    if (status == GV_OK)
        status = gv_reserve(&pack->records, &pack->record_capacity, list->cells,
                            sizeof *pack->records, err);
    if (status == GV_OK)
        status =
            gv_reserve(&pack->codes, &pack->code_capacity, list->cells, sizeof *pack->codes, err);
    return status;
}

static int put_tile(packer *pack, uint32_t row, uint32_t column, gv_error *err)
{
    const tile_list *list = &pack->tile[column];
    int status = reserve_tile(pack, list, err);
    if (status != GV_OK)
        return status;
    gv_rng rng;
    gv_rng_seed(&rng, pack->seed, GV_RNG_SHUFFLE_TILE,
                (uint64_t)row * pack->layout->segments.n + column);
    uint32_t n = 0;
    for (uint32_t i = list->first; i != NO_RUN; i = pack->runs[i].next)
        pack->order[n++] = i;
    gv_rng_shuffle32(&rng, pack->order, n);
    size_t at = 0;
    for (uint32_t i = 0; i < n; i++) {
        const run *r = &pack->runs[pack->order[i]];
        place_run(pack, r, at, &rng);
        at += r->cells;
    }
    gv_progress_add(pack->progress, at);
    return append_tile(pack, row, column, at, err);
}

/* The row segment at hand (or NO_SEGMENT) is whole: its tiles, by column segment. The block is that
 * of two groups; the columns are in the one that the row is not in. */
static int put_row_segment(packer *pack, uint32_t row, const uint32_t pair[2], gv_error *err)
{
    const gv_segments *segments = &pack->layout->segments;
    if (row == NO_SEGMENT)
        return GV_OK;
    uint32_t column_group = segments->group[row] == pair[0] ? pair[1] : pair[0];
    int status = gv_signal_check(err);
    for (uint32_t column = 0; status == GV_OK && column < segments->n; column++) {
        if (segments->group[column] != column_group || pack->tile[column].runs == 0)
            continue;
        status = put_tile(pack, row, column, err);
        pack->tile[column] = (tile_list){0};
    }
    pack->run_count = pack->cell_count = pack->escape_count = 0;
    return status;
}

/* --- reading a stream ------------------------------------------------------------------------- */

/* Make sure that a whole run is in the buffer, or all that is left of the stream. */
static int fill_buffer(packer *pack, gv_error *err)
{
    size_t longest = GV_RUN_HEAD_MAX + (size_t)pack->layout->widest * GV_RUN_CELL_MAX;
    size_t left = (size_t)(pack->end - pack->at), got;
    if (left >= longest || pack->drained)
        return GV_OK;
    memmove(pack->buffer, pack->at, left);
    pack->at = pack->buffer;
    int status =
        gv_spool_read(pack->spool, pack->buffer + left, pack->buffer_bytes - left, &got, err);
    pack->end = pack->buffer + left + got;
    pack->drained = got == 0;
    return status;
}

static int broken(gv_error *err)
{
    return gv_fail(err, GV_E_IO, "the temporary file of the shuffle came back damaged");
}

static int read_escapes(packer *pack, const run *r, gv_error *err)
{
    for (uint32_t i = 0; i < r->cells; i++) {
        if (pack->cells[r->cell + i] >> 16 != GV_TILE_ESCAPE)
            continue;
        int status = gv_reserve(&pack->escapes, &pack->escape_capacity, pack->escape_count + 1,
                                sizeof *pack->escapes, err);
        if (status != GV_OK)
            return status;
        const uint8_t *at =
            gv_get_varint(pack->at, pack->end, &pack->escapes[pack->escape_count++]);
        if (!at)
            return broken(err);
        pack->at = (uint8_t *)(uintptr_t)at;
    }
    return GV_OK;
}

/* Take the cells of a run whose head has been read. */
static int take_run(packer *pack, uint32_t row, uint32_t segment, uint32_t n, gv_error *err)
{
    const gv_layout *layout = pack->layout;
    size_t bytes = (size_t)n * sizeof *pack->cells;
    int status =
        gv_reserve(&pack->runs, &pack->run_capacity, pack->run_count + 1, sizeof *pack->runs, err);
    if (status == GV_OK)
        status = gv_reserve(&pack->cells, &pack->cell_capacity, pack->cell_count + n,
                            sizeof *pack->cells, err);
    if (status != GV_OK)
        return status;
    if (bytes > (size_t)(pack->end - pack->at))
        return broken(err);
    run *r = &pack->runs[pack->run_count];
    *r = (run){.cell = pack->cell_count,
               .escape = pack->escape_count,
               .cells = n,
               .next = NO_RUN,
               .row = (uint16_t)(row - layout->segments.first[layout->segment_of[row]])};
    memcpy(pack->cells + pack->cell_count, pack->at, bytes);
    pack->at += bytes;
    pack->cell_count += n;

    tile_list *list = &pack->tile[segment];
    if (list->runs++ == 0)
        list->first = (uint32_t)pack->run_count;
    else
        pack->runs[list->last].next = (uint32_t)pack->run_count;
    list->last = (uint32_t)pack->run_count++;
    list->cells += n;
    return read_escapes(pack, r, err);
}

/* The three numbers before a run's cells, checked. */
static int read_head(packer *pack, uint32_t *row, uint32_t *segment, uint32_t *n, gv_error *err)
{
    const gv_segments *segments = &pack->layout->segments;
    uint64_t number[3];
    const uint8_t *at = pack->at;
    for (int i = 0; i < 3; i++)
        if (!at || !(at = gv_get_varint(at, pack->end, &number[i])))
            return broken(err);
    if (number[0] >= segments->first[segments->n] - *row || number[1] >= segments->n ||
        number[2] == 0 || number[2] > pack->layout->widest)
        return broken(err);
    *row += (uint32_t)number[0];
    *segment = (uint32_t)number[1];
    *n = (uint32_t)number[2];
    pack->at = (uint8_t *)(uintptr_t)at;
    return GV_OK;
}

/* The block of a pair of groups. */
static int pack_block(packer *pack, uint32_t block, const uint32_t pair[2], gv_error *err)
{
    uint32_t row = 0, at_hand = NO_SEGMENT, segment = 0, n = 0;
    int status = GV_OK;
    pack->at = pack->end = pack->buffer;
    pack->drained = false;
    gv_spool_rewind(pack->spool, block);
    while ((status = fill_buffer(pack, err)) == GV_OK && pack->at < pack->end) {
        status = read_head(pack, &row, &segment, &n, err);
        if (status == GV_OK && pack->layout->segment_of[row] != at_hand) {
            status = put_row_segment(pack, at_hand, pair, err);
            at_hand = pack->layout->segment_of[row];
        }
        if (status == GV_OK)
            status = take_run(pack, row, segment, n, err);
        if (status != GV_OK)
            return status;
    }
    if (status == GV_OK)
        status = put_row_segment(pack, at_hand, pair, err);
    return status == GV_OK ? end_blob(pack, err) : status;
}

static int pack_all(packer *pack, gv_error *err)
{
    const gv_layout *layout = pack->layout;
    uint32_t groups = layout->segments.groups;
    int status = GV_OK;
    for (uint32_t a = 0; status == GV_OK && a < groups; a++) {
        for (uint32_t b = layout->symmetric ? a : 0; status == GV_OK && b < groups; b++) {
            const uint32_t pair[2] = {a, b};
            status = pack_block(pack, layout->block[a * groups + b], pair, err);
        }
    }
    return status;
}

int gv_pack_blocks(gv_store_writer *writer, gv_spool *spool, const gv_layout *layout, uint64_t seed,
                   gv_progress *progress, gv_error *err)
{
    packer pack = {.layout = layout,
                   .writer = writer,
                   .spool = spool,
                   .progress = progress,
                   .seed = seed,
                   .blob_capacity = BLOB_BYTES + BLOB_BYTES / 2};
    pack.buffer_bytes = READ_BYTES + GV_RUN_HEAD_MAX + (size_t)layout->widest * GV_RUN_CELL_MAX;
    int status = GV_E_MEMORY;
    if ((pack.buffer = gv_alloc(pack.buffer_bytes, 1, err)) &&
        (pack.tile = gv_alloc_zero(layout->segments.n, sizeof *pack.tile, err)) &&
        (pack.blob = gv_alloc(pack.blob_capacity, 1, err)))
        status = pack_all(&pack, err);
    gv_free(pack.buffer);
    gv_free(pack.runs);
    gv_free(pack.cells);
    gv_free(pack.escapes);
    gv_free(pack.tile);
    gv_free(pack.order);
    gv_free(pack.records);
    gv_free(pack.codes);
    gv_free(pack.blob);
    gv_free(pack.tiles);
    return status;
}
