/* The store: round trip, what readers refuse, what the checksums notice. */
#include "base/gv_mem.h"
#include "base/gv_rng.h"
#include "store/gv_store.h"
#include "support/gv_test.h"
#include "support/gv_test_store.h"
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WORDS = 700, SEGMENTS = 3, VALUES = 5 };

static const uint32_t first[SEGMENTS + 1] = {0, 100, 400, 700};
static const uint32_t group[SEGMENTS] = {1, 0, 1};
static const uint64_t values[VALUES] = {12, 6, 24, 4, 3};

/* The matrix of these tests: X(i,j) for i <= j; 0: no cell. */
static uint64_t cell(uint32_t i, uint32_t j)
{
    uint64_t mix = (i * 2654435761u) ^ (j * 40503u);
    if (mix % 7 != 0)
        return 0;
    return mix % 3 == 0 ? values[mix % VALUES] : 100000 + mix;
}

static uint64_t symmetric_cell(uint32_t i, uint32_t j)
{
    return i <= j ? cell(i, j) : cell(j, i);
}

static gv_vocab *make_vocab(void)
{
    static char names[WORDS][16];
    const char *words[WORDS];
    uint64_t counts[WORDS];
    for (int i = 0; i < WORDS; i++) {
        snprintf(names[i], sizeof names[i], "w%d\xc3\xa9", i);
        words[i] = names[i];
        counts[i] = (uint64_t)(WORDS - i) * 1000;
    }
    gv_vocab *vocab = NULL;
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_vocab_from_words(&vocab, words, counts, WORDS, &err), err);
    return vocab;
}

/* Pack tile (row, column) at `to`; returns its bytes, 0 if it is empty. */
static size_t pack(uint8_t *to, uint32_t row, uint32_t column, uint32_t *records)
{
    size_t most = (size_t)(first[row + 1] - first[row]) * (first[column + 1] - first[column]),
           n = 0;
    gv_tile_record *record = calloc(most, sizeof *record);
    uint16_t *code = calloc(most, sizeof *code);
    for (uint32_t i = first[row]; i < first[row + 1]; i++) {
        for (uint32_t j = first[column]; j < first[column + 1]; j++) {
            uint64_t value = i <= j ? cell(i, j) : 0;
            if (value == 0)
                continue;
            record[n] =
                (gv_tile_record){(uint16_t)(i - first[row]), (uint16_t)(j - first[column]), value};
            code[n] = GV_TILE_ESCAPE;
            for (uint16_t k = 0; k < VALUES; k++)
                if (values[k] == value)
                    code[n] = k;
            n++;
        }
    }
    *records = (uint32_t)n;
    size_t bytes =
        n ? gv_tile_pack(to, (gv_tile_shape){row, column, first[column + 1] - first[column], 0, 0},
                         record, code, n)
          : 0;
    free(record);
    free(code);
    return bytes;
}

static int put_blobs(gv_store_writer *writer, uint64_t *cells, gv_error *err)
{
    /* blocks (0,0), (0,1), (1,1); the last in two blobs; (0,2) is stored in block (0,1) */
    static const uint32_t blobs[4][3][2] = {{{1, 1}}, {{0, 1}, {1, 2}}, {{0, 0}, {0, 2}}, {{2, 2}}};
    static const size_t tiles_in[4] = {1, 2, 2, 1};
    uint8_t *data = aligned_alloc(64, 1 << 22);
    int status = GV_OK;
    *cells = 0;
    for (uint32_t b = 0; status == GV_OK && b < 4; b++) {
        gv_store_tile tiles[3];
        size_t at = 0;
        for (size_t t = 0; t < tiles_in[b]; t++) {
            tiles[t] = (gv_store_tile){blobs[b][t][0], blobs[b][t][1], b, (uint32_t)at, 0};
            at += pack(data + at, tiles[t].row_segment, tiles[t].column_segment, &tiles[t].records);
            *cells += tiles[t].records;
        }
        status = gv_store_put_blob(writer, data, at, tiles, tiles_in[b], err);
    }
    free(data);
    return status;
}

static int write_store(const char *path, const char *provenance, gv_error *err)
{
    gv_vocab *vocab = make_vocab();
    gv_store_writer *writer = NULL;
    char *object = gv_mem_format(NULL, "{\n \"note\": \"%s\"\n}", provenance);
    uint64_t *sums = calloc(WORDS, sizeof *sums), cells = 0;
    for (uint32_t i = 0; i < WORDS; i++)
        for (uint32_t j = 0; j < WORDS; j++)
            sums[i] += symmetric_cell(i, j);
    const gv_store_info info = {.vocab_size = WORDS,
                                .symmetric = true,
                                .unit = 12,
                                .window = 4,
                                .segments = SEGMENTS,
                                .segment_first = first,
                                .groups = 2,
                                .segment_group = group,
                                .values = VALUES,
                                .value = values,
                                .recipe = "{\"cooccur.window\":4}",
                                .vocab_hash = gv_vocab_hash(vocab)};
    int status = gv_store_create(&writer, path, err);
    if (status == GV_OK)
        status = gv_store_put_words(writer, vocab, sums, err);
    if (status == GV_OK)
        status = gv_store_put_layout(writer, &info, err);
    if (status == GV_OK)
        status = put_blobs(writer, &cells, err);
    if (status == GV_OK)
        status = gv_store_commit(&writer, cells, 2 * cells, object, err);
    gv_store_abort(&writer);
    gv_mem_free(object);
    gv_vocab_free(vocab);
    free(sums);
    return status;
}

static const char *make_store(const char *name, const char *provenance)
{
    const char *path = gv_test_path(name);
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(write_store(path, provenance, &err), err);
    return path;
}

/* Read everything there is; the first failure's status. */
static int read_all(const char *path, gv_error *err)
{
    gv_store *store = NULL;
    gv_vocab *vocab = NULL;
    uint64_t *sums = NULL;
    int status = gv_store_open(&store, path, 1, err);
    if (status == GV_OK)
        status = gv_store_vocab(&vocab, store, err);
    if (status == GV_OK)
        status = gv_store_row_sums(&sums, store, err);
    for (uint32_t id = 0; status == GV_OK && id < gv_store_about(store)->blobs; id++) {
        size_t bytes = 0;
        status = gv_store_blob_size(&bytes, store, id, err);
        void *data = malloc(bytes + 1);
        if (status == GV_OK)
            status = gv_store_blob_read(data, bytes, store, id, err);
        free(data);
    }
    gv_mem_free(sums);
    gv_vocab_free(vocab);
    gv_store_close(store);
    return status;
}

static void sql(const char *path, const char *statement)
{
    sqlite3 *db = NULL;
    char *message = NULL;
    cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(db, statement, NULL, NULL, &message), SQLITE_OK, "%s: %s", statement,
                 message);
    sqlite3_close(db);
}

static void copy_file(const char *from, const char *to)
{
    size_t bytes;
    char *data = gv_test_read(from, &bytes);
    FILE *file = fopen(to, "wb");
    cr_assert_eq(fwrite(data, 1, bytes, file), bytes);
    fclose(file);
    free(data);
}

Test(store, what_was_written_is_read)
{
    const char *path = make_store("store.db", "a");
    gv_error err = GV_ERROR_INIT;
    gv_store *store = NULL;
    gv_assert_ok(gv_store_open(&store, path, 1, &err), err);
    const gv_store_info *info = gv_store_about(store);
    cr_assert_eq(info->vocab_size, WORDS);
    cr_assert(info->symmetric);
    cr_assert_eq(info->unit, 12);
    cr_assert_eq(info->window, 4);
    cr_assert_eq(info->groups, 2);
    cr_assert_eq(info->segments, SEGMENTS);
    cr_assert_arr_eq(info->segment_first, first, sizeof first);
    cr_assert_arr_eq(info->segment_group, group, sizeof group);
    cr_assert_eq(info->values, VALUES);
    cr_assert_arr_eq(info->value, values, sizeof values);
    cr_assert_str_eq(info->recipe, "{\"cooccur.window\":4}");
    cr_assert_eq(info->blobs, 4);
    cr_assert_eq(info->tiles, 6);
    cr_assert_eq(info->records, 2 * info->cells);
    gv_vocab *vocab = NULL;
    gv_assert_ok(gv_store_vocab(&vocab, store, &err), err);
    cr_assert_str_eq(gv_vocab_word(vocab, 699), "w699\xc3\xa9");
    cr_assert_eq(gv_vocab_count(vocab, 1), 699000);
    char *note = NULL, *none = NULL;
    gv_assert_ok(gv_store_meta(&note, store, "provenance", &err), err);
    cr_assert(strstr(note, "\"a\""));
    gv_assert_ok(gv_store_meta(&none, store, "no such key", &err), err);
    cr_assert_null(none);
    gv_mem_free(note);
    gv_vocab_free(vocab);
    gv_store_close(store);
}

Test(store, tiles_hold_the_matrix)
{
    const char *path = make_store("store.db", "a");
    gv_error err = GV_ERROR_INIT;
    gv_store *store = NULL;
    gv_assert_ok(gv_store_open(&store, path, 1, &err), err);
    const gv_store_info *info = gv_store_about(store);
    uint64_t records = 0;
    for (uint32_t i = 0; i < info->tiles; i++) {
        const gv_store_tile *where = &gv_store_tiles(store)[i];
        gv_tile tile;
        uint8_t *data = gv_test_tile_read(&tile, store, where);
        uint32_t row = where->row_segment, column = where->column_segment;
        cr_assert_eq(tile.records, where->records);
        cr_assert_eq(tile.row_segment, row);
        cr_assert_eq(tile.column_segment, column);
        records += tile.records;
        free(data);
    }
    cr_assert_eq(records, info->cells);
    gv_store_close(store);
}

Test(store, pairs_are_the_rows_of_the_matrix)
{
    const char *path = make_store("store.db", "a");
    gv_error err = GV_ERROR_INIT;
    gv_store *store = NULL;
    gv_assert_ok(gv_store_open(&store, path, 0, &err), err);
    cr_assert_null(gv_store_tiles(store));
    uint64_t *sums = NULL;
    gv_assert_ok(gv_store_row_sums(&sums, store, &err), err);
    for (uint32_t word = 0; word < WORDS; word += 33) {
        gv_store_pair_list list;
        size_t wanted = 0;
        gv_assert_ok(gv_store_pairs(&list, store, word, 0, &err), err);
        const gv_store_pair *pairs = list.pairs;
        for (uint32_t j = 0; j < WORDS; j++)
            wanted += symmetric_cell(word, j) > 0;
        cr_assert_eq(list.contexts, wanted);
        cr_assert_eq(list.n, wanted);
        uint64_t sum = 0;
        for (size_t i = 0; i < list.n; i++) {
            cr_assert_eq(pairs[i].value, symmetric_cell(word, pairs[i].id));
            sum += pairs[i].value;
            if (i > 0)
                cr_assert(pairs[i - 1].value > pairs[i].value ||
                          (pairs[i - 1].value == pairs[i].value && pairs[i - 1].id < pairs[i].id));
        }
        cr_assert_eq(sum, sums[word]);
        gv_mem_free(list.pairs);
        gv_assert_ok(gv_store_pairs(&list, store, word, 3, &err), err);
        cr_assert_eq(list.n, 3);
        cr_assert_eq(list.contexts, wanted);
        gv_mem_free(list.pairs);
    }
    gv_store_pair_list list;
    cr_assert_eq(gv_store_pairs(&list, store, WORDS, 0, NULL), GV_E_RUNTIME);
    gv_mem_free(sums);
    gv_store_close(store);
}

typedef struct tally {
    uint64_t cells, sum;
} tally;

/* A gv_store_each_fn. */
static void check_cell(void *context, uint32_t row, uint32_t column, uint64_t value)
{
    tally *all = context;
    cr_assert_leq(row, column);
    cr_assert_eq(value, symmetric_cell(row, column));
    all->cells++;
    all->sum += row == column ? value : 2 * value;
}

Test(store, every_cell_comes_once)
{
    const char *path = make_store("store.db", "a");
    gv_store *store;
    uint64_t *sums, sum = 0;
    tally all = {0, 0};
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_store_open(&store, path, 0, &err), err);
    gv_assert_ok(gv_store_each(store, check_cell, &all, NULL, &err), err);
    cr_assert_eq(all.cells, gv_store_about(store)->cells);
    gv_assert_ok(gv_store_row_sums(&sums, store, &err), err);
    for (uint32_t i = 0; i < WORDS; i++)
        sum += sums[i];
    cr_assert_eq(all.sum, sum);
    gv_mem_free(sums);
    gv_store_close(store);
}

/* The single value of a query, as text. */
static const char *ask(const char *path, const char *query)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *row = NULL;
    cr_assert_eq(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    cr_assert_eq(sqlite3_prepare_v2(db, query, -1, &row, NULL), SQLITE_OK, "%s", query);
    cr_assert_eq(sqlite3_step(row), SQLITE_ROW);
    const char *text = gv_test_format("%s", (const char *)sqlite3_column_text(row, 0));
    sqlite3_finalize(row);
    sqlite3_close(db);
    return text;
}

Test(store, sqlite_finds_it_sound_and_marked)
{
    const char *path = make_store("store.db", "a");
    cr_assert_str_eq(ask(path, "PRAGMA integrity_check"), "ok");
    cr_assert_str_eq(ask(path, "PRAGMA application_id"), "1196839764");
    cr_assert_str_eq(ask(path, "PRAGMA user_version"), "1");
    cr_assert_str_eq(ask(path, "SELECT count(*) FROM word"), "700");
    cr_assert_str_eq(ask(path, "SELECT word FROM word WHERE id = 1"), "w0\xc3\xa9");
    cr_assert_str_eq(ask(path, "SELECT value FROM meta WHERE key = 'unit'"), "12");
    cr_assert_str_eq(ask(path, "SELECT sum(records) FROM tile"),
                     ask(path, "SELECT sum(records) FROM segment"));
}

Test(store, content_hash_knows_no_provenance)
{
    gv_error err = GV_ERROR_INIT;
    gv_store *a = NULL, *b = NULL;
    gv_assert_ok(gv_store_open(&a, make_store("a.db", "one day"), 1, &err), err);
    gv_assert_ok(gv_store_open(&b, make_store("b.db", "another"), 1, &err), err);
    cr_assert_str_eq(gv_store_about(a)->content_hash, gv_store_about(b)->content_hash);
    gv_store_close(a);
    gv_store_close(b);
}

static void expect_refused(const char *path, int status, const char *text)
{
    gv_error err = GV_ERROR_INIT;
    cr_assert_eq(read_all(path, &err), status, "status %d: %s", err.code, err.text);
    cr_assert(strstr(err.text, path), "the file is not named: %s", err.text);
    cr_assert(strstr(err.text, text), "'%s' is not in: %s", text, err.text);
}

Test(store, missing_empty_foreign_files_are_refused)
{
    expect_refused(gv_test_path("none.db"), GV_E_USAGE, "glove-shuffle");
    cr_assert(!gv_test_exists(gv_test_path("none.db")), "a reader must not create a database");
    expect_refused(gv_test_write("empty.db", "", 0), GV_E_CORRUPT, "empty");
    expect_refused(gv_test_write_text("text.db", "the of and to in a is that\n"), GV_E_CORRUPT, "");
    expect_refused(gv_test_dir(), GV_E_IO, "not a regular file");
    const char *other = gv_test_path("other.db");
    sql(other, "CREATE TABLE t(x)");
    expect_refused(other, GV_E_CORRUPT, "not a glovebox store");
    const char *newer = make_store("newer.db", "a");
    sql(newer, "PRAGMA user_version = 3");
    expect_refused(newer, GV_E_CORRUPT, "version 3");
}

Test(store, changed_rows_are_noticed)
{
    const char *good = make_store("good.db", "a"), *bad = gv_test_path("bad.db");
    static const char *const changes[] = {
        "UPDATE meta SET value = 13 WHERE key = 'unit'",
        "UPDATE meta SET value = '{}' WHERE key = 'provenance'",
        "DELETE FROM meta WHERE key = 'meta_hash'",
        "DELETE FROM meta WHERE key = 'recipe'",
        "UPDATE word SET word = 'other' WHERE id = 3",
        "UPDATE word SET word = 'w4' || char(233) WHERE id = 3",
        "UPDATE word SET word = '' WHERE id = 3",
        "UPDATE word SET count = count + 1 WHERE id = 700",
        "UPDATE word SET row_sum = row_sum + 1 WHERE id = 7",
        "DELETE FROM word WHERE id = 700",
        "INSERT INTO word VALUES(701, 'more', 1, 1)",
        "UPDATE segment SET group_id = 0",
        "UPDATE segment SET group_id = 70",
        "UPDATE segment SET words = words + 1 WHERE id = 1",
        "UPDATE segment SET records = records + 1 WHERE id = 1",
        "DELETE FROM segment WHERE id = 2",
        "UPDATE value SET value = 5 WHERE code = 2",
        "UPDATE value SET value = -5 WHERE code = 2",
        "DELETE FROM value WHERE code = 4",
        "UPDATE tile SET row_group = 1 WHERE id = 0",
        "UPDATE tile SET part = 9 WHERE id = 0",
        "UPDATE tile SET checksum = checksum + 1 WHERE id = 1",
        "UPDATE tile SET records = records + 1 WHERE id = 1",
        "UPDATE tile SET directory = zeroblob(length(directory)) WHERE id = 1",
        "UPDATE tile SET directory = x'00' WHERE id = 1",
        "UPDATE tile SET data = zeroblob(length(data)) WHERE id = 1",
        "UPDATE tile SET data = substr(data, 1, 64) WHERE id = 1",
        "UPDATE tile SET data = cast(substr(data, 1, 999) || x'a5' || substr(data, 1001) AS BLOB)"
        " WHERE id = 1",
        "UPDATE tile SET id = -1 WHERE id = 3",
        "UPDATE tile SET id = 99 WHERE id = 2; UPDATE tile SET id = 2 WHERE id = 3;"
        " UPDATE tile SET id = 3 WHERE id = 99",
        "DELETE FROM tile WHERE id = 3",
        "DROP TABLE tile",
        "ALTER TABLE word RENAME COLUMN row_sum TO sum",
    };
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        copy_file(good, bad);
        sql(bad, changes[i]);
        gv_error err = GV_ERROR_INIT;
        int status = read_all(bad, &err);
        cr_assert_eq(status, GV_E_CORRUPT, "%s: status %d %s", changes[i], status, err.text);
        cr_assert(strstr(err.text, bad), "the file is not named: %s", err.text);
    }
}

Test(store, exchanged_blobs_are_noticed)
{
    const char *path = make_store("store.db", "a");
    sql(path, "CREATE TEMP TABLE kept AS SELECT * FROM tile;"
              "UPDATE tile SET data = (SELECT data FROM kept WHERE id = 5 - tile.id),"
              " directory = (SELECT directory FROM kept WHERE id = 5 - tile.id),"
              " checksum = (SELECT checksum FROM kept WHERE id = 5 - tile.id),"
              " tiles = (SELECT tiles FROM kept WHERE id = 5 - tile.id),"
              " records = (SELECT records FROM kept WHERE id = 5 - tile.id) WHERE id IN (2, 3)");
    expect_refused(path, GV_E_CORRUPT, "");
}

/* Bytes of the file flipped one at a time: never a crash, and nearly always noticed (what is not
 * lies in bytes that SQLite does not use). */
Test(store, flipped_bytes_are_noticed)
{
    const char *good = make_store("good.db", "a"), *bad = gv_test_path("bad.db");
    size_t bytes;
    const char *content = gv_test_read(good, &bytes);
    copy_file(good, bad);
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 7);
    unsigned noticed = 0, tries = 0;
    while (tries < 300) {
        size_t at = gv_rng_below(&rng, bytes);
        if (content[at] == 0) /* mostly unused */
            continue;
        tries++;
        gv_test_flip(bad, (long)at);
        gv_error err = GV_ERROR_INIT;
        int status = read_all(bad, &err);
        cr_assert(status == GV_OK || status == GV_E_CORRUPT || status == GV_E_IO,
                  "byte %zu: status %d %s", at, status, err.text);
        noticed += status != GV_OK;
        gv_test_flip(bad, (long)at);
    }
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(read_all(bad, &err), err);
    cr_assert_geq(noticed, tries - 3, "only %u of %u flips were noticed", noticed, tries);
}

/* The file offset of some bytes in the middle of a blob. */
static long find_in_file(const char *path, const uint8_t *wanted, size_t bytes)
{
    size_t size;
    char *content = gv_test_read(path, &size);
    char *at = memmem(content, size, wanted, bytes);
    cr_assert_not_null(at);
    long offset = at - content;
    free(content);
    return offset;
}

Test(store, every_flip_in_a_tile_is_noticed)
{
    const char *path = make_store("store.db", "a");
    gv_error err = GV_ERROR_INIT;
    gv_store *store = NULL;
    gv_assert_ok(gv_store_open(&store, path, 1, &err), err);
    for (uint32_t id = 0; id < 4; id++) {
        size_t bytes = 0;
        gv_assert_ok(gv_store_blob_size(&bytes, store, id, &err), err);
        uint8_t *data = malloc(bytes);
        gv_assert_ok(gv_store_blob_read(data, bytes, store, id, &err), err);
        for (size_t at = 0; at + 24 < bytes; at += bytes / 9) {
            long offset = find_in_file(path, data + at, 24);
            gv_test_flip(path, offset);
            expect_refused(path, GV_E_CORRUPT, "checksum");
            gv_test_flip(path, offset);
        }
        free(data);
    }
    gv_store_close(store);
    gv_assert_ok(read_all(path, &err), err);
}

Test(store, truncation_is_noticed)
{
    const char *good = make_store("good.db", "a"), *bad = gv_test_path("bad.db");
    size_t bytes;
    free(gv_test_read(good, &bytes));
    for (unsigned i = 1; i <= 40; i++) {
        size_t left = i < 40 ? bytes * i / 40 : bytes - 1;
        copy_file(good, bad);
        gv_test_truncate(bad, (long)left);
        gv_error err = GV_ERROR_INIT;
        int status = read_all(bad, &err);
        cr_assert(status == GV_E_CORRUPT, "cut at %zu: %d %s", left, status, err.text);
    }
}

Test(store, an_aborted_writer_leaves_the_old_store)
{
    const char *path = make_store("store.db", "a");
    char *before = gv_test_read(path, NULL);
    gv_error err = GV_ERROR_INIT;
    gv_store_writer *writer = NULL;
    gv_assert_ok(gv_store_create(&writer, path, &err), err);
    gv_store_abort(&writer);
    cr_assert_null(writer);
    cr_assert_not(gv_test_exists(gv_test_path("store.db.tmp")));
    cr_assert_str_eq(gv_test_read(path, NULL), before);
    cr_assert_eq(gv_store_create(&writer, gv_test_path("no/such/dir.db"), NULL), GV_E_IO);
    cr_assert_null(writer);
}

Test(store, every_failing_allocation_is_an_error)
{
    const char *path = gv_test_path("store.db");
    gv_error err = GV_ERROR_INIT;
    gv_vocab_free(make_vocab()); /* warm up what allocates once */
    int status = GV_E_MEMORY;
    for (uint64_t n = 1; status != GV_OK; n++) {
        err = (gv_error)GV_ERROR_INIT;
        gv_vocab *vocab = make_vocab();
        gv_store_writer *writer = NULL;
        const gv_store_info info = {.vocab_size = WORDS,
                                    .segments = SEGMENTS,
                                    .segment_first = first,
                                    .segment_group = group,
                                    .groups = 2,
                                    .symmetric = true,
                                    .unit = 12,
                                    .values = VALUES,
                                    .value = values,
                                    .recipe = "{}",
                                    .vocab_hash = gv_vocab_hash(vocab)};
        uint64_t sums[WORDS] = {1}, cells = 0;
        gv_mem_fail_at(n, 1);
        status = gv_store_create(&writer, path, &err);
        if (status == GV_OK)
            status = gv_store_put_words(writer, vocab, sums, &err);
        if (status == GV_OK)
            status = gv_store_put_layout(writer, &info, &err);
        if (status == GV_OK)
            status = put_blobs(writer, &cells, &err);
        if (status == GV_OK)
            status = gv_store_commit(&writer, cells, 2 * cells, NULL, &err);
        gv_mem_fail_at(0, 0);
        gv_store_abort(&writer);
        gv_vocab_free(vocab);
        cr_assert(status == GV_OK || status == GV_E_MEMORY, "%d %s", status, err.text);
        cr_assert_eq(gv_test_exists(path), status == GV_OK);
        cr_assert_lt(n, 1000);
    }
    status = GV_E_MEMORY;
    for (uint64_t n = 1; status != GV_OK; n++) {
        err = (gv_error)GV_ERROR_INIT;
        gv_mem_fail_at(n, 1);
        status = read_all(path, &err);
        gv_mem_fail_at(0, 0);
        cr_assert(status == GV_OK || status == GV_E_MEMORY, "%d %s", status, err.text);
        cr_assert_lt(n, 100000);
    }
}
