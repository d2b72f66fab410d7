/*
 * Decoding cells, portable: where one number ends decides where the next begins, so what counts is
 * the length of the chain from one cell to the next. Most gaps are below 128 and take one byte,
 * which is guessed (a branch, so not part of the chain); most values take up to four.
 */
#include "counts/gv_counts_decode.h"

#include <stdlib.h>
#include <string.h>

/* The number of at most 4 bytes that begins with the lowest byte of `bytes`; `*bits` is 8 times its
 * length, and 0 when it is longer. */
static inline uint32_t short_number(uint32_t bytes, unsigned *bits)
{
    /* As in gv_counts_row_get, on 32 bits: the first byte without continuation bit ends the number;
     * the 7-bit groups before it are pushed together in two steps. */
    uint32_t stops = ~bytes & 0x80808080;
    if (__builtin_expect(stops == 0, 0)) {
        *bits = 0;
        return 0;
    }
    *bits = (unsigned)__builtin_ctz(stops) + 1;
    uint32_t x = bytes & 0x7f7f7f7f & UINT32_MAX >> (32 - *bits);
    x = (x & 0x007f007f) | ((x & 0x7f007f00) >> 1);
    return (x & 0x00003fff) | ((x & 0x3fff0000) >> 2);
}

bool gv_counts_decode_portable(uint32_t *column, uint64_t *value, gv_counts_decode_place *place,
                               size_t n)
{
    const uint8_t *from = place->from, *end = place->end;
    uint64_t at = place->next, limit = place->limit;
    int bad = 0; /* gathered, so that the loop has no branch for it */
    for (size_t i = 0; i < n; i++) {
        /* once per cell: what is read beyond `end` after that is in the padding */
        if (from >= end)
            return false;
        uint64_t bytes = gv_bytes_get64(from), gap = bytes & 0x7f, number;
        unsigned bits;
        if (__builtin_expect(bytes & 0x80, 0)) {
            if (!(from = gv_counts_row_get(from, end, &gap)))
                return false;
            bytes = gv_bytes_get64(from);
        } else {
            from++;
            bytes >>= 8;
        }
        number = short_number((uint32_t)bytes, &bits);
        from += bits / 8;
        if (__builtin_expect(bits == 0, 0) && !(from = gv_counts_row_get(from, end, &number)))
            return false;
        /* a number that leaves the matrix still moves `at`, but nothing is indexed by it here; the
         * caller drops the cells */
        bad |= (gap >= limit - at) | (number == 0);
        at += gap;
        column[i] = (uint32_t)at++;
        value[i] = number;
    }
    place->from = from;
    place->next = at;
    return !bad;
}

gv_counts_decode_fn *gv_counts_decode_choose(void)
{
#if defined(__x86_64__)
    const char *forced = getenv("GLOVEBOX_KERNEL");
    bool allowed = !forced || strcmp(forced, "avx512") == 0;
    if (allowed && gv_counts_decode_avx512 && __builtin_cpu_supports("avx512f") &&
        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vbmi") &&
        __builtin_cpu_supports("avx512vbmi2") && __builtin_cpu_supports("bmi2"))
        return gv_counts_decode_avx512;
#endif
    return gv_counts_decode_portable;
}
