/*
 * gv_cooccur_worker - what one thread needs to make rows: sums, coding, and rows held back.
 *
 * A row is summed in arrays over the whole vocabulary, which fit in the processor's cache, and then
 * coded (gv_counts_row.h) at the end of a buffer. The buffer keeps finished tasks until they are
 * the next ones of the sink.
 *
 * To code a row without looking at every word, every line of GV_ROWS_LINE sums has a mark, a byte.
 * Marking is a store that nothing waits for, and coding costs as much as there are lines with
 * cells, plus words / 1024 to find them. Rows that reach most lines do without marks.
 *
 * With millions of words, to look through words / 1024 for each of them would take longer than all
 * the rest. So the marks of a large vocabulary are in groups, each of which has a mark again.
 *
 * Invariants: between two rows all sums and marks are 0. A line with a mark is in a group with one,
 * if there are groups. A sum is `wide[c]` + `narrow[c]`; lines
 * from `wide_lines` on have all their sums in `narrow`, lines before it have them in `wide` when
 * the row is coded.
 *
 * Threads: a worker belongs to one thread.
 */
#ifndef GV_COOCCUR_WORKER_H
#define GV_COOCCUR_WORKER_H

#include "budget/gv_budget_cooccur.h"
#include "cooccur/gv_cooccur_rows.h"
#include "cooccur/gv_cooccur_sink.h"

enum {
    GV_COOCCUR_WORKER_HELD = 64, /* finished tasks that wait in the buffer, at most */
    GV_COOCCUR_WORKER_GROUP = GV_ROWS_GROUP / GV_ROWS_LINE /* lines of a group */
};

typedef struct gv_cooccur_worker {
    const gv_cooccur_rows_kernel *rows;
    uint32_t words, lines; /* lines of GV_ROWS_LINE words */
    /* the row under construction */
    uint64_t *wide;      /* [lines * GV_ROWS_LINE] sums of 64 bits */
    uint32_t *narrow;    /* [lines * GV_ROWS_LINE] sums of 32 bits */
    uint8_t *marks;      /* [lines] 0: all sums of the line are 0 */
    uint8_t *groups;     /* [groups] 1: some of the group's lines may have marks; NULL: a vocabulary
                            whose lines are all looked at */
    bool marked;         /* marks are kept for this row */
    uint32_t wide_lines; /* leading lines whose sums are in `wide` */
    bool part;           /* gv_cooccur_split: the sums are a part of a shared row's */
    /* coded rows, task after task */
    uint8_t *out;
    size_t used, capacity;
    size_t limit; /* `out` is full from here on; the row that exceeds it is still kept */
    struct {
        uint32_t task;
        size_t end; /* in `out` */
    } held[GV_COOCCUR_WORKER_HELD];
    unsigned held_count; /* finished tasks in `out` */
    /* scratch of other modules */
    uint64_t tokens; /* gv_cooccur_batch: tokens of this thread's range */
    uint8_t *merge;  /* gv_cooccur_merge: read buffers, allocated at the first merge */
} gv_cooccur_worker;

/* For a vocabulary of `words` words and about limits->output_bytes of rows held back. Clear also
 * after an error. */
GV_MUST_USE int gv_cooccur_worker_init(gv_cooccur_worker *worker, uint32_t words,
                                       const gv_budget_cooccur_limits *limits,
                                       const gv_cooccur_rows_kernel *rows, gv_error *err);
void gv_cooccur_worker_clear(gv_cooccur_worker *worker);

/* --- one row ---------------------------------------------------------------------------------- */

/* Mark the line of a column. */
static inline void gv_cooccur_worker_mark(gv_cooccur_worker *worker, uint32_t column)
{
    const uint32_t line = column / GV_ROWS_LINE;
    worker->marks[line] = 1;
    if (worker->groups)
        worker->groups[line / GV_COOCCUR_WORKER_GROUP] = 1;
}
/* Move the sums of lines from .. to - 1 (of the marked ones, if marks are kept) from `narrow` to
 * `wide`. False: a sum exceeds 64 bits, that of `*column`. */
bool gv_cooccur_worker_widen(gv_cooccur_worker *worker, uint32_t from, uint32_t to,
                             uint32_t *column);
/* Move the sums of lines from .. to - 1 of `other`, which has made a part of the same row, to those
 * of `worker`; with groups, whole ones. False: a sum exceeds 64 bits, that of `*column`. */
bool gv_cooccur_worker_join(gv_cooccur_worker *worker, gv_cooccur_worker *other, uint32_t from,
                            uint32_t to, uint32_t *column);
/* Code the sums as row `row` at the end of `out`, and zero them; a row without cells takes no
 * bytes. `base`: the smallest column that can occur (the row itself if symmetric). */
GV_MUST_USE int gv_cooccur_worker_emit(gv_cooccur_worker *worker, uint32_t row, uint32_t base,
                                       gv_error *err);
/* Room for `bytes` more in `out`. */
GV_MUST_USE int gv_cooccur_worker_reserve(gv_cooccur_worker *worker, size_t bytes, gv_error *err);

/* --- finished rows ---------------------------------------------------------------------------- */

/* All of these return GV_OK when another thread has failed: that thread reports. */

/* Between two rows of `task`: if the buffer is full, write it, for which all tasks before must be
 * written (waits). */
GV_MUST_USE int gv_cooccur_worker_make_room(gv_cooccur_worker *worker, gv_cooccur_sink *sink,
                                            uint32_t task, gv_error *err);
/* The rows of `task` are complete: write them if they are next, or hold them back. */
GV_MUST_USE int gv_cooccur_worker_end_task(gv_cooccur_worker *worker, gv_cooccur_sink *sink,
                                           uint32_t task, gv_error *err);
/* No more tasks: write all that was held back (waits). */
GV_MUST_USE int gv_cooccur_worker_finish(gv_cooccur_worker *worker, gv_cooccur_sink *sink,
                                         gv_error *err);

#endif
