#include "base/gv_file_open.h"

#include "base/gv_lock.h"
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

const char *gv_file_open_kind(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFREG:
        return NULL;
    case S_IFDIR:
        return "a directory";
    case S_IFIFO:
        return "a named pipe";
    case S_IFSOCK:
        return "a socket";
    case S_IFLNK:
        return "a symbolic link";
    default:
        return "a device";
    }
}

static int refuse(const char *path, const char *kind, gv_error *err)
{
    return gv_error_set(err, GV_E_IO, "%s is %s, not a file; remove it, then start again", path,
                        kind);
}

/* Open without waiting, and refuse what is no plain file. */
static int open_checked(int *fd, const char *path, int flags, gv_error *err)
{
    struct stat info = {0};
    /* O_NONBLOCK means nothing to plain files, but a named pipe would be waited for, and a device
     * might act */
    *fd = open(path, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0666);
    const char *kind = NULL;
    int status = GV_OK;
    if (*fd < 0 && errno == ELOOP && (flags & O_NOFOLLOW))
        kind = "a symbolic link";
    else if (*fd < 0 && (errno == ENXIO || errno == EISDIR || errno == ENODEV) &&
             stat(path, &info) == 0)
        kind = gv_file_open_kind(info.st_mode);
    if (!kind && (*fd < 0 || fstat(*fd, &info) != 0))
        status = gv_error_set_errno(err, "cannot %s %s",
                                    (flags & O_ACCMODE) == O_RDONLY ? "read" : "write", path);
    else if (kind || (kind = gv_file_open_kind(info.st_mode)))
        status = refuse(path, kind, err);
    if (status != GV_OK && *fd >= 0) {
        close(*fd);
        *fd = -1;
    }
    return status;
}

int gv_file_open_plain(int *fd, const char *path, int flags, gv_error *err)
{
    return open_checked(fd, path, flags, err);
}

int gv_file_open_lasting(int *fd, const char *path, int flags, gv_error *err)
{
    return open_checked(fd, path, O_RDWR | O_CREAT | O_NOFOLLOW | flags, err);
}

int gv_file_open_clear(const char *path, gv_error *err)
{
    struct stat info;
    if (lstat(path, &info) != 0)
        return errno == ENOENT ? GV_OK : gv_error_set_errno(err, "cannot write %s", path);
    if (!S_ISREG(info.st_mode) && !S_ISLNK(info.st_mode))
        return refuse(path, gv_file_open_kind(info.st_mode), err);
    if (unlink(path) != 0 && errno != ENOENT)
        return gv_error_set_errno(err, "cannot replace %s", path);
    return GV_OK;
}

/* Is `path` the open file? Another process may have removed it, and made a new one. Where the
 * system does not say, it is taken to be. */
static bool is_at(const char *path, int fd)
{
    struct stat there, here;
    if (lstat(path, &there) != 0)
        return errno != ENOENT;
    return fstat(fd, &here) != 0 || (there.st_dev == here.st_dev && there.st_ino == here.st_ino);
}

static int refuse_busy(const char *path, int fd, gv_error *err)
{
    char holder[GV_LOCK_HOLDER_TEXT];
    return gv_error_set(err, GV_E_IO,
                        "%s is being written by another program%s; wait until it has ended, or "
                        "write to another file",
                        path, gv_lock_holder_text(holder, fd));
}

/* Remove what a killed program left; a file that a living one writes is locked. While this process
 * has the lock, no other one removes the file: each asks for the lock first. */
static int clear_unlocked(const char *path, gv_error *err)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) /* nothing is there, or what gv_file_open_clear refuses or removes */
        return gv_file_open_clear(path, err);
    int status = GV_OK;
    struct stat info;
    const bool plain = fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
    if (plain && gv_lock_take(fd, GV_LOCK_ALONE, true) == GV_LOCK_BUSY)
        status = refuse_busy(path, fd, err);
    else if (!plain || is_at(path, fd))
        status = gv_file_open_clear(path, err);
    close(fd);
    return status;
}

int gv_file_open_temp(int *fd, const char *path, gv_error *err)
{
    enum { TRIES = 16 }; /* another process may come between in each step */
    *fd = -1;
    for (int i = 0; i < TRIES; i++) {
        int status = clear_unlocked(path, err);
        if (status != GV_OK)
            return status;
        *fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
        if (*fd < 0 && errno == EEXIST)
            continue;
        if (*fd < 0)
            return gv_error_set_errno(err, "cannot write %s", path);
        if (gv_lock_take(*fd, GV_LOCK_ALONE, false) != GV_LOCK_BUSY && is_at(path, *fd))
            return GV_OK;
        close(*fd);
        *fd = -1;
    }
    return gv_error_set(err, GV_E_IO, "%s is being written by other programs", path);
}
