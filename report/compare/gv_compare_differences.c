#include "report/compare/gv_compare_differences.h"

#include "analysis/gv_differences.h"
#include "base/gv_mem.h"
#include "report/compare/gv_compare_metrics.h"
#include "report/compare/gv_compare_settings.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- pairs ------------------------------------------------------------------------------------ */

/* The runs of a setting and its base that are compared. */
typedef struct match {
    size_t *a, *b; /* numbers of runs */
    size_t n_a, n_b;
    bool paired;
} match;

/* Keep of the runs of a setting those that have what is compared. `items`: this test set; NULL: the
 * measure. */
static size_t keep_runs(size_t *kept, const gv_compare *compare, size_t setting, size_t metric,
                        const gv_compare_items_set *set)
{
    const gv_compare_setting *of = &compare->setting[setting];
    size_t n = 0;
    for (size_t i = 0; i < of->n; i++) {
        const size_t run = of->run[i];
        if (set ? set->run[run].n > 0 : isfinite(compare->run[run].value[metric]))
            kept[n++] = run;
    }
    return n;
}

/* Pair runs by equal seeds, in whose order they are; if there is no pair, all are compared. */
static void pair_runs(match *m, const gv_compare *compare)
{
    size_t i = 0, j = 0, n = 0;
    size_t *a = m->a, *b = m->b;
    for (size_t k = 0; k < m->n_a; k++) /* is there any? */
        for (size_t l = 0; l < m->n_b && !m->paired; l++)
            m->paired = strcmp(compare->run[a[k]].seeds, compare->run[b[l]].seeds) == 0;
    while (m->paired && i < m->n_a && j < m->n_b) {
        const int order = strverscmp(compare->run[a[i]].seeds, compare->run[b[j]].seeds);
        if (order == 0) {
            a[n] = a[i++];
            b[n++] = b[j++];
        } else {
            i += order < 0;
            j += order > 0;
        }
    }
    if (m->paired)
        m->n_a = m->n_b = n;
}

static int make_match(match *m, const gv_compare *compare, size_t setting, size_t metric,
                      const gv_compare_items_set *set, gv_error *err)
{
    const size_t base = compare->setting[setting].base;
    *m = (match){.a = gv_mem_alloc(compare->n, sizeof *m->a, err),
                 .b = gv_mem_alloc(compare->n, sizeof *m->b, err)};
    if (!m->a || !m->b)
        return GV_E_MEMORY;
    if (base == SIZE_MAX)
        return GV_OK;
    m->n_a = keep_runs(m->a, compare, setting, metric, set);
    m->n_b = keep_runs(m->b, compare, base, metric, set);
    pair_runs(m, compare);
    return GV_OK;
}

static void free_match(match *m)
{
    gv_mem_free(m->a);
    gv_mem_free(m->b);
}

/* --- verdicts --------------------------------------------------------------------------------- */

const char *gv_compare_differences_verdict(const gv_compare_difference *difference)
{
    static const char *const names[] = {"unknown", "inside the noise", "higher", "lower"};
    return names[difference->verdict];
}

int gv_compare_differences_better(const gv_compare *compare,
                                  const gv_compare_difference *difference)
{
    const int direction = difference->verdict == GV_COMPARE_HIGHER  ? 1
                          : difference->verdict == GV_COMPARE_LOWER ? -1
                                                                    : 0;
    return direction * compare->metric[difference->metric].better;
}

static bool is_score(const gv_compare_metric *metric)
{
    return metric->kind >= GV_COMPARE_ANALOGIES && metric->kind <= GV_COMPARE_OUTLIERS;
}

void gv_compare_differences_answer(char *text, size_t size, const gv_compare *compare,
                                   size_t setting)
{
    size_t scores = 0, better = 0, worse = 0, inside = 0;
    bool seeds = true;
    *text = '\0';
    for (size_t i = 0; i < compare->differences; i++) {
        const gv_compare_difference *d = &compare->difference[i];
        const gv_compare_metric *metric = &compare->metric[d->metric];
        if (d->setting != setting || !is_score(metric) || !gv_compare_metrics_is_main(metric))
            continue;
        scores++;
        better += gv_compare_differences_better(compare, d) > 0;
        worse += gv_compare_differences_better(compare, d) < 0;
        inside += d->verdict == GV_COMPARE_INSIDE;
        seeds = seeds && d->by_seeds;
    }
    if (scores == 0)
        return;
    const size_t rest = scores - better - worse - inside;
    char unknown[48] = "";
    if (rest > 0)
        snprintf(unknown, sizeof unknown, ", %zu without an interval", rest);
    snprintf(text, size, "Of %zu score%s: %zu better, %zu worse, %zu inside the noise%s.%s", scores,
             scores == 1 ? "" : "s", better, worse, inside, unknown,
             seeds ? "" : " There is one seed: its noise is unknown.");
}

void gv_compare_differences_remark(char *text, size_t size, const gv_compare_difference *difference)
{
    const bool common = difference->items > 0 && difference->left_out > 0;
    const char *why = difference->why ? difference->why : "";
    snprintf(text, size, "%s%s", why, *why && common ? "; " : "");
    const size_t used = strlen(text);
    if (common)
        snprintf(text + used, size - used, "on %zu common items", difference->items);
}

static enum gv_compare_verdict judge(double low, double high)
{
    if (!isfinite(low) || !isfinite(high))
        return GV_COMPARE_UNKNOWN;
    return low > 0.0 ? GV_COMPARE_HIGHER : high < 0.0 ? GV_COMPARE_LOWER : GV_COMPARE_INSIDE;
}

static const char *explain(const gv_compare *compare, const gv_compare_difference *d)
{
    const bool score = is_score(&compare->metric[d->metric]);
    if (!isfinite(d->difference))
        return "no item that both answered";
    if (d->verdict == GV_COMPARE_UNKNOWN)
        return score ? "one seed, and no eval.tsv: nothing is known about noise"
                     : "one seed: nothing is known about noise";
    if (!d->by_seeds)
        return "one seed: the noise of seeds is unknown";
    if (score && d->items == 0)
        return "no eval.tsv: the noise of items is unknown";
    return d->paired ? NULL : "no equal seeds: not paired";
}

static int add(gv_compare *compare, size_t setting, size_t metric, const match *m,
               const gv_differences_result *r, double scale, gv_error *err)
{
    gv_compare_difference *d = &compare->difference[compare->differences++];
    *d = (gv_compare_difference){.setting = setting,
                                 .metric = metric,
                                 .difference = scale * r->estimate,
                                 .low = scale * r->low,
                                 .high = scale * r->high,
                                 .items = r->items,
                                 .paired = m->paired,
                                 .by_seeds = r->by_seeds,
                                 .n = m->n_a};
    d->verdict = judge(d->low, d->high);
    d->why = explain(compare, d);
    if (!m->paired)
        return GV_OK;
    d->by_pair = gv_mem_alloc(m->n_a, sizeof *d->by_pair, err);
    for (size_t i = 0; i < m->n_a && d->by_pair; i++)
        d->by_pair[i] = compare->run[m->a[i]].value[metric] - compare->run[m->b[i]].value[metric];
    return d->by_pair ? GV_OK : GV_E_MEMORY;
}

/* --- measures of items ------------------------------------------------------------------------ */

/* Results of one measure of one test set, for all settings. */
typedef struct batch {
    const gv_compare_items_set *set;
    size_t which; /* of set->measure */
    size_t n;
    size_t *setting;
    match *match;
    gv_differences_comparison *comparison;
    gv_differences_result *result;
    size_t width;
} batch;

static size_t metric_of(const gv_compare *compare, const batch *b, size_t part)
{
    return gv_compare_metrics_find(compare, b->set->kind, b->set->file, b->set->measure[b->which],
                                   part ? b->set->sections.items[part - 1] : "");
}

/* The comparisons for which both sides have items. */
static int collect(batch *b, const gv_compare *compare, gv_error *err)
{
    const size_t n = compare->settings;
    b->setting = gv_mem_alloc(n, sizeof *b->setting, err);
    b->match = gv_mem_alloc_zero(n, sizeof *b->match, err);
    b->comparison = gv_mem_alloc(n, sizeof *b->comparison, err);
    int status = b->setting && b->match && b->comparison ? GV_OK : GV_E_MEMORY;
    for (size_t s = 0; s < n && status == GV_OK; s++) {
        match *m = &b->match[b->n];
        if (compare->setting[s].base == SIZE_MAX)
            continue;
        status = make_match(m, compare, s, 0, b->set, err);
        if (status == GV_OK && m->n_a > 0 && m->n_b > 0) {
            b->comparison[b->n] =
                (gv_differences_comparison){m->a, m->b, m->n_a, m->n_b, m->paired};
            b->setting[b->n++] = s;
        } else {
            free_match(m);
            *m = (match){0};
        }
    }
    return status;
}

static int compute(batch *b, const gv_compare *compare, unsigned threads, gv_error *err)
{
    const gv_compare_items_set *set = b->set;
    const float **value = gv_mem_alloc(compare->n, sizeof *value, err);
    if (!value)
        return GV_E_MEMORY;
    for (size_t r = 0; r < compare->n; r++)
        value[r] = set->run[r].value[b->which];
    const gv_differences_items items = {.n = set->n,
                                        .ends = set->ends,
                                        .sections = set->sections.n,
                                        .value = value,
                                        .scores = set->scores};
    b->width = gv_differences_width(&items);
    b->result = gv_mem_alloc(b->n * b->width, sizeof *b->result, err);
    int status = b->result
                     ? gv_differences_find(b->result, &items, b->comparison, b->n, threads, err)
                     : GV_E_MEMORY;
    gv_mem_free(value);
    return status;
}

static int add_batch(gv_compare *compare, const batch *b, gv_error *err)
{
    int status = GV_OK;
    for (size_t i = 0; i < b->n; i++)
        for (size_t part = 0; part < b->width && status == GV_OK; part++) {
            const size_t metric = metric_of(compare, b, part);
            const size_t all =
                part ? b->set->ends[part - 1] - (part > 1 ? b->set->ends[part - 2] : 0) : b->set->n;
            const gv_differences_result *r = &b->result[i * b->width + part];
            if (metric == SIZE_MAX)
                continue;
            status = add(compare, b->setting[i], metric, &b->match[i], r, b->set->scale, err);
            compare->difference[compare->differences - 1].left_out = all - r->items;
        }
    return status;
}

static int compare_set(gv_compare *compare, const gv_compare_items_set *set, size_t which,
                       unsigned threads, gv_error *err)
{
    batch b = {.set = set, .which = which};
    int status = set->n > 0 ? collect(&b, compare, err) : GV_OK;
    if (status == GV_OK && b.n > 0)
        status = compute(&b, compare, threads, err);
    if (status == GV_OK && b.n > 0)
        status = add_batch(compare, &b, err);
    for (size_t i = 0; b.match && i < compare->settings; i++)
        free_match(&b.match[i]);
    gv_mem_free(b.setting);
    gv_mem_free(b.match);
    gv_mem_free(b.comparison);
    gv_mem_free(b.result);
    return status;
}

/* --- measures without items ------------------------------------------------------------------- */

static bool has_difference(const gv_compare *compare, size_t setting, size_t metric, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (compare->difference[i].setting == setting && compare->difference[i].metric == metric)
            return true;
    return false;
}

static int compare_values(gv_compare *compare, size_t setting, size_t metric, gv_error *err)
{
    match m;
    double *a = gv_mem_alloc(compare->n, sizeof *a, err);
    double *b = gv_mem_alloc(compare->n, sizeof *b, err);
    int status = make_match(&m, compare, setting, metric, NULL, err);
    if (status == GV_OK && (!a || !b))
        status = GV_E_MEMORY;
    if (status == GV_OK && m.n_a > 0 && m.n_b > 0) {
        for (size_t i = 0; i < m.n_a; i++)
            a[i] = compare->run[m.a[i]].value[metric];
        for (size_t i = 0; i < m.n_b; i++)
            b[i] = compare->run[m.b[i]].value[metric];
        for (size_t i = 0; i < m.n_a && m.paired; i++)
            a[i] -= b[i];
        const gv_differences_result r =
            gv_differences_of_values(a, m.n_a, m.paired ? NULL : b, m.n_b);
        status = add(compare, setting, metric, &m, &r, 1.0, err);
    }
    free_match(&m);
    gv_mem_free(a);
    gv_mem_free(b);
    return status;
}

/* Losses that cannot be compared get a difference that says so. */
static void add_incomparable(gv_compare *compare, size_t setting, size_t metric)
{
    compare->difference[compare->differences++] = (gv_compare_difference){
        .setting = setting,
        .metric = metric,
        .difference = NAN,
        .low = NAN,
        .high = NAN,
        .why = "losses of different objectives, weights or corpora cannot be compared"};
}

static int compare_rest(gv_compare *compare, gv_error *err)
{
    const size_t n = compare->differences;
    int status = GV_OK;
    for (size_t s = 0; s < compare->settings; s++)
        for (size_t m = 0; m < compare->metrics && status == GV_OK; m++) {
            const size_t base = compare->setting[s].base;
            if (base == SIZE_MAX || has_difference(compare, s, m, n))
                continue;
            if (compare->metric[m].kind == GV_COMPARE_LOSS &&
                !gv_compare_settings_share_loss(compare, s, base))
                add_incomparable(compare, s, m);
            else
                status = compare_values(compare, s, m, err);
        }
    return status;
}

/* --- all -------------------------------------------------------------------------------------- */

static int by_place(const void *x, const void *y)
{
    const gv_compare_difference *a = x, *b = y;
    const int settings = (a->setting > b->setting) - (a->setting < b->setting);
    return settings ? settings : (a->metric > b->metric) - (a->metric < b->metric);
}

int gv_compare_differences_find(gv_compare *compare, const gv_compare_items *items,
                                const gv_compare_options *options, gv_error *err)
{
    int status = GV_OK;
    compare->difference =
        gv_mem_alloc_zero(compare->settings * compare->metrics, sizeof *compare->difference, err);
    if (!compare->difference)
        return GV_E_MEMORY;
    gv_progress_begin(options->progress, "comparing", items->n, "test sets");
    for (size_t s = 0; s < items->n && status == GV_OK; s++) {
        for (size_t m = 0; m < GV_COMPARE_ITEMS_MEASURES && status == GV_OK; m++)
            if (items->set[s].measure[m])
                status = compare_set(compare, &items->set[s], m, options->threads, err);
        gv_progress_add(options->progress, 1);
    }
    gv_progress_end(options->progress);
    if (status == GV_OK)
        status = compare_rest(compare, err);
    if (compare->differences > 1)
        qsort(compare->difference, compare->differences, sizeof *compare->difference, by_place);
    return status;
}

void gv_compare_differences_free(gv_compare *compare)
{
    for (size_t i = 0; i < compare->differences; i++)
        gv_mem_free(compare->difference[i].by_pair);
    gv_mem_free(compare->difference);
}
