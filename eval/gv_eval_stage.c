#include "eval/gv_eval_stage.h"

#include "base/gv_file_writer.h"
#include "base/gv_mem.h"
#include "eval/gv_eval.h"
#include <string.h>

/* Which vectors: those given, else the run's own, which must fit the config. */
static int choose_vectors(char **path, gv_run *run, const char *given, gv_error *err)
{
    const char *name = NULL;
    if (given) {
        *path = gv_mem_strdup(given, err);
        return *path ? GV_OK : GV_E_MEMORY;
    }
    int status = gv_words_find_file(path, &name, run->config, run->dir, err);
    if (status == GV_OK)
        status = gv_run_check_upstream(run, GV_STAGE_TRAIN, name, NULL, err);
    return status;
}

/* Vectors first, then all evaluation files, which have to be there; the array is the caller's, its
 * strings are borrowed. */
static int list_inputs(gv_strings *inputs, char *vectors, const gv_config *config, gv_error *err)
{
    const gv_strings *lists[] = {&config->eval_analogies, &config->eval_similarity};
    static const char *const keys[] = {"eval.analogies", "eval.similarity"};
    size_t room = 1 + lists[0]->n + lists[1]->n;
    inputs->items = gv_mem_alloc(room, sizeof *inputs->items, err);
    if (!inputs->items)
        return GV_E_MEMORY;
    inputs->items[inputs->n++] = vectors;
    int status = GV_OK;
    for (size_t l = 0; l < 2; l++)
        for (size_t i = 0; i < lists[l]->n && status == GV_OK; i++) {
            status = gv_config_check_file(keys[l], lists[l]->items[i], err);
            inputs->items[inputs->n++] = lists[l]->items[i];
        }
    return status;
}

static int write_json(const char *path, const gv_eval_result *result, gv_error *err)
{
    char *json = NULL;
    int status = gv_eval_json(&json, result, err);
    if (status == GV_OK)
        status = gv_file_writer_whole(path, json, strlen(json), err);
    gv_mem_free(json);
    return status;
}

static int evaluate(char **table, gv_run *run, const char *recipe, const gv_strings *inputs,
                    const gv_strings *outputs, gv_error *err)
{
    const gv_config *config = run->config;
    gv_words *words = NULL;
    gv_eval_result *result = NULL;
    const gv_eval_job job = {.analogies = &config->eval_analogies,
                             .similarity = &config->eval_similarity,
                             .threads = gv_config_threads(config->train_threads),
                             .progress = run->progress};
    int status = gv_words_read(&words, inputs->items[0], err);
    if (status == GV_OK && words->vectors->note)
        gv_progress_note(run->progress, "%s: %s", inputs->items[0], words->vectors->note);
    if (status == GV_OK)
        status = gv_eval_run(&result, words, &job, err);
    if (status == GV_OK)
        status = write_json(outputs->items[0], result, err);
    if (status == GV_OK) {
        gv_json_writer scores = gv_eval_scores(result);
        status = gv_run_done(run, recipe, inputs, outputs, &scores, err);
    }
    if (status == GV_OK)
        status = gv_eval_table(table, result, err);
    gv_eval_free(result);
    gv_words_free(words);
    return status;
}

int gv_eval_stage(char **table, gv_run *run, const char *vectors, gv_error *err)
{
    char *path = NULL, *recipe = NULL, *output = NULL;
    gv_strings inputs = {0};
    bool fresh = false;
    *table = NULL;
    if (run->config->eval_analogies.n == 0 && run->config->eval_similarity.n == 0)
        return gv_error_set(
            err, GV_E_USAGE,
            "nothing to evaluate: set eval.analogies or eval.similarity in the config, or "
            "--set eval.analogies=FILE");
    int status = choose_vectors(&path, run, vectors, err);
    if (status == GV_OK)
        status = gv_config_recipe(&recipe, run->config, GV_STAGE_EVAL, err);
    if (status == GV_OK && !(output = gv_run_path(run, GV_FILE_EVAL, err)))
        status = GV_E_MEMORY;
    const gv_strings outputs = {1, &output};
    if (status == GV_OK)
        status = list_inputs(&inputs, path, run->config, err);
    if (status == GV_OK)
        status = gv_run_up_to_date(&fresh, run, recipe, &inputs, &outputs, err);
    if (status == GV_OK && !fresh)
        status = evaluate(table, run, recipe, &inputs, &outputs, err);
    gv_mem_free(inputs.items);
    gv_mem_free(output);
    gv_mem_free(recipe);
    gv_mem_free(path);
    return status;
}
