/*
 * gv_train_output - a trained model as vector files.
 *
 * Threads: called by one thread, which is the main thread or that of a background task.
 */
#ifndef GV_TRAIN_OUTPUT_H
#define GV_TRAIN_OUTPUT_H

#include "app/gv_run.h"
#include "model/gv_checkpoint.h"
#include "model/gv_model.h"
#include "vectors/gv_vectors.h"
#include "vocab/gv_vocab.h"

/*
 * Write output.formats of `*model` into the run directory: the words of `vocab`, vectors by
 * output.vectors, and <unk> by output.unk. `state` is the finished training, `vocab` has the words
 * of the model's rows in order; all are borrowed. With output.subwords also subwords.bin, and the
 * vectors are mixed (gv_train_subwords.h): the model is then freed, and NULL. The bytes do not
 * depend on `threads`. Errors of writing: gv_vectors.h.
 */
GV_MUST_USE int gv_train_output(gv_run *run, const gv_vocab *vocab, gv_model **model,
                                const gv_checkpoint *state, unsigned threads, gv_error *err);

/* Paths of what glove-train writes: model.ckpt, then the vector files and subwords.bin. Fills
 * `items` (with room for GV_TRAIN_OUTPUTS) and `outputs`, also when it fails (GV_E_MEMORY); the
 * caller frees each of the outputs->n items. */
#define GV_TRAIN_OUTPUTS (GV_VECTORS_FILES_MAX + 2)
GV_MUST_USE int gv_train_output_paths(gv_strings *outputs, char **items, const gv_run *run,
                                      gv_error *err);
/* Tell the reader what was written and from how much training. `visited`: records trained on since
 * this start.
 */
void gv_train_output_report(const gv_run *run, const gv_checkpoint *state, uint64_t visited);

#endif
