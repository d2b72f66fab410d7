/*
 * gv_program_text - the help and the man page of a program. Private to gv_program.c.
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

#endif
