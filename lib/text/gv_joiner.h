/*
 * gv_joiner - tokens in, tokens out, with phrases joined.
 *
 * The one rule of joining: from left to right, at each token the longest phrase that begins there
 * is taken; the next token is the one behind it. No phrase crosses a break or the end of a text.
 *
 * Threads: a joiner belongs to one thread; the list of phrases is shared.
 */
#ifndef GV_JOINER_H
#define GV_JOINER_H

#include "base/gv_error.h"
#include "text/gv_phrases.h"

typedef struct gv_joiner gv_joiner;

/* `phrases` is borrowed and must not grow. The caller frees. GV_E_MEMORY. */
GV_MUST_USE int gv_joiner_new(gv_joiner **joiner, const gv_phrases *phrases, gv_error *err);
/* Accepts NULL. */
void gv_joiner_free(gv_joiner *joiner);

/* Forget what has not been given out: another text begins. */
void gv_joiner_reset(gv_joiner *joiner);

/*
 * Take the next `tokens` ([n]; one of length 0 is a break) and give out `*joined` ([*n_joined]),
 * borrowed until the next call, and as long as `tokens` are there. What may become a phrase with
 * later tokens is held back. `n` = 0: the text ends, and all that was held back is given out.
 * `*fewer`: by how many tokens phrases made the text shorter. GV_E_MEMORY.
 */
GV_MUST_USE int gv_joiner_take(gv_joiner *joiner, const gv_token *tokens, size_t n,
                               const gv_token **joined, size_t *n_joined, size_t *fewer,
                               gv_error *err);

#endif
