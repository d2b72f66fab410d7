/* All cells of a store, blob after blob. */
#include "store/gv_store_internal.h"

#include "base/gv_bytes.h"
#include "base/gv_mem.h"
#include "base/gv_signal.h"

typedef struct visit {
    gv_store_each_fn *fn;
    void *context;
} visit;

static void visit_tile(const visit *to, const gv_store_info *info, const gv_tile *tile)
{
    const uint8_t *escape = tile->escape, *end = escape + tile->escape_bytes;
    const uint32_t first_row = info->segment_first[tile->row_segment];
    const uint32_t first_column = info->segment_first[tile->column_segment];
    size_t record = 0;
    for (size_t r = 0; r < tile->rows; r++)
        for (size_t last = record + tile->row_length[r]; record <= last; record++) {
            const uint32_t column = tile->column8 ? tile->column8[record] : tile->column16[record];
            uint64_t value = 0;
            if (tile->code[record] == GV_TILE_ESCAPE)
                escape = gv_bytes_get_varint(escape, end, &value);
            else
                value = info->value[tile->code[record]];
            to->fn(to->context, first_row + tile->row[r], first_column + column, value);
        }
}

/* `data` has the size of the largest blob. */
static int visit_blob(const visit *to, gv_store *store, uint32_t id, uint8_t *data, gv_error *err)
{
    const gv_store_blob *blob = gv_store_blob_about(store, id);
    const gv_store_tile *tiles;
    int status = gv_store_blob_tiles(&tiles, store, id, err);
    if (status == GV_OK)
        status = gv_store_blob_read(data, blob->bytes, store, id, err);
    for (uint32_t i = 0; status == GV_OK && i < blob->tiles; i++) {
        gv_tile tile;
        status = gv_store_view_tile(&tile, store, data, &tiles[i], err);
        if (status == GV_OK)
            visit_tile(to, gv_store_about(store), &tile);
    }
    return status;
}

int gv_store_each(gv_store *store, gv_store_each_fn *fn, void *context, gv_progress *progress,
                  gv_error *err)
{
    const gv_store_info *info = gv_store_about(store);
    const visit to = {fn, context};
    uint8_t *data = gv_mem_alloc(info->largest_blob, 1, err);
    int status = data ? GV_OK : GV_E_MEMORY;
    for (uint32_t id = 0; status == GV_OK && id < info->blobs; id++) {
        status = gv_signal_check(err);
        if (status == GV_OK)
            status = visit_blob(&to, store, id, data, err);
        gv_progress_add(progress, gv_store_blob_about(store, id)->bytes);
    }
    gv_mem_free(data);
    return status;
}
