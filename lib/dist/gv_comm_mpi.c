/*
 * The only user of MPI.
 *
 * Receiving. MPI_Improbe finds the next message, gives its length, and reserves it; MPI_Imrecv then
 * receives it without blocking into memory of that length. Several can be on their way at once (the
 * list of arrivals). They are delivered as they complete, but never before an earlier one of the
 * same sender, which keeps the order that gv_comm promises. So a large message whose sender has
 * died in the middle holds up that sender's messages only.
 *
 * Sending. MPI_Isend; the request is tested until it has completed, and the data kept until then.
 *
 * Errors. MPI returns codes instead of ending the job (MPI_ERRORS_RETURN), so that a lost rank can
 * be tolerated.
 */
#include "dist/gv_comm_mpi.h"

#include "base/gv_mem.h"
#include "base/gv_test_hook.h"
#include "dist/gv_comm_internal.h"
#include "dist/gv_comm_local.h"
#include "dist/gv_rank_watch.h"
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

typedef struct arrival {
    struct arrival *next;
    MPI_Request request;
    gv_comm_message message;
} arrival;

typedef struct mpi_transport {
    gv_comm_transport transport; /* first: it is one */
    char (*hosts)[GV_COMM_HOST_MAX];
    arrival *first, **end; /* being received, in the order of arrival */
} mpi_transport;

/* GV_OK, or an error with MPI's own text. */
static int check(int code, const char *what, gv_error *err)
{
    char text[MPI_MAX_ERROR_STRING] = "";
    int length = 0;
    if (code == MPI_SUCCESS)
        return GV_OK;
    MPI_Error_string(code, text, &length);
    return gv_error_set(err, GV_E_RUNTIME, "MPI could not %s: %.*s", what, length, text);
}

static int mpi_send(gv_comm_transport *transport, void **request, int to,
                    const gv_comm_message *message, gv_error *err)
{
    (void)transport;
    MPI_Request *slot = gv_mem_alloc(1, sizeof(MPI_Request), err);
    if (!slot)
        return GV_E_MEMORY;
    int status = check(MPI_Isend(message->data, (int)message->bytes, MPI_BYTE, to,
                                 (int)message->tag, MPI_COMM_WORLD, slot),
                       "send", err);
    if (status != GV_OK)
        gv_mem_free(slot);
    else
        *request = slot;
    return status;
}

static int mpi_sent(gv_comm_transport *transport, void *request, bool *done, gv_error *err)
{
    (void)transport;
    int flag = 0;
    MPI_Request *slot = request;
    int status = check(MPI_Test(slot, &flag, MPI_STATUS_IGNORE), "send", err);
    *done = flag != 0;
    if (*done)
        gv_mem_free(slot);
    return status;
}

/* Begin to receive the next message, if there is one. */
static int begin_receive(mpi_transport *self, gv_error *err)
{
    int flag = 0, bytes = 0;
    MPI_Message handle;
    MPI_Status about;
    int status =
        check(MPI_Improbe(MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &flag, &handle, &about),
              "look for messages", err);
    if (status != GV_OK || !flag)
        return status;
    MPI_Get_count(&about, MPI_BYTE, &bytes);
    arrival *a = gv_mem_alloc_zero(1, sizeof *a, err);
    void *data = a ? gv_comm_buffer((size_t)bytes, err) : NULL;
    if (!data) {
        gv_mem_free(a);
        return GV_E_MEMORY;
    }
    a->message = (gv_comm_message){about.MPI_SOURCE, (unsigned)about.MPI_TAG, (size_t)bytes, data};
    status = check(MPI_Imrecv(data, bytes, MPI_BYTE, &handle, &a->request), "receive", err);
    if (status != GV_OK) {
        gv_comm_buffer_free(data);
        gv_mem_free(a);
        return status;
    }
    *self->end = a;
    self->end = &a->next;
    return GV_OK;
}

/* Whether an earlier message of the same sender has not been delivered yet. */
static bool overtakes(const mpi_transport *self, const arrival *late)
{
    for (const arrival *a = self->first; a != late; a = a->next)
        if (a->message.from == late->message.from)
            return true;
    return false;
}

static int mpi_receive(gv_comm_transport *transport, gv_comm_message *message, gv_error *err)
{
    mpi_transport *self = (mpi_transport *)transport;
    *message = (gv_comm_message){0};
    int status = begin_receive(self, err);
    for (arrival **at = &self->first; *at && status == GV_OK; at = &(*at)->next) {
        arrival *a = *at;
        int done = 0;
        if (overtakes(self, a))
            continue;
        status = check(MPI_Test(&a->request, &done, MPI_STATUS_IGNORE), "receive", err);
        if (status != GV_OK || !done)
            continue;
        *message = a->message;
        *at = a->next;
        if (!a->next)
            self->end = at;
        gv_mem_free(a);
        return GV_OK;
    }
    return status;
}

static void mpi_free(gv_comm_transport *transport)
{
    mpi_transport *self = (mpi_transport *)transport;
    for (arrival *a = self->first, *next; a;
         a = next) { /* MPI may still write to their data: not freed */
        next = a->next;
        gv_mem_free(a);
    }
    gv_mem_free(self->hosts);
    gv_mem_free(self);
}

static int learn_hosts(mpi_transport *self, gv_error *err)
{
    char own[GV_COMM_HOST_MAX] = "";
    gethostname(own, sizeof own - 1);
    self->hosts = gv_mem_alloc_zero((size_t)self->transport.size, sizeof *self->hosts, err);
    if (!self->hosts)
        return GV_E_MEMORY;
    self->transport.hosts = (const char(*)[GV_COMM_HOST_MAX])self->hosts;
    return check(
        MPI_Allgather(own, sizeof own, MPI_CHAR, self->hosts, sizeof own, MPI_CHAR, MPI_COMM_WORLD),
        "learn the hosts' names", err);
}

/* Where MPI lacks memory at its start, it ends the process behind many lines that do not say so. */
static int check_room(gv_error *err)
{
    enum { LEAST_MB = 64 };
    const size_t least = (size_t)LEAST_MB << 20;
    void *room = mmap(NULL, least, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char host[GV_COMM_HOST_MAX] = "";
    if (room != MAP_FAILED) {
        munmap(room, least);
        return GV_OK;
    }
    gethostname(host, sizeof host - 1);
    return gv_error_set_errno(err, "no %d MiB of memory for MPI on host %s (ulimit -v)", LEAST_MB,
                              host);
}

int gv_comm_mpi_open(gv_comm **comm, int *argc, char ***argv, gv_error *err)
{
    int level;
    *comm = NULL;
    int status = check_room(err);
    if (status == GV_OK)
        status = check(MPI_Init_thread(argc, argv, MPI_THREAD_FUNNELED, &level), "start", err);
    if (status != GV_OK)
        return status;
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    if (level < MPI_THREAD_FUNNELED)
        return gv_error_set(
            err, GV_E_RUNTIME,
            "this MPI library does not support threads (MPI_THREAD_FUNNELED is needed)");
    mpi_transport *self = gv_mem_alloc_zero(1, sizeof *self, err);
    if (!self)
        return GV_E_MEMORY;
    self->transport = (gv_comm_transport){
        .send = mpi_send, .sent = mpi_sent, .receive = mpi_receive, .free = mpi_free};
    self->end = &self->first;
    MPI_Comm_rank(MPI_COMM_WORLD, &self->transport.rank);
    MPI_Comm_size(MPI_COMM_WORLD, &self->transport.size);
    status = learn_hosts(self, err);
    if (status != GV_OK) {
        mpi_free(&self->transport);
        return status;
    }
    return gv_comm_new(comm, &self->transport, err);
}

static bool any_lost(const gv_comm *comm)
{
    for (int rank = 0; comm && rank < gv_comm_size(comm); rank++)
        if (gv_comm_is_lost(comm, rank))
            return true;
    return false;
}

void gv_comm_mpi_close(gv_comm *comm, int code, bool orderly)
{
    static const double flush_s = 5; /* enough for the end of the job to reach all ranks */
    bool lost = any_lost(comm);
    int unused = comm ? gv_comm_flush(comm, flush_s, NULL) : GV_OK; /* the job ends in any case */
    (void)unused;
    fflush(NULL);
    int started = 0;
    MPI_Initialized(&started);
    if (!started) {
        _exit(code); /* which ends the job */
    } else if (!orderly) {
        MPI_Abort(MPI_COMM_WORLD, code);
    } else if (!lost) {
        gv_comm_free(comm);
        gv_test_hook(GV_TEST_HOOK_END);
        MPI_Finalize();
        gv_rank_watch_leave();
    }
    _exit(code);
}

/* The value of the first of these environment variables that is set; NULL: none. */
static const char *variable(const char *const *names)
{
    const char *value = NULL;
    for (; *names && !value; names++)
        value = getenv(*names);
    return value;
}

/* mpirun or srun has started this process as one of several. */
static bool launched(void)
{
    static const char *const names[] = {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK", "PMI_SIZE",
                                        "SLURM_STEP_ID",        NULL};
    return variable(names) != NULL;
}

/* The answer to --help or to a mistake: every rank could give it, the first one does. */
static int answer(const gv_job *job, int argc, char **argv)
{
    static const char *const names[] = {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK",
                                        "SLURM_PROCID", NULL};
    const char *rank = variable(names);
    return !rank || strcmp(rank, "0") == 0 ? gv_program_main(job->program, argc, argv) : 0;
}

/* The only rank, which needs no messages but those to itself. */
static int run_alone(const gv_job *job, int argc, char **argv)
{
    gv_error error = GV_ERROR_INIT;
    gv_comm_local_net *net = NULL;
    gv_comm *comm = NULL;
    bool orderly;
    int code, status = gv_comm_local_net_new(&net, 1, &error);
    if (status == GV_OK)
        status = gv_comm_local_new(&comm, net, 0, &error);
    if (status == GV_OK) {
        code = gv_job_main(job, comm, argc, argv, &orderly);
    } else {
        fprintf(stderr, "%s: error: %s\n", job->program->name, error.text);
        code = gv_error_exit_code(status, 0);
    }
    gv_comm_local_free(comm);
    gv_comm_local_net_free(net);
    return code;
}

/* Where /sys cannot be read, the library by which Open MPI learns the shape of the machine prints
 * lines that are of no use to anybody. */
static void silence_hwloc(void)
{
    if (access("/sys/devices/system/cpu", R_OK) != 0)
        setenv("HWLOC_HIDE_ERRORS", "2", 0);
}

void gv_comm_mpi_main(const gv_job *job, int argc, char **argv)
{
    const char *name = job->program->name;
    gv_error error = GV_ERROR_INIT;
    gv_comm *comm = NULL;
    bool orderly = false;
    if (!gv_program_has_work(job->program, argc, argv))
        exit(answer(job, argc, argv));
    if (!launched())
        exit(run_alone(job, argc, argv));
    silence_hwloc();
    double deadline_s = gv_job_deadline(job, argc, argv);
    if (gv_test_hook_install(&error) == GV_OK) /* otherwise the program tells it below */
        gv_test_hook(GV_TEST_HOOK_START);
    error = (gv_error)GV_ERROR_INIT;
    gv_rank_watch_begin(GV_RANK_WATCH_START, name, deadline_s, 0);
    int code = gv_error_exit_code(gv_comm_mpi_open(&comm, &argc, &argv, &error), 0);
    if (!comm || gv_comm_rank(comm) == 0)
        gv_rank_watch_end();
    if (comm)
        code = gv_job_main(job, comm, argc, argv, &orderly);
    else
        fprintf(stderr, "%s: error: %s\n", name, error.text);
    gv_rank_watch_begin(GV_RANK_WATCH_END, name, deadline_s, code);
    gv_comm_mpi_close(comm, code, orderly);
}
