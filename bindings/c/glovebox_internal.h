/*
 * glovebox_internal.h - what the files of the C library share: what a handle is, and how errors
 * become those of glovebox.h. Private to them.
 *
 * Threads: as glovebox.h.
 */
#ifndef GLOVEBOX_INTERNAL_H
#define GLOVEBOX_INTERNAL_H

#include "base/gv_error.h"
#include "bindings/c/glovebox.h"
#include "config/gv_config.h"
#include "document/gv_document_tokens.h"
#include "text/gv_phrases.h"
#include "vectors/gv_vectors_map.h"
#include "vectors/gv_words.h"
#include "vectors/gv_words_unseen.h"
#include <pthread.h>
#include <stdatomic.h>

/* --- errors ----------------------------------------------------------------------------------- */

/* Fill in `err` (may be NULL) and return `code`. */
int glovebox_fail(glovebox_error *err, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The status of glovebox.h for one of ours; if it is not GV_OK, fill in `err` from `why`. */
int glovebox_translate(glovebox_error *err, int status, const gv_error *why);
/* GLOVEBOX_E_ARGUMENT: `function` was called with NULL for `argument`. */
int glovebox_null(glovebox_error *err, const char *function, const char *argument);

/* --- parts that are made when they are needed ------------------------------------------------- */

/* Such a part of a handle is made at most once, under a lock, and then only read. */
typedef struct glovebox_part {
    pthread_mutex_t lock;
    atomic_bool there;
} glovebox_part;

void glovebox_part_init(glovebox_part *part);
void glovebox_part_clear(glovebox_part *part);
/* Have the part, by `make` unless it is there. After a failure the next call tries again. */
GV_MUST_USE int glovebox_part_need(glovebox_part *part, int (*make)(void *owner, gv_error *err),
                                   void *owner, gv_error *err);

/* --- vectors ---------------------------------------------------------------------------------- */

struct glovebox_vectors {
    gv_words words;      /* rows as they are in the file */
    gv_vectors_map *map; /* that they belong to; NULL: they were read */
    char *path, *dir;    /* the file, and the directory that it is in */
    gv_config *config;   /* of the run that was opened; NULL: a file was */

    unsigned threads; /* of a search; 0 is taken for 1 */

    glovebox_part indexed; /* of a mapped file: the index of the words */

    glovebox_part scaled; /* words.nearest */
    float *scale;         /* [rows] */

    glovebox_part cased; /* words.lower_case */

    glovebox_part subwords;
    gv_words_unseen *unseen;
    pthread_mutex_t unseen_lock; /* held while `unseen` is used */

    glovebox_part counted;
    uint64_t *count;       /* [rows] in the corpus; 0: unknown */
    uint64_t total, least; /* of the vocabulary; `least` at least 1 */

    glovebox_part reading;     /* how texts are cut into words */
    gv_config *reading_config; /* NULL: `config` */
    gv_phrases *phrases;       /* NULL: none are joined */

    glovebox_part common;
    double *component; /* [dim] of texts, by SIF weights */

    /* one that no thread uses at present, or NULL */
    _Atomic(gv_document_tokens *) idle_tokens;
};

/* Have the index of the words, words.nearest, words.lower_case. */
GV_MUST_USE int glovebox_need_index(glovebox_vectors *vectors, gv_error *err);
GV_MUST_USE int glovebox_need_scales(glovebox_vectors *vectors, gv_error *err);
GV_MUST_USE int glovebox_need_case(glovebox_vectors *vectors, gv_error *err);
/* Have `count`. GV_E_USAGE: there is no vocabulary. */
GV_MUST_USE int glovebox_need_counts(glovebox_vectors *vectors, gv_error *err);
/* Have `unseen`, which is used under its lock. */
GV_MUST_USE int glovebox_need_unseen(glovebox_vectors *vectors, gv_error *err);

/* The config of a run directory; NULL: it has none. A config.json of another program does not
 * count. */
GV_MUST_USE int glovebox_read_config(gv_config **config, const char *dir, gv_error *err);
/* Is there such a file in the directory? `*path` is its path then, which the caller frees; else
 * NULL. */
GV_MUST_USE int glovebox_find_in(char **path, const char *dir, const char *name, gv_error *err);

/* The row of exactly this word, or SIZE_MAX. */
size_t glovebox_find_exactly(glovebox_vectors *vectors, const char *word);
/* As glovebox_lookup. */
GV_MUST_USE int glovebox_find_row(size_t *row, glovebox_vectors *vectors, const char *word,
                                  gv_error *err);
/* The vector of a word without a row ([dim]), in the scale of the file, or with `unit` of length 1.
 * `*known` is false if it has none. */
GV_MUST_USE int glovebox_make_unseen(glovebox_vectors *vectors, const char *word, bool unit,
                                     float *to, bool *known, gv_error *err);
/* GLOVEBOX_E_NOT_FOUND, naming words that are spelt alike. */
int glovebox_no_vector(glovebox_vectors *vectors, const char *word, glovebox_error *err);

/* The handle without const: what is made when it is needed is not seen by callers. */
glovebox_vectors *glovebox_lazily(const glovebox_vectors *vectors);

#endif
