/*
 * gv_shared_words - the words that two files of vectors have in common, by their rows.
 *
 * Left out are `<unk>`, rows that repeat the word of an earlier one, and words of which either
 * vector is zero or not finite, which have no direction.
 *
 * Threads: one at a time.
 */
#ifndef GV_SHARED_WORDS_H
#define GV_SHARED_WORDS_H

#include "vectors/gv_vectors.h"
#include <stdbool.h>

typedef struct gv_shared_words {
    size_t n;
    uint32_t *a, *b; /* [n] rows in the first and the second file; ascending in the first. Owned */
    size_t no_direction; /* shared words that were left out because a vector has no direction */
} gv_shared_words;

/* `chosen` ([a->rows]): only these rows; NULL: all. GV_E_MEMORY; GV_E_RUNTIME for more rows than
 * 32 bits count. The caller clears, also after a failure. */
GV_MUST_USE int gv_shared_words_find(gv_shared_words *shared, const gv_vectors *a,
                                     const gv_vectors *b, const bool *chosen, gv_error *err);
void gv_shared_words_clear(gv_shared_words *shared);

#endif
