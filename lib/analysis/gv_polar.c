/*
 * The columns of M are kept as rows of `column`, those of V as rows of `right`: each rotation then
 * works on adjacent numbers. At the end row j of `column` is the j-th singular value times the j-th
 * column of U.
 *
 * Sums have eight parts, one for each of eight adjacent numbers, so that the compiler can vectorise
 * them without changing their order.
 */
#include "analysis/gv_polar.h"

#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "base/gv_threads.h"
#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum {
    LANES = 8,
    MOST_SWEEPS = 60, /* some ten are needed; the limit only guards against a cycle */
    SHARED_FROM = 200 /* n from which a round is worth starting threads */
};

static double dot(const double *a, const double *b, size_t n)
{
    double part[LANES] = {0.0};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (size_t k = 0; k < LANES; k++)
            part[k] += a[i + k] * b[i + k];
    for (size_t k = 0; i + k < n; k++)
        part[k] += a[i + k] * b[i + k];
    return ((part[0] + part[4]) + (part[2] + part[6])) +
           ((part[1] + part[5]) + (part[3] + part[7]));
}

static void rotate(double *restrict a, double *restrict b, double c, double s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const double x = a[i], y = b[i];
        a[i] = c * x - s * y;
        b[i] = s * x + c * y;
    }
}

/* --- sweeps ----------------------------------------------------------------------------------- */

typedef struct sweep {
    double *column, *right; /* [n][n] */
    double *square;         /* [n] squared lengths of the columns */
    size_t n, round;
    double tolerance; /* cosine of two columns that counts as 0 */
    double least;     /* squared length that counts as 0 */
    unsigned threads;
    bool *turned; /* [threads] did any rotation take place? */
} sweep;

/* The two columns of a pair in a round of the round-robin tournament of `players`, an even
 * number. */
static void find_pair(size_t *p, size_t *q, size_t pair, size_t round, size_t players)
{
    const size_t circle = players - 1;
    const size_t a = pair == 0 ? circle : (round + pair) % circle;
    const size_t b = (round + circle - pair) % circle;
    *p = a < b ? a : b;
    *q = a < b ? b : a;
}

/* Make two columns orthogonal; the longer one becomes longer still. */
static bool turn_pair(const sweep *s, size_t p, size_t q)
{
    double *a = s->column + p * s->n, *b = s->column + q * s->n;
    const double aa = s->square[p], bb = s->square[q];
    if (aa <= s->least || bb <= s->least)
        return false;
    const double ab = dot(a, b, s->n);
    if (fabs(ab) <= s->tolerance * sqrt(aa) * sqrt(bb))
        return false;
    const double zeta = (bb - aa) / (2.0 * ab);
    const double tangent = copysign(1.0, zeta) / (fabs(zeta) + sqrt(1.0 + zeta * zeta));
    const double cosine = 1.0 / sqrt(1.0 + tangent * tangent), sine = cosine * tangent;
    rotate(a, b, cosine, sine, s->n);
    rotate(s->right + p * s->n, s->right + q * s->n, cosine, sine, s->n);
    s->square[p] = dot(a, a, s->n);
    s->square[q] = dot(b, b, s->n);
    return true;
}

/* A gv_threads_fn: every `threads`-th pair of the round. */
static int turn_pairs(void *context, unsigned thread, gv_error *err)
{
    const sweep *s = context;
    const size_t players = s->n + s->n % 2;
    (void)err;
    for (size_t pair = thread; pair < players / 2; pair += s->threads) {
        size_t p, q;
        find_pair(&p, &q, pair, s->round, players);
        if (q < s->n)
            s->turned[thread] |= turn_pair(s, p, q);
    }
    return GV_OK;
}

/* All pairs once. `*turned`: was any not orthogonal? */
static int run_sweep(bool *turned, sweep *s, gv_error *err)
{
    const size_t rounds = s->n + s->n % 2 - 1;
    int status = GV_OK;
    memset(s->turned, 0, s->threads * sizeof *s->turned);
    for (s->round = 0; s->round < rounds && status == GV_OK; s->round++) {
        status = gv_signal_check(err);
        if (status == GV_OK && s->threads > 1)
            status = gv_threads_run(s->threads, turn_pairs, s, err);
        else if (status == GV_OK)
            status = turn_pairs(s, 0, err);
    }
    *turned = false;
    for (unsigned i = 0; i < s->threads; i++)
        *turned |= s->turned[i];
    return status;
}

/* The matrix, scaled so that its largest number is 1, as columns; V = 1. */
static void begin(sweep *s, const double *matrix)
{
    const size_t n = s->n;
    double largest = 0.0, longest = 0.0;
    for (size_t i = 0; i < n * n; i++)
        largest = fmax(largest, fabs(matrix[i]));
    const double scale = largest > 0.0 ? 1.0 / largest : 0.0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            s->column[j * n + i] = isfinite(scale) ? matrix[i * n + j] * scale : 0.0;
    memset(s->right, 0, n * n * sizeof *s->right);
    for (size_t j = 0; j < n; j++) {
        s->right[j * n + j] = 1.0;
        s->square[j] = dot(s->column + j * n, s->column + j * n, n);
        longest = fmax(longest, s->square[j]);
    }
    s->tolerance = DBL_EPSILON * (double)(n < LANES ? LANES : n);
    /* A column this short is the rounding error of the others. The longest singular value is at
     * least as large as the longest column. */
    s->least = longest * s->tolerance * s->tolerance;
}

/* --- the rotation ----------------------------------------------------------------------------- */

static bool is_known(const sweep *s, size_t j, double longest)
{
    return s->square[j] > s->least && s->square[j] > longest * s->tolerance * s->tolerance;
}

static void add_outer(double *rotation, const double *u, const double *v, size_t n)
{
    for (size_t a = 0; a < n; a++)
        for (size_t b = 0; b < n; b++)
            rotation[a * n + b] += u[a] * v[b];
}

/* Take the parts of `x` away that lie along the `k` rows of `basis`, twice for exactness. */
static void make_orthogonal(double *x, const double *basis, size_t k, size_t n)
{
    for (int again = 0; again < 2; again++)
        for (size_t i = 0; i < k; i++) {
            const double along = dot(x, basis + i * n, n);
            for (size_t a = 0; a < n; a++)
                x[a] -= along * basis[i * n + a];
        }
}

/* Complete the first `k` rows of `basis`, which are orthonormal, to `n` rows. Each new row starts
 * from the axis of which the rows so far cover least. */
static void complete_basis(double *basis, double *covered, size_t k, size_t n)
{
    memset(covered, 0, n * sizeof *covered);
    for (size_t row = 0; row < n; row++) {
        double *x = basis + row * n;
        if (row >= k) {
            size_t axis = 0;
            for (size_t a = 1; a < n; a++)
                axis = covered[a] < covered[axis] ? a : axis;
            memset(x, 0, n * sizeof *x);
            x[axis] = 1.0;
            make_orthogonal(x, basis, row, n);
            const double length = sqrt(dot(x, x, n));
            for (size_t a = 0; a < n; a++)
                x[a] /= length;
        }
        for (size_t a = 0; a < n; a++)
            covered[a] += x[a] * x[a];
    }
}

static int solve(double *rotation, size_t *rank, const double *matrix, size_t n, unsigned threads,
                 gv_error *err);

/*
 * Directions without a singular value: `left` and `right` ([k][n]) span them on both sides. Add
 * left^T Q right with the orthogonal Q that is nearest to the identity of the whole space, which is
 * gv_polar of left right^T.
 */
static int add_rest(double *rotation, const double *left, const double *right, size_t k, size_t n,
                    gv_error *err)
{
    double *inner = gv_mem_alloc(k * k, sizeof *inner, err);
    double *turn = gv_mem_alloc(k * k, sizeof *turn, err);
    double *turned = gv_mem_alloc_zero(k * n, sizeof *turned, err);
    int status = inner && turn && turned ? GV_OK : GV_E_MEMORY;
    if (status == GV_OK) {
        for (size_t i = 0; i < k; i++)
            for (size_t j = 0; j < k; j++)
                inner[i * k + j] = dot(left + i * n, right + j * n, n);
        status = solve(turn, NULL, inner, k, 1, err);
    }
    if (status == GV_OK) {
        for (size_t i = 0; i < k; i++)
            for (size_t j = 0; j < k; j++)
                for (size_t a = 0; a < n; a++)
                    turned[i * n + a] += turn[i * k + j] * right[j * n + a];
        for (size_t i = 0; i < k; i++)
            add_outer(rotation, left + i * n, turned + i * n, n);
    }
    gv_mem_free(inner);
    gv_mem_free(turn);
    gv_mem_free(turned);
    return status;
}

static void swap_rows(double *rows, size_t a, size_t b, size_t n)
{
    for (size_t i = 0; a != b && i < n; i++) {
        const double keep = rows[a * n + i];
        rows[a * n + i] = rows[b * n + i];
        rows[b * n + i] = keep;
    }
}

/* The rotation of the orthogonal columns. Columns with a singular value move to the front. */
static int assemble(double *rotation, size_t *rank, sweep *s, gv_error *err)
{
    const size_t n = s->n;
    double longest = 0.0;
    size_t known = 0;
    for (size_t j = 0; j < n; j++)
        longest = fmax(longest, s->square[j]);
    memset(rotation, 0, n * n * sizeof *rotation);
    for (size_t j = 0; j < n; j++) {
        if (!is_known(s, j, longest))
            continue;
        const double length = sqrt(s->square[j]);
        for (size_t a = 0; a < n; a++)
            s->column[j * n + a] /= length;
        add_outer(rotation, s->column + j * n, s->right + j * n, n);
        swap_rows(s->column, known, j, n);
        swap_rows(s->right, known, j, n);
        const double square = s->square[j];
        s->square[j] = s->square[known];
        s->square[known++] = square;
    }
    if (rank)
        *rank = known;
    if (known == n)
        return GV_OK;
    complete_basis(s->column, s->square, known, n);
    return add_rest(rotation, s->column + known * n, s->right + known * n, n - known, n, err);
}

static int solve(double *rotation, size_t *rank, const double *matrix, size_t n, unsigned threads,
                 gv_error *err)
{
    sweep s = {.n = n, .threads = n < SHARED_FROM || threads == 0 ? 1 : threads};
    s.column = gv_mem_alloc(n * n, sizeof *s.column, err);
    s.right = gv_mem_alloc(n * n, sizeof *s.right, err);
    s.square = gv_mem_alloc(n, sizeof *s.square, err);
    s.turned = gv_mem_alloc(s.threads, sizeof *s.turned, err);
    int status = s.column && s.right && s.square && s.turned ? GV_OK : GV_E_MEMORY;
    if (status == GV_OK) {
        bool turned = true;
        begin(&s, matrix);
        for (int i = 0; i < MOST_SWEEPS && turned && status == GV_OK; i++)
            status = run_sweep(&turned, &s, err);
    }
    if (status == GV_OK)
        status = assemble(rotation, rank, &s, err);
    gv_mem_free(s.column);
    gv_mem_free(s.right);
    gv_mem_free(s.square);
    gv_mem_free(s.turned);
    return status;
}

int gv_polar(double *rotation, size_t *rank, const double *matrix, size_t n, unsigned threads,
             gv_error *err)
{
    return solve(rotation, rank, matrix, n, threads, err);
}
