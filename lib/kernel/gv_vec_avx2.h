/*
 * Vector operations of AVX2 with FMA: eight lanes, two vectors a chunk. The kernels are
 * gv_kernel_body.h and gv_word2vec_body.h.
 */
#include "kernel/gv_kernel_isa.h"

#include <immintrin.h>

#define VEC    8
#define PIECES (GV_LANES / VEC)

typedef __m256 vec_w;
typedef __m256i vec_bits;
typedef double quad_double __attribute__((vector_size(32)));

#define load_w               _mm256_load_ps
#define store_w              _mm256_store_ps
#define set1_w               _mm256_set1_ps
#define fma_w                _mm256_fmadd_ps
#define fnma_w               _mm256_fnmadd_ps
#define collect_w(acc, a, b) _mm256_fmadd_ps(a, b, acc)

/* maxps and minps return their second operand when either is NaN, as the contract's ?: do. */
INLINE vec_w clip_w(vec_w t, vec_w c)
{
    vec_w minus_c = _mm256_xor_ps(c, _mm256_set1_ps(-0.0f));

    return _mm256_min_ps(c, _mm256_max_ps(minus_c, t));
}

INLINE vec_w guess_w(vec_w s)
{
    __m256i half = _mm256_srli_epi32(_mm256_castps_si256(s), 1);

    return _mm256_castsi256_ps(_mm256_sub_epi32(_mm256_set1_epi32(GV_RSQRT_MAGIC), half));
}

INLINE vec_bits most_w(vec_bits most, vec_w v)
{
    __m256i magnitude = _mm256_and_si256(_mm256_castps_si256(v), _mm256_set1_epi32(0x7fffffff));

    return _mm256_max_epu32(most, magnitude);
}

INLINE float top(vec_bits most)
{
    __m128i s = _mm_max_epu32(_mm256_castsi256_si128(most), _mm256_extracti128_si256(most, 1));

    s = _mm_max_epu32(s, _mm_shuffle_epi32(s, 0xee));
    s = _mm_max_epu32(s, _mm_shuffle_epi32(s, 0x55));
    return _mm_cvtss_f32(_mm_castsi128_ps(s));
}

INLINE quad quad_load(const float *from, size_t m)
{
    static const int masks[2 * GV_STEP_RECORDS] = {-1, -1, -1, -1, 0, 0, 0, 0};

    return (quad)_mm_maskload_ps(from,
                                 _mm_loadu_si128((const __m128i *)(masks + GV_STEP_RECORDS - m)));
}

#define pick_w(q, k) _mm256_broadcastss_ps(_mm_permute_ps((__m128)(q), (k)*0x55))

/* Four trees +8, +4, +2, +1 at once: after +8 each record fills one vector, and every further
 * level adds two vectors into one that holds more records side by side. */
INLINE quad reduce4(vec_w acc[GV_STEP_RECORDS][PIECES])
{
    vec_w s0 = _mm256_add_ps(acc[0][0], acc[0][1]), s1 = _mm256_add_ps(acc[1][0], acc[1][1]);
    vec_w s2 = _mm256_add_ps(acc[2][0], acc[2][1]), s3 = _mm256_add_ps(acc[3][0], acc[3][1]);
    vec_w s01 =
        _mm256_add_ps(_mm256_permute2f128_ps(s0, s1, 0x20), _mm256_permute2f128_ps(s0, s1, 0x31));
    vec_w s23 =
        _mm256_add_ps(_mm256_permute2f128_ps(s2, s3, 0x20), _mm256_permute2f128_ps(s2, s3, 0x31));
    vec_w s = _mm256_add_ps(_mm256_shuffle_ps(s01, s23, 0x44), _mm256_shuffle_ps(s01, s23, 0xee));

    s = _mm256_add_ps(s, _mm256_movehdup_ps(s)); /* now records 0 . 2 . | 1 . 3 . */
    __m128 odd = _mm_moveldup_ps(_mm256_extractf128_ps(s, 1));
    return (quad)_mm_blend_ps(_mm256_castps256_ps128(s), odd, 0xa);
}

INLINE quad reduce1(vec_w acc[PIECES])
{
    vec_w eight = _mm256_add_ps(acc[0], acc[1]);
    __m128 s = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));

    s = _mm_add_ps(s, _mm_permute_ps(s, 0xee));
    s = _mm_add_ss(s, _mm_movehdup_ps(s));
    return (quad)_mm_blend_ps(_mm_setzero_ps(), s, 1);
}

INLINE quad_double quad_widen(quad q)
{
    return (quad_double)_mm256_cvtps_pd((__m128)q);
}

INLINE int quad_within(quad q, float c)
{
    return _mm_movemask_ps(_mm_cmp_ps((__m128)q, _mm_set1_ps(c), _CMP_LE_OQ)) == 0xf;
}
