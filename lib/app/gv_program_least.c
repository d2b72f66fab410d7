/*
 * Address space with two threads on a small run, rounded up (tests/faults/limits.py, MEASURE=1):
 * the program, its libraries, the stacks of its threads. docs/running.md has a table.
 */
#include "app/gv_program_least.h"

#include "base/gv_amount.h"
#include <stdbool.h>
#include <stdio.h>
#include <sys/resource.h>

enum { LEAST = 80 /* MiB */ };

void gv_program_least_advice(char *text, size_t bytes, const char *name)
{
    struct rlimit space, data;
    char limit[GV_AMOUNT_TEXT];
    text[0] = '\0';
    if (getrlimit(RLIMIT_AS, &space) != 0 || getrlimit(RLIMIT_DATA, &data) != 0)
        return;
    const bool is_space = space.rlim_cur <= data.rlim_cur;
    const rlim_t least = is_space ? space.rlim_cur : data.rlim_cur;
    if (least == RLIM_INFINITY)
        return;
    snprintf(text, bytes,
             " (ulimit -%c allows %s; %s needs %d MiB, and more for large data or many threads)",
             is_space ? 'v' : 'd', gv_amount_bytes(limit, (double)least), name, LEAST);
}
