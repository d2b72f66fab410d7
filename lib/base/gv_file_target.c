/*
 * /dev/stdout is a link to /proc/self/fd/1, and that is a link of the kernel's that stands for what
 * the descriptor refers to, which may be a plain file or have no name at all. A chain of links that
 * reaches such a one names a descriptor. It is duplicated, not opened again: a plain file behind it
 * keeps what was written to it before, and its position.
 */
#include "base/gv_file_target.h"

#include "base/gv_file_open.h"
#include "base/gv_signal.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* Replace the link `path` by what it points to. False if it is no link, or too long. */
static bool follow(char path[PATH_MAX])
{
    char to[PATH_MAX];
    ssize_t n = readlink(path, to, sizeof to);
    if (n <= 0 || n >= (ssize_t)sizeof to)
        return false;
    to[n] = '\0';
    char *slash = to[0] == '/' ? NULL : strrchr(path, '/');
    size_t folder = slash ? (size_t)(slash + 1 - path) : 0;
    if (folder + (size_t)n >= PATH_MAX)
        return false;
    memcpy(path + folder, to, (size_t)n + 1);
    return true;
}

/* Is it a link that the kernel made for a descriptor? `*own`: its number if it is one of this
 * process, else -1. */
static bool is_descriptor(int *own, const char *path)
{
    struct statfs system;
    struct stat info, folder, mine;
    char copy[PATH_MAX];
    int at = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    bool magic = at >= 0 && fstat(at, &info) == 0 && S_ISLNK(info.st_mode) &&
                 fstatfs(at, &system) == 0 && system.f_type == PROC_SUPER_MAGIC;
    if (at >= 0)
        close(at);
    const char *slash = strrchr(path, '/');
    char *end = NULL;
    *own = -1;
    if (!magic || !slash)
        return false;
    unsigned long number = strtoul(slash + 1, &end, 10);
    if (end == slash + 1 || *end != '\0' || number > INT_MAX)
        return false;
    snprintf(copy, sizeof copy, "%.*s", (int)(slash - path), path);
    if (stat(copy, &folder) == 0 && stat("/proc/self/fd", &mine) == 0 &&
        folder.st_dev == mine.st_dev && folder.st_ino == mine.st_ino)
        *own = (int)number;
    return true;
}

static bool names_descriptor(int *own, const char *path)
{
    enum { LINKS = 40 }; /* as many as the kernel follows */
    char at[PATH_MAX];
    struct stat info;
    *own = -1;
    if (lstat(path, &info) != 0 || !S_ISLNK(info.st_mode) ||
        (size_t)snprintf(at, sizeof at, "%s", path) >= sizeof at)
        return false;
    for (int i = 0; i < LINKS; i++) {
        if (is_descriptor(own, at))
            return true;
        if (!follow(at))
            return false;
    }
    return false;
}

const char *gv_file_target_path(const char *given)
{
    return strcmp(given, "-") == 0 ? "/dev/stdout" : given;
}

int gv_file_target_is_stream(bool *stream, const char *path, gv_error *err)
{
    struct stat info;
    int own;
    *stream = false;
    /* absent, or a link to nothing; what else is wrong shows when it is written */
    if (stat(path, &info) != 0)
        return GV_OK;
    if (S_ISDIR(info.st_mode) || S_ISBLK(info.st_mode))
        return gv_error_set(err, GV_E_IO, "cannot write %s: it is %s", path,
                            S_ISDIR(info.st_mode) ? "a directory" : "a disk");
    *stream = names_descriptor(&own, path);
    if (S_ISSOCK(info.st_mode) && own < 0)
        return gv_error_set(err, GV_E_IO, "cannot write %s: it is a socket", path);
    *stream |= !S_ISREG(info.st_mode);
    return GV_OK;
}

int gv_file_target_open(int *fd, const char *path, gv_error *err)
{
    int own;
    if (names_descriptor(&own, path) && own >= 0) {
        *fd = fcntl(own, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    } else {
        do /* O_APPEND: another process's descriptor may refer to a plain file */
            *fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY);
        while (*fd < 0 && errno == EINTR && gv_signal_pending() == 0);
    }
    if (*fd < 0 && errno == EINTR)
        return gv_signal_check(err);
    return *fd < 0 ? gv_error_set_errno(err, "cannot write to %s", path) : GV_OK;
}

int gv_file_target_need_file(const char *path, const char *format, gv_error *err)
{
    bool stream;
    int status = gv_file_target_is_stream(&stream, path, err);
    if (status == GV_OK && stream)
        status = gv_error_set(err, GV_E_USAGE,
                              "%s: the %s format needs a file and cannot be written to a pipe or a "
                              "device; name a file",
                              path, format);
    return status;
}
