#include "math/gv_schedule_run.h"

#include "base/gv_mem.h"
#include "base/gv_threads.h"
#include <sched.h>
#include <stdatomic.h>

/* Waits are short where there are tasks enough; where threads share a core, yielding at once is
 * the only thing that helps, so spinning is kept to about a microsecond. */
enum { SPINS = 64, CACHE_LINE = 64 };

/* Tasks that have ended on a segment; a cache line each, so that counters do not disturb others. */
typedef struct turn_counter {
    _Alignas(CACHE_LINE) atomic_uint ended;
} turn_counter;

typedef struct runner {
    const gv_stretch *stretch;
    const gv_task *tasks;
    turn_counter *word, *context; /* [segments] */
    _Alignas(CACHE_LINE) atomic_size_t ticket;
    _Alignas(CACHE_LINE) atomic_bool stop; /* claim no more */
    atomic_bool failed;                    /* do not wait for others any more */
} runner;

static void breathe(unsigned tries)
{
    if (tries >= SPINS) {
        sched_yield();
        return;
    }
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

/* Wait until `turn` tasks have ended on the segment; false if another thread has failed. The
 * acquire pairs with the release in end_task: their rows are seen as they left them. */
static bool await_turn(runner *r, turn_counter *counter, uint32_t turn)
{
    for (unsigned tries = 0; atomic_load_explicit(&counter->ended, memory_order_acquire) != turn;
         tries += tries < SPINS) {
        if (atomic_load_explicit(&r->failed, memory_order_relaxed))
            return false;
        breathe(tries);
    }
    return true;
}

static bool begin_task(runner *r, const gv_task *task)
{
    return await_turn(r, &r->word[task->word_segment], task->word_turn) &&
           await_turn(r, &r->context[task->context_segment], task->context_turn);
}

static void end_task(runner *r, const gv_task *task)
{
    atomic_store_explicit(&r->word[task->word_segment].ended, task->word_turn + 1,
                          memory_order_release);
    atomic_store_explicit(&r->context[task->context_segment].ended, task->context_turn + 1,
                          memory_order_release);
}

static int run_thread(void *context, unsigned thread, gv_error *err)
{
    runner *r = context;
    const gv_stretch *stretch = r->stretch;
    bool ordered = stretch->kind == GV_SCHEDULE_ORDERED;
    while (!atomic_load_explicit(&r->stop, memory_order_relaxed)) {
        if (stretch->pause && stretch->pause(stretch->context, thread)) {
            atomic_store(&r->stop, true);
            break;
        }
        size_t index = atomic_fetch_add_explicit(&r->ticket, 1, memory_order_relaxed);
        if (index >= stretch->end)
            break;
        const gv_task *task = &r->tasks[index];
        if (ordered && !begin_task(r, task))
            break;
        int status = stretch->work(stretch->context, thread, index, task, err);
        if (status != GV_OK) {
            atomic_store(&r->failed, true);
            atomic_store(&r->stop, true);
            return status;
        }
        if (ordered)
            end_task(r, task);
    }
    return GV_OK;
}

/* Tasks before the stretch have ended. */
static void set_turns(runner *r, const gv_task *tasks, size_t begin)
{
    for (size_t i = 0; i < begin; i++) {
        atomic_store_explicit(&r->word[tasks[i].word_segment].ended, tasks[i].word_turn + 1,
                              memory_order_relaxed);
        atomic_store_explicit(&r->context[tasks[i].context_segment].ended,
                              tasks[i].context_turn + 1, memory_order_relaxed);
    }
}

int gv_schedule_run(size_t *reached, const gv_schedule *schedule, const gv_stretch *stretch,
                    gv_error *err)
{
    size_t segments = gv_schedule_segments(schedule);
    size_t bytes = 2 * segments * sizeof(turn_counter);
    turn_counter *counters = gv_big_alloc(bytes, err); /* zeroed, aligned to the cache line */
    if (!counters)
        return GV_E_MEMORY;
    runner r = {.stretch = stretch,
                .tasks = gv_schedule_tasks(schedule),
                .word = counters,
                .context = counters + segments};
    atomic_init(&r.ticket, stretch->begin);
    atomic_init(&r.stop, false);
    atomic_init(&r.failed, false);
    set_turns(&r, r.tasks, stretch->begin);
    int status = gv_threads_run(stretch->threads, run_thread, &r, err);
    size_t claimed = atomic_load(&r.ticket);
    if (status == GV_OK)
        *reached = claimed < stretch->end ? claimed : stretch->end;
    gv_big_free(counters, bytes);
    return status;
}
