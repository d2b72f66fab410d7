/*
 * gv_cooccur_runs - sorted runs: coded rows in order, in nameless temporary files.
 *
 * A corpus larger than memory gives one run per batch. Runs are in levels: those of one level are
 * one after the other in one file, and a full level (fan_in runs) is merged into one run of the
 * next (gv_cooccur_merge.h). So few files are open however many runs there are.
 *
 * Invariant: all runs of a count have the same bands, and a run knows where each of its bands
 * begins, so that bands can be merged independently of each other.
 *
 * Threads: one thread writes at a time; any may read what is complete.
 */
#ifndef GV_COOCCUR_RUNS_H
#define GV_COOCCUR_RUNS_H

#include "base/gv_error.h"
#include <stddef.h>
#include <stdint.h>

/* With fan_in 2 or more, 2^40 batches are enough for any corpus. */
enum { GV_COOCCUR_RUNS_LEVELS = 40 };

/* How errors name the files, which have no names. */
#define GV_COOCCUR_RUNS_NAME "a temporary file of sorted counts"

typedef struct gv_cooccur_runs_level {
    int fd;           /* -1: none yet */
    unsigned runs;    /* complete ones */
    uint64_t size;    /* bytes of the file in use */
    uint64_t *offset; /* [fan_in][bands + 1] where the rows of each band of each run begin */
} gv_cooccur_runs_level;

typedef struct gv_cooccur_runs {
    const char *dir; /* borrowed; of the temporary files */
    unsigned fan_in; /* runs of a full level */
    uint32_t bands;
    gv_cooccur_runs_level level[GV_COOCCUR_RUNS_LEVELS];
    unsigned levels; /* used */
} gv_cooccur_runs;

/* No runs yet; `fan_in` is at least 2. Clear at the end, which closes the files. */
void gv_cooccur_runs_init(gv_cooccur_runs *runs, const char *dir, unsigned fan_in, uint32_t bands);
void gv_cooccur_runs_clear(gv_cooccur_runs *runs);
/* Bytes and number of all runs. */
uint64_t gv_cooccur_runs_bytes(const gv_cooccur_runs *runs);
unsigned gv_cooccur_runs_count(const gv_cooccur_runs *runs);
/* Discard the runs of a level and the contents of its file. */
GV_MUST_USE int gv_cooccur_runs_empty_level(gv_cooccur_runs_level *level, gv_error *err);

/* A run being written: begin, write bands in order, end. Without the end there is no run. */
typedef struct gv_cooccur_runs_writer {
    gv_cooccur_runs_level *level;
    const char *dir;       /* for errors */
    uint64_t *offset;      /* [bands + 1] of this run */
    uint32_t bands, begun; /* bands whose offset is known */
} gv_cooccur_runs_writer;

/* The level must not be full. Opens its file if it has none. */
GV_MUST_USE int gv_cooccur_runs_begin(gv_cooccur_runs_writer *writer, gv_cooccur_runs *runs,
                                      unsigned level, gv_error *err);
/* Append rows of `band`, which is not below the band before. A gv_cooccur_sink_write; `writer` is a
 * gv_cooccur_runs_writer. */
GV_MUST_USE int gv_cooccur_runs_write(void *writer, uint32_t band, const uint8_t *rows,
                                      size_t bytes, gv_error *err);
/* The run is complete: it counts from now on. */
void gv_cooccur_runs_end(gv_cooccur_runs_writer *writer);

#endif
