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

/* A command line as people use it, and what it does ("count the words of two files"). */
typedef struct gv_program_example {
    const char *program, *command, *what;
} gv_program_example;

/* Of all programs; ends with an entry whose program is NULL. */
extern const gv_program_example gv_program_examples[];

/* The names of all programs; ends with NULL. */
extern const char *const gv_program_text_names[];

/* The stages whose keys the program reads, as bits; 0: it is no stage. */
unsigned gv_program_text_stages(const gv_program *program);

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

/* Append what the last of the `n` words of a command line, behind the program's name, may become:
 * see gv_program_complete.c. */
void gv_program_complete(gv_text *text, const gv_program *program, int n, char *const *words);
/* Append the script that makes a shell ask for it: for all programs. False: no such shell. */
bool gv_program_completion_script(gv_text *text, const char *shell);

/* Where the settings of a start come from. All borrowed. */
typedef struct gv_program_settings {
    const gv_program *program;
    const gv_config *config;
    const gv_strings *sets;
    const char *dir;         /* the run directory */
    const char *config_path; /* of --config, or NULL */
    const char *found;       /* config.json of the run directory, if the config comes from there */
} gv_program_settings;

/* Add to `notes` where settings come from that are neither of the command line nor defaults, and
 * which have no effect: a line each, or nothing. The only error is GV_E_MEMORY. */
GV_MUST_USE int gv_program_settings_notes(gv_strings *notes, const gv_program_settings *settings,
                                          gv_error *err);

#endif
