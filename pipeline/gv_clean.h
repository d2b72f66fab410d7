/*
 * gv_clean - files of a run directory that can be made again, and their removal: glove-clean.
 *
 * A file is removed only if glovebox made it: it has the content that a stamp records, it is
 * a checkpoint or corpus.ids by its header, or the half-written file of a stage that was killed.
 * What somebody has put there or edited since stays. So does what could not be made again, because
 * the corpus, or another file from outside the run directory, is gone or has changed. Symbolic
 * links are neither followed nor removed. The directory must be one in which no stage runs; as long
 * as a gv_clean is open, none can start.
 *
 * Threads: main thread only.
 */
#ifndef GV_CLEAN_H
#define GV_CLEAN_H

#include "base/gv_error.h"
#include "config/gv_config.h"
#include "pipeline/gv_stage_locks.h"
#include <stdbool.h>
#include <stdint.h>

/* Kinds of files, as bits for what is to stay. The vocabulary stays with each of the others. */
enum gv_clean_kind {
    GV_CLEAN_VOCAB = 1 << 0,
    GV_CLEAN_COUNTS = 1 << 1, /* counts.bin, corpus.ids */
    GV_CLEAN_STORE = 1 << 2,
    GV_CLEAN_MODEL = 1 << 3,  /* checkpoints */
    GV_CLEAN_VECTORS = 1 << 4 /* vectors in all formats, eval.json, eval.tsv */
};
/* The names of the kinds for options, in the order of the bits; ends with NULL. */
extern const char *const gv_clean_kinds[];

/* The kinds that the values of --keep name, as bits; several may be in one, with commas.
 * GV_E_USAGE for another name. */
GV_MUST_USE int gv_clean_parse(unsigned *keep, const gv_strings *values, gv_error *err);

enum { GV_CLEAN_REASON = 200 };

typedef struct gv_clean_file {
    char *name;    /* inside the run directory; of a part of the store elsewhere, its path */
    unsigned kind; /* an enum gv_clean_kind; 0: left over from a stage that was killed */
    enum gv_config_stage stage; /* that makes it */
    uint64_t bytes;             /* what its removal frees */
    bool remove;
    char reason[GV_CLEAN_REASON]; /* why it stays, if not because it was asked to; else "" */
} gv_clean_file;

typedef struct gv_clean {
    char *dir;
    int dir_fd;
    int locks[GV_STAGE_LOCKS]; /* of the stages; below 0: none */
    gv_clean_file *files;
    size_t n, capacity;
} gv_clean;

/*
 * Look at the run directory `dir` and decide: what is of a kind in `keep` stays, and with `all`,
 * what cannot be made again is removed all the same. Caller closes.
 *
 * GV_E_USAGE: it is no run directory; vectors are to stay, but there are none that are finished.
 * GV_E_RUNTIME: a stage is running there. GV_E_IO, GV_E_MEMORY.
 */
GV_MUST_USE int gv_clean_open(gv_clean **clean, const char *dir, unsigned keep, bool all,
                              gv_error *err);
/* Accepts NULL. */
void gv_clean_close(gv_clean *clean);

/* Bytes and number of the files that are to be removed. */
uint64_t gv_clean_bytes(const gv_clean *clean, size_t *files);
/* Remove them. GV_E_IO at the first that cannot be removed. */
GV_MUST_USE int gv_clean_remove(const gv_clean *clean, gv_error *err);

#endif
