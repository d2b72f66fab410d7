/*
 * The shuffle as a whole: two passes over counts.bin.
 *
 * The first pass learns what the layout needs: how many ordered records each row has (segments are
 * cut by it), the exact row sums, and a sample of the values (their codes). Then words, row sums
 * and layout are written and the vocabulary is let go. The second pass scatters the cells into
 * units (gv_shuffle_scatter.c), which are then packed (gv_shuffle_tiler.c, gv_shuffle_pack.c).
 *
 * Memory: what is fixed is small (14 bytes a word, the vocabulary and 32 MiB of sample in the first
 * pass, a few MiB of buffers in the second); the arena for cells gets the rest of the budget, by
 * the kernel's own count of what the process holds at that moment.
 */
#include "shuffle/gv_shuffle.h"

#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "base/gv_threads.h"
#include "budget/gv_budget_shuffle.h"
#include "shuffle/gv_shuffle_internal.h"
#include "shuffle/gv_shuffle_survey.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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

static void layout_free(gv_shuffle_layout *layout)
{
    gv_segments_free(&layout->segments);
    gv_shuffle_codes_free(&layout->codes);
    gv_mem_free(layout->segment_of);
    gv_mem_free(layout->unit);
    gv_mem_free(layout->unit_of);
}

/* Bytes of memory that the process holds now. */
static uint64_t resident(void)
{
    unsigned long long pages = 0, all;
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file)
        return 0;
    if (fscanf(file, "%llu %llu", &all, &pages) != 2)
        pages = 0;
    fclose(file);
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static int check_budget(const gv_budget_shuffle *basis, gv_error *err)
{
    uint64_t need = gv_budget_shuffle_least(basis);
    if (basis->budget >= need)
        return GV_OK;
    return gv_error_set(err, GV_E_MEMORY,
                        "shuffle.memory_mb = %" PRIu64
                        " is too small for %u words: at least %" PRIu64 " MiB are needed",
                        basis->budget / GV_BUDGET_MIB, basis->words, need / GV_BUDGET_MIB + 1);
}

/* Bytes of the budget that are left beside what the process holds and a few MiB of buffers. */
static uint64_t budget_left(const shuffle *s)
{
    return gv_budget_shuffle_left(&s->basis, resident());
}

/* --- layout ----------------------------------------------------------------------------------- */

/* Number the units of the block of groups (a, b) from layout->units on: row segments ascend. */
static void number_block(gv_shuffle_layout *layout, uint32_t a, uint32_t b)
{
    const gv_segments *segments = &layout->segments;
    uint32_t before = layout->units;
    for (uint32_t s = 0; s < segments->n; s++) {
        uint32_t columns = segments->group[s] == a ? b : a;
        if (segments->group[s] != a && !(layout->symmetric && segments->group[s] == b))
            continue;
        layout->unit_of[s * segments->groups + columns] = layout->units;
        layout->unit[layout->units++] =
            (gv_shuffle_bucket){.row_segment = (uint16_t)s, .group = (uint8_t)columns};
    }
    if (layout->units > before)
        layout->unit[layout->units - 1].ends_block = true;
}

/* Number all units in the order in which they are stored. */
static int number_units(gv_shuffle_layout *layout, gv_error *err)
{
    uint32_t groups = layout->segments.groups;
    size_t units = (size_t)layout->segments.n * groups;
    if (!(layout->unit = gv_mem_alloc(units, sizeof *layout->unit, err)) ||
        !(layout->unit_of = gv_mem_alloc(units, sizeof *layout->unit_of, err)))
        return GV_E_MEMORY;
    for (uint32_t a = 0; a < groups; a++)
        for (uint32_t b = layout->symmetric ? a : 0; b < groups; b++)
            number_block(layout, a, b);
    return GV_OK;
}

static int make_layout(gv_shuffle_layout *layout, gv_shuffle_survey *found,
                       const gv_counts_info *info, gv_error *err)
{
    gv_segments *segments = &layout->segments;
    layout->symmetric = info->symmetric;
    int status = gv_segments_cut(segments, found->mass, info->vocab_size, GV_STORE_GROUPS, err);
    if (status == GV_OK)
        status = number_units(layout, err);
    if (status == GV_OK)
        status = gv_shuffle_codes_choose(&layout->codes, &found->sample, err);
    if (status == GV_OK &&
        !(layout->segment_of = gv_mem_alloc(info->vocab_size, sizeof *layout->segment_of, err)))
        status = GV_E_MEMORY;
    for (uint32_t s = 0; status == GV_OK && s < segments->n; s++) {
        uint32_t words = segments->first[s + 1] - segments->first[s];
        if (words > layout->widest)
            layout->widest = words;
        for (uint32_t id = segments->first[s]; id < segments->first[s + 1]; id++)
            layout->segment_of[id] = (uint16_t)s;
    }
    return status;
}

/* --- the whole -------------------------------------------------------------------------------- */

static int open_inputs(shuffle *s, gv_error *err)
{
    const gv_shuffle_options *options = s->options;
    int status = gv_vocab_read(&s->vocab, options->vocab_path, 1, err);
    if (status == GV_OK)
        status = gv_counts_open(&s->counts, options->counts_path, err);
    if (status != GV_OK)
        return status;
    s->info = gv_counts_about(s->counts);
    if (s->info->vocab_size != gv_vocab_size(s->vocab) ||
        !gv_hash128_equal(s->info->vocab_hash, gv_vocab_hash(s->vocab)))
        return gv_error_set(err, GV_E_CORRUPT,
                            "%s belongs to another vocabulary than %s: run glove-cooccur again",
                            options->counts_path, options->vocab_path);
    if (s->info->cells == 0)
        return gv_error_set(err, GV_E_CORRUPT, "%s holds no records: there is nothing to shuffle",
                            options->counts_path);
    s->basis = (gv_budget_shuffle){.budget = options->memory,
                                   .cells = s->info->cells,
                                   .vocabulary = gv_vocab_memory(s->vocab),
                                   .words = s->info->vocab_size};
    return check_budget(&s->basis, err);
}

/* All of the store that comes before the blobs. */
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

/* Once the head is put, their memory is better used for cells. */
static void drop_words(shuffle *s)
{
    gv_shuffle_survey_free(&s->survey);
    gv_vocab_free(s->vocab);
    s->vocab = NULL;
}

/* First pass. */
static int survey_matrix(shuffle *s, gv_error *err)
{
    unsigned threads = gv_budget_shuffle_survey_threads(&s->basis, s->threads);
    int status =
        gv_shuffle_survey_make(&s->survey, s->counts, s->vocab, threads, s->options->progress, err);
    if (status == GV_OK)
        status = make_layout(&s->layout, &s->survey, s->info, err);
    gv_shuffle_codes_sample_close(&s->survey.sample);
    return status;
}

/* A spool for the second pass with as many lanes as threads are wanted and memory allows. */
static int open_spool(shuffle *s, gv_error *err)
{
    uint64_t left = budget_left(s);
    unsigned lanes = gv_budget_shuffle_lanes(left, s->threads);
    uint64_t memory = s->options->arena ? s->options->arena : gv_budget_shuffle_spool(left, lanes);
    uint64_t most = gv_budget_shuffle_spool_most(
        &s->basis, gv_shuffle_spool_least(s->layout.units, lanes), lanes);
    return gv_shuffle_spool_open(&s->spool, s->layout.units, lanes,
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

/* The two things that can be done at once. */
static int scatter_or_put_head(void *context, unsigned thread, gv_error *err)
{
    return thread == 0 ? scatter(context, err) : put_head(context, err);
}

/* Second pass, first half: the head into the store, cells into units. The one is done by a single
 * thread and keeps the vocabulary in memory, so it happens beside the other if there is plenty. */
static int sort_cells(shuffle *s, gv_error *err)
{
    bool beside = s->threads > 1 && !s->options->arena &&
                  gv_budget_shuffle_is_ample(&s->basis, budget_left(s));
    int status = beside ? GV_OK : put_head(s, err);
    if (!beside)
        drop_words(s);
    if (status == GV_OK)
        status = gv_counts_rewind(s->counts, err);
    if (status == GV_OK)
        status = open_spool(s, err);
    if (status == GV_OK)
        status = beside ? gv_threads_run(2, scatter_or_put_head, s, err) : scatter(s, err);
    drop_words(s);
    return status;
}

/* Second pass, second half: units into blobs. */
static int pack_units(shuffle *s, gv_error *err)
{
    gv_progress *progress = s->options->progress;
    int status = gv_shuffle_spool_finish(s->spool, err);
    if (status != GV_OK)
        return status;
    s->result->spilled = gv_shuffle_spool_spilled(s->spool);
    unsigned threads = gv_budget_shuffle_pack_threads(
        budget_left(s), gv_shuffle_pack_thread_bytes(s->spool, &s->layout), s->threads);
    gv_progress_begin(progress, "packing tiles", s->info->cells, "cells");
    status = gv_shuffle_pack_buckets(s->writer, s->spool, &s->layout, s->options->seed, threads,
                                     progress, err);
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

int gv_shuffle(gv_shuffle_result *result, const gv_shuffle_options *options, gv_error *err)
{
    shuffle s = {.options = options, .result = result, .threads = options->threads};
    if (s.threads > GV_BUDGET_SHUFFLE_THREADS)
        s.threads = GV_BUDGET_SHUFFLE_THREADS;
    *result = (gv_shuffle_result){0};
    int status = open_inputs(&s, err);
    if (status == GV_OK)
        status = gv_store_create(&s.writer, options->store_path, err);
    if (status == GV_OK)
        status = survey_matrix(&s, err);
    if (status == GV_OK)
        status = sort_cells(&s, err);
    drop_words(&s);
    if (status == GV_OK)
        status = pack_units(&s, err);
    gv_shuffle_spool_close(s.spool);
    if (status == GV_OK)
        status =
            gv_store_commit(&s.writer, s.info->cells, s.info->records, options->provenance, err);
    gv_store_abort(&s.writer);
    layout_free(&s.layout);
    gv_counts_close(s.counts);
    return status == GV_OK ? describe(result, options->store_path, err) : status;
}
