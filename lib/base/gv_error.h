/*
 * gv_error - how every function of glovebox reports failure.
 *
 * A function that can fail returns an int status (GV_OK or one of enum gv_status) and takes a
 * `gv_error *err` as its last parameter, which may be NULL. On failure it fills `err` once: the
 * first error wins, so the deepest cause is what the user reads. Library code never prints and
 * never exits; only the program shell (lib/app/gv_program.h) turns a status into an exit code.
 *
 * Threads: a gv_error belongs to one thread. gv_threads_run() gives each thread its own and
 * copies the one of the lowest-numbered failing thread to the caller.
 */
#ifndef GV_ERROR_H
#define GV_ERROR_H

#include <stddef.h>

/* Marks functions whose result a caller must look at: the compiler warns where it is dropped. */
#define GV_MUST_USE __attribute__((warn_unused_result))

/* What kind of failure it was; the exit code depends only on this. */
enum gv_status {
    GV_OK = 0,
    GV_E_IO,      /* open, read, write, sync, rename failed; disk full          -> exit 1 */
    GV_E_MEMORY,  /* allocation failed or a budget is too small                 -> exit 1 */
    GV_E_CORRUPT, /* a file is truncated, damaged, of another kind or version   -> exit 1 */
    GV_E_RUNTIME, /* anything else that went wrong at run time (divergence ...) -> exit 1 */
    GV_E_USAGE,   /* wrong option, config key, value; missing upstream stage    -> exit 2 */
    GV_E_STOPPED  /* SIGINT or SIGTERM arrived and the state was saved  -> exit 130 / 143 */
};

#define GV_ERROR_TEXT 2048

typedef struct gv_error {
    int code;                 /* enum gv_status; GV_OK while nothing went wrong */
    char text[GV_ERROR_TEXT]; /* one line, no newline: what, where, what to do */
} gv_error;

/* An error struct that holds no error. */
/* clang-format off */
#define GV_ERROR_INIT {0, ""}
/* clang-format on */

/*
 * Record a failure and return `code`, so that callers write `return gv_error_set(err, GV_E_IO, ...)`.
 * Newlines and control bytes that come in through arguments are replaced by '?', so the result
 * stays one line. Does nothing but return `code` if `err` is NULL or already holds an error.
 */
int gv_error_set(gv_error *err, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * The same for a failed system call: appends ": " and the text of `errno`. Returns GV_E_MEMORY for
 * ENOMEM, else GV_E_IO.
 */
int gv_error_set_errno(gv_error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Put "`format`: " before the text of the error that `err` already holds. */
void gv_error_prefix(gv_error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Exit code for a status: 0, 1, 2, or 128 + `signal_number` for GV_E_STOPPED. */
int gv_error_exit_code(int status, int signal_number);

#endif
