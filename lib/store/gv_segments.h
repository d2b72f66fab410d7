/*
 * gv_segments - how the vocabulary is cut into segments, and how these are dealt into groups.
 *
 * A segment is a range of consecutive word ids; the matrix is stored in tiles of one row segment
 * and one column segment (lib/store/gv_tile.h). Three wishes compete:
 *
 *   small segments           the rows of a tile stay in the cache, and many threads find work
 *   equally heavy segments   no thread waits for another
 *   few segments             tiles hold more than a few records each
 *
 * Cut and deal depend only on the record counts, so they are the same on every machine.
 *
 * Source: docs/measurements/threads.md has the figures behind the constants.
 * Threads: pure functions on the caller's memory.
 */
#ifndef GV_SEGMENTS_H
#define GV_SEGMENTS_H

#include "base/gv_error.h"
#include <stddef.h>
#include <stdint.h>

/* Limits of the format. */
#define GV_SEGMENTS_MAX_WORDS  65536 /* words of a segment at most: local ids have 16 bits */
#define GV_SEGMENTS_MAX        65536 /* segments at most */
#define GV_SEGMENTS_MAX_GROUPS 256   /* groups at most */

/* The rule that stores are cut by; see gv_segments_rule. */
#define GV_SEGMENTS_PARTS       256
#define GV_SEGMENTS_PARTS_MAX   512
#define GV_SEGMENTS_PARTS_HUGE  4096
#define GV_SEGMENTS_WORDS       512
#define GV_SEGMENTS_MANY        1000
#define GV_SEGMENTS_GROUPS      32
#define GV_SEGMENTS_GROUPS_HUGE 256

typedef struct gv_segments {
    uint32_t n;
    uint32_t *first; /* [n + 1] first id of each; the last entry is the vocabulary size */
    uint32_t *group; /* [n] below `groups` */
    uint32_t groups;
} gv_segments;

/* What decides the cut, besides the limits of the format. */
typedef struct gv_segments_rule {
    uint32_t parts;     /* a segment closes when it holds 1 / parts of all records, */
    uint32_t parts_max; /* (of very many records, 1 / parts_max), */
    uint32_t words;     /* or when it holds this many words, */
    uint32_t many;      /* or more, if there would be more segments than this (> parts_max) */
    uint32_t groups;    /* segments are dealt into so many groups, or fewer if they are fewer */
    /* A matrix whose tiles would still be large with parts_max parts is a huge one (for clusters):
     * it is cut into up to so many parts and, as often as these double parts_max, doubled groups;
     * 0: none is. */
    uint32_t parts_huge, groups_huge;
} gv_segments_rule;

/*
 * Cut `vocab_size` >= 1 words by the rule of stores and deal the segments into groups of about
 * equal mass. `mass`: [vocab_size] the ordered records in the row of each word. GV_E_RUNTIME if the
 * vocabulary needs more than GV_SEGMENTS_MAX segments; GV_E_MEMORY. The caller frees with
 * gv_segments_free.
 */
GV_MUST_USE int gv_segments_cut(gv_segments *segments, const uint32_t *mass, uint32_t vocab_size,
                                gv_error *err);

/* The same by another rule, for tests, and for simulations that look for a good one. */
GV_MUST_USE int gv_segments_cut_by(gv_segments *segments, const gv_segments_rule *rule,
                                   const uint32_t *mass, uint32_t vocab_size, gv_error *err);

/* Accepts a zeroed struct. */
void gv_segments_free(gv_segments *segments);

/* The segment that holds word `id`, by a binary search; `first`: [n + 1] as in gv_segments, `id` <
 * first[n]. */
uint32_t gv_segments_find(const uint32_t *first, uint32_t n, uint32_t id);

#endif
