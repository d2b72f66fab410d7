/* glove-convert as users run it, and its files in other programs' hands. */
#include "base/gv_rng.h"
#include "support/gv_test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char three[] = "the 1.000000 -0.500000\nna\xc3\xafve 0.250000 2.000000\n"
                            "<unk> 0.000001 -3.141593\n";

static void expect_same(const char *a, const char *b)
{
    size_t bytes_a, bytes_b;
    char *text_a = gv_test_read(gv_test_path(a), &bytes_a);
    char *text_b = gv_test_read(gv_test_path(b), &bytes_b);
    cr_assert(bytes_a == bytes_b && memcmp(text_a, text_b, bytes_a) == 0, "%s and %s differ", a, b);
    free(text_a);
    free(text_b);
}

/* Through every format that can be read, and back to the same bytes of text. */
Test(convert, there_and_back)
{
    gv_test_write_text("v.txt", three);
    static const char *const chain[] = {"v.bin", "v.db", "v.safetensors", "v.sqlite3", "v.w2v"};
    const char *from = "v.txt";
    for (size_t i = 0; i < sizeof chain / sizeof chain[0]; i++) {
        gv_test_run_ok("glove-convert %s %s", from, chain[i]);
        from = chain[i];
        gv_test_run_ok("glove-convert %s back.txt", from);
        expect_same("v.txt", "back.txt");
    }
    gv_test_run_ok("glove-convert v.txt v.npy --words words.txt");
    gv_test_run_ok("glove-convert v.npy back.txt --words words.txt");
    expect_same("v.txt", "back.txt");
    gv_test_run_ok("glove-convert v.txt v.txt"); /* onto itself */
    expect_same("v.txt", "back.txt");
}

Test(convert, options)
{
    gv_test_write_text("v.txt", three);
    gv_test_run_ok("glove-convert --header v.txt h.vec --limit=2");
    cr_assert_str_eq(gv_test_read(gv_test_path("h.vec"), NULL),
                     "2 2\nthe 1.000000 -0.500000\nna\xc3\xafve 0.250000 2.000000\n");
    gv_test_run_ok("glove-convert --to word2vec v.txt odd.name");
    gv_test_run_ok("glove-convert --from word2vec --to text odd.name back.txt");
    expect_same("v.txt", "back.txt");
    gv_test_run_ok("glove-convert v.txt out.tsv");
    cr_assert(gv_test_exists(gv_test_path("metadata.tsv")));
    gv_test_run_ok("glove-convert out.tsv back.txt");
    expect_same("v.txt", "back.txt");
    gv_test_run_ok("rm metadata.tsv");
    gv_test_expect_error(gv_test_run("glove-convert out.tsv back.txt"), 2, "out.tsv", "projector",
                         "metadata.tsv", NULL); /* its first numbers are no words */
    gv_test_write_text("years.txt", "2015\t0.5\t1.5\n1.5\t2.5\t3.5\n");
    gv_test_run_ok("glove-convert years.txt years.bin");
}

Test(convert, words_that_do_not_fit)
{
    gv_test_write_text("v.txt", "New York 1 2\n\xff 3 4\nplain 5 6\n");
    gv_test_result result = gv_test_run_ok("glove-convert v.txt v.bin");
    cr_assert_not_null(strstr(result.err, "cannot hold them: 1"), "%s", result.err);
    gv_test_run_ok("glove-convert v.bin back.txt");
    cr_assert_not_null(strstr(gv_test_read(gv_test_path("back.txt"), NULL), "New_York 1.0"));
    gv_test_run_ok("glove-convert v.txt v.db && glove-convert v.db back.txt");
    cr_assert_not_null(strstr(gv_test_read(gv_test_path("back.txt"), NULL), "\n? 3.0"));
    gv_test_run_ok("glove-convert v.txt same.txt");
    cr_assert_not_null(strstr(gv_test_read(gv_test_path("same.txt"), NULL), "\n\xff 3.0"));
}

Test(convert, wrong_usage)
{
    gv_test_write_text("v.txt", three);
    gv_test_write_text("kept.bin", "before");
    gv_test_expect_error(gv_test_run("glove-convert"), 2, "INPUT OUTPUT", NULL);
    gv_test_expect_error(gv_test_run("glove-convert v.txt"), 2, "INPUT OUTPUT", NULL);
    gv_test_expect_error(gv_test_run("glove-convert v.txt noname"), 2, "noname", "--to", NULL);
    gv_test_expect_error(gv_test_run("glove-convert v.txt x --to worc2vec"), 2, "'word2vec'", NULL);
    gv_test_expect_error(gv_test_run("glove-convert v.txt x.bin --header"), 2, "--header", NULL);
    gv_test_expect_error(gv_test_run("glove-convert v.txt x.bin --limit 0"), 2, "--limit", NULL);
    gv_test_expect_error(gv_test_run("glove-convert v.txt x.bin --limit 3x"), 2, "--limit", NULL);
    gv_test_expect_error(gv_test_run("glove-convert v.txt x.bin --mirror"), 2, "--mirror",
                         "no effect", NULL);
    gv_test_expect_error(gv_test_run("glove-convert check v.txt --vocab v.txt"), 2, "--vocab",
                         NULL);
    gv_test_expect_error(gv_test_run("glove-convert counts-import v.txt x.bin --from text"), 2,
                         "--from", NULL);
    gv_test_expect_error(gv_test_run("glove-convert --from projector v.txt x.bin"), 2, "v.txt",
                         NULL);
    gv_test_expect_error(gv_test_run("glove-convert missing kept.bin"), 1, "missing", NULL);
    gv_test_expect_error(gv_test_run("glove-convert v.txt no/such.bin --progress none"), 1,
                         "no/such.bin", NULL);
    cr_assert_str_eq(gv_test_read(gv_test_path("kept.bin"), NULL), "before");
}

Test(convert, damaged_input)
{
    gv_test_write_text("bad.txt", "a 1 2\nb 1\nc 5 6\nd 7 8\n");
    gv_test_write_text("kept.txt", "before");
    gv_test_expect_error(gv_test_run("glove-convert bad.txt kept.txt"), 1, "bad.txt", "line 2",
                         NULL);
    cr_assert_str_eq(gv_test_read(gv_test_path("kept.txt"), NULL), "before");
    gv_test_run_ok("glove-convert --skip-damaged bad.txt kept.txt");
    cr_assert_str_eq(gv_test_read(gv_test_path("kept.txt"), NULL),
                     "a 1.000000 2.000000\nc 5.000000 6.000000\nd 7.000000 8.000000\n");
}

Test(convert, check)
{
    gv_test_write_text("good.txt", three);
    gv_test_result result = gv_test_run_ok("glove-convert check good.txt");
    cr_assert_str_eq(result.out, "good.txt: text, 3 vectors of 2 numbers\n  no problem found\n");
    cr_assert_str_eq(result.err, "");
    gv_test_write_text("bad.txt", "a 1 2 3\nb 1\na 5 6 1\nd nan 8 1\nx y 0 0 0\n\xff 1 1 1\n"
                                  "\xe3\x80\x80 1 2 3\n 1 2 3\r\n");
    result = gv_test_run("glove-convert check bad.txt");
    gv_test_expect_error(result, 1, "bad.txt: 4 problems", NULL);
    static const char *const findings[] = {"line 2 has 1 numbers",
                                           "earlier row: 1: a (line 3)",
                                           "infinite numbers: 1: d (line 4)",
                                           "zeros only: 1",
                                           "other programs split: 2: x y (line 5), <U+3000>",
                                           "UTF-8: 1:",
                                           "nearly the same: 1:",
                                           "without a word, skipped: 1 (the first is line 8)",
                                           "end in CR: 1"};
    for (size_t i = 0; i < sizeof findings / sizeof findings[0]; i++)
        cr_assert_not_null(strstr(result.out, findings[i]), "no '%s' in %s", findings[i],
                           result.out);
    gv_test_write_text("mark.txt", "\xef\xbb\xbf"
                                   "a 1 2\nb 1 3\nc 1 4\n");
    result = gv_test_run_ok("glove-convert check mark.txt");
    cr_assert_not_null(strstr(result.out, "byte order mark"), "%s", result.out);
    cr_assert_not_null(strstr(result.out, "every row: 1: number 1 is always 1"), "%s", result.out);
    cr_assert_null(strstr(result.out, "no problem found"));
}

/* What the readers refuse, the check finds. */
Test(convert, check_agrees_with_the_readers)
{
    static const char *const files[] = {"9 2\na 1 2\nb 3 4\n",
                                        "1 2\na 1 2\nb 3 4\n",
                                        "2 2\n",
                                        "0 2\n",
                                        "2 3\na 1 2\nb 3 4\n",
                                        "1 2\na 1 2\n<unk> 3 4\n",
                                        "a 1 2\nb 3\nc 1 2\n",
                                        "",
                                        "the 10\nof 5\n",
                                        "a 1 2\nb 3 4\n",
                                        "{\"a\": 1}\n",
                                        "9 2\nword \1\1\1\1\1\1\1\1"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        gv_test_write_text("f.txt", files[i]);
        gv_test_result query = gv_test_run("glove-query --vectors f.txt info");
        gv_test_result check = gv_test_run("glove-convert check f.txt");
        cr_assert_eq(query.exit_code, check.exit_code, "file %zu: query %d, check %d: %s%s", i,
                     query.exit_code, check.exit_code, check.out, check.err);
        cr_assert(check.exit_code == 0 || !strstr(check.out, "no problem found"), "%s", check.out);
    }
}

/* counts.bin -> cooccurrence.bin -> counts.bin -> cooccurrence.bin: the same records. */
Test(convert, counts)
{
    gv_test_corpus("corpus.txt", gv_test_seed(), 5000, 200, 20);
    gv_test_run_ok(
        "glove-vocab --run-dir r --progress none --set 'corpus.files=[\"corpus.txt\"]' && "
        "glove-cooccur --run-dir r --progress none");
    gv_test_result result = gv_test_run_ok("glove-convert counts-export r/counts.bin one.bin");
    cr_assert_not_null(strstr(result.err, "records"), "%s", result.err);
    gv_test_run_ok("glove-convert counts-import one.bin back.bin --run-dir r");
    gv_test_run_ok("glove-convert counts-export back.bin two.bin");
    expect_same("one.bin", "two.bin");
    gv_test_run_ok("glove-convert counts-import one.bin back2.bin --vocab r/vocab.txt");
    gv_test_expect_error(gv_test_run("glove-convert counts-import one.bin x.bin --vocab gone"), 1,
                         "gone", NULL);
    gv_test_truncate(gv_test_path("one.bin"), 100);
    gv_test_expect_error(gv_test_run("glove-convert counts-import one.bin x.bin --run-dir r"), 1,
                         "one.bin", NULL);
    gv_test_expect_error(gv_test_run("glove-convert counts-merge out"), 2, "expected INPUT OUTPUT",
                         NULL);
    gv_test_expect_error(gv_test_run("glove-convert counts-export none/counts.bin x.tsv"), 1,
                         "cannot read none/counts.bin", NULL);
    gv_test_expect_error(gv_test_run("glove-convert counts-export two.bin x.bin"), 1, "two.bin",
                         NULL);
}

/* The name chooses the format, and the content when reading; what fits neither is refused. */
Test(convert, counts_by_name_and_content)
{
    gv_test_corpus("corpus.txt", gv_test_seed(), 3000, 100, 20);
    gv_test_run_ok("glove-vocab --run-dir r --progress none --set 'corpus.files=[\"corpus.txt\"]' "
                   "&& glove-cooccur --run-dir r --progress none && glove-convert counts-export "
                   "r/counts.bin one.bin");
    gv_test_run_ok("for end in mtx npz tsv txt csv; do "
                   "glove-convert counts-export r/counts.bin x.$end && "
                   "glove-convert counts-import x.$end back.bin --run-dir r && "
                   "glove-convert counts-export back.bin two.bin && cmp one.bin two.bin || exit 1; "
                   "done");
    gv_test_run_ok("for end in mtx tsv csv; do gzip x.$end && "
                   "glove-convert counts-import x.$end.gz back.bin --run-dir r && "
                   "glove-convert counts-export back.bin two.bin && cmp one.bin two.bin || exit 1; "
                   "done");
    gv_test_run_ok("cp x.npz odd.name && glove-convert counts-import odd.name b.bin --run-dir r");
    gv_test_run_ok("glove-convert counts-export r/counts.bin odd.name --to csv && head -c 2 "
                   "x.npz | grep -q PK");
    static const char *const outputs[] = {"x.parquet", "noext"};
    for (size_t i = 0; i < sizeof outputs / sizeof *outputs; i++)
        gv_test_expect_error(gv_test_run("glove-convert counts-export r/counts.bin %s", outputs[i]),
                             2, outputs[i], "npz", "--to", NULL);
    gv_test_expect_error(gv_test_run("glove-convert counts-export r/counts.bin x.y --to cvs"), 2,
                         "cvs", "csv", NULL);
    gv_test_write_text("other.txt", "a 1\nb 1\n");
    gv_test_expect_error(
        gv_test_run("glove-convert counts-export r/counts.bin x.csv --vocab other.txt"), 2,
        "counts.bin", "--vocab", NULL);
    gv_test_expect_error(gv_test_run("glove-convert counts-import r/counts.bin x.bin --run-dir r"),
                         1, "already", "glove-shuffle", NULL);
    gv_test_expect_error(gv_test_run("glove-convert counts-import x.npz y.bin --vocab other.txt"),
                         1, "x.npz", "2 words", NULL);
    gv_test_expect_error(gv_test_run("glove-convert counts-import x.npz y.bin --ids 2"), 2, "--ids",
                         NULL);
    gv_test_run_ok("printf 'a,b,1\\n' > half.csv");
    gv_test_expect_error(
        gv_test_run("glove-convert counts-import half.csv y.bin --vocab other.txt"), 1,
        "half.csv (text)", "\"a\" \"b\"", "--mirror", NULL);
    gv_test_run_ok("glove-convert counts-import half.csv y.bin --vocab other.txt --mirror");
}

/* scipy sees the same matrices. */
Test(convert, scipy_agrees, .timeout = 120)
{
    if (system("/usr/bin/python3 -c 'import scipy.sparse' 2>/dev/null") != 0)
        gv_test_skip("python3-scipy is not installed");
    gv_test_result result = gv_test_run_ok(
        "/usr/bin/python3 -B \"$GV_TEST_SOURCE/tests/support/check_matrix.py\" glove-convert");
    cr_assert_not_null(strstr(result.out, "matrices agree"), "%s", result.out);
}

/* Random vectors of random words, some of them odd. */
static void write_random(const char *name, size_t rows, size_t dim)
{
    FILE *file = fopen(gv_test_path(name), "wb");
    cr_assert_not_null(file);
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 0);
    static const char *const odd[] = {"\"",  "\\",   "'",       "\xe2\x82\xac", "\xf0\x9f\x98\x80",
                                      "1.5", "</s>", "a\\u0041"};
    for (size_t row = 0; row < rows; row++) {
        if (row < sizeof odd / sizeof odd[0])
            fputs(odd[row], file);
        else
            fprintf(file, "w%zu", row);
        for (size_t i = 0; i < dim; i++)
            fprintf(file, " %.6f", (gv_rng_uniform(&rng) - 0.5) * 4);
        fputc('\n', file);
    }
    cr_assert_eq(fclose(file), 0);
}

/* numpy, sqlite3 and json of Python, and gensim where it is installed, see the same vectors. */
Test(convert, other_programs_agree, .timeout = 120)
{
    gv_test_run_ok("/usr/bin/python3 -c 'import numpy'");
    int gensim = gv_test_exists("/usr/lib/python3/dist-packages/gensim");
    write_random("vectors.txt", 500, 30);
    gv_test_run_ok("for to in bin db safetensors npy tsv; do "
                   "glove-convert --progress none vectors.txt vectors.$to || exit 1; done; "
                   "glove-convert --header vectors.txt header.txt");
    gv_test_result result =
        gv_test_run_ok("/usr/bin/python3 " GV_SH_SOURCE "/tests/support/check_vectors.py . %s",
                       gensim ? "gensim" : "");
    cr_assert_not_null(strstr(result.out, "projector: 500 vectors agree"));
    if (!gensim)
        gv_test_skip("gensim's part needs the package python3-gensim");
    cr_assert_not_null(strstr(result.out, "gensim binary: 500 vectors agree"));
    static const char *const theirs[] = {"gensim.bin", "gensim.txt", "header.txt", "vectors.bin"};
    for (size_t i = 0; i < sizeof theirs / sizeof theirs[0]; i++) {
        gv_test_run_ok("glove-convert %s back.txt", theirs[i]);
        expect_same("vectors.txt", "back.txt");
    }
}

/* A name that promises another format or compression is refused, and nothing is written. */
Test(convert, names_that_say_something_else)
{
    gv_test_write_text("v.txt", "the 1 2\nfrog 3 4\n");
    gv_test_write_text("vocab.txt", "the 2\nfrog 1\n");
    gv_test_write_text("pairs.csv", "the,frog,1\nfrog,the,1\n");
    gv_test_expect_error(gv_test_run("glove-convert v.txt o.txt.gz --to text"), 2,
                         "output is not compressed: leave out .gz", NULL);
    gv_test_expect_error(
        gv_test_run("glove-convert counts-import pairs.csv c.npz --vocab vocab.txt"), 2,
        "which is no .npz file", "counts-export writes .npz", NULL);
    cr_assert_not(gv_test_exists(gv_test_path("o.txt.gz")) ||
                  gv_test_exists(gv_test_path("c.npz")));
}
