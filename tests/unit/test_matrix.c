/* Matrices of other programs: export, import, and files that are not as they should be. */
#include "support/gv_test.h"

#include "base/gv_bytes.h"
#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "base/gv_rng.h"
#include "counts/gv_counts.h"
#include "counts/gv_matrix_export.h"
#include "counts/gv_matrix_import.h"
#include "counts/gv_matrix_sort.h"
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

/* Import with the defaults; `largest` may be NULL. */
static int import_to(const char *path, bool symmetric, const char *counts, double *largest,
                     gv_error *err)
{
    const gv_matrix_import_options options = {.ids_from = -1};
    gv_matrix_import_report report;
    int status = gv_matrix_import(path, make_vocab(), make_config(symmetric), &options, counts,
                                  &report, err);
    if (largest)
        *largest = report.largest_error;
    gv_strings_free(&report.notes);
    return status;
}

static int export_records(const char *counts, const char *bin, uint64_t *records, gv_error *err)
{
    return gv_matrix_export(counts, NULL, bin, GV_MATRIX_WRITER_REFERENCE, records, err);
}

static void export_and_back(bool symmetric)
{
    static uint64_t dense[WORDS][WORDS];
    gv_error err = GV_ERROR_INIT;
    const char *counts = random_counts(symmetric, dense), *bin = gv_test_path("cooccurrence.bin");
    uint64_t records = 0, at = 0;
    gv_assert_ok(export_records(counts, bin, &records, &err), err);
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
    gv_assert_ok(import_to(bin, symmetric, again, &largest, &err), err);
    cr_assert(largest >= 0 && largest < 1e-9, "largest error %g", largest);
    gv_counts *back;
    gv_assert_ok(gv_counts_open(&back, again, &err), err);
    cr_assert_eq(gv_counts_about(back)->unit, 360360);
    cr_assert_eq(gv_counts_about(back)->records, records);
    cr_assert_eq(gv_counts_about(back)->symmetric, symmetric);
    gv_counts_close(back);
    gv_assert_ok(export_records(again, bin2, NULL, &err), err);
    size_t bytes2;
    char *file2 = gv_test_read(bin2, &bytes2);
    cr_assert(bytes == bytes2 && memcmp(file, file2, bytes) == 0);
}

Test(matrix, export_and_back_symmetric)
{
    export_and_back(true);
}

Test(matrix, export_and_back_rectangular)
{
    export_and_back(false);
}

static int import(const char *bin, bool symmetric, double *largest, gv_error *err)
{
    return import_to(bin, symmetric, gv_test_path("imported.bin"), largest, err);
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

Test(matrix, malformed_files_are_refused)
{
    expect_refused((record[]){{1, 1, 1}, {0, 2, 1}}, 2, false, "record 2");
    expect_refused((record[]){{WORDS + 1, 1, 1}}, 1, false, "vocabulary");
    expect_refused((record[]){{1, -3, 1}}, 1, false, "vocabulary");
    expect_refused((record[]){{1, 2, 1}, {1, 2, 1}}, 2, false, "twice");
    expect_refused((record[]){{1, 2, 0}}, 1, false, "positive");
    expect_refused((record[]){{1, 2, -1}}, 1, false, "positive");
    expect_refused((record[]){{1, 2, NAN}}, 1, false, "positive");
    expect_refused((record[]){{1, 2, INFINITY}}, 1, false, "positive");
    expect_refused((record[]){{1, 2, 1e300}}, 1, false, "too large");
    expect_refused((record[]){{1, 2, 1e-30}}, 1, false, "too small");
}

Test(matrix, asymmetry_is_noticed_where_symmetry_is_wanted)
{
    const record lone[] = {{1, 2, 1}}, lower[] = {{2, 1, 1}}, differs[] = {{1, 2, 1}, {2, 1, 2}},
                 swapped[] = {{1, 3, 1}, {2, 3, 2}, {3, 1, 2}, {3, 2, 1}},
                 elsewhere[] = {{1, 3, 1}, {3, 2, 1}}, part[] = {{1, 2, 1}, {2, 1, 1}, {3, 1, 1}},
                 good[] = {{1, 2, 1}, {2, 1, 1}, {2, 2, 5}};
    expect_refused(lone, 1, true, "\"w0\" \"w1\" but not \"w1\" \"w0\"; add --mirror");
    expect_refused(lower, 1, true, "\"w1\" \"w0\" but not");
    expect_refused(differs, 2, true, "not symmetric");
    expect_refused(swapped, 4, true, "in the other order 2");
    expect_refused(elsewhere, 2, true, "every pair is there in one order only");
    expect_refused(part, 3, true, "1 of 2 pairs");
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(import(write_records("lone.bin", lone, 1), false, NULL, &err), err);
    gv_assert_ok(import(write_records("good.bin", good, 3), true, NULL, &err), err);
}

Test(matrix, unit_follows_the_values)
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

Test(matrix, truncated_empty_and_missing_files)
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
    cr_assert_eq(import(bin, true, NULL, NULL), GV_E_CORRUPT); /* empty */
    cr_assert_eq(import(gv_test_path("none"), true, NULL, NULL), GV_E_IO);
    cr_assert_eq(export_records(gv_test_path("none"), bin, NULL, NULL), GV_E_IO);
}

/* Records in any order are sorted, also beyond the memory. */
Test(matrix, shuffled_records)
{
    gv_error err = GV_ERROR_INIT;
    const record records[] = {{3, 1, 7}, {2, 2, 5}, {1, 3, 7}, {40, 40, 1}, {1, 1, 2}};
    gv_assert_ok(import(write_records("mixed.bin", records, 5), true, NULL, &err), err);
    gv_assert_ok(export_records(gv_test_path("imported.bin"), gv_test_path("out.bin"), NULL, &err),
                 err);
    const record sorted[] = {{1, 1, 2}, {1, 3, 7}, {2, 2, 5}, {3, 1, 7}, {40, 40, 1}};
    size_t bytes;
    char *out = gv_test_read(gv_test_path("out.bin"), &bytes);
    char *wanted = gv_test_read(write_records("sorted.bin", sorted, 5), NULL);
    cr_assert(bytes == 80 && memcmp(out, wanted, 80) == 0);
}

/* The range is in the message, and the limits themselves are within it. */
Test(matrix, range_of_values)
{
    gv_error err = GV_ERROR_INIT;
    const record low[] = {{1, 1, 0x1p-32}, {2, 2, 0.01618}},
                 high[] = {{1, 1, 0x1.fffffp30}, {2, 2, 0.01618}},
                 too_low[] = {{1, 1, 0x1p-33}, {2, 2, 0.01618}},
                 too_high[] = {{1, 1, 0x1p31}, {2, 2, 0.01618}};
    expect_refused(too_low, 2, true, "must lie between 2.3e-10 and 2.1e+09; multiply");
    expect_refused(too_high, 2, true, "record 1: the value 2.14748e+09 is too large");
    gv_assert_ok(import(write_records("low.bin", low, 2), true, NULL, &err), err);
    gv_assert_ok(import(write_records("high.bin", high, 2), true, NULL, &err), err);
}

/* --- text and Matrix Market ------------------------------------------------------------------- */

/* Import a file and write it as lines of `row column value`, 1-based. */
static char *import_text(const char *name, const char *text, bool symmetric,
                         const gv_matrix_import_options *options, gv_matrix_import_report *report)
{
    gv_error err = GV_ERROR_INIT;
    const char *counts = gv_test_path("imported.bin"), *out = gv_test_path("out.tsv");
    gv_assert_ok(gv_matrix_import(gv_test_write_text(name, text), make_vocab(),
                                  make_config(symmetric), options, counts, report, &err),
                 err);
    gv_assert_ok(gv_matrix_export(counts, make_vocab(), out, GV_MATRIX_WRITER_TSV, NULL, &err),
                 err);
    return gv_test_read(out, NULL);
}

static void expect_text(const char *name, const char *text, bool symmetric, const char *wanted)
{
    const gv_matrix_import_options options = {.ids_from = -1};
    gv_matrix_import_report report;
    cr_assert_str_eq(import_text(name, text, symmetric, &options, &report), wanted, "%s", name);
    gv_strings_free(&report.notes);
}

Test(matrix, text_in_its_forms)
{
    static const char both[] = "w0\tw1\t1.5\nw1\tw0\t1.5\nw2\tw2\t3\n";
    static const struct {
        const char *name, *text;
    } files[] = {
        {"a.tsv", "w0\tw1\t1.5\nw1\tw0\t1.5\nw2\tw2\t3\n"},
        {"a.csv", "Source,Target,Weight\r\nw0,w1,1.5\r\nw1,w0,1.5\r\nw2,w2,3"},
        {"b.csv", "\xef\xbb\xbf\"w0\",\"w1\",1.5\rw1,w0,1.5\rw2, w2 ,3\r"},
        {"c.csv", "w2;w2;3\nw1;w0;1.5\nw0;w1;1.5\n"},
        {"b.tsv", "\"from\"\t\"to\"\t\"n\"\n\"w0\"\t\"w1\"\t1.5\n\"w1\"\tw0\t1.5\nw2\tw2\t3\n"},
        {"a.txt", "# an edge list\n% comment\n\nw0 w1 1.5\n  w1\t w0  15e-1 \nw2 w2 3.0\n\n"},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        expect_text(files[i].name, files[i].text, true, both);
    expect_text("d.csv", "w0,w1,1\nw1,w1,2\n", false, "w0\tw1\t1\nw1\tw1\t2\n");
}

static bool has_note(const gv_matrix_import_report *report, const char *part)
{
    for (size_t i = 0; i < report->notes.n; i++)
        if (strstr(report->notes.items[i], part))
            return true;
    return false;
}

Test(matrix, what_is_left_out_is_told)
{
    gv_matrix_import_options options = {.ids_from = -1};
    gv_matrix_import_report report;
    char *out = import_text("x.csv", "word,context,count\nw0,w0,1\nw0,frog,1\nw1,w1,0\n", true,
                            &options, &report);
    cr_assert_str_eq(out, "w0\tw0\t1\n");
    cr_assert(has_note(&report, "header: word, context, count"));
    cr_assert(has_note(&report, "left out: 1, for example line 3, \"frog\""));
    cr_assert(has_note(&report, "value 0, left out: 1"));
    gv_strings_free(&report.notes);
    out = import_text("y.csv", "w0,w1,1\nw0,w2,1\n", false, &options, &report);
    cr_assert(has_note(&report, "--mirror"));
    gv_strings_free(&report.notes);
    options.mirror = true;
    out = import_text("y.csv", "w0,w1,1\nw2,w0,4\nw0,w2,4\nw1,w1,2\n", true, &options, &report);
    cr_assert_str_eq(out, "w0\tw1\t1\nw0\tw2\t4\nw1\tw0\t1\nw1\tw1\t2\nw2\tw0\t4\n");
    gv_strings_free(&report.notes);
    out = import_text("y.csv", "w0,w1,1\nw2,w0,4\nw0,w2,4\nw1,w1,2\n", false, &options, &report);
    cr_assert_str_eq(out, "w0\tw1\t1\nw0\tw2\t4\nw1\tw0\t1\nw1\tw1\t2\nw2\tw0\t4\n");
    gv_strings_free(&report.notes);
    options = (gv_matrix_import_options){.ids_from = 0};
    out = import_text("ids.txt", "0 1 2\n1 0 2\n", true, &options, &report);
    cr_assert_str_eq(out, "w0\tw1\t2\nw1\tw0\t2\n");
    gv_strings_free(&report.notes);
}

#define MARKET "%%MatrixMarket matrix coordinate "

Test(matrix, matrix_market)
{
    static const char both[] = "w0\tw1\t1.5\nw1\tw0\t1.5\nw2\tw2\t3\n";
    expect_text("a.mtx", MARKET "real symmetric\n% comment\n40 40 2\n2 1 1.5\n3 3 3\n", true, both);
    expect_text("b.mtx", MARKET "real symmetric\r\n\r\n40 40 2\r\n1 2 1.5\r\n3 3 3\r\n", false,
                both);
    expect_text("c.mtx", MARKET "real general\n40 40 3\n2 1 1.5\n3 3 3\n1 2 1.5\n", true, both);
    expect_text("d.mtx", MARKET "pattern general\n40 40 1\n2 1\n", false, "w1\tw0\t1\n");
    expect_text("e.txt", "%%matrixmarket MATRIX coordinate integer symmetric\n40 40 1\n2 1 7\n",
                true, "w0\tw1\t7\nw1\tw0\t7\n");
}

/* What edge lists look like elsewhere. */
Test(matrix, edge_lists)
{
    static const char both[] = "w0\tw1\t1\nw1\tw0\t1\n", wide[] = "w0\tw1\t2.5\n";
    /* without values; comments anywhere; tabs, commas, blanks */
    expect_text("a.txt", "# Nodes: 2 Edges: 2\n# From\tTo\nw0\tw1\n# more\nw1\tw0\n", true, both);
    expect_text("b.csv", "source,target\nw0,w1\nw1,w0\n", true, both);
    expect_text("c.txt", "% sym\nw0 w1\nw1 w0\n", true, both);
    /* a word may begin with what begins comments, where there are fields enough */
    expect_text("d.txt", "w0 w1 2.5\n#w0 w1\n# said w1\n", false, wide);
    /* networkx */
    expect_text("e.txt", "w0 w1 {'weight': 2.5}\n", false, wide);
    expect_text("f.txt", "w0 w1 {'color': 'red', 'weight': 2.5, 'x': 1}\n", false, wide);
    expect_text("g.txt", "w0 w1 {}\nw1 w0 {\"weight\": 1}\n", true, both);
    expect_text("h.csv", "w0,w1,{'weight': 2.5}\n", false, wide);
}

/* Duplicates, units and headers by options. */
Test(matrix, options)
{
    gv_matrix_import_options options = {.add = true, .ids_from = -1};
    gv_matrix_import_report report;
    const char *out = import_text("a.csv", "w0,w1,1\nw0,w1,2\nw1,w0,4\n", false, &options, &report);
    cr_assert_str_eq(out, "w0\tw1\t3\nw1\tw0\t4\n");
    gv_strings_free(&report.notes);
    options.mirror = true;
    out = import_text("a.csv", "w0,w1,1\nw0,w1,2\nw1,w0,4\nw2,w2,5\n", true, &options, &report);
    cr_assert_str_eq(out, "w0\tw1\t7\nw1\tw0\t7\nw2\tw2\t5\n");
    gv_strings_free(&report.notes);
    options = (gv_matrix_import_options){.unit = 100, .ids_from = -1};
    out = import_text("a.csv", "w0,w1,0.37\nw1,w0,0.374\n", false, &options, &report);
    cr_assert_str_eq(out, "w0\tw1\t0.37\nw1\tw0\t0.37\n");
    cr_assert_eq(report.unit, 100);
    cr_assert_float_eq(report.largest_error, 0.004 / 0.374, 1e-6);
    cr_assert(has_note(&report, "--unit"));
    gv_strings_free(&report.notes);
    options = (gv_matrix_import_options){.has_header = true, .ids_from = -1};
    out = import_text("a.csv", "w0,w1,9\nw0,w1,1\n", false, &options, &report);
    cr_assert_str_eq(out, "w0\tw1\t1\n");
    cr_assert(has_note(&report, "header"));
    gv_strings_free(&report.notes);
}

static void refuse_text(const char *name, const char *text, bool symmetric, const char *why)
{
    gv_error err = GV_ERROR_INIT;
    int status = import(gv_test_write_text(name, text), symmetric, NULL, &err);
    cr_assert(status == GV_E_CORRUPT || status == GV_E_RUNTIME, "%s: %d %s", name, status,
              err.text);
    cr_assert(strstr(err.text, why) && strstr(err.text, name), "wanted '%s', got '%s'", why,
              err.text);
    cr_assert_null(strstr(err.text, "multiple of 16"), "%s", err.text);
}

Test(matrix, text_that_is_refused)
{
    refuse_text("a.txt", "It was the best of times\n", true, "line 1: has 6 fields, expected 3");
    refuse_text("b.txt", "w0 w1\nw1 w0 3\n", true,
                "line 2: has 3 fields, the lines before it have 2");
    refuse_text("b.txt", "w0 w1\nw0 {}\n", true, "line 2: has 1 field,");
    refuse_text("b.txt", "w0 w1 w2 {'weight': 1}\n", true, "line 1: has 4 fields");
    refuse_text("b.csv", "w0,w1,1\n\nw1,w0\n", true,
                "line 3: has 2 fields, the lines before it have");
    refuse_text("b.tsv", "# w0\tw1\nw0\tw1 w2 w3\tx y\n", true, "contains no counts");
    refuse_text("c.csv", "w0,w1,1\nw1,w0,x\n", true, "line 2: expected a number");
    refuse_text("d.csv", "w0;w1;1,5\nw1;w0;1,5\n", true, "such as 1.5 as value, found \"1,5\"");
    refuse_text("e.csv", "a,b,c\n", true, "no counts");
    refuse_text("f.csv", "1,2,3\n2,1,3\n", true, "--ids");
    refuse_text("g.csv", "foo,bar,3\n", true, "--vocab");
    refuse_text("h.csv", "w0,w1,1\nw0,w1,1\n", false, "appears twice");
    refuse_text("i.csv", "w0,w1,-1\n", false, "line 1: the value -1 is not a positive");
    refuse_text("j.csv", "w0,w1,nan\n", false, "not a positive");
    refuse_text("k.csv", "w0,w1,1\n", true, "--mirror");
    refuse_text("l.mtx", "1 2 3\n", true, "%%MatrixMarket");
    refuse_text("m.mtx", MARKET "real general\n3 40 0\n", true,
                "3 x 40, but the vocabulary has 40");
    refuse_text("n.mtx", MARKET "real general\n40 40 2\n1 1 1\n", true, "truncated");
    refuse_text("o.mtx", MARKET "real general\n40 40 1\n1 1 1\n2 2 1\n", true, "more entries");
    refuse_text("p.mtx", MARKET "real general\n40 40 1\n41 1 1\n", true, "outside the matrix");
    refuse_text("q.mtx", MARKET "real general\n40 40 1\n0 1 1\n", true, "counted from 1");
    refuse_text("r.mtx", MARKET "real skew-symmetric\n40 40 0\n", true, "skew-symmetric");
    refuse_text("s.mtx", "%%MatrixMarket matrix array real general\n40 40\n", true, "array");
    refuse_text("t.mtx", MARKET "real symmetric\n40 40 2\n1 2 1\n2 1 1\n", true, "both orders");
    refuse_text("u.mtx", MARKET "complex general\n40 40 0\n", true, "complex");
}

/* --- .npz ------------------------------------------------------------------------------------- */

static void npz_and_back(bool symmetric)
{
    static uint64_t dense[WORDS][WORDS];
    gv_error err = GV_ERROR_INIT;
    const char *counts = random_counts(symmetric, dense), *npz = gv_test_path("m.npz");
    const char *again = gv_test_path("again.bin");
    gv_assert_ok(gv_matrix_export(counts, NULL, npz, GV_MATRIX_WRITER_NPZ, NULL, &err), err);
    gv_assert_ok(import_to(npz, symmetric, again, NULL, &err), err);
    gv_assert_ok(export_records(counts, gv_test_path("1.bin"), NULL, &err), err);
    gv_assert_ok(export_records(again, gv_test_path("2.bin"), NULL, &err), err);
    gv_test_run_ok("cmp 1.bin 2.bin");
    size_t bytes;
    gv_test_read(npz, &bytes);
    for (long cut = 1; cut < (long)bytes; cut += 97) {
        gv_assert_ok(gv_matrix_export(counts, NULL, npz, GV_MATRIX_WRITER_NPZ, NULL, &err), err);
        gv_test_truncate(npz, cut);
        cr_assert_eq(import(npz, symmetric, NULL, NULL), GV_E_CORRUPT, "cut at %ld", cut);
    }
}

Test(matrix, npz_and_back_symmetric)
{
    npz_and_back(true);
}

Test(matrix, npz_and_back_rectangular)
{
    npz_and_back(false);
}

/* --- sorting ---------------------------------------------------------------------------------- */

/* More than the memory holds, with equal keys that must stay in their order. */
static void sort_items(size_t n, uint64_t keys)
{
    gv_error err = GV_ERROR_INIT;
    gv_matrix_sort *sort;
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, n);
    gv_assert_ok(gv_matrix_sort_new(&sort, 0, gv_test_dir(), &err), err);
    uint64_t sum = 0, back = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t key = gv_rng_below(&rng, keys);
        sum += key * (i % 7);
        gv_assert_ok(gv_matrix_sort_add(sort, key << 20, (double)i, &err), err);
    }
    gv_assert_ok(gv_matrix_sort_finish(sort, &err), err);
    gv_matrix_sort_item item, last = {0};
    bool more;
    size_t count = 0;
    for (;; count++) {
        gv_assert_ok(gv_matrix_sort_next(sort, &item, &more, &err), err);
        if (!more)
            break;
        cr_assert(count == 0 || item.key > last.key ||
                      (item.key == last.key && item.value > last.value),
                  "item %zu of %zu", count, n);
        back += (item.key >> 20) * ((size_t)item.value % 7);
        last = item;
    }
    cr_assert_eq(count, n);
    cr_assert_eq(sum, back);
    gv_matrix_sort_free(sort);
}

Test(matrix, sorting)
{
    sort_items(0, 1);
    sort_items(1, 1);
    sort_items(1000, 10);
    sort_items(200000, 1000);
    sort_items(200000, UINT64_C(1) << 40);
}

Test(matrix, failing_allocations_and_writes)
{
    static uint64_t dense[WORDS][WORDS];
    const char *counts = random_counts(true, dense);
    const gv_vocab *vocab = make_vocab();
    make_config(true);
    static const char *const names[] = {"m.bin", "m.mtx", "m.npz", "m.tsv"};
    static const enum gv_matrix_writer_format formats[] = {
        GV_MATRIX_WRITER_REFERENCE, GV_MATRIX_WRITER_MARKET, GV_MATRIX_WRITER_NPZ,
        GV_MATRIX_WRITER_TSV};
    for (int i = 0; i < 8; i++)
        for (uint64_t n = 1;; n++) {
            gv_error err = GV_ERROR_INIT;
            const char *path = gv_test_path(names[i / 2]);
            bool io = i % 2;
            io ? gv_file_fail_at(n) : gv_mem_fail_at(n, 1);
            int status = gv_matrix_export(counts, vocab, path, formats[i / 2], NULL, &err);
            if (status == GV_OK)
                status = import_to(path, true, gv_test_path("imported.bin"), NULL, &err);
            gv_file_fail_at(0);
            gv_mem_fail_at(0, 0);
            if (status == GV_OK)
                break;
            cr_assert_eq(status, io ? GV_E_IO : GV_E_MEMORY, "%s, %lu: %s", path, n, err.text);
        }
}
