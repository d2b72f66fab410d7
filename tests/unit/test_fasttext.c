/* fastText's models: n-grams and their hash, every byte of a file, what is refused. That fastText
 * and gensim agree is tested in tests/cli/test_fasttext_cli.c. */
#include "base/gv_bytes.h"
#include "base/gv_mem.h"
#include "subword/gv_subwords.h"
#include "support/gv_test.h"
#include "vectors/gv_fasttext_buckets.h"
#include "vectors/gv_vectors.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

/* --- a file, piece by piece ------------------------------------------------------------------- */

typedef struct file {
    uint8_t bytes[8192];
    size_t n;
} file;

static void put32(file *f, uint32_t value)
{
    gv_bytes_put32(f->bytes + f->n, value);
    f->n += 4;
}

static void put64(file *f, uint64_t value)
{
    gv_bytes_put64(f->bytes + f->n, value);
    f->n += 8;
}

static void put_floats(file *f, const float *values, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        put32(f, bits);
    }
}

/* What a file says of itself; zero members get the values of a small good one. */
typedef struct model {
    uint32_t magic, version, dim, kind, buckets, min_n, max_n, entries, words, labels;
    int64_t pruned;
    bool quantised, without_end;
    uint64_t rows, columns; /* of the first matrix */
} model;

static const char *const words[] = {"ab", "</s>", "x"};
static const float rows[] = {3, 6, 5, -1, 2, 2, 30, 60}; /* the last: of the only bucket */

static model good(void)
{
    return (model){.magic = 793712314,
                   .version = 12,
                   .dim = 2,
                   .kind = 2,
                   .buckets = 1,
                   .min_n = 3,
                   .max_n = 4,
                   .entries = 3,
                   .words = 3,
                   .pruned = -1,
                   .rows = 4,
                   .columns = 2};
}

static file build(const model *m)
{
    file f = {.n = 0};
    const uint32_t head[] = {m->magic, m->version, m->dim,  5,          5,        1,        5,
                             1,        2,          m->kind, m->buckets, m->min_n, m->max_n, 100};
    for (size_t i = 0; i < sizeof head / sizeof *head; i++)
        put32(&f, head[i]);
    put64(&f, 0x3f1a36e2eb1c432d); /* 1e-4 */
    put32(&f, m->entries);
    put32(&f, m->words);
    put32(&f, m->labels);
    put64(&f, 3);
    put64(&f, (uint64_t)m->pruned);
    for (size_t i = 0; i < 3; i++) {
        memcpy(f.bytes + f.n, words[i], strlen(words[i]) + 1);
        f.n += strlen(words[i]) + 1;
        put64(&f, 1);
        f.bytes[f.n++] = i >= m->words;
    }
    f.bytes[f.n++] = m->quantised;
    put64(&f, m->rows);
    put64(&f, m->columns);
    put_floats(&f, rows, 8);
    if (!m->without_end) {
        static const float zeros[6];
        f.bytes[f.n++] = 0;
        put64(&f, 3);
        put64(&f, 2);
        put_floats(&f, zeros, 6);
    }
    return f;
}

static gv_vectors *read_with(const file *f, size_t limit)
{
    gv_vectors *vectors = NULL;
    gv_error err = GV_ERROR_INIT;
    const char *path = gv_test_write("m.bin", f->bytes, f->n);
    gv_assert_ok(gv_vectors_read(&vectors, path, limit, &err), err);
    return vectors;
}

static void expect_refused(const file *f, const char *part)
{
    gv_vectors *vectors = NULL;
    gv_error err = GV_ERROR_INIT;
    const char *path = gv_test_write("m.bin", f->bytes, f->n);
    cr_assert_eq(gv_vectors_read(&vectors, path, 0, &err), GV_E_CORRUPT, "%s: '%s'", part,
                 err.text);
    cr_assert_null(vectors);
    cr_assert(strstr(err.text, path) && strstr(err.text, part), "no '%s' in '%s'", part, err.text);
    cr_assert_null(strchr(err.text, '\n'));
}

static void expect_model_refused(model m, const char *part)
{
    file f = build(&m);
    expect_refused(&f, part);
}

/* --- n-grams ---------------------------------------------------------------------------------- */

/* Values of gensim's ft_hash_bytes. A byte above 127 counts as a negative number. */
Test(fasttext, hashes)
{
    cr_expect_eq(gv_fasttext_hash("", 0), 0x811c9dc5);
    cr_expect_eq(gv_fasttext_hash("a", 1), 0xe40c292c);
    cr_expect_eq(gv_fasttext_hash("<th", 3), 0x6082492f);
    cr_expect_eq(gv_fasttext_hash("<n\xc3\xa9", 4), 0xb4028977);
    cr_expect_eq(gv_fasttext_hash("\xe6\x97\xa5\xe6\x9c\xac>", 7), 0x2e6254bd);
}

static void expect_pieces(const char *word, uint32_t min_n, uint32_t max_n, const char *expected)
{
    gv_fasttext_cutter cutter = {.min_n = min_n, .max_n = max_n, .buckets = 1000};
    gv_error err = GV_ERROR_INIT;
    char list[256] = "";
    gv_assert_ok(gv_fasttext_cut(&cutter, word, &err), err);
    for (size_t i = 0; i < cutter.n; i++) {
        const gv_fasttext_piece *piece = &cutter.piece[i];
        const char *text = cutter.text + piece->start;
        snprintf(list + strlen(list), sizeof list - strlen(list), "%.*s ", (int)piece->length,
                 text);
        cr_expect_eq(piece->bucket, gv_fasttext_hash(text, piece->length) % 1000);
    }
    cr_expect_str_eq(list, expected);
    gv_fasttext_cutter_clear(&cutter);
}

Test(fasttext, ngrams)
{
    expect_pieces("cat", 3, 6, "<ca <cat <cat> cat cat> at> ");
    expect_pieces("a\xc3\xa9", 1, 2, "<a a a\xc3\xa9 \xc3\xa9 \xc3\xa9> ");
    expect_pieces("a", 3, 6, "<a> ");
    expect_pieces("a", 4, 6, "");
    expect_pieces("", 1, 3, "<> ");
    expect_pieces("cat", 0, 0, "");
    expect_pieces("cat", 5, 4, "");
    expect_pieces("</s>", 3, 6, "");
    /* bytes that begin no character belong to the one before */
    expect_pieces("\x80z", 2, 2, "<\x80z z> ");
}

/* --- writing ---------------------------------------------------------------------------------- */

static const char *word_of(void *context, size_t row)
{
    (void)context;
    return words[row];
}

static uint64_t count_of(void *context, size_t row)
{
    (void)context;
    static const uint64_t counts[] = {7, UINT64_MAX, 0};
    return counts[row];
}

static void row_of(void *context, size_t row, float *to)
{
    (void)context;
    memcpy(to, rows + 2 * row, 2 * sizeof *to);
}

static const gv_vectors_source three = {
    .rows = 3, .dim = 2, .word = word_of, .count = count_of, .vector = row_of};

/* Without n-grams: the words' rows as they are. */
Test(fasttext, every_byte_of_a_file)
{
    model m = good();
    m.buckets = m.min_n = m.max_n = 0;
    m.rows = 3;
    file f = build(&m), expected = {.n = 0};
    size_t words_at = GV_FASTTEXT_HEAD,
           bucket_at = words_at + (3 + 9) + (5 + 9) + (2 + 9) + 17 + 24;
    memcpy(expected.bytes, f.bytes, bucket_at);
    memcpy(expected.bytes + bucket_at, f.bytes + bucket_at + 8, f.n - bucket_at - 8);
    expected.n = f.n - 8;
    /* counts: 7, the greatest, and 1 for a word that never occurs; their sum has reached its end */
    gv_bytes_put64(expected.bytes + words_at + 3, 7);
    gv_bytes_put64(expected.bytes + words_at + 12 + 5, INT64_MAX);
    gv_bytes_put64(expected.bytes + GV_FASTTEXT_HEAD - 16, INT64_MAX);
    gv_error err = GV_ERROR_INIT;
    size_t n;
    const char *path = gv_test_path("w.ft.bin");
    gv_assert_ok(gv_vectors_write_file(path, GV_FORMAT_FASTTEXT, &three, 1, &err), err);
    uint8_t *bytes = (uint8_t *)gv_test_read(path, &n);
    cr_assert_eq(n, expected.n);
    for (size_t i = 0; i < n; i++)
        cr_assert_eq(bytes[i], expected.bytes[i], "byte %zu", i);
}

/* --- writing n-grams -------------------------------------------------------------------------- */

static const float offset[] = {0.5f, -0.25f};
static const float ngram_rows[] = {1, 2, 4, 8};

/* Two known n-grams of three letters. */
static gv_subwords *make_subwords(const char *text)
{
    static const uint32_t end[] = {3, 6};
    static const char *const probes[] = {"ab"};
    const gv_subwords_parts parts = {.settings = {.min_n = 3, .max_n = 4, .min_words = 1},
                                     .dim = 2,
                                     .count = 2,
                                     .text = text,
                                     .end = end,
                                     .row = ngram_rows,
                                     .offset = offset,
                                     .probes = 1,
                                     .probe_word = probes,
                                     .probe_vector = rows,
                                     .metadata = "{}"};
    gv_subwords *subwords;
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_subwords_new(&subwords, &parts, &err), err);
    return subwords;
}

static const uint8_t *write_with(const gv_subwords *subwords, size_t *n)
{
    gv_vectors_source source = three;
    gv_error err = GV_ERROR_INIT;
    source.subwords = subwords;
    const char *path = gv_test_path("w.ft.bin");
    gv_assert_ok(gv_vectors_write_file(path, GV_FORMAT_FASTTEXT, &source, 1, &err), err);
    return gv_test_keep(gv_test_read(path, n));
}

/* The row of a bucket in a file of the three words. */
static void get_bucket(float to[2], const uint8_t *bytes, uint32_t bucket)
{
    const size_t matrix = GV_FASTTEXT_HEAD + (3 + 9) + (5 + 9) + (2 + 9) + 17;
    memcpy(to, bytes + matrix + (3 + (size_t)bucket) * 8, 8);
}

Test(fasttext, ngrams_are_written)
{
    size_t n;
    float row[2], word[2];
    gv_subwords *subwords = make_subwords("<abab>");
    const uint8_t *bytes = write_with(subwords, &n);
    gv_fasttext_head head;
    gv_fasttext_get_head(&head, bytes);
    cr_assert_eq(head.buckets, 128);
    cr_assert(head.min_n == 3 && head.max_n == 4);
    cr_assert_eq(n, GV_FASTTEXT_HEAD + 12 + 14 + 11 + 17 + (3 + 128) * 8 + 17 + 3 * 8);
    uint32_t buckets[] = {gv_fasttext_hash("<ab", 3) % 128, gv_fasttext_hash("ab>", 3) % 128};
    cr_assert_neq(buckets[0], buckets[1]);
    for (uint32_t b = 0; b < 128; b++) {
        get_bucket(row, bytes, b);
        for (size_t k = 0; k < 2; k++)
            cr_assert_eq(row[k], offset[k] + (b == buckets[0]   ? ngram_rows[k]
                                              : b == buckets[1] ? ngram_rows[2 + k]
                                                                : 0));
    }
    /* words have their vectors; an unseen one has the vector of its n-grams */
    gv_vectors *vectors;
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_vectors_read(&vectors, gv_test_path("w.ft.bin"), 0, &err), err);
    for (size_t i = 0; i < 6; i++)
        cr_assert_float_eq(vectors->data[i], rows[i], 1e-6);
    gv_vectors_free(vectors);
    gv_fasttext_cutter cutter = {.min_n = 3, .max_n = 4, .buckets = 128};
    size_t known;
    gv_assert_ok(gv_fasttext_cut(&cutter, "abxab", &err), err);
    gv_assert_ok(gv_subwords_vector(subwords, "abxab", word, &known, &err), err);
    double sum[2] = {0, 0};
    for (size_t i = 0; i < cutter.n; i++) {
        uint32_t bucket = cutter.piece[i].bucket;
        size_t length = cutter.piece[i].length;
        /* no other n-gram of the word is in the buckets of the known ones */
        if (bucket == buckets[0] || bucket == buckets[1])
            cr_assert_eq(length, 3);
        get_bucket(row, bytes, bucket);
        for (size_t k = 0; k < 2; k++)
            sum[k] += row[k];
    }
    cr_assert_eq(known, 2);
    for (size_t k = 0; k < 2; k++)
        cr_assert_float_eq(sum[k] / (double)cutter.n, word[k], 1e-6);
    gv_fasttext_cutter_clear(&cutter);
    gv_subwords_free(subwords);
}

/* Of two n-grams in one bucket, that which more words have counts more. */
Test(fasttext, ngrams_that_share_a_bucket)
{
    char text[7] = "<ab...";
    const uint32_t bucket = gv_fasttext_hash("<ab", 3) % 128;
    for (int i = 0; i < 26 * 26; i++) {
        snprintf(text + 3, 4, "x%c%c", 'a' + i / 26, 'a' + i % 26);
        if (gv_fasttext_hash(text + 3, 3) % 128 == bucket)
            break;
    }
    size_t n;
    float row[2];
    gv_subwords *subwords = make_subwords(text);
    get_bucket(row, write_with(subwords, &n), bucket);
    /* <ab is in one word, the other in none: weights 2 and 1 */
    cr_expect_float_eq(row[0], 0.5 + (2 * 1 + 4) / 3.0, 1e-6);
    cr_expect_float_eq(row[1], -0.25 + (2 * 2 + 8) / 3.0, 1e-6);
    gv_subwords_free(subwords);
}

Test(fasttext, number_of_buckets)
{
    static const struct {
        uint64_t ngrams;
        uint32_t buckets;
    } cases[] = {{0, 0},
                 {1, 64},
                 {3905, 249920},
                 {3906, 250000},
                 {15625, 250000},
                 {15626, 250016},
                 {249999, 3999984},
                 {250000, 4000000},
                 {1000000, 4000000},
                 {UINT64_MAX, 4000000}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_expect_eq(gv_fasttext_buckets_for(cases[i].ngrams), cases[i].buckets, "%zu", i);
}

/* --- reading ---------------------------------------------------------------------------------- */

/* `<ab>` has the n-grams <ab <ab> ab>, `<x>` has <x>, and the end of a line none. */
Test(fasttext, vectors_are_means)
{
    model m = good();
    file f = build(&m);
    static const float expected[] = {(3 + 3 * 30) / 4.0F, (6 + 3 * 60) / 4.0F, 5, -1,
                                     (2 + 30) / 2.0F,     (2 + 60) / 2.0F};
    for (uint32_t version = 11; version <= 12; version++) {
        gv_bytes_put32(f.bytes + 4, version);
        gv_vectors *vectors = read_with(&f, 0);
        cr_assert_eq(vectors->rows, 3);
        cr_assert_eq(vectors->format, GV_FORMAT_FASTTEXT);
        cr_assert_null(vectors->note);
        for (size_t i = 0; i < 6; i++)
            cr_expect_eq(vectors->data[i], expected[i], "%zu: %g", i, (double)vectors->data[i]);
        for (size_t i = 0; i < 3; i++)
            cr_expect_eq(gv_vectors_find(vectors, words[i]), i);
        gv_vectors_free(vectors);
    }
    gv_vectors *two = read_with(&f, 2);
    cr_assert_eq(two->rows, 2);
    cr_expect_eq(two->data[0], expected[0]);
    gv_vectors_free(two);
}

/* N-grams are left out where fastText leaves them out: with min_n above max_n, with all buckets
 * pruned, in old supervised models. */
Test(fasttext, vectors_without_ngrams)
{
    model cases[4] = {good(), good(), good(), good()};
    cases[0].max_n = 0;
    cases[1].min_n = 5;
    cases[2].pruned = 0;
    cases[3].version = 11;
    cases[3].kind = GV_FASTTEXT_SUPERVISED;
    for (size_t c = 0; c < 4; c++) {
        file f = build(&cases[c]);
        gv_vectors *vectors = read_with(&f, 0);
        for (size_t i = 0; i < 6; i++)
            cr_expect_eq(vectors->data[i], rows[i], "case %zu, number %zu", c, i);
        gv_vectors_free(vectors);
    }
}

Test(fasttext, labels_are_left_out)
{
    model m = good();
    m.kind = GV_FASTTEXT_SUPERVISED;
    m.words = 2;
    m.labels = 1;
    m.buckets = 2; /* rows: two words, two buckets */
    file f = build(&m);
    gv_vectors *vectors = read_with(&f, 0);
    cr_assert_eq(vectors->rows, 2);
    cr_assert_not_null(strstr(vectors->note, "labels of a supervised fastText model, left out: 1"));
    gv_vectors_free(vectors);
}

Test(fasttext, what_is_refused)
{
    model m = good();
#define REFUSE(member, value, part)                                                                \
    do {                                                                                           \
        model changed = m;                                                                         \
        changed.member = (value);                                                                  \
        expect_model_refused(changed, part);                                                       \
    } while (0)
    REFUSE(quantised, true, "quantised fastText model (.ftz)");
    REFUSE(pruned, 5, "pruned fastText model");
    REFUSE(version, 13, "version 13; only versions 11 and 12");
    REFUSE(version, 10, "version 10");
    REFUSE(dim, 0, "words and dimensions");
    REFUSE(dim, UINT32_MAX, "words and dimensions");
    REFUSE(dim, 3, "other dimensions");
    REFUSE(dim, INT32_MAX, "numbers per word");
    REFUSE(entries, 4, "words and dimensions");
    REFUSE(words, UINT32_MAX, "words and dimensions");
    REFUSE(words, 2, "words and dimensions");
    REFUSE(buckets, 0, "settings of its n-grams");
    REFUSE(buckets, UINT32_MAX, "settings of its n-grams");
    REFUSE(buckets, 1u << 27, "settings of its n-grams");
    REFUSE(buckets, 2, "a row for each word and bucket");
    REFUSE(max_n, 101, "settings of its n-grams");
    REFUSE(min_n, UINT32_MAX, "settings of its n-grams");
    REFUSE(rows, 3, "a row for each word and bucket");
    REFUSE(rows, UINT64_MAX, "larger than the file");
    REFUSE(columns, 3, "other dimensions");
    m.entries = m.words = 1000; /* the matrix is taken for words */
    expect_model_refused(m, "list of words");
    m = good();
    m.without_end = true;
    expect_model_refused(m, "truncated");
    m.buckets = 1 << 26;
    m.rows = m.buckets + 3;
    expect_model_refused(m, "larger than the file");
}

/* Also from a pipe, whose end is not known before. */
Test(fasttext, every_truncation)
{
    model m = good();
    file f = build(&m);
    for (size_t n = 4; n < f.n; n++) {
        gv_vectors *vectors = NULL;
        gv_error err = GV_ERROR_INIT;
        const char *path = gv_test_write("m.bin", f.bytes, n);
        cr_assert_eq(gv_vectors_read(&vectors, path, 0, &err), GV_E_CORRUPT, "%zu bytes", n);
        cr_assert_not_null(strstr(err.text, "truncated"), "%zu bytes: %s", n, err.text);
        if (n % 16 == 0)
            cr_assert_eq(gv_test_run("cat m.bin | glove-convert --progress none - o.txt").exit_code,
                         1, "%zu bytes", n);
    }
    f.bytes[f.n++] = 0;
    expect_refused(&f, "continues after its end");
}

/* A flipped byte is found, or changes a number or a word; nothing else happens. */
Test(fasttext, every_flipped_byte)
{
    model m = good();
    file f = build(&m);
    for (size_t at = 0; at < f.n; at++) {
        gv_vectors *vectors = NULL;
        gv_error err = GV_ERROR_INIT;
        f.bytes[at] ^= 0x5a;
        const char *path = gv_test_write("m.bin", f.bytes, f.n);
        if (gv_vectors_read(&vectors, path, 0, &err) == GV_OK)
            cr_assert(vectors->rows <= 3 && vectors->dim == 2, "byte %zu", at);
        else
            cr_assert(strstr(err.text, "m.bin") && !strchr(err.text, '\n'), "byte %zu", at);
        gv_vectors_free(vectors);
        f.bytes[at] ^= 0x5a;
    }
}
