/*
 * gv_ngrams - the character n-grams of a word.
 *
 * The word is put into brackets, `<word>`, so that its beginning and its end are different from the
 * same letters elsewhere; the n-grams are its pieces of min_n to max_n characters, as a reader sees
 * characters (gv_clusters.h). A bracket alone is no n-gram. The rule is fastText's, which cuts
 * code points; where no code point combines with another, both are the same.
 *
 * Source: Bojanowski, Grave, Joulin, Mikolov, "Enriching Word Vectors with Subword Information",
 * TACL 2017, section 3.2.
 * Threads: any.
 */
#ifndef GV_NGRAMS_H
#define GV_NGRAMS_H

#include "base/gv_error.h"
#include <stddef.h>

enum { GV_NGRAMS_WORD = 65535 }; /* bytes of a word; a longer one has no n-grams */

/* Receives an n-gram of `length` bytes, not NUL-terminated, borrowed until it returns; not GV_OK
 * ends the walk. */
typedef int gv_ngrams_found(void *context, const char *text, size_t length, gv_error *err);

/*
 * Call `found` for every n-gram of `word`, by where it begins and then by its length; one that
 * occurs twice comes twice. min_n is at least 1; if max_n is less than min_n there are none. The
 * text is a piece of one copy of `<word>`. Returns what `found` returns, GV_E_MEMORY, or
 * GV_E_RUNTIME if ICU fails.
 */
GV_MUST_USE int gv_ngrams_each(const char *word, unsigned min_n, unsigned max_n,
                               gv_ngrams_found *found, void *context, gv_error *err);

#endif
