/*
 * gv_query_internal - what the files of gv_query share.
 *
 * Threads: as in gv_query.h.
 */
#ifndef GV_QUERY_INTERNAL_H
#define GV_QUERY_INTERNAL_H

#include "config/gv_json.h"
#include "query/gv_query.h"
#include "store/gv_store.h"
#include "vectors/gv_words_unseen.h"
#include <stdio.h>

struct gv_query {
    gv_query_options options;
    const gv_config *config;
    const char *run_dir;
    gv_words *words;         /* NULL until needed, as are the following */
    gv_vectors *raw;         /* the same vectors, not scaled */
    gv_words_unseen *unseen; /* for words that have none; closed before words */
    char *vectors_path;
    gv_store *store;
    char *store_path;
    gv_vocab *vocab;
    bool lower_case; /* no word of the vocabulary has a capital letter */
    uint64_t *row_sums;
};

/* A command writes the members of its answer; "command" is there already. */
typedef int gv_query_fn(gv_json_writer *answer, gv_query *query, const gv_strings *operands,
                        gv_error *err);

gv_query_fn gv_query_nearest, gv_query_analogy, gv_query_similarity, gv_query_odd, gv_query_vector,
    gv_query_search, gv_query_pairs, gv_query_info, gv_query_help;

/* Write an answer as text for people. */
void gv_query_print(FILE *out, const gv_json *answer);

/* Open the vectors, the store, unless they are open. GV_E_USAGE if there are none. */
GV_MUST_USE int gv_query_need_vectors(gv_query *query, gv_error *err);
GV_MUST_USE int gv_query_need_store(gv_query *query, gv_error *err);

/* Have query->unseen, for words of the vectors, which are open. */
GV_MUST_USE int gv_query_need_unseen(gv_query *query, gv_error *err);
/* Fail with GV_E_RUNTIME: the word has no vector. Names similar words, and what could be done;
 * query->unseen is there. */
int gv_query_no_vector(const gv_query *query, const char *word, gv_error *err);

/* The words of a question as directions. */
typedef struct gv_query_terms {
    const float **unit; /* [n] each of length 1 */
    size_t n;
    uint32_t *rows; /* [rows_n] of the words that have a row; never answers */
    size_t rows_n;
    const char **unseen; /* [unseen_n] the others, as in the question; borrowed */
    float **made;        /* [unseen_n] their vectors, from their n-grams */
    size_t unseen_n;
    size_t dim;
} gv_query_terms;

/* For at most `most` words of the vectors, which are open. The caller clears, also on failure. */
GV_MUST_USE int gv_query_terms_init(gv_query_terms *terms, const gv_query *query, size_t most,
                                    gv_error *err);
void gv_query_terms_clear(gv_query_terms *terms);
/* GV_E_RUNTIME for a word without a vector, or whose vector has no direction because its numbers
 * are all 0 or not all finite. `word` is borrowed. */
GV_MUST_USE int gv_query_terms_add(gv_query_terms *terms, gv_query *query, const char *word,
                                   gv_error *err);
/* Write the member "from_subwords" if a word has its vector from there. */
void gv_query_terms_write(gv_json_writer *answer, const gv_query_terms *terms);
/* Open the vectors and find all words of a question. The caller clears `terms`, also on failure. */
GV_MUST_USE int gv_query_terms_find(gv_query_terms *terms, gv_query *query, const gv_strings *words,
                                    gv_error *err);
/* Write the member "words". */
void gv_query_write_words(gv_json_writer *answer, const gv_strings *words);

/* The i-th word of a gv_vocab. */
const char *gv_query_vocab_word(const void *vocab, size_t i);

/* Words that are spelt like one that was not found. */
typedef struct gv_query_alike {
    const char *const *words; /* [n] */
    size_t n;
} gv_query_alike;

/* Fail with GV_E_RUNTIME "no WHAT for 'WORD'; similar words: ..." and the hint. */
int gv_query_unknown(const char *what, const char *word, gv_query_alike alike, const char *hint,
                     gv_error *err);

#endif
