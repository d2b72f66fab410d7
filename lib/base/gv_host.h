/*
 * gv_host - what a measurement was made with: machine, processor, build of the program.
 *
 * For metrics.jsonl and the report only: no output file may depend on it.
 *
 * Threads: functions touch only their arguments.
 */
#ifndef GV_HOST_H
#define GV_HOST_H

typedef struct gv_host {
    char name[256]; /* of the machine; "" if the system does not tell */
    char cpu[128];  /* model of the processor, "AMD EPYC 9B14"; "" likewise */
} gv_host;

void gv_host_describe(gv_host *host);

/* The commit from which the program was built: 12 hexadecimal digits, "-dirty" behind them if the
 * tree had changes; "" if it was not built from a Git repository. Constant. */
const char *gv_host_commit(void);

#endif
