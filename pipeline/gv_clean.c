#include "pipeline/gv_clean.h"

#include "app/gv_run.h"
#include "app/gv_run_base.h"
#include "app/gv_stamp.h"
#include "base/gv_file_reader.h"
#include "base/gv_hash.h"
#include "base/gv_mem.h"
#include "model/gv_checkpoint.h"
#include "pipeline/gv_clean_internal.h"
#include "store/gv_store_part.h"
#include "vectors/gv_embed_file.h"
#include "vectors/gv_vectors.h"
#include "vocab/gv_ids.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *const gv_clean_kinds[] = {"vocab", "counts", "store", "model", "vectors", NULL};

enum { STAGES = GV_CLEAN_STAGES };

typedef gv_clean_survey survey;

/* --- the directory ---------------------------------------------------------------------------- */

static int not_a_run(const char *dir, gv_error *err)
{
    return gv_error_set(err, GV_E_USAGE,
                        "%s is no run directory (it has no folder .stamps); nothing is removed",
                        dir);
}

static int open_directory(gv_clean *clean, const char *dir, gv_error *err)
{
    clean->dir = gv_mem_strdup(dir, err);
    if (!clean->dir)
        return GV_E_MEMORY;
    clean->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (clean->dir_fd < 0)
        return errno == ENOTDIR ? not_a_run(dir, err) : gv_error_set_errno(err, "%s", dir);
    int stamps = openat(clean->dir_fd, ".stamps", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (stamps < 0)
        return errno == ENOENT || errno == ENOTDIR || errno == ELOOP
                   ? not_a_run(dir, err)
                   : gv_error_set_errno(err, "cannot open %s/.stamps", dir);
    int status = gv_stage_locks_take(clean->locks, stamps, false, clean->dir,
                                     "wait until it ends, nothing is removed", err);
    close(stamps);
    return status;
}

/* --- did glovebox make it? -------------------------------------------------------------------- */

static int64_t mtime_ns(const struct stat *look)
{
    return (int64_t)look->st_mtim.tv_sec * 1000000000 + look->st_mtim.tv_nsec;
}

static bool looks_like(const gv_json *record, const struct stat *look)
{
    return gv_json_int(gv_json_get(record, "bytes")) == (int64_t)look->st_size &&
           gv_json_int(gv_json_get(record, "mtime_ns")) == mtime_ns(look);
}

/* Is the file at `path` the one that the record describes? Its content counts; it is read only if
 * its time differs, as after a copy. */
static bool same_content(const gv_json *record, const char *path)
{
    struct stat look;
    gv_hash hash;
    char hex[GV_HASH_HEX];
    if (stat(path, &look) != 0 || !S_ISREG(look.st_mode) ||
        (int64_t)look.st_size != gv_json_int(gv_json_get(record, "bytes")))
        return false;
    if (looks_like(record, &look))
        return true;
    if (gv_file_reader_hash(&hash, path, NULL) != GV_OK)
        return false;
    gv_hash_hex(hash, hex);
    return strcmp(hex, gv_json_get_text(record, "xxh128")) == 0;
}

/* The record of an output in the stamps; NULL if no stage says that it wrote it. */
static const gv_json *find_record(const survey *s, const char *name)
{
    for (size_t i = 0; i < STAGES; i++) {
        const gv_json *outputs = gv_json_get(s->stamps[i], "outputs");
        for (size_t j = 0; j < gv_json_count(outputs); j++)
            if (strcmp(gv_json_get_text(gv_json_item(outputs, j), "path"), name) == 0)
                return gv_json_item(outputs, j);
    }
    return NULL;
}

/* A checkpoint, a file of its history, corpus.ids or embed.bin, by its header; nobody else makes
 * such. */
static bool has_our_header(const gv_clean *clean, const char *name)
{
    gv_checkpoint_reader *checkpoint = NULL;
    gv_ids *ids = NULL;
    gv_embed_file embed = {0};
    char *path = gv_mem_format(NULL, "%s/%s", clean->dir, name);
    bool ours = false;
    if (path && strcmp(name, GV_FILE_IDS) == 0)
        ours = gv_ids_open(&ids, path, NULL) == GV_OK;
    else if (path && strcmp(name, GV_FILE_EMBED) == 0)
        ours = gv_embed_file_read(&embed, path, NULL) == GV_OK;
    else if (path && strncmp(name, "model.", 6) == 0)
        ours = gv_checkpoint_open(&checkpoint, path, NULL) == GV_OK;
    gv_checkpoint_close(checkpoint);
    gv_ids_close(ids);
    gv_embed_file_clear(&embed);
    gv_mem_free(path);
    return ours;
}

/* What a stage was writing when it was killed; none runs now. */
static bool is_temporary(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot && strcmp(dot, ".tmp") == 0;
}

/* The file `name` of the list: in the run directory, or a part of its store elsewhere. The caller
 * frees; NULL if out of memory. */
static char *path_of(const gv_clean *clean, const char *name)
{
    return name[0] == '/' ? gv_mem_strdup(name, NULL)
                          : gv_mem_format(NULL, "%s/%s", clean->dir, name);
}

const char *gv_clean_foreign(const survey *s, const char *name, const struct stat *look)
{
    if (!S_ISREG(look->st_mode))
        return S_ISLNK(look->st_mode) ? "a symbolic link" : "not a plain file";
    const gv_json *record = find_record(s, name);
    if (is_temporary(name) || has_our_header(s->clean, name))
        return NULL;
    char *path = path_of(s->clean, name);
    const char *slash = strrchr(name, '/');
    const bool part = gv_run_names_is_part(slash ? slash + 1 : name, false);
    bool ours = path && (part ? gv_store_part_is_file(path) : record && same_content(record, path));
    gv_mem_free(path);
    if (ours)
        return NULL;
    return record ? "changed since glovebox wrote it" : "glovebox has no record of writing it";
}

/* --- can it be made again? -------------------------------------------------------------------- */

/* What earlier text gave (docs/append.md). The text is not read again, so nothing makes it again;
 * its vocabulary stays, as that of the run does. */
static const struct base_file {
    const char *name;
    enum gv_clean_kind kind;
} of_base[] = {{GV_FOLDER_BASE "/" GV_FILE_COUNTS, GV_CLEAN_COUNTS},
               {GV_FOLDER_BASE "/" GV_FILE_CHECKPOINT, GV_CLEAN_MODEL}};
enum { OF_BASE = sizeof of_base / sizeof *of_base };

/* Is it a file of base that --all removes? */
static bool base_goes(const survey *s, const char *path)
{
    bool goes = false;
    for (size_t i = 0; i < OF_BASE && !goes; i++)
        goes =
            s->all && !(s->keep & (unsigned)of_base[i].kind) && strcmp(path, of_base[i].name) == 0;
    return goes;
}

/* Notes in s->missing[stage] the first input from outside that is not there any more. */
static void check_inputs(survey *s, size_t stage)
{
    const gv_json *inputs = gv_json_get(s->stamps[stage], "inputs");
    const gv_json *done = gv_json_get(s->stamps[stage], "done");
    char *reason = s->missing[stage];
    if (gv_json_get_text(done, "tool")[0])
        snprintf(reason, GV_CLEAN_REASON, "no stage made it, but %s",
                 gv_json_get_text(done, "tool"));
    for (size_t i = 0; i < gv_json_count(inputs) && !reason[0]; i++) {
        const gv_json *record = gv_json_item(inputs, i);
        const char *path = gv_json_get_text(record, "path");
        if (strcmp(path, "-") == 0)
            snprintf(reason, GV_CLEAN_REASON, "it was made from standard input");
        else if (path[0] == '/' && !same_content(record, path))
            snprintf(reason, GV_CLEAN_REASON, "%s, which it was made from, is gone or has changed",
                     path);
        else if (gv_run_base_has_key(path) && faccessat(s->clean->dir_fd, path, F_OK, 0) != 0)
            snprintf(reason, GV_CLEAN_REASON, "%s, which it was made from, is gone", path);
        else if (base_goes(s, path))
            snprintf(reason, GV_CLEAN_REASON, "%s, which it was made from, is removed, too", path);
    }
}

static bool stays(const survey *s, enum gv_clean_kind kind, const char *name)
{
    struct stat look;
    return (s->keep & kind) && fstatat(s->clean->dir_fd, name, &look, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Is there a counts.bin that no stage has made? It stays, since no stage can make it again. */
static bool has_given_counts(const survey *s, size_t stage)
{
    const gv_json *done = gv_json_get(s->stamps[stage], "done");
    struct stat look;
    return gv_stage_locks_order[stage] == GV_STAGE_COOCCUR && gv_json_get_text(done, "tool")[0] &&
           fstatat(s->clean->dir_fd, GV_FILE_COUNTS, &look, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Why a file of that stage cannot be made again; NULL: it can. Files that stay are a source. */
static const char *lost(const survey *s, enum gv_config_stage stage)
{
    size_t i = 0;
    while (gv_stage_locks_order[i] != stage)
        i++;
    for (;; i--) {
        if (gv_stage_locks_order[i] != stage && has_given_counts(s, i))
            return NULL;
        if (s->missing[i][0])
            return s->missing[i];
        if (i == 0 ||
            (gv_stage_locks_order[i] == GV_STAGE_SHUFFLE &&
             stays(s, GV_CLEAN_COUNTS, GV_FILE_COUNTS)) ||
            (gv_stage_locks_order[i] == GV_STAGE_TRAIN &&
             stays(s, GV_CLEAN_STORE, GV_FILE_STORE)) ||
            (gv_stage_locks_order[i] == GV_STAGE_EVAL && (s->keep & GV_CLEAN_VECTORS)))
            return NULL;
    }
}

/* --- the list --------------------------------------------------------------------------------- */

int gv_clean_consider(survey *s, const char *name, unsigned kind, enum gv_config_stage stage,
                      gv_error *err)
{
    gv_clean *clean = s->clean;
    struct stat look;
    if (fstatat(clean->dir_fd, name, &look, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? GV_OK : gv_error_set_errno(err, "%s/%s", clean->dir, name);
    int status =
        gv_mem_reserve(&clean->files, &clean->capacity, clean->n + 1, sizeof *clean->files, err);
    if (status != GV_OK)
        return status;
    gv_clean_file *file = &clean->files[clean->n];
    *file = (gv_clean_file){.name = gv_mem_strdup(name, err), .kind = kind, .stage = stage};
    if (!file->name)
        return GV_E_MEMORY;
    clean->n++;
    file->bytes = look.st_nlink == 1 ? (uint64_t)look.st_blocks * 512 : 0;
    const char *reason = gv_clean_foreign(s, name, &look);
    const char *gone = !reason && kind && !(s->keep & kind) ? lost(s, stage) : NULL;
    if (reason || gone)
        snprintf(file->reason, sizeof file->reason, "%s", reason ? reason : gone);
    file->remove = !reason && !(s->keep & kind) && (!gone || s->all);
    return GV_OK;
}

/* Add the file, and what was left of writing it. */
static int consider(survey *s, const char *name, enum gv_clean_kind kind,
                    enum gv_config_stage stage, gv_error *err)
{
    int status = gv_clean_consider(s, name, kind, stage, err);
    char *temporary = gv_mem_format(err, "%s.tmp", name);
    if (status == GV_OK)
        status = temporary ? gv_clean_consider(s, temporary, 0, stage, err) : GV_E_MEMORY;
    gv_mem_free(temporary);
    return status;
}

/* The numbered files of the folder of L-BFGS; the folder itself is removed when it is empty. */
static int consider_history(survey *s, gv_error *err)
{
    int fd =
        openat(s->clean->dir_fd, GV_FILE_HISTORY, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
    int status = GV_OK;
    if (!folder) {
        if (fd >= 0)
            close(fd);
        return GV_OK;
    }
    for (struct dirent *entry; status == GV_OK && (entry = readdir(folder));) {
        const char *name = entry->d_name;
        if (strspn(name, "0123456789") != strlen(name))
            continue;
        char *path = gv_mem_format(err, "%s/%s", GV_FILE_HISTORY, name);
        status = path ? consider(s, path, GV_CLEAN_MODEL, GV_STAGE_TRAIN, err) : GV_E_MEMORY;
        gv_mem_free(path);
    }
    closedir(folder);
    return status;
}

static int consider_base(survey *s, gv_error *err)
{
    int status = GV_OK;
    for (size_t i = 0; i < OF_BASE && status == GV_OK; i++) {
        const size_t before = s->clean->n;
        status = gv_clean_consider(s, of_base[i].name, of_base[i].kind, GV_STAGE_COOCCUR, err);
        gv_clean_file *file =
            status == GV_OK && s->clean->n > before ? &s->clean->files[before] : NULL;
        if (!file)
            continue;
        file->remove = base_goes(s, of_base[i].name);
        snprintf(file->reason, sizeof file->reason, "%s",
                 "it is of earlier text, which is not read again");
    }
    return status;
}

static int list(survey *s, gv_error *err)
{
    static const struct {
        const char *name;
        enum gv_clean_kind kind;
        enum gv_config_stage stage;
    } known[] = {{GV_FILE_VOCAB, GV_CLEAN_VOCAB, GV_STAGE_VOCAB},
                 {GV_FILE_PHRASES, GV_CLEAN_VOCAB, GV_STAGE_VOCAB},
                 {GV_FILE_COUNTS, GV_CLEAN_COUNTS, GV_STAGE_COOCCUR},
                 {GV_FILE_IDS, GV_CLEAN_COUNTS, GV_STAGE_TRAIN},
                 {GV_FILE_STORE, GV_CLEAN_STORE, GV_STAGE_SHUFFLE},
                 {GV_FILE_CHECKPOINT, GV_CLEAN_MODEL, GV_STAGE_TRAIN},
                 {GV_FILE_SUBWORDS, GV_CLEAN_VECTORS, GV_STAGE_TRAIN},
                 {GV_FILE_EMBED, GV_CLEAN_VECTORS, GV_STAGE_TRAIN},
                 {GV_FILE_EVAL, GV_CLEAN_VECTORS, GV_STAGE_EVAL},
                 {GV_FILE_ITEMS, GV_CLEAN_VECTORS, GV_STAGE_EVAL}};
    const char *vectors[GV_VECTORS_FILES_MAX];
    size_t n = gv_vectors_files(vectors, ~0u);
    int status = gv_clean_consider_parts(s, err);
    for (size_t i = 0; i < sizeof known / sizeof *known && status == GV_OK; i++)
        status = consider(s, known[i].name, known[i].kind, known[i].stage, err);
    if (status == GV_OK)
        status = consider_history(s, err);
    for (size_t i = 0; i < n && status == GV_OK; i++)
        status = consider(s, vectors[i], GV_CLEAN_VECTORS, GV_STAGE_TRAIN, err);
    return status == GV_OK ? consider_base(s, err) : status;
}

/* If vectors are to stay there must be finished ones: with the store gone, a training that has not
 * ended would be lost. */
static int check_vectors(const survey *s, gv_error *err)
{
    const gv_clean *clean = s->clean;
    for (size_t i = 0; i < clean->n; i++)
        if (strncmp(clean->files[i].name, "vectors.", 8) == 0)
            return GV_OK;
    if (!(s->keep & GV_CLEAN_VECTORS))
        return GV_OK;
    return gv_error_set(err, GV_E_USAGE,
                        "%s has no vectors to keep: run glove-train first; nothing is removed",
                        clean->dir);
}

/* --- the interface ---------------------------------------------------------------------------- */

static int look_around(survey *s, gv_error *err)
{
    int status = GV_OK;
    for (size_t i = 0; i < STAGES && status == GV_OK; i++) {
        status = gv_stamp_read(&s->stamps[i], s->clean->dir, gv_stage_locks_order[i], err);
        check_inputs(s, i);
    }
    if (status == GV_OK)
        status = list(s, err);
    return status == GV_OK ? check_vectors(s, err) : status;
}

int gv_clean_parse(unsigned *keep, const gv_strings *values, gv_error *err)
{
    *keep = 0;
    for (size_t i = 0; i < values->n; i++)
        for (const char *word = values->items[i]; word; word = strchr(word, ',')) {
            word += *word == ',';
            size_t length = strcspn(word, ","), kind = 0;
            while (gv_clean_kinds[kind] && (strlen(gv_clean_kinds[kind]) != length ||
                                            strncmp(gv_clean_kinds[kind], word, length) != 0))
                kind++;
            if (!gv_clean_kinds[kind])
                return gv_error_set(err, GV_E_USAGE,
                                    "--keep must be vectors, model, store, counts or vocab, not "
                                    "\"%.*s\"",
                                    (int)length, word);
            *keep |= 1u << kind;
        }
    return GV_OK;
}

int gv_clean_open(gv_clean **result, const char *dir, unsigned keep, bool all, gv_error *err)
{
    *result = NULL;
    gv_clean *clean = gv_mem_alloc_zero(1, sizeof *clean, err);
    survey *s = gv_mem_alloc_zero(1, sizeof *s, err);
    int status = clean && s ? GV_OK : GV_E_MEMORY;
    if (status == GV_OK) {
        *s = (survey){.clean = clean, .keep = keep ? keep | GV_CLEAN_VOCAB : 0, .all = all};
        clean->dir_fd = -1;
        for (size_t i = 0; i < STAGES; i++)
            clean->locks[i] = -1;
        status = open_directory(clean, dir, err);
    }
    if (status == GV_OK)
        status = look_around(s, err);
    for (size_t i = 0; s && i < STAGES; i++)
        gv_json_free(s->stamps[i]);
    gv_mem_free(s);
    if (status == GV_OK)
        *result = clean;
    else
        gv_clean_close(clean);
    return status;
}

void gv_clean_close(gv_clean *clean)
{
    if (!clean)
        return;
    gv_stage_locks_release(clean->locks);
    if (clean->dir_fd >= 0)
        close(clean->dir_fd);
    for (size_t i = 0; i < clean->n; i++)
        gv_mem_free(clean->files[i].name);
    gv_mem_free(clean->files);
    gv_mem_free(clean->dir);
    gv_mem_free(clean);
}

uint64_t gv_clean_bytes(const gv_clean *clean, size_t *files)
{
    uint64_t bytes = 0;
    *files = 0;
    for (size_t i = 0; i < clean->n; i++)
        if (clean->files[i].remove) {
            bytes += clean->files[i].bytes;
            ++*files;
        }
    return bytes;
}

int gv_clean_remove(const gv_clean *clean, gv_error *err)
{
    for (size_t i = 0; i < clean->n; i++) {
        const char *name = clean->files[i].name;
        if (clean->files[i].remove && unlinkat(clean->dir_fd, name, 0) != 0 && errno != ENOENT)
            return name[0] == '/'
                       ? gv_error_set_errno(err, "cannot remove %s", name)
                       : gv_error_set_errno(err, "cannot remove %s/%s", clean->dir, name);
    }
    unlinkat(clean->dir_fd, GV_FILE_HISTORY, AT_REMOVEDIR); /* stays if anything is in it */
    return GV_OK;
}
