#include "cooccur/gv_cooccur_stage.h"

#include "app/gv_run_base.h"
#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "cooccur/gv_cooccur_ranks.h"
#include "cooccur/gv_rank_parts.h"
#include "dist/gv_shared_files.h"

/* Everything of one run of the stage that must be released. */
typedef struct stage {
    gv_run *run;
    gv_rank_inbox inbox; /* comm is NULL in one process */
    char *vocab_path, *counts_path, *recipe;
    char *base_vocab, *base_counts; /* of earlier text, or NULL */
    gv_cooccur_text text;
    gv_strings inputs; /* items borrowed */
    bool fresh;        /* counts.bin is up to date */
    gv_cooccur_result result;
    gv_corpus_stats stats;
} stage;

static void stage_clear(stage *s)
{
    gv_mem_free(s->vocab_path);
    gv_mem_free(s->counts_path);
    gv_mem_free(s->recipe);
    gv_mem_free(s->base_vocab);
    gv_mem_free(s->base_counts);
    gv_mem_free(s->inputs.items);
    gv_cooccur_text_close(&s->text);
    gv_rank_inbox_clear(&s->inbox);
}

/* What reads and writes is a background task: with ranks, a slow disk is no silence. Paths, recipe,
 * corpus and the list of inputs: vocab.txt, phrases.tsv, the counts of earlier text,
 * vocab.stop_file, then the corpus files. */
static int stage_open(void *context, gv_error *err)
{
    stage *s = context;
    gv_run *run = s->run;
    int status = gv_run_check_upstream(run, GV_STAGE_VOCAB, GV_FILE_VOCAB, NULL, err);
    if (status == GV_OK)
        status = gv_run_keep_given(&s->fresh, run, GV_FILE_COUNTS, err);
    if (status != GV_OK || s->fresh)
        return status;
    s->vocab_path = gv_run_path(run, GV_FILE_VOCAB, err);
    s->counts_path = gv_run_path(run, GV_FILE_COUNTS, err);
    if (!s->vocab_path || !s->counts_path)
        return GV_E_MEMORY;
    status = gv_config_recipe(&s->recipe, run->config, GV_STAGE_VOCAB | GV_STAGE_COOCCUR, err);
    if (status == GV_OK)
        status = gv_cooccur_text_find(&s->text, run->config,
                                      s->inbox.comm ? gv_comm_ranks_on_host(s->inbox.comm) : 1,
                                      run->progress, err);
    if (status == GV_OK)
        status = gv_run_phrases_find(&s->text.phrases, run, err);
    if (status == GV_OK)
        status = gv_run_base_path(&s->base_vocab, run->config, run->dir, GV_FILE_VOCAB, err);
    if (status == GV_OK)
        status = gv_run_base_path(&s->base_counts, run->config, run->dir, GV_FILE_COUNTS, err);
    /* where stop words keep their places, they matter here, too */
    char *stop = run->config->vocab_stop_gap ? run->config->vocab_stop_file : NULL;
    const gv_strings first = {
        4, (char *[]){s->vocab_path, s->text.phrases.path, s->base_counts, stop}};
    if (status == GV_OK)
        status = gv_corpus_list_inputs(&s->inputs, &first, s->text.corpus, err);
    gv_strings outputs = {1, &s->counts_path};
    if (status == GV_OK)
        status = gv_run_up_to_date(&s->fresh, run, s->recipe, &s->inputs, &outputs, err);
    return status;
}

static int done(void *context, gv_error *err)
{
    stage *s = context;
    const gv_cooccur_result *result = &s->result;
    const gv_corpus_stats *stats = &s->stats;
    gv_corpus_stats_report(stats, s->run->progress);
    gv_progress_note(s->run->progress, "%llu ordered records (%llu cells stored) from %llu tokens",
                     (unsigned long long)result->info.records,
                     (unsigned long long)result->info.cells,
                     (unsigned long long)result->info.tokens);
    gv_strings outputs = {1, &s->counts_path};
    int status = gv_run_know_hash(s->run, s->counts_path, result->info.file_hash, err);
    if (status != GV_OK)
        return status;
    gv_json_writer fields = gv_json_begin();
    gv_json_set_uint(&fields, "records", result->info.records);
    gv_json_set_uint(&fields, "cells", result->info.cells);
    gv_json_set_uint(&fields, "tokens", result->info.tokens);
    gv_json_set_uint(&fields, "shards", result->batches);
    gv_json_open_object(&fields, "corpus");
    gv_corpus_json(s->text.corpus, &fields);
    gv_corpus_stats_json(&fields, stats);
    gv_json_close(&fields);
    if (s->inbox.comm)
        gv_json_set_int(&fields, "ranks", gv_comm_size(s->inbox.comm));
    return gv_run_done(s->run, s->recipe, &s->inputs, &outputs, &fields, err);
}

static int count_alone(stage *s, const gv_cooccur_job *job, gv_cooccur_result *result,
                       gv_corpus_stats *stats, gv_error *err)
{
    gv_cooccur_source source = gv_cooccur_text_source(&s->text);
    int status = gv_cooccur_count(job, &s->text.limits, &source, result, err);
    gv_cooccur_text_end(&s->text);
    *stats = gv_corpus_statistics(s->text.corpus);
    return status;
}

static int text_open(void *context, gv_error *err)
{
    stage *s = context;
    return gv_cooccur_text_open(&s->text, s->vocab_path, err);
}

static int text_join(void *context, gv_error *err)
{
    stage *s = context;
    return gv_cooccur_text_join(&s->text, err);
}

/* The files that all ranks read, in an order that all know. */
typedef struct common {
    char *paths[3];
} common;

static gv_strings common_files(common *files, char *vocab, char *phrases, const gv_config *config)
{
    /* where stop words keep their places, they matter here, too */
    *files = (common){{vocab, phrases, config->vocab_stop_gap ? config->vocab_stop_file : NULL}};
    return (gv_strings){3, files->paths};
}

/* Let the other ranks have what they read: vocabulary, phrases, stop words, corpus. */
static int share_files(stage *s, gv_error *err)
{
    common files;
    gv_run *run = s->run;
    const gv_strings paths = common_files(&files, s->vocab_path, s->text.phrases.path, run->config);
    int status = gv_shared_files_give(s->inbox.comm, &paths, run->progress, err);
    /* the corpus is cut where no phrase reaches across */
    if (status == GV_OK)
        status = gv_comm_run_background(s->inbox.comm, text_join, s, err);
    return status == GV_OK ? gv_rank_parts_give(&s->inbox, s->text.corpus, run->progress, err)
                           : status;
}

/* Is there what earlier text gave, and does it fit? */
static int check_base(const stage *s, gv_error *err)
{
    int status = gv_run_base_check(s->base_vocab, err);
    if (status == GV_OK)
        status = gv_run_base_check(s->base_counts, err);
    return status == GV_OK && s->base_counts
               ? gv_run_base_check_counts(s->base_counts, s->run->config, err)
               : status;
}

static int count(stage *s, gv_error *err)
{
    const gv_config *config = s->run->config;
    int status = check_base(s, err);
    if (status == GV_OK)
        status = gv_corpus_announce(s->text.corpus, s->run->progress, err);
    if (status == GV_OK && s->inbox.comm) {
        gv_comm_show_progress(s->inbox.comm, s->run->progress);
        status = share_files(s, err);
    }
    if (status == GV_OK)
        status = gv_comm_run_background(s->inbox.comm, text_open, s, err);
    if (status != GV_OK)
        return status;
    const gv_cooccur_base_files base = {
        .counts = s->base_counts, .vocab = s->base_vocab, .memory = s->text.budget / 2};
    gv_cooccur_job job = {.config = config,
                          .gaps = s->text.stop != NULL,
                          .vocab = s->text.vocab,
                          .recipe = s->recipe,
                          .base = s->base_counts ? &base : NULL,
                          .temp_dir = gv_config_temp_dir(config, s->run->dir),
                          .counts_path = s->counts_path,
                          .progress = s->run->progress,
                          .shared = s->inbox.comm != NULL};
    status = s->inbox.comm ? gv_cooccur_ranks_coordinate(&s->inbox, &job, &s->text, &s->result,
                                                         &s->stats, err)
                           : count_alone(s, &job, &s->result, &s->stats, err);
    if (s->inbox.comm)
        gv_comm_show_progress(s->inbox.comm, NULL);
    return status == GV_OK ? gv_comm_run_background(s->inbox.comm, done, s, err) : status;
}

int gv_cooccur_stage_coordinate(gv_run *run, gv_comm *comm, gv_error *err)
{
    stage s = {.run = run, .inbox = {.comm = comm}};
    int status = gv_comm_run_background(comm, stage_open, &s, err);
    if (status == GV_OK && !s.fresh)
        status = count(&s, err);
    stage_clear(&s);
    return status;
}

int gv_cooccur_stage(gv_run *run, gv_error *err)
{
    return gv_cooccur_stage_coordinate(run, NULL, err);
}

/* The text of a worker rank. */
typedef struct part {
    gv_comm *comm;
    gv_config config; /* with the paths that are valid here: a shallow copy */
    gv_rank_inbox inbox;
    gv_shared_files files;
    gv_progress *progress;
    const char *temp_dir;
    gv_cooccur_text text;
} part;

/* Vocabulary, phrases and stop words, here or from rank 0. */
static int get_files(part *p, const char *dir, gv_error *err)
{
    common files;
    char *vocab = gv_file_path_join(dir, GV_FILE_VOCAB, err);
    int status = vocab ? gv_run_phrases_name(&p->text.phrases, &p->config, dir, err) : GV_E_MEMORY;
    const gv_strings paths = common_files(&files, vocab, p->text.phrases.path, &p->config);
    if (status == GV_OK)
        status = gv_shared_files_get(&p->files, p->comm, &paths, p->temp_dir, err);
    gv_mem_free(vocab);
    if (status == GV_OK && p->text.phrases.path) {
        gv_mem_free(p->text.phrases.path);
        p->text.phrases.path = gv_mem_strdup(p->files.path[1], err);
        status = p->text.phrases.path ? GV_OK : GV_E_MEMORY;
    }
    if (p->files.path[2])
        p->config.vocab_stop_file = p->files.path[2];
    return status;
}

static int open_part(void *context, gv_error *err)
{
    part *p = context;
    return gv_cooccur_text_open(&p->text, p->files.path[0], err);
}

static int work(part *p, const char *dir, gv_error *err)
{
    gv_cooccur_text_begin(&p->text, &p->config, gv_comm_ranks_on_host(p->comm), p->progress);
    const gv_rank_parts_wish wish = {&p->config, p->text.block_bytes, p->temp_dir};
    int status = get_files(p, dir, err);
    if (status == GV_OK)
        status = gv_rank_parts_get(&p->text.corpus, &p->inbox, &wish, err);
    if (status == GV_OK)
        status = gv_comm_run_background(p->comm, open_part, p, err);
    if (status != GV_OK)
        return status;
    const gv_cooccur_job job = {.config = &p->config,
                                .gaps = p->text.stop != NULL,
                                .vocab = p->text.vocab,
                                .temp_dir = p->temp_dir,
                                .progress = p->progress,
                                .shared = true};
    return gv_cooccur_ranks_work(&p->inbox, &job, &p->text, err);
}

int gv_cooccur_stage_work(gv_comm *comm, const gv_config *config, const char *dir, gv_error *err)
{
    part p = {.comm = comm,
              .config = *config,
              .inbox = {.comm = comm},
              .progress = gv_comm_count_progress(comm, err),
              .temp_dir = gv_relay_temp_dir(comm, config, dir)};
    int status = p.progress ? work(&p, dir, err) : GV_E_MEMORY;
    gv_cooccur_text_close(&p.text);
    gv_shared_files_clear(&p.files);
    gv_rank_inbox_clear(&p.inbox);
    return status;
}
