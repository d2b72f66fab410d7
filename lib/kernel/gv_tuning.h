/*
 * gv_tuning - the numbers of training that depend on the processor, all of them: how far ahead
 * vectors are prefetched and how many tasks share a segment in the cache.
 *
 * They decide about speed alone. No output may depend on them: tests/property/test_tuning.c trains
 * with many and compares bytes.
 *
 * Environment variable GLOVEBOX_TEST_TUNING=near=N,far=N,strip=N (for tests) replaces
 * those that it names.
 *
 * Threads: functions touch only their arguments.
 */
#ifndef GV_TUNING_H
#define GV_TUNING_H

#include "base/gv_error.h"
#include "kernel/gv_cpu.h"

#define GV_TUNING_NEAR_MOST  16u
#define GV_TUNING_FAR_MOST   40u
#define GV_TUNING_STRIP_MOST 64u

typedef struct gv_tuning {
    unsigned near;  /* records between the prefetch of a column's vector to L1 and its use, 1 to
                       GV_TUNING_NEAR_MOST */
    unsigned far;   /* the same to L2, 1 to GV_TUNING_FAR_MOST */
    unsigned strip; /* word segments that a thread works on while context segments pass by
                       (gv_schedule.h), 1 to GV_TUNING_STRIP_MOST */
} gv_tuning;

/* The numbers for this processor and vectors of `width` values. */
void gv_tuning_for(gv_tuning *tuning, const gv_cpu *cpu, size_t width);

/* Replace those that `text` names; NULL or "" names none. GV_E_USAGE if it is wrong; `tuning` is
 * then as it was. */
GV_MUST_USE int gv_tuning_parse(gv_tuning *tuning, const char *text, gv_error *err);

/* For the processor that the caller runs on, after the environment variable. Errors likewise. */
GV_MUST_USE int gv_tuning_choose(gv_tuning *tuning, size_t width, gv_error *err);

#endif
