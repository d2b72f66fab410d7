/*
 * gv_embed_finder - words as a tokenizer gives them, looked up by one thread.
 *
 * A word without a vector of its own gets one from its n-grams, if there are any: those of
 * words->subwords, else those of the vectors if these are a fastText model. The last of these
 * vectors are kept, as texts repeat their words.
 *
 * Errors: GV_E_MEMORY; GV_E_RUNTIME of ICU. Threads: a finder belongs to one thread.
 */
#ifndef GV_EMBED_FINDER_H
#define GV_EMBED_FINDER_H

#include "embed/gv_embed_words.h"

typedef struct gv_embed_finder gv_embed_finder;

/* `words` is borrowed. The caller frees. */
GV_MUST_USE int gv_embed_finder_new(gv_embed_finder **finder, const gv_embed_words *words,
                                    gv_error *err);
/* Accepts NULL. */
void gv_embed_finder_free(gv_embed_finder *finder);

/* The keys of `tokens` ([n]), GV_VOCAB_NO_WORD for those without; borrowed until the next call. */
GV_MUST_USE int gv_embed_finder_keys(gv_embed_finder *finder, const gv_token *tokens, size_t n,
                                     const uint32_t **keys, gv_error *err);
/* The vector of a word by its n-grams ([dim]), borrowed until the next call; NULL: there is
 * none. */
GV_MUST_USE int gv_embed_finder_unseen(gv_embed_finder *finder, const gv_token *token,
                                       const float **vector, gv_error *err);

#endif
