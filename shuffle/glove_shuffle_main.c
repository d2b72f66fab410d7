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

static gv_json_writer done_fields(const gv_shuffle_result *result)
{
    gv_json_writer fields = gv_json_begin();
    gv_json_set_uint(&fields, "records", result->records);
    gv_json_set_uint(&fields, "cells", result->cells);
    gv_json_set_uint(&fields, "store_bytes", result->store_bytes);
    gv_json_set_uint(&fields, "tiles", result->tiles);
    gv_json_set_uint(&fields, "blobs", result->blobs);
    gv_json_set_uint(&fields, "segments", result->segments);
    gv_json_set_uint(&fields, "escapes", result->escapes);
    gv_json_set_uint(&fields, "spilled_bytes", result->spilled);
    return fields;
}

static int shuffle(gv_run *run, const paths *p, const gv_strings *inputs, const gv_strings *outputs,
                   gv_error *err)
{
    const gv_config *config = run->config;
    char *provenance = NULL;
    gv_shuffle_result result;
    int status = gv_run_provenance(&provenance, run, err);
    const gv_shuffle_options options = {.vocab_path = p->vocab,
                                        .counts_path = p->counts,
                                        .store_path = p->store,
                                        .temp_dir = gv_config_temp_dir(config, run->dir),
                                        .recipe = p->recipe,
                                        .seed = config->shuffle_seed,
                                        .memory_mb = config->shuffle_memory_mb,
                                        .available = gv_mem_available(),
                                        .threads = gv_config_threads(config->cooccur_threads),
                                        .provenance = provenance,
                                        .part_dirs = &config->store_part_dirs,
                                        .progress = run->progress};
    if (status == GV_OK)
        status = gv_shuffle(&result, &options, err);
    gv_mem_free(provenance);
    if (status != GV_OK)
        return status;
    gv_progress_note(run->progress, "%s: %llu ordered records in %u tiles, %.2f bytes a record",
                     GV_FILE_STORE, (unsigned long long)result.records, result.tiles,
                     (double)result.store_bytes / (double)result.records);
    gv_json_writer fields = done_fields(&result);
    return gv_run_done(run, p->recipe, inputs, outputs, &fields, err);
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
            "in tiles, each in random order, with the vocabulary and its provenance.\n"
            "sqlite3 can show what is inside; see docs/store.md.",
        .stage_main = stage_main};
    return gv_program_main(&program, argc, argv);
}
