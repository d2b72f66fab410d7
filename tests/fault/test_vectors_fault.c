/* Vector files when memory or the disk runs out: an error, no leak of the old file, no crash. */
#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "subword/gv_subwords.h"
#include "support/gv_test.h"
#include "vectors/gv_vectors.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

enum { ROWS = 300, DIM = 11 };

static const enum gv_config_format formats[] = {
    GV_FORMAT_TEXT,     GV_FORMAT_WORD2VEC, GV_FORMAT_SQLITE,   GV_FORMAT_SAFETENSORS,
    GV_FORMAT_FASTTEXT, GV_FORMAT_NPY,      GV_FORMAT_PROJECTOR};
enum { FORMATS = sizeof formats / sizeof formats[0], READABLE = 5 };

/* "w<row>" and a padding, in a buffer of the row's own: threads ask at once. */
static const char *word(void *context, size_t row)
{
    char(*names)[16] = context;
    return names[row];
}

static void vector(void *context, size_t row, float *to)
{
    (void)context;
    for (size_t i = 0; i < DIM; i++)
        to[i] = (float)row + (float)i / 16;
}

/* N-grams that fastText's models have. */
static gv_subwords *make_subwords(void)
{
    static const uint32_t end[] = {3, 6};
    static const float rows[2 * DIM] = {1, 2}, offset[DIM];
    static const gv_subwords_parts parts = {.settings = {.min_n = 3, .max_n = 5, .min_words = 1},
                                            .dim = DIM,
                                            .count = 2,
                                            .text = "<w1w12",
                                            .end = end,
                                            .row = rows,
                                            .offset = offset,
                                            .metadata = "{}"};
    gv_subwords *subwords;
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_subwords_new(&subwords, &parts, &err), err);
    return subwords;
}

static gv_vectors_source make_source(char names[][16])
{
    for (size_t i = 0; i < ROWS; i++)
        snprintf(names[i], 16, "w%zu", i);
    return (gv_vectors_source){
        .rows = ROWS, .dim = DIM, .context = names, .word = word, .vector = vector};
}

static const char *target(size_t f)
{
    return gv_test_path(gv_test_format("out%zu", f));
}

static void expect_kept(const char *path, int status, const gv_error *err)
{
    cr_assert_neq(status, GV_OK);
    cr_assert(err->text[0] != '\0');
    cr_assert_str_eq(gv_test_read(path, NULL), "before", "%s was touched", path);
    cr_assert_not(gv_test_exists(gv_test_format("%s.tmp", path)), "%s.tmp was left", path);
}

/* Fail every allocation in turn until the call succeeds. */
Test(vectors_fault, writing_without_memory)
{
    char names[ROWS][16];
    gv_vectors_source source = make_source(names);
    gv_subwords *subwords = make_subwords();
    source.subwords = subwords;
    for (size_t f = 0; f < FORMATS; f++) {
        const char *path = gv_test_write_text(gv_test_format("out%zu", f), "before");
        int status = GV_E_MEMORY;
        for (uint64_t n = 1; status != GV_OK; n++) {
            cr_assert(n < 100, "never succeeds");
            gv_error err = GV_ERROR_INIT;
            gv_mem_fail_at(n, n % 2);
            status = gv_vectors_write_file(path, formats[f], &source, 2, &err);
            gv_mem_fail_at(0, 0);
            if (status == GV_OK)
                break;
            cr_assert_eq(status, GV_E_MEMORY, "format %zu, allocation %u: %s", f, (unsigned)n,
                         err.text);
            if (formats[f] != GV_FORMAT_PROJECTOR) /* two files: the first may be there */
                expect_kept(path, status, &err);
        }
    }
    gv_subwords_free(subwords);
}

Test(vectors_fault, reading_without_memory)
{
    char names[ROWS][16];
    gv_vectors_source source = make_source(names);
    gv_subwords *subwords = make_subwords();
    source.subwords = subwords;
    for (size_t f = 0; f < READABLE; f++) {
        gv_error err = GV_ERROR_INIT;
        gv_assert_ok(gv_vectors_write_file(target(f), formats[f], &source, 2, &err), err);
        int status = GV_E_MEMORY;
        for (uint64_t n = 1; status != GV_OK; n++) {
            cr_assert(n < 2000, "never succeeds");
            gv_vectors *vectors = NULL;
            err = (gv_error)GV_ERROR_INIT;
            gv_mem_fail_at(n, n % 2);
            status = gv_vectors_read(&vectors, target(f), 0, &err);
            gv_mem_fail_at(0, 0);
            cr_assert(status == GV_OK ? vectors != NULL : vectors == NULL);
            if (status != GV_OK)
                cr_assert_eq(status, GV_E_MEMORY, "format %zu, allocation %u: %s", f, (unsigned)n,
                             err.text);
            gv_vectors_free(vectors);
        }
    }
    gv_subwords_free(subwords);
}

Test(vectors_fault, disk_full)
{
    char names[ROWS][16];
    gv_vectors_source source = make_source(names);
    gv_subwords *subwords = make_subwords();
    source.subwords = subwords;
    for (size_t f = 0; f < FORMATS; f++) {
        if (formats[f] == GV_FORMAT_SQLITE)
            continue; /* SQLite writes itself: below */
        const char *path = gv_test_write_text(gv_test_format("out%zu", f), "before");
        gv_error err = GV_ERROR_INIT;
        gv_file_fail_at(1);
        int status = gv_vectors_write_file(path, formats[f], &source, 2, &err);
        gv_file_fail_at(0);
        expect_kept(path, status, &err);
        cr_assert_eq(status, GV_E_IO);
        cr_assert_not_null(strstr(err.text, "No space left"), "%s", err.text);
    }
    gv_subwords_free(subwords);
}

/* A limit on the size of files fails SQLite's writes as a full disk does. */
Test(vectors_fault, disk_full_sqlite)
{
    char names[ROWS][16];
    gv_vectors_source source = make_source(names);
    const char *path = gv_test_write_text("out", "before");
    signal(SIGXFSZ, SIG_IGN);
    gv_error err = GV_ERROR_INIT;
    struct rlimit old, small;
    cr_assert_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = old;
    small.rlim_cur = 20000;
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
    int status = gv_vectors_write_file(path, GV_FORMAT_SQLITE, &source, 1, &err);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
    expect_kept(path, status, &err);
    cr_assert_eq(status, GV_E_IO, "%s", err.text);
}

Test(vectors_fault, no_such_directory)
{
    char names[ROWS][16];
    gv_vectors_source source = make_source(names);
    for (size_t f = 0; f < FORMATS; f++) {
        gv_error err = GV_ERROR_INIT;
        const char *path = gv_test_path("no/such/out");
        cr_assert_eq(gv_vectors_write_file(path, formats[f], &source, 2, &err), GV_E_IO);
        cr_assert_not_null(strstr(err.text, path), "%s", err.text);
    }
}

Test(vectors_fault, stopped_by_signal)
{
    char names[ROWS][16];
    gv_vectors_source source = make_source(names);
    gv_subwords *subwords = make_subwords();
    source.subwords = subwords;
    for (size_t f = 0; f < FORMATS; f++) {
        const char *path = gv_test_write_text(gv_test_format("out%zu", f), "before");
        gv_error err = GV_ERROR_INIT;
        gv_signal_pretend(SIGTERM);
        int status = gv_vectors_write_file(path, formats[f], &source, 2, &err);
        gv_signal_pretend(0);
        cr_assert_eq(status, GV_E_STOPPED);
        expect_kept(path, status, &err);
    }
    gv_subwords_free(subwords);
}
