#include "report/compare/gv_compare_find.h"

#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "config/gv_run_names.h"
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool is_directory(const char *path)
{
    struct stat look;
    return stat(path, &look) == 0 && S_ISDIR(look.st_mode);
}

bool gv_compare_find_is_same(const gv_compare_run *run, const char *dir)
{
    struct stat a, b;
    if (stat(run->dir, &a) != 0 || stat(dir, &b) != 0)
        return strcmp(run->dir, dir) == 0;
    return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* `*run` is NULL if it is there already. */
static int add_run(gv_compare_run **run, gv_compare *compare, const char *dir, gv_error *err)
{
    *run = NULL;
    for (size_t i = 0; i < compare->n; i++)
        if (gv_compare_find_is_same(&compare->run[i], dir))
            return GV_OK;
    int status = gv_mem_reserve(&compare->run, &compare->runs_room, compare->n + 1,
                                sizeof *compare->run, err);
    char *name = status == GV_OK ? gv_mem_strdup(dir, err) : NULL;
    if (!name)
        return GV_E_MEMORY;
    *run = &compare->run[compare->n++];
    **run = (gv_compare_run){.dir = name, .setting = SIZE_MAX};
    return GV_OK;
}

static int add_of_sweep(gv_compare *compare, const char *dir, gv_sweep_file_run *listed,
                        gv_error *err)
{
    gv_compare_run *run = NULL;
    char *path = gv_file_path_join(dir, listed->dir, err);
    int status = path ? add_run(&run, compare, path, err) : GV_E_MEMORY;
    gv_mem_free(path);
    if (status != GV_OK || !run)
        return status;
    run->of_sweep = true;
    run->state = listed->state;
    run->error = listed->error; /* taken over */
    run->sweep_set = listed->set;
    listed->error = NULL;
    listed->set = NULL;
    return GV_OK;
}

static int add_sweep(gv_compare *compare, const char *dir, gv_error *err)
{
    gv_sweep_file sweep = {0};
    int status = gv_sweep_file_read(&sweep, dir, err);
    for (size_t i = 0; i < sweep.n && status == GV_OK; i++)
        status = add_of_sweep(compare, dir, &sweep.runs[i], err);
    gv_sweep_file_clear(&sweep);
    return status;
}

static int is_there(bool *there, const char *dir, const char *name, gv_error *err)
{
    gv_file_stat look = {0};
    char *path = gv_file_path_join(dir, name, err);
    int status = path ? gv_file_look(&look, path, err) : GV_E_MEMORY;
    gv_mem_free(path);
    *there = look.exists;
    return status;
}

/* Add the directory if it is a sweep or a run; `*found` tells. */
static int add_itself(bool *found, gv_compare *compare, const char *dir, gv_error *err)
{
    gv_compare_run *run;
    bool config = false, stamps = false;
    int status = gv_sweep_file_is_there(found, dir, err);
    if (status != GV_OK || *found)
        return status == GV_OK ? add_sweep(compare, dir, err) : status;
    status = is_there(&config, dir, GV_FILE_CONFIG, err);
    if (status == GV_OK)
        status = is_there(&stamps, dir, GV_FOLDER_STAMPS, err);
    *found = config || stamps;
    return status == GV_OK && *found ? add_run(&run, compare, dir, err) : status;
}

/* "dim=50" before "dim=100" */
static int by_version(const void *x, const void *y)
{
    const char *const *a = x, *const *b = y;
    return strverscmp(*a, *b);
}

static int list_folders(gv_strings *folders, const char *dir, gv_error *err)
{
    DIR *list = opendir(dir);
    int status = list ? GV_OK : gv_error_set_errno(err, "cannot read the directory %s", dir);
    for (struct dirent *entry; status == GV_OK && (entry = readdir(list));) {
        if (entry->d_name[0] == '.')
            continue;
        char *path = gv_file_path_join(dir, entry->d_name, err);
        status = !path                ? GV_E_MEMORY
                 : is_directory(path) ? gv_strings_add(folders, path, err)
                                      : GV_OK;
        gv_mem_free(path);
    }
    if (list)
        closedir(list);
    if (folders->n > 1)
        qsort(folders->items, folders->n, sizeof *folders->items, by_version);
    return status;
}

static int add_contents(gv_compare *compare, const char *dir, gv_error *err)
{
    gv_strings folders = {0};
    bool any = false, found;
    int status = list_folders(&folders, dir, err);
    for (size_t i = 0; i < folders.n && status == GV_OK; i++) {
        status = add_itself(&found, compare, folders.items[i], err);
        any |= status == GV_OK && found;
    }
    gv_strings_free(&folders);
    if (status == GV_OK && !any)
        status = gv_error_set(err, GV_E_USAGE,
                              "%s is no run directory, and there is none in it; name run "
                              "directories, sweeps, or folders with such",
                              dir);
    return status;
}

int gv_compare_find(gv_compare *compare, const char *dir, gv_error *err)
{
    bool found = false;
    if (!is_directory(dir)) {
        struct stat look;
        return stat(dir, &look) == 0
                   ? gv_error_set(
                         err, GV_E_USAGE,
                         "%s is a file; name run directories, sweeps, or folders with such", dir)
                   : gv_error_set(err, GV_E_USAGE, "%s does not exist", dir);
    }
    int status = add_itself(&found, compare, dir, err);
    return status == GV_OK && !found ? add_contents(compare, dir, err) : status;
}
