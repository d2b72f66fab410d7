/*
 * gv_corpus_files - which files make up the corpus.
 *
 * Threads: pure functions on the caller's memory.
 */
#ifndef GV_CORPUS_FILES_H
#define GV_CORPUS_FILES_H

#include "base/gv_error.h"
#include "config/gv_config.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct gv_corpus_files_entry {
    bool plain;    /* a regular file of text, readable at any place; else only front to back */
    uint64_t size; /* bytes on disk, 0 if unknown */
} gv_corpus_files_entry;

/*
 * Expand `patterns` into `paths` and examine each file: `*files` has an entry for each path.
 * Patterns are taken in order, the matches of one in byte order; a name that exists is taken as it
 * is even if it looks like a pattern. "-" is standard input and may appear once. The caller
 * releases both with gv_corpus_files_free. GV_E_USAGE: no files, no match, a directory; GV_E_IO:
 * unreadable; GV_E_MEMORY.
 */
GV_MUST_USE int gv_corpus_files_find(gv_strings *paths, gv_corpus_files_entry **files,
                                     const gv_strings *patterns, gv_error *err);
void gv_corpus_files_free(gv_strings *paths, gv_corpus_files_entry *files);

#endif
