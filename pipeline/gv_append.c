#include "pipeline/gv_append.h"

#include "app/gv_run_base.h"
#include "app/gv_run_guard.h"
#include "base/gv_file.h"
#include "base/gv_file_writer.h"
#include "base/gv_mem.h"
#include "base/gv_text.h"
#include "counts/gv_counts.h"
#include "pipeline/gv_append_folder.h"
#include "pipeline/gv_append_texts.h"
#include "pipeline/gv_stage_locks.h"
#include "text/gv_corpus_files.h"
#include "vocab/gv_vocab.h"
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* --- can it be done? -------------------------------------------------------------------------- */

/* Does the run have the file `name`? */
static int check_there(const char *run_dir, const char *name, gv_error *err)
{
    gv_file_stat look;
    char *path = gv_file_path_join(run_dir, name, err);
    int status = path ? gv_file_look(&look, path, err) : GV_E_MEMORY;
    if (status == GV_OK && !look.exists)
        status = gv_error_set(err, GV_E_USAGE,
                              "--append: %s is missing: text is appended to a run that has "
                              "been counted (run glove-run without --append first)",
                              path);
    gv_mem_free(path);
    return status;
}

/* Is there anything to add to? word2vec counts no pairs. */
static int check_run(const char *run_dir, const gv_config *config, gv_error *err)
{
    int status = check_there(run_dir, GV_FILE_VOCAB, err);
    if (status == GV_OK && config->train_objective != GV_OBJECTIVE_WORD2VEC)
        status = check_there(run_dir, GV_FILE_COUNTS, err);
    return status;
}

/* Are vocab.txt and counts.bin of one another, and may text be added with this config? */
static int check_counts(const char *run_dir, const gv_config *config, gv_error *err)
{
    gv_vocab *vocab = NULL;
    gv_counts *counts = NULL;
    if (config->train_objective == GV_OBJECTIVE_WORD2VEC)
        return GV_OK;
    char *words = gv_file_path_join(run_dir, GV_FILE_VOCAB, err);
    char *cells = gv_file_path_join(run_dir, GV_FILE_COUNTS, err);
    int status = words && cells ? gv_vocab_read(&vocab, words, 1, err) : GV_E_MEMORY;
    if (status == GV_OK)
        status = gv_counts_open(&counts, cells, err);
    if (status == GV_OK &&
        !gv_hash_equal(gv_counts_about(counts)->vocab_hash, gv_vocab_hash(vocab)))
        status = gv_error_set(err, GV_E_USAGE,
                              "--append: %s was not counted with %s: run glove-run without "
                              "--append first",
                              cells, words);
    if (status == GV_OK)
        status = gv_run_base_check_counts(cells, config, err);
    gv_counts_close(counts);
    gv_vocab_free(vocab);
    gv_mem_free(words);
    gv_mem_free(cells);
    return status;
}

static int check_settings(const gv_program_call *call, const gv_config *config, gv_error *err)
{
    static const char *const own[] = {"corpus.files", "corpus.counted", "vocab.extend",
                                      "vocab.file", "name"};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (gv_config_is_set(&call->sets, own[i]))
            return gv_error_set(err, GV_E_USAGE, "--append does not go with --set %s", own[i]);
    if (config->vocab_file)
        return gv_error_set(err, GV_E_USAGE,
                            "--append: the run has vocab.file, a vocabulary that does not grow: "
                            "count the new text with the same vocab.file in another run and add "
                            "the counts with glove-convert counts-merge");
    if (gv_config_joins_phrases(config))
        return gv_error_set(err, GV_E_USAGE,
                            "--append: the run joins phrases (vocab.phrases, vocab.phrase_file), "
                            "and which ones depends on all of its text: count old and new text "
                            "together");
    return GV_OK;
}

/* `glove-run CONFIG --append`: CONFIG names the run, whose settings are those of the run. */
static int check_same_config(const gv_program_call *call, const gv_config *config, gv_error *err)
{
    enum {
        STAGES = GV_STAGE_VOCAB | GV_STAGE_COOCCUR | GV_STAGE_SHUFFLE | GV_STAGE_TRAIN |
                 GV_STAGE_EPOCHS | GV_STAGE_OUTPUT
    };
    gv_config_difference d = {.key = NULL};
    char *recipe = NULL;
    if (!call->config_path)
        return GV_OK;
    int status = gv_config_recipe(&recipe, config, STAGES, err);
    if (status == GV_OK)
        status = gv_config_compare(&d, recipe, STAGES, call->config, err);
    if (status == GV_OK && d.key)
        status =
            gv_error_set(err, GV_E_USAGE,
                         "--append: %s says %s = %s, and the run %s has %s; text is appended "
                         "with the settings of the run: name only --run-dir %s",
                         call->config_path, d.key, d.wanted, call->run_dir, d.found, call->run_dir);
    gv_mem_free(recipe);
    return status;
}

/* The files that the new text consists of. */
static int find_files(gv_strings *found, const gv_config *config, const gv_strings *files,
                      gv_error *err)
{
    gv_corpus_files_found of_text;
    gv_config only_new = *config;
    only_new.corpus_files = *files;
    only_new.corpus_counted = (gv_strings){0};
    *found = (gv_strings){0};
    int status = gv_corpus_files_find(&of_text, &only_new, err);
    if (status != GV_OK) {
        gv_error_prefix(err, "--append");
        return status;
    }
    for (size_t i = 0; i < of_text.paths.n && status == GV_OK; i++) {
        if (of_text.entries[i].pipe)
            status = gv_error_set(err, GV_E_USAGE,
                                  "--append: %s can be read only once, and the words and the pairs "
                                  "are counted in two passes: write it to a file",
                                  of_text.paths.items[i]);
        else
            status = gv_strings_add(found, of_text.paths.items[i], err);
    }
    gv_corpus_files_free(&of_text);
    return status;
}

/* --- the config of the stages ----------------------------------------------------------------- */

/* corpus.counted: all texts so far; corpus.files: these and the new ones. */
static int name_texts(gv_config *config, const gv_json *parts, const gv_strings *files,
                      gv_error *err)
{
    gv_strings all = {0};
    int status = gv_append_texts_last(&config->corpus_counted, parts, err);
    if (status == GV_OK)
        status = gv_strings_add_all(&all, &config->corpus_counted, err);
    if (status == GV_OK)
        status = gv_strings_add_all(&all, files, err);
    gv_strings_free(&config->corpus_files);
    config->corpus_files = all;
    gv_mem_free(config->vocab_extend); /* its words are in the vocabulary of the run */
    config->vocab_extend = NULL;
    return status;
}

static int write_config(const gv_append *a, gv_error *err)
{
    char *text = NULL, *path = gv_file_path_join(a->dir, GV_FILE_CONFIG, err);
    int status = path ? gv_config_json(&text, a->config, err) : GV_E_MEMORY;
    if (status == GV_OK)
        status = gv_file_writer_whole(path, text, strlen(text), err);
    gv_mem_free(text);
    gv_mem_free(path);
    return status;
}

/* The run's own settings, or those of the folder that waits, with --set. */
static int load_config(gv_append *a, const char *dir, const gv_program_call *call, gv_error *err)
{
    char *path = gv_file_path_join(dir, GV_FILE_CONFIG, err);
    int status =
        path ? gv_config_load_resolved(&a->config, path, &call->sets, "default", err) : GV_E_MEMORY;
    gv_mem_free(path);
    return status;
}

/* --- the move -------------------------------------------------------------------------------- */

/* Move the folder's files while no stage works in RUN. */
static int move(const char *dir, const char *run_dir, gv_error *err)
{
    int locks[GV_STAGE_LOCKS];
    char *path = gv_file_path_join(run_dir, GV_FOLDER_STAMPS, err);
    if (!path)
        return GV_E_MEMORY;
    int stamps = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int status = stamps < 0 ? gv_error_set_errno(err, "cannot open %s", path) : GV_OK;
    gv_mem_free(path);
    if (status != GV_OK)
        return status;
    status = gv_stage_locks_take(locks, stamps, true, run_dir,
                                 "wait until it ends, then give the same command again", err);
    if (status == GV_OK)
        status = gv_append_folder_move(dir, run_dir, err);
    gv_stage_locks_release(locks);
    close(stamps);
    return status;
}

/* --- begin ------------------------------------------------------------------------------------ */

/* Training continues from the model of the run, if it has one: of the same length and objective. */
static int check_model(gv_append *a, gv_error *err)
{
    gv_config *was = NULL;
    const gv_config *now = a->config;
    gv_file_stat look = {.exists = false};
    char *path = gv_file_path_join(a->run_dir, GV_FILE_CONFIG, err);
    char *model = gv_file_path_join(a->run_dir, GV_FILE_CHECKPOINT, err);
    int status =
        path && model ? gv_config_load_resolved(&was, path, NULL, "default", err) : GV_E_MEMORY;
    if (status == GV_OK)
        status = gv_file_look(&look, model, err);
    a->has_model = look.exists;
    if (status == GV_OK && look.exists && was->train_dim != now->train_dim)
        status = gv_error_set(err, GV_E_USAGE,
                              "--append: the vectors of %s, from which training goes on, have "
                              "train.dim = %u, not %u",
                              a->run_dir, was->train_dim, now->train_dim);
    else if (status == GV_OK && was->train_objective != now->train_objective)
        status =
            gv_error_set(err, GV_E_USAGE,
                         "--append: %s has train.objective = %s, not %s: its vectors are no "
                         "start for others",
                         a->run_dir, gv_config_objective_name(was), gv_config_objective_name(now));
    gv_config_free(was);
    gv_mem_free(path);
    gv_mem_free(model);
    return status;
}

/* May text be appended to the run, with these settings? */
static int check_all(gv_append *a, const gv_program_call *call, gv_error *err)
{
    int status = check_same_config(call, a->config, err);
    if (status == GV_OK)
        status = check_settings(call, a->config, err);
    if (status == GV_OK)
        status = check_run(a->run_dir, a->config, err);
    if (status == GV_OK)
        status = check_model(a, err);
    return status == GV_OK ? check_counts(a->run_dir, a->config, err) : status;
}

/* A start that was killed just before its end, or the same command twice, has nothing left to do:
 * the text is that of the last append. What else the run has is refused. */
static int check_texts(gv_append *a, const gv_program_call *call, const gv_json *parts,
                       const gv_strings *found, gv_error *err)
{
    if (call->force)
        return GV_OK;
    int status = gv_append_texts_are_last(&a->moved, parts, found, err);
    if (status == GV_OK && !a->moved)
        status = gv_append_texts_check_new(parts, found, err);
    else if (status == GV_OK)
        gv_progress_note(call->progress,
                         "the last append to %s was of this text, and is complete: nothing is "
                         "counted again (--force counts it again)",
                         a->run_dir);
    return status;
}

/* Training continues from the model of the run, not from where that began, unless --set says so. */
static void choose_start(gv_append *a, const gv_program_call *call)
{
    if (a->has_model && !gv_config_is_set(&call->sets, "train.init")) {
        gv_mem_free(a->config->train_init);
        gv_mem_free(a->config->train_init_context);
        a->config->train_init = a->config->train_init_context = NULL;
    } else if (!a->has_model && !a->config->train_init) {
        gv_progress_note(call->progress, "%s has no %s: all vectors start at random", a->run_dir,
                         GV_FILE_CHECKPOINT);
    }
}

/* The folder for the stages. */
static int make_folder(gv_append *a, const gv_strings *files, const gv_json *parts, gv_error *err)
{
    int status = gv_append_folder_make(a->dir, a->run_dir, files, parts, err);
    if (status == GV_OK)
        status = name_texts(a->config, parts, files, err);
    if (status == GV_OK)
        status = write_config(a, err);
    return status;
}

static int begin_anew(gv_append *a, const gv_program_call *call, const gv_strings *files,
                      gv_error *err)
{
    gv_json *parts = NULL;
    gv_strings found = {0};
    int status = check_there(a->run_dir, GV_FILE_CONFIG, err);
    if (status == GV_OK)
        status = load_config(a, a->run_dir, call, err);
    if (status == GV_OK)
        status = check_all(a, call, err);
    if (status == GV_OK)
        status = find_files(&found, a->config, files, err);
    if (status == GV_OK)
        status = gv_run_guard_check_inputs(a->run_dir, "corpus.files", &found, err);
    if (status == GV_OK)
        status = gv_append_texts_read(&parts, a->run_dir, a->config, err);
    if (status == GV_OK)
        status = check_texts(a, call, parts, &found, err);
    if (status == GV_OK && !a->moved)
        choose_start(a, call);
    if (status == GV_OK && !a->moved)
        status = make_folder(a, files, parts, err);
    if (status == GV_OK && !a->moved)
        gv_progress_note(call->progress,
                         "appending %zu file%s to %s, which stays as it is until all is done",
                         found.n, found.n == 1 ? "" : "s", a->run_dir);
    gv_strings_free(&found);
    gv_json_free(parts);
    return status;
}

static bool same_names(const gv_strings *a, const gv_strings *b)
{
    bool same = a->n == b->n;
    for (size_t i = 0; same && i < a->n; i++)
        same = strcmp(a->items[i], b->items[i]) == 0;
    return same;
}

/* "--append a.txt b.txt" */
static void name_options(gv_text *text, const gv_strings *files)
{
    gv_text_add(text, "--append");
    for (size_t i = 0; i < files->n; i++) {
        gv_text_add(text, " ");
        gv_text_shell_word(text, files->items[i]);
    }
}

static int other_append(const char *dir, const char *run_dir, const gv_strings *waiting,
                        gv_error *err)
{
    gv_text what = GV_TEXT_INIT;
    name_options(&what, waiting);
    int status =
        gv_error_set(err, GV_E_USAGE,
                     "another append to %s is not finished: continue with it (glove-run %s "
                     "--run-dir %s), or forget it with --force or by removing %s",
                     run_dir, what.bytes ? what.bytes : "--append", run_dir, dir);
    gv_text_drop(&what);
    return status;
}

/* An earlier start has made the folder: is it for the same text, and still of this run? */
static int go_on(gv_append *a, const gv_program_call *call, const gv_strings *files, gv_error *err)
{
    gv_strings waiting;
    int status = gv_append_folder_files(&waiting, a->dir, err);
    if (status == GV_OK && !same_names(&waiting, files))
        status = other_append(a->dir, a->run_dir, &waiting, err);
    if (status == GV_OK)
        status = gv_append_folder_check_run(a->dir, a->run_dir, err);
    if (status == GV_OK)
        status = load_config(a, a->dir, call, err);
    if (status == GV_OK)
        status = check_settings(call, a->config, err);
    if (status == GV_OK)
        gv_progress_note(call->progress, "going on with the append to %s", a->run_dir);
    gv_strings_free(&waiting);
    return status;
}

/* An earlier start was killed while files moved. If they are those of the same text, nothing is
 * left to do then. */
static int go_on_moving(gv_append *a, const gv_program_call *call, const gv_strings *files,
                        gv_error *err)
{
    gv_strings waiting;
    int status = gv_append_folder_files(&waiting, a->dir, err);
    if (status == GV_OK)
        status = move(a->dir, a->run_dir, err);
    a->moved = status == GV_OK && same_names(&waiting, files);
    if (a->moved)
        status = load_config(a, a->run_dir, call, err);
    gv_strings_free(&waiting);
    return status;
}

int gv_append_begin(gv_append *a, const gv_program_call *call, const gv_strings *files,
                    gv_error *err)
{
    enum gv_append_folder_state state = GV_APPEND_FOLDER_NONE;
    *a = (gv_append){.run_dir = call->run_dir};
    a->dir = gv_file_path_join(call->run_dir, GV_FOLDER_APPEND, err);
    int status = a->dir ? GV_OK : GV_E_MEMORY;
    if (status == GV_OK)
        status = gv_append_folder_look(&state, a->dir, err);
    if (status == GV_OK && state == GV_APPEND_FOLDER_FOREIGN)
        status = gv_error_set(err, GV_E_USAGE,
                              "--append: %s is there, and glovebox did not make it: rename it, "
                              "because the append is built under this name",
                              a->dir);
    if (status == GV_OK && state == GV_APPEND_FOLDER_REPLACES)
        status = go_on_moving(a, call, files, err);
    if (status == GV_OK && !a->moved)
        status = state == GV_APPEND_FOLDER_WAITS && !call->force ? go_on(a, call, files, err)
                                                                 : begin_anew(a, call, files, err);
    a->call = *call;
    a->call.config = a->config;
    a->call.config_path = NULL;
    a->call.run_dir = a->moved ? a->run_dir : a->dir;
    a->call.run_dir_given = true;
    return status;
}

void gv_append_clear(gv_append *a)
{
    gv_config_free(a->config);
    gv_mem_free(a->dir);
    *a = (gv_append){0};
}

/* --- the end ---------------------------------------------------------------------------------- */

int gv_append_end(gv_append *a, gv_error *err)
{
    return a->moved ? GV_OK : move(a->dir, a->run_dir, err);
}

static int tell_waiting(const char *dir, const char *run_dir, gv_progress *progress, gv_error *err)
{
    gv_strings waiting;
    gv_text what = GV_TEXT_INIT;
    int status = gv_append_folder_files(&waiting, dir, err);
    name_options(&what, &waiting);
    if (status == GV_OK && what.bytes)
        gv_progress_note(progress, "an append to %s is not finished: glove-run %s --run-dir %s",
                         run_dir, what.bytes, run_dir);
    gv_strings_free(&waiting);
    gv_text_drop(&what);
    return status;
}

int gv_append_recover(const char *run_dir, gv_progress *progress, gv_error *err)
{
    enum gv_append_folder_state state = GV_APPEND_FOLDER_NONE;
    char *dir = gv_file_path_join(run_dir, GV_FOLDER_APPEND, err);
    int status = dir ? gv_append_folder_look(&state, dir, err) : GV_E_MEMORY;
    if (status == GV_OK && state == GV_APPEND_FOLDER_WAITS)
        status = tell_waiting(dir, run_dir, progress, err);
    if (status == GV_OK && state == GV_APPEND_FOLDER_REPLACES) {
        gv_progress_note(progress, "putting the rest of an append in its place in %s", run_dir);
        status = move(dir, run_dir, err);
    }
    gv_mem_free(dir);
    return status;
}
