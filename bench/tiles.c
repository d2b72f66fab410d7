#include "tiles.h"

#include "base/gv_file.h"
#include "base/gv_mem.h"
#include <string.h>

/* What a pair of segments holds. */
typedef struct tally {
    uint32_t records, rows;
} tally;

static int read_masses(uint32_t *mass, gv_counts *counts, gv_error *err)
{
    bool symmetric = gv_counts_about(counts)->symmetric;
    const gv_counts_cell *cells;
    uint32_t row;
    size_t n;
    int status = gv_counts_rewind(counts, err);
    while (status == GV_OK &&
           (status = gv_counts_next_row(counts, &row, &cells, &n, err)) == GV_OK && n > 0) {
        mass[row] += (uint32_t)n;
        for (size_t i = cells[0].column == row; symmetric && i < n; i++)
            mass[cells[i].column]++;
    }
    return status;
}

int bench_counts_open(gv_counts **counts, const char *dir, gv_error *err)
{
    char *path = gv_file_path_join(dir, "counts.bin", err);
    int status = path ? gv_counts_open(counts, path, err) : GV_E_MEMORY;
    gv_mem_free(path);
    return status;
}

int bench_masses(uint32_t **mass, gv_counts *counts, gv_error *err)
{
    *mass = gv_mem_alloc_zero(gv_counts_about(counts)->vocab_size, sizeof **mass, err);
    return *mass ? read_masses(*mass, counts, err) : GV_E_MEMORY;
}

/* Add a row to the tallies of its row segment; seen[column]: the row segment, plus one, in which
 * the column was met last. */
static void tally_row(tally *of_row, uint32_t row_segment, uint64_t *tile_rows, uint32_t *seen,
                      const uint16_t *segment_of, const gv_counts_cell *cells, size_t n)
{
    uint16_t last = UINT16_MAX;
    for (size_t i = 0; i < n; i++) {
        uint32_t column = cells[i].column;
        uint16_t segment = segment_of[column];
        of_row[segment].records++;
        of_row[segment].rows += segment != last;
        of_row[segment].rows += seen[column] != row_segment + 1;
        *tile_rows += segment != last;
        last = segment;
        seen[column] = row_segment + 1;
    }
}

/* All pairs of segments: tallies[row segment x segments + column segment]. */
static int tally_all(tally *tallies, bench_tiles *l, const uint16_t *segment_of, uint32_t *seen,
                     gv_counts *counts, gv_error *err)
{
    const gv_counts_cell *cells;
    uint32_t row;
    size_t n;
    int status = gv_counts_rewind(counts, err);
    while (status == GV_OK &&
           (status = gv_counts_next_row(counts, &row, &cells, &n, err)) == GV_OK && n > 0)
        tally_row(tallies + (size_t)segment_of[row] * l->segments.n, segment_of[row], &l->tile_rows,
                  seen, segment_of, cells, n);
    return status;
}

static int list_tiles(bench_tiles *l, const tally *tallies, gv_error *err)
{
    uint32_t n = l->segments.n, tiles = 0;
    for (size_t i = 0; i < (size_t)n * n; i++)
        tiles += tallies[i].records > 0;
    if (!(l->tiles = gv_mem_alloc_zero(tiles, sizeof *l->tiles, err)) ||
        !(l->rows = gv_mem_alloc(tiles, sizeof *l->rows, err)))
        return GV_E_MEMORY;
    for (size_t i = 0; i < (size_t)n * n; i++) {
        if (tallies[i].records == 0)
            continue;
        gv_store_tile *tile = &l->tiles[l->info.tiles];
        tile->row_segment = (uint32_t)(i / n);
        tile->column_segment = (uint32_t)(i % n);
        tile->records = tallies[i].records;
        l->rows[l->info.tiles++] = tallies[i].rows;
        /* a tile off the diagonal is two tasks */
        uint64_t tasks = l->info.symmetric && i / n != i % n ? 2 : 1;
        l->all_rows += tasks * tallies[i].rows;
    }
    return GV_OK;
}

static int fill_tiles(bench_tiles *l, gv_counts *counts, gv_error *err)
{
    size_t n = l->segments.n, bytes = n * n * sizeof(tally);
    if (n > BENCH_TILES_MAX_SEGMENTS)
        return gv_error_set(err, GV_E_USAGE, "%zu segments: more than %d are not simulated", n,
                            BENCH_TILES_MAX_SEGMENTS);
    tally *tallies = gv_mem_big_alloc(bytes, err);
    uint16_t *segment_of = gv_mem_alloc(l->info.vocab_size, sizeof *segment_of, err);
    uint32_t *seen = gv_mem_alloc_zero(l->info.vocab_size, sizeof *seen, err);
    int status = GV_E_MEMORY;
    if (!tallies || !segment_of || !seen)
        goto cleanup;
    for (uint32_t s = 0; s < n; s++)
        for (uint32_t id = l->segments.first[s]; id < l->segments.first[s + 1]; id++)
            segment_of[id] = (uint16_t)s;
    status = tally_all(tallies, l, segment_of, seen, counts, err);
    if (status == GV_OK)
        status = list_tiles(l, tallies, err);
cleanup:
    gv_mem_free(seen);
    gv_mem_free(segment_of);
    if (tallies)
        gv_mem_big_free(tallies, bytes);
    return status;
}

void bench_tiles_drop(bench_tiles *l)
{
    gv_segments_free(&l->segments);
    gv_mem_free(l->tiles);
    gv_mem_free(l->rows);
    *l = (bench_tiles){0};
}

void bench_tiles_describe(bench_tiles *l)
{
    l->info.segments = l->segments.n;
    l->info.segment_first = l->segments.first;
    l->info.groups = l->segments.groups;
    l->info.segment_group = l->segments.group;
}

int bench_tiles_make(bench_tiles *l, gv_counts *counts, const uint32_t *mass,
                     const gv_segments_rule *rule, gv_error *err)
{
    const gv_counts_info *about = gv_counts_about(counts);
    *l = (bench_tiles){.info = {.vocab_size = about->vocab_size,
                                .symmetric = about->symmetric,
                                .cells = about->cells,
                                .records = about->records}};
    int status = gv_segments_cut_by(&l->segments, rule, mass, about->vocab_size, err);
    if (status != GV_OK)
        return status;
    bench_tiles_describe(l);
    status = fill_tiles(l, counts, err);
    if (status != GV_OK)
        bench_tiles_drop(l);
    return status;
}

double bench_task_records(const bench_tiles *l, uint32_t tile, bool both)
{
    double records = l->tiles[tile].records;
    /* read in both directions; its few cells (i,i), done once, do not matter here */
    return both ? 2 * records : records;
}
