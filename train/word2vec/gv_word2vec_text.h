/*
 * gv_word2vec_text - a stretch of the text as training sees it: which words subsampling leaves, and
 * the words around the stretch in which its windows end.
 *
 * Whether a word is kept follows from seed, epoch and its place in the text (gv_subsample.h), so
 * two stretches that share words keep the same ones.
 *
 * Errors: of reading corpus.ids. Threads: constant text, the caller's arrays.
 */
#ifndef GV_WORD2VEC_TEXT_H
#define GV_WORD2VEC_TEXT_H

#include "config/gv_config.h"
#include "vocab/gv_ids.h"
#include "vocab/gv_vocab.h"

enum {
    GV_WORD2VEC_TEXT_MARGIN = 8192 /* ids before and behind a stretch, at most, in which its windows
                                      may find words; for small windows fewer are looked at */
};

/* Borrowed. */
typedef struct gv_word2vec_text {
    const gv_config *config;
    const gv_ids *ids;
    const uint64_t *threshold; /* [vocab_size] of gv_subsample.h; NULL: all words are kept */
} gv_word2vec_text;

/* `*threshold` as above, for train.sample; the caller frees it. GV_E_MEMORY. */
GV_MUST_USE int gv_word2vec_text_thresholds(uint64_t **threshold, const gv_config *config,
                                            const gv_vocab *vocab, gv_error *err);

typedef struct gv_word2vec_text_words {
    /* The caller's, with room for the stretch and two margins. */
    uint32_t *raw;  /* the ids as they are in the text */
    uint32_t *word; /* [0 .. end) what is kept of them; the stretch's own from `begin` to `own` */
    size_t begin, own, end;
    uint64_t words;            /* of the stretch before any were left out */
    size_t own_first, own_ids; /* the stretch's own ids among `raw` */
} gv_word2vec_text_words;

/* Read `ids` ids from number `first` on, fewer where the text ends, with their margins, as epoch
 * number `epoch` (from 0) keeps them; the arrays of `words` are set by the caller. */
GV_MUST_USE int gv_word2vec_text_read(gv_word2vec_text_words *words, const gv_word2vec_text *text,
                                      uint64_t epoch, uint64_t first, uint64_t ids, gv_error *err);

/* The step size when the share `done` of all training is done: falls linearly from train.eta to a
 * ten thousandth of it, as in word2vec.c. */
float gv_word2vec_text_rate(const gv_config *config, double done);

#endif
