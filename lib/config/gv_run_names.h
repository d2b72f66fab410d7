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
#define GV_FILE_REPORT     "report.html"
#define GV_FILE_EMBED      "embed.bin"

/* A directory that has this folder is a run directory. */
#define GV_FOLDER_STAMPS ".stamps"

/* Is `name`, without folders, that of a file which the programs write into a run directory, or of a
 * temporary one beside it? */
bool gv_run_names_is_output(const char *name);

#endif
