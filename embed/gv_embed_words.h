/*
 * gv_embed_words - the words that texts are made of: their vectors, how frequent they are, and
 * vectors of other words from their character n-grams.
 *
 * Errors: those of gv_vectors.h and gv_vocab.h. Threads: after opening, everything is only read;
 * each thread needs a gv_embed_finder of its own.
 */
#ifndef GV_EMBED_WORDS_H
#define GV_EMBED_WORDS_H

#include "base/gv_progress.h"
#include "config/gv_config.h"
#include "subword/gv_subwords.h"
#include "text/gv_token.h"
#include "vectors/gv_vectors.h"
#include "vocab/gv_vocab.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct gv_embed_words {
    char *path;          /* of the vectors */
    gv_vectors *vectors; /* as they are in the file */
    gv_vocab *keys;      /* the words that a text can hold */
    uint32_t *row;       /* [gv_vocab_size(keys)] the row of each */
    uint64_t *count;     /* [gv_vocab_size(keys)] in the corpus, at least 1; NULL if not needed */
    uint64_t total;      /* of the vocabulary's counts */
    uint64_t least;      /* the least of them: how frequent a word is taken to be that is in none */
    gv_subwords *subwords; /* those that belong to the vectors; NULL: there are none */
} gv_embed_words;

typedef struct gv_embed_words_options {
    const gv_config *config;
    const char *run_dir;
    const char *vectors;   /* a file; NULL: those of the run */
    bool counts;           /* needed */
    gv_progress *progress; /* may be NULL */
} gv_embed_words_options;

/* The caller frees. GV_E_USAGE: there are no vectors, or no counts, with the way out. n-grams are
 * those of subwords.bin beside the vectors; if it belongs to others they are left out, with a note
 * if the vectors are the run's and have no n-grams themselves, as if it is missing although the
 * config asks for it. */
GV_MUST_USE int gv_embed_words_open(gv_embed_words **words, const gv_embed_words_options *options,
                                    gv_error *err);
/* Accepts NULL. */
void gv_embed_words_free(gv_embed_words *words);

/* The vector of the i-th key: [words->vectors->dim]. Borrowed. */
static inline float *gv_embed_words_vector(const gv_embed_words *words, uint32_t key)
{
    return words->vectors->data + (size_t)words->row[key] * words->vectors->dim;
}

#endif
