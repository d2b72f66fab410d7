/* small_subwords - a subwords.bin of a few n-grams, of three dimensions, for tests and fuzz
 * targets. */
#ifndef SMALL_SUBWORDS_H
#define SMALL_SUBWORDS_H

#include "subword/gv_subwords.h"

typedef struct small_subwords {
    unsigned min_n, max_n;
    size_t count;
    const char *text;    /* as in gv_subwords_parts */
    const uint32_t *end; /* [count] */
    const float *row;    /* [count][3] */
    float offset[3];
    const char *probe_word; /* it belongs to vectors that have this word */
    float probe_vector[3];  /* with this vector */
} small_subwords;

static inline int small_subwords_write(const char *path, const small_subwords *s, gv_error *err)
{
    const gv_subwords_parts parts = {
        .settings = {.min_n = s->min_n, .max_n = s->max_n, .min_words = 1},
        .dim = 3,
        .count = s->count,
        .text = s->text,
        .end = s->end,
        .row = s->row,
        .offset = s->offset,
        .probes = 1,
        .probe_word = &s->probe_word,
        .probe_vector = s->probe_vector,
        .metadata = "{}"};
    return gv_subwords_write(path, &parts, err);
}

#endif
