/* gv_compare_settings - which settings are better, and in which order they are shown. */
#include "report/compare/gv_compare_metrics.h"
#include "report/compare/gv_compare_settings.h"

#include "base/gv_mem.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

bool gv_compare_settings_share_loss(const gv_compare *compare, size_t a, size_t b)
{
    static const char *const harmless[] = {
        "train.dim",         "train.epochs",       "train.eta",      "train.bias_eta",
        "train.grad_clip",   "train.optimizer",    "train.schedule", "train.step_decay",
        "train.init",        "train.init_context", "train.retrofit", "train.freeze",
        "train.weight_decay"};
    for (size_t k = 0; k < compare->keys.n; k++) {
        const char *key = compare->keys.items[k];
        bool matters = strncmp(key, "output.", 7) != 0 && strncmp(key, "subword.", 8) != 0 &&
                       strncmp(key, "eval.", 5) != 0;
        for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++)
            matters = matters && strcmp(key, harmless[i]) != 0;
        const gv_json *x = gv_json_get(compare->setting[a].set, key);
        const gv_json *y = gv_json_get(compare->setting[b].set, key);
        if (matters && (!x || !y ? x != y : !gv_json_equal(x, y)))
            return false;
    }
    return true;
}

bool gv_compare_settings_is_best(const gv_compare *compare, size_t setting, size_t metric)
{
    const int better = compare->metric[metric].better;
    const double own = compare->setting[setting].summary[metric].mean;
    const bool loss = compare->metric[metric].kind == GV_COMPARE_LOSS;
    bool others = false;
    for (size_t i = 0; i < compare->shown_n; i++) {
        const size_t s = compare->shown[i];
        const gv_compare_summary *summary = &compare->setting[s].summary[metric];
        if (s == setting || summary->n == 0)
            continue;
        if ((summary->mean - own) * better > 0.0 ||
            (loss && !gv_compare_settings_share_loss(compare, s, setting)))
            return false;
        others = true;
    }
    return others && better != 0 && isfinite(own);
}

/* --- order and choice ------------------------------------------------------------------------- */

/* The better one first, those without a value last. */
static int by_merit(const void *x, const void *y, void *context)
{
    const gv_compare *compare = context;
    const size_t a = *(const size_t *)x, b = *(const size_t *)y, m = compare->sorted_by;
    const double better = compare->metric[m].better < 0 ? -1.0 : 1.0;
    const double p = better * compare->setting[a].summary[m].mean;
    const double q = better * compare->setting[b].summary[m].mean;
    if (isnan(p) || isnan(q))
        return isnan(p) != isnan(q) ? (isnan(p) ? 1 : -1) : (a > b) - (a < b);
    const int order = (p < q) - (p > q);
    return order ? order : (a > b) - (a < b);
}

/* The measure that settings are ordered by if the user says only how many: the first score, or the
 * loss. */
static size_t first_score(const gv_compare *compare)
{
    for (size_t m = 0; m < compare->metrics; m++)
        if (compare->metric[m].kind >= GV_COMPARE_ANALOGIES &&
            compare->metric[m].kind <= GV_COMPARE_OUTLIERS)
            return m;
    return 0;
}

/* --best N or --best METRIC: how many settings, and by what. */
static int read_best(size_t *most, gv_compare *compare, const gv_compare_options *options,
                     gv_error *err)
{
    const char *best = options->best;
    char *end;
    const unsigned long n = strtoul(best, &end, 10);
    if (isdigit((unsigned char)*best) && *end == '\0') {
        if (n == 0)
            return gv_error_set(err, GV_E_USAGE, "--best 0: no setting would be left");
        *most = n < compare->settings ? (size_t)n : compare->settings;
        if (compare->sorted_by == SIZE_MAX)
            compare->sorted_by = first_score(compare);
        return GV_OK;
    }
    if (options->sort)
        return gv_error_set(err, GV_E_USAGE,
                            "--best %s beside --sort %s: give --best a number of settings", best,
                            options->sort);
    *most = 1;
    return gv_compare_metrics_choose(&compare->sorted_by, compare, "--best", best, err);
}

int gv_compare_settings_choose(gv_compare *compare, const gv_compare_options *options,
                               gv_error *err)
{
    size_t most = compare->settings;
    int status = GV_OK;
    compare->sorted_by = SIZE_MAX;
    compare->shown = gv_mem_alloc(compare->settings, sizeof *compare->shown, err);
    if (!compare->shown)
        return GV_E_MEMORY;
    for (size_t s = 0; s < compare->settings; s++)
        compare->shown[s] = s;
    if (options->sort)
        status =
            gv_compare_metrics_choose(&compare->sorted_by, compare, "--sort", options->sort, err);
    if (status == GV_OK && options->best)
        status = read_best(&most, compare, options, err);
    if (status == GV_OK && compare->sorted_by != SIZE_MAX && compare->metrics > 0)
        qsort_r(compare->shown, compare->settings, sizeof *compare->shown, by_merit, compare);
    compare->shown_n = most;
    return status;
}
