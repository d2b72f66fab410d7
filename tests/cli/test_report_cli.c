/* glove-report from the outside: what is on the page, that it is whole, what is missing or damaged.
 */
#include "support/gv_test.h"

#include <ctype.h>
#include <string.h>

/* Every tag that is opened is closed in order; attributes hold no '<' or '>'. */
static void check_nesting(const char *html)
{
    static const char *const empty[] = {"meta", "line", "polyline", "!DOCTYPE", NULL};
    char open[64][16];
    size_t depth = 0;
    for (const char *at = strchr(html, '<'); at; at = strchr(at, '<')) {
        const char *end = strchr(at, '>');
        cr_assert(end && !memchr(at + 1, '<', (size_t)(end - at - 1)), "a bare '<': %.60s", at);
        const size_t closing = at[1] == '/';
        char name[16] = "";
        for (size_t i = 0;
             i < 15 && (isalnum((unsigned char)at[1 + closing + i]) || at[1 + closing + i] == '!');
             i++)
            name[i] = at[1 + closing + i];
        int is_empty = 0;
        for (size_t i = 0; empty[i]; i++)
            is_empty |= strcmp(empty[i], name) == 0;
        if (closing) {
            cr_assert_gt(depth, 0);
            cr_assert_str_eq(open[depth - 1], name, "</%s> closes <%s> at %.80s", name,
                             open[depth - 1], at);
            depth--;
        } else if (!is_empty) {
            cr_assert_lt(depth, 64);
            memcpy(open[depth++], name, sizeof name);
        }
        at = end;
    }
    cr_assert_eq(depth, 0, "<%s> is not closed", depth ? open[depth - 1] : "");
}

static void check_self_contained(const char *html)
{
    static const char *const outside[] = {"http:", "https:", "<script", "src=", "url(", "@import"};
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++)
        cr_assert_null(strstr(html, outside[i]), "the page holds %s", outside[i]);
}

static char *report(const char *options)
{
    gv_test_run_ok("glove-report --run-dir run --progress none %s", options);
    char *html = gv_test_read(gv_test_path("run/report.html"), NULL);
    check_nesting(html);
    check_self_contained(html);
    return html;
}

static void expect(const char *html, const char *part)
{
    cr_assert_not_null(strstr(html, part), "the page lacks: %s", part);
}

Test(report_cli, an_empty_run_says_what_to_do)
{
    gv_test_run_ok("mkdir run");
    char *html = report("");
    expect(html, "run <code>glove-vocab</code>");
    expect(html, "run <code>glove-train</code>");
    expect(html, "run <code>glove-eval</code>");
    expect(html, "not run yet");
    expect(html, "train.dim");
}

Test(report_cli, a_whole_run)
{
    gv_test_run_ok("mkdir -p run/.stamps");
    gv_test_write_text(
        "run/metrics.jsonl",
        "{\"stage\":\"vocab\",\"event\":\"done\",\"wall_s\":1.5,\"cpu_s\":3,\"peak_rss_kb\":1000,"
        "\"tokens\":1234567,\"words\":4321}\n"
        "{\"stage\":\"train\",\"event\":\"epoch\",\"epoch\":1,\"loss\":0.9,\"records\":1000000}\n"
        "{\"stage\":\"train\",\"event\":\"epoch\",\"epoch\":2,\"loss\":0.8,\"records\":1000000}\n"
        "{\"stage\":\"train\",\"ev\n"
        "\n[1]\n\xff\xfe\n"
        "{\"stage\":\"train\",\"event\":\"epoch\",\"epoch\":1,\"loss\":0.5,\"records\":1000000,"
        "\"wall_s\":1,\"cpu_s\":2}\n"
        "{\"stage\":\"train\",\"event\":\"resume\",\"epoch\":2,\"position\":7}\n"
        "{\"stage\":\"train\",\"event\":\"epoch\",\"epoch\":2,\"loss\":0.25,\"records\":1000000,"
        "\"wall_s\":1,\"cpu_s\":2}\n"
        "{\"stage\":\"train\",\"event\":\"done\",\"wall_s\":3661,\"cpu_s\":\"odd\"}\n");
    gv_test_write_text("run/.stamps/vocab.json",
                       "{\"recipe\":\"\",\"inputs\":[{\"file\":\"<b>&'\\\".txt\",\"bytes\":2500000,"
                       "\"xxh128\":\"00ff\"}],\"outputs\":[{\"file\":\"vocab.txt\",\"bytes\":10,"
                       "\"xxh128\":\"abcd\"}]}");
    gv_test_write_text(
        "run/eval.json",
        "{\"analogies\":[{\"file\":\"q<i>.txt\",\"accuracy\":50.0,\"accuracy_mul\":null,"
        "\"answered\":2,\"total\":3,\"sections\":[{\"name\":\"a&b\",\"correct\":1,\"answered\":2,"
        "\"total\":3}]}],\"similarity\":[{\"file\":\"s.tsv\",\"spearman\":null,\"pairs\":0,"
        "\"missing\":3}]}");
    gv_test_write_text("run/vectors.txt", "alpha 1 0\nbeta 1 0.1\ngamma 0 1\n<unk> 1 1\n");
    char *html = report("--set 'name=\"<x>\"' --set train.dim=77");
    expect(html, "<title>&lt;x&gt; – glovebox</title>");
    expect(html, "1,234,567</b><span>tokens");
    expect(html, "0.25000</b><span>loss after epoch 2");
    expect(html, "epoch 1: 0.5<");
    cr_assert_null(strstr(html, "epoch 1: 0.9<"), "epochs of an earlier training are shown");
    expect(html, "Resumed 1 time after a stop");
    expect(html, "1 h 01 min");
    expect(html, "skipped: 3.");
    expect(html, "&lt;b&gt;&amp;&#39;&quot;.txt");
    expect(html, "2.5 MB");
    expect(html, "q&lt;i&gt;.txt");
    expect(html, "a&amp;b");
    expect(html, "50.0 %");
    expect(html, "<td>alpha</td><td>beta");
    expect(html, "<td>77</td><td class=\"soft\">100</td>");
    expect(html, "glove-train --run-dir run");
    expect(html, "<code>abcd</code>");
}

Test(report_cli, odd_losses_draw)
{
    gv_test_run_ok("mkdir run");
    static const char *const losses[] = {"0", "0.125", "-3", "1e300", "1e-300", "null", "\"x\""};
    for (size_t i = 0; i < sizeof losses / sizeof *losses; i++) {
        gv_test_write_text("run/metrics.jsonl",
                           gv_test_format("{\"stage\":\"train\",\"event\":\"epoch\",\"epoch\":1,"
                                          "\"loss\":%s}\n",
                                          losses[i]));
        char *html = report("");
        cr_assert_null(strstr(html, "\"nan"), "loss %s", losses[i]);
        cr_assert_null(strstr(html, "\"inf"), "loss %s", losses[i]);
    }
}

Test(report_cli, damaged_files_are_no_reason_to_fail)
{
    gv_test_run_ok("mkdir -p run/.stamps");
    gv_test_write_text("run/metrics.jsonl", "{\"stage\":\"vocab\",\"event\":\"done\"}");
    gv_test_write_text("run/eval.json", "[]");
    gv_test_write_text("run/.stamps/vocab.json", "[");
    gv_test_write_text("run/vectors.txt", "alpha 1 0\nbeta 1 0\ngamma 1 x\n");
    char *html = report("");
    expect(html, "run <code>glove-eval</code>");
    expect(html, "vectors.txt");
}

Test(report_cli, errors_and_output)
{
    gv_test_expect_error(gv_test_run("glove-report --run-dir none"), 2, "none", "--run-dir", NULL);
    gv_test_run_ok("mkdir run");
    cr_assert_str_eq(gv_test_run_ok("glove-report --run-dir run --output page.html").out,
                     "page.html\n");
    cr_assert(gv_test_exists(gv_test_path("page.html")));
    cr_assert_not(gv_test_exists(gv_test_path("run/report.html")));
    gv_test_expect_error(gv_test_run("glove-report --run-dir run --output no/where.html"), 1,
                         "no/where.html", NULL);
}

/* A word2vec run has no matrix: its page does not ask for one. */
Test(report_cli, word2vec_run)
{
    gv_test_corpus("corpus.txt", gv_test_seed(), 30000, 300, 40);
    const char *options = "--run-dir run --set train.objective=word2vec --set train.epochs=2 "
                          "--set corpus.files=corpus.txt --set train.dim=10";
    gv_test_run_ok("glove-vocab --progress none %s", options);
    gv_test_run_ok("glove-train --progress none %s", options);
    char *html = report("");
    expect(html, "million words a second");
    expect(html,
           "<td>0.025</td><td class=\"soft\"></td>"); /* train.eta: this objective's default */
    cr_assert_null(strstr(html, "glove-shuffle"));
    cr_assert_null(strstr(html, "glove-cooccur"));
}
