#include "support/gv_test_seal.h"

#include "base/gv_mem.h"
#include "store/gv_store_internal.h"
#include "support/gv_test.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 4096 /* segments or values */ };

static void run(sqlite3 *db, const char *sql)
{
    char *message = NULL;
    cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, &message), SQLITE_OK, "%s: %s", sql, message);
}

static sqlite3_stmt *query(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *rows = NULL;
    cr_assert_eq(sqlite3_prepare_v2(db, sql, -1, &rows, NULL), SQLITE_OK, "%s", sql);
    return rows;
}

static uint64_t number(sqlite3 *db, const char *key)
{
    sqlite3_stmt *row = query(db, "SELECT value FROM meta WHERE key = ?");
    sqlite3_bind_text(row, 1, key, -1, SQLITE_STATIC);
    uint64_t value = sqlite3_step(row) == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(row, 0) : 0;
    sqlite3_finalize(row);
    return value;
}

static void put_hash(sqlite3 *db, const char *key, gv_hash hash)
{
    char hex[GV_HASH_HEX], sql[160];
    gv_hash_hex(hash, hex);
    snprintf(sql, sizeof sql, "INSERT OR REPLACE INTO meta VALUES('%s', '%s')", key, hex);
    run(db, sql);
}

static gv_hash words_hash(sqlite3 *db)
{
    gv_hash_state *hasher = gv_hash_state_new(NULL);
    sqlite3_stmt *rows = query(db, "SELECT word, count FROM word ORDER BY id");
    while (sqlite3_step(rows) == SQLITE_ROW) {
        char end[32];
        int n =
            snprintf(end, sizeof end, " %" PRIu64 "\n", (uint64_t)sqlite3_column_int64(rows, 1));
        const void *word = sqlite3_column_blob(rows, 0);
        gv_hash_state_update(hasher, word, (size_t)sqlite3_column_bytes(rows, 0));
        gv_hash_state_update(hasher, end, (size_t)n);
    }
    sqlite3_finalize(rows);
    gv_hash hash = gv_hash_state_digest(hasher);
    gv_hash_state_free(hasher);
    return hash;
}

static gv_hash sums_hash(sqlite3 *db)
{
    gv_hash_state *hasher = gv_hash_state_new(NULL);
    sqlite3_stmt *rows = query(db, "SELECT row_sum FROM word ORDER BY id");
    while (sqlite3_step(rows) == SQLITE_ROW)
        gv_store_hash_number(hasher, (uint64_t)sqlite3_column_int64(rows, 0));
    sqlite3_finalize(rows);
    gv_hash hash = gv_hash_state_digest(hasher);
    gv_hash_state_free(hasher);
    return hash;
}

static gv_hash layout_hash(sqlite3 *db)
{
    static uint32_t first[MOST + 1], group[MOST];
    static uint64_t records[MOST], value[MOST];
    gv_store_info info = {.groups = (uint32_t)number(db, "groups"),
                          .segment_first = first,
                          .segment_group = group,
                          .value = value};
    sqlite3_stmt *rows =
        query(db, "SELECT first_word - 1, words, group_id, records FROM segment ORDER BY id");
    while (sqlite3_step(rows) == SQLITE_ROW && info.segments < MOST) {
        uint32_t i = info.segments++;
        first[i] = (uint32_t)sqlite3_column_int64(rows, 0);
        first[i + 1] = first[i] + (uint32_t)sqlite3_column_int64(rows, 1);
        group[i] = (uint32_t)sqlite3_column_int64(rows, 2);
        records[i] = (uint64_t)sqlite3_column_int64(rows, 3);
    }
    sqlite3_finalize(rows);
    rows = query(db, "SELECT value FROM value ORDER BY code");
    while (sqlite3_step(rows) == SQLITE_ROW && info.values < MOST)
        value[info.values++] = (uint64_t)sqlite3_column_int64(rows, 0);
    sqlite3_finalize(rows);
    gv_hash hash;
    cr_assert_eq(gv_store_layout_hash(&hash, &info, records, NULL), GV_OK);
    return hash;
}

static gv_hash directory_hash(sqlite3 *db)
{
    gv_hash_state *hasher = gv_hash_state_new(NULL);
    sqlite3_stmt *rows = query(db, "SELECT id, row_group, column_group, part, tiles, records,"
                                   " directory, data FROM tile ORDER BY id");
    sqlite3_stmt *update = query(db, "UPDATE tile SET checksum = ? WHERE id = ?");
    while (sqlite3_step(rows) == SQLITE_ROW) {
        uint32_t id = (uint32_t)sqlite3_column_int64(rows, 0);
        gv_store_blob blob = {.row_group = (uint32_t)sqlite3_column_int64(rows, 1),
                              .column_group = (uint32_t)sqlite3_column_int64(rows, 2),
                              .part = (uint32_t)sqlite3_column_int64(rows, 3),
                              .tiles = (uint32_t)sqlite3_column_int64(rows, 4),
                              .records = (uint64_t)sqlite3_column_int64(rows, 5)};
        const void *directory = sqlite3_column_blob(rows, 6), *data = sqlite3_column_blob(rows, 7);
        size_t length = (size_t)sqlite3_column_bytes(rows, 6);
        blob.bytes = (size_t)sqlite3_column_bytes(rows, 7);
        blob.checksum = gv_store_checksum(id, directory, length, data, blob.bytes);
        gv_store_hash_blob(hasher, id, &blob, directory, length);
        sqlite3_bind_int64(update, 1, (sqlite3_int64)blob.checksum);
        sqlite3_bind_int64(update, 2, id);
        cr_assert_eq(sqlite3_step(update), SQLITE_DONE);
        sqlite3_reset(update);
    }
    sqlite3_finalize(update);
    sqlite3_finalize(rows);
    gv_hash hash = gv_hash_state_digest(hasher);
    gv_hash_state_free(hasher);
    return hash;
}

static gv_hash content_hash(sqlite3 *db, gv_hash words, gv_hash sums, gv_hash layout,
                            gv_hash directory)
{
    sqlite3_stmt *row = query(db, "SELECT value FROM meta WHERE key = 'recipe'");
    const char *recipe =
        sqlite3_step(row) == SQLITE_ROW ? (const char *)sqlite3_column_text(row, 0) : NULL;
    const gv_store_info info = {.vocab_size = (uint32_t)number(db, "vocab_size"),
                                .symmetric = number(db, "symmetric") != 0,
                                .unit = number(db, "unit"),
                                .window = (uint32_t)number(db, "window"),
                                .cells = number(db, "cells"),
                                .records = number(db, "records"),
                                .blobs = (uint32_t)number(db, "blobs"),
                                .tiles = (uint32_t)number(db, "tiles"),
                                .vocab_hash = words,
                                .recipe = recipe ? recipe : ""};
    gv_hash hash;
    cr_assert_eq(gv_store_content_hash(&hash, &info, sums, layout, directory, NULL), GV_OK);
    sqlite3_finalize(row);
    return hash;
}

void gv_test_seal_store(const char *path, const char *statements)
{
    sqlite3 *db = NULL;
    gv_hash meta;
    cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
    run(db, "PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY; BEGIN");
    run(db, statements);
    gv_hash words = words_hash(db), sums = sums_hash(db), layout = layout_hash(db);
    gv_hash directory = directory_hash(db);
    put_hash(db, "vocab_hash", words);
    put_hash(db, "row_sum_hash", sums);
    put_hash(db, "layout_hash", layout);
    put_hash(db, "directory_hash", directory);
    put_hash(db, "content_hash", content_hash(db, words, sums, layout, directory));
    cr_assert_eq(gv_store_meta_hash(&meta, db, path, NULL), GV_OK);
    put_hash(db, "meta_hash", meta);
    run(db, "COMMIT");
    sqlite3_close(db);
}
