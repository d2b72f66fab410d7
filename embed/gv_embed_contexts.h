/*
 * gv_embed_contexts - the contexts of a word in a text that passes by: the weighted sum of their
 * vectors.
 *
 * gv_embed_induce.h defines what is summed. The text comes token by token and is not kept, but for
 * the last window; so memory does not depend on it.
 *
 * Threads: an object belongs to one thread.
 */
#ifndef GV_EMBED_CONTEXTS_H
#define GV_EMBED_CONTEXTS_H

#include "counts/gv_counts_weights.h"
#include "embed/gv_embed_words.h"
#include <stdbool.h>

/* A word is so many tokens at most. */
#define GV_EMBED_CONTEXTS_TOKENS 64

/* What all threads share. */
typedef struct gv_embed_contexts_rule {
    const gv_embed_words *words; /* with counts */
    gv_counts_weights distance;  /* owned by the rule's owner */
    double *by_distance;         /* [distance.window + 1] weight of a word at this distance */
    bool symmetric;              /* the words to the right count, too */
} gv_embed_contexts_rule;

/* All but `words` is made; errors of gv_counts_weights_make. Clear it in any case. */
GV_MUST_USE int gv_embed_contexts_rule_make(gv_embed_contexts_rule *rule, const gv_config *config,
                                            gv_error *err);
void gv_embed_contexts_rule_clear(gv_embed_contexts_rule *rule);

typedef struct gv_embed_contexts gv_embed_contexts;

/* `rule` is borrowed. The caller frees. */
GV_MUST_USE int gv_embed_contexts_new(gv_embed_contexts **contexts,
                                      const gv_embed_contexts_rule *rule, gv_error *err);
/* Accepts NULL. */
void gv_embed_contexts_free(gv_embed_contexts *contexts);

/* A text begins, and the word that is looked for has no tokens yet. */
void gv_embed_contexts_begin(gv_embed_contexts *contexts);
/* Add a token to the word. False: it has too many. GV_E_MEMORY. */
GV_MUST_USE int gv_embed_contexts_add_to_word(gv_embed_contexts *contexts, const gv_token *token,
                                              bool *fits, gv_error *err);
/* The tokens so far, joined by "_"; borrowed until the next begin. "" without any. */
const char *gv_embed_contexts_name(const gv_embed_contexts *contexts);

/* The next token of the text; `key` is its key, or GV_VOCAB_NO_WORD. */
void gv_embed_contexts_add(gv_embed_contexts *contexts, const gv_token *token, uint32_t key);
/* The text is over: add the sum of the contexts' vectors to `sum` ([dim]) and return the sum of
 * their weights. `*occurrences`: of the word. */
double gv_embed_contexts_end(gv_embed_contexts *contexts, double *sum, uint64_t *occurrences);

#endif
