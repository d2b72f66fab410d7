/*
 * gv_train_subwords - n-grams fitted to a trained model, and the vectors mixed with them
 * (output.subwords); subwords.bin.
 *
 * Threads: called by one thread, which is the main thread or that of a background task.
 */
#ifndef GV_TRAIN_SUBWORDS_H
#define GV_TRAIN_SUBWORDS_H

#include "app/gv_run.h"
#include "model/gv_model.h"
#include "subword/gv_subword_fit.h"
#include "vocab/gv_vocab.h"

typedef struct gv_train_subwords {
    /* [words + 1][dim] the mixed vectors, then that of <unk>, which is the model's */
    float *vectors;
    size_t dim, bytes;
    gv_subword_fit fit;
    gv_subwords *subwords; /* of fit.parts */
} gv_train_subwords;

/* The keys subword.* of a config. */
gv_subwords_settings gv_train_subwords_settings(const gv_config *config);

/* Before training, with output.subwords (else nothing happens): will the fit have the memory that
 * it needs, beside the vectors of a model of `model` bytes? GV_E_MEMORY if not. `*file_bytes`: how
 * large subwords.bin will be, and the n-grams of vectors.ft.bin. */
GV_MUST_USE int gv_train_subwords_check(uint64_t *file_bytes, const gv_config *config,
                                        const gv_vocab *vocab, uint64_t model, gv_error *err);

/*
 * Take the output vectors from `*model`, which is then freed (and NULL), fit, mix, write
 * subwords.bin into the run directory, and an event. `metadata` is borrowed. The caller clears,
 * also after an error. GV_E_STOPPED on a signal.
 */
GV_MUST_USE int gv_train_subwords_make(gv_train_subwords *to, gv_run *run, const gv_vocab *vocab,
                                       gv_model **model, const char *metadata, unsigned threads,
                                       gv_error *err);
/* Vectors were written without n-grams: remove a subwords.bin that an earlier start left, as it
 * belongs to other vectors now. One that glove-train did not write stays. */
GV_MUST_USE int gv_train_subwords_remove_old(gv_run *run, gv_error *err);
void gv_train_subwords_clear(gv_train_subwords *subwords);

#endif
