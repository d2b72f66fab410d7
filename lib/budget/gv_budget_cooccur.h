/*
 * gv_budget_cooccur - the memory of glove-cooccur (cooccur.memory_mb): see gv_budget.h.
 *
 * What counting needs for a corpus of any size is taken from the budget first: the program
 * and vocabulary, the threads' buffers, one row. The rest holds the tokens of one batch. If not
 * even a small batch is left, fewer threads are used.
 */
#ifndef GV_BUDGET_COOCCUR_H
#define GV_BUDGET_COOCCUR_H

#include "budget/gv_budget.h"
#include <stdbool.h>
#include <stddef.h>

/* Sizes that are private to cooccur/, which asserts each of them. */
#define GV_BUDGET_COOCCUR_LINE  16   /* sums of 32 bits in a cache line, which have one mark */
#define GV_BUDGET_COOCCUR_GROUP 256  /* lines that have one mark more */
#define GV_BUDGET_COOCCUR_BANDS 1024 /* bands of the matrix at most */

/* Bytes of a token: 4 for its id, 4 for its place in the position lists. */
#define GV_BUDGET_COOCCUR_TOKEN_BYTES 8

/* What is to be divided. */
typedef struct gv_budget_cooccur {
    uint64_t budget;     /* bytes */
    uint64_t used;       /* of them, when counting begins: program, vocabulary, first reader */
    uint64_t disk_bytes; /* of the corpus: no batch is larger than it can need; 0: unknown */
    size_t block_bytes;  /* of the corpus that a thread reads at once; 0: the budget decides */
    uint32_t words;      /* of the vocabulary */
    unsigned threads;    /* wanted; 0 counts as 1 */
} gv_budget_cooccur;

/* How the memory is spent; sizes in bytes but batch_tokens. None of it changes counts.bin. */
typedef struct gv_budget_cooccur_limits {
    unsigned threads;
    size_t batch_tokens; /* ids (and breaks) held at once; at least 1 */
    size_t output_bytes; /* coded rows that a thread may hold back until it is their turn */
    size_t merge_bytes;  /* buffer for each sorted run that is being merged, per thread */
    unsigned fan_in;     /* sorted runs merged at once; at least 2 */
    /* 0, the default, stands for what is fast; tests set others */
    uint32_t split_from;   /* positions of a row that several threads gather */
    uint32_t grouped_from; /* words of a vocabulary whose marks are in groups (gv_cooccur_worker) */
} gv_budget_cooccur_limits;

/* Bytes of one corpus block for a budget, so that the readers take a small part of it. `threads`:
 * wanted; 0 counts as 1. */
size_t gv_budget_cooccur_block(uint64_t budget, unsigned threads);

/* Bytes of a thread's sums of one row, with their marks. */
size_t gv_budget_cooccur_sums(uint32_t words);
/* Groups of lines that the sums of a row have, each with a mark of a byte. */
size_t gv_budget_cooccur_groups(uint32_t words);

/* Divide the budget. False: it is too small for even one thread; `*limits` is then of no use. */
bool gv_budget_cooccur_divide(gv_budget_cooccur_limits *limits, const gv_budget_cooccur *basis);

/* The smallest budget of whole MiB, no smaller than basis->budget, that gv_budget_cooccur_divide
 * accepts. */
uint64_t gv_budget_cooccur_smallest(const gv_budget_cooccur *basis);

#endif
