/*
 * The run directory is written as glove-cooccur and glove-vocab would: counts.bin first, because
 * that is what can fail (more subtracted than is there), then vocab.txt, then their stamps. What
 * says that the output is there already is the stamp of the counts: its "done" event has the
 * description of what was merged.
 */
#include "convert/gv_merge.h"

#include "app/gv_stamp.h"
#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "convert/gv_made_mark.h"
#include "convert/gv_made_words.h"
#include "convert/gv_merge_config.h"
#include "convert/gv_merge_input.h"
#include "counts/gv_counts_merge.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char tool[] = "glove-convert counts-merge";

typedef struct merging {
    const char *out;
    const gv_merge_options *options;
    const gv_program_call *call;
    gv_merge_input *inputs; /* [n] */
    size_t n;
    gv_merge_config made;
    gv_vocab *given;
    char *recipe;
    char *outputs[2]; /* paths: counts.bin, vocab.txt */
    gv_strings files; /* both files of each input */
    gv_json *description;
    bool unfinished; /* the same command was killed here */
    gv_vocab_combine_result words;
    gv_counts_merge_result result;
} merging;

/* --- inputs ----------------------------------------------------------------------------------- */

/* Are both the same folder or file, whatever they are called? */
static int is_same(bool *same, const char *a, const char *b, gv_error *err)
{
    gv_file_stat x, y = {0};
    int status = gv_file_look(&x, a, err);
    if (status == GV_OK)
        status = gv_file_look(&y, b, err);
    *same = x.exists && y.exists && x.device == y.device && x.inode == y.inode;
    return status;
}

static int check_not_input(const merging *m, const gv_merge_input *input, gv_error *err)
{
    bool dir = false, file = false;
    int status = input->dir ? is_same(&dir, input->dir, m->out, err) : GV_OK;
    if (status == GV_OK)
        status = is_same(&file, input->counts_path, m->outputs[0], err);
    if (status == GV_OK && (dir || file))
        status = gv_error_set(err, GV_E_USAGE,
                              "%s is the output and one of the inputs; choose another folder for "
                              "the output",
                              input->name);
    return status;
}

static int open_inputs(merging *m, gv_strings operands, gv_error *err)
{
    int status = GV_OK;
    if (!(m->inputs = gv_mem_alloc_zero(operands.n, sizeof *m->inputs, err)))
        return GV_E_MEMORY;
    m->n = operands.n;
    for (size_t i = 0; i < m->n && status == GV_OK; i++) {
        status = gv_merge_input_open(&m->inputs[i], operands.items[i], err);
        if (status == GV_OK)
            status = check_not_input(m, &m->inputs[i], err);
        if (status == GV_OK && i > 0)
            status =
                gv_merge_input_check_alike(&m->inputs[0], &m->inputs[i], m->call->progress, err);
    }
    if (status == GV_OK && m->options->given)
        status = gv_vocab_read(&m->given, m->options->given, 1, err);
    return status;
}

static int list_files(merging *m, gv_error *err)
{
    int status = GV_OK;
    for (size_t i = 0; i < m->n && status == GV_OK; i++) {
        status = gv_strings_add(&m->files, m->inputs[i].vocab_path, err);
        if (status == GV_OK)
            status = gv_strings_add(&m->files, m->inputs[i].counts_path, err);
    }
    if (status == GV_OK && m->options->given)
        status = gv_strings_add(&m->files, m->options->given, err);
    return status;
}

/* --- what is merged, and is it there already? ------------------------------------------------- */

static void describe_input(gv_json_writer *w, const gv_merge_input *input)
{
    char *path = realpath(input->counts_path, NULL);
    gv_json_open_object(w, NULL);
    gv_json_set_text(w, "counts", path ? path : input->counts_path);
    gv_json_set_text(w, "weight", input->weight_text);
    gv_json_close(w);
    free(path);
}

static int describe(merging *m, gv_error *err)
{
    static const char *const words[] = {"union", "intersection", "given"};
    gv_json_writer w = gv_json_begin();
    gv_json_open_array(&w, "inputs");
    for (size_t i = 0; i < m->n; i++)
        describe_input(&w, &m->inputs[i]);
    gv_json_close(&w);
    gv_json_set_text(&w, "words", words[m->options->words]);
    gv_json_set_bool(&w, "floor", m->options->floor);
    return gv_json_take(&m->description, &w, err);
}

/* The output may hold what the same command made, or nothing. */
static int check_out(const merging *m, gv_error *err)
{
    static const char *const files[] = {GV_FILE_CONFIG, GV_FILE_COUNTS, GV_FILE_VOCAB};
    gv_json *stamp = NULL;
    int status = gv_stamp_read(&stamp, m->out, GV_STAGE_COOCCUR, err);
    const gv_json *done = gv_json_get(stamp, "done");
    bool ours = gv_json_equal(gv_json_get(done, "merged"), m->description) || m->unfinished;
    for (size_t i = 0; i < sizeof files / sizeof *files && status == GV_OK && !ours; i++) {
        gv_file_stat look = {0};
        char *path = gv_file_path_join(m->out, files[i], err);
        status = path ? gv_file_look(&look, path, err) : GV_E_MEMORY;
        if (status == GV_OK && look.exists && !m->call->force)
            status = gv_error_set(err, GV_E_USAGE,
                                  "%s is there: %s holds another run; use --force if it may be "
                                  "replaced, or another folder",
                                  path, m->out);
        gv_mem_free(path);
    }
    gv_json_free(stamp);
    return status;
}

/* --- merging ---------------------------------------------------------------------------------- */

static int merge_words(merging *m, gv_error *err)
{
    const gv_config *config = m->made.config;
    const gv_strings *sets = &m->call->sets;
    const gv_vocab_combine_options options = {
        .words = m->options->words,
        .given = m->given,
        .min_count = gv_config_is_set(sets, "vocab.min_count") ? config->vocab_min_count : 0,
        .max_size = gv_config_is_set(sets, "vocab.max_size") ? config->vocab_max_size : 0,
        .floor = m->options->floor};
    const gv_vocab **vocabs = gv_mem_alloc(m->n, sizeof(const gv_vocab *), err);
    gv_fraction *weights = gv_mem_alloc(m->n, sizeof *weights, err);
    int status = vocabs && weights ? GV_OK : GV_E_MEMORY;
    for (size_t i = 0; i < m->n && status == GV_OK; i++) {
        vocabs[i] = m->inputs[i].vocab;
        weights[i] = m->inputs[i].weight;
    }
    if (status == GV_OK)
        status = gv_vocab_combine(&m->words, vocabs, weights, m->n, &options, err);
    gv_mem_free(vocabs);
    gv_mem_free(weights);
    return status;
}

/* What the budget leaves for sorting, beside the vocabularies. */
static uint64_t sort_memory(const merging *m)
{
    uint64_t budget = m->made.config->cooccur_memory_mb << 20;
    uint64_t used = gv_vocab_memory(m->words.vocab);
    for (size_t i = 0; i < m->n; i++)
        used += gv_vocab_memory(m->inputs[i].vocab) +
                sizeof(uint32_t) * (uint64_t)gv_vocab_size(m->inputs[i].vocab);
    return budget > used ? budget - used : 0;
}

static int merge_counts(merging *m, const gv_run *run, gv_error *err)
{
    const gv_counts_merge_options options = {.vocab = m->words.vocab,
                                             .recipe = m->recipe,
                                             .path = m->outputs[0],
                                             .memory = sort_memory(m),
                                             .temp_dir = gv_config_temp_dir(run->config, run->dir),
                                             .threads =
                                                 gv_config_threads(run->config->cooccur_threads),
                                             .floor = m->options->floor,
                                             .progress = run->progress};
    gv_counts_merge_input *inputs = gv_mem_alloc(m->n, sizeof *inputs, err);
    if (!inputs)
        return GV_E_MEMORY;
    for (size_t i = 0; i < m->n; i++)
        inputs[i] =
            (gv_counts_merge_input){m->inputs[i].counts, m->words.ids[i], m->inputs[i].weight};
    int status = gv_counts_merge(&m->result, inputs, m->n, &options, err);
    gv_mem_free(inputs);
    return status;
}

/* --- what came out ---------------------------------------------------------------------------- */

static void note_if(gv_progress *progress, uint64_t n, const char *what)
{
    if (n > 0)
        gv_progress_note(progress, "%s: %" PRIu64, what, n);
}

static void tell(const merging *m)
{
    gv_progress *progress = m->call->progress;
    const gv_counts_info *info = &m->result.info;
    gv_progress_note(progress, "%s: %" PRIu32 " words from %zu vocabular%s", GV_FILE_VOCAB,
                     gv_vocab_size(m->words.vocab), m->n, m->n == 1 ? "y" : "ies");
    note_if(progress, m->words.rounded, "word counts rounded to whole numbers");
    note_if(progress, m->words.left_out, "words left out by vocab.min_count or vocab.max_size");
    note_if(progress, m->words.cancelled, "words whose count became 0, left out");
    note_if(progress, m->words.negative, "words whose count became negative, left out");
    gv_progress_note(progress,
                     "%s: %" PRIu64 " ordered records (%" PRIu64 " cells stored), in units of "
                     "1/%" PRIu64 "%s",
                     GV_FILE_COUNTS, info->records, info->cells, info->unit,
                     m->result.exact ? "" : ", to which they were rounded");
    note_if(progress, m->result.left_out, "cells of words that are left out");
    note_if(progress, m->result.cancelled, "cells that became 0, left out");
    note_if(progress, m->result.negative, "cells that became negative, left out");
}

/* End as glove-cooccur does. */
static int end_counts(merging *m, gv_run *run, gv_error *err)
{
    const gv_counts_info *info = &m->result.info;
    const gv_strings outputs = {2, m->outputs};
    gv_json_writer fields = gv_json_begin();
    gv_json_set_text(&fields, "tool", tool);
    gv_json_set_value(&fields, "merged", m->description);
    gv_json_set_uint(&fields, "records", info->records);
    gv_json_set_uint(&fields, "cells", info->cells);
    gv_json_set_uint(&fields, "tokens", info->tokens);
    gv_json_set_uint(&fields, "unit", info->unit);
    gv_json_set_bool(&fields, "exact", m->result.exact);
    gv_json_set_uint(&fields, "cells_left_out", m->result.left_out);
    gv_json_set_uint(&fields, "cells_cancelled", m->result.cancelled);
    gv_json_set_uint(&fields, "cells_negative", m->result.negative);
    int status = gv_run_know_hash(run, m->outputs[0], info->file_hash, err);
    if (status != GV_OK) {
        gv_json_clear(&fields);
        return status;
    }
    return gv_run_done(run, m->recipe, &m->files, &outputs, &fields, err);
}

/* --- all of it -------------------------------------------------------------------------------- */

static int work(merging *m, gv_run *run, bool *fresh, gv_error *err)
{
    const gv_strings outputs = {2, m->outputs};
    int status = gv_made_mark_set(m->out, m->description, err);
    if (status == GV_OK)
        status = gv_run_up_to_date(fresh, run, m->recipe, &m->files, &outputs, err);
    if (status == GV_OK && *fresh)
        status = gv_made_mark_remove(m->out, err);
    if (status != GV_OK || *fresh)
        return status;
    status = merge_words(m, err);
    if (status == GV_OK)
        status = merge_counts(m, run, err);
    if (status == GV_OK)
        status = gv_vocab_write(m->words.vocab, m->outputs[1], err);
    if (status == GV_OK)
        status = end_counts(m, run, err);
    return status;
}

static int merge_into_run(merging *m, gv_error *err)
{
    const gv_run_options options = {.config = m->made.config,
                                    .lasting = m->made.lasting,
                                    .dir = m->out,
                                    .stage = GV_STAGE_COOCCUR,
                                    .force = m->call->force || m->unfinished,
                                    .progress = m->call->progress,
                                    .command = m->call->command};
    gv_run *run = NULL;
    bool fresh = false;
    int status = gv_run_open(&run, &options, err);
    if (status != GV_OK)
        return status;
    status = work(m, run, &fresh, err);
    gv_run_end(run, status);
    gv_run_close(run);
    if (status != GV_OK || fresh)
        return status;
    const gv_made_words words = {tool, "merged", m->description, m->words.vocab, &m->files};
    status = gv_made_words_stamp(&words, &options, err);
    if (status == GV_OK)
        status = gv_made_mark_remove(m->out, err);
    if (status == GV_OK)
        tell(m);
    return status;
}

static void clear(merging *m)
{
    for (size_t i = 0; i < m->n; i++)
        gv_merge_input_clear(&m->inputs[i]);
    gv_mem_free(m->inputs);
    gv_merge_config_clear(&m->made);
    gv_vocab_free(m->given);
    gv_mem_free(m->outputs[0]);
    gv_mem_free(m->outputs[1]);
    gv_mem_free(m->recipe);
    gv_strings_free(&m->files);
    gv_json_free(m->description);
    gv_vocab_combine_clear(&m->words);
}

int gv_merge_counts(const char *out, gv_strings operands, const gv_merge_options *options,
                    const gv_program_call *call, gv_error *err)
{
    merging m = {.out = out, .options = options, .call = call};
    m.outputs[0] = gv_file_path_join(out, GV_FILE_COUNTS, err);
    m.outputs[1] = gv_file_path_join(out, GV_FILE_VOCAB, err);
    int status = m.outputs[0] && m.outputs[1] ? GV_OK : GV_E_MEMORY;
    if (status == GV_OK)
        status = open_inputs(&m, operands, err);
    if (status == GV_OK)
        status = gv_merge_config_make(&m.made, m.inputs, m.n, out, call, err);
    if (status == GV_OK)
        status = gv_config_recipe(&m.recipe, m.made.config, GV_STAGE_VOCAB | GV_STAGE_COOCCUR, err);
    if (status == GV_OK)
        status = list_files(&m, err);
    if (status == GV_OK)
        status = describe(&m, err);
    if (status == GV_OK)
        status = gv_made_mark_is(&m.unfinished, out, m.description, err);
    if (status == GV_OK)
        status = check_out(&m, err);
    if (status == GV_OK)
        status = merge_into_run(&m, err);
    clear(&m);
    return status;
}
