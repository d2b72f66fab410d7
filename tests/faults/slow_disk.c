/*
 * slow_disk - for LD_PRELOAD: opening, syncing and renaming files takes SLOW_DISK_MS milliseconds
 * where their path has SLOW_DISK_PATH, SLOW_DISK_TIMES times [each time].
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static atomic_int times;

static void wait_for(const char *path)
{
    const char *ms = getenv("SLOW_DISK_MS"), *part = getenv("SLOW_DISK_PATH");
    const char *most = getenv("SLOW_DISK_TIMES");
    if (!path || !ms || !part || !strstr(path, part))
        return;
    if (most && atomic_fetch_add(&times, 1) >= atoi(most))
        return;
    struct timespec pause = {atol(ms) / 1000, atol(ms) % 1000 * 1000000};
    nanosleep(&pause, NULL);
}

static void wait_for_fd(int fd)
{
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    path[n > 0 ? n : 0] = '\0';
    wait_for(path);
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

int open(const char *path, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    wait_for(path);
    return REAL(open)(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    wait_for(path);
    return REAL(open64)(path, flags, mode);
}

FILE *fopen(const char *path, const char *mode)
{
    wait_for(path);
    return REAL(fopen)(path, mode);
}

int rename(const char *from, const char *to)
{
    wait_for(to);
    return REAL(rename)(from, to);
}

int fsync(int fd)
{
    wait_for_fd(fd);
    return REAL(fsync)(fd);
}

int fdatasync(int fd)
{
    wait_for_fd(fd);
    return REAL(fdatasync)(fd);
}
