/* corpus.format through the programs: the same counts as from the text itself, what is told and
 * counted, what is refused; and vocab.stop_file. */
#include "support/gv_test.h"
#include <string.h>

#define QUIET " --progress plain --set vocab.min_count=1 "

static const char text[] = "the frog sat on the mat\nthe dog and the frog\na \"mat\", and a dog\n";
static const char json[] = "{\"id\":1,\"data\":{\"body\":\"the frog sat on the mat\"}}\n"
                           "{\"id\":2,\"data\":{\"body\":\"the dog and\\nthe frog\"}}\n"
                           "{\"id\":3}\n"
                           "{\"id\":4,\"data\":{\"body\":\"a \\\"mat\\\", and a dog\"}}\n";
static const char csv[] = "id,body\r\n1,the frog sat on the mat\r\n2,\"the dog and\nthe frog\"\r\n"
                          "4,\"a \"\"mat\"\", and a dog\"\r\n";
static const char tsv[] = "1\tthe frog sat on the mat\n2\tthe dog and the frog\n"
                          "4\ta \"mat\", and a dog\n";
static const char wiki[] =
    "<mediawiki>\n<page><title>A</title><ns>0</ns><revision><text>'''the''' [[x|frog]] sat on the "
    "mat</text></revision></page>\n<page><title>R</title><ns>0</ns><redirect title=\"A\"/>"
    "<revision><text>#REDIRECT [[A]]</text></revision></page>\n<page><title>B</title><ns>0</ns>"
    "<revision><text>the dog and\nthe frog{{x}}</text></revision></page>\n<page><title>C</title>"
    "<ns>0</ns><revision><text>a \"mat\", and a dog [[Category:D]]</text></revision></page>\n"
    "</mediawiki>\n";

static void write_all(void)
{
    gv_test_write_text("c.txt", text);
    gv_test_write_text("c.jsonl", json);
    gv_test_write_text("c.csv", csv);
    gv_test_write_text("c.tsv", tsv);
    gv_test_write_text("c.xml", wiki);
    gv_test_run_ok("bzip2 -k c.xml && gzip -k c.jsonl && mkdir tree && cp c.jsonl tree && "
                   "tar cf c.tar c.jsonl");
}

Test(records_cli, same_counts_in_every_form, .timeout = 120)
{
    static const char *const forms[] = {
        "corpus.files=c.jsonl --set corpus.format=jsonl --set corpus.field=data.body",
        "corpus.files=c.jsonl.gz --set corpus.format=jsonl --set corpus.field=data.body",
        "corpus.files=tree --set corpus.format=jsonl --set 'corpus.field=[\"none\",\"data.body\"]'",
        "corpus.files=c.tar --set corpus.format=jsonl --set corpus.field=data.body",
        "corpus.files=c.csv --set corpus.format=csv --set corpus.column=body",
        "corpus.files=c.tsv --set corpus.format=tsv --set corpus.column=2",
        "corpus.files=c.xml --set corpus.format=wikipedia",
        "corpus.files=c.xml.bz2 --set corpus.format=wikipedia --set cooccur.threads=3"};
    write_all();
    gv_test_run_ok("glove-vocab --run-dir t" QUIET "--set corpus.files=c.txt && "
                   "glove-cooccur --run-dir t && glove-convert counts-export t/counts.bin t.tsv");
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        gv_test_run_ok("rm -rf f f.tsv && glove-vocab --run-dir f" QUIET "--set %s && cmp "
                       "t/vocab.txt f/vocab.txt && glove-cooccur --run-dir f && "
                       "glove-convert counts-export f/counts.bin f.tsv && cmp t.tsv f.tsv",
                       forms[i]);
        gv_test_result again = gv_test_run_ok("glove-cooccur --run-dir f --progress plain");
        cr_assert(strstr(again.err, "up to date"), "%s", again.err);
    }
    gv_test_run_ok(
        "cat c.jsonl | glove-vocab --run-dir p" QUIET "--set corpus.files=- --set "
        "corpus.format=jsonl --set corpus.field=data.body && cmp t/vocab.txt p/vocab.txt");
}

Test(records_cli, what_is_told_and_counted)
{
    write_all();
    gv_test_result r = gv_test_run_ok("glove-vocab --run-dir r" QUIET "--set corpus.files=c.jsonl "
                                      "--set corpus.format=jsonl --set corpus.field=data.body");
    cr_assert(strstr(r.err, "3 records read as documents") &&
                  strstr(r.err, "1 record left out: without the wanted field"),
              "%s", r.err);
    gv_test_run_ok("grep -q '\"records_read\":3,\"records_without\":1,\"records_not_text\":0' "
                   "r/metrics.jsonl");
    r = gv_test_run_ok("glove-vocab --run-dir w" QUIET "--set corpus.files=c.xml.bz2 --set "
                       "corpus.format=wikipedia");
    cr_assert(strstr(r.err, "1 page left out: redirects"), "%s", r.err);
    /* another field is another text */
    r = gv_test_run("glove-vocab --run-dir r" QUIET "--set corpus.files=c.jsonl --set "
                    "corpus.format=jsonl --set corpus.field=id");
    cr_assert_eq(r.exit_code, 1);
    cr_assert(strstr(r.err,
                     "none of the 4 records has text in the field \"id\" (corpus.field); the "
                     "fields of the first are: id, data.body"),
              "%s", r.err);
    r = gv_test_run_ok("glove-vocab --run-dir n" QUIET "--set corpus.files=c.txt --set "
                       "corpus.field=body");
    cr_assert(strstr(r.err, "no effect: corpus.field"), "%s", r.err);
    gv_test_run_ok("glove-plan --progress none --set corpus.files=c.jsonl --set "
                   "corpus.format=jsonl --set corpus.field=data.body --set vocab.min_count=1");
}

Test(records_cli, what_is_refused)
{
    write_all();
    gv_test_run_ok("head -c 60 c.jsonl > cut.jsonl && head -c 300 c.xml > cut.xml && head -c 150 "
                   "c.xml.bz2 > cut.xml.bz2");
    gv_test_expect_error(gv_test_run("glove-vocab --run-dir r --set corpus.files=cut.jsonl --set "
                                     "corpus.format=jsonl"),
                         1, "cut.jsonl: line 2: not JSON", NULL);
    gv_test_expect_error(gv_test_run("glove-vocab --run-dir r --set corpus.files=cut.xml --set "
                                     "corpus.format=wikipedia"),
                         1, "cut.xml: line ", "truncated", "in the page \"B\"", NULL);
    gv_test_expect_error(gv_test_run("glove-vocab --run-dir r --set corpus.files=cut.xml.bz2 --set "
                                     "corpus.format=wikipedia"),
                         1, "cut.xml.bz2", "truncated", NULL);
    gv_test_expect_error(gv_test_run("glove-vocab --run-dir r --set corpus.files=c.csv --set "
                                     "corpus.format=csv"),
                         2, "c.csv: line 1: there is no column \"text\"", "id, body", NULL);
    gv_test_expect_error(gv_test_run("glove-vocab --run-dir r --set corpus.files=c.csv --set "
                                     "corpus.format=json"),
                         2, "corpus.format", "jsonl", NULL);
    gv_test_expect_error(gv_test_run("glove-vocab --run-dir r --set corpus.files=c.csv --set "
                                     "corpus.format=csv --set corpus.column=[]"),
                         2, "corpus.column is an empty list", NULL);
}

/* --- stop words ------------------------------------------------------------------------------- */

Test(records_cli, stop_words)
{
    write_all();
    gv_test_write_text("stop.txt",
                       "\xef\xbb\xbf| a list\nThe | article\r\n\non\nAND\nand\nnever\n");
    gv_test_result r = gv_test_run_ok("glove-vocab --run-dir r" QUIET "--set corpus.files=c.txt "
                                      "--set corpus.lowercase=true --set vocab.stop_file=stop.txt");
    cr_assert(strstr(r.err, "left out 3 of the 4 stop words, which are 7 tokens"), "%s", r.err);
    cr_assert_str_eq(gv_test_run_ok("cut -d' ' -f1 r/vocab.txt | tr '\\n' ' '").out,
                     "a dog frog \"mat\", mat sat ");
    gv_test_run_ok("grep -q '\"stop_words\":3,\"stop_tokens\":7' r/metrics.jsonl && "
                   "glove-cooccur --run-dir r");
    r = gv_test_run_ok("glove-vocab --run-dir r --progress plain");
    cr_assert(strstr(r.err, "up to date"), "%s", r.err);
    /* the list is an input like the corpus */
    gv_test_run_ok("echo sat >> stop.txt");
    gv_test_expect_error(gv_test_run("glove-cooccur --run-dir r --progress none"), 2,
                         "stop.txt has changed since", "glove-vocab", NULL);
    gv_test_run_ok(
        "glove-vocab --run-dir r && glove-cooccur --run-dir r && ! grep sat r/vocab.txt");
    gv_test_expect_error(gv_test_run("glove-cooccur --run-dir r --progress none --set "
                                     "vocab.stop_file=null"),
                         2, "run glove-vocab again", NULL);
    gv_test_run_ok("printf 'sat\\nfrog\\non\\n' > list.txt && glove-vocab --run-dir g" QUIET
                   "--set corpus.files=c.txt --set vocab.file=list.txt --set "
                   "vocab.stop_file=stop.txt && [ \"$(cat g/vocab.txt)\" = 'frog 2' ]");
}

/* "the frog on the mat": with places kept, frog and mat are three apart. */
Test(records_cli, stop_words_may_keep_their_places)
{
    gv_test_write_text("c.txt", "the frog on the mat\n");
    gv_test_write_text("stop.txt", "the\non\n");
    gv_test_run_ok(
        "glove-vocab --run-dir r" QUIET "--set corpus.files=c.txt --set "
        "vocab.stop_file=stop.txt && glove-cooccur --run-dir r --set cooccur.window=3 && "
        "glove-convert counts-export r/counts.bin near.tsv && "
        "glove-cooccur --run-dir r --set vocab.stop_gap=true --set cooccur.window=3 && "
        "glove-convert counts-export r/counts.bin far.tsv");
    cr_assert_str_eq(gv_test_run_ok("cat near.tsv").out, "frog\tmat\t1\nmat\tfrog\t1\n");
    cr_assert(strstr(gv_test_run_ok("cat far.tsv").out, "frog\tmat\t0.333"), "%s",
              gv_test_run_ok("cat far.tsv").out);
    /* the list is now an input of the counts, too */
    gv_test_result r = gv_test_run_ok("glove-cooccur --run-dir r --progress plain");
    cr_assert(strstr(r.err, "up to date"), "%s", r.err);
    gv_test_run_ok("RANKS=3 " GV_SH_BUILD "/tests/ranks/cooccur_ranks --run-dir r --force && "
                   "glove-convert counts-export r/counts.bin ranks.tsv && cmp far.tsv ranks.tsv");
}

Test(records_cli, stop_lists_that_are_none)
{
    write_all();
    gv_test_write_text("two.txt", "the\nof the\n");
    gv_test_expect_error(gv_test_run("glove-vocab --run-dir r --set corpus.files=c.txt --set "
                                     "vocab.stop_file=two.txt"),
                         1, "two.txt:2: ", "one word a line", NULL);
    gv_test_write_text("hash.txt", "# words of no use\nthe\n");
    gv_test_expect_error(gv_test_run("glove-vocab --run-dir r --set corpus.files=c.txt --set "
                                     "vocab.stop_file=hash.txt"),
                         1, "hash.txt:1: ", "comments begin with |", NULL);
    gv_test_expect_error(gv_test_run("glove-vocab --run-dir r --set corpus.files=c.txt --set "
                                     "vocab.stop_file=none.txt"),
                         2, "vocab.stop_file", "none.txt", NULL);
    gv_test_write_text("odd.txt", "rock-n-roll\nfrog\n...\n");
    gv_test_result r = gv_test_run_ok("glove-vocab --run-dir r" QUIET "--set corpus.files=c.txt "
                                      "--set corpus.tokenizer=unicode --set "
                                      "vocab.stop_file=odd.txt");
    cr_assert(strstr(r.err, "2 lines of vocab.stop_file can stop no word"), "%s", r.err);
}
