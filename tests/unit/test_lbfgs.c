/*
 * gv_lbfgs on small problems in memory: it finds the minimum, decreases in every step, and does
 * what liblbfgs does (where that is installed), from the same start with the same history.
 */
#include "base/gv_rng.h"
#include "model/gv_lbfgs.h"
#include "support/gv_test.h"
#include <math.h>
#include <string.h>
#if __has_include(<lbfgs.h>)
#include <lbfgs.h>
#define HAVE_LIBLBFGS 1
#endif

enum { N_MAX = 256, M = 6 };

/* A problem and a space of plain arrays. */
typedef struct problem {
    size_t n;
    double (*function)(const struct problem *p, const double *x, double *g);
    double vector[GV_LBFGS_VECTORS(M)][N_MAX];
    /* of the small GloVe: words, dim, cells */
    size_t words, dim;
    double log_x[16][16], weight[16][16];
} problem;

static int space_dot(void *context, double *result, unsigned a, unsigned b, gv_error *err)
{
    (void)err;
    problem *p = context;
    *result = 0;
    for (size_t i = 0; i < p->n; i++)
        *result += p->vector[a][i] * p->vector[b][i];
    return GV_OK;
}

static int space_axpy(void *context, unsigned y, double alpha, unsigned x, gv_error *err)
{
    (void)err;
    problem *p = context;
    for (size_t i = 0; i < p->n; i++)
        p->vector[y][i] += alpha * p->vector[x][i];
    return GV_OK;
}

static int space_scale(void *context, unsigned x, double alpha, gv_error *err)
{
    (void)err;
    problem *p = context;
    for (size_t i = 0; i < p->n; i++)
        p->vector[x][i] *= alpha;
    return GV_OK;
}

static int space_copy(void *context, unsigned to, unsigned from, gv_error *err)
{
    (void)err;
    problem *p = context;
    memcpy(p->vector[to], p->vector[from], sizeof p->vector[to]);
    return GV_OK;
}

static int space_evaluate(void *context, double *value, unsigned x, unsigned g, gv_error *err)
{
    (void)err;
    problem *p = context;
    *value = p->function(p, p->vector[x], p->vector[g]);
    return GV_OK;
}

static gv_lbfgs_space space_of(problem *p)
{
    return (gv_lbfgs_space){p, space_dot, space_axpy, space_scale, space_copy, space_evaluate};
}

/* --- problems --------------------------------------------------------------------------------- */

/* Rosenbrock's valley in n / 2 planes. */
static double rosenbrock(const problem *p, const double *x, double *g)
{
    double value = 0;
    for (size_t i = 0; i < p->n; i += 2) {
        double a = 1 - x[i], b = 10 * (x[i + 1] - x[i] * x[i]);
        g[i + 1] = 20 * b;
        g[i] = -2 * (x[i] * g[i + 1] + a);
        value += a * a + b * b;
    }
    return value;
}

/* A bowl whose axes differ by three orders of magnitude. */
static double bowl(const problem *p, const double *x, double *g)
{
    double value = 0;
    for (size_t i = 0; i < p->n; i++) {
        double stretch = pow(1000, (double)i / (double)(p->n - 1)), d = x[i] - 1;
        value += 0.5 * stretch * d * d;
        g[i] = stretch * d;
    }
    return value;
}

/* GloVe on a few words: rows of `dim` numbers and a bias, for words, then for contexts. */
__attribute__((unused)) /* without liblbfgs */
static double
glove(const problem *p, const double *x, double *g)
{
    size_t row = p->dim + 1;
    double value = 0;
    memset(g, 0, p->n * sizeof *g);
    for (size_t i = 0; i < p->words; i++)
        for (size_t j = 0; j < p->words; j++) {
            const double *w = x + i * row, *c = x + (p->words + j) * row;
            double *gw = g + i * row, *gc = g + (p->words + j) * row;
            double difference = w[p->dim] + c[p->dim] - p->log_x[i][j];
            for (size_t d = 0; d < p->dim; d++)
                difference += w[d] * c[d];
            double slope = p->weight[i][j] * difference;
            value += 0.5 * slope * difference;
            for (size_t d = 0; d < p->dim; d++) {
                gw[d] += slope * c[d];
                gc[d] += slope * w[d];
            }
            gw[p->dim] += slope;
            gc[p->dim] += slope;
        }
    return value;
}

static void begin(problem *p, double (*function)(const problem *, const double *, double *),
                  size_t n, uint64_t stream)
{
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, stream);
    memset(p, 0, sizeof *p);
    p->n = n;
    p->function = function;
    for (size_t i = 0; i < n; i++)
        p->vector[GV_LBFGS_X][i] = gv_rng_uniform(&rng) - 0.5;
    p->words = 10;
    p->dim = 4;
    for (size_t i = 0; i < 16; i++)
        for (size_t j = 0; j < 16; j++) {
            double count = 1 + 100 * gv_rng_uniform(&rng);
            p->log_x[i][j] = log(count);
            p->weight[i][j] = count < 50 ? pow(count / 50, 0.75) : 1;
        }
}

/* --- tests ------------------------------------------------------------------------------------ */

/* Iterate until it is stuck or the gradient has gone; asserts that every step decreases. */
static double descend(problem *p, unsigned most)
{
    gv_lbfgs_space space = space_of(p);
    gv_lbfgs l;
    gv_error err = GV_ERROR_INIT;
    bool stuck = false;
    gv_assert_ok(gv_lbfgs_begin(&l, &space, M, &err), err);
    for (unsigned k = 0; k < most && !stuck && l.norm > 1e-9; k++) {
        double before = l.value;
        gv_assert_ok(gv_lbfgs_iterate(&l, &stuck, &err), err);
        cr_assert(stuck || l.value < before, "iteration %u: %.17g after %.17g", k, l.value, before);
    }
    return l.value;
}

Test(lbfgs, minimum_of_a_bowl)
{
    problem p;
    begin(&p, bowl, 100, 80);
    cr_assert_lt(descend(&p, 500), 1e-12);
    for (size_t i = 0; i < p.n; i++)
        cr_assert_float_eq(p.vector[GV_LBFGS_X][i], 1, 1e-6);
}

Test(lbfgs, minimum_of_a_valley)
{
    problem p;
    begin(&p, rosenbrock, 50, 81);
    cr_assert_lt(descend(&p, 1000), 1e-12);
}

Test(lbfgs, stuck_at_the_minimum)
{
    problem p;
    begin(&p, bowl, 10, 82);
    for (size_t i = 0; i < p.n; i++)
        p.vector[GV_LBFGS_X][i] = 1;
    gv_lbfgs_space space = space_of(&p);
    gv_lbfgs l;
    gv_error err = GV_ERROR_INIT;
    bool stuck = false;
    gv_assert_ok(gv_lbfgs_begin(&l, &space, M, &err), err);
    gv_assert_ok(gv_lbfgs_iterate(&l, &stuck, &err), err);
    cr_assert(stuck);
    cr_assert_eq(l.value, 0);
}

#ifdef HAVE_LIBLBFGS
enum { COMPARED = 40 };

typedef struct history {
    const problem *p;
    double value[COMPARED];
    double x[COMPARED][N_MAX];
    int n;
} history;

static lbfgsfloatval_t oracle_evaluate(void *context, const lbfgsfloatval_t *x, lbfgsfloatval_t *g,
                                       const int n, const lbfgsfloatval_t step)
{
    (void)n, (void)step;
    const history *h = context;
    return h->p->function(h->p, x, g);
}

static int oracle_note(void *context, const lbfgsfloatval_t *x, const lbfgsfloatval_t *g,
                       const lbfgsfloatval_t value, const lbfgsfloatval_t x_norm,
                       const lbfgsfloatval_t g_norm, const lbfgsfloatval_t step, int n, int k,
                       int evaluations)
{
    (void)g, (void)x_norm, (void)g_norm, (void)step, (void)k, (void)evaluations;
    history *h = context;
    if (h->n < COMPARED) {
        h->value[h->n] = value;
        memcpy(h->x[h->n++], x, (size_t)n * sizeof *x);
    }
    return 0;
}

/* Its iterates with the same history and conditions, from where `p` begins; returns the minimum. */
static double run_oracle(history *h, const problem *p)
{
    lbfgs_parameter_t parameter;
    lbfgs_parameter_init(&parameter);
    parameter.m = M;
    parameter.epsilon = 1e-9;
    parameter.linesearch = LBFGS_LINESEARCH_BACKTRACKING_WOLFE;
    lbfgsfloatval_t *x = lbfgs_malloc((int)p->n), value = 0;
    memcpy(x, p->vector[GV_LBFGS_X], p->n * sizeof *x);
    *h = (history){.p = p};
    lbfgs((int)p->n, x, &value, oracle_evaluate, oracle_note, h, &parameter);
    lbfgs_free(x);
    return value;
}

/* The first iterates are the same but for rounding, as long as both take the same steps; the
 * minimum is the same. */
static void compare(problem *p, int close, double tolerance)
{
    static history h;
    double minimum = run_oracle(&h, p);
    gv_lbfgs_space space = space_of(p);
    gv_lbfgs l;
    gv_error err = GV_ERROR_INIT;
    bool stuck = false;
    gv_assert_ok(gv_lbfgs_begin(&l, &space, M, &err), err);
    cr_assert_geq(h.n, close, "liblbfgs needs %d iterations only", h.n);
    for (int k = 0; k < close; k++) {
        gv_assert_ok(gv_lbfgs_iterate(&l, &stuck, &err), err);
        cr_assert_float_eq(l.value, h.value[k], 1e-6 * fabs(h.value[k]) + 1e-12,
                           "iteration %d: %.15g, liblbfgs %.15g", k, l.value, h.value[k]);
        for (size_t i = 0; i < p->n; i++)
            cr_assert_float_eq(p->vector[GV_LBFGS_X][i], h.x[k][i], 1e-5, "iteration %d, %zu", k,
                               i);
    }
    for (int k = 0; k < 3000 && !stuck && l.norm > 1e-10; k++)
        gv_assert_ok(gv_lbfgs_iterate(&l, &stuck, &err), err);
    cr_assert_float_eq(l.value, minimum, tolerance, "minimum %.15g, liblbfgs %.15g", l.value,
                       minimum);
}

#endif

Test(lbfgs, iterates_and_minimum_are_those_of_liblbfgs, .timeout = 60)
{
#ifdef HAVE_LIBLBFGS
    static problem p;
    begin(&p, bowl, 100, 83);
    compare(&p, 12, 1e-9);
    begin(&p, glove, 2 * 10 * 5, 84);
    compare(&p, 12, 1e-6);
#else
    gv_test_skip("needs liblbfgs-dev when the tests are built");
#endif
}
