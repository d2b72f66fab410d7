/*
 * gv_word2vec_layout - how the schedule `ordered` cuts text and vocabulary.
 *
 * The text is cut into stretches, which are trained on one after the other, so that the rate falls
 * along the text. The vocabulary is cut into segments of consecutive ids. A pair of a word and one
 * in its window belongs to the tile of the stretch in which the word's segment meets that of the
 * other: the words' rows (W) of one segment, the contexts' (the outputs) of the other. Noise is
 * drawn by tiles, too: a word that needs noise draws a segment, in proportion to its noise words,
 * and later, in that tile, words of the segment.
 *
 * Cut and tiles follow from the text, the vocabulary and the config, never from threads or memory:
 * the bytes of the result depend on them.
 *
 * Errors: GV_E_MEMORY. Threads: constant once made.
 */
#ifndef GV_WORD2VEC_LAYOUT_H
#define GV_WORD2VEC_LAYOUT_H

#include "budget/gv_budget_train.h"
#include "model/gv_noise.h"
#include "store/gv_segments.h"
#include "store/gv_store.h"
#include "train/word2vec/gv_word2vec_text.h"

/* The numbers stand where memory is counted. */
enum {
    GV_WORD2VEC_LAYOUT_CHUNK =
        GV_BUDGET_WORD2VEC_PAIRS_CHUNK,                      /* ids whose pairs are drawn at once */
    GV_WORD2VEC_LAYOUT_STRETCH = GV_BUDGET_WORD2VEC_STRETCH, /* chunks of a stretch at most */
    GV_WORD2VEC_LAYOUT_SEGMENTS = GV_BUDGET_WORD2VEC_SEGMENTS, /* by mass, at most */
    GV_WORD2VEC_LAYOUT_GROUPS = GV_BUDGET_WORD2VEC_GROUPS      /* that segments are dealt into */
};

typedef struct gv_word2vec_layout {
    uint64_t chunks;         /* of an epoch */
    uint64_t stretch_chunks; /* of a stretch, but the last one of an epoch may have fewer */
    uint64_t stretches;      /* of an epoch */
    gv_segments segments;
    uint32_t tiles;      /* of a stretch: every segment meets every segment */
    gv_store_info info;  /* segments and groups as those of a store, for schedules (borrowed) */
    gv_store_tile *tile; /* [tiles] likewise; tile of segments i, j is number i * segments + j */
    uint32_t *code;      /* [words] gv_word2vec_layout_code */
    double *top;         /* [segments] the largest share that a word has of the segment's tokens */
    double *noise_top;   /* [segments] of its noise words */
    gv_noise segment_noise; /* draws the segment of noise words, */
    gv_noise_slot *slots;   /* [words] draw the word of a segment, by its place in it */
} gv_word2vec_layout;

/* Segment of a word in the high half, its place in the segment in the low one. */
static inline uint32_t gv_word2vec_layout_segment(uint32_t code)
{
    return code >> 16;
}

/* Free with gv_word2vec_layout_clear, also after an error; a zeroed struct may be cleared. */
GV_MUST_USE int gv_word2vec_layout_make(gv_word2vec_layout *layout, const gv_word2vec_text *text,
                                        const gv_vocab *vocab, gv_error *err);
void gv_word2vec_layout_clear(gv_word2vec_layout *layout);

/* First chunk of stretch number `stretch` of an epoch; of the one behind the last: all chunks. */
uint64_t gv_word2vec_layout_first_chunk(const gv_word2vec_layout *layout, uint64_t stretch);

/* The noise words of a segment: a draw gives a place in it. */
static inline gv_noise gv_word2vec_layout_noise(const gv_word2vec_layout *layout, uint32_t segment)
{
    const uint32_t *first = layout->segments.first + segment;
    return (gv_noise){first[1] - first[0], layout->slots + first[0]};
}

#endif
