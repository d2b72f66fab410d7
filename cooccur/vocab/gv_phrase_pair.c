#include "cooccur/vocab/gv_phrase_pair.h"

#include "base/gv_mem.h"
#include "text/gv_phrases.h"
#include <string.h>

enum {
    ID_BYTES = 5 /* of an id in a key: 7 bits each, as no byte of a word is 0 */
};

/* --- units ------------------------------------------------------------------------------------ */

/* A name of words that are joined by '_' has none at its ends, nor two side by side. */
static bool can_be_joined(const char *word, size_t length)
{
    if (word[0] == '_' || word[length - 1] == '_')
        return false;
    for (size_t i = 1; i < length; i++)
        if (word[i] == '_' && word[i - 1] == '_')
            return false;
    return true;
}

int gv_phrase_pair_units_init(gv_phrase_pair_units *units, const gv_vocab *words,
                              const gv_strings *spans, gv_error *err)
{
    uint32_t n = gv_vocab_size(words);
    *units = (gv_phrase_pair_units){.words = words, .spans = spans};
    if (!(units->role = gv_mem_alloc_zero(n ? n : 1, 1, err)))
        return GV_E_MEMORY;
    for (uint32_t id = 0; id < n; id++)
        if (!can_be_joined(gv_vocab_word(words, id), gv_vocab_word_length(words, id)))
            units->role[id] = GV_PHRASE_PAIR_NEVER;
    for (size_t i = 0; i < spans->n && i < GV_PHRASE_PAIR_SPANS_MAX; i++) {
        uint32_t id = gv_vocab_lookup(words, spans->items[i], strlen(spans->items[i]));
        if (id != GV_VOCAB_NO_WORD && units->role[id] == GV_PHRASE_PAIR_HALF)
            units->role[id] = (uint8_t)(i + 1);
    }
    return GV_OK;
}

void gv_phrase_pair_units_clear(gv_phrase_pair_units *units)
{
    gv_mem_free(units->role);
    *units = (gv_phrase_pair_units){0};
}

/* --- pairs ------------------------------------------------------------------------------------ */

static char *put_id(char *to, uint32_t id)
{
    for (unsigned i = ID_BYTES; i-- > 0; id >>= 7)
        to[i] = (char)(0x80 | (id & 0x7f));
    return to + ID_BYTES;
}

static uint32_t get_id(const char *from)
{
    uint32_t id = 0;
    for (unsigned i = 0; i < ID_BYTES; i++)
        id = id << 7 | ((unsigned char)from[i] & 0x7f);
    return id;
}

gv_token gv_phrase_pair_key(char text[GV_PHRASE_PAIR_KEY], const gv_phrase_pair *pair)
{
    char *at = put_id(text, pair->first);
    for (unsigned i = 0; i < pair->n_span; i++)
        *at++ = (char)(pair->span[i] + 1);
    at = put_id(at, pair->second);
    return gv_token_of(text, (size_t)(at - text));
}

gv_phrase_pair gv_phrase_pair_of_key(const char *key, size_t length)
{
    gv_phrase_pair pair = {.first = get_id(key),
                           .second = get_id(key + length - ID_BYTES),
                           .n_span = (uint8_t)(length - 2 * ID_BYTES)};
    for (unsigned i = 0; i < pair.n_span && i < GV_PHRASE_PAIR_SPAN; i++)
        pair.span[i] = (uint8_t)(key[ID_BYTES + i] - 1);
    return pair;
}

/* Append a word, and '_' before it unless it is the first; false if there is no room. */
static bool append(char to[GV_TOKEN_MAX], size_t *used, const char *word, size_t length)
{
    if (*used + (*used > 0) + length > GV_TOKEN_MAX)
        return false;
    if (*used > 0)
        to[(*used)++] = '_';
    memcpy(to + *used, word, length);
    *used += length;
    return true;
}

size_t gv_phrase_pair_name(char to[GV_TOKEN_MAX], const gv_phrase_pair *pair,
                           const gv_phrase_pair_units *units)
{
    const gv_vocab *words = units->words;
    size_t used = 0;
    bool fits = append(to, &used, gv_vocab_word(words, pair->first),
                       gv_vocab_word_length(words, pair->first));
    for (unsigned i = 0; i < pair->n_span; i++) {
        const char *span = units->spans->items[pair->span[i]];
        fits = fits && append(to, &used, span, strlen(span));
    }
    fits = fits && append(to, &used, gv_vocab_word(words, pair->second),
                          gv_vocab_word_length(words, pair->second));
    return fits && !gv_phrases_fault(to, used) ? used : 0;
}
