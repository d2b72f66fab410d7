#include "cooccur/vocab/gv_phrase_stage.h"

#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "base/gv_utf8.h"
#include "cooccur/vocab/gv_phrase_find.h"
#include "text/gv_phrases_file.h"
#include "text/gv_space.h"
#include <inttypes.h>
#include <string.h>

enum { SHOWN = 5 /* of the strongest phrases */ };

/* --- before ----------------------------------------------------------------------------------- */

static int check_spans(const gv_strings *spans, gv_error *err)
{
    if (spans->n > GV_PHRASE_PAIR_SPANS_MAX)
        return gv_error_set(err, GV_E_USAGE,
                            "vocab.phrase_spans has %zu words, and may have %d at most", spans->n,
                            GV_PHRASE_PAIR_SPANS_MAX);
    for (size_t i = 0; i < spans->n; i++) {
        const char *word = spans->items[i];
        char shown[GV_SPACE_SHOWN];
        if (word[0] == '\0' || word[strcspn(word, " \t\r\n_")] != '\0' ||
            !gv_utf8_valid(word, strlen(word)))
            return gv_error_set(err, GV_E_USAGE,
                                "vocab.phrase_spans: \"%s\" is no single word; list words without "
                                "blanks and '_'",
                                gv_space_show(shown, word, strlen(word)));
    }
    return GV_OK;
}

/* phrases.tsv of the run, which is replaced, is no list to read. */
static int check_is_another(const char *list, const char *phrases, gv_error *err)
{
    gv_file_stat given = {0}, own = {0};
    int status = gv_file_look(&given, list, err);
    if (status == GV_OK)
        status = gv_file_look(&own, phrases, err);
    if (status == GV_OK && own.exists && gv_file_same_look(&given, &own))
        status =
            gv_error_set(err, GV_E_USAGE,
                         "vocab.phrase_file: %s is the file that glove-vocab writes here; copy "
                         "it and name the copy",
                         list);
    return status;
}

int gv_phrase_stage_begin(gv_phrase_stage *stage, const gv_config *config, const char *dir,
                          gv_error *err)
{
    *stage = (gv_phrase_stage){0};
    if (!gv_config_joins_phrases(config))
        return GV_OK;
    stage->config = config;
    char *list = config->vocab_phrase_file;
    int status = check_spans(&config->vocab_phrase_spans, err);
    if (status == GV_OK)
        status = gv_phrases_new(&stage->list, err);
    stage->path = gv_file_path_join(dir, GV_FILE_PHRASES, err);
    if (status == GV_OK && !stage->path)
        status = GV_E_MEMORY;
    if (status == GV_OK && list)
        status = gv_config_check_file("vocab.phrase_file", list, err);
    if (status == GV_OK && list)
        status = check_is_another(list, stage->path, err);
    if (status == GV_OK && list)
        status = gv_phrases_file_read_list(stage->list, &stage->skipped, list, config, err);
    if (status == GV_OK)
        stage->given = gv_phrases_size(stage->list);
    return status;
}

int gv_phrase_stage_check(const gv_phrase_stage *stage, const gv_strings *files, gv_error *err)
{
    if (!stage->config || stage->config->vocab_phrases == 0)
        return GV_OK;
    for (size_t i = 0; i < files->n; i++) {
        gv_file_stat look = {.exists = false};
        bool is_stdin = strcmp(files->items[i], "-") == 0;
        int status = is_stdin ? GV_OK : gv_file_look(&look, files->items[i], err);
        if (status != GV_OK)
            return status;
        if (is_stdin || (look.exists && !look.regular))
            return gv_error_set(err, GV_E_USAGE,
                                "vocab.phrases reads the text several times, and %s can be read "
                                "only once; put the text into a file",
                                is_stdin ? "standard input" : files->items[i]);
    }
    return GV_OK;
}

void gv_phrase_stage_clear(gv_phrase_stage *stage)
{
    gv_phrases_free(stage->list);
    gv_mem_free(stage->path);
    *stage = (gv_phrase_stage){0};
}

/* --- the passes ------------------------------------------------------------------------------- */

static int after_pass(void *context, const gv_phrase_find_pass *pass, gv_error *err)
{
    gv_phrase_stage *stage = context;
    gv_json_writer fields = gv_json_begin();
    gv_json_set_uint(&fields, "pass", pass->number);
    gv_json_set_uint(&fields, "tokens", pass->tokens);
    gv_json_set_uint(&fields, "words", pass->words);
    gv_json_set_uint(&fields, "pairs", pass->pairs);
    gv_json_set_uint(&fields, "candidates", pass->candidates);
    gv_json_set_uint(&fields, "found", pass->found);
    gv_json_set_uint(&fields, "phrases", pass->phrases);
    gv_json_set_real(&fields, "wall_s", pass->wall_s);
    gv_json_set_real(&fields, "cpu_s", pass->cpu_s);
    gv_progress_note(stage->run->progress,
                     "phrases, pass %u: %" PRIu64 " found, of %" PRIu64
                     " pairs of words that are frequent enough",
                     pass->number, pass->found, pass->candidates);
    stage->passes++;
    return gv_run_event(stage->run, "phrases", &fields, err);
}

/* What the passes depend on, as a word of hexadecimal digits: keys, and the files by size and
 * time. */
static int name_source(char hex[GV_HASH_HEX], const char *recipe, const gv_strings *inputs,
                       gv_error *err)
{
    gv_hash_state *state = gv_hash_state_new(err);
    int status = state ? GV_OK : GV_E_MEMORY;
    if (status == GV_OK)
        gv_hash_state_update(state, recipe, strlen(recipe));
    for (size_t i = 0; status == GV_OK && i < inputs->n; i++) {
        gv_file_stat look = {.exists = false};
        status = gv_file_look(&look, inputs->items[i], err);
        gv_hash_state_update(state, inputs->items[i], strlen(inputs->items[i]) + 1);
        gv_hash_state_update(state, &look.size, sizeof look.size);
        gv_hash_state_update(state, &look.mtime_ns, sizeof look.mtime_ns);
    }
    if (status == GV_OK)
        gv_hash_hex(gv_hash_state_digest(state), hex);
    gv_hash_state_free(state);
    return status;
}

int gv_phrase_stage_find(gv_phrase_stage *stage, gv_run *run, gv_comm *comm, const char *recipe,
                         const gv_strings *inputs, gv_error *err)
{
    char source[GV_HASH_HEX];
    if (!stage->config)
        return GV_OK;
    int status = name_source(source, recipe, inputs, err);
    if (status != GV_OK)
        return status;
    stage->run = run;
    const gv_phrase_find_job job = {.config = stage->config,
                                    .dir = run->dir,
                                    .progress = run->progress,
                                    .comm = comm,
                                    .source = run->force ? NULL : source,
                                    .after_pass = after_pass,
                                    .context = stage};
    return gv_phrase_find(stage->list, &job, err);
}

void gv_phrase_stage_apply(const gv_phrase_stage *stage, gv_vocab_count_job *job)
{
    if (!stage->config)
        return;
    job->phrases = stage->list;
    job->held_bytes = gv_phrases_memory(stage->list);
}

int gv_phrase_stage_work(gv_phrase_stage *stage, const gv_config *config, const char *dir,
                         gv_vocab_count_job *job, gv_error *err)
{
    const gv_phrase_find_job find = {
        .config = config, .dir = dir, .progress = job->progress, .comm = job->comm};
    *stage = (gv_phrase_stage){.config = config};
    int status = gv_phrases_new(&stage->list, err);
    if (status == GV_OK)
        status = gv_phrase_find_part(stage->list, &find, err);
    if (status == GV_OK)
        gv_phrase_stage_apply(stage, job);
    return status;
}

/* --- after ------------------------------------------------------------------------------------ */

static int write_list(void *context, gv_error *err)
{
    const gv_phrase_stage *stage = context;
    return gv_phrases_file_write(stage->list, stage->path, NULL, err);
}

int gv_phrase_stage_write(gv_phrase_stage *stage, gv_comm *comm, gv_error *err)
{
    return stage->config ? gv_comm_run_background(comm, write_list, stage, err) : GV_OK;
}

void gv_phrase_stage_end(const gv_phrase_stage *stage, gv_progress *progress)
{
    if (!stage->config)
        return;
    gv_phrase_find_forget(stage->run->dir);
    size_t n = gv_phrases_size(stage->list);
    if (stage->skipped > 0)
        gv_progress_note(progress,
                         "%" PRIu64 " line%s of %s left out: with the corpus.* settings %s fewer "
                         "than two words",
                         stage->skipped, stage->skipped == 1 ? "" : "s",
                         stage->config->vocab_phrase_file,
                         stage->skipped == 1 ? "it has" : "they have");
    if (n == 0)
        gv_progress_note(progress, "no phrases were found; a lower vocab.phrase_threshold or "
                                   "vocab.phrase_min_count finds more");
    else
        gv_progress_note(progress, "%s: %zu phrase%s, joined in the text from now on",
                         GV_FILE_PHRASES, n, n == 1 ? "" : "s");
}

void gv_phrase_stage_json(const gv_phrase_stage *stage, gv_json_writer *writer)
{
    if (!stage->config)
        return;
    gv_json_set_uint(writer, "phrases", gv_phrases_size(stage->list));
    gv_json_set_uint(writer, "phrases_given", stage->given);
    gv_json_open_array(writer, "strongest_phrases");
    for (size_t i = 0; i < SHOWN && i < gv_phrases_size(stage->list); i++) {
        const gv_token *name = gv_phrases_name(stage->list, i);
        char text[GV_TOKEN_MAX + 1];
        memcpy(text, name->text, name->length);
        text[name->length] = '\0';
        gv_json_set_text(writer, NULL, text);
    }
    gv_json_close(writer);
}
