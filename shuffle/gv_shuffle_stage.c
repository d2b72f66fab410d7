#include "shuffle/gv_shuffle_stage.h"

#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "counts/gv_counts.h"
#include "dist/gv_relay.h"
#include "shuffle/gv_shuffle_ranks.h"

/* One run of the stage. */
typedef struct stage {
    gv_run *run;
    gv_rank_inbox inbox; /* comm is NULL in one process */
    char *vocab, *counts, *store, *recipe, *provenance;
    bool fresh; /* store.db is up to date */
    gv_shuffle_result result;
} stage;

static void stage_clear(stage *s)
{
    gv_mem_free(s->vocab);
    gv_mem_free(s->counts);
    gv_mem_free(s->store);
    gv_mem_free(s->recipe);
    gv_mem_free(s->provenance);
    gv_rank_inbox_clear(&s->inbox);
}

static int find_paths(stage *s, gv_error *err)
{
    if (!(s->vocab = gv_run_path(s->run, GV_FILE_VOCAB, err)) ||
        !(s->counts = gv_run_path(s->run, GV_FILE_COUNTS, err)) ||
        !(s->store = gv_run_path(s->run, GV_FILE_STORE, err)))
        return GV_E_MEMORY;
    return gv_config_recipe(&s->recipe, s->run->config,
                            GV_STAGE_VOCAB | GV_STAGE_COOCCUR | GV_STAGE_SHUFFLE, err);
}

/* counts.bin states its own recipe; when it is missing, the check says so. */
static int check_counts(stage *s, gv_error *err)
{
    gv_file_stat look;
    gv_counts *counts = NULL;
    int status = gv_file_look(&look, s->counts, err);
    if (status == GV_OK && look.exists)
        status = gv_counts_open(&counts, s->counts, err);
    if (status == GV_OK)
        status = gv_run_check_upstream(s->run, GV_STAGE_COOCCUR, GV_FILE_COUNTS,
                                       counts ? gv_counts_about(counts)->recipe : NULL, err);
    gv_counts_close(counts);
    return status;
}

/* What reads and writes is a background task: with ranks, a slow disk is no silence. */
static int stage_open(void *context, gv_error *err)
{
    stage *s = context;
    int status = find_paths(s, err);
    if (status == GV_OK)
        status = gv_run_check_upstream(s->run, GV_STAGE_VOCAB, GV_FILE_VOCAB, NULL, err);
    if (status == GV_OK)
        status = check_counts(s, err);
    const gv_strings inputs = {2, (char *[]){s->vocab, s->counts}}, outputs = {1, &s->store};
    if (status == GV_OK)
        status = gv_run_up_to_date(&s->fresh, s->run, s->recipe, &inputs, &outputs, err);
    return status == GV_OK && !s->fresh ? gv_run_provenance(&s->provenance, s->run, err) : status;
}

static gv_json_writer done_fields(const stage *s)
{
    const gv_shuffle_result *result = &s->result;
    gv_json_writer fields = gv_json_begin();
    gv_json_set_uint(&fields, "records", result->records);
    gv_json_set_uint(&fields, "cells", result->cells);
    gv_json_set_uint(&fields, "store_bytes", result->store_bytes);
    gv_json_set_uint(&fields, "tiles", result->tiles);
    gv_json_set_uint(&fields, "blobs", result->blobs);
    gv_json_set_uint(&fields, "segments", result->segments);
    gv_json_set_uint(&fields, "escapes", result->escapes);
    gv_json_set_uint(&fields, "spilled_bytes", result->spilled);
    if (s->inbox.comm) {
        gv_json_set_uint(&fields, "parts", result->parts);
        gv_json_set_int(&fields, "ranks", gv_comm_size(s->inbox.comm));
    }
    return fields;
}

static int done(void *context, gv_error *err)
{
    stage *s = context;
    const gv_shuffle_result *result = &s->result;
    gv_progress *progress = s->run->progress;
    gv_progress_note(progress, "%s: %llu ordered records in %u tiles, %.2f bytes a record",
                     GV_FILE_STORE, (unsigned long long)result->records, result->tiles,
                     (double)result->store_bytes / (double)result->records);
    if (result->parts > 0)
        gv_progress_note(progress, "%s names the parts of the store, which hold the records: %u",
                         GV_FILE_STORE, result->parts);
    const gv_strings inputs = {2, (char *[]){s->vocab, s->counts}}, outputs = {1, &s->store};
    gv_json_writer fields = done_fields(s);
    return gv_run_done(s->run, s->recipe, &inputs, &outputs, &fields, err);
}

/* What rank 0 and worker ranks have in common; `dir`: the run directory. */
static gv_shuffle_options options_of(const gv_config *config, const char *dir, const char *counts,
                                     const char *store, gv_comm *comm)
{
    return (gv_shuffle_options){.counts_path = counts,
                                .store_path = store,
                                .temp_dir = gv_relay_temp_dir(comm, config, dir),
                                .seed = config->shuffle_seed,
                                .memory_mb = config->shuffle_memory_mb,
                                .available = gv_mem_available(),
                                .sharers = comm ? gv_comm_ranks_on_host(comm) : 0,
                                .threads = gv_config_threads(config->cooccur_threads),
                                .part_dirs = &config->store_part_dirs};
}

static int shuffle(stage *s, gv_error *err)
{
    gv_comm *comm = s->inbox.comm;
    gv_shuffle_options options = options_of(s->run->config, s->run->dir, s->counts, s->store, comm);
    options.vocab_path = s->vocab;
    options.recipe = s->recipe;
    options.provenance = s->provenance;
    options.progress = s->run->progress;
    if (!comm)
        return gv_shuffle(&s->result, &options, err);
    gv_comm_show_progress(comm, s->run->progress);
    int status = gv_shuffle_ranks_coordinate(&s->result, &s->inbox, &options, err);
    gv_comm_show_progress(comm, NULL);
    return status;
}

int gv_shuffle_stage_coordinate(gv_run *run, gv_comm *comm, gv_error *err)
{
    stage s = {.run = run, .inbox = {.comm = comm}};
    int status = gv_comm_run_background(comm, stage_open, &s, err);
    if (status == GV_OK && !s.fresh)
        status = shuffle(&s, err);
    if (status == GV_OK && !s.fresh)
        status = gv_comm_run_background(comm, done, &s, err);
    stage_clear(&s);
    return status;
}

int gv_shuffle_stage(gv_run *run, gv_error *err)
{
    return gv_shuffle_stage_coordinate(run, NULL, err);
}

int gv_shuffle_stage_work(gv_comm *comm, const gv_config *config, const char *dir, gv_error *err)
{
    gv_rank_inbox inbox = {.comm = comm};
    char *counts = gv_file_path_join(dir, GV_FILE_COUNTS, err);
    char *store = gv_file_path_join(dir, GV_FILE_STORE, err);
    gv_shuffle_options options = options_of(config, dir, counts, store, comm);
    options.progress = gv_comm_count_progress(comm, err);
    int status = counts && store && options.progress ? gv_shuffle_ranks_work(&inbox, &options, err)
                                                     : GV_E_MEMORY;
    gv_rank_inbox_clear(&inbox);
    gv_mem_free(counts);
    gv_mem_free(store);
    return status;
}
