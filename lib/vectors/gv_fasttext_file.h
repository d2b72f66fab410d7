/*
 * gv_fasttext_file - the n-grams of a fastText model (.bin), read from the file when they are asked
 * for.
 *
 * Errors: GV_E_IO, GV_E_MEMORY; GV_E_CORRUPT for a file that gv_vectors_read would refuse.
 * Threads: an object is used by one thread at a time.
 */
#ifndef GV_FASTTEXT_FILE_H
#define GV_FASTTEXT_FILE_H

#include "base/gv_error.h"
#include <stddef.h>

typedef struct gv_fasttext_file gv_fasttext_file;

/* `*file` is NULL, without an error, if the model has no n-grams, or is compressed. The caller
 * closes. */
GV_MUST_USE int gv_fasttext_file_open(gv_fasttext_file **file, const char *path, gv_error *err);
/* Accepts NULL. */
void gv_fasttext_file_close(gv_fasttext_file *file);
/* Numbers of a vector. */
size_t gv_fasttext_file_dim(const gv_fasttext_file *file);
/* The vector that fastText gives a word which the model does not have: the mean of its n-grams'
 * rows. `*ngrams`: how many it has; 0: `to` ([dim]) holds zeros. */
GV_MUST_USE int gv_fasttext_file_vector(gv_fasttext_file *file, const char *word, float *to,
                                        size_t *ngrams, gv_error *err);

#endif
