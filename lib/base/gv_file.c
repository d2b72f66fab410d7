#include "base/gv_file.h"

#include "base/gv_mem.h"
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OUT_BUFFER = 1 << 18, IN_BUFFER = 1 << 18, OUT_PILE = 1 << 23 };

struct gv_file_writer {
    int fd;
    char *path;
    char *temp_path;
    uint8_t *buffer;
    size_t used;
    uint64_t written; /* bytes handed to the kernel */
    uint64_t begun;   /* of them on their way to the disk */
    gv_hasher *hasher;
};

struct gv_file_reader {
    int fd;
    char *path;
    uint8_t *buffer;
    size_t begin, end; /* unread bytes of buffer */
    uint64_t size;
    char *line;
    size_t line_capacity;
};

static atomic_uint_fast64_t writes_until_failure;

void gv_file_fail_at(uint64_t n)
{
    atomic_store(&writes_until_failure, n);
}

/* The test hook: counts down to 1 and stays there, failing. */
static int write_must_fail(void)
{
    uint64_t left = atomic_load(&writes_until_failure);
    if (left == 0)
        return 0;
    if (left > 1) {
        atomic_store(&writes_until_failure, left - 1);
        return 0;
    }
    errno = ENOSPC;
    return 1;
}

static int write_fully(int fd, const void *data, size_t bytes, int64_t offset)
{
    const uint8_t *from = data;
    while (bytes > 0) {
        if (write_must_fail())
            return -1;
        ssize_t done = offset < 0 ? write(fd, from, bytes) : pwrite(fd, from, bytes, offset);
        if (done < 0) {
            if (errno == EINTR)
                continue;
            return -1;
        }
        from += done;
        bytes -= (size_t)done;
        if (offset >= 0)
            offset += done;
    }
    return 0;
}

static int sync_directory_of(const char *path, gv_error *err)
{
    /* no allocation: this runs after the rename, when nothing may fail for a lack of memory; a
     * longer path could not have been opened */
    char copy[PATH_MAX];
    snprintf(copy, sizeof copy, "%s", path);
    int status = GV_OK;
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    /* Some file systems cannot sync a directory (EINVAL); there is nothing better to do then. */
    if (fd < 0 || (fsync(fd) != 0 && errno != EINVAL && errno != EROFS))
        status = gv_error_set_errno(err, "cannot sync the directory of %s", path);
    if (fd >= 0)
        close(fd);
    return status;
}

static void out_free(gv_file_writer *out)
{
    if (!out)
        return;
    if (out->fd >= 0)
        close(out->fd);
    gv_hasher_free(out->hasher);
    gv_mem_free(out->buffer);
    gv_mem_free(out->temp_path);
    gv_mem_free(out->path);
    gv_mem_free(out);
}

int gv_file_writer_open(gv_file_writer **result, const char *path, gv_error *err)
{
    *result = NULL;
    gv_file_writer *out = gv_mem_alloc_zero(1, sizeof *out, err);
    if (!out)
        return GV_E_MEMORY;
    out->fd = -1;
    if (!(out->path = gv_mem_strdup(path, err)) ||
        !(out->temp_path = gv_mem_format(err, "%s.tmp", path)) ||
        !(out->buffer = gv_mem_alloc(OUT_BUFFER, 1, err)) || !(out->hasher = gv_hasher_new(err))) {
        out_free(out);
        return GV_E_MEMORY;
    }
    out->fd = open(out->temp_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (out->fd < 0) {
        int status = gv_error_set_errno(err, "cannot write %s", out->temp_path);
        out_free(out);
        return status;
    }
    *result = out;
    return GV_OK;
}

static int out_flush(gv_file_writer *out, gv_error *err)
{
    if (write_fully(out->fd, out->buffer, out->used, -1) != 0)
        return gv_error_set_errno(err, "cannot write %s", out->temp_path);
    out->written += out->used;
    out->used = 0;
    if (out->written - out->begun >= OUT_PILE) {
        /* they go to the disk while the program works, and the sync at the end waits less; only a
         * hint, errors show there */
        (void)sync_file_range(out->fd, (off_t)out->begun, (off_t)(out->written - out->begun),
                              SYNC_FILE_RANGE_WRITE);
        out->begun = out->written;
    }
    return GV_OK;
}

int gv_file_writer_write(gv_file_writer *out, const void *data, size_t bytes, gv_error *err)
{
    const uint8_t *from = data;
    gv_hasher_update(out->hasher, data, bytes);
    while (bytes > 0) {
        size_t room = OUT_BUFFER - out->used;
        size_t part = bytes < room ? bytes : room;
        memcpy(out->buffer + out->used, from, part);
        out->used += part;
        from += part;
        bytes -= part;
        if (out->used == OUT_BUFFER) {
            int status = out_flush(out, err);
            if (status != GV_OK)
                return status;
        }
    }
    return GV_OK;
}

int gv_file_writer_printf(gv_file_writer *out, gv_error *err, const char *format, ...)
{
    char small[512];
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(small, sizeof small, format, args);
    va_end(args);
    int status = GV_E_RUNTIME;
    if (length < 0) {
        gv_error_set(err, GV_E_RUNTIME, "cannot format a line for %s", out->path);
    } else if ((size_t)length < sizeof small) {
        status = gv_file_writer_write(out, small, (size_t)length, err);
    } else {
        char *large = gv_mem_alloc((size_t)length + 1, 1, err);
        status = GV_E_MEMORY;
        if (large) {
            vsnprintf(large, (size_t)length + 1, format, again);
            status = gv_file_writer_write(out, large, (size_t)length, err);
            gv_mem_free(large);
        }
    }
    va_end(again);
    return status;
}

uint64_t gv_file_writer_tell(const gv_file_writer *out)
{
    return out->written + out->used;
}

gv_hash128 gv_file_writer_hash(const gv_file_writer *out)
{
    return gv_hasher_digest(out->hasher);
}

int gv_file_writer_commit(gv_file_writer **handle, gv_error *err)
{
    gv_file_writer *out = *handle;
    *handle = NULL;
    int status = out_flush(out, err);
    if (status == GV_OK && fsync(out->fd) != 0)
        status = gv_error_set_errno(err, "cannot sync %s", out->temp_path);
    /* close() reports late write errors on network file systems */
    int closed = close(out->fd);
    out->fd = -1;
    if (status == GV_OK && closed != 0)
        status = gv_error_set_errno(err, "cannot close %s", out->temp_path);
    if (status == GV_OK && rename(out->temp_path, out->path) != 0)
        status = gv_error_set_errno(err, "cannot rename %s to %s", out->temp_path, out->path);
    if (status == GV_OK)
        status = sync_directory_of(out->path, err);
    else
        unlink(out->temp_path);
    out_free(out);
    return status;
}

void gv_file_writer_abort(gv_file_writer **handle)
{
    if (!handle || !*handle)
        return;
    unlink((*handle)->temp_path);
    out_free(*handle);
    *handle = NULL;
}

int gv_file_replace(const char *from, const char *to, gv_error *err)
{
    int fd = open(from, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return gv_error_set_errno(err, "cannot open %s", from);
    int synced = fsync(fd);
    close(fd);
    if (synced != 0)
        return gv_error_set_errno(err, "cannot sync %s", from);
    if (rename(from, to) != 0)
        return gv_error_set_errno(err, "cannot rename %s to %s", from, to);
    return sync_directory_of(to, err);
}

void gv_file_reader_close(gv_file_reader *in)
{
    if (!in)
        return;
    if (in->fd >= 0)
        close(in->fd);
    gv_mem_free(in->line);
    gv_mem_free(in->buffer);
    gv_mem_free(in->path);
    gv_mem_free(in);
}

int gv_file_reader_open(gv_file_reader **result, const char *path, gv_error *err)
{
    *result = NULL;
    gv_file_reader *in = gv_mem_alloc_zero(1, sizeof *in, err);
    if (!in)
        return GV_E_MEMORY;
    in->fd = -1;
    int status = GV_E_MEMORY;
    if (!(in->path = gv_mem_strdup(path, err)) || !(in->buffer = gv_mem_alloc(IN_BUFFER, 1, err)))
        goto failed;
    struct stat info;
    in->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (in->fd < 0 || fstat(in->fd, &info) != 0) {
        status = gv_error_set_errno(err, "cannot read %s", path);
        goto failed;
    }
    if (S_ISDIR(info.st_mode)) {
        status = gv_error_set(err, GV_E_IO, "cannot read %s: it is a directory", path);
        goto failed;
    }
    in->size = (uint64_t)info.st_size;
    *result = in;
    return GV_OK;
failed:
    gv_file_reader_close(in);
    return status;
}

static int in_fill(gv_file_reader *in, gv_error *err)
{
    for (;;) {
        ssize_t got = read(in->fd, in->buffer, IN_BUFFER);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return gv_error_set_errno(err, "cannot read %s", in->path);
        in->begin = 0;
        in->end = (size_t)got;
        return GV_OK;
    }
}

int gv_file_reader_read_some(gv_file_reader *in, void *data, size_t bytes, size_t *got,
                             gv_error *err)
{
    uint8_t *to = data;
    *got = 0;
    while (bytes > 0) {
        if (in->begin == in->end) {
            int status = in_fill(in, err);
            if (status != GV_OK)
                return status;
            if (in->end == 0)
                return GV_OK;
        }
        size_t part = in->end - in->begin;
        if (part > bytes)
            part = bytes;
        memcpy(to, in->buffer + in->begin, part);
        in->begin += part;
        to += part;
        bytes -= part;
        *got += part;
    }
    return GV_OK;
}

int gv_file_reader_read(gv_file_reader *in, void *data, size_t bytes, gv_error *err)
{
    size_t got;
    int status = gv_file_reader_read_some(in, data, bytes, &got, err);
    if (status == GV_OK && got != bytes)
        status = gv_error_set(err, GV_E_CORRUPT, "%s: truncated: it ends where more bytes are due",
                              in->path);
    return status;
}

int gv_file_reader_line(gv_file_reader *in, char **line, size_t *length, gv_error *err)
{
    size_t used = 0;
    int found = 0;
    *line = NULL;
    *length = 0;
    while (!found) {
        if (in->begin == in->end) {
            int status = in_fill(in, err);
            if (status != GV_OK)
                return status;
            if (in->end == 0)
                break;
        }
        const uint8_t *from = in->buffer + in->begin;
        size_t left = in->end - in->begin;
        const uint8_t *newline = memchr(from, '\n', left);
        size_t part = newline ? (size_t)(newline - from) : left;
        int status = gv_mem_reserve(&in->line, &in->line_capacity, used + part + 1, 1, err);
        if (status != GV_OK)
            return status;
        memcpy(in->line + used, from, part);
        used += part;
        found = newline != NULL;
        in->begin += part + (size_t)found;
    }
    if (!found && used == 0)
        return GV_OK;
    in->line[used] = '\0';
    *line = in->line;
    *length = used;
    return GV_OK;
}

int gv_file_reader_seek(gv_file_reader *in, uint64_t offset, gv_error *err)
{
    in->begin = in->end = 0;
    if (lseek(in->fd, (off_t)offset, SEEK_SET) < 0)
        return gv_error_set_errno(err, "cannot seek in %s", in->path);
    return GV_OK;
}

uint64_t gv_file_reader_size(const gv_file_reader *in)
{
    return in->size;
}

const char *gv_file_reader_path(const gv_file_reader *in)
{
    return in->path;
}

int gv_file_read_all(char **text, size_t *bytes, const char *path, size_t limit, gv_error *err)
{
    gv_file_reader *in = NULL;
    *text = NULL;
    *bytes = 0;
    int status = gv_file_reader_open(&in, path, err);
    size_t capacity = 0, got = 1;
    while (status == GV_OK && got > 0) {
        if (*bytes > limit) {
            status = gv_error_set(err, GV_E_CORRUPT, "%s: larger than %zu bytes", path, limit);
            break;
        }
        status = gv_mem_reserve(text, &capacity, *bytes + 65536 + 1, 1, err);
        if (status == GV_OK)
            status = gv_file_reader_read_some(in, *text + *bytes, 65536, &got, err);
        if (status == GV_OK)
            *bytes += got;
    }
    gv_file_reader_close(in);
    if (status != GV_OK) {
        gv_mem_free(*text);
        *text = NULL;
        return status;
    }
    (*text)[*bytes] = '\0';
    return GV_OK;
}

int gv_file_write_all(const char *path, const void *data, size_t bytes, gv_error *err)
{
    gv_file_writer *out = NULL;
    int status = gv_file_writer_open(&out, path, err);
    if (status == GV_OK)
        status = gv_file_writer_write(out, data, bytes, err);
    if (status == GV_OK)
        return gv_file_writer_commit(&out, err);
    gv_file_writer_abort(&out);
    return status;
}

int gv_file_look(gv_file_stat *look, const char *path, gv_error *err)
{
    struct stat info;
    *look = (gv_file_stat){0};
    if (stat(path, &info) != 0) {
        if (errno == ENOENT || errno == ENOTDIR)
            return GV_OK;
        return gv_error_set_errno(err, "cannot look at %s", path);
    }
    look->exists = 1;
    look->regular = S_ISREG(info.st_mode);
    look->size = (uint64_t)info.st_size;
    look->mtime_ns = (int64_t)info.st_mtim.tv_sec * 1000000000 + info.st_mtim.tv_nsec;
    return GV_OK;
}

int gv_file_make_dirs(const char *path, gv_error *err)
{
    char *copy = gv_mem_strdup(path, err);
    if (!copy)
        return GV_E_MEMORY;
    int status = GV_OK;
    for (char *p = copy + 1; status == GV_OK; p++) {
        if (*p != '/' && *p != '\0')
            continue;
        char kept = *p;
        *p = '\0';
        if (mkdir(copy, 0777) != 0 && errno != EEXIST)
            status = gv_error_set_errno(err, "cannot make the directory %s", copy);
        *p = kept;
        if (kept == '\0')
            break;
    }
    gv_mem_free(copy);
    return status;
}

char *gv_file_path_join(const char *dir, const char *name, gv_error *err)
{
    size_t n = strlen(dir);
    if (n == 0)
        return gv_mem_strdup(name, err);
    return gv_mem_format(err, dir[n - 1] == '/' ? "%s%s" : "%s/%s", dir, name);
}

int gv_file_temp_open(int *fd, const char *dir, gv_error *err)
{
    *fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (*fd >= 0)
        return GV_OK;
    /* not every file system knows O_TMPFILE: make a named file and unlink it at once */
    char *name = gv_mem_format(err, "%s/glovebox-XXXXXX", dir);
    if (!name)
        return GV_E_MEMORY;
    *fd = mkostemp(name, O_CLOEXEC);
    int status = GV_OK;
    if (*fd < 0)
        status = gv_error_set_errno(err, "cannot make a temporary file in %s", dir);
    else
        unlink(name);
    gv_mem_free(name);
    return status;
}

int gv_file_pread(int fd, void *data, size_t bytes, uint64_t offset, const char *what,
                  gv_error *err)
{
    uint8_t *to = data;
    while (bytes > 0) {
        ssize_t got = pread(fd, to, bytes, (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return gv_error_set_errno(err, "cannot read %s", what);
        if (got == 0)
            return gv_error_set(err, GV_E_CORRUPT,
                                "%s: truncated: it ends where more bytes are due", what);
        to += got;
        bytes -= (size_t)got;
        offset += (uint64_t)got;
    }
    return GV_OK;
}

int gv_file_pwrite(int fd, const void *data, size_t bytes, uint64_t offset, const char *what,
                   gv_error *err)
{
    if (write_fully(fd, data, bytes, (int64_t)offset) != 0)
        return gv_error_set_errno(err, "cannot write %s", what);
    return GV_OK;
}

int gv_file_hash(gv_hash128 *hash, const char *path, gv_error *err)
{
    enum { CHUNK = 1 << 20 };
    gv_file_reader *in = NULL;
    gv_hasher *hasher = NULL;
    uint8_t *chunk = NULL;
    int status = gv_file_reader_open(&in, path, err);
    if (status != GV_OK)
        return status;
    status = GV_E_MEMORY;
    if (!(hasher = gv_hasher_new(err)) || !(chunk = gv_mem_alloc(CHUNK, 1, err)))
        goto cleanup;
    size_t got;
    do {
        status = gv_file_reader_read_some(in, chunk, CHUNK, &got, err);
        if (status != GV_OK)
            goto cleanup;
        gv_hasher_update(hasher, chunk, got);
    } while (got > 0);
    *hash = gv_hasher_digest(hasher);
cleanup:
    gv_mem_free(chunk);
    gv_hasher_free(hasher);
    gv_file_reader_close(in);
    return status;
}
