#include "budget/gv_budget_shuffle.h"

enum {
    WORD_BYTES = 14,    /* of a word: records (4), row sum (8), segment (2) */
    SAMPLED_BYTES = 8,  /* of a sampled cell: its value */
    CELL_BUFFER = 64,   /* of a cell: a small matrix does not fill the buffers */
    SORTED_CELL = 24,   /* of a cell in the spool at most: 4 as a rule, 11 with a head of its own;
                            values without a code are rare */
    AMPLE_CELL = 12,    /* of a cell: with this much all cells stay in memory, head or not */
    BUFFERS = 10 << 20, /* SQLite's cache, blob, reading; checked by running with 64 MiB
                            (docs/store.md) */
    SURVEY_BLOCK = 1 << 20, /* of a thread in the first pass: the block being decoded */
    LANE_BYTES = 1 << 20,   /* of a lane beside the spool, with a block of this size: its row is
                               longer only with millions of words */
    LANE_LEAST = 8 << 20,   /* no further thread for less memory than this */
    LANE_SPARE = 2 << 20    /* of a lane: slabs and stages that are not full */
};

/* The program with an open store. */
static uint64_t program_bytes(void)
{
    return GV_BUDGET_PROGRAM + GV_BUDGET_SQLITE;
}

uint64_t gv_budget_shuffle_buffers(uint64_t cells)
{
    return gv_budget_clamp(GV_BUDGET_MIB + cells * CELL_BUFFER, 0, BUFFERS);
}

uint64_t gv_budget_shuffle_first_pass(const gv_budget_shuffle *basis)
{
    uint64_t sample = gv_budget_clamp(basis->cells, 0, GV_BUDGET_SHUFFLE_SAMPLE);
    return program_bytes() + (uint64_t)basis->words * WORD_BYTES + sample * SAMPLED_BYTES +
           basis->vocabulary;
}

/* Buffers twice: the cells need at least as much again. */
uint64_t gv_budget_shuffle_second_pass(const gv_budget_shuffle *basis)
{
    return program_bytes() + (uint64_t)basis->words * WORD_BYTES +
           2 * gv_budget_shuffle_buffers(basis->cells);
}

uint64_t gv_budget_shuffle_least(const gv_budget_shuffle *basis)
{
    uint64_t first = gv_budget_shuffle_first_pass(basis);
    uint64_t second = gv_budget_shuffle_second_pass(basis);
    return first > second ? first : second;
}

static unsigned fewer(uint64_t fit, unsigned threads)
{
    return fit < 1 ? 1 : fit < threads ? (unsigned)fit : threads;
}

/* A thread beyond the first has numbers of its own for each word, and counts of small values. */
unsigned gv_budget_shuffle_survey_threads(const gv_budget_shuffle *basis, unsigned threads)
{
    uint64_t first = gv_budget_shuffle_first_pass(basis);
    uint64_t left = basis->budget > first ? basis->budget - first : 0;
    uint64_t thread = (uint64_t)basis->words * (sizeof(uint32_t) + sizeof(uint64_t)) +
                      GV_BUDGET_SHUFFLE_SMALL * sizeof(uint32_t) + SURVEY_BLOCK;
    return fewer(1 + left / thread, threads);
}

uint64_t gv_budget_shuffle_left(const gv_budget_shuffle *basis, uint64_t resident)
{
    uint64_t taken = resident + gv_budget_shuffle_buffers(basis->cells);
    return basis->budget > taken ? basis->budget - taken : 0;
}

bool gv_budget_shuffle_is_ample(const gv_budget_shuffle *basis, uint64_t left)
{
    return left / AMPLE_CELL > basis->cells;
}

/* What a lane needs more than usually, to read the block of a long row. */
static uint64_t long_row(const gv_budget_shuffle *basis)
{
    return basis->block > LANE_BYTES ? basis->block - LANE_BYTES : 0;
}

unsigned gv_budget_shuffle_lanes(const gv_budget_shuffle *basis, uint64_t left, unsigned threads)
{
    return fewer(left / (LANE_LEAST + long_row(basis)), threads);
}

uint64_t gv_budget_shuffle_spool(const gv_budget_shuffle *basis, uint64_t left, unsigned lanes)
{
    uint64_t buffers = lanes * (LANE_BYTES + long_row(basis));
    return left > buffers ? left - buffers : 0;
}

uint64_t gv_budget_shuffle_spool_most(const gv_budget_shuffle *basis, uint64_t least,
                                      unsigned lanes)
{
    return least + basis->cells * SORTED_CELL + (uint64_t)lanes * LANE_SPARE;
}

unsigned gv_budget_shuffle_pack_threads(uint64_t left, uint64_t thread_bytes, unsigned threads)
{
    return fewer(left / thread_bytes, threads);
}
