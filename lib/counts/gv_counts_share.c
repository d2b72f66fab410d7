/*
 * Heads are read without their checksums being compared: the seed of a checksum has the block's
 * number, which is not known yet. Whoever reads the blocks compares them.
 */
#include "counts/gv_counts_share.h"

#include "base/gv_bytes.h"
#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "counts/gv_counts_internal.h"
#include <string.h>

enum {
    WINDOW = 1 << 18, /* bytes looked through at once; a block has about as many */
    FOLLOWERS = 3     /* heads, or the end of the blocks, that must follow */
};

typedef struct head {
    uint64_t next; /* place behind the block */
    uint64_t cells;
    bool good; /* it can be the head of a block */
} head;

/* What a head would say that begins at `at` with these bytes. */
static head head_of(const uint8_t bytes[GV_COUNTS_BLOCK_HEAD], const gv_counts *counts, uint64_t at)
{
    uint64_t left = gv_counts_blocks_end(counts) - at, payload = gv_bytes_get64(bytes + 8);
    head found = {.cells = gv_bytes_get64(bytes + 16)};
    found.good = left >= GV_COUNTS_BLOCK_HEAD + GV_COUNTS_CHECK &&
                 gv_bytes_get32(bytes) == GV_COUNTS_BLOCK_TAG && gv_bytes_get32(bytes + 4) > 0 &&
                 payload <= left - GV_COUNTS_BLOCK_HEAD - GV_COUNTS_CHECK &&
                 found.cells <= payload / GV_COUNTS_CELL_LEAST;
    found.next = found.good ? at + GV_COUNTS_BLOCK_HEAD + payload + GV_COUNTS_CHECK : at;
    return found;
}

static int read_head(head *found, const gv_counts *counts, uint64_t at, gv_error *err)
{
    uint8_t bytes[GV_COUNTS_BLOCK_HEAD];
    *found = (head){0};
    if (gv_counts_blocks_end(counts) - at < sizeof bytes)
        return GV_OK;
    int status = gv_counts_read_at(counts, bytes, sizeof bytes, at, err);
    if (status == GV_OK)
        *found = head_of(bytes, counts, at);
    return status;
}

/* Is there a head at `at`, with others where it says? */
static int is_head(bool *good, const gv_counts *counts, uint64_t at, gv_error *err)
{
    int status = GV_OK;
    *good = true;
    for (int i = 0; i <= FOLLOWERS && status == GV_OK && *good; i++) {
        head h;
        if (at == gv_counts_blocks_end(counts))
            return GV_OK;
        status = read_head(&h, counts, at, err);
        *good = h.good;
        at = h.next;
    }
    return status;
}

/* The first head that begins in the window, which is at `*at` in the file and has `bytes` bytes (at
 * least those of a head): `*at` moves to it. Else it moves to where the next window begins: behind
 * this one, but for bytes that may be the beginning of a head. */
static int find_in_window(bool *good, uint64_t *at, const gv_counts *counts, const uint8_t *window,
                          size_t bytes, gv_error *err)
{
    size_t place = 0;
    int status = GV_OK;
    uint8_t mark[4];
    gv_bytes_put32(mark, GV_COUNTS_BLOCK_TAG);
    *good = false;
    while (status == GV_OK && bytes - place >= GV_COUNTS_BLOCK_HEAD) {
        const uint8_t *hit = memmem(window + place, bytes - place, mark, sizeof mark);
        place = hit ? (size_t)(hit - window) : bytes - (sizeof mark - 1);
        if (!hit || bytes - place < GV_COUNTS_BLOCK_HEAD)
            break;
        /* by the window first: marks may be many, and reading each place would take long */
        if (head_of(hit, counts, *at + place).good)
            status = is_head(good, counts, *at + place, err);
        if (*good)
            break;
        place++;
    }
    *at += place;
    return status;
}

/* The first head at `*at` or behind it; the end of the blocks if there is none. */
static int find_head(uint64_t *at, const gv_counts *counts, gv_error *err)
{
    uint8_t *window = gv_mem_alloc(WINDOW, 1, err);
    const uint64_t end = gv_counts_blocks_end(counts);
    int status = window ? GV_OK : GV_E_MEMORY;
    for (bool good = false; status == GV_OK && !good && *at < end;) {
        size_t bytes = end - *at < WINDOW ? (size_t)(end - *at) : WINDOW;
        if (bytes < GV_COUNTS_BLOCK_HEAD) {
            *at = end;
            break;
        }
        status = gv_signal_check(err);
        if (status == GV_OK)
            status = gv_counts_read_at(counts, window, bytes, *at, err);
        if (status == GV_OK)
            status = find_in_window(&good, at, counts, window, bytes, err);
    }
    gv_mem_free(window);
    return status;
}

int gv_counts_share_find(gv_counts_share *share, const gv_counts *counts, unsigned part,
                         unsigned parts, gv_error *err)
{
    const uint64_t first = gv_counts_blocks_begin(counts), end = gv_counts_blocks_end(counts);
    const uint64_t bytes = end - first;
    uint64_t at = first + bytes / parts * part;
    uint64_t until = part + 1 == parts ? end : first + bytes / parts * (part + 1);
    *share = (gv_counts_share){0};
    int status = part == 0 ? GV_OK : find_head(&at, counts, err);
    share->begin = at;
    while (status == GV_OK && at < until) {
        head h;
        status = read_head(&h, counts, at, err);
        if (status == GV_OK && !h.good)
            status = gv_counts_damaged(counts, "a block header is invalid", err);
        if (status == GV_OK)
            status = gv_signal_check(err);
        if (status != GV_OK)
            return status;
        at = h.next;
        share->blocks++;
        share->cells += h.cells;
    }
    share->end = at;
    return status;
}

int gv_counts_share_join(gv_counts_share *shares, unsigned n, const gv_counts *counts,
                         gv_error *err)
{
    uint64_t at = gv_counts_blocks_begin(counts), blocks = 0, cells = 0;
    bool good = true;
    for (unsigned i = 0; i < n && good; i++) {
        gv_counts_share *s = &shares[i];
        good = s->begin == at && s->end >= s->begin &&
               s->cells <= gv_counts_about(counts)->cells - cells &&
               s->blocks <= gv_counts_blocks(counts) - blocks;
        s->first_block = blocks;
        s->first_cell = cells;
        blocks += s->blocks;
        cells += s->cells;
        at = s->end;
    }
    if (good && at == gv_counts_blocks_end(counts) && blocks == gv_counts_blocks(counts) &&
        cells == gv_counts_about(counts)->cells)
        return GV_OK;
    return gv_counts_damaged(counts, "its blocks are not those that the trailer states", err);
}

int gv_counts_share_check(const gv_counts_share_totals *totals, unsigned n, const gv_counts *counts,
                          gv_error *err)
{
    int64_t last = -1;
    uint64_t records = 0, cells = 0;
    for (unsigned i = 0; i < n; i++) {
        const gv_counts_share_totals *t = &totals[i];
        if (t->cells > 0 && t->first_row <= last)
            return gv_counts_damaged(counts, "its rows are out of order", err);
        last = t->cells > 0 ? t->last_row : last;
        records += t->records;
        cells += t->cells;
    }
    if (cells != gv_counts_about(counts)->cells || records != gv_counts_about(counts)->records)
        return gv_counts_damaged(counts, "its number of cells does not match the trailer", err);
    return GV_OK;
}
