/* glove-shuffle: counts.bin to store.db. */
#include "app/gv_program.h"
#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "counts/gv_counts.h"
#include "shuffle/gv_shuffle.h"
#include <stdio.h>

typedef struct paths {
    char *vocab, *counts, *store, *recipe;
} paths;

static void paths_free(paths *p)
{
    gv_mem_free(p->vocab);
    gv_mem_free(p->counts);
    gv_mem_free(p->store);
    gv_mem_free(p->recipe);
}

static int find_paths(paths *p, const gv_run *run, gv_error *err)
{
    if (!(p->vocab = gv_run_path(run, GV_FILE_VOCAB, err)) ||
        !(p->counts = gv_run_path(run, GV_FILE_COUNTS, err)) ||
        !(p->store = gv_run_path(run, GV_FILE_STORE, err)))
        return GV_E_MEMORY;
    return gv_config_recipe(&p->recipe, run->config,
                            GV_STAGE_VOCAB | GV_STAGE_COOCCUR | GV_STAGE_SHUFFLE, err);
}

/* counts.bin states its own recipe; when it is missing, the check says so. */
static int check_counts(gv_run *run, const char *path, gv_error *err)
{
    gv_file_stat look;
    gv_counts *counts = NULL;
    int status = gv_file_look(&look, path, err);
    if (status == GV_OK && look.exists)
        status = gv_counts_open(&counts, path, err);
    if (status == GV_OK)
        status = gv_run_check_upstream(run, GV_STAGE_COOCCUR, GV_FILE_COUNTS,
                                       counts ? gv_counts_about(counts)->recipe : NULL, err);
    gv_counts_close(counts);
    return status;
}

static json_t *done_fields(const gv_shuffle_result *result)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "records",
                     (json_int_t)result->records, "cells", (json_int_t)result->cells, "store_bytes",
                     (json_int_t)result->store_bytes, "tiles", (json_int_t)result->tiles, "blobs",
                     (json_int_t)result->blobs, "segments", (json_int_t)result->segments, "escapes",
                     (json_int_t)result->escapes, "spilled_bytes", (json_int_t)result->spilled);
}

static int shuffle(gv_run *run, const paths *p, const gv_strings *inputs, const gv_strings *outputs,
                   gv_error *err)
{
    const gv_config *config = run->config;
    json_t *provenance = NULL;
    gv_shuffle_result result;
    int status = gv_run_provenance(&provenance, run, err);
    const gv_shuffle_options options = {
        .vocab_path = p->vocab,
        .counts_path = p->counts,
        .store_path = p->store,
        .temp_dir = config->cooccur_temp_dir ? config->cooccur_temp_dir : run->dir,
        .recipe = p->recipe,
        .seed = config->shuffle_seed,
        .memory = config->shuffle_memory_mb << 20,
        .threads = gv_config_threads(config->cooccur_threads),
        .provenance = provenance,
        .progress = run->progress};
    if (status == GV_OK)
        status = gv_shuffle(&result, &options, err);
    json_decref(provenance);
    if (status != GV_OK)
        return status;
    gv_progress_note(run->progress, "%s: %llu ordered records in %u tiles, %.2f bytes a record",
                     GV_FILE_STORE, (unsigned long long)result.records, result.tiles,
                     (double)result.store_bytes / (double)result.records);
    return gv_run_done(run, p->recipe, inputs, outputs, done_fields(&result), err);
}

static int stage_main(gv_run *run, gv_error *err)
{
    paths p = {0};
    bool fresh = false;
    int status = find_paths(&p, run, err);
    if (status == GV_OK)
        status = gv_run_check_upstream(run, GV_STAGE_VOCAB, GV_FILE_VOCAB, NULL, err);
    if (status == GV_OK)
        status = check_counts(run, p.counts, err);
    char *input_items[] = {p.vocab, p.counts}, *output_items[] = {p.store};
    const gv_strings inputs = {2, input_items}, outputs = {1, output_items};
    if (status == GV_OK)
        status = gv_run_up_to_date(&fresh, run, p.recipe, &inputs, &outputs, err);
    if (status == GV_OK && !fresh)
        status = shuffle(run, &p, &inputs, &outputs, err);
    paths_free(&p);
    return status;
}

int main(int argc, char **argv)
{
    const gv_program program = {
        .name = "glove-shuffle",
        .stage = GV_STAGE_SHUFFLE,
        .summary = "shuffle the co-occurrence matrix into the SQLite store",
        .details =
            "Reads vocab.txt and counts.bin of the run directory and writes store.db: the matrix\n"
            "in tiles, each in random order, with the vocabulary and with what produced it.\n"
            "Anyone may look inside with sqlite3; see docs/store.md.",
        .stage_main = stage_main};
    return gv_program_main(&program, argc, argv);
}
