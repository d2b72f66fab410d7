/*
 * gv_report_drift - glove-report drift: which words moved most between two corpora, beside noise of
 * the same frequency (gv_drift.h, gv_drift_noise.h).
 *
 * Private to gv_report*.c. Threads: main thread only.
 */
#ifndef GV_REPORT_DRIFT_H
#define GV_REPORT_DRIFT_H

#include "analysis/gv_drift.h"
#include "analysis/gv_drift_noise.h"
#include "analysis/gv_shared_words.h"
#include "base/gv_progress.h"
#include "base/gv_strings.h"
#include "vectors/gv_words_given.h"
#include <stdbool.h>

/* One of the two corpora: its vectors, and how often words occur in it. */
typedef struct gv_report_drift_corpus {
    gv_words_given given;
    gv_vectors *vectors;
    uint64_t *count; /* [vectors->rows]; NULL: unknown */
} gv_report_drift_corpus;

/* By which measure words are ordered. */
enum gv_report_drift_by {
    GV_REPORT_DRIFT_NEIGHBOURS, /* 1 - overlap */
    GV_REPORT_DRIFT_COSINE      /* distance */
};
enum { GV_REPORT_DRIFT_MEASURES = 2 };

typedef struct gv_report_drift_options {
    const char *a, *b; /* files or run directories */
    gv_strings noise;  /* pairs of the same kind; empty: none */
    gv_strings words;  /* shown in any case */
    enum gv_report_drift_by by;
    size_t k;           /* neighbours that are compared; 0: gv_report_drift_neighbours */
    size_t limit;       /* the most frequent shared words at most; 0: all */
    uint64_t min_count; /* in both corpora, where counts are known */
    size_t top;         /* words in tables */
} gv_report_drift_options;

/* Two corpora compared. */
typedef struct gv_report_drift_pair {
    gv_report_drift_corpus a, b;
    gv_shared_words shared; /* the words that are compared, the most frequent in both first */
    size_t all_shared;      /* how many words both have */
    gv_drift drift;
} gv_report_drift_pair;

/* Words of a range of frequencies. */
typedef struct gv_report_drift_band {
    double from, to; /* counts as gv_drift_noise_count: from <= count < to */
    size_t words, noise_words;
    double moved[GV_REPORT_DRIFT_MEASURES]; /* means */
    double noise[GV_REPORT_DRIFT_MEASURES]; /* NAN without noise */
    size_t beyond;                          /* words with p <= GV_REPORT_DRIFT_P */
} gv_report_drift_band;

enum { GV_REPORT_DRIFT_BANDS = 8 };
#define GV_REPORT_DRIFT_P 0.01

/* A word that only one corpus has. */
typedef struct gv_report_drift_alone {
    size_t n;      /* words */
    uint32_t *row; /* [listed] the most frequent */
    size_t listed;
} gv_report_drift_alone;

typedef struct gv_report_drift {
    const gv_report_drift_options *options; /* borrowed */
    gv_report_drift_pair pair;
    bool counted;       /* counts of all corpora are known; else ranks take their place */
    double *count;      /* [n] of the words, as gv_drift_noise_count */
    uint32_t *order;    /* [n] the words, the one that moved most first */
    size_t noise_words; /* 0: noise is unknown, and `beyond` is not there */
    size_t noise_dim;   /* numbers of a vector of noise, and words of the pair with fewest */
    size_t noise_least;
    gv_drift_noise_beyond *beyond[GV_REPORT_DRIFT_MEASURES]; /* [n] */
    gv_report_drift_band band[GV_REPORT_DRIFT_BANDS];
    size_t bands;
    size_t beyond_words; /* with p <= GV_REPORT_DRIFT_P by the chosen measure */
    gv_report_drift_alone alone[2];
} gv_report_drift;

/* Read all and compare. GV_E_USAGE, GV_E_RUNTIME (dimensions, too few words), errors of reading.
 * The caller frees with gv_report_drift_free, also after a failure. */
GV_MUST_USE int gv_report_drift_make(gv_report_drift *drift, const gv_report_drift_options *options,
                                     gv_progress *progress, gv_error *err);
void gv_report_drift_free(gv_report_drift *drift);

/* How far word `i` moved by a measure: larger is further. */
double gv_report_drift_moved(const gv_drift *drift, enum gv_report_drift_by by, size_t i);
/* The i-th of the words that are compared; borrowed. */
const char *gv_report_drift_word(const gv_report_drift *drift, size_t i);
/* How often it occurs in A and in B; 0: unknown. */
uint64_t gv_report_drift_count_a(const gv_report_drift *drift, size_t i);
uint64_t gv_report_drift_count_b(const gv_report_drift *drift, size_t i);
/* "neighbours" or "cosine"; static. */
const char *gv_report_drift_measure(enum gv_report_drift_by by);

/* How many neighbours are compared of each of `n` words, unless the user says it. The more, the
 * better are rare words told from noise (docs/measurements/drift.md); but a large part of all words
 * would say nothing. */
size_t gv_report_drift_neighbours(size_t n);

/* --- pairs ------------------------------------------------------------------------------------ */

/* Read A and B of the options and find the words to compare, but do not compare yet. */
GV_MUST_USE int gv_report_drift_pair_open(gv_report_drift_pair *pair,
                                          const gv_report_drift_options *options, gv_error *err);
/* The same for two corpora that show noise, and for the words that `of` compares, however rare
 * they are here: neighbours of a word are comparable only if they are looked for among the same
 * words. */
GV_MUST_USE int gv_report_drift_pair_open_noise(gv_report_drift_pair *pair, const char *a,
                                                const char *b, const gv_report_drift_pair *of,
                                                gv_error *err);
/* Compare them. */
GV_MUST_USE int gv_report_drift_pair_measure(gv_report_drift_pair *pair, size_t k,
                                             gv_progress *progress, gv_error *err);
void gv_report_drift_pair_clear(gv_report_drift_pair *pair);
/* Are the counts of both known? */
bool gv_report_drift_pair_is_counted(const gv_report_drift_pair *pair);
/* The count of the i-th word as gv_drift_noise_count; `counted`: from counts, else from ranks. */
double gv_report_drift_pair_count(const gv_report_drift_pair *pair, size_t i, bool counted);

#endif
