#include "base/gv_threads.h"

#include "base/gv_limits.h"
#include "base/gv_mem.h"
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>

typedef struct worker {
    pthread_t handle;
    gv_threads_fn *fn;
    void *context;
    unsigned number;
    int started;
    int status;
    gv_error error;
} worker;

static void *work(void *argument)
{
    worker *self = argument;
    self->status = self->fn(self->context, self->number, &self->error);
    return NULL;
}

int gv_threads_run(unsigned n, gv_threads_fn *fn, void *context, gv_error *err)
{
    if (n <= 1)
        return fn(context, 0, err);
    worker *workers = gv_mem_alloc_zero(n, sizeof *workers, err);
    if (!workers)
        return GV_E_MEMORY;
    int not_started = 0;
    for (unsigned i = 1; i < n; i++) {
        workers[i] = (worker){.fn = fn, .context = context, .number = i};
        workers[i].started = pthread_create(&workers[i].handle, NULL, work, &workers[i]) == 0;
        not_started |= !workers[i].started;
    }
    workers[0] = (worker){.fn = fn, .context = context};
    work(&workers[0]);
    int status = GV_OK;
    for (unsigned i = 0; i < n; i++) {
        if (workers[i].started)
            pthread_join(workers[i].handle, NULL);
        if (status == GV_OK && workers[i].status != GV_OK) {
            status = workers[i].status;
            if (err && err->code == GV_OK)
                *err = workers[i].error;
        }
    }
    gv_mem_free(workers);
    if (status == GV_OK && not_started)
        status = gv_error_set(err, GV_E_MEMORY, "cannot start %u threads; use fewer", n);
    return status;
}

/* Processors in the affinity mask, which may have room for more than a cpu_set_t has; 0:
 * unknown. */
static unsigned affinity(void)
{
    enum { MOST = 1 << 20 };
    for (size_t processors = CPU_SETSIZE; processors <= MOST; processors *= 4) {
        cpu_set_t *set = CPU_ALLOC(processors);
        size_t bytes = CPU_ALLOC_SIZE(processors);
        bool read = set && sched_getaffinity(0, bytes, set) == 0;
        int count = read ? CPU_COUNT_S(bytes, set) : 0;
        CPU_FREE(set);
        if (read || !set || errno != EINVAL)
            return (unsigned)count;
    }
    return 0;
}

static pthread_once_t quota_once = PTHREAD_ONCE_INIT;
static unsigned quota;

static void read_quota(void)
{
    quota = gv_limits_processors("");
}

unsigned gv_threads_available(void)
{
    unsigned count = affinity();
    pthread_once(&quota_once, read_quota);
    if (quota > 0 && quota < count)
        count = quota;
    return count > 0 ? count : 1;
}
