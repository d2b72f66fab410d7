/*
 * gv_shuffle_layout - how the matrix is divided: segments, buckets, and the codes of values.
 *
 * A bucket holds the cells between one row segment and one group of column segments. It becomes a
 * few whole tiles, and the buckets in order are the tiles in the order of the store: the buckets of
 * a block (a pair of groups) are together, row segments ascending.
 *
 * Source: docs/store.md.
 *
 * Threads: a layout is read-only once made.
 */
#ifndef GV_SHUFFLE_LAYOUT_H
#define GV_SHUFFLE_LAYOUT_H

#include "counts/gv_counts.h"
#include "shuffle/gv_shuffle_codes.h"
#include "shuffle/gv_shuffle_survey.h"
#include "store/gv_segments.h"
#include "store/gv_store.h"

typedef struct gv_shuffle_layout_bucket {
    uint16_t row_segment;
    uint8_t group;   /* of the columns */
    bool ends_block; /* the next bucket belongs to another block */
} gv_shuffle_layout_bucket;

typedef struct gv_shuffle_layout {
    gv_segments segments;
    uint16_t *segment_of; /* [vocab_size] */
    bool symmetric;
    uint32_t widest;                  /* words of the widest segment */
    uint32_t buckets;                 /* number of buckets */
    gv_shuffle_layout_bucket *bucket; /* [buckets] in the order of the store */
    uint32_t *bucket_of;              /* [segments x groups] row segment, column group -> bucket */
    gv_shuffle_codes codes;
} gv_shuffle_layout;

/* Choose segments, by `rule` (NULL: that of stores), buckets and codes; uses the sample of `survey`
 * up. Clear also after an error. */
GV_MUST_USE int gv_shuffle_layout_make(gv_shuffle_layout *layout, gv_shuffle_survey *survey,
                                       const gv_counts_info *info, const gv_segments_rule *rule,
                                       gv_error *err);
/* Everything that follows from `segments`, `symmetric` and `codes`, which are set. Clear also after
 * an error. */
GV_MUST_USE int gv_shuffle_layout_complete(gv_shuffle_layout *layout, gv_error *err);
void gv_shuffle_layout_clear(gv_shuffle_layout *layout);

/* Words of a segment. */
static inline uint32_t gv_shuffle_layout_width(const gv_shuffle_layout *layout, uint32_t segment)
{
    return layout->segments.first[segment + 1] - layout->segments.first[segment];
}

#endif
