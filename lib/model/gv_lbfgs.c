#include "model/gv_lbfgs.h"

#include <math.h>

/* Sufficient decrease, and how much less steep it must have become. */
static const double armijo = 1e-4, wolfe = 0.9;
enum { TRIALS = 30 };

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

/* D = - (inverse Hessian, as the history has it) G, by the two loops. */
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
    double slope;     /* at the beginning, negative */
    double low, high; /* brackets; high 0: none yet */
    double step;
    double value; /* at the end */
    bool found;
} search;

/* Try the step: is it one to take? Else the bracket narrows. */
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
    if (!(s->value < l->value + armijo * s->step * s->slope)) { /* also where it is no number */
        s->high = s->step;
        return GV_OK;
    }
    status = dot(l, &slope, GV_LBFGS_TRIAL_G, GV_LBFGS_D, err);
    s->found = slope >= wolfe * s->slope;
    s->low = s->step;
    return status;
}

static int find_step(gv_lbfgs *l, search *s, gv_error *err)
{
    int status = GV_OK;
    for (int trial = 0; trial < TRIALS && status == GV_OK && !s->found; trial++) {
        if (trial > 0)
            s->step = s->high > 0 ? (s->low + s->high) / 2 : 2 * s->step;
        status = try_step(l, s, err);
    }
    return status;
}

/* --- an iteration ----------------------------------------------------------------------------- */

/* The pair at place `p` becomes the newest, if its curvature is positive. */
static int measure_pair(gv_lbfgs *l, unsigned p, gv_error *err)
{
    double curvature, square;
    int status = dot(l, &curvature, gv_lbfgs_step(p), gv_lbfgs_change(p), err);
    if (status == GV_OK)
        status = dot(l, &square, gv_lbfgs_change(p), gv_lbfgs_change(p), err);
    if (status != GV_OK)
        return status;
    if (!(curvature > 0) || !(square > 0)) { /* no use, and the oldest pair is overwritten */
        l->kept = 0;
        return GV_OK;
    }
    l->curvature[p] = curvature;
    l->gamma = curvature / square;
    l->newest = p;
    l->kept += l->kept < l->m;
    return GV_OK;
}

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

static int search_along(gv_lbfgs *l, search *s, gv_error *err)
{
    int status = find_direction(l, err);
    *s = (search){0};
    if (status == GV_OK)
        status = dot(l, &s->slope, GV_LBFGS_G, GV_LBFGS_D, err);
    if (status != GV_OK || !(s->slope < 0))
        return status;
    /* without a history the direction has no scale */
    s->step = l->kept > 0 ? 1 : 1 / l->norm;
    return find_step(l, s, err);
}

int gv_lbfgs_iterate(gv_lbfgs *l, bool *stuck, gv_error *err)
{
    search s;
    int status = search_along(l, &s, err);
    if (status == GV_OK && !s.found && l->kept > 0) { /* the history may mislead */
        l->kept = 0;
        status = search_along(l, &s, err);
    }
    *stuck = status == GV_OK && !s.found;
    return status == GV_OK && s.found ? accept(l, &s, err) : status;
}
