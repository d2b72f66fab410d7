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
#include "vectors/gv_words.h"
#include <stdio.h>

struct gv_query {
    gv_query_options options;
    const gv_config *config;
    const char *run_dir;
    gv_words *words; /* NULL until needed, as are the following */
    gv_vectors *raw; /* the same vectors, not scaled */
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

/* The row of a word of the vectors, which are open. GV_E_RUNTIME names similar ones. */
GV_MUST_USE int gv_query_find(uint32_t *row, const gv_words *words, const char *word,
                              gv_error *err);
/* The same for questions about directions: GV_E_RUNTIME if the vector has none, because its numbers
 * are all 0 or not all finite. */
GV_MUST_USE int gv_query_find_direction(uint32_t *row, const gv_words *words, const char *word,
                                        gv_error *err);
/* Write the member "words". */
void gv_query_write_words(gv_json_writer *answer, const gv_strings *words);

/* The i-th word of a gv_vocab. */
const char *gv_query_vocab_word(const void *vocab, size_t i);

/* Fail with GV_E_RUNTIME "no WHAT for 'WORD'; similar words: ...", naming the `n` words `alike`. */
int gv_query_unknown(const char *what, const char *word, const char *const *alike, size_t n,
                     gv_error *err);

#endif
