/*
 * gv_words - vectors ready for questions: found, read, normalised, looked up.
 *
 * What glove-eval, glove-query and glove-report share: which vectors of a run to read, and how a
 * word that somebody typed becomes a row.
 *
 * Threads: after opening, everything is only read and may be used by any number of threads.
 */
#ifndef GV_WORDS_H
#define GV_WORDS_H

#include "vectors/gv_nearest.h"
#include "vectors/gv_vectors.h"
#include <stdbool.h>

typedef struct gv_words {
    gv_vectors *vectors; /* owned; its rows are scaled to length 1 */
    gv_nearest nearest;  /* `<unk>` is never an answer */
    bool lower_case;     /* no word of the vocabulary has an upper-case letter */
} gv_words;

/*
 * The file of vectors that the run in `dir` offers by output.formats: the first that exists of
 * safetensors, word2vec, sqlite, text (exact numbers before rounded ones). Caller frees `*path`.
 * None there: GV_E_USAGE saying what to run; only formats that cannot be read back (npy and
 * projector have no words) configured: GV_E_USAGE naming output.formats. `*name` (may be NULL)
 * receives the file's name in `dir`, borrowed.
 */
GV_MUST_USE int gv_words_find_file(char **path, const char **name, const gv_config *config,
                                   const char *dir, gv_error *err);

/* Read the file at `path`; `note` of the reader stays in words->vectors. No rows: GV_E_CORRUPT. */
GV_MUST_USE int gv_words_read(gv_words **words, const char *path, gv_error *err);
/* The same from vectors in memory, which are taken over, also on failure. */
GV_MUST_USE int gv_words_take(gv_words **words, gv_vectors *vectors, gv_error *err);
void gv_words_free(gv_words *words);

/*
 * Row of a word, or GV_NEAREST_NO_ROW: the word as it is, else its case-folded form if the vocabulary is
 * all lower case. Out of memory counts as not found.
 */
size_t gv_words_lookup(const gv_words *words, const char *word);

/*
 * Up to `limit` words of the vocabulary that are spelt like `word`, nearest first (Levenshtein
 * distance in characters, at most a third of the word's length and at most 3; of equal ones the
 * more frequent). Borrowed strings in `found`; returns how many.
 */
size_t gv_words_similar(const char **found, size_t limit, const gv_words *words, const char *word);

/* The same among any `n` words; `get(context, i)` gives the i-th. */
size_t gv_words_spelt_like(const char **found, size_t limit, const char *word, size_t n,
                           const char *(*get)(const void *context, size_t i), const void *context);

#endif
