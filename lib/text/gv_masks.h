/*
 * gv_masks - 64 bytes of text as bit masks, bit i for byte i, for gv_tokenizer_batch.c.
 *
 * Compiled for what every CPU of the architecture has (SSE2, NEON). Classifying costs a tenth of
 * what the tokens then cost, so wider vectors would gain nothing measurable. Other architectures
 * use a table; GV_TOKENIZER_TABLE forces it. All give the same masks (a test compares them).
 *
 * Threads: pure functions.
 */
#ifndef GV_MASKS_H
#define GV_MASKS_H

#include "text/gv_tokenizer_internal.h"
#include <stdint.h>
#if defined(GV_TOKENIZER_TABLE)
#elif defined(__SSE2__)
#include <emmintrin.h>
#define GV_MASKS_SSE2
#elif defined(__aarch64__)
#include <arm_neon.h>
#define GV_MASKS_NEON
#endif

typedef struct gv_masks {
    uint64_t separators; /* space, tab, newline, carriage return, NUL */
    uint64_t events;     /* newline, carriage return, NUL: separators that are counted */
    uint64_t odd;        /* bytes for which a span is not simply a token as it is */
} gv_masks;

/* Which bytes are odd depends on the tokenizer. A constant where gv_masks_of is called, so that the
 * compiler makes one loop for each.
 *
 *   PLAIN             '<' (of "<unk>"), bytes beyond ASCII
 *   FOLDED            these and upper-case letters
 *   UNICODE           all but letters, digits and separators
 *   UNICODE_FOLDED    these and upper-case letters
 */
enum gv_masks_mode { GV_MASKS_PLAIN, GV_MASKS_FOLDED, GV_MASKS_UNICODE, GV_MASKS_UNICODE_FOLDED };

#if defined(GV_MASKS_SSE2)

typedef __m128i gv_masks_vector;

static inline gv_masks_vector gv_masks_b16_is(gv_masks_vector bytes, char byte)
{
    return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(byte));
}

/* first <= byte <= last */
static inline gv_masks_vector gv_masks_b16_within(gv_masks_vector bytes, char first, char last)
{
    /* the range is moved to the lowest signed numbers, where one comparison finds it */
    gv_masks_vector moved = _mm_add_epi8(bytes, _mm_set1_epi8((char)(-128 - first)));
    return _mm_cmplt_epi8(moved, _mm_set1_epi8((char)(-128 + (last - first + 1))));
}

static inline gv_masks_vector gv_masks_b16_high(gv_masks_vector bytes)
{
    return bytes; /* only the top bit of each byte reaches the mask */
}

static inline gv_masks_vector gv_masks_b16_or(gv_masks_vector a, gv_masks_vector b)
{
    return _mm_or_si128(a, b);
}

static inline gv_masks_vector gv_masks_b16_load(const uint8_t *at)
{
    return _mm_loadu_si128((const void *)at);
}

static inline uint64_t gv_masks_b16_mask(const gv_masks_vector part[4])
{
    uint64_t mask = 0;
    for (unsigned i = 0; i < 4; i++)
        mask |= (uint64_t)(uint32_t)_mm_movemask_epi8(part[i]) << 16 * i;
    return mask;
}

#elif defined(GV_MASKS_NEON)

typedef uint8x16_t gv_masks_vector;

static inline gv_masks_vector gv_masks_b16_is(gv_masks_vector bytes, char byte)
{
    return vceqq_u8(bytes, vdupq_n_u8((uint8_t)byte));
}

static inline gv_masks_vector gv_masks_b16_within(gv_masks_vector bytes, char first, char last)
{
    gv_masks_vector moved = vsubq_u8(bytes, vdupq_n_u8((uint8_t)first));
    return vcleq_u8(moved, vdupq_n_u8((uint8_t)(last - first)));
}

static inline gv_masks_vector gv_masks_b16_high(gv_masks_vector bytes)
{
    return vcgeq_u8(bytes, vdupq_n_u8(0x80));
}

static inline gv_masks_vector gv_masks_b16_or(gv_masks_vector a, gv_masks_vector b)
{
    return vorrq_u8(a, b);
}

static inline gv_masks_vector gv_masks_b16_load(const uint8_t *at)
{
    return vld1q_u8(at);
}

/* One bit of every byte. NEON has no movemask: a bit of its own is kept of each byte, and adding
 * neighbours three times brings eight of them together. */
static inline uint64_t gv_masks_b16_mask(const gv_masks_vector part[4])
{
    const uint8x16_t bit = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    uint8x16_t low = vpaddq_u8(vandq_u8(part[0], bit), vandq_u8(part[1], bit));
    uint8x16_t high = vpaddq_u8(vandq_u8(part[2], bit), vandq_u8(part[3], bit));
    uint8x16_t sums = vpaddq_u8(low, high);
    sums = vpaddq_u8(sums, sums);
    return vgetq_lane_u64(vreinterpretq_u64_u8(sums), 0);
}

#endif

#if defined(GV_MASKS_SSE2) || defined(GV_MASKS_NEON)

/* The odd bytes of 16. For the unicode tokenizer the result is inverted: letters and digits are
 * ranges, which are cheaper to find; gv_masks_of inverts the mask of all 64. */
static inline gv_masks_vector gv_masks_b16_odd(gv_masks_vector bytes, enum gv_masks_mode mode)
{
    if (mode == GV_MASKS_UNICODE || mode == GV_MASKS_UNICODE_FOLDED) {
        gv_masks_vector good = gv_masks_b16_or(gv_masks_b16_within(bytes, 'a', 'z'),
                                               gv_masks_b16_within(bytes, '0', '9'));
        return mode == GV_MASKS_UNICODE
                   ? gv_masks_b16_or(good, gv_masks_b16_within(bytes, 'A', 'Z'))
                   : good;
    }
    gv_masks_vector odd = gv_masks_b16_or(gv_masks_b16_is(bytes, '<'), gv_masks_b16_high(bytes));
    return mode == GV_MASKS_FOLDED ? gv_masks_b16_or(odd, gv_masks_b16_within(bytes, 'A', 'Z'))
                                   : odd;
}

/* Classify text[0 .. 63]. */
static inline gv_masks gv_masks_of(const gv_tokenizer *tokenizer, const uint8_t *text,
                                   enum gv_masks_mode mode)
{
    (void)tokenizer;
    gv_masks_vector separators[4], events[4], odd[4];
    for (unsigned i = 0; i < 4; i++) {
        gv_masks_vector bytes = gv_masks_b16_load(text + 16 * i);
        events[i] = gv_masks_b16_or(gv_masks_b16_is(bytes, '\n'), gv_masks_b16_is(bytes, '\0'));
        events[i] = gv_masks_b16_or(events[i], gv_masks_b16_is(bytes, '\r'));
        separators[i] = gv_masks_b16_or(gv_masks_b16_is(bytes, ' '), gv_masks_b16_is(bytes, '\t'));
        separators[i] = gv_masks_b16_or(separators[i], events[i]);
        odd[i] = gv_masks_b16_odd(bytes, mode);
    }
    gv_masks masks = {gv_masks_b16_mask(separators), gv_masks_b16_mask(events),
                      gv_masks_b16_mask(odd)};
    if (mode == GV_MASKS_UNICODE || mode == GV_MASKS_UNICODE_FOLDED)
        masks.odd = ~(masks.odd | masks.separators);
    return masks;
}

#else

/* Classify text[0 .. 63]. */
static inline gv_masks gv_masks_of(const gv_tokenizer *tokenizer, const uint8_t *text,
                                   enum gv_masks_mode mode)
{
    bool unicode = mode == GV_MASKS_UNICODE || mode == GV_MASKS_UNICODE_FOLDED;
    unsigned odd = GV_TOKENIZER_CLASS_HIGH;
    odd |= unicode ? GV_TOKENIZER_CLASS_OTHER | GV_TOKENIZER_CLASS_JOINER : 0;
    odd |=
        mode == GV_MASKS_FOLDED || mode == GV_MASKS_UNICODE_FOLDED ? GV_TOKENIZER_CLASS_UPPER : 0;
    gv_masks masks = {0, 0, 0};
    for (unsigned i = 0; i < 64; i++) {
        unsigned class = tokenizer->class_of[text[i]];
        masks.separators |= (uint64_t)((class & GV_TOKENIZER_CLASS_SEPARATOR) != 0) << i;
        masks.events |= (uint64_t)(text[i] == '\n' || text[i] == '\r' || text[i] == '\0') << i;
        masks.odd |= (uint64_t)((class & odd) != 0 || text[i] == '<') << i;
    }
    return masks;
}

#endif

#endif
