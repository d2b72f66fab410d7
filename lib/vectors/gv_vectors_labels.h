/*
 * gv_vectors_labels - the words of vectors in a file that holds none: one a line, in the order of
 * the rows.
 *
 * `--words FILE` of glove-convert: white space around a word and a count behind it, as in
 * vocab.txt, are dropped, and blank lines do not count. The projector's metadata.tsv: if it has
 * several columns, its first line names them, and words are in the column called word, label, name
 * or token, else in the first; if it has one, a first line `word`, `label` ... is taken for a name,
 * too.
 *
 * Errors name the file; those of gv_lines.h, and GV_E_CORRUPT. Threads: one at a time.
 */
#ifndef GV_VECTORS_LABELS_H
#define GV_VECTORS_LABELS_H

#include "base/gv_error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct gv_vectors_labels gv_vectors_labels;

/* A file of words, or with `table` the projector's metadata. The caller closes. */
GV_MUST_USE int gv_vectors_labels_open(gv_vectors_labels **labels, const char *path, bool table,
                                       gv_error *err);
/* Accepts NULL. */
void gv_vectors_labels_close(gv_vectors_labels *labels);

/* A word; `text` is NULL at the end. Borrowed until the next call. */
typedef struct gv_vectors_labels_word {
    const char *text;
    size_t length;
    uint64_t count; /* behind the word; 0: none */
} gv_vectors_labels_word;
GV_MUST_USE int gv_vectors_labels_next(gv_vectors_labels *labels, gv_vectors_labels_word *label,
                                       gv_error *err);

/*
 * The word of row `row` (from 0) of `rows` in the file `path`: an error if there is none, but that
 * of a last row is `<unk>`, which vocab.txt does not list.
 */
GV_MUST_USE int gv_vectors_labels_for(gv_vectors_labels *labels, gv_vectors_labels_word *label,
                                      const char *path, size_t row, bool last, gv_error *err);
/* After `rows` rows of the file `path`: no word is left over. */
GV_MUST_USE int gv_vectors_labels_end(gv_vectors_labels *labels, const char *path, size_t rows,
                                      gv_error *err);

#endif
