/*
 * Patterns without `**` go to glob(3). With it, the part before the first `**` names folders, each
 * of these is walked, and the paths of its files are compared with the rest of the pattern, name by
 * name.
 */
#include "text/gv_paths.h"

#include "base/gv_file.h"
#include "base/gv_hash.h"
#include "base/gv_mem.h"
#include "config/gv_run_names.h"
#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <glob.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- lists ------------------------------------------------------------------------------------ */

void gv_paths_free(gv_paths *paths)
{
    for (size_t i = 0; i < paths->n; i++)
        gv_mem_free(paths->items[i]);
    gv_mem_free(paths->items);
    gv_mem_free(paths->first_own);
    *paths = (gv_paths){0};
}

int gv_paths_add(gv_paths *paths, const char *path, gv_error *err)
{
    int status = gv_mem_reserve(&paths->items, &paths->capacity, paths->n + 1, sizeof(char *), err);
    if (status != GV_OK)
        return status;
    paths->items[paths->n] = gv_mem_strdup(path, err);
    return paths->items[paths->n] ? (paths->n++, GV_OK) : GV_E_MEMORY;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sort what was added since there were `from`; glob's own order depends on the locale. */
static void sort_from(gv_paths *paths, size_t from)
{
    if (paths->n > from)
        qsort(paths->items + from, paths->n - from, sizeof *paths->items, by_bytes);
}

/* --- matching --------------------------------------------------------------------------------- */

enum { NAME_LIMIT = 1024 }; /* bytes of a pattern's name; a file's name has at most 255 */

/* Length of the name at the start of a path. */
static size_t name_length(const char *path)
{
    return strcspn(path, "/");
}

/* What follows the name, without slashes. */
static const char *after_name(const char *path)
{
    path += name_length(path);
    return path + strspn(path, "/");
}

/* One name of a pattern, of `n` bytes, with one of a path. A file name in a list has at most 255
 * bytes, that of an archive's member any number: too long ones do not match. */
static bool match_name(const char *pattern, size_t n, const char *path)
{
    char wanted[NAME_LIMIT], name[NAME_LIMIT];
    size_t length = name_length(path);
    if (n >= sizeof wanted || length >= sizeof name)
        return false;
    memcpy(wanted, pattern, n);
    wanted[n] = '\0';
    memcpy(name, path, length);
    name[length] = '\0';
    return fnmatch(wanted, name, FNM_PERIOD) == 0;
}

static bool is_any_depth(const char *pattern)
{
    return name_length(pattern) == 2 && strncmp(pattern, "**", 2) == 0;
}

/* Where the comparison goes on when what follows a `**` does not match: after one more name. */
struct depth {
    const char *path;    /* what the `**` has not taken */
    const char *pattern; /* what follows it; NULL: there was no `**` */
    bool is_name;        /* the name at `pattern` holds a `**` that counts as `*` */
};

/* Only the last `**` need take more names: if the names between two of them match anywhere, they
 * may as well match at the first place. So the time is at most the product of both lengths. */
static bool match_names(const char *pattern, const char *path)
{
    struct depth depth = {.pattern = NULL};
    bool is_name = false;
    for (;;) {
        size_t n = name_length(pattern);
        if (!is_name && memmem(pattern, n, "**", 2)) {
            /* `**` with other characters: at any depth a name that matches them */
            is_name = !is_any_depth(pattern);
            pattern = is_name ? pattern : after_name(pattern);
            depth = (struct depth){path, pattern, is_name};
            if (!*pattern)
                return *path && !gv_paths_is_hidden(path); /* all that is below */
            continue;
        }
        if (!*pattern && !*path)
            return true;
        if (*pattern && *path && match_name(pattern, n, path)) {
            pattern = after_name(pattern);
            path = after_name(path);
            is_name = false;
            continue;
        }
        /* `**` does not enter hidden folders */
        if (!depth.pattern || !*depth.path || *depth.path == '.')
            return false;
        depth.path = path = after_name(depth.path);
        pattern = depth.pattern;
        is_name = depth.is_name;
    }
}

bool gv_paths_match(const char *pattern, const char *path)
{
    if (!strchr(pattern, '/') && !strstr(pattern, "**")) {
        const char *slash = strrchr(path, '/');
        if (pattern[0] != '.' && gv_paths_is_hidden(path))
            return false;
        return match_names(pattern, slash ? slash + 1 : path);
    }
    return match_names(pattern + strspn(pattern, "/"), path);
}

bool gv_paths_match_any(const gv_strings *patterns, const char *path)
{
    for (size_t i = 0; i < patterns->n; i++)
        if (gv_paths_match(patterns->items[i], path))
            return true;
    return patterns->n == 0 && !gv_paths_is_hidden(path);
}

bool gv_paths_is_pattern(const char *text)
{
    return strpbrk(text, "*?[") != NULL;
}

bool gv_paths_is_hidden(const char *path)
{
    for (; *path; path = after_name(path)) {
        size_t n = name_length(path);
        bool folder_itself = n == 1 || (n == 2 && path[1] == '.'); /* "." and ".." */
        if (path[0] == '.' && !folder_itself)
            return true;
    }
    return false;
}

int gv_paths_home(char **copy, const char *path, gv_error *err)
{
    *copy = NULL;
    if (path[0] != '~' || access(path, F_OK) == 0)
        return (*copy = gv_mem_strdup(path, err)) ? GV_OK : GV_E_MEMORY;
    size_t n = name_length(path);
    char *user = gv_mem_strndup(path + 1, n - 1, err);
    if (!user)
        return GV_E_MEMORY;
    const char *home = n == 1 ? getenv("HOME") : NULL;
    const struct passwd *entry = NULL;
    if (!home || !*home)
        entry = n == 1 ? getpwuid(getuid()) : getpwnam(user);
    if (entry)
        home = entry->pw_dir;
    int status = home && *home
                     ? GV_OK
                     : gv_error_set(err, GV_E_USAGE, "%s: the home directory of %s is not known",
                                    path, n == 1 ? "this user" : user);
    if (status == GV_OK && !(*copy = gv_mem_format(err, "%s%s", home, path + n)))
        status = GV_E_MEMORY;
    gv_mem_free(user);
    return status;
}

/* --- walking ---------------------------------------------------------------------------------- */

typedef struct walk {
    gv_paths *to;
    const char *folder;
    const gv_strings *patterns; /* NULL: `rest` is the pattern */
    const char *rest;
    bool hidden; /* enter hidden folders: the pattern has a name that begins with a dot */
    /* device and inode of what was seen: an open hash table of pairs, 0 0 being empty */
    uint64_t *seen;
    size_t seen_n, slots;
} walk;

/* The slot of a pair: its own or the empty one where it belongs. */
static uint64_t *find_seen(const walk *w, uint64_t device, uint64_t inode)
{
    const uint64_t pair[2] = {device, inode};
    size_t at = gv_hash_64(pair, sizeof pair, 0) & (w->slots - 1);
    while (w->seen[2 * at + 1] != 0 && (w->seen[2 * at] != device || w->seen[2 * at + 1] != inode))
        at = (at + 1) & (w->slots - 1);
    return w->seen + 2 * at;
}

/* Note that something was seen; `*again` if it was seen before. Inode 0 does not exist. */
static int note_seen(walk *w, const struct stat *info, bool *again, gv_error *err)
{
    if (2 * w->seen_n >= w->slots) {
        walk larger = {.slots = w->slots ? 2 * w->slots : 256};
        larger.seen = gv_mem_alloc_zero(2 * larger.slots, sizeof *larger.seen, err);
        if (!larger.seen)
            return GV_E_MEMORY;
        for (size_t i = 0; i < w->slots; i++)
            if (w->seen[2 * i + 1] != 0)
                memcpy(find_seen(&larger, w->seen[2 * i], w->seen[2 * i + 1]), w->seen + 2 * i,
                       2 * sizeof *w->seen);
        gv_mem_free(w->seen);
        w->seen = larger.seen;
        w->slots = larger.slots;
    }
    uint64_t *slot = find_seen(w, (uint64_t)info->st_dev, (uint64_t)info->st_ino);
    *again = slot[1] != 0;
    if (!*again) {
        slot[0] = (uint64_t)info->st_dev;
        slot[1] = (uint64_t)info->st_ino;
        w->seen_n++;
    }
    return GV_OK;
}

/* The names in a directory, in byte order, without "." and "..". */
static int list_names(gv_paths *names, const char *path, gv_error *err)
{
    DIR *dir = opendir(path);
    int status = dir ? GV_OK : gv_error_set_errno(err, "corpus.files: cannot read %s", path);
    while (status == GV_OK) {
        errno = 0;
        const struct dirent *entry = readdir(dir);
        if (!entry) {
            if (errno != 0)
                status = gv_error_set_errno(err, "corpus.files: cannot read %s", path);
            break;
        }
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            status = gv_paths_add(names, entry->d_name, err);
    }
    if (dir)
        closedir(dir);
    sort_from(names, 0);
    return status;
}

static int leave_out(gv_paths *paths, const char *path, gv_error *err)
{
    if (paths->own++ == 0 && !(paths->first_own = gv_mem_strdup(path, err)))
        return GV_E_MEMORY;
    return GV_OK;
}

static bool is_wanted(const walk *w, const char *path)
{
    return w->patterns ? gv_paths_match_any(w->patterns, path) : match_names(w->rest, path);
}

static int walk_folder(walk *w, const char *below, gv_error *err);

/* Is `path`, whose last part is `name`, a folder that glovebox makes in a run directory? */
static bool is_own_folder(const char *name, const char *path)
{
    char list[PATH_MAX + sizeof GV_FILE_PARTS];
    if (strcmp(name, GV_FOLDER_BASE) != 0)
        return strcmp(name, GV_FILE_HISTORY) == 0 || strcmp(name, GV_FOLDER_STAMPS) == 0;
    /* others may have called a folder like that */
    snprintf(list, sizeof list, "%s/" GV_FILE_PARTS, path);
    return access(list, F_OK) == 0;
}

/* One name of the folder `below`; `run`: that is a run directory. */
static int walk_name(walk *w, const char *below, const char *name, bool run, gv_error *err)
{
    if (name[0] == '.' && !w->hidden)
        return GV_OK;
    char *path = gv_file_path_join(below, name, err);
    char *whole = path ? gv_file_path_join(w->folder, path, err) : NULL;
    int status = whole ? GV_OK : GV_E_MEMORY;
    struct stat info;
    /* a link to nothing that matches is reported when it is opened */
    bool there = status == GV_OK && stat(whole, &info) == 0, again = false;
    bool folder = there && S_ISDIR(info.st_mode);
    bool file =
        status == GV_OK && !folder && (!there || S_ISREG(info.st_mode)) && is_wanted(w, path);
    if (run && (file ? gv_run_names_is_output(name) : folder && is_own_folder(name, whole))) {
        status = leave_out(w->to, whole, err);
        file = folder = false;
    }
    if (status == GV_OK && there && (folder || file))
        status = note_seen(w, &info, &again, err);
    if (status == GV_OK && folder && !again)
        status = walk_folder(w, path, err);
    if (status == GV_OK && file && !again)
        status = gv_paths_add(w->to, whole, err);
    gv_mem_free(whole);
    gv_mem_free(path);
    return status;
}

/* `below`: path from w->folder, "" for itself. */
static int walk_folder(walk *w, const char *below, gv_error *err)
{
    gv_paths names = {0};
    char *whole = *below ? gv_file_path_join(w->folder, below, err) : NULL;
    int status = *below && !whole ? GV_E_MEMORY : GV_OK;
    if (status == GV_OK)
        status = list_names(&names, whole ? whole : *w->folder ? w->folder : ".", err);
    bool run = false;
    for (size_t i = 0; i < names.n && !run; i++)
        run = strcmp(names.items[i], GV_FOLDER_STAMPS) == 0;
    for (size_t i = 0; i < names.n && status == GV_OK; i++)
        status = walk_name(w, below, names.items[i], run, err);
    gv_paths_free(&names);
    gv_mem_free(whole);
    return status;
}

/* Note the folder itself and those above it: a link to one of them would lead out and back in. */
static int note_above(walk *w, gv_error *err)
{
    char *path = gv_mem_strdup(*w->folder ? w->folder : ".", err);
    int status = path ? GV_OK : GV_E_MEMORY;
    struct stat info;
    bool again = false;
    while (status == GV_OK && !again && stat(path, &info) == 0) {
        status = note_seen(w, &info, &again, err); /* the root is above itself */
        char *above = status == GV_OK ? gv_mem_format(err, "%s/..", path) : NULL;
        gv_mem_free(path);
        path = above;
        if (!path)
            status = GV_E_MEMORY;
    }
    gv_mem_free(path);
    return status;
}

static int walk_all(walk *w, gv_error *err)
{
    size_t from = w->to->n;
    int status = note_above(w, err);
    if (status == GV_OK)
        status = walk_folder(w, "", err);
    gv_mem_free(w->seen);
    sort_from(w->to, from);
    return status;
}

int gv_paths_add_folder(gv_paths *paths, const char *folder, const gv_strings *patterns,
                        gv_error *err)
{
    walk w = {.to = paths, .folder = folder, .patterns = patterns};
    for (size_t i = 0; i < patterns->n; i++)
        w.hidden |= patterns->items[i][0] == '.' || strstr(patterns->items[i], "/.");
    return walk_all(&w, err);
}

/* --- patterns --------------------------------------------------------------------------------- */

/* Is the file one that glovebox wrote into a run directory? */
static int is_own(bool *own, const char *path, gv_error *err)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    *own = false;
    if (!gv_run_names_is_output(name))
        return GV_OK;
    char *stamps = gv_mem_format(err, "%.*s" GV_FOLDER_STAMPS, (int)(name - path), path);
    char *parts = gv_mem_format(err, "%.*s" GV_FILE_PARTS, (int)(name - path), path);
    const int status = stamps && parts ? GV_OK : GV_E_MEMORY;
    if (status == GV_OK)
        *own = access(stamps, F_OK) == 0 || access(parts, F_OK) == 0;
    gv_mem_free(stamps);
    gv_mem_free(parts);
    return status;
}

/* glob(3) calls itself for each folder in a pattern, with a stack frame as long as that: with very
 * many it crashes. No file has so long a path. */
static int check_length(const char *pattern, gv_error *err)
{
    enum { FOLDERS_MOST = 500 };
    size_t folders = 0;
    for (const char *at = pattern; (at = strchr(at, '/')); at++)
        folders++;
    if (strlen(pattern) < PATH_MAX && folders <= FOLDERS_MOST)
        return GV_OK;
    return gv_error_set(err, GV_E_USAGE,
                        "corpus.files: a path of %zu bytes and %zu folders is too long: %.60s...",
                        strlen(pattern), folders, pattern);
}

/* glob(3), its answers in byte order. */
static int glob_pattern(gv_paths *paths, const char *pattern, int flags, gv_error *err)
{
    glob_t found = {0};
    size_t from = paths->n;
    int fits = check_length(pattern, err);
    if (fits != GV_OK)
        return fits;
    /* GLOB_ERR: a directory that cannot be read is an error; without it its files would be missing
     * from the corpus unnoticed */
    int result = glob(pattern, GLOB_NOSORT | GLOB_ERR | flags, NULL, &found);
    int status = GV_OK;
    if (result == GLOB_NOSPACE)
        status = gv_error_set(err, GV_E_MEMORY, "out of memory while expanding %s", pattern);
    else if (result == GLOB_ABORTED)
        status = gv_error_set_errno(err, "corpus.files: cannot expand %s", pattern);
    for (size_t i = 0; status == GV_OK && i < found.gl_pathc; i++) {
        bool own = false;
        status = is_own(&own, found.gl_pathv[i], err);
        if (status == GV_OK)
            status = own ? leave_out(paths, found.gl_pathv[i], err)
                         : gv_paths_add(paths, found.gl_pathv[i], err);
    }
    globfree(&found);
    sort_from(paths, from);
    return status;
}

/* Walk the folders that the part before `rest` names. */
static int add_any_depth(gv_paths *paths, const char *pattern, const char *rest, gv_error *err)
{
    gv_paths roots = {0};
    size_t n = (size_t)(rest - pattern), from = paths->n;
    while (n > 1 && pattern[n - 1] == '/')
        n--;
    char *before = gv_mem_strndup(pattern, n, err);
    int status = before ? GV_OK : GV_E_MEMORY;
    if (status == GV_OK)
        status = gv_paths_is_pattern(before) ? glob_pattern(&roots, before, GLOB_ONLYDIR, err)
                                             : gv_paths_add(&roots, before, err);
    for (size_t i = 0; i < roots.n && status == GV_OK; i++) {
        struct stat info;
        walk w = {.to = paths,
                  .folder = roots.items[i],
                  .rest = rest,
                  .hidden = *rest == '.' || strstr(rest, "/.")};
        if (stat(*w.folder ? w.folder : ".", &info) == 0 && S_ISDIR(info.st_mode))
            status = walk_all(&w, err);
    }
    gv_paths_free(&roots);
    gv_mem_free(before);
    sort_from(paths, from);
    return status;
}

int gv_paths_add_matches(gv_paths *paths, const char *pattern, gv_error *err)
{
    const char *rest = strstr(pattern, "**");
    if (!rest)
        return glob_pattern(paths, pattern, 0, err);
    while (rest > pattern && rest[-1] != '/')
        rest--;
    return add_any_depth(paths, pattern, rest, err);
}
