/* glove-cooccur: vocab.txt and the corpus become counts.bin. */
#include "base/gv_mem.h"
#include "base/gv_threads.h"
#include "cooccur/gv_cooccur.h"
#include "data/gv_program.h"
#include "data/gv_subsample.h"
#include <stdio.h>
#include <unistd.h>

/* Physical memory of this process now. */
static uint64_t resident_bytes(void)
{
    unsigned long long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file) {
        if (fscanf(file, "%*u %llu", &pages) != 1)
            pages = 0;
        fclose(file);
    }
    return pages ? pages * (uint64_t)sysconf(_SC_PAGESIZE) : (uint64_t)gv_peak_rss_kb() * 1024;
}

/* Everything of one run of the stage that must be released. */
typedef struct stage {
    char *vocab_path, *counts_path, *recipe;
    gv_vocab *vocab;
    gv_corpus *corpus;
    uint64_t *threshold; /* of the subsampling, or NULL */
    gv_strings inputs;   /* items borrowed */
} stage;

static void stage_clear(stage *s)
{
    gv_free(s->vocab_path);
    gv_free(s->counts_path);
    gv_free(s->recipe);
    gv_free(s->inputs.items);
    gv_free(s->threshold);
    gv_vocab_free(s->vocab);
    gv_corpus_close(s->corpus);
}

/* Paths, recipe, corpus and the list of inputs: vocab.txt, then the corpus files. */
static int stage_open(stage *s, gv_run *run, size_t block_bytes, gv_error *err)
{
    int status = gv_run_check_upstream(run, GV_STAGE_VOCAB, GV_FILE_VOCAB, NULL, err);
    if (status != GV_OK)
        return status;
    s->vocab_path = gv_run_path(run, GV_FILE_VOCAB, err);
    s->counts_path = gv_run_path(run, GV_FILE_COUNTS, err);
    if (!s->vocab_path || !s->counts_path)
        return GV_E_MEMORY;
    status = gv_config_recipe(&s->recipe, run->config, GV_STAGE_VOCAB | GV_STAGE_COOCCUR, err);
    if (status == GV_OK)
        status = gv_corpus_open(&s->corpus, run->config, block_bytes, err);
    if (status != GV_OK)
        return status;
    const gv_strings *files = gv_corpus_files(s->corpus);
    s->inputs.items = gv_alloc(files->n + 1, sizeof *s->inputs.items, err);
    if (!s->inputs.items)
        return GV_E_MEMORY;
    s->inputs.n = files->n + 1;
    s->inputs.items[0] = s->vocab_path;
    for (size_t i = 0; i < files->n; i++)
        s->inputs.items[i + 1] = files->items[i];
    return GV_OK;
}

static int fill(void *context, uint32_t *ids, size_t room, size_t *n, gv_error *err)
{
    return gv_encoder_fill(context, ids, room, n, err);
}

static int count_text(stage *s, gv_run *run, unsigned threads, size_t block_bytes,
                      gv_encoder *encoder, gv_cooccur_result *result, gv_error *err)
{
    const gv_config *config = run->config;
    gv_cooccur_limits limits;
    int status = gv_cooccur_plan(&limits, config->cooccur_memory_mb << 20, resident_bytes(),
                                 gv_vocab_size(s->vocab), threads, block_bytes,
                                 gv_corpus_disk_bytes(s->corpus), err);
    if (status == GV_OK)
        status = gv_encoder_threads(encoder, limits.threads, err);
    if (status != GV_OK)
        return status;
    if (limits.threads < threads)
        gv_progress_note(run->progress, "%u threads instead of %u: cooccur.memory_mb holds no more",
                         limits.threads, threads);
    gv_cooccur_source source = {encoder, fill};
    gv_cooccur_job job = {.config = config,
                          .vocab = s->vocab,
                          .recipe = s->recipe,
                          .temp_dir =
                              config->cooccur_temp_dir ? config->cooccur_temp_dir : run->dir,
                          .counts_path = s->counts_path,
                          .progress = run->progress};
    return gv_cooccur_count(&job, &limits, &source, result, err);
}

static int done(stage *s, gv_run *run, const gv_cooccur_result *result, gv_error *err)
{
    gv_corpus_stats stats = gv_corpus_statistics(s->corpus);
    gv_corpus_report(&stats, run->progress);
    gv_progress_note(run->progress, "%llu ordered records (%llu cells stored) from %llu tokens",
                     (unsigned long long)result->info.records,
                     (unsigned long long)result->info.cells,
                     (unsigned long long)result->info.tokens);
    json_t *fields =
        json_pack("{s:I, s:I, s:I, s:I, s:o}", "records", (json_int_t)result->info.records, "cells",
                  (json_int_t)result->info.cells, "tokens", (json_int_t)result->info.tokens,
                  "shards", (json_int_t)result->shards, "corpus", gv_corpus_stats_json(&stats));
    if (!fields)
        return gv_fail(err, GV_E_MEMORY, "out of memory for metrics");
    gv_strings outputs = {1, &s->counts_path};
    int status = gv_run_know_hash(run, s->counts_path, result->info.file_hash, err);
    if (status != GV_OK) {
        json_decref(fields);
        return status;
    }
    return gv_run_done(run, s->recipe, &s->inputs, &outputs, fields, err);
}

/* With cooccur.sample: let the encoder drop tokens. */
static int subsample(stage *s, const gv_config *config, gv_encoder *encoder, gv_error *err)
{
    if (config->cooccur_sample == 0)
        return GV_OK;
    s->threshold = gv_alloc(gv_vocab_size(s->vocab), sizeof *s->threshold, err);
    if (!s->threshold)
        return GV_E_MEMORY;
    gv_subsample_thresholds(s->threshold, s->vocab, config->cooccur_sample);
    gv_encoder_subsample(encoder, s->threshold, config->cooccur_seed);
    return GV_OK;
}

static int count(stage *s, gv_run *run, unsigned threads, size_t block_bytes, gv_error *err)
{
    gv_encoder *encoder = NULL;
    gv_cooccur_result result;
    int status = gv_vocab_read(&s->vocab, s->vocab_path, 0, err);
    if (status != GV_OK)
        return status;
    gv_progress_begin(run->progress, "reading", gv_corpus_disk_bytes(s->corpus), "bytes");
    status = gv_encoder_open(&encoder, s->corpus, s->vocab, run->progress, err);
    if (status == GV_OK)
        status = subsample(s, run->config, encoder, err);
    if (status == GV_OK)
        status = count_text(s, run, threads, block_bytes, encoder, &result, err);
    gv_encoder_close(encoder);
    return status == GV_OK ? done(s, run, &result, err) : status;
}

static int stage_main(gv_run *run, gv_error *err)
{
    unsigned threads = gv_config_threads(run->config->cooccur_threads);
    const gv_config *config = run->config;
    size_t block_bytes = config->cooccur_sample > 0
                             ? GV_SUBSAMPLE_SEGMENT
                             : gv_cooccur_block_bytes(config->cooccur_memory_mb << 20, threads);
    stage s = {0};
    bool fresh = false;
    int status = stage_open(&s, run, block_bytes, err);
    gv_strings outputs = {1, &s.counts_path};
    if (status == GV_OK)
        status = gv_run_up_to_date(&fresh, run, s.recipe, &s.inputs, &outputs, err);
    if (status == GV_OK && !fresh)
        status = count(&s, run, threads, block_bytes, err);
    stage_clear(&s);
    return status;
}

int main(int argc, char **argv)
{
    static const gv_program program = {
        .name = "glove-cooccur",
        .stage = GV_STAGE_COOCCUR,
        .summary = "count how often words stand near each other",
        .details =
            "Reads vocab.txt of the run directory and the corpus, and writes counts.bin, the "
            "matrix\n"
            "of co-occurrences: the same bytes for any number of threads, any memory budget and\n"
            "any way the corpus is cut into files. Text that does not fit cooccur.memory_mb is\n"
            "counted in parts, through nameless temporary files in cooccur.temp_dir.",
        .stage_main = stage_main,
    };
    return gv_program_main(&program, argc, argv);
}
