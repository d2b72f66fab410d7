/*
 * What is the same for every transport: queues, keep-alives, lost ranks, how a failure travels.
 *
 * Queues. `out` holds messages that the transport has begun to send; they are freed when it has
 * finished. `kept` holds messages that gv_comm_keep_alive has received while the caller was busy,
 * and those before the one of gv_comm_await; gv_comm_receive takes them first, so that the order is
 * kept.
 *
 * Waiting is polling with pauses that grow from 20 microseconds to 1 millisecond: the first
 * messages of a burst are received at once, and a rank that waits long uses almost no processor
 * time, which on small machines the computing threads need. MPI has no waiting with a time limit.
 *
 * Deadlines. `heard` has the time of the last message from each rank; messages of all kinds count.
 * Only rank 0 watches all ranks, and all watch rank 0: so the number of keep-alives grows with the
 * number of ranks, not with its square, and rank 0 decides for all who is lost.
 */
#include "dist/gv_comm.h"

#include "base/gv_amount.h"
#include "base/gv_clock.h"
#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "dist/gv_comm_internal.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TAG_KEEP_ALIVE = 2, TAG_ERROR, TAG_END, TAG_PROGRESS, TAG_SIGNAL, TAG_LEFT };
_Static_assert((int)TAG_LEFT < (int)GV_TAG_FIRST, "a tag of gv_comm's own is also the caller's");
enum { PAUSE_FIRST_NS = 20000, PAUSE_LAST_NS = 1000000 };
/* Keep-alives may be delayed, by a full network or a busy processor, for most of a deadline. */
enum { KEEP_ALIVES_PER_DEADLINE = 8 };
static const double longest_interval_s = 1, progress_interval_s = 0.25;

/* A message that the transport is sending. */
typedef struct parcel {
    struct parcel *next;
    void *request, *data;
    int to;
} parcel;

struct gv_comm {
    gv_comm_transport *transport;
    parcel *out, **out_end;             /* sent, not left */
    double deadline_s, next_keep_alive; /* the latter in gv_clock_wall_seconds */
    double *heard;                      /* [size] time of the last message from each rank */
    double tended;                      /* when this rank last looked */
    bool *lost, *tolerated;             /* [size] */
    bool *announced;                    /* [size] the caller knows that the rank is lost */
    bool *left;                         /* [size] rank 0: it knows that the job has ended */
    bool reported;                      /* rank 0: the last failure is one that a rank reported */
    bool ended;                         /* TAG_END was received */
    int end_code;
    gv_comm_message *kept; /* received in gv_comm_keep_alive, in order */
    size_t kept_first, kept_end, kept_room;
    unsigned receives; /* calls of gv_comm_receive */
    gv_comm_traffic sent;
    gv_progress *shown;   /* rank 0: borrowed; may be NULL */
    gv_progress *counter; /* other ranks: what they do, for rank 0; may be NULL */
    double next_progress;
};

int gv_comm_new(gv_comm **result, gv_comm_transport *transport, gv_error *err)
{
    *result = NULL;
    size_t size = (size_t)transport->size;
    gv_comm *comm = gv_mem_alloc_zero(1, sizeof *comm, err);
    if (!comm) {
        transport->free(transport);
        return GV_E_MEMORY;
    }
    comm->transport = transport;
    comm->out_end = &comm->out;
    comm->heard = gv_mem_alloc_zero(size, sizeof *comm->heard, err);
    comm->lost = gv_mem_alloc_zero(size, sizeof *comm->lost, err);
    comm->tolerated = gv_mem_alloc_zero(size, sizeof *comm->tolerated, err);
    comm->announced = gv_mem_alloc_zero(size, sizeof *comm->announced, err);
    comm->left = gv_mem_alloc_zero(size, sizeof *comm->left, err);
    if (!comm->heard || !comm->lost || !comm->tolerated || !comm->announced || !comm->left) {
        gv_comm_free(comm);
        return GV_E_MEMORY;
    }
    *result = comm;
    return GV_OK;
}

static int sweep(gv_comm *comm, gv_error *err);

void gv_comm_free(gv_comm *comm)
{
    if (!comm)
        return;
    gv_error quiet = GV_ERROR_INIT;
    sweep(comm, &quiet);
    /* the transport may still read the data of a message that has not left: it is not freed */
    for (parcel *p = comm->out, *next; p; p = next) {
        next = p->next;
        gv_mem_free(p);
    }
    while (comm->kept_first < comm->kept_end)
        gv_comm_message_free(&comm->kept[comm->kept_first++]);
    gv_mem_free(comm->kept);
    comm->transport->free(comm->transport);
    gv_progress_close(comm->counter);
    gv_mem_free(comm->heard);
    gv_mem_free(comm->lost);
    gv_mem_free(comm->tolerated);
    gv_mem_free(comm->announced);
    gv_mem_free(comm->left);
    gv_mem_free(comm);
}

int gv_comm_rank(const gv_comm *comm)
{
    return comm->transport->rank;
}

int gv_comm_size(const gv_comm *comm)
{
    return comm->transport->size;
}

const char *gv_comm_host(const gv_comm *comm, int rank)
{
    return comm->transport->hosts[rank];
}

unsigned gv_comm_ranks_on_host(const gv_comm *comm)
{
    unsigned n = 0;
    for (int rank = 0; rank < gv_comm_size(comm); rank++)
        n += strcmp(gv_comm_host(comm, rank), gv_comm_host(comm, gv_comm_rank(comm))) == 0;
    return n;
}

gv_comm_traffic gv_comm_sent(const gv_comm *comm)
{
    return comm->sent;
}

/* --- sending ---------------------------------------------------------------------------------- */

void *gv_comm_buffer(size_t bytes, gv_error *err)
{
    enum { ALIGNMENT = 64 };
    size_t whole = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    char text[GV_AMOUNT_TEXT];
    void *data = aligned_alloc(ALIGNMENT, whole ? whole : ALIGNMENT);
    if (!data)
        gv_error_set(err, GV_E_MEMORY, "out of memory for a message of %s",
                     gv_amount_bytes(text, (double)bytes));
    return data;
}

void gv_comm_buffer_free(void *data)
{
    free(data);
}

void gv_comm_message_free(gv_comm_message *message)
{
    gv_comm_buffer_free(message->data);
    *message = (gv_comm_message){0};
}

/* Takes `data`, also on failure. */
static int begin_send(gv_comm *comm, int to, unsigned tag, void *data, size_t bytes, gv_error *err)
{
    const gv_comm_message message = {.tag = tag, .bytes = bytes, .data = data};
    parcel *p = gv_mem_alloc_zero(1, sizeof *p, err);
    int status =
        p ? comm->transport->send(comm->transport, &p->request, to, &message, err) : GV_E_MEMORY;
    if (status != GV_OK) {
        gv_comm_buffer_free(data);
        gv_mem_free(p);
        return status;
    }
    p->data = data;
    p->to = to;
    *comm->out_end = p;
    comm->out_end = &p->next;
    return GV_OK;
}

/* Other ranks: tell rank 0 what has been counted. */
static int send_progress(gv_comm *comm, gv_error *err)
{
    gv_progress_share share;
    int status = GV_OK;
    while (status == GV_OK && comm->counter && gv_progress_take(comm->counter, &share)) {
        void *data = gv_comm_buffer(sizeof share, err);
        if (!data)
            return GV_E_MEMORY;
        memcpy(data, &share, sizeof share);
        status = begin_send(comm, 0, TAG_PROGRESS, data, sizeof share, err);
    }
    return status;
}

void gv_comm_show_progress(gv_comm *comm, gv_progress *progress)
{
    comm->shown = progress;
}

gv_progress *gv_comm_count_progress(gv_comm *comm, gv_error *err)
{
    if (!comm->counter && gv_progress_open_counter(&comm->counter, err) != GV_OK)
        return NULL;
    return comm->counter;
}

static void show_progress(gv_comm *comm, const gv_comm_message *message)
{
    gv_progress_share share;
    if (message->bytes != sizeof share)
        return;
    memcpy(&share, message->data, sizeof share);
    share.phase[sizeof share.phase - 1] = '\0';
    gv_progress_add_share(comm->shown, &share);
}

int gv_comm_post(gv_comm *comm, int to, unsigned tag, void *data, size_t bytes, gv_error *err)
{
    char text[GV_AMOUNT_TEXT];
    if (bytes > GV_COMM_MESSAGE_MAX) {
        gv_comm_buffer_free(data);
        return gv_error_set(err, GV_E_MEMORY, "a message of %s is too long",
                            gv_amount_bytes(text, (double)bytes));
    }
    if (comm->lost[to]) {
        gv_comm_buffer_free(data);
        return GV_OK;
    }
    int status = to == 0 ? send_progress(comm, err) : GV_OK;
    if (status != GV_OK) {
        gv_comm_buffer_free(data);
        return status;
    }
    if (to != gv_comm_rank(comm)) {
        comm->sent.bytes += bytes;
        comm->sent.messages++;
    }
    return begin_send(comm, to, tag, data, bytes, err);
}

int gv_comm_send(gv_comm *comm, int to, unsigned tag, const void *data, size_t bytes, gv_error *err)
{
    void *copy = gv_comm_buffer(bytes, err);
    if (!copy)
        return GV_E_MEMORY;
    if (bytes > 0)
        memcpy(copy, data, bytes);
    return gv_comm_post(comm, to, tag, copy, bytes, err);
}

/* Free the messages that have left, wherever they are in the queue: a large one does not hold up
 * the memory of those behind it. */
static int sweep(gv_comm *comm, gv_error *err)
{
    parcel **at = &comm->out;
    int status = GV_OK;
    while (*at && status == GV_OK) {
        parcel *p = *at;
        bool done = false;
        status = comm->transport->sent(comm->transport, p->request, &done, err);
        if (!done) {
            at = &p->next;
            continue;
        }
        *at = p->next;
        gv_comm_buffer_free(p->data);
        gv_mem_free(p);
    }
    comm->out_end = &comm->out;
    while (*comm->out_end)
        comm->out_end = &(*comm->out_end)->next;
    return status;
}

/* --- keep-alives and lost ranks --------------------------------------------------------------- */

/* Whether this rank expects keep-alives from `rank`, and sends its own to it. */
static bool watches(const gv_comm *comm, int rank)
{
    int own = gv_comm_rank(comm);
    return rank != own && (own == 0 || rank == 0);
}

void gv_comm_deadline(gv_comm *comm, double seconds)
{
    double now = gv_clock_wall_seconds();
    comm->deadline_s = seconds;
    comm->next_keep_alive = now;
    for (int rank = 0; rank < gv_comm_size(comm); rank++)
        comm->heard[rank] = now;
}

void gv_comm_tolerate(gv_comm *comm, int rank)
{
    comm->tolerated[rank] = true;
}

void gv_comm_forget(gv_comm *comm, int rank)
{
    comm->lost[rank] = comm->tolerated[rank] = comm->announced[rank] = true;
}

bool gv_comm_is_lost(const gv_comm *comm, int rank)
{
    return comm->lost[rank];
}

static int send_keep_alives(gv_comm *comm, double now, gv_error *err)
{
    double interval = comm->deadline_s / KEEP_ALIVES_PER_DEADLINE;
    comm->next_keep_alive = now + (interval < longest_interval_s ? interval : longest_interval_s);
    int status = GV_OK;
    for (int rank = 0; rank < gv_comm_size(comm) && status == GV_OK; rank++) {
        if (!watches(comm, rank) || comm->lost[rank])
            continue;
        void *nothing = gv_comm_buffer(0, err);
        status = nothing ? begin_send(comm, rank, TAG_KEEP_ALIVE, nothing, 0, err) : GV_E_MEMORY;
    }
    return status;
}

/* Fails at every call as long as a rank that is not tolerated is lost, so that a caller who
 * continues after the first failure, to clean up, cannot wait for that rank for ever. */
static int check_silence(gv_comm *comm, double now, gv_error *err)
{
    for (int rank = 0; rank < gv_comm_size(comm); rank++) {
        if (!watches(comm, rank) || comm->left[rank])
            continue;
        comm->lost[rank] |= now - comm->heard[rank] > comm->deadline_s;
        if (comm->lost[rank] && !comm->tolerated[rank])
            return gv_error_set(err, GV_E_RUNTIME,
                                "no keep-alive from rank %d on host %s for %g s "
                                "(mpi.deadline_s): is the host down, the link cut, or the rank "
                                "out of memory?",
                                rank, gv_comm_host(comm, rank), comm->deadline_s);
    }
    return GV_OK;
}

/* A rank that did not look for long (it was stopped, or got no processor) has not read the
 * keep-alives that came during that time. That time does not count as the others' silence. */
static void forgive_absence(gv_comm *comm, double now)
{
    double absence = now - comm->tended;
    bool long_absence = comm->tended > 0 && absence > comm->deadline_s / 2;
    comm->tended = now;
    for (int rank = 0; long_absence && rank < gv_comm_size(comm); rank++)
        comm->heard[rank] += absence;
}

/* Other ranks: a signal that came here is for rank 0 to decide about. */
static int pass_signal_on(gv_comm *comm, gv_error *err)
{
    int number = gv_comm_rank(comm) > 0 ? gv_signal_take() : 0;
    return number ? gv_comm_send(comm, 0, TAG_SIGNAL, &number, sizeof number, err) : GV_OK;
}

/* Chores between messages: free what has left, send keep-alives, look for lost ranks. */
static int tend(gv_comm *comm, gv_error *err)
{
    int status = sweep(comm, err);
    if (status == GV_OK)
        status = pass_signal_on(comm, err);
    double now = gv_clock_wall_seconds();
    if (status == GV_OK && comm->counter && now >= comm->next_progress) {
        comm->next_progress = now + progress_interval_s;
        status = send_progress(comm, err);
    }
    if (status != GV_OK || comm->deadline_s <= 0)
        return status;
    forgive_absence(comm, now);
    if (now >= comm->next_keep_alive)
        status = send_keep_alives(comm, now, err);
    return status == GV_OK ? check_silence(comm, now, err) : status;
}

/* --- failure and end -------------------------------------------------------------------------- */

/* Content of TAG_ERROR; all ranks run the same build on machines of one kind. */
typedef struct failure {
    int code;
    char text[GV_ERROR_TEXT];
} failure;

void gv_comm_report(gv_comm *comm, const gv_error *error)
{
    failure f = {.code = error->code};
    memcpy(f.text, error->text, sizeof f.text);
    f.text[sizeof f.text - 1] = '\0';
    /* if that fails, rank 0 will miss this rank's keep-alives */
    int unused = gv_comm_send(comm, 0, TAG_ERROR, &f, sizeof f, NULL);
    (void)unused;
}

static int reported(gv_comm *comm, const gv_comm_message *message, gv_error *err)
{
    const failure *f = message->data;
    if (message->bytes != sizeof *f)
        return gv_error_set(err, GV_E_RUNTIME, "rank %d has failed", message->from);
    return gv_error_set(err, f->code > GV_OK && f->code <= GV_E_USAGE ? f->code : GV_E_RUNTIME,
                        "rank %d on host %s: %.1900s", message->from,
                        gv_comm_host(comm, message->from), f->text);
}

/* Content of TAG_END: the exit code, then a byte for each rank: 1 if it is lost. */
void gv_comm_end(gv_comm *comm, int code)
{
    size_t size = (size_t)gv_comm_size(comm);
    for (int rank = 1; rank < gv_comm_size(comm); rank++) {
        uint8_t *message = comm->lost[rank] ? NULL : gv_comm_buffer(sizeof code + size, NULL);
        if (!message)
            continue;
        memcpy(message, &code, sizeof code);
        for (size_t r = 0; r < size; r++)
            message[sizeof code + r] = comm->lost[r];
        int unused = gv_comm_post(comm, rank, TAG_END, message, sizeof code + size, NULL);
        (void)unused; /* as in gv_comm_report, the other way round */
    }
}

/* A rank leaves the job in another way if some ranks are lost (gv_comm_mpi_close), so it needs
 * to know. */
static int ended(gv_comm *comm, const gv_comm_message *message, gv_error *err)
{
    size_t size = (size_t)gv_comm_size(comm);
    const uint8_t *data = message->data;
    comm->ended = true;
    if (message->bytes == sizeof comm->end_code + size) {
        memcpy(&comm->end_code, data, sizeof comm->end_code);
        for (size_t rank = 0; rank < size; rank++)
            if (data[sizeof comm->end_code + rank])
                gv_comm_forget(comm, (int)rank);
    }
    return gv_error_set(err, GV_E_STOPPED, "rank 0 has ended the job");
}

int gv_comm_wait_end(gv_comm *comm, int *code, gv_error *err)
{
    gv_comm_message message = {0};
    while (!comm->ended) {
        gv_error quiet = GV_ERROR_INIT;
        int status = gv_comm_receive(comm, &message, 1, &quiet);
        gv_comm_message_free(&message);
        if (status != GV_OK && !comm->ended)
            return gv_error_set(err, status, "%s", quiet.text);
    }
    *code = comm->end_code;
    return gv_comm_send(comm, 0, TAG_LEFT, NULL, 0, err);
}

static bool all_left(const gv_comm *comm)
{
    bool all = true;
    for (int rank = 1; rank < gv_comm_size(comm); rank++)
        all &= comm->left[rank] || comm->lost[rank];
    return all;
}

int gv_comm_await_others(gv_comm *comm, gv_error *err)
{
    while (!all_left(comm)) {
        gv_comm_message message = {0};
        gv_error cause = GV_ERROR_INIT;
        comm->reported = false;
        int status = gv_comm_receive(comm, &message, 1, &cause);
        gv_comm_message_free(&message);
        /* a rank may have failed before it knew of the end, which comes too late to matter */
        if (status != GV_OK && !comm->reported)
            return gv_error_set(err, status, "%s", cause.text);
    }
    return GV_OK;
}

/* --- receiving -------------------------------------------------------------------------------- */

/* A lost rank whose loss the caller does not know yet, from now on known; -1: none. */
static int next_to_announce(gv_comm *comm)
{
    for (int rank = 0; rank < gv_comm_size(comm); rank++)
        if (comm->lost[rank] && comm->tolerated[rank] && !comm->announced[rank]) {
            comm->announced[rank] = true;
            return rank;
        }
    return -1;
}

/* Rank 0: a signal that another rank received, as if it had come here. */
static int take_signal(const gv_comm_message *message, gv_error *err)
{
    int number = 0;
    if (message->bytes == sizeof number)
        memcpy(&number, message->data, sizeof number);
    if (number != SIGINT && number != SIGTERM && number != SIGHUP)
        return gv_comm_unexpected(message, err);
    if (!gv_signal_pending())
        gv_signal_pretend(number);
    return GV_OK;
}

static int handle_at_rank_0(gv_comm *comm, const gv_comm_message *message, gv_error *err)
{
    switch (message->tag) {
    case TAG_ERROR:
        comm->reported = true;
        return reported(comm, message, err);
    case TAG_PROGRESS:
        show_progress(comm, message);
        return GV_OK;
    case TAG_SIGNAL:
        return take_signal(message, err);
    case TAG_LEFT:
        comm->left[message->from] = true;
        return GV_OK;
    default:
        return gv_comm_unexpected(message, err);
    }
}

/* Handle gv_comm's own messages, and drop late ones of ranks that count as lost: their work has
 * been given to others. What is left in `message` is for the caller. */
static int handle_own(gv_comm *comm, gv_comm_message *message, gv_error *err)
{
    int status = GV_OK;
    bool caller = message->tag >= GV_TAG_FIRST;
    comm->heard[message->from] = gv_clock_wall_seconds();
    if (caller && !comm->lost[message->from])
        return GV_OK;
    if (!caller && message->tag != TAG_KEEP_ALIVE) {
        if (gv_comm_rank(comm) == 0)
            status = handle_at_rank_0(comm, message, err);
        else if (message->tag == TAG_END && message->from == 0)
            status = ended(comm, message, err);
        else
            status = gv_comm_unexpected(message, err);
    }
    gv_comm_message_free(message);
    return status;
}

/* Look once for a message. GV_TAG_NONE: none for the caller, though `*anything` may have come. */
static int look(gv_comm *comm, gv_comm_message *message, bool *anything, gv_error *err)
{
    int rank = next_to_announce(comm);
    *anything = true;
    if (rank >= 0) {
        *message = (gv_comm_message){.from = rank, .tag = GV_TAG_LOST};
        return GV_OK;
    }
    *message = (gv_comm_message){0};
    int status = comm->transport->receive(comm->transport, message, err);
    *anything = message->data != NULL;
    return status == GV_OK && *anything ? handle_own(comm, message, err) : status;
}

static void pause_ns(long ns)
{
    struct timespec pause = {.tv_nsec = ns};
    nanosleep(&pause, NULL);
}

/* Take the first message that gv_comm_keep_alive received. */
static bool take_kept(gv_comm *comm, gv_comm_message *message)
{
    if (comm->kept_first == comm->kept_end)
        return false;
    *message = comm->kept[comm->kept_first++];
    if (comm->kept_first == comm->kept_end)
        comm->kept_first = comm->kept_end = 0;
    return true;
}

int gv_comm_receive(gv_comm *comm, gv_comm_message *message, double wait_s, gv_error *err)
{
    enum { OFTEN = 16 };
    *message = (gv_comm_message){0};
    /* a rank that always finds a message would otherwise never send a keep-alive; the clock and the
     * queue are too slow to look at for each */
    int status = ++comm->receives % OFTEN == 0 ? tend(comm, err) : GV_OK;
    if (status != GV_OK || take_kept(comm, message))
        return status;
    double until = 0;
    long pause = PAUSE_FIRST_NS;
    for (;;) {
        bool anything;
        status = look(comm, message, &anything, err);
        if (status != GV_OK || message->tag != GV_TAG_NONE)
            return status;
        status = tend(comm, err);
        if (status != GV_OK || (wait_s <= 0 && !anything))
            return status;
        if (anything)
            continue;
        double now = gv_clock_wall_seconds();
        if (until == 0)
            until = now + wait_s;
        if (now >= until)
            return GV_OK;
        pause_ns(pause);
        pause = 2 * pause < PAUSE_LAST_NS ? 2 * pause : PAUSE_LAST_NS;
    }
}

static int keep(gv_comm *comm, gv_comm_message *message, gv_error *err)
{
    int status =
        gv_mem_reserve(&comm->kept, &comm->kept_room, comm->kept_end + 1, sizeof *comm->kept, err);
    if (status == GV_OK)
        comm->kept[comm->kept_end++] = *message;
    else
        gv_comm_message_free(message);
    *message = (gv_comm_message){0};
    return status;
}

/* Keep messages ([n]) that came before all that are kept. Frees them on failure. */
static int put_back(gv_comm *comm, gv_comm_message *early, size_t n, gv_error *err)
{
    size_t left = comm->kept_end - comm->kept_first;
    int status = gv_mem_reserve(&comm->kept, &comm->kept_room, n + left, sizeof *comm->kept, err);
    if (status != GV_OK || n == 0) {
        for (size_t i = 0; i < n; i++)
            gv_comm_message_free(&early[i]);
        return status;
    }
    memmove(comm->kept + n, comm->kept + comm->kept_first, left * sizeof *comm->kept);
    memcpy(comm->kept, early, n * sizeof *comm->kept);
    comm->kept_first = 0;
    comm->kept_end = n + left;
    return GV_OK;
}

int gv_comm_await(gv_comm *comm, gv_comm_message *message, unsigned tag, gv_error *err)
{
    gv_comm_message *early = NULL; /* not kept yet: they would be the next that are received */
    size_t n = 0, room = 0;
    int status = gv_comm_receive(comm, message, 1, err);
    while (status == GV_OK && message->tag != tag) {
        if (message->tag != GV_TAG_NONE)
            status = gv_mem_reserve(&early, &room, n + 1, sizeof *early, err);
        if (message->tag != GV_TAG_NONE && status == GV_OK)
            early[n++] = *message;
        else
            gv_comm_message_free(message);
        if (status == GV_OK)
            status = gv_comm_receive(comm, message, 1, err);
    }
    /* what is still kept has come after them */
    int kept = put_back(comm, early, n, status == GV_OK ? err : NULL);
    if (status == GV_OK && kept != GV_OK) {
        gv_comm_message_free(message);
        status = kept;
    }
    gv_mem_free(early);
    return status;
}

int gv_comm_dispatch(gv_comm *comm, double wait_s, gv_comm_handler_fn *handle, void *context,
                     gv_error *err)
{
    gv_comm_message message;
    unsigned tag;
    int status;
    do {
        status = gv_comm_receive(comm, &message, wait_s, err);
        tag = message.tag;
        if (status == GV_OK)
            status = handle(context, &message, err);
        gv_comm_message_free(&message);
        wait_s = 0;
    } while (status == GV_OK && tag != GV_TAG_NONE);
    return status;
}

int gv_comm_unexpected(const gv_comm_message *message, gv_error *err)
{
    return gv_error_set(err, GV_E_RUNTIME, "rank %d sent an unexpected message of kind %u",
                        message->from, message->tag);
}

int gv_comm_keep_alive(gv_comm *comm, gv_error *err)
{
    bool anything = true;
    int status = GV_OK;
    while (anything && status == GV_OK) {
        gv_comm_message message;
        status = look(comm, &message, &anything, err);
        if (status != GV_OK || message.tag == GV_TAG_NONE)
            continue;
        status = keep(comm, &message, err);
    }
    return status == GV_OK ? tend(comm, err) : status;
}

int gv_comm_flush(gv_comm *comm, double wait_s, gv_error *err)
{
    double until = gv_clock_wall_seconds() + wait_s;
    for (;;) {
        int status = sweep(comm, err);
        bool waiting = false;
        for (const parcel *p = comm->out; p; p = p->next)
            waiting |= !comm->lost[p->to];
        if (status != GV_OK || !waiting || gv_clock_wall_seconds() > until)
            return status;
        pause_ns(PAUSE_FIRST_NS);
    }
}
