#include "eval/gv_eval_weat.h"

#include "base/gv_mem.h"
#include "base/gv_rng.h"
#include "base/gv_signal.h"
#include "base/gv_threads.h"
#include <math.h>
#include <stdatomic.h>

/* The sums of two partitions may be equal and be added up in another order. */
#define ROUNDING 1e-12

/* What the partitions are counted by: the sum of one side, which decides the statistic. */
typedef struct test {
    const double *s; /* [n] */
    size_t n, side;  /* `side`: words of X */
    double bound;    /* sums from here on count */
} test;

/* n over k, or 0 if it is more than GV_EVAL_WEAT_EXACT. */
static uint64_t count_partitions(uint64_t n, uint64_t k)
{
    uint64_t all = 1;
    k = k > n - k ? n - k : k;
    for (uint64_t i = 1; i <= k; i++) {
        all = all * (n - k + i) / i; /* below 2^24 times n, which fits: n is below 2^40 */
        if (all > GV_EVAL_WEAT_EXACT)
            return 0;
    }
    return all;
}

/* --- all partitions --------------------------------------------------------------------------- */

/* Go to the next choice of `side` positions of n, in ascending order; returns the first position in
 * `chosen` that changed, or `side` after the last choice. */
static size_t next_choice(size_t *chosen, size_t n, size_t side)
{
    size_t at = side;
    while (at > 0 && chosen[at - 1] == n - side + at - 1)
        at--;
    if (at-- == 0)
        return side;
    chosen[at]++;
    for (size_t i = at + 1; i < side; i++)
        chosen[i] = chosen[i - 1] + 1;
    return at;
}

static int count_all(uint64_t *large, const test *t, gv_error *err)
{
    size_t *chosen = gv_mem_alloc(t->side, sizeof *chosen, err), changed = 0;
    double *sum = gv_mem_alloc(t->side + 1, sizeof *sum, err); /* of the first i chosen */
    if (chosen && sum) {
        for (size_t i = 0; i < t->side; i++)
            chosen[i] = i;
        sum[0] = 0.0;
        *large = 0;
        do {
            for (size_t i = changed; i < t->side; i++)
                sum[i + 1] = sum[i] + t->s[chosen[i]];
            *large += sum[t->side] >= t->bound;
        } while ((changed = next_choice(chosen, t->n, t->side)) < t->side);
    }
    const bool room = chosen && sum;
    gv_mem_free(chosen);
    gv_mem_free(sum);
    return room ? GV_OK : GV_E_MEMORY;
}

/* --- drawn ones ------------------------------------------------------------------------------- */

enum { BLOCK = 1000, BLOCKS = GV_EVAL_WEAT_DRAWS / BLOCK }; /* draws that share a random stream */

typedef struct drawing {
    const test *t;
    unsigned threads;
    atomic_uint_fast64_t large;
} drawing;

/* The sum of `side` words that are drawn without replacement; `order` holds all words in any
 * order, and is changed. */
static double draw_sum(const test *t, gv_rng *rng, uint32_t *order)
{
    double sum = 0.0;
    for (size_t i = 0; i < t->side; i++) {
        const size_t k = i + gv_rng_below(rng, t->n - i);
        const uint32_t word = order[k];
        order[k] = order[i];
        order[i] = word;
        sum += t->s[word];
    }
    return sum;
}

static int draw_blocks(void *context, unsigned thread, gv_error *err)
{
    drawing *d = context;
    uint64_t large = 0;
    int status = GV_OK;
    uint32_t *order = gv_mem_alloc(d->t->n, sizeof *order, err);
    if (!order)
        return GV_E_MEMORY;
    for (unsigned block = thread; block < BLOCKS && status == GV_OK; block += d->threads) {
        gv_rng rng;
        gv_rng_seed(&rng, 0, GV_RNG_PROBES, block);
        for (size_t i = 0; i < d->t->n; i++)
            order[i] = (uint32_t)i;
        for (size_t i = 0; i < BLOCK; i++)
            large += draw_sum(d->t, &rng, order) >= d->t->bound;
        status = gv_signal_check(err);
    }
    atomic_fetch_add(&d->large, large);
    gv_mem_free(order);
    return status;
}

static int count_drawn(uint64_t *large, const test *t, unsigned threads, gv_error *err)
{
    drawing d = {.t = t, .threads = threads < BLOCKS ? threads : BLOCKS};
    atomic_init(&d.large, 0);
    int status = gv_threads_run(d.threads, draw_blocks, &d, err);
    *large = atomic_load(&d.large);
    return status;
}

/* --- both ------------------------------------------------------------------------------------- */

static double sum_of(const double *s, size_t n)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++)
        sum += s[i];
    return sum;
}

/* NAN if all are equal, but for rounding. */
static double deviation(const double *s, size_t n)
{
    const double mean = sum_of(s, n) / (double)n;
    double squares = 0.0, largest = 0.0;
    for (size_t i = 0; i < n; i++) {
        squares += (s[i] - mean) * (s[i] - mean);
        largest = fmax(largest, fabs(s[i]));
    }
    const double found = sqrt(squares / (double)(n - 1));
    return found > ROUNDING * largest ? found : NAN;
}

/* Count the partitions by the smaller of both sets: by the sums of X, or the negative ones of Y. */
static int count(uint64_t *large, gv_eval_weat *result, const double *s, size_t x, size_t y,
                 unsigned threads, gv_error *err)
{
    const size_t n = x + y, side = y < x ? y : x;
    double *turned = gv_mem_alloc(n, sizeof *turned, err), size = 0.0;
    if (!turned)
        return GV_E_MEMORY;
    for (size_t i = 0; i < n; i++) {
        turned[i] = y < x ? -s[(i + x) % n] : s[i];
        size += fabs(s[i]);
    }
    const test t = {turned, n, side, sum_of(turned, side) - ROUNDING * size};
    int status = result->exact ? count_all(large, &t, err) : count_drawn(large, &t, threads, err);
    gv_mem_free(turned);
    return status;
}

int gv_eval_weat_test(gv_eval_weat *result, const double *s, size_t x, size_t y, unsigned threads,
                      gv_error *err)
{
    const double of_x = sum_of(s, x), of_y = sum_of(s + x, y), spread = deviation(s, x + y);
    uint64_t large = 0;
    *result = (gv_eval_weat){.statistic = of_x - of_y,
                             .effect_size = (of_x / (double)x - of_y / (double)y) / spread,
                             .p_value = NAN,
                             .partitions = count_partitions(x + y, x)};
    result->exact = result->partitions > 0;
    if (!result->exact)
        result->partitions = GV_EVAL_WEAT_DRAWS;
    if (isnan(spread))
        return GV_OK;
    int status = count(&large, result, s, x, y, threads, err);
    result->p_value = result->exact ? (double)large / (double)result->partitions
                                    : (1.0 + (double)large) / (1.0 + GV_EVAL_WEAT_DRAWS);
    return status;
}
