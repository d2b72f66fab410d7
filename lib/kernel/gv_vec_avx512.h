/*
 * Vector operations of AVX-512: sixteen lanes, one vector a chunk. The kernel itself and how it
 * works stand in gv_kernel_body.h.
 *
 * Cost on Zen 4: 12 multiplier cycles per register and record when both sides are updated; the rest
 * hides behind.
 */
#include "kernel/gv_kernel_isa.h"

#include <immintrin.h>

#define VEC    16
#define PIECES (GV_LANES / VEC)

typedef __m512 vec_w;
typedef __m256 vec_n;
typedef __m512i vec_bits;
typedef double quad_double __attribute__((vector_size(32)));

#define load_w  _mm512_load_ps
#define store_w _mm512_store_ps
#define set1_w  _mm512_set1_ps
#define fma_w   _mm512_fmadd_ps
#define fnma_w  _mm512_fnmadd_ps

#define load_n  _mm256_load_ps
#define store_n _mm256_store_ps
#define set1_n  _mm256_set1_ps
#define fma_n   _mm256_fmadd_ps
#define fnma_n  _mm256_fnmadd_ps

/* maxps and minps return their second operand when either is NaN, as the contract's ?: do. */
INLINE vec_w clip_w(vec_w t, vec_w c)
{
    vec_w minus_c = _mm512_xor_ps(c, _mm512_set1_ps(-0.0f));

    return _mm512_min_ps(c, _mm512_max_ps(minus_c, t));
}

INLINE vec_n clip_n(vec_n t, vec_n c)
{
    vec_n minus_c = _mm256_xor_ps(c, _mm256_set1_ps(-0.0f));

    return _mm256_min_ps(c, _mm256_max_ps(minus_c, t));
}

INLINE vec_w guess_w(vec_w s)
{
    __m512i half = _mm512_srli_epi32(_mm512_castps_si512(s), 1);

    return _mm512_castsi512_ps(_mm512_sub_epi32(_mm512_set1_epi32(GV_RSQRT_MAGIC), half));
}

INLINE vec_n guess_n(vec_n s)
{
    __m256i half = _mm256_srli_epi32(_mm256_castps_si256(s), 1);

    return _mm256_castsi256_ps(_mm256_sub_epi32(_mm256_set1_epi32(GV_RSQRT_MAGIC), half));
}

/* 0xb: the larger magnitude, without sign. Where one operand is NaN it gives the other one; but
 * then the dot product is NaN, and that is noticed. */
INLINE vec_bits most_w(vec_bits most, vec_w v)
{
    return _mm512_castps_si512(_mm512_range_ps(_mm512_castsi512_ps(most), v, 0xb));
}

INLINE vec_bits most_n(vec_bits most, vec_n v)
{
    __m256 low = _mm256_range_ps(_mm256_castsi256_ps(_mm512_castsi512_si256(most)), v, 0xb);

    return _mm512_castps_si512(_mm512_zextps256_ps512(low));
}

INLINE vec_w collect_n(vec_w acc, vec_n a, vec_n b)
{
    return _mm512_zextps256_ps512(_mm256_fmadd_ps(a, b, _mm512_castps512_ps256(acc)));
}

#define collect_w(acc, a, b) _mm512_fmadd_ps(a, b, acc)

INLINE float top(vec_bits most)
{
    __m256i s = _mm256_max_epu32(_mm512_castsi512_si256(most), _mm512_extracti64x4_epi64(most, 1));
    __m128i t = _mm_max_epu32(_mm256_castsi256_si128(s), _mm256_extracti128_si256(s, 1));

    t = _mm_max_epu32(t, _mm_shuffle_epi32(t, 0xee));
    t = _mm_max_epu32(t, _mm_shuffle_epi32(t, 0x55));
    return _mm_cvtss_f32(_mm_castsi128_ps(t));
}

INLINE quad quad_load(const float *from, size_t m)
{
    return (quad)_mm_maskz_loadu_ps((__mmask8)((1u << m) - 1), from);
}

#define pick_w(q, k) _mm512_broadcastss_ps(_mm_permute_ps((__m128)(q), (k)*0x55))
#define pick_n(q, k) _mm256_broadcastss_ps(_mm_permute_ps((__m128)(q), (k)*0x55))

/* Four trees +8, +4, +2, +1 at once: the first two levels put the records side by side. */
INLINE quad reduce4(vec_w acc[GV_STEP_RECORDS][PIECES])
{
    vec_w s01 = _mm512_add_ps(_mm512_shuffle_f32x4(acc[0][0], acc[1][0], 0x44),
                              _mm512_shuffle_f32x4(acc[0][0], acc[1][0], 0xee));
    vec_w s23 = _mm512_add_ps(_mm512_shuffle_f32x4(acc[2][0], acc[3][0], 0x44),
                              _mm512_shuffle_f32x4(acc[2][0], acc[3][0], 0xee));
    vec_w s =
        _mm512_add_ps(_mm512_shuffle_f32x4(s01, s23, 0x88), _mm512_shuffle_f32x4(s01, s23, 0xdd));
    __m512i heads = _mm512_setr_epi32(0, 4, 8, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

    s = _mm512_add_ps(s, _mm512_permute_ps(s, 0xee));
    s = _mm512_add_ps(s, _mm512_permute_ps(s, 0xf5));
    return (quad)_mm512_castps512_ps128(_mm512_permutexvar_ps(heads, s));
}

INLINE quad reduce1(vec_w acc[PIECES])
{
    __m256 eight = _mm256_add_ps(_mm512_castps512_ps256(acc[0]), _mm512_extractf32x8_ps(acc[0], 1));
    __m128 s = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));

    s = _mm_add_ps(s, _mm_permute_ps(s, 0xee));
    s = _mm_add_ss(s, _mm_movehdup_ps(s));
    return (quad)_mm_maskz_mov_ps(1, s);
}

INLINE quad_double quad_widen(quad q)
{
    return (quad_double)_mm256_cvtps_pd((__m128)q);
}

INLINE int quad_within(quad q, float c)
{
    return _mm_cmp_ps_mask((__m128)q, _mm_set1_ps(c), _CMP_LE_OQ) == 0xf;
}
