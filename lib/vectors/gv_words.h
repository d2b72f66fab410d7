/*
 * gv_words - vectors ready for questions: found, read, normalised, looked up.
 *
 * glove-eval, glove-query and glove-report share it: it chooses the vectors of a run and turns a
 * word that the user typed into a row.
 *
 * Threads: after opening, everything is only read and may be used by any number of threads.
 */
#ifndef GV_WORDS_H
#define GV_WORDS_H

#include "vectors/gv_nearest.h"
#include "vectors/gv_vectors.h"
#include <stdbool.h>

typedef struct gv_words {
    gv_vectors *vectors; /* owned; its rows are scaled to length 1, unless `length` is NULL */
    double *length;      /* [rows] what the lengths were before; owned */
    gv_nearest nearest;  /* `<unk>` is never an answer */
    bool lower_case;     /* no word of the vocabulary has a capital letter */
} gv_words;

/*
 * The vectors of the run in `dir`: the first file that exists of the formats in output.formats, in
 * the order safetensors, word2vec, sqlite, fasttext, text (exact numbers before rounded ones). The
 * caller frees `*path`; `*name` (may be NULL) is the file's name in `dir`, a constant string.
 * GV_E_USAGE if no file exists, or if output.formats lists only formats that cannot be read back
 * (npy and projector).
 */
GV_MUST_USE int gv_words_find_file(char **path, const char **name, const gv_config *config,
                                   const char *dir, gv_error *err);

/* Read the file at `path` (gv_vectors_read). The reader's note stays in words->vectors. A file
 * without rows is GV_E_CORRUPT. The caller frees. */
GV_MUST_USE int gv_words_read(gv_words **words, const char *path, gv_error *err);
/* The same as if the file ended after its first `limit` rows; 0: all rows. */
GV_MUST_USE int gv_words_read_first(gv_words **words, const char *path, size_t limit,
                                    gv_error *err);
/* The same from vectors in memory. `words` takes ownership of them, also on failure. */
GV_MUST_USE int gv_words_take(gv_words **words, gv_vectors *vectors, gv_error *err);
/* Accepts NULL. */
void gv_words_free(gv_words *words);

/*
 * Row of a word, or GV_NEAREST_NO_ROW: the word as it is; else, if the vocabulary has no capital
 * letters, its lower case (of Σ at the end of a word ς; ß stays); else its case folding; else all
 * these with '_' in place of blanks, which names a phrase. A word is also not found when memory
 * runs out.
 */
size_t gv_words_lookup(const gv_words *words, const char *word);

/* The same among any words: `find` returns the place of exactly this word, or GV_NEAREST_NO_ROW. */
size_t gv_words_find(const char *word, bool lower_case,
                     size_t (*find)(const void *context, const char *word), const void *context);
/* The forms of a word that gv_words_find tries after the word itself. */
enum { GV_WORDS_FORMS = 2, GV_WORDS_FORM = 4096 };
/* The form with this number, from 0; false if the word has none: it is too long, is not UTF-8, or
 * memory runs out. */
bool gv_words_lower_form(char to[GV_WORDS_FORM], const char *word, int form);
/* Have `n` words, of which `get` returns the i-th, no capital letters? Names in brackets, such as
 * <UNK> and [PAD], do not count. */
bool gv_words_lower_case(size_t n, const char *(*get)(const void *context, size_t i),
                         const void *context);

/*
 * Up to `limit` (16 at most) words of the vocabulary that are spelt like `word`, nearest first, of
 * equal ones the more frequent. The distance is Levenshtein's in characters, at most a third of the
 * word's length, but at least 1, and at most 3; to a word of a single character none is similar.
 * `found` ([limit]) receives borrowed strings; returns how many.
 */
size_t gv_words_similar(const char **found, size_t limit, const gv_words *words, const char *word);

/* The same among any `n` words; `get(context, i)` returns the i-th. */
size_t gv_words_spelt_like(const char **found, size_t limit, const char *word, size_t n,
                           const char *(*get)(const void *context, size_t i), const void *context);

#endif
