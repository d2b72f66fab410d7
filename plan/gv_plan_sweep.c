#include "plan/gv_plan_sweep.h"

#include "app/gv_child.h"
#include "base/gv_amount.h"
#include "base/gv_disk.h"
#include "base/gv_mem.h"
#include "config/gv_config_part.h"
#include "config/gv_config_shares.h"
#include "config/gv_grid.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_JOBS = GV_CHILD_MOST, SHARED = GV_CONFIG_SHARES_STAGES };

/* A run of the sweep. */
typedef struct run {
    const gv_grid_combination *combination; /* borrowed */
    gv_config *config;                      /* with a job's part of the machine */
    uint64_t share[SHARED], settings;
    uint64_t cost;      /* equal numbers: the runs differ only in their seeds */
    bool first[SHARED]; /* of those that share the stage: it does it */
    gv_plan plan;
} run;

typedef struct sweep {
    const gv_plan_sweep_options *options;
    gv_plan_sweep *out;
    gv_grid grid;
    char *dir;
    size_t n;
    run *runs;                    /* [grid.n] */
    size_t times[GV_PLAN_STAGES]; /* that each stage is done */
} sweep;

/* --- runs ------------------------------------------------------------------------------------- */

/* The config of a combination, for a job with `part` of the machine. */
static int load(gv_config **config, const sweep *s, const gv_grid_combination *combination,
                double part, gv_error *err)
{
    const gv_program_call *call = s->options->call;
    gv_config_part machine;
    gv_strings sets = {0};
    int status = gv_strings_add_all(&sets, &call->sets, err);
    if (status == GV_OK)
        status = gv_strings_add_all(&sets, &combination->sets, err);
    gv_config_part_measure(&machine, call->config);
    if (status == GV_OK && part < 1)
        status = gv_config_part_sets(&sets, &machine, part, err);
    if (status == GV_OK)
        status = gv_config_load(config, call->config_path, &sets, "default", err);
    gv_strings_free(&sets);
    return status;
}

/* A number for all settings but the seeds. */
static int find_cost(uint64_t *cost, const sweep *s, const gv_grid_combination *combination,
                     gv_error *err)
{
    gv_grid_combination without = {0};
    gv_config *config = NULL;
    int status = GV_OK;
    for (size_t i = 0; i < combination->sets.n && status == GV_OK; i++) {
        const char *set = combination->sets.items[i];
        char *key = gv_mem_strndup(set, strcspn(set, "="), err);
        if (!key)
            status = GV_E_MEMORY;
        else if (!gv_config_groups_is_seed(key))
            status = gv_strings_add(&without.sets, set, err);
        gv_mem_free(key);
    }
    if (status == GV_OK)
        status = load(&config, s, &without, 1, err);
    if (status == GV_OK)
        status = gv_config_shares_settings(cost, config, err);
    gv_config_free(config);
    gv_strings_free(&without.sets);
    return status;
}

static int add_run(sweep *s, const gv_grid_combination *combination, gv_error *err)
{
    run *r = &s->runs[s->n];
    r->combination = combination;
    int status = load(&r->config, s, combination, 1, err);
    if (status == GV_OK)
        status = gv_config_shares_settings(&r->settings, r->config, err);
    if (status == GV_OK)
        status = gv_config_shares_find(r->share, r->config, err);
    if (status == GV_OK)
        status = find_cost(&r->cost, s, combination, err);
    s->n++;
    for (size_t i = 0; i + 1 < s->n && status == GV_OK; i++)
        if (s->runs[i].settings == r->settings) {
            gv_config_free(r->config);
            *r = (run){0};
            s->n--;
            s->out->merged++;
            break;
        }
    return status;
}

static int find_runs(sweep *s, gv_error *err)
{
    const gv_plan_sweep_options *options = s->options;
    int status = GV_OK;
    if (options->lists.n > 0)
        status = gv_grid_add_file(&s->grid, options->lists.items[0], err);
    for (size_t i = 0; i < options->grids.n && status == GV_OK; i++)
        status = gv_grid_add(&s->grid, options->grids.items[i], err);
    if (status == GV_OK)
        status = gv_grid_combine(&s->grid, err);
    if (status == GV_OK)
        status = gv_grid_check_sets(&s->grid, &options->call->sets, err);
    if (status == GV_OK && !(s->runs = gv_mem_alloc_zero(s->grid.n, sizeof *s->runs, err)))
        status = GV_E_MEMORY;
    s->out->merged = s->grid.merged;
    for (size_t i = 0; i < s->grid.n && status == GV_OK; i++)
        status = add_run(s, &s->grid.combinations[i], err);
    s->out->runs = s->n;
    return status;
}

/* --- their plans ------------------------------------------------------------------------------ */

/* Do runs i and j share stage `k`? */
static bool same_share(const sweep *s, size_t i, size_t j, size_t k)
{
    return s->runs[i].share[k] && s->runs[i].share[k] == s->runs[j].share[k];
}

static void find_first(sweep *s)
{
    for (size_t k = 0; k < SHARED; k++)
        for (size_t i = 0; i < s->n; i++) {
            size_t j = 0;
            while (j < i && !same_share(s, i, j, k))
                j++;
            s->runs[i].first[k] = j == i && s->runs[i].share[k] != 0;
            s->times[k] += s->runs[i].first[k];
        }
    s->times[GV_PLAN_TRAIN] = s->n;
}

static double part_of(const sweep *s, size_t stage)
{
    const size_t times = s->times[stage], jobs = s->out->jobs;
    return times == 0 ? 1 : 1 / (double)(times < jobs ? times : jobs);
}

/* The plan of an earlier run with the same costs, or NULL. */
static const gv_plan *same_cost(const sweep *s, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (s->runs[j].cost == s->runs[i].cost && s->runs[j].plan.corpus_bytes > 0)
            return &s->runs[j].plan;
    return NULL;
}

/* Plan run `i`: each of its stages with the part of the machine that its job has. */
static int plan_run(sweep *s, size_t i, const gv_plan_estimate *estimate, gv_error *err)
{
    run *r = &s->runs[i];
    const gv_plan *same = same_cost(s, i);
    int status = GV_OK;
    if (same) {
        r->plan = *same;
        return GV_OK;
    }
    for (size_t stage = 0; stage < GV_PLAN_STAGES && status == GV_OK; stage++) {
        gv_config *config = NULL;
        gv_plan plan;
        if (stage > 0 && part_of(s, stage) >= part_of(s, stage - 1) &&
            part_of(s, stage) <= part_of(s, stage - 1))
            continue; /* as for the stage before */
        status = load(&config, s, r->combination, part_of(s, stage), err);
        if (status == GV_OK)
            status = gv_plan_make_from(&plan, estimate, config, s->dir, err);
        gv_config_free(config);
        if (status != GV_OK)
            break;
        if (stage == 0)
            r->plan = plan;
        memcpy(r->plan.stage + stage, plan.stage + stage,
               (GV_PLAN_STAGES - stage) * sizeof *plan.stage);
    }
    return status;
}

/* Read the corpus once for all runs that count it in the same way. */
static int plan_runs(sweep *s, gv_error *err)
{
    int status = GV_OK;
    find_first(s);
    for (size_t i = 0; i < s->n && status == GV_OK; i++) {
        gv_plan_estimate *estimate = NULL;
        if (s->runs[i].plan.corpus_bytes > 0)
            continue;
        status = gv_plan_estimate_make(&estimate, s->runs[i].config, s->options->share, err);
        for (size_t j = i; j < s->n && status == GV_OK; j++)
            if (same_share(s, i, j, 0) && s->runs[i].share[1] == s->runs[j].share[1])
                status = plan_run(s, j, estimate, err);
        gv_plan_estimate_free(estimate);
    }
    return status;
}

/* --- all together ----------------------------------------------------------------------------- */

static int descending(const void *x, const void *y)
{
    const double a = *(const double *)x, b = *(const double *)y;
    return (a < b) - (a > b);
}

/* The sum of the largest `jobs` of `n` numbers. */
static double largest(double *numbers, size_t n, size_t jobs)
{
    double sum = 0;
    qsort(numbers, n, sizeof *numbers, descending);
    for (size_t i = 0; i < n && i < jobs; i++)
        sum += numbers[i];
    return sum;
}

/* When all are done, if each in turn begins as soon as one of the jobs is free. */
static double finish(const double *seconds, size_t n, size_t jobs)
{
    double busy[MOST_JOBS] = {0}, last = 0;
    for (size_t i = 0; i < n; i++) {
        size_t next = 0;
        for (size_t k = 1; k < jobs; k++)
            next = busy[k] < busy[next] ? k : next;
        busy[next] += seconds[i];
        last = fmax(last, busy[next]);
    }
    return last;
}

static double file_bytes(const gv_plan *plan, const char *name)
{
    for (uint32_t f = 0; f < plan->files; f++)
        if (strcmp(plan->file[f].name, name) == 0)
            return plan->file[f].bytes;
    return 0;
}

/* A stage of all runs; `numbers` has room for all. */
static void add_up(sweep *s, size_t stage, double *numbers)
{
    gv_plan_sweep_stage *sum = &s->out->stage[stage];
    double *wall = numbers, *memory = wall + s->n, *temp = memory + s->n;
    for (size_t i = 0; i < s->n; i++) {
        const gv_plan_stage *of = &s->runs[i].plan.stage[stage];
        if (stage < SHARED && !s->runs[i].first[stage])
            continue;
        wall[sum->times] = of->wall_s;
        memory[sum->times] = of->memory;
        temp[sum->times++] = of->temp;
        sum->cpu_s += of->cpu_s;
        sum->disk += of->disk;
    }
    sum->wall_s = finish(wall, sum->times, s->out->jobs);
    sum->memory = largest(memory, sum->times, s->out->jobs);
    sum->temp = largest(temp, sum->times, s->out->jobs);
    s->out->cpu_s += sum->cpu_s;
    s->out->wall_s += sum->wall_s;
    s->out->memory_peak = fmax(s->out->memory_peak, sum->memory);
}

static int add_all(sweep *s, gv_error *err)
{
    gv_plan_sweep *out = s->out;
    const bool one_disk = s->runs[0].plan.one_disk;
    double *numbers = gv_mem_alloc(3 * s->n, sizeof *numbers, err), lying = 0;
    if (!numbers)
        return GV_E_MEMORY;
    for (size_t stage = 0; stage < GV_PLAN_STAGES; stage++) {
        add_up(s, stage, numbers);
        lying += out->stage[stage].disk;
        out->disk_peak = fmax(out->disk_peak, lying + (one_disk ? out->stage[stage].temp : 0));
    }
    /* a checkpoint is written beside the one before */
    for (size_t i = 0; i < s->n; i++)
        numbers[i] = file_bytes(&s->runs[i].plan, "model.ckpt");
    out->disk_peak = fmax(out->disk_peak, lying + largest(numbers, s->n, out->jobs));
    gv_mem_free(numbers);
    return GV_OK;
}

static int group(sweep *s, gv_error *err)
{
    const gv_strings none = {0};
    gv_plan_sweep *out = s->out;
    const gv_config **configs = gv_mem_alloc(s->n, sizeof(gv_config *), err);
    if (!configs)
        return GV_E_MEMORY;
    for (size_t i = 0; i < s->n; i++)
        configs[i] = s->runs[i].config;
    int status = gv_config_groups_make(&out->groups, configs, s->n, &none, err);
    gv_mem_free(configs);
    if (status == GV_OK &&
        !(out->setting = gv_mem_alloc_zero(out->groups->n, sizeof *out->setting, err)))
        status = GV_E_MEMORY;
    for (size_t i = 0; i < s->n && status == GV_OK; i++) {
        gv_plan_sweep_setting *of = &out->setting[out->groups->of[i]];
        if (of->runs++ == 0)
            of->train = s->runs[i].plan.stage[GV_PLAN_TRAIN];
    }
    return status;
}

/* --- does it fit? ----------------------------------------------------------------------------- */

static void check(sweep *s)
{
    gv_plan_sweep *out = s->out;
    char need[GV_AMOUNT_TEXT], have[GV_AMOUNT_TEXT];
    for (size_t i = 0; i < s->n && !out->misfit[0]; i++)
        if (s->runs[i].plan.misfit[0])
            snprintf(out->misfit, sizeof out->misfit, "%.300s%s%.1200s",
                     out->groups->group[out->groups->of[i]].label,
                     out->groups->group[out->groups->of[i]].label[0] ? ": " : "",
                     s->runs[i].plan.misfit);
    if (!out->misfit[0] && out->jobs > 1 && out->memory_peak > out->memory_available)
        snprintf(out->misfit, sizeof out->misfit,
                 "%u jobs would need about %s of memory together, but %s are available: lower "
                 "--jobs",
                 out->jobs, gv_amount_bytes(need, out->memory_peak),
                 gv_amount_bytes(have, out->memory_available));
    if (!out->misfit[0] && out->disk_peak > out->disk_free)
        snprintf(out->misfit, sizeof out->misfit,
                 "the sweep would need about %s of disk, but %s are free at %.800s: free some "
                 "space, choose another disk with --run-dir, or start glove-sweep with --keep "
                 "vectors",
                 gv_amount_bytes(need, out->disk_peak), gv_amount_bytes(have, out->disk_free),
                 s->dir);
}

static int look_at_machine(sweep *s, gv_error *err)
{
    gv_disk disk;
    int status = gv_disk_look(&disk, s->dir, err);
    s->out->disk_free = disk.free;
    s->out->memory_available = s->runs[0].plan.memory_available;
    return status;
}

/* --- the interface ---------------------------------------------------------------------------- */

static int parse_options(sweep *s, gv_error *err)
{
    const gv_plan_sweep_options *options = s->options;
    char *end = NULL;
    const long jobs = options->jobs ? strtol(options->jobs, &end, 10) : 1;
    if (options->jobs && (end == options->jobs || *end || jobs < 1 || jobs > MOST_JOBS))
        return gv_error_set(err, GV_E_USAGE, "--jobs must be a whole number from 1 to %d, not %s",
                            MOST_JOBS, options->jobs);
    if (options->lists.n > 1)
        return gv_error_set(err, GV_E_USAGE, "--runs: one file lists all runs; %zu are given",
                            options->lists.n);
    if (!options->call->config_path)
        return gv_error_set(err, GV_E_USAGE,
                            "which config? glove-plan --config FILE --grid "
                            "KEY=VALUE,VALUE,..");
    s->out->jobs = (unsigned)jobs;
    s->dir = options->call->run_dir_given
                 ? gv_mem_strdup(options->call->run_dir, err)
                 : gv_mem_format(err, "runs/%s.sweep", options->call->config->name);
    return s->dir ? GV_OK : GV_E_MEMORY;
}

int gv_plan_sweep_make(gv_plan_sweep **plan, const gv_plan_sweep_options *options, gv_error *err)
{
    sweep s = {.options = options, .out = gv_mem_alloc_zero(1, sizeof(gv_plan_sweep), err)};
    *plan = NULL;
    int status = s.out ? parse_options(&s, err) : GV_E_MEMORY;
    if (status == GV_OK)
        status = find_runs(&s, err);
    if (status == GV_OK)
        status = plan_runs(&s, err);
    if (status == GV_OK)
        status = group(&s, err);
    if (status == GV_OK)
        status = add_all(&s, err);
    if (status == GV_OK)
        status = look_at_machine(&s, err);
    if (status == GV_OK)
        check(&s);
    for (size_t i = 0; i < s.n; i++)
        gv_config_free(s.runs[i].config);
    gv_mem_free(s.runs);
    gv_mem_free(s.dir);
    gv_grid_clear(&s.grid);
    if (status == GV_OK)
        *plan = s.out;
    else
        gv_plan_sweep_free(s.out);
    return status;
}

void gv_plan_sweep_free(gv_plan_sweep *plan)
{
    if (!plan)
        return;
    gv_config_groups_free(plan->groups);
    gv_mem_free(plan->setting);
    gv_mem_free(plan);
}
