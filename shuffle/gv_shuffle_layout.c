#include "shuffle/gv_shuffle_layout.h"

#include "base/gv_mem.h"

/* Number the buckets of the block of groups (a, b) from layout->buckets on: row segments ascend. */
static void number_block(gv_shuffle_layout *layout, uint32_t a, uint32_t b)
{
    const gv_segments *segments = &layout->segments;
    uint32_t before = layout->buckets;
    for (uint32_t s = 0; s < segments->n; s++) {
        uint32_t columns = segments->group[s] == a ? b : a;
        /* Symmetric: a stored cell (i, j) has i <= j, but the groups of i and j come in either
         * order, so the block of (a, b) has rows of both. */
        if (segments->group[s] != a && !(layout->symmetric && segments->group[s] == b))
            continue;
        layout->bucket_of[s * segments->groups + columns] = layout->buckets;
        layout->bucket[layout->buckets++] =
            (gv_shuffle_layout_bucket){.row_segment = (uint16_t)s, .group = (uint8_t)columns};
    }
    if (layout->buckets > before)
        layout->bucket[layout->buckets - 1].ends_block = true;
}

/* Number all buckets in the order in which they are stored. */
static int number_buckets(gv_shuffle_layout *layout, gv_error *err)
{
    uint32_t groups = layout->segments.groups;
    size_t buckets = (size_t)layout->segments.n * groups;
    if (!(layout->bucket = gv_mem_alloc(buckets, sizeof *layout->bucket, err)) ||
        !(layout->bucket_of = gv_mem_alloc(buckets, sizeof *layout->bucket_of, err)))
        return GV_E_MEMORY;
    for (uint32_t a = 0; a < groups; a++)
        for (uint32_t b = layout->symmetric ? a : 0; b < groups; b++)
            number_block(layout, a, b);
    return GV_OK;
}

int gv_shuffle_layout_make(gv_shuffle_layout *layout, gv_shuffle_survey *survey,
                           const gv_counts_info *info, const gv_segments_rule *rule, gv_error *err)
{
    gv_segments *segments = &layout->segments;
    *layout = (gv_shuffle_layout){.symmetric = info->symmetric};
    int status = rule ? gv_segments_cut_by(segments, rule, survey->mass, info->vocab_size, err)
                      : gv_segments_cut(segments, survey->mass, info->vocab_size, err);
    if (status == GV_OK)
        status = gv_shuffle_codes_choose(&layout->codes, &survey->sample, err);
    return status == GV_OK ? gv_shuffle_layout_complete(layout, err) : status;
}

int gv_shuffle_layout_complete(gv_shuffle_layout *layout, gv_error *err)
{
    const gv_segments *segments = &layout->segments;
    int status = number_buckets(layout, err);
    if (status == GV_OK && !(layout->segment_of = gv_mem_alloc(segments->first[segments->n],
                                                               sizeof *layout->segment_of, err)))
        status = GV_E_MEMORY;
    for (uint32_t s = 0; status == GV_OK && s < segments->n; s++) {
        uint32_t words = segments->first[s + 1] - segments->first[s];
        if (words > layout->widest)
            layout->widest = words;
        for (uint32_t id = segments->first[s]; id < segments->first[s + 1]; id++)
            layout->segment_of[id] = (uint16_t)s;
    }
    return status;
}

void gv_shuffle_layout_clear(gv_shuffle_layout *layout)
{
    gv_segments_free(&layout->segments);
    gv_shuffle_codes_free(&layout->codes);
    gv_mem_free(layout->segment_of);
    gv_mem_free(layout->bucket);
    gv_mem_free(layout->bucket_of);
    *layout = (gv_shuffle_layout){0};
}
