/*
 * gv_comm - messages between the ranks of one job: the only way in which they communicate.
 *
 * A job has `size` ranks, numbered from 0. Each is a process of its own (MPI, gv_comm_mpi.h) or, in
 * tests, a thread (gv_comm_local.h).
 *
 * Order. Messages from one rank to another arrive in the order in which they were sent. Nothing is
 * said about messages of different senders. Sending never waits: gv_comm keeps a message until the
 * transport has taken all of it.
 *
 * Deadlines. No rank waits for ever. Every rank sends keep-alives to rank 0, and rank 0 sends them
 * to every rank, eight per deadline and at least one a second. A rank from which no message of any
 * kind has come for longer than the deadline is lost. That is a failure which names rank and host,
 * unless rank 0 has declared that it can do without that rank (gv_comm_tolerate). Keep-alives are
 * sent from within gv_comm_receive and gv_comm_keep_alive: a rank must call one of them several
 * times per deadline, or move long work to gv_comm_run_background, which calls it while the work
 * runs.
 *
 * Failures. A rank that fails reports its error to rank 0 (gv_comm_report), where the next
 * gv_comm_receive fails with it. Rank 0 then ends the job for all (gv_comm_end), and receiving
 * fails with GV_E_STOPPED on the other ranks.
 *
 * Signals. Rank 0 alone decides to stop. Other ranks pass a signal on to it if they keep it for
 * that (gv_signal_pass_on); there it is as if it had come to rank 0 itself (gv_signal_pretend).
 *
 * Errors of all functions: GV_E_MEMORY, GV_E_RUNTIME (transport, lost rank, a message that breaks
 * the protocol), the reported error of another rank, GV_E_STOPPED. After any of them the object can
 * still be flushed, ended and freed.
 *
 * Threads: a gv_comm is used by one thread, the one that made it (MPI_THREAD_FUNNELED).
 */
#ifndef GV_COMM_H
#define GV_COMM_H

#include "base/gv_error.h"
#include "base/gv_progress.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    GV_COMM_MESSAGE_MAX = 1 << 30, /* bytes of one message */
    GV_COMM_HOST_MAX = 64          /* room for a host's name with its 0; longer ones are cut */
};

/* Tags say what kind of message it is. Those below GV_TAG_FIRST are gv_comm's own. */
enum { GV_TAG_NONE = 0, GV_TAG_LOST = 1, GV_TAG_FIRST = 8 };

typedef struct gv_comm_message {
    int from;
    unsigned tag; /* GV_TAG_NONE: no message; GV_TAG_LOST: rank `from`, which was tolerated, is lost
                     (delivered once) */
    size_t bytes;
    void *data; /* 64-byte aligned; the receiver frees it: gv_comm_message_free */
} gv_comm_message;

typedef struct gv_comm gv_comm;

/* --- ranks and hosts --- */

int gv_comm_rank(const gv_comm *comm);
int gv_comm_size(const gv_comm *comm);
/* Name of a rank's host (borrowed). */
const char *gv_comm_host(const gv_comm *comm, int rank);
/* Number of ranks on the same host as this one, itself included. */
unsigned gv_comm_ranks_on_host(const gv_comm *comm);

/* --- lost ranks --- */

/* Seconds of silence after which a rank is lost; 0: never. All ranks set the same value before they
 * wait for each other; until then none is ever lost. */
void gv_comm_deadline(gv_comm *comm, double seconds);
/* Rank 0: losing `rank` is not a failure. (An error that it reports still is.) */
void gv_comm_tolerate(gv_comm *comm, int rank);
/* Other ranks: rank 0 says that `rank` is lost; send it nothing from now on. */
void gv_comm_forget(gv_comm *comm, int rank);
bool gv_comm_is_lost(const gv_comm *comm, int rank);

/* --- sending --- */

/* Send a copy of `bytes` bytes to rank `to`, which may be this one. To a lost rank: dropped. */
GV_MUST_USE int gv_comm_send(gv_comm *comm, int to, unsigned tag, const void *data, size_t bytes,
                             gv_error *err);
/* The same without a copy: `data` comes from gv_comm_buffer and belongs to `comm` from here on,
 * also on failure. */
GV_MUST_USE int gv_comm_post(gv_comm *comm, int to, unsigned tag, void *data, size_t bytes,
                             gv_error *err);
/* Memory for gv_comm_post; NULL on failure. If it is not sent, the caller frees it with
 * gv_comm_buffer_free, which accepts NULL. */
void *gv_comm_buffer(size_t bytes, gv_error *err);
void gv_comm_buffer_free(void *data);

/* --- receiving --- */

/* Wait for the next message, `wait_s` seconds at most. No message in that time is GV_OK with
 * GV_TAG_NONE. `*message` is set in any case. */
GV_MUST_USE int gv_comm_receive(gv_comm *comm, gv_comm_message *message, double wait_s,
                                gv_error *err);
/* Wait for the next message with this tag, however long it takes. Those that come before it, from
 * ranks that are ahead, are kept for gv_comm_receive. */
GV_MUST_USE int gv_comm_await(gv_comm *comm, gv_comm_message *message, unsigned tag, gv_error *err);
/* Free the data, and make it a message with GV_TAG_NONE. */
void gv_comm_message_free(gv_comm_message *message);

/* Handles a message, which is borrowed; also called once with GV_TAG_NONE when no more is there. */
typedef int gv_comm_handler_fn(void *context, const gv_comm_message *message, gv_error *err);
/* Wait up to `wait_s` seconds for a message, then take all that have arrived, and call `handle` for
 * each. Stops at the first failure. */
GV_MUST_USE int gv_comm_dispatch(gv_comm *comm, double wait_s, gv_comm_handler_fn *handle,
                                 void *context, gv_error *err);
/* Returns GV_E_RUNTIME: the sender breaks the protocol. */
GV_MUST_USE int gv_comm_unexpected(const gv_comm_message *message, gv_error *err);

/* --- long work --- */

/* Send keep-alives where they are due, and check those of others. Messages that arrive are queued
 * for gv_comm_receive. */
GV_MUST_USE int gv_comm_keep_alive(gv_comm *comm, gv_error *err);
/* Run `work` in another thread, and keep the connection alive while it runs. If the job fails,
 * threads that heed gv_signal_check stop; the result is then that failure, else what `work`
 * returned. Returns only after `work` has. `comm` NULL, where there are no other ranks: just calls
 * `work`. */
GV_MUST_USE int gv_comm_run_background(gv_comm *comm, int (*work)(void *context, gv_error *err),
                                       void *context, gv_error *err);
/* Wait until all messages to ranks that are not lost have left, `wait_s` seconds at most. */
GV_MUST_USE int gv_comm_flush(gv_comm *comm, double wait_s, gv_error *err);

/* --- progress --- */

/* Rank 0: show in `progress` (borrowed; NULL: no longer) what the other ranks count. */
void gv_comm_show_progress(gv_comm *comm, gv_progress *progress);
/* Other ranks: a progress that rank 0 shows. It is told what was counted while this rank tends its
 * connections (as in gv_comm_run_background), and before any other message to it: so rank 0 knows
 * all of a phase when it knows its result. NULL on failure; belongs to `comm`. */
gv_progress *gv_comm_count_progress(gv_comm *comm, gv_error *err);

/* --- failure and end --- */

/* Other ranks: report to rank 0 that this rank has failed. */
void gv_comm_report(gv_comm *comm, const gv_error *error);
/* Rank 0: tell all ranks that are not lost that the job is over, with this exit code. */
void gv_comm_end(gv_comm *comm, int code);
/* Rank 0, after that: wait until the other ranks know it; messages that still come are dropped. A
 * rank that stays silent is a failure as everywhere. */
GV_MUST_USE int gv_comm_await_others(gv_comm *comm, gv_error *err);
/* Other ranks: wait for the end, and tell rank 0 that it is known here; `*code` receives the exit
 * code. */
GV_MUST_USE int gv_comm_wait_end(gv_comm *comm, int *code, gv_error *err);

/* --- measurement --- */

/* What this rank has sent to others: bytes of data, and messages; keep-alives are not counted. */
typedef struct gv_comm_traffic {
    uint64_t bytes, messages;
} gv_comm_traffic;
gv_comm_traffic gv_comm_sent(const gv_comm *comm);

#endif
