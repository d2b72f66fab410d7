/*
 * Decoding cells with AVX-512 (F, BW, DQ, VL, VBMI, VBMI2): up to 32 cells a step.
 *
 * 64 bytes are loaded from the first byte of a cell on. The bytes without continuation bit are the
 * ends of numbers; compressing 0, 1, 2 ... by them gives the place of every end, and so of every
 * begin, at once. Each number's bytes are then moved into a 32-bit lane of their own, and two
 * multiply-adds drop the continuation bits: (a + 128 b) and (c + 128 d), then the one + 2^14 x the
 * other. Even lanes are gaps, which a running sum turns into columns, odd ones values.
 *
 * Where a number is longer than 4 bytes, or a column would leave the matrix, one cell is decoded
 * by the scalar code, which also reports what is damaged.
 */
#include "counts/gv_counts_decode.h"

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512DQ__) &&                      \
    defined(__AVX512VL__) && defined(__AVX512VBMI__) && defined(__AVX512VBMI2__) &&                \
    defined(__BMI2__)

#include <immintrin.h>

enum { LANES = 8 }; /* cells of a vector */

/* 64 bytes of cells, taken apart. */
typedef struct window {
    __m512i bytes;       /* continuation bits cleared */
    __m512i begin, last; /* places of the first and last byte of number i */
} window;

static inline __m512i iota8(void)
{
    static const uint8_t numbers[64] = {
        0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
        22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43,
        44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};
    return _mm512_loadu_si512(numbers);
}

/* Numbers first .. first + 15 of the window in the lanes. Four bytes a lane: those of number
 * `first` + lane, from its first byte on, and zeros beyond its last. */
static inline __m512i numbers_at(const window *w, unsigned first)
{
    const __m512i four_each = _mm512_srli_epi16(_mm512_and_si512(iota8(), _mm512_set1_epi8(0x3c)),
                                                2); /* 0 0 0 0 1 1 1 1 ... */
    __m512i number = _mm512_add_epi8(four_each, _mm512_set1_epi8((char)first));
    __m512i from = _mm512_add_epi8(_mm512_permutexvar_epi8(number, w->begin),
                                   _mm512_and_si512(iota8(), _mm512_set1_epi8(3)));
    __mmask64 own = _mm512_cmple_epu8_mask(from, _mm512_permutexvar_epi8(number, w->last));
    __m512i digits = _mm512_maskz_permutexvar_epi8(own, from, w->bytes);
    /* factors 1 and 128 (unsigned bytes), then 1 and 2^14 (16 bits) */
    __m512i pairs = _mm512_maddubs_epi16(_mm512_set1_epi16((short)0x8001), digits);
    return _mm512_madd_epi16(pairs, _mm512_set1_epi32(1 << 30 | 1));
}

/* Sums of the elements up to each. Shifted by 1, 2 and 4 lanes and added: three steps for eight
 * elements. */
static inline __m256i running_sum(__m256i x)
{
    const __m256i zero = _mm256_setzero_si256();
    x = _mm256_add_epi32(x, _mm256_alignr_epi32(x, zero, 7));
    x = _mm256_add_epi32(x, _mm256_alignr_epi32(x, zero, 6));
    return _mm256_add_epi32(x, _mm256_alignr_epi32(x, zero, 4));
}

/* Up to LANES cells (`n`) from the window's number `first` on. False when a column would leave the
 * matrix or a value is 0; nothing has moved then. */
static inline bool put_cells(uint32_t *column, uint64_t *value, const window *w, unsigned first,
                             unsigned n, gv_counts_decode_place *place)
{
    __mmask8 wanted = (__mmask8)_bzhi_u32(0xff, n);
    __m512i numbers = numbers_at(w, first);
    __m512i values = _mm512_srli_epi64(numbers, 32);
    __m256i gaps = _mm256_maskz_mov_epi32(wanted, _mm512_cvtepi64_epi32(numbers));
    /* gaps have 28 bits, so eight of them do not overflow 32 */
    __m256i ahead = _mm256_add_epi32(running_sum(gaps), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
    /* lane 7 holds the sum of the gaps wanted plus 7; the cells themselves take `n` columns more */
    uint64_t moved = (uint32_t)_mm256_extract_epi32(ahead, 7) - LANES + 1 + (uint64_t)n;
    if (moved > place->limit - place->next ||
        _mm512_mask_testn_epi64_mask(wanted, values, values) != 0)
        return false;
    _mm512_storeu_si512(value, values);
    _mm256_storeu_si256((__m256i *)(void *)column,
                        _mm256_add_epi32(ahead, _mm256_set1_epi32((int)(uint32_t)place->next)));
    place->next += moved;
    return true;
}

static bool decode(uint32_t *column, uint64_t *value, gv_counts_decode_place *place, size_t n)
{
    const __m512i low = _mm512_set1_epi8(0x7f);
    gv_counts_decode_place at = *place; /* where the compiler can keep it in registers */
    for (size_t i = 0; i < n;) {
        if (at.from >= at.end)
            return false;
        __m512i bytes = _mm512_loadu_si512(at.from);
        uint64_t more = _mm512_movepi8_mask(bytes), stops = ~more;
        size_t cells = (size_t)__builtin_popcountll(stops) / 2, left = n - i;
        cells = cells < left ? cells : left;
        size_t done = 0;
        /* four continuation bits in a row: a number of more than 4 bytes, or damage */
        if ((more & more >> 1 & more >> 2 & more >> 3) == 0) {
            window w = {.bytes = _mm512_and_si512(bytes, low),
                        .last = _mm512_maskz_compress_epi8(stops, iota8())};
            /* a number begins behind the one before it, the first at 0 */
            w.begin = _mm512_maskz_permutexvar_epi8(~UINT64_C(1),
                                                    _mm512_sub_epi8(iota8(), _mm512_set1_epi8(1)),
                                                    _mm512_add_epi8(w.last, _mm512_set1_epi8(1)));
            while (done < cells) {
                unsigned part = cells - done < LANES ? (unsigned)(cells - done) : LANES;
                if (!put_cells(column + i, value + i, &w, (unsigned)(2 * done), part, &at))
                    break;
                i += part;
                done += part;
            }
        }
        if (done > 0) /* behind the stop bit of the last number taken */
            at.from += __builtin_ctzll(_pdep_u64(UINT64_C(1) << (2 * done - 1), stops)) + 1;
        if (done < cells || cells == 0) {
            if (!gv_counts_decode_cell(&column[i], &value[i], &at))
                return false;
            i++;
        }
    }
    *place = at;
    return true;
}

gv_counts_decode_fn *const gv_counts_decode_avx512 = decode;

#else
gv_counts_decode_fn *const gv_counts_decode_avx512 = NULL;
#endif
