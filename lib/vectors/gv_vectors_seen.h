/*
 * gv_vectors_seen - which words came before, where the words themselves are not kept.
 *
 * Words are told apart by checksums of 128 bits: that two of a billion words have the same one has
 * a probability below 10^-20.
 *
 * Memory: 16 bytes a slot, of which at least a quarter are free; while it grows, half as much
 * again. Threads: one at a time.
 */
#ifndef GV_VECTORS_SEEN_H
#define GV_VECTORS_SEEN_H

#include "base/gv_error.h"
#include "base/gv_hash.h"
#include <stdbool.h>
#include <stddef.h>

/* Zeroed, it is empty. */
typedef struct gv_vectors_seen {
    gv_hash *slot; /* open addressing; all zero: free */
    size_t slots, used;
} gv_vectors_seen;

/* Add a word; `*before`: it was there already. GV_E_MEMORY. */
GV_MUST_USE int gv_vectors_seen_add(gv_vectors_seen *seen, const char *word, size_t length,
                                    bool *before, gv_error *err);
void gv_vectors_seen_clear(gv_vectors_seen *seen);

#endif
