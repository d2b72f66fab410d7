/* docs/recipes.md: what is written there is run, as far as the packages are installed. */
#include "support/gv_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A run with the words that the recipes ask for. */
static void make_run(void)
{
    gv_test_run_ok(GV_SH_BUILD "/demo-corpus " GV_SH_SOURCE "/demo/grammar.txt " GV_SH_SOURCE
                               "/demo/facts 60000 1 corpus.txt questions.txt");
    gv_test_run_ok("for i in 1 2 3 4 5; do echo the frog sat with a toad and the king spoke to a "
                   "man, a woman, the queen and her king | tr -d , >> corpus.txt; done");
    gv_test_write_text(
        "c.json", "{\"corpus\": {\"files\": [\"corpus.txt\"]}, \"vocab\": {\"min_count\": 2},\n"
                  "\"train\": {\"dim\": 12, \"epochs\": 3, \"objective\": \"logistic\"},\n"
                  "\"output\": {\"subwords\": true, \"formats\": [\"text\", \"word2vec\", "
                  "\"fasttext\", \"sqlite\", \"safetensors\"]}}\n");
    gv_test_run_ok("glove-run c.json --run-dir runs/my --progress none");
    gv_test_run_ok("ln -s " GV_SH_SOURCE "/bindings bindings");
}

/* Run the blocks of a page of docs/ whose packages are installed. */
static void run_page(const char *page)
{
    gv_test_result result =
        gv_test_run("/usr/bin/python3 -B " GV_SH_SOURCE
                    "/tests/support/check_recipes.py " GV_SH_SOURCE "/docs/%s bindings/python",
                    page);
    cr_assert_eq(result.exit_code, 0, "%s%s", result.out, result.err);
    cr_assert_not_null(strstr(result.out, "ran "), "%s", result.out);
    char *rest = NULL, *line = strtok_r(result.out, "\n", &rest);
    for (; line; line = strtok_r(NULL, "\n", &rest))
        if (strncmp(line, "skipped ", 8) == 0)
            fprintf(stderr, "SKIPPED recipes::%s %s\n", page, line + 8);
}

Test(recipes, do_what_they_say, .timeout = 200)
{
    const char *own = GV_BUILD "/lib/libglovebox.so";
    if (gv_test_exists(own))
        setenv("GLOVEBOX_LIBRARY", own, 1);
    else if (!gv_test_exists(GV_SOURCE "/build/lib/libglovebox.so"))
        gv_test_skip("needs libglovebox.so, which is not built with sanitizers");
    make_run();
    run_page("recipes.md");
}

/* Every member of every event that runs of all kinds write has a place in docs/metrics.md, and its
 * examples work. */
Test(recipes, metrics, .timeout = 100)
{
    gv_test_corpus("corpus.txt", gv_test_seed(), 20000, 300, 30);
    gv_test_write_text("q.txt", ": family\nw1 w2 w3 w4\nw2 w1 w4 w3\n");
    gv_test_write_text("s.tsv", "w1\tw2\t3\nw3\tw4\t2\nw5\tw6\t1\n");
    gv_test_write_text("k.tsv", "w1\ta\nw2\ta\nw3\tb\nw4\tb\n");
    gv_test_write_text("o.txt", "w1\nw2\nw3\n\nw9\n");
    gv_test_write_text("stop.txt", "w0\n");
    gv_test_write_text(
        "c.json",
        "{\"corpus\": {\"files\": [\"corpus.txt\"]}, \"vocab\": {\"phrases\": 1, "
        "\"phrase_threshold\": 0.01, \"stop_file\": \"stop.txt\"}, \"train\": {\"dim\": 8, "
        "\"epochs\": 2}, \"eval\": {\"analogies\": [\"q.txt\"], \"similarity\": [\"s.tsv\"], "
        "\"categories\": [\"k.tsv\"], \"outliers\": [\"o.txt\"], \"oov\": \"subwords\"}, "
        "\"output\": {\"subwords\": true}}");
    gv_test_run_ok("glove-run c.json --run-dir runs/my --progress none");
    gv_test_run_ok("glove-run c.json --run-dir runs/more --set train.init=runs/my --progress none");
    gv_test_run_ok("glove-run c.json --run-dir runs/w2v --set train.objective=word2vec --progress "
                   "none");
    gv_test_run_ok("glove-convert counts-merge runs/both runs/my runs/more --progress none");
    run_page("metrics.md");
    gv_test_result names = gv_test_run("/usr/bin/python3 -B " GV_SH_SOURCE
                                       "/tests/support/check_metrics.py " GV_SH_SOURCE
                                       "/docs/metrics.md runs/*/metrics.jsonl");
    cr_assert_eq(names.exit_code, 0, "%s%s", names.out, names.err);
}
