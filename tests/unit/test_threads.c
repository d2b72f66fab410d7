/* gv_threads: every thread runs once, the first error is the one that is reported. */
#include "base/gv_limits.h"
#include "base/gv_mem.h"
#include "base/gv_threads.h"
#include "support/gv_test.h"
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

enum { THREADS_MAX = 40 };

/* The test is linked with --wrap=pthread_create: it can be made to fail. */
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*start)(void *), void *context);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*start)(void *), void *context);
static int creates_left = -1; /* -1: without limit */

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*start)(void *), void *context)
{
    if (creates_left == 0)
        return 11; /* EAGAIN */
    creates_left -= creates_left > 0;
    return __real_pthread_create(thread, attributes, start, context);
}

typedef struct calls {
    atomic_uint of[THREADS_MAX];
    pthread_t handles[THREADS_MAX];
    unsigned failing[2]; /* the threads that fail */
} calls;

static int note_call(void *context, unsigned thread, gv_error *err)
{
    (void)err;
    calls *c = context;
    atomic_fetch_add(&c->of[thread], 1);
    c->handles[thread] = pthread_self();
    return GV_OK;
}

static unsigned calls_of_all(const calls *c)
{
    unsigned n = 0;
    for (int t = 0; t < THREADS_MAX; t++)
        n += atomic_load(&c->of[t]);
    return n;
}

Test(threads, each_number_runs_once)
{
    static const unsigned sizes[] = {0, 1, 2, 7, THREADS_MAX};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        gv_error err = GV_ERROR_INIT;
        calls c = {0};
        gv_assert_ok(gv_threads_run(sizes[i], note_call, &c, &err), err);
        unsigned n = sizes[i] ? sizes[i] : 1; /* none is one: the caller's own */
        for (unsigned t = 0; t < n; t++)
            cr_assert_eq(atomic_load(&c.of[t]), 1u, "thread %u of %u", t, n);
        cr_assert_eq(calls_of_all(&c), n);
        cr_assert(pthread_equal(c.handles[0], pthread_self()), "0 is the caller's own thread");
    }
}

static int fail_some(void *context, unsigned thread, gv_error *err)
{
    const calls *c = context;
    if (thread != c->failing[0] && thread != c->failing[1])
        return GV_OK;
    return gv_error_set(err, thread % 2 ? GV_E_IO : GV_E_CORRUPT, "thread %u", thread);
}

Test(threads, the_lowest_failing_thread_reports)
{
    static const struct {
        unsigned failing[2];
        int status;
        const char *text;
    } cases[] = {{{0, 3}, GV_E_CORRUPT, "thread 0"},
                 {{3, 2}, GV_E_CORRUPT, "thread 2"},
                 {{5, 3}, GV_E_IO, "thread 3"},
                 {{5, 5}, GV_E_IO, "thread 5"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gv_error err = GV_ERROR_INIT;
        calls c = {.failing = {cases[i].failing[0], cases[i].failing[1]}};
        cr_assert_eq(gv_threads_run(6, fail_some, &c, &err), cases[i].status);
        cr_assert_str_eq(err.text, cases[i].text);
        cr_assert_eq(gv_threads_run(6, fail_some, &c, NULL), cases[i].status);
    }
}

Test(threads, an_error_of_one_thread)
{
    gv_error err = GV_ERROR_INIT;
    calls c = {.failing = {0, 0}};
    cr_assert_eq(gv_threads_run(1, fail_some, &c, &err), GV_E_CORRUPT);
    cr_assert_str_eq(err.text, "thread 0");
}

Test(threads, an_earlier_error_is_kept)
{
    gv_error err = GV_ERROR_INIT;
    calls c = {.failing = {1, 1}};
    gv_error_set(&err, GV_E_USAGE, "earlier");
    cr_assert_eq(gv_threads_run(2, fail_some, &c, &err), GV_E_IO);
    cr_assert_str_eq(err.text, "earlier");
}

Test(threads, without_memory_nothing_runs)
{
    gv_error err = GV_ERROR_INIT;
    calls c = {0};
    gv_mem_fail_at(1, 0);
    cr_assert_eq(gv_threads_run(4, note_call, &c, &err), GV_E_MEMORY);
    gv_mem_fail_at(0, 0);
    cr_assert_eq(calls_of_all(&c), 0u);
}

Test(threads, one_that_cannot_be_started_is_an_error)
{
    gv_error err = GV_ERROR_INIT;
    calls c = {0};
    creates_left = 2;
    cr_assert_eq(gv_threads_run(6, note_call, &c, &err), GV_E_MEMORY);
    creates_left = -1;
    cr_assert_eq(calls_of_all(&c), 3u, "the others run to their end");
    cr_assert_neq(err.text[0], '\0');
}

Test(threads, available_is_the_affinity_mask_within_the_quota)
{
    cpu_set_t old, one;
    cr_assert_eq(sched_getaffinity(0, sizeof old, &old), 0);
    unsigned quota = gv_limits_processors(""), count = (unsigned)CPU_COUNT(&old);
    cr_assert_eq(gv_threads_available(), quota > 0 && quota < count ? quota : count);
    size_t first = 0;
    while (!CPU_ISSET(first, &old))
        first++;
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    cr_assert_eq(sched_setaffinity(0, sizeof one, &one), 0);
    cr_assert_eq(gv_threads_available(), 1u);
}
