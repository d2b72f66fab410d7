/*
 * Two counting sorts, first by the random rank of the row, then by column segment, bring the
 * records of a tile together, row by row. A row of the tile ends where the next record has another
 * row, or a column that the row has already: columns of a tile row must differ.
 */
#include "compat/gv_compat_pack.h"

#include "base/gv_mem.h"
#include "base/gv_rng.h"
#include <string.h>

enum { ALIGN = 8, ROW_RECORDS = 65536 /* of a tile row at most */ };

size_t gv_compat_pack_bytes(size_t rows, size_t records)
{
    size_t bytes = records * (2 * sizeof(float) + sizeof(uint16_t)) + rows * 2 * sizeof(uint16_t);
    return (bytes + ALIGN - 1) / ALIGN * ALIGN;
}

/* Where the arrays of a tile are. The bytes are aligned to ALIGN, and so is each array to its
 * elements. */
typedef struct arrays {
    float *log_x, *weight;
    uint16_t *column, *row, *row_length;
} arrays;

static arrays arrays_at(uint8_t *bytes, size_t rows, size_t records)
{
    arrays a;
    a.log_x = (float *)(void *)bytes;
    a.weight = a.log_x + records;
    a.column = (uint16_t *)(void *)(a.weight + records);
    a.row = a.column + records;
    a.row_length = a.row + rows;
    return a;
}

gv_kernel_tile gv_compat_pack_view(const uint8_t *bytes, size_t rows, size_t records)
{
    const float *log_x = (const float *)(const void *)bytes, *weight = log_x + records;
    const uint16_t *column = (const uint16_t *)(const void *)(weight + records);
    return (gv_kernel_tile){.rows = rows,
                            .records = records,
                            .row = column + records,
                            .row_length = column + records + rows,
                            .column = column,
                            .log_x = log_x,
                            .weight = weight};
}

uint64_t gv_compat_pack_memory(uint64_t n)
{
    return n * (sizeof(gv_compat_pack_record) + 2 * sizeof(uint32_t) + gv_compat_pack_bytes(1, 1));
}

int gv_compat_pack_room(gv_compat_pack *p, size_t n, gv_error *err)
{
    p->n = n;
    int status = gv_mem_reserve(&p->record, &p->record_capacity, n, sizeof *p->record, err);
    if (status == GV_OK)
        status = gv_mem_reserve(&p->order, &p->order_capacity, n, sizeof *p->order, err);
    if (status == GV_OK)
        status = gv_mem_reserve(&p->order_by_column, &p->column_capacity, n,
                                sizeof *p->order_by_column, err);
    return status;
}

void gv_compat_pack_free(gv_compat_pack *p)
{
    gv_mem_free(p->record);
    gv_mem_free(p->tile);
    gv_mem_free(p->bytes);
    gv_mem_free(p->order);
    gv_mem_free(p->order_by_column);
    gv_mem_free(p->start);
    gv_mem_free(p->rank);
    gv_mem_free(p->seen);
    *p = (gv_compat_pack){0};
}

static uint32_t width_of(const gv_compat_pack *p, uint32_t segment)
{
    return p->segments->first[segment + 1] - p->segments->first[segment];
}

/* The random order of the rows of a segment, the same for every run. */
static int rank_rows(gv_compat_pack *p, uint32_t segment, gv_error *err)
{
    gv_rng rng;
    uint32_t width = width_of(p, segment);
    int status = gv_mem_reserve(&p->rank, &p->rank_capacity, width, sizeof *p->rank, err);
    if (status != GV_OK)
        return status;
    for (uint32_t row = 0; row < width; row++)
        p->rank[row] = row;
    gv_rng_seed(&rng, 0, GV_RNG_SHUFFLE_TILE, segment);
    gv_rng_shuffle32(&rng, p->rank, width);
    return GV_OK;
}

/* start[key + 1] counts the key; then start[key] is where its records begin. */
static void sum_up(uint32_t *start, uint32_t keys)
{
    for (uint32_t key = 0; key < keys; key++)
        start[key + 1] += start[key];
}

static int sort_by_row(gv_compat_pack *p, uint32_t segment, gv_error *err)
{
    uint32_t width = width_of(p, segment);
    int status = gv_mem_reserve(&p->start, &p->start_capacity, width + 1, sizeof *p->start, err);
    if (status != GV_OK)
        return status;
    memset(p->start, 0, (width + 1) * sizeof *p->start);
    for (size_t i = 0; i < p->n; i++)
        p->start[p->rank[p->record[i].row] + 1]++;
    sum_up(p->start, width);
    for (size_t i = 0; i < p->n; i++)
        p->order[p->start[p->rank[p->record[i].row]]++] = (uint32_t)i;
    return GV_OK;
}

/* Afterwards p->start[s] is where the records of column segment s end. */
static int sort_by_column_segment(gv_compat_pack *p, gv_error *err)
{
    uint32_t segments = p->segments->n;
    int status = gv_mem_reserve(&p->start, &p->start_capacity, segments + 1, sizeof *p->start, err);
    if (status != GV_OK)
        return status;
    memset(p->start, 0, (segments + 1) * sizeof *p->start);
    for (size_t i = 0; i < p->n; i++)
        p->start[p->record[i].column_segment + 1]++;
    sum_up(p->start, segments);
    for (size_t i = 0; i < p->n; i++) {
        uint32_t at = p->order[i];
        p->order_by_column[p->start[p->record[at].column_segment]++] = at;
    }
    return GV_OK;
}

/* Number of the next tile row, which has seen no column yet. */
static uint32_t next_stamp(gv_compat_pack *p)
{
    if (++p->stamp == 0) {
        memset(p->seen, 0, p->seen_capacity * sizeof *p->seen);
        p->stamp = 1;
    }
    return p->stamp;
}

/* Go through records `order` ([n]) of a tile; returns its number of rows, and writes the rows to
 * `to` unless that is NULL. */
static size_t cut_rows(gv_compat_pack *p, const uint32_t *order, size_t n, const arrays *to)
{
    size_t rows = 0, length = 0;
    uint32_t stamp = 0;
    for (size_t i = 0; i < n; i++, length++) {
        const gv_compat_pack_record *r = &p->record[order[i]];
        if (i == 0 || r->row != p->record[order[i - 1]].row || p->seen[r->column] == stamp ||
            length == ROW_RECORDS) {
            stamp = next_stamp(p);
            length = 0;
            rows++;
        }
        p->seen[r->column] = stamp;
        if (!to)
            continue;
        to->row[rows - 1] = r->row;
        to->row_length[rows - 1] = (uint16_t)length;
        to->column[i] = r->column;
        to->log_x[i] = r->log_x;
        to->weight[i] = r->weight;
    }
    return rows;
}

static int pack_tile(gv_compat_pack *p, gv_compat_pack_tile tile, const uint32_t *order,
                     gv_error *err)
{
    tile.rows = (uint32_t)cut_rows(p, order, tile.records, NULL);
    size_t bytes = gv_compat_pack_bytes(tile.rows, tile.records);
    int status = gv_mem_reserve(&p->bytes, &p->bytes_capacity, p->used + bytes, 1, err);
    if (status == GV_OK)
        status = gv_mem_reserve(&p->tile, &p->tile_capacity, p->tiles + 1, sizeof *p->tile, err);
    if (status != GV_OK)
        return status;
    memset(p->bytes + p->used + bytes - ALIGN, 0, ALIGN);
    arrays to = arrays_at(p->bytes + p->used, tile.rows, tile.records);
    cut_rows(p, order, tile.records, &to);
    tile.offset = p->used;
    p->tile[p->tiles++] = tile;
    p->used += bytes;
    return GV_OK;
}

static int reserve_seen(gv_compat_pack *p, gv_error *err)
{
    uint32_t widest = 0;
    for (uint32_t s = 0; s < p->segments->n; s++)
        widest = width_of(p, s) > widest ? width_of(p, s) : widest;
    size_t before = p->seen_capacity;
    int status = gv_mem_reserve(&p->seen, &p->seen_capacity, widest, sizeof *p->seen, err);
    if (status == GV_OK)
        memset(p->seen + before, 0, (p->seen_capacity - before) * sizeof *p->seen);
    return status;
}

int gv_compat_pack_segment(gv_compat_pack *p, uint32_t segment, gv_error *err)
{
    p->tiles = p->used = 0;
    int status = reserve_seen(p, err);
    if (status == GV_OK)
        status = rank_rows(p, segment, err);
    if (status == GV_OK)
        status = sort_by_row(p, segment, err);
    if (status == GV_OK)
        status = sort_by_column_segment(p, err);
    uint32_t begin = 0;
    for (uint32_t s = 0; status == GV_OK && s < p->segments->n; s++) {
        uint32_t end = p->start[s];
        const gv_compat_pack_tile tile = {
            .row_segment = segment, .column_segment = s, .records = end - begin};
        if (end > begin)
            status = pack_tile(p, tile, p->order_by_column + begin, err);
        begin = end;
    }
    return status;
}
