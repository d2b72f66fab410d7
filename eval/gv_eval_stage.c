#include "eval/gv_eval_stage.h"

#include "base/gv_file_reader.h"
#include "base/gv_file_writer.h"
#include "base/gv_mem.h"
#include "eval/gv_eval.h"
#include <string.h>

#define JSON_LIMIT ((size_t)1 << 30)

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
            if (strcmp(lists[l]->items[i], "-") != 0) /* standard input */
                status = gv_config_check_file(keys[l], lists[l]->items[i], err);
            inputs->items[inputs->n++] = lists[l]->items[i];
        }
    return status;
}

static bool nothing_to_evaluate(const gv_config *config)
{
    return config->eval_analogies.n == 0 && config->eval_similarity.n == 0;
}

static int nothing(gv_error *err)
{
    return gv_error_set(err, GV_E_USAGE,
                        "nothing to evaluate: set eval.analogies or eval.similarity in the config, "
                        "or --set eval.analogies=FILE");
}

/* Evaluate the vectors in the file `path`. */
static int score(gv_eval_result **result, const gv_config *config, const char *path,
                 gv_progress *progress, gv_error *err)
{
    gv_words *words = NULL;
    const gv_eval_job job = {.analogies = &config->eval_analogies,
                             .similarity = &config->eval_similarity,
                             .threads = gv_config_threads(config->train_threads),
                             .show_wrong = config->eval_show_wrong,
                             .progress = progress};
    int status = gv_words_read(&words, path, err);
    if (status == GV_OK && words->vectors->note)
        gv_progress_note(progress, "%s: %s", path, words->vectors->note);
    if (status == GV_OK)
        status = gv_eval_run(result, words, &job, err);
    gv_words_free(words);
    return status;
}

static int write_text(char **text, const gv_eval_result *result, gv_error *err)
{
    gv_json *json = NULL;
    int status = gv_eval_json(&json, result, err);
    if (status == GV_OK)
        status = gv_eval_text(text, json, err);
    gv_json_free(json);
    return status;
}

static int evaluate(char **json, gv_run *run, const char *recipe, const gv_strings *inputs,
                    const gv_strings *outputs, gv_error *err)
{
    gv_eval_result *result = NULL;
    int status = score(&result, run->config, inputs->items[0], run->progress, err);
    if (status == GV_OK)
        status = write_text(json, result, err);
    if (status == GV_OK)
        status = gv_file_writer_whole(outputs->items[0], *json, strlen(*json), err);
    if (status == GV_OK) {
        gv_json_writer scores = gv_eval_scores(result);
        status = gv_run_done(run, recipe, inputs, outputs, &scores, err);
    }
    gv_eval_free(result);
    return status;
}

int gv_eval_stage(char **json, gv_run *run, const char *vectors, gv_error *err)
{
    char *path = NULL, *recipe = NULL, *output = NULL;
    gv_strings inputs = {0};
    bool fresh = false;
    size_t bytes;
    *json = NULL;
    if (nothing_to_evaluate(run->config))
        return nothing(err);
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
    if (status == GV_OK)
        status = fresh ? gv_file_reader_whole(json, &bytes, output, JSON_LIMIT, err)
                       : evaluate(json, run, recipe, &inputs, &outputs, err);
    if (status != GV_OK) {
        gv_mem_free(*json);
        *json = NULL;
    }
    gv_mem_free(inputs.items);
    gv_mem_free(output);
    gv_mem_free(recipe);
    gv_mem_free(path);
    return status;
}

int gv_eval_stage_outside(char **json, const gv_config *config, char *vectors,
                          gv_progress *progress, gv_error *err)
{
    gv_strings inputs = {0};
    gv_eval_result *result = NULL;
    *json = NULL;
    if (nothing_to_evaluate(config))
        return nothing(err);
    int status = list_inputs(&inputs, vectors, config, err);
    if (status == GV_OK)
        status = score(&result, config, vectors, progress, err);
    if (status == GV_OK)
        status = write_text(json, result, err);
    gv_eval_free(result);
    gv_mem_free(inputs.items);
    return status;
}
