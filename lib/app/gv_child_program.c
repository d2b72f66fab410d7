#include "app/gv_child_program.h"

#include "base/gv_mem.h"
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* "DIR/NAME" if it can be run, else NULL. */
static char *program_in(const char *dir, size_t length, const char *name)
{
    char *path = gv_mem_format(NULL, "%.*s%s%s", (int)length, dir, length ? "/" : "", name);
    if (path && access(path, X_OK) == 0)
        return path;
    gv_mem_free(path);
    return NULL;
}

/* Beside the executable: programs that were built or installed together belong together. */
static char *program_beside(const char *name)
{
    char own[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", own, sizeof own - 1);
    if (n <= 0)
        return NULL;
    own[n] = '\0';
    const char *slash = strrchr(own, '/');
    return slash ? program_in(own, (size_t)(slash - own), name) : NULL;
}

static char *program_in_path(const char *name)
{
    const char *dir = getenv("PATH");
    while (dir && *dir) {
        size_t length = strcspn(dir, ":");
        char *path = length ? program_in(dir, length, name) : NULL;
        if (path)
            return path;
        dir += length + (dir[length] == ':');
    }
    return NULL;
}

int gv_child_program_find(char **path, const char *name, gv_error *err)
{
    errno = 0;
    *path = program_beside(name);
    int why = errno;
    if (!*path)
        *path = program_in_path(name);
    if (!*path && why != 0 && why != ENOENT && why != ENOTDIR && why != EACCES) {
        errno = why;
        return gv_error_set_errno(err, "cannot look for %s beside this program", name);
    }
    if (!*path)
        return gv_error_set(err, GV_E_RUNTIME,
                            "%s is neither beside this program nor in PATH: build or install all "
                            "programs",
                            name);
    return GV_OK;
}

int gv_child_program_add(gv_strings *arguments, const char *item, gv_error *err)
{
    int status = gv_strings_add(arguments, item, err);
    if (status == GV_OK)
        status = gv_mem_resize(&arguments->items, arguments->n + 1, sizeof(char *), err);
    if (status == GV_OK)
        arguments->items[arguments->n] = NULL;
    return status;
}

/* Add an option and its value; nothing if the value is NULL. */
static int add(gv_strings *arguments, const char *option, const char *value, gv_error *err)
{
    int status = value ? gv_child_program_add(arguments, option, err) : GV_OK;
    return status == GV_OK && value ? gv_child_program_add(arguments, value, err) : status;
}

int gv_child_program_arguments(gv_strings *arguments, const char *path, const gv_program_call *call,
                               bool force, const char *mode, gv_error *err)
{
    int status = gv_child_program_add(arguments, path, err);
    if (status == GV_OK)
        status = add(arguments, "--config", call->config_path, err);
    if (status == GV_OK && call->run_dir_given)
        status = add(arguments, "--run-dir", call->run_dir, err);
    for (size_t i = 0; i < call->sets.n && status == GV_OK; i++)
        status = add(arguments, "--set", call->sets.items[i], err);
    if (status == GV_OK && force)
        status = gv_child_program_add(arguments, "--force", err);
    return status == GV_OK ? add(arguments, "--progress", mode, err) : status;
}
