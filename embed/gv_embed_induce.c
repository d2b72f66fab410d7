#include "embed/gv_embed_induce.h"

#include "base/gv_hash.h"
#include "base/gv_mem.h"
#include "document/gv_document_tokens.h"
#include "embed/gv_embed_contexts.h"
#include "embed/gv_embed_finder.h"
#include "embed/gv_embed_lines.h"
#include <inttypes.h>
#include <string.h>

/* What all threads share; the list and all below it is used by commits only. */
typedef struct induction {
    const gv_embed_induce_job *job;
    size_t dim;
    gv_embed_contexts_rule rule;
    gv_embed_induce_list *list;
    uint32_t *index; /* [index_size] 1 + the number of a word in the list, by its hash; 0: free */
    size_t index_size;
    uint64_t line; /* lines of the file so far */
} induction;

/* What a line says of its word. */
typedef struct finding {
    size_t name; /* where it begins in `names` */
    uint64_t occurrences;
    double mass;
} finding;

/* What one thread works with. */
typedef struct worker {
    induction *all;
    gv_document_tokens *tokens;
    gv_embed_finder *finder;
    gv_embed_contexts *contexts;
    bool in_text; /* of a line that goes on with the next piece */
    /* of the block */
    bool file_start;
    uint64_t lines;
    const char *fault; /* of the line behind these; NULL: none */
    finding *findings;
    size_t n, capacity;
    double *sums; /* [n][dim] of their contexts */
    size_t sums_capacity;
    char *names;
    size_t names_used, names_capacity;
} worker;

/* --- lines ------------------------------------------------------------------------------------ */

static bool is_blank(const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (bytes[i] != ' ' && bytes[i] != '\r' && bytes[i] != '\n')
            return false;
    return true;
}

/* Tokens of the word. */
static int read_word(worker *w, const uint8_t *bytes, size_t n, bool file_start, gv_error *err)
{
    const gv_token *tokens;
    size_t found;
    gv_document_tokens_begin(w->tokens, file_start);
    gv_document_tokens_feed(w->tokens, bytes, n, true);
    gv_embed_contexts_begin(w->contexts);
    int status = gv_document_tokens_next(w->tokens, false, &tokens, &found, err);
    while (status == GV_OK && found > 0 && !w->fault) {
        bool fits = true;
        for (size_t i = 0; status == GV_OK && fits && i < found; i++)
            status = gv_embed_contexts_add_to_word(w->contexts, &tokens[i], &fits, err);
        if (!fits)
            w->fault = "the word before the TAB has more than 64 tokens";
        else if (status == GV_OK)
            status = gv_document_tokens_next(w->tokens, false, &tokens, &found, err);
    }
    if (!w->fault && gv_embed_contexts_name(w->contexts)[0] == '\0')
        w->fault = "there is no word before the TAB";
    gv_document_tokens_begin(w->tokens, false);
    return status;
}

static int read_text(worker *w, const uint8_t *bytes, size_t n, bool open, gv_error *err)
{
    const gv_token *tokens;
    const uint32_t *keys;
    size_t found;
    gv_document_tokens_feed(w->tokens, bytes, n, !open);
    int status = gv_document_tokens_next(w->tokens, false, &tokens, &found, err);
    while (status == GV_OK && found > 0) {
        status = gv_embed_finder_keys(w->finder, tokens, found, &keys, err);
        for (size_t i = 0; status == GV_OK && i < found; i++)
            gv_embed_contexts_add(w->contexts, &tokens[i], keys[i]);
        if (status == GV_OK)
            status = gv_document_tokens_next(w->tokens, false, &tokens, &found, err);
    }
    w->in_text = open;
    return status;
}

/* The line is over: note what it says. */
static int end_line(worker *w, gv_error *err)
{
    const size_t dim = w->all->dim;
    const char *name = gv_embed_contexts_name(w->contexts);
    const size_t bytes = strlen(name) + 1;
    int status = gv_mem_reserve(&w->findings, &w->capacity, w->n + 1, sizeof *w->findings, err);
    if (status == GV_OK)
        status = gv_mem_reserve(&w->sums, &w->sums_capacity, w->n + 1, dim * sizeof *w->sums, err);
    if (status == GV_OK)
        status = gv_mem_reserve(&w->names, &w->names_capacity, w->names_used + bytes, 1, err);
    if (status != GV_OK)
        return status;
    finding *f = &w->findings[w->n];
    double *sum = w->sums + w->n * dim;
    *f = (finding){.name = w->names_used};
    memcpy(w->names + w->names_used, name, bytes);
    w->names_used += bytes;
    memset(sum, 0, dim * sizeof *sum);
    f->mass = gv_embed_contexts_end(w->contexts, sum, &f->occurrences);
    w->n++;
    w->lines++;
    return GV_OK;
}

/* A line, or the first piece of one that goes on. */
static int begin_line(worker *w, const uint8_t *bytes, size_t n, bool file_start, bool open,
                      gv_error *err)
{
    const uint8_t *tab = memchr(bytes, '\t', n);
    if (!tab && !open && is_blank(bytes, n)) {
        w->lines++;
        return GV_OK;
    }
    if (!tab) {
        w->fault = "there is no TAB; expected `word TAB text`";
        return GV_OK;
    }
    const size_t word = (size_t)(tab - bytes);
    int status = read_word(w, bytes, word, file_start, err);
    if (status == GV_OK && !w->fault)
        status = read_text(w, bytes + word + 1, n - word - 1, open, err);
    return status == GV_OK && !w->fault && !open ? end_line(w, err) : status;
}

static int work_on_piece(void *worker_, const gv_embed_input_block *block, bool first, size_t *rest,
                         gv_error *err)
{
    worker *w = worker_;
    int status = GV_OK;
    *rest = 0;
    if (first) {
        w->file_start = block->file_start;
        w->lines = w->n = w->names_used = 0;
        w->in_text = false;
        w->fault = NULL;
    }
    if (w->in_text) {
        status = read_text(w, block->bytes, block->used, block->open, err);
        if (status == GV_OK && !block->open)
            status = end_line(w, err);
    }
    for (size_t at = first ? 0 : block->used; status == GV_OK && !w->fault && at < block->used;) {
        const size_t behind = gv_embed_input_block_line(block, at);
        status = begin_line(w, block->bytes + at, behind - at, w->file_start && at == 0,
                            block->open, err);
        at = behind;
    }
    if (w->in_text)
        *rest = gv_document_tokens_rest(w->tokens);
    return status;
}

/* --- adding up -------------------------------------------------------------------------------- */

/* Where `name` is in the index, or where it would be. */
static size_t find_place(const induction *all, const char *name)
{
    size_t at = gv_hash_64(name, strlen(name), 0) & (all->index_size - 1);
    while (all->index[at] > 0 && strcmp(all->list->items[all->index[at] - 1].word, name) != 0)
        at = (at + 1) & (all->index_size - 1);
    return at;
}

/* Keep the index at most half full. */
static int grow_index(induction *all, gv_error *err)
{
    if (all->list->n * 2 < all->index_size)
        return GV_OK;
    const size_t size = all->index_size ? all->index_size * 2 : 1024;
    uint32_t *index = gv_mem_alloc_zero(size, sizeof *index, err);
    if (!index)
        return GV_E_MEMORY;
    gv_mem_free(all->index);
    all->index = index;
    all->index_size = size;
    for (size_t i = 0; i < all->list->n; i++)
        index[find_place(all, all->list->items[i].word)] = (uint32_t)i + 1;
    return GV_OK;
}

static int find_or_add(gv_embed_induce_word **item, induction *all, const char *name, gv_error *err)
{
    gv_embed_induce_list *list = all->list;
    int status = grow_index(all, err);
    if (status != GV_OK)
        return status;
    const size_t place = find_place(all, name);
    if (all->index[place] > 0) {
        *item = &list->items[all->index[place] - 1];
        return GV_OK;
    }
    if (list->n == UINT32_MAX - 1)
        return gv_error_set(err, GV_E_RUNTIME, "more than 4 billion words; give fewer at a time");
    status = gv_mem_reserve(&list->items, &list->capacity, list->n + 1, sizeof *list->items, err);
    if (status != GV_OK)
        return status;
    gv_embed_induce_word *new = &list->items[list->n];
    *new = (gv_embed_induce_word){.word = gv_mem_strdup(name, err),
                                  .sum = gv_mem_alloc_zero(all->dim, sizeof(double), err)};
    list->n++;
    all->index[place] = (uint32_t)list->n;
    *item = new;
    return new->word &&new->sum ? GV_OK : GV_E_MEMORY;
}

static int add_finding(induction *all, const worker *w, size_t i, gv_error *err)
{
    const finding *f = &w->findings[i];
    gv_embed_induce_word *item = NULL;
    int status = find_or_add(&item, all, w->names + f->name, err);
    if (status != GV_OK)
        return status;
    item->lines++;
    item->occurrences += f->occurrences;
    item->contexts += f->occurrences > 0 ? f->occurrences : f->mass > 0.0;
    item->mass += f->mass;
    for (size_t k = 0; k < all->dim; k++)
        item->sum[k] += w->sums[i * all->dim + k];
    return GV_OK;
}

static int commit(void *worker_, const gv_embed_input_block *block, gv_error *err)
{
    worker *w = worker_;
    induction *all = w->all;
    int status = GV_OK;
    if (w->file_start)
        all->line = 0;
    for (size_t i = 0; status == GV_OK && i < w->n; i++)
        status = add_finding(all, w, i, err);
    all->line += w->lines;
    if (status == GV_OK && w->fault) {
        const char *file = gv_embed_input_files(all->job->input)->items[block->file];
        status =
            gv_error_set(err, GV_E_CORRUPT, "%s, line %" PRIu64 ": %s",
                         strcmp(file, "-") == 0 ? "standard input" : file, all->line + 1, w->fault);
    }
    return status;
}

/* --- results ---------------------------------------------------------------------------------- */

/* The mean of the contexts, transformed, into `to`. */
static void transform(double *to, const induction *all, const gv_embed_induce_word *item)
{
    const size_t dim = all->dim;
    for (size_t k = 0; k < dim; k++) {
        const double *row = all->job->transform + k * dim;
        double sum = 0.0;
        for (size_t j = 0; j < dim; j++)
            sum += row[j] * (item->sum[j] / item->mass);
        to[k] = sum;
    }
}

/* What contexts and n-grams say together. `to`: [dim]. */
static int finish(gv_embed_induce_word *item, const induction *all, gv_embed_finder *finder,
                  double *to, gv_error *err)
{
    const gv_token token = gv_token_of(item->word, strlen(item->word));
    const float *subword = NULL;
    double k = 0.0, n = (double)item->contexts;
    int status = gv_embed_finder_unseen(finder, &token, &subword, err);
    item->from_contexts = item->mass > 0.0;
    if (status != GV_OK || !(item->vector = gv_mem_alloc(all->dim, sizeof(float), err)))
        return status == GV_OK ? GV_E_MEMORY : status;
    item->from_subwords = subword != NULL;
    memset(to, 0, all->dim * sizeof *to);
    if (item->from_contexts)
        transform(to, all, item);
    else
        n = 0.0;
    k = item->from_subwords ? GV_EMBED_INDUCE_SUBWORDS : 0.0;
    for (size_t i = 0; i < all->dim; i++) {
        const double s = subword ? (double)subword[i] : 0.0;
        item->vector[i] = n + k > 0.0 ? (float)((n * to[i] + k * s) / (n + k)) : 0.0f;
    }
    gv_mem_free(item->sum);
    item->sum = NULL;
    return GV_OK;
}

static int finish_all(induction *all, gv_error *err)
{
    gv_embed_finder *finder = NULL;
    double *to = gv_mem_alloc(all->dim, sizeof *to, err);
    int status = to ? gv_embed_finder_new(&finder, all->job->words, err) : GV_E_MEMORY;
    for (size_t i = 0; status == GV_OK && i < all->list->n; i++)
        status = finish(&all->list->items[i], all, finder, to, err);
    gv_embed_finder_free(finder);
    gv_mem_free(to);
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
    gv_embed_contexts_free(w->contexts);
    gv_mem_free(w->findings);
    gv_mem_free(w->sums);
    gv_mem_free(w->names);
    gv_mem_free(w);
}

static void *open_worker(void *context, gv_error *err)
{
    induction *all = context;
    worker *w = gv_mem_alloc_zero(1, sizeof *w, err);
    if (!w)
        return NULL;
    w->all = all;
    int status = gv_document_tokens_new(&w->tokens, all->job->config, all->job->phrases, err);
    if (status == GV_OK)
        status = gv_embed_finder_new(&w->finder, all->job->words, err);
    if (status == GV_OK)
        status = gv_embed_contexts_new(&w->contexts, &all->rule, err);
    if (status == GV_OK)
        return w;
    close_worker(w);
    return NULL;
}

int gv_embed_induce(gv_embed_induce_list *list, const gv_embed_induce_job *job, gv_error *err)
{
    induction all = {
        .job = job, .dim = job->words->vectors->dim, .rule = {.words = job->words}, .list = list};
    const gv_embed_lines_job lines = {.input = job->input,
                                      .threads = job->threads,
                                      .progress = job->progress,
                                      .context = &all,
                                      .open = open_worker,
                                      .close = close_worker,
                                      .piece = work_on_piece,
                                      .commit = commit};
    *list = (gv_embed_induce_list){0};
    int status = gv_embed_contexts_rule_make(&all.rule, job->config, err);
    if (status == GV_OK)
        status = gv_embed_lines_run(&lines, err);
    if (status == GV_OK)
        status = finish_all(&all, err);
    gv_embed_contexts_rule_clear(&all.rule);
    gv_mem_free(all.index);
    return status;
}

void gv_embed_induce_list_clear(gv_embed_induce_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        gv_mem_free(list->items[i].word);
        gv_mem_free(list->items[i].sum);
        gv_mem_free(list->items[i].vector);
    }
    gv_mem_free(list->items);
    *list = (gv_embed_induce_list){0};
}
