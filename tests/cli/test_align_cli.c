/* glove-convert align as users run it. */
#include "support/gv_test.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS = 30 };

/* Words w0 ... in three dimensions; `turned`: rotated by 90 degrees about the third axis, mirrored
 * along it, and twice as long. */
static void write_space(const char *name, int first, bool turned)
{
    char text[8192] = "";
    for (int i = first; i < first + WORDS; i++) {
        const double x = (i * i * 37) % 101 - 50, y = (i * i * 53) % 97 - 48,
                     z = (i * i * 71) % 89 - 44;
        sprintf(text + strlen(text), "w%d %.6f %.6f %.6f\n", i, turned ? 2 * y : x,
                turned ? -2 * x : y, turned ? -2 * z : z);
    }
    gv_test_write_text(name, text);
}

/* Row `word` of text; asserts that it is there. */
static void find_row(double to[3], const char *file, const char *word)
{
    const char *text = gv_test_read(gv_test_path(file), NULL);
    const char *line = strstr(text, gv_test_format("%s ", word));
    cr_assert_not_null(line, "%s has no %s", file, word);
    cr_assert_eq(sscanf(line + strlen(word), "%lf %lf %lf", &to[0], &to[1], &to[2]), 3);
}

static void expect_row(const char *file, const char *word, double x, double y, double z)
{
    double found[3];
    find_row(found, file, word);
    cr_assert_float_eq(found[0], x, 1e-5, "%s: %g, expected %g", word, found[0], x);
    cr_assert_float_eq(found[1], y, 1e-5);
    cr_assert_float_eq(found[2], z, 1e-5);
}

static void expect_aligned(const char *file)
{
    for (int i = 0; i < WORDS; i++) {
        double base[3];
        const char *word = gv_test_format("w%d", i);
        find_row(base, "base.txt", word);
        expect_row(file, word, 2 * base[0], 2 * base[1], 2 * base[2]);
    }
}

Test(align, brings_a_turned_space_back)
{
    write_space("base.txt", 0, false);
    write_space("other.txt", 0, true);
    gv_test_result result = gv_test_run_ok("glove-convert align base.txt other.txt out.txt");
    cr_assert_not_null(strstr(result.out, "30 vectors of 3 numbers, fitted on 30 words"), "%s",
                       result.out);
    cr_assert_not_null(strstr(result.out, "after      1.000"));
    cr_assert_not_null(strstr(result.out, "held out   1.000"));
    cr_assert_null(strstr(result.err, "warning"), "%s", result.err);
    expect_aligned("out.txt");
    static const char *const fits[] = {"unit", "centred", "raw"};
    for (size_t i = 0; i < 3; i++) {
        gv_test_run_ok("glove-convert align base.txt other.txt out.txt --fit %s", fits[i]);
        expect_aligned("out.txt");
    }
}

/* Any format in, any out, through pipes, and from run directories. */
Test(align, formats_and_streams)
{
    write_space("base.txt", 0, false);
    write_space("other.txt", 0, true);
    gv_test_run_ok("glove-convert base.txt base.db && glove-convert other.txt other.safetensors");
    gv_test_run_ok("glove-convert align base.db other.safetensors out.bin && "
                   "glove-convert out.bin out.txt");
    expect_aligned("out.txt");
    gv_test_result result =
        gv_test_run_ok("gzip -c other.txt | glove-convert align base.txt - - --to text > out.txt");
    cr_assert_not_null(strstr(result.err, "held out"), "%s", result.err);
    expect_aligned("out.txt");
    gv_test_run_ok("mkdir 'a run' b && cp base.txt 'a run/vectors.txt' && "
                   "glove-convert other.txt b/vectors.npy --words b/vocab.txt");
    gv_test_run_ok("glove-convert align 'a run' b out.npy --words out.words && "
                   "glove-convert out.npy out.txt --words out.words");
    expect_aligned("out.txt");
}

Test(align, says_in_the_file_what_was_done)
{
    write_space("base.txt", 0, false);
    write_space("other.txt", 0, true);
    gv_test_result result = gv_test_run_ok(
        "glove-convert align --json base.txt other.txt out.safetensors && strings out.safetensors");
    cr_assert_not_null(strstr(result.out, "\"anchors\": 30"), "%s", result.out);
    cr_assert_not_null(strstr(result.out, "\"held_out\": 1.0"), "%s", result.out);
    cr_assert_not_null(strstr(result.out, "\"poor\": false"));
    cr_assert_not_null(strstr(result.out, "aligned\\\":{\\\"anchors\\\":30"), "%s", result.out);
}

/* Words of one file only, <unk>, repeated words, zeros, numbers that are not finite. */
Test(align, odd_rows)
{
    write_space("base.txt", 0, false);
    write_space("other.txt", 10, true);
    gv_test_run_ok("printf '<unk> 1 2 3\\nzero 1 1 1\\nw12 9 9 9\\nnan 1 2 3\\n' >> base.txt && "
                   "printf 'zero 0 0 0\\nw12 7 7 7\\n<unk> -5 1 1\\nnan 1 nan 2\\n' >> other.txt");
    gv_test_result result = gv_test_run_ok("glove-convert align base.txt other.txt out.txt");
    cr_assert_not_null(strstr(result.out, "33 vectors of 3 numbers, fitted on 20 words"), "%s",
                       result.out);
    cr_assert_not_null(strstr(result.err, "no anchors: 2"), "%s", result.err);
    cr_assert_not_null(strstr(result.err, "left out: 1"), "%s", result.err);
    double base[3];
    find_row(base, "base.txt", "w12");
    expect_row("out.txt", "w12", 2 * base[0], 2 * base[1], 2 * base[2]);
    expect_row("out.txt", "zero", 0, 0, 0);
    cr_assert_not_null(strstr(gv_test_read(gv_test_path("out.txt"), NULL), "\n<unk> "));
    cr_assert_not_null(strstr(gv_test_read(gv_test_path("out.txt"), NULL), "\nw39 "));
}

Test(align, anchors)
{
    write_space("base.txt", 0, false);
    write_space("other.txt", 0, true);
    gv_test_write_text("some", "\n  w1 120\r\nnowhere\nw2\nw3\nw4\nw2\n\xc3\xa9t\xc3\xa9\n");
    gv_test_result result =
        gv_test_run_ok("glove-convert align base.txt other.txt out.txt --anchors some");
    cr_assert_not_null(strstr(result.out, "fitted on 4 words"), "%s", result.out);
    cr_assert_not_null(strstr(result.err, "2 of 7 words are not in both files"), "%s", result.err);
    cr_assert_not_null(strstr(result.err, "nowhere, \xc3\xa9t\xc3\xa9"), "%s", result.err);
    cr_assert_not_null(strstr(result.err, "warning"), "%s", result.err); /* none is held out */
    expect_aligned("out.txt");
    gv_test_write_text("two", "w1\nw2\n");
    result = gv_test_run_ok("glove-convert align base.txt other.txt out.txt --anchors two");
    cr_assert_not_null(strstr(result.err, "only 2 of 3 dimensions"), "%s", result.err);
    gv_test_expect_error(
        gv_test_run("echo nowhere | glove-convert align base.txt other.txt kept --to text "
                    "--anchors -"),
        1, "no word of the anchors", NULL);
    gv_test_expect_error(gv_test_run("glove-convert align base.txt other.txt kept --to text "
                                     "--anchors /dev/null"),
                         1, "/dev/null", "no words", NULL);
    cr_assert_not(gv_test_exists(gv_test_path("kept")));
}

/* The same words with random vectors. */
static void write_noise(const char *name, uint64_t seed)
{
    enum { MANY = 200, DIM = 20, LINE = 32 + DIM * 12 };
    char *text = gv_test_keep(calloc(MANY, LINE)), *at = text;
    gv_rng rng;
    gv_rng_seed(&rng, seed, GV_RNG_TEST, 0);
    for (int i = 0; i < MANY; i++) {
        at += sprintf(at, "w%d", i);
        for (int k = 0; k < DIM; k++)
            at += sprintf(at, " %.6f", gv_rng_uniform(&rng) - 0.5);
        at += sprintf(at, "\n");
    }
    gv_test_write_text(name, text);
}

Test(align, a_poor_fit_is_said)
{
    write_noise("base.txt", 1);
    write_noise("other.txt", 2);
    gv_test_result result = gv_test_run_ok("glove-convert align base.txt other.txt out.txt");
    cr_assert_not_null(strstr(result.err, "warning: the fit is poor"), "%s%s", result.out,
                       result.err);
}

Test(align, inputs_are_kept)
{
    write_space("base.txt", 0, false);
    write_space("other.txt", 0, true);
    gv_test_run_ok("ln -s other.txt link.txt; mkdir run; cp other.txt run/vectors.txt; "
                   "cp other.txt run/vocab.txt; glove-convert other.txt t/vectors.tsv || "
                   "(mkdir t && glove-convert other.txt t/vectors.tsv); "
                   "cat *.txt run/* t/* | md5sum > before");
    gv_test_expect_error(gv_test_run("glove-convert align base.txt other.txt other.txt"), 2,
                         "other.txt is an input", NULL);
    gv_test_expect_error(gv_test_run("glove-convert align base.txt other.txt ./base.txt"), 2,
                         "is an input", NULL);
    gv_test_expect_error(gv_test_run("glove-convert align base.txt other.txt link.txt"), 2,
                         "is an input", NULL);
    gv_test_expect_error(gv_test_run("glove-convert align base.txt run run/vectors.bin"), 2,
                         "a file of the run", NULL);
    gv_test_expect_error(
        gv_test_run("glove-convert align base.txt other.txt x.npy --words base.txt"), 2,
        "is an input", NULL);
    gv_test_run_ok("seq -f w%%g 0 9 > anchors.text");
    gv_test_expect_error(gv_test_run("glove-convert align base.txt other.txt anchors.text --to "
                                     "text --anchors anchors.text"),
                         2, "anchors.text is an input", NULL);
    gv_test_expect_error(gv_test_run("glove-convert align base.txt t/vectors.tsv t/new.tsv"), 2,
                         "metadata.tsv is an input", NULL);
    gv_test_run_ok("cat *.txt run/* t/* | md5sum > after && cmp before after");
}

Test(align, wrong_usage)
{
    write_space("base.txt", 0, false);
    gv_test_write_text("two.txt", "w1 1 2\nw2 3 4\n");
    gv_test_write_text("alien.txt", "x 1 2 3\ny 3 4 4\n");
    gv_test_run_ok("mkdir empty");
    gv_test_expect_error(gv_test_run("glove-convert align base.txt two.txt out.txt"), 1,
                         "base.txt has vectors of 3 numbers", "two.txt of 2", NULL);
    gv_test_expect_error(gv_test_run("glove-convert align base.txt alien.txt out.txt"), 1,
                         "no word has a vector in both", NULL);
    gv_test_expect_error(gv_test_run("glove-convert align base.txt missing out.txt"), 1, "missing",
                         NULL);
    gv_test_expect_error(gv_test_run("glove-convert align base.txt empty out.txt"), 2,
                         "empty has no vectors", NULL);
    gv_test_expect_error(gv_test_run("glove-convert align - - out.txt < base.txt"), 2,
                         "standard input", NULL);
    gv_test_expect_error(gv_test_run("glove-convert align base.txt base.txt"), 2, "BASE OTHER",
                         NULL);
    gv_test_expect_error(gv_test_run("glove-convert align base.txt two.txt x.txt --limit 3"), 2,
                         "--limit", "align", NULL);
    gv_test_expect_error(gv_test_run("glove-convert align base.txt two.txt x.txt --fit best"), 2,
                         "--fit best", NULL);
    gv_test_expect_error(gv_test_run("glove-convert align base.txt two.txt x.gz"), 2, ".gz", NULL);
    gv_test_expect_error(gv_test_run("glove-convert base.txt x.bin --anchors base.txt"), 2,
                         "--anchors", NULL);
    cr_assert_not(gv_test_exists(gv_test_path("out.txt")));
}
