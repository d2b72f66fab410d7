/* Intervals and bootstrap: values that scipy gives, simulated coverage, any order of runs. */
#include "analysis/gv_bootstrap.h"
#include "analysis/gv_differences.h"
#include "analysis/gv_interval.h"
#include "base/gv_mem.h"
#include "support/gv_test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

Test(differences, student)
{
    /* scipy.stats.t.ppf and .cdf (1.8.1) */
    static const struct {
        double p;
        unsigned df;
        double t;
    } quantiles[] = {{0.975, 1, 12.706204736432095}, {0.975, 2, 4.302652729911275},
                     {0.975, 3, 3.182446305284263},  {0.975, 10, 2.2281388519649385},
                     {0.9, 7, 1.4149239276488585},   {0.005, 4, -4.604094871415898}};
    for (size_t i = 0; i < sizeof quantiles / sizeof *quantiles; i++)
        cr_expect_float_eq(gv_interval_student_quantile(quantiles[i].p, quantiles[i].df),
                           quantiles[i].t, 1e-9, "%zu", i);
    cr_expect_float_eq(gv_interval_student(1.5, 4), 0.896, 1e-12);
    cr_expect_float_eq(gv_interval_student(-0.3, 1), 0.4072264209222577, 1e-12);
    cr_expect_float_eq(gv_interval_student(2.25, 5), 0.962861536808158, 1e-12);
    cr_expect_float_eq(gv_interval_student(-4.0, 30), 0.0001909228180418782, 1e-12);
    cr_expect_float_eq(gv_interval_student(0.0, 3), 0.5, 1e-12);
}

Test(differences, of_values)
{
    /* scipy.stats.t.interval of the mean; Welch's with the degrees of freedom rounded down */
    static const double pairs[] = {0.42, 0.55, 0.31};
    gv_differences_result r = gv_differences_of_values(pairs, 3, NULL, 0);
    cr_expect_float_eq(r.estimate, 0.4266666666666667, 1e-12);
    cr_expect_float_eq(r.low, 0.12822532155185912, 1e-9);
    cr_expect_float_eq(r.high, 0.7251080117814743, 1e-9);
    cr_expect_float_eq(gv_interval_deviation(pairs, 3), 0.12013880860626736, 1e-12);
    static const double a[] = {3.1, 2.7, 3.6, 3.3}, b[] = {2.2, 2.9, 2.4};
    r = gv_differences_of_values(a, 4, b, 3);
    cr_expect_float_eq(r.estimate, 0.675, 1e-12);
    cr_expect_float_eq(r.low, -0.10516790033259993, 1e-9);
    cr_expect_float_eq(r.high, 1.4551679003325995, 1e-9);
    cr_expect(r.by_seeds);
    /* one seed: nothing is known; the same values: no noise */
    r = gv_differences_of_values(a, 1, b, 3);
    cr_expect(isnan(r.low) && isnan(r.high) && !r.by_seeds);
    static const double same[] = {2.0, 2.0};
    r = gv_differences_of_values(same, 2, same, 2);
    cr_expect(r.low <= 0.0 && r.low >= 0.0 && r.high <= 0.0 && r.high >= 0.0);
    cr_expect(isnan(gv_interval_mean(NULL, 0)) && isnan(gv_interval_deviation(a, 1)));
}

Test(differences, correlation_of_drawn_items)
{
    /* scipy.stats.spearmanr of the items, each repeated as its weight says */
    static const double x[] = {0.3, 0.1, 0.9, 0.1, 0.5, 0.7}, y[] = {1, 2, 5, 2.5, 2.5, 9};
    static const double weights[] = {2, 0, 1, 3, 1, 1}, none[6] = {0};
    static const double ranks[] = {4.5, 0, 8, 2, 6, 7};
    gv_bootstrap_order by_x, by_y;
    gv_error err = GV_ERROR_INIT;
    double p[6], q[6];
    gv_assert_ok(gv_bootstrap_order_make(&by_x, x, 6, &err), err);
    gv_assert_ok(gv_bootstrap_order_make(&by_y, y, 6, &err), err);
    gv_bootstrap_ranks(p, &by_x, weights);
    gv_bootstrap_ranks(q, &by_y, weights);
    for (size_t i = 0; i < 6; i++)
        cr_expect(weights[i] <= 0.0 || fabs(p[i] - ranks[i]) < 1e-12, "%zu: %g", i, p[i]);
    cr_expect_float_eq(gv_bootstrap_correlation(p, q, weights, 6), 0.4608855251730392, 1e-12);
    cr_expect(isnan(gv_bootstrap_correlation(p, q, none, 6)));
    gv_bootstrap_order_free(&by_x);
    gv_bootstrap_order_free(&by_y);
}

Test(differences, draws_stay_in_their_sections)
{
    const size_t ends[] = {3, 4, 1000};
    double w[1000], again[1000], sum[3] = {0}, seen = 0.0;
    gv_bootstrap_draw(w, ends, 3, 7);
    gv_bootstrap_draw(again, ends, 3, 7);
    cr_expect_eq(memcmp(w, again, sizeof w), 0, "the same draw");
    for (size_t i = 0; i < 1000; i++) {
        sum[i < 3 ? 0 : i < 4 ? 1 : 2] += w[i];
        seen += w[i] > 0.0;
    }
    cr_expect(sum[0] == 3.0 && sum[1] == 1.0 && sum[2] == 996.0);
    cr_expect(seen > 590.0 && seen < 680.0, "%g: 1 - 1/e of the items are expected", seen);
    gv_bootstrap_draw(again, ends, 3, 8);
    cr_expect_neq(memcmp(w, again, sizeof w), 0, "another draw");
}

/* --- simulated runs --------------------------------------------------------------------------- */

enum { MOST_ITEMS = 1000, MOST_RUNS = 10 };

/* How runs come about: value = base + effect of the item + of the seed + of both. */
typedef struct model {
    size_t items, seeds;
    double difference, item, seed, both;
    bool paired, ranks;
} model;

typedef struct sample {
    float value[2 * MOST_RUNS][MOST_ITEMS];
    double scores[MOST_ITEMS];
} sample;

static double normal(gv_rng *rng)
{
    double sum = -6.0; /* of 12 uniform numbers */
    for (int i = 0; i < 12; i++)
        sum += gv_rng_uniform(rng);
    return sum;
}

static void draw_sample(sample *s, const model *m, gv_rng *rng)
{
    double seed[2 * MOST_RUNS];
    for (size_t r = 0; r < 2 * m->seeds; r++)
        seed[r] = m->seed * normal(rng);
    for (size_t i = 0; i < m->items; i++) {
        const double both_settings = normal(rng), own = m->item * normal(rng);
        s->scores[i] = both_settings;
        for (size_t r = 0; r < 2 * m->seeds; r++) {
            const double setting = r < m->seeds ? m->difference + own : 0.0;
            s->value[r][i] = (float)(both_settings + setting + seed[r] + m->both * normal(rng));
        }
    }
}

static gv_differences_result compare(const sample *s, const model *m, unsigned threads)
{
    const float *value[2 * MOST_RUNS];
    size_t run[2 * MOST_RUNS];
    gv_error err = GV_ERROR_INIT;
    gv_differences_result result;
    for (size_t r = 0; r < 2 * m->seeds; r++) {
        value[r] = s->value[r];
        run[r] = r;
    }
    const gv_differences_items items = {.n = m->items,
                                        .ends = &m->items,
                                        .sections = 1,
                                        .value = value,
                                        .scores = m->ranks ? s->scores : NULL};
    const gv_differences_comparison of = {run, run + m->seeds, m->seeds, m->seeds, m->paired};
    gv_assert_ok(gv_differences_find(&result, &items, &of, 1, threads, &err), err);
    cr_assert_eq(result.items, m->items);
    return result;
}

/* The share of intervals that hold the true difference, in per cent. With GV_TEST_SIMULATIONS=5000
 * in the environment the figures of docs/measurements/compare.md come out. */
static double coverage(const model *m)
{
    static sample s;
    const char *wanted = getenv("GV_TEST_SIMULATIONS");
    const int n = wanted ? atoi(wanted) : 150;
    gv_rng rng;
    int hits = 0;
    double width = 0.0;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, m->items);
    for (int i = 0; i < n; i++) {
        draw_sample(&s, m, &rng);
        const gv_differences_result r = compare(&s, m, 1);
        hits += r.low <= m->difference && m->difference <= r.high;
        width += (r.high - r.low) / n;
    }
    const double percent = 100.0 * hits / n;
    if (wanted)
        cr_log_warn("items %zu seeds %zu item %g seed %g both %g %s: %.2f %%, width %.4f", m->items,
                    m->seeds, m->item, m->seed, m->both, m->paired ? "paired" : "unpaired", percent,
                    width);
    return percent;
}

Test(differences, intervals_hold_the_truth, .timeout = 3600)
{
    static const model models[] = {
        {.items = 60, .seeds = 3, .item = 1.0, .seed = 0.1, .both = 1.0, .paired = true},
        {.items = 60, .seeds = 3, .item = 0.0, .seed = 0.0, .both = 1.0, .paired = true},
        {.items = 60, .seeds = 3, .item = 0.2, .seed = 0.5, .both = 0.5, .paired = true},
        {.items = 60, .seeds = 5, .item = 0.5, .seed = 0.1, .both = 0.5, .paired = false},
        {.items = 200, .seeds = 1, .item = 1.0, .seed = 0.0, .both = 0.5, .paired = true},
    };
    for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
        const double percent = coverage(&models[i]);
        cr_expect(percent >= 90.0, "model %zu: %.1f %%", i, percent);
    }
}

Test(differences, one_seed_does_not_tell_the_noise_of_seeds)
{
    static const model m = {.items = 200, .seeds = 1, .item = 0.1, .seed = 1.0, .paired = true};
    cr_expect_lt(coverage(&m), 50.0, "the interval is that of items alone");
}

static void expect_same(const gv_differences_result *a, const gv_differences_result *b)
{
    cr_expect_eq(memcmp(&a->estimate, &b->estimate, sizeof a->estimate), 0);
    cr_expect_eq(memcmp(&a->low, &b->low, sizeof a->low), 0, "%.17g %.17g", a->low, b->low);
    cr_expect_eq(memcmp(&a->high, &b->high, sizeof a->high), 0);
    cr_expect_eq(a->items, b->items);
}

Test(differences, threads_change_nothing)
{
    static sample s;
    gv_rng rng;
    for (int ranks = 0; ranks < 2; ranks++) {
        const model m = {.items = 300,
                         .seeds = 3,
                         .difference = 0.3,
                         .item = 0.5,
                         .seed = 0.2,
                         .both = 0.5,
                         .paired = true,
                         .ranks = ranks};
        gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 5);
        draw_sample(&s, &m, &rng);
        const gv_differences_result one = compare(&s, &m, 1), three = compare(&s, &m, 3);
        expect_same(&one, &three);
        cr_expect(one.low < one.estimate && one.estimate < one.high);
    }
}

Test(differences, sections_and_unanswered_items)
{
    enum { N = 40 };
    static float x[2][N];
    const float *value[] = {x[0], x[1]};
    const size_t ends[] = {10, N}, run[] = {0, 1};
    gv_error err = GV_ERROR_INIT;
    gv_differences_result r[3];
    for (size_t i = 0; i < N; i++) {
        x[0][i] = i < 10 || i % 2;
        x[1][i] = i >= 10 && i % 4 == 1;
    }
    x[0][0] = NAN; /* three that are not answered by both */
    x[1][1] = NAN;
    x[0][39] = x[1][39] = NAN;
    const gv_differences_items items = {.n = N, .ends = ends, .sections = 2, .value = value};
    const gv_differences_comparison of = {run, run + 1, 1, 1, true};
    cr_assert_eq(gv_differences_width(&items), 3);
    gv_assert_ok(gv_differences_find(r, &items, &of, 1, 1, &err), err);
    cr_expect(r[0].items == 37 && r[1].items == 8 && r[2].items == 29);
    cr_expect_float_eq(r[1].estimate, 1.0, 1e-12);
    cr_expect_float_eq(r[1].low, 1.0, 1e-12, "all questions alike");
    cr_expect_float_eq(r[2].estimate, 7.0 / 29.0, 1e-12);
    cr_expect(r[2].low > 0.0 && r[2].high < 0.5 && !r[2].by_seeds);
    /* nothing in common */
    for (size_t i = 0; i < N; i++)
        x[i % 2][i] = NAN;
    gv_assert_ok(gv_differences_find(r, &items, &of, 1, 1, &err), err);
    for (size_t k = 0; k < 3; k++)
        cr_expect(isnan(r[k].estimate) && isnan(r[k].low) && r[k].items == 0);
}
