#include "eval/gv_eval_inputs.h"

#include "base/gv_file.h"
#include "base/gv_mem.h"
#include <string.h>
#include <sys/stat.h>

static bool is_folder(const char *path)
{
    struct stat look;
    return stat(path, &look) == 0 && S_ISDIR(look.st_mode);
}

static int add_folder(gv_paths *paths, const char *key, const char *folder, gv_error *err)
{
    static const char *const endings[] = {"*.txt",   "*.tsv",   "*.csv",   "*.tab",
                                          "*.txt.*", "*.tsv.*", "*.csv.*", "*.tab.*"};
    const size_t before = paths->n;
    gv_strings text = {0};
    int status = GV_OK;
    for (size_t i = 0; i < sizeof endings / sizeof *endings && status == GV_OK; i++)
        status = gv_strings_add(&text, endings[i], err);
    if (status == GV_OK)
        status = gv_paths_add_folder(paths, folder, &text, err);
    if (status == GV_OK && paths->n == before)
        status = gv_error_set(err, GV_E_USAGE, "%s: the folder %s has no .txt, .tsv, .csv or .tab",
                              key, folder);
    gv_strings_free(&text);
    return status;
}

static int add_matches(gv_paths *paths, const char *key, const char *pattern, gv_error *err)
{
    gv_paths found = {0};
    int status = gv_paths_add_matches(&found, pattern, err);
    if (status == GV_OK && found.n == 0)
        status = gv_error_set(err, GV_E_USAGE, "%s: no file matches %s", key, pattern);
    for (size_t i = 0; i < found.n && status == GV_OK; i++)
        status = is_folder(found.items[i]) ? add_folder(paths, key, found.items[i], err)
                                           : gv_paths_add(paths, found.items[i], err);
    gv_paths_free(&found);
    return status;
}

static int add(gv_paths *paths, const char *key, const char *name, gv_error *err)
{
    gv_file_stat look = {0};
    char *path = NULL;
    if (strcmp(name, "-") == 0) /* standard input */
        return gv_paths_add(paths, name, err);
    int status = gv_paths_home(&path, name, err);
    if (status == GV_OK)
        status = gv_file_look(&look, path, err);
    if (status == GV_OK && is_folder(path)) {
        status = add_folder(paths, key, path, err);
    } else if (status == GV_OK && !look.exists && gv_paths_is_pattern(path)) {
        status = add_matches(paths, key, path, err);
    } else if (status == GV_OK) {
        status = gv_config_check_file(key, path, err);
        if (status == GV_OK)
            status = gv_paths_add(paths, path, err);
    }
    gv_mem_free(path);
    return status;
}

/* Add the files that the key names. */
static int add_all(gv_paths *paths, const char *key, const gv_strings *names, gv_error *err)
{
    int status = GV_OK;
    for (size_t i = 0; i < names->n && status == GV_OK; i++)
        status = add(paths, key, names->items[i], err);
    return status;
}

int gv_eval_inputs_find(gv_eval_inputs *inputs, const gv_config *config, gv_error *err)
{
    *inputs = (gv_eval_inputs){0};
    if (!gv_config_evaluates(config))
        return gv_error_set(err, GV_E_USAGE,
                            "nothing to evaluate: set eval.analogies, eval.similarity, "
                            "eval.categories, eval.outliers or eval.probes in the config, or --set "
                            "eval.analogies=FILE");
    int status = add_all(&inputs->analogies, "eval.analogies", &config->eval_analogies, err);
    if (status == GV_OK)
        status = add_all(&inputs->similarity, "eval.similarity", &config->eval_similarity, err);
    if (status == GV_OK)
        status = add_all(&inputs->categories, "eval.categories", &config->eval_categories, err);
    if (status == GV_OK)
        status = add_all(&inputs->outliers, "eval.outliers", &config->eval_outliers, err);
    if (status == GV_OK)
        status = add_all(&inputs->probes, "eval.probes", &config->eval_probes, err);
    return status;
}

void gv_eval_inputs_free(gv_eval_inputs *inputs)
{
    gv_paths_free(&inputs->analogies);
    gv_paths_free(&inputs->similarity);
    gv_paths_free(&inputs->categories);
    gv_paths_free(&inputs->outliers);
    gv_paths_free(&inputs->probes);
}
