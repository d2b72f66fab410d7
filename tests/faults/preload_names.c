/* More of preload.c: calls about names of files, and about threads and processes. */
#include "preload.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef struct place {
    int dir;
    const char *name;
} place;

static place here(const char *path)
{
    return (place){AT_FDCWD, path};
}

/* Call `number` and log it as `op`. `to.name` may be NULL. */
static int change_name(const char *op, long number, place from, place to, int flags)
{
    char path[PRELOAD_PATH], path2[PRELOAD_PATH] = "";
    preload_log_lock();
    if (preload_log_on()) {
        preload_path_of(path, sizeof path, from.dir, from.name);
        if (to.name)
            preload_path_of(path2, sizeof path2, to.dir, to.name);
    }
    int result = (int)(to.name ? syscall(number, from.dir, from.name, to.dir, to.name, flags)
                               : syscall(number, from.dir, from.name, flags));
    if (result == 0 && preload_log_on())
        preload_log_path(op, path, path2);
    preload_log_unlock();
    return result;
}

const char *preload_in_place_name(char *to, const char *path)
{
    size_t n = strlen(path);
    if (!preload_in_place() || n < 5 || n >= PRELOAD_PATH || strcmp(path + n - 4, ".tmp") != 0)
        return path;
    memcpy(to, path, n - 4);
    to[n - 4] = '\0';
    return to;
}

/* FAULT_PLANT=in-place: there is no NAME.tmp, so it is neither renamed nor removed. */
static bool is_planted(const char *path)
{
    char name[PRELOAD_PATH];
    return preload_in_place_name(name, path) == name;
}

int rename(const char *from, const char *to)
{
    BEGIN(RENAME, -1, from, -1, 0);
    return is_planted(from) ? 0 : change_name("rename", SYS_renameat2, here(from), here(to), 0);
}

int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
    BEGIN(RENAME, from_dir, from, -1, 0);
    if (is_planted(from))
        return 0;
    return change_name("rename", SYS_renameat2, (place){from_dir, from}, (place){to_dir, to}, 0);
}

int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
    BEGIN(RENAME, from_dir, from, -1, 0);
    if (is_planted(from))
        return 0;
    return change_name("rename", SYS_renameat2, (place){from_dir, from}, (place){to_dir, to},
                       (int)flags);
}

int unlink(const char *path)
{
    BEGIN(UNLINK, -1, path, -1, 0);
    return change_name("unlink", SYS_unlinkat, here(path), here(NULL), 0);
}

int unlinkat(int dir, const char *path, int flags)
{
    BEGIN(UNLINK, dir, path, -1, 0);
    return change_name(flags & AT_REMOVEDIR ? "rmdir" : "unlink", SYS_unlinkat, (place){dir, path},
                       here(NULL), flags);
}

int rmdir(const char *path)
{
    BEGIN(UNLINK, -1, path, -1, 0);
    return change_name("rmdir", SYS_unlinkat, here(path), here(NULL), AT_REMOVEDIR);
}

int remove(const char *path)
{
    int result = unlink(path);
    return result != 0 && errno == EISDIR ? rmdir(path) : result;
}

int mkdir(const char *path, mode_t mode)
{
    BEGIN(MKDIR, -1, path, -1, 0);
    return change_name("mkdir", SYS_mkdirat, here(path), here(NULL), (int)mode);
}

int mkdirat(int dir, const char *path, mode_t mode)
{
    BEGIN(MKDIR, dir, path, -1, 0);
    return change_name("mkdir", SYS_mkdirat, (place){dir, path}, here(NULL), (int)mode);
}

int link(const char *from, const char *to)
{
    BEGIN(LINK, -1, from, -1, 0);
    return change_name("link", SYS_linkat, here(from), here(to), 0);
}

int linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
    BEGIN(LINK, from_dir, from, -1, 0);
    return change_name("link", SYS_linkat, (place){from_dir, from}, (place){to_dir, to}, flags);
}

int symlink(const char *text, const char *path)
{
    BEGIN(LINK, -1, path, -1, 0);
    return (int)syscall(SYS_symlinkat, text, AT_FDCWD, path);
}

/* --- what a file is --------------------------------------------------------------------------- */

int stat(const char *path, struct stat *info)
{
    BEGIN(STAT, -1, path, -1, 0);
    return (int)syscall(SYS_newfstatat, AT_FDCWD, path, info, 0);
}
ALSO(int, stat64, stat, const char *, struct stat64 *);

int lstat(const char *path, struct stat *info)
{
    char name[PRELOAD_PATH];
    BEGIN(STAT, -1, path, -1, 0);
    return (int)syscall(SYS_newfstatat, AT_FDCWD, preload_in_place_name(name, path), info,
                        AT_SYMLINK_NOFOLLOW);
}
ALSO(int, lstat64, lstat, const char *, struct stat64 *);

int fstat(int fd, struct stat *info)
{
    BEGIN(STAT, fd, NULL, -1, 0);
    return (int)syscall(SYS_fstat, fd, info);
}
ALSO(int, fstat64, fstat, int, struct stat64 *);

int fstatat(int dir, const char *path, struct stat *info, int flags)
{
    BEGIN(STAT, dir, path, -1, 0);
    return (int)syscall(SYS_newfstatat, dir, path, info, flags);
}
ALSO(int, fstatat64, fstatat, int, const char *, struct stat64 *, int);

int access(const char *path, int mode)
{
    BEGIN(STAT, -1, path, -1, 0);
    return (int)syscall(SYS_faccessat, AT_FDCWD, path, mode);
}

/* --- threads and processes -------------------------------------------------------------------- */

REAL(pthread_create)
int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                   void *argument)
{
    int begin = preload_begin(PRELOAD_THREAD, __func__, -1, NULL);
    if (begin > 0)
        return begin;
    return FIND(pthread_create)(thread, attributes, run, argument);
}

REAL(fork)
pid_t fork(void)
{
    BEGIN(PROCESS, -1, NULL, -1, 0);
    return FIND(fork)();
}

int execv(const char *path, char *const arguments[])
{
    BEGIN(PROCESS, -1, NULL, -1, 0);
    return execve(path, arguments, environ);
}

void _exit(int code)
{
    preload_report();
    syscall(SYS_exit_group, code);
    __builtin_unreachable();
}
