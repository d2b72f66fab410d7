/*
 * Streams in pages, spilled by extents.
 *
 * Each stream is a chain of pages; `next` links them. A spill writes the streams one after the
 * other, so a stream becomes one extent per spill, and a table of (streams + 1) offsets describes a
 * spill. Extents are about arena / streams bytes: with 528 streams and a 64 MiB arena, 120 KiB, so
 * reading a stream back is a few large reads even when the matrix is many times the memory.
 *
 * Each stream has one half-filled page, so pages are small against arena / streams.
 */
#include "shuffle/gv_shuffle_spool.h"

#include "base/gv_file.h"
#include "base/gv_mem.h"
#include <string.h>
#include <unistd.h>

enum { PAGE_LEAST = 256, PAGE_MOST = 16384, NO_PAGE = -1 };

typedef struct stream {
    int64_t first, last; /* pages */
    size_t used;         /* bytes of the last page */
} stream;

struct gv_spool {
    uint32_t streams;
    const char *temp_dir;
    uint8_t *arena;
    size_t arena_bytes, page_bytes;
    int64_t pages, pages_used;
    int64_t *next; /* [pages] */
    stream *stream;
    int fd;           /* -1: nothing spilled yet */
    uint64_t *offset; /* [spills x (streams + 1)] */
    size_t spills, offset_capacity;
    uint64_t spilled;
    /* reading */
    uint32_t reading;
    size_t spill; /* next extent */
    uint64_t at;  /* read so far of this extent */
    int64_t page;
    size_t page_at;
};

size_t gv_spool_least(uint32_t streams)
{
    return (size_t)streams * 2 * PAGE_LEAST;
}

static void clear_streams(gv_spool *spool)
{
    for (uint32_t i = 0; i < spool->streams; i++)
        spool->stream[i] = (stream){NO_PAGE, NO_PAGE, 0};
    spool->pages_used = 0;
}

int gv_spool_open(gv_spool **result, uint32_t streams, size_t arena, const char *temp_dir,
                  gv_error *err)
{
    *result = NULL;
    gv_spool *spool = gv_alloc_zero(1, sizeof *spool, err);
    if (!spool)
        return GV_E_MEMORY;
    spool->fd = -1;
    spool->streams = streams;
    spool->temp_dir = temp_dir;
    spool->page_bytes = PAGE_LEAST;
    while (spool->page_bytes < PAGE_MOST && spool->page_bytes * 32 * streams < arena)
        spool->page_bytes *= 2;
    /* a page costs its bytes and its link */
    spool->pages = (int64_t)(arena / (spool->page_bytes + sizeof *spool->next));
    if (spool->pages < streams) /* each stream must be able to hold one */
        spool->pages = streams;
    spool->arena_bytes = (size_t)spool->pages * spool->page_bytes;
    if (!(spool->arena = gv_big_alloc(spool->arena_bytes, err)) ||
        !(spool->next = gv_alloc((size_t)spool->pages, sizeof *spool->next, err)) ||
        !(spool->stream = gv_alloc(streams, sizeof *spool->stream, err))) {
        gv_spool_close(spool);
        return GV_E_MEMORY;
    }
    clear_streams(spool);
    *result = spool;
    return GV_OK;
}

void gv_spool_close(gv_spool *spool)
{
    if (!spool)
        return;
    if (spool->fd >= 0)
        close(spool->fd);
    gv_big_free(spool->arena, spool->arena_bytes);
    gv_free(spool->next);
    gv_free(spool->stream);
    gv_free(spool->offset);
    gv_free(spool);
}

static uint8_t *page_at(const gv_spool *spool, int64_t page)
{
    return spool->arena + (size_t)page * spool->page_bytes;
}

/* Bytes that `page` of a stream holds. */
static size_t page_fill(const gv_spool *spool, const stream *s, int64_t page)
{
    return page == s->last ? s->used : spool->page_bytes;
}

static int spill(gv_spool *spool, gv_error *err)
{
    size_t row = (size_t)spool->streams + 1;
    int status = GV_OK;
    if (spool->fd < 0)
        status = gv_temp_open(&spool->fd, spool->temp_dir, err);
    if (status == GV_OK)
        status = gv_reserve(&spool->offset, &spool->offset_capacity, (spool->spills + 1) * row,
                            sizeof *spool->offset, err);
    if (status != GV_OK)
        return status;
    uint64_t *offset = spool->offset + spool->spills * row;
    for (uint32_t i = 0; i < spool->streams; i++) {
        const stream *s = &spool->stream[i];
        offset[i] = spool->spilled;
        for (int64_t page = s->first; page != NO_PAGE; page = spool->next[page]) {
            size_t bytes = page_fill(spool, s, page);
            status = gv_pwrite(spool->fd, page_at(spool, page), bytes, spool->spilled,
                               "the temporary file of the shuffle", err);
            if (status != GV_OK)
                return status;
            spool->spilled += bytes;
        }
    }
    offset[spool->streams] = spool->spilled;
    spool->spills++;
    clear_streams(spool);
    return GV_OK;
}

/* Give a stream an empty last page. */
static int add_page(gv_spool *spool, uint32_t number, gv_error *err)
{
    if (spool->pages_used == spool->pages) {
        int status = spill(spool, err);
        if (status != GV_OK)
            return status;
    }
    stream *s = &spool->stream[number];
    int64_t page = spool->pages_used++;
    spool->next[page] = NO_PAGE;
    if (s->last == NO_PAGE)
        s->first = page;
    else
        spool->next[s->last] = page;
    s->last = page;
    s->used = 0;
    return GV_OK;
}

int gv_spool_put(gv_spool *spool, uint32_t number, const void *data, size_t bytes, gv_error *err)
{
    const uint8_t *from = data;
    stream *s = &spool->stream[number];
    while (bytes > 0) {
        if (s->last == NO_PAGE || s->used == spool->page_bytes) {
            int status = add_page(spool, number, err);
            if (status != GV_OK)
                return status;
        }
        size_t part = spool->page_bytes - s->used;
        if (part > bytes)
            part = bytes;
        memcpy(page_at(spool, s->last) + s->used, from, part);
        s->used += part;
        from += part;
        bytes -= part;
    }
    return GV_OK;
}

int gv_spool_finish(gv_spool *spool, gv_error *err)
{
    if (spool->spills == 0)
        return GV_OK;
    int status = spill(spool, err);
    gv_big_free(spool->arena, spool->arena_bytes);
    spool->arena = NULL;
    return status;
}

uint64_t gv_spool_spilled(const gv_spool *spool)
{
    return spool->spilled;
}

void gv_spool_rewind(gv_spool *spool, uint32_t number)
{
    spool->reading = number;
    spool->spill = 0;
    spool->at = 0;
    spool->page = spool->stream[number].first;
    spool->page_at = 0;
}

static int read_extents(gv_spool *spool, uint8_t *to, size_t most, size_t *got, gv_error *err)
{
    while (*got < most && spool->spill < spool->spills) {
        const uint64_t *offset =
            spool->offset + spool->spill * ((size_t)spool->streams + 1) + spool->reading;
        uint64_t left = offset[1] - offset[0] - spool->at;
        size_t part = left < most - *got ? (size_t)left : most - *got;
        int status = gv_pread(spool->fd, to + *got, part, offset[0] + spool->at,
                              "the temporary file of the shuffle", err);
        if (status != GV_OK)
            return status;
        *got += part;
        spool->at += part;
        if (part == left) {
            spool->spill++;
            spool->at = 0;
        }
    }
    return GV_OK;
}

int gv_spool_read(gv_spool *spool, void *to, size_t most, size_t *got, gv_error *err)
{
    *got = 0;
    if (spool->spills > 0)
        return read_extents(spool, to, most, got, err);
    const stream *s = &spool->stream[spool->reading];
    while (*got < most && spool->page != NO_PAGE) {
        size_t fill = page_fill(spool, s, spool->page);
        size_t part = fill - spool->page_at < most - *got ? fill - spool->page_at : most - *got;
        memcpy((uint8_t *)to + *got, page_at(spool, spool->page) + spool->page_at, part);
        *got += part;
        spool->page_at += part;
        if (spool->page_at == fill) {
            spool->page = spool->next[spool->page];
            spool->page_at = 0;
        }
    }
    return GV_OK;
}
