#include "cooccur/vocab/gv_phrase_find.h"

#include "base/gv_clock.h"
#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "cooccur/vocab/gv_phrase_score.h"
#include "cooccur/vocab/gv_vocab_count.h"
#include "dist/gv_rank_inbox.h"
#include "dist/gv_shared_files.h"
#include "text/gv_phrases_file.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LIST_FILE  ".stamps/vocab.phrases"
#define WORDS_FILE ".stamps/vocab.words"

/* What rank 0 tells the others to do next. */
enum step { COUNT_WORDS, COUNT_PAIRS, ALL_FOUND };
enum { TAG_STEP = GV_RANK_TAG_STAGE };

typedef struct finding {
    const gv_phrase_find_job *job;
    gv_phrases *phrases;
    char *list_path, *words_path;
    gv_config counting; /* a shallow copy: words that are frequent enough for a pair */
    gv_vocab *words;    /* of this pass */
    gv_phrase_pair_units units;
    gv_phrase_find_pass pass;
    unsigned done;         /* passes that the list is of */
    gv_shared_files files; /* ranks other than rank 0: what is read of rank 0's */
} finding;

/* --- files ------------------------------------------------------------------------------------ */

static char *path_of_list(const char *dir, gv_error *err)
{
    return gv_file_path_join(dir, LIST_FILE, err);
}

void gv_phrase_find_forget(const char *dir)
{
    static const char *const files[] = {LIST_FILE, WORDS_FILE};
    for (size_t i = 0; i < 2; i++) {
        char *path = gv_file_path_join(dir, files[i], NULL);
        if (path)
            unlink(path);
        gv_mem_free(path);
    }
}

/* The first line of the list: "# passes SOURCE". */
static int save_list(void *context, gv_error *err)
{
    finding *f = context;
    char head[GV_PHRASES_FILE_HEAD];
    snprintf(head, sizeof head, "# %u %s", f->done, f->job->source ? f->job->source : "-");
    return gv_phrases_file_write(f->phrases, f->list_path, head, err);
}

/* The passes that a list with this first line is of; 0: it is not one of `source`. */
static unsigned passes_of(const char *head, const char *source, const gv_config *config)
{
    char *end;
    if (strncmp(head, "# ", 2) != 0 || head[2] < '1' || head[2] > '9')
        return 0;
    unsigned long passes = strtoul(head + 2, &end, 10);
    bool ours = *end == ' ' && strcmp(end + 1, source) == 0;
    return ours && passes <= config->vocab_phrases ? (unsigned)passes : 0;
}

/* Go on from an earlier start's list, if it is of the same keys and text. */
static int resume(void *context, gv_error *err)
{
    finding *f = context;
    char head[GV_PHRASES_FILE_HEAD];
    unsigned passes = 0;
    gv_phrases *list = NULL;
    gv_error ignored = GV_ERROR_INIT;
    gv_file_stat look;
    if (!f->job->source || gv_file_look(&look, f->list_path, &ignored) != GV_OK || !look.regular)
        return GV_OK;
    int status = gv_phrases_new(&list, err);
    if (status != GV_OK)
        return status;
    /* a damaged one counts as none */
    if (gv_phrases_file_read(list, f->list_path, head, &ignored) == GV_OK &&
        (passes = passes_of(head, f->job->source, f->job->config)) > 0) {
        for (size_t i = 0; i < gv_phrases_size(list) && status == GV_OK; i++)
            status = gv_phrases_add(f->phrases, gv_phrases_name(list, i)->text,
                                    gv_phrases_name(list, i)->length, gv_phrases_count(list, i),
                                    gv_phrases_score(list, i), NULL, err);
        f->done = passes;
        gv_progress_note(f->job->progress, "phrases: going on after pass %u", passes);
    }
    gv_phrases_free(list);
    return status;
}

static int load_words(void *context, gv_error *err)
{
    finding *f = context;
    const gv_config *config = f->job->config;
    const char *path = f->files.path[0] ? f->files.path[0] : f->words_path;
    gv_file_stat look;
    int status = gv_file_look(&look, path, err);
    if (status == GV_OK && look.size == 0)
        return GV_OK; /* no word is frequent enough */
    if (status == GV_OK)
        status = gv_vocab_read_within(&f->words, path, 0,
                                      gv_budget_of_reading(config->vocab_memory_mb * GV_BUDGET_MIB),
                                      "vocab.memory_mb", err);
    return status == GV_OK
               ? gv_phrase_pair_units_init(&f->units, f->words, &config->vocab_phrase_spans, err)
               : status;
}

static void drop_words(finding *f)
{
    gv_phrase_pair_units_clear(&f->units);
    gv_vocab_free(f->words);
    f->words = NULL;
}

/* --- counting --------------------------------------------------------------------------------- */

static gv_vocab_count_job count_job(const finding *f)
{
    const gv_phrase_find_job *job = f->job;
    uint64_t held = gv_phrases_memory(f->phrases);
    if (f->words)
        held += gv_vocab_memory(f->words) + gv_vocab_size(f->words);
    return (gv_vocab_count_job){.config = &f->counting,
                                .path = f->words_path,
                                .temp_dir = gv_relay_temp_dir(job->comm, job->config, job->dir),
                                .table_bytes = job->table_bytes,
                                .block_bytes = job->block_bytes,
                                .progress = job->progress,
                                .comm = job->comm,
                                .phrases = f->phrases,
                                .held_bytes = held,
                                .may_be_empty = true};
}

/* A gv_vocab_merge_take: a pair with the number of its occurrences. */
static int take_pair(void *context, const gv_word_table_word *word, gv_error *err)
{
    finding *f = context;
    const gv_config *config = f->job->config;
    f->pass.pairs++;
    if (word->count < config->vocab_phrase_min_count)
        return GV_OK;
    f->pass.candidates++;
    gv_phrase_pair pair = gv_phrase_pair_of_key(word->text, word->length);
    const gv_phrase_score_counts counts = {.pair = word->count,
                                           .first = gv_vocab_count(f->words, pair.first),
                                           .second = gv_vocab_count(f->words, pair.second),
                                           .tokens = f->pass.tokens};
    int64_t score =
        gv_phrase_score(&counts, config->vocab_phrase_score, config->vocab_phrase_min_count);
    if ((double)score < config->vocab_phrase_threshold * GV_PHRASES_SCORE_UNIT)
        return GV_OK;
    char name[GV_TOKEN_MAX];
    bool is_new;
    size_t length = gv_phrase_pair_name(name, &pair, &f->units);
    if (length == 0)
        return GV_OK;
    int status = gv_phrases_add(f->phrases, name, length, word->count, score, &is_new, err);
    f->pass.found += status == GV_OK && is_new;
    if (status == GV_OK &&
        gv_phrases_memory(f->phrases) > config->vocab_memory_mb * GV_BUDGET_MIB / 4)
        return gv_error_set(err, GV_E_MEMORY,
                            "the phrases take more than a quarter of vocab.memory_mb: raise "
                            "vocab.phrase_threshold, vocab.phrase_min_count or vocab.memory_mb");
    return status;
}

/* --- steps ------------------------------------------------------------------------------------ */

/* What the ranks read for a step: the phrases so far, or the words of this pass. */
static gv_strings files_of(char *files[1], const finding *f, enum step step)
{
    files[0] = step == COUNT_PAIRS ? f->words_path : f->list_path;
    return (gv_strings){1, files};
}

static int tell_step(const finding *f, enum step step, gv_error *err)
{
    uint8_t byte = (uint8_t)step;
    char *files[1];
    const gv_strings paths = files_of(files, f, step);
    gv_comm *comm = f->job->comm;
    int status = GV_OK;
    if (!comm)
        return GV_OK;
    for (int to = 1; to < gv_comm_size(comm) && status == GV_OK; to++)
        status = gv_comm_send(comm, to, TAG_STEP, &byte, 1, err);
    return status == GV_OK ? gv_shared_files_give(comm, &paths, f->job->progress, err) : status;
}

static int hear_step(enum step *step, finding *f, gv_error *err)
{
    char *files[1];
    gv_rank_inbox inbox = {.comm = f->job->comm};
    gv_comm_message message = {0};
    int status = gv_rank_inbox_expect(&inbox, &message, 0, TAG_STEP, err);
    if (status == GV_OK && message.bytes != 1)
        status = gv_comm_unexpected(&message, err);
    if (status == GV_OK)
        *step = (enum step) * (const uint8_t *)message.data;
    gv_comm_message_free(&message);
    gv_rank_inbox_clear(&inbox);
    gv_shared_files_clear(&f->files);
    if (status != GV_OK)
        return status;
    const gv_strings paths = files_of(files, f, *step);
    return gv_shared_files_get(&f->files, f->job->comm, &paths,
                               gv_relay_temp_dir(f->job->comm, f->job->config, f->job->dir), err);
}

static int run_background(finding *f, int (*work)(void *context, gv_error *err), gv_error *err)
{
    return gv_comm_run_background(f->job->comm, work, f, err);
}

static int count_words(finding *f, gv_error *err)
{
    char label[GV_PROGRESS_NAME];
    gv_vocab_count_summary summary;
    snprintf(label, sizeof label, "phrases, pass %u: words", f->pass.number);
    gv_vocab_count_job job = count_job(f);
    job.label = label;
    int status = tell_step(f, COUNT_WORDS, err);
    if (status == GV_OK)
        status = gv_vocab_count_build(&summary, &job, err);
    if (status == GV_OK) {
        f->pass.tokens = summary.corpus.tokens;
        f->pass.words = summary.words;
    }
    return status;
}

static int count_pairs(finding *f, gv_error *err)
{
    char label[GV_PROGRESS_NAME];
    gv_vocab_count_summary summary;
    snprintf(label, sizeof label, "phrases, pass %u: pairs", f->pass.number);
    gv_vocab_count_job job = count_job(f);
    job.label = label;
    job.pairs = &f->units;
    job.take = take_pair;
    job.take_context = f;
    int status = tell_step(f, COUNT_PAIRS, err);
    return status == GV_OK ? gv_vocab_count_build(&summary, &job, err) : status;
}

static int one_pass(finding *f, gv_error *err)
{
    double wall = gv_clock_wall_seconds(), cpu = gv_clock_cpu_seconds();
    f->pass = (gv_phrase_find_pass){.number = f->done + 1};
    int status = count_words(f, err);
    if (status == GV_OK)
        status = run_background(f, load_words, err);
    if (status == GV_OK && f->words)
        status = count_pairs(f, err);
    drop_words(f);
    if (status != GV_OK)
        return status;
    f->done++;
    f->pass.phrases = gv_phrases_size(f->phrases);
    gv_phrases_sort(f->phrases);
    status = run_background(f, save_list, err);
    f->pass.wall_s = gv_clock_wall_seconds() - wall;
    f->pass.cpu_s = gv_clock_cpu_seconds() - cpu;
    if (status == GV_OK && f->job->after_pass)
        status = f->job->after_pass(f->job->context, &f->pass, err);
    return status;
}

static int begin(finding *f, gv_phrases *phrases, const gv_phrase_find_job *job, gv_error *err)
{
    *f = (finding){.job = job, .phrases = phrases, .counting = *job->config};
    f->counting.vocab_min_count = job->config->vocab_phrase_min_count;
    f->counting.vocab_max_size = 0;
    f->list_path = path_of_list(job->dir, err);
    f->words_path = gv_file_path_join(job->dir, WORDS_FILE, err);
    return f->list_path && f->words_path ? GV_OK : GV_E_MEMORY;
}

static void end(finding *f)
{
    drop_words(f);
    gv_shared_files_clear(&f->files);
    gv_mem_free(f->list_path);
    gv_mem_free(f->words_path);
}

int gv_phrase_find(gv_phrases *phrases, const gv_phrase_find_job *job, gv_error *err)
{
    finding f;
    int status = begin(&f, phrases, job, err);
    if (status == GV_OK)
        status = run_background(&f, resume, err);
    gv_phrases_sort(phrases);
    if (status == GV_OK)
        status = run_background(&f, save_list, err);
    while (status == GV_OK && f.done < job->config->vocab_phrases) {
        status = one_pass(&f, err);
        if (f.pass.found == 0)
            break; /* the text stays as it is, and so would the pairs */
    }
    if (status == GV_OK)
        status = tell_step(&f, ALL_FOUND, err);
    end(&f);
    return status;
}

/* --- other ranks ------------------------------------------------------------------------------ */

/* What was added since the last step. */
static int load_list(void *context, gv_error *err)
{
    finding *f = context;
    char head[GV_PHRASES_FILE_HEAD];
    gv_phrases *list = f->phrases;
    gv_phrases_clear(list);
    return gv_phrases_file_read(list, f->files.path[0], head, err);
}

int gv_phrase_find_part(gv_phrases *phrases, const gv_phrase_find_job *job, gv_error *err)
{
    finding f;
    enum step step = COUNT_WORDS;
    int status = begin(&f, phrases, job, err);
    while (status == GV_OK) {
        status = hear_step(&step, &f, err);
        if (status == GV_OK && step != COUNT_PAIRS)
            status = run_background(&f, load_list, err);
        if (status != GV_OK || step == ALL_FOUND)
            break;
        if (step == COUNT_PAIRS)
            status = run_background(&f, load_words, err);
        gv_vocab_count_job part = count_job(&f);
        part.pairs = step == COUNT_PAIRS ? &f.units : NULL;
        if (status == GV_OK)
            status = gv_vocab_count_build_part(&part, err);
        drop_words(&f);
    }
    end(&f);
    return status;
}
