/*
 * gv_words_given - what a user names as vectors: a file of any format, or a run directory.
 *
 * Of a run directory it is the first file that exists of the formats in its output.formats (of any
 * format, if it has no config.json), in the order safetensors, word2vec, sqlite, fasttext, text,
 * npy, projector.
 *
 * Errors name what was given. Threads: any.
 */
#ifndef GV_WORDS_GIVEN_H
#define GV_WORDS_GIVEN_H

#include "vectors/gv_vectors.h"
#include <stdbool.h>

typedef struct gv_words_given {
    const char *given; /* borrowed */
    char *vectors;     /* path of the file; owned */
    char *vocab;       /* vocab.txt beside it, or NULL; owned */
    bool is_dir;
} gv_words_given;

/* GV_E_USAGE: a directory without vectors, or whose config.json is malformed. GV_E_IO,
 * GV_E_MEMORY. That the file exists is not checked. The caller clears, also after a failure. */
GV_MUST_USE int gv_words_given_find(gv_words_given *found, const char *given, gv_error *err);
/* Read the vectors, those of npy under the words of `vocab`. A file without rows is GV_E_CORRUPT;
 * errors as of gv_vectors_read. The caller frees. */
GV_MUST_USE int gv_words_given_read(gv_vectors **vectors, const gv_words_given *found,
                                    gv_error *err);
void gv_words_given_clear(gv_words_given *found);

#endif
