/*
 * gv_phrase_pair - a pair of words that may be a phrase, as a key that is counted as a word is.
 *
 * A pair are two units (words, or phrases found before) that occur often enough, side by side or
 * with up to GV_PHRASE_PAIR_SPAN words of vocab.phrase_spans between. Its key is a few bytes, none
 * of them NUL, so that tables and runs of words (gv_word_table.h) hold it.
 *
 * Threads: pure functions; gv_phrase_pair_units is only read.
 */
#ifndef GV_PHRASE_PAIR_H
#define GV_PHRASE_PAIR_H

#include "base/gv_error.h"
#include "base/gv_strings.h"
#include "text/gv_token.h"
#include "vocab/gv_vocab.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    GV_PHRASE_PAIR_SPAN = 2,       /* words inside a pair */
    GV_PHRASE_PAIR_SPANS_MAX = 250 /* words of vocab.phrase_spans */
};

/* --- units ------------------------------------------------------------------------------------ */

/* The role of a unit: half of a pair; neither that nor inside of one; else its number in the list
 * of spans, from 1. */
enum { GV_PHRASE_PAIR_HALF = 0, GV_PHRASE_PAIR_NEVER = 255 };

typedef struct gv_phrase_pair_units {
    const gv_vocab *words;   /* those that occur often enough */
    const gv_strings *spans; /* words that may be inside */
    uint8_t *role;           /* [words] */
} gv_phrase_pair_units;

/* Both are borrowed. Clear it also after a failure. GV_E_MEMORY. */
GV_MUST_USE int gv_phrase_pair_units_init(gv_phrase_pair_units *units, const gv_vocab *words,
                                          const gv_strings *spans, gv_error *err);
void gv_phrase_pair_units_clear(gv_phrase_pair_units *units);

/* --- pairs ------------------------------------------------------------------------------------ */

/* Two units and the words between them. */
typedef struct gv_phrase_pair {
    uint32_t first, second;            /* ids; GV_VOCAB_NO_WORD for `first`: no pair */
    uint8_t span[GV_PHRASE_PAIR_SPAN]; /* [n_span] numbers in the list of spans, from 0 */
    uint8_t n_span;
} gv_phrase_pair;

enum { GV_PHRASE_PAIR_KEY = 16 }; /* bytes of a key at most */

/* The pair as a key, in `text`, and back. */
gv_token gv_phrase_pair_key(char text[GV_PHRASE_PAIR_KEY], const gv_phrase_pair *pair);
gv_phrase_pair gv_phrase_pair_of_key(const char *key, size_t length);
/* The name of the phrase that the pair is, without a NUL; its length, or 0 if it is longer than
 * GV_TOKEN_MAX or has more words than a phrase may have. */
size_t gv_phrase_pair_name(char to[GV_TOKEN_MAX], const gv_phrase_pair *pair,
                           const gv_phrase_pair_units *units);

#endif
