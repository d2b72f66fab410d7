/*
 * L-BFGS as in gv_lbfgs.h. Everything expensive is a call of the space: an iteration takes 4 m + 16
 * operations on whole vectors and usually one evaluation, since the first step that is tried mostly
 * satisfies both conditions.
 */
#include "model/gv_lbfgs.h"

#include <math.h>

/*
 * Parameters of the line search, with the names and values of Nocedal and Wright, section 3.1.
 *
 * sufficient_decrease, c1 of equation 3.6a: a step must lower the value by this fraction of what
 * the slope at its start promises. Usual 1e-4; useful 1e-6 to 0.1; above 0 and below curvature.
 * Larger values reject good steps.
 *
 * curvature, c2 of equation 3.6b: the slope at the end may be at most this fraction of the slope at
 * the start. Usual 0.9 for quasi-Newton directions (0.1 for conjugate gradients); above c1, below
 * 1. Smaller values search longer for a step that is closer to the minimum along the line.
 *
 * max_trials: steps to try until the search gives up. 30 halvings or doublings change a step by a
 * factor of 10^9, beyond which float32 vectors hardly change; 20 to 40 are usual.
 *
 * first_step: tried first once there is a history, since quasi-Newton directions are scaled
 * (section 3.5). Without a history the direction has no scale; then the first step has length 1.
 *
 * expansion: a step that is too short grows by this factor until one is too long.
 */
static const double sufficient_decrease = 1e-4, curvature = 0.9, first_step = 1, expansion = 2;
static const int max_trials = 30;

static int dot(gv_lbfgs *l, double *result, unsigned a, unsigned b, gv_error *err)
{
    return l->space->dot(l->space->context, result, a, b, err);
}

static int axpy(gv_lbfgs *l, unsigned y, double alpha, unsigned x, gv_error *err)
{
    return l->space->axpy(l->space->context, y, alpha, x, err);
}

static int scale(gv_lbfgs *l, unsigned x, double alpha, gv_error *err)
{
    return l->space->scale(l->space->context, x, alpha, err);
}

static int copy(gv_lbfgs *l, unsigned to, unsigned from, gv_error *err)
{
    return l->space->copy(l->space->context, to, from, err);
}

static int evaluate(gv_lbfgs *l, double *value, unsigned x, unsigned g, gv_error *err)
{
    l->evaluated++;
    return l->space->evaluate(l->space->context, value, x, g, err);
}

static int measure_gradient(gv_lbfgs *l, gv_error *err)
{
    double square;
    int status = dot(l, &square, GV_LBFGS_G, GV_LBFGS_G, err);
    if (status == GV_OK)
        l->norm = sqrt(square);
    return status;
}

int gv_lbfgs_begin(gv_lbfgs *l, const gv_lbfgs_space *space, unsigned m, gv_error *err)
{
    *l = (gv_lbfgs){.space = space, .m = m};
    int status = evaluate(l, &l->value, GV_LBFGS_X, GV_LBFGS_G, err);
    return status == GV_OK ? measure_gradient(l, err) : status;
}

/* --- direction -------------------------------------------------------------------------------- */

unsigned gv_lbfgs_place(const gv_lbfgs *l, unsigned age)
{
    return (l->newest + l->m - age) % l->m;
}

unsigned gv_lbfgs_step(unsigned place)
{
    return GV_LBFGS_HISTORY + 2 * place;
}

unsigned gv_lbfgs_change(unsigned place)
{
    return gv_lbfgs_step(place) + 1;
}

/*
 * D = -H G by the two loops: the first goes from the newest pair to the oldest and takes out of the
 * gradient what each pair explains, then gamma scales it (the estimate of H before all pairs), and
 * the second goes back and adds each pair's part with the curvature that was measured.
 */
static int find_direction(gv_lbfgs *l, gv_error *err)
{
    double share[GV_LBFGS_HISTORY_MAX], other;
    int status = copy(l, GV_LBFGS_D, GV_LBFGS_G, err);
    for (unsigned age = 0; status == GV_OK && age < l->kept; age++) {
        unsigned p = gv_lbfgs_place(l, age);
        status = dot(l, &share[p], gv_lbfgs_step(p), GV_LBFGS_D, err);
        share[p] /= l->curvature[p];
        if (status == GV_OK)
            status = axpy(l, GV_LBFGS_D, -share[p], gv_lbfgs_change(p), err);
    }
    if (status == GV_OK && l->kept > 0)
        status = scale(l, GV_LBFGS_D, l->gamma, err);
    for (unsigned age = l->kept; status == GV_OK && age-- > 0;) {
        unsigned p = gv_lbfgs_place(l, age);
        status = dot(l, &other, gv_lbfgs_change(p), GV_LBFGS_D, err);
        if (status == GV_OK)
            status = axpy(l, GV_LBFGS_D, share[p] - other / l->curvature[p], gv_lbfgs_step(p), err);
    }
    return status == GV_OK ? scale(l, GV_LBFGS_D, -1, err) : status;
}

/* --- line search ------------------------------------------------------------------------------ */

typedef struct search {
    double slope;     /* at the start, negative */
    double low, high; /* the bracket: too short, too long; high 0: none was too long yet */
    double step;
    double value; /* at the end of the step */
    bool found;   /* the step satisfies both conditions */
} search;

/* Evaluate at the end of the step; unless it satisfies both conditions the bracket narrows. */
static int try_step(gv_lbfgs *l, search *s, gv_error *err)
{
    double slope;
    int status = copy(l, GV_LBFGS_TRIAL_X, GV_LBFGS_X, err);
    if (status == GV_OK)
        status = axpy(l, GV_LBFGS_TRIAL_X, s->step, GV_LBFGS_D, err);
    if (status == GV_OK)
        status = evaluate(l, &s->value, GV_LBFGS_TRIAL_X, GV_LBFGS_TRIAL_G, err);
    if (status != GV_OK)
        return status;
    /* negated, so that a value that is NaN counts as too high: the step is too long */
    if (!(s->value < l->value + sufficient_decrease * s->step * s->slope)) {
        s->high = s->step;
        return GV_OK;
    }
    status = dot(l, &slope, GV_LBFGS_TRIAL_G, GV_LBFGS_D, err);
    s->found = slope >= curvature * s->slope;
    s->low = s->step;
    return status;
}

static int find_step(gv_lbfgs *l, search *s, gv_error *err)
{
    int status = GV_OK;
    for (int trial = 0; trial < max_trials && status == GV_OK && !s->found; trial++) {
        if (trial > 0)
            s->step = s->high > 0 ? (s->low + s->high) / 2 : expansion * s->step;
        status = try_step(l, s, err);
    }
    return status;
}

/* --- an iteration ----------------------------------------------------------------------------- */

/* Make the pair at place `p` the newest, if its curvature is positive. */
static int measure_pair(gv_lbfgs *l, unsigned p, gv_error *err)
{
    double product, square;
    int status = dot(l, &product, gv_lbfgs_step(p), gv_lbfgs_change(p), err);
    if (status == GV_OK)
        status = dot(l, &square, gv_lbfgs_change(p), gv_lbfgs_change(p), err);
    if (status != GV_OK)
        return status;
    if (!(product > 0) || !(square > 0)) {
        /* Rounding has eaten the curvature. The pair is useless, and it has replaced the oldest
         * one, so the history now has a gap: begin a new one. */
        l->kept = 0;
        return GV_OK;
    }
    l->curvature[p] = product;
    l->gamma = product / square;
    l->newest = p;
    l->kept += l->kept < l->m;
    return GV_OK;
}

/* Put the step and the change of the gradient in the place of the oldest pair. */
static int remember(gv_lbfgs *l, const search *s, gv_error *err)
{
    unsigned p = l->kept > 0 ? (l->newest + 1) % l->m : 0;
    int status = copy(l, gv_lbfgs_step(p), GV_LBFGS_D, err);
    if (status == GV_OK)
        status = scale(l, gv_lbfgs_step(p), s->step, err);
    if (status == GV_OK)
        status = copy(l, gv_lbfgs_change(p), GV_LBFGS_TRIAL_G, err);
    if (status == GV_OK)
        status = axpy(l, gv_lbfgs_change(p), -1, GV_LBFGS_G, err);
    return status == GV_OK ? measure_pair(l, p, err) : status;
}

int gv_lbfgs_restore(gv_lbfgs *l, unsigned first, unsigned kept, gv_error *err)
{
    int status = GV_OK;
    l->kept = 0;
    for (unsigned p = first; p < first + kept && status == GV_OK; p++)
        status = measure_pair(l, p, err);
    return status;
}

/* Move to the trial point. x is copied before g: a failure in between leaves them apart. */
static int accept(gv_lbfgs *l, const search *s, gv_error *err)
{
    int status = remember(l, s, err);
    if (status == GV_OK)
        status = copy(l, GV_LBFGS_X, GV_LBFGS_TRIAL_X, err);
    if (status == GV_OK)
        status = copy(l, GV_LBFGS_G, GV_LBFGS_TRIAL_G, err);
    if (status == GV_OK)
        l->value = s->value;
    return status == GV_OK ? measure_gradient(l, err) : status;
}

/* Find a direction and a step along it; not found also if the direction does not descend. */
static int search_along(gv_lbfgs *l, search *s, gv_error *err)
{
    int status = find_direction(l, err);
    *s = (search){0};
    if (status == GV_OK)
        status = dot(l, &s->slope, GV_LBFGS_G, GV_LBFGS_D, err);
    if (status != GV_OK || !(s->slope < 0))
        return status;
    s->step = l->kept > 0 ? first_step : 1 / l->norm;
    return find_step(l, s, err);
}

int gv_lbfgs_iterate(gv_lbfgs *l, bool *stuck, gv_error *err)
{
    search s;
    int status = search_along(l, &s, err);
    if (status == GV_OK && !s.found && l->kept > 0) { /* the history misleads: try the gradient */
        l->kept = 0;
        status = search_along(l, &s, err);
    }
    *stuck = status == GV_OK && !s.found;
    return status == GV_OK && s.found ? accept(l, &s, err) : status;
}
