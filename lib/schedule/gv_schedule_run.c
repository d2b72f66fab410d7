#include "schedule/gv_schedule_run.h"

#include "base/gv_mem.h"
#include "base/gv_spin.h"
#include "base/gv_threads.h"
#include <stdatomic.h>

enum { CACHE_LINE = 64 };

/* Tasks that have ended on a segment; a cache line each, so that counters do not disturb others. */
typedef struct turn_counter {
    _Alignas(CACHE_LINE) atomic_uint ended;
} turn_counter;

typedef struct gv_schedule_run_turns runner;

struct gv_schedule_run_turns {
    const gv_schedule_run_range *range;
    const gv_schedule_task *tasks;
    const uint32_t *item_begin;
    size_t items;
    turn_counter *word, *context; /* [segments] */
    _Alignas(CACHE_LINE) atomic_size_t ticket;
    _Alignas(CACHE_LINE) atomic_bool stop; /* begin no more tasks, wait for no more turns */
    atomic_uint working;                   /* threads */
};

void gv_schedule_run_set_word_turn(gv_schedule_run_turns *turns, uint32_t segment, uint32_t ended)
{
    atomic_store_explicit(&turns->word[segment].ended, ended, memory_order_release);
}

void gv_schedule_run_set_context_turn(gv_schedule_run_turns *turns, uint32_t segment,
                                      uint32_t ended)
{
    atomic_store_explicit(&turns->context[segment].ended, ended, memory_order_release);
}

unsigned gv_schedule_run_working(const gv_schedule_run_turns *turns)
{
    return atomic_load_explicit(&turns->working, memory_order_acquire);
}

void gv_schedule_run_stop(gv_schedule_run_turns *turns)
{
    atomic_store_explicit(&turns->stop, true, memory_order_relaxed);
}

bool gv_schedule_run_stopped(const gv_schedule_run_turns *turns)
{
    return atomic_load_explicit(&turns->stop, memory_order_relaxed);
}

/* Wait until `turn` tasks have ended on the segment; false if all are to stop. The acquire pairs
 * with the release in end_task: their rows are seen as they left them. */
static bool await_turn(runner *r, turn_counter *counter, uint32_t turn)
{
    for (unsigned tries = 0; atomic_load_explicit(&counter->ended, memory_order_acquire) != turn;
         tries++) {
        if (atomic_load_explicit(&r->stop, memory_order_relaxed))
            return false;
        gv_spin(tries);
    }
    return true;
}

static bool begin_task(runner *r, const gv_schedule_task *task)
{
    /* One after the other is as good as both at once: a turn that has come stays until this task
     * ends, as no other task has the same turn. */
    return await_turn(r, &r->word[task->word_segment], task->word_turn) &&
           await_turn(r, &r->context[task->context_segment], task->context_turn);
}

static void end_task(runner *r, const gv_schedule_task *task)
{
    if (r->range->kind == GV_SCHEDULE_ORDERED) {
        atomic_store_explicit(&r->word[task->word_segment].ended, task->word_turn + 1,
                              memory_order_release);
        atomic_store_explicit(&r->context[task->context_segment].ended, task->context_turn + 1,
                              memory_order_release);
    } else { /* another task of the segment may end at the same time */
        atomic_fetch_add_explicit(&r->word[task->word_segment].ended, 1, memory_order_relaxed);
    }
    const gv_schedule_run_mover *mover = r->range->mover;
    if (mover)
        mover->ended(mover->context, task);
}

static bool must_stop(runner *r, unsigned thread)
{
    const gv_schedule_run_range *range = r->range;
    if (range->pause && range->pause(range->pause_context, thread))
        atomic_store_explicit(&r->stop, true, memory_order_relaxed);
    return atomic_load_explicit(&r->stop, memory_order_relaxed);
}

/* The tasks first .. end-1 that were not done before the range. A claimed item is broken off only
 * if turns are kept: without them, what is done would not be a beginning of every segment's tasks.
 */
static int run_item(runner *r, unsigned thread, size_t first, size_t end, gv_error *err)
{
    const gv_schedule_run_range *range = r->range;
    bool ordered = range->kind == GV_SCHEDULE_ORDERED;
    const bool *mine = range->mover ? range->mover->mine : NULL;
    for (size_t index = first; index < end; index++) {
        const gv_schedule_task *task = &r->tasks[index];
        if (task->word_turn < range->done[task->word_segment] ||
            (mine && !mine[task->word_segment]))
            continue;
        if (ordered && ((index > first && must_stop(r, thread)) || !begin_task(r, task)))
            break;
        int status = range->work(range->context, thread, index, task, err);
        if (status != GV_OK) {
            atomic_store(&r->stop, true);
            return status;
        }
        end_task(r, task);
    }
    return GV_OK;
}

static int work_on_items(runner *r, unsigned thread, gv_error *err)
{
    const gv_schedule_run_range *range = r->range;
    int status = GV_OK;
    if (range->enter)
        range->enter(range->context, thread);
    while (status == GV_OK && !must_stop(r, thread)) {
        size_t item = atomic_fetch_add_explicit(&r->ticket, 1, memory_order_relaxed);
        if (item >= r->items)
            break;
        status = run_item(r, thread, r->item_begin[item], r->item_begin[item + 1], err);
    }
    if (range->leave)
        range->leave(range->context, thread);
    /* release: when the mover reads 0, it sees the rows as all threads left them */
    atomic_fetch_sub_explicit(&r->working, 1, memory_order_release);
    return status;
}

/* With a mover the calling thread, number 0, is its. */
static int run_thread(void *context, unsigned thread, gv_error *err)
{
    runner *r = context;
    const gv_schedule_run_mover *mover = r->range->mover;
    if (!mover)
        return work_on_items(r, thread, err);
    if (thread > 0)
        return work_on_items(r, thread - 1, err);
    int status = mover->move(mover->context, r, err);
    if (status != GV_OK)
        gv_schedule_run_stop(r);
    return status;
}

/* Set the counters to what is done. The counts of the word segments say which tasks these are;
 * going through the list counts them on the context segments. A checkpoint that skips a task is
 * found, because the count then misses a turn. */
static int set_turns(runner *r, size_t tasks, size_t segments, gv_error *err)
{
    uint64_t wanted = 0, found = 0;
    for (size_t i = 0; i < segments; i++) {
        atomic_store_explicit(&r->word[i].ended, r->range->done[i], memory_order_relaxed);
        wanted += r->range->done[i];
    }
    for (size_t i = 0; i < tasks; i++) {
        const gv_schedule_task *task = &r->tasks[i];
        if (task->word_turn >= r->range->done[task->word_segment])
            continue;
        turn_counter *counter = &r->context[task->context_segment];
        /* Tasks done must be a beginning of the turns of context segments, too. The list is in an
         * order in which that can be checked by counting along. */
        if (atomic_load_explicit(&counter->ended, memory_order_relaxed) != task->context_turn)
            break;
        atomic_store_explicit(&counter->ended, task->context_turn + 1, memory_order_relaxed);
        found++;
    }
    return found == wanted
               ? GV_OK
               : gv_error_set(err, GV_E_CORRUPT,
                              "the checkpoint lists tasks as done that cannot be done yet; "
                              "delete it, or use --force");
}

int gv_schedule_run(const gv_schedule *schedule, const gv_schedule_run_range *range, gv_error *err)
{
    size_t segments = gv_schedule_segments(schedule);
    size_t bytes = 2 * segments * sizeof(turn_counter);
    turn_counter *counters = gv_mem_big_alloc(bytes, err); /* zeroed, aligned to the cache line */
    if (!counters)
        return GV_E_MEMORY;
    runner r = {.range = range,
                .tasks = gv_schedule_tasks(schedule),
                .word = counters,
                .context = counters + segments};
    r.item_begin = gv_schedule_items(schedule, &r.items);
    atomic_init(&r.ticket, 0);
    atomic_init(&r.stop, false);
    atomic_init(&r.working, range->threads);
    int status = set_turns(&r, gv_schedule_count(schedule), segments, err);
    if (status == GV_OK && range->mover)
        range->mover->prepare(range->mover->context, &r);
    if (status == GV_OK)
        status = gv_threads_run(range->threads + (range->mover != NULL), run_thread, &r, err);
    for (size_t i = 0; status == GV_OK && i < segments; i++) {
        uint32_t ended = atomic_load_explicit(&r.word[i].ended, memory_order_relaxed);
        if (ended != GV_TURN_AWAY)
            range->done[i] = ended;
    }
    gv_mem_big_free(counters, bytes);
    return status;
}
