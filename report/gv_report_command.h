/*
 * gv_report_command - the commands of glove-report. The first operand names one; without operands
 * the program writes the page of a run (gv_report_page_write).
 *
 * Each command has a function here and a row in the table of glove_report_main.c, which says what
 * operands it takes and which options it looks at. Any other option that was given is refused.
 *
 * Threads: main thread only.
 */
#ifndef GV_REPORT_COMMAND_H
#define GV_REPORT_COMMAND_H

#include "app/gv_program.h"

/* The program's own options; all borrowed from the command line. NULL or empty: not given. */
typedef struct gv_report_command_options {
    gv_strings noise;                         /* drift */
    const char *by, *limit, *min_count, *top; /* drift */
    const char *neighbours;                   /* drift, stability */
    const char *output;
    gv_strings words;               /* --word */
    const char *listed;             /* --words: a number */
    const char *mapped;             /* --map: a number */
    const char *base, *sort, *best; /* of compare */
    const char *work, *corpus_dir, *to, *format;
    gv_strings over; /* --over */
} gv_report_command_options;

/* A command's work: prints its result on standard output. `call->operands` are those behind the
 * name of the command. Set `*exit_code`, 0 at first, to end with that code and no error line. */
typedef int gv_report_command(int *exit_code, const gv_program_call *call,
                              const gv_report_command_options *options, gv_error *err);

gv_report_command gv_report_command_drift;
gv_report_command gv_report_command_page;
gv_report_command gv_report_command_stability;
gv_report_command gv_report_command_compare;
gv_report_command gv_report_command_verify;
gv_report_command gv_report_command_cite;

#endif
