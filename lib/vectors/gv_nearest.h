/*
 * gv_nearest - which words are nearest: cosine neighbours and analogies over a whole vocabulary.
 *
 * Works on a matrix of rows scaled to length 1, so that a dot product is a cosine. Two ways to
 * answer "a is to b as c is to ?" (Levy and Goldberg 2014, "Linguistic Regularities in Sparse and
 * Explicit Word Representations"), each over all words x but a, b and c:
 *   3CosAdd  cos(x,b) - cos(x,a) + cos(x,c)
 *   3CosMul  s(x,b) s(x,c) / (s(x,a) + 0.001), with s = (1 + cos) / 2
 * Of equal scores the lower row wins. Scores are float32; the answers do not depend on the number
 * of threads.
 *
 * Threads: a gv_nearest is only read after gv_nearest_init, by any number of threads.
 */
#ifndef GV_NEAREST_H
#define GV_NEAREST_H

#include "base/gv_error.h"
#include "base/gv_progress.h"
#include <stddef.h>
#include <stdint.h>

#define GV_NEAREST_EPSILON 0.001f
#define GV_NEAREST_NO_ROW  SIZE_MAX

typedef struct gv_nearest {
    const float *unit; /* rows x dim, borrowed */
    size_t rows, dim;
    size_t skip; /* a row that is never an answer (`<unk>`), or GV_NEAREST_NO_ROW */
    /* [rows] by which the rows of `unit` have to be multiplied to get length 1; NULL: they have it.
     * Borrowed. gv_nearest_solve does without. */
    const float *scale;
    unsigned threads; /* of one search; 0 is taken for 1 */
} gv_nearest;

/*
 * Scale each of the rows in `data` ([rows x dim]) to length 1, in place, and borrow them: `data`
 * must outlive `nearest`. A row of zeros, or with a number that is not finite, becomes zeros. More
 * than 2^32 - 1 rows or 2^31 - 1 dimensions are GV_E_RUNTIME.
 */
GV_MUST_USE int gv_nearest_init(gv_nearest *nearest, float *data, size_t rows, size_t dim,
                                size_t skip, gv_error *err);

/* The factors of `scale` for rows that stay as they are: 1 / length, or 0 for a row of zeros or
 * with a number that is not finite. */
void gv_nearest_scales(float *scale, const float *data, size_t rows, size_t dim);

typedef struct gv_nearest_neighbour {
    uint32_t row;
    float score;
} gv_nearest_neighbour;

/* The answer to one query. The caller sets `found` and `top`. */
typedef struct gv_nearest_list {
    gv_nearest_neighbour *found; /* [top] best first; equal scores by row */
    size_t top;                  /* rows wanted at most; 0 is allowed */
    size_t n;                    /* rows found */
} gv_nearest_list;

/*
 * The rows with the largest cosine (-1 to 1) to `direction` ([dim], of any length), without the
 * `excluded` ones ([excluded_n]). GV_E_MEMORY.
 */
GV_MUST_USE int gv_nearest_to(gv_nearest_list *list, const gv_nearest *nearest,
                              const float *direction, const uint32_t *excluded, size_t excluded_n,
                              gv_error *err);

/* Rows that are no answers. */
typedef struct gv_nearest_excluded {
    const uint32_t *rows; /* [n] */
    size_t n;
} gv_nearest_excluded;

enum gv_nearest_method { GV_NEAREST_ADD, GV_NEAREST_MUL };

/* "a is to b as c is to ?", by rows. */
typedef struct gv_nearest_question {
    uint32_t a, b, c;
} gv_nearest_question;

typedef struct gv_nearest_questions {
    const gv_nearest_question *item; /* [n] all rows below the number of rows */
    size_t n;
} gv_nearest_questions;

/* The best answers to one question, without its own three rows. GV_E_MEMORY. */
GV_MUST_USE int gv_nearest_analogy(gv_nearest_list *list, const gv_nearest *nearest,
                                   const gv_nearest_question *question,
                                   enum gv_nearest_method method, gv_error *err);

/* The same for any three vectors of length 1 in the places of a, b and c, without the `excluded`
 * rows ([excluded_n]). GV_E_MEMORY. */
GV_MUST_USE int gv_nearest_analogy_of(gv_nearest_list *list, const gv_nearest *nearest,
                                      const float *const unit[3], gv_nearest_excluded excluded,
                                      enum gv_nearest_method method, gv_error *err);

/* The best answer by each method; row UINT32_MAX when there is no candidate. */
typedef struct gv_nearest_answer {
    gv_nearest_neighbour add, mul;
} gv_nearest_answer;

/*
 * Answer all questions into `answers` ([questions.n]). The answers do not depend on `threads`.
 * `progress` (may be NULL) advances by one per question; the caller begins and ends it. Memory: at
 * most 3 MiB and 512 vectors a thread, 8 bytes a row, and 1024 vectors. GV_E_MEMORY; GV_E_STOPPED
 * on a signal.
 */
GV_MUST_USE int gv_nearest_solve(gv_nearest_answer *answers, const gv_nearest *nearest,
                                 gv_nearest_questions questions, unsigned threads,
                                 gv_progress *progress, gv_error *err);

#endif
