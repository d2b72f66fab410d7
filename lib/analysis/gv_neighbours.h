/*
 * gv_neighbours - the nearest words of many words at once, by cosine.
 *
 * For the nearest words of a single word gv_nearest_to is enough; here each of the first words of a
 * vocabulary gets its list. The cosines are those of gv_products, so lists are the same for any
 * number of threads, and on all CPUs that multiply and add in one step. The cosine of two words is
 * the same number in the lists of both.
 *
 * Threads: a finished gv_neighbours is only read, by any number of threads.
 */
#ifndef GV_NEIGHBOURS_H
#define GV_NEIGHBOURS_H

#include "base/gv_error.h"
#include "base/gv_progress.h"
#include "vectors/gv_nearest.h"
#include <stddef.h>
#include <stdint.h>

/* In place of a neighbour where a word has fewer than `k`; its cosine is 0. Behind it there are no
 * others. */
#define GV_NEIGHBOURS_NONE UINT32_MAX

typedef struct gv_neighbours {
    size_t rows, k;
    uint32_t *id;  /* [rows][k] nearest first, of equal cosines the lower id first */
    float *cosine; /* [rows][k] -1 to 1 */
} gv_neighbours;

/* What is looked for. */
typedef struct gv_neighbours_job {
    size_t rows;  /* words that get a list: the first ones; more than there are mean all */
    size_t among; /* words that may be in a list: the first ones; more than there are mean all */
    size_t k;     /* neighbours of a word; 0 is allowed */
    unsigned threads;      /* 0 is taken for 1 */
    gv_progress *progress; /* may be NULL. Advances by one per word of `rows`; the caller begins
                              and ends it */
} gv_neighbours_job;

/*
 * Find the neighbours among the rows of `nearest` (of length 1 or zeros: `nearest->scale` is not
 * looked at), without the word itself and without `nearest->skip`. A row of zeros has cosine 0 to
 * all others. The caller frees `*found`.
 *
 * Cost: rows x among x dim multiplications. 70,000 words among as many, dim 100, k 10: 11 s of
 * processor time on an AVX-512 CPU of 2.8 GHz. Memory: 8 rows x k bytes for the result, and at most
 * 0.5 MiB and 512 vectors a thread. GV_E_MEMORY; GV_E_STOPPED on a signal.
 */
GV_MUST_USE int gv_neighbours_find(gv_neighbours **found, const gv_nearest *nearest,
                                   const gv_neighbours_job *job, gv_error *err);
/* Accepts NULL. */
void gv_neighbours_free(gv_neighbours *neighbours);

#endif
