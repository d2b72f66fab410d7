/* gv_neighbours against a brute-force oracle in double precision, and its odd cases. */
#include "analysis/gv_neighbours.h"
#include "base/gv_mem.h"
#include "base/gv_rng.h"
#include "base/gv_signal.h"
#include "support/gv_test.h"

#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* Random rows, scaled to length 1. */
static gv_nearest random_unit(size_t rows, size_t dim, size_t skip)
{
    float *data = gv_test_keep(malloc(rows * dim * sizeof *data));
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, rows * 131 + dim);
    for (size_t i = 0; i < rows * dim; i++)
        data[i] = (float)(gv_rng_uniform(&rng) - 0.4);
    gv_nearest nearest;
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_nearest_init(&nearest, data, rows, dim, skip, &err), err);
    return nearest;
}

static gv_neighbours *find(const gv_nearest *nearest, gv_neighbours_job job)
{
    gv_neighbours *found = NULL;
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_neighbours_find(&found, nearest, &job, &err), err);
    return found;
}

static double cosine(const gv_nearest *nearest, size_t x, size_t y)
{
    double sum = 0;
    for (size_t k = 0; k < nearest->dim; k++)
        sum += (double)nearest->unit[x * nearest->dim + k] *
               (double)nearest->unit[y * nearest->dim + k];
    return sum;
}

/* Each neighbour is a word that may be one, is listed once, has its cosine, and none that is left
 * out is nearer than the last. */
static void check_list(const gv_nearest *nearest, const gv_neighbours *found, size_t row,
                       size_t among)
{
    const size_t k = found->k;
    const uint32_t *id = found->id + row * k;
    const float *listed = found->cosine + row * k;
    char *taken = calloc(among, 1);
    size_t n = 0, candidates = 0, nearer = 0;
    for (; n < k && id[n] != GV_NEIGHBOURS_NONE; n++) {
        cr_assert(id[n] < among && id[n] != row && id[n] != nearest->skip && !taken[id[n]]);
        taken[id[n]] = 1;
        cr_assert_float_eq(listed[n], cosine(nearest, row, id[n]), 1e-5);
        cr_assert(n == 0 || listed[n] < listed[n - 1] ||
                  (listed[n] == listed[n - 1] && id[n] > id[n - 1]));
    }
    for (size_t i = n; i < k; i++)
        cr_assert(id[i] == GV_NEIGHBOURS_NONE && listed[i] == 0.0f);
    for (size_t other = 0; other < among; other++) {
        if (other == row || other == nearest->skip)
            continue;
        candidates++;
        nearer += n == k && !taken[other] && cosine(nearest, row, other) > listed[n - 1] + 1e-5;
    }
    cr_assert_eq(n, candidates < k ? candidates : k);
    cr_assert_eq(nearer, 0, "row %zu (seed %lu)", row, (unsigned long)gv_test_seed());
    free(taken);
}

static void check_against_oracle(gv_nearest nearest, gv_neighbours_job job)
{
    gv_neighbours *one = find(&nearest, job);
    const size_t among = job.among < nearest.rows ? job.among : nearest.rows;
    cr_assert(one->rows == (job.rows < nearest.rows ? job.rows : nearest.rows) && one->k == job.k);
    for (size_t row = 0; row < one->rows; row += 1 + one->rows / 200)
        check_list(&nearest, one, row, among);
    job.threads = 3;
    gv_neighbours *three = find(&nearest, job);
    cr_assert_eq(memcmp(one->id, three->id, one->rows * one->k * sizeof *one->id), 0);
    cr_assert_eq(memcmp(one->cosine, three->cosine, one->rows * one->k * sizeof *one->cosine), 0);
    gv_neighbours_free(one);
    gv_neighbours_free(three);
}

Test(neighbours, oracle)
{
    check_against_oracle(random_unit(5, 3, GV_NEAREST_NO_ROW), (gv_neighbours_job){5, 5, 10, 1, 0});
    check_against_oracle(random_unit(12, 4, 11), (gv_neighbours_job){12, 12, 10, 1, 0});
    check_against_oracle(random_unit(13, 5, 0), (gv_neighbours_job){13, 12, 11, 0, 0});
    check_against_oracle(random_unit(700, 7, 699), (gv_neighbours_job){900, SIZE_MAX, 10, 1, 0});
    /* several blocks of words, the last ones not whole; more lists than words, and fewer */
    check_against_oracle(random_unit(1300, 17, 3), (gv_neighbours_job){1300, 1100, 25, 1, 0});
    check_against_oracle(random_unit(1300, 1, 9), (gv_neighbours_job){40, 1300, 1, 1, 0});
}

/* A word's list does not depend on how many words get one. */
Test(neighbours, lists_do_not_depend_on_each_other)
{
    gv_nearest nearest = random_unit(1000, 9, 999);
    gv_neighbours *all = find(&nearest, (gv_neighbours_job){1000, 1000, 5, 2, NULL});
    gv_neighbours *few = find(&nearest, (gv_neighbours_job){7, 1000, 5, 1, NULL});
    cr_assert_eq(memcmp(all->cosine, few->cosine, 7 * 5 * sizeof *few->cosine), 0);
    cr_assert_eq(memcmp(all->id, few->id, 7 * 5 * sizeof *few->id), 0);
    gv_neighbours_free(all);
    gv_neighbours_free(few);
}

Test(neighbours, ties_go_to_the_lower_row)
{
    float data[600 * 2];
    for (size_t i = 0; i < 600; i++) {
        data[2 * i] = 3.0f;
        data[2 * i + 1] = i == 40 ? -4.0f : 4.0f;
    }
    gv_error err = GV_ERROR_INIT;
    gv_nearest nearest;
    gv_assert_ok(gv_nearest_init(&nearest, data, 600, 2, 0, &err), err);
    gv_neighbours *found = find(&nearest, (gv_neighbours_job){600, 600, 3, 2, NULL});
    static const uint32_t first[] = {2, 3, 4}, other[] = {1, 2, 3};
    cr_assert_eq(memcmp(found->id + 1 * 3, first, sizeof first), 0);
    cr_assert_eq(memcmp(found->id + 40 * 3, other, sizeof other), 0);
    cr_assert_eq(memcmp(found->id + 599 * 3, other, sizeof other), 0);
    for (size_t i = 0; i < 600 * 3; i++)
        cr_assert(found->cosine[i] <= 1.0f);
    gv_neighbours_free(found);
}

Test(neighbours, none_are_wanted_or_there)
{
    gv_nearest nearest = random_unit(4, 2, GV_NEAREST_NO_ROW);
    gv_neighbours *found = find(&nearest, (gv_neighbours_job){4, 4, 0, 2, NULL});
    cr_assert(found->rows == 4 && found->k == 0);
    gv_neighbours_free(found);
    found = find(&nearest, (gv_neighbours_job){0, 4, 3, 2, NULL});
    cr_assert_eq(found->rows, 0);
    gv_neighbours_free(found);
    found = find(&nearest, (gv_neighbours_job){2, 0, 3, 2, NULL});
    for (size_t i = 0; i < 6; i++)
        cr_assert_eq(found->id[i], GV_NEIGHBOURS_NONE);
    gv_neighbours_free(found);
    gv_neighbours_free(NULL);
}

Test(neighbours, a_signal_stops_it)
{
    gv_nearest nearest = random_unit(600, 4, GV_NEAREST_NO_ROW);
    gv_neighbours *found = NULL;
    gv_error err = GV_ERROR_INIT;
    const gv_neighbours_job job = {600, 600, 5, 2, NULL};
    gv_signal_pretend(SIGTERM);
    cr_assert_eq(gv_neighbours_find(&found, &nearest, &job, &err), GV_E_STOPPED);
    gv_signal_pretend(0);
    cr_assert_null(found);
}

Test(neighbours, failing_allocations)
{
    gv_nearest nearest = random_unit(100, 4, GV_NEAREST_NO_ROW);
    const gv_neighbours_job job = {100, 100, 5, 1, NULL};
    int status = GV_E_MEMORY;
    for (uint64_t n = 1; status != GV_OK; n++) {
        gv_neighbours *found = NULL;
        gv_error err = GV_ERROR_INIT;
        cr_assert_lt(n, 50);
        gv_mem_fail_at(n, 0);
        status = gv_neighbours_find(&found, &nearest, &job, &err);
        gv_mem_fail_at(0, 0);
        cr_assert(status == GV_OK || (status == GV_E_MEMORY && err.text[0] && !found));
        gv_neighbours_free(found);
    }
}
