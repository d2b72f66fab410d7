#include "base/gv_database.h"

#include "base/gv_bytes.h"
#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "base/gv_sqlite.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define JOURNAL "-journal"

enum {
    HEADER_BYTES = 100, /* of an SQLite file */
    WAL_FORMAT = 2,     /* bytes 18 and 19: 1 rollback journal, 2 write-ahead log */
    STEPS_PER_LOOK = 10000,
    VALUE_MOST = 1000000000,
    SQL_MOST = 1 << 20,
    EXPRESSION_DEPTH = 100
};

/* --- errors ----------------------------------------------------------------------------------- */

static int corrupt(const gv_database *database, const char *what, gv_error *err)
{
    return gv_error_set(err, GV_E_CORRUPT, "%s is damaged (%s)%s", database->path, what,
                        database->advice);
}

static int stopped_or(const gv_database *database, const char *text, gv_error *err)
{
    if (gv_signal_pending())
        return gv_signal_check(err);
    return gv_error_set(err, GV_E_IO, "%s%s", database->path, text);
}

static int system_says(const gv_database *database, int number, const char *verb, gv_error *err)
{
    errno = number;
    return gv_error_set_errno(err, "cannot %s %s", verb, database->path);
}

/* "cannot VERB PATH: REASON", the system's reason if there is one, else SQLite's. */
static int system_failed(const gv_database *database, const char *verb, const char *text,
                         gv_error *err)
{
    int number = database->db ? gv_sqlite_errno(database->db) : 0;
    if (number == 0)
        return gv_error_set(err, GV_E_IO, "cannot %s %s: %s", verb, database->path, text);
    return system_says(database, number, verb, err);
}

static int io_failed(const gv_database *database, int code, const char *text, gv_error *err)
{
    switch (database->db ? sqlite3_extended_errcode(database->db) : code) {
    /* the end of the file inside a page is damage, not a failing disk */
    case SQLITE_IOERR_SHORT_READ:
        return gv_error_set(err, GV_E_CORRUPT, "%s is truncated%s", database->path,
                            database->advice);
    case SQLITE_IOERR_WRITE:
    case SQLITE_IOERR_FSYNC:
    case SQLITE_IOERR_TRUNCATE:
    case SQLITE_IOERR_CLOSE:
        return gv_sqlite_write_failed(err, database->db, code, database->path);
    default:
        return system_failed(database, "read", text, err);
    }
}

int gv_database_fail(const gv_database *database, int code, gv_error *err)
{
    const char *text = database->db ? sqlite3_errmsg(database->db) : sqlite3_errstr(code);
    int number = 0;
    switch (code & 0xff) {
    case SQLITE_NOMEM:
        return gv_error_set(err, GV_E_MEMORY, "%s: out of memory in SQLite", database->path);
    case SQLITE_INTERRUPT:
        return stopped_or(database, ": interrupted", err);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        number = gv_sqlite_lock_errno(database->path);
        if (number != 0)
            return system_says(database, number, "lock", err);
        return stopped_or(database, " is in use by another program; try again later", err);
    case SQLITE_FULL:
        return gv_sqlite_write_failed(err, database->db, code, database->path);
    case SQLITE_IOERR:
        return io_failed(database, code, text, err);
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY:
        return system_failed(database, "open", text, err);
    default:
        number = database->db ? gv_sqlite_read_errno(database->db) : 0;
        return number != 0 ? system_says(database, number, "read", err)
                           : corrupt(database, text, err);
    }
}

int gv_database_prepare(sqlite3_stmt **statement, const gv_database *database, const char *sql,
                        gv_error *err)
{
    int code = sqlite3_prepare_v2(database->db, sql, -1, statement, NULL);
    return code == SQLITE_OK ? GV_OK : gv_database_fail(database, code, err);
}

/* --- what lies beside the file ---------------------------------------------------------------- */

/* Does a file beside the database have contents? `*exists`: it is there. A journal whose first byte
 * is 0 counts as empty: its change is complete. */
static int has_contents(bool *contents, bool *exists, const char *path, const char *ending,
                        gv_error *err)
{
    char *name = gv_mem_format(err, "%s%s", path, ending);
    if (!name)
        return GV_E_MEMORY;
    int fd = open(name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    *exists = fd >= 0 || errno != ENOENT;
    *contents = fd < 0 && errno == ELOOP; /* a link: whatever it leads to */
    int status = GV_OK;
    if (fd < 0 && *exists && !*contents)
        status = gv_error_set_errno(err, "cannot open %s", name);
    if (fd >= 0) {
        char first = 0;
        ssize_t got = read(fd, &first, 1);
        if (got < 0)
            status = gv_error_set_errno(err, "cannot read %s", name);
        *contents = got == 1 && (first != 0 || strcmp(ending, JOURNAL) != 0);
        close(fd);
    }
    gv_mem_free(name);
    return status;
}

/*
 * A journal with contents is a change that was not finished, a write-ahead log one that is not yet
 * in the file: without it the file is not what its writer meant, and with it SQLite would have to
 * write. `*immutable`: there is an empty log, which SQLite would open all the same unless told that
 * nothing can change.
 */
static int check_companions(bool *immutable, const char *path, gv_error *err)
{
    static const char *const endings[] = {JOURNAL, "-wal"};
    int status = gv_sqlite_check_beside(path, err);
    for (int i = 0; i < 2 && status == GV_OK; i++) {
        bool contents = false, exists = false;
        status = has_contents(&contents, &exists, path, endings[i], err);
        if (status == GV_OK && contents)
            status = gv_error_set(
                err, GV_E_CORRUPT,
                "%s cannot be read: %s%s beside it holds changes that are not in it; open it once "
                "with sqlite3 to finish them, or remove that file if it does not belong there",
                path, path, endings[i]);
        *immutable |= exists;
    }
    return status;
}

/* --- opening ---------------------------------------------------------------------------------- */

/* "file:PATH?immutable=1" with special characters as %XX. Caller frees. */
static char *immutable_uri(const char *path, gv_error *err)
{
    static const char hex[] = "0123456789ABCDEF";
    static const char start[] = "file:", end[] = "?immutable=1";
    char *uri = gv_mem_alloc(3 * strlen(path) + sizeof start + sizeof end + 2, 1, err);
    if (!uri)
        return NULL;
    char *to = stpcpy(uri, start);
    /* an empty authority, or else that of "//x" would be x */
    to = stpcpy(to, path[0] == '/' ? "//" : "./");
    for (const unsigned char *from = (const unsigned char *)path; *from; from++) {
        bool plain = (*from >= 'a' && *from <= 'z') || (*from >= 'A' && *from <= 'Z') ||
                     (*from >= '0' && *from <= '9') || strchr("/._-", *from);
        if (plain) {
            *to++ = (char)*from;
        } else {
            *to++ = '%';
            *to++ = hex[*from >> 4];
            *to++ = hex[*from & 15];
        }
    }
    strcpy(to, end);
    return uri;
}

static int open_connection(gv_database *database, bool immutable, gv_error *err)
{
    int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | (immutable ? SQLITE_OPEN_URI : 0);
    char *uri = immutable ? immutable_uri(database->path, err) : NULL;
    if (immutable && !uri)
        return GV_E_MEMORY;
    int code = immutable ? sqlite3_open_v2(uri, &database->db, flags, NULL)
                         : gv_sqlite_open(&database->db, database->path, flags);
    gv_mem_free(uri);
    return code == SQLITE_OK ? GV_OK : gv_database_fail(database, code, err);
}

/* Through SQLite's own handle: closing a second one of this file would drop the locks of other
 * threads' connections to it. */
static int read_header(uint8_t header[HEADER_BYTES], gv_database *database, gv_error *err)
{
    sqlite3_file *file = NULL;
    sqlite3_int64 size = 0;
    int code = sqlite3_file_control(database->db, "main", SQLITE_FCNTL_FILE_POINTER, (void *)&file);
    if (code == SQLITE_OK && (!file || !file->pMethods))
        code = SQLITE_CANTOPEN;
    if (code == SQLITE_OK)
        code = file->pMethods->xFileSize(file, &size);
    memset(header, 0, HEADER_BYTES);
    if (code == SQLITE_OK && size >= HEADER_BYTES)
        code = file->pMethods->xRead(file, header, HEADER_BYTES, 0);
    database->bytes = (uint64_t)size;
    return code == SQLITE_OK ? GV_OK : gv_database_fail(database, code, err);
}

/* SQLite notices that whole pages are gone, but not that the last one is cut off. `*has_log`: the
 * file wants a write-ahead log. */
static int check_header(bool *has_log, gv_database *database, gv_error *err)
{
    uint8_t header[HEADER_BYTES];
    int status = read_header(header, database, err);
    if (status != GV_OK)
        return status;
    if (memcmp(header, "SQLite format 3", 16) != 0)
        return gv_error_set(err, GV_E_CORRUPT, "%s is not an SQLite database%s", database->path,
                            database->advice);
    uint32_t page = (uint32_t)header[16] << 8 | header[17];
    page = page == 1 ? 65536 : page; /* which does not fit into the two bytes */
    if (page < 512 || (page & (page - 1)) != 0)
        return corrupt(database, "its page size is not a power of two", err);
    if (database->bytes % page != 0)
        return gv_error_set(err, GV_E_CORRUPT, "%s is truncated: its last page is incomplete%s",
                            database->path, database->advice);
    *has_log = header[18] == WAL_FORMAT || header[19] == WAL_FORMAT;
    return GV_OK;
}

static int stop_for_signal(void *context)
{
    (void)context;
    return gv_signal_pending() != 0;
}

/* Another program may hold the file for a moment, for instance sqlite3 on the command line. */
static int wait_a_little(void *context, int times)
{
    enum { PAUSE_MS = 20, PATIENCE_MS = 10000 };
    (void)context;
    if (times >= PATIENCE_MS / PAUSE_MS || gv_signal_pending())
        return 0;
    struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
    nanosleep(&pause, NULL);
    return 1;
}

/* Nothing that the schema asks for is run, and no value is longer than the file. */
static int restrict_connection(const gv_database *database, gv_error *err)
{
    static const struct {
        int option, value;
    } options[] = {{SQLITE_DBCONFIG_DEFENSIVE, 1},
                   {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
                   {SQLITE_DBCONFIG_ENABLE_VIEW, 0},
                   {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
                   {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
                   {SQLITE_DBCONFIG_WRITABLE_SCHEMA, 0}};
    sqlite3 *db = database->db;
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        (void)sqlite3_db_config(db, options[i].option, options[i].value, (int *)NULL);
    uint64_t longest = database->bytes < VALUE_MOST ? database->bytes : VALUE_MOST;
    sqlite3_limit(db, SQLITE_LIMIT_LENGTH, longest > SQL_MOST ? (int)longest : SQL_MOST);
    sqlite3_limit(db, SQLITE_LIMIT_SQL_LENGTH, SQL_MOST);
    sqlite3_limit(db, SQLITE_LIMIT_EXPR_DEPTH, EXPRESSION_DEPTH);
    sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
    sqlite3_limit(db, SQLITE_LIMIT_WORKER_THREADS, 0);
    sqlite3_progress_handler(db, STEPS_PER_LOOK, stop_for_signal, NULL);
    int code = sqlite3_exec(db, "PRAGMA cell_size_check = ON", NULL, NULL, NULL);
    return code == SQLITE_OK ? GV_OK : gv_database_fail(database, code, err);
}

/* To open a pipe would wait for a writer. What cannot be looked at fails when it is opened. */
static int check_kind(const gv_database *database, gv_error *err)
{
    struct stat look;
    if (stat(database->path, &look) == 0 && !S_ISREG(look.st_mode))
        return gv_error_set(err, GV_E_IO, "cannot read %s: not a regular file", database->path);
    return GV_OK;
}

/* Where the file system has no locks the file is read without: it is replaced, not changed, by the
 * programs that write it. */
static int try_lock(gv_database *database, gv_error *err)
{
    int status = GV_OK,
        code = sqlite3_exec(database->db, "PRAGMA schema_version", NULL, NULL, NULL);
    if (code == SQLITE_BUSY && gv_sqlite_lock_errno(database->path) != 0) {
        gv_database_close(database);
        status = open_connection(database, true, err);
        if (status == GV_OK)
            status = restrict_connection(database, err);
    }
    if (status == GV_OK)
        sqlite3_busy_handler(database->db, wait_a_little, NULL);
    return status;
}

int gv_database_open(gv_database *database, gv_error *err)
{
    bool immutable = false, has_log = false;
    database->db = NULL;
    database->bytes = 0;
    int status = check_kind(database, err);
    if (status == GV_OK)
        status = check_companions(&immutable, database->path, err);
    if (status == GV_OK)
        status = open_connection(database, immutable, err);
    if (status == GV_OK)
        status = check_header(&has_log, database, err);
    if (status == GV_OK && has_log && !immutable) {
        /* there is no log, and SQLite would create one */
        gv_database_close(database);
        status = open_connection(database, true, err);
    }
    if (status == GV_OK)
        status = restrict_connection(database, err);
    return status == GV_OK ? try_lock(database, err) : status;
}

void gv_database_close(gv_database *database)
{
    sqlite3_close(database->db);
    database->db = NULL;
}

/* --- tables ----------------------------------------------------------------------------------- */

/* A row (type, root page, SQL) of the schema whose name, or table's name, is that of `table`. */
static void take_entry(gv_database_table *table, sqlite3_stmt *row)
{
    static const char created[] = "CREATE TABLE ";
    const char *type = (const char *)sqlite3_column_text(row, 0);
    const char *sql = (const char *)sqlite3_column_text(row, 2);
    bool is_table = type && strcmp(type, "table") == 0;
    if (!is_table && type && (strcmp(type, "index") == 0 || strcmp(type, "trigger") == 0)) {
        table->others = true;
        return;
    }
    /* SQLite itself writes the text that way. What a schema made by hand says differently may be a
     * virtual table, which would run the code of a module. */
    table->plain = !table->exists && is_table && sqlite3_column_int64(row, 1) > 1 && sql &&
                   strncmp(sql, created, sizeof created - 1) == 0;
    table->exists = true;
    sqlite3_snprintf(sizeof table->sql, table->sql, "%s", sql ? sql : "");
}

static void take_column(gv_database_table *table, sqlite3_stmt *row)
{
    enum { HIDDEN = 6 }; /* 0: an ordinary column */
    table->generated |= sqlite3_column_int(row, HIDDEN) != 0;
}

typedef void take_fn(gv_database_table *table, sqlite3_stmt *row);

/* Call `take` for each row of `sql`. */
static int each_row(gv_database_table *table, const gv_database *database, const char *sql,
                    take_fn *take, gv_error *err)
{
    sqlite3_stmt *row = NULL;
    int code = SQLITE_DONE;
    int status = gv_database_prepare(&row, database, sql, err);
    while (status == GV_OK && (code = sqlite3_step(row)) == SQLITE_ROW) {
        take(table, row);
        /* a column is NULL, too, where it could not be converted to text */
        if (sqlite3_errcode(database->db) == SQLITE_NOMEM)
            status = gv_database_fail(database, SQLITE_NOMEM, err);
    }
    if (status == GV_OK && code != SQLITE_DONE)
        status = gv_database_fail(database, code, err);
    sqlite3_finalize(row);
    return status;
}

int gv_database_find_table(gv_database_table *table, const gv_database *database, const char *name,
                           gv_error *err)
{
    char sql[256];
    *table = (gv_database_table){0};
    sqlite3_snprintf(sizeof sql, sql,
                     "SELECT type, rootpage, sql FROM main.sqlite_schema"
                     " WHERE name = %Q COLLATE NOCASE OR tbl_name = %Q COLLATE NOCASE",
                     name, name);
    int status = each_row(table, database, sql, take_entry, err);
    sqlite3_snprintf(sizeof sql, sql, "PRAGMA main.table_xinfo(%Q)", name);
    if (status == GV_OK && table->plain)
        status = each_row(table, database, sql, take_column, err);
    return status;
}
