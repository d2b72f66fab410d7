/* glove-report from the outside: what is on the page, that it is whole, what is missing or damaged.
 */
#include "support/gv_test.h"
#include "support/gv_test_html.h"

#include <string.h>
#include <unistd.h>

static char *report(const char *options)
{
    gv_test_run_ok("glove-report --run-dir run --progress none %s", options);
    char *html = gv_test_read(gv_test_path("run/report.html"), NULL);
    gv_test_html_nesting(html);
    gv_test_html_self_contained(html);
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
    expect(html, "<b>1,234,567</b><span><abbr title=");
    expect(html, ">loss</abbr> after epoch 2");
    expect(html, "epoch 1: 0.5<");
    cr_assert_null(strstr(html, "epoch 1: 0.9<"), "epochs of an earlier training are shown");
    expect(html, "Resumed 1 time after a stop");
    expect(html, "1 h 01 min");
    expect(html, "skipped: 3.");
    expect(html, "&lt;b&gt;&amp;&#39;&quot;.<wbr>txt");
    expect(html, "2.5 MB");
    expect(html, "q&lt;i&gt;.<wbr>txt");
    expect(html, "a&amp;b");
    expect(html, "50.0 %");
    expect(html, "<td class=\"word\">alpha</td><td>beta");
    expect(html, "<td data-label=\"value\">77</td><td data-label=\"default\">100</td>");
    cr_assert_null(strstr(html, "analogies correct"), "two questions make no headline");
    expect(html, "glove-train --run-dir run");
    expect(html, "<code>abcd</code>");
}

Test(report_cli, scores_of_few_pairs_are_no_headline)
{
    gv_test_run_ok("mkdir run");
    gv_test_write_text(
        "run/eval.json",
        "{\"analogies\":[{\"file\":\"few.txt\",\"accuracy\":100,\"answered\":29,\"total\":29},"
        "{\"file\":\"many.txt\",\"accuracy\":12.5,\"answered\":12345,\"total\":20000}],"
        "\"similarity\":[{\"file\":\"three.tsv\",\"spearman\":1,\"pairs\":3,\"missing\":0},"
        "{\"file\":\"men.tsv\",\"spearman\":0.5,\"pairs\":30,\"missing\":0}]}");
    char *html = report("");
    expect(html, "<b>12.5 %</b><span>of 12,345 analogies correct");
    expect(html, "<b>0.500</b>");
    expect(html, "(1.000)");
    expect(html, "fewer than 30 pairs");
    cr_assert_null(strstr(html, "<b>100.0 %"));
}

Test(report_cli, categories_outliers_and_unseen_words)
{
    gv_test_run_ok("mkdir run");
    gv_test_write_text(
        "run/eval.json",
        "{\"vocab_limit\":30000,\"analogies\":[],\"similarity\":[{\"file\":\"rw.tsv\","
        "\"spearman\":0.375,\"pairs\":2034,\"missing\":0,\"from_subwords\":1104,"
        "\"spearman_known\":0.4375}],\"categories\":[{\"file\":\"ap<b>.tsv\",\"purity\":0.625,"
        "\"words\":402,\"missing\":3,\"categories\":21,\"from_subwords\":36,\"note\":\"a <i> "
        "note\"},"
        "{\"file\":\"none.tsv\",\"purity\":null,\"words\":0,\"missing\":9,\"categories\":0,"
        "\"from_subwords\":1}],\"outliers\":[{\"file\":\"8-8-8.txt\",\"accuracy\":57.5,"
        "\"opp\":90.25,\"sets\":8,\"answered\":61,\"total\":64,\"missing\":7,"
        "\"from_subwords\":2}]}");
    char *html = report("");
    expect(html, "scores of the first 30,000 words of the vectors");
    expect(html, "over 2,034 pairs, first 30,000 words");
    expect(html, ">1,104</td>");
    expect(html, ">0.375</td>");
    expect(html, ">0.438</td>");
    expect(html, "<h3>Categories</h3>");
    expect(html, "ap&lt;b&gt;.<wbr>tsv");
    expect(html, ">0.625</td>");
    expect(html, "ap&lt;b&gt;.<wbr>tsv: a &lt;i&gt; note");
    expect(html, ": 37.</p>");
    expect(html, "<h3>Outliers</h3>");
    expect(html, ">57.5 %</td>");
    expect(html, ">90.2 %</td>");
    gv_test_write_text("run/eval.json", "{\"analogies\":[],\"similarity\":[{\"file\":\"rw.tsv\","
                                        "\"spearman\":0.4,\"pairs\":930,\"missing\":1104}]}");
    html = report("");
    cr_assert_null(strstr(html, "<h3>Categories"));
    cr_assert_null(strstr(html, "<h3>Outliers"));
    cr_assert_null(strstr(html, "scores of the first"));
    /* odd content is shown as far as it goes */
    gv_test_write_text("run/eval.json",
                       "{\"vocab_limit\":\"x\",\"similarity\":{},\"categories\":[7,"
                       "{\"purity\":\"x\"}],\"outliers\":[{}],\"analogies\":1}");
    expect(report(""), "<h3>Outliers</h3>");
}

Test(report_cli, probes)
{
    gv_test_run_ok("mkdir run");
    gv_test_write_text(
        "run/eval.json",
        "{\"analogies\":[],\"similarity\":[],\"probes\":[{\"file\":\"p.txt\",\"name\":\"a <b>\","
        "\"kind\":\"weat\",\"effect_size\":1.25,\"p_value\":0.00123,\"partitions\":12870,"
        "\"targets\":[{\"name\":\"x\",\"total\":9,\"used\":8,\"missing\":[\"<i>\"],\"words\":"
        "[{\"word\":\"rose\",\"association\":0.5}]},{\"name\":\"y\",\"total\":8,\"used\":8}],"
        "\"note\":\"a note\"},{\"name\":\"g\",\"kind\":\"axis\",\"agreement\":0.375,\"pairs\":"
        "{\"total\":3,\"used\":2,\"missing\":[],\"pairs\":[{\"words\":[\"up\",\"down\"],"
        "\"agreement\":0.625}]},\"words\":{\"name\":\"jobs\",\"total\":2,\"used\":1,"
        "\"words\":[{\"word\":\"nurse\",\"projection\":0.28125}]}},{\"name\":\"n\","
        "\"kind\":\"axis\",\"reason\":\"no pair\",\"agreement\":null},7,{}]}");
    char *html = report("");
    expect(html, "a &lt;b&gt;</td>");
    expect(html, "x 8 of 9, y 8 of 8");
    expect(html, ">1.250</td>");
    expect(html, ">0.00123</td>");
    expect(html, "a &lt;b&gt;, x: without a vector: &lt;i&gt;.</p>");
    expect(html, "a &lt;b&gt;: a note.</p>");
    expect(html, ">0.5000</td>");
    expect(html, "2 of 3");
    expect(html, "jobs 1 of 2");
    expect(html, ">0.2812</td>");
    expect(html, "up – down");
    expect(html, "n: no result: no pair.</p>");
}

/* All but a few of a corpus's files, and all settings that are not the user's, are folded. */
Test(report_cli, long_lists_are_folded)
{
    gv_test_run_ok("mkdir -p run/.stamps");
    const char *inputs = gv_test_format("{\"file\":\"part.0\",\"bytes\":1,\"xxh128\":\"0\"}");
    for (int i = 1; i < 25; i++)
        inputs =
            gv_test_format("%s,{\"file\":\"part.%d\",\"bytes\":1,\"xxh128\":\"0\"}", inputs, i);
    gv_test_write_text("run/.stamps/vocab.json", gv_test_format("{\"inputs\":[%s]}", inputs));
    char *html = report("--set cooccur.window=7");
    const char *fold = strstr(html, "<summary>5 more files</summary>");
    cr_assert_not_null(fold);
    cr_assert(strstr(html, "part.<wbr>19") < fold && strstr(html, "part.<wbr>20") > fold);
    fold = strstr(html, "<summary>Settings at their defaults");
    cr_assert_not_null(fold);
    cr_assert(strstr(html, ">cooccur.window<") < fold);
    cr_assert(strstr(html, ">cooccur.symmetric<") > fold);
}

Test(report_cli, words_that_the_user_names)
{
    gv_test_run_ok("mkdir run");
    gv_test_write_text("run/vectors.txt", "alpha 1 0\nbeta 1 0.1\ngamma 0 1\n<unk> 1 1\n");
    char *html = report("--word gamma --word Alpha --word '<i>' --word bet");
    expect(html, "<td class=\"word\">gamma</td><td>beta");
    expect(html, "<td class=\"word\">alpha</td><td>beta"); /* the vectors have no capitals */
    expect(html,
           "<td class=\"word\">&lt;i&gt;</td><td><span class=\"soft\">not in the vocabulary<");
    expect(html, "not in the vocabulary; words spelt like it: beta");
    cr_assert_null(strstr(html, "<td class=\"word\">beta"));
}

Test(report_cli, the_list_of_words)
{
    gv_test_run_ok("mkdir run");
    gv_test_write_text("run/vectors.txt", "alpha 1 0\nbeta 1 0.1\ngamma 0 1\n<unk> 1 1\n");
    gv_test_write_text("run/vocab.txt", "alpha 30\nbeta 20\ngamma 10\n");
    char *html = report("");
    expect(html, "All 3 words, from frequent to rare");
    expect(html, "{\"words\":[\"alpha\",\"beta\",\"gamma\"],\n\"listed\":3,\"bytes\":2,\n"
                 "\"counts\":[30,20,10]");
    expect(html, "No strongest pairs: there is no store.db.");
    html = report("--words 1");
    expect(html, "The first 1 of 3 words");
    expect(html, "{\"words\":[\"alpha\",\"beta\",\"gamma\"],\n\"listed\":1,"); /* its neighbours */
    html = report("--words 0");
    cr_assert_null(strstr(html, "id=\"words-data\""));
    cr_assert_null(strstr(html, "id=\"words-search\""));
    expect(html, "<td class=\"word\">alpha</td><td>beta");
    static const char *const wrong[] = {"-1", "x", "''", "1e3", "10000001"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        gv_test_expect_error(gv_test_run("glove-report --run-dir run --words %s", wrong[i]), 2,
                             "--words", "10000000", NULL);
}

Test(report_cli, a_run_of_a_sweep_says_so)
{
    gv_test_run_ok("mkdir run");
    cr_assert_null(strstr(report(""), "a run of a sweep"));
    gv_test_write_text("sweep.json", "{\"runs\":[]}");
    expect(report(""), "a run of a sweep");
}

/* Stages record when, where and how they were started, and the page tells. */
Test(report_cli, how_the_run_was_made)
{
    gv_test_corpus("my corpus.txt", gv_test_seed(), 3000, 100, 40);
    gv_test_run_ok("glove-vocab --run-dir run --progress none --set 'corpus.files=my corpus.txt'");
    char *html = report("");
    expect(html, "How this run was made");
    expect(html, "<code>glove-vocab --run-dir run --progress none --set &#39;corpus.files=my "
                 "corpus.txt&#39;</code>");
    char host[256] = "";
    cr_assert_eq(gethostname(host, sizeof host - 1), 0);
    expect(html, gv_test_format("on host %s", host));
    char *metrics = gv_test_read(gv_test_path("run/metrics.jsonl"), NULL);
    for (const char *const *key =
             (const char *const[]){"\"time\":\"2", "\"cpu\":", "\"commit\":", NULL};
         *key; key++)
        cr_assert_not_null(strstr(metrics, *key), "no %s in %s", *key, metrics);
}

/* Another machine or build for a later stage is told in its row. */
Test(report_cli, stages_of_several_machines)
{
    gv_test_run_ok("mkdir run");
    gv_test_write_text(
        "run/metrics.jsonl",
        "{\"stage\":\"vocab\",\"event\":\"done\",\"time\":\"2026-01-31T09:30:00Z\","
        "\"host\":\"north\",\"cpu\":\"A\",\"version\":\"1\",\"command\":\"x\"}\n"
        "{\"stage\":\"cooccur\",\"event\":\"done\",\"time\":\"2026-02-01T09:30:00Z\","
        "\"host\":\"south\",\"cpu\":\"B\",\"version\":\"1\",\"command\":\"y\"}\n");
    char *html = report("");
    expect(html, "2026-01-31 09:30:00");
    expect(html, "glovebox 1 on host north, A</span>");
    expect(html, "glovebox 1 on host south, B</span>");
}

Test(report_cli, the_axis_of_the_loss_says_where_it_begins)
{
    gv_test_run_ok("mkdir run");
    gv_test_write_text("run/metrics.jsonl",
                       "{\"stage\":\"train\",\"event\":\"epoch\",\"epoch\":1,\"loss\":0.9}\n"
                       "{\"stage\":\"train\",\"event\":\"epoch\",\"epoch\":2,\"loss\":0.8}\n");
    expect(report(""), "loss (the axis begins at 0.80, not at 0)");
    gv_test_write_text("run/metrics.jsonl",
                       "{\"stage\":\"train\",\"event\":\"epoch\",\"epoch\":1,\"loss\":0.9}\n"
                       "{\"stage\":\"train\",\"event\":\"epoch\",\"epoch\":2,\"loss\":0.01}\n");
    cr_assert_null(strstr(report(""), "not at 0"));
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
    gv_test_run_ok("cp -r run other; echo {} > other/config.json");
    gv_test_expect_error(gv_test_run("glove-report --run-dir run --output other/config.json"), 2,
                         "other/config.json is a file of a run", NULL);
    gv_test_run_ok("glove-report --run-dir run --output other/report.html");
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
           "train.eta</abbr></td><td data-label=\"value\">0.025</td></tr>"); /* its own default */
    cr_assert_null(strstr(html, "glove-shuffle"));
    cr_assert_null(strstr(html, "glove-cooccur"));
}

/* What eval.show_wrong has listed, and how files were read. */
Test(report_cli, wrong_answers_are_folded)
{
    gv_test_run_ok("mkdir run");
    gv_test_write_text(
        "run/eval.json",
        "{\"analogies\":[{\"file\":\"q.txt\",\"note\":\"q.txt: <read> so\",\"accuracy\":0,"
        "\"answered\":1,\"total\":1,\"sections\":[{\"name\":\"s\",\"correct\":0,\"answered\":1,"
        "\"total\":1,\"wrong\":[{\"question\":[\"a<\",\"b\",\"c\"],\"right\":\"d\",\"given\":\"e\"}"
        "]"
        "}]}],\"similarity\":[{\"file\":\"men.tsv\",\"spearman\":0.5,\"pairs\":40,\"missing\":0,"
        "\"differences\":[{\"words\":[\"berry\",\"fruit\"],\"score\":41,\"score_rank\":254,"
        "\"cosine\":-0.16,\"cosine_rank\":2295},{}]}]}");
    char *html = report("");
    expect(html, "q.txt: &lt;read&gt; so");
    expect(html, "<summary>Some wrong answers</summary>");
    expect(html, "<td>a&lt; : b :: c</td><td data-label=\"right\">d</td>");
    expect(html, "<summary>Largest differences in men.");
    expect(html, "<td>berry, fruit</td>");
    expect(html, ">2295</td>");
    expect(html, "<td>?, ?</td>"); /* a damaged entry */
}

/* Scores of other vectors, left here by glove-eval --vectors, are not taken for the run's. */
Test(report_cli, scores_of_other_vectors)
{
    gv_test_write_text("other.txt", "alpha 1 0\nbeta 1 0.1\ngamma 0 1\n");
    gv_test_run_ok("for i in 1 2 3 4 5 6 7 8 9 10 11; do echo alpha beta $i; echo alpha gamma 1; "
                   "echo beta gamma 2; done > pairs.tsv");
    gv_test_run_ok("glove-eval --run-dir run --vectors other.txt --progress none --set "
                   "eval.similarity=pairs.tsv");
    char *html = report("");
    expect(html, "These are the scores of other.<wbr>txt, not of this run's vectors.");
    cr_assert_null(strstr(html, "</abbr> over 33 pairs"));
    gv_test_run_ok("sed 's/^beta 1/beta 2/' other.txt > run/vectors.txt && glove-eval --run-dir "
                   "run --progress none");
    html = report("");
    cr_assert_null(strstr(html, "not of this run's vectors"));
    expect(html, "</abbr> over 33 pairs");
}

/* Vectors of twelve words, one of them with HTML in it. */
static void write_twelve_words(void)
{
    const char *text = "<b>bold</b> 1 0 0\n";
    for (int i = 1; i < 12; i++)
        text = gv_test_format("%sword%d %d %d 1\n", text, i, i % 3, i % 4);
    gv_test_run_ok("mkdir -p run");
    gv_test_write_text("run/vectors.txt", text);
}

Test(report_cli, a_map_of_words)
{
    write_twelve_words();
    char *html = report("");
    expect(html, "The 12 most frequent words");
    expect(html, "id=\"map-data\">{\"words\":[\"\\u003cb>bold\\u003c/b>\",\"word1\",");
    expect(html, "<bdi>&lt;b&gt;bold&lt;/b&gt;</bdi>");
    expect(report("--map 10"), "The 10 most frequent words");
    cr_assert_null(strstr(report("--map 0"), "id=\"map-data\""));
    cr_assert_null(strstr(report("--map 9"), "id=\"map-data\""), "nine words make no map");
    gv_test_run_ok("rm run/vectors.txt");
    cr_assert_null(strstr(report(""), "id=\"map-data\""));
}

Test(report_cli, numbers_of_words_that_are_none)
{
    static const char *const wrong[] = {"x", "-1", "20001", "3k", "''", "1e3"};
    write_twelve_words();
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        gv_test_expect_error(
            gv_test_run("glove-report --run-dir run --progress none --map %s", wrong[i]), 2,
            "--map", "expected a number from 0 to 20000", NULL);
}
