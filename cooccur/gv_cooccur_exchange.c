#include "cooccur/gv_cooccur_exchange.h"

#include "base/gv_file.h"
#include "cooccur/gv_cooccur_merge.h"
#include <string.h>

static const gv_rank_steps_tags tags = {.data = GV_COOCCUR_EXCHANGE_ROWS,
                                        .last = GV_COOCCUR_EXCHANGE_ROWS_END,
                                        .taken = GV_COOCCUR_EXCHANGE_TAKEN,
                                        .ahead = GV_RANK_TAG_START};

/* Rows of a message follow. */
typedef struct rows_head {
    uint32_t band, padding;
} rows_head;

typedef struct exchange {
    gv_rank_inbox *inbox;
    gv_cooccur_counter *counter; /* its runs are those received */
    int rank, size;
    const gv_cooccur_runs_level *own; /* one run, of this part */
} exchange;

bool gv_cooccur_exchange_is_rows(const gv_comm_message *message)
{
    return gv_rank_steps_has(&tags, message);
}

/* Rank `rank` owns bands first_band(rank) .. first_band(rank + 1) - 1. Bands are of equal work, so
 * equal numbers of them will do. */
static uint32_t first_band(const exchange *x, int rank)
{
    return (uint32_t)((uint64_t)x->counter->bands.count * (unsigned)rank / (unsigned)x->size);
}

/* --- sending ---------------------------------------------------------------------------------- */

/* Some bands of the own run, read chunk by chunk. A chunk holds bytes of one band; it may end
 * within a row, since bands are joined again before they are decoded. */
typedef struct chunks {
    const gv_cooccur_runs_level *level;
    uint32_t band, end; /* bands that are left */
    uint64_t at;        /* in the file */
    size_t most;        /* bytes of a chunk */
} chunks;

static chunks chunks_of(const exchange *x, int rank)
{
    uint32_t first = first_band(x, rank);
    return (chunks){x->own, first, first_band(x, rank + 1), x->own->offset[first],
                    gv_rank_steps_message(x->size)};
}

/* The next chunk, behind a rows_head: `*data` from gv_comm_buffer, NULL at the end. */
static int next_chunk(chunks *c, uint8_t **data, size_t *bytes, gv_error *err)
{
    const uint64_t *offset = c->level->offset;
    *data = NULL;
    while (c->band < c->end && c->at == offset[c->band + 1])
        c->band++;
    if (c->band == c->end)
        return GV_OK;
    uint64_t left = offset[c->band + 1] - c->at;
    size_t n = left < c->most ? (size_t)left : c->most;
    rows_head head = {.band = c->band};
    if (!(*data = gv_comm_buffer(sizeof head + n, err)))
        return GV_E_MEMORY;
    memcpy(*data, &head, sizeof head);
    int status =
        gv_file_pread(c->level->fd, *data + sizeof head, n, c->at, GV_COOCCUR_RUNS_NAME, err);
    if (status != GV_OK) {
        gv_comm_buffer_free(*data);
        *data = NULL;
    }
    c->at += n;
    *bytes = sizeof head + n;
    return status;
}

static int put_chunk(gv_cooccur_runs_writer *run, const void *data, size_t bytes, gv_error *err)
{
    rows_head head;
    memcpy(&head, data, sizeof head);
    return gv_cooccur_runs_write(run, head.band, (const uint8_t *)data + sizeof head,
                                 bytes - sizeof head, err);
}

/* The rows of this part that this rank owns itself are the first of those received. */
static int keep_own(exchange *x, gv_error *err)
{
    chunks own = chunks_of(x, x->rank);
    gv_cooccur_runs_writer run;
    uint8_t *data = NULL;
    size_t bytes = 0;
    int status = gv_cooccur_runs_begin(&run, &x->counter->runs, 0, err);
    do {
        if (status == GV_OK)
            status = next_chunk(&own, &data, &bytes, err);
        if (status == GV_OK && data)
            status = put_chunk(&run, data, bytes, err);
        gv_comm_buffer_free(data);
        if (status == GV_OK)
            status = gv_comm_keep_alive(x->inbox->comm, err);
    } while (status == GV_OK && data);
    if (status == GV_OK)
        gv_cooccur_runs_end(&run);
    return status;
}

/* --- a step ----------------------------------------------------------------------------------- */

typedef struct step {
    exchange *x;
    chunks out;
    gv_cooccur_runs_writer run;
} step;

/* A gv_rank_steps_next. */
static int next_message(void *context, void **data, size_t *bytes, bool *last, gv_error *err)
{
    step *s = context;
    uint8_t *chunk;
    int status = next_chunk(&s->out, &chunk, bytes, err);
    *data = chunk;
    *last = !chunk;
    return status;
}

/* A gv_rank_steps_take. */
static int take_message(void *context, const gv_comm_message *message, bool last, gv_error *err)
{
    step *s = context;
    rows_head head = {.band = UINT32_MAX};
    if (last) {
        gv_cooccur_runs_end(&s->run);
        return GV_OK;
    }
    if (message->bytes >= sizeof head)
        memcpy(&head, message->data, sizeof head);
    if (head.band < first_band(s->x, s->x->rank) || head.band >= first_band(s->x, s->x->rank + 1))
        return gv_comm_unexpected(message, err);
    return put_chunk(&s->run, message->data, message->bytes, err);
}

static int run_step(exchange *x, int number, gv_error *err)
{
    step s = {.x = x, .out = chunks_of(x, gv_rank_steps_to(x->inbox->comm, number))};
    const gv_rank_steps steps = {x->inbox, tags, next_message, take_message, &s};
    int status = gv_cooccur_runs_begin(&s.run, &x->counter->runs, 0, err);
    return status == GV_OK ? gv_rank_steps_run(&steps, number, err) : status;
}

static int merge_full_levels(void *context, gv_error *err)
{
    return gv_cooccur_merge_full_levels(context, err);
}

int gv_cooccur_exchange(gv_rank_inbox *inbox, gv_cooccur_counter *counter, unsigned level,
                        gv_error *err)
{
    /* The run of this part moves aside and is read while the counter's runs are built anew, from
     * level 0, out of what is received. */
    gv_cooccur_runs own = counter->runs;
    exchange x = {.inbox = inbox,
                  .counter = counter,
                  .rank = gv_comm_rank(inbox->comm),
                  .size = gv_comm_size(inbox->comm),
                  .own = &own.level[level]};
    gv_cooccur_runs_init(&counter->runs, own.dir, own.fan_in, own.bands);
    int status = keep_own(&x, err);
    for (int number = 1; number < x.size && status == GV_OK; number++) {
        status = run_step(&x, number, err);
        if (status == GV_OK)
            /* after every step, so that there are never more than fan_in runs of a level */
            status = gv_comm_run_background(inbox->comm, merge_full_levels, counter, err);
    }
    gv_cooccur_runs_clear(&own);
    return status;
}
