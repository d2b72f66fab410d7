/*
 * gv_lbfgs - limited-memory BFGS on vectors that are somewhere else.
 *
 * The algorithm holds a few numbers only. The vectors are known by number and lie wherever the
 * space has them: in memory (tests), or in shards on other machines (Sandblaster,
 * train/experiments/sandblaster/gv_sandblaster.h). All that it does with them are dot, axpy, scale, copy, and evaluating the
 * objective with its gradient.
 *
 * Source: Nocedal: Updating quasi-Newton matrices with limited storage, 1980 (the two loops); Dean
 * et al.: Large scale distributed deep networks, NIPS 2012, section 4.2 (vectors in shards). The
 * line search asks for the weak Wolfe conditions by bracketing (Nocedal and Wright: Numerical
 * optimization, section 3.1; Lewis and Overton 2013): so the objective decreases in every step, and
 * the curvature is positive.
 *
 * Threads: none.
 */
#ifndef GV_LBFGS_H
#define GV_LBFGS_H

#include "base/gv_error.h"
#include <stdbool.h>

enum { GV_LBFGS_HISTORY_MAX = 32, GV_LBFGS_HISTORY_USUAL = 8 }; /* pairs of vectors */

/* Numbers of the vectors. */
enum {
    GV_LBFGS_X,       /* where we are, */
    GV_LBFGS_G,       /* and the gradient there */
    GV_LBFGS_TRIAL_X, /* where we might go */
    GV_LBFGS_TRIAL_G,
    GV_LBFGS_D,      /* direction */
    GV_LBFGS_HISTORY /* + 2i: i-th step, + 2i + 1: what it changed in the gradient */
};
/* Vectors that a history of `m` needs. */
#define GV_LBFGS_VECTORS(m) (GV_LBFGS_HISTORY + 2 * (m))

typedef struct gv_lbfgs_space {
    void *context;
    int (*dot)(void *context, double *result, unsigned a, unsigned b, gv_error *err);
    int (*axpy)(void *context, unsigned y, double alpha, unsigned x,
                gv_error *err); /* y += alpha x */
    int (*scale)(void *context, unsigned x, double alpha, gv_error *err);
    int (*copy)(void *context, unsigned to, unsigned from, gv_error *err);
    /* The objective at x, and its gradient to g. */
    int (*evaluate)(void *context, double *value, unsigned x, unsigned g, gv_error *err);
} gv_lbfgs_space;

typedef struct gv_lbfgs {
    const gv_lbfgs_space *space;            /* borrowed */
    unsigned m;                             /* pairs of the history, 1 to GV_LBFGS_HISTORY_MAX */
    unsigned kept, newest;                  /* pairs there are; the place of the last */
    double curvature[GV_LBFGS_HISTORY_MAX]; /* step . change, of each pair */
    double gamma;                           /* step . change / change . change of the newest */
    double value;                           /* at x */
    double norm;                            /* of the gradient at x */
    unsigned evaluated;                     /* since the beginning */
} gv_lbfgs;

/* Begin at vector GV_LBFGS_X with an empty history: one evaluation. */
int gv_lbfgs_begin(gv_lbfgs *l, const gv_lbfgs_space *space, unsigned m, gv_error *err);

/* After gv_lbfgs_begin: take up a history of `kept` pairs, from the oldest at place `first` on. */
int gv_lbfgs_restore(gv_lbfgs *l, unsigned first, unsigned kept, gv_error *err);

/* The place of the pair that is `age` < kept iterations old; the numbers of its vectors. */
unsigned gv_lbfgs_place(const gv_lbfgs *l, unsigned age);
unsigned gv_lbfgs_step(unsigned place);
unsigned gv_lbfgs_change(unsigned place);

/*
 * One iteration: value becomes smaller. `*stuck`: no step does that, not even along the gradient:
 * this is the minimum, as far as the arithmetic can tell. On failure x is where it was.
 */
int gv_lbfgs_iterate(gv_lbfgs *l, bool *stuck, gv_error *err);

#endif
