/*
 * What the parts of counting take:
 *
 *   used          what the process holds when counting begins
 *   per reader    the block being read, its tokens, its ids: about 4 blocks
 *   per thread    sums of one row with marks (12.1 bytes a word); rows held back (output_bytes, and
 *                 the row that exceeded it: about 6 bytes a word); merge buffers
 *   counts.bin    the row that exceeded its block (6 bytes a word); block and file buffers
 *   run tables    for each sorted run where its bands begin, FAN_IN runs on each of 4 levels
 *   word starts   4 bytes a word
 *
 * What is left, divided by TOKEN_BYTES, is the size of a batch.
 */
#include "budget/gv_budget_cooccur.h"

enum {
    ROW_BYTES_A_WORD = 6, /* of a coded row with all words: a gap of 1 byte, a value of 3 to 5 */
    START_BYTES = 4,      /* of a word: where its positions begin */
    READER_BLOCKS = 4,
    RUN_LEVELS = 4,
    LEAST_BATCH = 1 << 18,    /* tokens */
    FILE_BYTES = 2 << 20,     /* counts.bin: one block and the buffers */
    BLOCK_LEAST = 64 << 10,   /* of the corpus */
    OUTPUT_LEAST = 256 << 10, /* rows held back */
    MERGE_LEAST = 16 << 10,   /* buffer of a run */
    BLOCK_MOST = 4 << 20,     /* of the corpus, and of rows held back */
    MERGE_MOST = 1 << 20      /* buffer of a run */
};

size_t gv_budget_cooccur_block(uint64_t budget, unsigned threads)
{
    return (size_t)gv_budget_clamp(budget / 64 / (threads ? threads : 1), BLOCK_LEAST, BLOCK_MOST);
}

/* A sum of 64 bits and one of 32 for each word, in whole lines; a byte for each line, in whole
 * lines; a byte for each group. */
size_t gv_budget_cooccur_sums(uint32_t words)
{
    size_t lines = ((size_t)words + GV_BUDGET_COOCCUR_LINE - 1) / GV_BUDGET_COOCCUR_LINE;
    size_t marks = (lines + 63) / 64 * 64;
    return lines * GV_BUDGET_COOCCUR_LINE * (sizeof(uint64_t) + sizeof(uint32_t)) + marks +
           gv_budget_cooccur_groups(words);
}

size_t gv_budget_cooccur_groups(uint32_t words)
{
    const size_t each = (size_t)GV_BUDGET_COOCCUR_GROUP * GV_BUDGET_COOCCUR_LINE;
    return ((size_t)words + each - 1) / each;
}

static void choose_buffers(gv_budget_cooccur_limits *limits, uint64_t budget)
{
    limits->fan_in = GV_BUDGET_FAN_IN;
    limits->output_bytes =
        (size_t)gv_budget_clamp(budget / 64 / limits->threads, OUTPUT_LEAST, BLOCK_MOST);
    limits->merge_bytes = (size_t)gv_budget_clamp(budget / 32 / GV_BUDGET_FAN_IN / limits->threads,
                                                  MERGE_LEAST, MERGE_MOST);
}

/* Bytes of everything but `used` and the tokens. */
static uint64_t fixed_bytes(const gv_budget_cooccur_limits *limits, uint64_t budget,
                            const gv_budget_cooccur *basis)
{
    uint64_t block =
        basis->block_bytes ? basis->block_bytes : gv_budget_cooccur_block(budget, basis->threads);
    uint64_t words = basis->words, row = words * ROW_BYTES_A_WORD;
    uint64_t thread = gv_budget_cooccur_sums(basis->words) + limits->output_bytes + row +
                      limits->fan_in * limits->merge_bytes + READER_BLOCKS * block;
    uint64_t runs =
        RUN_LEVELS * GV_BUDGET_FAN_IN * (GV_BUDGET_COOCCUR_BANDS + 1) * sizeof(uint64_t);
    return thread * limits->threads + row + FILE_BYTES + runs + START_BYTES * words;
}

/* Bytes that `budget` must hold at least, with the buffers that it gives the threads. */
static uint64_t least_bytes(gv_budget_cooccur_limits *limits, uint64_t budget,
                            const gv_budget_cooccur *basis)
{
    choose_buffers(limits, budget);
    return basis->used + fixed_bytes(limits, budget, basis) +
           (uint64_t)LEAST_BATCH * GV_BUDGET_COOCCUR_TOKEN_BYTES;
}

uint64_t gv_budget_cooccur_smallest(const gv_budget_cooccur *basis)
{
    gv_budget_cooccur_limits limits = {.threads = 1};
    uint64_t budget = basis->budget;
    /* buffers grow with the budget, so it is searched for */
    for (;;) {
        uint64_t need = least_bytes(&limits, budget, basis);
        if (need <= budget)
            return budget;
        budget = (need + GV_BUDGET_MIB - 1) / GV_BUDGET_MIB * GV_BUDGET_MIB;
    }
}

bool gv_budget_cooccur_divide(gv_budget_cooccur_limits *limits, const gv_budget_cooccur *basis)
{
    *limits = (gv_budget_cooccur_limits){.threads = basis->threads ? basis->threads : 1};
    uint64_t least = least_bytes(limits, basis->budget, basis);
    while (least > basis->budget && limits->threads > 1) {
        limits->threads--;
        least = least_bytes(limits, basis->budget, basis);
    }
    if (least > basis->budget)
        return false;
    uint64_t tokens = (basis->budget - least) / GV_BUDGET_COOCCUR_TOKEN_BYTES + LEAST_BATCH;
    /* no text, compressed or not, is likely to hold more; if it does there is one batch more */
    uint64_t likely = 2 * basis->disk_bytes + 4096;
    if (basis->disk_bytes && tokens > likely)
        tokens = likely;
    limits->batch_tokens = (size_t)gv_budget_clamp(tokens, 1, UINT64_C(1) << 31);
    return true;
}
