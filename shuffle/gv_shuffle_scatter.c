/*
 * Cells into blocks.
 *
 * Rows come sorted, so the cells of a row that lie in one column segment stand together: the row is
 * cut into runs, each run is coded in a scratch buffer and appended to its block's stream in one
 * piece. The cost per cell is a look-up of its value's code and two 16-bit stores.
 */
#include "shuffle/gv_shuffle_internal.h"

#include "base/gv_bytes.h"
#include "base/gv_mem.h"
#include "base/gv_signal.h"

typedef struct scatter {
    const gv_layout *layout;
    gv_spool *spool;
    uint32_t *last_row; /* [blocks] */
    uint8_t *run;       /* scratch: a coded run */
    uint8_t *escaped;   /* scratch: its escaped values */
    uint64_t escapes;
} scatter;

/* Code the cells from `cells` on that lie in column segment `segment`; returns their number. */
static size_t code_cells(scatter *work, uint8_t **to, uint8_t **escaped, const gv_cell *cells,
                         size_t n, uint32_t segment)
{
    const gv_codes *codes = &work->layout->codes;
    uint32_t first = work->layout->segments.first[segment];
    uint32_t end = work->layout->segments.first[segment + 1];
    uint8_t *at = *to, *escape = *escaped;
    size_t i = 0;
    do {
        uint16_t code = gv_codes_find(codes, cells[i].value);
        gv_put32(at, (cells[i].column - first) | (uint32_t)code << 16);
        at += 4;
        if (code == GV_TILE_ESCAPE) {
            escape = gv_put_varint(escape, cells[i].value);
            work->escapes++;
        }
    } while (++i < n && cells[i].column < end);
    *to = at;
    *escaped = escape;
    return i;
}

/* Put the first run of `cells` into its block; `*done` receives its length. */
static int put_run(scatter *work, size_t *done, uint32_t row, const gv_cell *cells, size_t n,
                   gv_error *err)
{
    const gv_layout *layout = work->layout;
    uint32_t segment = layout->segment_of[cells[0].column];
    uint32_t row_group = layout->segments.group[layout->segment_of[row]];
    uint32_t block =
        layout->block[row_group * layout->segments.groups + layout->segments.group[segment]];

    /* cells behind the place of the longest head; the head is put right before them */
    uint8_t *body = work->run + GV_RUN_HEAD_MAX, *end = body, *escaped = work->escaped;
    *done = code_cells(work, &end, &escaped, cells, n, segment);
    uint8_t head[GV_RUN_HEAD_MAX];
    uint8_t *head_end = gv_put_varint(head, row - work->last_row[block]);
    head_end = gv_put_varint(gv_put_varint(head_end, segment), *done);
    work->last_row[block] = row;
    size_t head_bytes = (size_t)(head_end - head),
           escaped_bytes = (size_t)(escaped - work->escaped);
    memcpy(body - head_bytes, head, head_bytes);
    memcpy(end, work->escaped, escaped_bytes);
    end += escaped_bytes;
    return gv_spool_put(work->spool, block, body - head_bytes, (size_t)(end - body) + head_bytes,
                        err);
}

static int scatter_rows(scatter *work, gv_counts *counts, gv_progress *progress, gv_error *err)
{
    for (;;) {
        uint32_t row;
        const gv_cell *cells;
        size_t n, done;
        int status = gv_counts_next_row(counts, &row, &cells, &n, err);
        if (status == GV_OK)
            status = gv_signal_check(err);
        if (status != GV_OK || n == 0)
            return status;
        for (size_t i = 0; i < n; i += done) {
            status = put_run(work, &done, row, cells + i, n - i, err);
            if (status != GV_OK)
                return status;
        }
        gv_progress_add(progress, n);
    }
}

int gv_scatter(uint64_t *escapes, gv_spool *spool, gv_counts *counts, const gv_layout *layout,
               gv_progress *progress, gv_error *err)
{
    scatter work = {.layout = layout, .spool = spool};
    size_t widest = layout->widest;
    int status = GV_E_MEMORY;
    if ((work.last_row = gv_alloc_zero(layout->blocks, sizeof *work.last_row, err)) &&
        (work.run = gv_alloc(GV_RUN_HEAD_MAX + widest * GV_RUN_CELL_MAX, 1, err)) &&
        (work.escaped = gv_alloc(widest * GV_VARINT_MAX, 1, err)))
        status = scatter_rows(&work, counts, progress, err);
    *escapes = work.escapes;
    gv_free(work.escaped);
    gv_free(work.run);
    gv_free(work.last_row);
    return status;
}
