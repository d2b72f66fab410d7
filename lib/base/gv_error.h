/*
 * gv_error - how every function of glovebox reports failure.
 *
 * A function that can fail returns an int status (GV_OK or one of enum gv_error_code) and takes a
 * `gv_error *err`, which may be NULL, as its last parameter. On failure it fills `err` once: the
 * first error wins, so the user reads the deepest cause. Functions that return a pointer return
 * NULL on failure and fill `err` likewise. Library code neither prints nor exits; the program shell
 * (lib/app/gv_program.h, for MPI jobs lib/dist/gv_job.h) turns a status into an exit code.
 *
 * Threads: a gv_error belongs to one thread. gv_threads_run() gives each thread its own and
 * copies the one of the lowest-numbered failing thread to the caller.
 */
#ifndef GV_ERROR_H
#define GV_ERROR_H

#include <stddef.h>

/* Marks functions whose result must be used: the compiler warns where it is ignored. */
#define GV_MUST_USE __attribute__((warn_unused_result))

/* The kind of failure; the exit code depends only on this. */
enum gv_error_code {
    GV_OK = 0,
    GV_E_IO,       /* open, read, write, sync, rename failed; disk full          -> exit 1 */
    GV_E_MEMORY,   /* allocation failed or a budget is too small                 -> exit 1 */
    GV_E_CORRUPT,  /* a file is truncated, damaged, of another kind or version   -> exit 1 */
    GV_E_RUNTIME,  /* any other failure at run time                             -> exit 1 */
    GV_E_DIVERGED, /* training diverged: its settings do not work              -> exit 1 */
    GV_E_USAGE,    /* wrong option, config key or value; missing upstream stage -> exit 2 */
    GV_E_STOPPED /* SIGINT, SIGTERM or SIGHUP arrived, the state was saved -> exit 130, 143, 129 */
};

#define GV_ERROR_TEXT 2048

typedef struct gv_error {
    int code;                 /* enum gv_error_code; GV_OK as long as nothing failed */
    char text[GV_ERROR_TEXT]; /* one line, no newline: what, where, what to do */
} gv_error;

/* No error. */
/* clang-format off */
#define GV_ERROR_INIT {0, ""}
/* clang-format on */

/*
 * Record a failure and return `code`, so that callers can write `return gv_error_set(...)`. The
 * text becomes one line that is safe to show, whatever a file name in it holds (gv_show.h). If
 * `err` is NULL or already holds an error, this only returns `code`.
 */
int gv_error_set(gv_error *err, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same for a failed system call: appends ": " and the reason that `errno` names, and for a full
 * disk what to do. Returns GV_E_MEMORY for ENOMEM, else GV_E_IO. */
int gv_error_set_errno(gv_error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Put the formatted text and ": " before the text of the error that `err` holds; without an error,
 * or with a NULL `err`, do nothing. */
void gv_error_prefix(gv_error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Exit code for a status: 0, 1, 2, or 128 + `signal_number` for GV_E_STOPPED. */
int gv_error_exit_code(int status, int signal_number);

#endif
