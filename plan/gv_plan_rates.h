/*
 * gv_plan_rates - how fast this machine is: the stages' own loops where the library has them, small
 * loops like theirs elsewhere, each for a fraction of a second. Private to glove-plan.
 *
 * Rates are seconds of processor time of one thread. Each loop runs many times, and the
 * quickest pass counts: other work on the machine disturbs little.
 *
 * Threads: one at a time.
 */
#ifndef GV_PLAN_RATES_H
#define GV_PLAN_RATES_H

#include "config/gv_config.h"
#include "plan/gv_plan_words.h"

/* What does not depend on the keys of training. */
typedef struct gv_plan_rates {
    double split;   /* a byte of text cut into tokens, by the config's tokenizer */
    double look_up; /* a token looked up in a vocabulary of the sample's words */
    double sum;     /* a neighbour added to the sums of a row */
    double scatter; /* a cell of 4 bytes coded by a table of 64 Ki codes and put into one of 32
                       lists */
} gv_plan_rates;

/* Takes a quarter of a second. GV_E_MEMORY, GV_E_RUNTIME if ICU lacks its data, GV_E_STOPPED. */
GV_MUST_USE int gv_plan_rates_measure(gv_plan_rates *rates, const gv_plan_sample *sample,
                                      const gv_plan_words *words, const gv_config *config,
                                      gv_error *err);

/* What training works on. */
typedef struct gv_plan_rates_shape {
    uint32_t vocab;
    double segment; /* words of a segment */
    double run;     /* records of a row of a tile */
    double tile;    /* records of a tile */
} gv_plan_rates_shape;

/* A record of train.objective "glove" or "logistic" by the kernel, with train.dim. Takes a tenth of
 * a second. GV_E_MEMORY; GV_E_USAGE as gv_kernel_choose. */
GV_MUST_USE int gv_plan_rates_record(double *seconds, const gv_config *config,
                                     const gv_plan_rates_shape *shape, gv_error *err);
/* A word of the text with its window and its noise words, by the kernel of "word2vec". The same. */
GV_MUST_USE int gv_plan_rates_example(double *seconds, const gv_config *config, uint32_t vocab,
                                      gv_error *err);

/* Bytes per second that the disk of `path`, or of the nearest directory above it that exists,
 * writes, sync included: a nameless file of 34 MiB is written. INFINITY if it cannot be found
 * out. */
double gv_plan_rates_disk(const char *path);

#endif
