/*
 * A pattern that names an existing file is that file, even with `*` or `[` in its name; the others
 * are expanded. Files are read in the order of the patterns and, within one, in byte order, so that
 * the corpus is the same on every machine. Each file is opened once at the start: a file that
 * cannot be read must not stop a run after hours.
 */
#include "text/gv_corpus_files.h"

#include "base/gv_mem.h"
#include "text/gv_stream.h"
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct path_list {
    char **items;
    size_t n, capacity;
} path_list;

static int add_path(path_list *list, const char *path, gv_error *err)
{
    int status = gv_mem_reserve(&list->items, &list->capacity, list->n + 1, sizeof(char *), err);
    if (status != GV_OK)
        return status;
    list->items[list->n] = gv_mem_strdup(path, err);
    return list->items[list->n] ? (list->n++, GV_OK) : GV_E_MEMORY;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Add what the pattern matches, in byte order (glob's own order depends on the locale). */
static int add_matches(path_list *list, const char *pattern, gv_error *err)
{
    glob_t found = {0};
    /* GLOB_ERR: a directory that cannot be read is an error; without it its files would be missing
     * from the corpus unnoticed */
    int result = glob(pattern, GLOB_NOSORT | GLOB_ERR, NULL, &found);
    int status = GV_OK;
    if (result == GLOB_NOSPACE)
        status = gv_error_set(err, GV_E_MEMORY, "out of memory while expanding %s", pattern);
    else if (result == GLOB_ABORTED)
        status = gv_error_set_errno(err, "corpus.files: cannot expand %s", pattern);
    else if (result != 0) /* a shell takes the quotes out of a list that is not quoted as a whole */
        status =
            gv_error_set(err, GV_E_USAGE, "corpus.files: %s %s%s",
                         strpbrk(pattern, "*?[") ? "no file matches" : "no such file:", pattern,
                         pattern[0] == '[' ? " (write a list as '[\"a.txt\",\"b.txt\"]', with both "
                                             "kinds of quotes)"
                                           : "");
    if (status == GV_OK)
        qsort(found.gl_pathv, found.gl_pathc, sizeof *found.gl_pathv, by_bytes);
    for (size_t i = 0; status == GV_OK && i < found.gl_pathc; i++)
        status = add_path(list, found.gl_pathv[i], err);
    globfree(&found);
    return status;
}

static int expand(path_list *list, const gv_strings *patterns, gv_error *err)
{
    int status = GV_OK, from_stdin = 0;
    for (size_t i = 0; status == GV_OK && i < patterns->n; i++) {
        const char *pattern = patterns->items[i];
        if (strcmp(pattern, "-") == 0 && from_stdin++)
            return gv_error_set(err, GV_E_USAGE,
                                "corpus.files: \"-\" (stdin) may appear only once");
        if (strcmp(pattern, "-") == 0 || access(pattern, F_OK) == 0)
            status = add_path(list, pattern, err);
        else
            status = add_matches(list, pattern, err);
    }
    return status;
}

/* What kind of file is it? Opens it once, so that trouble shows before any work is done. Pipes are
 * not opened: what they hold can be read only once. */
static int look_at(gv_corpus_files_entry *file, const char *path, gv_error *err)
{
    *file = (gv_corpus_files_entry){0};
    if (strcmp(path, "-") == 0)
        return GV_OK;
    struct stat info;
    if (stat(path, &info) != 0)
        return gv_error_set_errno(err, "corpus.files: cannot read %s", path);
    if (S_ISDIR(info.st_mode))
        return gv_error_set(
            err, GV_E_USAGE,
            "corpus.files: %s is a directory; name its files, for example \"%s/*.txt\"", path,
            path);
    if (!S_ISREG(info.st_mode))
        return GV_OK;
    uint8_t start[GV_STREAM_MAGIC_BYTES];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, start, sizeof start);
    int status = got < 0 ? gv_error_set_errno(err, "corpus.files: cannot read %s", path) : GV_OK;
    if (fd >= 0)
        close(fd);
    file->size = (uint64_t)info.st_size;
    file->plain = status == GV_OK && !gv_stream_is_compressed(start, (size_t)got);
    return status;
}

int gv_corpus_files_find(gv_strings *paths, gv_corpus_files_entry **files,
                         const gv_strings *patterns, gv_error *err)
{
    path_list list = {0};
    *paths = (gv_strings){0};
    *files = NULL;
    if (patterns->n == 0)
        return gv_error_set(
            err, GV_E_USAGE,
            "corpus.files is empty; add --set 'corpus.files=[\"FILE\"]' or set it in the config");
    int status = expand(&list, patterns, err);
    *paths = (gv_strings){.n = list.n, .items = list.items};
    if (status == GV_OK && !(*files = gv_mem_alloc_zero(list.n, sizeof **files, err)))
        status = GV_E_MEMORY;
    for (size_t i = 0; status == GV_OK && i < list.n; i++)
        status = look_at(&(*files)[i], list.items[i], err);
    if (status != GV_OK) {
        gv_corpus_files_free(paths, *files);
        *files = NULL;
    }
    return status;
}

void gv_corpus_files_free(gv_strings *paths, gv_corpus_files_entry *files)
{
    for (size_t i = 0; i < paths->n; i++)
        gv_mem_free(paths->items[i]);
    gv_mem_free(paths->items);
    *paths = (gv_strings){0};
    gv_mem_free(files);
}
