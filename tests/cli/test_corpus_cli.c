/* corpus.files through the programs: folders, patterns, archives, files that are no text, and
 * standard input that is used up. */
#include "support/gv_test.h"
#include <string.h>

#define VOCAB   "glove-vocab --run-dir run --progress plain --set vocab.min_count=1 "
#define COOCCUR "glove-cooccur --run-dir run --progress plain --set vocab.min_count=1 "

static void make_tree(void)
{
    gv_test_run_ok("mkdir -p tree/a/b && echo 'one two two' > tree/t.txt && "
                   "echo 'two three' > tree/a/u.txt && echo 'four' > tree/a/b/v.txt && "
                   "echo 'five' > tree/a/n.md && echo 'six' > tree/.hidden && "
                   "printf '\\211PNG\\r\\n\\032\\n\\0\\0\\0\\rIHDR' > tree/a/p.png");
}

static void expect_words(const char *files, const char *words)
{
    gv_test_run_ok("rm -rf run && " VOCAB "--set 'corpus.files=%s'", files);
    const char *found = gv_test_run_ok("cut -d' ' -f1 run/vocab.txt | tr '\\n' ' '").out;
    cr_assert_str_eq(found, words, "%s: %s", files, found);
}

Test(corpus_cli, folders_patterns_and_what_was_matched)
{
    make_tree();
    expect_words("tree/**/*.txt", "two four one three ");
    expect_words("tree", "two five four one three ");
    gv_test_run_ok("export HOME=$PWD && cd tree && " VOCAB "--set corpus.files='~/tree/t.txt'");
}

Test(corpus_cli, notes_and_metrics)
{
    make_tree();
    gv_test_result r = gv_test_run_ok(VOCAB "--set corpus.files=tree");
    cr_assert(strstr(r.err, "corpus: 4 files, "), "%s", r.err);
    cr_assert(strstr(r.err, "left out 1 file without text") && strstr(r.err, "tree/a/p.png"), "%s",
              r.err);
    gv_test_run_ok("grep -q '\"files\":4,\"disk_bytes\":32,\"files_own\":0,\"files_textless\":1' "
                   "run/metrics.jsonl");
    r = gv_test_run_ok(VOCAB "--set 'corpus.files=[\"tree\",\"tree/t.txt\"]'");
    cr_assert(strstr(r.err, "1 of the files is there more than once"), "%s", r.err);
    gv_test_run_ok(VOCAB "--set corpus.files=tree");
    r = gv_test_run_ok(COOCCUR "--set corpus.files=tree");
    cr_assert(strstr(r.err, "corpus: 4 files, "), "%s", r.err);
    /* another pattern is another text */
    r = gv_test_run_ok(VOCAB "--set corpus.files=tree --set 'corpus.pattern=*.txt'");
    cr_assert(strstr(r.err, "corpus: 3 files, "), "%s", r.err);
    r = gv_test_run_ok(VOCAB "--set corpus.files=tree --set 'corpus.pattern=*.txt'");
    cr_assert(strstr(r.err, "up to date"), "%s", r.err);
    gv_test_expect_error(gv_test_run(VOCAB "--set corpus.files=tree --set 'corpus.pattern=*.csv'"),
                         2, "tree", "*.csv", NULL);
    gv_test_expect_error(gv_test_run(VOCAB "--set 'corpus.files=tree/**/*.csv'"), 2,
                         "no file matches tree/**/*.csv", NULL);
}

/* A pattern that matches the run's own outputs does not feed on them. */
Test(corpus_cli, own_outputs_are_no_corpus)
{
    gv_test_write_text("text.txt", "one two two\n");
    gv_test_run_ok(VOCAB "--set 'corpus.files=**/*.txt' && cp run/vocab.txt before");
    gv_test_result r = gv_test_run_ok(VOCAB "--set 'corpus.files=**/*.txt'");
    cr_assert(strstr(r.err, "up to date"), "%s", r.err);
    r = gv_test_run_ok(VOCAB "--force --set 'corpus.files=**/*.txt' && cmp before run/vocab.txt");
    cr_assert(strstr(r.err, "run/vocab.txt"), "%s", r.err);
    gv_test_expect_error(gv_test_run(VOCAB "--set 'corpus.files=run/*.txt'"), 2, "run/vocab.txt",
                         NULL);
}

/* The same words and counts from a folder and from every archive of it, for any number of
 * threads. */
Test(corpus_cli, archives_count_as_their_files, .timeout = 120)
{
    static const char *const pack[] = {"zip -qr ../y.zip . && mv ../y.zip ../x", "tar cf ../x *",
                                       "tar czf ../x *", "tar cf - * | zstd -q > ../x",
                                       "tar cJf ../x *"};
    gv_test_run_ok("mkdir tree");
    for (int f = 0; f < 4; f++)
        gv_test_corpus(gv_test_format("tree/t%d", f), gv_test_seed() + (uint64_t)f, 3000, 60, 20);
    gv_test_run_ok("gzip tree/t2 && glove-vocab --run-dir plain --set corpus.files=tree && "
                   "glove-cooccur --run-dir plain");
    for (size_t i = 0; i < sizeof pack / sizeof *pack; i++) {
        gv_test_run_ok("rm -rf run x && (cd tree && %s)", pack[i]);
        gv_test_run_ok(
            "glove-vocab --run-dir run --set corpus.files=x --set cooccur.threads=%zu && "
            "glove-cooccur --run-dir run && cmp run/vocab.txt plain/vocab.txt && "
            "cmp run/counts.bin plain/counts.bin",
            1 + i);
        gv_test_run_ok("rm -rf run && glove-vocab --run-dir run --set corpus.files=- < x && "
                       "glove-cooccur --run-dir run < x && cmp run/counts.bin plain/counts.bin");
        gv_test_run_ok("glove-plan --run-dir run --set corpus.files=x");
    }
    gv_test_run_ok("glove-plan --run-dir run --set corpus.files=tree");
    /* sampling goes by places in the text: the same ones for any number of threads */
    gv_test_run_ok("rm -rf run && glove-vocab --run-dir run --set corpus.files=x --set "
                   "cooccur.sample=0.001 && glove-cooccur --run-dir run --set cooccur.threads=1 && "
                   "cp run/counts.bin one && glove-cooccur --force --run-dir run "
                   "--set cooccur.threads=4 && cmp one run/counts.bin");
}

static void expect_refused(const char *file, int code, const char *what)
{
    gv_test_expect_error(
        gv_test_run("glove-vocab --run-dir run --progress none --set 'corpus.files=%s'", file),
        code, file, what, NULL);
    cr_assert(!gv_test_exists(gv_test_path("run/vocab.txt")));
}

Test(corpus_cli, what_is_no_text_is_refused_by_name)
{
    make_tree();
    gv_test_write_text("x.pdf", "%PDF-1.4\n1 0 obj\n");
    expect_refused("x.pdf", 1, "a PDF document");
    expect_refused("tree/a/p.png", 1, "a PNG image");
    gv_test_expect_error(gv_test_run(VOCAB "--set 'corpus.files=tree/a/*'"), 1, "tree/a/p.png",
                         "a PNG image", NULL);
    gv_test_run_ok("printf 'a\\0b\\0c\\0d\\0e\\0f\\0g\\0h\\0\\n\\0' > wide && gzip -k x.pdf && "
                   "mkdir META-INF word && echo '<x/>' > META-INF/container.xml && "
                   "echo '<w:p/>' > word/document.xml && zip -qr book.zip tree/t.txt META-INF && "
                   "zip -q book.epub tree/t.txt && zip -q pdf.zip tree/t.txt x.pdf && "
                   "tar cf in.tar tree/t.txt book.zip && zip -q png.zip tree/a/p.png && "
                   "zip -qP pw enc.zip tree/t.txt && head -c 100000 /dev/urandom > noise");
    expect_refused("wide", 1, "UTF-16LE");
    expect_refused("noise", 1, "not UTF-8 text");
    expect_refused("x.pdf.gz", 1, "a PDF document");
    expect_refused("book.zip", 1, "an EPUB book");
    expect_refused("book.epub", 1, "an EPUB book");
    expect_refused("pdf.zip", 1, "x.pdf");
    expect_refused("in.tar", 1, "a zip archive");
    expect_refused("png.zip", 1, "a PNG image");
    expect_refused("enc.zip", 1, "encrypted");
    /* the name of tar, and nothing else of it */
    gv_test_run_ok("(head -c 257 /dev/zero; printf ustar; head -c 700 /dev/zero) > bad.tar");
    expect_refused("bad.tar", 1, "damaged");
    /* text in front of something else */
    gv_test_run_ok("yes 'some words' | head -c 20000 > mixed && cat noise noise noise >> mixed");
    expect_refused("mixed", 1, "not UTF-8 text");
    gv_test_run_ok(VOCAB "--set corpus.files=x.pdf --set corpus.binary=accept");
    /* a few odd bytes are still text */
    gv_test_run_ok("yes 'some words' | head -c 20000 > few && printf 'a\\0b\\377c\\n' >> few && "
                   "rm -rf run && " VOCAB "--set corpus.files=few");
}

/* A later stage says that there is nothing left to read. */
Test(corpus_cli, used_up_standard_input)
{
    gv_test_write_text("text", "one two two\none two\n");
    gv_test_result r = gv_test_run("(" VOCAB "--set corpus.files=- && " COOCCUR ") < text");
    cr_assert_eq(r.exit_code, 1);
    cr_assert(strstr(r.err, "standard input is empty"), "%s", r.err);
    cr_assert(!gv_test_exists(gv_test_path("run/counts.bin")));
    gv_test_run_ok(COOCCUR "< text");
    r = gv_test_run("script -qec '" VOCAB "--force --set corpus.files=-' typescript < /dev/null");
    if (r.exit_code != 127)
        cr_assert(strstr(gv_test_read(gv_test_path("typescript"), NULL), "terminal"));
}
