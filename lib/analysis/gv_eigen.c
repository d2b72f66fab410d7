/*
 * The matrix A becomes tridiagonal by reflections, T = Q' A Q, then diagonal by rotations of
 * neighbouring rows. Everything is kept by rows: what ends as the eigenvectors is Q', whose rows
 * are reflected and rotated, so that all inner loops run over adjacent numbers.
 */
#include "analysis/gv_eigen.h"

#include "base/gv_mem.h"
#include <float.h>
#include <math.h>
#include <string.h>

enum { LANES = 8, STEPS = 100 /* of QR for an eigenvalue at most; three are usual */ };

/* The sum in a fixed order that the compiler can vectorise. */
static double dot(const double *a, const double *b, size_t n)
{
    double sum[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (size_t l = 0; l < LANES; l++)
            sum[l] += a[i + l] * b[i + l];
    for (; i < n; i++)
        sum[0] += a[i] * b[i];
    return ((sum[0] + sum[4]) + (sum[1] + sum[5])) + ((sum[2] + sum[6]) + (sum[3] + sum[7]));
}

static void subtract(double *to, double factor, const double *from, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] -= factor * from[i];
}

/* --- tridiagonal ------------------------------------------------------------------------------ */

/* Make `v` ([m]) the direction of a reflection that maps it to (alpha, 0 ..., 0); returns alpha. A
 * `v` that is such already gets the direction 0, and no reflection. */
static double find_reflection(double *v, size_t m)
{
    const double rest = dot(v + 1, v + 1, m - 1), first = v[0];
    if (!(rest > 0.0)) {
        memset(v, 0, m * sizeof *v);
        return first;
    }
    const double length = sqrt(first * first + rest), alpha = first > 0.0 ? -length : length;
    v[0] -= alpha;
    const double scale = 1.0 / sqrt(v[0] * v[0] + rest);
    for (size_t i = 0; i < m; i++)
        v[i] *= scale;
    return alpha;
}

/* A becomes H A H with H = 1 - 2 v v': A - v w' - w v', where w = 2 A v - 2 (v' A v) v. `a` is the
 * block of m rows, each n after the other. */
static void reflect_both(double *a, size_t n, const double *v, double *w, size_t m)
{
    for (size_t i = 0; i < m; i++)
        w[i] = 2.0 * dot(a + i * n, v, m);
    subtract(w, dot(w, v, m), v, m);
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < m; j++)
            a[i * n + j] -= v[i] * w[j] + w[i] * v[j];
}

/* The diagonal of T into `d`, what is beside it into `e`, Q' into `a`. `w`: scratch [n]. */
static void make_tridiagonal(double *d, double *e, double *a, double *w, size_t n)
{
    for (size_t k = 0; k + 1 < n; k++) {
        double *v = a + k * n + k + 1; /* by symmetry the row is the column */
        const size_t m = n - k - 1;
        d[k] = a[k * n + k];
        e[k] = find_reflection(v, m);
        reflect_both(a + (k + 1) * n + k + 1, n, v, w, m);
    }
    d[n - 1] = a[n * n - 1];
    a[n * n - 1] = 1.0;
    for (size_t k = n - 1; k-- > 0;) { /* from the last reflection on, since Q' = ... H1 H0 */
        double *v = a + k * n + k + 1;
        const size_t m = n - k - 1;
        memcpy(w, v, m * sizeof *w);
        memset(v, 0, m * sizeof *v);
        a[k * n + k] = 1.0;
        for (size_t i = k + 1; i < n; i++) {
            double *row = a + i * n + k + 1;
            row[-1] = 0.0;
            subtract(row, 2.0 * dot(row, w, m), w, m);
        }
    }
}

/* --- diagonal --------------------------------------------------------------------------------- */

static void rotate(double *a, double *b, double c, double s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const double x = a[i], y = b[i];
        a[i] = c * x + s * y;
        b[i] = c * y - s * x;
    }
}

/* The eigenvalue of the last 2 x 2 block that is nearer to its last number. */
static double wilkinson_shift(double before, double beside, double last)
{
    const double half = (before - last) / 2.0;
    const double root = sqrt(half * half + beside * beside);
    return last - beside * beside / (half + (half > 0.0 ? root : -root));
}

/* A QR step on the rows lo .. hi of T, none of whose `e` is zero. */
static void qr_step(double *d, double *e, double *rows, size_t n, size_t lo, size_t hi)
{
    double x = d[lo] - wilkinson_shift(d[hi - 1], e[hi - 1], d[hi]), z = e[lo];
    for (size_t k = lo; k < hi; k++) {
        const double r = sqrt(x * x + z * z), c = r > 0.0 ? x / r : 1.0, s = r > 0.0 ? z / r : 0.0;
        const double upper = d[k], lower = d[k + 1], beside = e[k];
        if (k > lo)
            e[k - 1] = r;
        d[k] = c * c * upper + 2.0 * c * s * beside + s * s * lower;
        d[k + 1] = s * s * upper - 2.0 * c * s * beside + c * c * lower;
        e[k] = c * s * (lower - upper) + (c * c - s * s) * beside;
        if (k + 1 < hi) {
            x = e[k];
            z = s * e[k + 1];
            e[k + 1] *= c;
        }
        rotate(rows + k * n, rows + (k + 1) * n, c, s, n);
    }
}

static int make_diagonal(double *d, double *e, double *rows, size_t n, gv_error *err)
{
    double largest = 0.0;
    size_t hi = n - 1, steps = 0;
    for (size_t i = 0; i < n; i++)
        largest = fmax(largest, fabs(d[i]) + (i + 1 < n ? fabs(e[i]) : 0.0));
    const double negligible = DBL_EPSILON / 2.0 * largest;
    while (hi > 0) {
        size_t lo = hi;
        while (lo > 0 && fabs(e[lo - 1]) > negligible)
            lo--;
        if (lo == hi) {
            hi--;
            steps = 0;
            continue;
        }
        if (steps++ == STEPS)
            return gv_error_set(err, GV_E_RUNTIME, "an eigenvalue did not converge");
        qr_step(d, e, rows, n, lo, hi);
    }
    return GV_OK;
}

/* --- order, sign ------------------------------------------------------------------------------ */

static void swap_rows(double *a, double *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const double x = a[i];
        a[i] = b[i];
        b[i] = x;
    }
}

static void sort_by_value(double *value, double *rows, size_t n)
{
    for (size_t i = 0; i + 1 < n; i++) {
        size_t best = i;
        for (size_t k = i + 1; k < n; k++)
            if (value[k] > value[best])
                best = k;
        if (best != i) {
            swap_rows(value + i, value + best, 1);
            swap_rows(rows + i * n, rows + best * n, n);
        }
    }
}

static void choose_sign(double *row, size_t n)
{
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        if (fabs(row[i]) > fabs(row[best]))
            best = i;
    if (row[best] < 0.0)
        for (size_t i = 0; i < n; i++)
            row[i] = -row[i];
}

/* Divide by the largest number, so that no square overflows; 0 if that is no number. */
static double normalise(double *matrix, size_t n)
{
    double largest = 0.0;
    for (size_t i = 0; i < n * n; i++) {
        if (!isfinite(matrix[i]))
            return 0.0;
        largest = fmax(largest, fabs(matrix[i]));
    }
    if (!(largest > 0.0))
        return 1.0;
    for (size_t i = 0; i < n * n; i++)
        matrix[i] /= largest;
    return largest;
}

int gv_eigen_symmetric(double *value, double *matrix, size_t n, gv_error *err)
{
    if (n == 0)
        return GV_OK;
    const double scale = normalise(matrix, n);
    if (!(scale > 0.0))
        return gv_error_set(err, GV_E_RUNTIME, "eigenvalues of numbers that are not finite");
    double *e = gv_mem_alloc(n, sizeof *e, err), *w = gv_mem_alloc(n, sizeof *w, err);
    int status = e && w ? GV_OK : GV_E_MEMORY;
    if (status == GV_OK) {
        make_tridiagonal(value, e, matrix, w, n);
        status = make_diagonal(value, e, matrix, n, err);
    }
    gv_mem_free(e);
    gv_mem_free(w);
    if (status != GV_OK)
        return status;
    sort_by_value(value, matrix, n);
    for (size_t i = 0; i < n; i++) {
        value[i] *= scale;
        choose_sign(matrix + i * n, n);
    }
    return GV_OK;
}
