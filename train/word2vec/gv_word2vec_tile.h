/*
 * gv_word2vec_tile - training on a tile of a stretch: its pairs and its noise.
 *
 * The lists that the chunks of the stretch have for the tile are put one behind the other. Then
 * steps of noise, up to GV_WORD2VEC_TILE_VISITS words against GV_WORD2VEC_OUTPUTS drawn noise
 * words, take turns with equal shares of the pairs. What a tile does is a function of its rows, the
 * lists, its number, the stretch's number and the rate.
 *
 * Threads: each thread has its own gv_word2vec_tile_worker; who may use which rows when is the
 * schedule's affair.
 */
#ifndef GV_WORD2VEC_TILE_H
#define GV_WORD2VEC_TILE_H

#include "model/gv_model.h"
#include "train/word2vec/gv_word2vec_pairs.h"

enum { GV_WORD2VEC_TILE_VISITS = 16 }; /* inputs of a step of noise */

/* A tile and what it is trained with; borrowed. */
typedef struct gv_word2vec_tile {
    const gv_word2vec_layout *layout;
    const gv_word2vec_pairs_chunk *chunk; /* [chunks] of the stretch */
    size_t chunks;
    const gv_word2vec_kernel *kernel;
    gv_model *model;                        /* plain */
    uint32_t word_segment, context_segment; /* which tile */
    uint64_t seed, stream;                  /* of its noise: GV_RNG_NOISE, the stream */
    double eta;                             /* train.eta, which the rate begins with */
    float rate;
} gv_word2vec_tile;

typedef struct gv_word2vec_tile_worker gv_word2vec_tile_worker;

/* GV_E_MEMORY; then `*worker` is NULL. Free with gv_word2vec_tile_worker_free (accepts NULL). */
GV_MUST_USE int gv_word2vec_tile_worker_new(gv_word2vec_tile_worker **worker, size_t width,
                                            gv_error *err);
void gv_word2vec_tile_worker_free(gv_word2vec_tile_worker *worker);

/* Train. `*loss` is an estimate of the loss of the tile's pairs with their noise, summed: from a
 * sixteenth of them, chosen by `stream`. GV_E_MEMORY. */
GV_MUST_USE int gv_word2vec_tile_train(gv_word2vec_tile_worker *worker,
                                       const gv_word2vec_tile *tile, double *loss, gv_error *err);

#endif
