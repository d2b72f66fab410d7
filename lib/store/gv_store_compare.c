#include "store/gv_store_compare.h"

#include "base/gv_mem.h"
#include "store/gv_store_internal.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The tables, each in an order of its own, without what is not compared. */
static const struct table {
    const char *name, *sql;
} tables[] = {
    {"meta", "SELECT key, value FROM meta WHERE key NOT IN ('provenance', 'meta_hash', 'parts', "
             "'places', 'parts_hash') ORDER BY key"},
    {"word", "SELECT id, word, count, row_sum FROM word ORDER BY id"},
    {"segment", "SELECT id, first_word, words, group_id, records FROM segment ORDER BY id"},
    {"value", "SELECT code, value FROM value ORDER BY code"},
    {"tile", "SELECT id, row_group, column_group, part, tiles, records, checksum, directory, data "
             "FROM tile ORDER BY id"}};
enum { TABLES = sizeof tables / sizeof *tables };

/* The last of them where a store is in parts: blobs are compared by compare_blobs. */
static const struct table tile_without_data = {
    "tile", "SELECT id, row_group, column_group, part, tiles, records, checksum, directory "
            "FROM tile ORDER BY id"};

/* Do the current rows have the same value in `column`? If not, `*at` is the first byte that
 * differs. SQLITE_NOMEM shows as a difference in size, which the caller asks about. */
static bool same_value(sqlite3_stmt *rows[2], int column, size_t *at)
{
    const int type = sqlite3_column_type(rows[0], column);
    *at = 0;
    if (type != sqlite3_column_type(rows[1], column))
        return false;
    if (type == SQLITE_INTEGER)
        return sqlite3_column_int64(rows[0], column) == sqlite3_column_int64(rows[1], column);
    const uint8_t *a = sqlite3_column_blob(rows[0], column);
    const uint8_t *b = sqlite3_column_blob(rows[1], column);
    const size_t n = (size_t)sqlite3_column_bytes(rows[0], column);
    const size_t m = (size_t)sqlite3_column_bytes(rows[1], column);
    if (!a || !b)
        return n == m && a == b;
    if (n == m && memcmp(a, b, n) == 0)
        return true;
    while (*at < n && *at < m && a[*at] == b[*at])
        (*at)++;
    return false;
}

static void say_where(char *where, const char *table, sqlite3_stmt *rows[2], int column, size_t at)
{
    const int type = sqlite3_column_type(rows[0], column);
    int n = snprintf(where, GV_STORE_COMPARE_WHERE, "table %s, %s %.40s, column %s", table,
                     sqlite3_column_name(rows[0], 0), (const char *)sqlite3_column_text(rows[0], 0),
                     sqlite3_column_name(rows[0], column));
    if (n < 0 || n >= GV_STORE_COMPARE_WHERE)
        return;
    if (type == SQLITE_INTEGER && sqlite3_column_type(rows[1], column) == SQLITE_INTEGER)
        snprintf(where + n, GV_STORE_COMPARE_WHERE - (size_t)n, ": %" PRId64 " and %" PRId64,
                 (int64_t)sqlite3_column_int64(rows[0], column),
                 (int64_t)sqlite3_column_int64(rows[1], column));
    else
        snprintf(where + n, GV_STORE_COMPARE_WHERE - (size_t)n, ", byte %zu", at);
}

/* Step both; rows that only one of them has are a difference. */
static int compare_rows(bool *same, char *where, const gv_database databases[2],
                        const struct table *table, sqlite3_stmt *rows[2], gv_error *err)
{
    for (uint64_t n = 0; *same; n++) {
        const int code[2] = {sqlite3_step(rows[0]), sqlite3_step(rows[1])};
        for (int i = 0; i < 2; i++)
            if (code[i] != SQLITE_ROW && code[i] != SQLITE_DONE)
                return gv_database_fail(&databases[i], code[i], err);
        if (code[0] != code[1]) {
            *same = false;
            snprintf(where, GV_STORE_COMPARE_WHERE, "table %s: one has only %" PRIu64 " rows",
                     table->name, n);
        }
        if (code[0] != SQLITE_ROW || !*same)
            return GV_OK;
        for (int column = 0; column < sqlite3_column_count(rows[0]) && *same; column++) {
            size_t at = 0;
            *same = same_value(rows, column, &at);
            for (int i = 0; i < 2 && !*same; i++)
                if (sqlite3_errcode(databases[i].db) == SQLITE_NOMEM)
                    return gv_database_fail(&databases[i], SQLITE_NOMEM, err);
            if (!*same)
                say_where(where, table->name, rows, column, at);
        }
    }
    return GV_OK;
}

/* A table of the schema, that of a view or of computed columns not. */
static int check_table(const gv_database *database, const char *name, gv_error *err)
{
    gv_database_table found;
    int status = gv_database_find_table(&found, database, name, err);
    if (status == GV_OK && (!found.plain || found.generated))
        status = gv_error_set(err, GV_E_CORRUPT, "%s: it has no table %s", database->path, name);
    return status;
}

static int compare_table(bool *same, char *where, const gv_database databases[2],
                         const struct table *table, gv_error *err)
{
    sqlite3_stmt *rows[2] = {NULL, NULL};
    int status = GV_OK;
    for (int i = 0; i < 2 && status == GV_OK; i++) {
        status = check_table(&databases[i], table->name, err);
        if (status == GV_OK)
            status = gv_database_prepare(&rows[i], &databases[i], table->sql, err);
    }
    if (status == GV_OK)
        status = compare_rows(same, where, databases, table, rows, err);
    sqlite3_finalize(rows[0]);
    sqlite3_finalize(rows[1]);
    return status;
}

/* Read every blob of both, which checks them. */
static int compare_blobs(bool *same, char *where, gv_store *stores[2], gv_error *err)
{
    const uint64_t most = gv_store_about(stores[0])->largest_blob;
    uint8_t *data[2] = {gv_mem_alloc(most, 1, err), gv_mem_alloc(most, 1, err)};
    int status = data[0] && data[1] ? GV_OK : GV_E_MEMORY;
    for (uint32_t id = 0; status == GV_OK && *same && id < gv_store_about(stores[0])->blobs; id++) {
        const size_t n = gv_store_blob_about(stores[0], id)->bytes;
        size_t at = 0;
        /* as long in the other, or this fails there */
        for (int i = 0; i < 2 && status == GV_OK; i++)
            status = gv_store_blob_read(data[i], n, stores[i], id, err);
        if (status != GV_OK || memcmp(data[0], data[1], n) == 0)
            continue;
        while (data[0][at] == data[1][at])
            at++;
        *same = false;
        snprintf(where, GV_STORE_COMPARE_WHERE, "table tile, id %" PRIu32 ", column data, byte %zu",
                 id, at);
    }
    gv_mem_free(data[0]);
    gv_mem_free(data[1]);
    return status;
}

static int compare_data(bool *same, char *where, const gv_database databases[2], gv_error *err)
{
    gv_store *stores[2] = {NULL, NULL};
    int status = gv_store_open(&stores[0], databases[0].path, 0, err);
    if (status == GV_OK)
        status = gv_store_open(&stores[1], databases[1].path, 0, err);
    if (status == GV_OK)
        status = compare_blobs(same, where, stores, err);
    gv_store_close(stores[0]);
    gv_store_close(stores[1]);
    return status;
}

static int has_parts(bool *parts, const gv_database databases[2], gv_error *err)
{
    int status = GV_OK;
    *parts = false;
    for (int i = 0; i < 2 && status == GV_OK; i++) {
        gv_database_table found;
        status = gv_database_find_table(&found, &databases[i], "part", err);
        *parts |= status == GV_OK && found.exists;
    }
    return status;
}

int gv_store_compare(bool *same, char where[GV_STORE_COMPARE_WHERE], const char *a, const char *b,
                     gv_error *err)
{
    gv_database databases[2] = {{.path = a, .advice = ""}, {.path = b, .advice = ""}};
    *same = true;
    where[0] = '\0';
    int status = gv_database_open(&databases[0], err);
    if (status == GV_OK)
        status = gv_database_open(&databases[1], err);
    bool parts = false;
    if (status == GV_OK)
        status = has_parts(&parts, databases, err);
    for (int i = 0; i < TABLES && status == GV_OK && *same; i++)
        status = compare_table(same, where, databases,
                               parts && i == TABLES - 1 ? &tile_without_data : &tables[i], err);
    if (status == GV_OK && *same && parts)
        status = compare_data(same, where, databases, err);
    gv_database_close(&databases[0]);
    gv_database_close(&databases[1]);
    return status;
}
