/* glove-eval stability and glove-report stability from the outside: groups, what is left out,
 * mistakes, files, the page. */
#include "base/gv_text.h"
#include "support/gv_test.h"

#include <jansson.h>
#include <string.h>

/* A run directory with that config and vectors of `words` words, random by `stream`. */
static void make_run(const char *dir, const char *sets, size_t words, uint64_t stream)
{
    enum { DIM = 6 };
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, stream);
    gv_text text = GV_TEXT_INIT, vocab = GV_TEXT_INIT;
    for (size_t i = 0; i < words; i++) {
        gv_text_printf(&text, "w%zu", i);
        gv_text_printf(&vocab, "w%zu %zu\n", i, 1000 - i);
        for (size_t k = 0; k < DIM; k++)
            gv_text_printf(&text, " %.4f", gv_rng_uniform(&rng) - 0.5);
        gv_text_add(&text, "\n");
    }
    gv_test_run_ok("mkdir -p -- '%s' && glove-eval --print-config %s > './%s/config.json'", dir,
                   sets, dir);
    gv_test_write(gv_test_format("%s/vectors.txt", dir), text.bytes, text.used);
    gv_test_write(gv_test_format("%s/vocab.txt", dir), vocab.bytes, vocab.used);
    gv_text_drop(&text);
    gv_text_drop(&vocab);
}

#define STABILITY "glove-eval stability --progress none "

static json_t *measured(const char *operands)
{
    json_error_t why;
    gv_test_result result = gv_test_run_ok(STABILITY "--json %s", operands);
    json_t *json = json_loads(result.out, JSON_REJECT_DUPLICATES, &why);
    cr_assert_not_null(json, "%s: %s", why.text, result.out);
    return json;
}

static const json_t *group_of(const json_t *json, size_t i)
{
    return json_array_get(json_object_get(json, "groups"), i);
}

static double number(const json_t *object, const char *member)
{
    cr_assert(json_is_number(json_object_get(object, member)), "%s is missing", member);
    return json_number_value(json_object_get(object, member));
}

Test(stability_cli, one_run_twice_is_stable)
{
    make_run("a", "", 120, 1);
    gv_test_result result = gv_test_run_ok("glove-eval stability --progress plain a a");
    cr_assert(strstr(result.err, "same settings and seeds"), "%s", result.err);
    cr_assert(strstr(result.out, "120 words"), "%s", result.out);
    cr_assert(strstr(result.out, "101-120                   900-881       20    1.000    1.000"),
              "%s", result.out);
    cr_assert_eq(gv_test_exists(gv_test_path("a/metrics.jsonl")), 0);
    json_t *json = measured("a a");
    cr_assert_eq(number(group_of(json, 0), "overlap"), 1.0);
    cr_assert_eq(number(group_of(json, 0), "trusted"), 120.0);
    json_decref(json);
}

/* Random vectors have what chance gives them; runs with other settings are another group. */
Test(stability_cli, groups_side_by_side)
{
    make_run("a", "--set train.seed=1", 300, 1);
    make_run("b", "--set train.seed=2 --set train.threads=2 --set name=other", 300, 2);
    make_run("c", "--set train.seed=1 --set train.dim=6", 300, 3);
    make_run("d", "--set train.seed=9 --set train.dim=6", 300, 3);
    make_run("e", "--set train.dim=7", 300, 4);
    json_t *json = measured("a b c d e");
    cr_assert_eq(json_array_size(json_object_get(json, "groups")), 2);
    cr_assert_float_eq(number(json, "chance"), 10.0 / 299.0, 1e-6);
    cr_assert_float_eq(number(group_of(json, 0), "overlap"), 10.0 / 299.0, 0.02);
    cr_assert_eq(number(group_of(json, 1), "overlap"), 1.0);
    cr_assert_eq(number(json_object_get(group_of(json, 0), "set"), "train.dim"), 100.0);
    const json_t *runs = json_object_get(group_of(json, 1), "runs");
    cr_assert_str_eq(json_string_value(json_array_get(runs, 1)), "d");
    json_decref(json);
    gv_test_result result = gv_test_run_ok("glove-eval stability --progress plain a b c d e");
    cr_assert(strstr(result.err, "e is left out"), "%s", result.err);
    cr_assert(strstr(result.out, "\ntrain.dim=6, 2 runs\n"), "%s", result.out);
    cr_assert(strstr(result.out, "\noverlap by words\n"), "%s", result.out);
    json = measured("--over train.dim --words 50 --neighbours 4 a b c d e");
    cr_assert_eq(json_array_size(json_object_get(json, "groups")), 1);
    cr_assert(number(json, "words") == 50 && number(json, "neighbours") == 4);
    json_decref(json);
}

Test(stability_cli, a_sweep)
{
    make_run("s/one", "--set train.seed=1", 40, 1);
    make_run("s/two", "--set train.seed=2", 40, 1);
    gv_test_write_text("s/sweep.json",
                       "{\"runs\": [{\"dir\": \"one\", \"set\": {}, \"state\": \"done\"},"
                       "{\"dir\": \"bad\", \"set\": {}, \"state\": \"failed\", \"error\": \"x\"},"
                       "{\"dir\": \"two\", \"set\": {}, \"state\": \"done\"}]}");
    gv_test_result result = gv_test_run_ok("glove-eval stability --progress plain s");
    cr_assert(strstr(result.err, "1 of the 3 runs of s are left out"), "%s", result.err);
    cr_assert(strstr(result.out, "2 runs"), "%s", result.out);
    gv_test_write_text("s/sweep.json",
                       "{\"runs\": [{\"dir\": \"one\", \"set\": {}, \"state\": \"running\"}]}");
    gv_test_expect_error(gv_test_run(STABILITY "s"), 2, "no run of the sweep s is done", NULL);
}

Test(stability_cli, other_vocabularies)
{
    make_run("a", "--set train.seed=1", 100, 1);
    make_run("b", "--set train.seed=2", 60, 2);
    gv_test_result result = gv_test_run_ok("glove-eval stability --progress plain a b");
    cr_assert(strstr(result.err, "60 words are in all runs, of 100 in a"), "%s", result.err);
    cr_assert(strstr(result.out, "of 60 words"), "%s", result.out);
    gv_test_run_ok("echo 'other 1 2 3 4 5 6' > b/vectors.txt");
    gv_test_expect_error(gv_test_run(STABILITY "a b"), 2, "no words in common", NULL);
    gv_test_run_ok("rm a/vocab.txt && echo damage > b/vocab.txt");
    result = gv_test_run_ok(STABILITY "--output t.tsv a a && sed -n 2p t.tsv");
    cr_assert(strstr(result.out, "\nw0\t\t1.0000\t"), "%s", result.out);
}

Test(stability_cli, mistakes)
{
    make_run("a", "--set train.seed=1", 30, 1);
    make_run("b", "--set train.seed=2", 30, 2);
    make_run("c", "--set train.dim=9", 30, 3);
    static const char *const lines[][4] = {
        {"", "no run was named", "train.seed=2", NULL},
        {"a", "only one run was named: a", "glove-sweep", NULL},
        {"a c", "has other settings", "train.dim=9", NULL},
        {"a nowhere", "nowhere does not exist", NULL},
        {"a .", ". is no run directory", NULL},
        {"a b/vectors.txt", "cannot be compared", NULL},
        {"a b --neighbours 29", "--neighbours 28 or fewer", NULL},
        {"a b --neighbours 0", "--neighbours 0: expected a number from 1", NULL},
        {"a b --words -1", "--words -1: expected a number", NULL},
        {"a b --over train.sed", "train.seed", NULL},
        {"a b --vectors x", "--vectors has no effect on stability", NULL},
        {"a b --run-dir a", "--run-dir has no effect on stability", NULL},
        {"a b --output a/vectors.bin", "a file of a run", NULL},
        {"a/vectors.txt b/vectors.txt --output ./b/vectors.txt", "a file of a run", NULL}};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        gv_test_expect_error(gv_test_run(STABILITY "%s", lines[i][0]), 2, lines[i][1],
                             lines[i][2] ? lines[i][2] : lines[i][1], NULL);
    gv_test_run_ok("cp a/vectors.txt x.txt");
    gv_test_expect_error(gv_test_run(STABILITY "x.txt b/vectors.txt --output ./x.txt"), 2,
                         "which is read", NULL);
    gv_test_expect_error(gv_test_run("glove-eval --run-dir a --words 7"), 2,
                         "--words has no effect without the command stability", NULL);
    gv_test_expect_error(gv_test_run("glove-eval stabilty a b"), 2, "the command stability", NULL);
    gv_test_expect_error(gv_test_run("glove-eval train.dim=50"), 2, "--set train.dim=50", NULL);
}

Test(stability_cli, damaged_and_missing_vectors)
{
    make_run("a", "--set train.seed=1", 30, 1);
    make_run("b", "--set train.seed=2", 30, 2);
    gv_test_run_ok("sed -i '20s/ [^ ]*$//' b/vectors.txt");
    gv_test_expect_error(gv_test_run(STABILITY "a b --output t.tsv"), 1, "b/vectors.txt", "20",
                         NULL);
    cr_assert_eq(gv_test_exists(gv_test_path("t.tsv")), 0);
    gv_test_run_ok("rm b/vectors.txt");
    gv_test_expect_error(gv_test_run(STABILITY "a b"), 2, "b has no vectors", "glove-train", NULL);
    gv_test_run_ok("echo '{\"train\": {\"dim\": 0}}' > b/config.json");
    gv_test_expect_error(gv_test_run(STABILITY "a b"), 2, "train.dim", NULL);
}

/* Vectors of another training than config.json tells of would be put into the wrong group. */
Test(stability_cli, vectors_that_the_config_does_not_describe)
{
    gv_test_corpus("text", 1, 4000, 60, 20);
    gv_test_write_text("c.json", "{\"corpus\": {\"files\": [\"text\"]}, \"train\": "
                                 "{\"dim\": 8, \"epochs\": 2}}");
    gv_test_run_ok("glove-run c.json --run-dir a --progress none > /dev/null && cp -r a b");
    gv_test_run_ok(STABILITY "a b --neighbours 5");
    gv_test_run_ok("sed -i 's/\"dim\": 8/\"dim\": 9/' b/config.json");
    gv_test_expect_error(gv_test_run(STABILITY "a b"), 2, "train.dim = 8", "says 9", NULL);
}

Test(stability_cli, odd_names_and_the_table)
{
    make_run("o dd\"<b>\n", "--set train.seed=1", 30, 1);
    make_run("-b", "--set train.seed=2", 30, 1);
    gv_test_result result =
        gv_test_run_ok(STABILITY "--output - -- 'o dd\"<b>\n' -b | sed -n '1p;2p;$='");
    cr_assert(
        strstr(result.out,
               "word\tcount\toverlap\toverlap_min\tjaccard\tshared\tverdict\tneighbours\tset\n"
               "w0\t1000\t1.0000\t1.0000\t1.0000\t10\ttrusted\tw"),
        "%s", result.out);
    cr_assert(strstr(result.out, "\n31\n"), "%s", result.out);
    gv_test_run_ok(STABILITY "--output t.tsv -- 'o dd\"<b>\n' -b && test -s t.tsv");
}

/* Files of any programs; the answer is the same for any number of threads. */
Test(stability_cli, files_of_vectors)
{
    make_run("a", "", 700, 1);
    make_run("b", "", 700, 2);
    gv_test_run_ok("for n in 1 3; do " STABILITY "--set train.threads=$n --output t$n.tsv "
                   "a/vectors.txt b/vectors.txt > o$n; done; cmp t1.tsv t3.tsv && cmp o1 o3");
    cr_assert(strstr(gv_test_read(gv_test_path("o1"), NULL), "2 runs"));
}

#define REPORT "glove-report stability --progress none "

static void make_page(void)
{
    make_run("a", "--set train.seed=1", 130, 1);
    make_run("b", "--set train.seed=2", 130, 2);
    make_run("c", "--set train.dim=6 --set train.seed=1", 130, 3);
    make_run("d", "--set train.dim=6 --set train.seed=2", 130, 3);
    gv_test_run_ok("sed -i 's/^w0 /<img_src=x_onerror=alert(1)>\" /' */vectors.txt */vocab.txt");
    gv_test_run_ok(REPORT "a b c d --output page > out");
}

Test(stability_cli, the_page)
{
    make_page();
    gv_test_result result = gv_test_run_ok("tail -4 out; sed 1q page.tsv");
    cr_assert(strstr(result.out, "\npage.html\npage.tsv\npage.json\nword\tcount\t"), "%s",
              result.out);
    char *html = gv_test_read(gv_test_path("page.html"), NULL);
    cr_assert(strstr(html, "&lt;img_src=x_onerror=alert(1)&gt;&quot;"));
    cr_assert_null(strstr(html, "<img"));
    cr_assert(strstr(html, "<wbr>dim=6"));
    json_error_t why;
    json_t *json = json_load_file(gv_test_path("page.json"), 0, &why);
    cr_assert_eq(json_array_size(json_object_get(json, "groups")), 2, "%s", why.text);
    json_decref(json);
    gv_test_expect_error(gv_test_run(REPORT "a b --output no/where"), 1, "does not exist", NULL);
    gv_test_expect_error(gv_test_run(REPORT), 2, "two run directories or more", NULL);
    gv_test_expect_error(gv_test_run(REPORT "a b --word x"), 2, "--word has no effect", NULL);
    gv_test_expect_error(gv_test_run(REPORT "a b --output a/report"), 2, "a file of a run", NULL);
    gv_test_run_ok("mkdir s && mv c d s && echo '{\"runs\": [{\"dir\": \"c\", \"set\": {}, "
                   "\"state\": \"done\"}, {\"dir\": \"d\", \"set\": {}, \"state\": \"done\"}]}' "
                   "> s/sweep.json && " REPORT "s > /dev/null && test -s s/stability.html");
    gv_test_run_ok("cd s/d && glove-report --progress none --run-dir . --map 0 && "
                   "grep -q '100 %% come back on average in runs with other seeds (2 runs)' "
                   "report.html");
}

Test(stability_cli, the_page_in_a_browser, .timeout = 120)
{
    if (gv_test_run(
            "command -v chromium || command -v chromium-browser || command -v google-chrome")
            .exit_code != 0)
        gv_test_skip("chromium is not installed");
    make_page();
    gv_test_run_ok("python3 -B " GV_SH_SOURCE "/tests/support/check_stability.py page.html");
}
