/*
 * gv_logistic - sigmoid and cross-entropy of the objective "logistic", with the same bits on every
 * CPU.
 *
 *   sigmoid(z)  = 1 / (1 + e^-z)
 *   softplus(z) = log(1 + e^z); the cross-entropy between a probability p and sigmoid(z) is
 *                 softplus(z) - p z
 *
 * Approach. Both follow from e = e^-|z| in (0, 1], where nothing cancels: sigmoid(|z|) = 1 / (1 +
 * e) and softplus(z) = max(z, 0) + log(1 + e). e is 2^t with t = -|z| log2(e), held at or above
 * -100. t is split into a whole number, which becomes the exponent's bits, and a rest f within 0.5,
 * for which the polynomial of degree 5 (Taylor's series of 2^f) is within 3e-6; log(1 + e) is a
 * fitted polynomial of degree 8 within 2e-7. Polynomials are added up in pairs (Estrin's scheme)
 * instead of one term after the other (Horner's), because the kernel waits for the result.
 *
 * Determinism: + - * / and operations on bits alone, none of them fused. A NaN stays NaN, and an
 * infinite z makes the softplus, or p z, infinite or NaN.
 *
 * Each function is here twice: for one float, as the definition; and for the four floats of a step,
 * by the same operations. Threads: pure functions.
 */
#ifndef GV_LOGISTIC_H
#define GV_LOGISTIC_H

#include "kernel/gv_quad.h"
#include <string.h>

#define GV_LOGISTIC_LOG2_E 1.44269504f
/* Added to a float it rounds it to a whole number, which the low bits of the sum then hold. */
#define GV_LOGISTIC_ROUND 12582912.0f /* 1.5 * 2^23 */
#define GV_LOGISTIC_BITS  0x4b400000u /* its bits */
#define GV_LOGISTIC_LEAST (-100.0f)   /* keeps 2^t normal */

/* 2^f for |f| <= 0.5, and log(1 + e) / e for 0 <= e <= 1, over any type that has + and *. */
#define GV_LOGISTIC_POWER(f, f2)                                                                   \
    ((1.0f + 0.693147181f * (f)) + (f2) * ((0.240226507f + 0.0555041087f * (f)) +                  \
                                           (f2) * (0.00961812911f + 0.00133335581f * (f))))
#define GV_LOGISTIC_LOG(e, e2)                                                                     \
    (((0.99999982f - 0.49997449f * (e)) + (e2) * (0.33276176f - 0.24499612f * (e))) +              \
     ((e2) * (e2)) *                                                                               \
         ((0.17757024f - 0.10785368f * (e)) + (e2) * (0.04421419f - 0.00857468f * (e))))

/* sigmoid(z), and softplus(z) to `*softplus`. */
static inline float gv_logistic(float z, float *softplus)
{
    float magnitude = z < 0.0f ? -z : z;
    float t = magnitude * -GV_LOGISTIC_LOG2_E;
    uint32_t bits;
    float power;

    t = t < GV_LOGISTIC_LEAST ? GV_LOGISTIC_LEAST : t;
    float shifted = t + GV_LOGISTIC_ROUND;
    float f = t - (shifted - GV_LOGISTIC_ROUND), f2 = f * f;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (bits - GV_LOGISTIC_BITS + 127u) << 23;
    memcpy(&power, &bits, sizeof power);
    float e = GV_LOGISTIC_POWER(f, f2) * power, e2 = e * e;
    float likely = 1.0f / (1.0f + e);
    *softplus = (z < 0.0f ? 0.0f : z) + e * GV_LOGISTIC_LOG(e, e2);
    return z < 0.0f ? e * likely : likely;
}

/* Element by element: a where `mask` has all bits set, b where it has none. */
INLINE gv_quad gv_logistic_pick(gv_quad_bits mask, gv_quad a, gv_quad b)
{
    return (gv_quad)((mask & (gv_quad_bits)a) | (~mask & (gv_quad_bits)b));
}

/* Within [-bound, bound]; NaN passes. */
INLINE gv_quad gv_logistic_bound(gv_quad x, float bound)
{
    gv_quad most = (gv_quad){0} + bound;
    x = gv_logistic_pick((gv_quad_bits)(x > most), most, x);
    return gv_logistic_pick((gv_quad_bits)(x < -most), -most, x);
}

/* gv_logistic of each element. */
INLINE gv_quad gv_logistic_quad(gv_quad z, gv_quad *softplus)
{
    gv_quad_bits negative = (gv_quad_bits)(z < 0.0f);
    gv_quad t = gv_logistic_pick(negative, -z, z) * -GV_LOGISTIC_LOG2_E;

    t = gv_logistic_pick((gv_quad_bits)(t < GV_LOGISTIC_LEAST), (gv_quad){0} + GV_LOGISTIC_LEAST,
                         t);
    gv_quad shifted = t + GV_LOGISTIC_ROUND;
    gv_quad f = t - (shifted - GV_LOGISTIC_ROUND), f2 = f * f;
    gv_quad power = (gv_quad)(((gv_quad_bits)shifted - GV_LOGISTIC_BITS + 127u) << 23);
    gv_quad e = GV_LOGISTIC_POWER(f, f2) * power, e2 = e * e;
    gv_quad likely = 1.0f / (1.0f + e);
    *softplus = gv_logistic_pick(negative, (gv_quad){0}, z) + e * GV_LOGISTIC_LOG(e, e2);
    return gv_logistic_pick(negative, e * likely, likely);
}

#endif
