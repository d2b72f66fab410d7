/*
 * gv_word2vec_engine - the engine of word2vec: threads on the chunks of the text.
 *
 * Threads claim the chunks in order and train on them at once, on the same model, without waiting
 * for each other (Hogwild!). A chunk is a task of the epoch; after a pause the chunks done are a
 * beginning of the text, which is all that a checkpoint has to say.
 */
#ifndef GV_WORD2VEC_ENGINE_H
#define GV_WORD2VEC_ENGINE_H

#include "model/gv_checkpoint.h"
#include "train/gv_engine.h"
#include "train/gv_saver.h"
#include "train/word2vec/gv_word2vec_chunk.h"

/* word2vec has no segments. Its checkpoint has GV_WORD2VEC_ENGINE_SUMS of them all the same, whose
 * `losses` hold sums over the current epoch: the loss, the pairs that it was measured on, and all
 * pairs. done[0] counts chunks, the others are 0. */
enum {
    GV_WORD2VEC_ENGINE_LOSS,
    GV_WORD2VEC_ENGINE_JUDGED,
    GV_WORD2VEC_ENGINE_PAIRS,
    GV_WORD2VEC_ENGINE_SUMS
};

/* All borrowed. */
typedef struct gv_word2vec_engine_inputs {
    const gv_word2vec_chunk_text *text;
    gv_checkpoint *state; /* its tasks are chunks */
    const gv_saver *saver;
    gv_progress *progress;
    unsigned threads;
} gv_word2vec_engine_inputs;

/* Release with engine->free. Threads: the main thread. */
GV_MUST_USE int gv_word2vec_engine_open(gv_engine *engine, const gv_word2vec_engine_inputs *inputs,
                                        gv_error *err);

#endif
