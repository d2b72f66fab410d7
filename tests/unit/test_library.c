/* The C library (glovebox.h), linked as a part of the test: answers, errors, threads, memory. */
#include "base/gv_mem.h"
#include "bindings/c/glovebox.h"
#include "subword/gv_subwords.h"
#include "support/gv_test.h"
#include "support/gv_test_store.h"
#include "vectors/gv_vectors.h"
#include "vectors/gv_words.h"
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DIM = 3, ROWS = 9, TOP = 20 };

/* "say "hi" \ " and a control character: escaped twice in safetensors */
static const char *const words[ROWS] = {"king",  "man",     "queen",        "woman", "<unk>",
                                        "fisch", "a\"b\\c", "\x01\xc3\xa9", "zero"};
static const float values[ROWS][DIM] = {{1, 1, 0},     {1, 0, 0}, {0, 1, 1},
                                        {0, 0.1f, 1},  {1, 1, 1}, {0, 5, 0},
                                        {-1, 0, 0.5f}, {2, 3, 4}, {0, 0, 0}};

static const char *word_at(void *context, size_t row)
{
    (void)context;
    return words[row];
}

static void vector_at(void *context, size_t row, float *to)
{
    (void)context;
    memcpy(to, values[row], sizeof values[row]);
}

static const gv_vectors_source source = {
    .rows = ROWS, .dim = DIM, .word = word_at, .vector = vector_at, .metadata = "{\"a\":1}"};

static const char *write_file(const char *name, enum gv_config_format format)
{
    gv_error err = GV_ERROR_INIT;
    const char *path = gv_test_path(name);
    gv_assert_ok(gv_vectors_write_file(path, format, &source, 1, &err), err);
    return path;
}

static const char *write_npy(void)
{
    char text[256] = "";
    write_file("v.npy", GV_FORMAT_NPY);
    for (size_t i = 0; i < ROWS; i++)
        sprintf(text + strlen(text), "%s %zu\n", words[i], 100 - i);
    gv_test_write_text("words.txt", text);
    return gv_test_path("v.npy");
}

static glovebox_vectors *open_with(const char *path, uint32_t flags)
{
    glovebox_options options = GLOVEBOX_OPTIONS_INIT;
    glovebox_vectors *v = NULL;
    glovebox_error err;
    options.flags = flags;
    options.words = gv_test_path("words.txt");
    cr_assert_eq(glovebox_open(&v, path, &options, &err), GLOVEBOX_OK, "%s", err.message);
    return v;
}

static void check_rows(const glovebox_vectors *v)
{
    cr_assert_eq(glovebox_rows(v), ROWS);
    cr_assert_eq(glovebox_dim(v), DIM);
    for (size_t row = 0; row < ROWS; row++) {
        cr_assert_str_eq(glovebox_word(v, row), words[row]);
        cr_assert_eq(glovebox_find(v, words[row]), (int64_t)row);
        cr_assert_arr_eq(glovebox_row(v, row), values[row], sizeof values[row]);
        cr_assert_eq(glovebox_row(v, row), glovebox_matrix(v) + row * DIM);
    }
    cr_assert_eq(glovebox_find(v, "king "), -1);
    cr_assert_eq(glovebox_find(v, ""), -1);
    cr_assert_null(glovebox_word(v, ROWS));
    cr_assert_null(glovebox_row(v, SIZE_MAX));
}

Test(library, every_format_mapped_or_read)
{
    static const struct {
        enum gv_config_format format;
        const char *name, *kind;
        int mapped;
    } cases[] = {{GV_FORMAT_SAFETENSORS, "v.safetensors", "safetensors", 1},
                 {GV_FORMAT_NPY, "v.npy", "npy", 1},
                 {GV_FORMAT_WORD2VEC, "v.bin", "word2vec", 0},
                 {GV_FORMAT_SQLITE, "v.db", "sqlite", 0},
                 {GV_FORMAT_FASTTEXT, "v.ft.bin", "fasttext", 0},
                 {GV_FORMAT_TEXT, "v.txt", "text", 0}};
    write_npy();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (uint32_t flags = 0; flags < 4; flags++) {
            const char *path = write_file(cases[i].name, cases[i].format);
            glovebox_vectors *v = open_with(path, flags);
            cr_assert_eq(glovebox_is_mapped(v), cases[i].mapped && !(flags & GLOVEBOX_COPY));
            cr_assert_str_eq(glovebox_format(v), cases[i].kind);
            cr_assert_str_eq(glovebox_path(v), path);
            check_rows(v);
            cr_assert_eq(glovebox_check(v, NULL), GLOVEBOX_OK);
            glovebox_close(v);
        }
}

/* Its words are in metadata.tsv, whatever else is there. */
Test(library, a_directory_with_a_projector_table)
{
    glovebox_vectors *v;
    glovebox_error err;
    gv_test_write_text("vocab.txt", "other 3\nwords 2\n");
    write_file("vectors.tsv", GV_FORMAT_PROJECTOR);
    cr_assert_eq(glovebox_open(&v, gv_test_path("."), NULL, &err), GLOVEBOX_OK, "%s", err.message);
    cr_assert_str_eq(glovebox_format(v), "projector");
    check_rows(v);
    glovebox_close(v);
    cr_assert_eq(glovebox_open(&v, gv_test_path("vectors.tsv"), NULL, &err), GLOVEBOX_OK);
    check_rows(v);
    glovebox_close(v);
}

Test(library, metadata_and_words_of_safetensors)
{
    glovebox_vectors *v = open_with(write_file("v", GV_FORMAT_SAFETENSORS), 0);
    cr_assert_str_eq(glovebox_metadata(v), "{\"a\":1}");
    glovebox_close(v);
}

/* A handle on a mapped file outlives the file's name. */
Test(library, replaced_files_stay_valid)
{
    glovebox_vectors *v = open_with(write_file("v", GV_FORMAT_SAFETENSORS), 0);
    gv_test_write_text("other", "another file");
    cr_assert_eq(rename(gv_test_path("other"), gv_test_path("v")), 0);
    check_rows(v);
    glovebox_close(v);
}

Test(library, damage_is_noticed)
{
    glovebox_vectors *v = NULL;
    glovebox_options options = GLOVEBOX_OPTIONS_INIT;
    glovebox_error err;
    const char *path = write_file("v", GV_FORMAT_SAFETENSORS);
    gv_test_flip(path, -3); /* a number: only the checksum tells */
    cr_assert_eq(glovebox_open(&v, path, NULL, &err), GLOVEBOX_OK);
    cr_assert_eq(glovebox_check(v, &err), GLOVEBOX_E_CORRUPT);
    cr_assert(strstr(err.message, "checksum"), "%s", err.message);
    glovebox_close(v);
    options.flags = GLOVEBOX_CHECK;
    cr_assert_eq(glovebox_open(&v, path, &options, &err), GLOVEBOX_E_CORRUPT);
    options.flags = GLOVEBOX_COPY;
    cr_assert_eq(glovebox_open(&v, path, &options, &err), GLOVEBOX_E_CORRUPT);
    cr_assert_null(v);
}

/* Truncated anywhere, or with any byte changed, it is an error or a sound handle. */
Test(library, hostile_safetensors)
{
    size_t bytes;
    glovebox_vectors *v = NULL;
    glovebox_error err;
    char *whole = gv_test_read(write_file("v", GV_FORMAT_SAFETENSORS), &bytes);
    for (size_t i = 0; i < 2 * bytes; i += 5) {
        const size_t n = i < bytes ? i : bytes;
        if (i >= bytes)
            whole[i - bytes] ^= 0x11;
        const char *path = gv_test_write("damaged", whole, n);
        if (i >= bytes)
            whole[i - bytes] ^= 0x11;
        int status = glovebox_open(&v, path, NULL, &err);
        cr_assert(status != GLOVEBOX_OK || n == bytes, "%zu bytes of %zu were opened", n, bytes);
        for (size_t row = 0; row < glovebox_rows(v); row++)
            cr_assert(glovebox_find(v, glovebox_word(v, row)) >= 0);
        glovebox_close(v);
    }
    free(whole);
}

/* --- questions -------------------------------------------------------------------------------- */

/* The same words and scores as from gv_words, which glove-query uses. */
Test(library, answers_are_those_of_glove_query)
{
    gv_error why = GV_ERROR_INIT;
    glovebox_error err;
    glovebox_neighbour found[TOP];
    gv_nearest_neighbour expected[TOP];
    const char *path = write_file("v", GV_FORMAT_SAFETENSORS);
    gv_words *known;
    gv_assert_ok(gv_words_read(&known, path, &why), why);
    glovebox_vectors *v = open_with(path, 0);
    for (size_t top = 0; top <= ROWS + 1; top++) {
        glovebox_list list = {found, top, 99};
        gv_nearest_list own = {.found = expected, .top = top < ROWS ? top : ROWS};
        const uint32_t row = 0;
        gv_assert_ok(gv_nearest_to(&own, &known->nearest, values[0], &row, 1, &why), why);
        cr_assert_eq(glovebox_nearest_word(v, "KING", &list, &err), GLOVEBOX_OK, "%s", err.message);
        cr_assert_eq(list.n, own.n);
        for (size_t i = 0; i < list.n; i++) {
            cr_assert_eq(found[i].row, expected[i].row);
            cr_assert_str_eq(found[i].word, words[expected[i].row]);
            cr_assert_float_eq(found[i].score, expected[i].score, 1e-6);
        }
    }
    double score;
    cr_assert_eq(glovebox_similarity(v, "king", "queen", &score, &err), GLOVEBOX_OK);
    cr_assert_float_eq(score, 0.5, 1e-7);
    gv_words_free(known);
    glovebox_close(v);
}

Test(library, analogies_and_sums)
{
    static const char *const sum[] = {"king", "man", "woman"};
    static const float factors[] = {1, -1, 1};
    glovebox_vectors *v = open_with(write_file("v", GV_FORMAT_TEXT), 0);
    glovebox_neighbour found[2];
    glovebox_list list = {found, 2, 0};
    glovebox_error err;
    cr_assert_eq(glovebox_analogy(v, "man", "king", "woman", &list, &err), GLOVEBOX_OK);
    cr_assert_str_eq(found[0].word, "queen");
    cr_assert_eq(glovebox_analogy_mul(v, "man", "king", "woman", &list, &err), GLOVEBOX_OK);
    cr_assert_str_eq(found[0].word, words[6]); /* far from `man`, by which the score is divided */
    cr_assert_eq(glovebox_nearest_sum(v, sum, factors, 3, &list, &err), GLOVEBOX_OK);
    cr_assert_str_eq(found[0].word, "queen");
    const uint64_t excluded[] = {2, UINT64_MAX};
    const float query[DIM] = {0, 1, 1};
    cr_assert_eq(glovebox_nearest(v, query, excluded, 2, &list, &err), GLOVEBOX_OK);
    cr_assert_str_neq(found[0].word, "queen");
    cr_assert_eq(glovebox_nearest(v, query, NULL, 0, &list, &err), GLOVEBOX_OK);
    cr_assert_str_eq(found[0].word, "queen");
    cr_assert_float_eq(found[0].score, 1, 1e-6);
    glovebox_close(v);
}

/* Sums of squares are 1 only but for rounding; a cosine is never above 1 all the same. */
Test(library, cosines_are_at_most_1)
{
    enum { MANY = 500 };
    char text[MANY * 64] = "", name[16];
    for (size_t i = 0, n = 0; i < MANY; i++)
        n += (size_t)sprintf(text + n, "w%zu 0.%zu -0.%zu 0.%zu\n", i, 7 + i, 31 * i + 1,
                             57 + 3 * i);
    gv_test_write_text("many.txt", text);
    glovebox_vectors *v = open_with(gv_test_path("many.txt"), 0);
    for (size_t i = 0; i < MANY; i++) {
        glovebox_neighbour found[1];
        glovebox_list list = {found, 1, 0};
        double score;
        sprintf(name, "w%zu", i);
        cr_assert_eq(glovebox_similarity(v, name, name, &score, NULL), GLOVEBOX_OK);
        cr_assert(score <= 1.0 && score > 0.999999, "%s: %.17g", name, score);
        cr_assert_eq(glovebox_nearest(v, glovebox_row(v, i), NULL, 0, &list, NULL), GLOVEBOX_OK);
        cr_assert(found[0].score <= 1.0 && found[0].score > 0.99999, "%.17g", found[0].score);
    }
    glovebox_close(v);
}

Test(library, questions_without_a_direction)
{
    static const char *const sum[] = {"king", "man", "man", "king"};
    static const float factors[] = {1, -1, 1, -1}, nan_query[DIM] = {1, NAN, 0};
    glovebox_vectors *v = open_with(write_file("v", GV_FORMAT_TEXT), 0);
    glovebox_neighbour found[2];
    glovebox_list list = {found, 2, 9};
    glovebox_error err;
    cr_assert_eq(glovebox_nearest_sum(v, sum, factors, 4, &list, &err), GLOVEBOX_E_RUNTIME);
    cr_assert(strstr(err.message, "cancel out"), "%s", err.message);
    cr_assert_eq(glovebox_nearest(v, nan_query, NULL, 0, &list, &err), GLOVEBOX_E_RUNTIME);
    cr_assert(strstr(err.message, "no direction"), "%s", err.message);
    cr_assert_eq(glovebox_nearest(v, values[8], NULL, 0, &list, &err), GLOVEBOX_E_RUNTIME);
    cr_assert_eq(list.n, 0);
    glovebox_close(v);
}

/* More rows than a block of the search has, on several threads. */
Test(library, threads_of_a_search_do_not_matter)
{
    enum { MANY = 20000, D = 4 };
    glovebox_neighbour found[2][TOP];
    FILE *file = fopen(gv_test_path("many"), "w");
    for (size_t i = 0; i < MANY; i++)
        fprintf(file, "w%zu %zu %zu 3 1\n", i, i * 7919 % 101, i * 104729 % 31);
    fclose(file);
    for (uint32_t threads = 1; threads <= 7; threads += 2) {
        glovebox_options options = GLOVEBOX_OPTIONS_INIT;
        glovebox_vectors *v;
        glovebox_list list = {found[threads > 1], TOP, 0};
        options.threads = threads;
        cr_assert_eq(glovebox_open(&v, gv_test_path("many"), &options, NULL), GLOVEBOX_OK);
        cr_assert_eq(glovebox_nearest_word(v, "w5", &list, NULL), GLOVEBOX_OK);
        for (size_t i = 0; i < TOP; i++) {
            cr_assert_eq(found[0][i].row, list.found[i].row);
            cr_assert(found[0][i].score == list.found[i].score);
        }
        glovebox_close(v);
    }
}

/* --- unseen words, counts, texts -------------------------------------------------------------- */

/* A directory with the vectors, a subwords.bin of `<ab`, and counts. */
static const char *write_run(void)
{
    static const uint32_t end[] = {3};
    static const float row[DIM] = {1, 2, 3}, offset[DIM] = {0, 0, 1};
    static const char *const probe[] = {"king"};
    const gv_subwords_parts parts = {.settings = {.min_n = 3, .max_n = 4, .min_words = 1},
                                     .dim = DIM,
                                     .count = 1,
                                     .text = "<ab",
                                     .end = end,
                                     .row = row,
                                     .offset = offset,
                                     .probes = 1,
                                     .probe_word = probe,
                                     .probe_vector = values[0],
                                     .metadata = "{}"};
    gv_error err = GV_ERROR_INIT;
    const char *dir = gv_test_path("run");
    cr_assert_eq(mkdir(dir, 0777), 0);
    gv_assert_ok(gv_vectors_write(dir, GV_FORMAT_SAFETENSORS | GV_FORMAT_TEXT, &source, 1, &err),
                 err);
    gv_assert_ok(gv_subwords_write(gv_test_path("run/subwords.bin"), &parts, &err), err);
    gv_test_write_text("run/vocab.txt", "king 50\nman 40\nqueen 5\nwoman 5\n");
    return dir;
}

Test(library, a_run_unseen_words_and_counts)
{
    glovebox_vectors *v;
    glovebox_error err;
    float to[DIM];
    int from = 9;
    uint64_t count;
    cr_assert_eq(glovebox_open(&v, write_run(), NULL, &err), GLOVEBOX_OK, "%s", err.message);
    cr_assert_str_eq(glovebox_format(v), "safetensors");
    cr_assert_eq(glovebox_vector(v, "King", to, &from, &err), GLOVEBOX_OK);
    cr_assert_eq(from, 0);
    cr_assert_arr_eq(to, values[0], sizeof to);
    cr_assert_eq(glovebox_vector(v, "abx", to, &from, &err), GLOVEBOX_OK, "%s", err.message);
    cr_assert_eq(from, 1);
    cr_assert_float_eq(to[2], 1 + 3 / 5.0, 1e-6); /* one of five n-grams is known */
    cr_assert_eq(glovebox_vector(v, "kingg", to, &from, &err), GLOVEBOX_E_NOT_FOUND);
    cr_assert(strstr(err.message, "similar words: king"), "%s", err.message);
    glovebox_neighbour found[3];
    glovebox_list list = {found, 3, 0};
    cr_assert_eq(glovebox_nearest_word(v, "abx", &list, &err), GLOVEBOX_OK);
    cr_assert_eq(glovebox_nearest_word(v, "zero", &list, &err), GLOVEBOX_E_RUNTIME);
    cr_assert_eq(glovebox_count(v, 1, &count, &err), GLOVEBOX_OK);
    cr_assert_eq(count, 40);
    cr_assert_eq(glovebox_count(v, 4, &count, &err), GLOVEBOX_OK);
    cr_assert_eq(count, 0);
    cr_assert_eq(glovebox_count(v, ROWS, &count, &err), GLOVEBOX_E_ARGUMENT);
    const char *alike[2];
    cr_assert_eq(glovebox_spelt_like(v, "qeen", alike, 2), 1);
    cr_assert_str_eq(alike[0], "queen");
    glovebox_close(v);
}

Test(library, texts)
{
    static const char text[] = "king abx\nnothing";
    glovebox_vectors *v;
    glovebox_error err;
    glovebox_text_counts counts;
    float to[DIM], plain[DIM];
    cr_assert_eq(glovebox_open(&v, write_run(), NULL, &err), GLOVEBOX_OK);
    cr_assert_eq(glovebox_text(v, text, strlen(text), GLOVEBOX_WEIGHTS_MEAN, plain, &counts, &err),
                 0, "%s", err.message);
    cr_assert_eq(counts.known, 1);
    cr_assert_eq(counts.subwords, 1);
    cr_assert_eq(counts.missing, 1);
    cr_assert_float_eq(plain[0], (1 + 1 / 5.0) / 2, 1e-6);
    cr_assert_float_eq(plain[2], (0 + 1 + 3 / 5.0) / 2, 1e-6);
    cr_assert_eq(glovebox_text(v, text, strlen(text), GLOVEBOX_WEIGHTS_SIF, to, &counts, &err), 0);
    cr_assert_eq(glovebox_text(v, text, strlen(text), GLOVEBOX_WEIGHTS_DEFAULT, plain, NULL, &err),
                 0);
    cr_assert_arr_eq(to, plain, sizeof to);
    cr_assert_eq(glovebox_text(v, NULL, 0, GLOVEBOX_WEIGHTS_IDF, to, &counts, &err), 0);
    cr_assert(to[0] == 0 && to[1] == 0 && to[2] == 0);
    cr_assert_eq(glovebox_text(v, "a", 1, 4, to, &counts, &err), GLOVEBOX_E_ARGUMENT);
    glovebox_close(v);
}

/* A config.json of another program is none of ours; without counts SIF is refused. */
Test(library, directories_of_other_programs)
{
    glovebox_vectors *v;
    glovebox_error err;
    float to[DIM];
    cr_assert_eq(glovebox_open(&v, gv_test_dir(), NULL, &err), GLOVEBOX_E_USAGE);
    write_file("vectors.txt", GV_FORMAT_TEXT);
    gv_test_write_text("config.json", "{\"architectures\": [\"BertModel\"]}");
    cr_assert_eq(glovebox_open(&v, gv_test_dir(), NULL, &err), GLOVEBOX_OK, "%s", err.message);
    cr_assert_eq(glovebox_text(v, "king", 4, GLOVEBOX_WEIGHTS_SIF, to, NULL, &err),
                 GLOVEBOX_E_USAGE);
    cr_assert_eq(glovebox_text(v, "king", 4, GLOVEBOX_WEIGHTS_DEFAULT, to, NULL, &err), 0);
    cr_assert_arr_eq(to, values[0], sizeof to);
    glovebox_close(v);
}

/* --- counts ----------------------------------------------------------------------------------- */

static void check_store(bool symmetric)
{
    gv_test_store_plan plan = gv_test_store_small();
    glovebox_store *s;
    glovebox_cursor *cursor;
    glovebox_error err;
    glovebox_pair pairs[7];
    size_t n, all = 0;
    plan.symmetric = symmetric;
    const char *dir = gv_test_store_run(symmetric ? "one" : "two", plan);
    cr_assert_eq(glovebox_store_open(&s, dir, &err), GLOVEBOX_OK, "%s", err.message);
    cr_assert_eq(glovebox_store_words(s), plan.words);
    cr_assert_str_eq(glovebox_store_word(s, 3), "w3");
    cr_assert_eq(glovebox_store_lookup(s, "W3"), 3);
    cr_assert_eq(glovebox_store_find(s, "W3"), -1);
    cr_assert_eq(glovebox_cursor_open(&cursor, s, &err), GLOVEBOX_OK, "%s", err.message);
    double sum = 0;
    do {
        cr_assert_eq(glovebox_cursor_next(cursor, pairs, 7, &n, &err), GLOVEBOX_OK);
        for (size_t i = 0; i < n; i++) {
            const double x = (double)gv_test_store_value(&plan, pairs[i].row, pairs[i].column) / 4;
            cr_assert(x > 0 && pairs[i].x == x);
            sum += pairs[i].row == 3 ? x : 0;
        }
        all += n;
    } while (n > 0);
    cr_assert_eq(all, glovebox_store_pairs(s));
    cr_assert_float_eq(sum, glovebox_store_sum(s, 3), 1e-9);
    glovebox_context found[4];
    glovebox_contexts contexts = {found, 4, 0, 0};
    cr_assert_eq(glovebox_store_contexts(s, 3, &contexts, &err), GLOVEBOX_OK);
    cr_assert_eq(contexts.n, 4);
    cr_assert(contexts.all > 4);
    for (size_t i = 0; i < contexts.n; i++)
        cr_assert(found[i].x == (double)gv_test_store_value(&plan, 3, (uint32_t)found[i].id) / 4);
    cr_assert_eq(glovebox_store_contexts(s, plan.words, &contexts, &err), GLOVEBOX_E_ARGUMENT);
    glovebox_cursor_close(cursor);
    glovebox_store_close(s);
}

Test(library, stores)
{
    check_store(true);
    check_store(false);
}

/* --- misuse, memory, threads ------------------------------------------------------------------ */

Test(library, null_and_nonsense)
{
    glovebox_vectors *v = NULL;
    glovebox_store *s = NULL;
    glovebox_error err;
    glovebox_options options = GLOVEBOX_OPTIONS_INIT;
    cr_assert_eq(glovebox_open(NULL, "x", NULL, &err), GLOVEBOX_E_ARGUMENT);
    cr_assert_eq(glovebox_open(&v, NULL, NULL, &err), GLOVEBOX_E_ARGUMENT);
    cr_assert_str_eq(err.message, "glovebox_open: path is NULL");
    cr_assert_eq(glovebox_open(&v, gv_test_path("missing"), NULL, &err), GLOVEBOX_E_IO);
    cr_assert(strstr(err.message, "missing"), "%s", err.message);
    cr_assert_eq(glovebox_open(&v, gv_test_write_text("no", "no vectors\n"), NULL, NULL),
                 GLOVEBOX_E_CORRUPT);
    cr_assert_eq(glovebox_open(&v, gv_test_write_text("none", ""), NULL, &err), GLOVEBOX_E_CORRUPT);
    options.flags = 64;
    cr_assert_eq(glovebox_open(&v, "x", &options, &err), GLOVEBOX_E_ARGUMENT);
    options.flags = 0;
    options.size = 4;
    cr_assert_eq(glovebox_open(&v, "x", &options, &err), GLOVEBOX_E_ARGUMENT);
    cr_assert_eq(glovebox_store_open(&s, gv_test_path("missing"), &err), GLOVEBOX_E_USAGE);
    cr_assert_eq(glovebox_nearest_word(NULL, "a", NULL, &err), GLOVEBOX_E_ARGUMENT);
    cr_assert_eq(glovebox_similarity(NULL, "a", "b", NULL, NULL), GLOVEBOX_E_ARGUMENT);
    cr_assert_eq(glovebox_rows(NULL) + glovebox_dim(NULL) + glovebox_store_words(NULL), 0);
    cr_assert_eq(glovebox_find(NULL, "a"), -1);
    cr_assert_null(glovebox_path(NULL));
    glovebox_close(NULL);
    glovebox_store_close(NULL);
    glovebox_cursor_close(NULL);
    cr_assert(strlen(glovebox_version()) > 0);
}

/* Open, ask everything, close. */
static int use_all(const char *dir, glovebox_error *err)
{
    glovebox_vectors *v = NULL;
    glovebox_neighbour found[3];
    glovebox_list list = {found, 3, 0};
    float to[DIM];
    double score;
    int status = glovebox_open(&v, dir, NULL, err);
    if (status == GLOVEBOX_OK)
        status = glovebox_vector(v, "abx", to, NULL, err);
    if (status == GLOVEBOX_OK)
        status = glovebox_analogy(v, "man", "King", "woman", &list, err);
    if (status == GLOVEBOX_OK)
        status = glovebox_similarity(v, "man", "woman", &score, err);
    if (status == GLOVEBOX_OK)
        status = glovebox_text(v, "king abx", 8, GLOVEBOX_WEIGHTS_SIF, to, NULL, err);
    glovebox_close(v);
    return status;
}

/* Each allocation fails once: an error, no leak, and no crash. */
Test(library, out_of_memory)
{
    const char *dir = write_run();
    glovebox_error err;
    int status = -1;
    for (uint64_t n = 1; status != GLOVEBOX_OK; n++) {
        cr_assert(n < 3000);
        gv_mem_fail_at(n, 0);
        status = use_all(dir, &err);
        gv_mem_fail_at(0, 0);
        /* an index that could not be made, or forms of a word, only cost time or a look-up */
        cr_assert(status == GLOVEBOX_OK || status == GLOVEBOX_E_MEMORY ||
                      status == GLOVEBOX_E_NOT_FOUND,
                  "allocation %lu: %d %s", (unsigned long)n, status, err.message);
        if (status == GLOVEBOX_OK && gv_mem_calls() >= n)
            status = -1; /* this failure was made good */
    }
}

enum { THREADS = 4, ROUNDS = 20 };

static void *ask(void *context)
{
    const glovebox_vectors *v = context;
    glovebox_neighbour found[2];
    glovebox_list list = {found, 2, 0};
    float to[DIM];
    uint64_t count;
    size_t failed = 0;
    for (size_t i = 0; i < ROUNDS; i++) {
        failed += glovebox_nearest_word(v, "King", &list, NULL) != 0 || list.n != 2;
        failed += glovebox_vector(v, "abx", to, NULL, NULL) != 0;
        failed += glovebox_count(v, 0, &count, NULL) != 0 || count != 50;
        failed += glovebox_text(v, "king abx", 8, GLOVEBOX_WEIGHTS_SIF, to, NULL, NULL) != 0;
        failed += glovebox_find(v, "woman") != 3;
    }
    return failed ? context : NULL;
}

/* All parts that are made lazily are asked for by several threads at once. */
Test(library, many_threads_use_one_handle)
{
    const char *dir = write_run();
    for (size_t round = 0; round < ROUNDS; round++) {
        pthread_t thread[THREADS];
        glovebox_vectors *v;
        void *failed;
        cr_assert_eq(glovebox_open(&v, dir, NULL, NULL), GLOVEBOX_OK);
        for (size_t t = 0; t < THREADS; t++)
            cr_assert_eq(pthread_create(&thread[t], NULL, ask, v), 0);
        for (size_t t = 0; t < THREADS; t++) {
            pthread_join(thread[t], &failed);
            cr_assert_null(failed);
        }
        glovebox_close(v);
    }
}
