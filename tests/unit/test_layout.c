/* Eigenvectors, principal components, t-SNE: against what is known of them, and at the limits. */
#include "analysis/gv_eigen.h"
#include "analysis/gv_pca.h"
#include "analysis/gv_tsne.h"
#include "analysis/gv_tsne_internal.h"
#include "base/gv_mem.h"
#include "base/gv_rng.h"
#include "base/gv_signal.h"
#include "support/gv_test.h"

#include <float.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* About normal: a sum of twelve uniform numbers. */
static double normal(gv_rng *rng)
{
    double sum = -6.0;
    for (int i = 0; i < 12; i++)
        sum += gv_rng_uniform(rng);
    return sum;
}

/* --- eigenvectors ----------------------------------------------------------------------------- */

/* A v = value v, vectors orthogonal and of length 1, values from large to small, signs as stated.
 */
static void check_eigen(const double *matrix, size_t n, double scale)
{
    double *rows = gv_test_keep(malloc((n * n + 1) * sizeof *rows));
    double *value = gv_test_keep(malloc((n + 1) * sizeof *value));
    gv_error err = GV_ERROR_INIT;
    memcpy(rows, matrix, n * n * sizeof *rows);
    gv_assert_ok(gv_eigen_symmetric(value, rows, n, &err), err);
    for (size_t i = 0; i < n; i++) {
        size_t largest = 0;
        cr_assert(i == 0 || value[i] <= value[i - 1]);
        for (size_t k = 0; k < n; k++) {
            double product = 0.0, dot = 0.0;
            for (size_t j = 0; j < n; j++) {
                product += matrix[k * n + j] * rows[i * n + j];
                dot += rows[k * n + j] * rows[i * n + j];
            }
            cr_assert_float_eq(product, value[i] * rows[i * n + k], 1e-13 * scale * (double)n,
                               "n %zu vector %zu seed %lu", n, i, (unsigned long)gv_test_seed());
            cr_assert_float_eq(dot, i == k ? 1.0 : 0.0, 1e-13 * (double)n);
            if (fabs(rows[i * n + k]) > fabs(rows[i * n + largest]))
                largest = k;
        }
        cr_assert_gt(rows[i * n + largest], 0.0);
    }
}

Test(layout, eigenvectors_of_random_matrices)
{
    static const double scales[] = {1.0, 1e-160, 1e160};
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 20);
    for (size_t n = 1; n <= 40; n += 1 + n / 6)
        for (size_t s = 0; s < 3; s++) {
            double matrix[40 * 40];
            for (size_t i = 0; i < n; i++)
                for (size_t j = i; j < n; j++)
                    matrix[i * n + j] = matrix[j * n + i] = scales[s] * normal(&rng);
            check_eigen(matrix, n, 4.0 * scales[s]);
        }
}

Test(layout, eigenvectors_of_special_matrices)
{
    enum { N = 12 };
    double zero[N * N] = {0}, one[N * N] = {0}, equal[N * N], low[N * N], diagonal[N * N] = {0};
    for (size_t i = 0; i < N; i++) {
        one[i * N + i] = 1.0;
        diagonal[i * N + i] = (double)((i * 5) % N) - 4.0; /* of both signs, in no order */
        for (size_t j = 0; j < N; j++) {
            equal[i * N + j] = 3.0;
            low[i * N + j] = (double)(i + 1) * (double)(j + 1) + (i % 2 && j % 2 ? 1.0 : 0.0);
        }
    }
    check_eigen(zero, N, 1.0);
    check_eigen(one, N, 1.0);
    check_eigen(equal, N, 36.0);
    check_eigen(low, N, 700.0); /* of rank 2 */
    check_eigen(diagonal, N, 8.0);
    check_eigen(one, 0, 1.0);
}

Test(layout, eigenvalues_that_are_known)
{
    /* the second differences of n + 1 intervals: 2 - 2 cos(k pi / (n + 1)) */
    enum { N = 50 };
    double matrix[N * N] = {0}, value[N];
    gv_error err = GV_ERROR_INIT;
    for (size_t i = 0; i < N; i++) {
        matrix[i * N + i] = 2.0;
        if (i + 1 < N)
            matrix[i * N + i + 1] = matrix[(i + 1) * N + i] = -1.0;
    }
    gv_assert_ok(gv_eigen_symmetric(value, matrix, N, &err), err);
    for (size_t k = 0; k < N; k++)
        cr_assert_float_eq(value[k], 2.0 - 2.0 * cos((double)(N - k) * 3.14159265358979 / (N + 1)),
                           1e-13);
}

Test(layout, eigenvalues_of_what_is_no_number)
{
    double matrix[4] = {1.0, NAN, NAN, 1.0}, value[2];
    gv_error err = GV_ERROR_INIT;
    cr_assert_eq(gv_eigen_symmetric(value, matrix, 2, &err), GV_E_RUNTIME);
    cr_assert_not_null(strstr(err.text, "not finite"));
}

/* --- principal components --------------------------------------------------------------------- */

/* Rows around a mean whose variances along three orthogonal directions are known. */
Test(layout, components_of_known_directions)
{
    enum { N = 2000, DIM = 40 };
    static const double deviation[] = {5.0, 3.0, 1.0};
    float *rows = gv_test_keep(malloc(N * DIM * sizeof *rows));
    double *direction = gv_test_keep(calloc(3 * DIM, sizeof *direction));
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 21);
    for (size_t c = 0; c < 3; c++) /* orthogonal: on dimensions of their own */
        for (size_t d = c; d < DIM; d += 3)
            direction[c * DIM + d] = 1.0 / sqrt((double)((DIM + 2 - c) / 3));
    for (size_t i = 0; i < N; i++) {
        const double along[] = {5.0 * normal(&rng), 3.0 * normal(&rng), 1.0 * normal(&rng)};
        for (size_t d = 0; d < DIM; d++)
            rows[i * DIM + d] = (float)(100.0 + along[d % 3] * direction[d % 3 * DIM + d]);
    }
    gv_pca pca, again;
    gv_error err = GV_ERROR_INIT;
    gv_pca_job job = {.rows = {rows, N, DIM}, .components = 3, .threads = 1};
    gv_assert_ok(gv_pca_find(&pca, &job, &err), err);
    for (size_t c = 0; c < 3; c++) {
        double dot = 0.0;
        for (size_t d = 0; d < DIM; d++)
            dot += pca.direction[c * DIM + d] * direction[c * DIM + d];
        cr_assert_geq(fabs(dot), 0.99);
        cr_assert_float_eq(sqrt(pca.variance[c]), deviation[c], 0.1 * deviation[c]);
    }
    cr_assert_float_eq(pca.variance[0] + pca.variance[1] + pca.variance[2], pca.total, 1e-4);
    /* the variance of the projections is the one stated, and their mean 0 */
    double sum[3] = {0}, square[3] = {0};
    for (size_t i = 0; i < N; i++) {
        double place[3];
        gv_pca_project(place, &pca, rows + i * DIM);
        for (size_t c = 0; c < 3; c++) {
            sum[c] += place[c];
            square[c] += place[c] * place[c];
        }
    }
    for (size_t c = 0; c < 3; c++) {
        cr_assert_float_eq(sum[c] / N, 0.0, 1e-9);
        cr_assert_float_eq(square[c] / (N - 1), pca.variance[c], 1e-9 * square[c]);
    }
    job.threads = 5;
    gv_assert_ok(gv_pca_find(&again, &job, &err), err);
    cr_assert_arr_eq(again.direction, pca.direction, 3 * DIM * sizeof(double));
    cr_assert_arr_eq(again.variance, pca.variance, 3 * sizeof(double));
    gv_pca_free(&again);
    gv_pca_free(&pca);
}

Test(layout, components_at_the_limits)
{
    static const float rows[] = {1, 2, 3, 1, 2, 3, 1, 2, 3};
    gv_error err = GV_ERROR_INIT;
    for (size_t n = 0; n <= 9; n++) /* none, one, equal rows; more components than dimensions */
        for (size_t dim = 1; dim * n <= 9 && dim <= 3; dim++) {
            gv_pca pca;
            const gv_pca_job job = {.rows = {rows, n, dim}, .components = 4, .threads = 3};
            gv_assert_ok(gv_pca_find(&pca, &job, &err), err);
            for (size_t i = 0; i < n; i++) {
                double place[4];
                gv_pca_project(place, &pca, rows + i * dim);
                for (size_t c = 0; c < 4; c++)
                    cr_assert(isfinite(place[c]) && (c < dim || place[c] == 0.0));
            }
            cr_assert(pca.variance[0] >= 0.0 && pca.variance[3] == 0.0);
            gv_pca_free(&pca);
        }
    gv_pca pca;
    const float odd[] = {1, NAN};
    const gv_pca_job job = {.rows = {odd, 2, 1}, .components = 1, .threads = 1};
    cr_assert_eq(gv_pca_find(&pca, &job, &err), GV_E_RUNTIME);
}

/* --- t-SNE ------------------------------------------------------------------------------------ */

/* Rows of length 1 around `k` random directions; row i belongs to i % k. */
static float *clustered(size_t n, size_t dim, size_t k, double noise)
{
    float *rows = gv_test_keep(malloc(n * dim * sizeof *rows));
    double *middle = gv_test_keep(malloc(k * dim * sizeof *middle));
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 22);
    for (size_t i = 0; i < k * dim; i++)
        middle[i] = normal(&rng);
    for (size_t i = 0; i < n; i++) {
        double square = 0.0;
        for (size_t d = 0; d < dim; d++) {
            const double value = middle[i % k * dim + d] + noise * normal(&rng);
            rows[i * dim + d] = (float)value;
            square += value * value;
        }
        for (size_t d = 0; d < dim; d++)
            rows[i * dim + d] /= (float)sqrt(square);
    }
    return rows;
}

/* Where the layout begins, as the map has it. */
static double *start_of(const float *rows, size_t n, size_t dim)
{
    double *place = gv_test_keep(malloc((2 * n + 1) * sizeof *place));
    gv_pca pca;
    gv_error err = GV_ERROR_INIT;
    const gv_pca_job job = {.rows = {rows, n, dim}, .components = 2, .threads = 1};
    gv_assert_ok(gv_pca_find(&pca, &job, &err), err);
    for (size_t i = 0; i < n; i++)
        gv_pca_project(place + 2 * i, &pca, rows + i * dim);
    gv_pca_free(&pca);
    return place;
}

static double distance2(const double *place, size_t i, size_t j)
{
    const double x = place[2 * i] - place[2 * j], y = place[2 * i + 1] - place[2 * j + 1];
    return x * x + y * y;
}

/* How many rows have their nearest other one in the plane in their own cluster. */
static size_t with_their_own(const double *place, size_t n, size_t k)
{
    size_t own = 0;
    for (size_t i = 0; i < n; i++) {
        size_t nearest = i == 0;
        for (size_t j = 0; j < n; j++)
            if (j != i && distance2(place, i, j) < distance2(place, i, nearest))
                nearest = j;
        own += nearest % k == i % k;
    }
    return own;
}

Test(layout, clusters_stay_together)
{
    enum { N = 700, DIM = 30, K = 9 };
    const float *rows = clustered(N, DIM, K, 0.5);
    double *place = start_of(rows, N, DIM), *again = start_of(rows, N, DIM);
    gv_error err = GV_ERROR_INIT;
    gv_tsne_job job = {.rows = {rows, N, DIM}, .perplexity = 20, .threads = 1, .steps = {150, 150}};
    gv_assert_ok(gv_tsne_place(place, &job, &err), err);
    cr_assert_geq(with_their_own(place, N, K), N * 98 / 100, "seed %lu",
                  (unsigned long)gv_test_seed());
    double x = 0.0, y = 0.0;
    for (size_t i = 0; i < N; i++) {
        cr_assert(isfinite(place[2 * i]) && isfinite(place[2 * i + 1]));
        x += place[2 * i];
        y += place[2 * i + 1];
    }
    cr_assert(fabs(x) < 1e-6 && fabs(y) < 1e-6, "around (0, 0)");
    job.threads = 3;
    gv_assert_ok(gv_tsne_place(again, &job, &err), err);
    cr_assert_arr_eq(again, place, 2 * N * sizeof *place, "threads change nothing");
}

/* The affinities: symmetric, positive, sum 1, and of the wanted perplexity before they were made
 * symmetric (here: all rows alike, so after it, too). */
Test(layout, affinities_have_the_perplexity)
{
    enum { N = 120, DIM = 2 };
    float rows[N * DIM];
    for (size_t i = 0; i < N; i++) { /* a circle */
        rows[2 * i] = (float)cos(6.283185307179586 * (double)i / N);
        rows[2 * i + 1] = (float)sin(6.283185307179586 * (double)i / N);
    }
    gv_error err = GV_ERROR_INIT;
    gv_tsne_affinity a;
    const gv_tsne_job job = {.rows = {rows, N, DIM}, .perplexity = 10, .threads = 2};
    gv_assert_ok(gv_tsne_affinity_find(&a, &job, &err), err);
    double sum = 0.0;
    for (size_t i = 0; i < N; i++) {
        double entropy = 0.0, row = 0.0;
        for (size_t e = a.begin[i]; e < a.begin[i + 1]; e++) {
            const size_t j = a.column[e];
            size_t back = a.begin[j];
            while (back < a.begin[j + 1] && a.column[back] != i)
                back++;
            cr_assert_lt(back, a.begin[j + 1]);
            cr_assert_eq(a.p[back], a.p[e]);
            cr_assert_neq(j, i);
            row += a.p[e];
            entropy -= a.p[e] * N * log(a.p[e] * N);
        }
        cr_assert_float_eq(row, 1.0 / N, 1e-3 / N);
        cr_assert_float_eq(exp(entropy), 10.0, 0.1);
        sum += row;
    }
    cr_assert_float_eq(sum, 1.0, 1e-12);
    gv_tsne_affinity_free(&a);
}

/* The forces of the tree are near those of all pairs, and exact where the tree is not coarse. */
Test(layout, repulsion_against_all_pairs)
{
    enum { N = 500 };
    double place[2 * N];
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 23);
    for (int round = 0; round < 4; round++) {
        gv_tsne_tree tree = {0};
        gv_error err = GV_ERROR_INIT;
        for (size_t i = 0; i < N; i++)
            for (size_t d = 0; d < 2; d++)
                place[2 * i + d] = round == 0   ? 10.0 * normal(&rng)
                                   : round == 1 ? pow(10.0, 300.0 * gv_rng_uniform(&rng) - 299.0)
                                   : round == 2 ? (double)gv_rng_below(&rng, 3)
                                                : 0.25;
        gv_assert_ok(gv_tsne_tree_build(&tree, place, N, &err), err);
        unsigned seen[N] = {0};
        double error2 = 0.0, all2 = 0.0;
        for (uint32_t at = 0; at < N; at++) {
            const size_t i = tree.order[at];
            double force[2], x = 0.0, y = 0.0, z = 0.0;
            const double sum = gv_tsne_tree_repulsion(force, &tree, at);
            seen[i]++;
            for (size_t j = 0; j < N; j++) {
                const double q = 1.0 / (1.0 + distance2(place, i, j));
                z += j != i ? q : 0.0;
                x += q * q * (place[2 * i] - place[2 * j]);
                y += q * q * (place[2 * i + 1] - place[2 * j + 1]);
            }
            cr_assert_float_eq(sum, z, 0.03 * z, "round %d: %g for %g", round, sum, z);
            error2 += (force[0] - x) * (force[0] - x) + (force[1] - y) * (force[1] - y);
            all2 += x * x + y * y;
        }
        cr_assert_leq(error2, 0.01 * all2 + 1e-18, "round %d: %g of %g", round, error2, all2);
        for (size_t i = 0; i < N; i++)
            cr_assert_eq(seen[i], 1);
        gv_tsne_tree_free(&tree);
    }
}

Test(layout, few_and_equal_rows)
{
    enum { MOST = 40 };
    gv_error err = GV_ERROR_INIT;
    float same[MOST * 3], line[MOST], zeros[MOST * 3] = {0};
    for (size_t i = 0; i < MOST; i++) {
        same[3 * i] = same[3 * i + 1] = 0.0f;
        same[3 * i + 2] = 1.0f;
        line[i] = i % 2 ? -1.0f : 1.0f;
    }
    static const size_t numbers[] = {0, 1, 2, 3, 4, 5, 10, MOST};
    for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++) {
        const size_t n = numbers[k];
        const gv_products_rows kinds[] = {
            {same, n, 3}, {line, n, 1}, {zeros, n, 3}, {clustered(n, 5, 2, 0.1), n, 5}};
        for (size_t kind = 0; kind < 4; kind++) {
            double *place = start_of(kinds[kind].row, n, kinds[kind].dim);
            const gv_tsne_job job = {.rows = kinds[kind], .perplexity = 30, .threads = 4};
            gv_assert_ok(gv_tsne_place(place, &job, &err), err);
            for (size_t i = 0; i < 2 * n; i++)
                cr_assert(isfinite(place[i]), "kind %zu n %zu", kind, n);
            cr_assert(kind != 3 || n < 10 || with_their_own(place, n, 2) >= n - 1);
        }
    }
}

Test(layout, stops_on_a_signal)
{
    enum { N = 300, DIM = 8 };
    const float *rows = clustered(N, DIM, 3, 0.5);
    double *place = start_of(rows, N, DIM);
    gv_error err = GV_ERROR_INIT;
    gv_pca pca;
    const gv_tsne_job job = {.rows = {rows, N, DIM}, .perplexity = 10, .threads = 2};
    const gv_pca_job pca_job = {.rows = {rows, N, DIM}, .components = 2, .threads = 2};
    gv_signal_pretend(SIGTERM);
    cr_assert_eq(gv_tsne_place(place, &job, &err), GV_E_STOPPED);
    err = (gv_error)GV_ERROR_INIT;
    cr_assert_eq(gv_pca_find(&pca, &pca_job, &err), GV_E_STOPPED);
    gv_signal_pretend(0);
}

Test(layout, failing_allocations)
{
    enum { N = 60, DIM = 4 };
    const float *rows = clustered(N, DIM, 3, 0.5);
    double *place = start_of(rows, N, DIM);
    const gv_tsne_job job = {
        .rows = {rows, N, DIM}, .perplexity = 5, .threads = 2, .steps = {2, 1}};
    const gv_pca_job pca_job = {.rows = {rows, N, DIM}, .components = 2, .threads = 2};
    int whole = 0;
    for (uint64_t n = 1; !whole; n++) {
        gv_error err = GV_ERROR_INIT;
        gv_pca pca;
        cr_assert_lt(n, 1000);
        gv_mem_calls();
        gv_mem_fail_at(n, 0);
        int status = gv_pca_find(&pca, &pca_job, &err);
        if (status == GV_OK) {
            gv_pca_free(&pca);
            status = gv_tsne_place(place, &job, &err);
        }
        whole = gv_mem_calls() < n;
        gv_mem_fail_at(0, 0);
        cr_assert_eq(status, whole ? GV_OK : GV_E_MEMORY, "allocation %lu", (unsigned long)n);
    }
}
