/*
 * The log of changes: records of one line of text, followed by data.
 *
 *     OP TAB INODE TAB OFFSET TAB BYTES TAB PATH TAB PATH2 LF DATA
 *
 * OP is write (OFFSET, DATA), truncate (OFFSET is the new size), create, sync (a file or folder),
 * rename, unlink, rmdir, mkdir, link. Files without a name (O_TMPFILE, or unlinked) are left out.
 */
#include "preload.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static struct {
    int fd;
    bool on;
    pthread_mutex_t lock;
} the_log = {-1, false, PTHREAD_MUTEX_INITIALIZER};

void preload_log_start(const char *file)
{
    long fd = syscall(SYS_openat, AT_FDCWD, file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    /* out of the way of programs that expect the lowest descriptors */
    the_log.fd = (int)syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 700);
    syscall(SYS_close, fd);
    the_log.on = the_log.fd >= 0;
}

bool preload_log_on(void)
{
    return the_log.on;
}

void preload_log_lock(void)
{
    if (the_log.on)
        pthread_mutex_lock(&the_log.lock);
}

void preload_log_unlock(void)
{
    if (the_log.on)
        pthread_mutex_unlock(&the_log.lock);
}

static void record(const char *op, unsigned long inode, off_t offset, size_t bytes,
                   const char *const paths[2], const void *data)
{
    char head[2 * PRELOAD_PATH + 200];
    int n = snprintf(head, sizeof head, "%s\t%lu\t%ld\t%zu\t%s\t%s\n", op, inode, (long)offset,
                     bytes, paths[0], paths[1]);
    struct iovec parts[2] = {{head, (size_t)n}, {(void *)data, bytes}};
    syscall(SYS_writev, the_log.fd, parts, data ? 2 : 1);
}

/* Whether `fd` is a file or folder with a name. */
static bool look(struct stat *info, char *path, int fd)
{
    if (syscall(SYS_fstat, fd, info) != 0 || (!S_ISREG(info->st_mode) && !S_ISDIR(info->st_mode)) ||
        info->st_nlink == 0)
        return false;
    preload_path_of(path, PRELOAD_PATH, fd, NULL);
    return true;
}

void preload_log_write(int fd, const void *data, size_t bytes, off_t offset)
{
    struct stat info;
    char path[PRELOAD_PATH];
    if (the_log.on && look(&info, path, fd))
        record("write", info.st_ino, offset, bytes, (const char *[2]){path, ""}, data);
}

void preload_log_fd(const char *op, int fd, off_t size)
{
    struct stat info;
    char path[PRELOAD_PATH];
    if (the_log.on && look(&info, path, fd))
        record(op, info.st_ino, size, 0, (const char *[2]){path, ""}, NULL);
}

void preload_log_path(const char *op, const char *from, const char *to)
{
    if (the_log.on)
        record(op, 0, 0, 0, (const char *[2]){from, to}, NULL);
}
