/*
 * simulate - what more threads than a machine has would do to each other, schedule by schedule: a
 * discrete-event simulation of training's steps (gv_row_sync.h) over the tiles of a real store.
 *
 *   simulate [KEY=VALUE ...] RUN_DIR
 *
 *   threads=1,2,4,8,16,32,64 schedules=ordered,hogwild,atomic,locked,round_robin,averaged
 *   orders=blocks,random   of tasks: the trainer's own, or uniformly random steps=2000000
 *   the beginning of an epoch that is simulated; 0: all of it gradient=35            nanoseconds
 *   per record from reading the rows to the update's begin update=35              nanoseconds per
 *   record of the update itself lock=7                 `locked`: nanoseconds per row, to lock and
 *   unlock atomic=5               `atomic`: an update takes so many times longer handover=100
 *   `round_robin`: nanoseconds until the next thread sees that it is its turn task=2750
 *   nanoseconds before the first step of a task mean=100               `averaged`: nanoseconds per
 *   row and copy for spreading and averaging delay=0                nanoseconds that each record's
 *   gradient takes longer
 *
 * CSV: schedule, order, threads, steps; speedup over the same schedule with one thread;
 * over_serial, over `ordered` with one thread; conflict_rate, the share of steps of which another
 * thread wrote a row between their reading and their writing; row_conflict_rate, the share of rows.
 *
 * Approach. A thread claims units of tasks as the trainer does. A step is two events: it reads its
 * rows, and `gradient` later it writes them, which takes `update`. The event that is next in time,
 * over all threads, happens next. Before it writes, `locked` waits until nobody holds one of its
 * rows, `round_robin` until it is its turn; `ordered` waits before a task until the tasks that come
 * first on its two segments have ended. A row counts how often it was written; a step that finds
 * another number when it writes than when it read is in conflict, as in gv_row_sync.c.
 *
 * Not in it: caches and what threads do to each other's, memory bandwidth, clock rates, threads
 * that share a core, rows that cost more because another core has just written them. So the
 * speed-ups are upper bounds, and the differences between schedules are those of waiting and of the
 * costs given; the conflict rates are as good as the ratio of `gradient` to `update` is.
 *
 * Cost: the blobs of the store in memory; 2 x steps x threads comparisons a line.
 */
#include "base/gv_mem.h"
#include "base/gv_rng.h"
#include "kernel/gv_kernel.h"
#include "schedule/gv_schedule.h"
#include "store/gv_store.h"
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_THREADS = 1024, MAX_VALUES = 32, ROWS = GV_STEP_RECORDS + 1, NOBODY = MAX_THREADS };

enum kind { ORDERED, HOGWILD, ATOMIC, LOCKED, ROUND_ROBIN, AVERAGED, KINDS };
static const char *const kind_names[KINDS] = {"ordered", "hogwild",     "atomic",
                                              "locked",  "round_robin", "averaged"};

enum { BLOCKS, RANDOM, ORDERS };
static const char *const order_names[ORDERS] = {"blocks", "random"};

enum { STEPS, GRADIENT, UPDATE, LOCK, FACTOR, HANDOVER, TASK, MEAN, DELAY, JITTER, NUMBERS };

typedef struct options {
    size_t threads, kinds, orders;
    unsigned thread[MAX_VALUES], kind[MAX_VALUES], order[MAX_VALUES];
    double number[NUMBERS];
} options;

static const char *const number_names[NUMBERS] = {
    "steps", "gradient", "update", "lock", "atomic", "handover", "task", "mean", "delay", "jitter"};

/* The store, in memory. */
typedef struct matrix {
    gv_store *store;
    const gv_store_info *info;
    gv_schedule *schedule;
    uint8_t **blob; /* [blobs] */
    size_t *bytes;  /* [blobs] */
} matrix;

/* What a thread is about to do. */
enum phase { CLAIM, BEGIN, READ, WRITE, GONE };

typedef struct worker {
    double at; /* of its next event; infinite while it waits for another thread's */
    enum phase phase;
    size_t next, end;             /* tasks of its unit that are still to be begun */
    const gv_schedule_task *task; /* of the list */
    gv_tile tile;
    bool transposed; /* the direction at hand; a task `both` has two */
    uint32_t run, record, run_end;
    unsigned rows; /* of the step */
    uint32_t number[ROWS], version[ROWS];
} worker;

typedef struct world {
    const matrix *m;
    const options *o;
    enum kind kind;
    unsigned threads;
    worker *workers;
    uint32_t *version;                    /* [2 x vocabulary] how often each row was written */
    double *held;                         /* [2 x vocabulary] `locked`: until when */
    uint32_t *word_ended, *context_ended; /* [segments] tasks that have ended */
    size_t unit, units;
    const uint32_t *unit_begin;
    unsigned turn; /* `round_robin` */
    double turn_at, now;
    gv_rng rng;
    uint64_t steps, rows, records, steps_in_conflict, rows_in_conflict;
} world;

/* --- the next step ---------------------------------------------------------------------------- */

static void begin_run(worker *w)
{
    w->run_end += w->run < w->tile.rows ? w->tile.row_length[w->run] + 1u : 0;
}

static void begin_direction(worker *w, bool transposed)
{
    w->transposed = transposed;
    w->run = w->record = w->run_end = 0;
    begin_run(w);
}

static uint32_t column_of(const gv_tile *tile, uint32_t record)
{
    return tile->column8 ? tile->column8[record] : tile->column16[record];
}

/* Fill in the rows of the next step of the task; false at its end. */
static bool next_step(worker *w, const gv_store_info *info)
{
    const gv_tile *tile = &w->tile;
    uint32_t words = info->vocab_size;
    while (w->run < tile->rows) {
        uint32_t row = tile->row[w->run];
        bool leave_out = w->task->both && w->transposed;
        w->number[0] = info->segment_first[tile->row_segment] + row + (w->transposed ? words : 0);
        for (w->rows = 1; w->rows < ROWS && w->record < w->run_end; w->record++) {
            uint32_t column = column_of(tile, w->record);
            if (!(leave_out && column == row))
                w->number[w->rows++] = info->segment_first[tile->column_segment] + column +
                                       (w->transposed ? 0 : words);
        }
        if (w->record == w->run_end) {
            w->run++;
            begin_run(w);
        }
        if (w->rows > 1)
            return true;
    }
    if (!w->task->both || w->transposed)
        return false;
    begin_direction(w, true);
    return next_step(w, info);
}

/* About so long. */
static double about(world *s, double time)
{
    double uniform = (double)(gv_rng_next(&s->rng) >> 11) * 0x1p-53;
    return time * (1 + s->o->number[JITTER] * (2 * uniform - 1));
}

/* --- events ----------------------------------------------------------------------------------- */

static void claim(world *s, worker *w)
{
    if (s->unit < s->units) {
        w->next = s->unit_begin[s->unit++];
        w->end = s->unit_begin[s->unit];
        w->phase = BEGIN;
    } else {
        w->phase = GONE;
        w->at = INFINITY;
    }
}

static bool may_begin(const world *s, const gv_schedule_task *task)
{
    return s->kind != ORDERED || (s->word_ended[task->word_segment] == task->word_turn &&
                                  s->context_ended[task->context_segment] == task->context_turn);
}

static int begin_task(world *s, worker *w, gv_error *err)
{
    const matrix *m = s->m;
    const gv_schedule_task *task = &gv_schedule_tasks(m->schedule)[w->next];
    if (!may_begin(s, task)) {
        w->at = INFINITY;
        return GV_OK;
    }
    const gv_store_tile *where = &gv_store_tiles(m->store)[task->tile];
    const uint32_t *first = m->info->segment_first;
    w->next++;
    w->task = task;
    int status = gv_tile_view(
        &w->tile,
        &(gv_tile_place){m->blob[where->blob], m->bytes[where->blob], where->offset,
                         first[where->row_segment + 1] - first[where->row_segment],
                         first[where->column_segment + 1] - first[where->column_segment],
                         m->info->values},
        err);
    if (status != GV_OK)
        return status;
    begin_direction(w, task->transposed);
    next_step(w, m->info);
    w->at += s->o->number[TASK];
    w->phase = READ;
    return GV_OK;
}

/* A task has ended: those that wait for it look again. */
static void end_task(world *s, worker *w)
{
    s->word_ended[w->task->word_segment]++;
    s->context_ended[w->task->context_segment]++;
    w->phase = w->next < w->end ? BEGIN : CLAIM;
    for (unsigned t = 0; s->kind == ORDERED && t < s->threads; t++)
        if (s->workers[t].phase == BEGIN && isinf(s->workers[t].at))
            s->workers[t].at = w->at;
}

static void read_rows(world *s, worker *w)
{
    for (unsigned i = 0; i < w->rows; i++)
        w->version[i] = s->version[w->number[i]];
    w->at += about(s, s->o->number[GRADIENT] * (w->rows - 1));
    w->at += s->o->number[DELAY] * (w->rows - 1);
    w->phase = WRITE;
}

/* When may this thread, who wants to now, write? Infinity: when another one lets it. */
static double may_write(const world *s, const worker *w)
{
    double when = w->at;
    if (s->kind == LOCKED)
        for (unsigned i = 0; i < w->rows; i++)
            when = fmax(when, s->held[w->number[i]]);
    if (s->kind == ROUND_ROBIN)
        when = s->turn == (unsigned)(w - s->workers) ? fmax(when, s->turn_at) : INFINITY;
    return when;
}

/* To the next thread that has not gone; a waiting one is woken. */
static void pass_turn(world *s, unsigned from, double at)
{
    s->turn = NOBODY;
    for (unsigned i = 1; i <= s->threads && s->turn == NOBODY; i++)
        if (s->workers[(from + i) % s->threads].phase != GONE)
            s->turn = (from + i) % s->threads;
    if (s->turn == NOBODY)
        return;
    worker *next = &s->workers[s->turn];
    s->turn_at = at + (s->turn == from ? 0 : s->o->number[HANDOVER]);
    if (next->phase == WRITE && isinf(next->at))
        next->at = s->turn_at;
}

static void count(world *s, const worker *w)
{
    unsigned changed = 0;
    for (unsigned i = 0; i < w->rows && s->kind != AVERAGED; i++)
        changed += s->version[w->number[i]]++ != w->version[i];
    s->steps++;
    s->rows += w->rows;
    s->records += w->rows - 1;
    s->steps_in_conflict += changed > 0;
    s->rows_in_conflict += changed;
}

static void write_rows(world *s, worker *w)
{
    double when = may_write(s, w);
    if (when > w->at) {
        w->at = when;
        return;
    }
    count(s, w);
    double factor = s->kind == ATOMIC ? s->o->number[FACTOR] : 1;
    w->at += about(s, s->o->number[UPDATE] * factor * (w->rows - 1));
    if (s->kind == LOCKED)
        w->at += s->o->number[LOCK] * w->rows;
    for (unsigned i = 0; i < w->rows && s->kind == LOCKED; i++)
        s->held[w->number[i]] = w->at;
    if (s->kind == ROUND_ROBIN)
        pass_turn(s, (unsigned)(w - s->workers), w->at);
    w->phase = READ;
    if (!next_step(w, s->m->info))
        end_task(s, w);
}

static int happen(world *s, worker *w, gv_error *err)
{
    unsigned self = (unsigned)(w - s->workers);
    switch (w->phase) {
    case CLAIM:
        claim(s, w);
        if (w->phase == GONE && s->kind == ROUND_ROBIN && s->turn == self)
            pass_turn(s, self, s->now);
        return GV_OK;
    case BEGIN:
        return begin_task(s, w, err);
    case READ:
        read_rows(s, w);
        return GV_OK;
    case WRITE:
        write_rows(s, w);
        return GV_OK;
    case GONE:
        break;
    }
    return GV_OK;
}

/* --- a run ------------------------------------------------------------------------------------ */

static worker *earliest(const world *s)
{
    worker *first = &s->workers[0];
    for (unsigned t = 1; t < s->threads; t++)
        if (s->workers[t].at < first->at)
            first = &s->workers[t];
    return first;
}

static int live(world *s, gv_error *err)
{
    uint64_t limit = s->o->number[STEPS] > 0 ? (uint64_t)s->o->number[STEPS] : UINT64_MAX;
    int status = GV_OK;
    while (status == GV_OK && s->steps < limit) {
        worker *w = earliest(s);
        if (isinf(w->at))
            break;
        s->now = w->at;
        status = happen(s, w, err);
    }
    uint64_t all = s->m->info->records;
    if (s->kind == AVERAGED && s->threads > 1 && all > 0)
        s->now +=
            s->o->number[MEAN] * 2 * s->m->info->vocab_size * (double)s->records / (double)all;
    return status;
}

static void free_world(world *s)
{
    gv_mem_free(s->workers);
    gv_mem_free(s->version);
    gv_mem_free(s->held);
    gv_mem_free(s->word_ended);
    gv_mem_free(s->context_ended);
}

static int make_world(world *s, gv_error *err)
{
    size_t rows = 2 * (size_t)s->m->info->vocab_size, segments = s->m->info->segments;
    s->unit_begin = gv_schedule_items(s->m->schedule, &s->units);
    if ((s->workers = gv_mem_alloc_zero(s->threads, sizeof *s->workers, err)) &&
        (s->version = gv_mem_alloc_zero(rows, sizeof *s->version, err)) &&
        (s->held = gv_mem_alloc_zero(rows, sizeof *s->held, err)) &&
        (s->word_ended = gv_mem_alloc_zero(segments, sizeof *s->word_ended, err)) &&
        (s->context_ended = gv_mem_alloc_zero(segments, sizeof *s->context_ended, err)))
        return GV_OK;
    free_world(s);
    return GV_E_MEMORY;
}

/* Simulate; *s keeps the counts, and `now` the time. */
static int simulate(world *s, const matrix *m, const options *o, unsigned kind, unsigned order,
                    unsigned threads, gv_error *err)
{
    *s = (world){.m = m, .o = o, .kind = kind, .threads = threads};
    gv_rng_seed(&s->rng, 1, GV_RNG_TEST, 0);
    if (order == RANDOM)
        gv_schedule_draw_random(m->schedule, 1, 0);
    else
        gv_schedule_draw(m->schedule, 1, 0, threads);
    int status = make_world(s, err);
    if (status != GV_OK)
        return status;
    status = live(s, err);
    free_world(s);
    return status;
}

static double ns_per_record(const world *s)
{
    return s->records > 0 ? s->now / (double)s->records : 0;
}

static double share(uint64_t part, uint64_t whole)
{
    return whole > 0 ? (double)part / (double)whole : 0;
}

/* All numbers of threads of one schedule in one order. */
static int print_lines(const matrix *m, const options *o, unsigned kind, unsigned order,
                       gv_error *err)
{
    world serial, alone, s;
    int status = simulate(&serial, m, o, ORDERED, order, 1, err);
    if (status == GV_OK)
        status = simulate(&alone, m, o, kind, order, 1, err);
    for (size_t i = 0; status == GV_OK && i < o->threads; i++) {
        status = simulate(&s, m, o, kind, order, o->thread[i], err);
        if (status != GV_OK)
            break;
        printf("%s,%s,%u,%llu,%.4f,%.4f,%.4g,%.4g\n", kind_names[kind], order_names[order],
               o->thread[i], (unsigned long long)s.steps, ns_per_record(&alone) / ns_per_record(&s),
               ns_per_record(&serial) / ns_per_record(&s), share(s.steps_in_conflict, s.steps),
               share(s.rows_in_conflict, s.rows));
        fflush(stdout);
    }
    return status;
}

/* --- the store -------------------------------------------------------------------------------- */

static void close_matrix(matrix *m)
{
    for (uint32_t b = 0; m->blob && b < m->info->blobs; b++)
        gv_mem_free(m->blob[b]);
    gv_mem_free(m->blob);
    gv_mem_free(m->bytes);
    gv_schedule_free(m->schedule);
    gv_store_close(m->store);
}

static int read_blob(matrix *m, uint32_t id, gv_error *err)
{
    int status = gv_store_blob_size(&m->bytes[id], m->store, id, err);
    if (status != GV_OK)
        return status;
    if (!(m->blob[id] = gv_mem_alloc(m->bytes[id], 1, err)))
        return GV_E_MEMORY;
    return gv_store_blob_read(m->blob[id], m->bytes[id], m->store, id, err);
}

static int open_matrix(matrix *m, const char *path, gv_error *err)
{
    *m = (matrix){0};
    int status = gv_store_open(&m->store, path, 1, err);
    if (status != GV_OK)
        return status;
    m->info = gv_store_about(m->store);
    m->blob = gv_mem_alloc_zero(m->info->blobs, sizeof *m->blob, err);
    m->bytes = gv_mem_alloc_zero(m->info->blobs, sizeof *m->bytes, err);
    status = m->blob && m->bytes
                 ? gv_schedule_new(&m->schedule, m->info, gv_store_tiles(m->store), err)
                 : GV_E_MEMORY;
    for (uint32_t b = 0; status == GV_OK && b < m->info->blobs; b++)
        status = read_blob(m, b, err);
    if (status != GV_OK)
        close_matrix(m);
    return status;
}

static int run(const char *path, const options *o, gv_error *err)
{
    matrix m;
    int status = open_matrix(&m, path, err);
    if (status != GV_OK)
        return status;
    puts("schedule,order,threads,steps,speedup,over_serial,conflict_rate,row_conflict_rate");
    for (size_t k = 0; k < o->kinds; k++)
        for (size_t i = 0; status == GV_OK && i < o->orders; i++)
            status = print_lines(&m, o, o->kind[k], o->order[i], err);
    close_matrix(&m);
    return status;
}

/* --- options ---------------------------------------------------------------------------------- */

/* The place of a word, `length` bytes, in a list; `n` if it is not there. */
static unsigned place_of(const char *const *names, unsigned n, const char *word, size_t length)
{
    unsigned i = 0;
    while (i < n && (strlen(names[i]) != length || strncmp(names[i], word, length) != 0))
        i++;
    return i;
}

/* Words of a list, by their places among `names`; without names, numbers of threads. */
static bool parse_list(unsigned *to, size_t *n, const char *text, const char *const *names,
                       unsigned many)
{
    for (*n = 0; *n < MAX_VALUES; text++) {
        size_t length = strcspn(text, ",");
        char *end;
        unsigned long number = names ? 0 : strtoul(text, &end, 10);
        unsigned value = names ? place_of(names, many, text, length) : (unsigned)number;
        if (names ? value == many : (end != text + length || number < 1 || number > MAX_THREADS))
            return false;
        to[(*n)++] = value;
        text += length;
        if (*text == '\0')
            return true;
    }
    return false;
}

static bool parse(options *o, const char *text)
{
    const char *value = strchr(text, '=');
    if (!value)
        return false;
    size_t length = (size_t)(value++ - text);
    if (length == strlen("threads") && strncmp(text, "threads", length) == 0)
        return parse_list(o->thread, &o->threads, value, NULL, 0);
    if (length == strlen("schedules") && strncmp(text, "schedules", length) == 0)
        return parse_list(o->kind, &o->kinds, value, kind_names, KINDS);
    if (length == strlen("orders") && strncmp(text, "orders", length) == 0)
        return parse_list(o->order, &o->orders, value, order_names, ORDERS);
    unsigned i = place_of(number_names, NUMBERS, text, length);
    char *end;
    double number = strtod(value, &end);
    if (i == NUMBERS || end == value || *end != '\0' ||
        !(number >= 0 && number <= (i == JITTER ? 1 : 1e15)))
        return false;
    o->number[i] = number;
    return true;
}

int main(int argc, char **argv)
{
    options o = {.threads = 7,
                 .thread = {1, 2, 4, 8, 16, 32, 64},
                 .kinds = KINDS,
                 .kind = {ORDERED, HOGWILD, ATOMIC, LOCKED, ROUND_ROBIN, AVERAGED},
                 .orders = ORDERS,
                 .order = {BLOCKS, RANDOM},
                 .number = {[STEPS] = 2e6,
                            [GRADIENT] = 35,
                            [UPDATE] = 35,
                            [LOCK] = 7,
                            [FACTOR] = 5,
                            [HANDOVER] = 100,
                            [TASK] = 2750,
                            [MEAN] = 100,
                            [JITTER] = 0.5}};
    gv_error err = GV_ERROR_INIT;
    char path[4096];
    for (int i = 1; i < argc - 1; i++)
        if (!parse(&o, argv[i]))
            return fprintf(stderr, "simulate: cannot use '%s'\n", argv[i]), 2;
    if (argc < 2 || snprintf(path, sizeof path, "%s/store.db", argv[argc - 1]) >= (int)sizeof path)
        return fputs("usage: simulate [KEY=VALUE ...] RUN_DIR\n", stderr), 2;
    if (run(path, &o, &err) != GV_OK)
        return fprintf(stderr, "simulate: %s\n", err.text), 1;
    return 0;
}
