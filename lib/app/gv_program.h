/*
 * gv_program - the shell around every program: options, help, config, run directory, exit code.
 *
 * A *_main.c fills a gv_program and returns gv_program_main(), which prints what a main would
 * print: help, version and config on stdout, progress and one error line on stderr.
 *
 * Threads: main thread only.
 */
#ifndef GV_PROGRAM_H
#define GV_PROGRAM_H

#include "app/gv_run.h"

/* An option that one program has in addition to the common ones. */
typedef struct gv_program_option {
    const char *name;     /* "--top" */
    const char *argument; /* "N", or NULL for a switch; with `values`, "FILE...": it takes all
                             arguments up to the next option */
    const char *help;     /* one line */
    const char **value;   /* where its value goes (borrowed from argv); for a switch "1" */
    gv_strings *values;   /* for an option that may be repeated, instead of `value`; else NULL */
} gv_program_option;

/* What the command line of a tool says, for a tool that needs more than its config. All
 * borrowed. */
typedef struct gv_program_call {
    const gv_config *config;
    const char *run_dir;     /* NULL with `no_config` unless it was given */
    const char *config_path; /* --config, or the operand with `config_operand`; NULL: not given */
    bool run_dir_given;      /* with --run-dir */
    bool force;
    gv_strings sets, operands; /* of --set; and what stands beside the options */
    gv_progress *progress;
    const char *command; /* the command line as a shell would take it; may be NULL */
} gv_program_call;

typedef struct gv_program {
    const char *name;           /* "glove-vocab" */
    enum gv_config_stage stage; /* 0: a tool (glove-query, glove-convert), which opens no run */
    const char *summary;        /* one line */
    const char *operands;       /* for the usage line ("INPUT OUTPUT"); NULL: it has none */
    const char *command; /* the only first operand of a program that mostly has none; NULL: any */
    const char *details; /* more text for the help; may be NULL */
    /* for completion: the values of the arguments that the options call `choices_of` ("STAGE"), a
     * list that ends with NULL; may be NULL */
    const char *choices_of;
    const char *const *choices;
    const gv_program_option *options; /* ends with an entry whose name is NULL; may be NULL */

    /* The work of a stage program. */
    int (*stage_main)(gv_run *run, gv_error *err);
    /* The work of a tool: prints its results on stdout. `run_dir` need not exist; `config` is that
     * of --config, or of its config.json, or all defaults. All arguments are borrowed. */
    int (*tool_main)(const gv_config *config, const char *run_dir, gv_strings operands,
                     gv_progress *progress, gv_error *err);
    /* For a stage that can also work outside of any run: does the command line ask for that?
     * tool_main is then called instead of stage_main. NULL: never. */
    bool (*is_outside_run)(gv_strings operands, bool run_dir_given);
    /* With an option --json, errors and help are one line {"error": TEXT} on standard output; an
     * error without text has been told by the program. */
    bool json_lines;
    /* The same as tool_main for a tool that starts programs or asks questions. `*exit_code`, 0 at
     * first: set it to end with that code and no error line, because another program has written
     * one. */
    int (*call_main)(int *exit_code, const gv_program_call *call, gv_error *err);
    bool config_operand; /* its operand is the config, as if --config stood before it, or if it is
                            a directory, the run directory */
    bool no_config;      /* it looks into no run directory for a config */
} gv_program;

/*
 * Run the program and return its exit code (gv_error_exit_code). A failure is one line on stderr,
 * "NAME: error: TEXT".
 *
 * Common options are --config --set --run-dir --progress --print-config --force --help --version.
 * `--opt=value` and `--opt value` mean the same; `--` ends the options. For the build only:
 * --print-man, --print-schema, --print-config-docs; --print-completion SHELL prints what makes a
 * shell ask the program with --complete WORD... (gv_program_complete.c). The run directory is
 * --run-dir, else runs/NAME.
 */
GV_MUST_USE int gv_program_main(const gv_program *program, int argc, char **argv);

/* Whether the command line asks for work: it has no mistake, and is not about --help and the like,
 * which gv_program_main answers at once. For programs without options of their own. */
bool gv_program_has_work(const gv_program *program, int argc, char **argv);

/* The config that the command line leads to, for those who need some of it before
 * gv_program_main. Freed with gv_config_free. Errors are those that gv_program_main will tell. */
GV_MUST_USE int gv_program_config(gv_config **config, const gv_program *program, int argc,
                                  char **argv, gv_error *err);

/*
 * A program may be started with standard input, output or error closed. The next file that it opens
 * would get that descriptor, and messages would go into an output file. So /dev/null gets it,
 * standard input for writing and standard output for reading, so that their use is still an error.
 * gv_program_main calls it.
 */
GV_MUST_USE int gv_program_fill_standard_files(gv_error *err);

#endif
