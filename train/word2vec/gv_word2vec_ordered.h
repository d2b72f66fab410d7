/*
 * gv_word2vec_ordered - the engine of word2vec with the schedule `ordered`: the same bytes for any
 * number of threads and ranks.
 *
 * A stretch of the text (gv_word2vec_layout.h) is to it what an epoch is to the training of a
 * store: its tiles are the tasks, in an order that is drawn for each stretch (gv_schedule.h), and a
 * task waits for those before it on its rows (gv_schedule_run.h). When a thread finds no task left,
 * it draws pairs of the next stretch (gv_word2vec_stretch.h).
 *
 * Many ranks do the tasks of a stretch as they do those of a store (gv_rotation.h). Each draws all
 * pairs by itself, so that only rows are sent.
 *
 * The checkpoint counts the tasks of all stretches of the epoch: of each word segment as many in
 * every stretch as there are segments. Behind the losses of the segments it has a sum of pairs.
 */
#ifndef GV_WORD2VEC_ORDERED_H
#define GV_WORD2VEC_ORDERED_H

#include "model/gv_checkpoint.h"
#include "train/gv_engine.h"
#include "train/gv_saver.h"
#include "train/word2vec/gv_word2vec_chunk.h"
#include "train/word2vec/gv_word2vec_layout.h"

/* All borrowed. */
typedef struct gv_word2vec_ordered_inputs {
    const gv_word2vec_chunk_text *text;
    const gv_word2vec_layout *layout;
    gv_comm *comm; /* of the job; NULL: this process is alone */
    /* of rank 0, or this process alone; else NULL */
    gv_checkpoint *state;
    gv_saver *saver;
    gv_progress *progress;
    unsigned threads; /* of this rank */
} gv_word2vec_ordered_inputs;

/* What the state begins with: tasks of an epoch, and segments of the checkpoint. */
uint64_t gv_word2vec_ordered_tasks(const gv_word2vec_layout *layout);
uint32_t gv_word2vec_ordered_segments(const gv_word2vec_layout *layout);

/* Rank 0, or this process alone. Release with engine->free. Threads: the main thread. */
GV_MUST_USE int gv_word2vec_ordered_open(gv_engine *engine,
                                         const gv_word2vec_ordered_inputs *inputs, gv_error *err);
/* Worker ranks, until rank 0 ends the job: GV_E_STOPPED. The model is all zeros at first. */
GV_MUST_USE int gv_word2vec_ordered_work(const gv_word2vec_ordered_inputs *inputs, gv_error *err);

#endif
