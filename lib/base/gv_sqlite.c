#include "base/gv_sqlite.h"

#include "base/gv_file_open.h"
#include "base/gv_mem.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const beside[] = {"-journal", "-wal", "-shm"};
enum {
    BESIDE = sizeof beside / sizeof *beside,
    PATIENCE = 100 /* ms for which a lock of a writer may be refused */
};

/* NULL: SQLite accesses the file with locks, as usual; without them where the file system has none.
 * Looking takes the locks away that this process has of the file: they are locks of readers, and
 * glovebox changes no file in place. */
static const char *choose_vfs(const char *path)
{
    struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_len = 1};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    /* a byte that SQLite does not lock */
    bool none = fd >= 0 && fcntl(fd, F_OFD_SETLK, &lock) != 0 &&
                (errno == ENOLCK || errno == EOPNOTSUPP || errno == ENOSYS);
    if (fd >= 0)
        close(fd);
    return none ? "unix-none" : NULL;
}

/* --- files without names ---------------------------------------------------------------------- */

/* SQLite resolves links by their text, and opens what it finds only if it is no link. The link to
 * an open file without a name can be opened, but its text leads nowhere. */
#define OPEN_FILES "/proc/self/fd/"

static bool is_nameless(const char *path)
{
    return strncmp(path, OPEN_FILES, sizeof OPEN_FILES - 1) == 0;
}

/* A path is taken as it is. */
static int keep_path(sqlite3_vfs *vfs, const char *path, int room, char *to)
{
    (void)vfs;
    size_t bytes = strlen(path) + 1;
    if (bytes > (size_t)room)
        return SQLITE_CANTOPEN;
    memcpy(to, path, bytes);
    return SQLITE_OK;
}

/* In place of open() for all files that SQLite opens. */
static int open_file(const char *path, int flags, int mode)
{
    return open(path, is_nameless(path) ? flags & ~O_NOFOLLOW : flags, mode);
}

static sqlite3_vfs nameless;

static void make_nameless(void)
{
    sqlite3_vfs *unix_vfs = sqlite3_vfs_find("unix");
    if (!unix_vfs ||
        unix_vfs->xSetSystemCall(unix_vfs, "open", (sqlite3_syscall_ptr)open_file) != SQLITE_OK)
        return;
    nameless = *unix_vfs;
    nameless.pNext = NULL;
    nameless.zName = "gv-nameless";
    nameless.xFullPathname = keep_path;
    (void)sqlite3_vfs_register(&nameless, 0); /* else opening fails, and says so */
}

static const char *vfs_of(const char *path)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    if (!is_nameless(path))
        return choose_vfs(path);
    pthread_once(&once, make_nameless);
    return "gv-nameless";
}

/* --- opening ---------------------------------------------------------------------------------- */

int gv_sqlite_open(sqlite3 **db, const char *path, int flags)
{
    *db = NULL;
    const bool writes = flags & SQLITE_OPEN_READWRITE;
    const char *vfs = vfs_of(path);
    char *name = gv_mem_format(NULL, "%s%s", path[0] == '/' ? "" : "./", path);
    int code = name ? sqlite3_open_v2(name, db, flags, vfs) : SQLITE_NOMEM;
    if (code == SQLITE_OK && writes && sqlite3_db_readonly(*db, NULL) == 1) {
        (void)sqlite3_close(*db); /* nothing was done with it */
        *db = NULL;
        code = sqlite3_open_v2(name, db, flags, vfs);
    }
    if (code == SQLITE_OK && writes)
        (void)sqlite3_busy_timeout(*db, PATIENCE); /* it only fails for wrong arguments */
    gv_mem_free(name);
    return code;
}

/* --- writing ---------------------------------------------------------------------------------- */

int gv_sqlite_create(int *fd, const char *path, gv_error *err)
{
    int status = gv_sqlite_check_length(path, err);
    *fd = -1;
    for (size_t i = 0; i < BESIDE && status == GV_OK; i++) {
        char *other = gv_mem_format(err, "%s%s", path, beside[i]);
        status = other ? gv_file_open_clear(other, err) : GV_E_MEMORY;
        gv_mem_free(other);
    }
    if (status == GV_OK)
        status = gv_file_open_temp(fd, path, err);
    return status;
}

int gv_sqlite_check_writable(sqlite3 *db, const char *path, gv_error *err)
{
    if (sqlite3_db_readonly(db, NULL) != 1)
        return GV_OK;
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return gv_error_set_errno(err, "cannot write %s", path);
    close(fd);
    return gv_error_set(err, GV_E_IO, "%s could only be opened for reading; start again", path);
}

int gv_sqlite_errno(sqlite3 *db)
{
    int number = 0;
    /* what failed in the file itself; else, as after opening, what SQLite noted last */
    if (sqlite3_file_control(db, NULL, SQLITE_FCNTL_LAST_ERRNO, &number) != SQLITE_OK ||
        number == 0)
        number = sqlite3_system_errno(db);
    return number;
}

int gv_sqlite_read_errno(sqlite3 *db)
{
    int number = 0;
    if (sqlite3_file_control(db, NULL, SQLITE_FCNTL_LAST_ERRNO, &number) != SQLITE_OK)
        return 0;
    return number == EIO || number == ENXIO || number == ERANGE ? number : 0;
}

int gv_sqlite_lock_errno(const char *path)
{
    /* the bytes that SQLite locks for reading */
    struct flock range = {
        .l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 0x40000002, .l_len = 510};
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return 0;
    int number = fcntl(fd, F_SETLK, &range) == 0 ? 0 : errno;
    close(fd);
    return number == EAGAIN || number == EACCES || number == EINTR ? 0 : number;
}

int gv_sqlite_write_failed(gv_error *err, sqlite3 *db, int code, const char *path)
{
    const int primary = code & 0xff;
    int number = primary == SQLITE_FULL ? ENOSPC
                 : db && (primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN)
                     ? gv_sqlite_errno(db)
                 : db && primary == SQLITE_CORRUPT ? gv_sqlite_read_errno(db)
                 : primary == SQLITE_BUSY          ? gv_sqlite_lock_errno(path)
                                                   : 0;
    if (primary == SQLITE_NOMEM || !db)
        return gv_error_set(err, GV_E_MEMORY, "cannot write %s: out of memory", path);
    if (number == 0)
        return gv_error_set(err, GV_E_IO, "cannot write %s: %s", path, sqlite3_errmsg(db));
    errno = number;
    return gv_error_set_errno(err, "cannot write %s", path);
}

/* --- what lies beside ------------------------------------------------------------------------- */

bool gv_sqlite_is_beside(const char *ending)
{
    for (size_t i = 0; i < BESIDE; i++)
        if (strcmp(ending, beside[i]) == 0)
            return true;
    return false;
}

int gv_sqlite_check_beside(const char *path, gv_error *err)
{
    int status = gv_sqlite_check_length(path, err);
    for (size_t i = 0; i < BESIDE && status == GV_OK; i++) {
        struct stat info;
        char *other = gv_mem_format(err, "%s%s", path, beside[i]);
        if (!other)
            return GV_E_MEMORY;
        if (lstat(other, &info) == 0) {
            const char *kind = gv_file_open_kind(info.st_mode);
            kind = !kind && info.st_nlink > 1 ? "a hard link to a file elsewhere" : kind;
            if (kind)
                status = gv_error_set(
                    err, GV_E_IO, "%s is %s, not a file of its own; remove it, then start again",
                    other, kind);
        }
        gv_mem_free(other);
    }
    return status;
}

/* --- the length of the path ------------------------------------------------------------------- */

/* Bytes of the absolute path without links. Of a path that does not exist yet, those of the part
 * that does, and the rest as it is. */
static size_t absolute_length(char *path)
{
    size_t whole = strlen(path);
    for (size_t at = whole;; at--) {
        if (at != 0 && at != whole && path[at] != '/')
            continue;
        char kept = path[at];
        path[at] = '\0';
        char *known = realpath(at > 0 ? path : kept == '/' ? "/" : ".", NULL);
        path[at] = kept;
        if (known) {
            size_t length = strlen(known) + (whole - at) + (at == 0);
            free(known);
            return length;
        }
        if (at == 0)
            return whole;
    }
}

int gv_sqlite_check_length(const char *path, gv_error *err)
{
    /* of SQLite's files on Unix (MAX_PATHNAME), with "-journal" behind the name */
    enum { MOST = 512 - sizeof "-journal" };
    char *copy = gv_mem_strdup(path, err);
    if (!copy)
        return GV_E_MEMORY;
    size_t length = absolute_length(copy);
    gv_mem_free(copy);
    if (length <= MOST)
        return GV_OK;
    return gv_error_set(
        err, GV_E_IO,
        "%s: the path has %zu bytes, and SQLite opens files with up to %d only; use a "
        "directory with a shorter path",
        path, length, (int)MOST);
}
