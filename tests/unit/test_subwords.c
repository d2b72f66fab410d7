/* subwords.bin: what is written is read, what is damaged is refused; vectors of words. */
#include "base/gv_bytes.h"
#include "base/gv_hash.h"
#include "base/gv_mem.h"
#include "subword/gv_subwords.h"
#include "tests/support/gv_test.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { DIM = 3, COUNT = 4, PROBES = 2, HEADER = 80 };

static const char text[] = "<ab<abcbc>abc"; /* <ab, <abc, bc>, abc */
static const uint32_t end[COUNT] = {3, 7, 10, 13};
static const float row[COUNT * DIM] = {1, 2, 3, 10, 20, 30, 100, 200, 300, 1000, 2000, 3000};
static const float offset[DIM] = {0.5f, 0.25f, -1};
static const char *const probe_word[PROBES] = {"the", "abc"};
static const float probe_vector[PROBES * DIM] = {1, 2, 3, -4, 5, NAN};

static gv_subwords_parts parts(void)
{
    return (gv_subwords_parts){
        .settings = {.min_n = 3, .max_n = 4, .min_words = 2, .ridge = 0.01, .shrink = 30},
        .dim = DIM,
        .count = COUNT,
        .text = text,
        .end = end,
        .row = row,
        .offset = offset,
        .probes = PROBES,
        .probe_word = probe_word,
        .probe_vector = probe_vector,
        .metadata = "{\"a\":1}"};
}

static const char *write_small(void)
{
    const gv_subwords_parts p = parts();
    const char *path = gv_test_path("subwords.bin");
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_subwords_write(path, &p, &err), err);
    struct stat look;
    cr_assert_eq(stat(path, &look), 0);
    cr_assert_eq((uint64_t)look.st_size, gv_subwords_file_bytes(&p));
    return path;
}

static gv_subwords *open_small(void)
{
    gv_subwords *s;
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_subwords_open(&s, write_small(), &err), err);
    return s;
}

static void expect_vector(const gv_subwords *s, const char *word, size_t known, const float *want)
{
    float to[DIM];
    size_t n;
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_subwords_vector(s, word, to, &n, &err), err);
    cr_assert_eq(n, known, "%s: %zu", word, n);
    for (size_t k = 0; k < DIM; k++)
        cr_assert_float_eq(to[k], want[k], 1e-4, "%s: %g, not %g", word, to[k], want[k]);
}

Test(subwords, are_read_as_they_were_written)
{
    gv_subwords *s = open_small();
    gv_subwords_settings settings = gv_subwords_settings_of(s);
    cr_assert_eq(gv_subwords_dim(s), DIM);
    cr_assert_eq(gv_subwords_count(s), COUNT);
    cr_assert_eq(gv_subwords_min_n(s), 3);
    cr_assert_eq(gv_subwords_max_n(s), 4);
    cr_assert_eq(settings.min_words, 2);
    cr_assert_eq(settings.ridge, 0.01);
    cr_assert_eq(settings.shrink, 30);
    cr_assert_str_eq(gv_subwords_metadata(s), "{\"a\":1}");
    for (size_t i = 0; i < COUNT; i++) {
        size_t length;
        const char *ngram = gv_subwords_ngram(s, i, &length);
        cr_assert_eq(gv_subwords_find(s, ngram, length), i);
        cr_assert_arr_eq(gv_subwords_row(s, i), row + i * DIM, DIM * sizeof(float));
    }
    cr_assert_arr_eq(gv_subwords_offset(s), offset, sizeof offset);
    cr_assert_eq(gv_subwords_find(s, "<a", 2), SIZE_MAX);
    cr_assert_eq(gv_subwords_find(s, "", 0), SIZE_MAX);
    gv_subwords_free(s);
    gv_subwords_free(NULL);
}

Test(subwords, give_a_word_the_mean_of_its_ngrams)
{
    gv_subwords *s = open_small();
    /* <ab abc bc> <abc abc>: four of five are known */
    expect_vector(s, "abc", 4, (float[]){0.5f + 1111 / 5.f, 0.25f + 2222 / 5.f, -1 + 3333 / 5.f});
    /* <xb xbc bc> <xbc xbc>: one of five */
    expect_vector(s, "xbc", 1, (float[]){20.5f, 40.25f, 59});
    expect_vector(s, "xyz", 0, (float[]){0, 0, 0});
    expect_vector(s, "", 0, (float[]){0, 0, 0});
    expect_vector(s, "\xff\xff", 0, (float[]){0, 0, 0});
    gv_subwords_free(s);
}

Test(subwords, of_parts_need_no_file)
{
    gv_subwords_parts p = parts();
    gv_subwords *s;
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_subwords_new(&s, &p, &err), err);
    expect_vector(s, "xbc", 1, (float[]){20.5f, 40.25f, 59});
    gv_subwords_free(s);
    p.text = "<ab<abc<ababc";
    cr_assert_eq(gv_subwords_new(&s, &p, &err), GV_E_RUNTIME);
    cr_assert_null(s);
}

Test(subwords, may_have_no_ngrams)
{
    gv_subwords_parts p = parts();
    p.count = p.probes = 0;
    gv_subwords *s;
    gv_error err = GV_ERROR_INIT;
    const char *path = gv_test_path("none.bin");
    gv_assert_ok(gv_subwords_write(path, &p, &err), err);
    gv_assert_ok(gv_subwords_open(&s, path, &err), err);
    expect_vector(s, "abc", 0, (float[]){0, 0, 0});
    gv_subwords_free(s);
}

/* --- the vectors that they belong to ---------------------------------------------------------- */

typedef struct table {
    const char *word;
    float vector[DIM];
} table;

static const float *find(void *context, const char *word)
{
    for (const table *t = context; t->word; t++)
        if (strcmp(t->word, word) == 0)
            return t->vector;
    return NULL;
}

Test(subwords, know_their_vectors)
{
    gv_subwords *s = open_small();
    table same[] = {{"abc", {-4, 5, NAN}}, {"the", {1, 2.0000005f, 3}}, {NULL, {0}}};
    table part[] = {{"the", {1, 2, 3}}, {NULL, {0}}};
    table other[] = {{"abc", {-4, 5, NAN}}, {"the", {1, 2.001f, 3}}, {NULL, {0}}};
    table finite[] = {{"abc", {-4, 5, 6}}, {NULL, {0}}};
    table none[] = {{"xyz", {1, 2, 3}}, {NULL, {0}}};
    cr_assert(gv_subwords_belong(s, DIM, find, same));
    cr_assert(gv_subwords_belong(s, DIM, find, part));
    cr_assert_not(gv_subwords_belong(s, DIM, find, other));
    cr_assert_not(gv_subwords_belong(s, DIM, find, finite));
    cr_assert_not(gv_subwords_belong(s, DIM, find, none));
    cr_assert_not(gv_subwords_belong(s, DIM - 1, find, same));
    gv_subwords_free(s);
}

/* --- damage ----------------------------------------------------------------------------------- */

static void expect_refused(const char *path, const char *what)
{
    gv_subwords *s;
    gv_error err = GV_ERROR_INIT;
    int status = gv_subwords_open(&s, path, &err);
    cr_assert_eq(status, GV_E_CORRUPT, "%s: status %d", what, status);
    cr_assert_null(s);
    cr_assert(strstr(err.text, path) && strstr(err.text, "delete it"), "%s: %s", what, err.text);
}

Test(subwords, a_missing_file_is_told_apart)
{
    gv_subwords *s;
    gv_error err = GV_ERROR_INIT;
    cr_assert_eq(gv_subwords_open(&s, gv_test_path("missing"), &err), GV_E_IO);
    err = (gv_error)GV_ERROR_INIT;
    gv_assert_ok(gv_subwords_open_if_there(&s, gv_test_path("missing"), &err), err);
    cr_assert_null(s);
    gv_assert_ok(gv_subwords_open_if_there(&s, write_small(), &err), err);
    cr_assert_not_null(s);
    gv_subwords_free(s);
}

Test(subwords, every_flipped_byte_is_noticed)
{
    const char *path = write_small();
    size_t bytes;
    gv_test_read(path, &bytes);
    for (size_t at = 0; at < bytes; at++) {
        gv_test_flip(path, (long)at);
        expect_refused(path, gv_test_format("byte %zu", at));
        gv_test_flip(path, (long)at);
    }
}

Test(subwords, every_truncation_is_noticed)
{
    const char *path = write_small();
    size_t bytes;
    char *whole = gv_test_read(path, &bytes);
    for (size_t n = 0; n < bytes; n++)
        expect_refused(gv_test_write("cut.bin", whole, n), gv_test_format("%zu bytes", n));
    char *longer = gv_test_keep(calloc(bytes + 1, 1));
    memcpy(longer, whole, bytes);
    expect_refused(gv_test_write("cut.bin", longer, bytes + 1), "one byte more");
}

/* A file whose checksums are right, but in whose header `value` stands at `at`. */
static void expect_number_refused(size_t at, uint32_t value, const char *what)
{
    size_t bytes;
    uint8_t *file = (uint8_t *)gv_test_read(write_small(), &bytes);
    gv_bytes_put32(file + at, value);
    if (at < HEADER)
        gv_bytes_put64(file + 72, gv_hash_64(file, 72, 0));
    gv_hash hash = gv_hash_of(file, bytes - 16);
    gv_bytes_put64(file + bytes - 16, hash.low);
    gv_bytes_put64(file + bytes - 8, hash.high);
    expect_refused(gv_test_write("sealed.bin", file, bytes), what);
}

Test(subwords, sealed_nonsense_is_refused)
{
    const size_t ends = HEADER + strlen("{\"a\":1}") + DIM * sizeof(float);
    expect_number_refused(8, 2, "version");
    expect_number_refused(12, 0, "dim 0");
    expect_number_refused(12, UINT32_MAX, "large dim");
    expect_number_refused(16, UINT32_MAX, "many n-grams");
    expect_number_refused(16, COUNT + 1, "one n-gram more");
    expect_number_refused(20, 0, "min_n 0");
    expect_number_refused(20, 5, "min_n above max_n");
    expect_number_refused(48, UINT32_MAX, "much text");
    expect_number_refused(52, UINT32_MAX, "more text");
    expect_number_refused(56, UINT32_MAX, "many probes");
    expect_number_refused(60, UINT32_MAX, "long probes");
    expect_number_refused(68, UINT32_MAX, "much metadata");
    expect_number_refused(ends, 0, "an empty n-gram");
    expect_number_refused(ends, 8, "an end behind the next");
    expect_number_refused(ends + 4 * (COUNT - 1), UINT32_MAX, "an end behind the text");
}

Test(subwords, running_out_of_memory_is_an_error)
{
    const char *path = write_small();
    for (uint64_t n = 1;; n++) {
        gv_subwords *s;
        gv_error err = GV_ERROR_INIT;
        gv_mem_fail_at(n, 0);
        int status = gv_subwords_open(&s, path, &err);
        gv_mem_fail_at(0, 0);
        gv_subwords_free(s);
        if (status == GV_OK && n > 5)
            break;
        cr_assert_eq(status, GV_E_MEMORY, "allocation %lu: %d", (unsigned long)n, status);
    }
}
