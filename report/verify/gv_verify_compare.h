/*
 * gv_verify_compare - one output of a run beside the one that was made again.
 *
 * Bytes are compared, but of store.db, vectors.db and eval.json their contents: stores record when
 * they were made, SQLite's versions may lay a database out differently, and eval.json names test
 * sets as the config does. Of these the stamp's checksum says whether the file is still the one
 * that the stage wrote.
 *
 * Threads: main thread only.
 */
#ifndef GV_VERIFY_COMPARE_H
#define GV_VERIFY_COMPARE_H

#include "report/verify/gv_verify_run.h"

enum gv_verify_compare_kind {
    GV_VERIFY_COMPARE_BYTES,   /* the same bytes */
    GV_VERIFY_COMPARE_CONTENT, /* the same contents */
    GV_VERIFY_COMPARE_RECORD,  /* the run has removed the file; its stamp has the same checksum */
    GV_VERIFY_COMPARE_GONE,    /* the run has removed the file, and nothing says what it held */
    GV_VERIFY_COMPARE_DIFFERS
};

enum { GV_VERIFY_COMPARE = 600 };

typedef struct gv_verify_compare {
    enum gv_verify_compare_kind kind;
    bool missing;                 /* DIFFERS: the run has no such file */
    bool changed;                 /* DIFFERS: the run's file is not the one of its stamp any more */
    char text[GV_VERIFY_COMPARE]; /* DIFFERS: where, or what is wrong; else a remark, or "" */
} gv_verify_compare;

/* Compare `name`, which `stage` of the run made, with the one in the run directory `work`. GV_E_IO,
 * GV_E_MEMORY; GV_E_STOPPED after a signal. */
GV_MUST_USE int gv_verify_compare_file(gv_verify_compare *result, const gv_verify_run *run,
                                       size_t stage, const char *name, const char *work,
                                       gv_error *err);

#endif
