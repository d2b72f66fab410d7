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
#include "budget/gv_budget_shuffle.h"
#include "shuffle/gv_shuffle_pack.h"
#include "shuffle/gv_shuffle_scatter.h"
#include "shuffle/gv_shuffle_survey.h"
#include "store/gv_store_part.h"
#include <inttypes.h>

/* A shuffle under way. */
typedef struct shuffle {
    const gv_shuffle_options *options;
    gv_shuffle_result *result;
    unsigned threads;
    gv_counts *counts;
    const gv_counts_info *info; /* of counts */
    gv_vocab *vocab;
    gv_budget_shuffle basis; /* of the rules for memory */
    gv_store_writer *writer;
    gv_shuffle_survey survey;
    gv_shuffle_layout layout;
    gv_shuffle_spool *spool;
} shuffle;

static int check_budget(const gv_budget_shuffle *basis, uint64_t memory_mb, gv_error *err)
{
    uint64_t need = gv_budget_shuffle_least(basis), need_mb = need / GV_BUDGET_MIB + 1;
    if (basis->budget >= need)
        return GV_OK;
    if (need_mb <= memory_mb)
        return gv_error_set(err, GV_E_MEMORY,
                            "only %" PRIu64 " MiB of memory are free for the shuffle, and %u words "
                            "need at least %" PRIu64 ": free some memory, or raise vocab.min_count",
                            basis->budget / GV_BUDGET_MIB, basis->words, need_mb);
    return gv_error_set(err, GV_E_MEMORY,
                        "shuffle.memory_mb = %" PRIu64
                        " is too small for %u words; set it to at least %" PRIu64,
                        memory_mb, basis->words, need_mb);
}

/* Bytes of the budget that are left beside what the process holds and a few MiB of buffers. */
static uint64_t budget_left(const shuffle *s)
{
    return gv_budget_shuffle_left(&s->basis, gv_mem_resident_bytes());
}

static int open_inputs(shuffle *s, gv_error *err)
{
    const gv_shuffle_options *options = s->options;
    uint64_t budget = gv_budget_of_key(options->memory_mb, options->available);
    int status = gv_vocab_read_within(&s->vocab, options->vocab_path, 1,
                                      gv_budget_of_reading(budget), "shuffle.memory_mb", err);
    if (status == GV_OK)
        status = gv_counts_open(&s->counts, options->counts_path, err);
    if (status != GV_OK)
        return status;
    s->info = gv_counts_about(s->counts);
    if (s->info->vocab_size != gv_vocab_size(s->vocab) ||
        !gv_hash_equal(s->info->vocab_hash, gv_vocab_hash(s->vocab)))
        return gv_error_set(
            err, GV_E_CORRUPT,
            "%s was counted with another vocabulary than %s; run glove-cooccur again",
            options->counts_path, options->vocab_path);
    if (s->info->cells == 0)
        return gv_error_set(err, GV_E_CORRUPT, "%s has no records; run glove-cooccur again",
                            options->counts_path);
    s->basis = (gv_budget_shuffle){.budget = budget,
                                   .cells = s->info->cells,
                                   .vocabulary = gv_vocab_memory(s->vocab),
                                   .words = s->info->vocab_size};
    return check_budget(&s->basis, options->memory_mb, err);
}

/* store.db has a value code of two bytes for each cell, and much else; it is written beside the old
 * one. */
static int check_disk(const shuffle *s, gv_error *err)
{
    enum { CELL = 2 };
    return gv_disk_check(s->options->store_path, CELL * (double)s->info->cells, "the shuffle needs",
                         err);
}

/* Everything in the store that comes before the blobs. */
static int put_head(shuffle *s, gv_error *err)
{
    const gv_counts_info *info = s->info;
    const gv_segments *segments = &s->layout.segments;
    const gv_store_info head = {.vocab_size = info->vocab_size,
                                .symmetric = info->symmetric,
                                .unit = info->unit,
                                .window = info->window,
                                .segments = segments->n,
                                .segment_first = segments->first,
                                .groups = segments->groups,
                                .segment_group = segments->group,
                                .values = s->layout.codes.n,
                                .value = s->layout.codes.value,
                                .recipe = s->options->recipe,
                                .vocab_hash = info->vocab_hash};
    int status = gv_store_put_words(s->writer, s->vocab, s->survey.row_sums, err);
    return status == GV_OK ? gv_store_put_layout(s->writer, &head, err) : status;
}

/* Free what only the head needs: its memory is better used for cells. */
static void free_words(shuffle *s)
{
    gv_shuffle_survey_free(&s->survey);
    gv_vocab_free(s->vocab);
    s->vocab = NULL;
}

static int survey_matrix(shuffle *s, gv_error *err)
{
    unsigned threads = gv_budget_shuffle_survey_threads(&s->basis, s->threads);
    int status =
        gv_shuffle_survey_make(&s->survey, s->counts, s->vocab, threads, s->options->progress, err);
    if (status == GV_OK)
        status = gv_shuffle_layout_make(&s->layout, &s->survey, s->info, s->options->rule, err);
    gv_shuffle_codes_sample_close(&s->survey.sample);
    return status;
}

/* A spool with as many lanes as threads are wanted and memory allows. */
static int open_spool(shuffle *s, gv_error *err)
{
    uint64_t left = budget_left(s);
    unsigned lanes = gv_budget_shuffle_lanes(left, s->threads);
    uint64_t memory = s->options->arena ? s->options->arena : gv_budget_shuffle_spool(left, lanes);
    uint64_t most = gv_budget_shuffle_spool_most(
        &s->basis, gv_shuffle_spool_least(s->layout.buckets, lanes), lanes);
    return gv_shuffle_spool_open(&s->spool, s->layout.buckets, lanes,
                                 (size_t)(memory < most ? memory : most), s->options->temp_dir,
                                 err);
}

static int scatter(shuffle *s, gv_error *err)
{
    gv_progress_begin(s->options->progress, "sorting into tiles", s->info->cells, "cells");
    int status = gv_shuffle_scatter(&s->result->escapes, s->spool, s->counts, &s->layout,
                                    s->options->progress, err);
    gv_progress_end(s->options->progress);
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
                   gv_budget_shuffle_is_ample(&s->basis, budget_left(s));
    int status = at_once ? GV_OK : put_head(s, err);
    if (!at_once)
        free_words(s);
    if (status == GV_OK)
        status = gv_counts_rewind(s->counts, err);
    if (status == GV_OK)
        status = open_spool(s, err);
    if (status == GV_OK)
        status = at_once ? gv_threads_run(2, scatter_or_put_head, s, err) : scatter(s, err);
    free_words(s);
    return status;
}

static int pack_buckets(shuffle *s, gv_error *err)
{
    gv_progress *progress = s->options->progress;
    int status = gv_shuffle_spool_finish(s->spool, err);
    if (status != GV_OK)
        return status;
    s->result->spilled = gv_shuffle_spool_spilled(s->spool);
    unsigned threads = gv_budget_shuffle_pack_threads(
        budget_left(s), gv_shuffle_pack_thread_bytes(s->spool, &s->layout), s->threads);
    const gv_shuffle_pack_job job = {.layout = &s->layout,
                                     .spool = s->spool,
                                     .seed = s->options->seed,
                                     .threads = threads,
                                     .progress = progress};
    gv_progress_begin(progress, "packing tiles", s->info->cells, "cells");
    status = gv_shuffle_pack(s->writer, &job, err);
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

/* Put the store in its place; the parts of the one before go. */
static int commit(shuffle *s, gv_error *err)
{
    const gv_shuffle_options *options = s->options;
    gv_strings old = {0};
    int status = gv_store_part_names(&old, options->store_path, err);
    if (status == GV_OK)
        status =
            gv_store_commit(&s->writer, s->info->cells, s->info->records, options->provenance, err);
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
    int status = open_inputs(&s, err);
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
    gv_counts_close(s.counts);
    return status == GV_OK ? describe(result, options->store_path, err) : status;
}
