#include "store/gv_store_copy.h"

#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "store/gv_store_internal.h"
#include "store/gv_store_manifest.h"
#include <inttypes.h>

/* A part of the copy while it is written. */
typedef struct part {
    gv_store_part_writer *writer;
    uint32_t *ids; /* [blobs] */
    uint64_t *checksums;
    uint32_t blobs;
    size_t id_capacity, checksum_capacity;
} part;

typedef struct copying {
    const gv_store_copy_options *options;
    const char *to;
    gv_store *from;
    const gv_store_info *info;
    gv_store_writer *writer;
    part *part; /* [options->parts] */
    uint8_t *data;
} copying;

static int put_head(copying *copy, gv_error *err)
{
    gv_vocab *vocab = NULL;
    uint64_t *sums = NULL;
    int status = gv_store_vocab(&vocab, copy->from, err);
    if (status == GV_OK)
        status = gv_store_row_sums(&sums, copy->from, err);
    if (status == GV_OK)
        status = gv_store_put_words(copy->writer, vocab, sums, err);
    if (status == GV_OK)
        status = gv_store_put_layout(copy->writer, copy->info, err);
    gv_vocab_free(vocab);
    gv_mem_free(sums);
    return status;
}

/* Append the blob to part `number`; `*place` is where it is then. */
static int put_in_part(gv_store_part_place *place, copying *copy, uint32_t number, uint32_t id,
                       gv_error *err)
{
    part *to = &copy->part[number];
    const gv_store_blob *blob = gv_store_blob_about(copy->from, id);
    int status =
        gv_mem_reserve(&to->ids, &to->id_capacity, (size_t)to->blobs + 1, sizeof *to->ids, err);
    if (status == GV_OK)
        status = gv_mem_reserve(&to->checksums, &to->checksum_capacity, (size_t)to->blobs + 1,
                                sizeof *to->checksums, err);
    if (status == GV_OK)
        status = gv_store_part_put(to->writer, copy->data, blob->bytes, err);
    if (status != GV_OK)
        return status;
    *place = (gv_store_part_place){.part = number, .row = to->blobs};
    to->ids[to->blobs] = id;
    to->checksums[to->blobs++] = blob->checksum;
    return GV_OK;
}

static int put_placed(copying *copy, uint32_t id, const gv_store_tile *tiles, gv_error *err)
{
    const gv_store_info *info = copy->info;
    const gv_store_blob *blob = gv_store_blob_about(copy->from, id);
    const uint32_t parts = copy->options->parts;
    uint32_t owner[2] = {
        gv_store_part_of_group(blob->row_group, info->groups, parts),
        gv_store_part_of_group(blob->column_group, info->groups, parts),
    };
    gv_store_part_place places[2];
    const size_t n = info->symmetric && owner[0] != owner[1] ? 2 : 1;
    if (n == 2 && owner[0] > owner[1]) {
        const uint32_t first = owner[1];
        owner[1] = owner[0];
        owner[0] = first;
    }
    int status = GV_OK;
    for (size_t i = 0; status == GV_OK && i < n; i++)
        status = put_in_part(&places[i], copy, owner[i], id, err);
    const gv_store_manifest_blob put = {.tiles = tiles,
                                        .tile_count = blob->tiles,
                                        .bytes = blob->bytes,
                                        .checksum = blob->checksum,
                                        .places = places,
                                        .place_count = n};
    return status == GV_OK ? gv_store_manifest_put_blob(copy->writer, &put, err) : status;
}

static int put_blobs(copying *copy, gv_progress *progress, gv_error *err)
{
    int status = GV_OK;
    for (uint32_t id = 0; status == GV_OK && id < copy->info->blobs; id++) {
        const gv_store_blob *blob = gv_store_blob_about(copy->from, id);
        const gv_store_tile *tiles = NULL;
        status = gv_signal_check(err);
        if (status == GV_OK)
            status = gv_store_blob_tiles(&tiles, copy->from, id, err);
        if (status == GV_OK)
            status = gv_store_blob_read(copy->data, blob->bytes, copy->from, id, err);
        if (status == GV_OK)
            status = copy->options->parts ? put_placed(copy, id, tiles, err)
                                          : gv_store_put_blob(copy->writer, copy->data, blob->bytes,
                                                              tiles, blob->tiles, err);
        gv_progress_add(progress, blob->bytes);
    }
    return status;
}

static int commit_parts(copying *copy, gv_error *err)
{
    char content_hash[GV_HASH_HEX];
    int status = gv_store_manifest_put_totals(copy->writer, copy->info->cells, copy->info->records,
                                              content_hash, err);
    for (uint32_t i = 0; status == GV_OK && i < copy->options->parts; i++) {
        part *to = &copy->part[i];
        const gv_store_part_content content = {to->ids, to->checksums, content_hash};
        gv_store_part written;
        status = gv_store_part_commit(&written, &to->writer, &content, err);
        if (status == GV_OK)
            status = gv_store_manifest_put_part(copy->writer, &written, err);
    }
    return status;
}

static int commit(copying *copy, gv_error *err)
{
    gv_strings old = {0};
    char *provenance = NULL;
    int status = copy->options->parts ? commit_parts(copy, err) : GV_OK;
    if (status == GV_OK)
        status = gv_store_meta(&provenance, copy->from, "provenance", err);
    if (status == GV_OK)
        status = gv_store_part_names(&old, copy->to, err);
    if (status == GV_OK)
        status =
            gv_store_commit(&copy->writer, copy->info->cells, copy->info->records, provenance, err);
    if (status == GV_OK)
        status = gv_store_part_remove_old(&old, copy->to, copy->options->to_dirs, err);
    gv_strings_free(&old);
    gv_mem_free(provenance);
    return status;
}

/* Begin the part in the next of the folders that it may be written to. */
static int begin_part(copying *copy, uint32_t number, gv_error *err)
{
    const gv_strings *dirs = copy->options->to_dirs;
    char *folder = dirs && dirs->n ? gv_mem_strdup(dirs->items[number % dirs->n], err)
                                   : gv_store_part_folder(NULL, copy->to, err);
    if (!folder)
        return GV_E_MEMORY;
    int status =
        gv_store_part_create(&copy->part[number].writer, folder, number, copy->options->parts, err);
    gv_mem_free(folder);
    return status;
}

static int begin(copying *copy, gv_error *err)
{
    const uint32_t parts = copy->options->parts;
    if (parts > copy->info->groups)
        return gv_error_set(err, GV_E_USAGE,
                            "the store has %" PRIu32 " groups of words, so at most as many parts",
                            copy->info->groups);
    if (!(copy->data = gv_mem_alloc(copy->info->largest_blob, 1, err)) ||
        !(copy->part = gv_mem_alloc_zero(parts, sizeof *copy->part, err)))
        return GV_E_MEMORY;
    int status = parts ? gv_store_manifest_create(&copy->writer, copy->to, parts, err)
                       : gv_store_create(&copy->writer, copy->to, err);
    for (uint32_t i = 0; status == GV_OK && i < parts; i++)
        status = begin_part(copy, i, err);
    return status;
}

static void clear(copying *copy)
{
    for (uint32_t i = 0; copy->part && i < copy->options->parts; i++) {
        gv_store_part_abort(&copy->part[i].writer);
        gv_mem_free(copy->part[i].ids);
        gv_mem_free(copy->part[i].checksums);
    }
    gv_store_abort(&copy->writer);
    gv_mem_free(copy->part);
    gv_mem_free(copy->data);
    gv_store_close(copy->from);
}

int gv_store_copy(const char *from, const char *to, const gv_store_copy_options *options,
                  gv_progress *progress, gv_error *err)
{
    copying copy = {.options = options, .to = to};
    const gv_store_options opening = {.directory = true, .part_dirs = options->from_dirs};
    int status = gv_store_open_with(&copy.from, from, &opening, err);
    if (status != GV_OK)
        return status;
    copy.info = gv_store_about(copy.from);
    status = begin(&copy, err);
    if (status == GV_OK)
        status = put_head(&copy, err);
    gv_progress_begin(progress, "copying blobs", copy.info->blob_bytes, "bytes");
    if (status == GV_OK)
        status = put_blobs(&copy, progress, err);
    gv_progress_end(progress);
    if (status == GV_OK)
        status = commit(&copy, err);
    clear(&copy);
    return status;
}
