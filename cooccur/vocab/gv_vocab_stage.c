#include "cooccur/vocab/gv_vocab_stage.h"

#include "app/gv_run_base.h"
#include "base/gv_mem.h"
#include "cooccur/vocab/gv_phrase_stage.h"
#include "cooccur/vocab/gv_vocab_count.h"
#include "dist/gv_relay.h"

/* What a run of this stage holds on to. */
typedef struct vocab_stage {
    gv_run *run;
    gv_comm *comm;       /* NULL: in one process */
    gv_vocab *given;     /* vocab.file, or NULL */
    gv_stop_words *stop; /* vocab.stop_file, or NULL */
    char *extend_path;   /* vocab.extend, or the vocabulary of earlier text; NULL: none */
    gv_vocab *extended;
    gv_corpus *corpus; /* open only to know its files; NULL if the corpus is not read */
    gv_strings inputs; /* the array is ours, the strings are borrowed */
    gv_phrase_stage phrases;
    char *recipe, *path;
    char *output[2];
    gv_strings outputs; /* `path`, and phrases.tsv if there are phrases */
    bool fresh;         /* it is up to date */
    gv_vocab_count_summary summary;
} vocab_stage;

/* vocab.txt of this run would grow again each time. */
static int check_is_another(const vocab_stage *stage, gv_error *err)
{
    gv_file_stat given = {0}, own = {0};
    int status = gv_file_look(&given, stage->extend_path, err);
    if (status == GV_OK)
        status = gv_file_look(&own, stage->path, err);
    if (status == GV_OK && own.exists && gv_file_same_look(&given, &own))
        status = gv_error_set(err, GV_E_USAGE,
                              "vocab.extend: %s is the file that glove-vocab writes here; name a "
                              "copy of it, or use glove-run --append",
                              stage->extend_path);
    return status;
}

/* Is there a vocabulary that grows? */
static int find_extended(vocab_stage *stage, const gv_config *config, gv_error *err)
{
    if (!config->vocab_extend)
        return gv_run_base_path(&stage->extend_path, config, stage->run->dir, GV_FILE_VOCAB, err);
    stage->extend_path = gv_mem_strdup(config->vocab_extend, err);
    int status = stage->extend_path
                     ? gv_config_check_file("vocab.extend", config->vocab_extend, err)
                     : GV_E_MEMORY;
    return status == GV_OK ? check_is_another(stage, err) : status;
}

/* Read it, before its own run directory may replace it. */
static int read_extended(vocab_stage *stage, gv_vocab_count_job *job, gv_error *err)
{
    if (!stage->extend_path)
        return GV_OK;
    int status = gv_run_base_check(stage->extend_path, err);
    if (status == GV_OK)
        status = gv_vocab_read(&stage->extended, stage->extend_path, 1, err);
    if (status != GV_OK)
        return status;
    job->extend = stage->extended;
    job->held_bytes +=
        gv_vocab_memory(stage->extended) + gv_vocab_size(stage->extended) * sizeof(uint64_t);
    return GV_OK;
}

/* Read vocab.file if there is one, and list what will be read. */
static int find_inputs(vocab_stage *stage, const gv_config *config, gv_error *err)
{
    int status = GV_OK;
    if (config->vocab_file)
        status = gv_config_check_file("vocab.file", config->vocab_file, err);
    if (status == GV_OK && config->vocab_file)
        status = gv_vocab_read(&stage->given, config->vocab_file, 1, err);
    if (status == GV_OK)
        status = find_extended(stage, config, err);
    if (status == GV_OK)
        status = gv_stop_words_read(&stage->stop, config, err);
    if (status == GV_OK)
        status = gv_phrase_stage_begin(&stage->phrases, config, stage->run->dir, err);
    bool counted = !stage->given || gv_vocab_total(stage->given) == 0;
    if (status == GV_OK && (counted || config->vocab_phrases > 0))
        status = gv_corpus_open(&stage->corpus, config, 0, err);
    const gv_strings first = {4, (char *[]){config->vocab_file, stage->extend_path,
                                            config->vocab_phrase_file, config->vocab_stop_file}};
    if (status == GV_OK)
        status = gv_corpus_list_inputs(&stage->inputs, &first, stage->corpus, err);
    if (status == GV_OK && stage->corpus)
        status = gv_phrase_stage_check(&stage->phrases, gv_corpus_files(stage->corpus), err);
    return status;
}

/* The fields of the "done" event: what came out, then what the corpus was like. */
static gv_json_writer done_fields(const gv_vocab_count_summary *summary, const vocab_stage *stage)
{
    const gv_comm *comm = stage->comm;
    gv_json_writer fields = gv_json_begin();
    gv_json_set_uint(&fields, "words", summary->words);
    if (stage->extended)
        gv_json_set_uint(&fields, "new_words", summary->new_words);
    gv_json_set_uint(&fields, "tokens", summary->corpus.tokens);
    gv_json_set_uint(&fields, "distinct", summary->distinct);
    gv_json_set_uint(&fields, "covered_tokens", summary->covered);
    if (stage->stop) {
        gv_json_set_uint(&fields, "stop_words", summary->stopped);
        gv_json_set_uint(&fields, "stop_tokens", summary->stopped_tokens);
    }
    gv_vocab_notes_json(&fields, &summary->notes);
    gv_phrase_stage_json(&stage->phrases, &fields);
    gv_json_set_uint(&fields, "spilled_runs", summary->spilled_runs);
    gv_json_set_uint(&fields, "merge_passes", summary->merge_passes);
    if (comm)
        gv_json_set_int(&fields, "ranks", gv_comm_size(comm));
    if (summary->advice[0])
        gv_json_set_text(&fields, "advice", summary->advice);
    gv_json_open_object(&fields, "corpus");
    if (stage->corpus)
        gv_corpus_json(stage->corpus, &fields);
    gv_corpus_stats_json(&fields, &summary->corpus);
    gv_json_close(&fields);
    return fields;
}

static void tell(const vocab_stage *stage, gv_progress *progress,
                 const gv_vocab_count_summary *summary)
{
    unsigned long long words = summary->words, distinct = summary->distinct,
                       covered = summary->covered, tokens = summary->corpus.tokens;
    if (stage->extended)
        gv_progress_note(
            progress,
            "%s: %llu words, of which %llu are new; %llu distinct words in %llu tokens "
            "of new text",
            GV_FILE_VOCAB, words, (unsigned long long)summary->new_words, distinct, tokens);
    else if (!stage->given)
        gv_progress_note(progress, "%s: %llu of %llu distinct words, which are %llu of %llu tokens",
                         GV_FILE_VOCAB, words, distinct, covered, tokens);
    else if (gv_vocab_total(stage->given) == 0)
        gv_progress_note(progress,
                         "%s: %llu given words; %llu of them are in the corpus, %llu of its %llu "
                         "tokens",
                         GV_FILE_VOCAB, words, distinct, covered, tokens);
    else
        gv_progress_note(progress,
                         "%s: %llu words with their counts as given (the corpus was not read%s)",
                         GV_FILE_VOCAB, words, stage->corpus ? " for them" : "");
}

static void tell_stopped(const gv_stop_words *stop, gv_progress *progress,
                         const gv_vocab_count_summary *summary)
{
    unsigned long long words = summary->stopped, tokens = summary->stopped_tokens,
                       listed = gv_stop_words_size(stop),
                       impossible = gv_stop_words_impossible(stop);
    if (!stop)
        return;
    gv_progress_note(progress, "left out %llu of the %llu stop words, which are %llu tokens", words,
                     listed, tokens);
    if (impossible > 0)
        gv_progress_note(progress,
                         "%llu line%s of vocab.stop_file can stop no word, as the tokenizer makes "
                         "none or several of %s",
                         impossible, impossible == 1 ? "" : "s", impossible == 1 ? "it" : "them");
}

/* Writes and syncs, as a background task: a slow disk is no silence of this rank. */
static int note_done(void *context, gv_error *err)
{
    vocab_stage *stage = context;
    gv_json_writer fields = done_fields(&stage->summary, stage);
    return gv_run_done(stage->run, stage->recipe, &stage->inputs, &stage->outputs, &fields, err);
}

static int build(vocab_stage *stage, gv_error *err)
{
    gv_run *run = stage->run;
    gv_vocab_count_summary *summary = &stage->summary;
    const gv_config *config = run->config;
    gv_vocab_count_job job = {.config = config,
                              .path = stage->path,
                              .temp_dir = gv_config_temp_dir(config, run->dir),
                              .progress = run->progress,
                              .comm = stage->comm,
                              .stop = stage->stop};
    if (stage->comm)
        gv_comm_show_progress(stage->comm, run->progress);
    int status = stage->corpus ? gv_corpus_announce(stage->corpus, run->progress, err) : GV_OK;
    if (status == GV_OK)
        status = gv_phrase_stage_find(&stage->phrases, run, stage->comm, stage->recipe,
                                      &stage->inputs, err);
    gv_phrase_stage_apply(&stage->phrases, &job);
    if (status == GV_OK)
        status = read_extended(stage, &job, err);
    if (status == GV_OK)
        status = stage->given ? gv_vocab_count_build_given(summary, stage->given, &job, err)
                              : gv_vocab_count_build(summary, &job, err);
    if (stage->comm)
        gv_comm_show_progress(stage->comm, NULL);
    if (status == GV_OK)
        status = gv_phrase_stage_write(&stage->phrases, stage->comm, err);
    if (status != GV_OK)
        return status;
    gv_corpus_stats_report(&summary->corpus, run->progress);
    status = gv_comm_run_background(stage->comm, note_done, stage, err);
    if (status == GV_OK) {
        gv_phrase_stage_end(&stage->phrases, run->progress);
        tell(stage, run->progress, summary);
        tell_stopped(stage->stop, run->progress, summary);
        gv_vocab_notes_report(&summary->notes, summary->words, run->progress);
        if (summary->advice[0])
            gv_progress_note(run->progress, "advice: %s", summary->advice);
    }
    return status;
}

static int look(void *context, gv_error *err)
{
    vocab_stage *stage = context;
    gv_run *run = stage->run;
    int status = gv_run_keep_given(&stage->fresh, run, GV_FILE_VOCAB, err);
    if (status != GV_OK || stage->fresh)
        return status;
    if (!(stage->path = gv_run_path(run, GV_FILE_VOCAB, err)))
        return GV_E_MEMORY;
    status = find_inputs(stage, run->config, err);
    if (status == GV_OK)
        status = gv_config_recipe(&stage->recipe, run->config, GV_STAGE_VOCAB, err);
    stage->output[0] = stage->path;
    stage->output[1] = stage->phrases.path;
    stage->outputs = (gv_strings){.n = stage->phrases.path ? 2 : 1, .items = stage->output};
    if (status == GV_OK)
        status = gv_run_up_to_date(&stage->fresh, run, stage->recipe, &stage->inputs,
                                   &stage->outputs, err);
    return status;
}

int gv_vocab_stage_coordinate(gv_run *run, gv_comm *comm, gv_error *err)
{
    vocab_stage stage = {.run = run, .comm = comm};
    int status = gv_comm_run_background(comm, look, &stage, err);
    if (status == GV_OK && !stage.fresh)
        status = build(&stage, err);
    gv_mem_free(stage.path);
    gv_mem_free(stage.recipe);
    gv_mem_free(stage.inputs.items);
    gv_corpus_close(stage.corpus);
    gv_phrase_stage_clear(&stage.phrases);
    gv_vocab_free(stage.given);
    gv_vocab_free(stage.extended);
    gv_mem_free(stage.extend_path);
    gv_stop_words_free(stage.stop);
    return status;
}

int gv_vocab_stage(gv_run *run, gv_error *err)
{
    return gv_vocab_stage_coordinate(run, NULL, err);
}

int gv_vocab_stage_work(gv_comm *comm, const gv_config *config, const char *dir, gv_error *err)
{
    gv_phrase_stage phrases = {0};
    gv_vocab_count_job job = {.config = config,
                              .temp_dir = gv_relay_temp_dir(comm, config, dir),
                              .progress = gv_comm_count_progress(comm, err),
                              .comm = comm};
    int status = job.progress ? GV_OK : GV_E_MEMORY;
    if (status == GV_OK && gv_config_joins_phrases(config))
        status = gv_phrase_stage_work(&phrases, config, dir, &job, err);
    if (status == GV_OK && !config->vocab_file)
        status = gv_vocab_count_build_part(&job, err);
    gv_phrase_stage_clear(&phrases);
    return status;
}
