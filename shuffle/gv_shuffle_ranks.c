#include "shuffle/gv_shuffle_ranks.h"

#include "base/gv_disk.h"
#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "shuffle/gv_shuffle_combine.h"
#include "shuffle/gv_shuffle_exchange.h"
#include "shuffle/gv_shuffle_inputs.h"
#include "shuffle/gv_shuffle_join.h"
#include "shuffle/gv_shuffle_old.h"
#include "shuffle/gv_shuffle_pack.h"
#include "shuffle/gv_shuffle_scatter.h"
#include "shuffle/gv_shuffle_share.h"
#include "shuffle/gv_shuffle_source.h"
#include <string.h>

/* A shuffle under way on this rank. */
typedef struct ranks {
    const gv_shuffle_options *options;
    gv_rank_inbox *inbox;
    int rank, size;
    unsigned threads;
    gv_shuffle_inputs inputs; /* the vocabulary is rank 0's */
    gv_counts_share share;
    gv_counts_share_totals totals;
    gv_shuffle_survey survey;
    gv_shuffle_layout layout;
    gv_shuffle_blocks blocks;
    gv_shuffle_spool *spool;
    gv_shuffle_received *received;
    gv_shuffle_join_work work;
    bool has_part;
    uint32_t *first_of_blocks; /* numbers of blobs, for the own part */
    uint32_t *buckets;         /* [bucket_count] of the own part */
    uint32_t bucket_count;
    gv_shuffle_part part;
    char content_hash[GV_HASH_HEX];
    gv_strings old; /* parts of the store that was there before */
    /* rank 0 */
    gv_shuffle_join join;
    gv_store_writer *writer;
    gv_store_part *abouts; /* [parts] */
    bool placed;           /* store.db is the new one */
} ranks;

static int in_background(ranks *r, int (*work)(void *context, gv_error *err), gv_error *err)
{
    return gv_comm_run_background(r->inbox->comm, work, r, err);
}

static ranks begin(gv_rank_inbox *inbox, const gv_shuffle_options *options)
{
    ranks r = {.options = options,
               .inbox = inbox,
               .rank = gv_comm_rank(inbox->comm),
               .size = gv_comm_size(inbox->comm),
               .threads = options->threads};
    if (r.threads > GV_BUDGET_SHUFFLE_THREADS)
        r.threads = GV_BUDGET_SHUFFLE_THREADS;
    return r;
}

static void end(ranks *r)
{
    /* a part without a store would lie about for ever */
    if (!r->placed)
        gv_shuffle_part_discard(&r->part, &r->old);
    gv_shuffle_part_close(&r->part);
    gv_shuffle_received_close(r->received);
    gv_shuffle_spool_close(r->spool);
    gv_shuffle_blocks_clear(&r->blocks);
    gv_shuffle_layout_clear(&r->layout);
    gv_shuffle_survey_free(&r->survey);
    gv_shuffle_inputs_close(&r->inputs);
    gv_mem_free(r->first_of_blocks);
    gv_mem_free(r->buckets);
    gv_mem_free(r->abouts);
    gv_strings_free(&r->old);
}

/* --- steps of all ranks, as background tasks -------------------------------------------------- */

/* All ranks name a phase alike, so that rank 0 shows what all of them do. */
static void begin_phase(const ranks *r, const char *phase)
{
    gv_progress_begin(r->options->progress, phase, r->inputs.info->cells, "cells");
}

static int survey(void *context, gv_error *err)
{
    ranks *r = context;
    const gv_shuffle_survey_job job = {
        .counts = r->inputs.counts,
        .share = &r->share,
        .totals = &r->totals,
        .threads = gv_budget_shuffle_survey_threads(&r->inputs.basis, r->threads),
        .progress = r->options->progress};
    begin_phase(r, "surveying the matrix");
    int status = gv_shuffle_survey_make(&r->survey, &job, err);
    r->inputs.basis.block = gv_counts_largest_block(r->inputs.counts); /* of the own share */
    return status;
}

static uint64_t budget_left(const ranks *r)
{
    return gv_budget_shuffle_left(&r->inputs.basis, gv_mem_resident_bytes());
}

/* Spools for the own share, and for what other ranks send: half of the memory each. */
static int open_spools(ranks *r, gv_error *err)
{
    const gv_shuffle_options *options = r->options;
    uint64_t left = budget_left(r) / (r->has_part && r->size > 1 ? 2 : 1);
    unsigned lanes = gv_budget_shuffle_lanes(&r->inputs.basis, left, r->threads);
    uint64_t memory =
        options->arena ? options->arena : gv_budget_shuffle_spool(&r->inputs.basis, left, lanes);
    uint64_t most = gv_budget_shuffle_spool_most(
        &r->inputs.basis, gv_shuffle_spool_least(r->layout.buckets, lanes), lanes);
    const size_t bytes = (size_t)(memory < most ? memory : most);
    int status =
        gv_shuffle_spool_open(&r->spool, r->layout.buckets, lanes, bytes, options->temp_dir, err);
    if (status != GV_OK || !r->has_part || r->size == 1)
        return status;
    const gv_shuffle_received_options received = {.blocks = &r->blocks,
                                                  .buckets = r->layout.buckets,
                                                  .part = (uint32_t)r->rank,
                                                  .memory = bytes,
                                                  .temp_dir = options->temp_dir};
    return gv_shuffle_received_open(&r->received, &received, err);
}

static int scatter(void *context, gv_error *err)
{
    ranks *r = context;
    const gv_shuffle_scatter_job job = {.counts = r->inputs.counts,
                                        .share = &r->share,
                                        .layout = &r->layout,
                                        .progress = r->options->progress};
    begin_phase(r, "sorting into tiles");
    int status = open_spools(r, err);
    if (status == GV_OK)
        status = gv_shuffle_scatter(&r->work.escapes, r->spool, &job, err);
    return status == GV_OK ? gv_shuffle_spool_finish(r->spool, err) : status;
}

static int list_buckets(ranks *r, gv_error *err)
{
    if (!(r->buckets = gv_mem_alloc(r->layout.buckets, sizeof *r->buckets, err)))
        return GV_E_MEMORY;
    for (uint32_t i = 0; i < r->layout.buckets; i++)
        if (gv_shuffle_blocks_has(&r->blocks, r->blocks.block_of[i], (uint32_t)r->rank))
            r->buckets[r->bucket_count++] = i;
    return GV_OK;
}

/* A part has a value code of two bytes for each cell, and much else. */
static int check_disk(const ranks *r, const char *folder, gv_error *err)
{
    enum { CELL = 2 };
    int status = GV_E_MEMORY;
    double parts = r->blocks.parts, copies = r->layout.symmetric && parts > 1 ? 2 : 1;
    char *inside = gv_file_path_join(folder, "store.db", err);
    if (inside)
        status = gv_disk_check(inside, CELL * (double)r->inputs.info->cells * copies / parts,
                               "the shuffle needs", err);
    gv_mem_free(inside);
    return status;
}

static int open_part(ranks *r, gv_error *err)
{
    char *folder = gv_store_part_folder(r->options->part_dirs, r->options->store_path, err);
    int status = folder ? check_disk(r, folder, err) : GV_E_MEMORY;
    if (status == GV_OK)
        status =
            gv_shuffle_part_open(&r->part, (uint32_t)r->rank, folder, &r->layout, &r->blocks, err);
    r->part.progress = r->options->progress;
    gv_mem_free(folder);
    return status;
}

static int pack(void *context, gv_error *err)
{
    ranks *r = context;
    begin_phase(r, "packing tiles");
    int status = r->received ? gv_shuffle_received_finish(r->received, err) : GV_OK;
    if (status == GV_OK)
        status = list_buckets(r, err);
    if (status == GV_OK)
        status = open_part(r, err);
    if (status != GV_OK)
        return status;
    const gv_shuffle_source source = {r->spool, r->received};
    const gv_shuffle_source_buckets buckets = {r->buckets, r->bucket_count};
    uint64_t largest = gv_shuffle_source_largest(&source, &buckets);
    const gv_shuffle_pack_job job = {
        .layout = &r->layout,
        .source = &source,
        .buckets = buckets,
        .seed = r->options->seed,
        .threads = gv_budget_shuffle_pack_threads(
            budget_left(r), gv_shuffle_pack_thread_bytes(&r->layout, largest), r->threads),
        .put = gv_shuffle_part_put,
        .context = &r->part};
    return gv_shuffle_pack(&job, err);
}

static int number(void *context, gv_error *err)
{
    ranks *r = context;
    return gv_shuffle_part_number(&r->part, r->first_of_blocks, err);
}

static int commit_part(void *context, gv_error *err)
{
    ranks *r = context;
    return gv_shuffle_part_commit(&r->part, r->content_hash, err);
}

/* From the layout to the packed part. */
static int sort_and_pack(ranks *r, gv_error *err)
{
    uint32_t groups = r->layout.segments.groups, parts = (uint32_t)r->size;
    int status =
        gv_shuffle_blocks_make(&r->blocks, &r->layout, parts < groups ? parts : groups, err);
    r->has_part = (uint32_t)r->rank < r->blocks.parts;
    if (status == GV_OK)
        status = in_background(r, scatter, err);
    const gv_shuffle_exchange_job job = {&r->blocks, r->layout.buckets, r->spool, r->received};
    if (status == GV_OK)
        status = gv_shuffle_exchange(r->inbox, &job, err);
    gv_progress_end(r->options->progress);
    if (status == GV_OK && r->has_part)
        status = in_background(r, pack, err);
    if (r->spool)
        r->work.spilled = gv_shuffle_spool_spilled(r->spool);
    if (r->received)
        r->work.spilled += gv_shuffle_received_spilled(r->received);
    gv_shuffle_received_close(r->received);
    gv_shuffle_spool_close(r->spool);
    r->received = NULL;
    r->spool = NULL;
    return status;
}

/* --- worker ranks ----------------------------------------------------------------------------- */

static int find_share(ranks *r, gv_error *err)
{
    gv_shuffle_inputs *inputs = &r->inputs;
    int status = gv_shuffle_share_receive(&inputs->counts, &r->share, r->inbox,
                                          r->options->counts_path, r->options->temp_dir, err);
    if (status != GV_OK)
        return status;
    inputs->info = gv_counts_about(inputs->counts);
    inputs->basis = (gv_budget_shuffle){.budget = gv_shuffle_inputs_budget(r->options),
                                        .cells = inputs->info->cells,
                                        .words = inputs->info->vocab_size};
    return gv_shuffle_inputs_check_budget(&inputs->basis, r->options, err);
}

/* Hand over the part, whose blobs are packed. */
static int hand_over(ranks *r, gv_error *err)
{
    int status = gv_shuffle_join_hear_numbers(&r->first_of_blocks, r->inbox, &r->blocks, err);
    if (status == GV_OK)
        status = in_background(r, number, err);
    if (status == GV_OK)
        status = gv_shuffle_join_send(r->inbox, &r->part, err);
    if (status == GV_OK)
        status = gv_shuffle_join_hear_hash(r->content_hash, &r->old, r->inbox, err);
    if (status == GV_OK)
        status = in_background(r, commit_part, err);
    return status == GV_OK ? gv_shuffle_join_send_part(r->inbox, &r->part.about, err) : status;
}

static int remove_old(void *context, gv_error *err)
{
    ranks *r = context;
    return gv_store_part_remove_old(&r->old, r->options->store_path, r->options->part_dirs, err);
}

static int await_store(ranks *r, gv_error *err)
{
    gv_strings old = {0};
    int status = gv_shuffle_join_hear_old(&old, r->inbox, err);
    gv_strings_free(&r->old);
    r->old = old;
    r->placed = status == GV_OK;
    /* not in the background: rank 0 may end the job meanwhile, which is no failure here */
    return status == GV_OK ? remove_old(r, err) : status;
}

int gv_shuffle_ranks_work(gv_rank_inbox *inbox, const gv_shuffle_options *options, gv_error *err)
{
    ranks r = begin(inbox, options);
    int status = find_share(&r, err);
    if (status == GV_OK)
        status = in_background(&r, survey, err);
    if (status == GV_OK)
        status = gv_shuffle_combine_send(inbox, &r.survey, &r.totals, err);
    gv_progress_end(options->progress);
    gv_shuffle_survey_free(&r.survey);
    if (status == GV_OK)
        status = gv_shuffle_combine_hear(&r.layout, inbox, r.inputs.info, err);
    if (status == GV_OK)
        status = sort_and_pack(&r, err);
    if (status == GV_OK)
        status = gv_shuffle_join_report(inbox, r.has_part ? &r.part : NULL, &r.work, err);
    gv_progress_end(options->progress);
    if (status == GV_OK && r.has_part)
        status = hand_over(&r, err);
    if (status == GV_OK)
        status = await_store(&r, err);
    end(&r);
    return status;
}

/* --- rank 0 ----------------------------------------------------------------------------------- */

static int open_inputs(void *context, gv_error *err)
{
    ranks *r = context;
    int status = gv_store_part_names(&r->old, r->options->store_path, err);
    return status == GV_OK ? gv_shuffle_inputs_open(&r->inputs, r->options, err) : status;
}

/* Add up what all ranks find in their shares. */
static int survey_all(ranks *r, gv_counts_share *shares, gv_counts_share_totals *totals,
                      gv_error *err)
{
    const gv_counts *counts = r->inputs.counts;
    r->share = shares[0];
    int status = in_background(r, survey, err);
    totals[0] = r->totals;
    if (status == GV_OK)
        status = gv_shuffle_combine_fetch(r->inbox, &r->survey, totals, err);
    gv_progress_end(r->options->progress);
    if (status == GV_OK)
        status = gv_counts_share_check(totals, (unsigned)r->size, counts, err);
    return status == GV_OK ? gv_shuffle_survey_check(&r->survey, r->inputs.vocab, err) : status;
}

static int survey_shares(ranks *r, gv_error *err)
{
    gv_counts_share *shares = NULL;
    gv_counts_share_totals *totals = gv_mem_alloc_zero((size_t)r->size, sizeof *totals, err);
    int status = totals ? GV_OK : GV_E_MEMORY;
    if (status == GV_OK)
        status = gv_shuffle_share_deal(&shares, r->inbox, r->inputs.counts, r->options->counts_path,
                                       err);
    if (status == GV_OK)
        status = survey_all(r, shares, totals, err);
    gv_mem_free(shares);
    gv_mem_free(totals);
    return status;
}

static int make_layout(void *context, gv_error *err)
{
    ranks *r = context;
    int status =
        gv_shuffle_layout_make(&r->layout, &r->survey, r->inputs.info, r->options->rule, err);
    gv_shuffle_codes_sample_close(&r->survey.sample);
    return status;
}

static int put_head(void *context, gv_error *err)
{
    ranks *r = context;
    uint32_t groups = r->layout.segments.groups, parts = (uint32_t)r->size;
    int status = gv_store_manifest_create(&r->writer, r->options->store_path,
                                          parts < groups ? parts : groups, err);
    return status == GV_OK ? gv_shuffle_inputs_put_head(r->writer, &r->inputs, r->survey.row_sums,
                                                        &r->layout, r->options->recipe, err)
                           : status;
}

/* Free what only the head of the store needs. */
static void free_words(ranks *r)
{
    gv_shuffle_survey_free(&r->survey);
    gv_vocab_free(r->inputs.vocab);
    r->inputs.vocab = NULL;
}

static int put_totals(void *context, gv_error *err)
{
    ranks *r = context;
    const gv_counts_info *info = r->inputs.info;
    return gv_store_manifest_put_totals(r->writer, info->cells, info->records, r->content_hash,
                                        err);
}

static int commit_store(void *context, gv_error *err)
{
    ranks *r = context;
    const gv_counts_info *info = r->inputs.info;
    int status = GV_OK;
    for (uint32_t part = 0; status == GV_OK && part < r->blocks.parts; part++)
        status = gv_store_manifest_put_part(r->writer, &r->abouts[part], err);
    if (status == GV_OK)
        status =
            gv_store_commit(&r->writer, info->cells, info->records, r->options->provenance, err);
    r->placed = status == GV_OK;
    return status;
}

/* All parts get their names, then store.db takes the place of the old one. */
static int place(ranks *r, gv_error *err)
{
    int status = in_background(r, put_totals, err);
    if (status == GV_OK)
        status = gv_shuffle_join_tell_hash(&r->join, r->content_hash, &r->old, err);
    if (status == GV_OK)
        status = in_background(r, commit_part, err);
    if (status == GV_OK &&
        !(r->abouts = gv_mem_alloc_zero(r->blocks.parts, sizeof *r->abouts, err)))
        status = GV_E_MEMORY;
    if (status != GV_OK)
        return status;
    r->abouts[0] = r->part.about;
    status = gv_shuffle_join_take_parts(&r->join, r->abouts, err);
    return status == GV_OK ? in_background(r, commit_store, err) : status;
}

static int clear_old(ranks *r, gv_error *err)
{
    gv_strings gone = {0};
    const gv_shuffle_old_parts parts = {r->abouts, r->blocks.parts};
    int status = gv_shuffle_old_find(&gone, &r->old, &parts, r->options->store_path, err);
    gv_strings_free(&r->old);
    r->old = gone;
    if (status == GV_OK)
        status = gv_shuffle_join_tell_old(&r->join, &r->old, err);
    return status == GV_OK ? in_background(r, remove_old, err) : status;
}

static int join_parts(ranks *r, gv_error *err)
{
    int status = gv_shuffle_join_begin(&r->join, r->inbox, &r->blocks, err);
    if (status == GV_OK)
        status = gv_shuffle_join_number(&r->join, &r->part, &r->work, err);
    gv_progress_end(r->options->progress);
    if (status == GV_OK &&
        !(r->first_of_blocks = gv_mem_alloc(r->blocks.n, sizeof *r->first_of_blocks, err)))
        status = GV_E_MEMORY;
    if (status == GV_OK) {
        memcpy(r->first_of_blocks, r->join.first, r->blocks.n * sizeof *r->first_of_blocks);
        status = in_background(r, number, err);
    }
    if (status == GV_OK)
        status = gv_shuffle_join_put(&r->join, r->writer, &r->part, err);
    if (status == GV_OK)
        status = place(r, err);
    return status == GV_OK ? clear_old(r, err) : status;
}

static void describe(gv_shuffle_result *result, const ranks *r)
{
    const gv_counts_info *info = r->inputs.info;
    result->cells = info->cells;
    result->records = info->records;
    result->escapes = r->join.work.escapes;
    result->spilled = r->join.work.spilled;
    result->segments = r->layout.segments.n;
    result->groups = r->layout.segments.groups;
    result->parts = r->blocks.parts;
    result->blobs = r->join.put;
    result->tiles = r->join.tiles;
    for (uint32_t part = 0; part < r->blocks.parts; part++)
        result->store_bytes += r->abouts[part].bytes;
}

/* From the inputs to the layout. */
static int lay_out(ranks *r, gv_error *err)
{
    int status = in_background(r, open_inputs, err);
    if (status == GV_OK)
        status = survey_shares(r, err);
    if (status == GV_OK)
        status = in_background(r, make_layout, err);
    if (status == GV_OK)
        status = gv_shuffle_combine_tell(r->inbox, &r->layout, err);
    if (status == GV_OK)
        status = in_background(r, put_head, err);
    free_words(r);
    return status;
}

int gv_shuffle_ranks_coordinate(gv_shuffle_result *result, gv_rank_inbox *inbox,
                                const gv_shuffle_options *options, gv_error *err)
{
    ranks r = begin(inbox, options);
    *result = (gv_shuffle_result){0};
    int status = lay_out(&r, err);
    if (status == GV_OK)
        status = sort_and_pack(&r, err);
    if (status == GV_OK)
        status = join_parts(&r, err);
    if (status == GV_OK)
        describe(result, &r);
    gv_store_abort(&r.writer);
    gv_shuffle_join_clear(&r.join);
    end(&r);
    return status;
}
