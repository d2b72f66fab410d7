/*
 * gv_merge_input - one of the counts that counts-merge adds up: its files and its weight.
 *
 * Threads: main thread only.
 */
#ifndef GV_MERGE_INPUT_H
#define GV_MERGE_INPUT_H

#include "base/gv_error.h"
#include "base/gv_fraction.h"
#include "base/gv_progress.h"
#include "config/gv_json.h"
#include "counts/gv_counts.h"
#include "vocab/gv_vocab.h"

typedef struct gv_merge_input {
    char *name;         /* as the user named it, without the weight */
    char *weight_text;  /* "1" if none was given */
    gv_fraction weight; /* not 0 */
    char *dir;          /* the run directory; NULL: a file was named */
    char *counts_path, *vocab_path;
    gv_counts *counts;
    gv_vocab *vocab;
    gv_json *recipe;
} gv_merge_input;

/*
 * Open what `operand` names: PATH or PATH:WEIGHT, the path being a run directory or a counts.bin.
 * An operand that exists as it stands has no weight. The vocabulary of DIR/NAME.bin is
 * DIR/NAME.vocab.txt, or if that is not there, DIR/vocab.txt. The caller clears, also on failure.
 *
 * GV_E_USAGE: a weight that is no number, or 0; GV_E_CORRUPT: counts of another vocabulary;
 * what gv_counts_open and gv_vocab_read refuse.
 */
GV_MUST_USE int gv_merge_input_open(gv_merge_input *input, const char *operand, gv_error *err);
void gv_merge_input_clear(gv_merge_input *input);

/* Counts that were made in another way than `first` cannot be added to it: GV_E_USAGE naming the
 * key and both values. What is doubtful is a note: text that was read in another way. */
GV_MUST_USE int gv_merge_input_check_alike(const gv_merge_input *first, const gv_merge_input *other,
                                           gv_progress *progress, gv_error *err);

#endif
