#include "vectors/gv_words_given.h"

#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "config/gv_run_names.h"
#include <string.h>
#include <sys/stat.h>

/* The path of `name` in `dir`; `*path` is NULL if there is no such file. */
static int find_in(char **path, const char *dir, const char *name, gv_error *err)
{
    gv_file_stat look = {0};
    *path = gv_file_path_join(dir, name, err);
    int status = *path ? gv_file_look(&look, *path, err) : GV_E_MEMORY;
    if (status != GV_OK || !look.exists) {
        gv_mem_free(*path);
        *path = NULL;
    }
    return status;
}

/* The formats that the run in `dir` writes; all, if it has no config. */
static int read_formats(unsigned *formats, const char *dir, gv_error *err)
{
    gv_config *config = NULL;
    char *path = NULL;
    *formats = ~0u;
    int status = find_in(&path, dir, GV_FILE_CONFIG, err);
    if (status == GV_OK && path)
        status = gv_config_load_resolved(&config, path, &(gv_strings){0}, "default", err);
    if (config)
        *formats = config->output_formats;
    gv_config_free(config);
    gv_mem_free(path);
    return status;
}

static int find_in_run(gv_words_given *found, gv_error *err)
{
    static const unsigned order[] = {GV_FORMAT_SAFETENSORS, GV_FORMAT_WORD2VEC, GV_FORMAT_SQLITE,
                                     GV_FORMAT_FASTTEXT,    GV_FORMAT_TEXT,     GV_FORMAT_NPY,
                                     GV_FORMAT_PROJECTOR};
    unsigned formats = 0;
    int status = find_in(&found->vocab, found->given, GV_FILE_VOCAB, err);
    if (status == GV_OK)
        status = read_formats(&formats, found->given, err);
    for (size_t i = 0; i < sizeof order / sizeof *order && status == GV_OK && !found->vectors;
         i++) {
        const char *names[GV_VECTORS_FILES_MAX];
        if ((formats & order[i]) && gv_vectors_files(names, order[i]) > 0 &&
            (order[i] != GV_FORMAT_NPY || found->vocab))
            status = find_in(&found->vectors, found->given, names[0], err);
    }
    if (status == GV_OK && !found->vectors)
        status = gv_error_set(
            err, GV_E_USAGE, "%s has no vectors%s; run glove-train first, or give a file",
            found->given, formats == ~0u ? "" : " in a format of its output.formats");
    return status;
}

int gv_words_given_find(gv_words_given *found, const char *given, gv_error *err)
{
    struct stat info;
    *found = (gv_words_given){.given = given};
    found->is_dir = stat(given, &info) == 0 && S_ISDIR(info.st_mode);
    if (found->is_dir)
        return find_in_run(found, err);
    const char *slash = strrchr(given, '/');
    char *dir = gv_mem_strndup(slash ? given : ".", slash ? (size_t)(slash + 1 - given) : 1, err);
    found->vectors = gv_mem_strdup(given, err);
    int status = dir && found->vectors ? GV_OK : GV_E_MEMORY;
    if (status == GV_OK && strcmp(given, "-") != 0)
        status = find_in(&found->vocab, dir, GV_FILE_VOCAB, err);
    gv_mem_free(dir);
    return status;
}

int gv_words_given_read(gv_vectors **vectors, const gv_words_given *found, gv_error *err)
{
    const gv_vectors_options how = {.words_path = found->vocab, .words_guessed = true};
    int status = gv_vectors_read_with(vectors, found->vectors, &how, err);
    if (status == GV_OK && (*vectors)->rows == 0)
        status = gv_error_set(err, GV_E_CORRUPT, "%s contains no vectors", found->vectors);
    if (status != GV_OK) {
        gv_vectors_free(*vectors);
        *vectors = NULL;
    }
    return status;
}

void gv_words_given_clear(gv_words_given *found)
{
    gv_mem_free(found->vectors);
    gv_mem_free(found->vocab);
    *found = (gv_words_given){0};
}
