/*
 * gv_budget - how the stages divide the memory that they may use.
 *
 * Each stage has a budget in bytes (a config key such as train.memory_mb, or what the machine has
 * available) and chooses threads, buffers and batches by it. These rules are pure functions: they
 * take numbers and return numbers, look at no file and no machine, and allocate nothing. A stage
 * calls them with measured sizes, glove-plan with estimated ones, so that both follow the same
 * rule. gv_budget_STAGE.h has the rules of each stage; here are the constants that they share.
 *
 * Where a rule needs the size of a struct that is private to a stage, the number is repeated here
 * and the stage asserts at compile time that it is right.
 *
 * Threads: all functions may be called from any thread.
 */
#ifndef GV_BUDGET_H
#define GV_BUDGET_H

#include <stdint.h>

#define GV_BUDGET_KIB UINT64_C(1024)
#define GV_BUDGET_MIB (UINT64_C(1) << 20)

/* Resident bytes of any program with its libraries and stack, before it allocates. Measured on
 * Debian 12, x86-64: 5.6 to 6.8 MiB. */
#define GV_BUDGET_PROGRAM (7 * GV_BUDGET_MIB)
/* ICU's tables, in programs that read text. Measured: 3.5 MiB. */
#define GV_BUDGET_UNICODE (4 * GV_BUDGET_MIB)
/* Page cache of one open SQLite handle: SQLite's default, cache_size = -2000 (KiB). */
#define GV_BUDGET_SQLITE (2 * GV_BUDGET_MIB)

/* Sorted runs that are merged at once, by glove-vocab and by glove-cooccur. */
#define GV_BUDGET_FAN_IN 16

/* `value`, or the nearer of the bounds if it is outside of low .. high. */
static inline uint64_t gv_budget_clamp(uint64_t value, uint64_t low, uint64_t high)
{
    return value < low ? low : value > high ? high : value;
}

/* `megabytes`, the value of a config key, in bytes; UINT64_MAX if that is beyond 64 bits. */
static inline uint64_t gv_budget_of_mb(uint64_t megabytes)
{
    return megabytes > UINT64_MAX / GV_BUDGET_MIB ? UINT64_MAX : megabytes * GV_BUDGET_MIB;
}

/* A stage's budget: the value of its key, but at most three quarters of the `available` bytes (0:
 * unknown), since more would only end in the out-of-memory killer. */
static inline uint64_t gv_budget_of_key(uint64_t megabytes, uint64_t available)
{
    uint64_t budget = gv_budget_of_mb(megabytes), most = available - available / 4;
    return available > 0 && budget > most ? most : budget;
}

/* What a vocabulary may take while it is read: a budget that it exceeds by little is refused
 * afterwards, by a message that knows how much it needs. */
static inline uint64_t gv_budget_of_reading(uint64_t budget)
{
    const uint64_t slack = 64 * GV_BUDGET_MIB;
    return budget > UINT64_MAX - slack ? UINT64_MAX : budget + slack;
}

#endif
