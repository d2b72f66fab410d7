/*
 * gv_program - the shell around every program: options, help, config, run directory, exit code.
 *
 * This is the only place of the library that prints (help, version, config to stdout; progress and
 * the one error line to stderr), because it stands in for a main. A *_main.c fills a gv_program
 * and returns gv_program_main().
 */
#ifndef GV_PROGRAM_H
#define GV_PROGRAM_H

#include "app/gv_run.h"

/* An option of one program beside the common ones. */
typedef struct gv_program_option {
    const char *name;     /* "--top" */
    const char *argument; /* "N", or NULL for a switch */
    const char *help;     /* one line */
    const char **value;   /* where its value goes (borrowed from argv); a switch stores "1" */
    gv_strings *values;   /* for a repeatable option instead of `value`; else NULL */
} gv_program_option;

typedef struct gv_program {
    const char *name;           /* "glove-vocab" */
    enum gv_config_stage stage; /* 0: not a stage (glove-query, glove-convert): no run is opened */
    const char *summary;        /* one line */
    const char *operands;       /* for the usage line, "pairs WORD"; NULL: no operands allowed */
    const char *details;        /* further help text, may be NULL */
    const gv_program_option *options; /* ends with an entry whose name is NULL; may be NULL */

    /* The work of a stage program. */
    int (*stage_main)(gv_run *run, gv_error *err);
    /* Or of another program: config is loaded (from --config, or DIR/config.json when there),
     * `run_dir` may not exist; results go to stdout. */
    int (*tool_main)(const gv_config *config, const char *run_dir, gv_strings operands,
                     gv_progress *progress, gv_error *err);
} gv_program;

/*
 * Parse, act, print at most one error line "NAME: error: TEXT", return the exit code.
 * Common options: --config --set --run-dir --progress --print-config --force --help --version;
 * `--opt=value` and `--opt value` both work, `--` ends options. Hidden: --print-man (roff page from
 * the same tables), --print-schema, --print-config-docs.
 * The run directory is --run-dir, else runs/<name>.
 */
int gv_program_main(const gv_program *program, int argc, char **argv);

#endif
