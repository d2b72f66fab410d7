#include "pipeline/sweep/gv_sweep_plan.h"

#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "base/gv_text.h"
#include "pipeline/gv_pipeline_keep.h"
#include "pipeline/sweep/gv_sweep_name.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *gv_sweep_plan_name(const gv_sweep_plan *plan, const gv_sweep_plan_run *run)
{
    return plan->file.runs[run->entry].dir;
}

size_t gv_sweep_plan_sharing(const gv_sweep_plan *plan, const gv_sweep_plan_run *run, size_t stage)
{
    size_t sharing = 0;
    for (size_t i = 0; i < plan->n && run->share[stage]; i++)
        sharing += plan->runs[i].share[stage] == run->share[stage];
    return sharing;
}

int gv_sweep_plan_is_complete(bool *complete, const gv_sweep_plan *plan,
                              const gv_sweep_plan_run *run, gv_error *err)
{
    gv_program_call of_run = *plan->call;
    of_run.run_dir = run->path;
    of_run.config = run->config;
    return gv_pipeline_keep_is_trained(complete, &of_run, err);
}

/* --- runs ------------------------------------------------------------------------------------- */

/* The run with `sets` of its own: its config. */
static int load_run(gv_sweep_plan_run *run, const gv_sweep_plan *plan, const gv_strings *sets,
                    gv_error *err)
{
    gv_strings lasting = {0};
    int status = gv_strings_add_all(&run->sets, &plan->call->sets, err);
    if (status == GV_OK)
        status = gv_strings_add_all(&run->sets, sets, err);
    if (status == GV_OK)
        status = gv_config_lasting_sets(&lasting, &run->sets, err);
    if (status == GV_OK)
        status = gv_config_load(&run->config, plan->call->config_path, &lasting, "default", err);
    gv_strings_free(&lasting);
    if (status == GV_OK)
        status = gv_config_shares_settings(&run->settings, run->config, err);
    return status == GV_OK ? gv_config_shares_find(run->share, run->config, err) : status;
}

static int place_run(gv_sweep_plan *plan, gv_sweep_plan_run *run, size_t entry, gv_error *err)
{
    run->entry = entry;
    run->path = gv_file_path_join(plan->dir, plan->file.runs[entry].dir, err);
    return run->path ? GV_OK : GV_E_MEMORY;
}

static void clear_run(gv_sweep_plan_run *run)
{
    gv_mem_free(run->path);
    gv_strings_free(&run->sets);
    gv_config_free(run->config);
    *run = (gv_sweep_plan_run){0};
}

/* --- directories ------------------------------------------------------------------------------ */

static bool is_taken(const void *context, const char *name)
{
    const gv_sweep_file *file = context;
    size_t i = 0;
    while (i < file->n && strcasecmp(file->runs[i].dir, name) != 0)
        i++;
    return i < file->n || strcasecmp(name, GV_SWEEP_FILE) == 0;
}

/* An object with the keys of all combinations, for names. */
static int collect_keys(gv_json **all, const gv_grid *grid, gv_error *err)
{
    gv_json_writer w = gv_json_begin();
    for (size_t i = 0; i < grid->n; i++)
        for (const char *key = NULL; (key = gv_json_next_key(grid->combinations[i].set, key));)
            gv_json_set_null(&w, key);
    return gv_json_take(all, &w, err);
}

static int add_entry(gv_sweep_plan *plan, const gv_json *set, const gv_json *all, gv_error *err)
{
    char *name = NULL;
    int status = gv_sweep_name(&name, set, all, is_taken, &plan->file, err);
    if (status == GV_OK)
        status = gv_sweep_file_add(&plan->file, name, set, err);
    plan->added += status == GV_OK;
    gv_mem_free(name);
    return status;
}

/* --- the plan --------------------------------------------------------------------------------- */

/* Has an earlier run of the plan the same settings? */
static bool is_repeated(const gv_sweep_plan *plan, const gv_sweep_plan_run *run)
{
    size_t i = 0;
    while (i < plan->n && plan->runs[i].settings != run->settings)
        i++;
    return i < plan->n;
}

/* What `set` sets, as for --set. */
static int write_sets(gv_strings *sets, const gv_json *set, gv_error *err)
{
    int status = GV_OK;
    for (const char *key = NULL; (key = gv_json_next_key(set, key)) && status == GV_OK;) {
        char *text = NULL, *pair = NULL;
        gv_json_writer w = gv_json_begin();
        gv_json_set_value(&w, "v", gv_json_get(set, key));
        status = gv_json_write(&text, &w, GV_JSON_COMPACT, 15, err);
        if (status == GV_OK) /* {"v":VALUE} */
            pair = gv_mem_format(err, "%s=%.*s", key, (int)strlen(text) - 6, text + 5);
        if (status == GV_OK)
            status = pair ? gv_strings_add(sets, pair, err) : GV_E_MEMORY;
        gv_mem_free(pair);
        gv_mem_free(text);
    }
    return status;
}

/* The run of an entry; one that this version cannot load has no config. */
static int load_entry(gv_sweep_plan_run *run, const gv_sweep_plan *plan, size_t entry,
                      gv_error *err)
{
    gv_strings sets = {0};
    gv_error why = GV_ERROR_INIT;
    int status = write_sets(&sets, plan->file.runs[entry].set, err);
    if (status == GV_OK && load_run(run, plan, &sets, &why) != GV_OK) {
        clear_run(run);
        if (why.code == GV_E_MEMORY)
            status = gv_error_set(err, GV_E_MEMORY, "%s", why.text);
    }
    gv_strings_free(&sets);
    return status;
}

/* The settings of all entries; 0: not known. */
static int hash_entries(uint64_t *settings, const gv_sweep_plan *plan, gv_error *err)
{
    int status = GV_OK;
    for (size_t i = 0; i < plan->file.n && status == GV_OK; i++) {
        gv_sweep_plan_run run = {0};
        status = load_entry(&run, plan, i, err);
        settings[i] = run.settings;
        clear_run(&run);
    }
    return status;
}

static void put_all(gv_json_writer *w, const gv_json *set)
{
    for (const char *key = NULL; (key = gv_json_next_key(set, key));)
        gv_json_set_value(w, key, gv_json_get(set, key));
}

/* A combination with the settings of the entry may set other keys, to what they are without it:
 * the entry says so, too, from now on. */
static int join_sets(gv_sweep_file_run *entry, const gv_json *set, gv_error *err)
{
    gv_json *both = NULL;
    gv_json_writer w = gv_json_begin();
    put_all(&w, entry->set);
    put_all(&w, set);
    int status = gv_json_take(&both, &w, err);
    if (status == GV_OK) {
        gv_json_free(entry->set);
        entry->set = both;
    }
    return status;
}

/* `known` has the settings of the `n` entries that were there before. */
typedef struct entries {
    const uint64_t *known;
    size_t n;
} entries;

static int add_run(gv_sweep_plan *plan, const gv_grid_combination *combination, entries before,
                   const gv_json *all, gv_error *err)
{
    gv_sweep_plan_run *run = &plan->runs[plan->n];
    size_t entry = 0;
    int status = load_run(run, plan, &combination->sets, err);
    if (status != GV_OK || is_repeated(plan, run)) {
        plan->merged += status == GV_OK;
        clear_run(run);
        return status;
    }
    while (entry < before.n && before.known[entry] != run->settings)
        entry++;
    if (entry < before.n) {
        status = join_sets(&plan->file.runs[entry], combination->set, err);
    } else {
        entry = plan->file.n;
        status = add_entry(plan, combination->set, all, err);
    }
    if (status == GV_OK)
        status = place_run(plan, run, entry, err);
    if (status == GV_OK)
        plan->all = ++plan->n;
    else
        clear_run(run);
    return status;
}

/* An entry of sweep.json that is not in the grid any more. */
static int add_extra(gv_sweep_plan *plan, size_t entry, gv_error *err)
{
    gv_sweep_plan_run *run = &plan->runs[plan->all];
    int status = load_entry(run, plan, entry, err);
    if (status != GV_OK || !run->config)
        return status;
    run->is_extra = true;
    status = place_run(plan, run, entry, err);
    if (status == GV_OK)
        plan->all++;
    else
        clear_run(run);
    return status;
}

static int add_extras(gv_sweep_plan *plan, size_t known, gv_error *err)
{
    int status = GV_OK;
    bool *used = gv_mem_alloc_zero(plan->file.n, sizeof *used, err);
    if (!used)
        return GV_E_MEMORY;
    for (size_t i = 0; i < plan->n; i++)
        used[plan->runs[i].entry] = true;
    for (size_t entry = 0; entry < known && status == GV_OK; entry++)
        if (!used[entry])
            status = add_extra(plan, entry, err);
    gv_mem_free(used);
    return status;
}

int gv_sweep_plan_make(gv_sweep_plan *plan, const gv_program_call *call, const char *dir,
                       const gv_grid *grid, gv_error *err)
{
    gv_json *all = NULL;
    *plan = (gv_sweep_plan){.call = call, .merged = grid->merged};
    int status = collect_keys(&all, grid, err);
    if (status == GV_OK)
        status = gv_grid_check_sets(grid, &call->sets, err);
    if (status == GV_OK)
        status = (plan->dir = gv_mem_strdup(dir, err)) ? GV_OK : GV_E_MEMORY;
    if (status == GV_OK)
        status = gv_sweep_file_read(&plan->file, dir, err);
    const size_t known = plan->file.n;
    uint64_t *settings = NULL;
    if (status == GV_OK)
        settings = gv_mem_alloc_zero(known, sizeof *settings, err);
    if (status == GV_OK)
        status = settings ? hash_entries(settings, plan, err) : GV_E_MEMORY;
    if (status == GV_OK)
        plan->runs = gv_mem_alloc_zero(grid->n + known, sizeof *plan->runs, err);
    if (status == GV_OK && !plan->runs)
        status = GV_E_MEMORY;
    for (size_t i = 0; i < grid->n && status == GV_OK; i++)
        status = add_run(plan, &grid->combinations[i], (entries){settings, known}, all, err);
    if (status == GV_OK)
        status = add_extras(plan, known, err);
    gv_mem_free(settings);
    gv_json_free(all);
    return status;
}

void gv_sweep_plan_clear(gv_sweep_plan *plan)
{
    for (size_t i = 0; i < plan->all || i < plan->n; i++)
        clear_run(&plan->runs[i]);
    gv_mem_free(plan->runs);
    gv_mem_free(plan->dir);
    gv_sweep_file_clear(&plan->file);
    *plan = (gv_sweep_plan){0};
}
