#include "text/gv_joiner.h"

#include "base/gv_mem.h"
#include <string.h>

struct gv_joiner {
    const gv_phrases *phrases;
    gv_token *in; /* [held + n of the call] */
    size_t in_capacity;
    size_t held; /* tokens at the start of `in` that wait for their successors */
    gv_token *out;
    size_t out_capacity;
    char *texts, *spare; /* [GV_PHRASES_WORDS_MAX * GV_TOKEN_MAX] of the tokens held; of those
                            that are held next */
};

int gv_joiner_new(gv_joiner **result, const gv_phrases *phrases, gv_error *err)
{
    const size_t bytes = (size_t)GV_PHRASES_WORDS_MAX * GV_TOKEN_MAX;
    *result = NULL;
    gv_joiner *joiner = gv_mem_alloc_zero(1, sizeof *joiner, err);
    if (!joiner)
        return GV_E_MEMORY;
    joiner->phrases = phrases;
    joiner->texts = gv_mem_alloc(bytes, 1, err);
    joiner->spare = gv_mem_alloc(bytes, 1, err);
    if (!joiner->texts || !joiner->spare) {
        gv_joiner_free(joiner);
        return GV_E_MEMORY;
    }
    *result = joiner;
    return GV_OK;
}

void gv_joiner_free(gv_joiner *joiner)
{
    if (!joiner)
        return;
    gv_mem_free(joiner->in);
    gv_mem_free(joiner->out);
    gv_mem_free(joiner->texts);
    gv_mem_free(joiner->spare);
    gv_mem_free(joiner);
}

void gv_joiner_reset(gv_joiner *joiner)
{
    joiner->held = 0;
}

/* The longest phrase that begins with `tokens`[0] ([n]): its name, or NULL, and how many tokens it
 * has. `*open`: more tokens could make a longer one. */
static const gv_token *longest(const gv_phrases *phrases, const gv_token *tokens, size_t n,
                               size_t *length, bool *open)
{
    char text[GV_TOKEN_MAX];
    const gv_token *best = NULL, *phrase;
    size_t used = tokens[0].length;
    bool goes_on;
    *open = false;
    gv_phrases_find(phrases, &tokens[0], &phrase, &goes_on);
    if (!goes_on)
        return NULL;
    memcpy(text, tokens[0].text, used);
    for (size_t i = 1; goes_on; i++) {
        if (i == n) {
            *open = true;
            break;
        }
        if (tokens[i].length == 0 || used + 1 + tokens[i].length > GV_TOKEN_MAX)
            break;
        text[used] = '_';
        memcpy(text + used + 1, tokens[i].text, tokens[i].length);
        used += 1 + tokens[i].length;
        gv_token key = gv_token_of(text, used);
        gv_phrases_find(phrases, &key, &phrase, &goes_on);
        if (phrase) {
            best = phrase;
            *length = i + 1;
        }
    }
    return best;
}

/* Keep in[from .. n) for the next call. */
static void hold(gv_joiner *joiner, size_t from, size_t n)
{
    /* some of their texts may be in `texts` already */
    size_t used = 0;
    for (size_t i = from; i < n; i++) {
        gv_token token = joiner->in[i];
        memcpy(joiner->spare + used, token.text, token.length);
        token.text = joiner->spare + used;
        used += token.length;
        joiner->in[i - from] = token;
    }
    joiner->held = n - from;
    char *texts = joiner->texts;
    joiner->texts = joiner->spare;
    joiner->spare = texts;
}

int gv_joiner_take(gv_joiner *joiner, const gv_token *tokens, size_t n, const gv_token **joined,
                   size_t *n_joined, size_t *fewer, gv_error *err)
{
    size_t all = joiner->held + n, at = 0, out = 0;
    *n_joined = *fewer = 0;
    if (gv_mem_reserve(&joiner->in, &joiner->in_capacity, all + 1, sizeof *joiner->in, err) ||
        gv_mem_reserve(&joiner->out, &joiner->out_capacity, all + 1, sizeof *joiner->out, err))
        return GV_E_MEMORY;
    const bool last = n == 0;
    if (n > 0)
        memcpy(joiner->in + joiner->held, tokens, n * sizeof *tokens);
    while (at < all) {
        const gv_token *token = &joiner->in[at], *phrase = NULL;
        size_t length = 1;
        bool open = false;
        if (token->length > 0 && gv_phrases_may_begin(joiner->phrases, token))
            phrase = longest(joiner->phrases, token, all - at, &length, &open);
        if (open && !last)
            break;
        joiner->out[out++] = phrase ? *phrase : *token;
        *fewer += length - 1;
        at += length;
    }
    hold(joiner, at, all);
    *joined = joiner->out;
    *n_joined = out;
    return GV_OK;
}
