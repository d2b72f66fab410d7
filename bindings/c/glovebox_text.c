/* Vectors of texts, as glove-embed makes them. */
#include "base/gv_mem.h"
#include "bindings/c/glovebox_internal.h"
#include "config/gv_run_names.h"
#include "document/gv_document.h"
#include "text/gv_phrases_file.h"
#include "text/gv_space.h"
#include "vocab/gv_vocab.h"

#include <math.h>
#include <string.h>

/* --- how texts are read ----------------------------------------------------------------------- */

static const gv_config *config_of(const glovebox_vectors *v)
{
    return v->config ? v->config : v->reading_config;
}

/* The config: of the run that was opened, of the directory of the file, or the defaults. */
static int find_config(glovebox_vectors *v, gv_error *err)
{
    const gv_strings none = {0};
    if (config_of(v))
        return GV_OK;
    int status = glovebox_read_config(&v->reading_config, v->dir, err);
    if (status == GV_OK && !v->reading_config)
        status = gv_config_load(&v->reading_config, NULL, &none, "default", err);
    return status;
}

static int prepare_reading(void *owner, gv_error *err)
{
    glovebox_vectors *v = owner;
    char *path = NULL;
    int status = find_config(v, err);
    if (status != GV_OK || !gv_config_joins_phrases(config_of(v)))
        return status;
    gv_phrases_free(v->phrases); /* of a try that failed */
    v->phrases = NULL;
    path = gv_mem_format(err, "%s/" GV_FILE_PHRASES, v->dir);
    status = path ? gv_phrases_new(&v->phrases, err) : GV_E_MEMORY;
    if (status == GV_OK)
        status = gv_phrases_file_read(v->phrases, path, NULL, err);
    gv_mem_free(path);
    return status;
}

/* A tokenizer for one thread; it goes back with put_tokens. */
static int take_tokens(gv_document_tokens **tokens, glovebox_vectors *v, gv_error *err)
{
    *tokens = atomic_exchange(&v->idle_tokens, NULL);
    return *tokens ? GV_OK : gv_document_tokens_new(tokens, config_of(v), v->phrases, err);
}

static void put_tokens(gv_document_tokens *tokens, glovebox_vectors *v)
{
    gv_document_tokens_free(atomic_exchange(&v->idle_tokens, tokens));
}

/* --- weights ---------------------------------------------------------------------------------- */

/* What a text is made with. */
typedef struct work {
    glovebox_vectors *v;
    enum gv_document_weights weights;
    double *sum;   /* [dim] */
    double by;     /* the sum of the weights */
    float *unseen; /* [dim] scratch */
    glovebox_text_counts counts;
} work;

/* Can a text hold this word, and does no earlier row have it? */
static bool is_key(glovebox_vectors *v, size_t row)
{
    const char *word = glovebox_word(v, row);
    return !gv_vocab_word_fault(word, strlen(word)) && glovebox_find_exactly(v, word) == row;
}

/* How frequent the word of a row is taken to be. */
static uint64_t frequency(const glovebox_vectors *v, size_t row)
{
    return v->count[row] > 0 ? v->count[row] : v->least;
}

static int make_component(void *owner, gv_error *err)
{
    glovebox_vectors *v = owner;
    const size_t dim = glovebox_dim(v);
    int status = glovebox_need_counts(v, err);
    double *component = status == GV_OK ? gv_mem_alloc_zero(dim, sizeof *component, err) : NULL;
    if (!component)
        return status == GV_OK ? GV_E_MEMORY : status;
    for (size_t row = 0; row < glovebox_rows(v); row++)
        if (is_key(v, row))
            gv_document_component_add(component, glovebox_row(v, row), dim, frequency(v, row),
                                      v->total);
    gv_document_component_end(component, dim);
    v->component = component;
    return GV_OK;
}

static int choose_weights(work *w, int weights, gv_error *err)
{
    gv_error why = GV_ERROR_INIT;
    w->weights = weights == GLOVEBOX_WEIGHTS_MEAN  ? GV_DOCUMENT_MEAN
                 : weights == GLOVEBOX_WEIGHTS_IDF ? GV_DOCUMENT_IDF
                                                   : GV_DOCUMENT_SIF;
    if (w->weights == GV_DOCUMENT_MEAN)
        return GV_OK;
    int status = w->weights == GV_DOCUMENT_SIF
                     ? glovebox_part_need(&w->v->common, make_component, w->v, &why)
                     : glovebox_need_counts(w->v, &why);
    if (status == GV_E_USAGE && weights == GLOVEBOX_WEIGHTS_DEFAULT) {
        w->weights = GV_DOCUMENT_MEAN;
        return GV_OK;
    }
    if (status != GV_OK)
        gv_error_set(err, status, "%s", why.text);
    return status;
}

/* --- words ------------------------------------------------------------------------------------ */

static void add(work *w, const float *vector, double weight)
{
    const size_t dim = glovebox_dim(w->v);
    /* the product is rounded, as glove-embed scales its vectors once for all texts */
    for (size_t k = 0; k < dim; k++)
        w->sum[k] += (double)(float)(weight * (double)vector[k]);
    w->by += weight;
}

static int add_unseen(work *w, const char *word, gv_error *err)
{
    glovebox_vectors *v = w->v;
    size_t known = 0;
    int status = glovebox_need_unseen(v, err);
    if (status != GV_OK)
        return status;
    pthread_mutex_lock(&v->unseen_lock);
    status = gv_words_unseen_exactly(v->unseen, word, w->unseen, &known, err);
    pthread_mutex_unlock(&v->unseen_lock);
    if (status != GV_OK)
        return status;
    w->counts.missing += known == 0;
    w->counts.subwords += known > 0;
    if (known > 0)
        add(w, w->unseen,
            w->weights == GV_DOCUMENT_MEAN ? 1.0
                                           : gv_document_weight(w->weights, v->least, v->total));
    return GV_OK;
}

static int add_token(work *w, const gv_token *token, gv_error *err)
{
    glovebox_vectors *v = w->v;
    char word[GV_TOKEN_MAX + 1];
    if (token->length > GV_TOKEN_MAX) {
        w->counts.missing++;
        return GV_OK;
    }
    memcpy(word, token->text, token->length);
    word[token->length] = '\0';
    const size_t row = glovebox_find_exactly(v, word);
    if (row == SIZE_MAX || gv_vocab_word_fault(word, token->length))
        return add_unseen(w, word, err);
    add(w, glovebox_row(v, row),
        w->weights == GV_DOCUMENT_MEAN
            ? 1.0
            : gv_document_weight(w->weights, frequency(v, row), v->total));
    w->counts.known++;
    return GV_OK;
}

static int add_tokens(work *w, gv_document_tokens *tokens, const uint8_t *text, size_t length,
                      gv_error *err)
{
    const gv_token *next;
    size_t n;
    int status;
    gv_document_tokens_begin(tokens, true);
    gv_document_tokens_feed(tokens, text, length, true);
    do {
        status = gv_document_tokens_next(tokens, false, &next, &n, err);
        for (size_t i = 0; i < n && status == GV_OK; i++)
            status = next[i].length > 0 ? add_token(w, &next[i], err) : GV_OK;
    } while (status == GV_OK && n > 0);
    return status;
}

/* Add the words of the text to the sum. */
static int add_text(work *w, const char *text, size_t length, gv_error *err)
{
    gv_document_tokens *tokens = NULL;
    uint8_t *blanked = NULL;
    int status = GV_OK;
    if (config_of(w->v)->corpus_spaces == GV_SPACES_UNICODE) {
        blanked = gv_mem_alloc(length, 1, err);
        if (!blanked)
            return GV_E_MEMORY;
        if (length > 0)
            memcpy(blanked, text, length);
        gv_space_blank(blanked, length);
    }
    status = take_tokens(&tokens, w->v, err);
    if (status == GV_OK)
        status = add_tokens(w, tokens, blanked ? blanked : (const uint8_t *)text, length, err);
    if (status == GV_OK)
        put_tokens(tokens, w->v);
    else
        gv_document_tokens_free(tokens);
    gv_mem_free(blanked);
    return status;
}

/* --- texts ------------------------------------------------------------------------------------ */

/* The sum, divided and without the common component, to `to`. */
static int complete(work *w, float *to, gv_error *err)
{
    const size_t dim = glovebox_dim(w->v);
    const double n = (double)(w->counts.known + w->counts.subwords);
    gv_document_complete(w->sum, dim, w->weights == GV_DOCUMENT_IDF ? w->by : n,
                         w->weights == GV_DOCUMENT_SIF ? w->v->component : NULL);
    for (size_t k = 0; k < dim; k++) {
        if (!isfinite(w->sum[k]))
            return gv_error_set(err, GV_E_CORRUPT,
                                "%s: vectors with NaN or infinity, which spread to the text; "
                                "glove-convert check names them",
                                w->v->path);
        to[k] = (float)w->sum[k];
    }
    return GV_OK;
}

static int embed(work *w, const char *text, size_t length, int weights, gv_error *err)
{
    const size_t dim = glovebox_dim(w->v);
    int status = glovebox_part_need(&w->v->reading, prepare_reading, w->v, err);
    if (status == GV_OK)
        status = choose_weights(w, weights, err);
    if (status != GV_OK)
        return status;
    w->sum = gv_mem_alloc_zero(dim, sizeof *w->sum, err);
    w->unseen = gv_mem_alloc(dim, sizeof *w->unseen, err);
    return w->sum && w->unseen ? add_text(w, text, length, err) : GV_E_MEMORY;
}

int glovebox_text(const glovebox_vectors *vectors, const char *text, size_t length, int weights,
                  float *to, glovebox_text_counts *counts, glovebox_error *err)
{
    gv_error why = GV_ERROR_INIT;
    if (!vectors || (!text && length > 0) || !to)
        return glovebox_null(err, "glovebox_text", !vectors ? "vectors" : !to ? "to" : "text");
    if (weights < GLOVEBOX_WEIGHTS_DEFAULT || weights > GLOVEBOX_WEIGHTS_MEAN)
        return glovebox_fail(err, GLOVEBOX_E_ARGUMENT, "glovebox_text: there are no weights %d",
                             weights);
    work w = {.v = glovebox_lazily(vectors)};
    int status = embed(&w, text, length, weights, &why);
    if (status == GV_OK)
        status = complete(&w, to, &why);
    if (status == GV_OK && counts)
        *counts = w.counts;
    gv_mem_free(w.sum);
    gv_mem_free(w.unseen);
    return glovebox_translate(err, status, &why);
}
