/* The calls that pass through preload.h: reading, writing, opening, closing. They use system calls,
 * because looking up the real functions could allocate. */
#include "preload.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* --- reading ---------------------------------------------------------------------------------- */

/* Half of `bytes` for a short call, at least one. */
static size_t half(size_t bytes)
{
    return bytes > 1 ? bytes / 2 : bytes;
}

#define BEGIN_READ(fd, bytes)                                                                      \
    do {                                                                                           \
        int begin_ = preload_begin(PRELOAD_READ, __func__, fd, NULL);                              \
        if (begin_ > 0) {                                                                          \
            errno = begin_;                                                                        \
            return -1;                                                                             \
        }                                                                                          \
        if (begin_ == PRELOAD_SHORT)                                                               \
            (bytes) = half(bytes);                                                                 \
    } while (0)

ssize_t read(int fd, void *data, size_t bytes)
{
    BEGIN_READ(fd, bytes);
    return syscall(SYS_read, fd, data, bytes);
}

ssize_t pread(int fd, void *data, size_t bytes, off_t offset)
{
    BEGIN_READ(fd, bytes);
    return syscall(SYS_pread64, fd, data, bytes, offset);
}
ALSO(ssize_t, pread64, pread, int, void *, size_t, off_t);

ssize_t readv(int fd, const struct iovec *parts, int n)
{
    size_t left = (size_t)n;
    BEGIN_READ(fd, left);
    return syscall(SYS_readv, fd, parts, left);
}

/* fortified programs call these */
ssize_t __read_chk(int fd, void *data, size_t bytes, size_t room);
ssize_t __read_chk(int fd, void *data, size_t bytes, size_t room)
{
    if (bytes > room)
        abort();
    BEGIN_READ(fd, bytes);
    return syscall(SYS_read, fd, data, bytes);
}
ssize_t __pread_chk(int fd, void *data, size_t bytes, off_t offset, size_t room);
ssize_t __pread_chk(int fd, void *data, size_t bytes, off_t offset, size_t room)
{
    if (bytes > room)
        abort();
    BEGIN_READ(fd, bytes);
    return syscall(SYS_pread64, fd, data, bytes, offset);
}
ALSO(ssize_t, __pread64_chk, __pread_chk, int, void *, size_t, off_t, size_t);

REAL(readdir)
struct dirent *readdir(DIR *dir)
{
    BEGIN(READ, dirfd(dir), NULL, NULL, NULL);
    return FIND(readdir)(dir);
}
REAL(readdir64)
struct dirent64 *readdir64(DIR *dir)
{
    BEGIN(READ, dirfd(dir), NULL, NULL, NULL);
    return FIND(readdir64)(dir);
}

off_t lseek(int fd, off_t offset, int whence)
{
    BEGIN(SEEK, fd, NULL, -1, 0);
    return syscall(SYS_lseek, fd, offset, whence);
}
ALSO(off_t, lseek64, lseek, int, off_t, int);

/* --- writing ---------------------------------------------------------------------------------- */

/* Where a write at the descriptor's own position goes. */
static off_t position(int fd)
{
    if (syscall(SYS_fcntl, fd, F_GETFL) & O_APPEND)
        return syscall(SYS_lseek, fd, 0, SEEK_END);
    return syscall(SYS_lseek, fd, 0, SEEK_CUR);
}

/* At `offset`, or at the descriptor's position if that is below 0. */
static ssize_t write_at(int fd, const void *data, size_t bytes, off_t offset, const char *function)
{
    int begin = preload_begin(PRELOAD_WRITE, function, fd, NULL);
    size_t part = begin == PRELOAD_SHORT || begin == PRELOAD_TORN ? half(bytes) : bytes;
    if (begin > 0) {
        errno = begin;
        return -1;
    }
    if (begin == PRELOAD_DROP)
        return (ssize_t)bytes;
    preload_log_lock();
    off_t at = offset < 0 && preload_log_on() ? position(fd) : offset;
    ssize_t done = offset < 0 ? syscall(SYS_write, fd, data, part)
                              : syscall(SYS_pwrite64, fd, data, part, offset);
    if (done > 0)
        preload_log_write(fd, data, (size_t)done, at);
    preload_log_unlock();
    if (begin == PRELOAD_TORN)
        preload_die();
    return done;
}

ssize_t write(int fd, const void *data, size_t bytes)
{
    return write_at(fd, data, bytes, -1, __func__);
}

ssize_t pwrite(int fd, const void *data, size_t bytes, off_t offset)
{
    return write_at(fd, data, bytes, offset, __func__);
}
ALSO(ssize_t, pwrite64, pwrite, int, const void *, size_t, off_t);

/* As one write per part: the callers must go on after a short one anyway. */
static ssize_t write_parts(int fd, const struct iovec *parts, int n, off_t offset,
                           const char *function)
{
    ssize_t sum = 0;
    for (int i = 0; i < n; i++) {
        off_t at = offset < 0 ? offset : offset + sum;
        ssize_t done = write_at(fd, parts[i].iov_base, parts[i].iov_len, at, function);
        if (done < 0)
            return sum > 0 ? sum : done;
        sum += done;
        if ((size_t)done < parts[i].iov_len)
            break;
    }
    return sum;
}

ssize_t writev(int fd, const struct iovec *parts, int n)
{
    /* sockets and pipes of other libraries need it whole */
    if (syscall(SYS_lseek, fd, 0, SEEK_CUR) < 0) {
        BEGIN(WRITE, fd, NULL, -1, -1);
        return syscall(SYS_writev, fd, parts, n);
    }
    return write_parts(fd, parts, n, -1, __func__);
}

ssize_t pwritev(int fd, const struct iovec *parts, int n, off_t offset)
{
    return write_parts(fd, parts, n, offset, __func__);
}
ALSO(ssize_t, pwritev64, pwritev, int, const struct iovec *, int, off_t);

/* These are only used where a read and a write would do, which the log understands. */
ssize_t copy_file_range(int in, off_t *in_at, int out, off_t *out_at, size_t bytes, unsigned flags)
{
    BEGIN(WRITE, out, NULL, -1, (ssize_t)bytes);
    if (preload_log_on()) {
        errno = ENOSYS;
        return -1;
    }
    return syscall(SYS_copy_file_range, in, in_at, out, out_at, bytes, flags);
}

ssize_t sendfile(int out, int in, off_t *offset, size_t bytes)
{
    BEGIN(WRITE, out, NULL, -1, (ssize_t)bytes);
    if (preload_log_on()) {
        errno = EINVAL;
        return -1;
    }
    return syscall(SYS_sendfile, out, in, offset, bytes);
}
ALSO(ssize_t, sendfile64, sendfile, int, int, off_t *, size_t);

int fallocate(int fd, int mode, off_t offset, off_t bytes)
{
    BEGIN(WRITE, fd, NULL, -1, 0);
    return (int)syscall(SYS_fallocate, fd, mode, offset, bytes);
}
ALSO(int, fallocate64, fallocate, int, int, off_t, off_t);

int posix_fallocate(int fd, off_t offset, off_t bytes)
{
    int begin = preload_begin(PRELOAD_WRITE, __func__, fd, NULL);
    if (begin > 0)
        return begin;
    return syscall(SYS_fallocate, fd, 0, offset, bytes) == 0 ? 0 : errno;
}
ALSO(int, posix_fallocate64, posix_fallocate, int, off_t, off_t);

int ftruncate(int fd, off_t size)
{
    BEGIN(TRUNCATE, fd, NULL, -1, 0);
    preload_log_lock();
    int result = (int)syscall(SYS_ftruncate, fd, size);
    if (result == 0)
        preload_log_fd("truncate", fd, size);
    preload_log_unlock();
    return result;
}
ALSO(int, ftruncate64, ftruncate, int, off_t);

int truncate(const char *path, off_t size)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    int result = fd < 0 ? -1 : ftruncate(fd, size);
    if (fd >= 0)
        syscall(SYS_close, fd);
    return result;
}
ALSO(int, truncate64, truncate, const char *, off_t);

/* --- syncing ---------------------------------------------------------------------------------- */

static int sync_by(long number, int fd)
{
    preload_log_lock();
    int result = (int)syscall(number, fd);
    if (result == 0)
        preload_log_fd("sync", fd, 0);
    preload_log_unlock();
    return result;
}

int fsync(int fd)
{
    BEGIN(SYNC, fd, NULL, -1, 0);
    return sync_by(SYS_fsync, fd);
}

int fdatasync(int fd)
{
    BEGIN(SYNC, fd, NULL, -1, 0);
    return sync_by(SYS_fdatasync, fd);
}

/* A hint: it makes nothing durable, so the log does not have it. */
int sync_file_range(int fd, off_t offset, off_t bytes, unsigned flags)
{
    BEGIN(SYNC, fd, NULL, -1, 0);
    return (int)syscall(SYS_sync_file_range, fd, offset, bytes, flags);
}

int msync(void *at, size_t bytes, int flags)
{
    BEGIN(SYNC, -1, NULL, -1, 0);
    return (int)syscall(SYS_msync, at, bytes, flags);
}

/* --- opening and closing ---------------------------------------------------------------------- */

static int open_at(int dir, const char *path, int flags, mode_t mode)
{
    char name[PRELOAD_PATH];
    struct stat info;
    path = preload_in_place_name(name, path);
    if (path == name && flags & O_CREAT)
        flags = (flags & ~O_EXCL) | O_TRUNC;
    if (!preload_log_on())
        return (int)syscall(SYS_openat, dir, path, flags, mode);
    preload_log_lock();
    bool was_there = syscall(SYS_newfstatat, dir, path, &info, 0) == 0;
    int fd = (int)syscall(SYS_openat, dir, path, flags, mode);
    if (fd >= 0 && flags & O_CREAT && !was_there)
        preload_log_fd("create", fd, 0);
    else if (fd >= 0 && flags & O_TRUNC && info.st_size > 0)
        preload_log_fd("truncate", fd, 0);
    preload_log_unlock();
    return fd;
}

static mode_t mode_of(int flags, va_list args)
{
    return flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(args, mode_t) : 0;
}

#define OPEN_WITH_MODE(flags)                                                                      \
    va_list args;                                                                                  \
    va_start(args, flags);                                                                         \
    mode_t mode = mode_of(flags, args);                                                            \
    va_end(args)

int open(const char *path, int flags, ...)
{
    OPEN_WITH_MODE(flags);
    BEGIN(OPEN, -1, path, -1, -1);
    return open_at(AT_FDCWD, path, flags, mode);
}
ALSO(int, open64, open, const char *, int, ...);

int openat(int dir, const char *path, int flags, ...)
{
    OPEN_WITH_MODE(flags);
    BEGIN(OPEN, dir, path, -1, -1);
    return open_at(dir, path, flags, mode);
}
ALSO(int, openat64, openat, int, const char *, int, ...);

int creat(const char *path, mode_t mode)
{
    BEGIN(OPEN, -1, path, -1, -1);
    return open_at(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode);
}
ALSO(int, creat64, creat, const char *, mode_t);

/* fortified programs call these */
int __open_2(const char *path, int flags);
int __open_2(const char *path, int flags)
{
    BEGIN(OPEN, -1, path, -1, -1);
    return open_at(AT_FDCWD, path, flags, 0);
}
ALSO(int, __open64_2, __open_2, const char *, int);
int __openat_2(int dir, const char *path, int flags);
int __openat_2(int dir, const char *path, int flags)
{
    BEGIN(OPEN, dir, path, -1, -1);
    return open_at(dir, path, flags, 0);
}
ALSO(int, __openat64_2, __openat_2, int, const char *, int);

REAL(mkostemps)
static int make_temp(char *name, int suffix, int flags)
{
    preload_log_lock();
    int fd = FIND(mkostemps)(name, suffix, flags);
    if (fd >= 0)
        preload_log_fd("create", fd, 0);
    preload_log_unlock();
    return fd;
}

int mkostemp(char *name, int flags)
{
    BEGIN(OPEN, -1, name, -1, -1);
    return make_temp(name, 0, flags);
}
ALSO(int, mkostemp64, mkostemp, char *, int);

int mkstemp(char *name)
{
    BEGIN(OPEN, -1, name, -1, -1);
    return make_temp(name, 0, 0);
}
ALSO(int, mkstemp64, mkstemp, char *);

int pipe2(int fds[2], int flags)
{
    BEGIN(OPEN, -1, NULL, -1, -1);
    return (int)syscall(SYS_pipe2, fds, flags);
}

REAL(opendir)
DIR *opendir(const char *path)
{
    BEGIN(OPEN, -1, path, NULL, NULL);
    return FIND(opendir)(path);
}

REAL(fopen)
FILE *fopen(const char *path, const char *mode)
{
    BEGIN(OPEN, -1, path, NULL, NULL);
    return FIND(fopen)(path, mode);
}
ALSO(FILE *, fopen64, fopen, const char *, const char *);

/* As the kernel does it, the descriptor is closed even where close fails. */
int close(int fd)
{
    int begin = preload_begin(PRELOAD_CLOSE, __func__, fd, NULL);
    int result = (int)syscall(SYS_close, fd);
    if (begin <= 0)
        return result;
    errno = begin;
    return -1;
}

REAL(fclose)
int fclose(FILE *file)
{
    int fd = fileno(file); /* -1: a stream of memory, which cannot fail */
    int begin = fd < 0 ? PRELOAD_PASS : preload_begin(PRELOAD_CLOSE, __func__, fd, NULL);
    int result = FIND(fclose)(file);
    if (begin <= 0)
        return result;
    errno = begin;
    return EOF;
}

REAL(fflush)
int fflush(FILE *file)
{
    if (file)
        BEGIN(WRITE, fileno(file), NULL, EOF, 0);
    return FIND(fflush)(file);
}

int flock(int fd, int operation)
{
    BEGIN(LOCK, fd, NULL, -1, 0);
    return (int)syscall(SYS_flock, fd, operation);
}

int fcntl(int fd, int command, ...)
{
    va_list args;
    va_start(args, command);
    void *argument = va_arg(args, void *);
    va_end(args);
    if (command == F_SETLK || command == F_SETLKW || command == F_OFD_SETLK ||
        command == F_OFD_SETLKW)
        BEGIN(LOCK, fd, NULL, -1, 0);
    return (int)syscall(SYS_fcntl, fd, command, argument);
}
ALSO(int, fcntl64, fcntl, int, int, ...);
