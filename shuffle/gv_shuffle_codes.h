/*
 * gv_shuffle_codes - 16-bit codes for the most frequent cell values.
 *
 * Most cells of a co-occurrence matrix are a pair seen once or twice, so a few thousand values make
 * up nearly all of it. The table of the GV_TILE_ESCAPE most frequent ones is drawn from a sample of
 * the cells; other values are stored in full ("escaped").
 *
 * Threads: a sample may be filled by many threads; a finished table may be read by many.
 */
#ifndef GV_SHUFFLE_CODES_H
#define GV_SHUFFLE_CODES_H

#include "base/gv_error.h"
#include "budget/gv_budget_shuffle.h"
#include "store/gv_tile.h"
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define GV_SAMPLE_CELLS GV_BUDGET_SHUFFLE_SAMPLE /* cells looked at, at most */

#define GV_SAMPLE_SMALL GV_BUDGET_SHUFFLE_SMALL /* values below are counted at once */

/* The values of cells 0, stride, 2 stride ... of the matrix. */
typedef struct gv_shuffle_codes_sample {
    uint64_t stride;
    unsigned threads;
    uint32_t **small; /* [threads][GV_SAMPLE_SMALL] how often each small value came */
    uint64_t *large;  /* [capacity] the others, in any order */
    size_t capacity;
    atomic_size_t n; /* of `large` */
} gv_shuffle_codes_sample;

/* For a matrix of `cells` cells, to be filled by `threads` threads; all cells must be offered to
 * gv_shuffle_codes_sample_take. */
GV_MUST_USE int gv_shuffle_codes_sample_open(gv_shuffle_codes_sample *sample, uint64_t cells,
                                             unsigned threads, gv_error *err);
/* Accepts a sample that failed to open, or was closed. */
void gv_shuffle_codes_sample_close(gv_shuffle_codes_sample *sample);

/* Thread number `thread` takes what belongs to the sample of the n values of the cells from number
 * `first` on. */
void gv_shuffle_codes_sample_take(gv_shuffle_codes_sample *sample, unsigned thread, uint64_t first,
                                  const uint64_t *values, size_t n);

/* What the threads have counted, in the table of the first. No more is taken. */
void gv_shuffle_codes_sample_join(gv_shuffle_codes_sample *sample);

#define GV_SHUFFLE_CODES_MAX GV_TILE_ESCAPE /* codes 0 .. 65534 */

#define GV_CODE_SLOT_BITS   17                  /* twice the number of codes: short probes */
#define GV_CODE_DIRECT_MOST ((uint64_t)1 << 22) /* values below are looked up directly */

typedef struct gv_shuffle_codes {
    uint32_t n;
    uint64_t *value;      /* [n] code -> value, most frequent first, ties by value */
    uint64_t direct_size; /* at most GV_CODE_DIRECT_MOST */
    uint16_t *direct;     /* [direct_size] value -> code, or GV_TILE_ESCAPE */
    uint16_t *slot;       /* for larger ones, a hash table of codes; GV_TILE_ESCAPE: free */
} gv_shuffle_codes;

/* Choose the codes; uses the sample up. The caller frees with gv_shuffle_codes_free. */
GV_MUST_USE int gv_shuffle_codes_choose(gv_shuffle_codes *codes, gv_shuffle_codes_sample *sample,
                                        gv_error *err);
/* The codes that were chosen elsewhere: `values` [n], n <= GV_SHUFFLE_CODES_MAX, all different, by
 * code (copied). The caller frees with gv_shuffle_codes_free. */
GV_MUST_USE int gv_shuffle_codes_copy(gv_shuffle_codes *codes, const uint64_t *values, uint32_t n,
                                      gv_error *err);
void gv_shuffle_codes_free(gv_shuffle_codes *codes);

static inline size_t gv_shuffle_codes_slot(uint64_t value)
{
    return (size_t)(value * UINT64_C(0x9e3779b97f4a7c15) >> (64 - GV_CODE_SLOT_BITS));
}

/* The code of a value, or GV_TILE_ESCAPE. Nearly all values are small numbers; for these there is
 * one load and no loop whose end the processor would have to guess. The hash table holds codes
 * only: the values of frequent ones are together, so that few cache lines suffice for most
 * look-ups. */
static inline uint16_t gv_shuffle_codes_find(const gv_shuffle_codes *codes, uint64_t value)
{
    if (__builtin_expect(value < codes->direct_size, 1))
        return codes->direct[value];
    size_t at = gv_shuffle_codes_slot(value);
    uint16_t code;
    while ((code = codes->slot[at]) != GV_TILE_ESCAPE && codes->value[code] != value)
        at = (at + 1) & (((size_t)1 << GV_CODE_SLOT_BITS) - 1);
    return code;
}

/* Ask for what gv_shuffle_codes_find(codes, value) will load first. */
static inline void gv_shuffle_codes_prefetch(const gv_shuffle_codes *codes, uint64_t value)
{
    __builtin_prefetch(value < codes->direct_size ? (const void *)&codes->direct[value]
                                                  : &codes->slot[gv_shuffle_codes_slot(value)]);
}

#endif
