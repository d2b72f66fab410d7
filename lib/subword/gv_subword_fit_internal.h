/* gv_subword_fit_internal - what the parts of a fit share; for gv_subword_fit*.c alone. */
#ifndef GV_SUBWORD_FIT_INTERNAL_H
#define GV_SUBWORD_FIT_INTERNAL_H

#include "subword/gv_subword_fit.h"
#include "subword/gv_subword_solve.h"
#include <stdatomic.h>

enum {
    GV_SUBWORD_FIT_STEPS = 12, /* of the regression */
    /* When n-grams are judged: parts of the words, and steps. */
    GV_SUBWORD_FIT_FOLDS = 4,
    GV_SUBWORD_FIT_JUDGE_STEPS = 5
};

typedef struct gv_subword_fit_work {
    const gv_subword_fit_input *input;
    gv_subword_fit *fit;
    size_t words, dim;
    uint64_t *count;    /* [words] occurrences; UINT64_MAX: not known */
    float *scale;       /* [words] 1 / length of the vector; 0: it takes no part */
    float *weight;      /* [words] */
    float *mean;        /* [dim] of the vectors of length 1 */
    double length;      /* of a vector, usually */
    float *agreement;   /* [words][3] h.y, h.h, y.y with what is predicted, in LANES dimensions */
    float *reliability; /* [words] */
    size_t tasks;
    atomic_size_t next;
    unsigned *steps;  /* [tasks] */
    double *residual; /* [tasks] */
} gv_subword_fit_work;

/* Parts of LANES dimensions. */
static inline size_t gv_subword_fit_blocks(size_t dim)
{
    return (dim + GV_SUBWORD_SOLVE_LANES - 1) / GV_SUBWORD_SOLVE_LANES;
}

/* The sizes that an index gives. */
gv_subword_fit_sizes gv_subword_fit_sizes_of(const gv_subword_index *index, size_t dim);

/* Do all regressions: fill in rows, agreement and report. */
GV_MUST_USE int gv_subword_fit_solve(gv_subword_fit_work *work, gv_error *err);
/* Judge the n-grams, and mix the input's vectors with them. */
GV_MUST_USE int gv_subword_fit_mix(gv_subword_fit_work *work, gv_error *err);

#endif
