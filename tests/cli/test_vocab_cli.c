/* glove-vocab as a user meets it. */
#include "support/gv_test.h"
#include <string.h>

#define VOCAB "glove-vocab --progress none --run-dir r --set vocab.min_count=1 "

static const char *vocab_txt(void)
{
    return gv_test_read(gv_test_path("r/vocab.txt"), NULL);
}

Test(vocab_cli, counts_and_is_up_to_date)
{
    gv_test_write_text("c.txt", "the cat the dog\nthe end\n");
    gv_test_run_ok(VOCAB "--set 'corpus.files=[\"c.txt\"]'");
    cr_assert_str_eq(vocab_txt(), "the 3\ncat 1\ndog 1\nend 1\n");
    gv_test_result again =
        gv_test_run_ok("glove-vocab --progress plain --run-dir r --set vocab.min_count=1 "
                       "--set 'corpus.files=[\"c.txt\"]' --set train.eta=0.2");
    cr_assert_not_null(strstr(again.err, "up to date"), "%s", again.err);
    const char *metrics = gv_test_read(gv_test_path("r/metrics.jsonl"), NULL);
    cr_assert_not_null(strstr(metrics, "\"words\":4"), "%s", metrics);
    cr_assert_not_null(strstr(metrics, "\"tokens\":6"), "%s", metrics);
}

Test(vocab_cli, stdin_globs_and_order)
{
    gv_test_write_text("b.txt", "b b\n");
    gv_test_write_text("a.txt", "a\n");
    gv_test_run_ok("echo z z z | " VOCAB "--set 'corpus.files=[\"-\", \"[ab].txt\"]'");
    cr_assert_str_eq(vocab_txt(), "z 3\nb 2\na 1\n");
    gv_test_run_ok("gzip -k b.txt && cat b.txt.gz | " VOCAB "--set 'corpus.files=[\"-\"]'");
    cr_assert_str_eq(vocab_txt(), "b 2\n");
}

Test(vocab_cli, odd_input_is_reported)
{
    gv_test_write("c.txt",
                  "\xef\xbb\xbf"
                  "a\r\n<unk> b\xff\0c\n",
                  16);
    gv_test_result result = gv_test_run_ok("glove-vocab --progress plain --run-dir r --set "
                                           "vocab.min_count=1 --set 'corpus.files=[\"c.txt\"]'");
    cr_assert_str_eq(vocab_txt(), "a 1\nb\xef\xbf\xbd 1\nc 1\n");
    static const char *const notes[] = {"1 invalid UTF-8 sequence replaced", "1 NUL byte",
                                        "1 carriage return dropped", "1 literal <unk> dropped",
                                        "1 byte order mark"};
    for (size_t i = 0; i < sizeof notes / sizeof *notes; i++)
        cr_assert_not_null(strstr(result.err, notes[i]), "no '%s' in %s", notes[i], result.err);
}

Test(vocab_cli, given_vocabulary)
{
    gv_test_write_text("c.txt", "a b b c c c\n");
    gv_test_write_text("words", "c\nzzz\na\n");
    gv_test_write_text("counted", "b 7\na 9\n");
    gv_test_run_ok("glove-vocab --progress none --run-dir r --set 'corpus.files=[\"c.txt\"]' "
                   "--set vocab.file=words --set vocab.max_size=1");
    cr_assert_str_eq(vocab_txt(), "c 3\nzzz 0\na 1\n");
    gv_test_run_ok("glove-vocab --progress none --run-dir r --set vocab.file=counted");
    cr_assert_str_eq(vocab_txt(), "b 7\na 9\n");
    gv_test_write_text("bad", "a 1\na 2\n");
    gv_test_expect_error(gv_test_run(VOCAB "--set vocab.file=bad"), 1, "bad:2:", NULL);
    cr_assert_str_eq(vocab_txt(), "b 7\na 9\n", "the earlier output is untouched");
}

#define LIST  "--run-dir r --set corpus.files=c.txt --set vocab.file=words "
#define GIVEN "glove-vocab --progress plain " LIST
#define QUIET "glove-vocab --progress none " LIST

/* Words of a list that do not occur are told, and why where they cannot. */
Test(vocab_cli, given_words_that_do_not_occur)
{
    gv_test_write_text("c.txt", "Frog frog rock-n-roll the mat\n");
    gv_test_write_text("words", "\xef\xbb\xbf"
                                "frog \r\n\r\nFrog\r\nzzz\r\n");
    gv_test_result made = gv_test_run_ok(GIVEN);
    cr_assert_str_eq(vocab_txt(), "frog 1\nFrog 1\nzzz 0\n");
    cr_assert_not_null(strstr(made.err, "1 of 3 given words does not occur: \"zzz\""), "%s",
                       made.err);
    cr_assert_null(strstr(made.err, "cannot occur"), "%s", made.err);
    made = gv_test_run_ok(GIVEN "--set corpus.lowercase=true");
    cr_assert_not_null(strstr(made.err, "2 of 3 given words do not occur: \"Frog\", \"zzz\""), "%s",
                       made.err);
    cr_assert_not_null(strstr(made.err, "1 of these cannot occur with the corpus.* settings: "
                                        "\"Frog\" becomes \"frog\""),
                       "%s", made.err);
    const char *metrics = gv_test_read(gv_test_path("r/metrics.jsonl"), NULL);
    cr_assert_not_null(strstr(metrics, "\"absent_words\":2,\"impossible_words\":1"), "%s", metrics);
    gv_test_write_text("words", "rock-n-roll\nfrog\n...\n");
    made = gv_test_run_ok(GIVEN "--set corpus.tokenizer=unicode");
    cr_assert_not_null(strstr(made.err, "2 of these cannot occur with the corpus.* settings: "
                                        "\"rock-n-roll\" becomes \"rock n roll\""),
                       "%s", made.err);
    gv_test_write_text("words", "Mat\nTHE\n");
    gv_test_expect_error(gv_test_run(QUIET "--set corpus.lowercase=fold"), 1,
                         "no word of the given", "\"Mat\" becomes \"mat\"", NULL);
    gv_test_write_text("words", "frog,3\nmat,2\n");
    gv_test_expect_error(gv_test_run(QUIET), 1, "no word of the given vocabulary words", "commas",
                         NULL);
    gv_test_write_text("words", "\"frog\"\n\"mat\"\n");
    gv_test_expect_error(gv_test_run(QUIET), 1, "quotation marks", NULL);
    gv_test_write_text("words", "zzz\n");
    gv_test_expect_error(gv_test_run(QUIET), 1, "(\"zzz\")", "check vocab.file", NULL);
    gv_test_run_ok("printf 'mat\\nfrog\\n' | gzip >words");
    gv_test_run_ok(QUIET "--set corpus.lowercase=false --set corpus.tokenizer=whitespace");
    cr_assert_str_eq(vocab_txt(), "mat 1\nfrog 1\n");
}

Test(vocab_cli, words_with_other_white_space_are_told)
{
    gv_test_write_text("c.txt", "New\xc2\xa0York a\vb c d\xe3\x80\x80 c\n");
    gv_test_result made = gv_test_run_ok("glove-vocab --progress plain --run-dir r --set "
                                         "corpus.files=c.txt --set vocab.min_count=1");
    cr_assert_not_null(strstr(made.err, "3 words hold white space that other programs split at: "
                                        "\"New<U+00A0>York\", \"a<U+000B>b\", \"d<U+3000>\""),
                       "%s", made.err);
    const char *metrics = gv_test_read(gv_test_path("r/metrics.jsonl"), NULL);
    cr_assert_not_null(strstr(metrics, "\"words_with_spaces\":3"), "%s", metrics);
    made = gv_test_run_ok("glove-vocab --progress plain --run-dir r --set corpus.spaces=unicode");
    cr_assert_str_eq(vocab_txt(), "c 2\nNew 1\nYork 1\na 1\nb 1\nd 1\n");
    cr_assert_null(strstr(made.err, "white space"), "%s", made.err);
    cr_assert_not_null(strstr(made.err, "corpus.spaces = \"ascii\""), "says what changed: %s",
                       made.err);
    gv_test_run_ok("glove-cooccur --progress none --run-dir r");
    gv_test_expect_error(
        gv_test_run("glove-cooccur --progress none --run-dir r --set corpus.spaces=ascii"), 2,
        "corpus.spaces", "run glove-vocab again", NULL);
}

/* One line of advice, in the metrics as well; none on ordinary text. */
Test(vocab_cli, advice_on_the_text)
{
    static const struct {
        const char *text, *part;
    } cases[] = {
        {"Der M\xfcller f\xfchrt die H\xe4user\nund gr\xfc\xdft\n", "iconv -f ISO-8859-1 -t UTF-8"},
        {"der MÃ¼ller fÃ¼hrt\ndie Leute\n", "iconv -f UTF-8 -t ISO-8859-1"},
        {"{\"text\": \"the frog\"}\n{\"text\": \"the dog\"}\n",
         "corpus.format = \"jsonl\" and corpus.field = \"text\""},
        {"<p>the frog</p>\n<p>the &quot;dog&quot;</p>\n", "markup (<p, &quot;)"},
        {"Der Müller führt die Häuser\nund grüßt «déjà»\n", NULL},
        {"the frog sat on the mat\n", NULL}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gv_test_write_text("c.txt", cases[i].text);
        gv_test_result made =
            gv_test_run_ok("cat c.txt | glove-vocab --progress plain --run-dir r%zu --set "
                           "corpus.files=- --set vocab.min_count=1",
                           i);
        const char *metrics =
            gv_test_read(gv_test_path(gv_test_format("r%zu/metrics.jsonl", i)), NULL);
        const char *advice = strstr(made.err, "advice: ");
        cr_assert_eq(advice != NULL, cases[i].part != NULL, "%s", made.err);
        cr_assert_eq(strstr(metrics, "\"advice\":") != NULL, cases[i].part != NULL, "%s", metrics);
        cr_assert(!advice || strstr(advice, cases[i].part), "%s", made.err);
    }
}

/* A run that was made when true meant folding; "fold" still writes what was written then. */
Test(vocab_cli, lower_case_of_an_older_run)
{
    gv_test_write_text("c.txt", "\xce\x9d\xcf\x8c\xce\xbc\xce\xbf\xcf\x82 stra\xc3\x9f"
                                "e\n");
    gv_test_run_ok(VOCAB "--set corpus.files=c.txt --set corpus.lowercase=fold");
    cr_assert_str_eq(vocab_txt(), "strasse 1\n\xce\xbd\xcf\x8c\xce\xbc\xce\xbf\xcf\x83 1\n");
    gv_test_expect_error(
        gv_test_run("glove-cooccur --progress none --run-dir r --set corpus.lowercase=true"), 2,
        "corpus.lowercase = \"fold\" (once written true), the config says \"simple\"", NULL);
    gv_test_result made =
        gv_test_run_ok("glove-vocab --progress plain --run-dir r --set corpus.lowercase=true");
    cr_assert_not_null(strstr(made.err, "vocab.txt was made with corpus.lowercase = \"fold\" (once "
                                        "written true); now it is \"simple\""),
                       "%s", made.err);
    cr_assert_str_eq(vocab_txt(), "stra\xc3\x9f"
                                  "e 1\n\xce\xbd\xcf\x8c\xce\xbc\xce\xbf\xcf\x82 1\n");
}

/* Lines that end with a carriage return: windows do not cross them. */
Test(vocab_cli, lone_carriage_returns_end_lines)
{
    gv_test_write_text("c.txt", "a b\rc d\r\ne f\r");
    gv_test_result made = gv_test_run_ok("glove-vocab --progress plain --run-dir r --set "
                                         "corpus.files=c.txt --set vocab.min_count=1");
    cr_assert_str_eq(vocab_txt(), "a 1\nb 1\nc 1\nd 1\ne 1\nf 1\n");
    cr_assert_not_null(strstr(made.err, "2 carriage returns without a newline behind"), "%s",
                       made.err);
    const char *metrics = gv_test_read(gv_test_path("r/metrics.jsonl"), NULL);
    cr_assert_not_null(strstr(metrics, "\"documents\":3"), "%s", metrics);
    gv_test_run_ok("glove-cooccur --progress none --run-dir r");
    metrics = gv_test_read(gv_test_path("r/metrics.jsonl"), NULL);
    cr_assert_not_null(strstr(metrics, "\"records\":6"), "ab, cd, ef, both ways: %s", metrics);
}

/* The stages after it must accept what came from a given vocabulary, and notice when it is another.
 */
Test(vocab_cli, given_vocabulary_and_the_next_stage)
{
    gv_test_write_text("c.txt", "a b b c c c\n");
    gv_test_write_text("words", "c\na\n");
    gv_test_write_text("counted", "b 7\na 9\n");
    static const char *const files[] = {"words", "counted"};
    for (size_t i = 0; i < 2; i++) {
        gv_test_result made = gv_test_run_ok(
            "glove-vocab --progress plain --run-dir r --set corpus.files=c.txt --set vocab.file=%s",
            files[i]);
        cr_assert_not_null(strstr(made.err, i == 0 ? "4 of its 6 tokens" : "not read"), "%s",
                           made.err);
        gv_test_expect_error(
            gv_test_run("glove-cooccur --progress none --run-dir r --set vocab.file=%s",
                        files[1 - i]),
            2, "vocab.file", "run glove-vocab again", NULL);
        gv_test_expect_error(
            gv_test_run("glove-cooccur --progress none --run-dir r --set vocab.file=null"), 2,
            "vocab.file", "run glove-vocab again", NULL);
        gv_test_run_ok("glove-cooccur --progress none --run-dir r");
    }
    gv_test_run_ok(VOCAB "--set vocab.file=null");
    gv_test_expect_error(
        gv_test_run("glove-cooccur --progress none --run-dir r --set vocab.file=words"), 2,
        "vocab.file", NULL);
    gv_test_expect_error(gv_test_run(VOCAB "--set vocab.file=none"), 2,
                         "vocab.file: the file none does not exist", NULL);
    gv_test_expect_error(gv_test_run(VOCAB "--set vocab.file=r"), 2, "vocab.file", "directory",
                         NULL);
}

/* File names are bytes; what the run notes of them is JSON. */
Test(vocab_cli, a_file_name_that_is_not_utf8)
{
    gv_test_write_text("caf\xe9.txt", "a b a\n");
    gv_test_run_ok(VOCAB "--set 'corpus.files=[\"caf*.txt\"]'");
    gv_test_run_ok("glove-cooccur --progress none --run-dir r");
    gv_test_result again = gv_test_run_ok("glove-vocab --progress plain --run-dir r");
    cr_assert_not_null(strstr(again.err, "up to date"), "%s", again.err);
    gv_test_write_text("caf\xe9.txt", "a b b b\n");
    gv_test_run_ok(VOCAB);
    cr_assert_str_eq(vocab_txt(), "b 3\na 1\n");
}

/* What came from a pipe cannot be read a second time, for a checksum either. */
Test(vocab_cli, a_named_pipe, .timeout = 30)
{
    gv_test_write_text("c.txt", "a b a\n");
    gv_test_run_ok("mkfifo pipe");
    for (int i = 0; i < 2; i++) {
        gv_test_run_ok("(cat c.txt >pipe &); timeout 20 " VOCAB "--set corpus.files=pipe");
        cr_assert_str_eq(vocab_txt(), "a 2\nb 1\n");
    }
    gv_test_run_ok("(cat c.txt >pipe &); timeout 20 glove-cooccur --progress none --run-dir r");
}

/* Messages must not land in an output that got the number of a closed standard error. */
Test(vocab_cli, closed_standard_files)
{
    gv_test_write_text("c.txt", "a b\n");
    gv_test_run_ok("glove-vocab --run-dir r --set vocab.min_count=1 --set corpus.files=c.txt "
                   "<&- >&- 2>&-");
    cr_assert_str_eq(vocab_txt(), "a 1\nb 1\n");
    gv_test_expect_error(gv_test_run(VOCAB "--set corpus.files=- <&-"), 1, "standard input", NULL);
}

Test(vocab_cli, errors)
{
    gv_test_write_text("empty.txt", "");
    gv_test_write_text("blank.txt", " \n\t\n");
    gv_test_write_text("c.txt", "a b c\n");
    gv_test_write("cut.gz", "\x1f\x8b\x08\0\0\0\0\0\0\x03\x4b", 11);
    gv_test_expect_error(gv_test_run(VOCAB "--set 'corpus.files=[]'"), 2, "corpus.files", NULL);
    gv_test_expect_error(gv_test_run(VOCAB "--set 'corpus.files=[\"no.txt\"]'"), 2, "no.txt", NULL);
    gv_test_expect_error(gv_test_run(VOCAB "--set 'corpus.files=[\"no*\"]'"), 2, "no*", NULL);
    gv_test_expect_error(gv_test_run(VOCAB "--set corpus.files=[c.txt]"), 2, "[c.txt]", "quotes",
                         NULL);
    gv_test_run_ok("mkdir empty");
    gv_test_expect_error(gv_test_run(VOCAB "--set 'corpus.files=[\"empty\"]'"), 2,
                         "no file below empty", NULL);
    gv_test_expect_error(gv_test_run(VOCAB "--set 'corpus.files=[\"-\",\"-\"]'"), 2, "stdin", NULL);
    gv_test_expect_error(gv_test_run(VOCAB "--set 'corpus.files=[\"empty.txt\",\"blank.txt\"]'"), 1,
                         "empty.txt", "blank.txt", NULL);
    gv_test_expect_error(gv_test_run(VOCAB "--set 'corpus.files=[\"cut.gz\"]'"), 1, "cut.gz",
                         "truncated", NULL);
    gv_test_expect_error(
        gv_test_run("glove-vocab --progress none --run-dir r --set vocab.min_count=5 --set "
                    "'corpus.files=[\"c.txt\"]'"),
        1, "min_count", NULL);
    cr_assert(!gv_test_exists(gv_test_path("r/vocab.txt")));
    cr_assert(!gv_test_exists(gv_test_path("r/vocab.txt.tmp")));
}

/* A text as an operand: what would read it is named. */
Test(vocab_cli, a_text_as_operand)
{
    gv_test_write_text("my text.txt", "a b\n");
    gv_test_expect_error(gv_test_run("glove-vocab 'my text.txt'"), 2,
                         "did you mean --set corpus.files=my text.txt?", NULL);
    gv_test_result r = gv_test_run("glove-vocab none.txt");
    gv_test_expect_error(r, 2, "unexpected argument \"none.txt\"", NULL);
    cr_assert_null(strstr(r.err, "corpus.files"));
}
