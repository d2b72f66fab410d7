/*
 * Rows come sorted, so the cells of a row in one column segment are adjacent: the row is
 * cut into pieces, each coded into the buffer of its column group. As rows ascend, all buffers of a
 * thread belong to one row segment; they go to the spool when full and when the next row segment
 * begins. The cost per cell is a look-up of its value's code and one store.
 */
#include "shuffle/gv_shuffle_scatter.h"

#include "base/gv_bytes.h"
#include "base/gv_mem.h"
#include "counts/gv_counts_each.h"
#include "shuffle/gv_shuffle_piece.h"
#include <string.h>

/* Bytes gathered before they go to the spool: more than two of the largest pieces, and for 32
 * groups few enough to stay in the second-level cache. */
enum { BUFFER = 8192 };
#define NO_SEGMENT UINT32_MAX

/* One thread's. */
typedef struct scatter_lane {
    uint32_t row_segment; /* of what the buffers hold, or NO_SEGMENT */
    uint8_t *buffers;     /* [groups x BUFFER] */
    size_t used[GV_SEGMENTS_MAX_GROUPS];
    uint64_t escapes;
    uint16_t code[GV_COUNTS_EACH_PART_MAX];                  /* of the current part */
    uint8_t escaped[GV_SHUFFLE_PIECE_CELLS * GV_VARINT_MAX]; /* values of the current piece */
} scatter_lane;

typedef struct scatter {
    const gv_shuffle_layout *layout;
    gv_shuffle_spool *spool;
    scatter_lane *lanes;
    gv_progress *progress;
} scatter;

static int flush(scatter *work, unsigned number, uint32_t group, gv_error *err)
{
    scatter_lane *lane = &work->lanes[number];
    const gv_shuffle_layout *layout = work->layout;
    uint32_t bucket = layout->bucket_of[lane->row_segment * layout->segments.groups + group];
    size_t bytes = lane->used[group];
    lane->used[group] = 0;
    return gv_shuffle_spool_put(work->spool, number, bucket, lane->buffers + (size_t)group * BUFFER,
                                bytes, err);
}

static int flush_all(scatter *work, unsigned number, gv_error *err)
{
    int status = GV_OK;
    if (work->lanes[number].row_segment == NO_SEGMENT)
        return GV_OK;
    for (uint32_t g = 0; status == GV_OK && g < work->layout->segments.groups; g++)
        if (work->lanes[number].used[g] > 0)
            status = flush(work, number, g, err);
    return status;
}

/* Look all values of a part up. The table is larger than the nearer caches and a fifth of the
 * values is rare, so it is asked for what comes later. */
static void find_codes(uint16_t *code, const gv_shuffle_codes *codes, const uint64_t *value,
                       size_t n)
{
    enum { AHEAD = 32 };
    for (size_t i = 0; i < n; i++) {
        gv_shuffle_codes_prefetch(codes, value[i + AHEAD < n ? i + AHEAD : n - 1]);
        code[i] = gv_shuffle_codes_find(codes, value[i]);
    }
}

/* The cells of a part from some place on. */
typedef struct cells {
    const uint32_t *column;
    const uint64_t *value;
    const uint16_t *code;
    size_t n; /* at least 1 */
} cells;

/* Code the cells before column `end` at `to`; returns how many. The first must be one.
 * `wide`: 16-bit columns. The varints of values without a code go to `*escaped`. */
static inline size_t code_cells(uint8_t *to, uint8_t **escaped, const cells *from, uint32_t first,
                                uint32_t end, bool wide)
{
    uint8_t *escape = *escaped;
    size_t i = 0;
    do {
        uint32_t code = from->code[i];
        /* four bytes in either case: the last is written over by what follows */
        gv_bytes_put32(to, (from->column[i] - first) | code << (wide ? 16 : 8));
        to += wide ? 4 : 3;
        if (__builtin_expect(code == GV_TILE_ESCAPE, 0))
            escape = gv_bytes_put_varint(escape, from->value[i]);
    } while (++i < from->n && from->column[i] < end);
    *escaped = escape;
    return i;
}

/* Put a piece that begins with cell `at` of the part; `*at` moves behind it. */
static int put_piece(scatter *work, unsigned number, const gv_counts_each_part *part, size_t *at,
                     gv_error *err)
{
    const gv_shuffle_layout *layout = work->layout;
    const gv_segments *segments = &layout->segments;
    scatter_lane *lane = &work->lanes[number];
    uint32_t segment = layout->segment_of[part->column[*at]], group = segments->group[segment];
    uint32_t first = segments->first[segment], end = segments->first[segment + 1];
    size_t most = part->n - *at < GV_SHUFFLE_PIECE_CELLS ? part->n - *at : GV_SHUFFLE_PIECE_CELLS;
    /* an upper bound: how many cells the piece gets is known only when they are coded; 4: see
     * code_cells */
    if (lane->used[group] + GV_SHUFFLE_PIECE_HEAD + most * GV_SHUFFLE_PIECE_CELL_MAX + 4 > BUFFER) {
        int status = flush(work, number, group, err);
        if (status != GV_OK)
            return status;
    }
    uint8_t *head = lane->buffers + (size_t)group * BUFFER + lane->used[group];
    uint8_t *body = head + GV_SHUFFLE_PIECE_HEAD, *escaped = lane->escaped;
    const cells from = {part->column + *at, part->value + *at, lane->code + *at, most};
    size_t n = end - first <= GV_SHUFFLE_PIECE_NARROW
                   ? code_cells(body, &escaped, &from, first, end, false)
                   : code_cells(body, &escaped, &from, first, end, true);
    size_t escaped_bytes = (size_t)(escaped - lane->escaped);
    uint8_t *cells_end = body + n * gv_shuffle_piece_cell_bytes(end - first);
    if (escaped_bytes > 0) {
        memcpy(cells_end, lane->escaped, escaped_bytes);
        /* a varint ends with its one byte below 128 */
        for (size_t i = 0; i < escaped_bytes; i++)
            lane->escapes += lane->escaped[i] < 128;
    }
    uint8_t fields[8];
    gv_bytes_put64(fields, (uint64_t)(part->row - segments->first[lane->row_segment]) |
                               (uint64_t)segment << 16 | (uint64_t)(n - 1) << 32 |
                               (uint64_t)escaped_bytes << 40);
    memcpy(head, fields, GV_SHUFFLE_PIECE_HEAD);
    lane->used[group] += (size_t)(cells_end - head) + escaped_bytes;
    *at += n;
    return GV_OK;
}

static int scatter_part(void *context, unsigned thread, const gv_counts_each_part *part,
                        gv_error *err)
{
    scatter *work = context;
    scatter_lane *lane = &work->lanes[thread];
    uint32_t row_segment = work->layout->segment_of[part->row];
    int status = GV_OK;
    if (lane->row_segment != row_segment) {
        status = flush_all(work, thread, err);
        lane->row_segment = row_segment;
    }
    find_codes(lane->code, &work->layout->codes, part->value, part->n);
    for (size_t at = 0; status == GV_OK && at < part->n;)
        status = put_piece(work, thread, part, &at, err);
    gv_progress_add(work->progress, part->n);
    return status;
}

/* All cells, or those of the share. */
static int read_cells(const gv_shuffle_scatter_job *job, scatter *work, unsigned threads,
                      gv_error *err)
{
    if (!job->share)
        return gv_counts_each(job->counts, threads, scatter_part, work, err);
    gv_counts_share_totals totals;
    const gv_counts_each_job each = {scatter_part, work, threads};
    return gv_counts_each_of_share(&totals, job->counts, job->share, &each, err);
}

int gv_shuffle_scatter(uint64_t *escapes, gv_shuffle_spool *spool,
                       const gv_shuffle_scatter_job *job, gv_error *err)
{
    const gv_shuffle_layout *layout = job->layout;
    unsigned lanes = gv_shuffle_spool_lanes(spool);
    scatter work = {.layout = layout, .spool = spool, .progress = job->progress};
    int status = GV_OK;
    *escapes = 0;
    if (!(work.lanes = gv_mem_alloc_zero(lanes, sizeof *work.lanes, err)))
        return GV_E_MEMORY;
    for (unsigned i = 0; status == GV_OK && i < lanes; i++) {
        work.lanes[i].row_segment = NO_SEGMENT;
        if (!(work.lanes[i].buffers = gv_mem_alloc(layout->segments.groups, BUFFER, err)))
            status = GV_E_MEMORY;
    }
    if (status == GV_OK)
        status = read_cells(job, &work, lanes, err);
    for (unsigned i = 0; i < lanes; i++) {
        if (status == GV_OK)
            status = flush_all(&work, i, err);
        *escapes += work.lanes[i].escapes;
        gv_mem_free(work.lanes[i].buffers);
    }
    gv_mem_free(work.lanes);
    return status;
}
