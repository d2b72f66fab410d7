/*
 * simulate_schedule - how well `ordered` training keeps 1 to 256 threads busy, by simulation.
 *
 *   simulate_schedule [KEY=NUMBER[,NUMBER ...] ...] RUN_DIR
 *
 * Reads counts.bin of a finished counting stage and cuts the vocabulary again for every combination
 * of parts (a segment closes at 1/parts of the records), words (or at this many words) and groups,
 * and for every ns with the row and fixed at its place; the tiles then hold what they would hold in
 * a store. The tasks of an epoch, their order and the work items that threads claim are the
 * trainer's own (gv_schedule_draw).
 *
 *   threads=1,2,4,...   numbers of threads                         [powers of two up to 256]
 *   parts=256 words=512 many=1000 groups=32   see gv_segments.h    [what glove-shuffle uses] ns=19
 *   row=0         nanoseconds per record, and per row that a tile brings in fixed=2750
 *   nanoseconds per task besides              [d = 50: docs/measurements/threads.md] epochs=3
 *   orders drawn; the figures are of all of them together units=0             0: as the trainer
 *   does for that many threads; 1: whole blocks;
 *                       2: single tasks
 *
 * One line a combination: segments, tasks of an epoch, mean records of a task and of a tile row,
 * rows brought in per record, nanoseconds per record in all, and the efficiency: time of one thread
 * / (threads x time of `threads` threads), 1 being perfect. Effects of threads on each other's
 * caches and memory are not simulated.
 *
 * Approach: list scheduling. Work items are claimed in order by the thread that is free first; a
 * task starts when its thread has come to it and the tasks before it on its word and its context
 * segment have ended. As these stand earlier in the list, one walk along the list gives every time
 * exactly.
 *
 * Cost: counts.bin is read twice per combination, then tasks x (1 + units / tasks x threads).
 */
#include "options.h"
#include "threads.h"
#include "tiles.h"

#include "base/gv_mem.h"
#include "schedule/gv_schedule.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ANY_THREADS = 1 << 20 };

enum { THREADS, PARTS, WORDS, MANY, GROUPS, NS, ROW, FIXED, EPOCHS, UNITS, KEYS };

typedef struct costs {
    double record, row, task; /* nanoseconds */
} costs;

/* --- simulation ------------------------------------------------------------------------------- */

typedef struct layout {
    const bench_tiles *tiles;
    const costs *cost;
} layout;

/* A bench_threads_time. */
static double task_time(const void *context, const gv_schedule_task *task)
{
    const layout *l = context;
    double records = bench_task_records(l->tiles, task->tile, task->both);
    return l->cost->task + l->cost->record * records + l->cost->row * l->tiles->rows[task->tile];
}

/* Efficiency of `threads` threads over some epochs. */
static int efficiency(double *result, gv_schedule *schedule, const bench_tiles *l,
                      const costs *cost, unsigned threads, const bench_option *options,
                      gv_error *err)
{
    const layout times = {l, cost};
    const size_t segments = l->segments.n, n = threads + 2 * segments;
    double *at = gv_mem_alloc(n, sizeof *at, err);
    if (!at)
        return GV_E_MEMORY;
    double units = options[UNITS].value[0], work = 0, time = 0;
    unsigned drawn_for = units == 1 ? 1 : units == 2 ? ANY_THREADS : threads;
    for (uint64_t epoch = 0; epoch < (uint64_t)options[EPOCHS].value[0]; epoch++) {
        gv_schedule_draw(schedule, 1, epoch, drawn_for);
        memset(at, 0, n * sizeof *at);
        work += bench_threads_run(schedule, threads, segments, at, task_time, &times);
        time += bench_threads_end(at, threads);
    }
    *result = time > 0 ? work / (time * threads) : 1;
    gv_mem_free(at);
    return GV_OK;
}

/* --- the table -------------------------------------------------------------------------------- */

static int print_line(const bench_tiles *l, const costs *cost, const bench_option *options,
                      gv_error *err)
{
    gv_schedule *schedule;
    int status = gv_schedule_new(&schedule, &l->info, l->tiles, err);
    if (status != GV_OK)
        return status;
    size_t tasks = gv_schedule_count(schedule);
    double records = (double)l->info.records, rows = (double)l->all_rows / records;
    printf(" %4u | %8zu | %6.0f | %5.1f | %4.2f | %5.1f |", l->segments.n, tasks,
           records / (double)tasks, (double)l->info.cells / (double)l->tile_rows, rows,
           cost->record + cost->row * rows + cost->task * (double)tasks / records);
    for (size_t i = 0; i < options[THREADS].n && status == GV_OK; i++) {
        double share;
        status = efficiency(&share, schedule, l, cost, (unsigned)options[THREADS].value[i], options,
                            err);
        if (status == GV_OK)
            printf(" %.3f |", share);
    }
    putchar('\n');
    fflush(stdout);
    gv_schedule_free(schedule);
    return status;
}

/* Value i, or the last of fewer. */
static double value_at(const bench_option *o, size_t i)
{
    return o->value[i < o->n ? i : o->n - 1];
}

/* One cut with all groups and costs. */
static int print_cut(gv_counts *counts, const uint32_t *mass, const gv_segments_rule *rule,
                     const bench_option *options, gv_error *err)
{
    for (size_t g = 0; g < options[GROUPS].n; g++) {
        gv_segments_rule dealt = *rule;
        dealt.groups = (uint32_t)options[GROUPS].value[g];
        bench_tiles l;
        int status = bench_tiles_make(&l, counts, mass, &dealt, err);
        for (size_t n = 0; status == GV_OK && n < options[NS].n; n++) {
            costs cost = {options[NS].value[n], value_at(&options[ROW], n),
                          value_at(&options[FIXED], n)};
            printf("| %5u | %5u | %6u | %4g | %4g | %5g |", rule->parts, rule->words,
                   l.segments.groups, cost.record, cost.row, cost.task);
            status = print_line(&l, &cost, options, err);
        }
        bench_tiles_drop(&l);
        if (status != GV_OK)
            return status;
    }
    return GV_OK;
}

static void print_head(const gv_counts_info *about, const bench_option *options)
{
    printf("V = %u, %llu ordered records\n\n| parts | words | groups |   ns |  row | fixed | segs "
           "|    "
           "tasks | rec/t |   row | rows | ns/rec |",
           about->vocab_size, (unsigned long long)about->records);
    for (size_t i = 0; i < options[THREADS].n; i++)
        printf(" %5g |", options[THREADS].value[i]);
    putchar('\n');
    for (size_t i = 0; i < 12 + options[THREADS].n; i++)
        printf("|---");
    puts("|");
}

static int run(const char *dir, const bench_option *options, gv_error *err)
{
    gv_counts *counts;
    int status = bench_counts_open(&counts, dir, err);
    if (status != GV_OK)
        return status;
    const gv_counts_info *about = gv_counts_about(counts);
    uint32_t *mass;
    status = bench_masses(&mass, counts, err);
    if (status == GV_OK)
        print_head(about, options);
    for (size_t p = 0; p < options[PARTS].n; p++)
        for (size_t w = 0; status == GV_OK && w < options[WORDS].n; w++) {
            uint32_t parts = (uint32_t)options[PARTS].value[p];
            gv_segments_rule rule = {.parts = parts,
                                     .parts_max = parts,
                                     .words = (uint32_t)options[WORDS].value[w],
                                     .many = (uint32_t)options[MANY].value[0]};
            status = print_cut(counts, mass, &rule, options, err);
        }
    gv_mem_free(mass);
    gv_counts_close(counts);
    return status;
}

/* --- options ---------------------------------------------------------------------------------- */

int main(int argc, char **argv)
{
    bench_option options[KEYS] = {
        [THREADS] = {"threads", 9, {1, 2, 4, 8, 16, 32, 64, 128, 256}, 1},
        [PARTS] = {"parts", 1, {GV_SEGMENTS_PARTS}, 1},
        [WORDS] = {"words", 1, {GV_SEGMENTS_WORDS}, 1},
        [MANY] = {"many", 1, {GV_SEGMENTS_MANY}, 2},
        [GROUPS] = {"groups", 1, {GV_SEGMENTS_GROUPS}, 1},
        [NS] = {"ns", 1, {19}, 0},
        [ROW] = {"row", 1, {0}, 0},
        [FIXED] = {"fixed", 1, {2750}, 0},
        [EPOCHS] = {"epochs", 1, {3}, 1},
        [UNITS] = {"units", 1, {0}, 0},
    };
    return bench_main(argc, argv, options, KEYS, run);
}
