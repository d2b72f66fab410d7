/* Files made by a stranger, with every checksum right: counts.bin, corpus.ids, vectors.db, and a
 * vocabulary beyond the budget. Stores are in test_store_hostile.c. */
#include "base/gv_bytes.h"
#include "base/gv_hash.h"
#include "base/gv_mem.h"
#include "counts/gv_counts.h"
#include "counts/gv_counts_each.h"
#include "counts/gv_counts_internal.h"
#include "support/gv_test.h"
#include "vectors/gv_vectors.h"
#include "vocab/gv_encoder.h"
#include "vocab/gv_ids.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- counts.bin ------------------------------------------------------------------------------- */

enum { WORDS = 40 };

static char recipe[] = "{}";

static const char *write_counts(void)
{
    gv_error err = GV_ERROR_INIT;
    const char *path = gv_test_path("counts.bin");
    gv_counts_writer *writer;
    gv_counts_info info = {.vocab_size = WORDS, .symmetric = true, .unit = 12, .recipe = recipe};
    gv_assert_ok(gv_counts_create(&writer, path, &info, &err), err);
    for (uint32_t row = 0; row < WORDS; row++) {
        const gv_counts_cell cells[] = {{row, 3}, {row + 1, 200}};
        gv_assert_ok(gv_counts_put_row(writer, row, cells, row + 1 < WORDS ? 2 : 1, &err), err);
    }
    gv_assert_ok(gv_counts_commit(&writer, 100, &info, &err), err);
    return path;
}

static void put_bytes(const char *path, const void *bytes, size_t n)
{
    FILE *file = fopen(path, "wb");
    cr_assert_eq(fwrite(bytes, 1, n, file), n);
    fclose(file);
}

/* Compute the checksums of header, blocks (as far as they can be found) and trailer. */
static void seal_counts(uint8_t *file, size_t bytes)
{
    size_t at = GV_COUNTS_HEAD + gv_bytes_get64(file + 48), number = 0;
    uint8_t *tail = file + bytes - GV_COUNTS_TRAILER;
    if (at + GV_COUNTS_CHECK > bytes - GV_COUNTS_TRAILER)
        at = GV_COUNTS_HEAD;
    uint64_t check = gv_hash_64(file, at, 0);
    gv_bytes_put64(file + at, check);
    for (at += GV_COUNTS_CHECK; file + at + GV_COUNTS_BLOCK_HEAD < tail; number++) {
        uint64_t seed = gv_counts_seed(check, number), payload = gv_bytes_get64(file + at + 8);
        gv_bytes_put64(file + at + 24, gv_hash_64(file + at, 24, seed));
        at += GV_COUNTS_BLOCK_HEAD;
        if (payload > (size_t)(tail - file) - at - GV_COUNTS_CHECK)
            break;
        gv_bytes_put64(file + at + payload, gv_hash_64(file + at, payload, seed));
        at += payload + GV_COUNTS_CHECK;
    }
    gv_hash whole = gv_hash_of(file, bytes - GV_COUNTS_TRAILER);
    gv_bytes_put64(tail + 40, whole.low);
    gv_bytes_put64(tail + 48, whole.high);
    gv_bytes_put64(tail + 56, gv_hash_64(tail, 56, check));
}

static int ignore_part(void *context, unsigned thread, const gv_counts_each_part *part,
                       gv_error *err)
{
    (void)context, (void)thread, (void)part, (void)err;
    return GV_OK;
}

/* By both readers: one row at a time, and many threads. */
static int read_counts(const char *path, gv_error *err)
{
    gv_counts *counts;
    int status = gv_counts_open(&counts, path, err);
    if (status != GV_OK)
        return status;
    uint32_t row;
    const gv_counts_cell *cells;
    size_t n = 1;
    while (status == GV_OK && n > 0)
        status = gv_counts_next_row(counts, &row, &cells, &n, err);
    if (status == GV_OK)
        status = gv_counts_rewind(counts, err);
    if (status == GV_OK)
        status = gv_counts_each(counts, 2, ignore_part, NULL, err);
    gv_counts_close(counts);
    return status;
}

/* A number at a place: from the end if that is negative. */
typedef struct change {
    const char *what;
    long at;
    int bytes;
    uint64_t value;
    const char *told; /* part of the message */
} change;

static const change changes[] = {
    {"an unknown flag", 12, 4, 3, "flags"},
    {"no words", 16, 4, 0, "words"},
    {"4 billion words", 16, 4, UINT32_MAX - 17, "words"},
    {"more words than ids", 16, 4, UINT32_MAX, "words"},
    {"unit 0", 24, 8, 0, "unit"},
    {"unit 2^63", 24, 8, UINT64_C(1) << 63, "unit"},
    {"a recipe of a terabyte", 48, 8, UINT64_C(1) << 40, ""},
    {"a recipe up to the trailer", 48, 8, 1 << 19, ""},
    {"a block of 2^62 bytes", 66 + 8, 8, UINT64_C(1) << 62, "block"},
    {"a block without rows", 66 + 4, 4, 0, "block"},
    {"a block of 4 billion rows", 66 + 4, 4, UINT32_MAX, ""},
    {"a block of 2^60 cells", 66 + 16, 8, UINT64_C(1) << 60, ""},
    {"a first row of 2^20 cells in 4 bytes", 66 + 33, 4, 0x0440ffff, ""},
    {"800 million blocks", -56, 8, 800000000, "blocks"},
    {"2^40 blocks", -56, 8, UINT64_C(1) << 40, "blocks"},
    {"two blocks", -56, 8, 2, ""},
    {"2^60 cells", -40, 8, UINT64_C(1) << 60, "cells"},
    {"2^60 records", -32, 8, UINT64_C(1) << 60, "records"},
    {"fewer records than cells", -32, 8, 1, "records"},
};

Test(hostile, numbers_of_counts_are_not_believed)
{
    size_t bytes;
    char *good = gv_test_read(write_counts(), &bytes);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        const change *c = &changes[i];
        uint8_t *file = gv_test_keep(malloc(bytes));
        memcpy(file, good, bytes);
        uint8_t *at = file + (c->at < 0 ? (long)bytes + c->at : c->at);
        for (int b = 0; b < c->bytes; b++)
            at[b] = (uint8_t)(c->value >> (8 * b));
        seal_counts(file, bytes);
        const char *path = gv_test_path("bad.bin");
        put_bytes(path, file, bytes);
        gv_error err = GV_ERROR_INIT;
        int status = read_counts(path, &err);
        cr_assert_eq(status, GV_E_CORRUPT, "%s: %d %s", c->what, status, err.text);
        cr_assert(strstr(err.text, path) && strstr(err.text, c->told), "%s: %s", c->what, err.text);
    }
    uint8_t *file = (uint8_t *)good;
    seal_counts(file, bytes);
    const char *path = gv_test_path("same.bin");
    put_bytes(path, file, bytes);
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(read_counts(path, &err), err);
}

/* --- corpus.ids ------------------------------------------------------------------------------- */

static const char *write_ids(const uint32_t *ids, uint64_t count, uint64_t words)
{
    uint8_t file[512] = "GVIDS\r\n\x1a";
    gv_bytes_put32(file + 8, 1);
    gv_bytes_put32(file + 12, 3); /* words of the vocabulary */
    gv_bytes_put64(file + 16, count);
    gv_bytes_put64(file + 24, words);
    for (size_t i = 0; i < count; i++)
        gv_bytes_put32(file + 80 + 4 * i, ids[i]);
    gv_hash content = gv_hash_of(file + 80, 4 * count);
    gv_bytes_put64(file + 32, content.low);
    gv_bytes_put64(file + 40, content.high);
    gv_bytes_put64(file + 72, gv_hash_64(file, 72, 0));
    const char *path = gv_test_path("corpus.ids");
    put_bytes(path, file, 80 + 4 * count);
    return path;
}

static int open_ids(const char *path)
{
    gv_ids *ids;
    int status = gv_ids_open(&ids, path, NULL);
    if (status == GV_OK)
        gv_ids_close(ids);
    return status;
}

Test(hostile, ids_are_what_the_header_says)
{
    const uint32_t end = GV_ENCODER_BREAK;
    cr_assert_eq(open_ids(write_ids((uint32_t[]){0, 1, end, 2, end}, 5, 3)), GV_OK);
    cr_assert_eq(open_ids(write_ids((uint32_t[]){0, 1, end, 2, end}, 5, 1)), GV_E_CORRUPT);
    cr_assert_eq(open_ids(write_ids((uint32_t[]){0, 1, end, 2, end}, 5, 5)), GV_E_CORRUPT);
    cr_assert_eq(open_ids(write_ids((uint32_t[]){0, 1, end, 2}, 4, 3)), GV_E_CORRUPT);
    cr_assert_eq(open_ids(write_ids((uint32_t[]){end, 1, end}, 3, 1)), GV_E_CORRUPT);
    cr_assert_eq(open_ids(write_ids((uint32_t[]){1, end, end}, 3, 1)), GV_E_CORRUPT);
    cr_assert_eq(open_ids(write_ids((uint32_t[]){1, 3, end}, 3, 2)), GV_E_CORRUPT);
}

/* Training indexes by ids without a test. */
Test(hostile, ids_that_change_while_they_are_read_are_told)
{
    const uint32_t ids[] = {0, 1, 2, GV_ENCODER_BREAK};
    const char *path = write_ids(ids, 4, 3);
    gv_error err = GV_ERROR_INIT;
    gv_ids *open;
    uint32_t got[4];
    gv_assert_ok(gv_ids_open(&open, path, &err), err);
    gv_assert_ok(gv_ids_read(got, open, 0, 4, &err), err);
    write_ids((uint32_t[]){0, 1, 1000000, GV_ENCODER_BREAK}, 4, 3);
    cr_assert_eq(gv_ids_read(got, open, 0, 4, &err), GV_E_RUNTIME);
    cr_assert(strstr(err.text, "was changed while it was read"), "%s", err.text);
    gv_ids_close(open);
}

/* --- vectors.db ------------------------------------------------------------------------------- */

static int read_vectors(const char *path, gv_error *err)
{
    gv_vectors *vectors;
    int status = gv_vectors_read(&vectors, path, 0, err);
    if (status == GV_OK)
        gv_vectors_free(vectors);
    return status;
}

Test(hostile, vectors_come_from_plain_tables)
{
    static const char *const schemas[] = {
        "CREATE VIEW vectors AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
        " SELECT i AS word, x'00000000' AS embedding FROM n",
        "CREATE VIEW vectors AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
        " SELECT i AS word, x'00000000' AS embedding FROM n WHERE i < 0",
        "CREATE TABLE vectors(word, embedding AS (zeroblob(900000000)))",
        "CREATE TABLE vectors(word AS (hex(embedding)) STORED, embedding);"
        " INSERT INTO vectors VALUES(x'00000000')",
        "CREATE VIRTUAL TABLE vectors USING fts5(word, embedding)",
    };
    for (size_t i = 0; i < sizeof schemas / sizeof *schemas; i++) {
        gv_error err = GV_ERROR_INIT;
        gv_test_run_ok("rm -f v.db; sqlite3 v.db \"%s\"", schemas[i]);
        cr_assert_eq(read_vectors(gv_test_path("v.db"), &err), GV_E_CORRUPT, "%s", schemas[i]);
        cr_assert(strstr(err.text, "vectors is a view, or it is computed"), "%s", err.text);
    }
}

/* A view in place of the other table, and an index with other words than the table has. */
Test(hostile, only_the_table_of_vectors_is_read)
{
    gv_error err = GV_ERROR_INIT;
    gv_vectors *vectors;
    gv_test_run_ok("sqlite3 v.db \"CREATE TABLE vectors(word, embedding);"
                   " INSERT INTO vectors VALUES('b', x'00000040'), ('a', x'0000803f');"
                   " CREATE INDEX i ON vectors(word, embedding);"
                   " CREATE VIEW meta AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1"
                   " FROM n) SELECT i AS key, i AS value FROM n\"");
    gv_assert_ok(gv_vectors_read(&vectors, gv_test_path("v.db"), 0, &err), err);
    cr_assert_str_eq(vectors->words[0], "b");
    gv_vectors_free(vectors);
}

/* --- vocab.txt -------------------------------------------------------------------------------- */

Test(hostile, a_vocabulary_beyond_the_budget_is_not_read_to_its_end)
{
    gv_error err = GV_ERROR_INIT;
    gv_vocab *vocab;
    const char *path = gv_test_write_text("vocab.txt", "aaaaaaaaaaaaaaaa 9\nb 2\nnot a line of it");
    cr_assert_eq(gv_vocab_read_within(&vocab, path, 0, 20, "some.memory_mb", &err), GV_E_MEMORY);
    cr_assert(strstr(err.text, "raise some.memory_mb"), "%s", err.text);
    cr_assert_eq(gv_vocab_read_within(&vocab, path, 0, 100, "some.memory_mb", NULL), GV_E_MEMORY);
    cr_assert_eq(gv_vocab_read_within(&vocab, path, 0, 1 << 20, "some.memory_mb", NULL),
                 GV_E_CORRUPT);
}
