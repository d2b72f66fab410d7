/* cooccurrence.bin: export, import, and files that are not as they should be. */
#include "support/gv_test.h"

#include "base/gv_bytes.h"
#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "base/gv_rng.h"
#include "counts/gv_counts.h"
#include "counts/gv_reference.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS = 40 };

typedef struct record {
    int32_t row, column; /* 1-based */
    double value;
} record;

static const gv_vocab *make_vocab(void)
{
    static const char *names[WORDS];
    static uint64_t counts[WORDS];
    static gv_vocab *vocab; /* one for the whole test */
    if (vocab)
        return vocab;
    gv_error err = GV_ERROR_INIT;
    for (int i = 0; i < WORDS; i++)
        names[i] = gv_test_format("w%d", i);
    gv_assert_ok(gv_vocab_from_words(&vocab, names, counts, WORDS, &err), err);
    return vocab;
}

static const gv_config *make_config(bool symmetric)
{
    static gv_config *configs[2];
    if (configs[symmetric])
        return configs[symmetric];
    gv_error err = GV_ERROR_INIT;
    char set[] = "cooccur.symmetric=false";
    char *sets[] = {set};
    gv_strings list = {symmetric ? 0 : 1, sets};
    gv_assert_ok(gv_config_load(&configs[symmetric], NULL, &list, "test", &err), err);
    return configs[symmetric];
}

static const char *write_records(const char *name, const record *records, size_t n)
{
    uint8_t *bytes = calloc(n + 1, 16);
    for (size_t i = 0; i < n; i++) {
        uint64_t bits;
        memcpy(&bits, &records[i].value, sizeof bits);
        gv_bytes_put32(bytes + 16 * i, (uint32_t)records[i].row);
        gv_bytes_put32(bytes + 16 * i + 4, (uint32_t)records[i].column);
        gv_bytes_put64(bytes + 16 * i + 8, bits);
    }
    const char *path = gv_test_write(name, bytes, 16 * n);
    free(bytes);
    return path;
}

/* counts.bin of random cells; `dense[r][c]` receives the whole matrix. */
static const char *random_counts(bool symmetric, uint64_t dense[WORDS][WORDS])
{
    gv_error err = GV_ERROR_INIT;
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, symmetric);
    static char recipe[] = "{}";
    gv_counts_info info = {.vocab_size = WORDS,
                           .symmetric = symmetric,
                           .unit = 360360,
                           .vocab_hash = gv_vocab_hash(make_vocab()),
                           .recipe = recipe};
    gv_counts_writer *writer;
    const char *path = gv_test_path("counts.bin");
    gv_assert_ok(gv_counts_create(&writer, path, &info, &err), err);
    for (uint32_t row = 0; row < WORDS; row++) {
        gv_counts_cell cells[WORDS];
        size_t n = 0;
        for (uint32_t column = symmetric ? row : 0; column < WORDS; column++) {
            if (row % 5 == 0 || gv_rng_below(&rng, 3))
                continue;
            cells[n] = (gv_counts_cell){column, 1 + gv_rng_below(&rng, UINT64_C(1) << 40)};
            dense[row][column] = cells[n].value;
            if (symmetric)
                dense[column][row] = cells[n].value;
            n++;
        }
        if (n)
            gv_assert_ok(gv_counts_put_row(writer, row, cells, n, &err), err);
    }
    gv_assert_ok(gv_counts_commit(&writer, 0, &info, &err), err);
    return path;
}

static void export_and_back(bool symmetric)
{
    static uint64_t dense[WORDS][WORDS];
    gv_error err = GV_ERROR_INIT;
    const char *counts = random_counts(symmetric, dense), *bin = gv_test_path("cooccurrence.bin");
    uint64_t records = 0, at = 0;
    gv_assert_ok(gv_reference_export(counts, bin, &records, &err), err);
    size_t bytes;
    const uint8_t *file = (const uint8_t *)gv_test_read(bin, &bytes);
    cr_assert_eq(bytes, records * 16);
    for (uint32_t row = 0; row < WORDS; row++)
        for (uint32_t column = 0; column < WORDS; column++) {
            if (dense[row][column] == 0)
                continue;
            const uint8_t *from = file + 16 * at++;
            double value;
            memcpy(&value, from + 8, sizeof value);
            cr_assert_eq(gv_bytes_get32(from), row + 1);
            cr_assert_eq(gv_bytes_get32(from + 4), column + 1);
            cr_assert_eq(value, (double)dense[row][column] / 360360.0);
        }
    cr_assert_eq(at, records);

    double largest = -1;
    const char *again = gv_test_path("again.bin"), *bin2 = gv_test_path("cooccurrence2.bin");
    gv_assert_ok(
        gv_reference_import(bin, make_vocab(), make_config(symmetric), again, &largest, &err), err);
    cr_assert(largest >= 0 && largest < 1e-9, "largest error %g", largest);
    gv_counts *back;
    gv_assert_ok(gv_counts_open(&back, again, &err), err);
    cr_assert_eq(gv_counts_about(back)->unit, 360360);
    cr_assert_eq(gv_counts_about(back)->records, records);
    cr_assert_eq(gv_counts_about(back)->symmetric, symmetric);
    gv_counts_close(back);
    gv_assert_ok(gv_reference_export(again, bin2, NULL, &err), err);
    size_t bytes2;
    char *file2 = gv_test_read(bin2, &bytes2);
    cr_assert(bytes == bytes2 && memcmp(file, file2, bytes) == 0);
}

Test(reference, export_and_back_symmetric)
{
    export_and_back(true);
}

Test(reference, export_and_back_rectangular)
{
    export_and_back(false);
}

static int import(const char *bin, bool symmetric, double *largest, gv_error *err)
{
    return gv_reference_import(bin, make_vocab(), make_config(symmetric),
                               gv_test_path("imported.bin"), largest, err);
}

static void expect_refused(const record *records, size_t n, bool symmetric, const char *why)
{
    gv_error err = GV_ERROR_INIT;
    const char *bin = write_records("bad.bin", records, n);
    int status = import(bin, symmetric, NULL, &err);
    cr_assert_eq(status, GV_E_CORRUPT, "wanted \"%s\", got %d %s", why, status, err.text);
    cr_assert(strstr(err.text, why) && strstr(err.text, "bad.bin"), "%s", err.text);
    cr_assert_not(gv_test_exists(gv_test_path("imported.bin")));
    cr_assert_not(gv_test_exists(gv_test_path("imported.bin.tmp")));
}

Test(reference, malformed_files_are_refused)
{
    expect_refused((record[]){{1, 1, 1}, {0, 2, 1}}, 2, false, "record 2");
    expect_refused((record[]){{WORDS + 1, 1, 1}}, 1, false, "vocabulary");
    expect_refused((record[]){{1, -3, 1}}, 1, false, "vocabulary");
    expect_refused((record[]){{2, 1, 1}, {1, 1, 1}}, 2, false, "out of order");
    expect_refused((record[]){{1, 2, 1}, {1, 1, 1}}, 2, false, "out of order");
    expect_refused((record[]){{1, 2, 1}, {1, 2, 1}}, 2, false, "twice");
    expect_refused((record[]){{1, 2, 0}}, 1, false, "positive");
    expect_refused((record[]){{1, 2, -1}}, 1, false, "positive");
    expect_refused((record[]){{1, 2, NAN}}, 1, false, "positive");
    expect_refused((record[]){{1, 2, INFINITY}}, 1, false, "positive");
    expect_refused((record[]){{1, 2, 1e300}}, 1, false, "too large");
    expect_refused((record[]){{1, 2, 1e-30}}, 1, false, "too small");
}

Test(reference, asymmetry_is_noticed_where_symmetry_is_wanted)
{
    const record lone[] = {{1, 2, 1}}, lower[] = {{2, 1, 1}}, differs[] = {{1, 2, 1}, {2, 1, 2}},
                 swapped[] = {{1, 3, 1}, {2, 3, 2}, {3, 1, 2}, {3, 2, 1}},
                 elsewhere[] = {{1, 3, 1}, {3, 2, 1}}, good[] = {{1, 2, 1}, {2, 1, 1}, {2, 2, 5}};
    expect_refused(lone, 1, true, "\"w1\" (line 2)");
    expect_refused(lower, 1, true, "\"w1\"");
    expect_refused(differs, 2, true, "not symmetric");
    expect_refused(swapped, 4, true, "\"w2\"");
    expect_refused(elsewhere, 2, true, "\"w2\"");
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(import(write_records("lone.bin", lone, 1), false, NULL, &err), err);
    gv_assert_ok(import(write_records("good.bin", good, 3), true, NULL, &err), err);
}

Test(reference, unit_follows_the_values)
{
    gv_error err = GV_ERROR_INIT;
    double largest;
    const record odd[] = {{1, 1, 0.123456789}, {2, 2, 3.7}};
    gv_assert_ok(import(write_records("odd.bin", odd, 2), true, &largest, &err), err);
    cr_assert_lt(largest, 1e-8);
    gv_counts *counts;
    gv_assert_ok(gv_counts_open(&counts, gv_test_path("imported.bin"), &err), err);
    cr_assert_eq(gv_counts_about(counts)->unit, UINT64_C(1) << 32);
    gv_counts_close(counts);
}

Test(reference, truncated_empty_and_missing_files)
{
    const record good[] = {{1, 2, 1}, {2, 1, 1}};
    const char *bin = write_records("bad.bin", good, 2);
    gv_test_truncate(bin, 31);
    gv_error err = GV_ERROR_INIT;
    cr_assert_eq(import(bin, true, NULL, &err), GV_E_CORRUPT);
    cr_assert_not_null(strstr(err.text, "multiple of 16"), "%s", err.text);
    gv_test_truncate(bin, 16); /* whole records, but the mirror image is gone */
    cr_assert_eq(import(bin, true, NULL, NULL), GV_E_CORRUPT);
    gv_test_truncate(bin, 0);
    cr_assert_eq(import(bin, true, NULL, NULL), GV_E_RUNTIME);
    cr_assert_eq(import(gv_test_path("none"), true, NULL, NULL), GV_E_IO);
    cr_assert_eq(gv_reference_export(gv_test_path("none"), bin, NULL, NULL), GV_E_IO);
}

Test(reference, failing_allocations_and_writes)
{
    static uint64_t dense[WORDS][WORDS];
    const char *counts = random_counts(true, dense), *bin = gv_test_path("cooccurrence.bin");
    const gv_vocab *vocab = make_vocab();
    const gv_config *config = make_config(true);
    for (int io = 0; io < 2; io++)
        for (uint64_t n = 1;; n++) {
            gv_error err = GV_ERROR_INIT;
            io ? gv_file_fail_at(n) : gv_mem_fail_at(n, 1);
            int status = gv_reference_export(counts, bin, NULL, &err);
            if (status == GV_OK)
                status = gv_reference_import(bin, vocab, config, gv_test_path("imported.bin"), NULL,
                                             &err);
            gv_file_fail_at(0);
            gv_mem_fail_at(0, 0);
            if (status == GV_OK)
                break;
            cr_assert_eq(status, io ? GV_E_IO : GV_E_MEMORY, "%lu: %s", n, err.text);
        }
}
