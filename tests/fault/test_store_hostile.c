/* Stores made by a stranger, with every checksum right: they are refused by what they say. */
#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "store/gv_store.h"
#include "support/gv_test.h"
#include "support/gv_test_seal.h"
#include "support/gv_test_store.h"
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *make_store(const char *name)
{
    gv_test_store_plan plan = gv_test_store_small();
    const char *path = gv_test_path(name);
    gv_test_store_write(path, &plan);
    return path;
}

/* A copy of a store that is made once: making one syncs it to the disk. */
static const char *copy_store(const char *name)
{
    static char *content;
    static size_t bytes;
    if (!content)
        content = gv_test_read(make_store("original.db"), &bytes);
    return gv_test_write(name, content, bytes);
}

/* Everything that training reads: tables, words, every tile. */
static int read_all(const char *path, gv_error *err)
{
    gv_store *store = NULL, *again = NULL;
    int status = gv_store_open(&store, path, 1, err);
    if (status == GV_OK)
        status = gv_store_check_words(store, err);
    if (status == GV_OK)
        status = gv_store_open_again(&again, store, err);
    for (uint32_t t = 0; status == GV_OK && t < gv_store_about(store)->tiles; t++) {
        const gv_store_info *info = gv_store_about(store);
        const gv_store_tile *where = &gv_store_tiles(store)[t];
        gv_tile tile;
        size_t bytes = 0;
        cr_assert_eq(gv_store_blob_size(&bytes, store, where->blob, err), GV_OK);
        uint8_t *data = aligned_alloc(64, (bytes + 63) & ~(size_t)63);
        status = gv_store_blob_read(data, bytes, again, where->blob, err);
        if (status == GV_OK)
            status = gv_tile_view(
                &tile,
                &(gv_tile_place){data, bytes, where->offset,
                                 gv_store_segment_words(info, where->row_segment),
                                 gv_store_segment_words(info, where->column_segment), info->values},
                err);
        free(data);
    }
    gv_store_close(again);
    gv_store_close(store);
    return status;
}

static void expect_refused(const char *path, int status, const char *what)
{
    gv_error err = GV_ERROR_INIT;
    cr_assert_eq(read_all(path, &err), status, "%s: status %d: %s", what, err.code, err.text);
}

static void sql(const char *path, const char *statements)
{
    sqlite3 *db = NULL;
    char *message = NULL;
    cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(db, "PRAGMA synchronous = OFF", NULL, NULL, NULL), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(db, statements, NULL, NULL, &message), SQLITE_OK, "%s: %s",
                 statements, message);
    sqlite3_close(db);
}

Test(store_hostile, a_sealed_store_is_read)
{
    const char *path = make_store("store.db");
    gv_error err = GV_ERROR_INIT;
    gv_test_seal_store(path, "UPDATE meta SET value = '{\"by\": 1}' WHERE key = 'provenance'");
    gv_assert_ok(read_all(path, &err), err);
}

Test(store_hostile, values_out_of_range_are_refused)
{
    static const char *const changes[] = {
        "UPDATE meta SET value = 0 WHERE key = 'unit'",
        "UPDATE meta SET value = -4 WHERE key = 'unit'",
        "UPDATE meta SET value = 4.5 WHERE key = 'unit'",
        "UPDATE meta SET value = x'34' WHERE key = 'unit'",
        "UPDATE meta SET value = 'else' WHERE key = 'format'",
        "UPDATE meta SET value = 0 WHERE key = 'vocab_size'",
        "UPDATE meta SET value = 4294967000 WHERE key = 'vocab_size'",
        "UPDATE meta SET value = 33 WHERE key = 'groups'",
        "UPDATE meta SET value = 65537 WHERE key = 'segments'",
        "UPDATE meta SET value = 9000000000000000000 WHERE key = 'cells'",
        "UPDATE meta SET value = 9000000000000000000 WHERE key = 'records'",
        "UPDATE meta SET value = 1 WHERE key = 'records'",
        "UPDATE meta SET value = 9000000000000000000 WHERE key = 'blob_bytes'",
        "UPDATE meta SET value = 4000000000 WHERE key = 'tiles'",
        "UPDATE meta SET value = value || char(0) || 'x' WHERE key = 'recipe'",
        "UPDATE meta SET value = replace(hex(zeroblob(600000)), '0', ' ') WHERE key = 'recipe'",
        "UPDATE word SET word = replace(hex(zeroblob(500000)), '0', 'a') WHERE id = 1",
        "UPDATE word SET word = 'a b' WHERE id = 1",
        "UPDATE word SET word = 'a' || char(10) WHERE id = 1",
        "UPDATE word SET word = 'a' || char(0) || 'b' WHERE id = 1",
        "UPDATE word SET word = cast(x'61ff' AS TEXT) WHERE id = 1",
        "UPDATE word SET word = x'61' WHERE id = 1",
        "UPDATE word SET word = '' WHERE id = 1",
        "UPDATE word SET word = 'w5' WHERE id = 1",
        "UPDATE word SET word = '<unk>' WHERE id = 1",
        "UPDATE word SET count = -1 WHERE id = 1",
        "UPDATE word SET row_sum = -1 WHERE id = 1",
        "UPDATE word SET count = 9223372036854775807 WHERE id < 4",
        "UPDATE segment SET group_id = -1 WHERE id = 1",
        "UPDATE segment SET records = records + 1 WHERE id = 1",
        "UPDATE segment SET records = -1 WHERE id = 1",
        "UPDATE segment SET words = 65537 WHERE id = 1",
        "UPDATE value SET value = 0 WHERE code = 3",
        "UPDATE value SET value = -1 WHERE code = 3",
        "DELETE FROM value WHERE code > 2; UPDATE meta SET value = 3 WHERE key = 'values'",
        "UPDATE tile SET records = records + 1 WHERE id = 1",
        "UPDATE tile SET row_group = 31 WHERE id = 1",
        /* a tile of 4 billion records, whose memory would be taken before it is looked at */
        "UPDATE tile SET directory = cast(substr(directory, 1, 12) || x'ffffffff' AS BLOB),"
        " tiles = 1, records = 4294967295 WHERE id = 0",
        /* the first offset, the first tile's row segment, its number of rows */
        "UPDATE tile SET directory = cast(substr(directory, 1, 8) || x'08000000' ||"
        " substr(directory, 13) AS BLOB) WHERE id = 0",
        "UPDATE tile SET directory = cast(x'ffff0000' || substr(directory, 5) AS BLOB)"
        " WHERE id = 0",
        "UPDATE tile SET data = cast(substr(data, 1, 8) || x'ffffff7f' || substr(data, 13) AS BLOB)"
        " WHERE id = 0",
        "UPDATE tile SET data = substr(data, 1, 40) WHERE id = 0",
        "UPDATE tile SET data = cast(data AS TEXT) WHERE id = 0",
    };
    const char *path = gv_test_path("store.db");
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        copy_store("store.db");
        gv_test_seal_store(path, changes[i]);
        expect_refused(path, GV_E_CORRUPT, changes[i]);
    }
}

/* Statements that put something else in the place of a table, without changing a value. */
Test(store_hostile, what_is_not_a_plain_table_is_refused)
{
    static const char *const tricks[] = {
        "ALTER TABLE word RENAME TO w; CREATE VIEW word AS SELECT * FROM w",
        "ALTER TABLE value RENAME TO v; CREATE VIEW value(code, value) AS WITH RECURSIVE"
        " n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n) SELECT i, 1 FROM n WHERE i < 0",
        "ALTER TABLE meta RENAME TO m; CREATE VIEW meta AS SELECT * FROM m",
        "CREATE TRIGGER t AFTER INSERT ON word BEGIN SELECT 1; END",
        "CREATE INDEX i ON tile(id, directory)",
        "CREATE INDEX i ON word(abs(count))",
        "ALTER TABLE word ADD COLUMN more AS (count + 1)",
        "DROP TABLE segment; CREATE VIRTUAL TABLE segment USING fts5(id, first_word)",
        "DROP TABLE value; CREATE TABLE value(code INTEGER PRIMARY KEY, value INTEGER NOT NULL)"
        " WITHOUT ROWID",
        "DROP TABLE value",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 200)"
        " INSERT INTO meta SELECT 'more ' || i, i FROM n",
    };
    const char *path = gv_test_path("store.db");
    for (size_t i = 0; i < sizeof tricks / sizeof *tricks; i++) {
        copy_store("store.db");
        sql(path, tricks[i]);
        expect_refused(path, GV_E_CORRUPT, tricks[i]);
    }
}

Test(store_hostile, files_beside_it_are_not_opened)
{
    const char *path = make_store("store.db");
    gv_error err = GV_ERROR_INIT;
    const char *log = gv_test_write_text("store.db-wal", "a write-ahead log");
    expect_refused(path, GV_E_CORRUPT, "-wal");
    unlink(log);
    const char *journal = gv_test_path("store.db-journal");
    cr_assert_eq(mkfifo(journal, 0600), 0);
    expect_refused(path, GV_E_IO, "-journal");
    unlink(journal);
    cr_assert_eq(symlink("elsewhere", gv_test_path("store.db-wal")), 0);
    expect_refused(path, GV_E_IO, "a link");
    unlink(log);
    /* in the header: the file wants a log. SQLite would create one, with its index */
    sql(path, "PRAGMA journal_mode = WAL");
    gv_assert_ok(read_all(path, &err), err);
    gv_test_write_text("store.db-wal", "");
    gv_assert_ok(read_all(path, &err), err);
    cr_assert_not(gv_test_exists(gv_test_path("store.db-shm")));
}

Test(store_hostile, another_store_at_the_path_is_told)
{
    const char *path = make_store("store.db");
    gv_test_store_plan plan = gv_test_store_small();
    gv_error err = GV_ERROR_INIT;
    gv_store *store = NULL, *again = NULL;
    gv_assert_ok(gv_store_open(&store, path, 1, &err), err);
    gv_assert_ok(gv_store_check_current(store, &err), err);
    plan.seed++;
    gv_test_store_write(gv_test_path("other.db"), &plan);
    cr_assert_eq(rename(gv_test_path("other.db"), path), 0);
    cr_assert_eq(gv_store_open_again(&again, store, &err), GV_E_RUNTIME);
    cr_assert(strstr(err.text, "store.db was replaced"), "%s", err.text);
    cr_assert_eq(gv_store_check_current(store, NULL), GV_E_RUNTIME);
    cr_assert_null(again);
    gv_store_close(store);
}

/* The bytes at the path are exchanged under open handles, as cp does it. Blobs are larger than a
 * page, so that SQLite has not yet read all of them. */
Test(store_hostile, a_store_overwritten_in_place_is_told)
{
    const char *path = gv_test_path("store.db");
    gv_test_store_plan plan = gv_test_store_small();
    gv_error err = GV_ERROR_INIT;
    gv_store *store = NULL;
    plan.words = 400;
    plan.segment_words = 100;
    gv_test_store_write(path, &plan);
    plan.seed++;
    gv_test_store_write(gv_test_path("other.db"), &plan);
    gv_assert_ok(gv_store_open(&store, path, 1, &err), err);
    cr_assert_eq(system(gv_test_format("cat %s > %s", gv_test_path("other.db"), path)), 0);
    int status = GV_OK;
    for (uint32_t id = 0; status == GV_OK && id < gv_store_about(store)->blobs; id++) {
        size_t bytes = 0;
        cr_assert_eq(gv_store_blob_size(&bytes, store, id, &err), GV_OK);
        void *data = malloc(bytes);
        status = gv_store_blob_read(data, bytes, store, id, &err);
        free(data);
    }
    cr_assert_eq(status, GV_E_RUNTIME, "%d %s", status, err.text);
    cr_assert(strstr(err.text, "was replaced or changed"), "%s", err.text);
    gv_store_close(store);
}

Test(store_hostile, a_signal_ends_a_statement)
{
    gv_test_store_plan plan = gv_test_store_small();
    plan.words = 4000; /* some statements of more steps than pass between two looks */
    plan.segment_words = 512;
    plan.percent = 0;
    const char *path = gv_test_path("store.db");
    gv_test_store_write(path, &plan);
    gv_error err = GV_ERROR_INIT;
    gv_store *store = NULL;
    gv_assert_ok(gv_store_open(&store, path, 1, &err), err);
    gv_signal_pretend(15);
    cr_assert_eq(gv_store_check_words(store, &err), GV_E_STOPPED, "%s", err.text);
    gv_signal_pretend(0);
    gv_store_close(store);
}

Test(store_hostile, a_unit_beyond_63_bits_leaves_the_old_store)
{
    const char *path = make_store("store.db");
    gv_error err = GV_ERROR_INIT;
    gv_store_writer *writer = NULL;
    static const uint32_t first[] = {0, 1}, group[] = {0};
    gv_store_info info = {.vocab_size = 1,
                          .segments = 1,
                          .segment_first = first,
                          .groups = 1,
                          .segment_group = group,
                          .recipe = "{}",
                          .unit = UINT64_C(1) << 63};
    gv_assert_ok(gv_store_create(&writer, path, &err), err);
    cr_assert_eq(gv_store_put_layout(writer, &info, &err), GV_E_RUNTIME);
    gv_store_abort(&writer);
    err = (gv_error)GV_ERROR_INIT;
    gv_assert_ok(read_all(path, &err), err);
}
