/*
 * How cooccur.memory_mb is spent. The one place that knows what every part of counting takes:
 *
 *   used          what the process holds when counting begins: program, vocabulary, first reader;
 *                 measured, not guessed
 *   per reader    the block being read, its tokens in work, its ids: about 4 blocks
 *   per thread    sums of one row with marks (12.1 bytes a word); rows held back (output_bytes, and
 *                 the row that overran it: about 6 bytes a word); merge buffers
 *   counts.bin    a block and the row that overran it, file buffers
 *   word starts   4 bytes a word
 *   per token     4 bytes for its id, 4 for its place in the position lists
 *
 * What is left after the fixed parts divided by 8 is the size of a shard.
 */
#include "cooccur/gv_cooccur.h"
#include "cooccur/gv_cooccur_bands.h"
#include "cooccur/gv_cooccur_worker.h"

#include <inttypes.h>

#define MB (UINT64_C(1) << 20)

enum {
    FAN_IN = 16,
    TOKEN_BYTES = 8,
    ROW_BYTES_A_WORD =
        6, /* of a coded row that has all words: a gap of 1 byte, a value of 3 to 5 */
    LEAST_SHARD = 1 << 18
};

static size_t clamp(uint64_t value, uint64_t low, uint64_t high)
{
    return (size_t)(value < low ? low : value > high ? high : value);
}

size_t gv_cooccur_block_bytes(uint64_t budget, unsigned threads)
{
    return clamp(budget / 64 / threads, UINT64_C(1) << 16, 4 * MB);
}

static void choose_buffers(gv_cooccur_limits *limits, uint64_t budget)
{
    limits->fan_in = FAN_IN;
    limits->output_bytes = clamp(budget / 64 / limits->threads, UINT64_C(1) << 18, 4 * MB);
    limits->merge_bytes = clamp(budget / 32 / FAN_IN / limits->threads, UINT64_C(1) << 14, MB);
}

/* Bytes of everything but `used` and the tokens. */
static uint64_t fixed_bytes(const gv_cooccur_limits *limits, uint32_t words, size_t block_bytes)
{
    uint64_t row = (uint64_t)words * ROW_BYTES_A_WORD;
    uint64_t thread = gv_cooccur_worker_sum_bytes(words) + limits->output_bytes + row +
                      limits->fan_in * limits->merge_bytes + 4 * block_bytes;
    uint64_t runs = 4 * FAN_IN * (GV_COOCCUR_BANDS_MAX + 1) * sizeof(uint64_t);
    return thread * limits->threads + row + 2 * MB + runs + 4 * (uint64_t)words;
}

/* Bytes that `budget` must hold at least, with the buffers that it gives the threads. */
static uint64_t least_bytes(gv_cooccur_limits *limits, uint64_t budget, uint64_t used,
                            uint32_t words, size_t block_bytes)
{
    choose_buffers(limits, budget);
    return used + fixed_bytes(limits, words, block_bytes) + (uint64_t)LEAST_SHARD * TOKEN_BYTES;
}

/* The smallest budget that one thread can do with: buffers grow with it, so it is searched for. */
static uint64_t smallest_budget(uint64_t budget, uint64_t used, uint32_t words, size_t block_bytes)
{
    gv_cooccur_limits limits = {.threads = 1};
    for (;;) {
        uint64_t need = least_bytes(&limits, budget, used, words, block_bytes);
        if (need <= budget)
            return budget;
        budget = (need + MB - 1) / MB * MB;
    }
}

int gv_cooccur_plan(gv_cooccur_limits *limits, uint64_t budget, uint64_t used, uint32_t words,
                    unsigned threads, size_t block_bytes, uint64_t disk_bytes, gv_error *err)
{
    *limits = (gv_cooccur_limits){.threads = threads ? threads : 1};
    uint64_t least = least_bytes(limits, budget, used, words, block_bytes);
    while (least > budget && limits->threads > 1) {
        limits->threads--;
        least = least_bytes(limits, budget, used, words, block_bytes);
    }
    if (least > budget)
        return gv_error_set(err, GV_E_MEMORY,
                            "cooccur.memory_mb = %" PRIu64 " is too small: a vocabulary of %" PRIu32
                            " words needs at least %" PRIu64,
                            budget / MB, words,
                            smallest_budget(budget, used, words, block_bytes) / MB);
    uint64_t tokens = (budget - least) / TOKEN_BYTES + LEAST_SHARD;
    /* no text, compressed or not, is likely to hold more; if it does there is one shard more */
    uint64_t likely = 2 * disk_bytes + 4096;
    if (disk_bytes && tokens > likely)
        tokens = likely;
    limits->batch_tokens = clamp(tokens, 1, UINT64_C(1) << 31);
    return GV_OK;
}
