/*
 * vectors.db: an SQLite file with a table vectors(word TEXT, embedding BLOB), the vectors as
 * little-endian float32, which is what sqlite-vec's functions take; and meta(key, value).
 *
 * Rows are in the order of their rowid, and an index on `word` makes lookups fast. The file is
 * written under a temporary name without journal or syncing, because until it is renamed no other
 * program opens it; then it is synced and renamed as every output. The bytes depend on the rows and
 * on the version of the SQLite library only.
 *
 * Reading takes any SQLite file with such a table, in the order of its rowid (or primary key).
 */
#include "base/gv_database.h"
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

/* --- writing -----------------------------------------------------------------------------------
 */

/* A file that is being written. */
typedef struct db_writer {
    const char *path; /* temporary */
    const gv_vectors_source *source;
    sqlite3 *db;
    sqlite3_stmt *insert; /* of a row of `vectors` */
    gv_hash_state *hasher;
    float *values; /* [dim] of one row */
} db_writer;

static int write_error(const db_writer *out, gv_error *err)
{
    return gv_sqlite_write_failed(err, out->db, sqlite3_errcode(out->db), out->path);
}

static int run_sql(const db_writer *out, const char *sql, gv_error *err)
{
    return sqlite3_exec(out->db, sql, NULL, NULL, NULL) == SQLITE_OK ? GV_OK
                                                                     : write_error(out, err);
}

static int put_meta(const db_writer *out, const char *key, const char *value, gv_error *err)
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

static int put_all_meta(const db_writer *out, gv_error *err)
{
    const gv_vectors_source *source = out->source;
    char rows[24], dim[24];
    sqlite3_snprintf(sizeof rows, rows, "%llu", (unsigned long long)source->rows);
    sqlite3_snprintf(sizeof dim, dim, "%llu", (unsigned long long)source->dim);
    const char *const pairs[][2] = {{"kind", "glovebox vectors"},
                                    {"rows", rows},
                                    {"dim", dim},
                                    {"encoding", "float32 little-endian"},
                                    {"metadata", source->metadata ? source->metadata : "{}"}};
    int status = GV_OK;
    for (size_t i = 0; status == GV_OK && i < sizeof pairs / sizeof pairs[0]; i++)
        status = put_meta(out, pairs[i][0], pairs[i][1], err);
    return status;
}

/* SQLITE_STATIC: SQLite may use the memory as it is, without a copy, because the row is inserted
 * before `values` is filled again. */
static int put_row(const db_writer *out, size_t row, gv_error *err)
{
    const gv_vectors_source *source = out->source;
    const char *word = source->word(source->context, row);
    const size_t bytes = source->dim * sizeof(float);
    int status = row % ROWS_PER_LOOK == 0 ? gv_signal_check(err) : GV_OK;
    if (status == GV_OK)
        status = gv_vectors_check_word(out->path, GV_FORMAT_SQLITE, word, row, err);
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

static int put_rows(db_writer *out, gv_error *err)
{
    if (!(out->hasher = gv_hash_state_new(err)) ||
        !(out->values = gv_mem_alloc(out->source->dim, sizeof *out->values, err)))
        return GV_E_MEMORY;
    if (sqlite3_prepare_v2(out->db, "INSERT INTO vectors VALUES(?, ?)", -1, &out->insert, NULL) !=
        SQLITE_OK)
        return write_error(out, err);
    for (size_t row = 0; row < out->source->rows; row++) {
        int status = put_row(out, row, err);
        if (status != GV_OK)
            return status;
    }
    char hex[GV_HASH_HEX];
    gv_hash_hex(gv_hash_state_digest(out->hasher), hex);
    return put_meta(out, "xxh128", hex, err);
}

static int fill(db_writer *out, gv_error *err)
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
    if (status == GV_OK)
        status = put_all_meta(out, err);
    if (status == GV_OK)
        status = put_rows(out, err);
    /* the index after the rows: sorting once is faster than inserting in the order of the rows, and
     * it keeps the pages of the table together */
    if (status == GV_OK)
        status = run_sql(out, "CREATE INDEX vectors_word ON vectors(word); COMMIT;", err);
    return status;
}

int gv_vectors_write_db(const char *path, const gv_vectors_source *source, gv_error *err)
{
    char *temp = gv_mem_format(err, "%s.tmp", path);
    if (!temp)
        return GV_E_MEMORY;
    db_writer out = {.path = temp, .source = source};
    int status = gv_file_target_need_file(path, "sqlite", err);
    if (status == GV_OK) /* SQLite would open what is there as a database and continue it */
        status = gv_sqlite_create(temp, err);
    /* NOMUTEX: one thread uses the connection, so it needs no locks of its own */
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
    if (status == GV_OK && gv_sqlite_open(&out.db, temp, flags) != SQLITE_OK)
        status = write_error(&out, err);
    if (status == GV_OK)
        status = gv_sqlite_check_writable(out.db, temp, err);
    if (status == GV_OK)
        status = fill(&out, err);
    sqlite3_finalize(out.insert);
    if (sqlite3_close(out.db) != SQLITE_OK && status == GV_OK)
        status = gv_error_set(err, GV_E_IO, "cannot close %s", temp);
    if (status == GV_OK)
        status = gv_file_replace(temp, path, err);
    if (status != GV_OK)
        unlink(temp);
    gv_hash_state_free(out.hasher);
    gv_mem_free(out.values);
    gv_mem_free(temp);
    return status;
}

/* --- reading -----------------------------------------------------------------------------------
 */

/* A file that is being read. */
typedef struct db_file {
    gv_database database;
    const gv_vectors_options *options;
    sqlite3_stmt *select;
    gv_hash_state *hasher;
} db_file;

/* One row of the table into the builder and the checksum. */
static int take_row(gv_vectors_builder *builder, db_file *file, gv_error *err)
{
    sqlite3_stmt *select = file->select;
    size_t dim = builder->vectors->dim, row = builder->vectors->rows + 1;
    const void *blob = sqlite3_column_blob(select, 1);
    size_t bytes = (size_t)sqlite3_column_bytes(select, 1);
    if (sqlite3_column_type(select, 1) != SQLITE_BLOB || bytes != dim * sizeof(float))
        return gv_error_set(
            err, GV_E_CORRUPT,
            "%s: row %zu of table 'vectors': expected %zu bytes (%zu float32), found %zu",
            builder->path, row, dim * sizeof(float), dim, bytes);
    float *values;
    int status = gv_vectors_builder_space(builder, &values, err);
    if (status != GV_OK)
        return status;
    memcpy(values, blob, bytes);
    const char *word = (const char *)sqlite3_column_text(select, 0);
    /* NULL is the answer to an SQL NULL, and where converting to text ran out of memory */
    if (!word && sqlite3_column_type(select, 0) != SQLITE_NULL)
        return gv_error_set(err, GV_E_MEMORY, "%s: out of memory", builder->path);
    word = word ? word : "";
    /* only after sqlite3_column_text: it may convert, and the length is that of the result */
    size_t length = (size_t)sqlite3_column_bytes(select, 0);
    if (strlen(word) != length)
        return gv_error_set(err, GV_E_CORRUPT,
                            "%s: the word of row %zu of table 'vectors' contains a NUL byte",
                            builder->path, row);
    gv_vectors_hash_row(file->hasher, word, values, bytes);
    gv_vectors_swap(values, dim);
    return gv_vectors_builder_add(builder, word, length, err);
}

/* Go through the rows; the first one gives the dimension. */
static int take_rows(gv_vectors_builder *builder, db_file *file, gv_error *err)
{
    int step;
    for (uint64_t row = 0; (step = sqlite3_step(file->select)) == SQLITE_ROW; row++) {
        size_t dim = (size_t)sqlite3_column_bytes(file->select, 1) / sizeof(float);
        int status = row % ROWS_PER_LOOK == 0 ? gv_signal_check(err) : GV_OK;
        if (status == GV_OK && row == 0 && dim == 0)
            status = gv_error_set(err, GV_E_CORRUPT,
                                  "%s: the first row of table 'vectors' has no numbers",
                                  file->database.path);
        if (status == GV_OK && row == 0)
            status =
                gv_vectors_builder_begin(builder, file->database.path, dim, file->options, err);
        if (status == GV_OK)
            status = take_row(builder, file, err);
        if (status != GV_OK)
            return status;
        if (gv_vectors_builder_full(builder))
            return GV_OK;
    }
    if (step != SQLITE_DONE)
        return gv_database_fail(&file->database, step, err);
    if (!builder->vectors)
        return gv_error_set(err, GV_E_CORRUPT, "%s: table 'vectors' is empty", file->database.path);
    return GV_OK;
}

/* The value of a key of `meta`, NULL if there is none, or no such table. */
static int get_meta(char **value, const db_file *file, const char *key, gv_error *err)
{
    gv_database_table table;
    sqlite3_stmt *select = NULL;
    *value = NULL;
    int status = gv_database_find_table(&table, &file->database, "meta", err);
    if (status != GV_OK || !table.plain || table.generated)
        return status;
    int code = sqlite3_prepare_v2(file->database.db,
                                  "SELECT value FROM main.meta NOT INDEXED WHERE key = ?", -1,
                                  &select, NULL);
    if (code != SQLITE_OK) /* SQLITE_ERROR: there is no such column */
        return (code & 0xff) == SQLITE_ERROR ? GV_OK : gv_database_fail(&file->database, code, err);
    sqlite3_bind_text(select, 1, key, -1, SQLITE_STATIC);
    int step = sqlite3_step(select);
    const char *text = step == SQLITE_ROW ? (const char *)sqlite3_column_text(select, 0) : NULL;
    bool converted = text || sqlite3_errcode(file->database.db) != SQLITE_NOMEM;
    if (step != SQLITE_ROW && step != SQLITE_DONE)
        status = gv_database_fail(&file->database, step, err);
    else if (!converted)
        status = gv_database_fail(&file->database, SQLITE_NOMEM, err);
    else if (text && !(*value = gv_mem_strdup(text, err)))
        status = GV_E_MEMORY;
    sqlite3_finalize(select);
    return status;
}

/* SQLite itself does not notice a byte that changed inside a vector. */
static int check_hash(const gv_vectors_builder *builder, const db_file *file, gv_error *err)
{
    char *stated, found[GV_HASH_HEX];
    int status = get_meta(&stated, file, "xxh128", err);
    if (status != GV_OK)
        return status;
    gv_hash_hex(gv_hash_state_digest(file->hasher), found);
    /* with a limit on the rows, not all of them were hashed; tables made by others state no
     * checksum */
    if (stated && strcmp(stated, found) != 0 && !gv_vectors_builder_full(builder))
        status = gv_error_set(
            err, GV_E_CORRUPT,
            "%s is damaged or was edited: table 'vectors' does not match the checksum in "
            "'meta' (if you edited it, delete the row 'xxh128' of 'meta')",
            file->database.path);
    gv_mem_free(stated);
    return status;
}

static int no_vectors(const db_file *file, const char *why, gv_error *err)
{
    return gv_error_set(err, GV_E_CORRUPT,
                        "%s is an SQLite file without vectors (%s); it needs a table "
                        "vectors(word, embedding)",
                        file->database.path, why);
}

/* A view, a virtual table or a computed column would run whatever the file's author wrote. */
static int check_table(const db_file *file, gv_error *err)
{
    gv_database_table table;
    int status = gv_database_find_table(&table, &file->database, "vectors", err);
    if (status != GV_OK)
        return status;
    if (!table.exists)
        return no_vectors(file, "no such table: vectors", err);
    if (!table.plain || table.generated)
        return no_vectors(file, "vectors is a view, or it is computed", err);
    return GV_OK;
}

static int open_file(db_file *file, gv_error *err)
{
    if (!(file->hasher = gv_hash_state_new(err)))
        return GV_E_MEMORY;
    int status = gv_database_open(&file->database, err);
    if (status == GV_OK)
        status = check_table(file, err);
    if (status != GV_OK)
        return status;
    /* not from an index: that may hold other words than the table */
    int code = sqlite3_prepare_v2(file->database.db,
                                  "SELECT word, embedding FROM main.vectors NOT INDEXED", -1,
                                  &file->select, NULL);
    /* SQLITE_ERROR is an error in the SQL, that is, a column is missing; all else is trouble with
     * the file */
    if (code == SQLITE_OK)
        return GV_OK;
    return (code & 0xff) == SQLITE_ERROR ? no_vectors(file, sqlite3_errmsg(file->database.db), err)
                                         : gv_database_fail(&file->database, code, err);
}

int gv_vectors_read_db(gv_vectors **vectors, const char *path, const gv_vectors_options *options,
                       gv_error *err)
{
    db_file file = {.database = {.path = path, .advice = ""}, .options = options};
    gv_vectors_builder builder = {0};
    int status = open_file(&file, err);
    if (status == GV_OK)
        status = take_rows(&builder, &file, err);
    if (status == GV_OK)
        status = check_hash(&builder, &file, err);
    if (status == GV_OK)
        status = get_meta(&builder.vectors->metadata, &file, "metadata", err);
    sqlite3_finalize(file.select);
    gv_database_close(&file.database);
    gv_hash_state_free(file.hasher);
    return gv_vectors_builder_end(&builder, vectors, status, GV_FORMAT_SQLITE, err);
}
