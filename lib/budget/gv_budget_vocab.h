/*
 * gv_budget_vocab - the memory of glove-vocab (vocab.memory_mb): see gv_budget.h.
 *
 * Every thread counts words in a hash table of its own. The tables get what the program and the
 * readers leave; a table that is full goes to a temporary file. Fewer threads rather than tables
 * that are too small.
 */
#ifndef GV_BUDGET_VOCAB_H
#define GV_BUDGET_VOCAB_H

#include "budget/gv_budget.h"
#include <stddef.h>

/* Sizes that are private to cooccur/vocab/, which asserts each of them. */
#define GV_BUDGET_VOCAB_ENTRY_BYTES  32   /* slot of the hash table */
#define GV_BUDGET_VOCAB_LEAST_SLOTS  64   /* of an empty table */
#define GV_BUDGET_VOCAB_TABLE_LEAST  4096 /* bytes: the least budget of a table */
#define GV_BUDGET_VOCAB_BUFFER_LEAST 2048 /* of a sorted run: it must hold one word */

/* What is to be divided. */
typedef struct gv_budget_vocab {
    uint64_t budget;      /* bytes, of all ranks on this host together */
    uint64_t available;   /* bytes that the machine has; 0: unknown */
    unsigned on_host;     /* ranks on this host */
    unsigned threads;     /* wanted */
    uint64_t table_bytes; /* tests: of all tables, instead of what the budget leaves; or 0 */
    uint64_t held_bytes;  /* of the budget of each rank, taken by phrases and their parts */
    size_t block_bytes;   /* tests: of the corpus, instead of the chosen one; or 0 */
} gv_budget_vocab;

/* How the memory is spent, in bytes. None of it changes vocab.txt. */
typedef struct gv_budget_vocab_limits {
    unsigned threads;
    uint64_t table_bytes; /* all tables together */
    size_t block_bytes;   /* of the corpus that a thread reads at once */
    size_t run_buffer;    /* of a sorted run that is merged */
    uint64_t others;      /* of program and readers, which the tables do not get */
} gv_budget_vocab_limits;

gv_budget_vocab_limits gv_budget_vocab_divide(const gv_budget_vocab *basis);

/* Slots of the hash table with `budget` bytes at the most: a power of two times
 * GV_BUDGET_VOCAB_LEAST_SLOTS. The rest is for the text of long words. */
uint64_t gv_budget_vocab_slots_most(uint64_t budget);

/* Words that `slots` slots hold before the table doubles, and when it cannot double any further. */
static inline uint64_t gv_budget_vocab_grow_at(uint64_t slots)
{
    return slots / 8 * 5;
}

static inline uint64_t gv_budget_vocab_full_at(uint64_t slots)
{
    return slots / 8 * 7;
}

/* Bytes of the slots with `words` words, in a table that may always double. */
uint64_t gv_budget_vocab_table(uint64_t words);

#endif
