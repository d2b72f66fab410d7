/*
 * gv_program_internal - the command line, the help and the man page of a program. Private to
 * gv_program.c.
 *
 * Threads: functions touch only their arguments.
 */
#ifndef GV_PROGRAM_INTERNAL_H
#define GV_PROGRAM_INTERNAL_H

#include "app/gv_program.h"
#include "base/gv_text.h"

/* An option that all programs have; `argument` is NULL for a switch. */
typedef struct gv_program_text_option {
    const char *name, *argument, *help;
} gv_program_text_option;

/* Ends with an entry whose name is NULL. */
extern const gv_program_text_option gv_program_text_options[];

/* Append what --help prints, and the man page in roff. */
void gv_program_text_help(gv_text *text, const gv_program *program);
void gv_program_text_man(gv_text *text, const gv_program *program);

/* What the command line asks for. */
typedef struct gv_program_command {
    const gv_program *program;
    const char *config_path, *run_dir, *progress_mode; /* borrowed from argv; NULL: not given */
    bool force;
    const char *print; /* name of the --print... or --help option, NULL: work */
    gv_strings sets, operands;
    char *line; /* the command line, for metrics.jsonl; owned */
} gv_program_command;

/* The values of --progress, in the order of enum gv_progress_mode; ends with NULL. */
extern const char *const gv_program_progress_modes[];

/* Fill `cmd`, whose program is set; the caller frees its lists, also after an error (GV_E_USAGE).
 */
GV_MUST_USE int gv_program_parse(gv_program_command *cmd, int argc, char **argv, gv_error *err);

#endif
