#include "cooccur/gv_cooccur_worker.h"

#include "base/gv_mem.h"
#include "counts/gv_counts_row.h"
#include <string.h>

/* Marks come in whole cache lines too: the row kernels look at 64 of them at once. */
_Static_assert((int)GV_ROWS_LINE == GV_BUDGET_COOCCUR_LINE, "gv_budget_cooccur_sums counts lines");
_Static_assert((int)GV_COOCCUR_WORKER_GROUP == GV_BUDGET_COOCCUR_GROUP, "and groups");
_Static_assert(GV_COOCCUR_WORKER_GROUP % 64 == 0, "the row kernels step over 64 marks");

/* With fewer words, all marks are looked through in a tenth of a second for all rows together. */
enum { GROUPED_FROM = 1 << 20 };

static size_t line_count(uint32_t words)
{
    return ((size_t)words + GV_ROWS_LINE - 1) / GV_ROWS_LINE;
}

int gv_cooccur_worker_init(gv_cooccur_worker *worker, uint32_t words,
                           const gv_budget_cooccur_limits *limits,
                           const gv_cooccur_rows_kernel *rows, gv_error *err)
{
    const uint32_t grouped_from = limits->grouped_from ? limits->grouped_from : GROUPED_FROM;
    *worker = (gv_cooccur_worker){.rows = rows,
                                  .words = words,
                                  .lines = (uint32_t)line_count(words),
                                  .limit = limits->output_bytes};
    void *block = gv_mem_big_alloc(gv_budget_cooccur_sums(words), err);
    if (!block)
        return GV_E_MEMORY;
    worker->wide = block;
    worker->narrow = (uint32_t *)(worker->wide + line_count(words) * GV_ROWS_LINE);
    worker->marks = (uint8_t *)(worker->narrow + line_count(words) * GV_ROWS_LINE);
    if (words >= grouped_from)
        worker->groups = worker->marks + (worker->lines + 63) / 64 * 64;
    return GV_OK;
}

void gv_cooccur_worker_clear(gv_cooccur_worker *worker)
{
    gv_mem_big_free(worker->wide, gv_budget_cooccur_sums(worker->words));
    gv_mem_free(worker->out);
    gv_mem_free(worker->merge);
    *worker = (gv_cooccur_worker){0};
}

int gv_cooccur_worker_reserve(gv_cooccur_worker *worker, size_t bytes, gv_error *err)
{
    return gv_mem_reserve(&worker->out, &worker->capacity, worker->used + bytes, 1, err);
}

/* The next lines before `to` that may have sums: `*line` moves on to them, `*end` is behind them.
 * False: no more. */
static bool next_lines(const gv_cooccur_worker *worker, uint32_t *line, uint32_t *end, uint32_t to)
{
    const uint32_t group = *line / GV_COOCCUR_WORKER_GROUP;
    *end = to;
    if (*line >= to || !worker->marked || !worker->groups)
        return *line < to;
    const uint8_t *found =
        memchr(worker->groups + group, 1, gv_budget_cooccur_groups(worker->words) - group);
    if (!found)
        return false;
    const uint32_t first = (uint32_t)(found - worker->groups) * GV_COOCCUR_WORKER_GROUP;
    if (*line < first)
        *line = first;
    if (*end > first + GV_COOCCUR_WORKER_GROUP)
        *end = first + GV_COOCCUR_WORKER_GROUP;
    return *line < to;
}

/* No line is marked any more, from `line` on. */
static void clear_groups(gv_cooccur_worker *worker, uint32_t line)
{
    const uint32_t group = line / GV_COOCCUR_WORKER_GROUP;
    if (worker->marked && worker->groups)
        memset(worker->groups + group, 0, gv_budget_cooccur_groups(worker->words) - group);
}

bool gv_cooccur_worker_widen(gv_cooccur_worker *worker, uint32_t from, uint32_t to,
                             uint32_t *column)
{
    uint32_t *narrow = worker->narrow;
    uint64_t *wide = worker->wide;
    /* collected, not returned at once: the loop over a line stays free of branches */
    bool overflow = false;
    for (uint32_t line = from, end; next_lines(worker, &line, &end, to);)
        for (; line < end; line++) {
            if (worker->marked && !worker->marks[line])
                continue;
            for (uint32_t c = line * GV_ROWS_LINE; c < (line + 1) * GV_ROWS_LINE; c++) {
                bool over = __builtin_add_overflow(wide[c], narrow[c], &wide[c]);
                *column = over ? c : *column;
                overflow |= over;
                narrow[c] = 0;
            }
        }
    return !overflow;
}

/* Of one line. False: overflow. */
static bool join_line(gv_cooccur_worker *worker, gv_cooccur_worker *other, uint32_t line,
                      uint32_t *column)
{
    uint32_t *restrict narrow = worker->narrow, *restrict other_narrow = other->narrow;
    uint64_t *restrict wide = worker->wide, *restrict other_wide = other->wide;
    const uint32_t begin = line * GV_ROWS_LINE, end = begin + GV_ROWS_LINE;
    bool overflow = false;
    if (line >= worker->wide_lines) {
        for (uint32_t c = begin; c < end; c++) { /* the whole sum fits 32 bits */
            narrow[c] += other_narrow[c];
            other_narrow[c] = 0;
        }
        return true;
    }
    for (uint32_t c = begin; c < end; c++) {
        bool over = __builtin_add_overflow(wide[c], other_wide[c], &wide[c]);
        *column = over ? c : *column;
        overflow |= over;
        other_wide[c] = 0;
    }
    return !overflow;
}

bool gv_cooccur_worker_join(gv_cooccur_worker *worker, gv_cooccur_worker *other, uint32_t from,
                            uint32_t to, uint32_t *column)
{
    bool fits = true;
    for (uint32_t line = from, end; next_lines(other, &line, &end, to);) {
        if (worker->marked && worker->groups)
            worker->groups[line / GV_COOCCUR_WORKER_GROUP] = 1;
        for (; line < end; line++) {
            if (worker->marked && !other->marks[line])
                continue;
            worker->marks[line] |= other->marks[line];
            other->marks[line] = 0;
            fits = join_line(worker, other, line, column) && fits;
        }
        if (other->marked && other->groups)
            other->groups[(end - 1) / GV_COOCCUR_WORKER_GROUP] = 0;
    }
    return fits;
}

/* --- coding ----------------------------------------------------------------------------------- */

/* A row that is being coded behind `used`, with a gap for its head. */
typedef struct coder {
    size_t at;         /* in `out` */
    uint32_t previous; /* column of the last cell */
    uint64_t cells;
} coder;

/* Code the sums of 64 bits of one line. */
static int code_wide_line(gv_cooccur_worker *worker, coder *c, uint32_t line, gv_error *err)
{
    int status = gv_mem_reserve(&worker->out, &worker->capacity,
                                c->at + GV_ROWS_LINE * GV_COUNTS_ROW_CELL_MAX, 1, err);
    if (status != GV_OK)
        return status;
    uint8_t *to_byte = worker->out + c->at;
    for (uint32_t column = line * GV_ROWS_LINE; column < (line + 1) * GV_ROWS_LINE; column++) {
        uint64_t value = worker->wide[column];
        if (value == 0)
            continue;
        /* gaps modulo 2^32: the first one is taken from base - 1, which is -1 for base 0 */
        to_byte = gv_counts_row_put(to_byte, (uint32_t)(column - c->previous - 1));
        to_byte = gv_counts_row_put(to_byte, value);
        worker->wide[column] = 0;
        c->previous = column;
        c->cells++;
    }
    c->at = (size_t)(to_byte - worker->out);
    return GV_OK;
}

/* Code the sums of 64 bits of lines from .. to - 1. */
static int code_wide(gv_cooccur_worker *worker, coder *c, uint32_t from, uint32_t to, gv_error *err)
{
    for (uint32_t line = from, end; next_lines(worker, &line, &end, to);)
        for (; line < end; line++) {
            if (worker->marked && !worker->marks[line])
                continue;
            worker->marks[line] = 0;
            int status = code_wide_line(worker, c, line, err);
            if (status != GV_OK)
                return status;
        }
    return GV_OK;
}

/* Code the sums of 32 bits from `line` on. */
static int code_narrow(gv_cooccur_worker *worker, coder *c, uint32_t line, gv_error *err)
{
    uint8_t *marks = worker->marked ? worker->marks : NULL;
    gv_cooccur_rows_cells cells;
    for (uint32_t end; next_lines(worker, &line, &end, worker->lines);) {
        size_t n = worker->rows->collect(worker->narrow, marks, &line, end, &cells);
        if (n == 0)
            continue;
        int status =
            gv_mem_reserve(&worker->out, &worker->capacity,
                           c->at + n * GV_COUNTS_ROW_CELL_MAX + GV_ROWS_CODE_SLACK, 1, err);
        if (status != GV_OK)
            return status;
        /* the kernel takes gaps between neighbours, so the cell before the first stands before
         * it */
        cells.column[GV_ROWS_LINE - 1] = c->previous;
        c->at = (size_t)(worker->rows->code(worker->out + c->at, &cells, n) - worker->out);
        c->previous = cells.column[GV_ROWS_LINE + n - 1];
        c->cells += n;
    }
    return GV_OK;
}

int gv_cooccur_worker_emit(gv_cooccur_worker *worker, uint32_t row, uint32_t base, gv_error *err)
{
    /* The head holds the length of the cells, so they are coded first, behind a gap for the longest
     * head, and moved down once the head is known. */
    size_t body = worker->used + GV_COUNTS_ROW_HEAD_MAX;
    coder c = {.at = body, .previous = base - 1 /* base 0 wraps; gaps are taken modulo 2^32 */};
    uint32_t line = base / GV_ROWS_LINE;
    int status = GV_OK;
    if (line < worker->wide_lines) {
        status = code_wide(worker, &c, line, worker->wide_lines, err);
        line = worker->wide_lines;
    }
    if (status == GV_OK)
        status = code_narrow(worker, &c, line, err);
    clear_groups(worker, base / GV_ROWS_LINE);
    if (status != GV_OK || c.cells == 0)
        return status;
    gv_counts_row_head head = {.row = row, .cells = c.cells, .bytes = c.at - body};
    uint8_t *after_head = gv_counts_row_put_head(worker->out + worker->used, &head);
    memmove(after_head, worker->out + body, head.bytes);
    worker->used = (size_t)(after_head - worker->out) + head.bytes;
    return GV_OK;
}

/* --- finished rows ---------------------------------------------------------------------------- */

/* Remove the first `bytes` bytes and the first `tasks` tasks from the buffer. */
static void remove_front(gv_cooccur_worker *worker, size_t bytes, unsigned tasks)
{
    worker->used -= bytes;
    if (worker->used > 0 && bytes > 0)
        memmove(worker->out, worker->out + bytes, worker->used);
    worker->held_count -= tasks;
    for (unsigned i = 0; i < worker->held_count; i++) {
        worker->held[i] = worker->held[i + tasks];
        worker->held[i].end -= bytes;
    }
}

/* Write the finished tasks, in order; without `wait` only as far as they are next. After a failure
 * in another thread they are discarded. */
static int write_held(gv_cooccur_worker *worker, gv_cooccur_sink *sink, bool wait, gv_error *err)
{
    size_t done = 0;
    unsigned i;
    int status = GV_OK;
    for (i = 0; i < worker->held_count && status == GV_OK; i++) {
        uint32_t task = worker->held[i].task;
        enum gv_cooccur_sink_state state = gv_cooccur_sink_state(sink, task, wait);
        if (state == GV_COOCCUR_SINK_LATER)
            break;
        size_t bytes = worker->held[i].end - done;
        if (state == GV_COOCCUR_SINK_NEXT) {
            if (bytes)
                status = sink->write(sink->context, gv_cooccur_sink_band(sink, task),
                                     worker->out + done, bytes, err);
            gv_cooccur_sink_advance(sink);
        }
        done += bytes;
    }
    remove_front(worker, done, i);
    return status;
}

int gv_cooccur_worker_make_room(gv_cooccur_worker *worker, gv_cooccur_sink *sink, uint32_t task,
                                gv_error *err)
{
    if (worker->used < worker->limit)
        return GV_OK;
    int status = write_held(worker, sink, true, err);
    if (status != GV_OK || worker->used == 0)
        return status;
    /* the rest belongs to `task`, which is not finished: a piece of it is written, and it stays
     * next */
    if (gv_cooccur_sink_state(sink, task, true) == GV_COOCCUR_SINK_NEXT)
        status = sink->write(sink->context, gv_cooccur_sink_band(sink, task), worker->out,
                             worker->used, err);
    worker->used = 0;
    return status;
}

int gv_cooccur_worker_end_task(gv_cooccur_worker *worker, gv_cooccur_sink *sink, uint32_t task,
                               gv_error *err)
{
    worker->held[worker->held_count].task = task;
    worker->held[worker->held_count].end = worker->used;
    worker->held_count++;
    bool full = worker->used >= worker->limit || worker->held_count == GV_COOCCUR_WORKER_HELD;
    return write_held(worker, sink, full, err);
}

int gv_cooccur_worker_finish(gv_cooccur_worker *worker, gv_cooccur_sink *sink, gv_error *err)
{
    return write_held(worker, sink, true, err);
}
