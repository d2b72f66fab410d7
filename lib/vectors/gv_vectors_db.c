/*
 * Writing vectors.db: an SQLite file with a table vectors(word TEXT, embedding BLOB), the vectors
 * as little-endian float32, which is what sqlite-vec's functions take; and meta(key, value).
 *
 * Rows are in the order of their rowid, and an index on `word` makes lookups fast. The file is
 * written under a temporary name without journal or syncing, because until it is renamed no other
 * program opens it; then it is synced and renamed as every output. The bytes depend on the rows,
 * on when the metadata came, and on the version of the SQLite library only.
 */
#include "base/gv_file.h"
#include "base/gv_file_target.h"
#include "base/gv_hash.h"
#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "base/gv_sqlite.h"
#include "vectors/gv_vectors_internal.h"
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

enum { ROWS_PER_LOOK = 4096 };

/* "GVec"; `file` knows a database by it. */
#define APPLICATION_ID "0x47566563"

struct gv_vectors_db {
    char *path, *temp;
    int lock; /* of the temporary file; -1: it was not created */
    size_t dim;
    sqlite3 *db;
    sqlite3_stmt *insert; /* of a row of `vectors` */
    gv_hash_state *hasher;
    float *values; /* [dim] of one row */
};

static int write_error(const gv_vectors_db *out, gv_error *err)
{
    return gv_sqlite_write_failed(err, out->db, sqlite3_errcode(out->db), out->temp);
}

static int run_sql(const gv_vectors_db *out, const char *sql, gv_error *err)
{
    return sqlite3_exec(out->db, sql, NULL, NULL, NULL) == SQLITE_OK ? GV_OK
                                                                     : write_error(out, err);
}

static int put_meta(const gv_vectors_db *out, const char *key, const char *value, gv_error *err)
{
    sqlite3_stmt *insert = NULL;
    int done = sqlite3_prepare_v2(out->db, "INSERT INTO meta VALUES(?, ?)", -1, &insert, NULL) ==
                   SQLITE_OK &&
               sqlite3_bind_text(insert, 1, key, -1, SQLITE_STATIC) == SQLITE_OK &&
               sqlite3_bind_text(insert, 2, value, -1, SQLITE_STATIC) == SQLITE_OK &&
               sqlite3_step(insert) == SQLITE_DONE;
    int status = done ? GV_OK : write_error(out, err);
    sqlite3_finalize(insert);
    return status;
}

int gv_vectors_db_put_meta(gv_vectors_db *out, size_t rows, const char *metadata, gv_error *err)
{
    char rows_text[24], dim[24];
    sqlite3_snprintf(sizeof rows_text, rows_text, "%llu", (unsigned long long)rows);
    sqlite3_snprintf(sizeof dim, dim, "%llu", (unsigned long long)out->dim);
    const char *const pairs[][2] = {{"kind", "glovebox vectors"},
                                    {"rows", rows_text},
                                    {"dim", dim},
                                    {"encoding", "float32 little-endian"},
                                    {"metadata", metadata ? metadata : "{}"}};
    int status = GV_OK;
    for (size_t i = 0; status == GV_OK && i < sizeof pairs / sizeof pairs[0]; i++)
        status = put_meta(out, pairs[i][0], pairs[i][1], err);
    return status;
}

/* SQLITE_STATIC: SQLite may use the memory as it is, without a copy, because the row is inserted
 * before `values` is filled again. */
static int put_row(gv_vectors_db *out, const gv_vectors_source *source, size_t row, gv_error *err)
{
    const char *word = source->word(source->context, row);
    const size_t bytes = source->dim * sizeof(float);
    int status = row % ROWS_PER_LOOK == 0 ? gv_signal_check(err) : GV_OK;
    if (status == GV_OK)
        status = gv_vectors_check_word(out->temp, GV_FORMAT_SQLITE, word, row, err);
    if (status != GV_OK)
        return status;
    source->vector(source->context, row, out->values);
    gv_vectors_swap(out->values, source->dim);
    gv_vectors_hash_row(out->hasher, word, out->values, bytes);
    int done =
        sqlite3_bind_text(out->insert, 1, word, -1, SQLITE_STATIC) == SQLITE_OK &&
        sqlite3_bind_blob64(out->insert, 2, out->values, bytes, SQLITE_STATIC) == SQLITE_OK &&
        sqlite3_step(out->insert) == SQLITE_DONE && sqlite3_reset(out->insert) == SQLITE_OK;
    return done ? GV_OK : write_error(out, err);
}

int gv_vectors_db_put_rows(gv_vectors_db *out, const gv_vectors_source *source, gv_error *err)
{
    int status = GV_OK;
    for (size_t row = 0; row < source->rows && status == GV_OK; row++)
        status = put_row(out, source, row, err);
    return gv_vectors_source_check(source, status, err);
}

/* Make the tables. */
static int begin(gv_vectors_db *out, gv_error *err)
{
    /* In pages of 16 KiB a row of up to some 4,000 numbers is in one page; SQLite puts what
     * exceeds a page into a chain of overflow pages. page_size counts only before the first table
     * is made. */
    int status = run_sql(out,
                         "PRAGMA page_size = 16384; PRAGMA journal_mode = OFF;"
                         "PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;"
                         "PRAGMA application_id = " APPLICATION_ID "; PRAGMA user_version = 1;"
                         "BEGIN;"
                         "CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;"
                         "CREATE TABLE vectors(word TEXT, embedding BLOB);",
                         err);
    if (status == GV_OK && (!(out->hasher = gv_hash_state_new(err)) ||
                            !(out->values = gv_mem_alloc(out->dim, sizeof *out->values, err))))
        status = GV_E_MEMORY;
    if (status == GV_OK && sqlite3_prepare_v2(out->db, "INSERT INTO vectors VALUES(?, ?)", -1,
                                              &out->insert, NULL) != SQLITE_OK)
        status = write_error(out, err);
    return status;
}

int gv_vectors_db_open(gv_vectors_db **result, const char *path, size_t dim, gv_error *err)
{
    *result = NULL;
    gv_vectors_db *out = gv_mem_alloc_zero(1, sizeof *out, err);
    if (!out)
        return GV_E_MEMORY;
    out->dim = dim;
    out->lock = -1;
    int status = gv_file_target_need_file(path, "sqlite", err);
    if (status == GV_OK && (!(out->path = gv_mem_strdup(path, err)) ||
                            !(out->temp = gv_mem_format(err, "%s.tmp", path))))
        status = GV_E_MEMORY;
    if (status == GV_OK) /* SQLite would open what is there as a database and continue it */
        status = gv_sqlite_create(&out->lock, out->temp, err);
    /* NOMUTEX: one thread uses the connection, so it needs no locks of its own */
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
    if (status == GV_OK && gv_sqlite_open(&out->db, out->temp, flags) != SQLITE_OK)
        status = write_error(out, err);
    if (status == GV_OK)
        status = gv_sqlite_check_writable(out->db, out->temp, err);
    if (status == GV_OK)
        status = begin(out, err);
    *result = out;
    return status == GV_OK ? GV_OK : gv_vectors_db_end(result, status, err);
}

/* All that comes after the rows. The index after the rows: sorting once is faster than inserting in
 * the order of the rows, and it keeps the pages of the table together. */
static int finish(gv_vectors_db *out, gv_error *err)
{
    char hex[GV_HASH_HEX];
    gv_hash_hex(gv_hash_state_digest(out->hasher), hex);
    int status = put_meta(out, "xxh128", hex, err);
    if (status == GV_OK)
        status = run_sql(out, "CREATE INDEX vectors_word ON vectors(word); COMMIT;", err);
    return status;
}

int gv_vectors_db_end(gv_vectors_db **handle, int status, gv_error *err)
{
    gv_vectors_db *out = *handle;
    *handle = NULL;
    if (!out)
        return status;
    if (status == GV_OK)
        status = finish(out, err);
    sqlite3_finalize(out->insert);
    if (sqlite3_close(out->db) != SQLITE_OK && status == GV_OK)
        status = gv_error_set(err, GV_E_IO, "cannot close %s", out->temp);
    if (status == GV_OK)
        status = gv_file_replace(out->temp, out->path, err);
    if (status != GV_OK && out->lock >= 0)
        unlink(out->temp);
    if (out->lock >= 0)
        close(out->lock);
    gv_hash_state_free(out->hasher);
    gv_mem_free(out->values);
    gv_mem_free(out->temp);
    gv_mem_free(out->path);
    gv_mem_free(out);
    return status;
}

int gv_vectors_write_db(const char *path, const gv_vectors_source *source, gv_error *err)
{
    gv_vectors_db *out = NULL;
    int status = gv_vectors_db_open(&out, path, source->dim, err);
    if (status == GV_OK)
        status = gv_vectors_db_put_meta(out, source->rows, source->metadata, err);
    if (status == GV_OK)
        status = gv_vectors_db_put_rows(out, source, err);
    return gv_vectors_db_end(&out, status, err);
}
