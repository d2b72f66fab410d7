#include "base/gv_file.h"

#include "base/gv_file_open.h"
#include "base/gv_file_target.h"
#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "base/gv_test_hook.h"
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- descriptors ------------------------------------------------------------------------------ */

static atomic_uint_fast64_t writes_until_failure;

void gv_file_fail_at(uint64_t n)
{
    atomic_store(&writes_until_failure, n);
}

/* The test hooks: gv_file_fail_at() counts down to 1 and stays there, failing. */
static bool write_must_fail(void)
{
    uint64_t left = atomic_load(&writes_until_failure);
    bool fails = gv_test_hook(GV_TEST_HOOK_WRITE) || left == 1;
    if (left > 1)
        atomic_store(&writes_until_failure, left - 1);
    if (fails)
        errno = ENOSPC;
    return fails;
}

/* At `offset`, or at the descriptor's position if that is below 0. Returns -1 with errno set. */
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

/*
 * To a pipe or a terminal, which may take nothing for a long time. A signal then ends the write
 * (errno EINTR), in whichever thread it is, as it does for reading (gv_input.h). No more is written
 * at once than poll() promises to be taken.
 */
static int write_to_stream(int fd, const uint8_t *from, size_t bytes)
{
    enum { LOOK_MS = 100 };
    while (bytes > 0) {
        if (write_must_fail())
            return -1;
        struct pollfd look = {.fd = fd, .events = POLLOUT};
        int ready = poll(&look, 1, LOOK_MS);
        if (ready < 0 && errno != EINTR)
            return -1;
        if (ready <= 0 && gv_signal_pending()) {
            errno = EINTR;
            return -1;
        }
        if (ready <= 0)
            continue;
        ssize_t done = write(fd, from, bytes < PIPE_BUF ? bytes : PIPE_BUF);
        if (done < 0 && errno != EINTR && errno != EAGAIN)
            return -1;
        from += done > 0 ? done : 0;
        bytes -= done > 0 ? (size_t)done : 0;
    }
    return 0;
}

int gv_file_temp_open(int *fd, const char *dir, gv_error *err)
{
    *fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (*fd >= 0)
        return GV_OK;
    /* not every file system supports O_TMPFILE: make a named file and unlink it at once */
    char *name = gv_mem_format(err, "%s/glovebox-XXXXXX", dir);
    if (!name)
        return GV_E_MEMORY;
    *fd = mkostemp(name, O_CLOEXEC);
    int status = GV_OK;
    if (*fd < 0)
        status = gv_error_set_errno(err, "cannot create a temporary file in %s", dir);
    else
        unlink(name);
    gv_mem_free(name);
    return status;
}

int gv_file_temp_dir_beside(char **dir, const char *path, gv_error *err)
{
    const char *elsewhere = getenv("TMPDIR"), *slash = strrchr(path, '/');
    bool stream;
    *dir = NULL;
    int status = gv_file_target_is_stream(&stream, path, err);
    if (status != GV_OK)
        return status;
    if (stream) /* it may be anywhere, and /dev is no place for files */
        *dir = gv_mem_strdup(elsewhere && *elsewhere ? elsewhere : "/tmp", err);
    else if (slash)
        *dir = gv_mem_strndup(path, (size_t)(slash - path) + 1, err);
    else
        *dir = gv_mem_strdup(".", err);
    return *dir ? GV_OK : GV_E_MEMORY;
}

int gv_file_temp_open_beside(int *fd, const char *path, gv_error *err)
{
    char *dir = NULL;
    *fd = -1;
    int status = gv_file_temp_dir_beside(&dir, path, err);
    if (status == GV_OK)
        status = gv_file_temp_open(fd, dir, err);
    gv_mem_free(dir);
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
            return gv_error_set(err, GV_E_CORRUPT, "%s: truncated: unexpected end of file", what);
        to += got;
        bytes -= (size_t)got;
        offset += (uint64_t)got;
    }
    return GV_OK;
}

bool gv_file_ends_early(int fd, uint64_t size)
{
    off_t at = size > 0 ? lseek(fd, 0, SEEK_CUR) : -1;
    return at >= 0 && (uint64_t)at < size;
}

int gv_file_write(int fd, const void *data, size_t bytes, const char *what, gv_error *err)
{
    struct stat info;
    const bool stream = fstat(fd, &info) == 0 && !S_ISREG(info.st_mode);
    const int failed = stream ? write_to_stream(fd, data, bytes) : write_fully(fd, data, bytes, -1);
    if (failed == 0)
        return GV_OK;
    return errno == EINTR ? gv_signal_check(err) : gv_error_set_errno(err, "cannot write %s", what);
}

int gv_file_pwrite(int fd, const void *data, size_t bytes, uint64_t offset, const char *what,
                   gv_error *err)
{
    if (write_fully(fd, data, bytes, (int64_t)offset) != 0)
        return gv_error_set_errno(err, "cannot write %s", what);
    return GV_OK;
}

/* --- paths ------------------------------------------------------------------------------------ */

int gv_file_look(gv_file_stat *look, const char *path, gv_error *err)
{
    struct stat info;
    *look = (gv_file_stat){0};
    if (stat(path, &info) != 0) {
        if (errno == ENOENT || errno == ENOTDIR)
            return GV_OK;
        return gv_error_set_errno(err, "cannot read the size and time of %s", path);
    }
    look->exists = true;
    look->regular = S_ISREG(info.st_mode);
    look->size = (uint64_t)info.st_size;
    look->mtime_ns = (int64_t)info.st_mtim.tv_sec * 1000000000 + info.st_mtim.tv_nsec;
    look->device = (uint64_t)info.st_dev;
    look->inode = (uint64_t)info.st_ino;
    return GV_OK;
}

bool gv_file_same_look(const gv_file_stat *a, const gv_file_stat *b)
{
    return a->exists == b->exists && a->size == b->size && a->mtime_ns == b->mtime_ns &&
           a->device == b->device && a->inode == b->inode;
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
        if (mkdir(copy, 0777) == 0)
            status = gv_file_sync_directory_of(copy, err);
        else if (errno != EEXIST)
            status = gv_error_set_errno(err, "cannot create the directory %s", copy);
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

int gv_file_sync_directory_of(const char *path, gv_error *err)
{
    /* No allocation: this runs after the rename, when running out of memory must not turn success
     * into failure. A longer path could not have been opened. */
    char copy[PATH_MAX];
    snprintf(copy, sizeof copy, "%s", path);
    int status = GV_OK;
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    /* Some file systems cannot sync a directory (EINVAL, EROFS), and one that this user may write
     * but not read cannot be opened for it: nothing more can be done there. */
    if (fd < 0 ? errno != EACCES : fsync(fd) != 0 && errno != EINVAL && errno != EROFS)
        status = gv_error_set_errno(err, "cannot sync the directory of %s", path);
    if (fd >= 0)
        close(fd);
    return status;
}

int gv_file_replace(const char *from, const char *to, gv_error *err)
{
    int fd;
    int status = gv_file_open_plain(&fd, from, O_RDONLY, err);
    if (status != GV_OK)
        return status;
    int synced = fsync(fd);
    close(fd);
    if (synced != 0)
        return gv_error_set_errno(err, "cannot sync %s", from);
    if (rename(from, to) != 0)
        return gv_error_set_errno(err, "cannot rename %s to %s", from, to);
    return gv_file_sync_directory_of(to, err);
}
