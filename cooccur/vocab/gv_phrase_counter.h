/*
 * gv_phrase_counter - which words stand side by side, exactly, in any division of the text.
 *
 * Each occurrence of a pair becomes a key (gv_phrase_pair.h), which is counted as a word is, so
 * that any number of threads and ranks, and any memory, give the same counts.
 *
 * Threads count blocks in any order. What a block cannot see, a pair whose halves are in two
 * blocks, follows from the *edges* of the blocks: the units at their beginnings and ends. Edges are
 * linked in the order of the text when all blocks were counted, on each rank, and those of the
 * ranks on rank 0.
 *
 * Threads: a gv_phrase_counter belongs to one thread.
 */
#ifndef GV_PHRASE_COUNTER_H
#define GV_PHRASE_COUNTER_H

#include "cooccur/vocab/gv_phrase_pair.h"

/* --- edges ------------------------------------------------------------------------------------ */

/* What is to be known of the ends of a block, or of blocks one after the other. Fixed size, for
 * messages between ranks. */
typedef struct gv_phrase_counter_edge {
    uint64_t first_file, last_file; /* where they begin and end; no pair crosses files */
    uint32_t head; /* the first unit, if only spans are before it; else GV_VOCAB_NO_WORD */
    uint32_t tail; /* the last unit, if only spans are behind it; else GV_VOCAB_NO_WORD */
    uint8_t head_span[GV_PHRASE_PAIR_SPAN], tail_span[GV_PHRASE_PAIR_SPAN];
    uint8_t n_head, n_tail;
    uint8_t open;   /* nothing but `n_head` spans */
    uint8_t exists; /* false: there is no text */
} gv_phrase_counter_edge;

/* Append the text of `next` to that of `edge`. `*pair`: the one whose halves are in both, or
 * none. */
void gv_phrase_counter_edge_link(gv_phrase_counter_edge *edge, const gv_phrase_counter_edge *next,
                                 gv_phrase_pair *pair);

/* --- counting --------------------------------------------------------------------------------- */

typedef struct gv_phrase_counter_block {
    uint64_t sequence;
    gv_phrase_counter_edge edge;
} gv_phrase_counter_block;

typedef struct gv_phrase_counter {
    const gv_phrase_pair_units *units;
    gv_phrase_counter_block block; /* that is being counted */
    gv_phrase_counter_block *done; /* [n_done] in any order */
    size_t n_done, done_capacity;
    uint32_t *ids; /* [capacity] of a batch */
    gv_token *keys;
    char (*texts)[GV_PHRASE_PAIR_KEY];
    size_t capacity;
} gv_phrase_counter;

void gv_phrase_counter_clear(gv_phrase_counter *counter);
/* A block begins: its number in the text, and the file that it is from. */
void gv_phrase_counter_begin(gv_phrase_counter *counter, uint64_t sequence, uint64_t file);
/* The pairs of its next tokens ([n]) as keys (borrowed until the next call); GV_E_MEMORY. */
GV_MUST_USE int gv_phrase_counter_take(gv_phrase_counter *counter, const gv_token *tokens, size_t n,
                                       const gv_token **keys, size_t *n_keys, gv_error *err);
GV_MUST_USE int gv_phrase_counter_end(gv_phrase_counter *counter, gv_error *err);

/* All blocks of `counters` ([n]) as one: its edge, and the pairs between blocks, which the caller
 * frees with gv_mem_free. */
GV_MUST_USE int gv_phrase_counter_link(gv_phrase_counter_edge *edge, gv_phrase_pair **pairs,
                                       size_t *n_pairs, gv_phrase_counter *counters, size_t n,
                                       gv_error *err);

#endif
