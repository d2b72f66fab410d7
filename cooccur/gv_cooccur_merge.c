/*
 * A thread merges one band of rows at a time, reading each run through a buffer of merge_bytes. The
 * cells of a row are added in the same arrays that summed them in the first place; a row that only
 * one run has is copied. What is read is checked as it is decoded, because a disk may return
 * anything.
 */
#include "cooccur/gv_cooccur_merge.h"

#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "counts/gv_counts_row.h"
#include <string.h>

#define NO_ROW UINT32_MAX /* ids are below it */

enum {
    PADDING = 16, /* readable bytes after a buffer, for gv_counts_row_get */
    ENOUGH = 2 * GV_COUNTS_ROW_CELL_MAX + 8 /* bytes that hold any head or cell */
};

/* A run's rows of one band, read in order. */
typedef struct cursor {
    int fd;
    uint64_t offset, end; /* unread part of the file */
    uint8_t *buffer;
    size_t size;
    const uint8_t *at, *limit; /* undecoded bytes of the buffer */
    gv_counts_row_head head;   /* of the row that comes next */
    uint32_t first, end_row;   /* it is one of these: of the band, behind the row before */
    bool live;                 /* there is one */
} cursor;

static int damaged(gv_error *err)
{
    return gv_error_set(err, GV_E_CORRUPT, "%s is damaged; check the disk", GV_COOCCUR_RUNS_NAME);
}

/* Make sure that the buffer holds ENOUGH bytes, or all that are left. */
static int refill(cursor *c, gv_error *err)
{
    size_t have = (size_t)(c->limit - c->at);
    if (have >= ENOUGH || c->offset == c->end)
        return GV_OK;
    /* what is left moves to the front, so that no head or cell is split between two reads */
    memmove(c->buffer, c->at, have);
    uint64_t left = c->end - c->offset;
    size_t part = left < c->size - have ? (size_t)left : c->size - have;
    int status = gv_file_pread(c->fd, c->buffer + have, part, c->offset, GV_COOCCUR_RUNS_NAME, err);
    c->offset += part;
    c->at = c->buffer;
    c->limit = c->buffer + have + part;
    return status;
}

static int next_head(cursor *c, gv_error *err)
{
    int status = refill(c, err);
    if (status != GV_OK)
        return status;
    c->live = c->at < c->limit;
    if (!c->live)
        return GV_OK;
    /* a run may come from another rank, and rows are places in arrays here */
    c->at = gv_counts_row_get_head(c->at, c->limit, &c->head);
    if (!c->at || c->head.row < c->first || c->head.row >= c->end_row ||
        c->head.bytes > (uint64_t)(c->limit - c->at) + (c->end - c->offset))
        return damaged(err);
    c->first = c->head.row + 1;
    return GV_OK;
}

/* Add one cell; false: beyond 64 bits. A sum that exceeds 32 bits moves to `wide`, and with it the
 * row is coded from there: wide_lines is set for all lines, since such rows are rare. */
static inline bool add_cell(gv_cooccur_worker *worker, uint32_t column, uint64_t value)
{
    uint32_t *narrow = &worker->narrow[column], sum;
    gv_cooccur_worker_mark(worker, column);
    if (__builtin_expect(value <= UINT32_MAX, 1) &&
        __builtin_expect(!__builtin_add_overflow(*narrow, (uint32_t)value, &sum), 1)) {
        *narrow = sum;
        return true;
    }
    worker->wide_lines = worker->lines;
    uint64_t *wide = &worker->wide[column];
    if (__builtin_add_overflow(*wide, *narrow, wide) || __builtin_add_overflow(*wide, value, wide))
        return false;
    *narrow = 0;
    return true;
}

/* Add the next cell of the row, of any size, anywhere in the buffer. */
static int add_any_cell(gv_cooccur_counter *counter, gv_cooccur_worker *worker, cursor *c,
                        gv_cooccur_rows_adder *adder, gv_error *err)
{
    uint64_t gap, value;
    int status = refill(c, err);
    if (status != GV_OK)
        return status;
    if (!(c->at = gv_counts_row_get(c->at, c->limit, &gap)) ||
        !(c->at = gv_counts_row_get(c->at, c->limit, &value)) || gap >= adder->words - adder->next)
        return damaged(err);
    uint32_t column = (uint32_t)(adder->next + gap);
    if (!add_cell(worker, column, value))
        return gv_cooccur_counter_overflow(counter, c->head.row, column, err);
    adder->next = (uint64_t)column + 1;
    adder->left--;
    return GV_OK;
}

/* Add the cells of the cursor's row to the sums, and move to its next row. */
static int add_row(gv_cooccur_counter *counter, gv_cooccur_worker *worker, cursor *c, gv_error *err)
{
    gv_cooccur_rows_adder adder = {.sums = worker->narrow,
                                   .marks = worker->marks,
                                   .groups = worker->groups,
                                   .words = worker->words,
                                   .next = gv_cooccur_counter_base(counter, c->head.row),
                                   .left = c->head.cells};
    /* nearly all cells go through the kernel; it stops where the buffer ends and before a cell that
     * is too large for it, which is then added alone */
    while (adder.left > 0) {
        if (c->limit - c->at >= ENOUGH)
            c->at = worker->rows->add(&adder, c->at, c->limit - ENOUGH);
        int status = adder.left > 0 ? add_any_cell(counter, worker, c, &adder, err) : GV_OK;
        if (status != GV_OK)
            return status;
    }
    return next_head(c, err);
}

/* The only run that has this row: its bytes are the result. */
static int copy_row(gv_cooccur_worker *worker, cursor *c, gv_error *err)
{
    int status = gv_cooccur_worker_reserve(worker, GV_COUNTS_ROW_HEAD_MAX + c->head.bytes, err);
    if (status != GV_OK)
        return status;
    uint8_t *to = gv_counts_row_put_head(worker->out + worker->used, &c->head);
    for (uint64_t left = c->head.bytes; left > 0;) {
        if (c->at == c->limit && (status = refill(c, err)) != GV_OK)
            return status;
        size_t part = (size_t)(c->limit - c->at);
        if (part == 0)
            return damaged(err);
        if (part > left)
            part = (size_t)left;
        memcpy(to, c->at, part);
        to += part;
        c->at += part;
        left -= part;
    }
    worker->used = (size_t)(to - worker->out);
    return next_head(c, err);
}

/* The row that comes next in some of the runs. */
typedef struct next_row {
    uint32_t row;    /* NO_ROW: there is none */
    unsigned having; /* runs that have it */
} next_row;

static next_row smallest_row(const cursor *cursors, unsigned n)
{
    next_row next = {NO_ROW, 0};
    for (unsigned i = 0; i < n; i++) {
        if (!cursors[i].live || cursors[i].head.row > next.row)
            continue;
        next.having = cursors[i].head.row == next.row ? next.having + 1 : 1;
        next.row = cursors[i].head.row;
    }
    return next;
}

static int merge_row(gv_cooccur_counter *counter, gv_cooccur_worker *worker, cursor *cursors,
                     unsigned n, next_row next, gv_error *err)
{
    int status = GV_OK;
    uint32_t column;
    worker->marked = true;
    worker->wide_lines = 0;
    for (unsigned i = 0; i < n && status == GV_OK; i++)
        if (cursors[i].live && cursors[i].head.row == next.row)
            status = next.having == 1 ? copy_row(worker, &cursors[i], err)
                                      : add_row(counter, worker, &cursors[i], err);
    if (status != GV_OK || next.having == 1)
        return status;
    if (worker->wide_lines > 0 && !gv_cooccur_worker_widen(worker, 0, worker->lines, &column))
        return gv_cooccur_counter_overflow(counter, next.row, column, err);
    return gv_cooccur_worker_emit(worker, next.row, gv_cooccur_counter_base(counter, next.row),
                                  err);
}

/* What the threads of one merge share. */
typedef struct merge_job {
    gv_cooccur_counter *counter;
    unsigned begin, end; /* levels */
} merge_job;

/* Cursors on `band` of every run of the levels; their buffers are the worker's. */
static int open_cursors(const merge_job *job, gv_cooccur_worker *worker, uint32_t band,
                        cursor *cursors, unsigned *n, gv_error *err)
{
    const gv_cooccur_runs *runs = &job->counter->runs;
    size_t bytes = job->counter->limits->merge_bytes;
    *n = 0;
    for (unsigned l = job->begin; l < job->end; l++) {
        const gv_cooccur_runs_level *level = &runs->level[l];
        for (unsigned r = 0; r < level->runs; r++) {
            const uint64_t *offset = level->offset + (size_t)r * (runs->bands + 1) + band;
            uint8_t *buffer = worker->merge + *n * (bytes + PADDING);
            cursor *c = &cursors[(*n)++];
            *c = (cursor){.fd = level->fd,
                          .offset = offset[0],
                          .end = offset[1],
                          .first = job->counter->bands.first[band],
                          .end_row = job->counter->bands.first[band + 1],
                          .buffer = buffer,
                          .size = bytes,
                          .at = buffer,
                          .limit = buffer};
            int status = next_head(c, err);
            if (status != GV_OK)
                return status;
        }
    }
    return GV_OK;
}

/* A gv_cooccur_counter_task_fn. */
static int merge_band(void *argument, gv_cooccur_worker *worker, uint32_t band, gv_error *err)
{
    const merge_job *job = argument;
    gv_cooccur_counter *counter = job->counter;
    const size_t fan_in = counter->limits->fan_in;
    unsigned n;
    if (!worker->merge)
        worker->merge = gv_mem_alloc(fan_in, counter->limits->merge_bytes + PADDING, err);
    cursor *cursors = worker->merge ? gv_mem_alloc(fan_in, sizeof *cursors, err) : NULL;
    if (!cursors)
        return GV_E_MEMORY;
    int status = open_cursors(job, worker, band, cursors, &n, err);
    /* a linear search for the smallest: fan_in is small, and most of the time goes into the
     * cells */
    while (status == GV_OK) {
        next_row next = smallest_row(cursors, n);
        if (next.row == NO_ROW)
            break;
        status = merge_row(counter, worker, cursors, n, next, err);
        if (status == GV_OK)
            status = gv_cooccur_worker_make_room(worker, &counter->sink, band, err);
        if (status == GV_OK)
            status = gv_signal_check(err);
    }
    gv_mem_free(cursors);
    if (status != GV_OK)
        return status;
    return gv_cooccur_worker_end_task(worker, &counter->sink, band, err);
}

int gv_cooccur_merge(gv_cooccur_counter *counter, unsigned begin, unsigned end,
                     gv_cooccur_sink_write *write, void *context, gv_error *err)
{
    merge_job job = {counter, begin, end};
    const gv_cooccur_counter_tasks run = {
        {.count = counter->bands.count}, merge_band, &job, write, context};
    return gv_cooccur_counter_run_tasks(counter, &run, err);
}

/* All runs of `level` become one run of the next. */
static int merge_level(gv_cooccur_counter *counter, unsigned level, gv_error *err)
{
    gv_cooccur_runs_writer writer;
    int status = gv_cooccur_runs_begin(&writer, &counter->runs, level + 1, err);
    if (status == GV_OK)
        status = gv_cooccur_merge(counter, level, level + 1, gv_cooccur_runs_write, &writer, err);
    if (status != GV_OK)
        return status;
    /* the new run is complete before the old ones go: an error leaves the level as it was */
    gv_cooccur_runs_end(&writer);
    return gv_cooccur_runs_empty_level(&counter->runs.level[level], err);
}

int gv_cooccur_merge_full_levels(gv_cooccur_counter *counter, gv_error *err)
{
    int status = GV_OK;
    for (unsigned l = 0; l < counter->runs.levels && status == GV_OK; l++)
        if (counter->runs.level[l].runs == counter->runs.fan_in)
            status = merge_level(counter, l, err);
    return status;
}

int gv_cooccur_merge_to_fan_in(gv_cooccur_counter *counter, gv_error *err)
{
    int status = GV_OK;
    for (unsigned l = 0;
         status == GV_OK && gv_cooccur_runs_count(&counter->runs) > counter->runs.fan_in; l++)
        if (counter->runs.level[l].runs > 0) {
            status = merge_level(counter, l, err);
            if (status == GV_OK) /* the next level may be full now */
                status = gv_cooccur_merge_full_levels(counter, err);
        }
    return status;
}

int gv_cooccur_merge_to_single(gv_cooccur_counter *counter, unsigned *level, gv_error *err)
{
    gv_cooccur_runs_writer writer;
    int status = GV_OK;
    if (gv_cooccur_runs_count(&counter->runs) == 0) {
        status = gv_cooccur_runs_begin(&writer, &counter->runs, 0, err);
        if (status == GV_OK)
            gv_cooccur_runs_end(&writer);
    }
    for (unsigned l = 0; status == GV_OK && gv_cooccur_runs_count(&counter->runs) > 1; l++)
        if (counter->runs.level[l].runs > 0)
            status = merge_level(counter, l, err);
    for (*level = 0; status == GV_OK && counter->runs.level[*level].runs == 0;)
        ++*level;
    return status;
}
