/*
 * gv_model - the parameters of GloVe in memory: one row per word in each of two matrices.
 *
 * A row is what gv_kernel.h calls a row: `width` values, then their `width` AdaGrad sums.
 *
 *     word row      [w_0 .. w_{d-1},  b,  1, 0 ...]     bias in lane d, constant one in lane d + 1
 *     context row   [c_0 .. c_{d-1},  1, b~, 0 ...]     constant one in lane d, bias in lane d + 1
 *
 * so that the dot product of the two is w.c + b + b~. width = d + 2 rounded up to GV_WIDTH. The
 * AdaGrad sums start at 1, as in the GloVe reference.
 *
 * Threads: a model may be read and written from many threads; who may touch which row when is the
 * schedule's business (gv_schedule.h).
 */
#ifndef GV_MODEL_H
#define GV_MODEL_H

#include "base/gv_error.h"
#include "config/gv_config.h"
#include "model/gv_checkpoint.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct gv_model {
    uint32_t vocab_size, dim;
    size_t width;  /* values in a row, a multiple of GV_WIDTH */
    size_t stride; /* floats from a row to the next: 2 * width */
    size_t bytes;  /* of one matrix */
    float scale;   /* a vector is the stored numbers times this; 1 unless set */
    bool unbiased; /* biases are 0 and stay so; false unless set */
    float *word;   /* [vocab_size * stride] */
    float *context;
} gv_model;

/* Step sizes and clip bounds of every lane, for gv_kernel_args; `width` floats each, 64-byte
 * aligned. */
typedef struct gv_model_step_sizes {
    float *eta_word, *eta_context; /* 0 for constants and padding */
    float *clip;                   /* INFINITY for biases (as the reference), constants, padding */
    void *block;                   /* private */
    size_t block_bytes;            /* private */
} gv_model_step_sizes;

/* Values in a row for vectors of `dim` numbers. */
size_t gv_model_width(uint32_t dim);

/* Bytes that the two matrices take; a number that does not fit size_t is GV_E_MEMORY. */
int gv_model_bytes(uint64_t *bytes, uint32_t vocab_size, uint32_t dim, gv_error *err);

/* A model with all values 0, constants 1, sums 1. vocab_size and dim at least 1. The caller frees.
 */
int gv_model_new(gv_model **model, uint32_t vocab_size, uint32_t dim, gv_error *err);
/* One whose rows come from elsewhere: all 0, no memory touched. */
int gv_model_new_away(gv_model **model, uint32_t vocab_size, uint32_t dim, gv_error *err);
/* The same without AdaGrad sums: stride = width, rounded up to GV_LANES (gv_objective.h); for
 * gradients and the like. */
int gv_model_new_values(gv_model **model, uint32_t vocab_size, uint32_t dim, gv_error *err);
void gv_model_free(gv_model *model);

/* A model for word2vec: rows of `dim` values padded to GV_LANES, no biases, no sums, all 0. */
int gv_model_new_plain(gv_model **model, uint32_t vocab_size, uint32_t dim, gv_error *err);
/* Bytes of its two matrices. */
int gv_model_plain_bytes(uint64_t *bytes, uint32_t vocab_size, uint32_t dim, gv_error *err);

/*
 * Random start: vectors and biases (unless `unbiased`) uniform in [-0.5, 0.5) / dim, every row from
 * a stream of its own (gv_rng.h), so the bytes depend on the seed only, not on `threads`.
 */
int gv_model_init(gv_model *model, uint64_t seed, unsigned threads, gv_error *err);
/* Of a plain model: the word vectors alone, as word2vec has it. */
void gv_model_init_plain(gv_model *model, uint64_t seed);

/* Copy one half of all rows of `from` to one of `to`: a model of the same words and dim, with sums or
 * without. */
enum gv_model_half { GV_MODEL_VALUES, GV_MODEL_SUMS };
void gv_model_copy(gv_model *to, enum gv_model_half to_half, const gv_model *from,
                   enum gv_model_half from_half);

/* Multiply the vectors (not biases, constants, sums) of rows first .. end-1 of `matrix`, one of its
 * two, by `keep`. */
void gv_model_shorten(const gv_model *model, float *matrix, uint32_t first, uint32_t end,
                      float keep);

/* Is every value and every sum a finite number? */
bool gv_model_finite(const gv_model *model);

/* The two matrices as the checkpoint reads and writes them (borrowed). */
void gv_model_matrices(gv_checkpoint_matrix matrices[2], const gv_model *model);

/* Lanes for a model of this dim. eta and bias_eta are step sizes; NaN for bias_eta means eta;
 * `clip` bounds |gradient| of the vectors' lanes and may be INFINITY. */
int gv_model_step_sizes_new(gv_model_step_sizes *lanes, uint32_t dim, double eta, double bias_eta,
                            double clip, gv_error *err);
/* Other step sizes in lanes made for this dim. No thread may be training with them. */
void gv_model_step_sizes_set_eta(gv_model_step_sizes *lanes, uint32_t dim, double eta,
                                 double bias_eta);
void gv_model_step_sizes_free(gv_model_step_sizes *lanes);

/* Numbers in an output vector of this kind: dim, or 2 dim for GV_OUTPUT_CONCAT. */
size_t gv_model_output_dim(const gv_model *model, enum gv_config_output_vectors kind);
/* The output vector of word `row`, without biases, to `to`. */
void gv_model_output(float *to, const gv_model *model, enum gv_config_output_vectors kind,
                     size_t row);
/* The vector of <unk>: the mean over the last min(100, vocab_size) words, the rarest, as the
 * reference does; summed in double in row order. */
void gv_model_output_unk(float *to, const gv_model *model, enum gv_config_output_vectors kind);

#endif
