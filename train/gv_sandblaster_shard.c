/* A shard: slices of all vectors, and gradients of units that wait to be counted. */
#include "base/gv_mem.h"
#include "math/gv_lbfgs.h"
#include "train/gv_downpour_lease.h"
#include "train/gv_sandblaster.h"
#include "train/gv_sandblaster_messages.h"
#include <string.h>

enum { VECTORS = GV_LBFGS_VECTORS(GV_SANDBLASTER_HISTORY) };

typedef struct shard {
    gv_comm *comm;
    gv_shards shards;
    unsigned rank;
    gv_model *vector[VECTORS];
    uint32_t *rows[2]; /* [rows_n] that this shard has */
    size_t rows_n[2];
    unsigned shown, gradient; /* vectors: fetched; added to */
    uint32_t evaluation;
    gv_message *held; /* gradients */
    size_t held_n, held_room;
    gv_tally told;
} shard;

static int list_rows(shard *s, gv_error *err)
{
    uint32_t words = s->shards.info->vocab_size;
    for (int side = 0; side < 2; side++) {
        if (!(s->rows[side] = gv_alloc(words, sizeof *s->rows[side], err)))
            return GV_E_MEMORY;
        for (uint32_t row = 0; row < words; row++)
            if (s->shards.owner[side][row] == s->rank)
                s->rows[side][s->rows_n[side]++] = row;
    }
    return GV_OK;
}

/* --- vectors ---------------------------------------------------------------------------------- */

/* A row of a vector. */
static float *row_of(const shard *s, unsigned vector, int side, size_t i)
{
    const gv_model *m = s->vector[vector];
    return (side ? m->context : m->word) + (size_t)s->rows[side][i] * m->stride;
}

static double dot_rows(const float *a, const float *b, size_t width)
{
    enum { LANES = 8 }; /* sums, so that the compiler may use vectors: widths are multiples of it */
    double sum[LANES] = {0}, all = 0;
    for (size_t i = 0; i < width; i += LANES)
        for (size_t l = 0; l < LANES; l++)
            sum[l] += (double)a[i + l] * (double)b[i + l];
    for (size_t l = 0; l < LANES; l++)
        all += sum[l];
    return all;
}

static double dot(const shard *s, unsigned a, unsigned b)
{
    double sum = 0;
    size_t width = s->vector[0]->width;
    for (int side = 0; side < 2; side++)
        for (size_t i = 0; i < s->rows_n[side]; i++)
            sum += dot_rows(row_of(s, a, side, i), row_of(s, b, side, i), width);
    return sum;
}

static void axpy(const shard *s, unsigned y, double alpha, unsigned x)
{
    size_t width = s->vector[0]->width;
    for (int side = 0; side < 2; side++)
        for (size_t i = 0; i < s->rows_n[side]; i++) {
            float *to = row_of(s, y, side, i);
            const float *from = row_of(s, x, side, i);
            for (size_t l = 0; l < width; l++)
                to[l] = (float)((double)to[l] + alpha * (double)from[l]);
        }
}

/* Also of what is no number. */
static void zero(const shard *s, unsigned x)
{
    size_t bytes = s->vector[0]->width * sizeof(float);
    for (int side = 0; side < 2; side++)
        for (size_t i = 0; i < s->rows_n[side]; i++)
            memset(row_of(s, x, side, i), 0, bytes);
}

static void scale(const shard *s, unsigned x, double alpha)
{
    size_t width = s->vector[0]->width;
    for (int side = 0; side < 2; side++)
        for (size_t i = 0; i < s->rows_n[side]; i++) {
            float *to = row_of(s, x, side, i);
            for (size_t l = 0; l < width; l++)
                to[l] = (float)(alpha * (double)to[l]);
        }
}

static void copy(const shard *s, unsigned to, unsigned from)
{
    size_t bytes = s->vector[0]->width * sizeof(float);
    for (int side = 0; side < 2; side++)
        for (size_t i = 0; i < s->rows_n[side]; i++)
            memcpy(row_of(s, to, side, i), row_of(s, from, side, i), bytes);
}

/* --- gradients of units ----------------------------------------------------------------------- */

static void drop_held(shard *s)
{
    for (size_t i = 0; i < s->held_n; i++)
        gv_message_drop(&s->held[i]);
    s->held_n = 0;
}

static void begin_evaluation(shard *s, const gv_command *c)
{
    drop_held(s);
    s->evaluation = c->number;
    s->shown = c->a;
    s->gradient = c->b;
    zero(s, c->b);
}

/* Keep it until it is counted, and say that it is here. One of an earlier evaluation is not
 * needed. */
static int hold(shard *s, gv_message *message, gv_error *err)
{
    gv_push_label label;
    int status = gv_push_read(&label, message, err);
    if (status != GV_OK || label.round != s->evaluation)
        return status;
    gv_unit_message held = {
        .evaluation = label.round, .unit = label.number, .worker = message->from};
    status = gv_reserve(&s->held, &s->held_room, s->held_n + 1, sizeof *s->held, err);
    if (status != GV_OK)
        return status;
    s->held[s->held_n++] = *message;
    *message = (gv_message){0};
    return gv_comm_send(s->comm, 0, GV_TAG_HELD, &held, sizeof held, err);
}

/* Add the gradient of a unit that this worker sent, and drop all copies. (One that comes later is
 * held until the next evaluation.) */
static int count(shard *s, const gv_message *message, gv_error *err)
{
    gv_unit_message unit;
    size_t kept = 0;
    int status = GV_OK;
    if (message->bytes != sizeof unit)
        return gv_fail(err, GV_E_RUNTIME, "a damaged message of rank %d", message->from);
    memcpy(&unit, message->data, sizeof unit);
    for (size_t i = 0; i < s->held_n; i++) {
        gv_message *m = &s->held[i];
        gv_push_label label = {0};
        gv_push_read(&label, m, NULL);
        if (label.number != unit.unit) {
            s->held[kept++] = *m;
            continue;
        }
        if (m->from == unit.worker && status == GV_OK)
            status = gv_push_add(s->vector[s->gradient], &s->shards, s->rank, m, err);
        gv_message_drop(m);
    }
    s->held_n = kept;
    return status;
}

/* --- commands --------------------------------------------------------------------------------- */

static int result(shard *s, double value, gv_error *err)
{
    return gv_comm_send(s->comm, 0, GV_TAG_RESULT, &value, sizeof value, err);
}

static int obey(shard *s, const gv_message *message, gv_error *err)
{
    gv_command c = {.a = VECTORS};
    if (message->bytes == sizeof c)
        memcpy(&c, message->data, sizeof c);
    if (c.a >= VECTORS || c.b >= VECTORS)
        return gv_fail(err, GV_E_RUNTIME, "rank %d sent a damaged command", message->from);
    switch ((enum gv_operation)c.operation) {
    case GV_OP_DOT:
        return result(s, dot(s, c.a, c.b), err);
    case GV_OP_AXPY:
        axpy(s, c.a, c.alpha, c.b);
        return GV_OK;
    case GV_OP_SCALE:
        scale(s, c.a, c.alpha);
        return GV_OK;
    case GV_OP_COPY:
        copy(s, c.a, c.b);
        return GV_OK;
    case GV_OP_EVALUATE:
        begin_evaluation(s, &c);
        return result(s, 0, err);
    case GV_OP_SHOW:
        s->shown = c.a;
        return result(s, 0, err);
    }
    return gv_fail(err, GV_E_RUNTIME, "rank %d sent an unknown command", message->from);
}

static int tell_tally(shard *s, gv_error *err)
{
    gv_tally now = gv_tally_now(s->comm), since = gv_tally_since(&now, &s->told);
    s->told = now;
    return gv_comm_send(s->comm, 0, GV_TAG_TALLY, &since, sizeof since, err);
}

static int answer(shard *s, gv_message *message, gv_error *err)
{
    int lost;
    switch (message->tag) {
    case GV_TAG_NONE:
        return GV_OK;
    case GV_TAG_COMMAND:
        return obey(s, message, err);
    case GV_TAG_FETCH:
        return gv_rows_answer(s->comm, &s->shards, s->vector[s->shown], message, err);
    case GV_TAG_GRADIENT:
        return hold(s, message, err);
    case GV_TAG_COUNT:
        return count(s, message, err);
    case GV_TAG_PUT:
        return gv_rows_take(s->vector[GV_LBFGS_X], &s->shards, s->rank, message, err);
    case GV_TAG_TALLY:
        return tell_tally(s, err);
    case GV_TAG_GONE:
        if (message->bytes == sizeof lost) {
            memcpy(&lost, message->data, sizeof lost);
            gv_comm_forget(s->comm, lost);
        }
        return GV_OK;
    default:
        return gv_fail(err, GV_E_RUNTIME, "rank %d sent an unexpected message of kind %u",
                       message->from, message->tag);
    }
}

static int begin(shard *s, const gv_config *config, const gv_store_info *info, gv_error *err)
{
    unsigned servers;
    int status = gv_sandblaster_servers(&servers, config, gv_comm_size(s->comm), err);
    if (status == GV_OK)
        status = gv_shards_make(&s->shards, info, 1, 1 + servers, err);
    if (status == GV_OK)
        status = list_rows(s, err);
    for (unsigned v = 0; v < VECTORS && status == GV_OK; v++)
        status = gv_model_new_values(&s->vector[v], info->vocab_size, config->train_dim, err);
    s->told = gv_tally_now(s->comm);
    return status;
}

int gv_sandblaster_shard(gv_comm *comm, const gv_config *config, const gv_store_info *info,
                         gv_error *err)
{
    static const double wait_s = 0.2;
    shard s = {.comm = comm, .rank = (unsigned)gv_comm_rank(comm)};
    int status = begin(&s, config, info, err);
    while (status == GV_OK) {
        gv_message message = {0};
        status = gv_comm_receive(comm, &message, wait_s, err);
        if (status == GV_OK)
            status = answer(&s, &message, err);
        gv_message_drop(&message);
    }
    drop_held(&s);
    gv_free(s.held);
    for (unsigned v = 0; v < VECTORS; v++)
        gv_model_free(s.vector[v]);
    gv_free(s.rows[0]);
    gv_free(s.rows[1]);
    gv_shards_drop(&s.shards);
    return status;
}
