#include "report/verify/gv_verify_inputs.h"

#include "app/gv_run_base.h"
#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "store/gv_store.h"
#include "text/gv_corpus_files.h"
#include <limits.h>
#include <string.h>

enum { VOCAB, COOCCUR, SHUFFLE, TRAIN, EVAL };

typedef struct search {
    const gv_verify_run *run;
    const gv_strings *given;
    const char *corpus_dir;
    gv_strings *sets;
    gv_progress *progress;
} search;

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* --- one file --------------------------------------------------------------------------------- */

/* A file that was looked for. */
typedef struct place {
    char *found;            /* NULL: nowhere; the caller frees */
    char changed[PATH_MAX]; /* one of that name with other contents; "": none */
} place;

/* Is it at `path`? Takes `path`. */
static int try_path(place *p, const gv_json *record, char *path, gv_error *err)
{
    gv_file_stat look = {.exists = false};
    bool same = false;
    if (!path)
        return GV_E_MEMORY;
    int status = p->found ? GV_OK : gv_file_look(&look, path, NULL);
    if (status != GV_OK || !look.exists) {
        gv_mem_free(path);
        return status == GV_E_MEMORY ? gv_error_set(err, status, "out of memory") : GV_OK;
    }
    if (gv_json_kind(gv_json_get(record, "xxh128")) != GV_JSON_TEXT)
        same = true; /* nothing is known of its contents */
    else
        status = gv_verify_run_is_recorded(&same, record, path, err);
    if (status == GV_OK && same) {
        p->found = path;
        return GV_OK;
    }
    if (!p->changed[0])
        strncpy(p->changed, path, sizeof p->changed - 1);
    gv_mem_free(path);
    return status;
}

/* In the folder of --corpus-dir, by its name alone and with the folders of its name. */
static int try_folder(place *p, const search *s, const gv_json *record, gv_error *err)
{
    const char *file = gv_json_get_text(record, "file");
    if (!s->corpus_dir)
        return GV_OK;
    int status = try_path(p, record, gv_file_path_join(s->corpus_dir, base_name(file), err), err);
    if (status == GV_OK && file[0] != '/' && strchr(file, '/'))
        status = try_path(p, record, gv_file_path_join(s->corpus_dir, file, err), err);
    return status;
}

/* `named`: where the config names it; NULL: not by itself. */
static int locate(place *p, const search *s, const gv_json *record, const char *named,
                  gv_error *err)
{
    const char *then = gv_json_get_text(record, "path");
    *p = (place){0};
    int status = try_folder(p, s, record, err);
    if (status == GV_OK && named)
        status = try_path(p, record, gv_mem_strdup(named, err), err);
    if (status == GV_OK && then[0] == '/')
        status = try_path(p, record, gv_mem_strdup(then, err), err);
    return status;
}

static int not_found(const search *s, const char *key, const gv_json *record, const place *p,
                     gv_error *err)
{
    const char *file = gv_json_get_text(record, "file");
    const char *hash = gv_json_get_text(record, "xxh128");
    if (strcmp(file, "-") == 0)
        return gv_error_set(err, GV_E_RUNTIME,
                            "%s: the text came from standard input; name a file that has it: "
                            "--set corpus.files=FILE",
                            s->run->dir);
    if (p->changed[0])
        return gv_error_set(err, GV_E_RUNTIME,
                            "%s (%s) has changed since %s was made from it: its checksum was %s; "
                            "name the folder or the file that has the old contents: --corpus-dir "
                            "DIR or --set %s=FILE",
                            p->changed, key, s->run->dir, hash, key);
    return gv_error_set(err, GV_E_RUNTIME,
                        "%s (%s, checksum %s), from which %s was made, is not here: name its "
                        "folder with --corpus-dir DIR, or the file with --set %s=FILE",
                        file, key, hash, s->run->dir, key);
}

/* --- keys that name one file ------------------------------------------------------------------ */

/* What stamps recorded of the file that a key names `value`: the file itself, or of a run directory
 * (train.init) the files in it. From number `*at` on, over all stamps; NULL: no more. */
static const gv_json *next_record(const gv_verify_run *run, const char *value, size_t *at)
{
    size_t number = 0;
    const size_t n = strlen(value);
    for (size_t i = 0; i < GV_VERIFY_RUN_STAGES; i++) {
        const gv_json *inputs = gv_json_get(run->stamp[i], "inputs");
        for (size_t k = 0; k < gv_json_count(inputs); k++, number++) {
            const char *file = gv_json_get_text(gv_json_item(inputs, k), "file");
            if (n == 0 || number < *at || strncmp(file, value, n) != 0)
                continue;
            if (file[n] != '\0' && file[n] != '/' && value[n - 1] != '/')
                continue;
            *at = number + 1;
            return gv_json_item(inputs, k);
        }
    }
    return NULL;
}

/* Add KEY=VALUE, where `w` has written {"v":VALUE}. */
static int add_setting(const search *s, const char *key, gv_json_writer *w, gv_error *err)
{
    char *text = NULL, *item = NULL;
    int status = gv_json_write(&text, w, GV_JSON_COMPACT, 15, err);
    if (status == GV_OK)
        item = gv_mem_format(err, "%s=%.*s", key, (int)strlen(text) - 6, text + 5);
    if (status == GV_OK)
        status = item ? gv_strings_add(s->sets, item, err) : GV_E_MEMORY;
    gv_mem_free(item);
    gv_mem_free(text);
    return status;
}

static int set_text(const search *s, const char *key, const char *value, gv_error *err)
{
    gv_json_writer w = gv_json_begin();
    gv_json_set_text(&w, "v", value);
    return add_setting(s, key, &w, err);
}

/* A run directory is found by the first of its files. */
static int find_named(const search *s, const char *key, const char *value, gv_error *err)
{
    size_t at = 0;
    const gv_json *record;
    bool moved = false;
    if (!value)
        return GV_OK;
    if (gv_config_is_set(s->given, key))
        return GV_OK; /* what is made from it shows whether it is the right one */
    while ((record = next_record(s->run, value, &at))) {
        const char *file = gv_json_get_text(record, "file");
        place p;
        int status = locate(&p, s, record, file, err);
        if (status == GV_OK && !p.found)
            status = not_found(s, key, record, &p, err);
        if (status == GV_OK && !moved && strcmp(p.found, file) != 0) {
            const size_t rest = strlen(file) - strlen(value); /* "/model.ckpt" */
            moved = true;
            p.found[strlen(p.found) - (rest < strlen(p.found) ? rest : 0)] = '\0';
            status = set_text(s, key, p.found, err);
        }
        gv_mem_free(p.found);
        if (status != GV_OK)
            return status;
    }
    return GV_OK;
}

/* --- the corpus ------------------------------------------------------------------------------- */

/* Does a key of its own name the input, or is it one of the run's? */
static bool is_corpus(const gv_verify_run *run, const gv_json *record)
{
    const gv_config *c = run->config;
    const char *others[] = {c->vocab_file,      c->vocab_extend, c->vocab_phrase_file,
                            c->vocab_stop_file, c->train_init,   c->train_init_context};
    const char *file = gv_json_get_text(record, "file"), *path = gv_json_get_text(record, "path");
    if (path[0] != '/' && strcmp(path, "-") != 0)
        return false;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        const size_t n = others[i] ? strlen(others[i]) : 0;
        if (n > 0 && strncmp(file, others[i], n) == 0 && (file[n] == '\0' || file[n] == '/'))
            return false;
    }
    return true;
}

/* The records of the corpus, in order; borrowed from `*owner` or the stamps. */
typedef struct corpus {
    gv_json *owner; /* provenance of store.db; freed by the caller */
    const gv_json *list;
    bool stamped; /* `list` has other inputs beside the corpus */
} corpus;

static int read_provenance(corpus *c, const gv_verify_run *run, gv_error *err)
{
    gv_store *store = NULL;
    char *text = NULL, *path = gv_file_path_join(run->dir, GV_FILE_STORE, err);
    bool there = false;
    int status = path ? gv_verify_run_has(&there, run->dir, GV_FILE_STORE, err) : GV_E_MEMORY;
    if (status == GV_OK && there && gv_store_open(&store, path, 0, NULL) == GV_OK &&
        gv_store_meta(&text, store, "provenance", NULL) == GV_OK && text)
        status = gv_json_parse_if_valid(&c->owner, text, strlen(text), err);
    c->list = gv_json_get(c->owner, "corpus");
    gv_mem_free(text);
    gv_store_close(store);
    gv_mem_free(path);
    return status;
}

static int read_corpus(corpus *c, const gv_verify_run *run, gv_error *err)
{
    static const size_t readers[] = {COOCCUR, VOCAB, TRAIN};
    *c = (corpus){.stamped = true};
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
        const gv_json *inputs = gv_json_get(run->stamp[readers[i]], "inputs");
        if (readers[i] == TRAIN && run->config->train_objective != GV_OBJECTIVE_WORD2VEC)
            continue;
        for (size_t k = 0; k < gv_json_count(inputs); k++)
            if (is_corpus(run, gv_json_item(inputs, k))) {
                c->list = inputs;
                return GV_OK;
            }
    }
    c->stamped = false;
    return gv_run_base_used(run->config) ? GV_OK : read_provenance(c, run, err);
}

static const gv_json *next_text(const corpus *c, const gv_verify_run *run, size_t *at)
{
    while (*at < gv_json_count(c->list)) {
        const gv_json *record = gv_json_item(c->list, (*at)++);
        if (!c->stamped || is_corpus(run, record))
            return record;
    }
    return NULL;
}

/* Do the files that corpus.files names now have the recorded contents? If not, `*other` is the
 * first record that has none, or NULL if there are more files than records. */
static int is_as_named(bool *as_named, const gv_json **other, const corpus *c, const search *s,
                       gv_error *err)
{
    gv_corpus_files_found found = {0};
    gv_error gone = GV_ERROR_INIT;
    size_t at = 0, i = 0;
    const gv_json *record;
    *as_named = false;
    *other = NULL;
    int status = gv_corpus_files_find(&found, s->run->config, &gone);
    if (status == GV_E_MEMORY)
        return gv_error_set(err, status, "%s", gone.text);
    bool same = status == GV_OK;
    status = GV_OK;
    while (status == GV_OK && (record = next_text(c, s->run, &at)) && same) {
        if (i >= found.paths.n)
            same = false;
        else if (gv_json_kind(gv_json_get(record, "xxh128")) == GV_JSON_TEXT)
            status = gv_verify_run_is_recorded(&same, record, found.paths.items[i], err);
        else
            same = strcmp(found.paths.items[i], "-") != 0;
        if (!same)
            *other = record;
        i++;
    }
    *as_named = status == GV_OK && same && i == found.paths.n;
    gv_corpus_files_free(&found);
    return status;
}

/* corpus.files=[...] with each file where it was found, behind those that are not read again. */
static int set_corpus(const corpus *c, const search *s, gv_error *err)
{
    gv_json_writer w = gv_json_begin();
    const gv_strings *files = &s->run->config->corpus_files;
    const gv_json *record;
    size_t at = 0;
    int status = GV_OK;
    gv_json_open_array(&w, "v");
    for (size_t i = 0; i < files->n; i++)
        if (gv_config_is_counted(s->run->config, i))
            gv_json_set_text(&w, NULL, files->items[i]);
    while (status == GV_OK && (record = next_text(c, s->run, &at))) {
        const char *file = gv_json_get_text(record, "file");
        place p = {0};
        if (strcmp(file, "-") != 0)
            status = locate(&p, s, record, file, err);
        if (status == GV_OK && !p.found)
            status = not_found(s, "corpus.files", record, &p, err);
        if (status == GV_OK)
            gv_json_set_text(&w, NULL, p.found);
        gv_mem_free(p.found);
    }
    if (status != GV_OK) {
        gv_json_clear(&w);
        return status;
    }
    return add_setting(s, "corpus.files", &w, err);
}

static int find_corpus(const search *s, gv_error *err)
{
    corpus c;
    bool as_named = false;
    const gv_json *other = NULL;
    if (s->run->config->corpus_files.n == 0)
        return GV_OK;
    int status = read_corpus(&c, s->run, err);
    if (status == GV_OK && gv_json_count(c.list) == 0) {
        gv_progress_note(s->progress,
                         "%s does not say which contents its corpus had; what "
                         "differs may be the corpus",
                         s->run->dir);
        return GV_OK;
    }
    if (status == GV_OK)
        status = is_as_named(&as_named, &other, &c, s, err);
    if (status == GV_OK && !as_named && gv_config_is_set(s->given, "corpus.files"))
        status = gv_error_set(err, GV_E_RUNTIME,
                              "--set corpus.files: these are not the files from which %s was made "
                              "(%s, checksum %s)",
                              s->run->dir, other ? gv_json_get_text(other, "file") : "fewer files",
                              other ? gv_json_get_text(other, "xxh128") : "of all");
    else if (status == GV_OK && !as_named)
        status = set_corpus(&c, s, err);
    gv_json_free(c.owner);
    return status;
}

/* --- test sets -------------------------------------------------------------------------------- */

/* A list of files: the key with those that have moved in their new places. */
static int find_list(const search *s, const char *key, const gv_strings *files, gv_error *err)
{
    gv_json_writer w = gv_json_begin();
    bool moved = false;
    int status = GV_OK;
    gv_json_open_array(&w, "v");
    for (size_t i = 0; i < files->n && status == GV_OK; i++) {
        size_t at = 0;
        const gv_json *record = next_record(s->run, files->items[i], &at);
        place p = {0};
        /* of a folder or a pattern the contents show in the scores */
        if (record && strcmp(gv_json_get_text(record, "file"), files->items[i]) == 0) {
            status = locate(&p, s, record, files->items[i], err);
            if (status == GV_OK && !p.found)
                status = not_found(s, key, record, &p, err);
        }
        moved |= p.found && strcmp(p.found, files->items[i]) != 0;
        gv_json_set_text(&w, NULL, p.found ? p.found : files->items[i]);
        gv_mem_free(p.found);
    }
    if (status != GV_OK || !moved) {
        gv_json_clear(&w);
        return status;
    }
    return add_setting(s, key, &w, err);
}

static int find_test_sets(const search *s, gv_error *err)
{
    const gv_config *c = s->run->config;
    const struct {
        const char *key;
        const gv_strings *files;
    } lists[] = {{"eval.analogies", &c->eval_analogies},
                 {"eval.similarity", &c->eval_similarity},
                 {"eval.categories", &c->eval_categories},
                 {"eval.outliers", &c->eval_outliers},
                 {"eval.probes", &c->eval_probes}};
    int status = GV_OK;
    for (size_t i = 0; i < sizeof lists / sizeof *lists && status == GV_OK; i++)
        if (!gv_config_is_set(s->given, lists[i].key))
            status = find_list(s, lists[i].key, lists[i].files, err);
    return status;
}

int gv_verify_inputs_find(gv_strings *sets, const gv_verify_run *run, const gv_strings *given,
                          const char *corpus_dir, gv_progress *progress, gv_error *err)
{
    const search s = {run, given, corpus_dir, sets, progress};
    const gv_config *c = run->config;
    const struct {
        const char *key, *value;
    } named[] = {{"vocab.file", c->vocab_file},
                 {"vocab.extend", c->vocab_extend},
                 {"vocab.phrase_file", c->vocab_phrase_file},
                 {"vocab.stop_file", c->vocab_stop_file},
                 {"train.init", c->train_init},
                 {"train.init_context", c->train_init_context}};
    int status = GV_OK;
    for (size_t i = 0; i < sizeof named / sizeof *named && status == GV_OK; i++)
        status = find_named(&s, named[i].key, named[i].value, err);
    if (status == GV_OK &&
        (run->work[VOCAB] == GV_VERIFY_RUN_AGAIN || run->work[COOCCUR] == GV_VERIFY_RUN_AGAIN))
        status = find_corpus(&s, err);
    if (status == GV_OK && run->work[EVAL] == GV_VERIFY_RUN_AGAIN)
        status = find_test_sets(&s, err);
    return status;
}
