/*
 * What a stage says about its settings before it works: where they come from, if not from the
 * command line or the defaults; and which of them have no effect.
 */
#include "app/gv_program_internal.h"
#include "app/gv_run_base.h"
#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "base/gv_utf8.h"
#include "config/gv_config_key.h"
#include <stdio.h>
#include <string.h>

enum { SHOWN = 5, VALUE = 60 };

/* A list "a = 1 (b), c = 2 (d) and 3 more" that grows. */
typedef struct list {
    gv_text text;
    unsigned n;
} list;

/* The value as text, cut. Caller frees. */
static int value_text(char **text, const gv_config *config, const gv_config_key *key, gv_error *err)
{
    gv_text builder = GV_TEXT_INIT;
    gv_config_key_text(&builder, config, key);
    int status = gv_text_take(text, &builder, err);
    if (status == GV_OK && strlen(*text) > VALUE)
        memcpy(*text + gv_utf8_cut(*text, VALUE - 3), "...", 4);
    return status;
}

/* Add "KEY = VALUE (REMARK)". */
static int add(list *to, const gv_config *config, const gv_config_key *key, const char *remark,
               gv_error *err)
{
    char *value;
    int status = GV_OK;
    if (to->n++ >= SHOWN)
        return status;
    status = value_text(&value, config, key, err);
    if (status == GV_OK)
        gv_text_printf(&to->text, "%s%s = %s (%s)", to->n > 1 ? ", " : "", key->name, value,
                       remark);
    gv_mem_free(value);
    return status;
}

/* Add the line "HEAD: LIST" to `notes` if there is anything in the list. Frees the list. */
static int add_note(gv_strings *notes, list *of, const char *head, gv_error *err)
{
    char *line = NULL;
    int status = GV_OK;
    if (of->text.bytes) {
        line = of->n > SHOWN ? gv_mem_format(err, "%s: %s and %u more (--print-config shows all)",
                                             head, of->text.bytes, of->n - SHOWN)
                             : gv_mem_format(err, "%s: %s", head, of->text.bytes);
        status = line ? gv_strings_add(notes, line, err) : GV_E_MEMORY;
    }
    gv_mem_free(line);
    gv_text_drop(&of->text);
    return status;
}

/* --- where settings come from ----------------------------------------------------------------- */

/* Settings that name the run and its corpus say nothing new. */
static bool is_name(const gv_config_key *key)
{
    return strcmp(key->name, "name") == 0 || strcmp(key->name, "corpus.files") == 0;
}

/* Without --config: what the run directory's config.json sets, of the keys that are read. */
static int note_found(gv_strings *notes, const gv_program_settings *s, gv_error *err)
{
    list of = {.text = GV_TEXT_INIT};
    int status = GV_OK;
    for (const gv_config_key *key = gv_config_key_table; key->name && status == GV_OK; key++) {
        bool usual = false, met = true;
        char remark[GV_CONFIG_VALUE];
        if (!(key->reads & gv_program_text_stages(s->program)) || is_name(key) ||
            gv_config_is_set(s->sets, key->name) || !gv_config_key_counts(s->config, key) ||
            (strcmp(key->name, "train.init") == 0 && gv_run_base_is_start(s->config, s->dir)))
            continue;
        status = gv_config_key_is_default(&usual, s->config, key, err);
        if (status == GV_OK)
            status = gv_config_key_needs_met(&met, s->config, key, err);
        snprintf(remark, sizeof remark, "default %s", gv_config_key_default(s->config, key));
        if (status == GV_OK && !usual && met)
            status = add(&of, s->config, key, remark, err);
    }
    char *head = gv_mem_format(err, "from %s", s->found);
    if (status == GV_OK)
        status = head ? add_note(notes, &of, head, err) : GV_E_MEMORY;
    gv_text_drop(&of.text);
    gv_mem_free(head);
    return status;
}

static int add_if_other(list *of, const gv_program_settings *s, const gv_config *before,
                        const gv_config_key *key, gv_error *err)
{
    char *now = NULL, *then = NULL, remark[GV_CONFIG_VALUE];
    if (key->machine || is_name(key) || gv_config_is_set(s->sets, key->name) ||
        !gv_config_key_counts(s->config, key))
        return GV_OK;
    int status = value_text(&now, s->config, key, err);
    if (status == GV_OK)
        status = value_text(&then, before, key, err);
    if (status == GV_OK && strcmp(now, then) != 0) {
        snprintf(remark, sizeof remark, "was %s", then);
        status = add(of, s->config, key, remark, err);
    }
    gv_mem_free(now);
    gv_mem_free(then);
    return status;
}

/* With --config: where the run directory's config.json says something else, from an earlier --set
 * or an earlier file. */
static int note_replaced(gv_strings *notes, const gv_program_settings *s, gv_error *err)
{
    gv_config *before = NULL;
    list of = {.text = GV_TEXT_INIT};
    const gv_strings none = {0};
    gv_error ignored = GV_ERROR_INIT; /* one that cannot be read is not in use */
    gv_file_stat look;
    char *path = gv_file_path_join(s->dir, GV_FILE_CONFIG, err), *head = NULL;
    int status = path ? gv_file_look(&look, path, err) : GV_E_MEMORY;
    if (status == GV_OK && look.regular &&
        gv_config_load_resolved(&before, path, &none, "default", &ignored) == GV_OK) {
        head = gv_mem_format(err, "%s replaces settings of %s", s->config_path, path);
        status = head ? GV_OK : GV_E_MEMORY;
        for (const gv_config_key *key = gv_config_key_table; key->name && status == GV_OK; key++)
            status = add_if_other(&of, s, before, key, err);
        if (status == GV_OK)
            status = add_note(notes, &of, head, err);
    }
    gv_text_drop(&of.text);
    gv_config_free(before);
    gv_mem_free(head);
    gv_mem_free(path);
    return status;
}

/* --- settings without effect ------------------------------------------------------------------ */

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* The key of the same last part that this training uses instead: cooccur.window for train.window.
 * NULL if there is none. */
static const gv_config_key *counterpart(const gv_config *config, const gv_config_key *key)
{
    bool word2vec = config->train_objective == GV_OBJECTIVE_WORD2VEC;
    const char *last = strchr(key->name, '.');
    char name[GV_CONFIG_VALUE];
    snprintf(name, sizeof name, "%s%s", word2vec ? "train" : "cooccur", last ? last : "");
    const gv_config_key *other = gv_config_key_find(name);
    return other && other != key && other->decides ? other : NULL;
}

/* Does glove-train, with word2vec, do without what this key is for? */
static bool is_of_counts(const gv_program *program, const gv_config *config,
                         const gv_config_key *key)
{
    return (program->stage & GV_STAGE_TRAIN) && config->train_objective == GV_OBJECTIVE_WORD2VEC &&
           key->decides && (begins(key->name, "cooccur.") || begins(key->name, "shuffle."));
}

/* Why the key has no effect in this program; empty if it has one, or is of another program. */
static int find_reason(char reason[GV_CONFIG_VALUE], const gv_program_settings *s,
                       const gv_config_key *key, gv_error *err)
{
    const gv_config *config = s->config;
    bool met = true, of_counts = is_of_counts(s->program, config, key);
    const char *name = s->program->name;
    const size_t n = strlen(name);
    const bool ranks = n > 4 && strcmp(name + n - 4, "-mpi") == 0;
    *reason = '\0';
    if (!of_counts && !(key->reads & gv_program_text_stages(s->program)))
        return GV_OK;
    int status = gv_config_key_needs_met(&met, config, key, err);
    if (of_counts || !gv_config_key_counts(config, key)) {
        const gv_config_key *other = counterpart(config, key);
        snprintf(reason, GV_CONFIG_VALUE, "with train.objective = %s%s%s",
                 gv_config_objective_name(config), other ? "; see " : "", other ? other->name : "");
    } else if (!met) {
        const gv_config_key_need *need = &key->needs;
        snprintf(reason, GV_CONFIG_VALUE, "%s %s%s%s%s%s", need->unset ? "with" : "for", need->key,
                 need->values[0] ? " = " : "", need->values[0] ? need->values[0] : "",
                 need->values[0] && need->values[1] ? " or " : "",
                 need->values[0] && need->values[1] ? need->values[1] : "");
    } else if (begins(key->name, "mpi.") && !ranks) {
        snprintf(reason, GV_CONFIG_VALUE, "for %s-mpi", name);
    }
    return status;
}

static int note_without_effect(gv_strings *notes, const gv_program_settings *s, gv_error *err)
{
    list of = {.text = GV_TEXT_INIT};
    int status = GV_OK;
    for (const gv_config_key *key = gv_config_key_table; key->name && status == GV_OK; key++) {
        bool usual = true;
        char reason[GV_CONFIG_VALUE];
        status = find_reason(reason, s, key, err);
        if (status == GV_OK && *reason)
            status = gv_config_key_is_default(&usual, s->config, key, err);
        if (status == GV_OK && !usual)
            status = add(&of, s->config, key, reason, err);
    }
    if (status == GV_OK)
        status = add_note(notes, &of, "no effect", err);
    gv_text_drop(&of.text);
    return status;
}

int gv_program_settings_notes(gv_strings *notes, const gv_program_settings *s, gv_error *err)
{
    int status = GV_OK;
    if (s->found)
        status = note_found(notes, s, err);
    else if (s->config_path)
        status = note_replaced(notes, s, err);
    return status == GV_OK ? note_without_effect(notes, s, err) : status;
}
