/*
 * Choosing the value codes.
 *
 * The sample is systematic (every k-th cell in file order), so it is the same in every run and it
 * covers frequent and rare words alike. Small values, which are most, are counted in a table; the
 * others are kept and sorted in place. Both together show how often each value occurs, in order of
 * values; a histogram of these frequencies shows which frequency just makes it into the table of
 * codes, and the values at least that frequent are collected. Nothing but the sample itself (at
 * most 32 MiB) needs memory, so that small budgets choose the same codes as large ones.
 *
 * Sorting is an in-place radix sort by bytes from the top (American flag sort: McIlroy, Bostic,
 * McIlroy 1993).
 */
#include "shuffle/gv_shuffle_codes.h"

#include "base/gv_mem.h"
#include <stdlib.h>
#include <string.h>

enum {
    MOST_CODES = GV_SHUFFLE_CODES_MAX,
    INSERTION_BELOW = 48,
    FREQUENCIES = 1 << 16 /* of the histogram; more frequent values share its last entry */
};

typedef struct frequency {
    uint64_t value;
    size_t count;
} frequency;

int gv_shuffle_codes_sample_open(gv_shuffle_codes_sample *sample, uint64_t cells, unsigned threads,
                                 gv_error *err)
{
    uint64_t stride = cells / GV_SAMPLE_CELLS + (cells % GV_SAMPLE_CELLS != 0);
    *sample = (gv_shuffle_codes_sample){.stride = stride ? stride : 1, .threads = threads};
    sample->capacity = (size_t)(cells / sample->stride + (cells % sample->stride != 0));
    if (!(sample->large = gv_mem_big_alloc(sample->capacity * sizeof *sample->large, err)) ||
        !(sample->small = gv_mem_alloc_zero(threads, sizeof *sample->small, err)))
        return GV_E_MEMORY;
    for (unsigned t = 0; t < threads; t++)
        if (!(sample->small[t] = gv_mem_big_alloc(GV_SAMPLE_SMALL * sizeof **sample->small, err)))
            return GV_E_MEMORY;
    return GV_OK;
}

void gv_shuffle_codes_sample_close(gv_shuffle_codes_sample *sample)
{
    for (unsigned t = 0; sample->small && t < sample->threads; t++)
        gv_mem_big_free(sample->small[t], GV_SAMPLE_SMALL * sizeof **sample->small);
    gv_mem_free(sample->small);
    gv_mem_big_free(sample->large, sample->capacity * sizeof *sample->large);
    *sample = (gv_shuffle_codes_sample){0};
}

void gv_shuffle_codes_sample_take(gv_shuffle_codes_sample *sample, unsigned thread, uint64_t first,
                                  const uint64_t *values, size_t n)
{
    uint64_t stride = sample->stride, skip = first % stride ? stride - first % stride : 0;
    uint32_t *small = sample->small[thread];
    for (uint64_t at = skip; at < n; at += stride) {
        if (__builtin_expect(values[at] < GV_SAMPLE_SMALL, 1))
            small[values[at]]++;
        else
            sample->large[atomic_fetch_add_explicit(&sample->n, 1, memory_order_relaxed)] =
                values[at];
    }
}

static void insertion_sort(uint64_t *items, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        uint64_t item = items[i];
        size_t to = i;
        for (; to > 0 && items[to - 1] > item; to--)
            items[to] = items[to - 1];
        items[to] = item;
    }
}

/* Sort numbers that agree in all bits above `shift` + 8. */
static void radix_sort(uint64_t *items, size_t n, unsigned shift)
{
    size_t begin[256], end[256], count[256] = {0}, at = 0;
    if (n < INSERTION_BELOW) {
        insertion_sort(items, n);
        return;
    }
    for (size_t i = 0; i < n; i++)
        count[items[i] >> shift & 0xff]++;
    for (size_t digit = 0; digit < 256; digit++) {
        begin[digit] = at;
        end[digit] = at += count[digit];
    }
    /* move every number to the range of its digit, and continue with the one that was there */
    for (size_t digit = 0; digit < 256; digit++) {
        while (begin[digit] < end[digit]) {
            uint64_t item = items[begin[digit]];
            size_t home;
            while ((home = item >> shift & 0xff) != digit) {
                uint64_t other = items[begin[home]];
                items[begin[home]++] = item;
                item = other;
            }
            items[begin[digit]++] = item;
        }
    }
    for (size_t digit = 0; shift > 0 && digit < 256; digit++)
        if (count[digit] > 1)
            radix_sort(items + end[digit] - count[digit], count[digit], shift - 8);
}

void gv_shuffle_codes_sample_join(gv_shuffle_codes_sample *sample)
{
    for (unsigned t = 1; t < sample->threads; t++) {
        for (size_t value = 0; value < GV_SAMPLE_SMALL; value++)
            sample->small[0][value] += sample->small[t][value];
        gv_mem_big_free(sample->small[t], GV_SAMPLE_SMALL * sizeof **sample->small);
    }
    sample->threads = 1;
}

/* Frequencies of small values into the first table, large values sorted. */
static void sort_sample(gv_shuffle_codes_sample *sample)
{
    gv_shuffle_codes_sample_join(sample);
    uint64_t all = 0;
    size_t n = atomic_load(&sample->n);
    for (size_t i = 0; i < n; i++)
        all |= sample->large[i];
    /* leading bytes that are 0 in all values need no pass */
    unsigned shift = 56;
    while (shift > 0 && all >> shift == 0)
        shift -= 8;
    radix_sort(sample->large, n, shift);
}

/* The next distinct value of the sorted sample from `*at` on; 0 at the end. Places below
 * GV_SAMPLE_SMALL are small values, those from there on large ones. Values that SQLite's signed
 * integers cannot hold get no code. */
static int next_value(frequency *next, const gv_shuffle_codes_sample *sample, size_t *at)
{
    const uint32_t *small = sample->small[0];
    while (*at < GV_SAMPLE_SMALL && small[*at] == 0)
        ++*at;
    if (*at < GV_SAMPLE_SMALL) {
        *next = (frequency){*at, small[*at]};
        ++*at;
        return 1;
    }
    const uint64_t *large = sample->large;
    size_t begin = *at - GV_SAMPLE_SMALL, end = begin, n = atomic_load(&sample->n);
    if (begin == n || large[begin] > INT64_MAX)
        return 0;
    while (end < n && large[end] == large[begin])
        end++;
    *next = (frequency){large[begin], end - begin};
    *at = end + GV_SAMPLE_SMALL;
    return 1;
}

/* Entry of the histogram for values that occur `count` times. */
static size_t entry_of(size_t count)
{
    return count < FREQUENCIES ? count : FREQUENCIES - 1;
}

/* The lowest frequency in the table, and how many values of exactly this frequency fit. */
static int find_threshold(size_t *threshold, size_t *fit, const gv_shuffle_codes_sample *sample,
                          gv_error *err)
{
    size_t *values_of = gv_mem_alloc_zero(FREQUENCIES, sizeof *values_of, err), at = 0, taken = 0;
    frequency next;
    if (!values_of)
        return GV_E_MEMORY;
    while (next_value(&next, sample, &at))
        values_of[entry_of(next.count)]++;
    size_t lowest = FREQUENCIES - 1;
    /* the last entry holds few: a sample has at most GV_SAMPLE_CELLS / FREQUENCIES such values */
    while (lowest > 1 && taken + values_of[lowest] <= MOST_CODES)
        taken += values_of[lowest--];
    *threshold = lowest;
    *fit = MOST_CODES - taken;
    gv_mem_free(values_of);
    return GV_OK;
}

static int most_frequent_first(const void *left, const void *right)
{
    const frequency *a = left, *b = right;
    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    return a->value < b->value ? -1 : a->value > b->value;
}

static size_t collect(frequency *chosen, const gv_shuffle_codes_sample *sample, size_t threshold,
                      size_t fit)
{
    frequency next;
    size_t at = 0, n = 0;
    while (next_value(&next, sample, &at)) {
        size_t rank = entry_of(next.count);
        /* of the values that just make it, the smallest: they come in ascending order */
        if (rank > threshold || (rank == threshold && fit > 0)) {
            fit -= rank == threshold;
            chosen[n++] = next;
        }
    }
    qsort(chosen, n, sizeof *chosen, most_frequent_first);
    return n;
}

/* Room for the tables by which values are found; nothing has a code yet. */
static int open_tables(gv_shuffle_codes *codes, gv_error *err)
{
    size_t slots = (size_t)1 << GV_CODE_SLOT_BITS;
    uint64_t largest = 0;
    for (uint32_t code = 0; code < codes->n; code++)
        largest = codes->value[code] > largest ? codes->value[code] : largest;
    codes->direct_size = largest < GV_CODE_DIRECT_MOST ? largest + 1 : GV_CODE_DIRECT_MOST;
    if (!(codes->direct = gv_mem_big_alloc(codes->direct_size * sizeof *codes->direct, err)) ||
        !(codes->slot = gv_mem_alloc(slots, sizeof *codes->slot, err)))
        return GV_E_MEMORY;
    memset(codes->direct, 0xff, codes->direct_size * sizeof *codes->direct);
    memset(codes->slot, 0xff, slots * sizeof *codes->slot);
    return GV_OK;
}

/* Fill the tables by codes->value. */
static int fill_tables(gv_shuffle_codes *codes, gv_error *err)
{
    size_t slots = (size_t)1 << GV_CODE_SLOT_BITS;
    int status = open_tables(codes, err);
    if (status != GV_OK)
        return status;
    /* by falling frequency, so that the frequent ones are found at the first probe */
    for (uint32_t code = 0; code < codes->n; code++) {
        uint64_t value = codes->value[code];
        if (value < codes->direct_size) {
            codes->direct[value] = (uint16_t)code;
            continue;
        }
        size_t at = gv_shuffle_codes_slot(value);
        while (codes->slot[at] != GV_TILE_ESCAPE)
            at = (at + 1) & (slots - 1);
        codes->slot[at] = (uint16_t)code;
    }
    return GV_OK;
}

int gv_shuffle_codes_choose(gv_shuffle_codes *codes, gv_shuffle_codes_sample *sample, gv_error *err)
{
    *codes = (gv_shuffle_codes){0};
    size_t threshold, fit;
    sort_sample(sample);
    frequency *chosen = gv_mem_alloc(MOST_CODES, sizeof *chosen, err);
    int status = chosen ? find_threshold(&threshold, &fit, sample, err) : GV_E_MEMORY;
    if (status == GV_OK) {
        codes->n = (uint32_t)collect(chosen, sample, threshold, fit);
        if (!(codes->value = gv_mem_alloc(codes->n, sizeof *codes->value, err)))
            status = GV_E_MEMORY;
        for (uint32_t code = 0; status == GV_OK && code < codes->n; code++)
            codes->value[code] = chosen[code].value;
    }
    if (status == GV_OK)
        status = fill_tables(codes, err);
    gv_mem_free(chosen);
    if (status != GV_OK)
        gv_shuffle_codes_free(codes);
    return status;
}

int gv_shuffle_codes_copy(gv_shuffle_codes *codes, const uint64_t *values, uint32_t n,
                          gv_error *err)
{
    *codes = (gv_shuffle_codes){.n = n};
    int status = GV_E_MEMORY;
    if ((codes->value = gv_mem_alloc(n, sizeof *codes->value, err))) {
        if (n > 0)
            memcpy(codes->value, values, n * sizeof *codes->value);
        status = fill_tables(codes, err);
    }
    if (status != GV_OK)
        gv_shuffle_codes_free(codes);
    return status;
}

void gv_shuffle_codes_free(gv_shuffle_codes *codes)
{
    gv_mem_free(codes->value);
    gv_mem_big_free(codes->direct, codes->direct_size * sizeof *codes->direct);
    gv_mem_free(codes->slot);
    *codes = (gv_shuffle_codes){0};
}
