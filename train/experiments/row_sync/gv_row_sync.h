/*
 * gv_row_sync - how threads share the rows of a model: the one place where the schedules `atomic`,
 * `locked` and `round_robin` differ from each other and from `hogwild`.
 *
 * All of them are the same stochastic gradient descent, cut into steps. A step is one of
 * gv_kernel.h: up to GV_STEP_RECORDS records of one row, so it reads and writes 2 to
 * GV_STEP_RECORDS + 1 rows: the hyperedge e of Recht, Re, Wright, Niu (Hogwild!, NIPS 2011, section
 * 2). Each step
 *
 *   1. reads the rows' values as they are, into a copy of the thread's own;
 *   2. computes its gradient from the copy (gv_kernel, `gradient`);
 *   3. brings the update into the model (gv_kernel, `update`), and here they differ:
 *
 *   hogwild      updates its copy and stores it: what another thread has stored since is lost
 *   atomic       updates its copy and adds what changed to each component, atomically: the
 *                assumption of the paper's analysis (Algorithm 1)
 *   locked       holds a spinlock of each of the rows, taken in the order of their numbers, while
 *                it updates them as they are now (the paper's AIG)
 *   round_robin  waits for its turn, updates the rows as they are now, passes the turn on (the
 *                paper's RR; Langford, Smola, Zinkevich: Slow learners are fast, 2009)
 *
 * Races. Rows are read in 1, and stored in 3, by relaxed atomic operations on pairs of floats; in
 * `locked` and `round_robin` no other thread stores to the rows during 3. So no two threads ever
 * access a number at the same time unless both do it by atomic operations: there is no data race in
 * the sense of C11 (5.1.2.4), and ThreadSanitizer finds none. An update can be computed from old
 * values, and with `hogwild` be lost; that is what the algorithms are about.
 *
 * The schedules `ordered`, `hogwild` and `averaged` do not come here in normal use: they call
 * train_tile of the kernel on the rows themselves, which is faster. They do come here to be
 * measured: gv_row_sync_options.
 *
 * With one thread `hogwild`, `locked` and `round_robin` give the bytes of train_tile; `atomic` does
 * not, since old + (new - old) may round.
 *
 * Threads: gv_row_sync_tile is called by many threads, each with its own number; the rest by one.
 */
#ifndef GV_ROW_SYNC_H
#define GV_ROW_SYNC_H

#include "base/gv_error.h"
#include "config/gv_config.h"
#include "kernel/gv_kernel.h"
#include <stdbool.h>
#include <stdint.h>

/* For measurements, see docs/algorithms/hogwild.md. */
typedef struct gv_row_sync_options {
    uint64_t delay_ns; /* each record's gradient takes this much longer (the paper, section 6) */
    bool conflicts;    /* count how often another thread wrote a row between a step's 1 and 3 */
} gv_row_sync_options;

/* What was counted, if asked for. */
typedef struct gv_row_sync_counts {
    uint64_t steps, rows;                  /* rows: summed over the steps */
    uint64_t steps_in_conflict, conflicts; /* steps with such a row; such rows */
} gv_row_sync_counts;

typedef struct gv_row_sync gv_row_sync;

/* What is trained, and how. */
typedef struct gv_row_sync_setup {
    enum gv_config_schedule_kind kind;
    gv_row_sync_options options;
    const gv_kernel *kernel; /* borrowed */
    uint32_t vocab_size;
    size_t width; /* of the model's rows */
    unsigned threads;
} gv_row_sync_setup;

/* Free with gv_row_sync_free, which accepts NULL; `*sync` is NULL on failure. More than 2^31 words,
 * or out of memory: GV_E_MEMORY. */
GV_MUST_USE int gv_row_sync_new(gv_row_sync **sync, const gv_row_sync_setup *setup, gv_error *err);
void gv_row_sync_free(gv_row_sync *sync);

/* Does this schedule work step by step? Else only the options make it do so. */
bool gv_row_sync_needed(enum gv_config_schedule_kind kind, gv_row_sync_options options);

/* Before threads start. A thread joins before its first step and leaves after its last one, also
 * when it fails: `round_robin` would wait for it for ever. */
void gv_row_sync_begin(gv_row_sync *sync);
void gv_row_sync_join(gv_row_sync *sync, unsigned thread);
void gv_row_sync_leave(gv_row_sync *sync, unsigned thread);

/*
 * train_tile of the kernel, step by step. `first_row` and `first_column` are the numbers of the
 * rows at args->row_vectors and args->column_vectors: word row r has number r, context row c the
 * number vocab_size + c. Returns the summed loss.
 */
double gv_row_sync_tile(gv_row_sync *sync, unsigned thread, const gv_kernel_args *args,
                        const gv_kernel_tile *tile, uint32_t first_row, uint32_t first_column);

/* Sums over all threads since gv_row_sync_new. */
gv_row_sync_counts gv_row_sync_counted(const gv_row_sync *sync);

#endif
