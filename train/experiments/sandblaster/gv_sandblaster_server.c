/*
 * A parameter server: the rows of some segments in all vectors.
 *
 * Commands that are not answered wait for the next that is. Then all of them are carried out slice
 * by slice, a slice being a segment's word rows or its context rows: so what one command leaves is
 * still in the processor's cache when the next wants it, and each vector passes through memory
 * about once for all of them together.
 */
#include "base/gv_mem.h"
#include "base/gv_threads.h"
#include "kernel/gv_linalg.h"
#include "model/gv_lbfgs.h"
#include "train/experiments/sandblaster/gv_sandblaster.h"
#include "train/experiments/sandblaster/gv_sandblaster_internal.h"
#include "train/experiments/servers/gv_server.h"
#include <string.h>

enum {
    VECTORS = GV_LBFGS_VECTORS(GV_SANDBLASTER_HISTORY),
    PENDING_MOST = 16,      /* commands that wait to be carried out together */
    THREAD_FLOATS = 1 << 18 /* of a vector, for which a thread is worth its start */
};

typedef struct server {
    gv_server base;
    unsigned threads;
    gv_model *vector[VECTORS]; /* rows of other servers are not touched, and take no memory */
    uint32_t first, end;       /* segments */
    gv_sandblaster_command pending[PENDING_MOST];
    size_t pending_n;
    double *parts;     /* [2 (end - first)] of the last dot product, by slice */
    unsigned gradient; /* vector where gradients go */
    uint32_t evaluation;
    bool *taken; /* [keys] whose gradient has come */
} server;

/* --- vectors ---------------------------------------------------------------------------------- */

/* Slice `slice` of a vector, of `*n` floats. */
static float *slice_of(const server *s, unsigned vector, size_t slice, size_t *n)
{
    const gv_model *m = s->vector[vector];
    const uint32_t *first = s->base.params.info->segment_first + s->first + slice / 2;
    *n = (first[1] - first[0]) * m->stride;
    return (slice % 2 ? m->context : m->word) + first[0] * m->stride;
}

static void do_command(server *s, const gv_sandblaster_command *c, size_t slice)
{
    size_t n;
    float *a = slice_of(s, c->a, slice, &n);
    const float *b = slice_of(s, c->b, slice, &n);
    switch ((enum gv_sandblaster_operation)c->operation) {
    case GV_OP_DOT:
        s->parts[slice] = gv_linalg_dot(a, b, n);
        break;
    case GV_OP_AXPY:
        gv_linalg_axpy(a, c->alpha, b, n);
        break;
    case GV_OP_SCALE:
        gv_linalg_scale(a, c->alpha, n);
        break;
    case GV_OP_COPY:
        memcpy(a, b, n * sizeof *a);
        break;
    case GV_OP_EVALUATE:
    case GV_OP_SHOW:
        break;
    }
}

/* Slices are dealt to the threads in turn, so that each gets long and short ones. No two threads
 * touch the same slice, and a command reads no slice but those with the number of the one it
 * writes: nothing is to be waited for. */
static int do_slices(void *context, unsigned thread, gv_error *err)
{
    (void)err;
    server *s = context;
    for (size_t slice = thread; slice < 2 * (size_t)(s->end - s->first); slice += s->threads)
        for (size_t i = 0; i < s->pending_n; i++)
            do_command(s, &s->pending[i], slice);
    return GV_OK;
}

static int do_pending(server *s, gv_error *err)
{
    int status = s->pending_n > 0 ? gv_threads_run(s->threads, do_slices, s, err) : GV_OK;
    s->pending_n = 0;
    return status;
}

/* --- commands --------------------------------------------------------------------------------- */

/* What an answered command answers, after all before it. */
static int answer_command(server *s, const gv_sandblaster_command *c, gv_error *err)
{
    size_t parts = c->operation == GV_OP_DOT ? 2 * (size_t)(s->end - s->first) : 0;
    if (c->operation != GV_OP_DOT)
        s->base.rows = s->vector[c->a]; /* is fetched and put */
    if (c->operation == GV_OP_EVALUATE) {
        s->evaluation = c->number;
        s->gradient = c->b;
        memset(s->taken, 0, gv_params_keys(&s->base.params) * sizeof *s->taken);
    }
    return gv_comm_send(s->base.comm, 0, GV_TAG_RESULT, s->parts, parts * sizeof *s->parts, err);
}

static int take_command(server *s, const gv_comm_message *message, gv_error *err)
{
    gv_sandblaster_command c = {.a = VECTORS};
    if (message->bytes == sizeof c)
        memcpy(&c, message->data, sizeof c);
    bool two = c.operation == GV_OP_AXPY || c.operation == GV_OP_COPY;
    if (message->from != 0 || c.a >= VECTORS || c.b >= VECTORS || c.operation > GV_OP_SHOW ||
        (two && c.a == c.b))
        return gv_error_set(err, GV_E_RUNTIME, "rank %d sent an invalid command", message->from);
    bool answered =
        c.operation == GV_OP_DOT || c.operation == GV_OP_EVALUATE || c.operation == GV_OP_SHOW;
    s->pending[s->pending_n++] = c;
    int status = answered || s->pending_n == PENDING_MOST ? do_pending(s, err) : GV_OK;
    return status == GV_OK && answered ? answer_command(s, &c, err) : status;
}

/* --- gradients -------------------------------------------------------------------------------- */

/* The first copy is taken; later ones, and those of earlier evaluations, are dropped. All copies
 * have the same bits, so it does not matter which is first. */
static int take_gradient(server *s, const gv_comm_message *message, gv_error *err)
{
    gv_sandblaster_gradient_head head = {.key = 2 * s->end};
    size_t n = 0;
    if (message->bytes >= sizeof head)
        memcpy(&head, message->data, sizeof head);
    if (head.key < 2 * s->first || head.key >= 2 * s->end || head.worker != message->from)
        return gv_error_set(err, GV_E_RUNTIME, "rank %d sent a gradient to the wrong server",
                            message->from);
    if (s->evaluation == 0 || head.evaluation != s->evaluation || s->taken[head.key])
        return GV_OK;
    float *rows = slice_of(s, s->gradient, head.key - 2 * s->first, &n);
    if (message->bytes != sizeof head + n * sizeof *rows)
        return gv_error_set(err, GV_E_RUNTIME, "rank %d sent a gradient of the wrong size",
                            message->from);
    memcpy(rows, (const uint8_t *)message->data + sizeof head, n * sizeof *rows);
    s->taken[head.key] = true;
    return gv_comm_send(s->base.comm, 0, GV_TAG_COUNTED, &head, sizeof head, err);
}

/* --- the course ------------------------------------------------------------------------------- */

static int handle(void *context, const gv_comm_message *message, gv_error *err)
{
    server *s = context;
    switch (message->tag) {
    case GV_TAG_COMMAND:
        return take_command(s, message, err);
    case GV_TAG_GRADIENT:
        return take_gradient(s, message, err);
    default:
        return gv_server_handle(&s->base, message, err);
    }
}

/* As many threads as its rows are worth. */
static unsigned threads_for(const server *s, const gv_config *config)
{
    const uint32_t *first = s->base.params.info->segment_first;
    uint64_t floats = 2 * (uint64_t)(first[s->end] - first[s->first]) * s->vector[0]->stride;
    unsigned threads = gv_config_threads(config->train_threads);
    return floats / THREAD_FLOATS + 1 < threads ? (unsigned)(floats / THREAD_FLOATS) + 1 : threads;
}

static int begin(server *s, const gv_config *config, const gv_store_info *info, gv_error *err)
{
    const gv_params *params = &s->base.params;
    gv_params_segments(&s->first, &s->end, params, (unsigned)gv_comm_rank(s->base.comm));
    s->parts = gv_mem_alloc_zero(2 * (size_t)(s->end - s->first), sizeof *s->parts, err);
    s->taken = gv_mem_alloc_zero(gv_params_keys(params), sizeof *s->taken, err);
    if (!s->parts || !s->taken)
        return GV_E_MEMORY;
    int status = GV_OK;
    for (unsigned v = 0; v < VECTORS && status == GV_OK; v++)
        status = gv_model_new_values(&s->vector[v], info->vocab_size, config->train_dim, err);
    if (status == GV_OK)
        s->threads = threads_for(s, config);
    s->base.rows = s->vector[0];
    return status;
}

int gv_sandblaster_serve(gv_comm *comm, const gv_config *config, const gv_store_info *info,
                         gv_error *err)
{
    server s = {0};
    gv_params params;
    int status = gv_sandblaster_params(&params, config, info, gv_comm_size(comm), err);
    gv_server_init(&s.base, comm, params);
    if (status == GV_OK)
        status = begin(&s, config, info, err);
    if (status == GV_OK)
        status = gv_server_run(comm, handle, &s, err);
    for (unsigned v = 0; v < VECTORS; v++)
        gv_model_free(s.vector[v]);
    gv_mem_free(s.parts);
    gv_mem_free(s.taken);
    gv_server_clear(&s.base);
    return status;
}
