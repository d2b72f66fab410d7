#include "budget/gv_budget_vocab.h"

enum {
    THREAD_BYTES = 512 << 10,     /* of one thread beside its table and the corpus's buffers */
    THREAD_TABLE_LEAST = 2 << 20, /* fewer threads rather than smaller tables */
    BLOCK_LEAST = 64 << 10,
    BLOCK_MOST = 4 << 20,
    BUFFER_MOST = 256 << 10, /* of a sorted run */
    HELD_OF_BLOCK = 1 << 20  /* a thread holds no more of a corpus block at once, ... */
};

/* ... and a quarter as much of what it makes of it. */
static uint64_t reader_bytes(size_t block_bytes)
{
    uint64_t held = gv_budget_clamp(block_bytes, 0, HELD_OF_BLOCK);
    return held + held / 4;
}

/* The budget of one rank: not beyond three quarters of what the machine has, which would only end
 * in the out-of-memory killer. */
static uint64_t rank_budget(const gv_budget_vocab *basis)
{
    uint64_t budget = basis->budget / basis->on_host;
    uint64_t available = basis->available / 4 * 3 / basis->on_host;
    return available > 0 && budget > available ? available : budget;
}

gv_budget_vocab_limits gv_budget_vocab_divide(const gv_budget_vocab *basis)
{
    const uint64_t program = GV_BUDGET_PROGRAM + GV_BUDGET_UNICODE + basis->held_bytes;
    uint64_t budget = rank_budget(basis);
    uint64_t left = budget > program + GV_BUDGET_MIB ? budget - program : GV_BUDGET_MIB;
    uint64_t most = left / (THREAD_TABLE_LEAST + THREAD_BYTES);
    gv_budget_vocab_limits limits = {.threads = basis->threads};
    if (limits.threads > most && !basis->table_bytes)
        limits.threads = most > 0 ? (unsigned)most : 1;
    /* what a thread holds of a block stays below an eighth of its part */
    uint64_t block = left / limits.threads / 16;
    limits.block_bytes = block > HELD_OF_BLOCK ? BLOCK_MOST
                         : block < BLOCK_LEAST ? BLOCK_LEAST
                                               : (size_t)block;
    uint64_t readers = limits.threads * (reader_bytes(limits.block_bytes) + THREAD_BYTES);
    limits.others = program + readers;
    limits.table_bytes = left > readers + GV_BUDGET_MIB ? left - readers : GV_BUDGET_MIB;
    if (basis->table_bytes)
        limits.table_bytes = basis->table_bytes;
    if (basis->block_bytes)
        limits.block_bytes = basis->block_bytes;
    limits.run_buffer = (size_t)gv_budget_clamp(limits.table_bytes / 4 / (GV_BUDGET_FAN_IN + 1),
                                                GV_BUDGET_VOCAB_BUFFER_LEAST, BUFFER_MOST);
    return limits;
}

uint64_t gv_budget_vocab_slots_most(uint64_t budget)
{
    uint64_t slots = GV_BUDGET_VOCAB_LEAST_SLOTS;
    while (2 * slots * GV_BUDGET_VOCAB_ENTRY_BYTES <= budget / 4 * 3)
        slots *= 2;
    return slots;
}

uint64_t gv_budget_vocab_table(uint64_t words)
{
    uint64_t slots = GV_BUDGET_VOCAB_LEAST_SLOTS;
    while (words > gv_budget_vocab_grow_at(slots))
        slots *= 2;
    return slots * GV_BUDGET_VOCAB_ENTRY_BYTES;
}
