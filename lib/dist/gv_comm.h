/*
 * gv_comm - messages between the ranks of one job: the only way in which they know of each other.
 *
 * A job has `size` ranks, numbered from 0, each a process of its own (MPI, gv_comm_mpi.h) or, in
 * tests, a thread (gv_comm_local.h). Messages between two ranks arrive in the order in which they
 * were sent. Sending does not wait: what is sent is kept here until it has left.
 *
 * Nobody waits for ever. Every rank gives rank 0 a sign of life, and rank 0 gives one to every
 * rank, as often as its deadline asks; a rank that has been silent for longer than the deadline is
 * lost. That is a failure which names rank and host, unless rank 0 has said that it can do without
 * that rank (gv_comm_tolerate). Signs of life are given from within gv_comm_receive and
 * gv_comm_keep_alive, so a rank has to call one of them several times per deadline (or let gv_comm_run_background
 * do it).
 *
 * A rank that fails says so to rank 0 (gv_comm_report), where the next gv_comm_receive fails with
 * its error; rank 0 ends the job for all (gv_comm_end), upon which theirs fails with GV_E_STOPPED.
 *
 * Threads: a gv_comm is used by one thread, the one that made it (MPI_THREAD_FUNNELED).
 */
#ifndef GV_COMM_H
#define GV_COMM_H

#include "base/gv_error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    GV_COMM_MESSAGE_MAX = 1 << 30, /* bytes of one message */
    GV_COMM_HOST_MAX = 64          /* a host's name, longer ones are cut */
};

/* Kinds of message below this one are gv_comm's own. */
enum { GV_TAG_NONE = 0, GV_TAG_LOST = 1, GV_TAG_FIRST = 8 };

typedef struct gv_comm_message {
    int from;
    unsigned tag; /* GV_TAG_NONE: there was none; GV_TAG_LOST: rank `from`, which was tolerated, is
                     lost (said once) */
    size_t bytes;
    void *data; /* owned by the receiver: gv_comm_message_free; 64-byte aligned */
} gv_comm_message;

typedef struct gv_comm gv_comm;

int gv_comm_rank(const gv_comm *comm);
int gv_comm_size(const gv_comm *comm);
/* Name of a rank's host (borrowed). */
const char *gv_comm_host(const gv_comm *comm, int rank);
/* Number of ranks on the same host as this one, itself included. */
unsigned gv_comm_ranks_on_host(const gv_comm *comm);

/* Seconds of silence after which a rank is lost; 0: never. All ranks must set the same, before they
 * wait for each other. Until then nobody is ever lost. */
void gv_comm_deadline(gv_comm *comm, double seconds);
/* Rank 0: losing `rank` is no failure. (An error that it reports is.) */
void gv_comm_tolerate(gv_comm *comm, int rank);
/* Other ranks: `rank`, which rank 0 knows to be lost, is sent nothing any more. */
void gv_comm_forget(gv_comm *comm, int rank);
bool gv_comm_is_lost(const gv_comm *comm, int rank);

/* Send a copy of `bytes` bytes. To a rank that is lost: dropped. `to` may be this rank. */
int gv_comm_send(gv_comm *comm, int to, unsigned tag, const void *data, size_t bytes,
                 gv_error *err);
/* The same without a copy: `data` comes from gv_comm_buffer and belongs to `comm` from here on,
 * whatever happens. */
int gv_comm_post(gv_comm *comm, int to, unsigned tag, void *data, size_t bytes, gv_error *err);
/* Memory for gv_comm_post; NULL on failure. Freed by gv_comm_buffer_free if it is not sent. */
void *gv_comm_buffer(size_t bytes, gv_error *err);
void gv_comm_buffer_free(void *data);

/* Wait for the next message, `wait_s` seconds at most. It is GV_OK with GV_TAG_NONE when there was
 * none; for how to fail see above. `*message` is set in any case. */
int gv_comm_receive(gv_comm *comm, gv_comm_message *message, double wait_s, gv_error *err);
void gv_comm_message_free(gv_comm_message *message);

/* What is done with a message, which may also be none (GV_TAG_NONE). */
typedef int gv_comm_handler_fn(void *context, const gv_comm_message *message, gv_error *err);
/* Receive a message, then what else is there, and digest each. */
int gv_comm_dispatch(gv_comm *comm, double wait_s, gv_comm_handler_fn *digest, void *context,
                     gv_error *err);
/* GV_E_RUNTIME: the sender does not keep to the protocol. */
int gv_comm_unexpected(const gv_comm_message *message, gv_error *err);

/* Signs of life, from within long work. Messages that come are kept for gv_comm_receive. */
int gv_comm_keep_alive(gv_comm *comm, gv_error *err);
/* Let another thread do `work`, and stay in touch meanwhile. Where the job fails, threads that heed
 * gv_signal_check are stopped; returned is that failure, else what `work` returned. With `comm` NULL,
 * as where there are no other ranks, it is just done. */
int gv_comm_run_background(gv_comm *comm, int (*work)(void *context, gv_error *err), void *context,
                           gv_error *err);
/* Wait until everything sent to ranks that are not lost has left, `wait_s` seconds at most. */
int gv_comm_flush(gv_comm *comm, double wait_s, gv_error *err);

/* Tell rank 0 that this rank has failed. */
void gv_comm_report(gv_comm *comm, const gv_error *error);
/* Rank 0: the job is over, exit with `code`; sent to all that are not lost. */
void gv_comm_end(gv_comm *comm, int code);
/* Other ranks: wait for it; `*code` receives the code. */
int gv_comm_wait_end(gv_comm *comm, int *code, gv_error *err);

/* Payload bytes that this rank has sent to others, and in how many messages, signs of life not
 * counted. */
typedef struct gv_comm_traffic {
    uint64_t bytes, messages;
} gv_comm_traffic;
gv_comm_traffic gv_comm_sent(const gv_comm *comm);

#endif
