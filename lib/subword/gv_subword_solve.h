/*
 * gv_subword_solve - weighted ridge regression on the n-grams of words, for GV_SUBWORD_SOLVE_LANES
 * dimensions at once.
 *
 * It finds the rows z that minimise, with the words i, their known n-grams G(i), and N(i) n-grams
 * in all,
 *
 *     sum over i of  weight_i |1/N(i) sum of z_g over G(i) - target_i|^2  +  ridge sum of |z_g|^2
 *
 * by conjugate gradients on the normal equations, each dimension with steps of its own, scaled by
 * the diagonal (Jacobi). The dimensions of a call stop together, when all residuals have fallen to
 * `tolerance` of the right side, or after `most_steps`.
 *
 * Every number is computed in a fixed order from additions and multiplications alone, none of them
 * fused, so the bytes depend neither on threads nor on the instruction set.
 *
 * Source: Hestenes, Stiefel 1952; Saad, "Iterative Methods for Sparse Linear Systems", 2003,
 * algorithm 9.1.
 * Threads: a call uses its own scratch; any number at once.
 */
#ifndef GV_SUBWORD_SOLVE_H
#define GV_SUBWORD_SOLVE_H

#include "subword/gv_subword_index.h"

enum { GV_SUBWORD_SOLVE_LANES = 16 };

typedef struct gv_subword_solve_problem {
    const gv_subword_index *index;
    const float *weight; /* [words]; 0: the word does not count */
    double ridge;
    double tolerance;
    unsigned most_steps;
} gv_subword_solve_problem;

typedef struct gv_subword_solve_scratch {
    float *z;      /* [ngrams][LANES] the solution */
    float *target; /* [words][LANES] filled in by the caller; overwritten */
    /* private */
    float *residual, *direction, *product, *diagonal;
    float *weight; /* [words] */
    size_t bytes[6];
} gv_subword_solve_scratch;

/* Bytes of gv_subword_scratch_new. */
uint64_t gv_subword_solve_scratch_bytes(const gv_subword_index *index);
GV_MUST_USE int gv_subword_solve_scratch_init(gv_subword_solve_scratch *scratch,
                                              const gv_subword_index *index, gv_error *err);
/* Also after a failure of init. */
void gv_subword_solve_scratch_clear(gv_subword_solve_scratch *scratch);

/* How it went. */
typedef struct gv_subword_solve_result {
    unsigned steps;
    double residual; /* the largest of all dimensions, relative to the right side */
} gv_subword_solve_result;

/* Solve for scratch->target into scratch->z. GV_E_STOPPED on a signal. */
GV_MUST_USE int gv_subword_solve(gv_subword_solve_result *solved,
                                 const gv_subword_solve_problem *problem,
                                 gv_subword_solve_scratch *scratch, gv_error *err);

/* to[word] = 1/N(word) times the sum of the rows of its known n-grams, for one word. */
void gv_subword_solve_predict(float to[GV_SUBWORD_SOLVE_LANES], const gv_subword_index *index,
                              const float *rows, size_t word);

#endif
