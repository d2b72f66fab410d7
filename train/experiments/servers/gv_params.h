/*
 * gv_params - parameters in the params of servers: whose a row is, rows and their changes in
 * messages. Shared by Downpour SGD and Sandblaster.
 *
 * Rows are spoken of by segment: key = 2 x segment, + 1 for context rows. Of a segment a message
 * between a server and a replica has the rows that this server holds, in the order of words.
 *
 * Threads: none; params are read-only once made.
 */
#ifndef GV_PARAMS_H
#define GV_PARAMS_H

#include "dist/gv_comm.h"
#include "model/gv_model.h"
#include "store/gv_store.h"

enum {
    GV_TAG_PUT = GV_TAG_FIRST, /* rows that become the server's (rank 0, at the beginning) */
    GV_TAG_FETCH,              /* keys */
    GV_TAG_ROWS,               /* rows, as asked for */
    GV_TAG_PUSH,               /* differences of rows */
    GV_TAG_PUSHED,             /* they were added */
    GV_TAG_WANT,               /* a replica wants a lease */
    GV_TAG_LEASE,
    GV_TAG_DONE,     /* tasks of a lease, whose push was added */
    GV_TAG_GONE,     /* rank 0: this replica is lost */
    GV_TAG_USAGE,    /* rank 0 asks, a server answers: what it used */
    GV_TAG_ROWS_FREE /* tags from here on are free */
};

/* Which server holds which row. */
typedef struct gv_params {
    const gv_store_info *info; /* borrowed */
    unsigned first, end;       /* servers are the ranks `first` to `end` - 1 */
    bool contiguous;           /* a server has whole segments, neighbouring ones */
    uint16_t *owner[2];        /* [vocab_size] rank that has each word row, each context row */
} gv_params;

/* Rows are dealt at random: frequent words, which many ask for, to all servers alike. */
int gv_params_make(gv_params *params, const gv_store_info *info, unsigned first, unsigned end,
                   gv_error *err);
/* The same, but whole segments, consecutive ones to each: a server's rows lie together. */
int gv_params_make_contiguous(gv_params *params, const gv_store_info *info, unsigned first,
                              unsigned end, gv_error *err);
/* Of such shards: the server that has a segment; the segments that a server has: *first to *end - 1.
 */
unsigned gv_params_server(const gv_params *params, uint32_t segment);
void gv_params_segments(uint32_t *first, uint32_t *end, const gv_params *params, unsigned server);
/* The keys of which a server has rows: *first to *end - 1; all keys where rows are dealt at random. */
void gv_params_key_range(uint32_t *first, uint32_t *end, const gv_params *params, unsigned server);
void gv_params_free(gv_params *params);
uint32_t gv_params_keys(const gv_params *params);

/* Ask server `server` for the rows of `n` keys. */
int gv_params_send_fetch(gv_comm *comm, unsigned server, const uint32_t *keys, size_t n,
                         gv_error *err);
/* A server answers (a message GV_TAG_FETCH), or rank 0 puts rows there (tag GV_TAG_PUT). */
int gv_params_answer_fetch(gv_comm *comm, const gv_params *params, const gv_model *model,
                           const gv_comm_message *fetch, gv_error *err);
int gv_params_send_rows(gv_comm *comm, const gv_params *params, const gv_model *model,
                        unsigned server, const uint32_t *keys, size_t n, gv_error *err);
/* Rows have come from server `server`: they become the model's. */
int gv_params_receive_rows(gv_model *model, const gv_params *params, unsigned server,
                           const gv_comm_message *message, gv_error *err);
/* The same in a replica: `model` gets them with what it has changed since `base`, which becomes
 * what came. */
int gv_params_merge_rows(gv_model *model, gv_model *base, const gv_params *params, unsigned server,
                         const gv_comm_message *message, gv_error *err);

/* What a message of differences is about, by the sender. */
typedef struct gv_params_push_label {
    uint32_t number, round;
} gv_params_push_label;

/*
 * Send the differences model - base of the rows of these keys that `server` has; `base` becomes
 * `model` there. With `base` NULL: send the rows that are not all zero, and zero them. `*sent` is
 * false if there were none, and no message: unless `even_none`.
 */
int gv_params_send_push(bool *sent, gv_comm *comm, const gv_params *params, gv_model *model,
                        gv_model *base, unsigned server, const uint32_t *keys, size_t n,
                        unsigned tag, gv_params_push_label label, bool even_none, gv_error *err);
/* The label of such a message. */
int gv_params_read_label(gv_params_push_label *label, const gv_comm_message *message,
                         gv_error *err);
/* A server adds them to its rows. */
int gv_params_add_push(gv_model *model, const gv_params *params, unsigned server,
                       const gv_comm_message *message, gv_error *err);
/* The same, and says so: GV_TAG_PUSHED with the label's number. */
int gv_params_receive_push(gv_comm *comm, const gv_params *params, gv_model *model, unsigned server,
                           const gv_comm_message *message, gv_error *err);

/* A server hears of a lost rank (GV_TAG_GONE), which gets no answers any more. */
int gv_params_forget_rank(gv_comm *comm, const gv_comm_message *message, gv_error *err);

#endif
