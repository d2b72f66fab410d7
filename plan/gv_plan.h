/*
 * gv_plan - an estimate of what a run needs, from a sample of its corpus: words, records, disk,
 * memory and time, and whether the machine has it. docs/planning.md says how exact it is.
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

enum { GV_PLAN_FILES = 16 }; /* at most */

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
    uint64_t misfit_need;       /* bytes of memory that it needs; 0 if it is disk that lacks */
} gv_plan;

/*
 * Plan `config` in `run_dir`, which need not exist. `share`: part of the corpus to read; 0 chooses
 * it (gv_plan_sample.h). Takes a few seconds. A run that does not fit is no error: plan->misfit
 * says what is too small.
 *
 * Errors: those of gv_plan_sample_read, gv_plan_words_guess and gv_plan_pairs_measure, and of
 * gv_vocab_read for vocab.file; GV_E_IO if a disk cannot be examined.
 *
 * Environment variable GLOVEBOX_TEST_DISK_FREE=BYTES (tests): free bytes of the disks.
 */
GV_MUST_USE int gv_plan_make(gv_plan *plan, const gv_config *config, const char *run_dir,
                             double share, gv_error *err);

/* What is read of the corpus, for the plans of several configs that agree in all keys that
 * glove-vocab and glove-cooccur read. `config` is borrowed. The caller frees. */
typedef struct gv_plan_estimate gv_plan_estimate;
GV_MUST_USE int gv_plan_estimate_make(gv_plan_estimate **estimate, const gv_config *config,
                                      double share, gv_error *err);
/* Accepts NULL. */
void gv_plan_estimate_free(gv_plan_estimate *estimate);
/* gv_plan_make without reading. */
GV_MUST_USE int gv_plan_make_from(gv_plan *plan, const gv_plan_estimate *estimate,
                                  const gv_config *config, const char *run_dir, gv_error *err);

/* The plan as a table for people, and as JSON on one line. The caller frees the string with
 * gv_mem_free. Fail with GV_E_MEMORY only. */
GV_MUST_USE int gv_plan_table(char **text, const gv_plan *plan, gv_error *err);
GV_MUST_USE int gv_plan_json(char **json, const gv_plan *plan, gv_error *err);

#endif
