/*
 * What a store's writer knows only at the end: segments with their records, totals and hashes.
 */
#include "store/gv_store_writer_internal.h"

#include "base/gv_file.h"

static int put_segments(gv_store_writer *writer, gv_error *err)
{
    const gv_store_info *info = &writer->info;
    sqlite3_stmt *row = NULL;
    int status = gv_store_output_prepare(&row, &writer->output,
                                         "INSERT INTO segment VALUES(?,?,?,?,?)", err);
    for (uint32_t i = 0; status == GV_OK && i < info->segments; i++) {
        uint32_t first = info->segment_first[i];
        sqlite3_bind_int64(row, 1, i);
        sqlite3_bind_int64(row, 2, (sqlite3_int64)first + 1); /* as in word.id */
        sqlite3_bind_int64(row, 3, info->segment_first[i + 1] - first);
        sqlite3_bind_int64(row, 4, info->segment_group[i]);
        sqlite3_bind_int64(row, 5, (sqlite3_int64)writer->segment_records[i]);
        status = gv_store_output_insert(&writer->output, row, err);
    }
    sqlite3_finalize(row);
    return status;
}

static int put_numbers(gv_store_writer *writer, sqlite3_stmt *row, gv_error *err)
{
    const gv_store_info *info = &writer->info;
    const gv_store_output_number numbers[] = {{"vocab_size", info->vocab_size},
                                              {"symmetric", info->symmetric},
                                              {"unit", info->unit},
                                              {"window", info->window},
                                              {"cells", info->cells},
                                              {"records", info->records},
                                              {"segments", info->segments},
                                              {"groups", info->groups},
                                              {"values", info->values},
                                              {"blobs", info->blobs},
                                              {"tiles", info->tiles},
                                              {"blob_bytes", info->blob_bytes},
                                              {"parts", writer->manifest.parts},
                                              {"places", writer->manifest.places}};
    const size_t n = sizeof numbers / sizeof *numbers;
    return gv_store_output_meta_numbers(&writer->output, row, numbers,
                                        writer->manifest.parts ? n : n - 2, err);
}

int gv_store_writer_hash(gv_store_writer_hashes *hashes, const gv_store_writer *writer,
                         gv_error *err)
{
    const gv_store_info *info = &writer->info;
    hashes->directory = gv_hash_state_digest(writer->directory_hasher);
    int status = gv_store_layout_hash(&hashes->layout, info, writer->segment_records, err);
    return status == GV_OK ? gv_store_content_hash(&hashes->content, info, writer->row_sum_hash,
                                                   hashes->layout, hashes->directory, err)
                           : status;
}

static int put_hashes(gv_store_writer *writer, sqlite3_stmt *row, gv_error *err)
{
    const gv_store_output *output = &writer->output;
    gv_store_writer_hashes own;
    gv_hash meta;
    int status = gv_store_writer_hash(&own, writer, err);
    if (status != GV_OK)
        return status;
    const struct {
        const char *key;
        gv_hash hash;
    } hashes[] = {{"vocab_hash", writer->info.vocab_hash},
                  {"row_sum_hash", writer->row_sum_hash},
                  {"layout_hash", own.layout},
                  {"directory_hash", own.directory},
                  {"content_hash", own.content}};
    for (size_t i = 0; status == GV_OK && i < sizeof hashes / sizeof *hashes; i++)
        status = gv_store_output_meta_hash(output, row, hashes[i].key, hashes[i].hash, err);
    if (status == GV_OK && writer->manifest.parts)
        status = gv_store_output_meta_hash(output, row, "parts_hash",
                                           gv_hash_state_digest(writer->manifest.hasher), err);
    /* last: it covers all other rows of `meta` */
    if (status == GV_OK)
        status = gv_store_meta_hash(&meta, output->db, output->path, err);
    if (status == GV_OK)
        status = gv_store_output_meta_hash(output, row, "meta_hash", meta, err);
    return status;
}

static int put_meta(gv_store_writer *writer, const char *provenance, gv_error *err)
{
    const gv_store_output *output = &writer->output;
    sqlite3_stmt *row = NULL;
    int status = gv_store_output_prepare(&row, output, "INSERT INTO meta VALUES(?,?)", err);
    if (status == GV_OK)
        status = gv_store_output_meta_text(output, row, "format", "glovebox store", err);
    if (status == GV_OK)
        status = gv_store_output_meta_text(output, row, "recipe", writer->info.recipe, err);
    if (status == GV_OK)
        status = gv_store_output_meta_text(output, row, "provenance",
                                           provenance ? provenance : "{}", err);
    if (status == GV_OK)
        status = put_numbers(writer, row, err);
    if (status == GV_OK)
        status = put_hashes(writer, row, err);
    sqlite3_finalize(row);
    return status;
}

static int finish(gv_store_writer *writer, gv_error *err)
{
    sqlite3_finalize(writer->insert_blob);
    sqlite3_finalize(writer->manifest.insert_place);
    writer->insert_blob = writer->manifest.insert_place = NULL;
    return gv_store_output_finish(&writer->output, err);
}

int gv_store_commit(gv_store_writer **handle, uint64_t cells, uint64_t records,
                    const char *provenance, gv_error *err)
{
    gv_store_writer *writer = *handle;
    *handle = NULL;
    writer->info.cells = cells;
    writer->info.records = records;
    int status = put_segments(writer, err);
    if (status == GV_OK)
        status = put_meta(writer, provenance, err);
    if (status == GV_OK)
        status = finish(writer, err);
    if (status == GV_OK)
        status = gv_file_replace(writer->output.path, writer->path, err);
    gv_store_writer_free(writer);
    return status;
}
