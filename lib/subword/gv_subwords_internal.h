/* gv_subwords_internal - what the object consists of; for lib/subword alone. */
#ifndef GV_SUBWORDS_INTERNAL_H
#define GV_SUBWORDS_INTERNAL_H

#include "subword/gv_subwords.h"

/* Room for the numbers that a file states to be multiplied without overflow. */
#define GV_SUBWORDS_MAX_DIM   (UINT32_C(1) << 20)
#define GV_SUBWORDS_MAX_COUNT (UINT32_MAX - 16)

struct gv_subwords {
    gv_subwords_parts parts;
    uint32_t *slots; /* n-gram + 1, 0: free */
    size_t mask;     /* slots - 1, a power of two less one */
    /* Owned by an object that was read from a file, NULL in others. */
    char *text, *probe_text, *metadata;
    uint32_t *end;
    const char **probe_word;
    float *row, *offset, *probe_vector;
    size_t row_bytes;
};

/* Where `n` n-grams may be looked up: how many slots; a power of two, at most half full. */
size_t gv_subwords_slots(size_t n);

/* Make the index of the parts, which must be set. GV_E_CORRUPT without a text if an n-gram is there
 * twice. */
GV_MUST_USE int gv_subwords_make_index(gv_subwords *subwords, gv_error *err);

#endif
