/*
 * gv_model - the parameters of a model in memory: one row per word in each of two matrices.
 *
 * A row of a GloVe model is `width` values, then their `width` AdaGrad sums (gv_kernel.h says where
 * each of these is):
 *
 *     word row      [w_0 .. w_{d-1},  b,  1, 0 ...]     bias in lane d, constant one in lane d + 1
 *     context row   [c_0 .. c_{d-1},  1, b~, 0 ...]     constant one in lane d, bias in lane d + 1
 *
 * so that the dot product of the two is w.c + b + b~. width = d + 2 rounded up to GV_WIDTH. The
 * AdaGrad sums start at 1, as in the GloVe reference.
 *
 * Errors: GV_E_MEMORY, also if a model's bytes do not fit size_t. Ownership: who calls
 * gv_model_new* frees the model with gv_model_free.
 *
 * Threads: a model may be read and written from many threads; which thread may use which row, and
 * when, is decided by the schedule (gv_schedule.h).
 */
#ifndef GV_MODEL_H
#define GV_MODEL_H

#include "base/gv_error.h"
#include "config/gv_config.h"
#include "model/gv_checkpoint.h"
#include "model/gv_start.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct gv_model {
    uint32_t vocab_size, dim;
    size_t width;  /* values in a row */
    size_t stride; /* floats from a row to the next */
    size_t bytes;  /* of one matrix */
    float scale;   /* a vector is the stored numbers times this; 1 unless the caller sets it */
    bool unbiased; /* biases are 0 and stay so; false unless the caller sets it */
    /* borrowed: rows that are frozen there are written as they are there, to the last bit; NULL
     * unless the caller sets it */
    const gv_start *held;
    float *word; /* [vocab_size * stride] */
    float *context;
} gv_model;

/* Values in a row for vectors of `dim` numbers. */
size_t gv_model_width(uint32_t dim);

/* --- making; vocab_size and dim at least 1 --- */

/* For GloVe: all values 0, constants 1, sums 1. stride = 2 * width. */
GV_MUST_USE int gv_model_new(gv_model **model, uint32_t vocab_size, uint32_t dim, gv_error *err);
/* The same with all numbers 0, for rows that come from another rank: no memory is touched. */
GV_MUST_USE int gv_model_new_zero(gv_model **model, uint32_t vocab_size, uint32_t dim,
                                  gv_error *err);
/* Without AdaGrad sums, all 0, for gradients and the like: width = stride = d + 2 rounded up to
 * GV_LANES (gv_objective.h). */
GV_MUST_USE int gv_model_new_values(gv_model **model, uint32_t vocab_size, uint32_t dim,
                                    gv_error *err);
/* For word2vec: vectors alone, all 0; width = stride = d rounded up to GV_LANES. */
GV_MUST_USE int gv_model_new_plain(gv_model **model, uint32_t vocab_size, uint32_t dim,
                                   gv_error *err);
/* Accepts NULL. */
void gv_model_free(gv_model *model);

/* Bytes of the two matrices of gv_model_new, and of gv_model_new_plain. */
GV_MUST_USE int gv_model_bytes(uint64_t *bytes, uint32_t vocab_size, uint32_t dim, gv_error *err);
GV_MUST_USE int gv_model_plain_bytes(uint64_t *bytes, uint32_t vocab_size, uint32_t dim,
                                     gv_error *err);

/*
 * Random start: vectors and biases (unless `unbiased`) uniform in [-0.5, 0.5) / dim, each row from
 * a random stream of its own (gv_rng.h), so that the bytes depend on the seed but not on `threads`.
 * Vectors are divided by `scale`.
 */
GV_MUST_USE int gv_model_init(gv_model *model, uint64_t seed, unsigned threads, gv_error *err);
/* Of a plain model: only the word vectors are random, as in word2vec. */
void gv_model_init_plain(gv_model *model, uint64_t seed);

/* --- whole matrices --- */

enum gv_model_half { GV_MODEL_VALUES, GV_MODEL_SUMS };
/* Copy one half of every row of `from` to one half of `to`, a model of the same vocab_size and dim
 * that may have sums or not. */
void gv_model_copy(gv_model *to, enum gv_model_half to_half, const gv_model *from,
                   enum gv_model_half from_half);

/* Weight decay: multiply the vectors (not biases, constants, sums) of rows first .. end-1 of
 * `matrix`, one of the model's two, by `keep`. */
void gv_model_decay(const gv_model *model, float *matrix, uint32_t first, uint32_t end, float keep);

/* Whether every value and every sum is finite. */
bool gv_model_finite(const gv_model *model);

/* The two matrices as a checkpoint reads and writes them. They borrow the model's memory. */
void gv_model_matrices(gv_checkpoint_matrix matrices[2], const gv_model *model);

/* --- output vectors: train.output_vectors --- */

/* Numbers in an output vector: dim, or 2 dim for GV_OUTPUT_CONCAT. */
size_t gv_model_output_dim(const gv_model *model, enum gv_config_output_vectors kind);
/* Write the output vector of word `row`, without biases, to `to`. */
void gv_model_output(float *to, const gv_model *model, enum gv_config_output_vectors kind,
                     size_t row);
/* The output vector of <unk>: the mean over the last min(100, vocab_size) words, the rarest, as in
 * the reference; summed in double in row order. */
void gv_model_output_unk(float *to, const gv_model *model, enum gv_config_output_vectors kind);

#endif
