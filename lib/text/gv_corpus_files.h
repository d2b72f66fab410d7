/*
 * gv_corpus_files - which files make up the corpus.
 *
 * Threads: pure functions on the caller's memory.
 */
#ifndef GV_CORPUS_FILES_H
#define GV_CORPUS_FILES_H

#include "base/gv_error.h"
#include "base/gv_progress.h"
#include "config/gv_config.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct gv_corpus_files_entry {
    bool plain;    /* a regular file of text, readable at any place; else only front to back, which
                      is so for all files if corpus.format is not text */
    bool packed;   /* compressed, so that its text is larger */
    bool zip;      /* its members can be listed without reading all of it */
    bool pipe;     /* standard input or a named pipe: it ends when its writer does */
    uint64_t size; /* bytes on disk, 0 if unknown */
    /* gv_corpus_share.h: the bytes `from` to `to` are at `at` of the file with received text */
    bool received;
    uint64_t from, to, at;
} gv_corpus_files_entry;

typedef struct gv_corpus_files_found {
    gv_strings paths;               /* after expansion, in order */
    gv_corpus_files_entry *entries; /* [paths.n] */
    /* left out, and an example of each (NULL: none) */
    uint64_t own;      /* of a run directory, matched by a pattern or in a folder */
    uint64_t textless; /* images and the like in folders */
    char *first_own, *first_textless;
} gv_corpus_files_found;

/*
 * Find the files of corpus.files, and examine each by its first bytes and some further ones.
 * Entries are taken in order, the matches of one in byte order; a name that exists is taken as it
 * is even if it looks like a pattern; of a folder, the files below it that match corpus.pattern.
 * "-" is standard input and may appear once. The caller frees. GV_E_USAGE: no files, no match;
 * GV_E_IO: unreadable; GV_E_CORRUPT: not text, without corpus.binary = "accept"; GV_E_MEMORY.
 */
GV_MUST_USE int gv_corpus_files_find(gv_corpus_files_found *files, const gv_config *config,
                                     gv_error *err);
/* Tell the user how many files and bytes (0: unknown) there are, what was left out, and what is
 * named more than once. GV_E_MEMORY. */
GV_MUST_USE int gv_corpus_files_report(const gv_corpus_files_found *files, uint64_t bytes,
                                       gv_progress *progress, gv_error *err);
void gv_corpus_files_free(gv_corpus_files_found *files);

#endif
