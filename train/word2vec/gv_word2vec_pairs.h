/*
 * gv_word2vec_pairs - the pairs of a piece of text, and the words that draw noise, by tiles.
 *
 * What is drawn is a function of text, config, epoch and the number of the chunk, so any thread may
 * draw any chunk at any time. Within a tile the pairs are in the order of the text.
 *
 * A pair draws noise for its word as often as makes train.negative noise words on average, when
 * each visit meets GV_WORD2VEC_OUTPUTS of them: 5/6 visits for 5 noise words. A visit draws a
 * segment of noise words; it belongs to the tile of word and segment.
 *
 * Threads: a gv_word2vec_pairs_drawer belongs to one thread, layout and text are shared.
 */
#ifndef GV_WORD2VEC_PAIRS_H
#define GV_WORD2VEC_PAIRS_H

#include "kernel/gv_word2vec.h"
#include "train/word2vec/gv_word2vec_layout.h"

/* A chunk that has been drawn; owns its arrays. */
typedef struct gv_word2vec_pairs_chunk {
    uint32_t *pair_begin, *visit_begin; /* [tiles + 1] the first of each tile */
    gv_word2vec_pair *pair;             /* places in the tile's segments */
    uint16_t *visit;                    /* places in the tile's word segment */
    size_t pair_room, visit_room;
    uint64_t words; /* of the text, those left out included */
} gv_word2vec_pairs_chunk;

/* A zeroed struct, with room for its tables; free with gv_word2vec_pairs_chunk_clear. */
GV_MUST_USE int gv_word2vec_pairs_chunk_init(gv_word2vec_pairs_chunk *chunk, uint32_t tiles,
                                             gv_error *err);
void gv_word2vec_pairs_chunk_clear(gv_word2vec_pairs_chunk *chunk);

typedef struct gv_word2vec_pairs_drawer gv_word2vec_pairs_drawer;

/* GV_E_MEMORY; then `*drawer` is NULL. Free with gv_word2vec_pairs_drawer_free (accepts NULL). */
GV_MUST_USE int gv_word2vec_pairs_drawer_new(gv_word2vec_pairs_drawer **drawer,
                                             const gv_word2vec_text *text,
                                             const gv_word2vec_layout *layout, gv_error *err);
void gv_word2vec_pairs_drawer_free(gv_word2vec_pairs_drawer *drawer);

/* Draw chunk `number` of epoch `epoch`, both from 0, into `chunk`, whose memory is used again.
 * Errors of reading corpus.ids; GV_E_MEMORY. */
GV_MUST_USE int gv_word2vec_pairs_draw(gv_word2vec_pairs_chunk *chunk,
                                       gv_word2vec_pairs_drawer *drawer, uint64_t epoch,
                                       uint64_t number, gv_error *err);

#endif
