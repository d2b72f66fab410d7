/*
 * gv_program_least - the least memory that each program needs, whatever its data.
 *
 * Threads: pure functions.
 */
#ifndef GV_PROGRAM_LEAST_H
#define GV_PROGRAM_LEAST_H

#include <stddef.h>

/* Where a limit of the shell (ulimit -v, -d) may be why the program had too little memory: what it
 * is and what the program `name` needs, to be put behind the error. Empty if there is no such
 * limit. */
void gv_program_least_advice(char *text, size_t bytes, const char *name);

#endif
