/*
 * gv_fasttext - what the reader and the writer of fastText's models (.bin) share: the head of the
 * file, and the n-grams of a word as fastText cuts and hashes them.
 *
 * A model has a row for each word and one for each of a number of buckets. N-grams are cut out of
 * `<word>`, by code points; a hash gives each its bucket, which n-grams may share. The vector of a
 * word is the mean of its own row, if it has one, and the rows of its n-grams' buckets.
 *
 * Source: Bojanowski, Grave, Joulin, Mikolov, "Enriching Word Vectors with Subword Information",
 * TACL 2017; the layout is in docs/formats.md.
 * Threads: a cutter is used by one thread at a time; the rest are pure functions.
 */
#ifndef GV_FASTTEXT_H
#define GV_FASTTEXT_H

#include "base/gv_error.h"
#include <stddef.h>
#include <stdint.h>

#define GV_FASTTEXT_MAGIC 793712314u

enum {
    GV_FASTTEXT_OLDEST = 11, /* versions that are read; the last one is written */
    GV_FASTTEXT_VERSION = 12,
    GV_FASTTEXT_HEAD = 92,     /* bytes of the head */
    GV_FASTTEXT_LONGEST = 100, /* characters of an n-gram at most */
    GV_FASTTEXT_NEGATIVE = 2,  /* loss: negative sampling */
    GV_FASTTEXT_SKIP_GRAM = 2, /* kinds of models */
    GV_FASTTEXT_SUPERVISED = 3
};

/* All before the words, in the order of the file. */
typedef struct gv_fasttext_head {
    uint32_t magic, version;
    int32_t dim, window, epochs, min_count, negative, word_ngrams, loss, model;
    int32_t buckets, min_n, max_n, update_rate;
    double sample;
    int32_t entries, words, labels; /* entries: words, then labels */
    int64_t tokens;
    int64_t pruned; /* buckets that were kept of a pruned model; -1: it is not pruned */
} gv_fasttext_head;

void gv_fasttext_put_head(uint8_t to[GV_FASTTEXT_HEAD], const gv_fasttext_head *head);
void gv_fasttext_get_head(gv_fasttext_head *head, const uint8_t from[GV_FASTTEXT_HEAD]);

/* GV_E_CORRUPT, naming `path`, for a head that no model can have, or that of one which is not read:
 * pruned, or of another version. */
GV_MUST_USE int gv_fasttext_check_head(const gv_fasttext_head *head, const char *path,
                                       gv_error *err);

/* The hash of an n-gram: FNV-1a of 32 bits, but over signed bytes. */
uint32_t gv_fasttext_hash(const char *text, size_t length);

/* An n-gram of a word. */
typedef struct gv_fasttext_piece {
    uint32_t start, length; /* in the cutter's text */
    uint32_t bucket;
} gv_fasttext_piece;

/* Cuts words into n-grams. Zeroed but for the first members, it is ready. */
typedef struct gv_fasttext_cutter {
    uint32_t min_n, max_n; /* characters; max_n 0, or less than min_n: there are no n-grams */
    uint32_t buckets;      /* at least 1 if there are n-grams */
    char *text;            /* `<word>` */
    gv_fasttext_piece *piece;
    size_t n; /* pieces of the last word */
    size_t text_capacity, piece_capacity;
} gv_fasttext_cutter;

/* A cutter for the n-grams of a model; max_n is 0 if it has none. */
void gv_fasttext_cutter_init(gv_fasttext_cutter *cutter, const gv_fasttext_head *head);
/* Cut a word, into no n-grams if it is fastText's mark for the end of a line, `</s>`. */
GV_MUST_USE int gv_fasttext_cut(gv_fasttext_cutter *cutter, const char *word, gv_error *err);
void gv_fasttext_cutter_clear(gv_fasttext_cutter *cutter);

#endif
