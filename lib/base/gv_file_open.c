#include "base/gv_file_open.h"

#include <errno.h>
#include <fcntl.h>
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

int gv_file_open_temp(int *fd, const char *path, gv_error *err)
{
    *fd = -1;
    int status = gv_file_open_clear(path, err);
    if (status == GV_OK)
        *fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (status == GV_OK && *fd < 0)
        status = gv_error_set_errno(err, "cannot write %s", path);
    return status;
}
