#include "embed/gv_embed_documents.h"

#include "base/gv_bytes.h"
#include "base/gv_decimal.h"
#include "base/gv_mem.h"
#include "document/gv_document_tokens.h"
#include "embed/gv_embed_finder.h"
#include "embed/gv_embed_lines.h"
#include <stdio.h>
#include <string.h>

void gv_embed_documents_component(double *component, const gv_embed_words *words)
{
    const size_t dim = words->vectors->dim;
    memset(component, 0, dim * sizeof *component);
    for (uint32_t key = 0; key < gv_vocab_size(words->keys); key++)
        gv_document_component_add(component, gv_embed_words_vector(words, key), dim,
                                  words->count[key], words->total);
    gv_document_component_end(component, dim);
}

/* What all threads share. */
typedef struct documents {
    const gv_embed_documents_job *job;
    size_t dim;
    double *weight;       /* [keys]; NULL: all 1 */
    double unseen_weight; /* of words that are no keys */
    gv_embed_documents_counts counts;
} documents;

/* What one thread works with. */
typedef struct worker {
    documents *all;
    gv_document_tokens *tokens;
    gv_embed_finder *finder;
    /* the line at hand */
    double *sum; /* [dim] */
    double weights;
    gv_embed_documents_counts line, block; /* and those of the block */
    /* of the block */
    char *out;
    size_t used, capacity;
    size_t *end; /* [lines] where in `out` each ends */
    size_t end_capacity;
} worker;

/* --- lines ------------------------------------------------------------------------------------ */

static void begin_line(worker *w)
{
    memset(w->sum, 0, w->all->dim * sizeof *w->sum);
    w->weights = 0.0;
    w->line = (gv_embed_documents_counts){0};
}

/* Make the sum the line's vector. */
static void complete(worker *w)
{
    const uint64_t n = w->line.known + w->line.subwords;
    const double by = w->all->job->weights == GV_DOCUMENT_IDF ? w->weights : (double)n;
    gv_document_complete(w->sum, w->all->dim, by, w->all->job->component);
}

/* The numbers with `separator` between them. */
static char *put_numbers(char *to, const double *values, size_t n, char separator)
{
    for (size_t k = 0; k < n; k++) {
        if (k > 0)
            *to++ = separator;
        to = gv_decimal_put6(to, (float)values[k]);
    }
    return to;
}

static char *put_count(char *to, const char *name, uint64_t value)
{
    to = stpcpy(to, name);
    return gv_decimal_put_whole(to, value);
}

/* The line's vector in the output's format; of JSON all but the line's number, which only the
 * commit knows. */
static char *put_line(char *to, const worker *w)
{
    const size_t dim = w->all->dim;
    switch (w->all->job->format) {
    case GV_EMBED_TEXT:
        to = put_numbers(to, w->sum, dim, ' ');
        *to++ = '\n';
        break;
    case GV_EMBED_JSONL:
        to = stpcpy(to, ",\"vector\":[");
        to = put_numbers(to, w->sum, dim, ',');
        to = put_count(to, "],\"words\":", w->line.known);
        to = put_count(to, ",\"subwords\":", w->line.subwords);
        to = put_count(to, ",\"missing\":", w->line.missing);
        to = stpcpy(to, "}\n");
        break;
    case GV_EMBED_NPY:
        for (size_t k = 0; k < dim; k++, to += sizeof(float)) {
            float value = (float)w->sum[k];
            uint32_t bits;
            memcpy(&bits, &value, sizeof bits);
            gv_bytes_put32((uint8_t *)to, bits);
        }
        break;
    }
    return to;
}

static int end_line(worker *w, gv_error *err)
{
    enum { MEMBERS = 128 }; /* of JSON, beside the numbers */
    const size_t lines = (size_t)w->block.lines;
    int status = gv_mem_reserve(&w->out, &w->capacity,
                                w->used + w->all->dim * (GV_DECIMAL_MAX + 1) + MEMBERS, 1, err);
    if (status == GV_OK)
        status = gv_mem_reserve(&w->end, &w->end_capacity, lines + 1, sizeof *w->end, err);
    if (status != GV_OK)
        return status;
    complete(w);
    w->used = (size_t)(put_line(w->out + w->used, w) - w->out);
    w->end[lines] = w->used;
    w->block.lines++;
    w->block.zero += w->line.known + w->line.subwords == 0;
    w->block.known += w->line.known;
    w->block.subwords += w->line.subwords;
    w->block.missing += w->line.missing;
    begin_line(w);
    return GV_OK;
}

/* --- words ------------------------------------------------------------------------------------ */

static void add(double *restrict sum, const float *restrict vector, size_t dim)
{
    for (size_t k = 0; k < dim; k++)
        sum[k] += (double)vector[k];
}

static int add_unseen(worker *w, const gv_token *token, gv_error *err)
{
    const float *vector;
    int status = gv_embed_finder_unseen(w->finder, token, &vector, err);
    if (status != GV_OK)
        return status;
    if (!vector) {
        w->line.missing++;
        return GV_OK;
    }
    for (size_t k = 0; k < w->all->dim; k++)
        w->sum[k] += (double)(float)(w->all->unseen_weight * (double)vector[k]);
    w->weights += w->all->unseen_weight;
    w->line.subwords++;
    return GV_OK;
}

static int add_tokens(worker *w, const gv_token *tokens, size_t n, gv_error *err)
{
    const documents *all = w->all;
    const gv_embed_words *words = all->job->words;
    const uint32_t *keys;
    int status = gv_embed_finder_keys(w->finder, tokens, n, &keys, err);
    for (size_t i = 0; status == GV_OK && i < n; i++) {
        if (tokens[i].length == 0) {
            status = end_line(w, err);
        } else if (keys[i] == GV_VOCAB_NO_WORD) {
            status = add_unseen(w, &tokens[i], err);
        } else {
            add(w->sum, gv_embed_words_vector(words, keys[i]), all->dim);
            w->weights += all->weight ? all->weight[keys[i]] : 1.0;
            w->line.known++;
        }
    }
    return status;
}

static int work_on_piece(void *worker_, const gv_embed_input_block *block, bool first, size_t *rest,
                         gv_error *err)
{
    worker *w = worker_;
    const gv_token *tokens;
    size_t n;
    if (first) {
        gv_document_tokens_begin(w->tokens, block->file_start);
        begin_line(w);
        w->block = (gv_embed_documents_counts){0};
        w->used = 0;
    }
    gv_document_tokens_feed(w->tokens, block->bytes, block->used, !block->open);
    int status;
    do {
        status = gv_document_tokens_next(w->tokens, true, &tokens, &n, err);
        if (status == GV_OK && n > 0)
            status = add_tokens(w, tokens, n, err);
    } while (status == GV_OK && n > 0);
    *rest = block->open ? gv_document_tokens_rest(w->tokens) : 0;
    if (status == GV_OK && !block->open && gv_embed_input_block_lacks_end(block))
        status = end_line(w, err);
    return status;
}

/* --- results ---------------------------------------------------------------------------------- */

static int write_json(const worker *w, gv_error *err)
{
    const gv_embed_documents_counts *counts = &w->all->counts;
    int status = GV_OK;
    size_t begin = 0;
    for (size_t i = 0; status == GV_OK && i < w->block.lines; i++) {
        char start[32];
        int n = snprintf(start, sizeof start, "{\"line\":%ju", (uintmax_t)(counts->lines + i + 1));
        status = gv_embed_output_write(w->all->job->output, start, (size_t)n, err);
        if (status == GV_OK)
            status =
                gv_embed_output_write(w->all->job->output, w->out + begin, w->end[i] - begin, err);
        begin = w->end[i];
    }
    return status;
}

static int commit(void *worker_, const gv_embed_input_block *block, gv_error *err)
{
    worker *w = worker_;
    gv_embed_documents_counts *counts = &w->all->counts;
    (void)block;
    int status = w->all->job->format == GV_EMBED_JSONL
                     ? write_json(w, err)
                     : gv_embed_output_write(w->all->job->output, w->out, w->used, err);
    counts->lines += w->block.lines;
    counts->zero += w->block.zero;
    counts->known += w->block.known;
    counts->subwords += w->block.subwords;
    counts->missing += w->block.missing;
    return status;
}

/* --- threads ---------------------------------------------------------------------------------- */

static void close_worker(void *worker_)
{
    worker *w = worker_;
    if (!w)
        return;
    gv_document_tokens_free(w->tokens);
    gv_embed_finder_free(w->finder);
    gv_mem_free(w->sum);
    gv_mem_free(w->out);
    gv_mem_free(w->end);
    gv_mem_free(w);
}

static void *open_worker(void *context, gv_error *err)
{
    documents *all = context;
    worker *w = gv_mem_alloc_zero(1, sizeof *w, err);
    if (!w)
        return NULL;
    w->all = all;
    w->sum = gv_mem_alloc(all->dim, sizeof *w->sum, err);
    int status = w->sum
                     ? gv_document_tokens_new(&w->tokens, all->job->config, all->job->phrases, err)
                     : GV_E_MEMORY;
    if (status == GV_OK)
        status = gv_embed_finder_new(&w->finder, all->job->words, err);
    if (status == GV_OK)
        return w;
    close_worker(w);
    return NULL;
}

/* Scale each vector by its word's weight, once for all its occurrences. */
static int weigh(documents *all, gv_error *err)
{
    const gv_embed_documents_job *job = all->job;
    const uint32_t keys = gv_vocab_size(job->words->keys);
    all->unseen_weight = 1.0;
    if (job->weights == GV_DOCUMENT_MEAN)
        return GV_OK;
    all->weight = gv_mem_alloc(keys, sizeof *all->weight, err);
    if (!all->weight)
        return GV_E_MEMORY;
    for (uint32_t key = 0; key < keys; key++) {
        float *vector = gv_embed_words_vector(job->words, key);
        const double weight =
            gv_document_weight(job->weights, job->words->count[key], job->words->total);
        all->weight[key] = weight;
        for (size_t k = 0; k < all->dim; k++)
            vector[k] = (float)(weight * (double)vector[k]);
    }
    all->unseen_weight = gv_document_weight(job->weights, job->words->least, job->words->total);
    return GV_OK;
}

int gv_embed_documents_run(gv_embed_documents_counts *counts, const gv_embed_documents_job *job,
                           gv_error *err)
{
    documents all = {.job = job, .dim = job->words->vectors->dim};
    const gv_embed_lines_job lines = {.input = job->input,
                                      .threads = job->threads,
                                      .progress = job->progress,
                                      .context = &all,
                                      .open = open_worker,
                                      .close = close_worker,
                                      .piece = work_on_piece,
                                      .commit = commit};
    int status = weigh(&all, err);
    if (status == GV_OK)
        status = gv_embed_lines_run(&lines, err);
    gv_mem_free(all.weight);
    *counts = all.counts;
    return status;
}
