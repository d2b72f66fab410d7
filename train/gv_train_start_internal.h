/*
 * gv_train_start_internal - reading the sources of gv_train_start.h. Private to
 * train/gv_train_start*.c.
 *
 * Threads: as gv_train_start.h.
 */
#ifndef GV_TRAIN_START_INTERNAL_H
#define GV_TRAIN_START_INTERNAL_H

#include "train/gv_train_start.h"

/* What was found in one source. */
typedef struct gv_train_start_found {
    uint64_t words;      /* of the vocabulary */
    uint64_t others;     /* words of the source that are not in the vocabulary */
    uint64_t not_finite; /* words of both whose vector has NaN or an infinity: not used */
} gv_train_start_found;

/* Where what is read goes. */
typedef struct gv_train_start_target {
    gv_run *run;
    const gv_vocab *vocab;
    gv_model *model; /* NULL where training resumes */
    gv_start *start;
} gv_train_start_target;

/* A file of vectors. `whole`: it is the only source, and has the vectors of both sides as
 * output.vectors says; else it has those of `side`. */
GV_MUST_USE int gv_train_start_read_file(gv_train_start_found *found,
                                         const gv_train_start_target *to,
                                         const gv_train_start_source *source, int side, bool whole,
                                         gv_error *err);
/* model.ckpt and vocab.txt of a run. Both sides; with `side` not negative that side alone. Biases
 * and AdaGrad sums go straight into the model, if there is one. */
GV_MUST_USE int gv_train_start_read_run(gv_train_start_found *found,
                                        const gv_train_start_target *to,
                                        const gv_train_start_source *source, int side,
                                        gv_error *err);

/* GV_E_USAGE: the source has vectors of another number of dimensions than train.dim. */
GV_MUST_USE int gv_train_start_other_dim(const gv_train_start_source *source, uint64_t dim,
                                         const gv_config *config, gv_error *err);

#endif
