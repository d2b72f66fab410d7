#include "shuffle/gv_shuffle_part.h"

#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include <string.h>
#include <unistd.h>

int gv_shuffle_part_open(gv_shuffle_part *part, uint32_t number, const char *folder,
                         const gv_shuffle_layout *layout, const gv_shuffle_blocks *blocks,
                         gv_error *err)
{
    *part = (gv_shuffle_part){.layout = layout, .blocks = blocks, .number = number};
    if (!(part->blobs_of = gv_mem_alloc_zero(blocks->n, sizeof *part->blobs_of, err)) ||
        !(part->folder = gv_mem_strdup(folder, err)))
        return GV_E_MEMORY;
    return gv_store_part_create(&part->writer, folder, number, blocks->parts, err);
}

void gv_shuffle_part_close(gv_shuffle_part *part)
{
    gv_store_part_abort(&part->writer);
    gv_mem_free(part->blob);
    gv_mem_free(part->tiles);
    gv_mem_free(part->blobs_of);
    gv_mem_free(part->path);
    gv_mem_free(part->folder);
    *part = (gv_shuffle_part){0};
}

static uint32_t block_of(const gv_shuffle_part *part, const gv_store_tile *tile)
{
    const gv_shuffle_layout *layout = part->layout;
    uint32_t group = layout->segments.group[tile->column_segment];
    uint32_t bucket = layout->bucket_of[tile->row_segment * layout->segments.groups + group];
    return part->blocks->block_of[bucket];
}

int gv_shuffle_part_put(void *context, const void *blob, size_t bytes, const gv_store_tile *tiles,
                        size_t n, gv_error *err)
{
    gv_shuffle_part *part = context;
    int status = gv_mem_reserve(&part->blob, &part->blob_capacity, (size_t)part->n + 1,
                                sizeof *part->blob, err);
    if (status == GV_OK)
        status = gv_mem_reserve(&part->tiles, &part->tile_capacity, part->tile_count + n,
                                sizeof *part->tiles, err);
    if (status == GV_OK)
        status = gv_store_part_put(part->writer, blob, bytes, err);
    if (status != GV_OK)
        return status;
    uint32_t block = block_of(part, &tiles[0]);
    memcpy(part->tiles + part->tile_count, tiles, n * sizeof *tiles);
    part->blob[part->n++] = (gv_shuffle_part_blob){
        .bytes = bytes, .block = block, .tile_count = (uint32_t)n, .first_tile = part->tile_count};
    for (size_t i = 0; gv_shuffle_part_describes(part, block) && i < n; i++)
        gv_progress_add(part->progress, tiles[i].records);
    part->tile_count += n;
    part->blobs_of[block]++;
    return GV_OK;
}

/* Read the blob of row `row` back. `*data` grows as needed. */
static int take_checksum(gv_shuffle_part *part, uint32_t row, uint8_t **data, size_t *capacity,
                         gv_error *err)
{
    gv_shuffle_part_blob *blob = &part->blob[row];
    int status = gv_signal_check(err);
    if (status == GV_OK)
        status = gv_mem_reserve(data, capacity, blob->bytes, 1, err);
    if (status == GV_OK)
        status = gv_store_part_read(*data, blob->bytes, part->writer, row, err);
    if (status == GV_OK)
        status = gv_store_part_checksum(&blob->checksum, blob->id, part->tiles + blob->first_tile,
                                        blob->tile_count, *data, blob->bytes, err);
    return status;
}

int gv_shuffle_part_number(gv_shuffle_part *part, const uint32_t *first, gv_error *err)
{
    uint8_t *data = NULL;
    size_t capacity = 0;
    int status = GV_OK;
    for (uint32_t row = 0, in_block = 0; status == GV_OK && row < part->n; row++) {
        gv_shuffle_part_blob *blob = &part->blob[row];
        in_block = row > 0 && part->blob[row - 1].block == blob->block ? in_block + 1 : 0;
        blob->id = first[blob->block] + in_block;
        status = take_checksum(part, row, &data, &capacity, err);
    }
    gv_mem_free(data);
    return status;
}

int gv_shuffle_part_commit(gv_shuffle_part *part, const char *content_hash, gv_error *err)
{
    uint32_t *ids = gv_mem_alloc(part->n, sizeof *ids, err);
    uint64_t *checksums = gv_mem_alloc(part->n, sizeof *checksums, err);
    int status = ids && checksums ? GV_OK : GV_E_MEMORY;
    for (uint32_t row = 0; status == GV_OK && row < part->n; row++) {
        ids[row] = part->blob[row].id;
        checksums[row] = part->blob[row].checksum;
    }
    const gv_store_part_content content = {ids, checksums, content_hash};
    if (status == GV_OK)
        status = gv_store_part_commit(&part->about, &part->writer, &content, err);
    if (status == GV_OK && !(part->path = gv_file_path_join(part->folder, part->about.name, err)))
        status = GV_E_MEMORY;
    gv_mem_free(ids);
    gv_mem_free(checksums);
    return status;
}

void gv_shuffle_part_discard(gv_shuffle_part *part, const gv_strings *old)
{
    bool stays = false;
    for (size_t i = 0; i < old->n; i++)
        stays = stays || strcmp(old->items[i], part->about.name) == 0;
    if (part->path && !stays)
        (void)unlink(part->path);
}
