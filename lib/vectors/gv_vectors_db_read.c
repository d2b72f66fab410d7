/*
 * Reading vectors from SQLite: any file with a table vectors(word, embedding) of words and
 * little-endian float32, in the order of its rowid (or primary key).
 */
#include "base/gv_database.h"
#include "base/gv_decimal.h"
#include "base/gv_hash.h"
#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "vectors/gv_vectors_internal.h"
#include <sqlite3.h>
#include <string.h>

enum { ROWS_PER_LOOK = 4096 };

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

/* A table without rows: `meta` knows the dimension, if this project has written it. */
static int begin_empty(gv_vectors_builder *builder, const db_file *file, gv_error *err)
{
    char *text;
    uint64_t dim = 0;
    int status = get_meta(&text, file, "dim", err);
    if (status == GV_OK && (!text || !gv_decimal_get_whole(&dim, text)))
        status =
            gv_error_set(err, GV_E_CORRUPT, "%s: table 'vectors' is empty", file->database.path);
    gv_mem_free(text);
    return status == GV_OK
               ? gv_vectors_builder_begin(builder, file->database.path, dim, file->options, err)
               : status;
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
    return builder->vectors ? GV_OK : begin_empty(builder, file, err);
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
