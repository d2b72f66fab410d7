#include "cooccur/gv_cooccur_bands.h"

#include "base/gv_mem.h"
#include "budget/gv_budget_cooccur.h"

_Static_assert((int)GV_COOCCUR_BANDS_MAX == GV_BUDGET_COOCCUR_BANDS,
               "gv_budget_cooccur.c counts them");

void gv_cooccur_bands_cut(gv_cooccur_bands *bands, const uint32_t *start, uint32_t words)
{
    /* A row costs about as much as it has positions, plus a little for looking at it: without the
     * 1 per row, thousands of rare words would share the last band. */
    uint64_t total = (uint64_t)start[words] + words;
    /* every band but the last reaches this, so there are at most GV_COOCCUR_BANDS_MAX */
    uint64_t least = total / GV_COOCCUR_BANDS_MAX + 1, cost = 0;
    bands->count = 0;
    bands->first[0] = 0;
    for (uint32_t word = 0; word < words; word++) {
        cost += (uint64_t)(start[word + 1] - start[word]) + 1;
        if (cost < least)
            continue;
        bands->first[++bands->count] = word + 1;
        cost = 0;
    }
    if (cost > 0)
        bands->first[++bands->count] = words;
}

int gv_cooccur_bands_of_vocab(gv_cooccur_bands *bands, const gv_vocab *vocab, gv_error *err)
{
    uint32_t words = gv_vocab_size(vocab);
    uint32_t *start = gv_mem_alloc_zero((size_t)words + 1, sizeof *start, err);
    if (!start)
        return GV_E_MEMORY;
    uint64_t total = 0;
    for (uint32_t w = 0; w < words; w++)
        total += gv_vocab_count(vocab, w);
    /* `start` has 32 bits, and a corpus may have more tokens */
    uint64_t scale = (total >> 31) + 1;
    for (uint32_t w = 0; w < words; w++)
        start[w + 1] = start[w] + (uint32_t)(gv_vocab_count(vocab, w) / scale);
    gv_cooccur_bands_cut(bands, start, words);
    gv_mem_free(start);
    return GV_OK;
}
