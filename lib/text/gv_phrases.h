/*
 * gv_phrases - a list of phrases: sequences of words that are read as one, "new york" as new_york.
 *
 * A phrase is known by its name, its words joined by '_'. What matters is the name alone: tokens
 * that stand side by side are a phrase if they, joined by '_', are the name of one, whether or not
 * a token holds a '_' itself.
 *
 * phrases.tsv holds such a list: `phrase TAB count TAB score`, strongest first (docs/formats.md).
 *
 * Threads: a list that no longer grows is only read; any number of threads may use it at once.
 */
#ifndef GV_PHRASES_H
#define GV_PHRASES_H

#include "base/gv_error.h"
#include "text/gv_token.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { GV_PHRASES_WORDS_MAX = 32 }; /* words of a phrase */

/* Scores are whole numbers of millionths, which is what phrases.tsv shows of them, so that their
 * order is the same after they were written and read. */
enum { GV_PHRASES_SCORE_UNIT = 1000000 };

typedef struct gv_phrases gv_phrases;

/* An empty list; the caller frees. GV_E_MEMORY. */
GV_MUST_USE int gv_phrases_new(gv_phrases **phrases, gv_error *err);
/* Accepts NULL. */
void gv_phrases_free(gv_phrases *phrases);

/* Make it an empty list. */
void gv_phrases_clear(gv_phrases *phrases);

/* What is wrong with `name` ([length]) as the name of a phrase (static), or NULL: it has a word or
 * more than GV_PHRASES_WORDS_MAX words, an empty one, or it is longer than GV_TOKEN_MAX bytes. */
const char *gv_phrases_fault(const char *name, size_t length);

/*
 * Add a phrase; `name` ([length], without a fault) is copied. If it is there, it gets the larger
 * score with its count, and of equal scores the larger count, so the order in which phrases are
 * added is of no importance. `*is_new` (may be NULL): it was not there. GV_E_MEMORY.
 */
GV_MUST_USE int gv_phrases_add(gv_phrases *phrases, const char *name, size_t length, uint64_t count,
                               int64_t score, bool *is_new, gv_error *err);

/* Sort by score, strongest first; ties by count, then by bytes. */
void gv_phrases_sort(gv_phrases *phrases);

/* Phrases, and phrase number i: its name as a token (borrowed until the list is freed), how often
 * it was counted when it was found (0: not known), and its score. */
size_t gv_phrases_size(const gv_phrases *phrases);
const gv_token *gv_phrases_name(const gv_phrases *phrases, size_t i);
uint64_t gv_phrases_count(const gv_phrases *phrases, size_t i);
int64_t gv_phrases_score(const gv_phrases *phrases, size_t i);
/* Bytes of memory that the list takes. */
uint64_t gv_phrases_memory(const gv_phrases *phrases);

/* --- for joining (gv_joiner.h) ---------------------------------------------------------------- */

/* The most words of a phrase of the list; 0: it is empty. */
size_t gv_phrases_longest(const gv_phrases *phrases);
/* May a phrase begin with this token? A quick answer; true may be wrong. */
bool gv_phrases_may_begin(const gv_phrases *phrases, const gv_token *token);
/* Is the token the name of a phrase (`*phrase`, borrowed; else NULL), and is it the beginning of
 * the name of another, up to a '_' (`*goes_on`)? */
void gv_phrases_find(const gv_phrases *phrases, const gv_token *token, const gv_token **phrase,
                     bool *goes_on);
/* Can the token be the second or a later one of a phrase? True may be wrong. */
bool gv_phrases_continues(const gv_phrases *phrases, const char *text, size_t length);

#endif
