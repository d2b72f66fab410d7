#include "eval/gv_eval_stage.h"

#include "analysis/gv_items.h"
#include "app/gv_stamp.h"
#include "base/gv_file.h"
#include "base/gv_file_reader.h"
#include "base/gv_file_writer.h"
#include "base/gv_hash.h"
#include "base/gv_mem.h"
#include "config/gv_run_names.h"
#include "eval/gv_eval.h"
#include "eval/gv_eval_inputs.h"
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

/* Vectors first, then subwords.bin if it is used (may be NULL), then all test sets; the array is
 * the caller's, its strings are borrowed. */
static int list_inputs(gv_strings *list, char *vectors, char *subwords,
                       const gv_eval_inputs *inputs, gv_error *err)
{
    enum { KINDS = 5 };
    const gv_paths *paths[KINDS] = {&inputs->analogies, &inputs->similarity, &inputs->categories,
                                    &inputs->outliers, &inputs->probes};
    size_t n = 2;
    for (size_t p = 0; p < KINDS; p++)
        n += paths[p]->n;
    list->items = gv_mem_alloc(n, sizeof *list->items, err);
    if (!list->items)
        return GV_E_MEMORY;
    list->items[list->n++] = vectors;
    if (subwords)
        list->items[list->n++] = subwords;
    for (size_t p = 0; p < KINDS; p++)
        for (size_t i = 0; i < paths[p]->n; i++)
            list->items[list->n++] = paths[p]->items[i];
    return GV_OK;
}

/* The n-grams for words that are not in the vectors. */
static int open_unseen(gv_words_unseen **unseen, const gv_words *words, const char *path,
                       gv_error *err)
{
    int status = gv_words_unseen_open(unseen, words, path, err);
    if (status != GV_OK || gv_words_unseen_file(*unseen))
        return status;
    const bool foreign = gv_words_unseen_foreign(*unseen);
    gv_words_unseen_close(*unseen);
    *unseen = NULL;
    if (foreign)
        return gv_error_set(err, GV_E_USAGE,
                            "the " GV_FILE_SUBWORDS " beside %s belongs to other vectors; run "
                            "glove-train --force, or set eval.oov to \"skip\"",
                            path);
    return gv_error_set(err, GV_E_USAGE,
                        "eval.oov \"subwords\" needs " GV_FILE_SUBWORDS " beside %s; run "
                        "glove-train with output.subwords = true, or set eval.oov to \"skip\"",
                        path);
}

/* Evaluate the vectors in the file `path`. `items`: as in gv_eval_job. */
static int score(gv_eval_result **result, gv_text *items, const gv_config *config,
                 const gv_eval_inputs *inputs, const char *path, gv_progress *progress,
                 gv_error *err)
{
    gv_words *words = NULL;
    gv_words_unseen *unseen = NULL;
    int status = gv_words_read_first(&words, path, config->eval_vocab_limit, err);
    if (status == GV_OK && words->vectors->note)
        gv_progress_note(progress, "%s: %s", path, words->vectors->note);
    if (status == GV_OK && config->eval_oov == GV_OOV_SUBWORDS)
        status = open_unseen(&unseen, words, path, err);
    const gv_eval_job job = {.analogies = {inputs->analogies.n, inputs->analogies.items},
                             .similarity = {inputs->similarity.n, inputs->similarity.items},
                             .categories = {inputs->categories.n, inputs->categories.items},
                             .outliers = {inputs->outliers.n, inputs->outliers.items},
                             .probes = {inputs->probes.n, inputs->probes.items},
                             .threads = gv_config_threads(config->train_threads),
                             .show_wrong = config->eval_show_wrong,
                             .vocab_limit = config->eval_vocab_limit,
                             .items = items,
                             .unseen = unseen,
                             .progress = progress};
    if (status == GV_OK)
        status = gv_eval_run(result, words, &job, err);
    gv_words_unseen_close(unseen);
    gv_words_free(words);
    return status;
}

enum { SCORES, ITEMS, OUTPUTS };

/* What gv_eval_stage works with. */
typedef struct stage {
    gv_run *run;
    gv_eval_inputs files;
    char *vectors, *subwords, *recipe, *output[OUTPUTS];
    bool own; /* the vectors are those of the run */
    gv_strings inputs;
} stage;

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* {"file": NAME, "xxh128": CHECKSUM}; no folders, which are of the machine. */
static int put_file(gv_json_writer *w, const char *key, gv_run *run, const char *path,
                    gv_error *err)
{
    gv_hash hash;
    char hex[GV_HASH_HEX];
    gv_file_stat look;
    int status = gv_file_look(&look, path, err);
    gv_json_open_object(w, key);
    gv_json_set_text(w, "file", base_name(path));
    if (status == GV_OK && look.regular) { /* a pipe has been read */
        status = gv_run_hash(&hash, run, path, err);
        gv_hash_hex(hash, hex);
        if (status == GV_OK)
            gv_json_set_text(w, "xxh128", hex);
    }
    gv_json_close(w);
    return status;
}

/* How the run's vectors were made, as far as its stamps say: settings with the seeds, corpus. */
static int put_training(gv_json_writer *w, gv_run *run, gv_error *err)
{
    gv_json *stamp = NULL, *origin = NULL;
    char *provenance = NULL;
    int status = gv_stamp_read(&stamp, run->dir, GV_STAGE_TRAIN, err);
    if (status == GV_OK && stamp)
        status = gv_run_provenance(&provenance, run, err);
    if (status == GV_OK && provenance)
        status = gv_json_parse_if_valid(&origin, provenance, strlen(provenance), err);
    const char *recipe = gv_json_text(gv_json_get(stamp, "recipe"));
    if (recipe)
        gv_json_set_parsed(w, "trained_with", recipe);
    if (gv_json_count(gv_json_get(origin, "corpus")) > 0)
        gv_json_set_value(w, "corpus", gv_json_get(origin, "corpus"));
    gv_json_free(origin);
    gv_json_free(stamp);
    gv_mem_free(provenance);
    return status;
}

/* What the scores were made of: program, settings, vectors, test sets. Nothing that differs between
 * two starts, such as the time. */
static int put_made_by(gv_json_writer *w, const stage *s, gv_error *err)
{
    int status = GV_OK;
    gv_json_open_object(w, "made_by");
    gv_json_set_text(w, "glovebox", GV_VERSION);
    gv_json_set_parsed(w, "recipe", s->recipe);
    status = put_file(w, "vectors", s->run, s->vectors, err);
    gv_json_open_array(w, "inputs");
    for (size_t i = 1; i < s->inputs.n && status == GV_OK; i++)
        status = put_file(w, NULL, s->run, s->inputs.items[i], err);
    gv_json_close(w);
    if (status == GV_OK && s->own)
        status = put_training(w, s->run, err);
    gv_json_close(w);
    return status;
}

/* eval.json: the scores, and what they were made of. */
static int write_text(char **text, const stage *s, const gv_eval_result *result, gv_error *err)
{
    gv_json *scores = NULL, *json = NULL;
    gv_json_writer w = gv_json_begin();
    int status = gv_eval_json(&scores, result, err);
    for (const char *key = NULL; (key = gv_json_next_key(scores, key));)
        gv_json_set_value(&w, key, gv_json_get(scores, key));
    if (status == GV_OK)
        status = put_made_by(&w, s, err);
    if (status == GV_OK)
        status = gv_json_take(&json, &w, err);
    else
        gv_json_clear(&w);
    if (status == GV_OK)
        status = gv_eval_text(text, json, err);
    gv_json_free(json);
    gv_json_free(scores);
    return status;
}

/* Takes the text of `items`. */
static int write_files(const stage *s, const char *json, gv_text *items, gv_error *err)
{
    char *table = NULL;
    const size_t bytes = items->used;
    int status = gv_text_take(&table, items, err);
    if (status == GV_OK)
        status = gv_file_writer_whole(s->output[ITEMS], table, bytes, err);
    if (status == GV_OK)
        status = gv_file_writer_whole(s->output[SCORES], json, strlen(json), err);
    gv_mem_free(table);
    return status;
}

static int evaluate(char **json, const stage *s, const gv_strings *outputs, gv_error *err)
{
    gv_eval_result *result = NULL;
    gv_text items = GV_TEXT_INIT;
    gv_items_write_names(&items);
    int status =
        score(&result, &items, s->run->config, &s->files, s->vectors, s->run->progress, err);
    if (status == GV_OK)
        status = write_text(json, s, result, err);
    if (status == GV_OK)
        status = write_files(s, *json, &items, err);
    if (status == GV_OK) {
        gv_json_writer scores = gv_eval_scores(result);
        status = gv_run_done(s->run, s->recipe, &s->inputs, outputs, &scores, err);
    }
    gv_text_drop(&items);
    gv_eval_free(result);
    return status;
}

static int prepare(stage *s, const char *vectors, gv_error *err)
{
    int status = gv_eval_inputs_find(&s->files, s->run->config, err);
    if (status == GV_OK)
        status = choose_vectors(&s->vectors, s->run, vectors, err);
    if (status == GV_OK)
        status = gv_config_recipe(&s->recipe, s->run->config, GV_STAGE_EVAL, err);
    static const char *const names[OUTPUTS] = {GV_FILE_EVAL, GV_FILE_ITEMS};
    for (size_t i = 0; i < OUTPUTS && status == GV_OK; i++)
        if (!(s->output[i] = gv_run_path(s->run, names[i], err)))
            status = GV_E_MEMORY;
    if (status == GV_OK && s->run->config->eval_oov == GV_OOV_SUBWORDS)
        status = gv_words_unseen_beside(&s->subwords, s->vectors, err);
    if (status == GV_OK)
        status = list_inputs(&s->inputs, s->vectors, s->subwords, &s->files, err);
    return status;
}

int gv_eval_stage(char **json, gv_run *run, const char *vectors, gv_error *err)
{
    stage s = {.run = run, .own = !vectors};
    bool fresh = false;
    size_t bytes;
    *json = NULL;
    int status = prepare(&s, vectors, err);
    const gv_strings outputs = {OUTPUTS, s.output};
    if (status == GV_OK)
        status = gv_run_up_to_date(&fresh, run, s.recipe, &s.inputs, &outputs, err);
    if (status == GV_OK)
        status = fresh ? gv_file_reader_whole(json, &bytes, s.output[SCORES], JSON_LIMIT, err)
                       : evaluate(json, &s, &outputs, err);
    if (status != GV_OK) {
        gv_mem_free(*json);
        *json = NULL;
    }
    gv_eval_inputs_free(&s.files);
    gv_mem_free(s.inputs.items);
    for (size_t i = 0; i < OUTPUTS; i++)
        gv_mem_free(s.output[i]);
    gv_mem_free(s.recipe);
    gv_mem_free(s.vectors);
    gv_mem_free(s.subwords);
    return status;
}

static int write_scores(char **text, const gv_eval_result *result, gv_error *err)
{
    gv_json *json = NULL;
    int status = gv_eval_json(&json, result, err);
    if (status == GV_OK)
        status = gv_eval_text(text, json, err);
    gv_json_free(json);
    return status;
}

int gv_eval_stage_outside(char **json, const gv_config *config, const char *vectors,
                          gv_progress *progress, gv_error *err)
{
    gv_eval_inputs files;
    gv_eval_result *result = NULL;
    *json = NULL;
    int status = gv_eval_inputs_find(&files, config, err);
    if (status == GV_OK)
        status = score(&result, NULL, config, &files, vectors, progress, err);
    if (status == GV_OK)
        status = write_scores(json, result, err);
    gv_eval_free(result);
    gv_eval_inputs_free(&files);
    return status;
}
