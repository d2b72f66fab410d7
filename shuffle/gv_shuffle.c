/*
 * The shuffle as a whole: two passes over counts.bin.
 *
 * The first pass learns what the layout needs: how many ordered records each row has (segments are
 * cut by it), the exact row sums, and a sample of the values (their codes). Then words, row sums
 * and layout are written and the vocabulary is let go. The second pass scatters the cells into
 * units (gv_shuffle_scatter.c), which are then packed (gv_shuffle_tiles.c, gv_shuffle_pack.c).
 *
 * Memory: what is fixed is small (14 bytes a word, the vocabulary and 32 MiB of sample in the first
 * pass, a few MiB of buffers in the second); the arena for cells gets the rest of the budget, by
 * the kernel's own count of what the process holds at that moment.
 */
#include "shuffle/gv_shuffle.h"

#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "shuffle/gv_shuffle_internal.h"
#include "shuffle/gv_shuffle_survey.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MIB (UINT64_C(1) << 20)

enum {
    PROGRAM_MIB = 9,  /* the program itself with its libraries */
    BUFFERS_MIB = 10, /* second pass: SQLite's cache, blob, reading; checked by running with 64 MiB
                         (docs/store.md) */
    LANE_MIB = 8      /* second pass: no further thread for less memory than this */
};

static void layout_free(gv_layout *layout)
{
    gv_segments_free(&layout->segments);
    gv_codes_free(&layout->codes);
    gv_free(layout->segment_of);
    gv_free(layout->unit);
    gv_free(layout->unit_of);
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

/* Memory of the second pass beside cells: less for a small matrix. */
static uint64_t buffer_bytes(const gv_counts_info *info)
{
    uint64_t small = MIB + info->cells * 64;
    return small < BUFFERS_MIB * MIB ? small : BUFFERS_MIB * MIB;
}

/* Memory of the first pass on one thread. */
static uint64_t first_pass_bytes(const gv_counts_info *info, const gv_vocab *vocab)
{
    uint64_t sample = info->cells < GV_SAMPLE_CELLS ? info->cells : GV_SAMPLE_CELLS;
    return PROGRAM_MIB * MIB + (uint64_t)info->vocab_size * 14 + sample * 8 +
           gv_vocab_memory(vocab);
}

static int check_budget(const gv_shuffle_options *options, const gv_counts_info *info,
                        const gv_vocab *vocab, gv_error *err)
{
    uint64_t first = first_pass_bytes(info, vocab);
    uint64_t second = PROGRAM_MIB * MIB + (uint64_t)info->vocab_size * 14 + 2 * buffer_bytes(info);
    uint64_t need = first > second ? first : second;
    if (options->memory >= need)
        return GV_OK;
    return gv_fail(err, GV_E_MEMORY,
                   "shuffle.memory_mb = %" PRIu64 " is too small for %u words: at least %" PRIu64
                   " MiB are needed",
                   options->memory / MIB, info->vocab_size, need / MIB + 1);
}

/* As many threads as are wanted and as the budget has room for. */
static unsigned survey_threads(const gv_shuffle_options *options, const gv_counts_info *info,
                               const gv_vocab *vocab)
{
    uint64_t first = first_pass_bytes(info, vocab);
    uint64_t left = options->memory > first ? options->memory - first : 0;
    uint64_t fit = 1 + left / gv_survey_thread_bytes(info->vocab_size);
    return fit < options->threads ? (unsigned)fit : options->threads;
}

/* --- layout ----------------------------------------------------------------------------------- */

/* Number the units of the block of groups (a, b) from layout->units on: row segments ascend. */
static void number_block(gv_layout *layout, uint32_t a, uint32_t b)
{
    const gv_segments *segments = &layout->segments;
    uint32_t before = layout->units;
    for (uint32_t s = 0; s < segments->n; s++) {
        uint32_t columns = segments->group[s] == a ? b : a;
        if (segments->group[s] != a && !(layout->symmetric && segments->group[s] == b))
            continue;
        layout->unit_of[s * segments->groups + columns] = layout->units;
        layout->unit[layout->units++] =
            (gv_unit){.row_segment = (uint16_t)s, .group = (uint8_t)columns};
    }
    if (layout->units > before)
        layout->unit[layout->units - 1].ends_block = true;
}

/* Number all units in the order in which they are stored. */
static int number_units(gv_layout *layout, gv_error *err)
{
    uint32_t groups = layout->segments.groups;
    size_t units = (size_t)layout->segments.n * groups;
    if (!(layout->unit = gv_alloc(units, sizeof *layout->unit, err)) ||
        !(layout->unit_of = gv_alloc(units, sizeof *layout->unit_of, err)))
        return GV_E_MEMORY;
    for (uint32_t a = 0; a < groups; a++)
        for (uint32_t b = layout->symmetric ? a : 0; b < groups; b++)
            number_block(layout, a, b);
    return GV_OK;
}

static int make_layout(gv_layout *layout, gv_survey *found, const gv_counts_info *info,
                       gv_error *err)
{
    gv_segments *segments = &layout->segments;
    layout->symmetric = info->symmetric;
    int status = gv_segments_cut(segments, found->mass, info->vocab_size, GV_STORE_GROUPS, err);
    if (status == GV_OK)
        status = number_units(layout, err);
    if (status == GV_OK)
        status = gv_codes_choose(&layout->codes, &found->sample, err);
    if (status == GV_OK &&
        !(layout->segment_of = gv_alloc(info->vocab_size, sizeof *layout->segment_of, err)))
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

static int put_head(gv_store_writer *writer, const gv_layout *layout, const gv_survey *found,
                    const gv_counts_info *info, const gv_vocab *vocab, const char *recipe,
                    gv_error *err)
{
    const gv_store_info head = {.vocab_size = info->vocab_size,
                                .symmetric = info->symmetric,
                                .unit = info->unit,
                                .window = info->window,
                                .segments = layout->segments.n,
                                .segment_first = layout->segments.first,
                                .groups = layout->segments.groups,
                                .segment_group = layout->segments.group,
                                .values = layout->codes.n,
                                .value = layout->codes.value,
                                .recipe = recipe,
                                .vocab_hash = info->vocab_hash};
    int status = gv_store_put_words(writer, vocab, found->row_sums, err);
    return status == GV_OK ? gv_store_put_layout(writer, &head, err) : status;
}

/* --- the whole -------------------------------------------------------------------------------- */

static int open_inputs(gv_counts **counts, gv_vocab **vocab, const gv_shuffle_options *options,
                       gv_error *err)
{
    int status = gv_vocab_read(vocab, options->vocab_path, 1, err);
    if (status == GV_OK)
        status = gv_counts_open(counts, options->counts_path, err);
    if (status != GV_OK)
        return status;
    const gv_counts_info *info = gv_counts_about(*counts);
    if (info->vocab_size != gv_vocab_size(*vocab) ||
        !gv_hash128_equal(info->vocab_hash, gv_vocab_hash(*vocab)))
        return gv_fail(err, GV_E_CORRUPT,
                       "%s belongs to another vocabulary than %s: run glove-cooccur again",
                       options->counts_path, options->vocab_path);
    if (info->cells == 0)
        return gv_fail(err, GV_E_CORRUPT, "%s holds no records: there is nothing to shuffle",
                       options->counts_path);
    return check_budget(options, info, *vocab, err);
}

/* First pass, and all of the store that comes before the blobs. */
static int begin_store(gv_layout *layout, gv_store_writer *writer, gv_counts *counts,
                       const gv_vocab *vocab, const gv_shuffle_options *options, gv_error *err)
{
    gv_survey found = {0};
    int status = gv_survey_make(&found, counts, vocab,
                                survey_threads(options, gv_counts_about(counts), vocab),
                                options->progress, err);
    if (status == GV_OK)
        status = make_layout(layout, &found, gv_counts_about(counts), err);
    if (status == GV_OK)
        status =
            put_head(writer, layout, &found, gv_counts_about(counts), vocab, options->recipe, err);
    gv_survey_free(&found);
    return status;
}

/* Bytes of the budget that are left beside what the process holds and a few MiB of buffers. */
static uint64_t budget_left(const gv_shuffle_options *options, const gv_counts_info *info)
{
    uint64_t taken = resident() + buffer_bytes(info);
    return options->memory > taken ? options->memory - taken : 0;
}

/* A spool for the second pass with as many lanes as threads are wanted and memory allows. */
static int open_spool(gv_spool **spool, const gv_shuffle_options *options,
                      const gv_counts_info *info, const gv_layout *layout, gv_error *err)
{
    uint64_t left = budget_left(options, info), per_lane = LANE_MIB * MIB;
    unsigned lanes = options->threads;
    if (left / per_lane < lanes)
        lanes = left < per_lane ? 1 : (unsigned)(left / per_lane);
    uint64_t buffers = lanes * GV_SCATTER_LANE_BYTES;
    uint64_t memory = options->arena ? options->arena : left > buffers ? left - buffers : 0;
    /* no use for more: a cell takes 4 bytes, 10 at most with a head of its own, escapes are rare */
    uint64_t most = gv_spool_least(layout->units, lanes) + info->cells * 24 + lanes * 2 * MIB;
    return gv_spool_open(spool, layout->units, lanes, (size_t)(memory < most ? memory : most),
                         options->temp_dir, err);
}

static unsigned pack_threads(const gv_shuffle_options *options, const gv_counts_info *info,
                             const gv_spool *spool, const gv_layout *layout)
{
    uint64_t fit = budget_left(options, info) / gv_pack_thread_bytes(spool, layout);
    return fit < 1 ? 1 : fit < options->threads ? (unsigned)fit : options->threads;
}

/* Second pass: cells into units, units into the store. */
static int fill_store(gv_shuffle_result *result, gv_store_writer *writer, const gv_layout *layout,
                      gv_counts *counts, const gv_shuffle_options *options, gv_error *err)
{
    const gv_counts_info *info = gv_counts_about(counts);
    gv_progress *progress = options->progress;
    gv_spool *spool = NULL;
    int status = gv_counts_rewind(counts, err);
    if (status == GV_OK)
        status = open_spool(&spool, options, info, layout, err);
    if (status == GV_OK) {
        gv_progress_begin(progress, "sorting into tiles", info->cells, "cells");
        status = gv_scatter(&result->escapes, spool, counts, layout, progress, err);
        gv_progress_end(progress);
    }
    if (status == GV_OK)
        status = gv_spool_finish(spool, err);
    if (status == GV_OK) {
        result->spilled = gv_spool_spilled(spool);
        gv_progress_begin(progress, "packing tiles", info->cells, "cells");
        status = gv_pack_units(writer, spool, layout, options->seed,
                               pack_threads(options, info, spool, layout), progress, err);
        gv_progress_end(progress);
    }
    gv_spool_close(spool);
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
    gv_counts *counts = NULL;
    gv_vocab *vocab = NULL;
    gv_store_writer *writer = NULL;
    gv_layout layout = {0};
    *result = (gv_shuffle_result){0};
    int status = open_inputs(&counts, &vocab, options, err);
    if (status == GV_OK)
        status = gv_store_create(&writer, options->store_path, err);
    if (status == GV_OK)
        status = begin_store(&layout, writer, counts, vocab, options, err);
    gv_vocab_free(vocab); /* its memory is better used for cells */
    if (status == GV_OK)
        status = fill_store(result, writer, &layout, counts, options, err);
    if (status == GV_OK) {
        const gv_counts_info *info = gv_counts_about(counts);
        status = gv_store_commit(&writer, info->cells, info->records, options->provenance, err);
    }
    gv_store_abort(&writer);
    layout_free(&layout);
    gv_counts_close(counts);
    return status == GV_OK ? describe(result, options->store_path, err) : status;
}
