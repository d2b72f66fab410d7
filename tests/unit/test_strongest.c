/* gv_strongest against lists that are made in the plain way from all pairs; limits. */
#include "analysis/gv_strongest.h"
#include "base/gv_mem.h"
#include "support/gv_test.h"
#include "support/gv_test_store.h"

#include <math.h>
#include <stdlib.h>

typedef struct pair {
    uint32_t id;
    double score, lift;
} pair;

static int strongest_first(const void *a, const void *b)
{
    const pair *x = a, *y = b;
    return x->score > y->score ? -1 : x->score < y->score ? 1 : x->id < y->id ? -1 : x->id > y->id;
}

/* All pairs of a word, strongest first. */
static size_t list_pairs(pair *list, const gv_test_store_plan *plan, uint32_t word, size_t among)
{
    enum { UNIT = 4 };
    double total = 0.0, own = 0.0;
    size_t n = 0;
    for (uint32_t i = 0; i < plan->words; i++)
        for (uint32_t j = 0; j < plan->words; j++)
            total += (double)gv_test_store_value(plan, i, j);
    for (uint32_t j = 0; j < plan->words; j++)
        own += (double)gv_test_store_value(plan, word, j);
    for (uint32_t j = 0; j < among; j++) {
        const double x = (double)gv_test_store_value(plan, word, j);
        double other = 0.0;
        for (uint32_t i = 0; i < plan->words; i++)
            other += (double)gv_test_store_value(plan, j, i);
        const double lift = x * total / (own * other);
        if (j != word && x > 0.0 && lift > 1.0)
            list[n++] = (pair){j, log(1.0 + x / UNIT) * log(lift), lift};
    }
    qsort(list, n, sizeof *list, strongest_first);
    return n;
}

static void check(gv_test_store_plan plan, size_t rows, size_t among, size_t k)
{
    gv_error err = GV_ERROR_INIT;
    gv_store *store;
    gv_strongest *found;
    pair list[512];
    const char *path = gv_test_path("store.db");
    gv_test_store_write(path, &plan);
    gv_assert_ok(gv_store_open(&store, path, 0, &err), err);
    gv_assert_ok(gv_strongest_find(&found, store,
                                   &(gv_strongest_job){.rows = rows, .among = among, .k = k}, &err),
                 err);
    cr_assert_eq(found->rows, rows < plan.words ? rows : plan.words);
    const size_t step = found->rows > 20 ? 17 : 1;
    for (size_t word = 0; word < found->rows; word += step) {
        const size_t n =
            list_pairs(list, &plan, (uint32_t)word, among < plan.words ? among : plan.words);
        for (size_t i = 0; i < k; i++) {
            const uint32_t id = found->id[word * k + i];
            if (i >= n) {
                cr_assert_eq(id, GV_STRONGEST_NONE);
                continue;
            }
            /* rounding may swap pairs of the same strength */
            double score = -1.0;
            for (size_t j = 0; j < n; j++)
                score = list[j].id == id ? list[j].score : score;
            cr_assert_float_eq(score, list[i].score, 1e-9, "word %zu, pair %zu", word, i);
            cr_assert_gt(found->lift[word * k + i], 1.0f);
        }
    }
    gv_strongest_free(found);
    gv_store_close(store);
}

Test(strongest, as_the_plain_way)
{
    gv_test_store_plan plan = gv_test_store_small();
    plan.words = plan.words < 512 ? plan.words : 512;
    cr_assert(plan.symmetric);
    check(plan, 100000, 100000, 8);
    check(plan, 40, 30, 3);
    check(plan, 10, 100000, 0);
    plan.symmetric = false;
    check(plan, 100000, 100000, 5);
}

Test(strongest, one_word_and_no_pairs)
{
    gv_test_store_plan plan = gv_test_store_one_word();
    check(plan, 5, 5, 3);
}

Test(strongest, memory_and_damage)
{
    gv_error err = GV_ERROR_INIT;
    gv_store *store;
    gv_strongest *found = NULL;
    const gv_test_store_plan plan = gv_test_store_small();
    const char *path = gv_test_path("store.db");
    gv_test_store_write(path, &plan);
    gv_assert_ok(gv_store_open(&store, path, 0, &err), err);
    for (uint64_t n = 1;; n++) {
        gv_mem_calls();
        gv_mem_fail_at(n, 0);
        const int status = gv_strongest_find(
            &found, store, &(gv_strongest_job){.rows = 10, .among = 10, .k = 3}, &err);
        const int whole = gv_mem_calls() < n;
        gv_mem_fail_at(0, 0);
        cr_assert_eq(status == GV_OK, found != NULL);
        cr_assert(status == GV_OK || status == GV_E_MEMORY);
        gv_strongest_free(found);
        if (whole)
            break;
    }
    gv_store_close(store);
}
