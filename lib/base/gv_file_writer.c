#include "base/gv_file_writer.h"

#include "base/gv_file.h"
#include "base/gv_file_open.h"
#include "base/gv_file_target.h"
#include "base/gv_mem.h"
#include "base/gv_test_hook.h"
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Bytes: of the buffer; after how many the kernel is asked to begin writing them to the disk. */
enum { BUFFER = 1 << 18, WRITEBACK = 1 << 23 };

struct gv_file_writer {
    int fd;
    bool stream; /* nothing is replaced: the bytes go into what `path` is */
    char *path;
    char *temp_path; /* of a stream: `path` itself */
    uint8_t *buffer;
    size_t used;
    uint64_t written;      /* bytes passed to the kernel */
    uint64_t written_back; /* of them, those that the kernel was asked to write to the disk */
    gv_hash_state *hasher;
};

static void writer_free(gv_file_writer *out)
{
    if (!out)
        return;
    if (out->fd >= 0)
        close(out->fd);
    gv_hash_state_free(out->hasher);
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
    int status = gv_file_target_is_stream(&out->stream, path, err);
    if (status == GV_OK &&
        (!(out->path = gv_mem_strdup(path, err)) ||
         !(out->temp_path = gv_mem_format(err, out->stream ? "%s" : "%s.tmp", path)) ||
         !(out->buffer = gv_mem_alloc(BUFFER, 1, err)) || !(out->hasher = gv_hash_state_new(err))))
        status = GV_E_MEMORY;
    if (status == GV_OK)
        status = out->stream ? gv_file_target_open(&out->fd, path, err)
                             : gv_file_open_temp(&out->fd, out->temp_path, err);
    if (status == GV_OK)
        *result = out;
    else
        writer_free(out);
    return status;
}

static int flush(gv_file_writer *out, gv_error *err)
{
    int status = gv_file_write(out->fd, out->buffer, out->used, out->temp_path, err);
    if (status != GV_OK)
        return status;
    out->written += out->used;
    out->used = 0;
    if (out->written - out->written_back >= WRITEBACK) {
        /* The kernel starts to write them to the disk now, so the sync at the end waits less. Only
         * a hint: errors show at the sync. */
        (void)sync_file_range(out->fd, (off_t)out->written_back,
                              (off_t)(out->written - out->written_back), SYNC_FILE_RANGE_WRITE);
        out->written_back = out->written;
    }
    return GV_OK;
}

int gv_file_writer_write(gv_file_writer *out, const void *data, size_t bytes, gv_error *err)
{
    const uint8_t *from = data;
    gv_hash_state_update(out->hasher, data, bytes);
    while (bytes > 0) {
        size_t room = BUFFER - out->used;
        size_t part = bytes < room ? bytes : room;
        memcpy(out->buffer + out->used, from, part);
        out->used += part;
        from += part;
        bytes -= part;
        if (out->used == BUFFER) {
            int status = flush(out, err);
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
        gv_error_set(err, GV_E_RUNTIME, "cannot format text for %s", out->path);
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

gv_hash gv_file_writer_hash(const gv_file_writer *out)
{
    return gv_hash_state_digest(out->hasher);
}

/* Pipes and terminals cannot be synced (EINVAL). */
static int sync_file(const gv_file_writer *out, gv_error *err)
{
    if (gv_test_hook(GV_TEST_HOOK_SYNC) ||
        (fsync(out->fd) != 0 && !(out->stream && (errno == EINVAL || errno == EROFS))))
        return gv_error_set_errno(err, "cannot sync %s", out->temp_path);
    return GV_OK;
}

/* Put the finished file in its place, or remove it if something failed. */
static int settle(const gv_file_writer *out, int status, gv_error *err)
{
    if (out->stream)
        return status;
    if (status == GV_OK &&
        (gv_test_hook(GV_TEST_HOOK_RENAME) || rename(out->temp_path, out->path) != 0))
        status = gv_error_set_errno(err, "cannot rename %s to %s", out->temp_path, out->path);
    if (status == GV_OK)
        return gv_file_sync_directory_of(out->path, err);
    unlink(out->temp_path);
    return status;
}

int gv_file_writer_commit(gv_file_writer **handle, gv_error *err)
{
    gv_file_writer *out = *handle;
    *handle = NULL;
    int status = flush(out, err);
    if (status == GV_OK)
        status = sync_file(out, err);
    /* the lock of the temporary file lasts until it has its name */
    const int lock = out->stream ? -1 : fcntl(out->fd, F_DUPFD_CLOEXEC, 0);
    /* close() reports late write errors on network file systems */
    int closed = close(out->fd);
    out->fd = -1;
    if (status == GV_OK && closed != 0)
        status = gv_error_set_errno(err, "cannot close %s", out->temp_path);
    status = settle(out, status, err);
    if (lock >= 0)
        close(lock);
    writer_free(out);
    return status;
}

void gv_file_writer_abort(gv_file_writer **handle)
{
    if (!handle || !*handle)
        return;
    if (!(*handle)->stream)
        unlink((*handle)->temp_path);
    writer_free(*handle);
    *handle = NULL;
}

int gv_file_writer_end(gv_file_writer **handle, int status, gv_error *err)
{
    if (status == GV_OK)
        return gv_file_writer_commit(handle, err);
    gv_file_writer_abort(handle);
    return status;
}

int gv_file_writer_whole(const char *path, const void *data, size_t bytes, gv_error *err)
{
    gv_file_writer *out = NULL;
    int status = gv_file_writer_open(&out, path, err);
    if (status == GV_OK)
        status = gv_file_writer_write(out, data, bytes, err);
    return gv_file_writer_end(&out, status, err);
}
