/*
 * Files are read in the order of corpus.files and, within one entry of that, in byte order, so that
 * the corpus is the same on every machine. Each file is opened once at the start: a file that
 * cannot be read, or is no text, must not stop a run after hours.
 */
#include "text/gv_corpus_files.h"

#include "base/gv_mem.h"
#include "text/gv_kind.h"
#include "text/gv_paths.h"
#include "text/gv_stream.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct finding {
    gv_corpus_files_found *files;
    const gv_config *config;
    gv_paths found;  /* becomes files->paths */
    bool in_folder;  /* the files at hand are those of a folder */
    size_t capacity; /* of files->entries */
} finding;

/* --- one file --------------------------------------------------------------------------------- */

typedef struct look {
    gv_corpus_files_entry entry;
    bool folder, textless;
} look;

/* Up to `bytes` bytes at `offset`; -1 on failure. A read may give less than it could. */
static ssize_t read_at(int fd, uint8_t *to, size_t bytes, uint64_t offset)
{
    size_t used = 0;
    while (used < bytes) {
        ssize_t got = pread(fd, to + used, bytes - used, (off_t)(offset + used));
        if (got < 0 && errno != EINTR)
            return -1;
        if (got == 0)
            break;
        used += got > 0 ? (size_t)got : 0;
    }
    return (ssize_t)used;
}

/* A plain file whose beginning is text may go on with something else: look at a few more places,
 * whatever its size. */
static int sample_plain(int fd, uint64_t size, const char *path, gv_error *err)
{
    enum { PLACES = 4 };
    uint8_t bytes[GV_KIND_BYTES];
    gv_kind_sample sample = {0};
    if (size <= sizeof bytes)
        return GV_OK;
    for (uint64_t i = 0; i < PLACES; i++) {
        ssize_t got = read_at(fd, bytes, sizeof bytes, (size - sizeof bytes) / (PLACES - 1) * i);
        if (got < 0)
            return gv_error_set_errno(err, "corpus.files: cannot read %s", path);
        gv_kind_count(&sample, bytes, (size_t)got);
    }
    return gv_kind_is_noise(&sample) ? gv_kind_refuse_noise(bytes, sizeof bytes, path, err) : GV_OK;
}

/* Documents that are archives say so in their names, wherever the member is that would tell. */
static const char *package_by_name(const char *path)
{
    static const char *const names[][2] = {
        {".epub", "an EPUB book"},
        {".docx", "a Microsoft Office document"},
        {".xlsx", "a Microsoft Office document"},
        {".pptx", "a Microsoft Office document"},
        {".odt", "an OpenDocument file"},
        {".ods", "an OpenDocument file"},
        {".odp", "an OpenDocument file"},
    };
    size_t length = strlen(path);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t n = strlen(names[i][0]);
        if (length > n && strcasecmp(path + length - n, names[i][0]) == 0)
            return names[i][1];
    }
    return NULL;
}

/* What the bytes of a regular file say. */
static int look_inside(look *at, int fd, const char *path, const finding *f, gv_error *err)
{
    bool accept = f->config->corpus_binary == GV_BINARY_ACCEPT;
    uint8_t start[GV_KIND_BYTES];
    ssize_t read = read_at(fd, start, sizeof start, 0);
    if (read < 0)
        return gv_error_set_errno(err, "corpus.files: cannot read %s", path);
    size_t got = (size_t)read;
    if (got < sizeof start && got < at->entry.size)
        return gv_error_set(err, GV_E_CORRUPT,
                            "corpus.files: %s: truncated: unexpected end of file", path);
    at->entry.packed = gv_stream_is_compressed(start, got);
    if (at->entry.packed)
        return GV_OK; /* what is inside shows when it is decompressed */
    if (gv_kind_is_archive(start, got)) {
        at->entry.zip = start[0] == 'P' && start[1] == 'K';
        at->entry.packed = at->entry.zip || memcmp(start, "7z", 2) == 0;
        const char *package = at->entry.zip ? package_by_name(path) : NULL;
        if (accept)
            return GV_OK;
        return package ? gv_kind_refuse_package(package, path, err)
                       : gv_kind_check_package(start, got, path, err);
    }
    at->textless = f->in_folder && !accept && gv_kind_is_textless(start, got);
    /* files of the kernel have a size of 0, and yet contents */
    bool text = f->config->corpus_format == GV_CORPUS_TEXT;
    at->entry.plain = (text && at->entry.size > 0) || got == 0;
    if (accept || at->textless)
        return GV_OK;
    int status = gv_kind_check_text(start, got, path, err);
    return status == GV_OK ? sample_plain(fd, at->entry.size, path, err) : status;
}

/* What kind of file is it? Pipes are not opened: what they hold can be read only once. */
static int look_at(look *at, const char *path, const finding *f, gv_error *err)
{
    *at = (look){.entry.pipe = strcmp(path, "-") == 0};
    if (at->entry.pipe)
        return GV_OK;
    struct stat info;
    if (stat(path, &info) != 0)
        return gv_error_set_errno(err, "corpus.files: cannot read %s", path);
    at->folder = S_ISDIR(info.st_mode);
    at->entry.pipe = S_ISFIFO(info.st_mode);
    if (!S_ISREG(info.st_mode))
        return GV_OK;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return gv_error_set_errno(err, "corpus.files: cannot read %s", path);
    at->entry.size = (uint64_t)info.st_size;
    int status = look_inside(at, fd, path, f, err);
    close(fd);
    return status;
}

/* --- all files -------------------------------------------------------------------------------- */

static int add_file(finding *f, const char *path, const gv_corpus_files_entry *entry, gv_error *err)
{
    int status = gv_mem_reserve(&f->files->entries, &f->capacity, f->found.n + 1,
                                sizeof *f->files->entries, err);
    if (status == GV_OK)
        status = gv_paths_add(&f->found, path, err);
    if (status == GV_OK)
        f->files->entries[f->found.n - 1] = *entry;
    return status;
}

/* Take over the number of own files that a search has left out, and its example. */
static void note_own(gv_corpus_files_found *files, gv_paths *paths)
{
    files->own += paths->own;
    if (!files->first_own) {
        files->first_own = paths->first_own;
        paths->first_own = NULL;
    }
}

/* A folder without a file to read: say why. */
static int nothing_below(const finding *f, const char *folder, size_t before, const gv_paths *below,
                         gv_error *err)
{
    const gv_strings *patterns = &f->config->corpus_pattern;
    if (f->files->textless > before)
        return gv_error_set(err, GV_E_USAGE,
                            "corpus.files: no file below %s is text (%s is an image or the like)",
                            folder, f->files->first_textless);
    if (below->own > 0)
        return gv_error_set(err, GV_E_USAGE,
                            "corpus.files: below %s is only what glovebox itself wrote, such as "
                            "%s",
                            folder, below->first_own ? below->first_own : f->files->first_own);
    return gv_error_set(
        err, GV_E_USAGE, "corpus.files: no file below %s matches corpus.pattern \"%s\"%s", folder,
        patterns->n > 0 ? patterns->items[0] : "*", patterns->n > 1 ? " or the others" : "");
}

static int add_folder(finding *f, const char *folder, gv_error *err)
{
    size_t before = f->found.n, textless = f->files->textless;
    gv_paths below = {0};
    int status = gv_paths_add_folder(&below, folder, &f->config->corpus_pattern, err);
    f->in_folder = true;
    for (size_t i = 0; i < below.n && status == GV_OK; i++) {
        look at;
        status = look_at(&at, below.items[i], f, err);
        if (status == GV_OK && !at.textless)
            status = add_file(f, below.items[i], &at.entry, err);
        else if (status == GV_OK && f->files->textless++ == 0 &&
                 !(f->files->first_textless = gv_mem_strdup(below.items[i], err)))
            status = GV_E_MEMORY;
    }
    f->in_folder = false;
    if (status == GV_OK && f->found.n == before)
        status = nothing_below(f, folder, textless, &below, err);
    note_own(f->files, &below);
    gv_paths_free(&below);
    return status;
}

/* A file or folder that corpus.files names, or one of its patterns matches. */
static int add_named(finding *f, const char *path, gv_error *err)
{
    look at;
    int status = look_at(&at, path, f, err);
    if (status == GV_OK && at.folder)
        return add_folder(f, path, err);
    return status == GV_OK ? add_file(f, path, &at.entry, err) : status;
}

static int no_match(const char *pattern, const gv_paths *matches, gv_error *err)
{
    if (matches->own > 0)
        return gv_error_set(err, GV_E_USAGE,
                            "corpus.files: %s matches only what glovebox itself wrote, such as %s; "
                            "to read that, name it",
                            pattern, matches->first_own);
    /* a shell takes the quotes out of a list that is not quoted as a whole */
    return gv_error_set(
        err, GV_E_USAGE, "corpus.files: %s %s%s",
        gv_paths_is_pattern(pattern) ? "no file matches" : "no such file:", pattern,
        pattern[0] == '[' ? " (write a list as '[\"a.txt\",\"b.txt\"]', with both kinds of quotes)"
                          : "");
}

static int add_pattern(finding *f, const char *pattern, gv_error *err)
{
    gv_paths matches = {0};
    int status = gv_paths_add_matches(&matches, pattern, err);
    if (status == GV_OK && matches.n == 0)
        status = no_match(pattern, &matches, err);
    for (size_t i = 0; i < matches.n && status == GV_OK; i++)
        status = add_named(f, matches.items[i], err);
    note_own(f->files, &matches);
    gv_paths_free(&matches);
    return status;
}

/* One entry of corpus.files. */
static int add_entry(finding *f, const char *entry, gv_error *err)
{
    char *path = NULL;
    int status = gv_paths_home(&path, entry, err);
    if (status != GV_OK)
        gv_error_prefix(err, "corpus.files");
    else if (strcmp(path, "-") == 0 || access(path, F_OK) == 0)
        status = add_named(f, path, err);
    else
        status = add_pattern(f, path, err);
    gv_mem_free(path);
    return status;
}

int gv_corpus_files_find(gv_corpus_files_found *files, const gv_config *config, gv_error *err)
{
    finding f = {.files = files, .config = config};
    const gv_strings *wanted = &config->corpus_files;
    int status = GV_OK, from_stdin = 0;
    *files = (gv_corpus_files_found){0};
    if (wanted->n == 0)
        return gv_error_set(
            err, GV_E_USAGE,
            "corpus.files is empty; add --set 'corpus.files=[\"FILE\"]' or set it in the config");
    for (size_t i = 0; status == GV_OK && i < wanted->n; i++) {
        if (gv_config_is_counted(config, i))
            continue;
        if (strcmp(wanted->items[i], "-") == 0 && from_stdin++)
            status =
                gv_error_set(err, GV_E_USAGE, "corpus.files: \"-\" (stdin) may appear only once");
        else
            status = add_entry(&f, wanted->items[i], err);
    }
    files->paths = (gv_strings){.n = f.found.n, .items = f.found.items};
    if (status == GV_OK && f.found.n == 0)
        status = gv_error_set(err, GV_E_USAGE,
                              "corpus.counted names all files of corpus.files: none is left to "
                              "read (glove-run --append FILE adds text)");
    if (status != GV_OK)
        gv_corpus_files_free(files);
    return status;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Entries may overlap. Then text counts more than once, which can be meant. */
static int report_repeated(const gv_strings *paths, gv_progress *progress, gv_error *err)
{
    unsigned long long repeated = 0;
    const char *example = NULL;
    char **sorted = gv_mem_alloc(paths->n, sizeof *sorted, err);
    if (!sorted)
        return GV_E_MEMORY;
    memcpy(sorted, paths->items, paths->n * sizeof *sorted);
    qsort(sorted, paths->n, sizeof *sorted, by_bytes);
    for (size_t i = 1; i < paths->n; i++)
        if (strcmp(sorted[i], sorted[i - 1]) == 0) {
            repeated++;
            example = sorted[i];
        }
    if (repeated > 0)
        gv_progress_note(progress,
                         "%llu of the files %s there more than once and read each time, "
                         "such as %s",
                         repeated, repeated == 1 ? "is" : "are", example);
    gv_mem_free(sorted);
    return GV_OK;
}

int gv_corpus_files_report(const gv_corpus_files_found *files, uint64_t bytes,
                           gv_progress *progress, gv_error *err)
{
    unsigned long long n = files->paths.n;
    if (bytes > 0)
        gv_progress_note(progress, "corpus: %llu file%s, %llu bytes", n, n == 1 ? "" : "s",
                         (unsigned long long)bytes);
    else if (n > 1)
        gv_progress_note(progress, "corpus: %llu files", n);
    if (files->own > 0)
        gv_progress_note(progress, "left out %llu file%s that glovebox itself wrote, such as %s",
                         (unsigned long long)files->own, files->own == 1 ? "" : "s",
                         files->first_own);
    if (files->textless > 0)
        gv_progress_note(progress,
                         "left out %llu file%s without text (images and the like), such as %s",
                         (unsigned long long)files->textless, files->textless == 1 ? "" : "s",
                         files->first_textless);
    return report_repeated(&files->paths, progress, err);
}

void gv_corpus_files_free(gv_corpus_files_found *files)
{
    gv_strings_free(&files->paths);
    gv_mem_free(files->entries);
    gv_mem_free(files->first_own);
    gv_mem_free(files->first_textless);
    *files = (gv_corpus_files_found){0};
}
