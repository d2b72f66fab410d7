/*
 * gv_segments - how the vocabulary is cut into segments, and these dealt into groups.
 *
 * A segment is a range of consecutive word ids; the matrix is stored in tiles of one row segment
 * and one column segment (lib/store/gv_tile.h). Segments want to be small, so that the rows of a
 * tile stay in the cache and many threads find work, and to carry about equal numbers of records,
 * so that no thread waits; but not so small that tiles hold only a handful of records each.
 *
 * The cut and the deal depend on nothing but the record counts: the same on every machine.
 *
 * Threads: pure functions on caller-owned memory.
 */
#ifndef GV_SEGMENTS_H
#define GV_SEGMENTS_H

#include "base/gv_error.h"
#include <stddef.h>
#include <stdint.h>

#define GV_SEGMENTS_PARTS     256 /* a segment closes when it holds this part of all records, ... */
#define GV_SEGMENTS_PARTS_MAX 512 /* of very many records this part, ... */
#define GV_SEGMENTS_WORDS     512 /* ... or this many words; more when there would be ... */
#define GV_SEGMENTS_MANY      1000  /* ... more segments than this; but never ... */
#define GV_SEGMENTS_MAX_WORDS 65536 /* ... more than this: local ids have 16 bits */
#define GV_SEGMENTS_MAX       65536 /* segments at most, whatever the vocabulary */

typedef struct gv_segments {
    uint32_t n;
    uint32_t *first; /* [n + 1] first id of each; the last entry is the vocabulary size */
    uint32_t *group; /* [n] 0 .. groups - 1 */
    uint32_t groups;
} gv_segments;

/*
 * Cut `vocab_size` >= 1 words, `mass[i]` being the ordered records in the row of word i, and deal
 * the segments into at most `groups` groups of about equal mass (fewer if there are fewer
 * segments). The caller frees with gv_segments_free.
 */
GV_MUST_USE int gv_segments_cut(gv_segments *segments, const uint32_t *mass, uint32_t vocab_size,
                                uint32_t groups, gv_error *err);
void gv_segments_free(gv_segments *segments);

/* What decides the cut; GV_SEGMENTS_MAX_WORDS and GV_SEGMENTS_MAX hold in any case. */
typedef struct gv_segments_rule {
    uint32_t parts;     /* a segment closes when it holds this part of all records, ... */
    uint32_t parts_max; /* of very many records this part, ... */
    uint32_t words;     /* ... or this many words; more when there would be ... */
    uint32_t many;      /* ... more segments than this; greater than `parts_max` */
} gv_segments_rule;

/* The same by another rule than the one above: for simulations that look for a good one. */
GV_MUST_USE int gv_segments_cut_by(gv_segments *segments, const gv_segments_rule *rule,
                                   const uint32_t *mass, uint32_t vocab_size, uint32_t groups,
                                   gv_error *err);

/* The segment that holds word `id` < vocab_size; about log2(n) steps. */
uint32_t gv_segments_find(const gv_segments *segments, uint32_t id);

#endif
