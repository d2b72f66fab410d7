/*
 * The inner loops of counting with AVX-512 (F, BW, VBMI, VBMI2).
 *
 * pack     sixteen ids at a time: those >= base and on this side of a break are a mask, which
 *          compresses ids and tags into the list. No branch depends on the text.
 * collect  one cache line of sums at a time: those that are not 0 are a mask again.
 * code     eight cells at a time. A cell takes one 64-bit lane: 3 bytes for its gap, 5 for its
 *          value. One instruction (vpmultishiftqb) cuts a number into groups of 7 bits, one a byte;
 *          which bytes a varint needs is found by smearing its set bytes downwards; and vpcompressb
 *          closes up the bytes of all eight cells. Gaps of 2^21 and more are left to portable code.
 * add      one cell at a time; pext joins the groups of 7 bits.
 */
#include "cooccur/gv_cooccur_rows.h"

#if defined(__x86_64__) && defined(__AVX512VBMI2__)
#include "cooccur/gv_cooccur.h"
#include "counts/gv_counts_row.h"
#include <immintrin.h>

#define INLINE static inline __attribute__((always_inline))

INLINE __mmask16 lanes(uint32_t bits)
{
    return (__mmask16)(bits & 0xffff);
}

/* Append what `keep` says to the list. All 16 lanes are stored, since a masked store that
 * compresses is slow on some processors; the next call writes over what is too much, and the list
 * has a vector of slack (GV_ROWS_LIST_ROOM). */
INLINE size_t append(gv_cooccur_rows_list *list, size_t n, __mmask16 keep, __m512i ids,
                     __m512i tags)
{
    _mm512_storeu_si512(list->column + n, _mm512_maskz_compress_epi32(keep, ids));
    _mm512_storeu_si512(list->tag + n, _mm512_maskz_compress_epi32(keep, tags));
    return n + (size_t)__builtin_popcount(keep);
}

/* Lanes behind the last break, and before the first one: ids on the far side of a break are of
 * another document. To the left the nearest ids are the high lanes. Without a break lzcnt gives 32,
 * so that all lanes stay; and breaks - 1 is all ones. */
INLINE __mmask16 after_break(__mmask16 breaks)
{
    return lanes((uint32_t)(UINT64_C(0xffff) << (32 - _lzcnt_u32(breaks))));
}

INLINE __mmask16 before_break(__mmask16 breaks)
{
    return lanes((breaks - 1u) & ~(uint32_t)breaks);
}

/* Lanes of the farthest vector of a window: all vectors are full but that one. */
typedef struct edges {
    __mmask16 left, right;
    uint32_t full; /* ids of the window in full vectors */
} edges;

/* The vector of ids at distances done + 16 .. done + 1 to the left of `here`. */
INLINE size_t pack_left(const gv_cooccur_rows_pack *pack, gv_cooccur_rows_list *list, size_t n,
                        const uint32_t *here, __m512i base, uint32_t done, __mmask16 within,
                        __mmask16 *breaks)
{
    __m512i ids = _mm512_loadu_si512(here - done - GV_ROWS_LINE);
    __m512i tags = _mm512_loadu_si512(pack->left + pack->span - done - GV_ROWS_LINE);
    __mmask16 keep = _mm512_mask_cmpge_epu32_mask(within, ids, base);
    *breaks = _mm512_mask_cmpeq_epi32_mask(within, ids, _mm512_set1_epi32((int)GV_ENCODER_BREAK));
    return append(list, n, lanes(keep & after_break(*breaks)), ids, tags);
}

/* The vector at distances done + 1 .. done + 16 to the right. */
INLINE size_t pack_right(const gv_cooccur_rows_pack *pack, gv_cooccur_rows_list *list, size_t n,
                         const uint32_t *here, __m512i base, uint32_t done, __mmask16 within,
                         __mmask16 *breaks)
{
    __m512i ids = _mm512_loadu_si512(here + 1 + done);
    __m512i tags = _mm512_loadu_si512(pack->right + done);
    __mmask16 keep = _mm512_mask_cmpge_epu32_mask(within, ids, base);
    *breaks = _mm512_mask_cmpeq_epi32_mask(within, ids, _mm512_set1_epi32((int)GV_ENCODER_BREAK));
    return append(list, n, lanes(keep & before_break(*breaks)), ids, tags);
}

/* Both windows of a position, vector by vector until a break or the window's end. */
INLINE size_t pack_wide(const gv_cooccur_rows_pack *pack, gv_cooccur_rows_list *list, size_t n,
                        const uint32_t *here, __m512i base, const edges *edge)
{
    __mmask16 breaks = 0;
    for (uint32_t done = 0; done < pack->window && !breaks; done += GV_ROWS_LINE)
        n = pack_left(pack, list, n, here, base, done, done < edge->full ? 0xffff : edge->left,
                      &breaks);
    if (!pack->symmetric)
        return n;
    breaks = 0;
    for (uint32_t done = 0; done < pack->window && !breaks; done += GV_ROWS_LINE)
        n = pack_right(pack, list, n, here, base, done, done < edge->full ? 0xffff : edge->right,
                       &breaks);
    return n;
}

/* The same for windows of one vector, without a loop. */
INLINE size_t pack_narrow(const gv_cooccur_rows_pack *pack, gv_cooccur_rows_list *list, size_t n,
                          const uint32_t *here, __m512i base, const edges *edge)
{
    __mmask16 breaks;
    n = pack_left(pack, list, n, here, base, 0, edge->left, &breaks);
    return pack->symmetric ? pack_right(pack, list, n, here, base, 0, edge->right, &breaks) : n;
}

INLINE size_t pack_positions(const gv_cooccur_rows_pack *pack, const uint32_t *positions,
                             size_t *at, size_t end, uint32_t base, gv_cooccur_rows_list *list,
                             bool narrow)
{
    const __m512i bases = _mm512_set1_epi32((int)base);
    const uint32_t full = (pack->window - 1) / GV_ROWS_LINE * GV_ROWS_LINE,
                   rest = pack->window - full;
    const edges edge = {lanes(0xffffu << (GV_ROWS_LINE - rest)), lanes((1u << rest) - 1), full};
    size_t n = 0, i = *at;
    for (; i < end && n < GV_ROWS_LIST_FULL; i++) {
        const uint32_t *here = pack->ids + positions[i];
        gv_cooccur_rows_prefetch(pack, positions, i);
        n = narrow ? pack_narrow(pack, list, n, here, bases, &edge)
                   : pack_wide(pack, list, n, here, bases, &edge);
    }
    *at = i;
    return n;
}

static size_t pack(const gv_cooccur_rows_pack *p, const uint32_t *positions, size_t *at, size_t end,
                   uint32_t base, gv_cooccur_rows_list *list)
{
    /* copies that the list cannot alias: what is constant stays in registers */
    gv_cooccur_rows_pack copy = *p;
    if (copy.span > GV_ROWS_LINE)
        return pack_positions(&copy, positions, at, end, base, list, false);
    /* From here on span and symmetric are constants, which select the code at compile time. */
    copy.span = GV_ROWS_LINE;
    copy.symmetric = true;
    if (p->symmetric)
        return pack_positions(&copy, positions, at, end, base, list, true);
    copy.symmetric = false;
    return pack_positions(&copy, positions, at, end, base, list, true);
}

/* The cells of one line; its sums are zeroed. */
INLINE size_t collect_line(uint32_t *sums, uint32_t line, gv_cooccur_rows_cells *cells, size_t n)
{
    const __m512i lane = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    uint32_t *from = sums + (size_t)line * GV_ROWS_LINE;
    __m512i values = _mm512_loadu_si512(from);
    __mmask16 keep = _mm512_test_epi32_mask(values, values);
    __m512i columns = _mm512_add_epi32(_mm512_set1_epi32((int)(line * GV_ROWS_LINE)), lane);
    _mm512_storeu_si512(from, _mm512_setzero_si512());
    _mm512_storeu_si512(cells->column + GV_ROWS_LINE + n,
                        _mm512_maskz_compress_epi32(keep, columns));
    _mm512_storeu_si512(cells->value + n, _mm512_maskz_compress_epi32(keep, values));
    return n + (size_t)__builtin_popcount(keep);
}

static size_t collect(uint32_t *sums, uint8_t *marks, uint32_t *line, uint32_t lines,
                      gv_cooccur_rows_cells *cells)
{
    size_t n = 0;
    uint32_t l = *line;
    if (!marks) {
        for (; l < lines && n <= GV_ROWS_CELLS_ROOM - 64 * GV_ROWS_LINE; l++)
            n = collect_line(sums, l, cells, n);
        *line = l;
        return n;
    }
    /* groups of 64 marks; the first one may have begun before `*line`, where all marks are 0 */
    for (l -= l % 64; l < lines && n <= GV_ROWS_CELLS_ROOM - 64 * GV_ROWS_LINE; l += 64) {
        __m512i group = _mm512_loadu_si512(marks + l);
        uint64_t set = _mm512_test_epi8_mask(group, group);
        if (!set)
            continue;
        _mm512_storeu_si512(marks + l, _mm512_setzero_si512());
        for (; set; set &= set - 1)
            n = collect_line(sums, l + (uint32_t)__builtin_ctzll(set), cells, n);
    }
    *line = l;
    return n;
}

/* Eight numbers below 2^56, one a lane, as groups of 7 bits in bytes. */
INLINE __m512i groups_of_7(__m512i x)
{
    /* byte i takes the 8 bits from bit 7 i on: 0, 7, 14, 21, 28, 35, 42, 49 */
    const __m512i shifts = _mm512_set1_epi64(0x312a231c150e0700);
    return _mm512_and_si512(_mm512_multishift_epi64_epi8(shifts, x), _mm512_set1_epi8(0x7f));
}

/* Cells i .. i + 7 of which `n` count; NULL if a gap is too large. */
INLINE uint8_t *code_eight(uint8_t *to, const uint32_t *column, const uint32_t *value, unsigned n)
{
    const uint64_t firsts = 0x0909090909090909; /* the first byte of gap and value, in every lane */
    __m256i gap32 =
        _mm256_sub_epi32(_mm256_sub_epi32(_mm256_loadu_si256((const void *)column),
                                          _mm256_loadu_si256((const void *)(column - 1))),
                         _mm256_set1_epi32(1));
    __mmask8 live = (__mmask8)_bzhi_u32(0xff, n);
    if (_mm256_mask_cmpge_epu32_mask(live, gap32, _mm256_set1_epi32(1 << 21)))
        return NULL;
    __m512i gap = groups_of_7(_mm512_cvtepu32_epi64(gap32));
    __m512i val = groups_of_7(_mm512_cvtepu32_epi64(_mm256_loadu_si256((const void *)value)));
    /* a byte is in use if it or a higher one of its number is not 0, and the first always */
    __m512i gap_used = _mm512_or_si512(gap, _mm512_srli_epi64(gap, 8));
    __m512i val_used = _mm512_or_si512(val, _mm512_srli_epi64(val, 8));
    val_used = _mm512_or_si512(val_used, _mm512_srli_epi64(val_used, 16));
    /* bytes 0 to 2 of a lane: the gap, below 2^21; bytes 3 to 7: the value, below 2^32 < 2^35 */
    __m512i bytes = _mm512_or_si512(gap, _mm512_slli_epi64(val, 24));
    __m512i used = _mm512_or_si512(gap_used, _mm512_slli_epi64(val_used, 24));
    uint64_t keep = _mm512_test_epi8_mask(used, used) | firsts;
    uint64_t more = (keep & ~firsts) >> 1; /* bytes that are followed by one of their varint */
    bytes = _mm512_mask_add_epi8(bytes, more, bytes, _mm512_set1_epi8((char)0x80));
    /* cells beyond the n-th are not written, whatever the arrays hold there */
    keep = _bzhi_u64(keep, 8 * n);
    _mm512_storeu_si512(to, _mm512_maskz_compress_epi8(keep, bytes));
    return to + __builtin_popcountll(keep);
}

static uint8_t *code(uint8_t *to, const gv_cooccur_rows_cells *cells, size_t n)
{
    const uint32_t *column = cells->column + GV_ROWS_LINE;
    for (size_t i = 0; i < n; i += 8) {
        unsigned part = n - i < 8 ? (unsigned)(n - i) : 8;
        uint8_t *end = code_eight(to, column + i, cells->value + i, part);
        for (size_t k = i; !end && k < i + part; k++) {
            to = gv_counts_row_put(to, column[k] - column[k - 1] - 1);
            to = gv_counts_row_put(to, cells->value[k]);
        }
        to = end ? end : to;
    }
    return to;
}

INLINE const uint8_t *add_cells(gv_cooccur_rows_adder *adder, const uint8_t *from,
                                const uint8_t *last, bool grouped)
{
    const uint64_t groups = 0x7f7f7f7f7f7f7f7f;
    gv_cooccur_rows_adder a = *adder;
    while (a.left > 0 && from <= last) {
        uint64_t x = gv_bytes_get64(from);
        /* A varint ends at its first byte below 128. Two of them in 8 bytes are a cell; nearly all
         * are so short, the others are left to the caller. */
        uint64_t stops = ~x & ~groups, second = _blsr_u64(stops);
        unsigned middle = (unsigned)_tzcnt_u64(stops), end = (unsigned)_tzcnt_u64(second);
        if (second == 0)
            break;
        uint64_t gap = _pext_u64(_bzhi_u64(x, middle), groups);
        uint64_t value = _pext_u64(_bzhi_u64(x, end) >> 1 >> middle, groups);
        if (!gv_cooccur_rows_add_cell(&a, gap, value, grouped))
            break;
        from += end / 8 + 1;
    }
    *adder = a;
    return from;
}

static const uint8_t *add(gv_cooccur_rows_adder *adder, const uint8_t *from, const uint8_t *last)
{
    return adder->groups ? add_cells(adder, from, last, true) : add_cells(adder, from, last, false);
}

static const gv_cooccur_rows_kernel rows = {"avx512", pack, collect, code, add};
const gv_cooccur_rows_kernel *const gv_cooccur_rows_avx512 = &rows;
#else
const gv_cooccur_rows_kernel *const gv_cooccur_rows_avx512 = NULL;
#endif
