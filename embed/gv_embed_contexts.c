/*
 * Three steps, each with a little memory:
 *
 * - Matching: the tokens of the text are compared with those of the word. Those that may begin it
 *   are held until the next ones decide; held tokens that do not go on as the word are passed on.
 * - Places: occurrences of the word and words that have vectors take places, other tokens none. The
 *   last `window` places are kept in a ring.
 * - Sums: an occurrence adds the words in the ring, a word that follows one is added by it. Until
 *   the first occurrence all words are added up as well, for texts without any.
 */
#include "embed/gv_embed_contexts.h"

#include "base/gv_mem.h"
#include "document/gv_document.h"
#include <string.h>

#define THE_WORD UINT32_MAX /* in the ring: an occurrence; others are keys */

struct gv_embed_contexts {
    const gv_embed_contexts_rule *rule;
    size_t dim;
    /* the word: its tokens one after the other, each with a "_" or the NUL behind it */
    char *name;
    size_t capacity;
    size_t tokens, end[GV_EMBED_CONTEXTS_TOKENS]; /* where each ends in `name` */
    /* matching */
    size_t held; /* tokens of the word that the last ones were equal to */
    uint32_t held_key[GV_EMBED_CONTEXTS_TOKENS];
    /* places */
    uint32_t *ring;  /* [window] */
    uint64_t places; /* so far */
    uint64_t last;   /* number of the last occurrence's place, from 1; 0: none */
    /* sums */
    uint64_t occurrences;
    double *near, *all; /* [dim] of the contexts; of all words until the first occurrence */
    double near_mass, all_mass;
};

/* --- the rule --------------------------------------------------------------------------------- */

int gv_embed_contexts_rule_make(gv_embed_contexts_rule *rule, const gv_config *config,
                                gv_error *err)
{
    int status = gv_counts_weights_make(&rule->distance, config, err);
    rule->symmetric = config->cooccur_symmetric;
    rule->by_distance = NULL;
    if (status != GV_OK)
        return status;
    const size_t n = (size_t)rule->distance.window + 1;
    if (!(rule->by_distance = gv_mem_alloc(n, sizeof *rule->by_distance, err)))
        return GV_E_MEMORY;
    for (size_t k = 0; k < n; k++)
        rule->by_distance[k] = (double)rule->distance.weight[k] / (double)rule->distance.unit;
    return GV_OK;
}

void gv_embed_contexts_rule_clear(gv_embed_contexts_rule *rule)
{
    gv_counts_weights_clear(&rule->distance);
    gv_mem_free(rule->by_distance);
    rule->by_distance = NULL;
}

/* --- the object ------------------------------------------------------------------------------- */

int gv_embed_contexts_new(gv_embed_contexts **result, const gv_embed_contexts_rule *rule,
                          gv_error *err)
{
    *result = NULL;
    gv_embed_contexts *c = gv_mem_alloc_zero(1, sizeof *c, err);
    if (!c)
        return GV_E_MEMORY;
    c->rule = rule;
    c->dim = rule->words->vectors->dim;
    c->ring = gv_mem_alloc(rule->distance.window, sizeof *c->ring, err);
    c->near = gv_mem_alloc(c->dim, sizeof *c->near, err);
    c->all = gv_mem_alloc(c->dim, sizeof *c->all, err);
    if (!c->ring || !c->near || !c->all || gv_mem_reserve(&c->name, &c->capacity, 1, 1, err)) {
        gv_embed_contexts_free(c);
        return GV_E_MEMORY;
    }
    gv_embed_contexts_begin(c);
    *result = c;
    return GV_OK;
}

void gv_embed_contexts_free(gv_embed_contexts *contexts)
{
    if (!contexts)
        return;
    gv_mem_free(contexts->name);
    gv_mem_free(contexts->ring);
    gv_mem_free(contexts->near);
    gv_mem_free(contexts->all);
    gv_mem_free(contexts);
}

void gv_embed_contexts_begin(gv_embed_contexts *c)
{
    c->name[0] = '\0';
    c->tokens = c->held = 0;
    c->places = c->last = c->occurrences = 0;
    memset(c->near, 0, c->dim * sizeof *c->near);
    memset(c->all, 0, c->dim * sizeof *c->all);
    c->near_mass = c->all_mass = 0.0;
}

/* --- the word --------------------------------------------------------------------------------- */

int gv_embed_contexts_add_to_word(gv_embed_contexts *c, const gv_token *token, bool *fits,
                                  gv_error *err)
{
    size_t start = c->tokens ? c->end[c->tokens - 1] + 1 : 0;
    *fits = c->tokens < GV_EMBED_CONTEXTS_TOKENS;
    if (!*fits)
        return GV_OK;
    int status = gv_mem_reserve(&c->name, &c->capacity, start + token->length + 1, 1, err);
    if (status != GV_OK)
        return status;
    if (start > 0)
        c->name[start - 1] = '_';
    memcpy(c->name + start, token->text, token->length);
    c->end[c->tokens++] = start + token->length;
    c->name[start + token->length] = '\0';
    return GV_OK;
}

const char *gv_embed_contexts_name(const gv_embed_contexts *contexts)
{
    return contexts->name;
}

static bool is_token(const gv_embed_contexts *c, size_t i, const char *text, size_t length)
{
    const size_t start = i ? c->end[i - 1] + 1 : 0;
    return length == c->end[i] - start && memcmp(c->name + start, text, length) == 0;
}

/* --- sums ------------------------------------------------------------------------------------- */

static void add_vector(const gv_embed_contexts *c, double *restrict sum, double *mass, uint32_t key,
                       double by)
{
    const gv_embed_words *words = c->rule->words;
    const float *restrict vector = gv_embed_words_vector(words, key);
    by *= gv_document_sif(words->count[key], words->total);
    *mass += by;
    for (size_t k = 0; k < c->dim; k++)
        sum[k] += by * (double)vector[k];
}

/* The word of the place that is `distance` before the next one. */
static uint32_t before(const gv_embed_contexts *c, uint64_t distance)
{
    return c->ring[(c->places - distance) % c->rule->distance.window];
}

static uint64_t reach(const gv_embed_contexts *c)
{
    return c->places < c->rule->distance.window ? c->places : c->rule->distance.window;
}

/* The next place is an occurrence: the words before it are its contexts. */
static void take_left(gv_embed_contexts *c)
{
    for (uint64_t k = 1; k <= reach(c); k++) {
        const uint32_t key = before(c, k);
        if (key != THE_WORD && c->rule->by_distance[k] > 0.0)
            add_vector(c, c->near, &c->near_mass, key, c->rule->by_distance[k]);
    }
}

/* The next place is a word: it is a context of the occurrences before it. */
static void give_right(gv_embed_contexts *c, uint32_t key)
{
    double by = 0.0;
    for (uint64_t k = 1; k <= reach(c); k++)
        if (before(c, k) == THE_WORD)
            by += c->rule->by_distance[k];
    if (by > 0.0)
        add_vector(c, c->near, &c->near_mass, key, by);
}

/* A token of the text, or the word. */
static void place(gv_embed_contexts *c, uint32_t key)
{
    if (key == THE_WORD) {
        take_left(c);
        c->occurrences++;
        c->last = c->places + 1;
    } else {
        if (c->rule->symmetric && c->last > 0 &&
            c->places + 1 - c->last <= c->rule->distance.window)
            give_right(c, key);
        if (c->occurrences == 0)
            add_vector(c, c->all, &c->all_mass, key, 1.0);
    }
    c->ring[c->places++ % c->rule->distance.window] = key;
}

/* --- matching --------------------------------------------------------------------------------- */

/* Pass on the first of the held tokens, and hold as many of the others as may begin the word. */
static void release_one(gv_embed_contexts *c)
{
    size_t start = 1;
    if (c->held_key[0] != GV_VOCAB_NO_WORD)
        place(c, c->held_key[0]);
    /* the others are known: they are tokens of the word */
    for (; start < c->held; start++) {
        size_t i = 0;
        while (start + i < c->held) {
            const size_t at = start + i, from = c->end[at - 1] + 1;
            if (!is_token(c, i, c->name + from, c->end[at] - from))
                break;
            i++;
        }
        if (start + i == c->held)
            break;
        if (c->held_key[start] != GV_VOCAB_NO_WORD)
            place(c, c->held_key[start]);
    }
    memmove(c->held_key, c->held_key + start, (c->held - start) * sizeof *c->held_key);
    c->held -= start;
}

void gv_embed_contexts_add(gv_embed_contexts *c, const gv_token *token, uint32_t key)
{
    while (c->held > 0 && !is_token(c, c->held, token->text, token->length))
        release_one(c);
    if (!is_token(c, c->held, token->text, token->length)) {
        if (key != GV_VOCAB_NO_WORD)
            place(c, key);
        return;
    }
    c->held_key[c->held++] = key;
    if (c->held == c->tokens) {
        c->held = 0;
        place(c, THE_WORD);
    }
}

double gv_embed_contexts_end(gv_embed_contexts *c, double *sum, uint64_t *occurrences)
{
    while (c->held > 0)
        release_one(c);
    const double *from = c->occurrences > 0 ? c->near : c->all;
    for (size_t k = 0; k < c->dim; k++)
        sum[k] += from[k];
    *occurrences = c->occurrences;
    return c->occurrences > 0 ? c->near_mass : c->all_mass;
}
