/* The programs in place of the reference's, as scripts run them. */
#include "base/gv_bytes.h"
#include "support/gv_test.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* They are in a folder beside that of the other programs. */
#define SH "PATH=$(dirname \"$(command -v glove-vocab)\")/../compat:$PATH; "

typedef struct record {
    int32_t word1, word2;
    double value;
} record;

static record *read_records(const char *name, size_t *n)
{
    size_t bytes;
    const uint8_t *file = (uint8_t *)gv_test_keep(gv_test_read(gv_test_path(name), &bytes));
    cr_assert_eq(bytes % 16, 0);
    *n = bytes / 16;
    record *records = gv_test_keep(malloc(bytes + 1));
    for (size_t i = 0; i < *n; i++)
        records[i] = (record){(int32_t)gv_bytes_get32(file + 16 * i),
                              (int32_t)gv_bytes_get32(file + 16 * i + 4),
                              gv_bytes_get_double(file + 16 * i + 8)};
    return records;
}

static void write_records(const char *name, const record *records, size_t n)
{
    uint8_t *bytes = gv_test_keep(malloc(n * 16 + 1));
    for (size_t i = 0; i < n; i++) {
        gv_bytes_put32(bytes + 16 * i, (uint32_t)records[i].word1);
        gv_bytes_put32(bytes + 16 * i + 4, (uint32_t)records[i].word2);
        gv_bytes_put_double(bytes + 16 * i + 8, records[i].value);
    }
    gv_test_write(name, bytes, n * 16);
}

static const char *read_text(const char *name)
{
    return gv_test_keep(gv_test_read(gv_test_path(name), NULL));
}

static void expect_same(const char *a, const char *b)
{
    gv_test_run_ok("cmp %s %s", a, b);
}

/* Exit code 1, and the last line is the program's error with all these texts. */
static void expect_failure(gv_test_result result, const char *program, const char *text)
{
    const char *start = gv_test_format("%s: error: ", program), *at = strstr(result.err, start);
    cr_assert_eq(result.exit_code, 1, "%d: %s", result.exit_code, result.err);
    cr_assert_not_null(at, "%s", result.err);
    cr_assert_not_null(strstr(at, text), "%s", result.err);
    cr_assert_eq(strchr(at, '\n') + 1, result.err + strlen(result.err), "%s", result.err);
}

/* A corpus, its vocabulary and its records, shuffled as shuf.bin. */
static void prepare(size_t tokens, size_t words)
{
    gv_test_corpus("c.txt", 1, tokens, words, 20);
    gv_test_run_ok(SH "vocab_count -min-count 2 < c.txt > vocab.txt && "
                      "cooccur -window-size 5 < c.txt > cooccurrence.bin && "
                      "shuffle -seed 1 < cooccurrence.bin > cooccurrence.shuf.bin");
}

/* --- the stages ------------------------------------------------------------------------------- */

/* Of equal counts the reference puts bytes above 127 first. */
Test(compat, vocab_count)
{
    gv_test_write_text("c.txt", "b a b \xc3\xa9 c c\r\nb d\xc3\xa9 d da\n");
    gv_test_result result = gv_test_run_ok(SH "vocab_count < c.txt > v.txt");
    cr_assert_str_eq(read_text("v.txt"), "b 3\nc 2\n\xc3\xa9 1\na 1\nd\xc3\xa9 1\nd 1\nda 1\n");
    cr_assert_str_eq(result.err, "BUILDING VOCABULARY\nProcessed 10 tokens.\n"
                                 "Counted 7 unique words.\nUsing vocabulary of size 7.\n\n");
    result = gv_test_run_ok(SH "vocab_count -min-count 2 -verbose 1 < c.txt");
    cr_assert_str_eq(result.out, "b 3\nc 2\n");
    cr_assert_str_eq(result.err, "BUILDING VOCABULARY\nTruncating vocabulary at min count 2.\n"
                                 "Using vocabulary of size 2.\n\n");
    result = gv_test_run_ok(SH "cat c.txt | vocab_count -verbose 1 -max-vocab 1");
    cr_assert_str_eq(result.out, "b 3\n");
    cr_assert_not_null(strstr(result.err, "Truncating vocabulary at size 1.\n"));
}

Test(compat, vocab_count_refuses)
{
    gv_test_write_text("c.txt", "a <unk> b\n");
    expect_failure(gv_test_run(SH "vocab_count < c.txt"), "vocab_count", "<unk>");
    /* there is no config whose keys could be named */
    expect_failure(gv_test_run(SH ": | vocab_count"), "vocab_count",
                   "standard input is empty: nothing was sent, or an earlier stage has read it. "
                   "Give every stage the text again (< FILE)\n");
    expect_failure(gv_test_run(SH "echo a b | vocab_count -min-count 2"), "vocab_count",
                   "-min-count");
}

/* Pairs of "b a c" and "a b", where x is not in the vocabulary a b c. */
Test(compat, cooccur)
{
    size_t n;
    gv_test_write_text("vocab.txt", "a 2\nb 2\nc 1\n");
    gv_test_write_text("c.txt", "b x a c\na b\n");
    gv_test_result result = gv_test_run_ok(SH "cooccur < c.txt > o.bin");
    static const record both[] = {{1, 2, 2},   {1, 3, 1}, {2, 1, 2},
                                  {2, 3, 0.5}, {3, 1, 1}, {3, 2, 0.5}};
    const record *found = read_records("o.bin", &n);
    cr_assert_eq(n, 6);
    cr_assert(memcmp(found, both, sizeof both) == 0);
    cr_assert_str_eq(result.err, "COUNTING COOCCURRENCES\nwindow size: 15\ncontext: symmetric\n"
                                 "Reading vocab from file \"vocab.txt\"...loaded 3 words.\n"
                                 "Processed 6 tokens.\n"
                                 "Merging cooccurrence files: processed 6 lines.\n\n");
    /* the first word is the left one */
    gv_test_run_ok(SH "cat c.txt | cooccur -symmetric 0 -distance-weighting 0 -window-size 2 "
                      "-verbose 0 > o.bin");
    static const record left[] = {{1, 2, 1}, {1, 3, 1}, {2, 1, 1}, {2, 3, 1}};
    found = read_records("o.bin", &n);
    cr_assert_eq(n, 4);
    cr_assert(memcmp(found, left, sizeof left) == 0);
}

/* The same as by glove-cooccur and glove-convert. */
Test(compat, cooccur_and_export)
{
    gv_test_corpus("c.txt", 3, 20000, 3000, 50);
    gv_test_run_ok(SH "vocab_count < c.txt > vocab.txt && cooccur < c.txt > o.bin && "
                      "glove-vocab --set corpus.files=c.txt --set vocab.min_count=1 && "
                      "glove-cooccur --set corpus.files=c.txt --run-dir runs/default && "
                      "glove-convert counts-export runs/default/counts.bin same.bin");
    expect_same("o.bin", "same.bin");
}

Test(compat, cooccur_refuses)
{
    gv_test_write_text("c.txt", "b x a c\na b\n");
    gv_test_write_text("v.txt", "a 2\nb 2\na 1\n");
    expect_failure(gv_test_run(SH "cooccur -vocab-file v.txt < c.txt"), "cooccur", "v.txt:3");
    expect_failure(gv_test_run(SH "cooccur -vocab-file none.txt < c.txt"), "cooccur", "none.txt");
    gv_test_write_text("v.txt", "z 2\n");
    expect_failure(gv_test_run(SH "cooccur -vocab-file v.txt < c.txt"), "cooccur",
                   "no two words of the vocabulary are in the same window\n");
    expect_failure(gv_test_run(SH ": | cooccur -vocab-file v.txt"), "cooccur", "(< FILE)\n");
    expect_failure(gv_test_run(SH "cooccur -overflow-file no/where -vocab-file v.txt < c.txt"),
                   "cooccur", "no");
}

Test(compat, shuffle)
{
    enum { N = 1200000 }; /* more than the least memory */
    record *records = gv_test_keep(malloc(N * sizeof *records));
    for (int32_t i = 0; i < N; i++)
        records[i] = (record){i / 1000 + 1, i % 1000 + 1, i};
    write_records("in.bin", records, N);
    gv_test_run_ok(SH "shuffle -seed 7 -verbose 0 < in.bin > a.bin && "
                      "cat in.bin | shuffle -seed 7 -memory 0.001 -verbose 0 > b.bin && "
                      "shuffle -seed 8 -array-size 10 -verbose 0 < in.bin > c.bin");
    expect_same("a.bin", "b.bin");
    cr_assert_neq(gv_test_run("cmp -s a.bin c.bin").exit_code, 0);
    size_t n;
    record *found = read_records("a.bin", &n);
    bool *seen = gv_test_keep(calloc(N, sizeof *seen));
    double moved = 0;
    cr_assert_eq(n, N);
    for (int32_t i = 0; i < N; i++) {
        int32_t was = (found[i].word1 - 1) * 1000 + found[i].word2 - 1;
        cr_assert(found[i].value == was && !seen[was]);
        seen[was] = true;
        moved += abs(was - i);
    }
    /* N/3 in the mean */
    cr_assert_float_eq(moved / N / N, 1.0 / 3, 0.002);
    cr_assert_not_null(
        strstr(gv_test_run_ok(SH "shuffle < a.bin >/dev/null").err, "processed 1200000 lines."));
}

Test(compat, shuffle_refuses)
{
    gv_test_write("in.bin", "0123456789012345678", 19);
    expect_failure(gv_test_run(SH "shuffle < in.bin > out.bin"), "shuffle", "3 bytes more");
    cr_assert_str_eq(read_text("out.bin"), "");
    gv_test_run_ok(SH "shuffle < /dev/null > out.bin");
    cr_assert_str_eq(read_text("out.bin"), "");
}

/* --- training --------------------------------------------------------------------------------- */

static double *read_doubles(const char *name, size_t *n)
{
    size_t bytes;
    const uint8_t *file = (uint8_t *)gv_test_keep(gv_test_read(gv_test_path(name), &bytes));
    *n = bytes / sizeof(double);
    double *numbers = gv_test_keep(malloc(bytes + 1));
    for (size_t i = 0; i < *n; i++)
        numbers[i] = gv_bytes_get_double(file + i * sizeof(double));
    return numbers;
}

/* The text of a model from the numbers of its binary file, as the reference would print it. */
static char *expected_text(const double *numbers, size_t words, size_t dim, int model, bool unk)
{
    size_t row = dim + 1;
    char *text = gv_test_keep(malloc(words * row * 60 + 10000)), *end = text;
    char *vocab = strdup(read_text("vocab.txt")), *line = gv_test_keep(vocab);
    double *mean = gv_test_keep(calloc(2 * row, sizeof *mean));
    size_t rare = words < 100 ? words : 100;
    for (size_t i = 0; i < 2 * row; i++)
        for (size_t w = words - rare; w < words; w++)
            mean[i] += numbers[(w + (i < row ? 0 : words)) * row + i % row] / (double)rare;
    for (size_t w = 0; w < words + unk; w++) {
        const double *own = w < words ? numbers + w * row : mean;
        const double *context = w < words ? numbers + (words + w) * row : mean + row;
        end += sprintf(end, "%s", w < words ? strtok(line, " ") : "<unk>");
        line = NULL;
        if (w < words)
            strtok(NULL, "\n");
        for (size_t i = 0; i < dim + (model == 0); i++)
            end += sprintf(end, " %lf", own[i] + (model == 2 ? context[i] : 0));
        for (size_t i = 0; (model == 0 || model == 3) && i < dim + (model == 0); i++)
            end += sprintf(end, " %lf", context[i]);
        end += sprintf(end, "\n");
    }
    return text;
}

Test(compat, files_of_glove)
{
    size_t n;
    prepare(3000, 150);
    for (int model = 0; model < 4; model++) {
        gv_test_run_ok(SH "glove -vector-size 4 -iter 3 -binary 2 -verbose 0 -seed 1 -model %d "
                          "-save-gradsq 1 -write-header %d",
                       model, model == 1);
        const double *numbers = read_doubles("vectors.bin", &n);
        size_t words = n / 10;
        cr_assert_eq(n, 10 * words);
        const char *header = model == 1 ? gv_test_format("%zu 4\n", words) : "";
        cr_assert_str_eq(
            read_text("vectors.txt"),
            gv_test_format("%s%s", header, expected_text(numbers, words, 4, model, true)));
    }
    const double *sums = read_doubles("gradsq.bin", &n);
    cr_assert_str_eq(read_text("gradsq.txt"), expected_text(sums, n / 10, 4, 0, false));
    for (size_t i = 0; i < n; i++)
        cr_assert_geq(sums[i], 1);
}

Test(compat, messages_of_glove)
{
    prepare(3000, 150);
    gv_test_result result = gv_test_run_ok(
        SH "glove -vector-size 4 -iter 2 -seed 9 -x-max 10 -checkpoint-every 1 -threads 1 "
           "-save-init-param 1 -save-file v | cat; sed 's/^.*, iter/WHEN, iter/' < /dev/null");
    const char *head = "Initializing parameters...Using random seed 9\ndone.\n"
                       "Saving initial parameters... done.\nvector size: 4\nvocab size: ";
    cr_assert_not_null(strstr(result.err, head), "%s", result.err);
    cr_assert_eq(strncmp(result.err, "TRAINING MODEL\nRead ", 20), 0);
    cr_assert_not_null(strstr(result.err, "x_max: 10.000000\nalpha: 0.750000\n"));
    cr_assert_not_null(strstr(result.err, "M, iter: 001, cost: 0."), "%s", result.err);
    cr_assert_not_null(
        strstr(result.err, "    saving intermediate parameters for iter 002...done.\n"));
    /* text checkpoints by default, but what a training begins with is binary, too */
    gv_test_run_ok("test \"$(ls v.*)\" = \"$(printf '%%s\\n' v.000.bin v.000.txt v.001.txt "
                   "v.002.txt v.txt)\"");
    expect_same("v.002.txt", "v.txt");
}

/* Same bytes for any number of threads and from a pipe; others for another seed. */
Test(compat, seeds_of_glove)
{
    prepare(20000, 1000);
    gv_test_run_ok(SH
                   "glove='glove -vector-size 5 -iter 2 -binary 1 -verbose 0'; "
                   "$glove -seed 1 -save-file a -threads 1 && $glove -seed 1 -save-file b && "
                   "cat cooccurrence.shuf.bin | $glove -seed 1 -save-file c -input-file /dev/stdin "
                   "&& $glove -seed 2 -save-file e");
    expect_same("a.bin", "b.bin");
    expect_same("a.bin", "c.bin");
    cr_assert_neq(gv_test_run("cmp -s a.bin e.bin").exit_code, 0);
}

/* What is saved and loaded goes on as if training had not stopped. */
Test(compat, goes_on)
{
    prepare(5000, 300);
    gv_test_run_ok(SH "glove='glove -vector-size 9 -binary 1 -verbose 0 -checkpoint-every 2'; "
                      "$glove -save-file a -gradsq-file ag -iter 6 && "
                      "$glove -save-file b -gradsq-file bg -iter 4 -load-init-param 1 "
                      "-init-param-file a.002.bin -load-init-gradsq 1 "
                      "-init-gradsq-file ag.002.bin");
    expect_same("a.004.bin", "b.002.bin");
    expect_same("a.bin", "b.bin");
    expect_same("ag.004.bin", "bg.002.bin");
    expect_same("ag.bin", "bg.bin");
    expect_failure(gv_test_run(SH "glove -vector-size 8 -load-init-param 1 "
                                  "-init-param-file a.bin"),
                   "glove", "a.bin has");
    expect_failure(gv_test_run(SH "glove -load-init-gradsq 1"), "glove", "gradsq.000.bin");
    expect_failure(gv_test_run(SH "glove -vector-size 9 -load-init-gradsq 1 "
                                  "-init-gradsq-file a.bin"),
                   "glove", "sum of squared gradients");
}

/* The cost falls, and pairs with a value are near it: the model learns what it is given. */
Test(compat, learns)
{
    static const record pairs[] = {{1, 2, 2.5}, {2, 1, 20}, {1, 1, 0.75}, {2, 2, 400}};
    size_t n;
    write_records("r.bin", pairs, 4);
    gv_test_write_text("vocab.txt", "a\nb\n"); /* as for glove, counts are of no use */
    gv_test_run_ok(SH "glove -input-file r.bin -vector-size 3 -iter 3000 -x-max 1 -binary 1 "
                      "-verbose 0 -seed 1");
    const double *numbers = read_doubles("vectors.bin", &n);
    for (size_t k = 0; k < 4; k++) {
        const double *own = numbers + 4 * (pairs[k].word1 - 1);
        const double *context = numbers + 4 * (2 + pairs[k].word2 - 1);
        double sum = own[3] + context[3];
        for (size_t i = 0; i < 3; i++)
            sum += own[i] * context[i];
        cr_assert_float_eq(sum, log(pairs[k].value), 0.02, "%zu: %g", k, exp(sum));
    }
}

/* --- odd and hostile input -------------------------------------------------------------------- */

Test(compat, hostile_records)
{
    gv_test_write_text("vocab.txt", "a 2\nb 2\n");
    record records[] = {{1, 2, 1}, {2, 1, 1}, {1, 3, 1}};
    write_records("r.bin", records, 3);
    expect_failure(gv_test_run(SH "glove -input-file r.bin"), "glove", "record 3 is of word 3");
    cr_assert_not(gv_test_exists(gv_test_path("vectors.txt")));
    records[2] = (record){0, 1, 1};
    write_records("r.bin", records, 3);
    gv_test_result result = gv_test_run_ok(SH "glove -input-file r.bin -iter 1");
    cr_assert_not_null(strstr(result.err, "1 records are left out, the first is number 3"), "%s",
                       result.err);
    static const double values[] = {0, -1, INFINITY, NAN, 1e-310};
    for (size_t i = 0; i < 5; i++) {
        records[1].value = values[i];
        write_records("r.bin", records, 3);
        result = gv_test_run_ok(SH "glove -input-file r.bin -iter 1");
        cr_assert_not_null(strstr(result.err, "2 records are left out, the first is number 2"));
    }
    write_records("r.bin", records + 1, 2);
    expect_failure(gv_test_run(SH "glove -input-file r.bin"), "glove", "none of its 2 records");
    gv_test_truncate(gv_test_path("r.bin"), 20);
    expect_failure(gv_test_run(SH "glove -input-file r.bin"), "glove", "20 bytes");
    expect_failure(gv_test_run(SH "cat r.bin | glove -input-file /dev/stdin"), "glove", "20 bytes");
    gv_test_truncate(gv_test_path("r.bin"), 0);
    expect_failure(gv_test_run(SH "glove -input-file r.bin"), "glove", "empty");
    expect_failure(gv_test_run(SH "glove -input-file ."), "glove", "directory");
    expect_failure(gv_test_run(SH "glove -input-file none"), "glove", "none");
    expect_failure(gv_test_run(SH "glove -save-file no/where"), "glove", "cannot save no/where");
    gv_test_write_text("vocab.txt", "a 2\nb 2\n<unk> 1\n");
    expect_failure(gv_test_run(SH "glove -input-file r.bin"), "glove", "vocab.txt:3");
}

/* A pair that is there many times is trained on as often, and one word may have all records. */
Test(compat, repeated_pairs)
{
    enum { N = 70000 };
    record *records = gv_test_keep(malloc(N * sizeof *records));
    for (size_t i = 0; i < N; i++)
        records[i] = (record){1, i % 3 == 0 ? 1 : 2, 3};
    write_records("r.bin", records, N);
    gv_test_write_text("vocab.txt", "a 2\nb 2\n");
    gv_test_run_ok(SH "glove -input-file r.bin -iter 2 -binary 1 -seed 1 -save-file a -threads 1 "
                      "&& glove -input-file r.bin -iter 2 -binary 1 -seed 1 -save-file b");
    expect_same("a.bin", "b.bin");
}

Test(compat, diverges)
{
    prepare(3000, 150);
    gv_test_result result = gv_test_run(SH "glove -eta 1e6 -grad-clip 1e30 -iter 9 -vector-size 4");
    expect_failure(result, "glove", "diverged");
    cr_assert_not(gv_test_exists(gv_test_path("vectors.txt")));
}

/* --- flags ------------------------------------------------------------------------------------ */

Test(compat, flags)
{
    gv_test_write_text("vocab.txt", "a 2\nb 2\nc 1\n");
    gv_test_write_text("c.txt", "b x a c\na b\n");
    gv_test_result result =
        gv_test_run_ok(SH "cooccur -t-iter 25 -windowsize 2 -window-size 1 -verbose 1 "
                          "-window-size 9 < c.txt >/dev/null");
    cr_assert_not_null(strstr(result.err, "cooccur: warning: unknown flag -t-iter is ignored\n"),
                       "%s", result.err);
    cr_assert_not_null(strstr(result.err, "did you mean -window-size?"));
    cr_assert_not_null(strstr(result.err, "window size: 1\n"));
    static const char *const wrong[][2] = {{"-memory", "no argument given for -memory"},
                                           {"-window-size 2.5", "not a whole number"},
                                           {"-window-size ''", "not a whole number"},
                                           {"-window-size 0", "out of range"},
                                           {"-memory much", "not a number"},
                                           {"-vocab-file ''", "empty"}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        expect_failure(gv_test_run(SH "cooccur %s < c.txt", wrong[i][0]), "cooccur", wrong[i][1]);
}

Test(compat, help)
{
    static const char *const calls[] = {"cooccur < /dev/null", "glove",      "glove -help",
                                        "vocab_count --help",  "shuffle -h", "cooccur --help"};
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        gv_test_result result = gv_test_run_ok(SH "%s", calls[i]);
        cr_assert_not_null(strstr(result.out, "Usage options:\n\t-verbose <int>\n"), "%s",
                           calls[i]);
        cr_assert_str_empty(result.err);
    }
    /* but a corpus is counted */
    gv_test_write_text("vocab.txt", "a 2\nb 2\nc 1\n");
    gv_test_write_text("c.txt", "b x a c\na b\n");
    gv_test_run_ok(SH "test $(cooccur < c.txt | wc -c) = 96 && "
                      "test $(cat c.txt | cooccur | shuffle | wc -c) = 96");
}

/* --- ends ------------------------------------------------------------------------------------- */

Test(compat, killed)
{
    prepare(3000, 150);
    gv_test_run_ok(SH "glove -iter 1 -binary 2 -verbose 0 -vector-size 4 -seed 1 && cp vectors.txt "
                      "before.txt && cp vectors.bin before.bin");
    gv_test_result result = gv_test_run(
        SH "GLOVEBOX_TEST_AT=rename:1=KILL glove -iter 2 -binary 2 -vector-size 4 -seed 2");
    gv_test_expect_killed(result);
    expect_same("vectors.bin", "before.bin");
    expect_same("vectors.txt", "before.txt");
    gv_test_run_ok("rm vectors.bin.tmp");
    result = gv_test_run(SH "GLOVEBOX_TEST_AT=task:2=TERM glove -iter 2 -vector-size 4");
    cr_assert_eq(result.exit_code, 143, "%d %s", result.exit_code, result.err);
    expect_same("vectors.txt", "before.txt");
    gv_test_expect_killed(
        gv_test_run(SH "GLOVEBOX_TEST_AT=write:1=KILL cooccur -verbose 0 < c.txt >out.bin"));
    result = gv_test_run(SH "GLOVEBOX_TEST_AT=write:1=TERM cooccur -verbose 0 < c.txt >out.bin");
    cr_assert_eq(result.exit_code, 143, "%d %s", result.exit_code, result.err);
    gv_test_run_ok("test -z \"$(ls | grep -e overflow -e tmp)\"");
    expect_failure(gv_test_run(SH "cooccur -verbose 0 < c.txt >/dev/full"), "cooccur",
                   "standard output");
    expect_failure(gv_test_run(SH "vocab_count -verbose 0 < c.txt >/dev/full"), "vocab_count",
                   "standard output");
    expect_failure(gv_test_run(SH "shuffle -verbose 0 < cooccurrence.bin >/dev/full"), "shuffle",
                   "standard output");
}
