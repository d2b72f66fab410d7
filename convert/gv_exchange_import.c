/*
 * counts-import. The counts go straight to their file if the vocabulary is known with its counts,
 * or if nothing else is written. Else they go to a nameless file first, because the order of words,
 * and so every id, depends on sums that are known at the end.
 */
#include "convert/gv_exchange.h"

#include "app/gv_stamp.h"
#include "base/gv_decimal.h"
#include "base/gv_file.h"
#include "base/gv_file_target.h"
#include "base/gv_mem.h"
#include "convert/gv_made_mark.h"
#include "convert/gv_made_words.h"
#include "convert/gv_spool.h"
#include "counts/gv_counts.h"
#include "counts/gv_matrix_derive.h"
#include "counts/gv_matrix_import.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char tool[] = "glove-convert counts-import";

enum { FD_PATH = 32 };

typedef struct importing {
    char *input, *counts; /* as the user named them */
    const gv_exchange_options *options;
    const gv_program_call *call;
    gv_matrix_import_options reading;
    const gv_config *config;
    gv_config *own;   /* of the folder of the counts, if it has one; else NULL */
    char *dir;        /* the folder of the counts; "." for none */
    char *vocab_path; /* the vocabulary that was read; NULL: derived */
    char *words_path; /* where a vocabulary is written; NULL: none is */
    gv_vocab *vocab;  /* of the counts */
    bool in_run;      /* the folder becomes a run directory */
    int spool, first; /* nameless files: standard input, counts in the first order; or -1 */
    char spool_path[FD_PATH], first_path[FD_PATH];
    char *recipe;
    gv_json *description;
    bool unfinished; /* the same command was killed here */
    gv_matrix_import_report report;
    uint64_t left_out;
    bool summed; /* the counts of the words are sums of values */
} importing;

/* --- options ---------------------------------------------------------------------------------- */

static int parse_options(importing *im, gv_error *err)
{
    const gv_exchange_options *given = im->options;
    im->reading = (gv_matrix_import_options){.mirror = given->mirror != NULL,
                                             .add = given->add != NULL,
                                             .has_header = given->header != NULL,
                                             .ids_from = -1};
    if (given->ids && strcmp(given->ids, "0") != 0 && strcmp(given->ids, "1") != 0)
        return gv_error_set(err, GV_E_USAGE,
                            "--ids %s: expected 0 or 1, the number of the first word", given->ids);
    if (given->ids)
        im->reading.ids_from = *given->ids - '0';
    if (given->unit && (!gv_decimal_get_whole(&im->reading.unit, given->unit) ||
                        im->reading.unit == 0 || im->reading.unit > UINT64_C(1) << 53))
        return gv_error_set(err, GV_E_USAGE,
                            "--unit %s: expected N, from 1 to 2^53: values are stored as whole "
                            "numbers of 1/N",
                            given->unit);
    if (given->derive && (given->vocab || given->ids))
        return gv_error_set(err, GV_E_USAGE, "--derive-vocab and %s contradict each other",
                            given->vocab ? "--vocab" : "--ids");
    return GV_OK;
}

/* The folder of the counts, and the config: that of the folder, unless the user names another. */
static int find_config(importing *im, gv_error *err)
{
    const gv_program_call *call = im->call;
    const char *slash = strrchr(im->counts, '/');
    gv_file_stat look;
    im->config = call->config;
    im->dir = slash ? gv_mem_strndup(im->counts,
                                     (size_t)(slash + (slash == im->counts) - im->counts), err)
                    : gv_mem_strdup(".", err);
    if (!im->dir)
        return GV_E_MEMORY;
    if (call->config_path || call->run_dir_given)
        return GV_OK;
    char *path = gv_file_path_join(im->dir, GV_FILE_CONFIG, err);
    int status = path ? gv_file_look(&look, path, err) : GV_E_MEMORY;
    if (status == GV_OK && look.exists) {
        status = gv_config_load_resolved(&im->own, path, &call->sets, "default", err);
        im->config = im->own;
    }
    gv_mem_free(path);
    return status;
}

/* --- the vocabulary --------------------------------------------------------------------------- */

/* Is vocab.txt in `dir` one that counts-import derived from a matrix, as its stamp says, or would
 * have said? */
static int is_derived(bool *derived, const char *dir, gv_error *err)
{
    gv_json *stamp = NULL, *mark = NULL;
    int status = gv_stamp_read(&stamp, dir, GV_STAGE_VOCAB, err);
    if (status == GV_OK)
        status = gv_made_mark_read(&mark, dir, err);
    *derived = strcmp(gv_json_get_text(gv_json_get(stamp, "done"), "tool"), tool) == 0 ||
               gv_json_is_true(gv_json_get(mark, "derived"));
    gv_json_free(stamp);
    gv_json_free(mark);
    return status;
}

/* Take DIR/vocab.txt if it is there, and was not derived. */
static int try_vocab(importing *im, const char *dir, gv_error *err)
{
    gv_file_stat look;
    bool derived = false;
    char *path = gv_file_path_join(dir, GV_FILE_VOCAB, err);
    int status = path ? gv_file_look(&look, path, err) : GV_E_MEMORY;
    if (status == GV_OK && look.exists)
        status = is_derived(&derived, dir, err);
    if (status == GV_OK && look.exists && !derived) {
        im->vocab_path = path;
        return GV_OK;
    }
    gv_mem_free(path);
    return status;
}

static int find_vocab(importing *im, gv_error *err)
{
    int status = GV_OK;
    if (im->options->derive)
        return GV_OK;
    if (im->options->vocab) {
        if (!(im->vocab_path = gv_mem_strdup(im->options->vocab, err)))
            return GV_E_MEMORY;
    } else {
        if (im->call->run_dir_given)
            status = try_vocab(im, im->call->run_dir, err);
        if (status == GV_OK && !im->vocab_path)
            status = try_vocab(im, im->dir, err);
        if (status == GV_OK && !im->vocab_path)
            status = try_vocab(im, im->call->run_dir, err);
    }
    if (status != GV_OK || !im->vocab_path)
        return status;
    return gv_vocab_read(&im->vocab, im->vocab_path, 1, err);
}

/* Where a vocabulary is to be written, and whether a run directory comes of it. Another vocab.txt
 * is not replaced: then the counts are a file by themselves. */
static int plan_output(importing *im, gv_error *err)
{
    const char *slash = strrchr(im->counts, '/');
    const char *name = slash ? slash + 1 : im->counts, *dot = strrchr(name, '.');
    const bool named = strcmp(name, GV_FILE_COUNTS) == 0;
    bool stream = false, derived = false;
    gv_file_stat there = {0}, ours = {0};
    char *path = gv_file_path_join(im->dir, GV_FILE_VOCAB, err);
    int status = path ? gv_file_target_is_stream(&stream, im->counts, err) : GV_E_MEMORY;
    if (status == GV_OK)
        status = gv_file_look(&there, path, err);
    if (status == GV_OK && im->vocab_path)
        status = gv_file_look(&ours, im->vocab_path, err);
    if (status == GV_OK && there.exists)
        status = is_derived(&derived, im->dir, err);
    const bool same = there.exists && there.device == ours.device && there.inode == ours.inode;
    const bool may_write = !there.exists || derived || im->unfinished || im->call->force;
    im->in_run = named && !stream && (same || may_write);
    if (status == GV_OK && !im->vocab && named && !may_write)
        status = gv_error_set(err, GV_E_USAGE,
                              "%s is there, and was not derived from a matrix: use --force if it "
                              "may be replaced, or another folder",
                              path);
    if (status == GV_OK && !im->vocab && stream)
        status = gv_error_set(err, GV_E_USAGE,
                              "a vocabulary that is derived from the matrix needs a file to be "
                              "written to: name the counts, or give --vocab FILE");
    if (status == GV_OK && im->in_run && !same) {
        im->words_path = path;
        return GV_OK;
    }
    gv_mem_free(path);
    if (status != GV_OK || im->vocab)
        return status;
    const size_t stem = dot && dot > name ? (size_t)(dot - im->counts) : strlen(im->counts);
    im->words_path = gv_mem_format(err, "%.*s." GV_FILE_VOCAB, (int)stem, im->counts);
    return im->words_path ? GV_OK : GV_E_MEMORY;
}

static const char *temp_dir(const importing *im)
{
    return gv_config_temp_dir(im->config, im->dir);
}

/* --- reading ---------------------------------------------------------------------------------- */

static int import_to(importing *im, const char *path, gv_error *err)
{
    return gv_matrix_import(strcmp(im->input, "-") == 0 ? "standard input" : im->input, im->vocab,
                            im->config, &im->reading, path, &im->report, err);
}

/* By way of a nameless file: the order of the words, or their counts, are known afterwards. */
static int import_and_derive(importing *im, gv_error *err)
{
    const gv_strings *sets = &im->call->sets;
    gv_vocab *derived = NULL;
    int status = gv_file_temp_open(&im->first, temp_dir(im), err);
    snprintf(im->first_path, sizeof im->first_path, "/dev/fd/%d", im->first);
    if (status == GV_OK)
        status = import_to(im, im->first_path, err);
    const gv_matrix_derive_options deriving = {
        .from = im->first_path,
        .words = im->vocab ? im->vocab : im->report.words,
        .in_order = im->vocab != NULL,
        .min_count = gv_config_is_set(sets, "vocab.min_count") ? im->config->vocab_min_count : 0,
        .max_size = gv_config_is_set(sets, "vocab.max_size") ? im->config->vocab_max_size : 0,
        .path = im->counts,
        .memory = im->config->cooccur_memory_mb << 20,
        .temp_dir = temp_dir(im),
        .threads = gv_config_threads(im->config->cooccur_threads),
        .progress = im->call->progress};
    if (status == GV_OK)
        status = gv_matrix_derive(&derived, &im->left_out, &deriving, err);
    if (status != GV_OK && err && strstr(err->text, im->first_path))
        gv_error_prefix(err, "a temporary file in %s", temp_dir(im));
    if (status == GV_OK)
        status = gv_vocab_write(derived, im->words_path, err);
    im->summed = status == GV_OK;
    if (derived) {
        gv_vocab_free(im->vocab);
        im->vocab = derived;
    }
    return status;
}

static int import(importing *im, gv_error *err)
{
    if (!im->vocab || (im->words_path && gv_vocab_total(im->vocab) == 0))
        return import_and_derive(im, err);
    int status = import_to(im, im->counts, err);
    return status == GV_OK && im->words_path ? gv_vocab_write(im->vocab, im->words_path, err)
                                             : status;
}

static void tell(const importing *im)
{
    gv_progress *progress = im->call->progress;
    gv_progress_note(progress, "%s: %s, %" PRIu64 " entries, stored in units of 1/%" PRIu64,
                     im->input, im->report.format, im->report.entries, im->report.unit);
    for (size_t i = 0; i < im->report.notes.n; i++)
        gv_progress_note(progress, "%s: %s", im->input, im->report.notes.items[i]);
    if (im->vocab_path)
        gv_progress_note(progress, "words: %" PRIu32 ", of %s", gv_vocab_size(im->vocab),
                         im->vocab_path);
    if (im->words_path)
        gv_progress_note(progress, "%s: %" PRIu32 " words, %s", im->words_path,
                         gv_vocab_size(im->vocab),
                         im->summed ? "with the sums of their values as counts" : "as given");
    if (im->left_out > 0)
        gv_progress_note(
            progress,
            "words left out by vocab.min_count or vocab.max_size, or because all their "
            "values are 0: %" PRIu64,
            im->left_out);
}

/* --- as a run directory ----------------------------------------------------------------------- */

static int describe(importing *im, gv_error *err)
{
    const gv_exchange_options *given = im->options;
    gv_json_writer w = gv_json_begin();
    gv_json_set_text(&w, "from", im->input);
    gv_json_set_bool(&w, "mirror", given->mirror != NULL);
    gv_json_set_bool(&w, "add_duplicates", given->add != NULL);
    gv_json_set_bool(&w, "header", given->header != NULL);
    gv_json_set_text(&w, "ids", given->ids);
    gv_json_set_text(&w, "unit", given->unit);
    gv_json_set_bool(&w, "derived", im->vocab == NULL);
    return gv_json_take(&im->description, &w, err);
}

/* Was the same imported in the same way before? */
static int is_same_import(bool *same, const importing *im, gv_error *err)
{
    gv_json *stamp = NULL;
    int status = gv_stamp_read(&stamp, im->dir, GV_STAGE_COOCCUR, err);
    *same = gv_json_equal(gv_json_get(gv_json_get(stamp, "done"), "imported"), im->description);
    gv_json_free(stamp);
    return status;
}

static int end_counts(importing *im, gv_run *run, const gv_strings *inputs,
                      const gv_strings *outputs, gv_error *err)
{
    gv_counts *counts = NULL;
    int status = gv_counts_open(&counts, im->counts, err);
    if (status != GV_OK)
        return status;
    const gv_counts_info *info = gv_counts_about(counts);
    gv_json_writer fields = gv_json_begin();
    gv_json_set_text(&fields, "tool", tool);
    gv_json_set_value(&fields, "imported", im->description);
    gv_json_set_uint(&fields, "records", info->records);
    gv_json_set_uint(&fields, "cells", info->cells);
    gv_json_set_uint(&fields, "unit", info->unit);
    gv_json_set_real(&fields, "largest_error", im->report.largest_error);
    gv_counts_close(counts);
    return gv_run_done(run, im->recipe, inputs, outputs, &fields, err);
}

static int work_in_run(importing *im, gv_run *run, bool *fresh, gv_error *err)
{
    char *read[] = {im->vocab_path, im->input};
    char *written[] = {im->counts, im->words_path};
    const gv_strings inputs = {im->vocab_path ? 2 : 1, read + !im->vocab_path};
    const gv_strings outputs = {im->words_path ? 2 : 1, written};
    bool same;
    int status = is_same_import(&same, im, err);
    if (status == GV_OK)
        status = gv_run_up_to_date(fresh, run, im->recipe, &inputs, &outputs, err);
    *fresh = *fresh && same;
    if (status != GV_OK || *fresh)
        return status;
    status = gv_made_mark_set(im->dir, im->description, err);
    if (status == GV_OK)
        status = import(im, err);
    return status == GV_OK ? end_counts(im, run, &inputs, &outputs, err) : status;
}

static int import_into_run(importing *im, gv_error *err)
{
    const gv_run_options options = {.config = im->config,
                                    .dir = im->dir,
                                    .stage = GV_STAGE_COOCCUR,
                                    .force = im->call->force || im->unfinished,
                                    .progress = im->call->progress,
                                    .command = im->call->command};
    gv_run *run = NULL;
    bool fresh = false;
    int status = gv_config_recipe(&im->recipe, im->config, GV_STAGE_VOCAB | GV_STAGE_COOCCUR, err);
    if (status == GV_OK)
        status = gv_run_open(&run, &options, err);
    if (status != GV_OK)
        return status;
    status = work_in_run(im, run, &fresh, err);
    gv_run_end(run, status);
    gv_run_close(run);
    const gv_strings inputs = {1, &im->input};
    const gv_made_words words = {tool, "imported", im->description, im->vocab, &inputs};
    if (status == GV_OK && !fresh && im->words_path)
        status = gv_made_words_stamp(&words, &options, err);
    if (status == GV_OK && !fresh)
        status = gv_made_mark_remove(im->dir, err);
    if (status == GV_OK && !fresh)
        tell(im);
    return status;
}

/* --- all of it -------------------------------------------------------------------------------- */

static void clear(importing *im)
{
    gv_config_free(im->own);
    gv_vocab_free(im->vocab);
    gv_vocab_free(im->report.words);
    gv_strings_free(&im->report.notes);
    gv_json_free(im->description);
    gv_mem_free(im->input);
    gv_mem_free(im->counts);
    gv_mem_free(im->dir);
    gv_mem_free(im->vocab_path);
    gv_mem_free(im->words_path);
    gv_mem_free(im->recipe);
    if (im->spool >= 0)
        close(im->spool);
    if (im->first >= 0)
        close(im->first);
}

int gv_exchange_import(const char *input, const char *counts, const gv_exchange_options *options,
                       const gv_program_call *call, gv_error *err)
{
    importing im = {.options = options, .call = call, .spool = -1, .first = -1};
    im.input = gv_mem_strdup(input, err);
    im.counts = gv_mem_strdup(counts, err);
    int status = im.input && im.counts ? parse_options(&im, err) : GV_E_MEMORY;
    if (status == GV_OK)
        status = find_config(&im, err);
    if (status == GV_OK)
        status = find_vocab(&im, err);
    if (status == GV_OK)
        status = describe(&im, err);
    if (status == GV_OK)
        status = gv_made_mark_is(&im.unfinished, im.dir, im.description, err);
    if (status == GV_OK)
        status = plan_output(&im, err);
    if (status == GV_OK && im.in_run)
        status = gv_file_make_dirs(im.dir, err);
    if (status == GV_OK)
        status = gv_spool_input(&im.spool, input, temp_dir(&im), err);
    if (im.spool >= 0) {
        snprintf(im.spool_path, sizeof im.spool_path, "/proc/self/fd/%d", im.spool);
        im.reading.file = im.spool_path;
    }
    if (status == GV_OK && im.in_run)
        status = import_into_run(&im, err);
    else if (status == GV_OK && (status = import(&im, err)) == GV_OK)
        tell(&im);
    clear(&im);
    return status;
}
