/*
 * Step by step, see gv_row_sync.h.
 *
 * A thread's copy is GV_STEP_RECORDS + 1 rows: that of the tile row, then those of the columns.
 * Rows are moved in cells of two floats, by relaxed atomic loads and stores, which are plain moves
 * of 8 bytes on every 64-bit machine; the arithmetic runs on the copy, with the full width of the
 * vector unit.
 *
 * The lock of a row is a word of its own, 16 to a cache line: threads that lock different rows of a
 * line disturb each other, but a line for each lock would take a seventh of the cache from the rows
 * at dimension 50. Deadlock cannot occur, since all threads take locks in ascending order.
 *
 * The ring of `round_robin`: `turn` names the thread that may update. It may leave the ring only
 * when it is its turn, so that the turn never passes to a thread that has left. A thread that
 * joins late is found by the next search; if all others have left, the turn waits for it.
 */
#include "train/experiments/row_sync/gv_row_sync.h"

#include "base/gv_clock.h"
#include "base/gv_mem.h"
#include "base/gv_spin.h"
#include "budget/gv_budget_train.h"
#include <stdatomic.h>
#include <string.h>

enum { ROWS = GV_STEP_RECORDS + 1, CACHE_LINE = 64 };

static const unsigned no_thread = UINT32_MAX;

/* Two floats of a row. */
typedef uint64_t __attribute__((may_alias)) cell;

/* What one thread has for itself. */
typedef struct worker {
    _Alignas(CACHE_LINE) float *before; /* [ROWS] rows as they were read; `atomic` only */
    float *copy;                        /* [ROWS] rows */
    gv_row_sync_counts counts;
    atomic_bool in_ring;
} worker;

struct gv_row_sync {
    enum gv_config_schedule_kind kind;
    gv_row_sync_options options;
    const gv_kernel *kernel;
    size_t stride; /* floats of a row */
    uint32_t rows; /* of both matrices */
    unsigned threads;
    worker *workers;
    float *copies; /* of all workers */
    size_t copies_bytes, locks_bytes, versions_bytes;
    atomic_uint *locks;    /* [rows] */
    atomic_uint *versions; /* [rows] how often each was written; if conflicts are counted */
    _Alignas(CACHE_LINE) atomic_uint turn;
};

/* A step on its way. */
typedef struct step {
    gv_kernel_step kernel_step; /* its rows are the copy */
    float *row[ROWS];           /* the rows of the model: of the tile row, then of the columns */
    uint32_t number[ROWS];      /* their numbers */
    unsigned version[ROWS];     /* as they were read */
    size_t rows;                /* records + 1 */
} step;

/* --- making ----------------------------------------------------------------------------------- */

static size_t copies_of(enum gv_config_schedule_kind kind)
{
    return kind == GV_SCHEDULE_ATOMIC ? 2 : 1;
}

bool gv_row_sync_needed(enum gv_config_schedule_kind kind, gv_row_sync_options options)
{
    return gv_config_schedule_by_steps(kind) || options.delay_ns > 0 || options.conflicts;
}

_Static_assert(sizeof(worker) == GV_BUDGET_TRAIN_SYNC_BYTES &&
                   sizeof(atomic_uint) == GV_BUDGET_TRAIN_SYNC_LOCK_BYTES,
               "gv_budget_train.h has these sizes");

static int allocate(gv_row_sync *s, gv_error *err)
{
    size_t copies = copies_of(s->kind), room = ROWS * s->stride;
    s->copies_bytes = s->threads * copies * room * sizeof(float);
    s->locks_bytes = s->kind == GV_SCHEDULE_LOCKED ? s->rows * sizeof *s->locks : 0;
    /* copies of the model that are averaged share no rows, even if their numbers are equal */
    bool counting = s->options.conflicts && s->kind != GV_SCHEDULE_AVERAGED;
    s->versions_bytes = counting ? s->rows * sizeof *s->versions : 0;
    s->workers = gv_mem_big_alloc(s->threads * sizeof *s->workers, err);
    if (!s->workers || !(s->copies = gv_mem_big_alloc(s->copies_bytes, err)) ||
        (s->locks_bytes && !(s->locks = gv_mem_big_alloc(s->locks_bytes, err))) ||
        (s->versions_bytes && !(s->versions = gv_mem_big_alloc(s->versions_bytes, err))))
        return GV_E_MEMORY;
    for (unsigned t = 0; t < s->threads; t++) {
        s->workers[t].copy = s->copies + t * copies * room;
        s->workers[t].before = s->workers[t].copy + (copies - 1) * room;
    }
    return GV_OK;
}

int gv_row_sync_new(gv_row_sync **result, const gv_row_sync_setup *setup, gv_error *err)
{
    *result = NULL;
    if (setup->vocab_size > UINT32_MAX / 2)
        return gv_error_set(err, GV_E_MEMORY, "%u words are too many for schedules by row",
                            setup->vocab_size);
    gv_row_sync *s = gv_mem_big_alloc(sizeof *s, err); /* aligned to the cache line, and zeroed */
    if (!s)
        return GV_E_MEMORY;
    s->kind = setup->kind;
    s->options = setup->options;
    s->kernel = setup->kernel;
    s->stride = 2 * setup->width;
    s->rows = 2 * setup->vocab_size;
    s->threads = setup->threads;
    int status = allocate(s, err);
    if (status != GV_OK) {
        gv_row_sync_free(s);
        return status;
    }
    gv_row_sync_begin(s);
    *result = s;
    return GV_OK;
}

void gv_row_sync_free(gv_row_sync *s)
{
    if (!s)
        return;
    if (s->versions)
        gv_mem_big_free(s->versions, s->versions_bytes);
    if (s->locks)
        gv_mem_big_free(s->locks, s->locks_bytes);
    if (s->copies)
        gv_mem_big_free(s->copies, s->copies_bytes);
    if (s->workers)
        gv_mem_big_free(s->workers, s->threads * sizeof *s->workers);
    gv_mem_big_free(s, sizeof *s);
}

/* --- turns ------------------------------------------------------------------------------------ */

void gv_row_sync_begin(gv_row_sync *s)
{
    atomic_store_explicit(&s->turn, 0, memory_order_relaxed);
    for (unsigned t = 0; t < s->threads; t++)
        atomic_store_explicit(&s->workers[t].in_ring, false, memory_order_relaxed);
}

void gv_row_sync_join(gv_row_sync *s, unsigned thread)
{
    atomic_store(&s->workers[thread].in_ring, true);
}

/* Acquire pairs with the release in pass_turn: the rows are seen as the others left them. */
static void await_turn(gv_row_sync *s, unsigned thread)
{
    for (unsigned tries = 0;; tries++) {
        unsigned turn = atomic_load_explicit(&s->turn, memory_order_acquire);
        if (turn == thread ||
            (turn == no_thread && atomic_compare_exchange_strong(&s->turn, &turn, thread)))
            return;
        gv_spin(tries);
    }
}

/* To the next thread of the ring, which may be the same one again, or to none. */
static void pass_turn(gv_row_sync *s, unsigned thread)
{
    unsigned next = no_thread;
    for (unsigned i = 1; i <= s->threads && next == no_thread; i++)
        if (atomic_load(&s->workers[(thread + i) % s->threads].in_ring))
            next = (thread + i) % s->threads;
    atomic_store_explicit(&s->turn, next, memory_order_release);
}

void gv_row_sync_leave(gv_row_sync *s, unsigned thread)
{
    if (s->kind == GV_SCHEDULE_ROUND_ROBIN)
        await_turn(s, thread);
    atomic_store(&s->workers[thread].in_ring, false);
    if (s->kind == GV_SCHEDULE_ROUND_ROBIN)
        pass_turn(s, thread);
}

/* --- locks ------------------------------------------------------------------------------------ */

/* The step's row numbers, ascending; there are few, so insertion is as good as anything. */
static void sorted_numbers(uint32_t *to, const step *e)
{
    for (size_t i = 0; i < e->rows; i++) {
        size_t at = i;
        for (; at > 0 && to[at - 1] > e->number[i]; at--)
            to[at] = to[at - 1];
        to[at] = e->number[i];
    }
}

static void lock_rows(gv_row_sync *s, const step *e)
{
    uint32_t order[ROWS];
    sorted_numbers(order, e);
    for (size_t i = 0; i < e->rows; i++) {
        atomic_uint *lock = &s->locks[order[i]];
        for (unsigned tries = 0; atomic_exchange_explicit(lock, 1, memory_order_acquire) != 0;)
            /* Waiting only loads: an exchange would take the cache line away from the thread that
             * is to free the lock. */
            while (atomic_load_explicit(lock, memory_order_relaxed) != 0)
                gv_spin(tries++);
    }
}

static void unlock_rows(gv_row_sync *s, const step *e)
{
    for (size_t i = 0; i < e->rows; i++)
        atomic_store_explicit(&s->locks[e->number[i]], 0, memory_order_release);
}

/* --- rows ------------------------------------------------------------------------------------- */

static inline cell *cell_at(float *number)
{
    return (cell *)(void *)number;
}

static inline const cell *cell_from(const float *number)
{
    return (const cell *)(const void *)number;
}

/* Both count in floats, an even number. */
static inline void read_row(float *to, const float *from, size_t n)
{
#pragma GCC unroll 4
    for (size_t i = 0; i < n; i += 2)
        *cell_at(to + i) = __atomic_load_n(cell_from(from + i), __ATOMIC_RELAXED);
}

static inline void store_row(float *to, const float *from, size_t n)
{
#pragma GCC unroll 4
    for (size_t i = 0; i < n; i += 2)
        __atomic_store_n(cell_at(to + i), *cell_from(from + i), __ATOMIC_RELAXED);
}

/* Add (after - before) to two components at once, atomically: so each is added to atomically, for
 * half the compare-and-swaps. */
static inline void add_pair(float *to, const float *before, const float *after)
{
    float change[2] = {after[0] - before[0], after[1] - before[1]}, sum[2];
    cell old = __atomic_load_n(cell_at(to), __ATOMIC_RELAXED), wanted;
    if (change[0] == 0 && change[1] == 0)
        return;
    do {
        memcpy(sum, &old, sizeof sum);
        sum[0] += change[0];
        sum[1] += change[1];
        memcpy(&wanted, sum, sizeof wanted);
    } while (!__atomic_compare_exchange_n(cell_at(to), &old, wanted, true, __ATOMIC_RELAXED,
                                          __ATOMIC_RELAXED));
}

/* 1 of gv_row_sync.h: `n` floats of every row. */
static void read_rows(gv_row_sync *s, worker *h, step *e, size_t n)
{
    for (size_t i = 0; i < e->rows; i++) {
        if (s->versions)
            e->version[i] = atomic_load_explicit(&s->versions[e->number[i]], memory_order_relaxed);
        read_row(h->copy + i * s->stride, e->row[i], n);
    }
}

/* Has anyone else written since? And now this thread does. */
static void count_conflicts(gv_row_sync *s, worker *h, const step *e)
{
    uint64_t changed = 0;
    /* one operation counts this write and tells how many came before it, so no write is missed */
    for (size_t i = 0; i < e->rows; i++)
        changed += atomic_fetch_add_explicit(&s->versions[e->number[i]], 1, memory_order_relaxed) !=
                   e->version[i];
    h->counts.steps++;
    h->counts.rows += e->rows;
    h->counts.steps_in_conflict += changed > 0;
    h->counts.conflicts += changed;
}

/* --- 3 of gv_row_sync.h: the update ----------------------------------------------------------- */

static void update_copy_and_store(gv_row_sync *s, worker *h, const gv_kernel *kernel, step *e)
{
    if (s->versions)
        count_conflicts(s, h, e);
    kernel->update(&e->kernel_step);
    for (size_t i = 0; i < e->rows; i++)
        store_row(e->row[i], h->copy + i * s->stride, s->stride);
}

static void update_copy_and_add(gv_row_sync *s, worker *h, const gv_kernel *kernel, step *e)
{
    if (s->versions)
        count_conflicts(s, h, e);
    memcpy(h->before, h->copy, e->rows * s->stride * sizeof(float));
    kernel->update(&e->kernel_step);
    for (size_t i = 0; i < e->rows; i++)
        for (size_t l = 0; l < s->stride; l += 2)
            add_pair(e->row[i] + l, h->before + i * s->stride + l, h->copy + i * s->stride + l);
}

/* No other thread stores to these rows during this. */
static void update_current(gv_row_sync *s, worker *h, const gv_kernel *kernel, step *e)
{
    for (size_t i = 0; i < e->rows; i++)
        memcpy(h->copy + i * s->stride, e->row[i], s->stride * sizeof(float));
    update_copy_and_store(s, h, kernel, e);
}

static void bring_in(gv_row_sync *s, unsigned thread, const gv_kernel *kernel, step *e)
{
    worker *h = &s->workers[thread];
    switch (s->kind) {
    case GV_SCHEDULE_LOCKED:
        lock_rows(s, e);
        update_current(s, h, kernel, e);
        unlock_rows(s, e);
        break;
    case GV_SCHEDULE_ROUND_ROBIN:
        await_turn(s, thread);
        update_current(s, h, kernel, e);
        pass_turn(s, thread);
        break;
    case GV_SCHEDULE_ATOMIC:
        update_copy_and_add(s, h, kernel, e);
        break;
    case GV_SCHEDULE_ORDERED:
    case GV_SCHEDULE_HOGWILD:
    case GV_SCHEDULE_AVERAGED:
        update_copy_and_store(s, h, kernel, e);
        break;
    }
}

/* --- a tile ----------------------------------------------------------------------------------- */

/* Point the step to the records whose columns begin at `column`; the tile row is already set. */
static void aim(step *e, const gv_row_sync *s, const gv_kernel_args *args, const uint16_t *column,
                uint32_t first_column)
{
    for (size_t k = 0; k < e->kernel_step.records; k++) {
        e->row[k + 1] = args->column_vectors + column[k] * s->stride;
        e->number[k + 1] = first_column + column[k];
    }
}

/* The kernel fetches rows well ahead; here the columns' rows of some records further on are asked
 * for, enough of them to arrive in time. */
static void fetch_ahead(const gv_row_sync *s, const gv_kernel_args *args,
                        const gv_kernel_tile *tile, size_t first)
{
    enum { AHEAD = 2 * GV_STEP_RECORDS, LINE = CACHE_LINE / sizeof(float) };
    for (size_t k = first + AHEAD; k < first + AHEAD + GV_STEP_RECORDS && k < tile->records; k++)
        for (size_t c = 0; c < s->stride; c += LINE)
            __builtin_prefetch(args->column_vectors + tile->column[k] * s->stride + c, 1, 3);
}

static void linger(double seconds)
{
    for (double end = gv_clock_wall_seconds() + seconds; gv_clock_wall_seconds() < end;)
        ;
}

static void take_step(gv_row_sync *s, unsigned thread, step *e, const float *log_x,
                      const float *weight, double loss[GV_STEP_RECORDS])
{
    worker *h = &s->workers[thread];
    /* locked and round_robin read the AdaGrad sums with the current values */
    bool whole = s->kind != GV_SCHEDULE_LOCKED && s->kind != GV_SCHEDULE_ROUND_ROBIN;
    read_rows(s, h, e, whole ? s->stride : s->stride / 2);
    s->kernel->gradient(&e->kernel_step, log_x, weight, loss);
    if (s->options.delay_ns > 0)
        linger((double)(s->options.delay_ns * e->kernel_step.records) * 1e-9);
    bring_in(s, thread, s->kernel, e);
}

double gv_row_sync_tile(gv_row_sync *s, unsigned thread, const gv_kernel_args *args,
                        const gv_kernel_tile *tile, uint32_t first_row, uint32_t first_column)
{
    double loss[GV_STEP_RECORDS] = {0};
    gv_kernel_summary summary;
    step e = {.kernel_step = {.args = args, .summary = &summary, .row = s->workers[thread].copy}};
    size_t next = 0;
    gv_kernel_summarise(&summary, args);
    for (size_t k = 0; k < GV_STEP_RECORDS; k++)
        e.kernel_step.column[k] = s->workers[thread].copy + (k + 1) * s->stride;
    for (size_t r = 0; r < tile->rows; r++) {
        e.row[0] = args->row_vectors + tile->row[r] * s->stride;
        e.number[0] = first_row + tile->row[r];
        for (size_t end = next + tile->row_length[r] + 1u, m; next < end; next += m) {
            m = end - next < GV_STEP_RECORDS ? end - next : GV_STEP_RECORDS;
            fetch_ahead(s, args, tile, next);
            e.kernel_step.records = m;
            e.rows = m + 1;
            aim(&e, s, args, tile->column + next, first_column);
            take_step(s, thread, &e, tile->log_x + next, tile->weight + next, loss);
        }
    }
    return gv_kernel_loss(args, loss);
}

gv_row_sync_counts gv_row_sync_counted(const gv_row_sync *s)
{
    gv_row_sync_counts sum = {0};
    for (unsigned t = 0; t < s->threads; t++) {
        const gv_row_sync_counts *c = &s->workers[t].counts;
        sum.steps += c->steps;
        sum.rows += c->rows;
        sum.steps_in_conflict += c->steps_in_conflict;
        sum.conflicts += c->conflicts;
    }
    return sum;
}
