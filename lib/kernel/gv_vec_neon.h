/*
 * Vector operations of AArch64's NEON: four lanes, four vectors a chunk. The kernels are
 * gv_kernel_body.h and gv_word2vec_body.h.
 */
#include "kernel/gv_kernel_isa.h"

#include <arm_neon.h>

#define VEC    4
#define PIECES (GV_LANES / VEC)

typedef float32x4_t vec_w;
typedef uint32x4_t vec_bits;
typedef double quad_double __attribute__((vector_size(32)));

#define load_w               vld1q_f32
#define store_w              vst1q_f32
#define set1_w               vdupq_n_f32
#define fma_w(a, b, c)       vfmaq_f32(c, a, b)
#define fnma_w(a, b, c)      vfmsq_f32(c, a, b)
#define collect_w(acc, a, b) vfmaq_f32(acc, a, b)

/* By comparing and selecting, not by NEON's max and min, which order zeros and NaN otherwise. */
INLINE vec_w clip_w(vec_w t, vec_w c)
{
    vec_w minus_c = vnegq_f32(c);
    vec_w u = vbslq_f32(vcgtq_f32(minus_c, t), minus_c, t);

    return vbslq_f32(vcltq_f32(c, u), c, u);
}

INLINE vec_w guess_w(vec_w s)
{
    uint32x4_t half = vshrq_n_u32(vreinterpretq_u32_f32(s), 1);

    return vreinterpretq_f32_u32(vsubq_u32(vdupq_n_u32(GV_RSQRT_MAGIC), half));
}

INLINE vec_bits most_w(vec_bits most, vec_w v)
{
    return vmaxq_u32(most, vandq_u32(vreinterpretq_u32_f32(v), vdupq_n_u32(0x7fffffff)));
}

INLINE float top(vec_bits most)
{
    return vgetq_lane_f32(vreinterpretq_f32_u32(vdupq_n_u32(vmaxvq_u32(most))), 0);
}

#define pick_w(q, k) vdupq_laneq_f32((float32x4_t)(q), k)

/* Levels +8 and +4 leave one vector, whose halves and then neighbours are added. */
INLINE float reduce_pieces(const vec_w acc[PIECES])
{
    vec_w s = vaddq_f32(vaddq_f32(acc[0], acc[2]), vaddq_f32(acc[1], acc[3]));
    float32x2_t t = vadd_f32(vget_low_f32(s), vget_high_f32(s));

    return vget_lane_f32(t, 0) + vget_lane_f32(t, 1);
}

INLINE quad reduce4(vec_w acc[GV_STEP_RECORDS][PIECES])
{
    return (quad){reduce_pieces(acc[0]), reduce_pieces(acc[1]), reduce_pieces(acc[2]),
                  reduce_pieces(acc[3])};
}

INLINE quad reduce1(vec_w acc[PIECES])
{
    return (quad){reduce_pieces(acc), 0, 0, 0};
}

INLINE quad quad_load(const float *from, size_t m)
{
    if (m == GV_STEP_RECORDS)
        return (quad)vld1q_f32(from);
    return (quad){from[0], m > 1 ? from[1] : 0, m > 2 ? from[2] : 0, 0};
}

INLINE quad_double quad_widen(quad q)
{
    return __builtin_convertvector(q, quad_double);
}

INLINE int quad_within(quad q, float c)
{
    return vminvq_u32(vcleq_f32((float32x4_t)q, vdupq_n_f32(c))) != 0;
}
