/*
 * Cutting and dealing.
 *
 * The cut is one pass: a segment is closed as soon as it holds its share of the records or its
 * number of words. In a matrix of natural text the first segments hold a few frequent words each
 * and the last ones are full of rare ones. Equal widths alone would be hopeless: the tile of the
 * most frequent words would hold a hundred times the mean.
 *
 * The share is 1/256 of all records, but a small matrix is cut into fewer parts: with p parts there
 * are about p^2 tiles (of ordered records), and each should hold TILE_RECORDS on average, or
 * headers and the start of a task would cost more than the records. A very large matrix is cut into
 * more parts, up to 512, as long as tiles hold LARGE_TILE_RECORDS on average: what one segment
 * takes part in is done one after the other, so the parts bound the number of threads that find
 * work. For the same reason a huge one, which is for clusters, is cut into up to 4,096 parts as
 * long as tiles hold HUGE_TILE_RECORDS. docs/measurements/threads.md has the figures.
 *
 * Dealing is the textbook rule for equal sums (longest processing time first, Graham 1969):
 * heaviest segment first, to the lightest group; all ties by index.
 *
 * Cost: O(words + segments x (log segments + groups)).
 */
#include "store/gv_segments.h"

#include "base/gv_mem.h"
#include <stdbool.h>
#include <stdlib.h>

enum { TILE_RECORDS = 256, LARGE_TILE_RECORDS = 1024, HUGE_TILE_RECORDS = 5000 };

typedef struct weighed {
    uint64_t mass;
    uint32_t index;
} weighed;

/* 1 .. most, about the root of records / tile_records. */
static uint32_t parts_up_to(uint32_t most, uint64_t records, uint64_t tile_records)
{
    uint64_t parts = 1;
    while (parts < most && (parts + 1) * (parts + 1) <= records / tile_records)
        parts++;
    return (uint32_t)parts;
}

static uint64_t total_mass(const uint32_t *mass, uint32_t vocab_size)
{
    uint64_t total = 0;
    for (uint32_t id = 0; id < vocab_size; id++)
        total += mass[id];
    return total;
}

/* Segments by mass. */
static uint32_t parts_for(const gv_segments_rule *rule, uint64_t records)
{
    uint32_t parts = parts_up_to(rule->parts, records, TILE_RECORDS);
    uint32_t large = parts_up_to(rule->parts_max, records, LARGE_TILE_RECORDS);
    uint32_t huge = parts_up_to(rule->parts_huge, records, HUGE_TILE_RECORDS);
    parts = parts > large ? parts : large;
    return parts > huge ? parts : huge;
}

static bool is_huge(const gv_segments_rule *rule, uint32_t parts)
{
    return parts > rule->parts && parts > rule->parts_max;
}

/* Words at most in a segment: the cut by mass closes up to `parts` segments more. */
static uint32_t words_for(const gv_segments_rule *rule, uint32_t parts, uint32_t vocab_size)
{
    uint32_t by_mass = parts > rule->parts ? parts : rule->parts;
    uint32_t many = rule->many > by_mass ? rule->many - by_mass : 1;
    uint32_t words = vocab_size / many + 1;
    if (words < rule->words)
        words = rule->words;
    return words < GV_SEGMENTS_MAX_WORDS ? words : GV_SEGMENTS_MAX_WORDS;
}

/* Close segments at `share` records or `limit` words. */
static int cut(gv_segments *segments, uint64_t share, uint32_t limit, const uint32_t *mass,
               uint32_t vocab_size, gv_error *err)
{
    uint64_t held = 0;
    uint32_t begin = 0;
    size_t capacity = 0;
    segments->n = 0;
    for (uint32_t id = 0; id < vocab_size; id++) {
        held += mass[id];
        /* a segment without records would only make empty tiles; the limit of words and the end of
         * the vocabulary close it all the same */
        if ((held < share || held == 0) && id + 1 - begin < limit && id + 1 < vocab_size)
            continue;
        /* room for this one and for the closing entry */
        int status = gv_mem_reserve(&segments->first, &capacity, (size_t)segments->n + 2,
                                    sizeof *segments->first, err);
        if (status != GV_OK)
            return status;
        segments->first[segments->n++] = begin;
        segments->first[segments->n] = begin = id + 1;
        held = 0;
    }
    if (segments->n > GV_SEGMENTS_MAX)
        return gv_error_set(
            err, GV_E_RUNTIME,
            "a vocabulary of %u words is too large for a store: it needs %u segments "
            "(at most %d); raise vocab.min_count",
            vocab_size, segments->n, GV_SEGMENTS_MAX);
    return GV_OK;
}

/* By index among equals: qsort is not stable, and the layout must not depend on the C library. */
static int heaviest_first(const void *left, const void *right)
{
    const weighed *a = left, *b = right;
    if (a->mass != b->mass)
        return a->mass > b->mass ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index;
}

/* Blocks of a huge matrix keep the shape that those of the largest ordinary ones have, so that a
 * thread goes through them as fast: its groups are doubled as often as its parts are. */
static uint32_t groups_for(const gv_segments_rule *rule, uint32_t parts)
{
    uint32_t groups = rule->groups;
    if (!is_huge(rule, parts))
        return groups;
    for (uint32_t times = parts / rule->parts_max; times >= 2 && groups < rule->groups_huge;
         times /= 2)
        groups *= 2;
    return groups;
}

static int deal(gv_segments *segments, const uint32_t *mass, uint32_t groups, gv_error *err)
{
    uint32_t n = segments->n;
    int status = GV_E_MEMORY;
    segments->groups = groups < n ? groups : n;
    uint64_t *load = gv_mem_alloc_zero(segments->groups, sizeof *load, err);
    weighed *items = gv_mem_alloc_zero(n, sizeof *items, err);
    if (!load || !items || !(segments->group = gv_mem_alloc(n, sizeof *segments->group, err)))
        goto cleanup;
    for (uint32_t i = 0; i < n; i++) {
        items[i].index = i;
        for (uint32_t id = segments->first[i]; id < segments->first[i + 1]; id++)
            items[i].mass += mass[id];
    }
    qsort(items, n, sizeof *items, heaviest_first);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t lightest = 0;
        for (uint32_t g = 1; g < segments->groups; g++)
            if (load[g] < load[lightest])
                lightest = g;
        /* a segment without records weighs a little, so that no group stays empty */
        load[lightest] += items[i].mass ? items[i].mass : 1;
        segments->group[items[i].index] = lightest;
    }
    status = GV_OK;
cleanup:
    gv_mem_free(items);
    gv_mem_free(load);
    return status;
}

int gv_segments_cut_by(gv_segments *segments, const gv_segments_rule *rule, const uint32_t *mass,
                       uint32_t vocab_size, gv_error *err)
{
    uint64_t total = total_mass(mass, vocab_size);
    uint32_t parts = parts_for(rule, total);
    *segments = (gv_segments){0};
    int status = cut(segments, (total + parts - 1) / parts, words_for(rule, parts, vocab_size),
                     mass, vocab_size, err);
    if (status == GV_OK)
        status = deal(segments, mass, groups_for(rule, parts), err);
    if (status != GV_OK)
        gv_segments_free(segments);
    return status;
}

int gv_segments_cut(gv_segments *segments, const uint32_t *mass, uint32_t vocab_size, gv_error *err)
{
    const gv_segments_rule rule = {.parts = GV_SEGMENTS_PARTS,
                                   .parts_max = GV_SEGMENTS_PARTS_MAX,
                                   .words = GV_SEGMENTS_WORDS,
                                   .many = GV_SEGMENTS_MANY,
                                   .groups = GV_SEGMENTS_GROUPS,
                                   .parts_huge = GV_SEGMENTS_PARTS_HUGE,
                                   .groups_huge = GV_SEGMENTS_GROUPS_HUGE};
    return gv_segments_cut_by(segments, &rule, mass, vocab_size, err);
}

void gv_segments_free(gv_segments *segments)
{
    gv_mem_free(segments->first);
    gv_mem_free(segments->group);
    *segments = (gv_segments){0};
}

/* Invariant: first[low] <= id < first[high]. */
uint32_t gv_segments_find(const uint32_t *first, uint32_t n, uint32_t id)
{
    uint32_t low = 0, high = n;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (first[middle] <= id)
            low = middle;
        else
            high = middle;
    }
    return low;
}
