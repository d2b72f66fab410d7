#include "report/compare/gv_compare.h"

#include "base/gv_mem.h"
#include "report/compare/gv_compare_base.h"
#include "report/compare/gv_compare_differences.h"
#include "report/compare/gv_compare_find.h"
#include "report/compare/gv_compare_items.h"
#include "report/compare/gv_compare_metrics.h"
#include "report/compare/gv_compare_read.h"
#include "report/compare/gv_compare_settings.h"
#include "report/gv_report_sections.h"
#include <stdio.h>
#include <string.h>

/* --- notes ------------------------------------------------------------------------------------ */

static int note(gv_compare *compare, const char *text, gv_error *err)
{
    return gv_strings_add(&compare->notes, text, err);
}

static bool all_losses_compare(const gv_compare *compare)
{
    for (size_t s = 1; s < compare->settings; s++)
        if (!gv_compare_settings_share_loss(compare, 0, s))
            return false;
    return true;
}

static bool any_left_out(const gv_compare *compare)
{
    for (size_t i = 0; i < compare->differences; i++)
        if (compare->difference[i].left_out > 0 && compare->difference[i].items > 0)
            return true;
    return false;
}

static int note_resumed(gv_compare *compare, gv_error *err)
{
    char text[256];
    size_t n = 0;
    for (size_t i = 0; i < compare->n; i++)
        n += compare->run[i].setting != SIZE_MAX && compare->run[i].records.resumes > 0;
    if (n == 0)
        return GV_OK;
    snprintf(text, sizeof text,
             "The training of %zu run%s was resumed after a stop. The time of such a run is left "
             "out: what the stopped process took is not recorded.",
             n, n == 1 ? "" : "s");
    return note(compare, text, err);
}

static int write_notes(gv_compare *compare, gv_error *err)
{
    size_t single = 0;
    int status = GV_OK;
    for (size_t s = 0; s < compare->settings; s++)
        single += compare->setting[s].n == 1;
    if (single > 0)
        status = note(compare,
                      single == compare->settings
                          ? "Every setting has one seed only: how much seeds change is unknown, "
                            "and differences may be due to chance."
                          : "Some settings have one seed only: how much seeds change is unknown "
                            "there.",
                      err);
    if (status == GV_OK && !all_losses_compare(compare))
        status = note(compare,
                      "Losses of different objectives, weights, counts or corpora cannot be "
                      "compared.",
                      err);
    if (status == GV_OK && any_left_out(compare))
        status = note(compare,
                      "Runs did not answer the same items, as their vocabularies differ: means are "
                      "over what each run answered, differences over the items that both sides "
                      "answered.",
                      err);
    return status == GV_OK ? note_resumed(compare, err) : status;
}

/* --- all -------------------------------------------------------------------------------------- */

static int read_runs(gv_compare *compare, const gv_compare_options *options, gv_error *err)
{
    int status = GV_OK;
    for (size_t i = 0; i < options->dirs.n && status == GV_OK; i++)
        status = gv_compare_find(compare, options->dirs.items[i], err);
    if (status != GV_OK)
        return status;
    gv_progress_begin(options->progress, "reading", compare->n, "runs");
    for (size_t i = 0; i < compare->n && status == GV_OK; i++) {
        status = gv_compare_read(compare, i, err);
        gv_progress_add(options->progress, 1);
    }
    gv_progress_end(options->progress);
    for (size_t i = 0; i < compare->n; i++)
        if (compare->run[i].trained)
            return status;
    if (status != GV_OK)
        return status;
    const gv_compare_run *first = compare->n > 0 ? &compare->run[0] : NULL;
    return gv_error_set(
        err, GV_E_USAGE, "no run has been trained to its end%s%s%s%s%s%s", first ? "; " : "",
        first ? first->dir : "", first && first->missing ? ": " : "",
        first && first->missing ? first->missing : "", first && first->command ? "; run " : "",
        first && first->command ? first->command : "");
}

static int make(gv_compare *compare, gv_compare_items *items, const gv_compare_options *options,
                gv_error *err)
{
    int status = read_runs(compare, options, err);
    if (status == GV_OK)
        status = gv_compare_metrics_order(compare, err);
    if (status == GV_OK)
        status = gv_compare_settings_make(compare, err);
    if (status == GV_OK)
        status = gv_compare_settings_choose(compare, options, err);
    if (status == GV_OK)
        status = gv_compare_base_find(compare, options->base, err);
    if (status == GV_OK)
        status = gv_compare_items_read(items, compare, err);
    if (status == GV_OK)
        status = gv_compare_differences_find(compare, items, options, err);
    return status == GV_OK ? write_notes(compare, err) : status;
}

int gv_compare_make(gv_compare **compare, const gv_compare_options *options, gv_error *err)
{
    gv_compare_items items = {0};
    *compare = gv_mem_alloc_zero(1, sizeof **compare, err);
    if (!*compare)
        return GV_E_MEMORY;
    int status = make(*compare, &items, options, err);
    gv_compare_items_free(&items);
    if (status != GV_OK) {
        gv_compare_free(*compare);
        *compare = NULL;
    }
    return status;
}

static void free_run(gv_compare_run *run)
{
    run->records.config = NULL; /* it is config_json */
    gv_report_free(&run->records);
    gv_config_free(run->config);
    gv_json_free(run->config_json);
    gv_json_free(run->sweep_set);
    gv_mem_free(run->dir);
    gv_mem_free(run->error);
    gv_mem_free(run->missing);
    gv_mem_free(run->command);
    gv_mem_free(run->seeds);
    gv_mem_free(run->value);
}

void gv_compare_free(gv_compare *compare)
{
    if (!compare)
        return;
    gv_compare_differences_free(compare);
    gv_compare_settings_free(compare);
    gv_compare_metrics_free(compare);
    for (size_t i = 0; i < compare->n; i++)
        free_run(&compare->run[i]);
    gv_mem_free(compare->run);
    gv_strings_free(&compare->keys);
    gv_strings_free(&compare->seed_keys);
    gv_strings_free(&compare->notes);
    gv_mem_free(compare);
}
