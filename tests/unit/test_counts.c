/* counts.bin: round trips, and every kind of damage noticed. */
#include "support/gv_test.h"

#include "base/gv_file.h"
#include "base/gv_file_reader.h"
#include "base/gv_mem.h"
#include "base/gv_rng.h"
#include "counts/gv_counts.h"
#include "counts/gv_counts_decode.h"
#include "counts/gv_counts_each.h"
#include "counts/gv_counts_internal.h"
#include "counts/gv_counts_row.h"
#include <stdlib.h>
#include <string.h>

enum { WORDS = 300 };

/* A matrix in memory: cells of row r are first[r] .. first[r + 1]. */
typedef struct matrix {
    size_t first[WORDS + 1];
    gv_counts_cell *cells;
} matrix;

static uint64_t random_value(gv_rng *rng)
{
    uint64_t bits = gv_rng_below(rng, 64);
    return (gv_rng_next(rng) >> bits) | 1;
}

static matrix *random_matrix(uint64_t seed, bool symmetric, uint32_t sparsity)
{
    gv_rng rng;
    gv_rng_seed(&rng, seed, GV_RNG_TEST, 1);
    matrix *m = gv_test_keep(calloc(1, sizeof *m));
    m->cells = gv_test_keep(calloc((size_t)WORDS * WORDS, sizeof *m->cells));
    size_t n = 0;
    for (uint32_t row = 0; row < WORDS; row++) {
        m->first[row] = n;
        if (row % 7 == 3)
            continue;
        for (uint32_t column = symmetric ? row : 0; column < WORDS; column++)
            if (gv_rng_below(&rng, sparsity) == 0)
                m->cells[n++] = (gv_counts_cell){column, random_value(&rng)};
    }
    m->first[WORDS] = n;
    return m;
}

static gv_counts_info make_info(bool symmetric)
{
    static char recipe[] = "{\"cooccur.window\":15}";
    return (gv_counts_info){.vocab_size = WORDS,
                            .symmetric = symmetric,
                            .window = 15,
                            .unit = 360360,
                            .vocab_hash = {1, 2},
                            .recipe = recipe};
}

static const char *write_matrix(const char *name, const matrix *m, bool symmetric,
                                gv_counts_info *info)
{
    gv_error err = GV_ERROR_INIT;
    const char *path = gv_test_path(name);
    gv_counts_writer *writer;
    *info = make_info(symmetric);
    gv_assert_ok(gv_counts_create(&writer, path, info, &err), err);
    for (uint32_t row = 0; row < WORDS; row++)
        if (m->first[row + 1] > m->first[row])
            gv_assert_ok(gv_counts_put_row(writer, row, m->cells + m->first[row],
                                           m->first[row + 1] - m->first[row], &err),
                         err);
    gv_assert_ok(gv_counts_commit(&writer, 1234, info, &err), err);
    cr_assert_null(writer);
    gv_hash hash;
    gv_assert_ok(gv_file_reader_hash(&hash, path, &err), err);
    cr_assert(gv_hash_equal(info->file_hash, hash));
    return path;
}

static void expect_pass(gv_counts *counts, const matrix *m)
{
    gv_error err = GV_ERROR_INIT;
    for (uint32_t row = 0; row < WORDS; row++) {
        size_t wanted = m->first[row + 1] - m->first[row], n;
        if (wanted == 0)
            continue;
        uint32_t got;
        const gv_counts_cell *cells;
        gv_assert_ok(gv_counts_next_row(counts, &got, &cells, &n, &err), err);
        cr_assert_eq(got, row);
        cr_assert_eq(n, wanted);
        for (size_t i = 0; i < n; i++) {
            cr_assert_eq(cells[i].column, m->cells[m->first[row] + i].column);
            cr_assert_eq(cells[i].value, m->cells[m->first[row] + i].value);
        }
    }
    for (int twice = 0; twice < 2; twice++) {
        uint32_t row;
        const gv_counts_cell *cells;
        size_t n = 1;
        gv_assert_ok(gv_counts_next_row(counts, &row, &cells, &n, &err), err);
        cr_assert_eq(n, 0);
    }
}

/* What gv_counts_each is to deliver: every cell once, at its number in the file. */
typedef struct expected {
    const matrix *m;
    uint8_t *seen; /* [cells] */
    uint32_t last_row[8];
    int stop_at; /* parts until an error; 0: never */
} expected;

static int expect_part(void *context, unsigned thread, const gv_counts_each_part *part,
                       gv_error *err)
{
    expected *e = context;
    cr_assert_geq(part->row, e->last_row[thread]);
    e->last_row[thread] = part->row;
    cr_assert_leq(part->first_cell + part->n, e->m->first[part->row + 1]);
    cr_assert_geq(part->first_cell, e->m->first[part->row]);
    for (size_t i = 0; i < part->n; i++) {
        size_t at = part->first_cell + i;
        cr_assert_eq(part->column[i], e->m->cells[at].column);
        cr_assert_eq(part->value[i], e->m->cells[at].value);
        cr_assert_eq(e->seen[at]++, 0);
    }
    return e->stop_at > 0 && --e->stop_at == 0 ? gv_error_set(err, GV_E_RUNTIME, "enough") : GV_OK;
}

static void expect_each(gv_counts *counts, const matrix *m, unsigned threads)
{
    gv_error err = GV_ERROR_INIT;
    expected e = {.m = m, .seen = gv_test_keep(calloc(m->first[WORDS] + 1, 1))};
    gv_assert_ok(gv_counts_rewind(counts, &err), err);
    gv_assert_ok(gv_counts_each(counts, threads, expect_part, &e, &err), err);
    for (size_t i = 0; i < m->first[WORDS]; i++)
        cr_assert_eq(e.seen[i], 1, "cell %zu", i);
    e = (expected){.m = m, .seen = gv_test_keep(calloc(m->first[WORDS] + 1, 1)), .stop_at = 5};
    gv_assert_ok(gv_counts_rewind(counts, &err), err);
    cr_assert_eq(gv_counts_each(counts, 1, expect_part, &e, &err), GV_E_RUNTIME);
}

/* Read in shares, the last one first: every cell once, at its number in the whole file. */
static int read_shares(gv_counts *counts, unsigned parts, expected *e, gv_error *err)
{
    gv_counts_share *share = gv_test_keep(calloc(parts, sizeof *share));
    gv_counts_share_totals *totals = gv_test_keep(calloc(parts, sizeof *totals));
    const gv_counts_each_job job = {expect_part, e, 2};
    int status = GV_OK;
    for (unsigned i = 0; status == GV_OK && i < parts; i++)
        status = gv_counts_share_find(&share[i], counts, i, parts, err);
    if (status == GV_OK)
        status = gv_counts_share_join(share, parts, counts, err);
    for (unsigned i = parts; status == GV_OK && i-- > 0;) {
        memset(e->last_row, 0, sizeof e->last_row);
        status = gv_counts_each_of_share(&totals[i], counts, &share[i], &job, err);
    }
    return status == GV_OK ? gv_counts_share_check(totals, parts, counts, err) : status;
}

static void expect_shares(gv_counts *counts, const matrix *m, unsigned parts)
{
    gv_error err = GV_ERROR_INIT;
    expected e = {.m = m, .seen = gv_test_keep(calloc(m->first[WORDS] + 1, 1))};
    gv_assert_ok(read_shares(counts, parts, &e, &err), err);
    for (size_t i = 0; i < m->first[WORDS]; i++)
        cr_assert_eq(e.seen[i], 1, "cell %zu of %u shares", i, parts);
}

static void round_trip(bool symmetric, uint32_t sparsity)
{
    gv_error err = GV_ERROR_INIT;
    matrix *m = random_matrix(gv_test_seed() + sparsity, symmetric, sparsity);
    gv_counts_info info;
    const char *path = write_matrix("counts.bin", m, symmetric, &info);
    uint64_t diagonal = 0;
    for (uint32_t row = 0; row < WORDS; row++)
        diagonal += m->first[row + 1] > m->first[row] && m->cells[m->first[row]].column == row;
    cr_assert_eq(info.cells, m->first[WORDS]);
    cr_assert_eq(info.records, symmetric ? 2 * info.cells - diagonal : info.cells);

    gv_counts *counts;
    gv_assert_ok(gv_counts_open(&counts, path, &err), err);
    const gv_counts_info *about = gv_counts_about(counts);
    cr_assert_eq(about->vocab_size, WORDS);
    cr_assert_eq(about->symmetric, symmetric);
    cr_assert_eq(about->unit, 360360);
    cr_assert_eq(about->tokens, 1234);
    cr_assert_eq(about->cells, info.cells);
    cr_assert_eq(about->records, info.records);
    cr_assert(gv_hash_equal(about->content_hash, info.content_hash));
    cr_assert_str_eq(about->recipe, make_info(symmetric).recipe);
    expect_pass(counts, m);
    gv_assert_ok(gv_counts_rewind(counts, &err), err);
    expect_pass(counts, m);
    for (unsigned threads = 1; threads <= 8; threads *= 2)
        expect_each(counts, m, threads);
    for (unsigned parts = 1; parts <= 9; parts++)
        expect_shares(counts, m, parts);
    gv_counts_close(counts);
}

Test(counts, round_trip_symmetric)
{
    round_trip(true, 3);
}

Test(counts, round_trip_rectangular_and_dense)
{
    round_trip(false, 1);
}

Test(counts, round_trip_sparse)
{
    round_trip(false, 200);
}

Test(counts, many_blocks)
{
    /* 90,000 cells of up to 10 bytes: several blocks */
    gv_error err = GV_ERROR_INIT;
    matrix *m = random_matrix(7, false, 1);
    gv_counts_info info;
    const char *path = write_matrix("counts.bin", m, false, &info);
    gv_file_stat look;
    gv_assert_ok(gv_file_look(&look, path, &err), err);
    cr_assert_gt(look.size, 3u << 17);
}

/* The marks of block heads are among the numbers of the rows, too. */
Test(counts, shares_of_a_file_full_of_marks)
{
    gv_error err = GV_ERROR_INIT;
    gv_counts_info info = make_info(false);
    info.vocab_size = 40000;
    gv_counts_writer *writer;
    const char *path = gv_test_path("counts.bin");
    gv_assert_ok(gv_counts_create(&writer, path, &info, &err), err);
    matrix *m = gv_test_keep(calloc(1, sizeof *m));
    m->cells = gv_test_keep(calloc(WORDS * 1200, sizeof *m->cells));
    size_t n = 0;
    for (uint32_t row = 0; row < WORDS; row++) {
        m->first[row] = n;
        uint32_t column = 0;
        for (size_t i = 0; i < 900; i++, column++) { /* "ROWS": gap, value, gap, value */
            column += i % 2 ? 'W' : 'R';
            if (column < info.vocab_size)
                m->cells[n++] = (gv_counts_cell){column, i % 2 ? 'S' : 'O'};
        }
        gv_assert_ok(
            gv_counts_put_row(writer, row, m->cells + m->first[row], n - m->first[row], &err), err);
    }
    m->first[WORDS] = n;
    gv_assert_ok(gv_counts_commit(&writer, 1, NULL, &err), err);
    gv_counts *counts;
    gv_assert_ok(gv_counts_open(&counts, path, &err), err);
    for (unsigned parts = 1; parts <= 40; parts += 3)
        expect_shares(counts, m, parts);
    gv_counts_close(counts);
}

/* Rows longer than a part, with gaps and values of every length. */
Test(counts, long_rows_in_parts)
{
    enum { COLUMNS = 40000 };
    gv_error err = GV_ERROR_INIT;
    gv_counts_info info = make_info(false);
    info.vocab_size = COLUMNS;
    gv_counts_writer *writer;
    const char *path = gv_test_path("counts.bin");
    gv_assert_ok(gv_counts_create(&writer, path, &info, &err), err);
    matrix *m = gv_test_keep(calloc(1, sizeof *m));
    m->cells = gv_test_keep(calloc(WORDS * 1200, sizeof *m->cells));
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 4);
    size_t n = 0;
    for (uint32_t row = 0; row < WORDS; row++) {
        m->first[row] = n;
        for (uint32_t column = 0; column < COLUMNS && n < m->first[row] + 1200;
             column += 1 + (uint32_t)(gv_rng_below(&rng, COLUMNS) >> gv_rng_below(&rng, 17)))
            m->cells[n++] = (gv_counts_cell){column, random_value(&rng)};
        gv_assert_ok(
            gv_counts_put_row(writer, row, m->cells + m->first[row], n - m->first[row], &err), err);
    }
    m->first[WORDS] = n;
    gv_assert_ok(gv_counts_commit(&writer, 1, NULL, &err), err);
    gv_counts *counts;
    gv_assert_ok(gv_counts_open(&counts, path, &err), err);
    expect_pass(counts, m);
    for (unsigned threads = 1; threads <= 3; threads++)
        expect_each(counts, m, threads);
    gv_counts_close(counts);
}

/* Decode n cells both ways; both give the same, or both find damage. */
static const uint8_t *decode_both(const uint8_t *bytes, const uint8_t *end, uint64_t limit,
                                  size_t n)
{
    enum { MOST = 600 };
    static uint32_t column[2][MOST + GV_COUNTS_DECODE_SLACK];
    static uint64_t value[2][MOST + GV_COUNTS_DECODE_SLACK];
    gv_counts_decode_place place[2];
    bool good[2];
    for (int i = 0; i < 2; i++) {
        gv_counts_decode_fn *decode = i ? gv_counts_decode_choose() : gv_counts_decode_portable;
        place[i] = (gv_counts_decode_place){.from = bytes, .end = end, .next = 3, .limit = limit};
        good[i] = decode(column[i], value[i], &place[i], n) && place[i].from <= end;
    }
    cr_assert_eq(good[0], good[1]);
    if (!good[0])
        return NULL;
    cr_assert_eq(place[0].from, place[1].from);
    cr_assert_eq(place[0].next, place[1].next);
    cr_assert_arr_eq(column[0], column[1], n * sizeof **column);
    cr_assert_arr_eq(value[0], value[1], n * sizeof **value);
    return place[0].from;
}

Test(counts, decoders_agree)
{
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 6);
    uint8_t *bytes = gv_test_keep(malloc(600 * GV_COUNTS_ROW_CELL_MAX + GV_COUNTS_PADDING + 64));
    for (int round = 0; round < 3000; round++) {
        size_t n = 1 + gv_rng_below(&rng, 600);
        unsigned gap_bits = (unsigned)gv_rng_below(&rng, 20);
        unsigned value_bits = (unsigned)gv_rng_below(&rng, round % 3 == 0 ? 64 : 29);
        uint8_t *end = bytes;
        uint64_t next = 3;
        for (size_t i = 0; i < n; i++) {
            uint64_t gap = gv_rng_next(&rng) >> (63 - gap_bits) >> 1;
            end = gv_counts_row_put(end, gap);
            end = gv_counts_row_put(end, (gv_rng_next(&rng) >> (63 - value_bits)) | 1);
            next += gap + 1;
        }
        memset(end, 0, GV_COUNTS_PADDING);
        cr_assert_eq(decode_both(bytes, end, next, n), end);
        /* a column too few, a cell too few, damage */
        cr_assert_null(decode_both(bytes, end, next - 1, n));
        cr_assert_null(decode_both(bytes, end - 1, next, n + 1));
        size_t where = gv_rng_below(&rng, (uint64_t)(end - bytes));
        bytes[where] = (uint8_t)gv_rng_next(&rng);
        (void)decode_both(bytes, end, next, n);
        bytes[where] = 0;
        (void)decode_both(bytes, end, UINT32_MAX, n);
    }
}

Test(counts, varints_of_every_length)
{
    for (unsigned bits = 0; bits < 64; bits++)
        for (int d = -1; d <= 1; d++) {
            uint64_t value = (UINT64_C(1) << bits) + (uint64_t)(int64_t)d, back = ~value;
            uint8_t plain[32] = {0}, fast[32] = {0};
            const uint8_t *end = gv_bytes_put_varint(plain, value);
            uint8_t *fast_end = gv_counts_row_put(fast, value);
            cr_assert_eq(end - plain, fast_end - fast);
            cr_assert_arr_eq(plain, fast, (size_t)(end - plain));
            memset(fast_end, 0xff, 16);
            cr_assert_eq(gv_counts_row_get(fast, fast_end, &back), fast_end);
            cr_assert_eq(back, value, "%lu came back as %lu", value, back);
            cr_assert_null(gv_counts_row_get(fast, fast_end - 1, &back));
        }
}

Test(counts, writer_refuses_disorder)
{
    gv_counts_info info = make_info(true);
    const gv_counts_cell good[] = {{5, 1}, {6, 1}}, back[] = {{6, 1}, {5, 1}},
                         twice[] = {{6, 1}, {6, 1}}, below[] = {{3, 1}}, beyond[] = {{WORDS, 1}},
                         zero[] = {{7, 0}};
    const struct {
        const gv_counts_cell *cells;
        size_t n;
    } bad[] = {{back, 2}, {twice, 2}, {below, 1}, {beyond, 1}, {zero, 1}, {good, 0}};
    gv_counts_writer *writer;
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_counts_create(&writer, gv_test_path("counts.bin"), &info, &err), err);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_assert_neq(gv_counts_put_row(writer, 5, bad[i].cells, bad[i].n, NULL), GV_OK);
    gv_assert_ok(gv_counts_put_row(writer, 5, good, 2, &err), err);
    cr_assert_neq(gv_counts_put_row(writer, 5, good, 2, NULL), GV_OK);
    gv_counts_abort(&writer);
    cr_assert_not(gv_test_exists(gv_test_path("counts.bin")));
    cr_assert_not(gv_test_exists(gv_test_path("counts.bin.tmp")));
}

static int skip_part(void *context, unsigned thread, const gv_counts_each_part *part, gv_error *err)
{
    (void)context, (void)thread, (void)err;
    cr_assert_lt(part->row, WORDS);
    cr_assert_lt(part->column[part->n - 1], WORDS);
    return GV_OK;
}

/* Read the whole file by many threads; the status of the first thing that fails. */
static int each_of_all(const char *path, gv_error *err)
{
    gv_counts *counts = NULL;
    int status = gv_counts_open(&counts, path, err);
    if (status == GV_OK)
        status = gv_counts_each(counts, 2, skip_part, NULL, err);
    gv_counts_close(counts);
    return status;
}

/* The same, row by row. */
static int read_all(const char *path, gv_error *err)
{
    gv_counts *counts = NULL;
    int status = gv_counts_open(&counts, path, err);
    size_t n = 1;
    while (status == GV_OK && n > 0) {
        uint32_t row;
        const gv_counts_cell *cells;
        status = gv_counts_next_row(counts, &row, &cells, &n, err);
    }
    gv_counts_close(counts);
    return status;
}

/* All of it in three shares, as processes would that read it together. */
static int shares_of_all(const char *path, gv_error *err)
{
    enum { PARTS = 3 };
    gv_counts *counts = NULL;
    gv_counts_share share[PARTS];
    gv_counts_share_totals totals[PARTS];
    const gv_counts_each_job job = {skip_part, NULL, 1};
    int status = gv_counts_open(&counts, path, err);
    for (unsigned i = 0; status == GV_OK && i < PARTS; i++)
        status = gv_counts_share_find(&share[i], counts, i, PARTS, err);
    if (status == GV_OK)
        status = gv_counts_share_join(share, PARTS, counts, err);
    for (unsigned i = 0; status == GV_OK && i < PARTS; i++)
        status = gv_counts_each_of_share(&totals[i], counts, &share[i], &job, err);
    if (status == GV_OK)
        status = gv_counts_share_check(totals, PARTS, counts, err);
    gv_counts_close(counts);
    return status;
}

static void expect_corrupt_by(const char *path, const char *how, size_t where, bool shares)
{
    static int (*const ways[])(const char *path, gv_error *err) = {read_all, each_of_all,
                                                                   shares_of_all};
    for (size_t way = 0; way < (shares ? 3 : 2); way++) {
        gv_error err = GV_ERROR_INIT;
        int status = ways[way](path, &err);
        cr_assert_eq(status, GV_E_CORRUPT, "%s at %zu: status %d (%s)", how, where, status,
                     err.text);
        cr_assert_not_null(strstr(err.text, path), "no file name in: %s", err.text);
    }
}

static void expect_corrupt(const char *path, const char *how, size_t where)
{
    expect_corrupt_by(path, how, where, true);
}

static const char *small_file(const char *name, uint64_t value)
{
    gv_counts_info info = make_info(true);
    const gv_counts_cell cells[] = {{2, value}, {9, 1}, {200, 3000000}};
    gv_error err = GV_ERROR_INIT;
    gv_counts_writer *writer;
    const char *path = gv_test_path(name);
    gv_assert_ok(gv_counts_create(&writer, path, &info, &err), err);
    gv_assert_ok(gv_counts_put_row(writer, 2, cells, 3, &err), err);
    gv_assert_ok(gv_counts_put_row(writer, 9, cells + 1, 2, &err), err);
    gv_assert_ok(gv_counts_commit(&writer, 3, NULL, &err), err);
    return path;
}

Test(counts, every_flipped_byte_is_noticed)
{
    const char *path = small_file("counts.bin", 77);
    size_t bytes;
    char *good = gv_test_read(path, &bytes);
    for (size_t i = 0; i < bytes; i++) {
        char kept = good[i];
        for (int bit = 0; bit < 8; bit += 3) {
            good[i] = (char)(kept ^ (1 << bit));
            gv_test_write("counts.bin", good, bytes);
            expect_corrupt(path, "flipped", i);
        }
        good[i] = kept;
    }
}

Test(counts, every_truncation_is_noticed)
{
    const char *path = small_file("counts.bin", 77);
    size_t bytes;
    char *good = gv_test_read(path, &bytes);
    for (size_t i = 0; i < bytes; i++) {
        gv_test_write("counts.bin", good, i);
        expect_corrupt(path, "truncated", i);
    }
    char *longer = gv_test_keep(calloc(1, bytes + 1));
    memcpy(longer, good, bytes);
    gv_test_write("counts.bin", longer, bytes + 1);
    expect_corrupt(path, "lengthened", bytes);
}

Test(counts, sampled_damage_of_a_large_file)
{
    gv_counts_info info;
    const char *path = write_matrix("counts.bin", random_matrix(3, true, 1), true, &info);
    size_t bytes;
    char *good = gv_test_read(path, &bytes);
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 2);
    for (int i = 0; i < 60; i++) {
        size_t where = (size_t)gv_rng_below(&rng, bytes);
        good[where] ^= 0x10;
        gv_test_write("counts.bin", good, bytes);
        expect_corrupt(path, "flipped", where);
        good[where] ^= 0x10;
        gv_test_write("counts.bin", good, where);
        expect_corrupt(path, "truncated", where);
    }
}

/* Offset of block `number` and its whole length. */
static size_t block_at(const char *file, unsigned number, size_t *length)
{
    const uint8_t *bytes = (const uint8_t *)file;
    size_t offset = 56 + (size_t)gv_bytes_get64(bytes + 48) + 8;
    for (;; number--) {
        *length = 32 + (size_t)gv_bytes_get64(bytes + offset + 8) + 8;
        if (number == 0)
            return offset;
        offset += *length;
    }
}

Test(counts, exchanged_blocks_are_noticed)
{
    gv_counts_info info;
    const char *path = write_matrix("counts.bin", random_matrix(3, false, 1), false, &info);
    size_t bytes, first_bytes, second_bytes;
    char *good = gv_test_read(path, &bytes);
    size_t first = block_at(good, 0, &first_bytes), second = block_at(good, 1, &second_bytes);
    char *bad = gv_test_keep(malloc(bytes));
    memcpy(bad, good, bytes);
    memcpy(bad + first, good + second, second_bytes);
    memcpy(bad + first + second_bytes, good + first, first_bytes);
    gv_test_write("counts.bin", bad, bytes);
    expect_corrupt(path, "exchanged", 0);
}

Test(counts, block_of_another_file_is_noticed)
{
    const char *path = small_file("counts.bin", 77), *other = small_file("other.bin", 78);
    size_t bytes, other_bytes, length;
    char *good = gv_test_read(path, &bytes), *foreign = gv_test_read(other, &other_bytes);
    cr_assert_eq(bytes, other_bytes);
    size_t offset = block_at(good, 0, &length);
    memcpy(good + offset, foreign + offset, length);
    gv_test_write("counts.bin", good, bytes);
    /* only the checksum of the whole file tells: header and numbers are the same */
    expect_corrupt_by(path, "block of another file", offset, false);
}

Test(counts, foreign_and_empty_and_missing_files)
{
    gv_error err = GV_ERROR_INIT;
    expect_corrupt(gv_test_write_text("empty.bin", ""), "empty", 0);
    char text[4000];
    memset(text, 'x', sizeof text);
    expect_corrupt(gv_test_write("text.bin", text, sizeof text), "foreign", 0);
    cr_assert_eq(read_all(gv_test_path("none.bin"), &err), GV_E_IO);
    cr_assert_not_null(strstr(err.text, "none.bin"));
}

Test(counts, another_version_is_named)
{
    const char *path = small_file("counts.bin", 1);
    size_t bytes;
    char *file = gv_test_read(path, &bytes);
    file[8] = 9;
    gv_test_write("counts.bin", file, bytes);
    gv_error err = GV_ERROR_INIT;
    cr_assert_eq(read_all(path, &err), GV_E_CORRUPT);
    cr_assert_not_null(strstr(err.text, "format 9"), "%s", err.text);
}

Test(counts, failing_allocations_and_writes)
{
    gv_counts_info info = make_info(true);
    const gv_counts_cell cells[] = {{2, 5}, {9, 1}};
    const char *path = gv_test_path("counts.bin");
    for (int io = 0; io < 2; io++)
        for (uint64_t n = 1;; n++) {
            cr_assert_lt(n, 100);
            gv_error err = GV_ERROR_INIT;
            gv_counts_writer *writer = NULL;
            io ? gv_file_fail_at(n) : gv_mem_fail_at(n, 1);
            int status = gv_counts_create(&writer, path, &info, &err);
            if (status == GV_OK)
                status = gv_counts_put_row(writer, 2, cells, 2, &err);
            if (status == GV_OK)
                status = gv_counts_commit(&writer, 1, NULL, &err);
            gv_counts_abort(&writer);
            if (status == GV_OK && !io)
                status = read_all(path, &err);
            gv_file_fail_at(0);
            gv_mem_fail_at(0, 0);
            if (status == GV_OK)
                break;
            cr_assert_eq(status, io ? GV_E_IO : GV_E_MEMORY, "%s", err.text);
        }
}
