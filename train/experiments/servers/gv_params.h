/*
 * gv_params - parameters on servers: which server holds which row, and rows and their changes in
 * messages. Shared by Downpour SGD and Sandblaster.
 *
 * Rows are named by segment: key = 2 x segment, + 1 for context rows. Of a key, a message between
 * a server and another rank has the rows that this server holds, in the order of words.
 *
 * All functions that read a message check it: GV_E_RUNTIME naming the sender if it does not have
 * the expected form.
 *
 * Threads: pure functions, but for the rank's gv_comm; a gv_params is read-only once it is made.
 */
#ifndef GV_PARAMS_H
#define GV_PARAMS_H

#include "dist/gv_comm.h"
#include "model/gv_model.h"
#include "store/gv_store.h"

/* Kinds of message of engines with servers. */
enum {
    GV_TAG_PUT = GV_TAG_FIRST, /* rank 0 to server: rows that it now holds */
    GV_TAG_FETCH,              /* to server: keys whose rows are wanted */
    GV_TAG_ROWS,               /* from server: these rows */
    GV_TAG_PUSH,               /* to server: differences of rows */
    GV_TAG_PUSHED,             /* from server: they were added */
    GV_TAG_WANT,               /* to rank 0: this rank has room for work */
    GV_TAG_LEASE,              /* rank 0 to replica: tasks (gv_downpour_lease.h) */
    GV_TAG_DONE,               /* replica to rank 0: tasks whose push was added */
    GV_TAG_GONE,               /* rank 0 to server: this rank is lost */
    GV_TAG_USAGE,              /* rank 0 asks, a server answers: what it used (gv_usage.h) */
    GV_TAG_ROWS_FREE           /* tags from here on are free */
};

/* Which server holds which row. */
typedef struct gv_params {
    const gv_store_info *info; /* borrowed */
    unsigned first, end;       /* servers are the ranks `first` to `end` - 1 */
    bool contiguous;           /* a server has whole segments, neighbouring ones */
    uint16_t *owner[2];        /* [vocab_size] rank that has each word row, each context row */
} gv_params;

/* Keys, and so rows. */
typedef struct gv_params_list {
    const uint32_t *keys; /* [n] borrowed */
    size_t n;
} gv_params_list;

/* Deal rows to the servers at random, so that frequent words, which many ask for, are spread over
 * all. Free with gv_params_free, also after an error (GV_E_MEMORY). */
GV_MUST_USE int gv_params_make(gv_params *params, const gv_store_info *info, unsigned first,
                               unsigned end, gv_error *err);
/* Deal whole segments, consecutive ones to each server, so that its rows are together. */
GV_MUST_USE int gv_params_make_contiguous(gv_params *params, const gv_store_info *info,
                                          unsigned first, unsigned end, gv_error *err);
void gv_params_free(gv_params *params);

/* Number of keys: two a segment. */
uint32_t gv_params_keys(const gv_params *params);
/* The keys of which a server has rows: *first to *end - 1. All keys where rows are dealt at
 * random. */
void gv_params_key_range(uint32_t *first, uint32_t *end, const gv_params *params, unsigned server);
/* Where they are contiguous: the server that has a segment; the segments that a server has, *first
 * to *end - 1. */
unsigned gv_params_server(const gv_params *params, uint32_t segment);
void gv_params_segments(uint32_t *first, uint32_t *end, const gv_params *params, unsigned server);

/* Ask a server for rows (GV_TAG_FETCH). */
GV_MUST_USE int gv_params_send_fetch(gv_comm *comm, unsigned server, gv_params_list list,
                                     gv_error *err);
/* A server answers that message with rows of `model` (GV_TAG_ROWS). */
GV_MUST_USE int gv_params_answer_fetch(gv_comm *comm, const gv_params *params,
                                       const gv_model *model, const gv_comm_message *fetch,
                                       gv_error *err);
/* Rank 0 sends a server its rows of `model` (GV_TAG_PUT). */
GV_MUST_USE int gv_params_send_rows(gv_comm *comm, const gv_params *params, const gv_model *model,
                                    unsigned server, gv_params_list list, gv_error *err);
/* Rows of `server` have arrived: they become the model's. */
GV_MUST_USE int gv_params_receive_rows(gv_model *model, const gv_params *params, unsigned server,
                                       const gv_comm_message *message, gv_error *err);
/* The same in a replica: each row of `model` becomes what arrived plus what the replica changed,
 * model - base; `base` becomes what arrived. */
GV_MUST_USE int gv_params_merge_rows(gv_model *model, gv_model *base, const gv_params *params,
                                     unsigned server, const gv_comm_message *message,
                                     gv_error *err);

/* A replica's changes for a server. */
typedef struct gv_params_push {
    const gv_model *model;
    gv_model *base;      /* becomes `model` in the rows that are sent */
    gv_params_list list; /* of the rows that may have changed */
    uint32_t number;     /* of the push; comes back with GV_TAG_PUSHED */
} gv_params_push;

/* Send the differences model - base of those of the rows that `server` has (GV_TAG_PUSH). `*sent`
 * is false, and there is no message, if no row has changed. */
GV_MUST_USE int gv_params_send_push(bool *sent, gv_comm *comm, const gv_params *params,
                                    unsigned server, const gv_params_push *push, gv_error *err);
/* Server number `server` adds them to its rows, and confirms with GV_TAG_PUSHED. */
GV_MUST_USE int gv_params_receive_push(gv_comm *comm, const gv_params *params, gv_model *model,
                                       unsigned server, const gv_comm_message *message,
                                       gv_error *err);

/* A server learns that a rank is lost (GV_TAG_GONE): it sends that rank no more answers. */
GV_MUST_USE int gv_params_forget_rank(gv_comm *comm, const gv_comm_message *message, gv_error *err);

#endif
