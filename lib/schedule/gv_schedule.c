/*
 * Drawing the order of tasks.
 *
 * Approach: the tasks of the store are made once and bucketed by block (word group, context group).
 * For an epoch, round after round, the tasks of a round get a sort key from the drawn permutations.
 * Inside a block, with n the larger number of segments on a side, the p-th word segment meets in
 * shift s the (p + s mod n)-th context segment; a segment's tasks come in the order of shifts.
 * That fixes the turns. The list may still be arranged in more than one way, and there are two:
 *
 *   - For few threads one block follows the other, each an item to be claimed as a whole, so that
 *     its rows stay in the caches. Inside it the shifts go in strips, and in a strip by p + s: for
 *     a fixed sum, that is for one context segment, the word segments p, p-1, ..., and for the next
 *     sum the same ones but one. So all tasks of one sum together need two segments that the L2
 *     cache has not got, instead of two each. The task before (p, s) on its word segment is (p,
 *     s-1), with a smaller sum, and that on its context segment is (p+1, s-1), with the same sum
 *     and a smaller s (or, round the corner, (0, s-1), with a smaller one): both are earlier.
 *   - For many threads every task is an item. The blocks of a round are arranged by (s, p), which
 *     any number of threads can work on at once, and interleaved by the share of the block's
 *     records that are before the task, so that they advance, and end, together.
 *
 * The sorts are stable radix sorts of 64-bit keys, so an epoch's draw costs a few milliseconds
 * per 100,000 tasks. A block's random numbers are drawn in the order of (round, q).
 *
 * Invariants: tasks of one round in different blocks share no segment on either side; the turns of
 * a segment are 0, 1, 2, ... in list order, and the same in both arrangements.
 */
#include "schedule/gv_schedule.h"

#include "base/gv_mem.h"
#include "base/gv_rng.h"
#include "store/gv_segments.h"
#include <string.h>

/* Shifts of a strip, see above, unless the caller sets it. It has no effect on results. */
enum { STRIP = 4 };

/* A task as the store gives it, before any order. */
typedef struct origin {
    uint32_t tile, word_segment, context_segment;
    uint32_t records; /* about: a diagonal cell counts twice here */
    bool transposed, both;
} origin;

typedef struct keyed {
    uint64_t key;
    uint32_t origin;
} keyed;

struct gv_schedule {
    uint32_t segments, groups, strip;
    size_t count;
    origin *origins;         /* [count] by block, then as in the store */
    size_t *block_begin;     /* [groups * groups + 1] */
    uint32_t *group_list;    /* [segments] segments by group */
    uint32_t *group_begin;   /* [groups + 1] */
    gv_schedule_task *tasks; /* [count] the drawn order */
    uint32_t *item_begin;    /* [count + 1] of the drawn order */
    size_t items;
    keyed *order, *spare;                   /* [count] scratch of the sorts */
    uint32_t *word_turns, *context_turns;   /* [segments] scratch */
    uint32_t *word_place, *context_place;   /* [segments] place in the block's permutation */
    uint32_t *permuted;                     /* [segments] scratch */
    uint32_t *word_groups, *context_groups; /* [groups] the epoch's permutations */
};

/* --- making the tasks ------------------------------------------------------------------------- */

static int check_layout(const gv_store_info *info, const gv_store_tile *tiles, gv_error *err)
{
    for (uint32_t s = 0; s < info->segments; s++)
        if (info->segment_group[s] >= info->groups)
            return gv_error_set(err, GV_E_CORRUPT, "store.db: segment %u is in no group", s);
    for (uint32_t t = 0; t < info->tiles; t++)
        if (tiles[t].row_segment >= info->segments || tiles[t].column_segment >= info->segments)
            return gv_error_set(err, GV_E_CORRUPT, "store.db: tile %u refers to a missing segment",
                                t);
    if (info->groups > UINT16_MAX || info->segments > UINT16_MAX)
        return gv_error_set(err, GV_E_CORRUPT, "store.db: more than %u segments or groups",
                            UINT16_MAX);
    return GV_OK;
}

static size_t count_tasks(const gv_store_info *info, const gv_store_tile *tiles)
{
    size_t count = info->tiles;
    for (uint32_t t = 0; info->symmetric && t < info->tiles; t++)
        count += tiles[t].row_segment != tiles[t].column_segment;
    return count;
}

static int allocate(gv_schedule *s, gv_error *err)
{
    size_t blocks = (size_t)s->groups * s->groups;
    return (s->origins = gv_mem_alloc(s->count, sizeof *s->origins, err)) &&
                   (s->tasks = gv_mem_alloc(s->count, sizeof *s->tasks, err)) &&
                   (s->item_begin = gv_mem_alloc(s->count + 1, sizeof *s->item_begin, err)) &&
                   (s->order = gv_mem_alloc(s->count, sizeof *s->order, err)) &&
                   (s->spare = gv_mem_alloc(s->count, sizeof *s->spare, err)) &&
                   (s->block_begin = gv_mem_alloc_zero(blocks + 2, sizeof *s->block_begin, err)) &&
                   (s->group_list = gv_mem_alloc(s->segments, sizeof(uint32_t), err)) &&
                   (s->group_begin = gv_mem_alloc_zero(s->groups + 2, sizeof(uint32_t), err)) &&
                   (s->word_turns = gv_mem_alloc(s->segments, sizeof(uint32_t), err)) &&
                   (s->context_turns = gv_mem_alloc(s->segments, sizeof(uint32_t), err)) &&
                   (s->word_place = gv_mem_alloc(s->segments, sizeof(uint32_t), err)) &&
                   (s->context_place = gv_mem_alloc(s->segments, sizeof(uint32_t), err)) &&
                   (s->permuted = gv_mem_alloc(s->segments, sizeof(uint32_t), err)) &&
                   (s->word_groups = gv_mem_alloc(s->groups, sizeof(uint32_t), err)) &&
                   (s->context_groups = gv_mem_alloc(s->groups, sizeof(uint32_t), err))
               ? GV_OK
               : GV_E_MEMORY;
}

/* Counting sort: [g + 2] counts -> [g + 1] running begins -> after placing, [g] .. [g + 1]. */
static void list_groups(gv_schedule *s, const uint32_t *segment_group)
{
    for (uint32_t segment = 0; segment < s->segments; segment++)
        s->group_begin[segment_group[segment] + 2]++;
    for (uint32_t g = 1; g <= s->groups; g++)
        s->group_begin[g + 1] += s->group_begin[g];
    for (uint32_t segment = 0; segment < s->segments; segment++)
        s->group_list[s->group_begin[segment_group[segment] + 1]++] = segment;
}

/* The one or two tasks of a tile; returns their number. */
static size_t tasks_of_tile(origin made[2], const gv_store_info *info, const gv_store_tile *tiles,
                            uint32_t tile)
{
    const gv_store_tile *t = &tiles[tile];
    bool diagonal = info->symmetric && t->row_segment == t->column_segment;
    made[0] = (origin){.tile = tile,
                       .word_segment = t->row_segment,
                       .context_segment = t->column_segment,
                       .records = t->records,
                       .both = diagonal};
    made[1] = (origin){.tile = tile,
                       .word_segment = t->column_segment,
                       .context_segment = t->row_segment,
                       .records = t->records,
                       .transposed = true};
    return info->symmetric && !diagonal ? 2 : 1;
}

static size_t block_of(const gv_schedule *s, const gv_store_info *info, const origin *task)
{
    return (size_t)info->segment_group[task->word_segment] * s->groups +
           info->segment_group[task->context_segment];
}

/* Counting sort by block, as in list_groups. */
static void list_tasks(gv_schedule *s, const gv_store_info *info, const gv_store_tile *tiles)
{
    size_t blocks = (size_t)s->groups * s->groups;
    origin made[2];
    for (uint32_t tile = 0; tile < info->tiles; tile++)
        for (size_t i = 0, n = tasks_of_tile(made, info, tiles, tile); i < n; i++)
            s->block_begin[block_of(s, info, &made[i]) + 2]++;
    for (size_t b = 1; b <= blocks; b++)
        s->block_begin[b + 1] += s->block_begin[b];
    for (uint32_t tile = 0; tile < info->tiles; tile++)
        for (size_t i = 0, n = tasks_of_tile(made, info, tiles, tile); i < n; i++)
            s->origins[s->block_begin[block_of(s, info, &made[i]) + 1]++] = made[i];
}

int gv_schedule_new(gv_schedule **result, const gv_store_info *info, const gv_store_tile *tiles,
                    gv_error *err)
{
    *result = NULL;
    int status = check_layout(info, tiles, err);
    if (status != GV_OK)
        return status;
    gv_schedule *s = gv_mem_alloc_zero(1, sizeof *s, err);
    if (!s)
        return GV_E_MEMORY;
    s->segments = info->segments;
    s->groups = info->groups;
    s->strip = STRIP;
    s->count = count_tasks(info, tiles);
    status = allocate(s, err);
    if (status == GV_OK && s->count > UINT32_MAX)
        status = gv_error_set(err, GV_E_MEMORY, "store.db has too many tiles: %zu tasks an epoch",
                              s->count);
    if (status != GV_OK) {
        gv_schedule_free(s);
        return status;
    }
    list_groups(s, info->segment_group);
    list_tasks(s, info, tiles);
    gv_schedule_draw(s, 0, 0, 1);
    *result = s;
    return GV_OK;
}

void gv_schedule_set_strip(gv_schedule *s, uint32_t strip)
{
    s->strip = strip > 0 ? strip : STRIP;
}

void gv_schedule_free(gv_schedule *s)
{
    if (!s)
        return;
    gv_mem_free(s->origins);
    gv_mem_free(s->tasks);
    gv_mem_free(s->item_begin);
    gv_mem_free(s->order);
    gv_mem_free(s->spare);
    gv_mem_free(s->block_begin);
    gv_mem_free(s->group_list);
    gv_mem_free(s->group_begin);
    gv_mem_free(s->word_turns);
    gv_mem_free(s->context_turns);
    gv_mem_free(s->word_place);
    gv_mem_free(s->context_place);
    gv_mem_free(s->permuted);
    gv_mem_free(s->word_groups);
    gv_mem_free(s->context_groups);
    gv_mem_free(s);
}

uint64_t gv_schedule_bytes(uint64_t tiles, uint32_t segments, uint32_t groups, bool symmetric)
{
    uint64_t tasks = symmetric ? 2 * tiles : tiles;
    return tasks *
               (sizeof(origin) + sizeof(gv_schedule_task) + 2 * sizeof(keyed) + sizeof(uint32_t)) +
           segments * 6 * sizeof(uint32_t) + (uint64_t)(groups + 2) * (groups + 2) * sizeof(size_t);
}

/* --- drawing ---------------------------------------------------------------------------------- */

/* One stable pass over the byte at `shift`; does nothing if all keys agree in it. */
static bool radix_pass(keyed *to, const keyed *from, size_t n, unsigned shift)
{
    size_t begin[257] = {0};
    for (size_t i = 0; i < n; i++)
        begin[(from[i].key >> shift & 0xff) + 1]++;
    for (unsigned b = 0; b < 256; b++)
        if (begin[b + 1] == n)
            return false;
    for (unsigned b = 0; b < 256; b++)
        begin[b + 1] += begin[b];
    for (size_t i = 0; i < n; i++)
        to[begin[from[i].key >> shift & 0xff]++] = from[i];
    return true;
}

/* Sort by key, stably; `spare` has room for as many. */
static void sort_keyed(keyed *items, keyed *spare, size_t n)
{
    keyed *from = items, *to = spare;
    for (unsigned shift = 0; shift < 64 && n > 1; shift += 8) {
        if (!radix_pass(to, from, n, shift))
            continue;
        keyed *sorted = to;
        to = from;
        from = sorted;
    }
    if (from != items)
        memcpy(items, from, n * sizeof *items);
}

/* Permute the segments of a group and note each one's place; returns their number. */
static uint32_t permute_group(gv_schedule *s, uint32_t *place, uint32_t group, gv_rng *rng)
{
    const uint32_t *list = s->group_list + s->group_begin[group];
    uint32_t n = s->group_begin[group + 1] - s->group_begin[group];
    memcpy(s->permuted, list, n * sizeof *list);
    gv_rng_shuffle32(rng, s->permuted, n);
    for (uint32_t i = 0; i < n; i++)
        place[s->permuted[i]] = i;
    return n;
}

/* The position of a task in its block, below 2^48: by (shift, place), or in strips of so many
 * shifts if `strip` is not 0. */
static uint64_t key_in_block(uint32_t shift, uint32_t place, uint32_t n, uint32_t strip)
{
    if (strip == 0)
        return (uint64_t)shift * n + place;
    uint64_t number = shift / strip, within = shift % strip;
    return (number * (n + strip) + place + within) * strip + within;
}

/* Append the tasks of a block to those of its round; returns the end. */
static size_t key_block(gv_schedule *s, size_t end, uint32_t round, uint32_t q, bool strips,
                        gv_rng *rng)
{
    uint32_t word_group = s->word_groups[q];
    uint32_t context_group = s->context_groups[(q + round) % s->groups];
    /* The random numbers are drawn in the order of (round, q) whatever `bands` is: so the turns are
     * the same in both arrangements. */
    uint32_t words = permute_group(s, s->word_place, word_group, rng);
    uint32_t contexts = permute_group(s, s->context_place, context_group, rng);
    uint32_t n = words > contexts ? words : contexts;
    size_t block = (size_t)word_group * s->groups + context_group;
    for (size_t i = s->block_begin[block]; i < s->block_begin[block + 1]; i++) {
        uint32_t place = s->word_place[s->origins[i].word_segment];
        uint32_t other = s->context_place[s->origins[i].context_segment];
        uint64_t key = key_in_block((other + n - place) % n, place, n, strips ? s->strip : 0);
        s->order[end++] = (keyed){(uint64_t)q << 48 | key, (uint32_t)i};
    }
    return end;
}

/* The end of the block that begins at `begin`, in a list that ends at `end`, and its records. */
static size_t find_block(const gv_schedule *s, size_t begin, size_t end, uint64_t *records)
{
    uint64_t q = s->order[begin].key >> 48;
    *records = 0;
    for (; begin < end && s->order[begin].key >> 48 == q; begin++)
        *records += s->origins[s->order[begin].origin].records;
    return begin;
}

/* Turn the keys of a sorted round into those that interleave its blocks: the share of the block's
 * records before the task, as a fraction of 20 bits, then q. The sort is stable, so tasks of a
 * block whose shares are equal stay in order. */
static void key_interleaved(gv_schedule *s, size_t begin, size_t end)
{
    while (begin < end) {
        uint64_t total, before = 0, q = s->order[begin].key >> 48;
        size_t block_end = find_block(s, begin, end, &total);
        for (; begin < block_end; begin++) {
            uint64_t share = total ? (before << 20) / total : 0;
            before += s->origins[s->order[begin].origin].records;
            s->order[begin].key = share << 16 | q;
        }
    }
}

/* Put a round in order, the tasks begin .. *end - 1, and its items behind those of the last. */
static size_t draw_round(gv_schedule *s, size_t begin, uint32_t round, bool strips, gv_rng *rng)
{
    size_t end = begin;
    uint64_t records;
    for (uint32_t q = 0; q < s->groups; q++)
        end = key_block(s, end, round, q, strips, rng);
    sort_keyed(s->order + begin, s->spare, end - begin);
    if (!strips) {
        key_interleaved(s, begin, end);
        sort_keyed(s->order + begin, s->spare, end - begin);
    }
    while (begin < end) {
        s->item_begin[s->items++] = (uint32_t)begin;
        begin = strips ? find_block(s, begin, end, &records) : begin + 1;
    }
    return end;
}

static void fill_tasks(gv_schedule *s)
{
    memset(s->word_turns, 0, s->segments * sizeof *s->word_turns);
    memset(s->context_turns, 0, s->segments * sizeof *s->context_turns);
    for (size_t i = 0; i < s->count; i++) {
        const origin *from = &s->origins[s->order[i].origin];
        s->tasks[i] = (gv_schedule_task){.tile = from->tile,
                                         .word_segment = from->word_segment,
                                         .context_segment = from->context_segment,
                                         .word_turn = s->word_turns[from->word_segment]++,
                                         .context_turn = s->context_turns[from->context_segment]++,
                                         .transposed = from->transposed,
                                         .both = from->both};
    }
}

/* Put the groups first .. first + n - 1 into `to`: at random one half before the other, and so
 * within each half. */
static void permute_by_halves(uint32_t *to, uint32_t first, uint32_t n, gv_rng *rng)
{
    uint32_t half = n - n / 2;
    if (n == 1) {
        *to = first;
    } else if (gv_rng_below(rng, 2) == 0) {
        permute_by_halves(to, first, half, rng);
        permute_by_halves(to + half, first + half, n - half, rng);
    } else {
        permute_by_halves(to, first + half, n - half, rng);
        permute_by_halves(to + n - half, first, half, rng);
    }
}

void gv_schedule_draw(gv_schedule *s, uint64_t seed, uint64_t epoch, unsigned threads)
{
    gv_rng rng;
    /* a round has as many blocks as there are groups: one thread more would wait for a whole one */
    bool strips = threads <= 1 || threads <= s->groups;
    size_t end = 0;
    gv_rng_seed(&rng, seed, GV_RNG_TILE_ORDER, epoch);
    for (uint32_t g = 0; g < s->groups; g++)
        s->word_groups[g] = s->context_groups[g] = g;
    if (s->groups > GV_SEGMENTS_GROUPS)
        permute_by_halves(s->word_groups, 0, s->groups, &rng);
    else
        gv_rng_shuffle32(&rng, s->word_groups, s->groups);
    gv_rng_shuffle32(&rng, s->context_groups, s->groups);
    s->items = 0;
    for (uint32_t round = 0; round < s->groups; round++)
        end = draw_round(s, end, round, strips, &rng);
    s->item_begin[s->items] = (uint32_t)end;
    fill_tasks(s);
}

void gv_schedule_draw_random(gv_schedule *s, uint64_t seed, uint64_t epoch)
{
    gv_rng rng;
    gv_rng_seed(&rng, seed, GV_RNG_TILE_ORDER, ~epoch); /* a stream that no other order uses */
    for (size_t i = 0; i < s->count; i++) {             /* Fisher and Yates, inside out */
        size_t at = gv_rng_below(&rng, i + 1);
        s->order[i] = s->order[at];
        s->order[at] = (keyed){.origin = (uint32_t)i};
        s->item_begin[i] = (uint32_t)i;
    }
    s->items = s->count;
    s->item_begin[s->items] = (uint32_t)s->count;
    fill_tasks(s);
}

const gv_schedule_task *gv_schedule_tasks(const gv_schedule *s)
{
    return s->tasks;
}

size_t gv_schedule_count(const gv_schedule *s)
{
    return s->count;
}

const uint32_t *gv_schedule_items(const gv_schedule *s, size_t *n)
{
    *n = s->items;
    return s->item_begin;
}

const uint32_t *gv_schedule_word_groups(const gv_schedule *schedule)
{
    return schedule->word_groups;
}

const uint32_t *gv_schedule_context_groups(const gv_schedule *schedule)
{
    return schedule->context_groups;
}

uint32_t gv_schedule_segments(const gv_schedule *s)
{
    return s->segments;
}
