/*
 * The contexts of one word, straight from the store.
 *
 * They can only be in blocks of the word's group, and of these only the blobs are read whose
 * directory lists a tile of the word's segment. In such a tile the word is looked for as a row,
 * and, as a symmetric matrix stores each pair once, as a column too.
 */
#include "store/gv_store_internal.h"

#include "base/gv_bytes.h"
#include "base/gv_mem.h"
#include "store/gv_segments.h"
#include <inttypes.h>
#include <stdlib.h>

typedef struct search {
    gv_store *store;
    const gv_store_info *info;
    uint32_t segment; /* of the word */
    uint16_t local;   /* its number in it */
    gv_store_pair *pairs;
    size_t n, capacity;
} search;

/* Collect the records of a checked tile in which the word is row (or column, if `as_column`). */
static int search_tile(search *find, const gv_tile *tile, int as_row, int as_column, gv_error *err)
{
    const gv_store_info *info = find->info;
    const uint8_t *escape = tile->escape, *end = escape + tile->escape_bytes;
    size_t record = 0;
    for (size_t r = 0; r < tile->rows; r++) {
        uint16_t row = tile->row[r];
        int row_hit = as_row && row == find->local;
        for (size_t last = record + tile->row_length[r]; record <= last; record++) {
            uint32_t column = tile->column8 ? tile->column8[record] : tile->column16[record];
            uint64_t value = 0;
            /* escapes can only be passed by reading them: they have no index, as varints have no
             * fixed length */
            if (tile->code[record] == GV_TILE_ESCAPE)
                escape = gv_bytes_get_varint(escape, end, &value);
            else
                value = info->value[tile->code[record]];
            /* both may hold in a tile on the diagonal, for the pair of the word with itself: it is
             * one record and given out once */
            if (!row_hit && !(as_column && column == find->local))
                continue;
            int status = gv_mem_reserve(&find->pairs, &find->capacity, find->n + 1,
                                        sizeof *find->pairs, err);
            if (status != GV_OK)
                return status;
            uint32_t other = row_hit ? info->segment_first[tile->column_segment] + column
                                     : info->segment_first[tile->row_segment] + row;
            find->pairs[find->n++] = (gv_store_pair){other, value};
        }
    }
    return GV_OK;
}

int gv_store_view_tile(gv_tile *tile, const gv_store *store, const uint8_t *blob,
                       const gv_store_tile *where, gv_error *err)
{
    const gv_store_info *info = gv_store_about(store);
    int status = gv_tile_view(
        tile,
        &(gv_tile_place){blob, gv_store_blob_about(store, where->blob)->bytes, where->offset,
                         gv_store_segment_words(info, where->row_segment),
                         gv_store_segment_words(info, where->column_segment), info->values},
        err);
    if (status != GV_OK)
        gv_error_prefix(err, "%s: blob %" PRIu32, gv_store_path(store), where->blob);
    else if (tile->row_segment != where->row_segment ||
             tile->column_segment != where->column_segment)
        status = gv_error_set(err, GV_E_CORRUPT,
                              "%s: blob %" PRIu32 " does not hold the tiles that the directory "
                              "says" GV_STORE_ADVICE,
                              gv_store_path(store), where->blob);
    return status;
}

static int search_blob(search *find, uint32_t id, const gv_store_tile *tiles, uint8_t *data,
                       gv_error *err)
{
    const gv_store_blob *blob = gv_store_blob_about(find->store, id);
    /* `data` has the size of the largest blob */
    int status = gv_store_blob_read(data, blob->bytes, find->store, id, err);
    for (uint32_t i = 0; status == GV_OK && i < blob->tiles; i++) {
        int as_row = tiles[i].row_segment == find->segment;
        int as_column = find->info->symmetric && tiles[i].column_segment == find->segment;
        gv_tile tile;
        if (!as_row && !as_column)
            continue;
        status = gv_store_view_tile(&tile, find->store, data, &tiles[i], err);
        if (status == GV_OK)
            status = search_tile(find, &tile, as_row, as_column, err);
    }
    return status;
}

static int search_store(search *find, uint8_t *data, gv_error *err)
{
    uint32_t group = find->info->segment_group[find->segment];
    int status = GV_OK;
    for (uint32_t id = 0; status == GV_OK && id < find->info->blobs; id++) {
        const gv_store_blob *blob = gv_store_blob_about(find->store, id);
        if (blob->row_group != group && !(find->info->symmetric && blob->column_group == group))
            continue;
        const gv_store_tile *tiles;
        status = gv_store_blob_tiles(&tiles, find->store, id, err);
        int here = 0;
        for (uint32_t i = 0; status == GV_OK && i < blob->tiles; i++)
            here |= tiles[i].row_segment == find->segment ||
                    (find->info->symmetric && tiles[i].column_segment == find->segment);
        if (status == GV_OK && here)
            status = search_blob(find, id, tiles, data, err);
    }
    return status;
}

static int strongest_first(const void *left, const void *right)
{
    const gv_store_pair *a = left, *b = right;
    if (a->value != b->value)
        return a->value > b->value ? -1 : 1;
    return a->id < b->id ? -1 : a->id > b->id;
}

int gv_store_pairs(gv_store_pair_list *list, gv_store *store, uint32_t word, size_t limit,
                   gv_error *err)
{
    const gv_store_info *info = gv_store_about(store);
    *list = (gv_store_pair_list){0};
    if (word >= info->vocab_size)
        return gv_error_set(err, GV_E_RUNTIME,
                            "%s has no word id %" PRIu32 ": it has %" PRIu32 " words",
                            gv_store_path(store), word, info->vocab_size);
    uint32_t segment = gv_segments_find(info->segment_first, info->segments, word);
    search find = {.store = store,
                   .info = info,
                   .segment = segment,
                   .local = (uint16_t)(word - info->segment_first[segment])};
    uint8_t *data = gv_mem_alloc(info->largest_blob, 1, err);
    int status = data ? search_store(&find, data, err) : GV_E_MEMORY;
    gv_mem_free(data);
    if (status == GV_OK && !find.pairs &&
        !(find.pairs = gv_mem_alloc(1, sizeof *find.pairs, err))) /* none, but a valid pointer */
        status = GV_E_MEMORY;
    if (status != GV_OK) {
        gv_mem_free(find.pairs);
        return status;
    }
    qsort(find.pairs, find.n, sizeof *find.pairs, strongest_first);
    *list = (gv_store_pair_list){
        .pairs = find.pairs, .n = limit && limit < find.n ? limit : find.n, .contexts = find.n};
    return GV_OK;
}
