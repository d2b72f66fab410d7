/*
 * gv_compat_program - what the programs that stand in for the reference's have in common: flags,
 * help, errors, exit codes.
 *
 * Exit code 0: done; 1: anything is wrong, and one line on stderr says what; 130, 143: stopped by a
 * signal.
 *
 * Threads: the main thread.
 */
#ifndef GV_COMPAT_PROGRAM_H
#define GV_COMPAT_PROGRAM_H

#include "base/gv_error.h"
#include "base/gv_progress.h"
#include "compat/gv_compat_flag.h"

enum { GV_COMPAT_PROGRAM_FLAGS = 32 }; /* flags of a program at most */

/* What a program does without arguments. */
enum gv_compat_program_bare {
    GV_COMPAT_PROGRAM_WORKS,
    GV_COMPAT_PROGRAM_HELPS_UNFED, /* prints its help, unless a file or a pipe is standard input */
    GV_COMPAT_PROGRAM_HELPS        /* prints its help */
};

typedef struct gv_compat_program {
    const char *name;
    const char *summary; /* a sentence without its period */
    const char *example; /* a command line */
    enum gv_compat_program_bare bare;
    size_t n;
    const gv_compat_flag *flags; /* [n] */
    /* `values`: [n], by the places of the flags. `progress` is NULL where none is wanted. */
    int (*run)(const gv_compat_flag_value *values, gv_progress *progress, gv_error *err);
} gv_compat_program;

/* The body of main. With the only argument --flags-markdown, prints the table for docs/compat.md.
 */
int gv_compat_program_main(const gv_compat_program *program, int argc, char **argv);

/* A message on stderr, as it is. A failure to write it is ignored. */
void gv_compat_program_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
