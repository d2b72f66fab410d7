/*
 * gv_word2vec_stretch - the pairs of the stretch of the text that is trained on, and of the next
 * one, which threads draw while others still train.
 *
 * Stretches are numbered through the whole training. What is drawn follows from the number alone
 * (gv_word2vec_pairs.h), so on many ranks each draws all of it by itself.
 *
 * Errors: those of gv_word2vec_pairs_draw.
 */
#ifndef GV_WORD2VEC_STRETCH_H
#define GV_WORD2VEC_STRETCH_H

#include "train/word2vec/gv_word2vec_pairs.h"

/* The pairs of a stretch. */
typedef struct gv_word2vec_stretch {
    uint64_t number;
    gv_word2vec_pairs_chunk *chunk; /* [chunks] */
    size_t chunks;
    uint64_t words, pairs; /* in all */
} gv_word2vec_stretch;

typedef struct gv_word2vec_stretch_queue gv_word2vec_stretch_queue;

/* For a training of `all` stretches; `threads` threads draw. Text and layout are borrowed. Free
 * with gv_word2vec_stretch_free (accepts NULL). */
GV_MUST_USE int gv_word2vec_stretch_new(gv_word2vec_stretch_queue **stretches,
                                        const gv_word2vec_text *text,
                                        const gv_word2vec_layout *layout, uint64_t all,
                                        unsigned threads, gv_error *err);
void gv_word2vec_stretch_free(gv_word2vec_stretch_queue *stretches);

/* Draw what stretch `number` still lacks; it becomes the one that is trained on, and the one behind
 * it the next. Threads: one, while no other draws. */
GV_MUST_USE int gv_word2vec_stretch_complete(gv_word2vec_stretch_queue *stretches, uint64_t number,
                                             gv_error *err);
/* The stretch that is trained on; borrowed until the next call of gv_word2vec_stretch_complete. */
const gv_word2vec_stretch *gv_word2vec_stretch_now(const gv_word2vec_stretch_queue *stretches);

/* Draw pairs of the next stretch until all are drawn or a signal comes. An error comes again when
 * that stretch is completed. Threads: number `thread`, many at once. */
void gv_word2vec_stretch_draw_ahead(gv_word2vec_stretch_queue *stretches, unsigned thread);

#endif
