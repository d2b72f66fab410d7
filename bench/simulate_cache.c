/*
 * simulate_cache - how many cache lines of vectors training moves between the caches, for caches
 * that this machine need not have.
 *
 *   simulate_cache STORE DIM L1_KIB L1_WAYS L2_KIB L2_WAYS SHARE STRIP ...
 *
 * Walks through the first SHARE per cent of an epoch's tasks in the order of one thread, once for
 * each STRIP (gv_schedule_set_strip()), and touches the lines of each tile row's vector and of each
 * record's column vector, as the kernel does. Printed for each: lines that a record takes from the
 * L2 cache (missing in L1), and from beyond it (missing in both).
 *
 * The caches are set-associative with least-recently-used replacement and hold vectors alone: no
 * tiles, no code, no other thread. Nothing is prefetched; a prefetch moves a line earlier and
 * changes the counts little. Addresses are those of a model whose matrices lie side by side, in
 * pages large enough to keep sets as they are.
 *
 * Cost: all tiles in memory; about 10 ns for each line touched.
 */
#include "base/gv_mem.h"
#include "kernel/gv_kernel.h"
#include "schedule/gv_schedule.h"
#include "store/gv_store.h"
#include "store/gv_tile.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_BYTES = 64, ARGUMENTS = 7, WAYS_MOST = 64 };

typedef struct cache {
    size_t sets, ways;
    uint64_t *lines; /* [sets * ways] 1 + number of a line, the latest first; 0: none */
    uint64_t misses;
} cache;

typedef struct simulation {
    gv_store *store;
    const gv_store_info *info;
    uint8_t **blobs; /* read when first needed */
    size_t *bytes;
    const uint32_t *segment_first;
    cache l1, l2;
    size_t vector_lines;
    uint64_t records;
} simulation;

/* Is the line there? Then it becomes the latest; if not, it replaces the oldest one. */
static bool touch(cache *c, uint64_t line)
{
    uint64_t *set = c->lines + line % c->sets * c->ways;
    size_t at = 0;
    while (at < c->ways && set[at] != line + 1)
        at++;
    bool there = at < c->ways;
    memmove(set + 1, set, (there ? at : c->ways - 1) * sizeof *set);
    set[0] = line + 1;
    c->misses += !there;
    return there;
}

static void touch_vector(simulation *s, uint64_t vector)
{
    for (size_t i = 0; i < s->vector_lines; i++)
        if (!touch(&s->l1, vector * s->vector_lines + i))
            touch(&s->l2, vector * s->vector_lines + i);
}

static void walk_tile(simulation *s, const gv_tile *tile, bool transposed)
{
    uint64_t row = s->segment_first[tile->row_segment];
    uint64_t column = s->segment_first[tile->column_segment];
    *(transposed ? &row : &column) += s->info->vocab_size;
    size_t k = 0;
    for (size_t r = 0; r < tile->rows; r++) {
        touch_vector(s, row + tile->row[r]);
        for (size_t end = k + tile->row_length[r] + 1; k < end; k++)
            touch_vector(s, column + (tile->column8 ? tile->column8[k] : tile->column16[k]));
    }
    s->records += tile->records;
}

static int view(gv_tile *tile, simulation *s, const gv_store_tile *t, gv_error *err)
{
    if (!s->blobs[t->blob]) {
        int status = gv_store_blob_size(&s->bytes[t->blob], s->store, t->blob, err);
        if (status != GV_OK)
            return status;
        s->blobs[t->blob] = gv_mem_alloc(s->bytes[t->blob], 1, err);
        if (!s->blobs[t->blob])
            return GV_E_MEMORY;
        status = gv_store_blob_read(s->blobs[t->blob], s->bytes[t->blob], s->store, t->blob, err);
        if (status != GV_OK)
            return status;
    }
    const gv_tile_place place = {s->blobs[t->blob],
                                 s->bytes[t->blob],
                                 t->offset,
                                 gv_store_segment_words(s->info, t->row_segment),
                                 gv_store_segment_words(s->info, t->column_segment),
                                 s->info->values};
    return gv_tile_view(tile, &place, err);
}

static int simulate(simulation *s, const gv_schedule *schedule, double share, gv_error *err)
{
    const gv_schedule_task *tasks = gv_schedule_tasks(schedule);
    size_t count = (size_t)(share / 100 * (double)gv_schedule_count(schedule));
    memset(s->l1.lines, 0, s->l1.sets * s->l1.ways * sizeof *s->l1.lines);
    memset(s->l2.lines, 0, s->l2.sets * s->l2.ways * sizeof *s->l2.lines);
    s->l1.misses = s->l2.misses = s->records = 0;
    for (size_t i = 0; i < count; i++) {
        gv_tile tile;
        int status = view(&tile, s, &gv_store_tiles(s->store)[tasks[i].tile], err);
        if (status != GV_OK)
            return status;
        walk_tile(s, &tile, tasks[i].transposed);
        if (tasks[i].both)
            walk_tile(s, &tile, true);
    }
    return GV_OK;
}

static int make_cache(cache *c, const char *kib, const char *ways, gv_error *err)
{
    size_t bytes = strtoul(kib, NULL, 10) << 10;
    c->ways = strtoul(ways, NULL, 10);
    if (c->ways < 1 || c->ways > WAYS_MOST || bytes < c->ways * LINE_BYTES)
        return gv_error_set(err, GV_E_USAGE, "no cache has %s KiB in %s ways", kib, ways);
    c->sets = bytes / LINE_BYTES / c->ways;
    c->lines = gv_mem_alloc(c->sets * c->ways, sizeof *c->lines, err);
    return c->lines ? GV_OK : GV_E_MEMORY;
}

static int prepare(simulation *s, char **argument, gv_error *err)
{
    size_t dim = strtoul(argument[1], NULL, 10);
    int status = gv_store_open(&s->store, argument[0], 1, err);
    if (status != GV_OK)
        return status;
    s->info = gv_store_about(s->store);
    s->blobs = gv_mem_alloc_zero(s->info->blobs, sizeof *s->blobs, err);
    s->bytes = gv_mem_alloc_zero(s->info->blobs, sizeof *s->bytes, err);
    s->segment_first = s->info->segment_first;
    s->vector_lines =
        (dim + 2 + GV_WIDTH - 1) / GV_WIDTH * GV_WIDTH * 2 * sizeof(float) / LINE_BYTES;
    if (!s->blobs || !s->bytes)
        return GV_E_MEMORY;
    status = make_cache(&s->l1, argument[2], argument[3], err);
    return status == GV_OK ? make_cache(&s->l2, argument[4], argument[5], err) : status;
}

static int run(simulation *s, char **argument, char **strip, gv_error *err)
{
    gv_schedule *schedule;
    int status = prepare(s, argument, err);
    if (status == GV_OK)
        status = gv_schedule_new(&schedule, s->info, gv_store_tiles(s->store), err);
    if (status != GV_OK)
        return status;
    for (; status == GV_OK && *strip; strip++) {
        gv_schedule_set_strip(schedule, (uint32_t)strtoul(*strip, NULL, 10));
        gv_schedule_draw(schedule, 1, 1, 1);
        status = simulate(s, schedule, strtod(argument[6], NULL), err);
        if (status == GV_OK)
            printf("strip %2s: %.1f M records, lines a record: touched %zu for its column; from L2 "
                   "%.2f, from beyond %.2f\n",
                   *strip, 1e-6 * (double)s->records, s->vector_lines,
                   (double)s->l1.misses / (double)s->records,
                   (double)s->l2.misses / (double)s->records);
        fflush(stdout);
    }
    gv_schedule_free(schedule);
    return status;
}

/* What was allocated goes with the process. */
int main(int argc, char **argv)
{
    static simulation s;
    gv_error err = GV_ERROR_INIT;
    if (argc < 2 + ARGUMENTS) {
        fprintf(stderr, "usage: simulate_cache STORE DIM L1_KIB L1_WAYS L2_KIB L2_WAYS SHARE STRIP "
                        "...\n");
        return 2;
    }
    if (run(&s, argv + 1, argv + 1 + ARGUMENTS, &err) == GV_OK)
        return 0;
    fprintf(stderr, "simulate_cache: error: %s\n", err.text);
    return 1;
}
