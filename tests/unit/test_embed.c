/* glove-embed's parts against naive computations: the regression, contexts, sums of texts, ends of
 * lines, the file. */
#include "support/gv_test.h"
#include "support/gv_test_store.h"

#include "base/gv_file_writer.h"
#include "embed/gv_embed_contexts.h"
#include "embed/gv_embed_documents.h"
#include "embed/gv_embed_fit.h"
#include "embed/gv_embed_induce.h"
#include "embed/gv_embed_solve.h"
#include "vectors/gv_embed_file.h"
#include <math.h>
#include <string.h>

enum { DIM = 6 };

/* Vectors of the words w0 .. w`words - 1` and their counts, as a run directory has them. Every
 * eighth has no vector. */
static gv_embed_words *make_words(const char *dir, uint32_t words, gv_rng *rng)
{
    gv_error err = GV_ERROR_INIT;
    const char *vectors = gv_test_path(gv_test_format("%s/vectors.txt", dir));
    const char *vocab = gv_test_path(gv_test_format("%s/vocab.txt", dir));
    gv_file_writer *v = NULL, *c = NULL;
    gv_test_run_ok("mkdir -p %s", dir);
    gv_assert_ok(gv_file_writer_open(&v, vectors, &err), err);
    gv_assert_ok(gv_file_writer_open(&c, vocab, &err), err);
    for (uint32_t i = 0; i < words; i++) {
        gv_assert_ok(gv_file_writer_printf(c, &err, "w%u %u\n", i, 1 + (words - i) * 3), err);
        if (i % 8 == 7)
            continue;
        gv_assert_ok(gv_file_writer_printf(v, &err, "w%u", i), err);
        for (int k = 0; k < DIM; k++)
            gv_assert_ok(gv_file_writer_printf(v, &err, " %.6f",
                                               (double)gv_rng_below(rng, 2000) / 1000.0 - 1.0),
                         err);
        gv_assert_ok(gv_file_writer_write(v, "\n", 1, &err), err);
    }
    gv_assert_ok(gv_file_writer_commit(&v, &err), err);
    gv_assert_ok(gv_file_writer_commit(&c, &err), err);
    gv_config *config = NULL;
    gv_embed_words *result = NULL;
    gv_assert_ok(gv_config_load_text(&config, "{\"name\": \"x\"}", &err), err);
    const gv_embed_words_options options = {
        .config = config, .run_dir = gv_test_path(dir), .counts = true};
    gv_assert_ok(gv_embed_words_open(&result, &options, &err), err);
    gv_config_free(config);
    return result;
}

static gv_rng seeded(uint64_t stream)
{
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, stream);
    return rng;
}

static void expect_near(const double *a, const double *b, size_t n, const char *what)
{
    for (size_t i = 0; i < n; i++)
        cr_assert(fabs(a[i] - b[i]) <= 1e-7 * (1.0 + fabs(b[i])), "%s, number %zu: %.12g, %.12g",
                  what, i, a[i], b[i]);
}

/* --- the regression --------------------------------------------------------------------------- */

Test(embed, solves_a_system)
{
    double m[9] = {4, 0, 0, 2, 5, 0, 1, 3, 6}, b[6] = {1, 2, 3, 4, 5, 6};
    const double full[9] = {4, 2, 1, 2, 5, 3, 1, 3, 6}, right[6] = {1, 2, 3, 4, 5, 6};
    cr_assert(gv_embed_solve(m, b, 3, 2, 0.0));
    for (int i = 0; i < 3; i++)
        for (int c = 0; c < 2; c++) {
            double sum = 0.0;
            for (int k = 0; k < 3; k++)
                sum += full[i * 3 + k] * b[k * 2 + c];
            cr_expect_float_eq(sum, right[i * 2 + c], 1e-12);
        }
    double zero[4] = {0}, any[2] = {1, 1};
    cr_expect_not(gv_embed_solve(zero, any, 2, 1, 1e-6), "no solution is no solution");
    double nan[1] = {NAN};
    cr_expect_not(gv_embed_solve(nan, any, 1, 1, 1e-6));
}

/* The vector of word i of the store, or NULL. */
static const float *vector_of(const gv_embed_words *words, uint32_t i)
{
    const char *word = gv_test_format("w%u", i);
    const uint32_t key = gv_vocab_lookup(words->keys, word, strlen(word));
    return key == GV_VOCAB_NO_WORD ? NULL : gv_embed_words_vector(words, key);
}

/* The transform by a loop over all pairs of words. */
static void fit_naively(double *transform, const gv_test_store_plan *plan, gv_vocab *vocab,
                        const gv_embed_words *words)
{
    double left[DIM * DIM] = {0}, right[DIM * DIM] = {0};
    for (uint32_t i = 0; i < plan->words; i++) {
        double mean[DIM] = {0}, mass = 0.0;
        const float *own = vector_of(words, i);
        for (uint32_t j = 0; j < plan->words; j++) {
            const float *other = vector_of(words, j);
            if (!other || i == j)
                continue;
            const double p = (double)gv_vocab_count(vocab, j) / (double)gv_vocab_total(vocab);
            const double x =
                (double)gv_test_store_value(plan, i, j) / 4.0 * (double)(float)(1e-3 / (1e-3 + p));
            mass += x;
            for (int k = 0; k < DIM; k++)
                mean[k] += x * (double)other[k];
        }
        if (!own || !(mass > 0.0) || gv_vocab_count(vocab, i) < 2)
            continue;
        const double weight = log((double)gv_vocab_count(vocab, i));
        for (int a = 0; a < DIM; a++)
            for (int b = 0; b < DIM; b++) {
                left[a * DIM + b] += weight * mean[a] / mass * mean[b] / mass;
                right[a * DIM + b] += weight * mean[a] / mass * (double)own[b];
            }
    }
    cr_assert(gv_embed_solve(left, right, DIM, DIM, GV_EMBED_RIDGE));
    for (int a = 0; a < DIM; a++)
        for (int b = 0; b < DIM; b++)
            transform[b * DIM + a] = right[a * DIM + b];
}

static void check_fit(bool symmetric, uint32_t groups)
{
    gv_rng rng = seeded(groups);
    gv_error err = GV_ERROR_INIT;
    gv_test_store_plan plan = gv_test_store_small();
    plan.symmetric = symmetric;
    plan.groups = groups;
    const char *path = gv_test_path("store.db");
    gv_test_store_write(path, &plan);
    gv_embed_words *words = make_words("run", plan.words, &rng);
    gv_store *store = NULL;
    gv_vocab *vocab = NULL;
    gv_assert_ok(gv_store_open(&store, path, 1, &err), err);
    gv_assert_ok(gv_store_vocab(&vocab, store, &err), err);
    double wanted[DIM * DIM], first[DIM * DIM], got[DIM * DIM];
    fit_naively(wanted, &plan, vocab, words);
    for (unsigned threads = 1; threads <= 8; threads++) {
        uint64_t used = 0;
        gv_assert_ok(gv_embed_fit(got, &used, store, words, threads, NULL, &err), err);
        cr_expect_gt(used, plan.words / 2);
        expect_near(got, wanted, DIM * DIM, gv_test_format("symmetric %d", symmetric));
        if (threads == 1)
            memcpy(first, got, sizeof got);
        cr_expect_eq(memcmp(first, got, sizeof got), 0, "%u threads", threads);
    }
    gv_vocab_free(vocab);
    gv_store_close(store);
    gv_embed_words_free(words);
}

Test(embed, transform_is_that_of_a_naive_regression)
{
    check_fit(true, 1);
    check_fit(true, 3);
    check_fit(false, 3);
}

/* --- contexts --------------------------------------------------------------------------------- */

enum { WINDOW = 3, TEXT = 40 };

/* The contexts of the word of `n` tokens, found by looking at every place. Tokens are numbers. */
static double contexts_naively(double *sum, const gv_embed_words *words, const unsigned *text,
                               const unsigned *word, size_t n, bool symmetric)
{
    int places[TEXT]; /* -1: the word; else a key */
    size_t used = 0, occurrences = 0;
    double mass = 0.0;
    memset(sum, 0, DIM * sizeof *sum);
    for (size_t i = 0; i < TEXT;) {
        if (i + n <= TEXT && memcmp(text + i, word, n * sizeof *word) == 0) {
            places[used++] = -1;
            occurrences++;
            i += n;
            continue;
        }
        const char *token = gv_test_format("w%u", text[i++]);
        const uint32_t key = gv_vocab_lookup(words->keys, token, strlen(token));
        if (key != GV_VOCAB_NO_WORD)
            places[used++] = (int)key;
    }
    for (size_t i = 0; i < used; i++)
        for (size_t j = 0; j < used; j++) {
            const size_t distance = i > j ? i - j : j - i;
            double by = 1.0 / (double)distance;
            if (occurrences == 0 && i == j)
                by = 1.0;
            else if (occurrences == 0 || places[i] != -1 || distance > WINDOW ||
                     (j > i && !symmetric))
                continue;
            if (places[j] == -1)
                continue;
            const uint32_t key = (uint32_t)places[j];
            by *= 1e-3 / (1e-3 + (double)words->count[key] / (double)words->total);
            mass += by;
            for (int k = 0; k < DIM; k++)
                sum[k] += by * (double)gv_embed_words_vector(words, key)[k];
        }
    return mass;
}

static void check_contexts(gv_embed_contexts *contexts, const gv_embed_contexts_rule *rule,
                           gv_rng *rng, unsigned round)
{
    unsigned text[TEXT], word[3];
    const size_t n = 1 + gv_rng_below(rng, 3);
    const unsigned letters = 2 + (unsigned)gv_rng_below(rng, 8); /* few: overlaps are frequent */
    gv_error err = GV_ERROR_INIT;
    gv_embed_contexts_begin(contexts);
    for (size_t i = 0; i < n; i++) {
        bool fits = false;
        word[i] = 3 + (unsigned)gv_rng_below(rng, letters);
        const char *token = gv_test_format("w%u", word[i]);
        const gv_token key = gv_token_of(token, strlen(token));
        gv_assert_ok(gv_embed_contexts_add_to_word(contexts, &key, &fits, &err), err);
        cr_assert(fits);
    }
    for (size_t i = 0; i < TEXT; i++) {
        text[i] = 3 + (unsigned)gv_rng_below(rng, letters);
        const char *token = gv_test_format("w%u", text[i]);
        const gv_token key = gv_token_of(token, strlen(token));
        gv_embed_contexts_add(contexts, &key,
                              gv_vocab_lookup(rule->words->keys, token, strlen(token)));
    }
    double wanted[DIM], got[DIM] = {0};
    uint64_t occurrences;
    const double mass = gv_embed_contexts_end(contexts, got, &occurrences);
    const double wanted_mass =
        contexts_naively(wanted, rule->words, text, word, n, rule->symmetric);
    const char *what =
        gv_test_format("round %u, %zu tokens, seed %ju", round, n, (uintmax_t)gv_test_seed());
    expect_near(&mass, &wanted_mass, 1, what);
    expect_near(got, wanted, DIM, what);
}

Test(embed, contexts_are_those_of_a_naive_search)
{
    gv_rng rng = seeded(7);
    gv_error err = GV_ERROR_INIT;
    gv_embed_words *words = make_words("run", 40, &rng);
    for (int symmetric = 0; symmetric < 2; symmetric++) {
        gv_config *config = NULL;
        gv_embed_contexts_rule rule = {.words = words};
        gv_embed_contexts *contexts = NULL;
        gv_assert_ok(gv_config_load_text(&config, "{\"name\": \"x\"}", &err), err);
        config->cooccur_window = WINDOW;
        config->cooccur_symmetric = symmetric;
        gv_assert_ok(gv_embed_contexts_rule_make(&rule, config, &err), err);
        gv_assert_ok(gv_embed_contexts_new(&contexts, &rule, &err), err);
        for (unsigned round = 0; round < 500; round++)
            check_contexts(contexts, &rule, &rng, round);
        gv_embed_contexts_free(contexts);
        gv_embed_contexts_rule_clear(&rule);
        gv_config_free(config);
    }
    gv_embed_words_free(words);
}

/* --- texts ------------------------------------------------------------------------------------ */

/* The vector of a line of words that are separated by blanks. */
static void embed_naively(double *to, const char *line, size_t length, const gv_embed_words *words,
                          enum gv_document_weights weights, const double *component)
{
    double by = 0.0;
    const char *end = line + length;
    memset(to, 0, DIM * sizeof *to);
    while (line < end) {
        size_t n = 0;
        while (line + n < end && line[n] != ' ')
            n++;
        const uint32_t key = gv_vocab_lookup(words->keys, line, n);
        if (n > 0 && key != GV_VOCAB_NO_WORD) {
            const double p = (double)words->count[key] / (double)words->total;
            const double weight = weights == GV_DOCUMENT_SIF   ? 1e-3 / (1e-3 + p)
                                  : weights == GV_DOCUMENT_IDF ? log(1.0 / p)
                                                               : 1.0;
            by += weights == GV_DOCUMENT_IDF ? weight : 1.0;
            for (int k = 0; k < DIM; k++)
                to[k] += weight * (double)gv_embed_words_vector(words, key)[k];
        }
        line += n + 1;
    }
    double along = 0.0;
    for (int k = 0; k < DIM && by > 0.0; k++)
        to[k] /= by;
    for (int k = 0; k < DIM && component; k++)
        along += to[k] * component[k];
    for (int k = 0; k < DIM && component; k++)
        to[k] -= along * component[k];
}

/* Some lines, short, long and empty, one of them longer than a block; the last has no end. */
static char *make_text(gv_rng *rng, size_t *bytes)
{
    size_t room = 4 << 20, used = 0;
    char *text = gv_test_keep(malloc(room + 64));
    for (unsigned line = 0; line < 3000; line++) {
        size_t n = gv_rng_below(rng, 12);
        if (line == 700)
            n = 400000;
        for (size_t i = 0; i < n; i++)
            used += (size_t)sprintf(text + used, "%sw%u", i ? " " : "",
                                    (unsigned)gv_rng_below(rng, 60));
        if (line < 2999)
            text[used++] = '\n';
        else
            used += (size_t)sprintf(text + used, "w1");
    }
    *bytes = used;
    cr_assert_lt(used, room);
    return text;
}

static void embed(gv_embed_words *words, const char *output, unsigned threads,
                  enum gv_document_weights weights, const double *component)
{
    gv_error err = GV_ERROR_INIT;
    gv_config *config = NULL;
    gv_embed_input *input = NULL;
    gv_embed_output *out = NULL;
    gv_embed_documents_counts counts;
    char *path = gv_test_keep(strdup(gv_test_path("text")));
    const gv_strings files = {1, &path};
    gv_assert_ok(gv_config_load_text(&config, "{\"name\": \"x\"}", &err), err);
    gv_assert_ok(gv_embed_input_open(&input, config, &files, &err), err);
    gv_assert_ok(gv_embed_output_open(&out, output, GV_EMBED_TEXT, &err), err);
    const gv_embed_documents_job job = {.config = config,
                                        .words = words,
                                        .weights = weights,
                                        .component = component,
                                        .input = input,
                                        .output = out,
                                        .format = GV_EMBED_TEXT,
                                        .threads = threads};
    int status = gv_embed_documents_run(&counts, &job, &err);
    gv_assert_ok(gv_embed_output_end(&out, status, counts.lines, DIM, &err), err);
    cr_expect_eq(counts.lines, 3000);
    gv_embed_input_close(input);
    gv_config_free(config);
}

static void check_texts(enum gv_document_weights weights)
{
    gv_rng rng = seeded(weights);
    size_t bytes, row = 0;
    char *text = make_text(&rng, &bytes);
    gv_test_write("text", text, bytes);
    gv_embed_words *plain = make_words("run", 50, &rng);
    double component[DIM];
    gv_embed_documents_component(component, plain);
    const double *c = weights == GV_DOCUMENT_SIF ? component : NULL;
    for (unsigned threads = 1; threads <= 8; threads *= 2) {
        rng = seeded(99); /* vectors are scaled by their weights: each time new ones */
        gv_embed_words_free(plain);
        plain = make_words("run", 50, &rng);
        gv_embed_documents_component(component, plain);
        embed(plain, gv_test_path(gv_test_format("out%u", threads)), threads, weights, c);
        gv_test_run_ok("cmp out1 out%u", threads);
    }
    gv_embed_words_free(plain);
    rng = seeded(99);
    plain = make_words("run", 50, &rng);
    char *at = gv_test_read(gv_test_path("out1"), NULL), *rest = at;
    for (const char *line = text; line <= text + bytes; row++) {
        const char *end = memchr(line, '\n', bytes - (size_t)(line - text));
        const size_t length = end ? (size_t)(end - line) : bytes - (size_t)(line - text);
        double wanted[DIM];
        embed_naively(wanted, line, length, plain, weights, c);
        for (int k = 0; k < DIM; k++) {
            const double got = strtod(rest, &rest);
            cr_assert_float_eq(got, wanted[k], 2e-6, "line %zu, number %d: %f, %f", row, k, got,
                               wanted[k]);
        }
        cr_assert_eq(*rest++, '\n');
        line += length + 1;
    }
    cr_assert_eq(row, 3000);
    cr_assert_eq(*rest, '\0');
    gv_embed_words_free(plain);
}

Test(embed, texts_are_naive_sums)
{
    check_texts(GV_DOCUMENT_SIF);
    check_texts(GV_DOCUMENT_IDF);
    check_texts(GV_DOCUMENT_MEAN);
}

/* --- the file --------------------------------------------------------------------------------- */

static void write_file(const char *path)
{
    gv_error err = GV_ERROR_INIT;
    double component[3] = {0.6, -0.8, 0}, transform[9] = {1, 2, 3, 4, 5, 6, 7, 8, -9.5};
    gv_embed_file file = {.dim = 3,
                          .vectors = {1, 2},
                          .counts = {3, 4},
                          .component = component,
                          .transform = transform,
                          .store = "0123456789abcdef0123456789abcdef",
                          .used = 77};
    gv_assert_ok(gv_embed_file_write(&file, path, &err), err);
}

Test(embed, file_comes_back)
{
    gv_error err = GV_ERROR_INIT;
    gv_embed_file back;
    const char *path = gv_test_path("embed.bin");
    write_file(path);
    gv_assert_ok(gv_embed_file_read(&back, path, &err), err);
    cr_expect_eq(back.dim, 3u);
    cr_expect_eq(back.used, 77u);
    cr_expect(gv_hash_equal(back.vectors, (gv_hash){1, 2}));
    cr_expect(gv_hash_equal(back.counts, (gv_hash){3, 4}));
    cr_expect_float_eq(back.component[1], -0.8, 0.0);
    cr_expect_float_eq(back.transform[8], -9.5, 0.0);
    cr_expect_str_eq(back.store, "0123456789abcdef0123456789abcdef");
    gv_embed_file_clear(&back);
}

Test(embed, damage_of_the_file_is_seen)
{
    size_t bytes;
    const char *path = gv_test_path("embed.bin");
    write_file(path);
    char *whole = gv_test_keep(gv_test_read(path, &bytes));
    for (size_t i = 0; i < 2 * bytes; i++) {
        gv_error err = GV_ERROR_INIT;
        gv_embed_file back;
        gv_test_write("embed.bin", whole, i < bytes ? bytes : i - bytes);
        if (i < bytes)
            gv_test_flip(path, (long)i);
        cr_assert_eq(gv_embed_file_read(&back, path, &err), GV_E_CORRUPT, "case %zu", i);
        cr_assert_not_null(strstr(err.text, "embed.bin"));
        cr_assert(!back.component && !back.transform);
    }
}
