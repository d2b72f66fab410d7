/*
 * gv_vocab_internal - a vocabulary while it is made, shared by gv_vocab.c and gv_vocab_read.c.
 * Private to them.
 *
 * Threads: as gv_vocab.h.
 */
#ifndef GV_VOCAB_INTERNAL_H
#define GV_VOCAB_INTERNAL_H

#include "vocab/gv_vocab.h"
#include <stdbool.h>

/* An empty vocabulary. NULL: GV_E_MEMORY. */
gv_vocab *gv_vocab_new(gv_error *err);
/* Append a word. `*duplicate` is true, and nothing changed, if it is there already. GV_E_MEMORY;
 * GV_E_RUNTIME: too many words; GV_E_CORRUPT: the sum of the counts is too large. */
GV_MUST_USE int gv_vocab_add(gv_vocab *vocab, const char *word, size_t length, uint64_t count,
                             bool *duplicate, gv_error *err);
/* After the last word: compute the hash. */
GV_MUST_USE int gv_vocab_finish(gv_vocab *vocab, gv_error *err);

#endif
