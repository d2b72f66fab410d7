/*
 * preload - for LD_PRELOAD: counts the calls of a process to the C library, and makes one of them
 * fail, or kills the process there. The campaigns of this folder use it.
 *
 *     FAULT_AT=CALL:N:ACTION[+][,...]
 *                    at the N-th CALL of the process (from 1, over all threads); `+`: and at all
 *                    later ones
 *     FAULT_COUNT=FILE     at exit, append the number of calls of each class: "CALL N"
 *     FAULT_SAY=FILE       append what FAULT_AT did: "CALL N FUNCTION ACTION PATH"
 *     FAULT_LOG=FILE       append every change of a file (preload_log.c), to replay power cuts
 *     FAULT_PATH=TEXT      of calls with a path or descriptor those count whose path has TEXT
 *     FAULT_PROGRAM=NAME   only processes of this program
 *     FAULT_RANK=R         only the process whose OMPI_COMM_WORLD_RANK is R
 *     FAULT_EARLY=1        also count what comes before this library's constructor: the start of
 *                          other libraries
 *     FAULT_PLANT=in-place a planted error that campaigns must notice: files are written in place,
 *                          not to NAME.tmp
 *
 * CALL: a class below in lower case; `change` counts write, sync, rename, unlink, truncate, mkdir
 * and link together. ACTION: `kill` (before the call), `torn` (half of a write, then kill), `stop`
 * (SIGSTOP, then go on), `short` (half of a read or write), `drop` (say that it was done, a planted
 * error), or the name of an errno. Each process counts for itself.
 *
 * All of this allocates nothing. Calls that the C library makes inside itself (stdio) do not pass
 * here.
 */
#ifndef PRELOAD_H
#define PRELOAD_H

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { PRELOAD_PATH = 4200 };

typedef enum preload_call {
    PRELOAD_MEMORY,
    PRELOAD_READ,
    PRELOAD_WRITE,
    PRELOAD_OPEN,
    PRELOAD_SYNC,
    PRELOAD_CLOSE,
    PRELOAD_RENAME,
    PRELOAD_UNLINK,
    PRELOAD_MMAP,
    PRELOAD_THREAD,
    PRELOAD_TRUNCATE,
    PRELOAD_MKDIR,
    PRELOAD_LINK,
    PRELOAD_STAT,
    PRELOAD_LOCK,
    PRELOAD_SEEK,
    PRELOAD_PROCESS,
    PRELOAD_CHANGE,
    PRELOAD_CALLS
} preload_call;

/* What a call has to do, if not an errno (which is positive). */
enum { PRELOAD_PASS = 0, PRELOAD_TORN = -1, PRELOAD_SHORT = -2, PRELOAD_DROP = -3 };

/* Count a call of `function` on `path` or else on `fd` (-1: neither). Does not return at `kill`. */
int preload_begin(preload_call call, const char *function, int fd, const char *path);
_Noreturn void preload_die(void);
/* Append the counts to FAULT_COUNT's file. */
void preload_report(void);
bool preload_in_place(void);
/* With FAULT_PLANT=in-place, a name that ends with ".tmp" without it, in `to` ([PRELOAD_PATH]);
 * else `path`. */
const char *preload_in_place_name(char *to, const char *path);

/* Absolute path of an open descriptor, or of `path`; "" if there is none. */
void preload_path_of(char *to, size_t size, int fd, const char *path);

/* The log of changes. Without FAULT_LOG nothing happens. Calls hold the lock from before the system
 * call until it is logged, so that the log has their order. */
void preload_log_start(const char *file);
bool preload_log_on(void);
void preload_log_lock(void);
void preload_log_unlock(void);
void preload_log_write(int fd, const void *data, size_t bytes, off_t offset);
/* `op` about a descriptor: "sync", "create", or "truncate" with `size`. */
void preload_log_fd(const char *op, int fd, off_t size);
/* `op` about one or two paths: "rename", "unlink", "rmdir", "mkdir", "link". */
void preload_log_path(const char *op, const char *from, const char *to);

/* --- for the definitions of calls ----------------------------------------------------------- */

/* Return `failure` with errno set, or `done` where the call is only to seem done. */
#define BEGIN(call, fd, path, failure, done)                                                       \
    do {                                                                                           \
        int begin_ = preload_begin(PRELOAD_##call, __func__, fd, path);                            \
        if (begin_ > 0) {                                                                          \
            errno = begin_;                                                                        \
            return failure;                                                                        \
        }                                                                                          \
        if (begin_ == PRELOAD_DROP)                                                                \
            return done;                                                                           \
    } while (0)

/* Another name of the same function. */
#define ALSO(result, name, of, ...) result name(__VA_ARGS__) __attribute__((alias(#of)))

/* The next definition of a function, for those that are more than a system call. */
#define REAL(name)                                                                                 \
    static __typeof__(name) *real_##name;                                                          \
    __attribute__((constructor(101))) static void find_##name(void)                                \
    {                                                                                              \
        if (!real_##name)                                                                          \
            *(void **)&real_##name = dlsym(RTLD_NEXT, #name);                                      \
    }
#define FIND(name) (find_##name(), real_##name)

#endif
