/*
 * What a stage checks before it works: is its own output up to date, and do the outputs of earlier
 * stages fit the config and their own inputs?
 */
#include "app/gv_run.h"

#include "app/gv_run_base.h"
#include "app/gv_run_guard.h"
#include "app/gv_run_internal.h"
#include "app/gv_stamp.h"
#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "base/gv_text.h"
#include "text/gv_corpus_files.h"
#include <string.h>

/* --- up to date? ------------------------------------------------------------------------------ */

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* Is it a file of earlier text, which may have been removed since? */
static bool is_gone_base(const char *path, const char *key)
{
    gv_file_stat look;
    return gv_run_base_has_key(key) && strcmp(base_name(key), base_name(path)) == 0 &&
           gv_file_look(&look, path, NULL) == GV_OK && !look.exists;
}

/* Are the files `paths`, in order, those of the stamp's records? Outputs must have the same names,
 * too. */
static int same_files(bool *same, gv_run *run, const json_t *records, const gv_strings *paths,
                      bool by_name, gv_error *err)
{
    size_t n = paths ? paths->n : 0;
    *same = json_array_size(records) == n;
    int status = GV_OK;
    for (size_t i = 0; i < n && *same && status == GV_OK; i++) {
        const json_t *record = json_array_get(records, i);
        const char *path = paths->items[i];
        const char *name = json_string_value(json_object_get(record, "path"));
        bool other_name = by_name && (!name || strcmp(base_name(name), base_name(path)) != 0);
        if (other_name || strcmp(path, "-") == 0)
            *same = false;
        else if (!by_name && is_gone_base(path, name))
            continue; /* what it gave is in the output */
        else
            status = gv_run_same_file(same, run, record, path, err);
    }
    return status;
}

static void note_fresh(const gv_run *run, const gv_strings *outputs)
{
    gv_text names = GV_TEXT_INIT;
    for (size_t i = 0; i < outputs->n; i++)
        gv_text_printf(&names, "%s%s", i ? ", " : "", base_name(outputs->items[i]));
    gv_progress_note(run->progress, "%s %s up to date",
                     names.bytes && !names.failed ? names.bytes : "the output",
                     outputs->n > 1 ? "are" : "is");
    gv_text_drop(&names);
}

unsigned gv_run_recipe_stages(const gv_config *config, enum gv_config_stage made_by)
{
    if (made_by == GV_STAGE_TRAIN)
        return gv_config_train_stages(config) | GV_STAGE_EPOCHS | GV_STAGE_OUTPUT;
    if (made_by == GV_STAGE_EVAL)
        return GV_STAGE_EVAL; /* of vectors of any origin */
    return ((unsigned)made_by << 1) - 1;
}

/* If the recipe in this stage's stamp is not the config's, say which key it is. */
static int note_changed(gv_run *run, const gv_strings *outputs, gv_error *err)
{
    gv_config_difference d;
    gv_error ignored = GV_ERROR_INIT;
    const char *old = json_string_value(json_object_get(gv_run_stamp(run, run->stage), "recipe"));
    if (!old || run->force || !outputs || outputs->n == 0)
        return GV_OK;
    int status = gv_config_compare(&d, old, gv_run_recipe_stages(run->config, run->stage),
                                   run->config, &ignored);
    if (status == GV_E_MEMORY)
        return gv_error_set(err, status, "%s", ignored.text);
    /* training says itself what it resumes or begins anew; keys of the output leave the model as it
     * is and make the vectors, which come behind it */
    const bool trains = run->stage == GV_STAGE_TRAIN;
    if (status == GV_OK && d.key && (!trains || d.stage == GV_STAGE_OUTPUT))
        gv_progress_note(run->progress, "%s was made with %s = %s; now it is %s",
                         base_name(outputs->items[trains && outputs->n > 1]), d.key, d.found,
                         d.wanted);
    return GV_OK;
}

/* Are the outputs, as the stamp describes them, those of this recipe and these inputs? */
static int compare_with_stamp(bool *fresh, gv_run *run, const char *recipe,
                              const gv_strings *inputs, const gv_strings *outputs, gv_error *err)
{
    const json_t *stamp = gv_run_stamp(run, run->stage);
    *fresh = false;
    if (run->force || !stamp || !outputs || outputs->n == 0 ||
        strcmp(json_string_value(json_object_get(stamp, "recipe")), recipe) != 0)
        return GV_OK;
    bool same = false;
    int status = same_files(&same, run, json_object_get(stamp, "outputs"), outputs, true, err);
    if (status == GV_OK && same)
        status = same_files(fresh, run, json_object_get(stamp, "inputs"), inputs, false, err);
    return status;
}

/* How many inputs of a stage that reads the corpus come before it: vocab.file or what is extended,
 * vocab.phrase_file and vocab.stop_file; or vocab.txt, phrases.tsv,, the counts of earlier text
 * and, where stop words keep their places, vocab.stop_file. */
static size_t inputs_before_corpus(const gv_config *config, enum gv_config_stage stage)
{
    const size_t base = gv_run_base_used(config);
    if (stage == GV_STAGE_VOCAB)
        return (config->vocab_file || config->vocab_extend ? 1u : 0u) + base +
               (config->vocab_phrase_file ? 1u : 0u) + (config->vocab_stop_file ? 1u : 0u);
    const bool gaps = config->vocab_stop_file && config->vocab_stop_gap;
    return (gv_config_joins_phrases(config) ? 2u : 1u) +
           (stage == GV_STAGE_COOCCUR ? base + gaps : 0u);
}

static int check_corpus_is_outside(const gv_run *run, const gv_strings *inputs, gv_error *err)
{
    const gv_config *config = run->config;
    const bool counts = run->stage == GV_STAGE_VOCAB || run->stage == GV_STAGE_COOCCUR;
    const size_t first = inputs_before_corpus(config, run->stage);
    if (!counts &&
        !(run->stage == GV_STAGE_TRAIN && config->train_objective == GV_OBJECTIVE_WORD2VEC))
        return GV_OK;
    if (!inputs || inputs->n <= first)
        return GV_OK;
    const gv_strings corpus = {.n = inputs->n - first, .items = inputs->items + first};
    return gv_run_guard_check_inputs(run->dir, "corpus.files", &corpus, err);
}

int gv_run_up_to_date(bool *fresh, gv_run *run, const char *recipe, const gv_strings *inputs,
                      const gv_strings *outputs, gv_error *err)
{
    *fresh = false;
    int status = check_corpus_is_outside(run, inputs, err);
    if (status == GV_OK)
        status = gv_run_files_note(run, inputs, err);
    if (status == GV_OK)
        status = compare_with_stamp(fresh, run, recipe, inputs, outputs, err);
    if (status == GV_OK && !*fresh && !run->force && run->stage == GV_STAGE_VOCAB)
        status = gv_run_base_check_named(run->config, run->dir, err);
    if (status == GV_OK && !*fresh)
        status = gv_run_lock_outputs(run, err);
    if (status == GV_OK && !*fresh)
        status = gv_run_check_discard(run, inputs, outputs, err);
    for (size_t i = 0; status == GV_OK && run->notes && i < run->notes->n; i++)
        gv_progress_note(run->progress, "%s", run->notes->items[i]);
    if (status == GV_OK && !*fresh)
        status = note_changed(run, outputs, err);
    if (status == GV_OK)
        status = gv_run_config_write(run, !*fresh, err);
    if (status == GV_OK && *fresh)
        note_fresh(run, outputs);
    return status;
}

/* --- upstream --------------------------------------------------------------------------------- */

static int check_recipe(gv_run *run, enum gv_config_stage made_by, const char *path,
                        const char *recipe, gv_error *err)
{
    gv_config_difference d;
    int status =
        gv_config_compare(&d, recipe, gv_run_recipe_stages(run->config, made_by), run->config, err);
    if (status != GV_OK) {
        gv_error_prefix(err, "%s", path);
        return status;
    }
    if (!d.key)
        return GV_OK;
    if (gv_run_tool(run, made_by))
        return gv_error_set(err, GV_E_USAGE,
                            "%s was made with %s = %s, the config says %s: run %s again", path,
                            d.key, d.found, d.wanted, gv_run_tool(run, made_by));
    bool same_program =
        strcmp(gv_config_stage_program(d.stage), gv_config_stage_program(made_by)) == 0;
    return gv_error_set(err, GV_E_USAGE,
                        "%s was made with %s = %s, the config says %s: run %s%s again", path, d.key,
                        d.found, d.wanted, gv_config_stage_program(d.stage),
                        same_program ? "" : " and the stages after it");
}

/* Have the inputs of `path`, as far as they still exist, changed since it was made? */
static int check_inputs(gv_run *run, enum gv_config_stage made_by, const char *path,
                        const json_t *stamp, gv_error *err)
{
    size_t i;
    json_t *record;
    json_array_foreach(json_object_get(stamp, "inputs"), i, record)
    {
        gv_file_stat look;
        bool same = true;
        char *input = gv_run_record_path(run, record, err);
        int status = input ? gv_file_look(&look, input, err) : GV_E_MEMORY;
        bool known = json_is_string(json_object_get(record, "xxh128"));
        if (status == GV_OK && look.regular && known)
            status = gv_run_same_file(&same, run, record, input, err);
        if (status == GV_OK && !same)
            status = gv_error_set(err, GV_E_USAGE,
                                  "%s has changed since %s was made from it: run %s again", input,
                                  path, gv_run_maker(run, made_by));
        gv_mem_free(input);
        if (status != GV_OK)
            return status;
    }
    return GV_OK;
}

/* Are the stamp's inputs from number `at` on the files `paths`, by contents? Standard input, and
 * files that no longer exist, count as the same. */
static int same_inputs(bool *same, gv_run *run, const json_t *records, size_t at,
                       const gv_strings *paths, gv_error *err)
{
    int status = GV_OK;
    *same = json_array_size(records) == at + paths->n;
    for (size_t i = 0; i < paths->n && *same && status == GV_OK; i++) {
        const json_t *record = json_array_get(records, at + i);
        gv_file_stat look;
        if (strcmp(paths->items[i], "-") == 0 || !json_is_string(json_object_get(record, "xxh128")))
            break;
        status = gv_file_look(&look, paths->items[i], err);
        if (status == GV_OK && look.exists)
            status = gv_run_same_file(same, run, record, paths->items[i], err);
    }
    return status;
}

/* Does a key still name the file that input `number` of the vocabulary was? */
static int check_named(gv_run *run, const json_t *records, size_t number, const char *key,
                       char *file, const char *path, gv_error *err)
{
    const gv_strings given = {1, (char *[]){file}};
    json_t *record = json_pack("[O?]", json_array_get(records, number));
    bool same = false;
    int status = same_inputs(&same, run, record, 0, &given, err);
    json_decref(record);
    if (status == GV_OK && !same)
        status = gv_error_set(err, GV_E_USAGE,
                              "%s was made from another file than %s names now; run %s again", path,
                              key, gv_config_stage_program(GV_STAGE_VOCAB));
    return status;
}

/*
 * Do vocab.file, vocab.phrase_file, vocab.stop_file and corpus.files still name the files that
 * `path` was made from (by contents, in order)? The stamp of the vocabulary lists the first three
 * first, if there were any, and no corpus if vocab.file had counts. The stamp of the matrix begins
 * with vocab.txt and phrases.tsv.
 */
static int check_corpus(gv_run *run, enum gv_config_stage made_by, const char *path,
                        const json_t *stamp, gv_error *err)
{
    const json_t *records = json_object_get(stamp, "inputs");
    const gv_config *config = run->config;
    gv_corpus_files_found files;
    gv_error gone = GV_ERROR_INIT;
    size_t before = inputs_before_corpus(config, made_by);
    bool same = true;
    int status = GV_OK;
    if (made_by == GV_STAGE_VOCAB && config->vocab_file)
        status = check_named(run, records, 0, "vocab.file", config->vocab_file, path, err);
    if (status == GV_OK && made_by == GV_STAGE_VOCAB && config->vocab_extend)
        status = check_named(run, records, 0, "vocab.extend", config->vocab_extend, path, err);
    if (status == GV_OK && made_by == GV_STAGE_VOCAB && config->vocab_phrase_file)
        status = check_named(run, records, before - (config->vocab_stop_file ? 2 : 1),
                             "vocab.phrase_file", config->vocab_phrase_file, path, err);
    if (status == GV_OK && made_by == GV_STAGE_VOCAB && config->vocab_stop_file)
        status = check_named(run, records, before - 1, "vocab.stop_file", config->vocab_stop_file,
                             path, err);
    if (status != GV_OK ||
        (made_by == GV_STAGE_VOCAB && config->vocab_file && json_array_size(records) == before))
        return status;
    if (gv_corpus_files_find(&files, config, &gone) != GV_OK)
        return GV_OK; /* they no longer exist: there is nothing to compare */
    status = same_inputs(&same, run, records, before, &files.paths, err);
    if (status == GV_OK && !same)
        status = gv_error_set(err, GV_E_USAGE,
                              "%s was made from other files than corpus.files%s now; run %s again",
                              path, made_by == GV_STAGE_VOCAB ? " and vocab.file name" : " names",
                              gv_config_stage_program(made_by));
    gv_corpus_files_free(&files);
    return status;
}

/* The file is not the one that the stamp describes. vocab.txt is text, and people edit it; a binary
 * file was damaged or replaced. */
static int replaced_file(gv_run *run, enum gv_config_stage made_by, const char *file,
                         const char *path, gv_error *err)
{
    const char *program = gv_run_maker(run, made_by);
    if (strcmp(file, GV_FILE_VOCAB) == 0) {
        gv_progress_note(run->progress, "%s is not the file that %s wrote here; using it as it is",
                         path, program);
        return GV_OK;
    }
    return gv_stamp_replaced(path, run->dir, made_by, program, err);
}

static int check_stamp(gv_run *run, enum gv_config_stage made_by, const char *file,
                       const char *path, const char *recipe, gv_error *err)
{
    const json_t *stamp = gv_run_stamp(run, made_by);
    const json_t *record = gv_run_find_output(stamp, file);
    bool ours = false;
    int status = record ? gv_run_same_file(&ours, run, record, path, err) : GV_OK;
    if (status == GV_OK && record && !ours)
        status = replaced_file(run, made_by, file, path, err);
    if (status == GV_OK && !recipe && ours)
        recipe = json_string_value(json_object_get(stamp, "recipe"));
    if (status == GV_OK && recipe)
        status = check_recipe(run, made_by, path, recipe, err);
    if (status == GV_OK && ours)
        status = check_inputs(run, made_by, path, stamp, err);
    if (status == GV_OK && ours && !gv_run_tool(run, made_by) &&
        (made_by == GV_STAGE_VOCAB || made_by == GV_STAGE_COOCCUR))
        status = check_corpus(run, made_by, path, stamp, err);
    return status;
}

int gv_run_check_upstream(gv_run *run, enum gv_config_stage made_by, const char *file,
                          const char *recipe, gv_error *err)
{
    char *path = gv_run_path(run, file, err);
    gv_file_stat look;
    int status = path ? gv_file_look(&look, path, err) : GV_E_MEMORY;
    if (status == GV_OK && !look.exists)
        status = gv_error_set(err, GV_E_USAGE, "%s is missing: run %s first", path,
                              gv_run_maker(run, made_by));
    if (status == GV_OK)
        status = check_stamp(run, made_by, file, path, recipe, err);
    gv_mem_free(path);
    return status;
}
