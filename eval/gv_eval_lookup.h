/*
 * gv_eval_lookup - the vectors of words of a test set, scaled to length 1.
 *
 * A word whose row has no direction (zeros, or numbers that are not finite) is not in the
 * vocabulary. With eval.oov "subwords", words that are not there have vectors from their n-grams
 * (gv_words_unseen.h). A word with blanks is also looked up with `_` in their place, as phrases are
 * written.
 *
 * Threads: functions touch only their arguments.
 */
#ifndef GV_EVAL_LOOKUP_H
#define GV_EVAL_LOOKUP_H

#include "vectors/gv_words_unseen.h"

typedef struct gv_eval_lookup {
    const gv_words *words;
    gv_words_unseen *unseen; /* NULL: other words have no vectors */
} gv_eval_lookup;

/* Where a word's vector is from; of a name of several words the last of these that occurs. */
enum gv_eval_lookup_source {
    GV_EVAL_LOOKUP_NONE,
    GV_EVAL_LOOKUP_VOCABULARY,
    GV_EVAL_LOOKUP_SUBWORDS
};

/* Write the vector of `word` (gv_words_lookup) to `unit` ([dim]); zeros if it has none. Errors:
 * those of gv_words_unseen.h. */
GV_MUST_USE int gv_eval_lookup_word(enum gv_eval_lookup_source *source, float *unit,
                                    const gv_eval_lookup *lookup, const char *word, gv_error *err);

/* The same for a word or a name of several words with `_` or blanks between them: if the whole is
 * no word of the vocabulary, the mean of its parts, each of which must have a vector. */
GV_MUST_USE int gv_eval_lookup_name(enum gv_eval_lookup_source *source, float *unit,
                                    const gv_eval_lookup *lookup, const char *name, gv_error *err);

/* The row of a word, for what needs one; GV_NEAREST_NO_ROW if it has none, or one without a
 * direction. */
size_t gv_eval_lookup_row(const gv_eval_lookup *lookup, const char *word);

#endif
