#include "cooccur/gv_cooccur_ranks.h"

#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "cooccur/gv_cooccur_base.h"
#include "cooccur/gv_cooccur_boundary.h"
#include "cooccur/gv_cooccur_count.h"
#include "cooccur/gv_cooccur_exchange.h"
#include "cooccur/gv_cooccur_merge.h"
#include "dist/gv_rank_pieces.h"
#include <string.h>
#include <unistd.h>

/* Merged rows of a worker rank in a temporary file, in pieces of whole rows: rank 0 decodes each
 * piece by itself. */
typedef struct row_file {
    int fd;        /* -1: not open */
    uint64_t *end; /* [n] where each piece ends */
    size_t n, capacity;
    size_t sent; /* pieces */
} row_file;

typedef struct ranks {
    gv_rank_inbox *inbox;
    gv_cooccur_text *text;
    gv_cooccur_counter *counter;
    gv_cooccur_result own; /* tokens and batches of this part */
    gv_cooccur_boundary boundary;
    unsigned level; /* of the run of this part */
    row_file rows;
} ranks;

/* --- count ------------------------------------------------------------------------------------ */

/* The fill of a gv_cooccur_source: the ids of the text, of which the boundary sees all. */
static int fill_and_note(void *context, uint32_t *ids, size_t room, size_t *n, gv_error *err)
{
    ranks *r = context;
    gv_cooccur_source source = gv_cooccur_text_source(r->text);
    int status = source.fill(source.context, ids, room, n, err);
    if (status == GV_OK)
        gv_cooccur_boundary_add_ids(&r->boundary, ids, *n);
    return status;
}

static int count_part(void *context, gv_error *err)
{
    ranks *r = context;
    gv_cooccur_source source = {r, fill_and_note};
    int status = r->counter->job->base ? gv_cooccur_base_add(r->counter, &r->own, err) : GV_OK;
    if (status == GV_OK)
        status = gv_cooccur_count_text(r->counter, &source, &r->own, err);
    if (status == GV_OK)
        status = gv_cooccur_merge_to_single(r->counter, &r->level, err);
    return status;
}

/* From nothing to the run of this part. */
static int begin(ranks *r, gv_rank_inbox *inbox, const gv_cooccur_job *job, gv_cooccur_text *text,
                 gv_error *err)
{
    *r = (ranks){.inbox = inbox, .text = text, .rows = {.fd = -1}};
    gv_cooccur_bands bands;
    int status = gv_cooccur_counter_open(&r->counter, job, &text->limits, err);
    if (status == GV_OK)
        /* all ranks have the vocabulary and so cut the same bands, without a message; runs with
         * different bands could not be merged */
        status = gv_cooccur_bands_of_vocab(&bands, job->vocab, err);
    if (status != GV_OK)
        return status;
    gv_cooccur_counter_set_bands(r->counter, &bands);
    status = gv_cooccur_boundary_init(&r->boundary, r->counter->weights.window, err);
    if (status == GV_OK)
        status = gv_comm_run_background(inbox->comm, count_part, r, err);
    gv_cooccur_text_end(text);
    return status;
}

static void end(ranks *r)
{
    gv_cooccur_boundary_clear(&r->boundary);
    gv_cooccur_counter_close(r->counter);
    gv_mem_free(r->rows.end);
    if (r->rows.fd >= 0)
        close(r->rows.fd);
}

/* --- report ----------------------------------------------------------------------------------- */

/* What a rank reports of its part; the ids at its boundaries follow. */
typedef struct report_head {
    uint64_t tokens, batches, ids; /* `ids`: how many follow */
    gv_corpus_part corpus;
} report_head;

static int make_report(const ranks *r, uint8_t **data, size_t *bytes, gv_error *err)
{
    report_head head = {.tokens = r->own.info.tokens,
                        .batches = r->own.batches,
                        .corpus = gv_corpus_part_statistics(r->text->corpus)};
    size_t n, room = 2 * (size_t)r->boundary.window + 1;
    *data = gv_comm_buffer(sizeof head + room * sizeof(uint32_t), err);
    if (!*data)
        return GV_E_MEMORY;
    gv_cooccur_boundary_list(&r->boundary, (uint32_t *)(*data + sizeof head), &n);
    head.ids = n;
    memcpy(*data, &head, sizeof head);
    *bytes = sizeof head + n * sizeof(uint32_t);
    return GV_OK;
}

static int send_report(ranks *r, gv_error *err)
{
    uint8_t *data;
    size_t bytes;
    int status = make_report(r, &data, &bytes, err);
    if (status != GV_OK)
        return status;
    return gv_comm_post(r->inbox->comm, 0, GV_COOCCUR_EXCHANGE_PART, data, bytes, err);
}

/* Rank 0: all reports. */
typedef struct reports {
    int size;
    gv_comm_message *of; /* [size] by rank; the first is rank 0's own */
    gv_corpus_part *corpus;
    uint32_t *ids, *part; /* [n] ids at boundaries, and whose they are */
    size_t n;
} reports;

static void reports_clear(reports *p)
{
    for (int i = 0; p->of && i < p->size; i++)
        gv_comm_message_free(&p->of[i]);
    gv_mem_free(p->of);
    gv_mem_free(p->corpus);
    gv_mem_free(p->ids);
    gv_mem_free(p->part);
}

/* A report's ids: of the vocabulary, and as many as two windows and a break may be. */
static bool has_ids(const ranks *r, const gv_comm_message *message)
{
    report_head head;
    memcpy(&head, message->data, sizeof head);
    bool good = head.ids <= 2 * (uint64_t)r->boundary.window + 1 &&
                message->bytes == sizeof head + head.ids * sizeof(uint32_t);
    for (size_t i = 0; good && i < head.ids; i++) {
        uint32_t id;
        memcpy(&id, (const uint8_t *)message->data + sizeof(report_head) + i * sizeof id,
               sizeof id);
        good = id < gv_vocab_size(r->text->vocab) || id == GV_ENCODER_BREAK ||
               (r->text->stop && id == gv_encoder_gap(r->text->vocab));
    }
    return good;
}

static enum gv_rank_inbox_answer is_report(const void *context, const gv_comm_message *message)
{
    const reports *p = context;
    if (gv_cooccur_exchange_is_rows(message)) /* of a rank that has reported */
        return p->of[message->from].data ? GV_RANK_INBOX_LATER : GV_RANK_INBOX_NEVER;
    /* two reports of one rank would be counted twice */
    bool report = message->tag == GV_COOCCUR_EXCHANGE_PART && message->bytes >= sizeof(report_head);
    return report && !p->of[message->from].data ? GV_RANK_INBOX_NOW : GV_RANK_INBOX_NEVER;
}

static int receive_reports(ranks *r, reports *p, gv_error *err)
{
    int status = make_report(r, (uint8_t **)&p->of[0].data, &p->of[0].bytes, err);
    for (int i = 1; status == GV_OK && i < p->size; i++) {
        gv_comm_message message;
        status = gv_rank_inbox_receive(r->inbox, &message, is_report, p, err);
        if (status == GV_OK && !has_ids(r, &message))
            status = gv_comm_unexpected(&message, err);
        if (status == GV_OK)
            p->of[message.from] = message;
        else
            gv_comm_message_free(&message);
    }
    return status;
}

/* Are the ids at the boundaries of a part, `n` at its end, words of the vocabulary? They are places
 * in arrays here. */
static int check_ids(const reports *p, int rank, size_t n, uint32_t words, gv_error *err)
{
    for (size_t k = p->n - n; k < p->n; k++)
        if (p->ids[k] >= words && p->ids[k] != GV_ENCODER_BREAK)
            return gv_error_set(err, GV_E_RUNTIME, "rank %d reported words that do not exist",
                                rank);
    return GV_OK;
}

/* Add the reports up, in the order of the parts. */
static int add_reports(reports *p, gv_cooccur_result *result, uint32_t words, gv_error *err)
{
    size_t room = 0;
    for (int i = 0; i < p->size; i++)
        room += (p->of[i].bytes - sizeof(report_head)) / sizeof(uint32_t);
    p->corpus = gv_mem_alloc((size_t)p->size, sizeof *p->corpus, err);
    p->ids = gv_mem_alloc(room + 1, sizeof *p->ids, err);
    p->part = gv_mem_alloc(room + 1, sizeof *p->part, err);
    if (!p->corpus || !p->ids || !p->part)
        return GV_E_MEMORY;
    int status = GV_OK;
    for (int i = 0; i < p->size && status == GV_OK; i++) {
        report_head head;
        size_t n = (p->of[i].bytes - sizeof head) / sizeof(uint32_t);
        memcpy(&head, p->of[i].data, sizeof head);
        memcpy(p->ids + p->n, (const uint8_t *)p->of[i].data + sizeof head, n * sizeof *p->ids);
        for (size_t k = 0; k < n; k++)
            p->part[p->n++] = (uint32_t)i;
        p->corpus[i] = head.corpus;
        result->info.tokens += head.tokens;
        result->batches += head.batches;
        status = check_ids(p, i, n, words, err);
    }
    return status;
}

/* Rank 0: statistics of the whole, and the pairs across boundaries, which join the run of rank 0's
 * part. */
static int use_reports(ranks *r, gv_cooccur_result *result, gv_corpus_stats *stats, gv_error *err)
{
    const gv_cooccur_job *job = r->counter->job;
    reports p = {.size = gv_comm_size(r->inbox->comm)};
    p.of = gv_mem_alloc_zero((size_t)p.size, sizeof *p.of, err);
    int status = p.of ? receive_reports(r, &p, err) : GV_E_MEMORY;
    gv_progress_end(job->progress);
    if (status == GV_OK)
        status = add_reports(&p, result, gv_vocab_size(job->vocab) + job->gaps, err);
    if (status == GV_OK) {
        *stats = gv_corpus_join(p.corpus, (size_t)p.size);
        status = gv_cooccur_boundary_count_pairs(r->counter, p.ids, p.part, p.n, err);
    }
    if (status == GV_OK)
        status = gv_cooccur_merge_to_single(r->counter, &r->level, err);
    reports_clear(&p);
    return status;
}

/* --- merge and collect ------------------------------------------------------------------------ */

/* A gv_cooccur_sink_write: whole rows to the end of the row file. */
static int put_rows(void *context, uint32_t band, const uint8_t *rows, size_t bytes, gv_error *err)
{
    (void)band;
    row_file *file = context;
    uint64_t size = file->n > 0 ? file->end[file->n - 1] : 0;
    uint64_t begin = file->n > 1 ? file->end[file->n - 2] : 0; /* of the last piece */
    int status = gv_file_pwrite(file->fd, rows, bytes, size, GV_COOCCUR_RUNS_NAME, err);
    if (status == GV_OK)
        status = gv_mem_reserve(&file->end, &file->capacity, file->n + 1, sizeof *file->end, err);
    if (status != GV_OK)
        return status;
    /* bands of few rows come in many small writes, which share a piece */
    if (file->n == 0 || size - begin >= GV_RANK_PIECES_BYTES)
        file->n++;
    file->end[file->n - 1] = size + bytes;
    return GV_OK;
}

/* Rank 0: the own bands are the first of counts.bin. */
static int merge_to_counts(void *context, gv_error *err)
{
    gv_cooccur_counter *counter = context;
    int status = gv_cooccur_merge_to_fan_in(counter, err);
    if (status != GV_OK)
        return status;
    return gv_cooccur_merge(counter, 0, counter->runs.levels, gv_cooccur_counter_put,
                            counter->writer, err);
}

static int merge_to_file(void *context, gv_error *err)
{
    ranks *r = context;
    gv_cooccur_counter *counter = r->counter;
    int status = gv_cooccur_merge_to_fan_in(counter, err);
    if (status == GV_OK)
        status = gv_file_temp_open(&r->rows.fd, counter->job->temp_dir, err);
    if (status != GV_OK)
        return status;
    return gv_cooccur_merge(counter, 0, counter->runs.levels, put_rows, &r->rows, err);
}

/* counts.bin, from its beginning to its end. */
typedef struct counts_file {
    gv_cooccur_counter *counter;
    gv_cooccur_result *result;
} counts_file;

static int create_counts(void *context, gv_error *err)
{
    counts_file *file = context;
    return gv_cooccur_counter_create(file->counter, file->result, err);
}

static int commit_counts(void *context, gv_error *err)
{
    counts_file *file = context;
    return gv_cooccur_counter_commit(file->counter, file->result, err);
}

/* A gv_rank_pieces_next. */
static int next_piece(void *context, void **data, size_t *bytes, gv_error *err)
{
    row_file *file = context;
    *data = NULL;
    if (file->sent == file->n)
        return GV_OK;
    uint64_t begin = file->sent > 0 ? file->end[file->sent - 1] : 0;
    *bytes = (size_t)(file->end[file->sent++] - begin);
    return gv_rank_pieces_read(data, file->fd, begin, *bytes, GV_COOCCUR_RUNS_NAME, err);
}

/* A gv_rank_pieces_take. */
static int take_piece(void *context, const gv_comm_message *piece, gv_error *err)
{
    return gv_counts_put_coded(context, piece->data, piece->bytes, err);
}

/* --- the course ------------------------------------------------------------------------------- */

int gv_cooccur_ranks_coordinate(gv_rank_inbox *inbox, const gv_cooccur_job *job,
                                gv_cooccur_text *text, gv_cooccur_result *result,
                                gv_corpus_stats *stats, gv_error *err)
{
    ranks r;
    *result = (gv_cooccur_result){0};
    int status = begin(&r, inbox, job, text, err);
    counts_file file = {r.counter, result};
    if (status == GV_OK)
        status = gv_comm_run_background(inbox->comm, create_counts, &file, err);
    if (status == GV_OK)
        status = use_reports(&r, result, stats, err);
    if (status == GV_OK)
        status = gv_cooccur_exchange(inbox, r.counter, r.level, err);
    if (status == GV_OK)
        status = gv_comm_run_background(inbox->comm, merge_to_counts, r.counter, err);
    for (int rank = 1; rank < gv_comm_size(inbox->comm) && status == GV_OK; rank++)
        status = gv_rank_pieces_fetch(inbox, rank, take_piece, r.counter->writer, err);
    if (status == GV_OK)
        status = gv_comm_run_background(inbox->comm, commit_counts, &file, err);
    end(&r);
    return status;
}

int gv_cooccur_ranks_work(gv_rank_inbox *inbox, const gv_cooccur_job *job, gv_cooccur_text *text,
                          gv_error *err)
{
    ranks r;
    int status = begin(&r, inbox, job, text, err);
    if (status == GV_OK)
        status = send_report(&r, err);
    if (status == GV_OK)
        status = gv_cooccur_exchange(inbox, r.counter, r.level, err);
    if (status == GV_OK)
        status = gv_comm_run_background(inbox->comm, merge_to_file, &r, err);
    if (status == GV_OK)
        status = gv_rank_pieces_send(inbox, next_piece, &r.rows, err);
    end(&r);
    return status;
}
