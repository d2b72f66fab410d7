/*
 * gv_embed_induce - vectors of words from the contexts they have in given texts ("a la carte").
 *
 * Each line is `word TAB text`. The word may be several tokens, as in a phrase; wherever these
 * stand in the text, the words around them are its contexts: those within cooccur.window, with the
 * weights of cooccur.weighting and on the sides that cooccur.symmetric says, times the SIF weights
 * with which the transform was learnt (gv_embed_fit.h). As in counting, words without a vector take
 * no place. Where the word does not occur in the text, all words of the text are one context of it,
 * with their SIF weights alone. The word itself is never its own context.
 *
 * All lines of a word add up: u = weighted mean of all its contexts' vectors, v = A u. If the word
 * also has a vector s from its n-grams, the result is (n v + k s) / (n + k), n being the number of
 * its contexts (occurrences, or lines without one).
 *
 * Words come out in the order in which they first appear, named by their tokens, joined by "_".
 * Sums are in double and in the order of the text, so the bytes do not depend on threads.
 *
 * Source: Khodak et al., ACL 2018.
 * Threads: one call at a time; it starts threads of its own.
 */
#ifndef GV_EMBED_INDUCE_H
#define GV_EMBED_INDUCE_H

#include "base/gv_progress.h"
#include "embed/gv_embed_input.h"
#include "embed/gv_embed_words.h"
#include "text/gv_phrases.h"

/* k above: how many contexts weigh as much as the n-grams. */
#define GV_EMBED_INDUCE_SUBWORDS 4.0

typedef struct gv_embed_induce_word {
    char *word;
    uint64_t lines;       /* of the word */
    uint64_t occurrences; /* of the word in their texts */
    uint64_t contexts;    /* n above */
    bool from_contexts;   /* there is a context with a vector */
    bool from_subwords;
    double *sum; /* [dim] of contexts, while adding up */
    double mass;
    float *vector; /* [dim] the result; zeros if it comes from nothing */
} gv_embed_induce_word;

typedef struct gv_embed_induce_list {
    gv_embed_induce_word *items;
    size_t n, capacity;
} gv_embed_induce_list;

/* All borrowed. */
typedef struct gv_embed_induce_job {
    const gv_config *config;
    const gv_phrases *phrases;   /* joined in the text; NULL: none */
    const gv_embed_words *words; /* with counts */
    const double *transform;     /* [dim][dim] */
    gv_embed_input *input;
    unsigned threads;
    gv_progress *progress;
} gv_embed_induce_job;

/* The caller clears `list`, also after a failure. GV_E_CORRUPT, naming file and line: a line
 * without a TAB, or without a word before it. Empty lines are skipped. */
GV_MUST_USE int gv_embed_induce(gv_embed_induce_list *list, const gv_embed_induce_job *job,
                                gv_error *err);
void gv_embed_induce_list_clear(gv_embed_induce_list *list);

#endif
