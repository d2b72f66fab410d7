/* All pairs of a store: tile by tile, each decoded as a whole. */
#include "base/gv_bytes.h"
#include "base/gv_mem.h"
#include "bindings/c/glovebox_store_internal.h"

#include <inttypes.h>
#include <string.h>

struct glovebox_cursor {
    gv_store *store; /* a handle of its own */
    uint32_t tile;   /* the next one */
    uint8_t *blob;   /* [largest_blob] with the content of blob number `at` */
    uint32_t at;     /* UINT32_MAX: none yet */
    size_t bytes;    /* of it */
    glovebox_pair *pairs;
    size_t capacity, n, given; /* decoded pairs, and how many of them were handed out */
};

static int open_cursor(glovebox_cursor *c, const glovebox_store *store, gv_error *err)
{
    glovebox_store *s = glovebox_store_lazily(store);
    c->at = UINT32_MAX;
    c->blob = gv_mem_alloc(gv_store_about(store->store)->largest_blob, 1, err);
    if (!c->blob)
        return GV_E_MEMORY;
    pthread_mutex_lock(&s->lock);
    const int status = gv_store_open_again(&c->store, s->store, err);
    pthread_mutex_unlock(&s->lock);
    return status;
}

int glovebox_cursor_open(glovebox_cursor **cursor, const glovebox_store *store, glovebox_error *err)
{
    gv_error why = GV_ERROR_INIT;
    if (!cursor)
        return glovebox_null(err, "glovebox_cursor_open", "cursor");
    *cursor = NULL;
    if (!store)
        return glovebox_null(err, "glovebox_cursor_open", "store");
    glovebox_cursor *c = gv_mem_alloc_zero(1, sizeof *c, &why);
    int status = c ? open_cursor(c, store, &why) : GV_E_MEMORY;
    if (status == GV_OK)
        *cursor = c;
    else
        glovebox_cursor_close(c);
    return glovebox_translate(err, status, &why);
}

void glovebox_cursor_close(glovebox_cursor *c)
{
    if (!c)
        return;
    gv_store_close(c->store);
    gv_mem_free(c->blob);
    gv_mem_free(c->pairs);
    gv_mem_free(c);
}

/* --- decoding --------------------------------------------------------------------------------- */

static int read_blob(glovebox_cursor *c, uint32_t id, gv_error *err)
{
    if (c->at == id)
        return GV_OK;
    c->at = UINT32_MAX;
    int status = gv_store_blob_size(&c->bytes, c->store, id, err);
    if (status == GV_OK)
        status = gv_store_blob_read(c->blob, c->bytes, c->store, id, err);
    if (status == GV_OK)
        c->at = id;
    return status;
}

/* Add a pair, and its mirror image if the store has only one of the two. */
static void add(glovebox_cursor *c, uint32_t row, uint32_t column, uint64_t value)
{
    const gv_store_info *info = gv_store_about(c->store);
    const double x = (double)value / (double)info->unit;
    c->pairs[c->n++] = (glovebox_pair){row, column, x};
    if (info->symmetric && row != column)
        c->pairs[c->n++] = (glovebox_pair){column, row, x};
}

static void decode(glovebox_cursor *c, const gv_tile *tile)
{
    const gv_store_info *info = gv_store_about(c->store);
    const uint32_t first_row = info->segment_first[tile->row_segment];
    const uint32_t first_column = info->segment_first[tile->column_segment];
    const uint8_t *escape = tile->escape, *end = escape + tile->escape_bytes;
    size_t record = 0;
    for (size_t r = 0; r < tile->rows; r++)
        for (size_t last = record + tile->row_length[r]; record <= last; record++) {
            uint64_t value = 0;
            if (tile->code[record] == GV_TILE_ESCAPE)
                escape = gv_bytes_get_varint(escape, end, &value);
            else
                value = info->value[tile->code[record]];
            add(c, first_row + tile->row[r],
                first_column + (tile->column8 ? tile->column8[record] : tile->column16[record]),
                value);
        }
}

static int decode_next(glovebox_cursor *c, gv_error *err)
{
    const gv_store_info *info = gv_store_about(c->store);
    const gv_store_tile *place = &gv_store_tiles(c->store)[c->tile];
    gv_tile tile;
    c->n = c->given = 0;
    int status = read_blob(c, place->blob, err);
    if (status != GV_OK)
        return status;
    status = gv_tile_view(&tile,
                          &(gv_tile_place){c->blob, c->bytes, place->offset,
                                           gv_store_segment_words(info, place->row_segment),
                                           gv_store_segment_words(info, place->column_segment),
                                           info->values},
                          err);
    if (status == GV_OK &&
        (tile.row_segment != place->row_segment || tile.column_segment != place->column_segment))
        status = gv_error_set(err, GV_E_CORRUPT, "it is not the tile of the directory");
    if (status != GV_OK) {
        gv_error_prefix(err, "the store is damaged: blob %" PRIu32, place->blob);
        return status;
    }
    status =
        gv_mem_reserve(&c->pairs, &c->capacity, 2 * (size_t)tile.records, sizeof *c->pairs, err);
    if (status == GV_OK) {
        decode(c, &tile);
        c->tile++;
    }
    return status;
}

int glovebox_cursor_next(glovebox_cursor *cursor, glovebox_pair *pairs, size_t room, size_t *n,
                         glovebox_error *err)
{
    gv_error why = GV_ERROR_INIT;
    int status = GV_OK;
    if (!cursor || !n || (!pairs && room > 0))
        return glovebox_null(err, "glovebox_cursor_next", !cursor ? "cursor" : !n ? "n" : "pairs");
    *n = 0;
    while (status == GV_OK && *n < room) {
        const size_t left = cursor->n - cursor->given, want = room - *n;
        const size_t some = left < want ? left : want;
        if (some > 0)
            memcpy(pairs + *n, cursor->pairs + cursor->given, some * sizeof *pairs);
        cursor->given += some;
        *n += some;
        if (some == left && cursor->tile == gv_store_about(cursor->store)->tiles)
            break;
        if (*n < room)
            status = decode_next(cursor, &why);
    }
    if (status != GV_OK)
        *n = 0;
    return glovebox_translate(err, status, &why);
}
