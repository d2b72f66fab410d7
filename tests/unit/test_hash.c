/* gv_hash: the values of xxHash's specification, in one piece and in many. */
#include "base/gv_hash.h"
#include "base/gv_mem.h"
#include "base/gv_rng.h"
#include "support/gv_test.h"
#include <string.h>

static const char *hex_of(gv_hash hash)
{
    char hex[GV_HASH_HEX];
    gv_hash_hex(hash, hex);
    cr_assert_eq(strlen(hex), GV_HASH_HEX - 1u);
    return gv_test_format("%s", hex);
}

/* Of XXH3 with seed 0, as xxhsum prints them. */
Test(hash, known_values)
{
    cr_assert_str_eq(hex_of(gv_hash_of("", 0)), "99aa06d3014798d86001c324468d497f");
    cr_assert_eq(gv_hash_64("", 0, 0), 0x2d06800538d394c2u);
    cr_assert_neq(gv_hash_64("", 0, 1), gv_hash_64("", 0, 0), "the seed counts");
    gv_hash small = {.low = 1, .high = 2};
    cr_assert_str_eq(hex_of(small), "00000000000000020000000000000001");
}

Test(hash, equal_means_both_halves)
{
    gv_hash a = {1, 2}, low = {3, 2}, high = {1, 3};
    cr_assert(gv_hash_equal(a, a));
    cr_assert_not(gv_hash_equal(a, low));
    cr_assert_not(gv_hash_equal(a, high));
}

Test(hash, a_flipped_bit_shows)
{
    uint8_t bytes[300] = {0};
    gv_hash clean = gv_hash_of(bytes, sizeof bytes);
    for (size_t bit = 0; bit < 8 * sizeof bytes; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        cr_assert_not(gv_hash_equal(clean, gv_hash_of(bytes, sizeof bytes)), "%zu", bit);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

Test(hash, pieces_give_the_value_of_the_whole)
{
    enum { BYTES = 5000, TRIES = 200 };
    static uint8_t bytes[BYTES];
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 0);
    for (size_t i = 0; i < BYTES; i++)
        bytes[i] = (uint8_t)gv_rng_next(&rng);
    for (int t = 0; t < TRIES; t++) {
        size_t whole = gv_rng_below(&rng, BYTES + 1), done = 0;
        gv_hash_state *hasher = gv_hash_state_new(NULL);
        while (done < whole) {
            size_t piece = gv_rng_below(&rng, whole - done + 1);
            gv_hash_state_update(hasher, bytes + done, piece);
            done += piece;
            cr_assert(gv_hash_equal(gv_hash_state_digest(hasher), gv_hash_of(bytes, done)),
                      "%zu bytes, seed %lu", done, (unsigned long)gv_test_seed());
        }
        gv_hash_state_free(hasher);
    }
}

Test(hash, no_memory_for_a_hasher)
{
    gv_error err = GV_ERROR_INIT;
    gv_mem_fail_at(1, 0);
    cr_assert_null(gv_hash_state_new(&err));
    gv_mem_fail_at(0, 0);
    cr_assert_eq(err.code, GV_E_MEMORY);
    gv_hash_state_free(NULL);
}
