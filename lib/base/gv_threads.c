#include "base/gv_threads.h"

#include "base/gv_mem.h"
#include <pthread.h>
#include <sched.h>

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

unsigned gv_threads_available(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 1;
    int count = CPU_COUNT(&set);
    return count > 0 ? (unsigned)count : 1;
}
