/* Opening vectors: a file, or the best one of a run. */
#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "bindings/c/glovebox_internal.h"
#include "config/gv_run_names.h"

#include <string.h>
#include <sys/stat.h>

enum { MOST_THREADS = 1024 };

/* --- which file ------------------------------------------------------------------------------- */

int glovebox_find_in(char **path, const char *dir, const char *name, gv_error *err)
{
    gv_file_stat look;
    *path = gv_file_path_join(dir, name, err);
    int status = *path ? gv_file_look(&look, *path, err) : GV_E_MEMORY;
    if (status != GV_OK || !look.exists) {
        gv_mem_free(*path);
        *path = NULL;
    }
    return status;
}

/* Other programs, too, put a config.json beside vectors; the stamps tell. */
static bool is_run(const char *dir)
{
    gv_file_stat look = {0};
    char *stamps = gv_file_path_join(dir, GV_FOLDER_STAMPS, NULL);
    const bool found = stamps && gv_file_look(&look, stamps, NULL) == GV_OK && look.exists;
    gv_mem_free(stamps);
    return found;
}

int glovebox_read_config(gv_config **config, const char *dir, gv_error *err)
{
    const gv_strings none = {0};
    gv_error why = GV_ERROR_INIT;
    char *path = NULL;
    *config = NULL;
    int status = glovebox_find_in(&path, dir, GV_FILE_CONFIG, err);
    if (status != GV_OK || !path)
        return status;
    status = gv_config_load_resolved(config, path, &none, "default", &why);
    if (status == GV_E_USAGE && !is_run(dir))
        status = GV_OK;
    else if (status != GV_OK)
        gv_error_set(err, status, "%s", why.text);
    gv_mem_free(path);
    return status;
}

/* Of the formats that the run writes, or of all, the file that opens fastest: those that can be
 * mapped, exact numbers before rounded ones. */
static int find_vectors(glovebox_vectors *v, const char *words, gv_error *err)
{
    static const unsigned order[] = {GV_FORMAT_SAFETENSORS, GV_FORMAT_NPY,      GV_FORMAT_WORD2VEC,
                                     GV_FORMAT_SQLITE,      GV_FORMAT_FASTTEXT, GV_FORMAT_TEXT,
                                     GV_FORMAT_PROJECTOR};
    const unsigned wanted = v->config ? v->config->output_formats : ~0u;
    int status = GV_OK;
    for (size_t i = 0; i < sizeof order / sizeof *order && status == GV_OK && !v->path; i++) {
        const char *names[GV_VECTORS_FILES_MAX];
        char *vocab = NULL;
        if (!(wanted & order[i]) || gv_vectors_files(names, order[i]) == 0)
            continue;
        if (order[i] == GV_FORMAT_NPY && !words) {
            status = glovebox_find_in(&vocab, v->dir, GV_FILE_VOCAB, err);
            if (status != GV_OK || !vocab)
                continue;
            gv_mem_free(vocab);
        }
        status = glovebox_find_in(&v->path, v->dir, names[0], err);
    }
    if (status == GV_OK && !v->path)
        status = gv_error_set(err, GV_E_USAGE,
                              "%s has no vectors%s; run glove-train first, or give a file", v->dir,
                              v->config ? " in a format of output.formats that can be read" : "");
    return status;
}

/* v->path, v->dir and v->config. */
static int choose_file(glovebox_vectors *v, const char *path, const char *words, gv_error *err)
{
    struct stat info;
    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode)) {
        v->dir = gv_mem_strdup(path, err);
        int status = v->dir ? glovebox_read_config(&v->config, v->dir, err) : GV_E_MEMORY;
        return status == GV_OK ? find_vectors(v, words, err) : status;
    }
    const char *slash = strrchr(path, '/');
    v->path = gv_mem_strdup(path, err);
    if (v->path)
        v->dir = gv_mem_strndup(slash ? path : ".", slash ? (size_t)(slash + 1 - path) : 1, err);
    return v->dir ? GV_OK : GV_E_MEMORY;
}

/* --- opening ---------------------------------------------------------------------------------- */

/* The file of the words of an .npy file, if it is there: `words`, else vocab.txt beside it. Caller
 * frees. */
static int find_words(char **path, const glovebox_vectors *v, const char *words, gv_error *err)
{
    if (!words)
        return glovebox_find_in(path, v->dir, GV_FILE_VOCAB, err);
    *path = gv_mem_strdup(words, err);
    return *path ? GV_OK : GV_E_MEMORY;
}

static int map_vectors(glovebox_vectors *v, const char *words, uint32_t flags, gv_error *err)
{
    int status = gv_vectors_map_open(&v->map, v->path, words, err);
    if (status == GV_OK && v->map && (flags & GLOVEBOX_CHECK))
        status = gv_vectors_map_check(v->map, err);
    if (status == GV_OK && v->map)
        v->words.vectors = gv_vectors_map_vectors(v->map);
    return status;
}

static int read_vectors(glovebox_vectors *v, const char *words, bool guessed, gv_error *err)
{
    const gv_vectors_options how = {.words_path = words, .words_guessed = guessed};
    int status = gv_vectors_read_with(&v->words.vectors, v->path, &how, err);
    if (status == GV_OK && v->words.vectors->rows == 0)
        status = gv_error_set(err, GV_E_CORRUPT, "%s contains no vectors", v->path);
    return status;
}

static int open_vectors(glovebox_vectors *v, const char *path, const glovebox_options *options,
                        gv_error *err)
{
    char *words = NULL;
    int status = choose_file(v, path, options->words, err);
    if (status == GV_OK)
        status = find_words(&words, v, options->words, err);
    if (status == GV_OK && !(options->flags & GLOVEBOX_COPY))
        status = map_vectors(v, words, options->flags, err);
    if (status == GV_OK && !v->map)
        status = read_vectors(v, words, !options->words, err);
    gv_mem_free(words);
    v->threads = options->threads;
    return status;
}

static glovebox_vectors *new_vectors(gv_error *err)
{
    glovebox_vectors *v = gv_mem_alloc_zero(1, sizeof *v, err);
    if (!v)
        return NULL;
    glovebox_part_init(&v->indexed);
    glovebox_part_init(&v->scaled);
    glovebox_part_init(&v->cased);
    glovebox_part_init(&v->subwords);
    glovebox_part_init(&v->counted);
    glovebox_part_init(&v->reading);
    glovebox_part_init(&v->common);
    atomic_init(&v->idle_tokens, NULL);
    (void)pthread_mutex_init(&v->unseen_lock, NULL);
    return v;
}

int glovebox_open(glovebox_vectors **vectors, const char *path, const glovebox_options *options,
                  glovebox_error *err)
{
    const glovebox_options defaults = GLOVEBOX_OPTIONS_INIT;
    gv_error why = GV_ERROR_INIT;
    if (!vectors)
        return glovebox_null(err, "glovebox_open", "vectors");
    *vectors = NULL;
    if (!path)
        return glovebox_null(err, "glovebox_open", "path");
    if (options && options->size < sizeof *options)
        return glovebox_fail(err, GLOVEBOX_E_ARGUMENT,
                             "glovebox_open: options->size is not sizeof(glovebox_options)");
    if (options && (options->flags & ~(uint32_t)(GLOVEBOX_COPY | GLOVEBOX_CHECK)))
        return glovebox_fail(err, GLOVEBOX_E_ARGUMENT, "glovebox_open: unknown flags");
    if (options && options->threads > MOST_THREADS)
        return glovebox_fail(err, GLOVEBOX_E_ARGUMENT, "glovebox_open: more than %d threads",
                             MOST_THREADS);
    glovebox_vectors *v = new_vectors(&why);
    int status = v ? open_vectors(v, path, options ? options : &defaults, &why) : GV_E_MEMORY;
    if (status == GV_OK)
        *vectors = v;
    else
        glovebox_close(v);
    return glovebox_translate(err, status, &why);
}

void glovebox_close(glovebox_vectors *v)
{
    if (!v)
        return;
    gv_words_unseen_close(v->unseen);
    if (v->map)
        gv_vectors_map_close(v->map);
    else
        gv_vectors_free(v->words.vectors);
    gv_document_tokens_free(atomic_load(&v->idle_tokens));
    gv_phrases_free(v->phrases);
    gv_config_free(v->reading_config);
    gv_config_free(v->config);
    gv_mem_free(v->component);
    gv_mem_free(v->scale);
    gv_mem_free(v->count);
    gv_mem_free(v->path);
    gv_mem_free(v->dir);
    glovebox_part_clear(&v->indexed);
    glovebox_part_clear(&v->scaled);
    glovebox_part_clear(&v->cased);
    glovebox_part_clear(&v->subwords);
    glovebox_part_clear(&v->counted);
    glovebox_part_clear(&v->reading);
    glovebox_part_clear(&v->common);
    pthread_mutex_destroy(&v->unseen_lock);
    gv_mem_free(v);
}

int glovebox_check(const glovebox_vectors *vectors, glovebox_error *err)
{
    gv_error why = GV_ERROR_INIT;
    if (!vectors)
        return glovebox_null(err, "glovebox_check", "vectors");
    /* what is read is checked then */
    const int status = vectors->map ? gv_vectors_map_check(vectors->map, &why) : GV_OK;
    return glovebox_translate(err, status, &why);
}
