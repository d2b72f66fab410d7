/*
 * gv_strongest - the strongest pairs of many words at once: the contexts that say most about each.
 *
 * The raw count X puts the most frequent words on top of every list, and pointwise mutual
 * information the rarest. A pair is ranked here by the product of their logarithms,
 *   ln(1 + X(i,j)) ln(lift),  lift = X(i,j) N / (X(i) X(j)),
 * in which X(i) and X(j) are the sums of their rows and N that of all. The lift tells how many
 * times more often than by chance two words occur together; pairs with a lift of at most 1 are left
 * out.
 *
 * Threads: a finished gv_strongest is only read, by any number of threads.
 */
#ifndef GV_STRONGEST_H
#define GV_STRONGEST_H

#include "base/gv_error.h"
#include "base/gv_progress.h"
#include "store/gv_store.h"
#include <stddef.h>
#include <stdint.h>

/* In place of a pair where a word has fewer than `k`. Behind it there are no others. */
#define GV_STRONGEST_NONE UINT32_MAX

typedef struct gv_strongest {
    size_t rows, k;
    uint32_t *id; /* [rows][k] of the context, strongest first, of equal ones the lower id first */
    float *lift;  /* [rows][k] above 1; 0 without a pair */
} gv_strongest;

/* What is looked for. */
typedef struct gv_strongest_job {
    size_t rows;  /* words that get a list: the first ones; more than there are mean all */
    size_t among; /* words that may be in a list: the first ones; more than there are mean all */
    size_t k;     /* pairs of a word; 0 is allowed */
    gv_progress *progress; /* as gv_store_each has it */
} gv_strongest_job;

/*
 * Find the strongest pairs of the store, without those of a word with itself. The caller frees
 * `*found`. Reads the whole store once: 30 million cells take 0.6 s. Memory: 16 bytes for each word
 * of the vocabulary and 16 rows x k. Errors are those of gv_store_each.
 */
GV_MUST_USE int gv_strongest_find(gv_strongest **found, gv_store *store,
                                  const gv_strongest_job *job, gv_error *err);
/* Accepts NULL. */
void gv_strongest_free(gv_strongest *strongest);

#endif
