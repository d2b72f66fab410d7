/*
 * gv_budget_shuffle - the memory of glove-shuffle (shuffle.memory_mb): see gv_budget.h.
 *
 * The first pass needs numbers for each word, a sample of the cells and the vocabulary; the second
 * pass buffers. What must fit is what one thread needs. Then threads are added while the budget
 * holds them, and the cells that are sorted get the rest; if they do not fit they go to a temporary
 * file.
 */
#ifndef GV_BUDGET_SHUFFLE_H
#define GV_BUDGET_SHUFFLE_H

#include "budget/gv_budget.h"
#include <stdbool.h>

#define GV_BUDGET_SHUFFLE_SAMPLE  (UINT64_C(4) << 20) /* cells sampled by the first pass, at most */
#define GV_BUDGET_SHUFFLE_SMALL   (UINT64_C(1) << 20) /* values that it counts in an array */
#define GV_BUDGET_SHUFFLE_THREADS 16 /* at most: reading the matrix does not keep more busy */

/* What the memory depends on. */
typedef struct gv_budget_shuffle {
    uint64_t budget;     /* bytes */
    uint64_t cells;      /* of counts.bin */
    uint64_t vocabulary; /* bytes in memory: gv_vocab_memory */
    uint64_t block;      /* of counts.bin, the largest: bytes; 0 until the first pass is over */
    uint32_t words;
} gv_budget_shuffle;

/* Bytes that each pass needs on one thread, and the most of them: the least budget. */
uint64_t gv_budget_shuffle_first_pass(const gv_budget_shuffle *basis);
uint64_t gv_budget_shuffle_second_pass(const gv_budget_shuffle *basis);
uint64_t gv_budget_shuffle_least(const gv_budget_shuffle *basis);

/* Threads of the first pass: as many of `threads` as the budget holds. */
unsigned gv_budget_shuffle_survey_threads(const gv_budget_shuffle *basis, unsigned threads);

/* Bytes of the second pass beside cells: SQLite's cache, a blob, reading. */
uint64_t gv_budget_shuffle_buffers(uint64_t cells);

/* Bytes of the budget that are left in the second pass if the process holds `resident` bytes. */
uint64_t gv_budget_shuffle_left(const gv_budget_shuffle *basis, uint64_t resident);

/* Is there enough left (gv_budget_shuffle_left) to keep the vocabulary while cells are sorted? */
bool gv_budget_shuffle_is_ample(const gv_budget_shuffle *basis, uint64_t left);

/* Lanes of the spool, one a thread, if `left` bytes are left; and bytes of the spool. */
unsigned gv_budget_shuffle_lanes(const gv_budget_shuffle *basis, uint64_t left, unsigned threads);
uint64_t gv_budget_shuffle_spool(const gv_budget_shuffle *basis, uint64_t left, unsigned lanes);
/* More than this is of no use to a spool whose least size is `least`. */
uint64_t gv_budget_shuffle_spool_most(const gv_budget_shuffle *basis, uint64_t least,
                                      unsigned lanes);

/* Threads that pack buckets: as many of `threads` as `left` bytes hold, `thread_bytes` each. */
unsigned gv_budget_shuffle_pack_threads(uint64_t left, uint64_t thread_bytes, unsigned threads);

#endif
