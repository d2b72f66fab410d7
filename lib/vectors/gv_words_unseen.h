/*
 * gv_words_unseen - vectors of words that a file of vectors does not have, from their n-grams.
 *
 * Where n-grams come from: `subwords.bin` beside the file of vectors, if it belongs to these
 * vectors (gv_subwords_belong); else the file itself, if it is a fastText model. In this order,
 * because n-grams share buckets in a model, and the answers of a run should not depend on its
 * formats.
 *
 * Errors: those of gv_subwords.h and gv_vectors.h; each names the file.
 * Threads: an object is used by one thread at a time.
 */
#ifndef GV_WORDS_UNSEEN_H
#define GV_WORDS_UNSEEN_H

#include "vectors/gv_words.h"

typedef struct gv_words_unseen gv_words_unseen;

/* For the words that were read from the file `path`; both are borrowed. The caller closes. */
GV_MUST_USE int gv_words_unseen_open(gv_words_unseen **unseen, const gv_words *words,
                                     const char *path, gv_error *err);
/* Accepts NULL. */
void gv_words_unseen_close(gv_words_unseen *unseen);

/* The path of the subwords.bin beside the file of vectors `vectors`; NULL: there is none. The
 * caller frees. */
GV_MUST_USE int gv_words_unseen_beside(char **path, const char *vectors, gv_error *err);

/* The file of the n-grams, borrowed; NULL: there are none, and no word has a vector. */
const char *gv_words_unseen_file(const gv_words_unseen *unseen);
/* Is there a subwords.bin beside the vectors that was made with others? */
bool gv_words_unseen_foreign(const gv_words_unseen *unseen);

/*
 * The vector of a word, in the scale of the file, to `to` ([dim]); `*known`: how many of its
 * n-grams are known; 0: it has no vector, and `to` holds zeros. If no word of the vocabulary has a
 * capital letter, lower case and case folding are tried, too (gv_words_lookup); of these forms the
 * one with most known n-grams is taken, of equal ones lower case.
 */
GV_MUST_USE int gv_words_unseen_vector(gv_words_unseen *unseen, const char *word, float *to,
                                       size_t *known, gv_error *err);
/* The same of exactly this word, in no other case. */
GV_MUST_USE int gv_words_unseen_exactly(gv_words_unseen *unseen, const char *word, float *to,
                                        size_t *known, gv_error *err);
/* As gv_words_unseen_vector, but scaled to length 1, as the rows of gv_words are. `*known` is 0
 * also for a vector without a direction. */
GV_MUST_USE int gv_words_unseen_unit(gv_words_unseen *unseen, const char *word, float *to,
                                     size_t *known, gv_error *err);

#endif
