/*
 * gv_program_text - what a program says about itself: help, man page. Private to gv_program.c.
 * Threads: pure functions.
 */
#ifndef GV_PROGRAM_TEXT_H
#define GV_PROGRAM_TEXT_H

#include "app/gv_program.h"
#include "base/gv_text.h"

/* An option that every program has. */
typedef struct gv_program_common_option {
    const char *name, *argument, *help;
} gv_program_common_option;

/* Ends with an entry whose name is NULL. */
extern const gv_program_common_option gv_common_options[];

void gv_program_text_help(gv_text *text, const gv_program *program);
void gv_program_text_man(gv_text *text, const gv_program *program);

#endif
