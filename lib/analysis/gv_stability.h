/*
 * gv_stability - which words have the same nearest neighbours in every run.
 *
 * Runs that differ only in their seeds are a group. For each word and group: the overlap of the
 * word's lists of neighbours, over all pairs of the group's runs (gv_overlap.h). Several groups are
 * measured on the same words, side by side.
 *
 * Only words that all runs have count, as words and as neighbours; `<unk>` does not, nor do words
 * whose vector is zero or not finite in some run. Words keep the order of the first run, which is
 * that of their frequency.
 *
 * Source: Antoniak and Mimno 2018, "Evaluating the Stability of Embedding-based Word Similarities";
 * docs/stability.md. Threads: a finished gv_stability is only read, by any number of threads.
 */
#ifndef GV_STABILITY_H
#define GV_STABILITY_H

#include "analysis/gv_overlap.h"
#include "base/gv_error.h"
#include "base/gv_progress.h"
#include <stddef.h>
#include <stdint.h>

/* A word is trusted if the mean overlap of its lists is at least the first number, untrusted if it
 * is below the second, and unclear in between. Where it was measured with a further seed, at least
 * half of the neighbours came back for 98 % of trusted words, and for 7 to 29 % of untrusted ones
 * (docs/measurements/stability.md). */
#define GV_STABILITY_TRUSTED   0.6
#define GV_STABILITY_UNTRUSTED 0.4

enum gv_stability_verdict {
    GV_STABILITY_IS_TRUSTED,
    GV_STABILITY_IS_UNCLEAR,
    GV_STABILITY_IS_UNTRUSTED,
    GV_STABILITY_VERDICTS
};

/* A run. All borrowed. */
typedef struct gv_stability_run {
    const char *vectors; /* its file of vectors */
    const char *name;    /* for messages */
    size_t group;
} gv_stability_run;

typedef struct gv_stability_job {
    const gv_stability_run *run; /* [runs] */
    size_t runs, groups;         /* each group has at least two runs */
    const char *vocab;           /* a vocab.txt for the counts of words; NULL: none */
    size_t neighbours;           /* k, at least 1 */
    size_t words;                /* only the first so many words are measured; 0: all */
    unsigned threads;
    gv_progress *progress; /* may be NULL */
} gv_stability_job;

typedef struct gv_stability_group {
    size_t runs;
    gv_overlap *overlap; /* [words] */
    uint32_t *shared;    /* [words][neighbours] overlap[i].shared neighbours that all runs have, in
                            the order of the first run's list */
} gv_stability_group;

typedef struct gv_stability {
    size_t neighbours;
    size_t words;    /* measured: the first of the common ones */
    size_t common;   /* words that all runs have: those that may be neighbours */
    char **word;     /* [common] */
    uint64_t *count; /* [common] in the corpus of the first run; NULL: unknown */
    size_t runs, groups;
    size_t *own;       /* [runs] words of each run, without `<unk>` */
    size_t without;    /* words left out because a vector of theirs is zero or not finite */
    char *count_error; /* why counts are unknown, NULL: there is no vocab.txt, or they are known */
    gv_stability_group *group; /* [groups] */
} gv_stability;

/*
 * Measure. Vectors are read twice, one run at a time. Cost: gv_neighbours_find for each run.
 * Memory: the vectors of two runs, and 8 neighbours x words bytes for each run of a group. GV_E_IO,
 * GV_E_CORRUPT, naming the file; GV_E_USAGE: the runs have too few words in common; GV_E_MEMORY;
 * GV_E_STOPPED on a signal. The caller frees.
 */
GV_MUST_USE int gv_stability_measure(gv_stability **stability, const gv_stability_job *job,
                                     gv_error *err);
/* Accepts NULL. */
void gv_stability_free(gv_stability *stability);

/* Of one word, by its mean overlap; and "trusted", "unclear", "untrusted"; static. */
enum gv_stability_verdict gv_stability_verdict_of(double mean);
const char *gv_stability_verdict_name(enum gv_stability_verdict verdict);

/* --- bands of frequency ----------------------------------------------------------------------- */

/* The mean of words `from` to `to` (not included) in one group. */
typedef struct gv_stability_band {
    size_t from, to;
    uint64_t most, least;            /* counts of the words; 0 if unknown */
    double overlap, jaccard, shared; /* shared: the share of neighbours that all runs have */
    double least_overlap;            /* mean over words of the least overlap of two runs */
    size_t verdicts[GV_STABILITY_VERDICTS];
} gv_stability_band;

gv_stability_band gv_stability_band_of(const gv_stability *stability, size_t group, size_t from,
                                       size_t to);

/* Where bands begin and end: the words 1 to 100, to 300, 1000, 3000, 10,000 and so on. `ends`
 * receives the ends, the last of which is `words`; returns how many there are. */
enum { GV_STABILITY_BANDS = 24 };
size_t gv_stability_bands(size_t ends[GV_STABILITY_BANDS], size_t words);

/* The overlap that two random lists have: neighbours / (common - 1). */
double gv_stability_chance(const gv_stability *stability);

/* Which words stand out in a group. Frequent words are the first GV_STABILITY_FREQUENT. */
enum { GV_STABILITY_FREQUENT = 3000 };
enum gv_stability_extreme {
    GV_STABILITY_MOST_STABLE,
    GV_STABILITY_LEAST_STABLE,
    GV_STABILITY_LEAST_STABLE_FREQUENT,
    GV_STABILITY_EXTREMES
};

/* The up to `*n` words with the largest or least mean overlap in a group, of equal ones the more
 * frequent first, as numbers into `words`; `*n` becomes how many there are. The caller frees
 * `*words`, also after an error. GV_E_MEMORY. */
GV_MUST_USE int gv_stability_extremes(size_t **words, size_t *n, const gv_stability *stability,
                                      size_t group, enum gv_stability_extreme which, gv_error *err);

#endif
