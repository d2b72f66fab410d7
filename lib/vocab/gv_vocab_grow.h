/*
 * gv_vocab_grow - a vocabulary that words join one by one, and that is looked up meanwhile.
 *
 * Threads: as gv_vocab.h; while it grows, by one thread.
 */
#ifndef GV_VOCAB_GROW_H
#define GV_VOCAB_GROW_H

#include "vocab/gv_vocab.h"

/* An empty vocabulary. NULL: GV_E_MEMORY. The caller frees it with gv_vocab_free. */
GV_MUST_USE gv_vocab *gv_vocab_grow_new(gv_error *err);
/* The id of a word, GV_VOCAB_NO_WORD if it is not there; unlike gv_vocab_lookup also as long as
 * there is no word. */
uint32_t gv_vocab_grow_find(const gv_vocab *vocab, const char *word, size_t length);
/* The id of a word, which joins with `count` if it is not there yet. It must be one
 * (gv_vocab_word_fault). GV_E_MEMORY; GV_E_RUNTIME: too many words; GV_E_CORRUPT: the sum of the
 * counts is too large. */
GV_MUST_USE int gv_vocab_grow_join(uint32_t *id, gv_vocab *vocab, const char *word, size_t length,
                                   uint64_t count, gv_error *err);
/* No more words will join: compute the hash. GV_E_MEMORY. */
GV_MUST_USE int gv_vocab_grow_end(gv_vocab *vocab, gv_error *err);

#endif
