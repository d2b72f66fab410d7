/*
 * gv_word2vec_epochs - the epochs of word2vec: threads, checkpoints, events.
 *
 * Threads claim the chunks of the text in order and train on them at once, on the same model,
 * without waiting for each other (Hogwild!). After a pause the chunks done are a beginning of the
 * text, which is all a checkpoint has to say.
 */
#ifndef GV_WORD2VEC_EPOCHS_H
#define GV_WORD2VEC_EPOCHS_H

#include "app/gv_run.h"
#include "train/gv_saver.h"
#include "train/word2vec/gv_word2vec_chunk.h"

/* The sums of the current epoch in a checkpoint, as losses of so many segments: the loss, the pairs
 * it was taken of, all pairs. done[0] counts chunks, the others are 0. */
enum { GV_WORD2VEC_LOSS, GV_WORD2VEC_JUDGED, GV_WORD2VEC_PAIRS, GV_WORD2VEC_SUMS };

/*
 * Train from `state` to the end of epoch train.epochs. Writes an "epoch" event and a note after
 * each, checkpoints when they are due. `*visited` receives the words of the text gone through. A
 * signal: saves and returns GV_E_STOPPED. A model with a number that is not finite: GV_E_RUNTIME;
 * the last checkpoint stays. The caller waits for the saver in any case.
 */
int gv_word2vec_epochs(uint64_t *visited, gv_run *run, const gv_word2vec_text *text,
                       gv_checkpoint *state, gv_saver *saver, unsigned threads, gv_error *err);

#endif
