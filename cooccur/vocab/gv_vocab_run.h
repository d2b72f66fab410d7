/*
 * gv_vocab_run - sorted runs of words on disk.
 *
 * A run is a range of a nameless temporary file. It holds, word by word: bytes shared with the word
 * before, other bytes (both varints), these bytes, count (varint). Nothing outlives the process, so
 * there is no header and no checksum; what does not decode is still an error (gv_vocab_merge.h).
 *
 * A run set is one temporary file and the runs in it. Merging moves all runs of several sets into
 * one.
 *
 * Threads: a set is used by one thread at a time.
 */
#ifndef GV_VOCAB_RUN_H
#define GV_VOCAB_RUN_H

#include "base/gv_error.h"
#include "budget/gv_budget_vocab.h"
#include "cooccur/vocab/gv_word_table.h"
#include <stddef.h>
#include <stdint.h>

/* How errors name the files, which have no names. */
#define GV_VOCAB_RUN_NAME "a temporary file of the vocabulary (cooccur.temp_dir says where)"

typedef struct gv_vocab_run {
    int fd; /* borrowed from the set that wrote it */
    uint64_t begin, end;
} gv_vocab_run;

typedef struct gv_vocab_run_set {
    const char *temp_dir;           /* borrowed */
    enum gv_word_table_order order; /* of the words in every run */
    size_t buffer;                  /* bytes for each run that is merged or written by a merge */
    int fd;                         /* -1: no file yet */
    uint64_t end;                   /* bytes in the file */
    gv_vocab_run *runs;             /* [n] */
    size_t n, capacity;
    uint64_t merge_passes; /* made so far to reduce the number of runs */
} gv_vocab_run_set;

/* An empty set. */
void gv_vocab_run_set_init(gv_vocab_run_set *set, const char *temp_dir,
                           enum gv_word_table_order order, size_t buffer);
/* Close the file and forget the runs; the set is empty and can be used again. */
void gv_vocab_run_set_clear(gv_vocab_run_set *set);

/* A run made elsewhere: append its bytes to the file, then list what has been appended since the
 * file ended at `begin`. */
GV_MUST_USE int gv_vocab_run_append(gv_vocab_run_set *set, const void *data, size_t bytes,
                                    gv_error *err);
GV_MUST_USE int gv_vocab_run_add(gv_vocab_run_set *set, uint64_t begin, gv_error *err);

/* Write one run: begin, put words in order, end. */
typedef struct gv_vocab_run_writer {
    gv_vocab_run_set *set;
    uint64_t begin;
    uint8_t *buffer;
    size_t used, capacity;
    char last[GV_TOKEN_MAX + 1]; /* the word before */
    size_t last_length;
} gv_vocab_run_writer;

/* `buffer` bytes are gathered for a write; less than GV_BUDGET_VOCAB_BUFFER_LEAST is raised to
 * it. */
GV_MUST_USE int gv_vocab_run_begin(gv_vocab_run_writer *writer, gv_vocab_run_set *set,
                                   size_t buffer, gv_error *err);
GV_MUST_USE int gv_vocab_run_put(gv_vocab_run_writer *writer, const gv_word_table_word *word,
                                 gv_error *err);
/* Add the run to the set if `status`, that of the writing, is GV_OK; ends the writer in any case.
 * Returns the first failure. */
GV_MUST_USE int gv_vocab_run_end(gv_vocab_run_writer *writer, int status, gv_error *err);

/* All words of a table, sorted in the order of the set, as one run. */
GV_MUST_USE int gv_vocab_run_write_table(gv_vocab_run_set *set, const gv_word_table *table,
                                         size_t buffer, gv_error *err);

#endif
