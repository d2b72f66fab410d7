#include "app/gv_stability_found.h"

#include "app/gv_run_guard.h"
#include "app/gv_stamp.h"
#include "app/gv_sweep_file.h"
#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "config/gv_run_names.h"
#include "vectors/gv_words.h"
#include <string.h>

/* The config of the run in `dir`. */
static int load_config(gv_config **config, const char *dir, gv_error *err)
{
    gv_file_stat look = {0};
    char *path = gv_file_path_join(dir, GV_FILE_CONFIG, err);
    int status = path ? gv_file_look(&look, path, err) : GV_E_MEMORY;
    if (status == GV_OK && !look.exists)
        status = gv_error_set(err, GV_E_USAGE,
                              "%s is no run directory, as it has no " GV_FILE_CONFIG
                              "; name run directories, a sweep, or files of vectors",
                              dir);
    if (status == GV_OK)
        status = gv_config_load_resolved(config, path, &(gv_strings){0}, "default", err);
    gv_mem_free(path);
    return status;
}

/* config.json has the settings of the last start, which need not be those of the vectors. */
static int check_made_with(const char *dir, const gv_config *config, gv_error *err)
{
    gv_json *stamp = NULL;
    gv_config_difference d = {0};
    gv_error ignored = GV_ERROR_INIT;
    int status = gv_stamp_read(&stamp, dir, GV_STAGE_TRAIN, err);
    const char *recipe = gv_json_text(gv_json_get(stamp, "recipe"));
    const unsigned stages = gv_config_train_stages(config) | GV_STAGE_EPOCHS | GV_STAGE_OUTPUT;
    if (status == GV_OK && recipe &&
        gv_config_compare(&d, recipe, stages, config, &ignored) == GV_OK && d.key &&
        strcmp(d.key, "output.formats") != 0)
        status = gv_error_set(err, GV_E_USAGE,
                              "the vectors of %s were made with %s = %s, but its " GV_FILE_CONFIG
                              " says %s; run glove-train --run-dir %s",
                              dir, d.key, d.found, d.wanted, dir);
    gv_json_free(stamp);
    return status;
}

static int find_vectors(char **path, const char *dir, const gv_config *config, gv_error *err)
{
    gv_error inner = GV_ERROR_INIT;
    int status = gv_words_find_file(path, NULL, config, dir, &inner);
    if (status == GV_E_USAGE)
        return gv_error_set(err, status,
                            "%s has no vectors that can be read with their words; run glove-train "
                            "--run-dir %s (output.formats \"text\" or another but npy), or leave "
                            "it out",
                            dir, dir);
    return status == GV_OK ? GV_OK : gv_error_set(err, status, "%s", inner.text);
}

static int describe_run(gv_stability_found_run *run, const char *dir, gv_error *err)
{
    int status = gv_run_guard_check(dir, err);
    if (status == GV_OK && (!(run->name = gv_mem_strdup(dir, err)) ||
                            !(run->vocab = gv_file_path_join(dir, GV_FILE_VOCAB, err))))
        status = GV_E_MEMORY;
    if (status == GV_OK)
        status = load_config(&run->config, dir, err);
    if (status == GV_OK)
        status = find_vectors(&run->vectors, dir, run->config, err);
    return status == GV_OK ? check_made_with(dir, run->config, err) : status;
}

static int describe_file(gv_stability_found_run *run, const char *path, gv_error *err)
{
    run->name = gv_mem_strdup(path, err);
    run->vectors = run->name ? gv_mem_strdup(path, err) : NULL;
    return run->vectors ? GV_OK : GV_E_MEMORY;
}

/* The next free entry, counted already, so that it is cleared after an error. */
static int next_run(gv_stability_found_run **run, gv_stability_found *found, gv_error *err)
{
    int status =
        gv_mem_reserve(&found->run, &found->capacity, found->n + 1, sizeof *found->run, err);
    if (status != GV_OK)
        return status;
    *run = &found->run[found->n++];
    **run = (gv_stability_found_run){0};
    return GV_OK;
}

static int add_run(gv_stability_found *found, const char *dir, gv_error *err)
{
    gv_stability_found_run *run;
    int status = next_run(&run, found, err);
    return status == GV_OK ? describe_run(run, dir, err) : status;
}

/* The runs of the sweep in `dir` that are done. */
static int add_sweep(gv_stability_found *found, const char *dir, gv_progress *progress,
                     gv_error *err)
{
    gv_sweep_file sweep = {0};
    size_t done = 0;
    int status = gv_sweep_file_read(&sweep, dir, err);
    for (size_t i = 0; i < sweep.n && status == GV_OK; i++) {
        if (sweep.runs[i].state != GV_SWEEP_FILE_DONE)
            continue;
        char *path = gv_file_path_join(dir, sweep.runs[i].dir, err);
        status = path ? add_run(found, path, err) : GV_E_MEMORY;
        gv_mem_free(path);
        done++;
    }
    if (status == GV_OK && done == 0)
        status = gv_error_set(err, GV_E_USAGE,
                              "no run of the sweep %s is done; go on with it by glove-sweep", dir);
    if (status == GV_OK && done < sweep.n)
        gv_progress_note(progress, "%zu of the %zu runs of %s are left out: they are not done",
                         sweep.n - done, sweep.n, dir);
    gv_sweep_file_clear(&sweep);
    return status;
}

int gv_stability_found_add(gv_stability_found *found, const char *operand, gv_progress *progress,
                           gv_error *err)
{
    gv_stability_found_run *run;
    gv_file_stat look;
    bool sweep = false;
    int status = gv_file_look(&look, operand, err);
    if (status == GV_OK && !look.exists)
        status = gv_error_set(err, GV_E_USAGE, "%s does not exist", operand);
    if (status == GV_OK && !look.regular)
        status = gv_sweep_file_is_there(&sweep, operand, err);
    if (status != GV_OK)
        return status;
    if (sweep)
        return add_sweep(found, operand, progress, err);
    if (!look.regular)
        return add_run(found, operand, err);
    status = next_run(&run, found, err);
    return status == GV_OK ? describe_file(run, operand, err) : status;
}

void gv_stability_found_clear(gv_stability_found *found)
{
    for (size_t i = 0; i < found->n; i++) {
        gv_mem_free(found->run[i].name);
        gv_mem_free(found->run[i].vectors);
        gv_mem_free(found->run[i].vocab);
        gv_config_free(found->run[i].config);
    }
    gv_mem_free(found->run);
    *found = (gv_stability_found){0};
}
