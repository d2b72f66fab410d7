/*
 * gv_subwords - vectors of character n-grams, from which any word gets a vector; subwords.bin.
 *
 * The vector of a word is
 *
 *     offset + 1/N * (sum of the rows of its known n-grams)
 *
 * with N the number of all its n-grams (gv_ngrams.h), known or not, so that an unknown one counts
 * as a row of zeros, as in fastText. It is in the scale of the vectors that subwords.bin was
 * written with, and can be added to and compared with them.
 *
 * The file also holds some of these vectors, by which vectors of another training are told apart.
 *
 * Errors: GV_E_IO, GV_E_MEMORY; GV_E_CORRUPT, with path and advice, for any file that a correct
 * writer cannot have made.
 * Source: Zhao, Mudgal, Liang, "Generalizing Word Embeddings using Bag of Subwords", EMNLP 2018;
 * byte layout in docs/formats.md.
 * Threads: an object that is open is only read, and may be used by any number of threads.
 */
#ifndef GV_SUBWORDS_H
#define GV_SUBWORDS_H

#include "base/gv_error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How the n-grams were fitted: the keys subword.*. */
typedef struct gv_subwords_settings {
    uint32_t min_n, max_n; /* characters of an n-gram */
    uint32_t min_words;    /* a known n-gram is in so many words of the vocabulary */
    double ridge, shrink;
} gv_subwords_settings;

typedef struct gv_subwords gv_subwords;

/* Read `path` and verify its checksum. A missing file is GV_E_IO. `*subwords` is NULL on failure.
 * The caller frees. */
GV_MUST_USE int gv_subwords_open(gv_subwords **subwords, const char *path, gv_error *err);
/* The same; but if there is no such file, GV_OK and `*subwords` is NULL. */
GV_MUST_USE int gv_subwords_open_if_there(gv_subwords **subwords, const char *path, gv_error *err);
/* Accepts NULL. */
void gv_subwords_free(gv_subwords *subwords);

/* --- a word's vector -------------------------------------------------------------------------- */

/* Numbers of a vector. */
size_t gv_subwords_dim(const gv_subwords *subwords);
/* Write the vector of any word to `to` ([dim]). `*known`: how many of its n-grams are known; 0:
 * nothing can be said of the word, and `to` holds zeros. GV_E_MEMORY, GV_E_RUNTIME (ICU). */
GV_MUST_USE int gv_subwords_vector(const gv_subwords *subwords, const char *word, float *to,
                                   size_t *known, gv_error *err);

/* --- what it consists of; all borrowed -------------------------------------------------------- */

gv_subwords_settings gv_subwords_settings_of(const gv_subwords *subwords);
unsigned gv_subwords_min_n(const gv_subwords *subwords);
unsigned gv_subwords_max_n(const gv_subwords *subwords);
/* Known n-grams. */
size_t gv_subwords_count(const gv_subwords *subwords);
/* Text of the i-th n-gram, a piece of `<word>` with its brackets: `*length` bytes, not
 * NUL-terminated. */
const char *gv_subwords_ngram(const gv_subwords *subwords, size_t i, size_t *length);
/* Its row, and the offset: [dim]. */
const float *gv_subwords_row(const gv_subwords *subwords, size_t i);
const float *gv_subwords_offset(const gv_subwords *subwords);
/* The number of the n-gram with this text, or SIZE_MAX. */
size_t gv_subwords_find(const gv_subwords *subwords, const char *text, size_t length);
/* A JSON object: what made the vectors, as in the metadata of vector files. */
const char *gv_subwords_metadata(const gv_subwords *subwords);

/* To change all vectors in the same way: the rows ([count][dim]) and the offset ([dim]) of an
 * object that gv_subwords_open made. It then no longer belongs to the vectors that it was written
 * with. */
float *gv_subwords_rows_to_change(gv_subwords *subwords);
float *gv_subwords_offset_to_change(gv_subwords *subwords);

/* --- the vectors that it belongs to ----------------------------------------------------------- */

/* The vector of a word ([dim]); NULL: there is none. */
typedef const float *gv_subwords_find_vector(void *context, const char *word);

/* Do these vectors of `dim` numbers, found by `find`, belong to it? They do if each word of which
 * it holds the vector has that vector here, as far as six decimals tell, or is missing; of the
 * words that are there, at least one must be among them. */
bool gv_subwords_belong(const gv_subwords *subwords, size_t dim, gv_subwords_find_vector *find,
                        void *context);

/* --- writing ---------------------------------------------------------------------------------- */

/* Of what a file is made; all borrowed. */
typedef struct gv_subwords_parts {
    gv_subwords_settings settings;
    size_t dim, count;
    const char *text;    /* the n-grams, one after the other, */
    const uint32_t *end; /* [count] and where in it each ends, in bytes; all are different */
    const float *row;    /* [count][dim] */
    const float *offset; /* [dim] */
    size_t probes;       /* words of which the file is to hold the vectors */
    const char *const *probe_word;
    const float *probe_vector; /* [probes][dim] */
    const char *metadata;      /* see gv_subwords_metadata */
} gv_subwords_parts;

/* An object of these parts, which it borrows: to use what will be written. The caller frees. */
GV_MUST_USE int gv_subwords_new(gv_subwords **subwords, const gv_subwords_parts *parts,
                                gv_error *err);
/* Replace `path` by a file of these parts. */
GV_MUST_USE int gv_subwords_write(const char *path, const gv_subwords_parts *parts, gv_error *err);
/* Bytes of that file. */
uint64_t gv_subwords_file_bytes(const gv_subwords_parts *parts);

#endif
