/*
 * gv_merge - counts-merge: counts of several corpora, weighted and added up, as a run directory.
 *
 * Threads: main thread only.
 */
#ifndef GV_MERGE_H
#define GV_MERGE_H

#include "app/gv_program.h"
#include "vocab/gv_vocab_combine.h"

typedef struct gv_merge_options {
    enum gv_vocab_combine_words words;
    const char *given; /* a file of words, with GV_VOCAB_COMBINE_GIVEN; NULL otherwise */
    bool floor;        /* what becomes negative is left out */
} gv_merge_options;

/*
 * Merge `operands` (PATH[:WEIGHT], at least one) into the run directory `out`: counts.bin,
 * vocab.txt, config.json, stamps and events, so that glove-shuffle and the programs after it go on
 * from it. What is there already and made from the same is left alone.
 *
 * GV_E_USAGE: operands or settings that do not fit together; `out` is one of the inputs, or holds
 * another run (without call->force). Otherwise the errors of gv_counts_merge and gv_vocab_combine.
 */
GV_MUST_USE int gv_merge_counts(const char *out, gv_strings operands,
                                const gv_merge_options *options, const gv_program_call *call,
                                gv_error *err);

#endif
