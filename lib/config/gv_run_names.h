/*
 * gv_run_names - the names of the files in a run directory.
 *
 * Threads: pure functions.
 */
#ifndef GV_RUN_NAMES_H
#define GV_RUN_NAMES_H

#include <stdbool.h>

#define GV_FILE_CONFIG     "config.json"
#define GV_FILE_VOCAB      "vocab.txt"
#define GV_FILE_PHRASES    "phrases.tsv"
#define GV_FILE_COUNTS     "counts.bin"
#define GV_FILE_STORE      "store.db"
#define GV_FILE_IDS        "corpus.ids"
#define GV_FILE_CHECKPOINT "model.ckpt"
#define GV_FILE_HISTORY    "model.lbfgs"
#define GV_FILE_SUBWORDS   "subwords.bin"
#define GV_FILE_METRICS    "metrics.jsonl"
#define GV_FILE_EVAL       "eval.json"
#define GV_FILE_ITEMS      "eval.tsv"
#define GV_FILE_REPORT     "report.html"
#define GV_FILE_EMBED      "embed.bin"

/* A directory that has this folder is a run directory. */
#define GV_FOLDER_STAMPS ".stamps"

/* What earlier text gave to a run to which text was appended; and the list of texts in it. */
#define GV_FOLDER_BASE "base"
#define GV_FILE_PARTS  "parts.json"
/* The run that an append builds, until it takes the place of the run that it is in. */
#define GV_FOLDER_APPEND "append"
/* In it, from when its files begin to move until all have. */
#define GV_FILE_REPLACING "replacing"

/* Is `name`, without folders, that of a file which the programs write into a run directory, or of a
 * temporary one beside it? */
bool gv_run_names_is_output(const char *name);

/* Is `name` that of a part of a store, "store-3of4-0123456789abcdef.db"? With `unfinished`, that of
 * one that is or was being written: "store-3of4.db.tmp", or what SQLite keeps beside it. */
bool gv_run_names_is_part(const char *name, bool unfinished);

#endif
