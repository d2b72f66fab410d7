/* Vector files: what the writers write, byte by byte, and what the readers accept. */
#include "base/gv_bytes.h"
#include "base/gv_mem.h"
#include "base/gv_rng.h"
#include "support/gv_test.h"
#include "vectors/gv_vectors.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a test leaves behind, released at its end so that leak checkers stay quiet. */
static struct {
    void *object;
    void (*release)(void *);
} kept[128];

static void *keep(void *object, void (*release)(void *))
{
    size_t i = 0;
    while (kept[i].object)
        i++;
    kept[i].object = object;
    kept[i].release = release;
    return object;
}

static void release_vectors(void *vectors)
{
    gv_vectors_free(vectors);
}

static void release_all(void)
{
    for (size_t i = 0; kept[i].object; i++)
        kept[i].release(kept[i].object);
}

TestSuite(vectors, .fini = release_all);

/* --- sources ------------------------------------------------------------------------------------
 */

typedef struct table {
    size_t dim;
    const char *const *words; /* NULL: "w<row>" */
    const float *values;      /* NULL: made from row and column */
    char (*names)[24];
} table;

static const char *table_word(void *context, size_t row)
{
    const table *t = context;
    return t->words ? t->words[row] : t->names[row];
}

static void table_vector(void *context, size_t row, float *to)
{
    const table *t = context;
    for (size_t i = 0; i < t->dim; i++)
        to[i] = t->values ? t->values[row * t->dim + i]
                          : (float)((double)((row * 31 + i * 17) % 2001) / 1000.0 - 1.0);
}

static gv_vectors_source make_source(table *t, size_t rows, const char *const *words,
                                     const float *values, size_t dim)
{
    *t = (table){.dim = dim, .words = words, .values = values};
    if (!words) {
        t->names = keep(calloc(rows + 1, sizeof *t->names), free);
        for (size_t i = 0; i < rows; i++)
            snprintf(t->names[i], sizeof t->names[i], "w%zu", i);
    }
    return (gv_vectors_source){.rows = rows,
                               .dim = dim,
                               .context = t,
                               .word = table_word,
                               .vector = table_vector,
                               .metadata = "{\"made\":\"by \\\"test\\\"\"}"};
}

static const char *const three_words[] = {"the", "na\xc3\xafve", "<unk>"};
static const float three_values[] = {1.0F, -0.0F, 0.5F, -2.25F, 1e-7F, 123456.789F};

static const char *write_three(const char *name, enum gv_config_format format)
{
    table t;
    gv_error err = GV_ERROR_INIT;
    gv_vectors_source source = make_source(&t, 3, three_words, three_values, 2);
    const char *path = gv_test_path(name);
    gv_assert_ok(gv_vectors_write_file(path, format, &source, 2, &err), err);
    return path;
}

static gv_vectors *read_ok(const char *path)
{
    gv_vectors *vectors;
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_vectors_read(&vectors, path, 0, &err), err);
    return keep(vectors, release_vectors);
}

static gv_vectors *read_text_ok(const char *text)
{
    return read_ok(gv_test_write_text("in.txt", text));
}

static void expect_failure(const char *path, int code, const char *part, const char *second)
{
    gv_vectors *vectors;
    gv_error err = GV_ERROR_INIT;
    cr_assert_eq(gv_vectors_read(&vectors, path, 0, &err), code, "%s: status, '%s'", path,
                 err.text);
    cr_assert_null(vectors);
    cr_assert_not_null(strstr(err.text, path), "no path in '%s'", err.text);
    cr_assert_not_null(strstr(err.text, part), "no '%s' in '%s'", part, err.text);
    cr_assert_not_null(strstr(err.text, second), "no '%s' in '%s'", second, err.text);
}

static void expect_bad_text(const char *text, const char *part, const char *second)
{
    expect_failure(gv_test_write_text("bad.txt", text), GV_E_CORRUPT, part, second);
}

static void expect_word(const gv_vectors *vectors, const char *word, size_t row, float first)
{
    cr_assert_eq(gv_vectors_find(vectors, word), row, "'%s' is not row %zu", word, row);
    cr_assert_str_eq(vectors->words[row], word);
    cr_assert_eq(vectors->data[row * vectors->dim], first);
}

static void expect_three(const gv_vectors *vectors)
{
    cr_assert_eq(vectors->rows, 3);
    cr_assert_eq(vectors->dim, 2);
    cr_assert_eq(memcmp(vectors->data, three_values, sizeof three_values), 0);
    for (size_t i = 0; i < 3; i++)
        expect_word(vectors, three_words[i], i, three_values[2 * i]);
    cr_assert_eq(gv_vectors_find(vectors, "absent"), SIZE_MAX);
    cr_assert_null(vectors->note, "%s", vectors->note);
}

/* --- writers -------------------------------------------------------------------------------------
 */

Test(vectors, file_names)
{
    const char *names[GV_VECTORS_FILES_MAX];
    cr_assert_eq(gv_vectors_files(names, 0), 0);
    cr_assert_eq(gv_vectors_files(names, GV_FORMAT_PROJECTOR | GV_FORMAT_TEXT), 3);
    cr_assert_str_eq(names[0], "vectors.txt");
    cr_assert_str_eq(names[1], "vectors.tsv");
    cr_assert_str_eq(names[2], "metadata.tsv");
    cr_assert_eq(gv_vectors_files(names, 127), GV_VECTORS_FILES_MAX);
}

Test(vectors, text_bytes)
{
    char *text = gv_test_read(write_three("t.txt", GV_FORMAT_TEXT), NULL);
    cr_assert_str_eq(text, "the 1.000000 -0.000000\n"
                           "na\xc3\xafve 0.500000 -2.250000\n"
                           "<unk> 0.000000 123456.789062\n");
    table t;
    gv_error err = GV_ERROR_INIT;
    gv_vectors_source source = make_source(&t, 3, three_words, three_values, 2);
    gv_assert_ok(gv_vectors_write_word2vec_text(gv_test_path("h.txt"), &source, 1, &err), err);
    cr_assert_eq(strncmp(gv_test_read(gv_test_path("h.txt"), NULL), "3 2\nthe 1.000000 ", 17), 0);
}

Test(vectors, word2vec_bytes)
{
    size_t bytes;
    char *file = gv_test_read(write_three("t.bin", GV_FORMAT_WORD2VEC), &bytes);
    cr_assert_eq(bytes, 4 + (3 + 6 + 5) + 3 * (1 + 8 + 1));
    cr_assert_eq(memcmp(file, "3 2\nthe \0\0\x80\x3f\0\0\0\x80\nna", 4 + 4 + 8 + 3), 0);
    cr_assert_eq(file[bytes - 1], '\n');
}

Test(vectors, npy_bytes)
{
    size_t bytes;
    char *file = gv_test_read(write_three("t.npy", GV_FORMAT_NPY), &bytes);
    cr_assert_eq(memcmp(file, "\x93NUMPY\x01\0", 8), 0);
    cr_assert_eq(bytes % 64, 24);
    cr_assert_eq(memcmp(file + bytes - 24, three_values, 24), 0);
    cr_assert_eq(file[bytes - 25], '\n');
    cr_assert_not_null(strstr(file + 10, "'shape': (3, 2)"));
}

Test(vectors, safetensors_bytes)
{
    size_t bytes;
    char *file = gv_test_read(write_three("t.safetensors", GV_FORMAT_SAFETENSORS), &bytes);
    uint64_t header = gv_bytes_get64((const uint8_t *)file);
    cr_assert_eq(header % 8, 0);
    cr_assert_eq(bytes, 8 + header + 24);
    cr_assert_eq(memcmp(file + 8 + header, three_values, 24), 0);
}

/* No byte of words or numbers may change unnoticed. */
Test(vectors, safetensors_flipped_bytes)
{
    size_t bytes;
    const char *path = write_three("t.safetensors", GV_FORMAT_SAFETENSORS);
    char *file = gv_test_read(path, &bytes);
    long words = (long)(strstr(file + 8, "words") - file), end = (long)bytes;
    long numbers = end - 24;
    for (long at = words; at < end; at += at < numbers - 1 ? 1 : 5) {
        if (file[at] == ' ' || file[at] == '}')
            continue; /* the padding, and the braces before it */
        gv_test_flip(path, at);
        gv_vectors *vectors = NULL;
        gv_error err = GV_ERROR_INIT;
        cr_assert_neq(gv_vectors_read(&vectors, path, 0, &err), GV_OK, "byte %ld", at);
        gv_test_flip(path, at);
    }
}

Test(vectors, projector_bytes)
{
    char *tensors = gv_test_read(write_three("vectors.tsv", GV_FORMAT_PROJECTOR), NULL);
    cr_assert_str_eq(tensors,
                     "1.000000\t-0.000000\n0.500000\t-2.250000\n0.000000\t123456.789062\n");
    cr_assert_str_eq(gv_test_read(gv_test_path("metadata.tsv"), NULL),
                     "the\nna\xc3\xafve\n<unk>\n");
}

Test(vectors, all_formats_at_once)
{
    table t;
    gv_error err = GV_ERROR_INIT;
    gv_vectors_source source = make_source(&t, 10, NULL, NULL, 7);
    gv_assert_ok(gv_vectors_write(gv_test_dir(), 127, &source, 2, &err), err);
    const char *names[GV_VECTORS_FILES_MAX];
    gv_vectors_files(names, 127);
    for (size_t i = 0; i < GV_VECTORS_FILES_MAX; i++) {
        cr_assert(gv_test_exists(gv_test_path(names[i])), "%s is missing", names[i]);
        cr_assert_not(gv_test_exists(gv_test_format("%s.tmp", gv_test_path(names[i]))));
    }
}

/* Many chunks on many threads: the same bytes as on one. */
Test(vectors, text_threads_agree)
{
    table t;
    gv_error err = GV_ERROR_INIT;
    gv_vectors_source source = make_source(&t, 30000, NULL, NULL, 20);
    gv_assert_ok(gv_vectors_write_file(gv_test_path("1"), GV_FORMAT_TEXT, &source, 1, &err), err);
    size_t bytes, bytes_n;
    char *one = gv_test_read(gv_test_path("1"), &bytes);
    for (unsigned threads = 2; threads <= 8; threads += 3) {
        gv_assert_ok(
            gv_vectors_write_file(gv_test_path("n"), GV_FORMAT_TEXT, &source, threads, &err), err);
        char *many = gv_test_read(gv_test_path("n"), &bytes_n);
        cr_assert(bytes == bytes_n && memcmp(one, many, bytes) == 0, "%u threads", threads);
    }
}

/* A word that a format cannot hold is refused, and the earlier file stays. */
Test(vectors, refused_words)
{
    static const struct {
        enum gv_config_format format;
        const char *word, *why;
    } cases[] = {{GV_FORMAT_TEXT, "a\nb", "newline"},     {GV_FORMAT_TEXT, "", "empty"},
                 {GV_FORMAT_WORD2VEC, "a b", "space"},    {GV_FORMAT_PROJECTOR, "a\tb", "tab"},
                 {GV_FORMAT_SQLITE, "\xff", "UTF-8"},     {GV_FORMAT_SAFETENSORS, "\xc3", "UTF-8"},
                 {GV_FORMAT_WORD2VEC, "a\nb", "newline"}, {GV_FORMAT_SQLITE, "", "empty"}};
    static const float value = 1;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        table t;
        gv_error err = GV_ERROR_INIT;
        const char *const words[] = {cases[i].word};
        gv_vectors_source source = make_source(&t, 1, words, &value, 1);
        const char *path = cases[i].format == GV_FORMAT_PROJECTOR
                               ? gv_test_path("vectors.tsv")
                               : gv_test_write_text("kept", "before");
        cr_assert_eq(gv_vectors_write_file(path, cases[i].format, &source, 1, &err), GV_E_RUNTIME);
        cr_assert_not_null(strstr(err.text, cases[i].why), "'%s'", err.text);
        cr_assert_not(gv_test_exists(gv_test_format("%s.tmp", path)));
        if (cases[i].format != GV_FORMAT_PROJECTOR)
            cr_assert_str_eq(gv_test_read(path, NULL), "before");
    }
}

Test(vectors, odd_words_survive)
{
    static const char *const words[] = {"\"quoted\"",
                                        "back\\slash",
                                        "tab\there",
                                        "a b",
                                        "\x01\x1f",
                                        "\xf0\x9f\x98\x80",
                                        "'; DROP TABLE vectors; --",
                                        "[1,2]"};
    static const float values[8] = {0, 1, 2, 3, 4, 5, 6, 7};
    const enum gv_config_format formats[] = {GV_FORMAT_SQLITE, GV_FORMAT_SAFETENSORS};
    for (size_t f = 0; f < 2; f++) {
        table t;
        gv_error err = GV_ERROR_INIT;
        gv_vectors_source source = make_source(&t, 8, words, values, 1);
        gv_assert_ok(gv_vectors_write_file(gv_test_path("odd"), formats[f], &source, 1, &err), err);
        gv_vectors *vectors = read_ok(gv_test_path("odd"));
        cr_assert_eq(vectors->rows, 8);
        for (size_t i = 0; i < 8; i++)
            expect_word(vectors, words[i], i, values[i]);
        cr_assert_str_eq(vectors->metadata, source.metadata);
    }
}

/* --- there and back
 * ------------------------------------------------------------------------------- */

Test(vectors, exact_round_trips)
{
    const enum gv_config_format formats[] = {GV_FORMAT_WORD2VEC, GV_FORMAT_SQLITE,
                                             GV_FORMAT_SAFETENSORS, GV_FORMAT_FASTTEXT};
    for (size_t i = 0; i < 4; i++) {
        gv_vectors *vectors = read_ok(write_three("trip", formats[i]));
        expect_three(vectors);
        cr_assert_eq(vectors->format, formats[i]);
    }
}

/* More rows than any block or sample holds at once, for each format that can be read. */
Test(vectors, large_round_trips)
{
    const enum gv_config_format formats[] = {GV_FORMAT_TEXT, GV_FORMAT_WORD2VEC, GV_FORMAT_SQLITE,
                                             GV_FORMAT_SAFETENSORS, GV_FORMAT_FASTTEXT};
    for (size_t f = 0; f < 5; f++) {
        table t;
        gv_error err = GV_ERROR_INIT;
        const size_t rows = 20011, dim = 9;
        gv_vectors_source source = make_source(&t, rows, NULL, NULL, dim);
        gv_assert_ok(gv_vectors_write_file(gv_test_path("large"), formats[f], &source, 2, &err),
                     err);
        gv_vectors *vectors = read_ok(gv_test_path("large"));
        cr_assert_eq(vectors->rows, rows);
        for (size_t row = 0; row < rows; row++) {
            float expected[9];
            table_vector(&t, row, expected);
            cr_assert_eq(gv_vectors_find(vectors, t.names[row]), row);
            cr_assert_eq(memcmp(expected, vectors->data + row * dim, sizeof expected), 0);
        }
        gv_assert_ok(gv_vectors_read(&vectors, gv_test_path("large"), 17, &err), err);
        cr_assert_eq(vectors->rows, 17);
        gv_vectors_free(vectors);
    }
}

Test(vectors, no_rows)
{
    table t;
    gv_error err = GV_ERROR_INIT;
    gv_vectors_source source = make_source(&t, 0, NULL, NULL, 3);
    gv_assert_ok(gv_vectors_write(gv_test_dir(), 127, &source, 4, &err), err);
    expect_failure(gv_test_path("vectors.txt"), GV_E_CORRUPT, "empty", "");
    gv_vectors *vectors = read_ok(gv_test_path("vectors.bin"));
    cr_assert_eq(vectors->rows, 0);
    cr_assert_eq(gv_vectors_find(vectors, "x"), SIZE_MAX);
}

/* --- text of any origin
 * ------------------------------------------------------------------------------ */

Test(vectors, headerless_text)
{
    gv_vectors *vectors = read_text_ok("a 1 2 3\nb 4 5 6\n");
    cr_assert_eq(vectors->rows, 2);
    cr_assert_eq(vectors->dim, 3);
    cr_assert_not(vectors->header);
    expect_word(vectors, "b", 1, 4);
}

Test(vectors, header_trailing_spaces_crlf_tabs)
{
    gv_vectors *vectors = read_text_ok("2 3\r\na 1 2 3 \r\nb\t4\t5  6\t\r\n\n");
    cr_assert(vectors->header);
    cr_assert_eq(vectors->rows, 2);
    cr_assert_eq(vectors->dim, 3);
    expect_word(vectors, "b", 1, 4);
    cr_assert_eq(vectors->data[5], 6);
}

Test(vectors, words_with_spaces_and_digits)
{
    gv_vectors *vectors = read_text_ok(". . . 1 2\nat me@x.org 3 4\n12 5 6\n1 2 3 7 8\nNew  York 9 "
                                       "0\nplain 1 1\n\xc2\xa0 2 2\n\xff\xfe 3 3\nlast 4 4\n");
    cr_assert_eq(vectors->rows, 9);
    expect_word(vectors, ". . .", 0, 1);
    expect_word(vectors, "at me@x.org", 1, 3);
    expect_word(vectors, "12", 2, 5);
    expect_word(vectors, "1 2 3", 3, 7);
    expect_word(vectors, "New  York", 4, 9);
    expect_word(vectors, "\xc2\xa0", 6, 2);
    expect_word(vectors, "\xff\xfe", 7, 3);
}

Test(vectors, dimension_one)
{
    gv_vectors *vectors = read_text_ok("5 1.5\n7 0.25\n");
    cr_assert_eq(vectors->dim, 1);
    cr_assert_eq(vectors->rows, 2);
    vectors = read_text_ok("2 1\n5 1.5\n7 0.25\n");
    cr_assert(vectors->header);
    cr_assert_eq(vectors->rows, 2);
    vectors = read_text_ok("5 3\n7 2\n");
    cr_assert_eq(vectors->rows, 2);
}

/* The reference's -write-header does not count <unk>. */
Test(vectors, header_one_less)
{
    gv_vectors *vectors = read_text_ok("1 2\na 1 2\n<unk> 3 4\n");
    cr_assert_eq(vectors->rows, 2);
    cr_assert_not_null(strstr(vectors->note, "<unk>"));
    expect_bad_text("1 2\na 1 2\nb 3 4\n", "states 1 rows, but 2", "");
    expect_bad_text("3 2\na 1 2\nb 3 4\n", "truncated", "states 3 rows, but 2");
    expect_bad_text("2 2\na 1 2 3\nb 3 4 5\n", "line 1 states 2 numbers", "3");
    expect_bad_text("7 2\n", "truncated", "0 follow");
}

Test(vectors, oddities_are_noted)
{
    gv_vectors *vectors = read_text_ok("a 1 2\nb nan 2\n 5 6\na 3 4\nc inf 1\nd 1 2");
    cr_assert_eq(vectors->rows, 5);
    cr_assert_eq(vectors->duplicates, 1);
    cr_assert_eq(vectors->not_finite, 2);
    cr_assert_eq(vectors->skipped, 1);
    cr_assert_eq(gv_vectors_find(vectors, "a"), 0);
    cr_assert_not_null(strstr(vectors->note, "without a word"));
    cr_assert_not_null(strstr(vectors->note, "no newline"));
}

Test(vectors, damaged_text)
{
    expect_bad_text("", "is empty", "");
    expect_bad_text("\n\n", "not a vector file", "");
    expect_bad_text("just some prose\nof no use\n", "not a vector file", "");
    expect_bad_text("a 1 2\nb 1\nc 1 2\nd 1 2\n", "line 2 has 1 numbers instead of 2", "damaged");
    expect_bad_text("a 1 2\nb 1 2x\nc 1 2\n", "line 2 has \"2x\" where a number", "");
    expect_bad_text("a 1 2\nb 1 2\nc 1", "line 3 has 1 numbers", "");
    expect_bad_text("a 0.125 0.250\nb 0.125 0.2", "line 2 ends in the middle", "");
    expect_bad_text("a 1 2\n1\nc 1 2\n", "line 2 has 0 numbers", "");
    expect_failure(gv_test_write("nul.txt", "a 1 2\nb\0 1 2\nc 1 2\n", 20), GV_E_CORRUPT,
                   "line 2 contains a NUL", "");
    expect_failure(gv_test_write("zeros", "\0\0\0\0\0\0\0\0\0\0", 10), GV_E_CORRUPT,
                   "not a vector file", "");
    expect_failure(gv_test_write("gz", "\x1f\x8b\x08xxxxxxx", 10), GV_E_CORRUPT, "compressed", "");
    expect_failure(gv_test_dir(), GV_E_IO, "directory", "");
    expect_failure(gv_test_path("missing"), GV_E_IO, "No such file", "");
}

Test(vectors, damaged_lines_can_be_left_out)
{
    const gv_vectors_options options = {.skip_damaged = true};
    const char *path = gv_test_write_text("in.txt", "a 1 2\nb 1\nc x y\nd 1 2\ne 1 2\n");
    gv_vectors *vectors;
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_vectors_read_with(&vectors, path, &options, &err), err);
    cr_assert_eq(vectors->rows, 3);
    cr_assert_eq(vectors->skipped, 2);
    cr_assert_not_null(strstr(vectors->note, "line 2 has 1 numbers"));
    cr_assert_not_null(strstr(vectors->note, "line 3 has \"x\""));
    gv_vectors_free(vectors);
}

/* A line longer than any buffer, and a first line longer than the sample's first size. */
Test(vectors, long_lines)
{
    const size_t dim = 300000;
    char *text = keep(malloc(2 * (dim * 8 + 10)), free);
    size_t n = 0;
    for (int row = 0; row < 2; row++) {
        n += (size_t)sprintf(text + n, "w%d", row);
        for (size_t i = 0; i < dim; i++)
            n += (size_t)sprintf(text + n, " 0.%04zu", i % 9999);
        text[n++] = '\n';
    }
    gv_vectors *vectors = read_ok(gv_test_write("long", text, n));
    cr_assert_eq(vectors->dim, dim);
    cr_assert_eq(vectors->rows, 2);
}

/* --- word2vec binary
 * --------------------------------------------------------------------------------- */

Test(vectors, word2vec_without_newlines)
{
    const char file[] = "2 1\na \0\0\x80\x3f"
                        "b \0\0\0\x40";
    gv_vectors *vectors = read_ok(gv_test_write("g.bin", file, sizeof file - 1));
    cr_assert_eq(vectors->rows, 2);
    expect_word(vectors, "a", 0, 1);
    expect_word(vectors, "b", 1, 2);
}

/* Bytes of floats that are line feeds and spaces do not confuse. */
Test(vectors, word2vec_odd_bytes)
{
    const char file[] = "2 2\na \n\n\n\n    \nb \x20\x0a\x20\x0a\x0a\x0a\x20\x20\n";
    gv_vectors *vectors = read_ok(gv_test_write("g.bin", file, sizeof file - 1));
    cr_assert_eq(vectors->rows, 2);
    cr_assert_eq(gv_vectors_find(vectors, "b"), 1);
}

Test(vectors, word2vec_damage)
{
    size_t bytes;
    const char *path = write_three("t.bin", GV_FORMAT_WORD2VEC);
    gv_test_read(path, &bytes);
    for (long cut = 5; cut < (long)bytes - 1; cut++) { /* at every byte but the last LF */
        write_three("t.bin", GV_FORMAT_WORD2VEC);
        gv_test_truncate(path, cut);
        gv_vectors *vectors;
        gv_error err = GV_ERROR_INIT;
        cr_assert_eq(gv_vectors_read(&vectors, path, 0, &err), GV_E_CORRUPT, "cut at %ld", cut);
        cr_assert_not_null(strstr(err.text, path));
    }
    const char more[] = "1 1\na \0\0\x80\x3f\nb \0\0\0\x40";
    expect_failure(gv_test_write("more", more, sizeof more - 1), GV_E_CORRUPT,
                   "continues after the", "1 rows");
    const char huge[] = "99999999999 300\na \0\0\x80\x3f\nb \0\0\0\x40";
    expect_failure(gv_test_write("huge", huge, sizeof huge - 1), GV_E_CORRUPT, "states",
                   "120099999998799 bytes");
}

/* --- SQLite
 * ------------------------------------------------------------------------------------------- */

Test(vectors, sqlite_of_other_origin)
{
    const char *path = gv_test_path("other.db");
    gv_test_run_ok(
        "sqlite3 other.db \"CREATE TABLE vectors(id INTEGER PRIMARY KEY, note, embedding "
        "BLOB, word); INSERT INTO vectors VALUES(7, 1, x'0000803f00000040', 'x'), "
        "(9, 2, x'0000004000000040', 'y'), (10, 2, x'0000004000000040', NULL)\"");
    gv_vectors *vectors = read_ok(path);
    cr_assert_eq(vectors->rows, 2);
    cr_assert_eq(vectors->skipped, 1);
    expect_word(vectors, "x", 0, 1);
    expect_word(vectors, "y", 1, 2);
    gv_test_run_ok("sqlite3 other.db \"INSERT INTO vectors VALUES(11, 2, x'00000040', 'z')\"");
    expect_failure(path, GV_E_CORRUPT, "row 3", "found 4");
    gv_test_run_ok("sqlite3 none.db 'CREATE TABLE word(id)'");
    expect_failure(gv_test_path("none.db"), GV_E_CORRUPT, "without vectors", "vectors(word");
    gv_test_run_ok("sqlite3 empty.db 'CREATE TABLE vectors(word, embedding)'");
    expect_failure(gv_test_path("empty.db"), GV_E_CORRUPT, "is empty", "");
}

Test(vectors, sqlite_schema)
{
    write_three("v.db", GV_FORMAT_SQLITE);
    gv_test_result result = gv_test_run_ok(
        "sqlite3 v.db \"PRAGMA integrity_check; SELECT name, type FROM "
        "pragma_table_info('vectors');"
        "SELECT word, hex(embedding) FROM vectors WHERE word = 'the'; PRAGMA user_version;"
        "SELECT value FROM meta WHERE key = 'dim'\"");
    cr_assert_str_eq(result.out, "ok\nword|TEXT\nembedding|BLOB\nthe|0000803F00000080\n1\n2\n");
}

/* A changed byte in a vector is noticed though SQLite does not notice; so is a truncated file. */
Test(vectors, damage_is_noticed)
{
    const enum gv_config_format formats[] = {GV_FORMAT_SQLITE, GV_FORMAT_SAFETENSORS};
    for (size_t i = 0; i < 2; i++) {
        table t;
        gv_error err = GV_ERROR_INIT;
        gv_vectors_source source = make_source(&t, 500, NULL, NULL, 25);
        const char *path = gv_test_path("d");
        gv_assert_ok(gv_vectors_write_file(path, formats[i], &source, 1, &err), err);
        size_t bytes;
        char *file = gv_test_read(path, &bytes);
        float wanted[25];
        table_vector(&t, 321, wanted);
        char *place = memmem(file, bytes, wanted, sizeof wanted);
        cr_assert_not_null(place);
        gv_test_flip(path, place + 50 - file);
        expect_failure(path, GV_E_CORRUPT, "damaged", "checksum");
        gv_test_write("d", file, bytes);
        gv_test_truncate(path, (long)bytes - 1);
        expect_failure(path, GV_E_CORRUPT, "truncated", "");
        gv_test_truncate(path, (long)bytes * 2 / 3);
        expect_failure(path, GV_E_CORRUPT, "", "");
        gv_test_truncate(path, 40);
        expect_failure(path, GV_E_CORRUPT, "", "");
    }
}

/* --- safetensors, npy
 * ----------------------------------------------------------------------------------- */

static const char *write_safetensors(const char *header, size_t data)
{
    char file[4096] = {0};
    size_t n = strlen(header);
    gv_bytes_put64((uint8_t *)file, n);
    memcpy(file + 8, header, n);
    return gv_test_write("x.safetensors", file, 8 + n + data);
}

Test(vectors, safetensors_damage)
{
    expect_failure(write_safetensors("{}", 8), GV_E_CORRUPT, "embedding", "");
    expect_failure(write_safetensors("{\"embedding\":3", 8), GV_E_CORRUPT, "JSON", "");
    expect_failure(write_safetensors("{\"embedding\":{\"dtype\":\"F32\",\"shape\":[1,2],"
                                     "\"data_offsets\":[0,8]}}",
                                     8),
                   GV_E_CORRUPT, "no words", "");
    expect_failure(write_safetensors("{\"embedding\":{\"dtype\":\"F32\",\"shape\":[1,2],"
                                     "\"data_offsets\":[0,8]}}",
                                     4),
                   GV_E_CORRUPT, "truncated", "");
    expect_failure(write_safetensors("{\"embedding\":{\"dtype\":\"F32\",\"shape\":[-1,2],"
                                     "\"data_offsets\":[0,8]}}",
                                     8),
                   GV_E_CORRUPT, "does not match its offsets", "");
    expect_failure(
        write_safetensors("{\"embedding\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],"
                          "\"data_offsets\":[0,0]}}",
                          8),
        GV_E_CORRUPT, "does not match its offsets", "");
    expect_failure(write_safetensors("{\"embedding\":{\"dtype\":\"I16\",\"shape\":[1,2],"
                                     "\"data_offsets\":[0,4]}}",
                                     8),
                   GV_E_CORRUPT, "F32", "");
}

/* Readers refuse a header above 100 MB: the words are left out, and the rest is valid. */
Test(vectors, safetensors_without_room_for_words)
{
    enum { LONG = 1 << 20, ROWS = 110 };
    static const float values[ROWS];
    static const char *words[ROWS];
    char *word = keep(malloc(LONG + 1), free);
    memset(word, 'x', LONG);
    word[LONG] = '\0';
    for (size_t i = 0; i < ROWS; i++)
        words[i] = word;
    table t;
    gv_error err = GV_ERROR_INIT;
    gv_vectors_source source = make_source(&t, ROWS, words, values, 1);
    const char *path = gv_test_path("long.safetensors");
    gv_assert_ok(gv_vectors_write_file(path, GV_FORMAT_SAFETENSORS, &source, 1, &err), err);
    size_t bytes;
    char *file = keep(gv_test_read(path, &bytes), free);
    cr_assert_lt(bytes, 2000);
    cr_assert_eq(bytes, 8 + gv_bytes_get64((const uint8_t *)file) + sizeof values);
    cr_assert_not_null(strstr(file + 8, "\"shape\":[110,1]"));
    expect_failure(path, GV_E_CORRUPT, "no words", "100 MB");
}

Test(vectors, npy_with_words)
{
    const char *path = write_three("t.npy", GV_FORMAT_NPY);
    expect_failure(path, GV_E_USAGE, "has no words", "--words");
    gv_vectors_options options = {.words_path =
                                      gv_test_write_text("vocab.txt", "the 10\nna\xc3\xafve 3\n")};
    gv_vectors *vectors;
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_vectors_read_with(&vectors, path, &options, &err), err);
    expect_three(vectors);
    gv_vectors_free(vectors);
    gv_test_write_text("vocab.txt", "the 10\n");
    cr_assert_eq(gv_vectors_read_with(&vectors, path, &options, &err), GV_E_CORRUPT);
    gv_test_write_text("vocab.txt", "a\nb\nc\nd\n");
    err = (gv_error)GV_ERROR_INIT;
    cr_assert_eq(gv_vectors_read_with(&vectors, path, &options, &err), GV_E_CORRUPT);
    cr_assert_not_null(strstr(err.text, "more lines"));
}
