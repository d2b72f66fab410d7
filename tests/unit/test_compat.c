/* Parts of the programs in place of the reference's. */
#include "base/gv_bytes.h"
#include "compat/gv_compat_number.h"
#include "compat/gv_compat_pack.h"
#include "compat/gv_compat_records.h"
#include "compat/gv_compat_tiles.h"
#include "counts/gv_counts.h"
#include "support/gv_test.h"
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void expect_number(double value)
{
    char found[GV_COMPAT_NUMBER_MAX + 1], wanted[GV_COMPAT_NUMBER_MAX + 1];
    *gv_compat_number_put6(found, value) = '\0';
    snprintf(wanted, sizeof wanted, "%lf", value);
    cr_assert_str_eq(found, wanted, "%a", value);
}

Test(compat, numbers)
{
    static const double odd[] = {
        0,      -0.0,     0.5e-6,    1.5e-6, 2.5e-6,      -0.4999999e-6, 999999.9999995,
        1e6,    -1e6,     1e300,     NAN,    -INFINITY,   0.0000005,     0.1234565,
        1e-320, 123456.0, 0.9999995, 4.5e-7, 8388608.5e-6};
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++)
        expect_number(odd[i]);
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 0);
    for (int i = 0; i < 200000; i++) {
        double uniform = gv_rng_uniform(&rng) - 0.5,
               scale = exp2((double)gv_rng_below(&rng, 60) - 35);
        expect_number(uniform * scale);
        expect_number((double)(float)(uniform * 8) + (double)(float)(uniform * 3));
        /* halves of millionths */
        expect_number(((double)gv_rng_below(&rng, 1 << 20) + 0.5) / 1048576.0);
    }
}

/* Every record is in one place, columns of a tile row differ, and rows are as long as they say. */
Test(compat, packing)
{
    enum { N = 5000, WIDTH = 40, SEGMENTS = 3 };
    uint32_t first[SEGMENTS + 1] = {0, WIDTH, 2 * WIDTH, 3 * WIDTH}, group[SEGMENTS] = {0};
    const gv_segments segments = {SEGMENTS, first, group, 1};
    gv_compat_pack p = {.segments = &segments};
    gv_error err = GV_ERROR_INIT;
    gv_rng rng;
    static unsigned left[WIDTH][SEGMENTS][WIDTH];
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 1);
    gv_assert_ok(gv_compat_pack_room(&p, N, &err), err);
    for (size_t i = 0; i < N; i++) {
        gv_compat_pack_record r = {.row = (uint16_t)gv_rng_below(&rng, WIDTH),
                                   .column_segment = (uint16_t)gv_rng_below(&rng, SEGMENTS),
                                   .column = (uint16_t)gv_rng_below(&rng, WIDTH)};
        r.log_x = (float)(r.row * 100 + r.column);
        r.weight = (float)r.column_segment;
        p.record[i] = r;
        left[r.row][r.column_segment][r.column]++;
    }
    gv_assert_ok(gv_compat_pack_segment(&p, 1, &err), err);
    size_t records = 0;
    cr_assert_eq(p.tiles, SEGMENTS);
    for (size_t t = 0; t < p.tiles; t++) {
        const gv_compat_pack_tile *tile = &p.tile[t];
        gv_kernel_tile view =
            gv_compat_pack_view(p.bytes + tile->offset, tile->rows, tile->records);
        size_t at = 0;
        for (size_t r = 0; r < view.rows; r++) {
            bool seen[WIDTH] = {false};
            for (size_t k = 0; k <= view.row_length[r]; k++, at++) {
                uint16_t column = view.column[at];
                cr_assert_not(seen[column]);
                seen[column] = true;
                cr_assert(left[view.row[r]][tile->column_segment][column]-- > 0);
                cr_assert_eq(view.log_x[at], (float)(view.row[r] * 100 + column));
                cr_assert_eq(view.weight[at], (float)tile->column_segment);
            }
        }
        cr_assert_eq(at, tile->records);
        records += at;
    }
    cr_assert_eq(records, N);
    gv_compat_pack_free(&p);
}

/* Tiles of a file of random records, by any number of threads, in memory or on the disk. */
static gv_compat_tiles tiles_of(const char *path, unsigned threads, uint64_t memory)
{
    gv_error err = GV_ERROR_INIT;
    gv_compat_input input;
    gv_compat_tiles tiles;
    gv_assert_ok(gv_compat_input_open(&input, path, path, &err), err);
    const gv_compat_tiles_job job = {.input = &input,
                                     .vocab_size = 3000,
                                     .weighting = {1, 10, 0.75},
                                     .memory = memory,
                                     .threads = threads,
                                     .beside = path};
    gv_assert_ok(gv_compat_tiles_build(&tiles, &job, &err), err);
    gv_compat_input_close(&input);
    return tiles;
}

static void expect_same_tiles(const gv_compat_tiles *a, const gv_compat_tiles *b)
{
    gv_error err = GV_ERROR_INIT;
    uint8_t *room = gv_test_keep(malloc(b->largest));
    cr_assert_eq(a->n, b->n);
    cr_assert_eq(a->records, b->records);
    for (size_t i = 0; i < a->n; i++) {
        gv_kernel_tile x, y;
        gv_assert_ok(gv_compat_tiles_get(&x, a, i, NULL, &err), err);
        gv_assert_ok(gv_compat_tiles_get(&y, b, i, room, &err), err);
        cr_assert(x.rows == y.rows && x.records == y.records);
        cr_assert_eq(memcmp(x.log_x, y.log_x, gv_compat_pack_bytes(x.rows, x.records)), 0);
    }
}

Test(compat, tiles_by_threads_and_memory)
{
    enum { N = 60000 };
    uint8_t *bytes = gv_test_keep(malloc(N * GV_COMPAT_RECORDS_BYTES));
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 2);
    for (size_t i = 0; i < N; i++) {
        gv_bytes_put32(bytes + 16 * i,
                       1 + (uint32_t)gv_rng_below(&rng, 1 + gv_rng_below(&rng, 3000)));
        gv_bytes_put32(bytes + 16 * i + 4, 1 + (uint32_t)gv_rng_below(&rng, 3000));
        gv_bytes_put_double(bytes + 16 * i + 8, 1 + 30 * gv_rng_uniform(&rng));
    }
    const char *path = gv_test_write("r.bin", bytes, N * 16);
    gv_compat_tiles one = tiles_of(path, 1, UINT64_C(1) << 30);
    cr_assert_not_null(one.bytes);
    for (unsigned threads = 1; threads < 4; threads++) {
        gv_compat_tiles other = tiles_of(path, threads, threads % 2 ? 0 : UINT64_C(1) << 30);
        cr_assert_eq(other.bytes == NULL, threads % 2 == 1);
        expect_same_tiles(&one, &other);
        gv_compat_tiles_free(&other);
    }
    gv_compat_tiles_free(&one);
}

/* --- records ---------------------------------------------------------------------------------- */

enum { WORDS = 30 };

/* X(i,j) for i <= j if symmetric, with gaps and an empty row. */
static uint64_t cell(uint32_t row, uint32_t column, bool symmetric)
{
    if (row == 7 || (symmetric && column < row) || (row * 31 + column * 17) % 3 == 0)
        return 0;
    return (UINT64_C(1) << (row + column) % 40) + column;
}

static const char *write_counts(bool symmetric)
{
    gv_error err = GV_ERROR_INIT;
    gv_counts_writer *writer;
    char recipe[] = "{}";
    const gv_counts_info info = {
        .vocab_size = WORDS, .symmetric = symmetric, .window = 3, .unit = 6, .recipe = recipe};
    const char *path = gv_test_path("counts.bin");
    gv_assert_ok(gv_counts_create(&writer, path, &info, &err), err);
    for (uint32_t row = 0; row < WORDS; row++) {
        gv_counts_cell cells[WORDS];
        size_t n = 0;
        for (uint32_t column = 0; column < WORDS; column++)
            if (cell(row, column, symmetric) > 0)
                cells[n++] = (gv_counts_cell){column, cell(row, column, symmetric)};
        if (n > 0)
            gv_assert_ok(gv_counts_put_row(writer, row, cells, n, &err), err);
    }
    gv_assert_ok(gv_counts_commit(&writer, 100, NULL, &err), err);
    return path;
}

/* What is written to standard output with so much memory. */
static uint8_t *records_of(bool symmetric, uint64_t memory, uint64_t *n)
{
    gv_error err = GV_ERROR_INIT;
    const char *path = write_counts(symmetric), *out = gv_test_path("out.bin");
    int kept = dup(STDOUT_FILENO), fd = open(out, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    dup2(fd, STDOUT_FILENO);
    int status = gv_compat_records_write(n, path, memory, NULL, &err);
    dup2(kept, STDOUT_FILENO);
    close(kept);
    close(fd);
    gv_assert_ok(status, err);
    size_t bytes;
    uint8_t *records = (uint8_t *)gv_test_keep(gv_test_read(out, &bytes));
    cr_assert_eq(bytes, *n * GV_COMPAT_RECORDS_BYTES);
    return records;
}

/* All pairs in order, whatever part of the columns fits into the memory. */
Test(compat, records_in_bands)
{
    for (int symmetric = 0; symmetric < 2; symmetric++)
        for (uint64_t memory = 0; memory < 100000; memory = memory * 7 + 60) {
            uint64_t n, at = 0;
            const uint8_t *records = records_of(symmetric, memory, &n);
            for (uint32_t first = 0; first < WORDS; first++)
                for (uint32_t second = 0; second < WORDS; second++) {
                    bool turned = !symmetric || second < first;
                    uint64_t value =
                        turned ? cell(second, first, symmetric) : cell(first, second, symmetric);
                    if (value == 0)
                        continue;
                    const uint8_t *r = records + 16 * at++;
                    cr_assert_eq(gv_bytes_get32(r), first + 1);
                    cr_assert_eq(gv_bytes_get32(r + 4), second + 1);
                    cr_assert_eq(gv_bytes_get_double(r + 8), (double)value / 6);
                }
            cr_assert_eq(at, n);
        }
}
