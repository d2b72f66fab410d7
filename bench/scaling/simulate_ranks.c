/*
 * simulate_ranks - bytes, memory and time of an epoch on many machines, by calculation.
 *
 *   simulate_ranks [KEY=NUMBER[,NUMBER ...] ...] RUN_DIR
 *
 * The matrix of RUN_DIR (counts.bin) is scaled up, to `records` times the records of `words` times
 * the vocabulary in the same shape (scaled_tiles.h), and cut by the rule of stores. Lines of CSV,
 * for every number of nodes and speed of the network and for each algorithm.
 *
 *   nodes=4,8,...      machines, all ranks alike                    [powers of two from 4 to 256]
 *   gbit=10,100        of the network, each way, per node
 *   threads=16         that compute, per node
 *   records=1 words=1  times as many as in RUN_DIR
 *   dim=300            dimensions
 *   ns=64 row=26 fixed=9400   a task: nanoseconds per record, per row brought in, besides
 *   latency=600        microseconds from the end of a visit to the beginning of the next elsewhere,
 *                      network and polling
 *   copy=0.5           nanoseconds of a core per byte that is sent, both ends together
 *   parts=0 groups=0   of the cut; 0: what glove-shuffle uses
 *   epoch=1            whose order is drawn
 *   servers=4          Downpour, Sandblaster: a server for so many nodes
 *   lease=100          Downpour: tiles between fetches, between pushes
 *   pass=1.1           Sandblaster: an evaluation takes so many times an epoch's computing
 *   evaluations=1.1    Sandblaster: of the objective per iteration
 *   history=8          Sandblaster: pairs of vectors
 *   memory_ns=0.1      nanoseconds per byte of long vectors, per node
 *   store_bytes=2.2    of a record in the store
 *
 * Columns: algorithm, nodes, gbit; segments, groups; sent, bytes of rows of all nodes; busiest,
 * bytes in and out of the node that has most; model, bytes of rows (with their AdaGrad sums) that a
 * node must hold; read, bytes of tiles that a node works on; seconds; computing, seconds if nothing
 * was ever waited for.
 *
 * Approach. Rotation is played task by task: a thread of a rank takes the rank's next work item,
 * whose tasks begin when the tasks before them on their two segments have ended and their rows have
 * come; rows leave one after the other, as they arrive. Downpour and Sandblaster have no order to
 * wait for, so theirs is the time of what is busiest: computing, a node's or a server's link.
 *
 * Not in it: memory bandwidth within a node, switches that are slower than the links together,
 * disks, checkpoints.
 */
#include "options.h"
#include "scaled_tiles.h"
#include "tiles.h"

#include "base/gv_mem.h"
#include "kernel/gv_word2vec.h"
#include "model/gv_model.h"
#include "schedule/gv_schedule.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    NODES,
    GBIT,
    THREADS,
    RECORDS,
    WORDS,
    DIM,
    NS,
    ROW,
    FIXED,
    LATENCY,
    COPY,
    PARTS,
    GROUPS,
    EPOCH,
    SERVERS,
    LEASE,
    PASS,
    EVALUATIONS,
    HISTORY,
    MEMORY_NS,
    STORE_BYTES,
    KEYS
};

/* One combination of options. */
typedef struct world {
    const bench_tiles *tiles;
    const gv_schedule *schedule;
    unsigned nodes, threads;
    double gbit, byte_ns; /* of a link */
    double row_bytes;     /* of a row with its AdaGrad sums */
    double vector_bytes;  /* of a row of L-BFGS's vectors (gv_model_new_values) */
    const bench_option *options;
} world;

typedef struct outcome {
    double sent, busiest, model, read, seconds, computing;
} outcome;

static double number(const world *w, int key)
{
    return w->options[key].value[0];
}

static double task_ns(const world *w, const gv_schedule_task *task)
{
    return number(w, FIXED) + number(w, NS) * bench_task_records(w->tiles, task->tile, task->both) +
           number(w, ROW) * w->tiles->rows[task->tile];
}

static double all_tasks_ns(const world *w)
{
    const gv_schedule_task *tasks = gv_schedule_tasks(w->schedule);
    double sum = 0;
    for (size_t i = 0, n = gv_schedule_count(w->schedule); i < n; i++)
        sum += task_ns(w, &tasks[i]);
    return sum;
}

static double segment_bytes(const world *w, uint32_t segment)
{
    const uint32_t *first = w->tiles->segments.first;
    return (first[segment + 1] - first[segment]) * w->row_bytes;
}

/* Bytes of all tiles; those of a node. */
static double store_share(const world *w)
{
    return number(w, STORE_BYTES) * (double)w->tiles->info.records / w->nodes;
}

/* --- rotation --------------------------------------------------------------------------------- */

/* Where and since when a segment's rows are. */
typedef struct place {
    unsigned node;
    double ready;
} place;

typedef struct link {
    double out, in;        /* free from then on */
    double bytes;          /* both ways */
    double held, held_max; /* rows that are here */
} link;

typedef struct play {
    const world *w;
    place *word, *context; /* [segments] */
    uint32_t *word_place;  /* [groups] */
    link *links;           /* [nodes] */
    double *free_at;       /* [nodes x threads] */
    double sent, end;
} play;

static void hold(link *l, double bytes)
{
    l->held += bytes;
    l->held_max = l->held > l->held_max ? l->held : l->held_max;
}

static double later(double a, double b)
{
    return a > b ? a : b;
}

/* The rows go to `node` as soon as the links allow. */
static void bring(play *p, place *at, uint32_t segment, unsigned node)
{
    if (at->node == node)
        return;
    double bytes = segment_bytes(p->w, segment), time = bytes * p->w->byte_ns;
    link *from = &p->links[at->node], *to = &p->links[node];
    double begin = later(at->ready, later(from->out, to->in));
    from->out = to->in = begin + time;
    from->bytes += bytes;
    to->bytes += bytes;
    p->sent += bytes;
    hold(to, bytes);
    from->held -= bytes;
    *at = (place){node, begin + time + 1e3 * number(p->w, LATENCY)};
}

static double *first_free(double *free_at, unsigned threads)
{
    double *first = free_at;
    for (unsigned t = 1; t < threads; t++)
        if (free_at[t] < *first)
            first = &free_at[t];
    return first;
}

/* The node that does the tasks of a word segment. */
static unsigned node_of(const play *p, uint32_t word_segment)
{
    const world *w = p->w;
    uint32_t group = w->tiles->segments.group[word_segment];
    /* as in train/rotation/gv_routes.c */
    uint32_t at = w->tiles->info.groups > GV_SEGMENTS_GROUPS ? group : p->word_place[group];
    return (unsigned)((uint64_t)at * w->nodes / w->tiles->info.groups);
}

/* When a thread of the node that is free from `now` on has done the task. */
static double play_task(play *p, const gv_schedule_task *task, unsigned node, double now)
{
    place *word = &p->word[task->word_segment], *context = &p->context[task->context_segment];
    bring(p, word, task->word_segment, node);
    bring(p, context, task->context_segment, node);
    double begin = later(now, later(word->ready, context->ready));
    word->ready = context->ready = begin + task_ns(p->w, task);
    p->end = later(p->end, word->ready);
    return word->ready;
}

static int play_new(play *p, const world *w, gv_error *err)
{
    uint32_t segments = w->tiles->info.segments;
    *p = (play){.w = w};
    p->word = gv_mem_alloc_zero(segments, sizeof *p->word, err);
    p->context = gv_mem_alloc_zero(segments, sizeof *p->context, err);
    p->word_place = gv_mem_alloc_zero(w->tiles->info.groups, sizeof *p->word_place, err);
    p->links = gv_mem_alloc_zero(w->nodes, sizeof *p->links, err);
    p->free_at = gv_mem_alloc_zero((size_t)w->nodes * w->threads, sizeof *p->free_at, err);
    return p->word && p->context && p->word_place && p->links && p->free_at ? GV_OK : GV_E_MEMORY;
}

static void play_drop(play *p)
{
    gv_mem_free(p->word);
    gv_mem_free(p->context);
    gv_mem_free(p->word_place);
    gv_mem_free(p->links);
    gv_mem_free(p->free_at);
}

/* Clocks and counts back to zero; rows stay where they are. */
static void play_reset(play *p)
{
    const world *w = p->w;
    for (uint32_t s = 0; s < w->tiles->info.segments; s++)
        p->word[s].ready = p->context[s].ready = 0;
    for (unsigned n = 0; n < w->nodes; n++) {
        p->links[n] = (link){.held = p->links[n].held};
        p->links[n].held_max = p->links[n].held;
    }
    memset(p->free_at, 0, (size_t)w->nodes * w->threads * sizeof *p->free_at);
    p->sent = p->end = 0;
}

static void play_epoch(play *p, gv_schedule *schedule, uint64_t epoch)
{
    const world *w = p->w;
    gv_schedule_draw(schedule, 1, epoch, w->nodes * w->threads);
    const uint32_t *groups = gv_schedule_word_groups(schedule);
    for (uint32_t q = 0; q < w->tiles->info.groups; q++)
        p->word_place[groups[q]] = q;
    const gv_schedule_task *tasks = gv_schedule_tasks(schedule);
    size_t items;
    const uint32_t *begin = gv_schedule_items(schedule, &items);
    for (size_t u = 0; u < items; u++) { /* an item is of one word group, or is one task */
        unsigned node = node_of(p, tasks[begin[u]].word_segment);
        double *thread = first_free(p->free_at + (size_t)node * w->threads, w->threads);
        for (uint32_t i = begin[u]; i < begin[u + 1]; i++)
            *thread = play_task(p, &tasks[i], node, *thread);
    }
}

/* All rows begin at node 0, in the epoch before the one that counts. */
static int rotation(outcome *o, const world *w, gv_schedule *schedule, gv_error *err)
{
    play p;
    int status = play_new(&p, w, err);
    if (status != GV_OK)
        goto cleanup;
    uint64_t epoch = (uint64_t)number(w, EPOCH);
    if (epoch > 0)
        play_epoch(&p, schedule, epoch - 1);
    play_reset(&p);
    play_epoch(&p, schedule, epoch);
    *o = (outcome){.sent = p.sent,
                   .read = store_share(w),
                   .computing = all_tasks_ns(w) / w->nodes / w->threads * 1e-9};
    for (unsigned n = 0; n < w->nodes; n++) {
        o->busiest = later(o->busiest, p.links[n].bytes);
        o->model = later(o->model, p.links[n].held_max);
    }
    double copying = number(w, COPY) * o->busiest / w->threads;
    o->seconds = (p.end + copying) * 1e-9;
cleanup:
    play_drop(&p);
    return status;
}

/* --- Downpour, Sandblaster -------------------------------------------------------------------- */

/* Rows that are fetched and pushed for leases of `n` neighbouring tasks, of all leases together.
 * Fetched are all rows of the leases' segments; pushed are those that change: of tasks that share a
 * segment, those of the task that has most. */
typedef struct leases {
    double fetched, pushed;
} leases;

/* A segment, word or context rows, in the lease at hand. */
typedef struct met {
    size_t lease; /* the last in which it was, counted from 1 */
    double rows;  /* of the task that has most */
} met;

static void meet(leases *sum, const world *w, met *m, uint32_t segment, size_t lease, double rows)
{
    const uint32_t *first = w->tiles->segments.first;
    if (m->lease != lease) {
        sum->fetched += first[segment + 1] - first[segment];
        *m = (met){.lease = lease};
    }
    if (rows > m->rows) {
        sum->pushed += rows - m->rows;
        m->rows = rows;
    }
}

static int count_leases(leases *sum, const world *w, size_t n, gv_error *err)
{
    uint32_t segments = w->tiles->info.segments;
    const gv_schedule_task *tasks = gv_schedule_tasks(w->schedule);
    met *word = gv_mem_alloc_zero(segments, sizeof *word, err);
    met *context = gv_mem_alloc_zero(segments, sizeof *context, err);
    *sum = (leases){0};
    int status = word && context ? GV_OK : GV_E_MEMORY;
    for (size_t i = 0, all = gv_schedule_count(w->schedule); status == GV_OK && i < all; i++) {
        double rows = w->tiles->rows[tasks[i].tile] / 2.0;
        uint32_t ws = tasks[i].word_segment, cs = tasks[i].context_segment;
        meet(sum, w, &word[ws], ws, i / n + 1, rows);
        meet(sum, w, &context[cs], cs, i / n + 1, rows);
    }
    gv_mem_free(word);
    gv_mem_free(context);
    return status;
}

static unsigned servers_of(const world *w)
{
    unsigned servers = (unsigned)(w->nodes / number(w, SERVERS));
    return servers > 0 ? servers : 1;
}

/* What is busiest: threads that compute and copy, the links of the workers, those of the
 * servers. */
static void busiest_of(outcome *o, const world *w, double computing_ns, double bytes)
{
    unsigned servers = servers_of(w), workers = w->nodes > servers ? w->nodes - servers : 1;
    double copying = number(w, COPY) * bytes;
    double of_worker = (computing_ns + copying / 2) / workers / w->threads;
    double of_server = copying / 2 / servers / w->threads;
    unsigned fewer = servers < workers ? servers : workers;
    double of_link = bytes / 2 / fewer * w->byte_ns; /* both ways at a time */
    o->sent = bytes;
    o->busiest = bytes / fewer;
    o->seconds = later(of_link, later(of_worker, of_server)) * 1e-9;
    o->computing = computing_ns / w->nodes / w->threads * 1e-9;
}

/* Leases are in blocks: the order is drawn for one thread. */
static int downpour(outcome *o, world *w, gv_schedule *schedule, gv_error *err)
{
    leases rows;
    gv_schedule_draw(schedule, 1, (uint64_t)number(w, EPOCH), 1);
    int status = count_leases(&rows, w, (size_t)number(w, LEASE), err);
    busiest_of(o, w, all_tasks_ns(w), (rows.fetched + rows.pushed) * w->row_bytes);
    o->model = 2.0 * w->tiles->info.vocab_size * w->row_bytes;
    o->read = store_share(w) * w->nodes / (w->nodes > servers_of(w) ? w->nodes - servers_of(w) : 1);
    return status;
}

/* In an evaluation every worker fetches all rows, without sums, and every row of the gradient is
 * sent once; a checkpoint takes three vectors more. The two loops of L-BFGS are passes over vectors
 * that the servers hold. */
static void sandblaster(outcome *o, const world *w)
{
    enum { PASSES_PER_PAIR = 6, PASSES = 10, SAVED = 3 }; /* dot reads 2 vectors, axpy takes 3 */
    double evaluations = number(w, EVALUATIONS), history = number(w, HISTORY);
    double vector = 2.0 * w->tiles->info.vocab_size * w->vector_bytes;
    unsigned servers = servers_of(w), workers = w->nodes > servers ? w->nodes - servers : 1;
    busiest_of(o, w, evaluations * number(w, PASS) * all_tasks_ns(w),
               vector * (evaluations * (workers + 1) + SAVED));
    double share = vector / servers;
    o->seconds += 1e-9 * number(w, MEMORY_NS) * share * (PASSES_PER_PAIR * 2 * history + PASSES);
    o->seconds += 1e-6 * number(w, LATENCY) * (4 * history + PASSES);
    o->model = share * (2 * history + 5) > 2 * vector ? share * (2 * history + 5) : 2 * vector;
    o->read = store_share(w) * w->nodes / workers;
}

/* --- lines ------------------------------------------------------------------------------------ */

static void print_outcome(const char *algorithm, const world *w, const outcome *o)
{
    printf("%s,%u,%g,%u,%u,%.4g,%.4g,%.4g,%.4g,%.4g,%.4g\n", algorithm, w->nodes, w->gbit,
           w->tiles->info.segments, w->tiles->info.groups, o->sent, o->busiest, o->model, o->read,
           o->seconds, o->computing);
    fflush(stdout);
}

static int print_world(world *w, gv_schedule *schedule, gv_error *err)
{
    outcome o = {0};
    int status = GV_OK;
    if (w->nodes <= w->tiles->info.groups) { /* else a node would have none */
        status = rotation(&o, w, schedule, err);
        if (status == GV_OK)
            print_outcome("rotation", w, &o);
    }
    if (status == GV_OK && w->nodes > 1)
        status = downpour(&o, w, schedule, err);
    if (status == GV_OK && w->nodes > 1)
        print_outcome("downpour", w, &o);
    if (status != GV_OK || w->nodes == 1)
        return status;
    sandblaster(&o, w);
    print_outcome("sandblaster", w, &o);
    return status;
}

static int print_nodes(const bench_tiles *tiles, gv_schedule *schedule, const bench_option *options,
                       unsigned nodes, gv_error *err)
{
    int status = GV_OK;
    for (size_t g = 0; status == GV_OK && g < options[GBIT].n; g++) {
        double gbit = options[GBIT].value[g];
        uint32_t dim = (uint32_t)options[DIM].value[0];
        world w = {.tiles = tiles,
                   .schedule = schedule,
                   .nodes = nodes,
                   .threads = (unsigned)options[THREADS].value[0],
                   .gbit = gbit,
                   .byte_ns = 8 / gbit,
                   .row_bytes = 2.0 * sizeof(float) * (double)gv_model_width(dim),
                   .vector_bytes = sizeof(float) * (double)gv_word2vec_width((size_t)dim + 2),
                   .options = options};
        status = print_world(&w, schedule, err);
    }
    return status;
}

static int make_tiles(bench_tiles *tiles, gv_counts *counts, const uint32_t *mass,
                      const bench_option *options, gv_error *err)
{
    unsigned parts = (unsigned)options[PARTS].value[0], groups = (unsigned)options[GROUPS].value[0];
    gv_segments_rule rule = {.parts = parts ? parts : GV_SEGMENTS_PARTS_MAX,
                             .parts_max = parts ? parts : GV_SEGMENTS_PARTS_MAX,
                             .words = GV_SEGMENTS_WORDS,
                             .many = GV_SEGMENTS_MANY,
                             .groups = groups ? groups : GV_SEGMENTS_GROUPS};
    const scaled_tiles_plan plan = {.records = options[RECORDS].value[0],
                                    .words = options[WORDS].value[0],
                                    .rule = parts || groups ? &rule : NULL};
    return scaled_tiles_make(tiles, counts, mass, &plan, err);
}

static int run(const char *dir, const bench_option *options, gv_error *err)
{
    gv_counts *counts;
    uint32_t *mass = NULL;
    bench_tiles tiles = {0};
    gv_schedule *schedule = NULL;
    int status = bench_counts_open(&counts, dir, err);
    if (status != GV_OK)
        return status;
    status = bench_masses(&mass, counts, err);
    if (status == GV_OK)
        status = make_tiles(&tiles, counts, mass, options, err);
    gv_counts_close(counts);
    gv_mem_free(mass);
    if (status == GV_OK)
        status = gv_schedule_new(&schedule, &tiles.info, tiles.tiles, err);
    puts("algorithm,nodes,gbit,segments,groups,sent,busiest,model,read,seconds,computing");
    for (size_t i = 0; status == GV_OK && i < options[NODES].n; i++)
        status = print_nodes(&tiles, schedule, options, (unsigned)options[NODES].value[i], err);
    gv_schedule_free(schedule);
    bench_tiles_drop(&tiles);
    return status;
}

/* --- options ---------------------------------------------------------------------------------- */

int main(int argc, char **argv)
{
    bench_option options[KEYS] = {
        [NODES] = {"nodes", 7, {4, 8, 16, 32, 64, 128, 256}, 1},
        [GBIT] = {"gbit", 2, {10, 100}, 0.001},
        [THREADS] = {"threads", 1, {16}, 1},
        [RECORDS] = {"records", 1, {1}, 0},
        [WORDS] = {"words", 1, {1}, 1},
        [DIM] = {"dim", 1, {300}, 1},
        [NS] = {"ns", 1, {64}, 0},
        [ROW] = {"row", 1, {26}, 0},
        [FIXED] = {"fixed", 1, {9400}, 0},
        [LATENCY] = {"latency", 1, {600}, 0},
        [COPY] = {"copy", 1, {0.5}, 0},
        [PARTS] = {"parts", 1, {0}, 0},
        [GROUPS] = {"groups", 1, {0}, 0},
        [EPOCH] = {"epoch", 1, {1}, 0},
        [SERVERS] = {"servers", 1, {4}, 1},
        [LEASE] = {"lease", 1, {100}, 1},
        [PASS] = {"pass", 1, {1.1}, 0},
        [EVALUATIONS] = {"evaluations", 1, {1.1}, 1},
        [HISTORY] = {"history", 1, {8}, 1},
        [MEMORY_NS] = {"memory_ns", 1, {0.1}, 0},
        [STORE_BYTES] = {"store_bytes", 1, {2.2}, 0},
    };
    return bench_main(argc, argv, options, KEYS, run);
}
