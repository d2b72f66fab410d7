/*
 * The training kernel for AVX-512: sixteen lanes at once, bit for bit the scalar reference.
 *
 * Approach. One register holds one chunk (GV_LANES floats). A group of m records goes in two
 * passes over the chunks:
 *   1. m dot products side by side, the run row loaded once; the m accumulators are then reduced
 *      together, so that the tree of the contract costs about two shuffles a record;
 *   2. chunk by chunk the m stream rows move, while the run row's sums stay in registers; the run
 *      row is stored once a group.
 * The bodies are written once and inlined for each m = 1..4, so every loop over records unrolls
 * (the macro EACH) and every array of vectors lives in registers.
 *
 * Clip. The bound is hardly ever met (default 100), yet testing it takes four instructions a
 * vector on the busiest ports. Pass 1 therefore takes the greatest magnitude of all values of the
 * group by integer instructions, which run on idle ports: where max|g| * max|value| is within the
 * smallest clip, rounding being monotone, no single product can exceed its own clip, and pass 2
 * leaves the clip out. Any NaN or infinity makes that comparison fail, and pass 2 clips.
 *
 * Prefetch. While a group is worked on, the rows of a later one are on their way from the
 * L2 cache; the distance is in records of the tile, so it crosses the borders of runs.
 *
 * Invariants: a vector register's lane l takes part in nothing but lane l until the reduction;
 * multiply and add are fused only by _mm512_fmadd_ps (-ffp-contract=off); the operand order of
 * max and min is that of clip_l in gv_kernel.h, which decides what NaN does.
 *
 * Cost on Zen 4: 12 multiplier cycles a vector and record in pass 2, the rest hides behind it.
 */
#include "math/gv_kernel_isa.h"

#if defined(__x86_64__) && defined(__AVX512F__)
#include <immintrin.h>
#include <math.h>

#define INLINE static inline __attribute__((always_inline))

/* `body` for k = 0 .. m-1, k and m being compile-time constants. */
#define EACH(m, body)                                                                              \
    do {                                                                                           \
        {                                                                                          \
            enum { k = 0 };                                                                        \
            body                                                                                   \
        }                                                                                          \
        if ((m) > 1) {                                                                             \
            enum { k = 1 };                                                                        \
            body                                                                                   \
        }                                                                                          \
        if ((m) > 2) {                                                                             \
            enum { k = 2 };                                                                        \
            body                                                                                   \
        }                                                                                          \
        if ((m) > 3) {                                                                             \
            enum { k = 3 };                                                                        \
            body                                                                                   \
        }                                                                                          \
    } while (0)

#define AHEAD      8  /* records between a row's prefetch and its use */
#define RUNS_AHEAD 4  /* the same for run rows, in runs */
#define LINE       16 /* floats in a cache line */

/* What all groups of a tile share. */
typedef struct tile_state {
    const gv_kernel_pass *pass;
    const gv_kernel_tile *tile;
    float clip_floor; /* smallest clip of all lanes */
    double loss;
} tile_state;

/* A group: its run row, its stream rows, g of each record, where it stands in the tile. */
typedef struct group {
    float *a;
    float *b[GV_GROUP];
    const float *ahead[GV_GROUP]; /* rows to prefetch */
    size_t first;
} group;

INLINE __m512 rsqrt_estimate(__m512 s)
{
    __m512i half = _mm512_srli_epi32(_mm512_castps_si512(s), 1);
    __m512 y = _mm512_castsi512_ps(_mm512_sub_epi32(_mm512_set1_epi32(GV_RSQRT_MAGIC), half));
    __m512 t = _mm512_mul_ps(s, _mm512_mul_ps(y, y));

    t = _mm512_mul_ps(_mm512_set1_ps(GV_RSQRT_C1), _mm512_sub_ps(_mm512_set1_ps(GV_RSQRT_C2), t));
    return _mm512_mul_ps(y, t);
}

/* maxps and minps return their second operand when either is NaN, as the contract's ?: do. */
INLINE __m512 clip(__m512 t, __m512 c)
{
    __m512 minus_c = _mm512_xor_ps(c, _mm512_set1_ps(-0.0f));

    return _mm512_min_ps(c, _mm512_max_ps(minus_c, t));
}

/* Larger magnitude of each lane, as the bits of floats without sign; NaN is largest. */
INLINE __m512i larger(__m512i top, __m512 v)
{
    __m512i magnitude = _mm512_and_si512(_mm512_castps_si512(v), _mm512_set1_epi32(0x7fffffff));

    return _mm512_max_epu32(top, magnitude);
}

/* The dot products of four accumulators, each by the tree +8, +4, +2, +1. */
INLINE __m128 reduce4(const __m512 *acc)
{
    __m512 s01 = _mm512_add_ps(_mm512_shuffle_f32x4(acc[0], acc[1], 0x44),
                               _mm512_shuffle_f32x4(acc[0], acc[1], 0xee));
    __m512 s23 = _mm512_add_ps(_mm512_shuffle_f32x4(acc[2], acc[3], 0x44),
                               _mm512_shuffle_f32x4(acc[2], acc[3], 0xee));
    __m512 s =
        _mm512_add_ps(_mm512_shuffle_f32x4(s01, s23, 0x88), _mm512_shuffle_f32x4(s01, s23, 0xdd));

    s = _mm512_add_ps(s, _mm512_permute_ps(s, 0xee));
    s = _mm512_add_ps(s, _mm512_permute_ps(s, 0xf5));
    return _mm512_castps512_ps128(_mm512_permutexvar_ps(
        _mm512_setr_epi32(0, 4, 8, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), s));
}

/* The same for one accumulator; the other three results are 0. */
INLINE __m128 reduce1(__m512 acc)
{
    __m256 low = _mm512_castps512_ps256(acc);
    __m256 eight = _mm256_add_ps(low, _mm512_extractf32x8_ps(acc, 1));
    __m128 s = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));

    s = _mm_add_ps(s, _mm_permute_ps(s, 0xee));
    s = _mm_add_ss(s, _mm_movehdup_ps(s));
    return _mm_maskz_mov_ps(1, s);
}

/* Pass 1: the dot products; `top` receives the magnitudes if `bounded`. Prefetches. */
INLINE __m128 dots(const group *u, size_t width, int m, int bounded, __m512i *top)
{
    __m512 acc[GV_GROUP] = {_mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps(),
                            _mm512_setzero_ps()};
    __m512i most = _mm512_setzero_si512();

    for (size_t c = 0; c < width; c += GV_LANES) {
        __m512 a = _mm512_load_ps(u->a + c);

        if (bounded)
            most = larger(most, a);
        EACH(m, {
            __m512 b = _mm512_load_ps(u->b[k] + c);
            acc[k] = _mm512_fmadd_ps(a, b, acc[k]);
            if (bounded)
                most = larger(most, b);
            _mm_prefetch((const char *)(u->ahead[k] + c), _MM_HINT_T0);
            _mm_prefetch((const char *)(u->ahead[k] + width + c), _MM_HINT_T0);
        });
    }
    *top = most;
    return m == 1 ? reduce1(acc[0]) : reduce4(acc);
}

/* Pass 2: move the stream rows and the run row by the `g` of each record. */
INLINE void update(const gv_kernel_pass *pass, const group *u, __m128 g4, int m, int clipped)
{
    __m512 g[GV_GROUP];
    size_t width = pass->width;

    EACH(m, { g[k] = _mm512_broadcastss_ps(_mm_permute_ps(g4, k * 0x55)); });
    for (size_t c = 0; c < width; c += GV_LANES) {
        __m512 a = _mm512_load_ps(u->a + c), eta_run = _mm512_load_ps(pass->eta_run + c);
        __m512 eta_stream = _mm512_load_ps(pass->eta_stream + c);
        __m512 bound = clipped ? _mm512_load_ps(pass->clip + c) : _mm512_setzero_ps();
        __m512 sum = _mm512_setzero_ps(), square = sum, before = sum;

        EACH(m, {
            __m512 b = _mm512_load_ps(u->b[k] + c);
            __m512 adagrad = _mm512_load_ps(u->b[k] + width + c);
            __m512 tb = _mm512_mul_ps(g[k], a);
            __m512 ta = _mm512_mul_ps(g[k], b);
            if (clipped) {
                tb = clip(tb, bound);
                ta = clip(ta, bound);
            }
            tb = _mm512_mul_ps(tb, eta_stream);
            ta = _mm512_mul_ps(ta, eta_run);
            b = _mm512_sub_ps(b, _mm512_mul_ps(tb, rsqrt_estimate(adagrad)));
            _mm512_store_ps(u->b[k] + c, b);
            _mm512_store_ps(u->b[k] + width + c, _mm512_fmadd_ps(tb, tb, adagrad));
            before = square;
            sum = _mm512_add_ps(sum, ta);
            square = _mm512_fmadd_ps(ta, ta, square);
        });
        __m512 adagrad = _mm512_load_ps(u->a + width + c);
        __m512 step = _mm512_mul_ps(sum, rsqrt_estimate(_mm512_add_ps(adagrad, before)));
        _mm512_store_ps(u->a + c, _mm512_sub_ps(a, step));
        _mm512_store_ps(u->a + width + c, _mm512_add_ps(adagrad, square));
    }
}

/* Add 0.5 g diff of each record, in order. */
INLINE double add_loss(double loss, __m128 g, __m128 diff, int m)
{
    __m256d half = _mm256_mul_pd(_mm256_set1_pd(0.5), _mm256_cvtps_pd(g));
    __m256d term = _mm256_mul_pd(half, _mm256_cvtps_pd(diff));
    __m128d low = _mm256_castpd256_pd128(term), high = _mm256_extractf128_pd(term, 1);

    loss += _mm_cvtsd_f64(low);
    if (m > 1)
        loss += _mm_cvtsd_f64(_mm_unpackhi_pd(low, low));
    if (m > 2)
        loss += _mm_cvtsd_f64(high);
    if (m > 3)
        loss += _mm_cvtsd_f64(_mm_unpackhi_pd(high, high));
    return loss;
}

/* Can no product of the group reach the smallest clip? See the head of this file. */
INLINE int within(__m128 g, __m512i top, float clip_floor)
{
    uint32_t bits = _mm512_reduce_max_epu32(top);
    __m128 most = _mm_castsi128_ps(_mm_set1_epi32((int)bits));
    __m128 product = _mm_mul_ps(_mm_andnot_ps(_mm_set1_ps(-0.0f), g), most);

    return _mm_cmp_ps_mask(product, _mm_set1_ps(clip_floor), _CMP_LE_OQ) == 0xf;
}

/* Clipping is rare: one body for every m, out of the way of the others. */
static __attribute__((noinline, cold)) void update_clipped(const gv_kernel_pass *pass,
                                                           const group *u, __m128 g, int m)
{
    switch (m) {
    case 1:
        update(pass, u, g, 1, 1);
        break;
    case 2:
        update(pass, u, g, 2, 1);
        break;
    case 3:
        update(pass, u, g, 3, 1);
        break;
    default:
        update(pass, u, g, 4, 1);
    }
}

INLINE void train_group(tile_state *s, group *u, size_t first, int m, int bounded)
{
    const gv_kernel_pass *pass = s->pass;
    const gv_kernel_tile *tile = s->tile;
    size_t stride = 2 * pass->width;
    __mmask8 live = (__mmask8)((1u << m) - 1);
    __m512i top;

    EACH(m, {
        size_t far = first + k + AHEAD;
        u->b[k] = pass->stream_rows + tile->column[first + k] * stride;
        far = far < tile->records ? far : tile->records - 1;
        u->ahead[k] = pass->stream_rows + tile->column[far] * stride;
    });
    __m128 dot = dots(u, pass->width, m, bounded, &top);
    __m128 diff = _mm_sub_ps(dot, _mm_maskz_loadu_ps(live, tile->log_x + first));
    __m128 g = _mm_mul_ps(_mm_maskz_loadu_ps(live, tile->weight + first), diff);
    s->loss = add_loss(s->loss, g, diff, m);
    if (!bounded || __builtin_expect(within(g, top, s->clip_floor), 1))
        update(pass, u, g, m, 0);
    else
        update_clipped(pass, u, g, m);
}

/* The records first .. end-1, all of one run. */
INLINE void train_run(tile_state *s, group *u, size_t first, size_t end, int bounded)
{
    for (; end - first >= GV_GROUP; first += GV_GROUP)
        train_group(s, u, first, GV_GROUP, bounded);
    switch (end - first) {
    case 1:
        train_group(s, u, first, 1, bounded);
        break;
    case 2:
        train_group(s, u, first, 2, bounded);
        break;
    case 3:
        train_group(s, u, first, 3, bounded);
        break;
    default:
        break;
    }
}

INLINE void train_runs(tile_state *s, int bounded)
{
    const gv_kernel_tile *tile = s->tile;
    size_t stride = 2 * s->pass->width, first = 0;
    group u;

    for (size_t r = 0; r < tile->runs; r++) {
        size_t end = first + tile->run_length[r] + 1;
        size_t far = r + RUNS_AHEAD < tile->runs ? r + RUNS_AHEAD : tile->runs - 1;
        const float *next = s->pass->run_rows + tile->run_row[far] * stride;

        for (size_t c = 0; c < stride; c += LINE)
            _mm_prefetch((const char *)(next + c), _MM_HINT_T0);
        u.a = s->pass->run_rows + tile->run_row[r] * stride;
        train_run(s, &u, first, end, bounded);
        first = end;
    }
}

static double train_tile(const gv_kernel_pass *pass, const gv_kernel_tile *tile)
{
    tile_state s = {.pass = pass, .tile = tile, .clip_floor = INFINITY, .loss = 0};

    for (size_t l = 0; l < pass->width; l++)
        if (pass->clip[l] < s.clip_floor)
            s.clip_floor = pass->clip[l];
    if (s.clip_floor == INFINITY)
        train_runs(&s, 0);
    else
        train_runs(&s, 1);
    return s.loss;
}

static const gv_kernel kernel = {"avx512", train_tile};
const gv_kernel *const gv_kernel_avx512 = &kernel;
#else
const gv_kernel *const gv_kernel_avx512 = NULL;
#endif
