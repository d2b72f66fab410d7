/*
 * gv_word2vec_chunk - training on a chunk of the text: subsampling, windows, noise, steps.
 *
 * The text (corpus.ids) is cut into chunks of GV_WORD2VEC_CHUNK ids. What a chunk does is a
 * function of the model, the config, and the chunk's and epoch's numbers: which words are left out
 * follows from their places (gv_subsample.h), windows and noise words from a stream of random
 * numbers of the chunk's own, the rate from the chunk's place in the whole training. So one thread
 * gives the same model every time. Windows reach into the neighbouring chunks.
 *
 * Threads: a gv_word2vec_chunk_text is shared and read-only but for the model's rows; every thread
 * has its own gv_word2vec_chunk_worker.
 */
#ifndef GV_WORD2VEC_CHUNK_H
#define GV_WORD2VEC_CHUNK_H

#include "kernel/gv_word2vec.h"
#include "model/gv_model.h"
#include "model/gv_noise.h"
#include "train/word2vec/gv_word2vec_text.h"

enum {
    GV_WORD2VEC_CHUNK = 16384 /* ids of a chunk */
};

/* What all chunks share; borrowed. */
typedef struct gv_word2vec_chunk_text {
    gv_word2vec_text source;
    const gv_noise *noise;
    const gv_word2vec_kernel *kernel;
    gv_model *model;       /* plain */
    const gv_start *start; /* rows that are pulled or frozen; NULL: none */
    const gv_vocab *vocab; /* used with `start` only */
} gv_word2vec_chunk_text;

/* Sums of what a thread has done. */
typedef struct gv_word2vec_chunk_sums {
    uint64_t words;  /* of the text gone through, those left out included */
    uint64_t pairs;  /* of a word and one in its window; with cbow of a word and its window */
    uint64_t judged; /* pairs whose loss was taken: those of every 64th word */
    double loss;     /* of these */
} gv_word2vec_chunk_sums;

typedef struct gv_word2vec_chunk_worker gv_word2vec_chunk_worker;

/* A thread's arrays for chunks of `text`, of which only the sizes are used. Free with
 * gv_word2vec_chunk_worker_free, which accepts NULL; `*worker` is NULL on failure (GV_E_MEMORY). */
GV_MUST_USE int gv_word2vec_chunk_worker_new(gv_word2vec_chunk_worker **worker,
                                             const gv_word2vec_chunk_text *text, gv_error *err);
void gv_word2vec_chunk_worker_free(gv_word2vec_chunk_worker *worker);

/* Number of chunks in a text of `ids` ids. */
uint64_t gv_word2vec_chunk_count(uint64_t ids);

/* Train on chunk number `chunk` of epoch number `epoch` (both from 0); adds to `sums`. Errors of
 * reading corpus.ids: then part of the chunk may be trained. Other threads may train other chunks
 * on the same model at the same time (gv_word2vec.h says what that means). */
GV_MUST_USE int gv_word2vec_chunk_train(gv_word2vec_chunk_worker *worker,
                                        const gv_word2vec_chunk_text *text, uint64_t epoch,
                                        uint64_t chunk, gv_word2vec_chunk_sums *sums,
                                        gv_error *err);

#endif
