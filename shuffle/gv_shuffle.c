/*
 * The shuffle as a whole: counts.bin is read twice.
 *
 * 1. Survey (gv_shuffle_survey.h): how many ordered records each row has, the exact row sums, and a
 *    sample of the values. From these the layout is made (gv_shuffle_layout.h). Then the head of
 *    the store is written (words, row sums, layout) and the vocabulary is freed.
 * 2. Scatter (gv_shuffle_scatter.h): the cells are sorted into buckets.
 * 3. Pack (gv_shuffle_pack.h): each bucket becomes tiles.
 *
 * Memory: what is fixed is small (lib/budget/gv_budget_shuffle.h); the spool for cells gets the
 * rest of the budget, by the kernel's own count of what the process holds at that moment.
 */
#include "shuffle/gv_shuffle.h"

#include "base/gv_disk.h"
#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "base/gv_threads.h"
#include "shuffle/gv_shuffle_inputs.h"
#include "shuffle/gv_shuffle_pack.h"
#include "shuffle/gv_shuffle_scatter.h"
#include "shuffle/gv_shuffle_survey.h"
#include "store/gv_store_part.h"

/* A shuffle under way. */
typedef struct shuffle {
    const gv_shuffle_options *options;
    gv_shuffle_result *result;
    unsigned threads;
    gv_shuffle_inputs inputs;
    gv_store_writer *writer;
    gv_shuffle_survey survey;
    gv_shuffle_layout layout;
    gv_shuffle_spool *spool;
} shuffle;

/* Bytes of the budget that are left beside what the process holds and a few MiB of buffers. */
static uint64_t budget_left(const shuffle *s)
{
    return gv_budget_shuffle_left(&s->inputs.basis, gv_mem_resident_bytes());
}

/* store.db has a value code of two bytes for each cell, and much else; it is written beside the old
 * one. */
static int check_disk(const shuffle *s, gv_error *err)
{
    enum { CELL = 2 };
    return gv_disk_check(s->options->store_path, CELL * (double)s->inputs.info->cells,
                         "the shuffle needs", err);
}

static int put_head(const shuffle *s, gv_error *err)
{
    return gv_shuffle_inputs_put_head(s->writer, &s->inputs, s->survey.row_sums, &s->layout,
                                      s->options->recipe, err);
}

/* Free what only the head needs: its memory is better used for cells. */
static void free_words(shuffle *s)
{
    gv_shuffle_survey_free(&s->survey);
    gv_vocab_free(s->inputs.vocab);
    s->inputs.vocab = NULL;
}

static int survey_matrix(shuffle *s, gv_error *err)
{
    unsigned threads = gv_budget_shuffle_survey_threads(&s->inputs.basis, s->threads);
    const gv_shuffle_survey_job job = {
        .counts = s->inputs.counts, .threads = threads, .progress = s->options->progress};
    gv_progress_begin(job.progress, "surveying the matrix", s->inputs.info->cells, "cells");
    int status = gv_shuffle_survey_make(&s->survey, &job, err);
    gv_progress_end(job.progress);
    if (status == GV_OK)
        status = gv_shuffle_survey_check(&s->survey, s->inputs.vocab, err);
    if (status == GV_OK)
        status =
            gv_shuffle_layout_make(&s->layout, &s->survey, s->inputs.info, s->options->rule, err);
    gv_shuffle_codes_sample_close(&s->survey.sample);
    s->inputs.basis.block = gv_counts_largest_block(s->inputs.counts);
    return status;
}

/* A spool with as many lanes as threads are wanted and memory allows. */
static int open_spool(shuffle *s, gv_error *err)
{
    uint64_t left = budget_left(s);
    unsigned lanes = gv_budget_shuffle_lanes(&s->inputs.basis, left, s->threads);
    uint64_t memory = s->options->arena ? s->options->arena
                                        : gv_budget_shuffle_spool(&s->inputs.basis, left, lanes);
    uint64_t most = gv_budget_shuffle_spool_most(
        &s->inputs.basis, gv_shuffle_spool_least(s->layout.buckets, lanes), lanes);
    return gv_shuffle_spool_open(&s->spool, s->layout.buckets, lanes,
                                 (size_t)(memory < most ? memory : most), s->options->temp_dir,
                                 err);
}

static int scatter(shuffle *s, gv_error *err)
{
    const gv_shuffle_scatter_job job = {
        .counts = s->inputs.counts, .layout = &s->layout, .progress = s->options->progress};
    gv_progress_begin(job.progress, "sorting into tiles", s->inputs.info->cells, "cells");
    int status = gv_shuffle_scatter(&s->result->escapes, s->spool, &job, err);
    gv_progress_end(job.progress);
    return status;
}

/* Thread 0 scatters, thread 1 writes the head. */
static int scatter_or_put_head(void *context, unsigned thread, gv_error *err)
{
    return thread == 0 ? scatter(context, err) : put_head(context, err);
}

/* Write the head of the store, and scatter the cells. Writing the head takes one thread and keeps
 * the vocabulary in memory, so both are done at once only if memory is ample. */
static int sort_cells(shuffle *s, gv_error *err)
{
    bool at_once = s->threads > 1 && !s->options->arena &&
                   gv_budget_shuffle_is_ample(&s->inputs.basis, budget_left(s));
    int status = at_once ? GV_OK : put_head(s, err);
    if (!at_once)
        free_words(s);
    if (status == GV_OK)
        status = gv_counts_rewind(s->inputs.counts, err);
    if (status == GV_OK)
        status = open_spool(s, err);
    if (status == GV_OK)
        status = at_once ? gv_threads_run(2, scatter_or_put_head, s, err) : scatter(s, err);
    free_words(s);
    return status;
}

/* A gv_shuffle_pack_put. */
static int put_blob(void *context, const void *blob, size_t bytes, const gv_store_tile *tiles,
                    size_t n, gv_error *err)
{
    return gv_store_put_blob(context, blob, bytes, tiles, n, err);
}

static int pack_buckets(shuffle *s, gv_error *err)
{
    gv_progress *progress = s->options->progress;
    int status = gv_shuffle_spool_finish(s->spool, err);
    if (status != GV_OK)
        return status;
    s->result->spilled = gv_shuffle_spool_spilled(s->spool);
    const gv_shuffle_source source = {.spool = s->spool};
    const gv_shuffle_source_buckets all = {.n = s->layout.buckets};
    uint64_t largest = gv_shuffle_source_largest(&source, &all);
    const gv_shuffle_pack_job job = {
        .layout = &s->layout,
        .source = &source,
        .buckets = all,
        .seed = s->options->seed,
        .threads = gv_budget_shuffle_pack_threads(
            budget_left(s), gv_shuffle_pack_thread_bytes(&s->layout, largest), s->threads),
        .progress = progress,
        .put = put_blob,
        .context = s->writer};
    gv_progress_begin(progress, "packing tiles", s->inputs.info->cells, "cells");
    status = gv_shuffle_pack(&job, err);
    gv_progress_end(progress);
    return status;
}

static int describe(gv_shuffle_result *result, const char *store_path, gv_error *err)
{
    gv_store *store = NULL;
    gv_file_stat look;
    int status = gv_file_look(&look, store_path, err);
    if (status == GV_OK)
        status = gv_store_open(&store, store_path, 0, err);
    if (status != GV_OK)
        return status;
    const gv_store_info *info = gv_store_about(store);
    result->store_bytes = look.size;
    result->cells = info->cells;
    result->records = info->records;
    result->segments = info->segments;
    result->groups = info->groups;
    result->blobs = info->blobs;
    result->tiles = info->tiles;
    gv_store_close(store);
    return GV_OK;
}

/* Put the store in its place; the parts of the one before go, and what killed jobs have left. */
static int commit(shuffle *s, gv_error *err)
{
    const gv_shuffle_options *options = s->options;
    gv_strings old = {0};
    const gv_strings none = {0};
    int status = gv_store_part_left(&old, options->store_path, &none, err);
    if (status == GV_OK)
        status = gv_store_part_names(&old, options->store_path, err);
    if (status == GV_OK)
        status = gv_store_commit(&s->writer, s->inputs.info->cells, s->inputs.info->records,
                                 options->provenance, err);
    if (status == GV_OK)
        status = gv_store_part_remove_old(&old, options->store_path, options->part_dirs, err);
    gv_strings_free(&old);
    return status;
}

int gv_shuffle(gv_shuffle_result *result, const gv_shuffle_options *options, gv_error *err)
{
    shuffle s = {.options = options, .result = result, .threads = options->threads};
    if (s.threads > GV_BUDGET_SHUFFLE_THREADS)
        s.threads = GV_BUDGET_SHUFFLE_THREADS;
    *result = (gv_shuffle_result){0};
    int status = gv_shuffle_inputs_open(&s.inputs, options, err);
    if (status == GV_OK)
        status = check_disk(&s, err);
    if (status == GV_OK)
        status = gv_store_create(&s.writer, options->store_path, err);
    if (status == GV_OK)
        status = survey_matrix(&s, err);
    if (status == GV_OK)
        status = sort_cells(&s, err);
    free_words(&s);
    if (status == GV_OK)
        status = pack_buckets(&s, err);
    gv_shuffle_spool_close(s.spool);
    if (status == GV_OK)
        status = commit(&s, err);
    gv_store_abort(&s.writer);
    gv_shuffle_layout_clear(&s.layout);
    gv_shuffle_inputs_close(&s.inputs);
    return status == GV_OK ? describe(result, options->store_path, err) : status;
}
