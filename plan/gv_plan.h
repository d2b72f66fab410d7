/*
 * gv_plan - what a run needs, estimated from a sample of its corpus: words, records, disk,
 * memory, time; and whether the machine has it. docs/planning.md tells how far to trust it.
 *
 * Threads: one at a time.
 */
#ifndef GV_PLAN_H
#define GV_PLAN_H

#include "base/gv_error.h"
#include "config/gv_config.h"
#include <stdbool.h>
#include <stdint.h>

/* The stages, in their order. */
enum gv_plan_number {
    GV_PLAN_VOCAB,
    GV_PLAN_COOCCUR,
    GV_PLAN_SHUFFLE,
    GV_PLAN_TRAIN,
    GV_PLAN_STAGES /* how many */
};

enum { GV_PLAN_FILES = 12 }; /* at most */

typedef struct gv_plan_file {
    const char *name;
    double bytes;
} gv_plan_file;

/* One program. */
typedef struct gv_plan_stage {
    const char *program;
    double cpu_s, wall_s;
    double memory; /* peak, bytes */
    double disk;   /* bytes of its files that stay */
    double temp;   /* bytes of temporary files at the peak, in cooccur.temp_dir */
} gv_plan_stage;

typedef struct gv_plan {
    double corpus_bytes, sample_bytes, fraction; /* of text; fraction = sample / corpus */
    double corpus_tokens, tokens;                /* in all; of the vocabulary */
    double distinct, vocab;                      /* words in all; of the vocabulary */
    double cells, records;                       /* of counts.bin; ordered pairs */
    unsigned batches;                            /* that counting goes in */
    unsigned threads, train_threads;
    gv_plan_stage stage[GV_PLAN_STAGES];
    uint32_t files;
    gv_plan_file file[GV_PLAN_FILES]; /* of the run directory */
    double disk_peak, temp_peak;      /* most bytes at once: run directory, temporary directory */
    double disk_free, temp_free;      /* on their file systems */
    bool one_disk;                    /* both on one: disk_peak holds the temporary files, too */
    double memory_available;
    char misfit[GV_ERROR_TEXT]; /* what does not fit and what to change; "" if all fits */
} gv_plan;

/*
 * Plan `config` in `run_dir` (which need not be there). `share`: part of the corpus to read, 0: to
 * be chosen (gv_plan_sample.h). Takes a few seconds. What does not fit is no error here but stands
 * in plan->misfit.
 *
 * Environment variable GLOVEBOX_TEST_DISK_FREE=BYTES (tests): instead of what the disks have.
 */
int gv_plan_make(gv_plan *plan, const gv_config *config, const char *run_dir, double share,
                 gv_error *err);

/* As a table for people (caller frees); as JSON (new reference). */
int gv_plan_table(char **text, const gv_plan *plan, gv_error *err);
int gv_plan_json(char **json, const gv_plan *plan, gv_error *err);

#endif
