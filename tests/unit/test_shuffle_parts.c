/* The parts of the shuffle: streams that spill, codes for frequent values. */
#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "base/gv_rng.h"
#include "base/gv_threads.h"
#include "shuffle/gv_shuffle_codes.h"
#include "shuffle/gv_shuffle_spool.h"
#include "support/gv_test.h"
#include <stdlib.h>
#include <string.h>

enum { STREAMS = 9, LANES = 3 };

/* Byte number `at` of what a lane puts into a stream. */
static uint8_t byte_of(unsigned lane, uint32_t stream, size_t at)
{
    return (uint8_t)(at * 7 + stream * 31 + lane * 101 + (at >> 8));
}

typedef struct filling {
    gv_shuffle_spool *spool;
    size_t total; /* bytes that each lane puts */
    size_t length[LANES][STREAMS];
} filling;

/* Fill streams with pieces of random length; stream 4 stays empty. */
static int fill_lane(void *context, unsigned lane, gv_error *err)
{
    filling *f = context;
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, lane);
    for (size_t put = 0; put < f->total;) {
        uint8_t piece[700];
        uint32_t stream = (uint32_t)gv_rng_below(&rng, STREAMS);
        size_t bytes = gv_rng_below(&rng, sizeof piece + 1);
        if (stream == 4)
            continue;
        for (size_t i = 0; i < bytes; i++)
            piece[i] = byte_of(lane, stream, f->length[lane][stream] + i);
        int status = gv_shuffle_spool_put(f->spool, lane, stream, piece, bytes, err);
        if (status != GV_OK)
            return status;
        f->length[lane][stream] += bytes;
        put += bytes;
    }
    return GV_OK;
}

/* All lanes at once; returns the bytes that were spilled. */
static uint64_t round_trip(size_t memory, size_t total)
{
    gv_error err = GV_ERROR_INIT;
    filling f = {.total = total};
    gv_assert_ok(gv_shuffle_spool_open(&f.spool, STREAMS, LANES, memory, gv_test_dir(), &err), err);
    cr_assert_eq(gv_shuffle_spool_lanes(f.spool), LANES);
    gv_assert_ok(gv_threads_run(LANES, fill_lane, &f, &err), err);
    gv_assert_ok(gv_shuffle_spool_finish(f.spool, &err), err);
    for (uint32_t s = STREAMS; s-- > 0;) {
        for (unsigned lane = 0; lane < LANES; lane++) {
            size_t length = f.length[lane][s];
            cr_assert_eq(gv_shuffle_spool_bytes(f.spool, lane, s), length);
            uint8_t *bytes = malloc(length + 1);
            gv_assert_ok(gv_shuffle_spool_get(bytes, f.spool, lane, s, &err), err);
            for (size_t i = 0; i < length; i++)
                cr_assert_eq(bytes[i], byte_of(lane, s, i), "stream %u, byte %zu", s, i);
            free(bytes);
        }
    }
    uint64_t spilled = gv_shuffle_spool_spilled(f.spool);
    gv_shuffle_spool_close(f.spool);
    return spilled;
}

Test(spool, nothing_put)
{
    cr_assert_eq(round_trip(1 << 20, 0), 0);
}

Test(spool, in_memory)
{
    cr_assert_eq(round_trip(2 << 20, 200000), 0);
}

Test(spool, spilled_once_or_many_times)
{
    for (size_t memory = gv_shuffle_spool_least(STREAMS, LANES); memory < 300000;
         memory = memory * 3 / 2)
        cr_assert_geq(round_trip(memory, 200000), LANES * UINT64_C(200000));
}

Test(spool, a_full_disk_is_an_error)
{
    gv_error err = GV_ERROR_INIT;
    gv_shuffle_spool *spool = NULL;
    uint8_t piece[1000] = {0};
    gv_assert_ok(gv_shuffle_spool_open(&spool, STREAMS, LANES, 1, gv_test_dir(), &err), err);
    gv_file_fail_at(5);
    int status = GV_OK;
    for (int i = 0; status == GV_OK && i < 1000; i++)
        status = gv_shuffle_spool_put(spool, 1, 1, piece, sizeof piece, &err);
    gv_file_fail_at(0);
    cr_assert_eq(status, GV_E_IO);
    cr_assert(strstr(err.text, "temporary file"), "%s", err.text);
    gv_shuffle_spool_close(spool);
}

static gv_shuffle_codes choose(const uint64_t *values, size_t n)
{
    gv_error err = GV_ERROR_INIT;
    gv_shuffle_codes_sample sample;
    gv_shuffle_codes codes;
    gv_assert_ok(gv_shuffle_codes_sample_open(&sample, n, 2, &err), err);
    for (size_t i = 0; i < n; i += 100)
        gv_shuffle_codes_sample_take(&sample, i / 100 % 2, i, values + i,
                                     n - i < 100 ? n - i : 100);
    gv_assert_ok(gv_shuffle_codes_choose(&codes, &sample, &err), err);
    gv_shuffle_codes_sample_close(&sample);
    return codes;
}

Test(codes, by_frequency_then_value)
{
    const uint64_t values[] = {9, 5, 5, 1000000007, 9, 7, 5, UINT64_MAX, UINT64_MAX, UINT64_MAX};
    gv_shuffle_codes codes = choose(values, 10);
    const uint64_t wanted[] = {5, 9, 7, 1000000007};
    cr_assert_eq(codes.n, 4); /* what SQLite's integers cannot hold has no code */
    cr_assert_arr_eq(codes.value, wanted, sizeof wanted);
    for (uint16_t code = 0; code < 4; code++)
        cr_assert_eq(gv_shuffle_codes_find(&codes, wanted[code]), code);
    cr_assert_eq(gv_shuffle_codes_find(&codes, 6), GV_TILE_ESCAPE);
    cr_assert_eq(gv_shuffle_codes_find(&codes, UINT64_MAX), GV_TILE_ESCAPE);
    gv_shuffle_codes_free(&codes);
}

Test(codes, one_value)
{
    const uint64_t values[] = {3};
    gv_shuffle_codes codes = choose(values, 1);
    cr_assert_eq(codes.n, 1);
    cr_assert_eq(gv_shuffle_codes_find(&codes, 3), 0);
    gv_shuffle_codes_free(&codes);
}

static int by_value(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return a < b ? -1 : a > b;
}

/* More distinct values than codes: the table holds the most frequent ones. */
Test(codes, more_values_than_codes)
{
    enum { N = 400000 };
    uint64_t *values = malloc(N * sizeof *values);
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 3);
    for (size_t i = 0; i < N; i++)
        values[i] = i % 4 == 0 ? 24024 * (1 + gv_rng_below(&rng, 30000))
                               : 1 + (gv_rng_next(&rng) >> (20 + i % 40));
    gv_shuffle_codes codes = choose(values, N);
    cr_assert_eq(codes.n, GV_TILE_ESCAPE);
    qsort(values, N, sizeof *values, by_value);
    size_t lowest = SIZE_MAX, highest_left = 0;
    for (size_t i = 0, n; i < N; i += n) {
        for (n = 1; i + n < N && values[i + n] == values[i]; n++)
            ;
        if (gv_shuffle_codes_find(&codes, values[i]) == GV_TILE_ESCAPE)
            highest_left = n > highest_left ? n : highest_left;
        else
            lowest = n < lowest ? n : lowest;
    }
    cr_assert_geq(lowest, highest_left);
    for (uint32_t code = 0; code < codes.n; code++)
        cr_assert_eq(gv_shuffle_codes_find(&codes, codes.value[code]), code);
    gv_shuffle_codes_free(&codes);
    free(values);
}
