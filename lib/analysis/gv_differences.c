/*
 * gv_differences - per draw, each comparison gets the measure's difference for all items and for
 * each section. Threads take draws in turn and write each into its place.
 *
 * With a mean, the differences of the settings' means are computed once for each item; a draw is
 * then a weighted sum of these. With a rank correlation, the values of each run are ordered once,
 * and a draw ranks them by walking along that order.
 */
#include "analysis/gv_differences.h"

#include "analysis/gv_bootstrap.h"
#include "analysis/gv_interval.h"
#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "base/gv_threads.h"
#include <math.h>
#include <stdint.h>

enum { DRAWS = GV_BOOTSTRAP_DRAWS, FEWEST_ITEMS = 2 };

/* One comparison at work. */
typedef struct task {
    const gv_differences_comparison *of;
    double *common;            /* [items] 1: all its runs answered it; else 0 */
    double *difference;        /* [items] of means: a - b; 0 where not common */
    double *draws;             /* [width][DRAWS] */
    double *by_run;            /* of ranks: [n_a + n_b][DRAWS] the runs' correlations */
    gv_bootstrap_order *order; /* of ranks: [n_a + n_b] of the common items, by values */
    gv_bootstrap_order scores; /* of ranks: of all items */
    gv_differences_result *result;
} task;

typedef struct work {
    const gv_differences_items *items;
    task *tasks;
    size_t n, width;
    unsigned threads;
} work;

size_t gv_differences_width(const gv_differences_items *items)
{
    return items->sections > 1 && !items->scores ? items->sections + 1 : 1;
}

/* Run number `r` of a comparison: those of `a`, then those of `b`. */
static const float *values_of(const work *w, const task *t, size_t r)
{
    const gv_differences_comparison *of = t->of;
    return w->items->value[r < of->n_a ? of->a[r] : of->b[r - of->n_a]];
}

/* The items of part `k` of the results: all, or a section. */
static void find_part(size_t *first, size_t *end, const gv_differences_items *items, size_t k)
{
    *first = k > 1 ? items->ends[k - 2] : 0;
    *end = k > 0 ? items->ends[k - 1] : items->n;
}

/* --- the noise of seeds ----------------------------------------------------------------------- */

/* The standard error of the difference of means, and its degrees of freedom: Student's for paired
 * values (already differences), else Welch's, rounded down. */
static void find_seed_noise(gv_interval_sources *s, const double *a, size_t n_a, const double *b,
                            size_t n_b)
{
    const double sd_a = gv_interval_deviation(a, n_a), var_a = sd_a * sd_a / (double)n_a;
    if (n_a < 2 || (b && n_b < 2))
        return;
    if (!b) {
        s->standard_error = sqrt(var_a);
        s->df = (unsigned)n_a - 1;
        return;
    }
    const double sd_b = gv_interval_deviation(b, n_b), var_b = sd_b * sd_b / (double)n_b;
    const double sum = var_a + var_b, least = (double)(n_a < n_b ? n_a : n_b) - 1.0;
    const double df =
        sum * sum / (var_a * var_a / (double)(n_a - 1) + var_b * var_b / (double)(n_b - 1));
    s->standard_error = sqrt(sum);
    s->df = (unsigned)(df > least ? df : least); /* NAN if all values are equal */
}

static gv_differences_result finish(gv_interval_sources *s, size_t items)
{
    const gv_interval interval = gv_interval_find(s);
    return (gv_differences_result){s->estimate, interval.low, interval.high, items, s->df > 0};
}

/* What seeds do to the difference: `value` ([n_a + n_b]) has each run's measure. `pair` is
 * scratch. */
static void add_seeds(gv_interval_sources *s, const gv_differences_comparison *of,
                      const double *value, double *pair)
{
    const double *b = value + of->n_a;
    for (size_t i = 0; i < of->n_a && of->paired; i++)
        pair[i] = value[i] - b[i];
    s->estimate = of->paired ? gv_interval_mean(pair, of->n_a)
                             : gv_interval_mean(value, of->n_a) - gv_interval_mean(b, of->n_b);
    find_seed_noise(s, of->paired ? pair : value, of->n_a, of->paired ? NULL : b, of->n_b);
}

gv_differences_result gv_differences_of_values(const double *a, size_t n_a, const double *b,
                                               size_t n_b)
{
    gv_interval_sources s = {.shrink = 1.0};
    s.estimate = gv_interval_mean(a, n_a) - (b ? gv_interval_mean(b, n_b) : 0.0);
    find_seed_noise(&s, a, n_a, b, n_b);
    return finish(&s, 0);
}

static double variance(const double *values, size_t n)
{
    const double deviation = gv_interval_deviation(values, n);
    return deviation * deviation;
}

/* `twice` is the variance that single items of single runs contribute to both sources. */
static void shrink(gv_interval_sources *s, double twice)
{
    const double all = variance(s->draws, s->n);
    s->shrink = s->df == 0 || !(all > 0.0) ? 1.0 : twice < all ? sqrt(1.0 - twice / all) : 0.0;
}

/* --- means ------------------------------------------------------------------------------------ */

static void find_common(const work *w, task *t)
{
    const size_t runs = t->of->n_a + t->of->n_b;
    for (size_t i = 0; i < w->items->n; i++)
        t->common[i] = 1.0;
    for (size_t r = 0; r < runs; r++) {
        const float *value = values_of(w, t, r);
        for (size_t i = 0; i < w->items->n; i++)
            t->common[i] *= (double)!isnan(value[i]);
    }
}

static double mean_of_runs(const work *w, const task *t, size_t from, size_t n, size_t item)
{
    double sum = 0.0;
    for (size_t r = from; r < from + n; r++)
        sum += (double)values_of(w, t, r)[item];
    return sum / (double)n;
}

static int prepare_means(const work *w, task *t, gv_error *err)
{
    t->difference = gv_mem_alloc(w->items->n, sizeof *t->difference, err);
    if (!t->difference)
        return GV_E_MEMORY;
    for (size_t i = 0; i < w->items->n; i++)
        t->difference[i] = t->common[i] > 0.0 ? mean_of_runs(w, t, 0, t->of->n_a, i) -
                                                    mean_of_runs(w, t, t->of->n_a, t->of->n_b, i)
                                              : 0.0;
    return GV_OK;
}

/* The sums of weight x and weight y. Four sums, so that a step need not wait for the one before. */
static void weigh(double sum[2], const double *weights, const double *x, const double *y, size_t n)
{
    double a[4] = {0}, b[4] = {0};
    for (size_t i = 0; i + 4 <= n; i += 4)
        for (size_t k = 0; k < 4; k++) {
            a[k] += weights[i + k] * x[i + k];
            b[k] += weights[i + k] * y[i + k];
        }
    for (size_t i = n / 4 * 4; i < n; i++) {
        a[0] += weights[i] * x[i];
        b[0] += weights[i] * y[i];
    }
    sum[0] = a[0] + a[1] + (a[2] + a[3]);
    sum[1] = b[0] + b[1] + (b[2] + b[3]);
}

static void draw_means(const work *w, task *t, const double *weights, size_t draw)
{
    double all[2] = {0.0, 0.0}, part[2];
    for (size_t s = 0, first = 0; s < w->items->sections; first = w->items->ends[s++]) {
        const size_t n = w->items->ends[s] - first;
        weigh(part, weights + first, t->difference + first, t->common + first, n);
        all[0] += part[0];
        all[1] += part[1];
        if (w->width > 1)
            t->draws[(s + 1) * DRAWS + draw] = part[1] > 0.0 ? part[0] / part[1] : NAN;
    }
    t->draws[draw] = all[1] > 0.0 ? all[0] / all[1] : NAN;
}

/* The mean of each run over the common ones of the items; returns how many these are. */
static size_t find_means(double *mean, const work *w, const task *t, size_t first, size_t end)
{
    size_t n = 0;
    for (size_t r = 0; r < t->of->n_a + t->of->n_b; r++) {
        const float *value = values_of(w, t, r);
        double sum = 0.0;
        n = 0;
        for (size_t i = first; i < end; i++)
            if (t->common[i] > 0.0) {
                sum += (double)value[i];
                n++;
            }
        mean[r] = n > 0 ? sum / (double)n : NAN;
    }
    return n;
}

/* The variance, in the mean of runs, of what is particular to single items of single runs: the
 * interaction of an analysis of variance. For pairs, `minus` has the first of the runs that are
 * subtracted. */
static double interaction(const work *w, const task *t, const double *mean, size_t part,
                          size_t from, size_t runs, size_t minus)
{
    size_t first, end, n = 0;
    double squares = 0.0;
    find_part(&first, &end, w->items, part);
    for (size_t i = first; i < end; i++) {
        double centre = 0.0, sum = 0.0;
        if (t->common[i] <= 0.0)
            continue;
        for (size_t r = from; r < from + runs; r++) {
            const double own = (double)values_of(w, t, r)[i] - mean[r];
            const double other =
                minus ? (double)values_of(w, t, r + minus)[i] - mean[r + minus] : 0.0;
            sum += (own - other) * (own - other);
            centre += own - other;
        }
        squares += sum - centre * centre / (double)runs;
        n++;
    }
    const double divisor = n > 1 && runs > 1 ? (double)(n - 1) * (double)(runs - 1) : 1.0;
    return n > 0 ? squares / divisor / ((double)n * (double)runs) : 0.0;
}

/* --- rank correlations ------------------------------------------------------------------------ */

static int prepare_ranks(const work *w, task *t, gv_error *err)
{
    const size_t runs = t->of->n_a + t->of->n_b, n = w->items->n;
    double *value = gv_mem_alloc(n, sizeof *value, err);
    t->by_run = gv_mem_alloc(runs * DRAWS, sizeof *t->by_run, err);
    t->order = gv_mem_alloc_zero(runs, sizeof *t->order, err);
    int status = value && t->by_run && t->order ? GV_OK : GV_E_MEMORY;
    for (size_t r = 0; r < runs && status == GV_OK; r++) {
        for (size_t i = 0; i < n; i++) /* others have the weight 0: they have no part */
            value[i] = t->common[i] > 0.0 ? (double)values_of(w, t, r)[i] : 0.0;
        status = gv_bootstrap_order_make(&t->order[r], value, n, err);
    }
    if (status == GV_OK)
        status = gv_bootstrap_order_make(&t->scores, w->items->scores, n, err);
    gv_mem_free(value);
    return status;
}

/* Each run's correlation over the items with these weights, of which only common ones count.
 * `scratch` has room for three numbers an item. */
static void correlate(double *correlation, size_t step, const work *w, const task *t,
                      const double *weights, double *scratch)
{
    const size_t n = w->items->n;
    double *own = scratch, *x = scratch + n, *y = scratch + 2 * n;
    for (size_t i = 0; i < n; i++)
        own[i] = weights ? weights[i] * t->common[i] : t->common[i];
    gv_bootstrap_ranks(y, &t->scores, own);
    for (size_t r = 0; r < t->of->n_a + t->of->n_b; r++) {
        gv_bootstrap_ranks(x, &t->order[r], own);
        correlation[r * step] = gv_bootstrap_correlation(x, y, own, n);
    }
}

static void draw_ranks(const work *w, task *t, const double *weights, double *scratch, size_t draw)
{
    double a = 0.0, b = 0.0;
    correlate(t->by_run + draw, DRAWS, w, t, weights, scratch);
    for (size_t r = 0; r < t->of->n_a; r++)
        a += t->by_run[r * DRAWS + draw];
    for (size_t r = 0; r < t->of->n_b; r++)
        b += t->by_run[(t->of->n_a + r) * DRAWS + draw];
    t->draws[draw] = a / (double)t->of->n_a - b / (double)t->of->n_b;
}

/* The same as `interaction` for rank correlations, from the draws: how far the runs (or pairs) are
 * from their mean, apart from what is the same in all draws. */
static double interaction_of_ranks(const task *t, size_t from, size_t runs, size_t minus)
{
    double total = 0.0;
    for (size_t r = from; r < from + runs && runs > 1; r++) {
        double sum = 0.0, squares = 0.0;
        size_t n = 0;
        for (size_t d = 0; d < DRAWS; d++) {
            double own = 0.0, mean = 0.0;
            for (size_t k = from; k < from + runs; k++) {
                const double value =
                    t->by_run[k * DRAWS + d] - (minus ? t->by_run[(k + minus) * DRAWS + d] : 0.0);
                own = k == r ? value : own;
                mean += value / (double)runs;
            }
            if (!isfinite(mean))
                continue;
            sum += own - mean;
            squares += (own - mean) * (own - mean);
            n++;
        }
        total += n > 1 ? (squares - sum * sum / (double)n) / (double)(n - 1) : 0.0;
    }
    return runs > 1 ? total / ((double)runs * (double)(runs - 1)) : 0.0;
}

/* --- all -------------------------------------------------------------------------------------- */

static int draw_some(void *context, unsigned thread, gv_error *err)
{
    const work *w = context;
    const size_t n = w->items->n;
    double *weights = gv_mem_alloc(4 * n, sizeof *weights, err);
    int status = weights ? GV_OK : GV_E_MEMORY;
    for (size_t d = thread; d < DRAWS && status == GV_OK; d += w->threads) {
        gv_bootstrap_draw(weights, w->items->ends, w->items->sections, d);
        for (size_t i = 0; i < w->n; i++)
            if (w->items->scores)
                draw_ranks(w, &w->tasks[i], weights, weights + n, d);
            else
                draw_means(w, &w->tasks[i], weights, d);
        status = gv_signal_check(err);
    }
    gv_mem_free(weights);
    return status;
}

/* Keep the draws that have a value; returns how many. */
static size_t drop_undefined(double *draws)
{
    size_t n = 0;
    for (size_t d = 0; d < DRAWS; d++)
        if (isfinite(draws[d]))
            draws[n++] = draws[d];
    return n;
}

static double twice_counted(const work *w, const task *t, const double *value, size_t part)
{
    const size_t n_a = t->of->n_a, n_b = t->of->n_b;
    if (w->items->scores)
        return t->of->paired
                   ? interaction_of_ranks(t, 0, n_a, n_a)
                   : interaction_of_ranks(t, 0, n_a, 0) + interaction_of_ranks(t, n_a, n_b, 0);
    return t->of->paired ? interaction(w, t, value, part, 0, n_a, n_a)
                         : interaction(w, t, value, part, 0, n_a, 0) +
                               interaction(w, t, value, part, n_a, n_b, 0);
}

/* `scratch` has room for three numbers an item, and for two a run. */
static void find_result(const work *w, task *t, size_t part, double *scratch)
{
    const size_t runs = t->of->n_a + t->of->n_b;
    double *value = scratch, *pair = scratch + runs;
    size_t first, end, items = 0;
    find_part(&first, &end, w->items, part);
    gv_interval_sources s = {.draws = t->draws + part * DRAWS, .shrink = 1.0};
    if (w->items->scores) {
        correlate(value, 1, w, t, NULL, scratch + 2 * runs);
        for (size_t i = first; i < end; i++)
            items += t->common[i] > 0.0;
    } else {
        items = find_means(value, w, t, first, end);
    }
    add_seeds(&s, t->of, value, pair);
    s.n = items >= FEWEST_ITEMS ? drop_undefined(s.draws) : 0;
    shrink(&s, s.n > 0 ? twice_counted(w, t, value, part) : 0.0);
    t->result[part] = finish(&s, items);
    if (!isfinite(s.estimate))
        t->result[part].low = t->result[part].high = NAN;
}

static int prepare(const work *w, task *t, gv_error *err)
{
    t->common = gv_mem_alloc(w->items->n, sizeof *t->common, err);
    t->draws = gv_mem_alloc(w->width * DRAWS, sizeof *t->draws, err);
    if (!t->common || !t->draws)
        return GV_E_MEMORY;
    find_common(w, t);
    return w->items->scores ? prepare_ranks(w, t, err) : prepare_means(w, t, err);
}

static int finish_all(const work *w, gv_error *err)
{
    size_t runs = 0;
    for (size_t i = 0; i < w->n; i++) {
        const size_t own = w->tasks[i].of->n_a + w->tasks[i].of->n_b;
        runs = own > runs ? own : runs;
    }
    double *scratch = gv_mem_alloc(3 * w->items->n + 2 * runs, sizeof *scratch, err);
    for (size_t i = 0; i < w->n && scratch; i++)
        for (size_t part = 0; part < w->width; part++)
            find_result(w, &w->tasks[i], part, scratch);
    gv_mem_free(scratch);
    return scratch ? GV_OK : GV_E_MEMORY;
}

static void clear(task *t)
{
    for (size_t r = 0; t->order && r < t->of->n_a + t->of->n_b; r++)
        gv_bootstrap_order_free(&t->order[r]);
    gv_bootstrap_order_free(&t->scores);
    gv_mem_free(t->order);
    gv_mem_free(t->by_run);
    gv_mem_free(t->draws);
    gv_mem_free(t->difference);
    gv_mem_free(t->common);
}

int gv_differences_find(gv_differences_result *results, const gv_differences_items *items,
                        const gv_differences_comparison *comparisons, size_t n, unsigned threads,
                        gv_error *err)
{
    work w = {.items = items, .n = n, .width = gv_differences_width(items), .threads = threads};
    w.tasks = gv_mem_alloc_zero(n, sizeof *w.tasks, err);
    int status = w.tasks ? GV_OK : GV_E_MEMORY;
    for (size_t i = 0; i < n && w.tasks; i++) {
        w.tasks[i].of = &comparisons[i];
        w.tasks[i].result = results + i * w.width;
    }
    for (size_t i = 0; i < n && status == GV_OK; i++)
        status = prepare(&w, &w.tasks[i], err);
    if (status == GV_OK)
        status = gv_threads_run(threads, draw_some, &w, err);
    if (status == GV_OK)
        status = finish_all(&w, err);
    for (size_t i = 0; i < n && w.tasks; i++)
        clear(&w.tasks[i]);
    gv_mem_free(w.tasks);
    return status;
}
