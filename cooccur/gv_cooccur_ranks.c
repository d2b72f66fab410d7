/*
 * The course on every rank:
 *
 *   (agree    on the files; each rank takes its part: gv_rank_parts.h)
 *   count     the part into one run, in bands that are the same on all ranks
 *   tell      rank 0 what the part was, and the ids at its edges
 *   exchange  R - 1 steps; in step s rank r sends the rows of rank r + s and receives from r - s
 *   merge     what has come of the own bands
 *   hand in   to rank 0, which asks rank after rank
 *
 * Rows that are on their way are acknowledged one by one, and a few at most are outstanding, so a
 * slow rank's memory does not fill.
 */
#include "cooccur/gv_cooccur_ranks.h"

#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "cooccur/gv_cooccur_boundary.h"
#include "cooccur/gv_cooccur_count.h"
#include "cooccur/gv_cooccur_merge.h"
#include "cooccur/gv_rank_parts.h"
#include <string.h>
#include <unistd.h>

enum {
    TAG_PART = GV_TAG_PARTS, /* what the part was */
    TAG_ROWS,                /* of a band, from rank to rank */
    TAG_ROWS_END,            /* that was all */
    TAG_TAKEN,               /* one message of rows was taken */
    TAG_TURN,                /* rank 0: hand in */
    TAG_PIECE,               /* whole rows, to rank 0 */
    TAG_PIECES_END
};

enum { CHUNK = 1 << 20, OUTSTANDING = 4 };

typedef struct rows_head {
    uint32_t band, padding;
} rows_head;

/* What a rank tells of its part; ids follow. */
typedef struct part_head {
    uint64_t tokens, batches;
    gv_corpus_part corpus;
} part_head;

typedef struct ranks {
    gv_comm *comm;
    int rank, size;
    gv_cooccur_text *text;
    gv_cooccur_counter *counter;
    gv_cooccur_result own; /* tokens and batches of this part */
    gv_cooccur_boundary edges;
    unsigned level;         /* of the run of this part */
    gv_cooccur_runs got;    /* of the own bands: one run from each rank */
    gv_comm_message *early; /* [early_n] from ranks that are a step ahead */
    size_t early_n, early_room;
    /* pieces of whole rows in a file, in order */
    int pieces_fd;
    uint64_t pieces_size;
    uint64_t *piece_end;
    size_t pieces, piece_room;
} ranks;

/* --- count ------------------------------------------------------------------------------------ */

/* Bands of about equal numbers of positions, by the counts of the vocabulary. */
static int common_bands(gv_cooccur_bands *bands, const gv_vocab *vocab, gv_error *err)
{
    uint32_t words = gv_vocab_size(vocab);
    uint32_t *start = gv_mem_alloc_zero((size_t)words + 1, sizeof *start, err);
    if (!start)
        return GV_E_MEMORY;
    uint64_t total = 0;
    for (uint32_t w = 0; w < words; w++)
        total += gv_vocab_count(vocab, w);
    uint64_t scale = (total >> 31) + 1;
    for (uint32_t w = 0; w < words; w++)
        start[w + 1] = start[w] + (uint32_t)(gv_vocab_count(vocab, w) / scale);
    gv_cooccur_bands_cut(bands, start, words);
    gv_mem_free(start);
    return GV_OK;
}

static int see_and_fill(void *context, uint32_t *ids, size_t room, size_t *n, gv_error *err)
{
    ranks *r = context;
    gv_cooccur_source source = gv_cooccur_text_source(r->text);
    int status = source.fill(source.context, ids, room, n, err);
    if (status == GV_OK)
        gv_cooccur_boundary_add_ids(&r->edges, ids, *n);
    return status;
}

static int count_part(void *context, gv_error *err)
{
    ranks *r = context;
    gv_cooccur_source source = {r, see_and_fill};
    int status = gv_cooccur_count_text(r->counter, &source, &r->own, err);
    if (status == GV_OK)
        status = gv_cooccur_merge_to_single(r->counter, &r->level, err);
    return status;
}

static int begin(ranks *r, gv_comm *comm, const gv_cooccur_job *job, gv_cooccur_text *text,
                 gv_error *err)
{
    *r = (ranks){.comm = comm,
                 .rank = gv_comm_rank(comm),
                 .size = gv_comm_size(comm),
                 .text = text,
                 .pieces_fd = -1};
    gv_cooccur_bands bands;
    int status = gv_cooccur_counter_open(&r->counter, job, &text->limits, err);
    if (status == GV_OK)
        status = common_bands(&bands, job->vocab, err);
    if (status != GV_OK)
        return status;
    gv_cooccur_counter_set_bands(r->counter, &bands);
    gv_cooccur_runs_init(&r->got, job->temp_dir, text->limits.fan_in, bands.count);
    status = gv_cooccur_boundary_init(&r->edges, r->counter->weights.window, err);
    if (status == GV_OK)
        status = gv_comm_run_background(comm, count_part, r, err);
    gv_cooccur_text_end(text);
    return status;
}

static void end(ranks *r)
{
    for (size_t i = 0; i < r->early_n; i++)
        gv_comm_message_free(&r->early[i]);
    gv_mem_free(r->early);
    gv_cooccur_boundary_clear(&r->edges);
    gv_cooccur_runs_clear(&r->got);
    gv_cooccur_counter_close(r->counter);
    gv_mem_free(r->piece_end);
    if (r->pieces_fd >= 0)
        close(r->pieces_fd);
}

/* --- tell ------------------------------------------------------------------------------------- */

/* This part's message: head and ids. */
static int describe(const ranks *r, uint8_t **data, size_t *bytes, gv_error *err)
{
    part_head head = {.tokens = r->own.info.tokens,
                      .batches = r->own.batches,
                      .corpus = gv_corpus_part_statistics(r->text->corpus)};
    size_t n, room = 2 * (size_t)r->edges.window + 1;
    *data = gv_comm_buffer(sizeof head + room * sizeof(uint32_t), err);
    if (!*data)
        return GV_E_MEMORY;
    memcpy(*data, &head, sizeof head);
    gv_cooccur_boundary_list(&r->edges, (uint32_t *)(*data + sizeof head), &n);
    *bytes = sizeof head + n * sizeof(uint32_t);
    return GV_OK;
}

/* Rank 0: what all parts said. */
typedef struct parts {
    gv_comm_message *of; /* [size] */
    gv_corpus_part *corpus;
    uint32_t *ids, *part;
    size_t n;
} parts;

static void parts_clear(parts *p, int size)
{
    for (int i = 0; p->of && i < size; i++)
        gv_comm_message_free(&p->of[i]);
    gv_mem_free(p->of);
    gv_mem_free(p->corpus);
    gv_mem_free(p->ids);
    gv_mem_free(p->part);
}

static int keep_early(ranks *r, gv_comm_message *message, gv_error *err)
{
    int status = gv_mem_reserve(&r->early, &r->early_room, r->early_n + 1, sizeof *r->early, err);
    if (status == GV_OK) {
        r->early[r->early_n++] = *message;
        *message = (gv_comm_message){0};
    }
    return status;
}

static int collect(ranks *r, parts *p, gv_error *err)
{
    int status = GV_OK;
    for (int missing = r->size - 1; status == GV_OK && missing > 0;) {
        gv_comm_message message;
        status = gv_rank_parts_receive(r->comm, &message, err);
        if (status == GV_OK && (message.tag == TAG_ROWS || message.tag == TAG_ROWS_END))
            status = keep_early(r, &message, err);
        else if (status == GV_OK && (message.tag != TAG_PART || message.bytes < sizeof(part_head) ||
                                     p->of[message.from].data))
            status = gv_comm_unexpected(&message, err);
        else if (status == GV_OK) {
            p->of[message.from] = message;
            missing--;
            continue;
        }
        gv_comm_message_free(&message);
    }
    return status;
}

/* One part after the other: sums, and the ids at the edges. */
static int add_parts(ranks *r, parts *p, gv_cooccur_result *result, gv_error *err)
{
    size_t room = 0;
    for (int i = 0; i < r->size; i++)
        room += (p->of[i].bytes - sizeof(part_head)) / sizeof(uint32_t);
    p->corpus = gv_mem_alloc((size_t)r->size, sizeof *p->corpus, err);
    p->ids = gv_mem_alloc(room + 1, sizeof *p->ids, err);
    p->part = gv_mem_alloc(room + 1, sizeof *p->part, err);
    if (!p->corpus || !p->ids || !p->part)
        return GV_E_MEMORY;
    for (int i = 0; i < r->size; i++) {
        part_head head;
        size_t n = (p->of[i].bytes - sizeof head) / sizeof(uint32_t);
        memcpy(&head, p->of[i].data, sizeof head);
        memcpy(p->ids + p->n, (const uint8_t *)p->of[i].data + sizeof head, n * sizeof *p->ids);
        for (size_t k = 0; k < n; k++)
            p->part[p->n++] = (uint32_t)i;
        p->corpus[i] = head.corpus;
        result->info.tokens += head.tokens;
        result->batches += head.batches;
    }
    return GV_OK;
}

static int learn(ranks *r, gv_cooccur_result *result, gv_corpus_stats *stats, gv_error *err)
{
    parts p = {.of = gv_mem_alloc_zero((size_t)r->size, sizeof *p.of, err)};
    int status = p.of ? GV_OK : GV_E_MEMORY;
    if (status == GV_OK)
        status = describe(r, (uint8_t **)&p.of[0].data, &p.of[0].bytes, err);
    if (status == GV_OK)
        status = collect(r, &p, err);
    if (status == GV_OK)
        status = add_parts(r, &p, result, err);
    if (status == GV_OK) {
        *stats = gv_corpus_join(p.corpus, (size_t)r->size);
        status = gv_cooccur_boundary_count_pairs(r->counter, p.ids, p.part, p.n, err);
    }
    if (status == GV_OK)
        status = gv_cooccur_merge_to_single(r->counter, &r->level, err);
    parts_clear(&p, r->size);
    return status;
}

static int tell(ranks *r, gv_error *err)
{
    uint8_t *data;
    size_t bytes;
    int status = describe(r, &data, &bytes, err);
    return status == GV_OK ? gv_comm_post(r->comm, 0, TAG_PART, data, bytes, err) : status;
}

/* --- exchange --------------------------------------------------------------------------------- */

/* Bands of rank `rank`: begin to end - 1. */
static uint32_t first_band(const ranks *r, int rank)
{
    return (uint32_t)((uint64_t)r->counter->bands.count * (unsigned)rank / (unsigned)r->size);
}

/* The rows of some bands of this part's run, chunk by chunk. */
typedef struct chunks {
    const gv_cooccur_runs_level *level;
    const uint64_t *offset;
    uint32_t band, end;
    uint64_t at;
} chunks;

static chunks chunks_of(const ranks *r, int rank)
{
    const gv_cooccur_runs_level *level = &r->counter->runs.level[r->level];
    chunks c = {.level = level,
                .offset = level->offset,
                .band = first_band(r, rank),
                .end = first_band(r, rank + 1)};
    c.at = c.offset[c.band];
    return c;
}

/* The next chunk behind a rows_head: `*data` from gv_comm_buffer, NULL at the end. */
static int next_chunk(chunks *c, uint8_t **data, size_t *bytes, gv_error *err)
{
    *data = NULL;
    while (c->band < c->end && c->at == c->offset[c->band + 1])
        c->band++;
    if (c->band == c->end)
        return GV_OK;
    uint64_t left = c->offset[c->band + 1] - c->at;
    size_t n = left < CHUNK ? (size_t)left : CHUNK;
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

/* The own bands of this part's run are the first of what was got. */
static int keep_own(ranks *r, gv_error *err)
{
    chunks own = chunks_of(r, r->rank);
    gv_cooccur_runs_writer run;
    uint8_t *data = NULL;
    size_t bytes = 0;
    int status = gv_cooccur_runs_begin(&run, &r->got, 0, err);
    do {
        if (status == GV_OK)
            status = next_chunk(&own, &data, &bytes, err);
        if (status == GV_OK && data)
            status = put_chunk(&run, data, bytes, err);
        gv_comm_buffer_free(data);
    } while (status == GV_OK && data && gv_comm_keep_alive(r->comm, err) == GV_OK);
    if (status == GV_OK)
        gv_cooccur_runs_end(&run);
    return status;
}

/* A step of the exchange. */
typedef struct swap {
    int to, from;
    chunks out;
    unsigned outstanding;
    bool sent, received;
    gv_cooccur_runs_writer run;
} swap;

static int send_chunks(ranks *r, swap *s, gv_error *err)
{
    int status = GV_OK;
    while (status == GV_OK && !s->sent && s->outstanding < OUTSTANDING) {
        uint8_t *data;
        size_t bytes = 0;
        status = next_chunk(&s->out, &data, &bytes, err);
        if (status != GV_OK)
            return status;
        s->sent = !data;
        s->outstanding += !s->sent;
        status = s->sent ? gv_comm_send(r->comm, s->to, TAG_ROWS_END, NULL, 0, err)
                         : gv_comm_post(r->comm, s->to, TAG_ROWS, data, bytes, err);
    }
    return status;
}

/* A message from the rank whose turn it is. */
static int take_rows(ranks *r, swap *s, const gv_comm_message *message, gv_error *err)
{
    rows_head head = {.band = UINT32_MAX};
    if (message->tag == TAG_ROWS_END) {
        s->received = true;
        gv_cooccur_runs_end(&s->run);
        return GV_OK;
    }
    if (message->bytes >= sizeof head)
        memcpy(&head, message->data, sizeof head);
    if (head.band < first_band(r, r->rank) || head.band >= first_band(r, r->rank + 1))
        return gv_comm_unexpected(message, err);
    int status = put_chunk(&s->run, message->data, message->bytes, err);
    return status == GV_OK ? gv_comm_send(r->comm, s->from, TAG_TAKEN, NULL, 0, err) : status;
}

static int take_message(ranks *r, swap *s, gv_comm_message *message, gv_error *err)
{
    bool rows = message->tag == TAG_ROWS || message->tag == TAG_ROWS_END;
    if (rows && message->from == s->from && !s->received)
        return take_rows(r, s, message, err);
    if (message->tag == TAG_TAKEN && message->from == s->to && s->outstanding > 0) {
        s->outstanding--;
        return GV_OK;
    }
    return rows || message->tag == TAG_TURN ? keep_early(r, message, err)
                                            : gv_comm_unexpected(message, err);
}

/* Those of `s->from` that came early, in order. */
static int take_early(ranks *r, swap *s, gv_error *err)
{
    size_t kept = 0;
    int status = GV_OK;
    for (size_t i = 0; i < r->early_n; i++) {
        gv_comm_message *m = &r->early[i];
        bool now = status == GV_OK && m->from == s->from && !s->received && m->tag != TAG_TURN;
        if (!now) {
            r->early[kept++] = *m;
            continue;
        }
        status = take_rows(r, s, m, err);
        gv_comm_message_free(m);
    }
    r->early_n = kept;
    return status;
}

static int swap_rows(ranks *r, int step, gv_error *err)
{
    swap s = {.to = (r->rank + step) % r->size, .from = (r->rank - step + r->size) % r->size};
    s.out = chunks_of(r, s.to);
    int status = gv_cooccur_runs_begin(&s.run, &r->got, 0, err);
    if (status == GV_OK)
        status = take_early(r, &s, err);
    while (status == GV_OK) {
        gv_comm_message message;
        status = send_chunks(r, &s, err);
        if (status != GV_OK || (s.sent && s.received && s.outstanding == 0))
            break;
        status = gv_rank_parts_receive(r->comm, &message, err);
        if (status == GV_OK)
            status = take_message(r, &s, &message, err);
        gv_comm_message_free(&message);
    }
    return status;
}

static void exchange_runs(ranks *r)
{
    gv_cooccur_runs own = r->counter->runs;
    r->counter->runs = r->got;
    r->got = own;
}

static int merge_full(void *context, gv_error *err)
{
    ranks *r = context;
    exchange_runs(r);
    int status = gv_cooccur_merge_full_levels(r->counter, err);
    exchange_runs(r);
    return status;
}

static int exchange(ranks *r, gv_error *err)
{
    int status = keep_own(r, err);
    for (int step = 1; step < r->size && status == GV_OK; step++) {
        status = swap_rows(r, step, err);
        if (status == GV_OK)
            status = gv_comm_run_background(r->comm, merge_full, r, err);
    }
    if (status != GV_OK)
        return status;
    gv_cooccur_runs_clear(&r->counter->runs); /* all that others need of it has gone */
    exchange_runs(r);
    return GV_OK;
}

/* --- merge, hand in --------------------------------------------------------------------------- */

/* gv_cooccur_sink_write: whole rows to the end of the file of pieces. */
static int put_piece(void *context, uint32_t band, const uint8_t *rows, size_t bytes, gv_error *err)
{
    (void)band;
    ranks *r = context;
    int status =
        gv_file_pwrite(r->pieces_fd, rows, bytes, r->pieces_size, GV_COOCCUR_RUNS_NAME, err);
    if (status == GV_OK)
        status =
            gv_mem_reserve(&r->piece_end, &r->piece_room, r->pieces + 1, sizeof *r->piece_end, err);
    if (status != GV_OK)
        return status;
    uint64_t last = r->pieces > 1 ? r->piece_end[r->pieces - 2] : 0;
    r->pieces_size += bytes;
    /* small ones grow */
    if (r->pieces == 0 || r->piece_end[r->pieces - 1] - last >= CHUNK)
        r->pieces++;
    r->piece_end[r->pieces - 1] = r->pieces_size;
    return GV_OK;
}

static int merge_own(void *context, gv_error *err)
{
    ranks *r = context;
    gv_cooccur_counter *counter = r->counter;
    gv_cooccur_sink_write *write = r->rank == 0 ? gv_cooccur_counter_put : put_piece;
    void *to = r->rank == 0 ? (void *)counter->writer : r;
    int status = gv_cooccur_merge_to_fan_in(counter, err);
    if (status == GV_OK && r->rank > 0)
        status = gv_file_temp_open(&r->pieces_fd, counter->job->temp_dir, err);
    return status == GV_OK ? gv_cooccur_merge(counter, 0, counter->runs.levels, write, to, err)
                           : status;
}

static int post_piece(ranks *r, size_t piece, gv_error *err)
{
    uint64_t from = piece > 0 ? r->piece_end[piece - 1] : 0;
    size_t bytes = (size_t)(r->piece_end[piece] - from);
    uint8_t *data = gv_comm_buffer(bytes, err);
    if (!data)
        return GV_E_MEMORY;
    int status = gv_file_pread(r->pieces_fd, data, bytes, from, GV_COOCCUR_RUNS_NAME, err);
    if (status == GV_OK)
        return gv_comm_post(r->comm, 0, TAG_PIECE, data, bytes, err);
    gv_comm_buffer_free(data);
    return status;
}

static int await_turn(ranks *r, gv_error *err)
{
    gv_comm_message message;
    if (r->early_n > 0 && r->early[0].tag == TAG_TURN)
        return GV_OK;
    int status = gv_rank_parts_receive(r->comm, &message, err);
    if (status == GV_OK && message.tag != TAG_TURN)
        status = gv_comm_unexpected(&message, err);
    gv_comm_message_free(&message);
    return status;
}

static int hand_in(ranks *r, gv_error *err)
{
    size_t sent = 0, taken = 0;
    int status = await_turn(r, err);
    while (status == GV_OK && taken < r->pieces) {
        while (status == GV_OK && sent < r->pieces && sent - taken < OUTSTANDING)
            status = post_piece(r, sent++, err);
        gv_comm_message message = {0};
        if (status == GV_OK)
            status = gv_rank_parts_receive(r->comm, &message, err);
        if (status == GV_OK && message.tag != TAG_TAKEN)
            status = gv_comm_unexpected(&message, err);
        gv_comm_message_free(&message);
        taken++;
    }
    return status == GV_OK ? gv_comm_send(r->comm, 0, TAG_PIECES_END, NULL, 0, err) : status;
}

/* Rank 0: the rows of `rank`. */
static int take_in(ranks *r, int rank, gv_error *err)
{
    int status = gv_comm_send(r->comm, rank, TAG_TURN, NULL, 0, err);
    for (bool over = false; status == GV_OK && !over;) {
        gv_comm_message message;
        status = gv_rank_parts_receive(r->comm, &message, err);
        over = message.tag == TAG_PIECES_END;
        if (status == GV_OK && (message.from != rank || (!over && message.tag != TAG_PIECE)))
            status = gv_comm_unexpected(&message, err);
        if (status == GV_OK && !over)
            status = gv_counts_put_coded(r->counter->writer, message.data, message.bytes, err);
        if (status == GV_OK && !over)
            status = gv_comm_send(r->comm, rank, TAG_TAKEN, NULL, 0, err);
        gv_comm_message_free(&message);
    }
    return status;
}

/* --- the course ------------------------------------------------------------------------------- */

int gv_cooccur_ranks_coordinate(gv_comm *comm, const gv_cooccur_job *job, gv_cooccur_text *text,
                                gv_cooccur_result *result, gv_corpus_stats *stats, gv_error *err)
{
    ranks r;
    *result = (gv_cooccur_result){0};
    int status = begin(&r, comm, job, text, err);
    if (status == GV_OK)
        status = gv_cooccur_counter_create(r.counter, result, err);
    if (status == GV_OK)
        status = learn(&r, result, stats, err);
    if (status == GV_OK)
        status = exchange(&r, err);
    if (status == GV_OK)
        status = gv_comm_run_background(comm, merge_own, &r, err);
    for (int rank = 1; rank < r.size && status == GV_OK; rank++)
        status = take_in(&r, rank, err);
    if (status == GV_OK)
        status = gv_cooccur_counter_commit(r.counter, result, err);
    end(&r);
    return status;
}

int gv_cooccur_ranks_work(gv_comm *comm, const gv_cooccur_job *job, gv_cooccur_text *text,
                          gv_error *err)
{
    ranks r;
    int status = begin(&r, comm, job, text, err);
    if (status == GV_OK)
        status = tell(&r, err);
    if (status == GV_OK)
        status = exchange(&r, err);
    if (status == GV_OK)
        status = gv_comm_run_background(comm, merge_own, &r, err);
    if (status == GV_OK)
        status = hand_in(&r, err);
    end(&r);
    return status;
}
