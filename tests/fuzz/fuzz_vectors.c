/*
 * Any bytes as a vector file: of any format, or one that is insisted on, with damaged lines skipped
 * or not, checked and with its words in a file of their own. The first byte chooses; the words
 * follow, up to a NUL.
 */
#include "convert/gv_check.h"
#include "fuzz_file.h"
#include "subword/gv_subwords.h"
#include "vectors/gv_vectors.h"
#include <string.h>

enum { FORMATS = 7 };

static FILE *sink;

/* --- first inputs ----------------------------------------------------------------------------- */

static const char *word(void *context, size_t row)
{
    (void)context;
    static const char *const words[] = {"a", "b", "\xc3\xbc"};
    return words[row];
}

static void vector(void *context, size_t row, float *to)
{
    (void)context;
    for (size_t i = 0; i < 3; i++)
        to[i] = (float)(row + i) / 4;
}

/* The file in `path` as an input that begins with `first`. */
static void write_seed(const char *name, const char *path, uint8_t first)
{
    size_t n;
    uint8_t *bytes = fuzz_read(path, &n), *input = malloc(n + 8);
    if (!input)
        abort();
    memcpy(input, (uint8_t[]){first, 'a', '\n', 'b', '\n', 'c', '\n', 0}, 8);
    memcpy(input + 8, bytes, n);
    fuzz_seed_bytes(name, input, n + 8);
    free(input);
    free(bytes);
}

/* A fastText model with buckets. */
static void write_fasttext(const char *path, gv_vectors_source source)
{
    static const uint32_t end[] = {3, 6};
    static const float rows[] = {1, 2, 3, 4, 5, 6};
    const gv_subwords_parts parts = {.settings = {.min_n = 3, .max_n = 4, .min_words = 1},
                                     .dim = 3,
                                     .count = 2,
                                     .text = "<a><b>",
                                     .end = end,
                                     .row = rows,
                                     .offset = rows,
                                     .metadata = "{}"};
    gv_subwords *subwords = NULL;
    if (gv_subwords_new(&subwords, &parts, NULL) != GV_OK)
        abort();
    source.subwords = subwords;
    if (gv_vectors_write_file(path, GV_FORMAT_FASTTEXT, &source, 1, NULL) != GV_OK)
        abort();
    gv_subwords_free(subwords);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    const gv_vectors_source source = {
        .rows = 3, .dim = 3, .word = word, .vector = vector, .metadata = "{\"version\":\"1\"}"};
    char path[FUZZ_PATH], name[16];
    sink = fopen("/dev/null", "we");
    fuzz_path(path, "good");
    for (int i = 0; i < FORMATS; i++) {
        if (gv_vectors_write_file(path, (enum gv_config_format)(1 << i), &source, 1, NULL) != GV_OK)
            abort();
        snprintf(name, sizeof name, "format-%d", i);
        write_seed(name, path, 0);
        snprintf(name, sizeof name, "insist-%d", i);
        write_seed(name, path, (uint8_t)(i + 1));
    }
    if (gv_vectors_write_word2vec_text(path, &source, 1, NULL) != GV_OK)
        abort();
    write_seed("word2vec-text", path, 8);
    write_fasttext(path, source);
    write_seed("fasttext-buckets", path, 0);
    return 0;
}

/* --- the target ------------------------------------------------------------------------------- */

static void read_with(const char *path, const gv_vectors_options *options)
{
    gv_vectors *vectors = NULL;
    if (gv_vectors_read_with(&vectors, path, options, NULL) == GV_OK)
        for (size_t i = 0; i < vectors->rows; i++)
            if (gv_vectors_find(vectors, vectors->words[i]) > i ||
                (vectors->lines && vectors->lines[i] == 0))
                abort();
    gv_vectors_free(vectors);
}

/* Rows that a sink takes, beside the same file in memory. */
typedef struct rows {
    gv_vectors *vectors;
    size_t n;
} rows;

static int take_row(void *context, const gv_vectors_row *row, gv_error *err)
{
    rows *r = context;
    const gv_vectors *v = r->vectors;
    (void)err;
    if (r->n >= v->rows || row->number != r->n + 1 || strcmp(row->word, v->words[r->n]) != 0 ||
        memcmp(row->values, v->data + r->n * v->dim, v->dim * sizeof(float)) != 0 ||
        row->repeated != (gv_vectors_find(v, row->word) != r->n))
        abort();
    r->n++;
    return GV_OK;
}

static int take_problem(void *context, const gv_vectors_problem *problem, gv_error *err)
{
    (void)context, (void)err;
    if (!problem->what)
        abort();
    return GV_OK;
}

/* Both ways of reading agree. */
static void compare(const char *path, const gv_vectors_options *options)
{
    rows r = {0};
    const gv_vectors_sink to = {.context = &r, .row = take_row, .problem = take_problem};
    gv_vectors_options streaming = *options;
    gv_vectors *streamed = NULL;
    streaming.sink = &to;
    if (gv_vectors_read_with(&r.vectors, path, options, NULL) != GV_OK)
        return;
    if (gv_vectors_read_with(&streamed, path, &streaming, NULL) != GV_OK ||
        r.n != r.vectors->rows || streamed->skipped != r.vectors->skipped ||
        streamed->duplicates != r.vectors->duplicates ||
        streamed->not_finite != r.vectors->not_finite)
        abort();
    gv_vectors_free(streamed);
    gv_vectors_free(r.vectors);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[FUZZ_PATH], words[FUZZ_PATH];
    if (size < 1)
        return 0;
    uint8_t choice = data[0];
    const uint8_t *end = memchr(data + 1, 0, size - 1);
    size_t n = end ? (size_t)(end - data) + 1 : 1;
    fuzz_path(words, "words");
    fuzz_write(words, data + 1, n > 1 ? n - 2 : 0);
    fuzz_file(path, data + n, size - n);
    unsigned insist = choice % 8;
    const gv_vectors_options options = {
        .limit = choice & 64 ? 2 : 0,
        .format = insist > 0 && insist <= FORMATS ? (enum gv_config_format)(1 << (insist - 1)) : 0,
        .skip_damaged = choice & 8,
        .short_note = choice & 32,
        .lines = choice & 8,
        .words_path = choice & 128 ? NULL : words};
    read_with(path, &options);
    if (choice & 16) {
        const gv_convert_options check = {.from = options.format,
                                          .limit = options.limit,
                                          .list = choice & 64,
                                          .json = choice & 32};
        (void)!gv_check_vectors(path, &check, sink, NULL);
        compare(path, &options);
    }
    return 0;
}
