#include "analysis/gv_polar.h"
#include "analysis/gv_procrustes.h"
#include "base/gv_mem.h"
#include "base/gv_rng.h"
#include "support/gv_test.h"
#include "support/gv_test_faults.h"
#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { MOST = 40 };

static void polar(double *r, size_t *rank, const double *m, size_t n, unsigned threads)
{
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_polar(r, rank, m, n, threads, &err), err);
}

static double draw(gv_rng *rng)
{
    /* nearly normal: no direction is preferred */
    double sum = 0.0;
    for (int i = 0; i < 12; i++)
        sum += gv_rng_uniform(rng);
    return sum - 6.0;
}

static void draw_matrix(double *m, size_t n, uint64_t index)
{
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, index);
    for (size_t i = 0; i < n * n; i++)
        m[i] = draw(&rng);
}

static void multiply(double *to, const double *a, const double *b, size_t n, bool transpose_a)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            double sum = 0.0;
            for (size_t k = 0; k < n; k++)
                sum += (transpose_a ? a[k * n + i] : a[i * n + k]) * b[k * n + j];
            to[i * n + j] = sum;
        }
}

static double distance(const double *a, const double *b, size_t n)
{
    double most = 0.0;
    for (size_t i = 0; i < n * n; i++)
        most = fmax(most, fabs(a[i] - b[i]));
    return most;
}

static void identity(double *m, size_t n)
{
    for (size_t i = 0; i < n * n; i++)
        m[i] = i / n == i % n;
}

/* A random orthogonal matrix by Gram and Schmidt, which gv_polar does not use. */
static void draw_rotation(double *q, size_t n, uint64_t index)
{
    draw_matrix(q, n, index);
    for (size_t i = 0; i < n; i++)
        for (int again = 0; again < 2; again++) {
            for (size_t j = 0; j < i; j++) {
                double along = 0.0;
                for (size_t k = 0; k < n; k++)
                    along += q[i * n + k] * q[j * n + k];
                for (size_t k = 0; k < n; k++)
                    q[i * n + k] -= along * q[j * n + k];
            }
            double square = 0.0;
            for (size_t k = 0; k < n; k++)
                square += q[i * n + k] * q[i * n + k];
            for (size_t k = 0; k < n; k++)
                q[i * n + k] /= sqrt(square);
        }
}

static void check_orthogonal(const double *r, size_t n)
{
    double product[MOST * MOST], one[MOST * MOST];
    multiply(product, r, r, n, true);
    identity(one, n);
    cr_assert_lt(distance(product, one, n), 1e-12);
}

/* --- polar factors ---------------------------------------------------------------------------- */

Test(polar, random_matrices_have_symmetric_positive_rest)
{
    static const size_t sizes[] = {1, 2, 3, 7, 8, 9, 16, 33, MOST};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const size_t n = sizes[i];
        double m[MOST * MOST], r[MOST * MOST], h[MOST * MOST];
        size_t rank;
        draw_matrix(m, n, i);
        polar(r, &rank, m, n, 1);
        cr_assert_eq(rank, n);
        check_orthogonal(r, n);
        /* R is the polar factor if and only if R^T M is symmetric and has no negative eigenvalue */
        multiply(h, r, m, n, true);
        for (size_t a = 0; a < n; a++)
            for (size_t b = 0; b < n; b++)
                cr_assert_float_eq(h[a * n + b], h[b * n + a], 1e-11);
        for (size_t a = 0; a < n; a++)
            cr_assert_gt(h[a * n + a], 0.0);
    }
}

Test(polar, an_orthogonal_matrix_is_its_own_factor)
{
    const size_t n = 21;
    double q[MOST * MOST], r[MOST * MOST];
    draw_rotation(q, n, 1);
    polar(r, NULL, q, n, 1);
    cr_assert_lt(distance(q, r, n), 1e-13);
    for (size_t i = 0; i < n; i++) /* a reflection */
        q[i] = -q[i];
    polar(r, NULL, q, n, 1);
    cr_assert_lt(distance(q, r, n), 1e-13);
}

Test(polar, one_dimension_keeps_the_sign)
{
    const double values[] = {3.0, -1e-300, 0.0};
    const double expected[] = {1.0, -1.0, 1.0};
    for (size_t i = 0; i < 3; i++) {
        double r;
        size_t rank;
        polar(&r, &rank, &values[i], 1, 1);
        cr_assert_eq(r, expected[i]);
        cr_assert_eq(rank, values[i] != 0.0);
    }
}

Test(polar, nothing_known_means_nothing_turned)
{
    const size_t n = 9;
    double m[MOST * MOST] = {0}, r[MOST * MOST], one[MOST * MOST];
    size_t rank;
    identity(one, n);
    polar(r, &rank, m, n, 1);
    cr_assert_eq(rank, 0);
    cr_assert_lt(distance(r, one, n), 1e-15);
}

/* Of `known` directions M says that they stay; the others it says nothing about. */
Test(polar, unknown_directions_stay_where_they_are)
{
    const size_t n = 20, known = 6;
    double q[MOST * MOST], m[MOST * MOST] = {0}, r[MOST * MOST], one[MOST * MOST];
    size_t rank;
    draw_rotation(q, n, 5);
    for (size_t k = 0; k < known; k++)
        for (size_t i = 0; i < n * n; i++)
            m[i] += (double)(k + 1) * q[k * n + i / n] * q[k * n + i % n];
    polar(r, &rank, m, n, 1);
    cr_assert_eq(rank, known);
    identity(one, n);
    cr_assert_lt(distance(r, one, n), 1e-12);
}

Test(polar, singular_values_of_very_different_sizes)
{
    const size_t n = 12;
    double u[MOST * MOST], v[MOST * MOST], m[MOST * MOST] = {0}, r[MOST * MOST], uv[MOST * MOST];
    draw_rotation(u, n, 6);
    draw_rotation(v, n, 7);
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < n * n; i++)
            m[i] += pow(10.0, -0.5 * (double)k) * 1e150 * u[k * n + i / n] * v[k * n + i % n];
    polar(r, NULL, m, n, 1);
    multiply(uv, u, v, n, true);
    cr_assert_lt(distance(r, uv, n), 1e-8); /* 1e-16 times the ratio of the singular values */
    check_orthogonal(r, n);
}

Test(polar, threads_change_no_byte)
{
    const size_t n = 203; /* so many that threads share the rounds; odd, so a column has no pair */
    double *m = gv_mem_alloc(3 * n * n, sizeof *m, NULL), *one = m + n * n, *three = one + n * n;
    draw_matrix(m, n, 8);
    polar(one, NULL, m, n, 1);
    polar(three, NULL, m, n, 3);
    cr_assert_eq(memcmp(one, three, n * n * sizeof *one), 0);
    gv_mem_free(m);
}

/* --- Procrustes ------------------------------------------------------------------------------- */

enum { WORDS = 300, DIM = 24 };

typedef struct spaces {
    float base[WORDS * DIM], other[WORDS * DIM], turned[WORDS * DIM];
    uint32_t row[WORDS];
    double rotation[DIM * DIM], found[DIM * DIM];
    gv_procrustes_anchors anchors;
    gv_procrustes_fit fit;
} spaces;

/* `other` is `base` turned back by a known rotation, plus noise. */
static void make_spaces(spaces *s, size_t anchors, double noise)
{
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 100);
    draw_rotation(s->rotation, DIM, 101);
    for (size_t i = 0; i < WORDS; i++) {
        const double length = 0.5 + 3.0 * gv_rng_uniform(&rng);
        for (size_t a = 0; a < DIM; a++)
            s->base[i * DIM + a] = (float)(length * draw(&rng));
        for (size_t a = 0; a < DIM; a++) {
            double sum = noise * draw(&rng);
            for (size_t b = 0; b < DIM; b++)
                sum += (double)s->base[i * DIM + b] * s->rotation[a * DIM + b];
            s->other[i * DIM + a] = (float)sum;
        }
        s->row[i] = (uint32_t)i;
    }
    s->anchors = (gv_procrustes_anchors){s->base, s->other, s->row, s->row, anchors, DIM};
}

static void align(spaces *s, enum gv_procrustes_rows rows, unsigned threads)
{
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_procrustes(s->found, &s->fit, &s->anchors, rows, threads, &err), err);
    memcpy(s->turned, s->other, sizeof s->turned);
    gv_assert_ok(gv_procrustes_apply(s->turned, WORDS, s->found, DIM, threads, &err), err);
}

Test(procrustes, recovers_a_known_rotation)
{
    static spaces s;
    static const enum gv_procrustes_rows all[] = {GV_PROCRUSTES_UNIT, GV_PROCRUSTES_CENTRED,
                                                  GV_PROCRUSTES_RAW};
    make_spaces(&s, WORDS, 0.0);
    for (size_t i = 0; i < 3; i++) {
        align(&s, all[i], 2);
        cr_assert_lt(distance(s.found, s.rotation, DIM), 1e-5);
        for (size_t k = 0; k < sizeof s.base / sizeof *s.base; k++)
            cr_assert_float_eq(s.turned[k], s.base[k], 1e-5);
        cr_assert_eq(s.fit.anchors, WORDS);
        cr_assert_eq(s.fit.rank, DIM);
        cr_assert_lt(s.fit.before, 0.5);
        cr_assert_float_eq(s.fit.after, 1.0, 1e-6);
        cr_assert_float_eq(s.fit.held_out, 1.0, 1e-6);
        cr_assert_lt(fabs(s.fit.chance), 0.1);
        cr_assert_not(gv_procrustes_is_poor(&s.fit));
    }
}

/* The means that come from the sums, against those of the vectors one by one. */
Test(procrustes, the_fit_is_that_of_the_vectors)
{
    static spaces s;
    make_spaces(&s, WORDS, 1.0);
    align(&s, GV_PROCRUSTES_UNIT, 1);
    double sum[2] = {0.0, 0.0};
    for (size_t i = 0; i < WORDS; i++)
        for (int after = 0; after < 2; after++) {
            const float *x = (after ? s.turned : s.other) + i * DIM, *y = s.base + i * DIM;
            double xy = 0.0, xx = 0.0, yy = 0.0;
            for (size_t a = 0; a < DIM; a++) {
                xy += (double)x[a] * (double)y[a];
                xx += (double)x[a] * (double)x[a];
                yy += (double)y[a] * (double)y[a];
            }
            sum[after] += xy / sqrt(xx * yy);
        }
    cr_assert_float_eq(s.fit.before, sum[0] / WORDS, 1e-6);
    cr_assert_float_eq(s.fit.after, sum[1] / WORDS, 1e-6);
    cr_assert_lt(s.fit.held_out, s.fit.after);
    cr_assert_gt(s.fit.held_out, 0.5);
}

/* Two spaces without relation: few anchors still seem to fit, those held out do not. */
Test(procrustes, held_out_words_show_that_few_anchors_fit_anything)
{
    static spaces s;
    make_spaces(&s, DIM, 100.0);
    align(&s, GV_PROCRUSTES_UNIT, 1);
    cr_assert_gt(s.fit.after, 0.5);
    cr_assert_lt(s.fit.held_out, 0.3);
    cr_assert(gv_procrustes_is_poor(&s.fit));
}

Test(procrustes, fewer_anchors_than_dimensions)
{
    static spaces s;
    make_spaces(&s, 4, 0.0);
    align(&s, GV_PROCRUSTES_UNIT, 1);
    check_orthogonal(s.found, DIM);
    cr_assert_eq(s.fit.rank, 4);
    cr_assert_float_eq(s.fit.after, 1.0, 1e-6);
    cr_assert(isnan(s.fit.held_out));
    cr_assert(gv_procrustes_is_poor(&s.fit));
}

Test(procrustes, threads_change_no_byte)
{
    static spaces s, t;
    make_spaces(&s, WORDS, 0.3);
    make_spaces(&t, WORDS, 0.3);
    align(&s, GV_PROCRUSTES_RAW, 1);
    align(&t, GV_PROCRUSTES_RAW, 5);
    cr_assert_eq(memcmp(s.found, t.found, sizeof s.found), 0);
    cr_assert_eq(memcmp(s.turned, t.turned, sizeof s.turned), 0);
    cr_assert_eq(memcmp(&s.fit, &t.fit, sizeof s.fit), 0);
}

static int fit_some(void *context, gv_error *err)
{
    spaces *s = context;
    int status = gv_procrustes(s->found, &s->fit, &s->anchors, GV_PROCRUSTES_RAW, 1, err);
    return status == GV_OK ? gv_procrustes_apply(s->turned, 2, s->found, DIM, 1, err) : status;
}

Test(procrustes, memory_may_fail_anywhere)
{
    static spaces s;
    make_spaces(&s, 12, 0.0);
    cr_assert_gt(gv_test_every_allocation(fit_some, &s, 1), 0);
}
