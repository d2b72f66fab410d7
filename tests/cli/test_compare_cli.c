/* glove-report compare from the outside: settings, differences, four formats, what is missing. */
#include "support/gv_test.h"
#include "support/gv_test_html.h"

#include <jansson.h>
#include <string.h>

/* Four small runs in "r": d = 4 and d = 8, two seeds each, evaluated on two kinds of test. */
static void make_runs(void)
{
    gv_test_corpus("corpus", 5, 6000, 60, 12);
    gv_test_run_ok("i=0; while [ $i -lt 40 ]; do echo w$i w$((i + 1)) w$((i + 2)) w$((i + 3)); "
                   "i=$((i + 1)); done > q.txt; for i in 1 2 3; do sed -n 5,6p q.txt; done >> "
                   "q.txt; awk '{print $1 \"\\t\" $3 \"\\t\" NR %% 7}' q.txt > s.tsv");
    gv_test_write_text("c.json",
                       "{\"corpus\": {\"files\": [\"corpus\"]}, \"train\": {\"epochs\": 2}, "
                       "\"eval\": {\"analogies\": [\"q.txt\"], \"similarity\": [\"s.tsv\"]}}");
    gv_test_run_ok("for d in 4 8; do for s in 1 2; do glove-run c.json --run-dir r/d$d-s$s "
                   "--progress none --set train.dim=$d --set train.seed=$s || exit 1; done; done");
}

static json_t *read_json(const char *name)
{
    json_error_t why;
    json_t *json = gv_test_keep(json_load_file(gv_test_path(name), JSON_REJECT_DUPLICATES, &why));
    cr_assert_not_null(json, "%s: %s", name, why.text);
    return json;
}

static double number(const json_t *group, const char *metric, const char *member)
{
    const json_t *of = json_object_get(json_object_get(group, "metrics"), metric);
    cr_assert_not_null(of, "%s", metric);
    return json_number_value(json_object_get(of, member));
}

/* The difference in a measure; asserts that there is one. */
static const json_t *difference(const json_t *json, const char *metric)
{
    size_t i;
    json_t *d;
    json_array_foreach(json_object_get(json, "differences"), i, d)
    {
        if (strcmp(json_string_value(json_object_get(d, "metric")), metric) == 0)
            return d;
    }
    cr_assert_fail("no difference in %s", metric);
    return NULL;
}

static void expect_shape(const json_t *json)
{
    const json_t *groups = json_object_get(json, "groups");
    cr_assert_eq(json_array_size(json_object_get(json, "keys")), 1);
    cr_assert_str_eq(json_string_value(json_array_get(json_object_get(json, "keys"), 0)),
                     "train.dim");
    cr_assert_eq(json_array_size(groups), 2);
    for (size_t g = 0; g < 2; g++) {
        const json_t *group = json_array_get(groups, g);
        const json_t *set = json_object_get(group, "set");
        cr_assert_eq(json_object_size(set), 1);
        cr_assert_eq(json_integer_value(json_object_get(set, "train.dim")), g ? 8 : 4);
        cr_assert_eq(json_array_size(json_object_get(group, "runs")), 2);
        cr_assert_eq(number(group, "loss", "n"), 2.0);
        const json_t *values =
            json_object_get(json_object_get(json_object_get(group, "metrics"), "loss"), "values");
        const double a = json_number_value(json_array_get(values, 0));
        const double b = json_number_value(json_array_get(values, 1));
        cr_assert_float_eq(number(group, "loss", "mean"), (a + b) / 2.0, 1e-9);
        cr_assert_float_eq(number(group, "loss", "sd"), (a > b ? a - b : b - a) / 1.41421356237,
                           1e-9);
        cr_assert(number(group, "similarity:s.tsv:spearman", "n") == 2.0);
        cr_assert(number(group, "cpu_s", "mean") > 0.0);
    }
}

Test(compare_cli, formats_and_differences, .timeout = 60)
{
    make_runs();
    gv_test_result files =
        gv_test_run_ok("glove-report compare r --progress none --output out/cmp 2>&1 || true; "
                       "mkdir out; glove-report compare r --progress none --output out/cmp");
    cr_assert_not_null(strstr(files.out, "out/cmp.html\nout/cmp.md\nout/cmp.csv\nout/cmp.json\n"),
                       "%s", files.out);
    cr_assert_str_eq(gv_test_run_ok("ls out").out, "cmp.csv\ncmp.html\ncmp.json\ncmp.md\n");
    const json_t *json = read_json("out/cmp.json");
    expect_shape(json);
    const json_t *d = difference(json, "analogies:q.txt:accuracy");
    cr_assert(json_is_true(json_object_get(d, "paired")));
    cr_assert(json_is_true(json_object_get(d, "seeds_in_interval")));
    cr_assert_eq(json_array_size(json_object_get(d, "by_pair")), 2);
    /* questions that are asked several times count as often */
    const json_t *eval = json_object_get(read_json("r/d4-s1/eval.json"), "analogies");
    cr_assert_eq(json_integer_value(json_object_get(d, "items")),
                 json_integer_value(json_object_get(json_array_get(eval, 0), "answered")));
    cr_assert(json_number_value(json_object_get(d, "low")) <=
              json_number_value(json_object_get(d, "difference")));
    /* the same on standard output, in any order of directories, and against a base by value */
    char *markdown = gv_test_read(gv_test_path("out/cmp.md"), NULL);
    cr_assert_str_eq(gv_test_run_ok("glove-report compare r --progress none").out, markdown);
    cr_assert_not_null(strstr(markdown, "### train.dim = 8 against 4\n"), "%s", markdown);
    gv_test_result other =
        gv_test_run_ok("glove-report compare r/d8-s2 r/d8-s1 r/d4-s2 r r/d4-s1 --base train.dim=4 "
                       "--progress none --sort loss --output out/other && cd out && "
                       "sort cmp.md > a && sort other.md > b && cmp a b");
    cr_assert_str_empty(other.err);
    /* a row for each run and measure */
    cr_assert_not_null(strstr(gv_test_run_ok("grep -c ',loss,loss,' out/cmp.csv").out, "4\n"));
    cr_assert_not_null(
        strstr(gv_test_run_ok("head -1 out/cmp.csv").out,
               "run,setting,train.dim,train.seed,metric,kind,file,measure,section,value\n"));
    /* the page stands alone */
    char *page = gv_test_read(gv_test_path("out/cmp.html"), NULL);
    gv_test_html_nesting(page);
    gv_test_html_self_contained(page);
    cr_assert_not_null(strstr(page, "train.dim = 8 against 4"));
}

Test(compare_cli, incomplete_and_odd_runs, .timeout = 60)
{
    make_runs();
    gv_test_run_ok("mv r/d8-s2 'r/odd | <b> \"name' && rm r/d8-s1/eval.json r/d8-s1/eval.tsv && "
                   "rm r/d4-s2/eval.tsv && mkdir r/empty r/new && echo '{' > r/new/config.json && "
                   "echo '{damaged' >> r/d4-s1/metrics.jsonl && cp -r r/d4-s1 r/twin && cp -r "
                   "r/d4-s1 r/short && "
                   "sed -i /epoch.:2/d r/short/metrics.jsonl && "
                   "sed -i '/train.*done/d' r/short/metrics.jsonl");
    gv_test_result result = gv_test_run_ok("glove-report compare r --progress none --output c");
    const json_t *json = read_json("c.json");
    const json_t *incomplete = json_object_get(json, "incomplete");
    static const char *const expected[][3] = {
        {"r/d4-s2", "no eval.tsv", "glove-eval --run-dir r/d4-s2"},
        {"r/d8-s1", "not evaluated", "glove-eval --run-dir r/d8-s1"},
        {"r/new", "config.json:", NULL},
        {"r/short", "not trained to the end (1 of 2 epochs)", "glove-run r/short"},
        {"r/twin", "the same settings and seeds as r/d4-s1", NULL}};
    cr_assert_eq(json_array_size(incomplete), 5, "%s", gv_test_read(gv_test_path("c.json"), NULL));
    for (size_t i = 0; i < 5; i++) {
        const json_t *run = json_array_get(incomplete, i);
        cr_assert_str_eq(json_string_value(json_object_get(run, "dir")), expected[i][0]);
        cr_assert_not_null(
            strstr(json_string_value(json_object_get(run, "missing")), expected[i][1]), "%s",
            json_string_value(json_object_get(run, "missing")));
        if (expected[i][2])
            cr_assert_str_eq(json_string_value(json_object_get(run, "command")), expected[i][2]);
    }
    const json_t *d8 = json_array_get(json_object_get(json, "groups"), 1);
    cr_assert_eq(number(d8, "loss", "n"), 2.0);
    cr_assert_eq(number(d8, "similarity:s.tsv:spearman", "n"), 1.0, "only one was evaluated");
    cr_assert(json_is_null(json_object_get(
        json_object_get(json_object_get(d8, "metrics"), "similarity:s.tsv:spearman"), "sd")));
    gv_test_html_nesting(gv_test_read(gv_test_path("c.html"), NULL));
    cr_assert_not_null(strstr(gv_test_read(gv_test_path("c.md"), NULL), "odd \\| \\<b> \"name"));
    /* a damaged eval.tsv leaves the scores, without their intervals */
    gv_test_run_ok("sed -i '5s/.*/x/' r/d4-s1/eval.tsv");
    result = gv_test_run_ok("glove-report compare r/d4-s1 --progress none");
    cr_assert_not_null(strstr(result.out, "glove-eval --force --run-dir r/d4-s1"), "%s",
                       result.out);
    cr_assert_not_null(strstr(result.out, "1 setting, 1 run\n"));
}

/* How many runs of each setting have times of training. */
static void expect_times(double d4, double d8)
{
    gv_test_run_ok("glove-report compare r --progress none --output times");
    const json_t *json = read_json("times.json");
    const json_t *groups = json_object_get(json, "groups");
    static const char *const times[] = {"cpu_s", "wall_s", "cpu_s:train", "wall_s:train"};
    for (size_t t = 0; t < 4; t++) {
        cr_assert_eq(number(json_array_get(groups, 0), times[t], "n"), d4, "%s", times[t]);
        cr_assert_eq(number(json_array_get(groups, 1), times[t], "n"), d8, "%s", times[t]);
    }
    cr_assert_eq(number(json_array_get(groups, 0), "cpu_s:vocab", "n"), 2.0);
    cr_assert_eq(number(json_array_get(groups, 0), "peak_rss_kb", "n"), 2.0);
}

Test(compare_cli, times_of_resumed_runs, .timeout = 60)
{
#define RESUME(RUN, EPOCH)                                                                         \
    "sed -i '/\"epoch\".*\"epoch\": *" EPOCH                                                       \
    ",/i {\"stage\":\"train\",\"event\":\"resume\",\"epoch\":" EPOCH ",\"position\":9}' r/" RUN    \
    "/metrics.jsonl && grep -q resume r/" RUN "/metrics.jsonl"
    make_runs();
    expect_times(2.0, 2.0);
    cr_assert_null(strstr(gv_test_read(gv_test_path("times.md"), NULL), "resumed"));
    gv_test_run_ok(RESUME("d4-s1", "2"));
    expect_times(1.0, 2.0);
    gv_test_run_ok(RESUME("d8-s2", "1") " && sed -i 's/\"epoch\": *1,/&\"records_before\":9,/' "
                                        "r/d8-s2/metrics.jsonl");
    expect_times(1.0, 1.0);
    static const char *const pages[] = {"times.md", "times.html", "times.json"};
    for (size_t i = 0; i < 3; i++)
        cr_assert_not_null(strstr(gv_test_read(gv_test_path(pages[i]), NULL),
                                  "The training of 2 runs was resumed after a stop."));
}

Test(compare_cli, refusals, .timeout = 60)
{
    gv_test_run_ok("mkdir none && touch file");
    gv_test_expect_error(gv_test_run("glove-report compare none"), 2, "none is no run directory",
                         NULL);
    gv_test_expect_error(gv_test_run("glove-report compare file"), 2, "file is a file", NULL);
    gv_test_expect_error(gv_test_run("glove-report compare gone"), 2, "gone does not exist", NULL);
    gv_test_expect_error(gv_test_run("glove-report compare"), 2, "compare: expected DIR", NULL);
    make_runs();
#define COMPARE "glove-report compare r --progress none "
    gv_test_expect_error(gv_test_run(COMPARE "--output no/where"), 1,
                         "no/where.html: the folder no does not exist", NULL);
    gv_test_expect_error(gv_test_run(COMPARE "--base train.dim=5"), 2,
                         "no setting has it; train.dim is 4, 8", NULL);
    gv_test_expect_error(gv_test_run(COMPARE "--base train.eta=5"), 2, "do not differ in train.eta",
                         NULL);
    gv_test_expect_error(gv_test_run(COMPARE "--base none"), 2, "not among those", NULL);
    gv_test_expect_error(gv_test_run(COMPARE "--base nothing"), 2, "expected KEY=VALUE", NULL);
    gv_test_expect_error(gv_test_run(COMPARE "--sort nothing"), 2, "no such measure",
                         "similarity:s.tsv:spearman", NULL);
    gv_test_expect_error(gv_test_run(COMPARE "--best 0"), 2, "no setting would be left", NULL);
    gv_test_expect_error(gv_test_run(COMPARE "--output r/d4-s1/eval"), 2, "r/d4-s1/eval.json",
                         NULL);
    gv_test_expect_error(gv_test_run(COMPARE "--output out/"), 2, "not 'out/'", NULL);
    gv_test_expect_error(gv_test_run("mkdir x.csv && " COMPARE "--output x"), 2, "x.csv", NULL);
    gv_test_expect_error(gv_test_run("ln r/d4-s1/config.json y.json && " COMPARE "--output y"), 2,
                         "y.json is r/d4-s1/config.json", NULL);
    cr_assert_str_empty(gv_test_run("ls x.html x.md x.json y.html y.md y.csv 2>/dev/null").out);
    gv_test_result best = gv_test_run_ok(COMPARE "--best 1 --sort spearman");
    cr_assert_not_null(strstr(best.out, "# Comparison: 1 setting, 2 runs"), "%s", best.out);
}
