/*
 * gv_lbfgs - minimise a function by limited-memory BFGS, on vectors that are somewhere else.
 *
 * The algorithm itself holds only a few numbers. Vectors have numbers, and a "space" knows where
 * they are: in memory (tests), or in segments on other machines (Sandblaster,
 * train/experiments/sandblaster/gv_sandblaster.h). All that is done with them is dot, axpy, scale,
 * copy, and evaluating the objective with its gradient.
 *
 * An iteration goes from x in the direction d = -H g, g being the gradient at x and H the inverse
 * Hessian as the last m pairs (step, change of the gradient) estimate it: the two loops of Nocedal
 * 1980 (Nocedal and Wright: Numerical optimization, 2nd edition, algorithm 7.4; H_0 by equation
 * 7.20). A line search then finds the length of the step. Distributed vectors: Dean et al.: Large
 * scale distributed deep networks, NIPS 2012, section 4.2.
 *
 * The line search asks for the weak Wolfe conditions (Nocedal and Wright, section 3.1, equations
 * 3.6a and 3.6b): the objective decreases sufficiently, and its slope along d has become flatter,
 * so the new pair has positive curvature and H stays positive definite. It brackets and bisects
 * (Lewis and Overton: Nonsmooth optimization via quasi-Newton methods, 2013). Moré and Thuente
 * (Line search algorithms with guaranteed sufficient decrease, 1994) interpolate instead and ask
 * for the strong conditions; bisecting needs no slope at rejected points, which saves a dot product
 * over all machines. The parameters are constants in gv_lbfgs.c, with their useful ranges.
 *
 * Errors: those of the space, passed on. Threads: an object belongs to one thread; the space may
 * use others.
 */
#ifndef GV_LBFGS_H
#define GV_LBFGS_H

#include "base/gv_error.h"
#include <stdbool.h>

/* Pairs of vectors in a history at most. 3 to 20 are usual (Nocedal and Wright, section 7.2). */
enum { GV_LBFGS_HISTORY_MAX = 32 };

/* Numbers of the vectors. */
enum {
    GV_LBFGS_X,       /* the current point ... */
    GV_LBFGS_G,       /* ... and the gradient there */
    GV_LBFGS_TRIAL_X, /* a point that the line search tries ... */
    GV_LBFGS_TRIAL_G, /* ... and the gradient there */
    GV_LBFGS_D,       /* direction */
    GV_LBFGS_HISTORY  /* + 2i: step of the pair at place i; + 2i + 1: change of the gradient */
};
/* Number of vectors with a history of `m` pairs. */
#define GV_LBFGS_VECTORS(m) (GV_LBFGS_HISTORY + 2 * (m))

/* What can be done with vectors, known by their numbers. */
typedef struct gv_lbfgs_space {
    void *context;
    int (*dot)(void *context, double *result, unsigned a, unsigned b, gv_error *err);
    /* y += alpha x */
    int (*axpy)(void *context, unsigned y, double alpha, unsigned x, gv_error *err);
    int (*scale)(void *context, unsigned x, double alpha, gv_error *err);
    int (*copy)(void *context, unsigned to, unsigned from, gv_error *err);
    /* The objective at x, and its gradient to g. A value that is not finite is allowed. */
    int (*evaluate)(void *context, double *value, unsigned x, unsigned g, gv_error *err);
} gv_lbfgs_space;

/* A struct of the caller, to be read only. */
typedef struct gv_lbfgs {
    const gv_lbfgs_space *space;            /* borrowed */
    unsigned m;                             /* pairs of the history, 1 to GV_LBFGS_HISTORY_MAX */
    unsigned kept, newest;                  /* pairs in it; the place of the newest */
    double curvature[GV_LBFGS_HISTORY_MAX]; /* step . change, of each pair */
    double gamma;                           /* step . change / change . change of the newest */
    double value;                           /* at x */
    double norm;                            /* of the gradient at x */
    unsigned evaluated;                     /* evaluations since gv_lbfgs_begin */
} gv_lbfgs;

/* Begin at vector GV_LBFGS_X with an empty history: one evaluation. */
GV_MUST_USE int gv_lbfgs_begin(gv_lbfgs *l, const gv_lbfgs_space *space, unsigned m, gv_error *err);

/* After gv_lbfgs_begin: take over a history of `kept` pairs, whose vectors are in their places, the
 * oldest at place `first`, first + kept <= m. */
GV_MUST_USE int gv_lbfgs_restore(gv_lbfgs *l, unsigned first, unsigned kept, gv_error *err);

/* The place of the pair that is `age` < kept iterations old. */
unsigned gv_lbfgs_place(const gv_lbfgs *l, unsigned age);
/* The numbers of its vectors: the step, and the change of the gradient. */
unsigned gv_lbfgs_step(unsigned place);
unsigned gv_lbfgs_change(unsigned place);

/*
 * One iteration: x moves to a point of lower value. `*stuck`: the line search found none, not even
 * along the gradient; x is then a minimum within float precision, and has not moved.
 *
 * After an error the object is to be dropped: x may have moved already without its gradient, value
 * and history (a failed copy may also leave a vector half written). To continue, begin again from a
 * checkpoint.
 */
GV_MUST_USE int gv_lbfgs_iterate(gv_lbfgs *l, bool *stuck, gv_error *err);

#endif
