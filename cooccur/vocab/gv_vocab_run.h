/*
 * gv_vocab_run - sorted lists of words on disk, and merging them.
 *
 * A run is a part of a nameless temporary file. Word by word: bytes shared with the word before,
 * other bytes (both varints), these bytes, count (varint). Nothing outlives the process, so there
 * is no header and no checksum; what does not decode is still an error. Threads: one file has one
 * writer; everything here is used by one thread at a time.
 */
#ifndef GV_VOCAB_RUN_H
#define GV_VOCAB_RUN_H

#include "base/gv_error.h"
#include "cooccur/vocab/gv_word_table.h"
#include <stddef.h>
#include <stdint.h>

/* Buffers of readers and writers must be able to hold one record. */
/* How errors name the files, which have no names. */
#define GV_VOCAB_RUN_NAME "a temporary file of the vocabulary (cooccur.temp_dir says where)"

#define GV_RUN_BUFFER_LEAST 2048

/* A temporary file to which runs are written one after the other. */
typedef struct gv_vocab_run_file {
    int fd;       /* -1: not open yet */
    uint64_t end; /* bytes in it */
} gv_vocab_run_file;

typedef struct gv_vocab_run_part {
    int fd; /* borrowed from the gv_vocab_run_file */
    uint64_t begin, end;
} gv_vocab_run_part;

/* A growing list of runs. */
typedef struct gv_vocab_run_list {
    gv_vocab_run_part *parts;
    size_t n, capacity;
} gv_vocab_run_list;

#define GV_RUN_FILE_NONE                                                                           \
    {                                                                                              \
        .fd = -1                                                                                   \
    }

void gv_vocab_run_file_close(gv_vocab_run_file *file);

/* Receives the words of a merge; `word` is borrowed for the call. */
typedef int gv_vocab_run_sink(void *context, const gv_word_table_word *word, gv_error *err);

/* Write one run: begin, put in order, end (which adds it to `list`). */
typedef struct gv_vocab_run_writer {
    gv_vocab_run_file *file;
    uint64_t begin;
    uint8_t *buffer;
    size_t used, capacity;
    char last[1000]; /* the word before */
    size_t last_length;
} gv_vocab_run_writer;
/* Opens the file in `temp_dir` if need be. */
int gv_vocab_run_begin(gv_vocab_run_writer *writer, gv_vocab_run_file *file, const char *temp_dir,
                       size_t buffer, gv_error *err);
int gv_vocab_run_put(gv_vocab_run_writer *writer, const gv_word_table_word *word, gv_error *err);
/* Ends the writer, also on failure; `list` NULL: the run is thrown away. */
int gv_vocab_run_end(gv_vocab_run_writer *writer, gv_vocab_run_list *list, gv_error *err);

/* A run made elsewhere, byte by byte: append to the file, which is opened in `temp_dir` if need be;
 * list what has been appended since the file ended at `begin`. */
int gv_vocab_run_append(gv_vocab_run_file *file, const char *temp_dir, const void *data,
                        size_t bytes, gv_error *err);
int gv_vocab_run_list_add(gv_vocab_run_list *list, const gv_vocab_run_file *file, uint64_t begin,
                          gv_error *err);

/* All words of a sorted table as one run. */
int gv_vocab_run_write_table(const gv_word_table *table, gv_vocab_run_file *file,
                             const char *temp_dir, size_t buffer, gv_vocab_run_list *list,
                             gv_error *err);

/*
 * Merge sorted tables (`tables`, may be 0) and runs (`runs`, may be 0) into `sink`, in `order`.
 * With GV_BY_WORD the counts of equal words are added up. `buffer` bytes for each run. Looks for
 * signals.
 */
int gv_vocab_run_merge(const gv_word_table *tables, size_t n_tables, const gv_vocab_run_part *runs,
                       size_t n_runs, enum gv_word_table_order order, size_t buffer,
                       gv_vocab_run_sink *sink, void *context, gv_error *err);

/*
 * Merge groups of `fan_in` runs into longer ones, pass after pass, until at most `fan_in` are left.
 * `files` (n of them) are closed as soon as they are not needed; `last` receives the file that
 * holds the result, if there was a pass. `*passes` grows by the number of passes.
 */
int gv_vocab_run_reduce(gv_vocab_run_list *list, gv_vocab_run_file *files, size_t n_files,
                        gv_vocab_run_file *last, const char *temp_dir,
                        enum gv_word_table_order order, size_t fan_in, size_t buffer,
                        uint64_t *passes, gv_error *err);

#endif
