#include "app/gv_run_guard.h"

#include "base/gv_file.h"
#include "base/gv_file_open.h"
#include "base/gv_mem.h"
#include "base/gv_sqlite.h"
#include "config/gv_run_names.h"
#include "vectors/gv_vectors.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A folder that is looked into: the run directory, or one of its own. */
typedef struct folder {
    const char *dir, *name; /* of the run directory, and within it; "" for itself */
} folder;

static int refuse(const folder *f, const char *name, const char *kind, const char *wanted,
                  gv_error *err)
{
    return gv_error_set(err, GV_E_IO, "%s/%s%s%s is %s, not %s; remove it, then start again",
                        f->dir, f->name, *f->name ? "/" : "", name, kind, wanted);
}

/* Files that SQLite opens by itself beside a database, and writes to. */
static bool is_of_sqlite(const char *name)
{
    const char *dash = strrchr(name, '-');
    return dash && gv_sqlite_is_beside(dash);
}

/* Is it a file of vectors, or a temporary one, as glove-train writes them? */
static bool is_vectors(const char *name)
{
    const char *files[GV_VECTORS_FILES_MAX];
    size_t n = gv_vectors_files(files, ~0u);
    for (size_t i = 0; i < n; i++) {
        size_t length = strlen(files[i]);
        if (strncmp(name, files[i], length) == 0 &&
            (name[length] == '\0' || strcmp(name + length, ".tmp") == 0))
            return true;
    }
    return false;
}

static int check_name(const folder *f, int fd, const char *name, gv_error *err)
{
    const bool removed = strstr(name, ".tmp") != NULL, of_sqlite = !removed && is_of_sqlite(name);
    /* what is replaced or removed may be a link; what is written to in place may not */
    const bool links = removed || (!*f->name && !of_sqlite && strcmp(name, GV_FILE_METRICS) != 0);
    struct stat info;
    if (strcmp(name, GV_FILE_HISTORY) == 0 ||
        fstatat(fd, name, &info, links ? 0 : AT_SYMLINK_NOFOLLOW) != 0)
        return GV_OK; /* a folder, a link to nothing, or just removed */
    const char *kind = gv_file_open_kind(info.st_mode);
    if (!kind && of_sqlite && info.st_nlink > 1)
        kind = "a hard link to a file elsewhere";
    if (S_ISDIR(info.st_mode) && strncmp(name, "vectors.", 8) == 0 && !is_vectors(name))
        kind = NULL; /* a folder "vectors.old" is somebody's own */
    return kind ? refuse(f, name, kind, "a file of its own", err) : GV_OK;
}

static int check_folder(const folder *f, int fd, gv_error *err)
{
    DIR *list = fd >= 0 ? fdopendir(fd) : NULL;
    int status = GV_OK;
    if (!list && fd >= 0)
        close(fd);
    for (struct dirent *entry; status == GV_OK && list && (entry = readdir(list));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            (*f->name || gv_run_names_is_output(entry->d_name)))
            status = check_name(f, dirfd(list), entry->d_name, err);
    if (list)
        closedir(list);
    return status;
}

/* A folder of the programs' own: a link would lead them to write elsewhere. */
static int check_own_folder(int top, const char *dir, const char *name, gv_error *err)
{
    const folder outside = {.dir = dir, .name = ""}, inside = {.dir = dir, .name = name};
    int fd = openat(top, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat info;
    if (fd >= 0)
        return check_folder(&inside, fd, err);
    if ((errno == ELOOP || errno == ENOTDIR) &&
        fstatat(top, name, &info, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISDIR(info.st_mode)) {
        const char *kind = gv_file_open_kind(info.st_mode);
        return refuse(&outside, name, kind ? kind : "a file", "a directory", err);
    }
    return GV_OK;
}

int gv_run_guard_check(const char *dir, gv_error *err)
{
    int top = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (top < 0)
        return GV_OK;
    const folder f = {.dir = dir, .name = ""};
    int status = check_own_folder(top, dir, GV_FOLDER_STAMPS, err);
    if (status == GV_OK)
        status = check_own_folder(top, dir, GV_FILE_HISTORY, err);
    if (status == GV_OK)
        return check_folder(&f, top, err);
    close(top);
    return status;
}

int gv_run_guard_check_length(const char *dir, gv_error *err)
{
    /* the longest name that SQLite opens */
    char *path = gv_file_path_join(dir, "vectors.db.tmp", err);
    int status = path ? gv_sqlite_check_length(path, err) : GV_E_MEMORY;
    gv_mem_free(path);
    return status;
}

/* --- inputs that are the run's own outputs ---------------------------------------------------- */

/* What the user named. */
typedef struct named {
    const char *key;
    const gv_strings *files;
} named;

static int compare_with_inputs(int fd, const char *dir, const char *name, named inputs,
                               gv_error *err)
{
    struct stat output, input;
    if (fstatat(fd, name, &output, 0) != 0)
        return GV_OK;
    for (size_t i = 0; i < inputs.files->n; i++)
        if (stat(inputs.files->items[i], &input) == 0 && input.st_dev == output.st_dev &&
            input.st_ino == output.st_ino && S_ISREG(input.st_mode))
            return gv_error_set(err, GV_E_USAGE,
                                "%s: %s is %s/%s, which this run writes itself; name "
                                "other files, or another --run-dir",
                                inputs.key, inputs.files->items[i], dir, name);
    return GV_OK;
}

int gv_run_guard_check_inputs(const char *dir, const char *key, const gv_strings *inputs,
                              gv_error *err)
{
    DIR *list = opendir(dir);
    int status = GV_OK;
    for (struct dirent *entry; status == GV_OK && list && (entry = readdir(list));)
        if (gv_run_names_is_output(entry->d_name))
            status =
                compare_with_inputs(dirfd(list), dir, entry->d_name, (named){key, inputs}, err);
    if (list)
        closedir(list);
    return status;
}

/* --- files that users want written ------------------------------------------------------------ */

int gv_run_guard_check_folder(const char *path, gv_error *err)
{
    gv_file_stat look = {0};
    const char *slash = strrchr(path, '/');
    if (!slash || slash == path)
        return GV_OK;
    char *dir = gv_mem_strndup(path, (size_t)(slash - path), err);
    int status = dir ? gv_file_look(&look, dir, err) : GV_E_MEMORY;
    if (status == GV_OK && !look.exists)
        status = gv_error_set(err, GV_E_IO, "%s: the folder %s does not exist", path, dir);
    gv_mem_free(dir);
    return status;
}

int gv_run_guard_check_output(const char *path, gv_error *err)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    gv_file_stat look = {0};
    if (!gv_run_names_is_output(name))
        return gv_run_guard_check_folder(path, err);
    char *dir = gv_mem_strndup(path, slash ? (size_t)(slash + 1 - path) : 0, err);
    char *config = dir ? gv_file_path_join(dir, GV_FILE_CONFIG, err) : NULL;
    int status = config ? gv_file_look(&look, config, err) : GV_E_MEMORY;
    if (status == GV_OK && look.exists)
        status = gv_error_set(err, GV_E_USAGE,
                              "%s is a file of a run, which other programs write; name another "
                              "file",
                              path);
    gv_mem_free(config);
    gv_mem_free(dir);
    return status;
}
