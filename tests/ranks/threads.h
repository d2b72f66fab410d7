/*
 * threads - a program of many ranks (gv_job.h) whose ranks are threads of one process: for tests
 * where there is no MPI, and under the thread sanitizer.
 *
 *   RANKS=3 [GLOVEBOX_TEST_AT=task:50=cut:2] program [options]
 *
 * The action cut:R (base/gv_test_hook.h): from then on nothing that rank R sends arrives, as if its
 * host were down. With number R + 100 K the next message of rank R is changed in the way K (enum
 * gv_comm_local_lie). Events are counted over all ranks.
 * RANKS_HOSTS=DIR: each rank R but rank 0 works in the folder DIR/R, as a rank does whose host has
 * not the folder that rank 0 works in. Relative paths lead elsewhere for it.
 *
 * Included by the one source file of each such program.
 */
#ifndef TESTS_RANKS_THREADS_H
#define TESTS_RANKS_THREADS_H

#include "app/gv_program.h"
#include "base/gv_test_hook.h"
#include "dist/gv_comm_local.h"
#include "dist/gv_job.h"
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { RANKS_MAX = 16 };

static const gv_job *threads_job;

typedef struct helper {
    pthread_t thread;
    gv_comm_local_net *net;
    const gv_run *run;
    int rank;
} helper;

/* The threads that this one starts work there as well. */
static void enter_host(int rank)
{
    const char *hosts = getenv("RANKS_HOSTS");
    char path[4096];
    if (!hosts)
        return;
    snprintf(path, sizeof path, "%s/%d", hosts, rank);
    if (unshare(CLONE_FS) != 0 || chdir(path) != 0)
        abort();
}

static void *help(void *context)
{
    helper *h = context;
    enter_host(h->rank);
    gv_comm *comm = NULL;
    gv_error error = GV_ERROR_INIT, late = GV_ERROR_INIT;
    int code, status = gv_comm_local_new(&comm, h->net, h->rank, &error);
    if (status != GV_OK)
        return NULL;
    gv_comm_deadline(comm, h->run->config->mpi_deadline_s);
    status = threads_job->work(comm, h->run->config, h->run->dir, &error);
    if (status != GV_OK && status != GV_E_STOPPED)
        gv_comm_report(comm, &error);
    if (gv_comm_wait_end(comm, &code, &late) != GV_OK)
        fprintf(stderr, "%s: rank %d: %s\n", threads_job->program->name, h->rank,
                status != GV_OK ? error.text : late.text);
    gv_comm_local_free(comm);
    return NULL;
}

static void cut(void *net, int number)
{
    enum { RANKS_OF_LIES = 100 };
    int rank = number % RANKS_OF_LIES, lie = number / RANKS_OF_LIES;
    if (lie > 0)
        gv_comm_local_net_lie(net, rank, (enum gv_comm_local_lie)lie);
    else
        gv_comm_local_net_cut(net, rank);
}

static int lead(gv_run *run, gv_comm_local_net *net, gv_error *err)
{
    gv_comm *comm = NULL;
    int status = gv_comm_local_new(&comm, net, 0, err);
    if (status != GV_OK)
        return status;
    gv_comm_deadline(comm, run->config->mpi_deadline_s);
    status = threads_job->coordinate(run, comm, err);
    gv_comm_end(comm, gv_error_exit_code(status, 0));
    gv_comm_local_free(comm);
    return status;
}

static int threads_stage(gv_run *run, gv_error *err)
{
    const char *text = getenv("RANKS");
    int ranks = text ? atoi(text) : 2, started = 1;
    helper helpers[RANKS_MAX];
    gv_comm_local_net *net = NULL;
    if (ranks < 1 || ranks > RANKS_MAX)
        return gv_error_set(err, GV_E_USAGE, "RANKS must be from 1 to %d", RANKS_MAX);
    int status = gv_comm_local_net_new(&net, ranks, err);
    if (status != GV_OK)
        return status;
    gv_test_hook_action("cut", cut, net);
    for (; started < ranks; started++) {
        helpers[started] = (helper){.net = net, .run = run, .rank = started};
        if (pthread_create(&helpers[started].thread, NULL, help, &helpers[started]) != 0)
            abort();
    }
    status = lead(run, net, err);
    for (int rank = 1; rank < started; rank++)
        pthread_join(helpers[rank].thread, NULL);
    gv_comm_local_net_free(net);
    return status;
}

static int threads_main(const gv_job *job, int argc, char **argv)
{
    threads_job = job;
    return gv_program_main(job->program, argc, argv);
}

#endif
