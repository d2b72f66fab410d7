/* corpus.ids: what is written comes back; what is damaged is refused. */
#include "base/gv_mem.h"
#include "support/gv_test.h"
#include "vocab/gv_ids.h"
#include <string.h>

/* Encode `text` with the words a, b, c, .. as its vocabulary. */
static int write_ids(const char *path, const char *text, gv_ids_info *info, gv_error *err)
{
    static const char *const words[] = {"a", "b", "c", "d"};
    static const uint64_t counts[] = {9, 8, 7, 6};
    gv_config *config;
    gv_corpus *corpus;
    gv_vocab *vocab;
    gv_encoder *encoder;
    const char *set = gv_test_format("corpus.files=%s", gv_test_write_text("text.txt", text));
    gv_strings sets = {0};
    cr_assert_eq(gv_strings_add(&sets, set, NULL), GV_OK);
    gv_assert_ok(gv_config_load(&config, NULL, &sets, "x", err), *err);
    gv_assert_ok(gv_corpus_open(&corpus, config, 0, err), *err);
    gv_assert_ok(gv_vocab_from_words(&vocab, words, counts, 4, err), *err);
    gv_assert_ok(gv_encoder_open(&encoder, corpus, vocab, NULL, NULL, err), *err);
    *info = (gv_ids_info){.vocab_size = 4, .source = {17, 4}};
    int status = gv_ids_write(path, encoder, info, err);
    gv_encoder_close(encoder);
    gv_vocab_free(vocab);
    gv_corpus_close(corpus);
    gv_config_free(config);
    gv_strings_free(&sets);
    return status;
}

static void expect_ids(const char *text, const uint32_t *want, size_t n)
{
    gv_error err = GV_ERROR_INIT;
    gv_ids_info info;
    gv_ids *ids;
    uint32_t got[64];
    const char *path = gv_test_path("corpus.ids");
    gv_assert_ok(write_ids(path, text, &info, &err), err);
    gv_assert_ok(gv_ids_open(&ids, path, &err), err);
    cr_assert_eq(gv_ids_about(ids)->count, n, "%s", text);
    cr_assert_eq(gv_ids_about(ids)->words, info.words);
    cr_assert_eq(gv_ids_about(ids)->source.low, 17u);
    gv_assert_ok(gv_ids_read(got, ids, 0, n, &err), err);
    cr_assert_eq(memcmp(got, want, n * sizeof *want), 0, "%s", text);
    gv_assert_ok(gv_ids_read(got, ids, n - 1, 1, &err), err);
    cr_assert_eq(got[0], GV_ENCODER_BREAK, "the last document ends, too");
    gv_ids_close(ids);
}

Test(ids, words_and_one_break_after_each_document)
{
    const uint32_t end = GV_ENCODER_BREAK;
    expect_ids("a", (uint32_t[]){0, end}, 2);
    expect_ids("a b\nc d\n", (uint32_t[]){0, 1, end, 2, 3, end}, 6);
    expect_ids("\n\nx\nb x a\n\n\nx x\nc", (uint32_t[]){1, 0, end, 2, end}, 5);
}

Test(ids, no_word_is_an_error_and_leaves_nothing)
{
    gv_error err = GV_ERROR_INIT;
    gv_ids_info info;
    const char *path = gv_test_path("corpus.ids");
    cr_assert_eq(write_ids(path, "x y\nz\n", &info, &err), GV_E_RUNTIME);
    cr_assert(strstr(err.text, "no word"), "%s", err.text);
    cr_assert(!gv_test_exists(path));
}

static void expect_refused(const char *path, const char *what)
{
    gv_error err = GV_ERROR_INIT;
    gv_ids *ids;
    cr_assert_eq(gv_ids_open(&ids, path, &err), GV_E_CORRUPT, "%s", what);
    cr_assert(strstr(err.text, "corpus.ids"), "%s", err.text);
    cr_assert_null(ids);
}

Test(ids, every_flipped_byte_and_every_length_is_noticed)
{
    gv_error err = GV_ERROR_INIT;
    gv_ids_info info;
    const char *path = gv_test_path("corpus.ids");
    size_t n;
    gv_assert_ok(write_ids(path, "a b c\nd a\n", &info, &err), err);
    char *whole = gv_test_read(path, &n);
    for (size_t i = 0; i < n; i++) {
        gv_test_write("corpus.ids", whole, n);
        gv_test_flip(path, (long)i);
        expect_refused(path, gv_test_format("byte %zu", i));
        gv_test_write("corpus.ids", whole, i);
        expect_refused(path, gv_test_format("%zu bytes", i));
    }
}

Test(ids, is_from_tells_whether_to_make_it_anew)
{
    gv_error err = GV_ERROR_INIT;
    gv_ids_info info;
    bool from = true;
    const char *path = gv_test_path("corpus.ids");
    gv_assert_ok(gv_ids_is_from(&from, path, (gv_hash){17, 4}, &err), err);
    cr_assert(!from, "not there");
    gv_assert_ok(write_ids(path, "a b", &info, &err), err);
    gv_assert_ok(gv_ids_is_from(&from, path, (gv_hash){17, 4}, &err), err);
    cr_assert(from);
    gv_assert_ok(gv_ids_is_from(&from, path, (gv_hash){17, 5}, &err), err);
    cr_assert(!from, "from something else");
    gv_test_truncate(path, 20);
    gv_assert_ok(gv_ids_is_from(&from, path, (gv_hash){17, 4}, &err), err);
    cr_assert(!from, "cut off");
}
