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

Test(recipes, do_what_they_say, .timeout = 200)
{
    const char *own = GV_BUILD "/lib/libglovebox.so";
    if (gv_test_exists(own))
        setenv("GLOVEBOX_LIBRARY", own, 1);
    else if (!gv_test_exists(GV_SOURCE "/build/lib/libglovebox.so"))
        gv_test_skip("needs libglovebox.so, which is not built with sanitizers");
    make_run();
    gv_test_result result = gv_test_run("/usr/bin/python3 -B " GV_SH_SOURCE
                                        "/tests/support/check_recipes.py " GV_SH_SOURCE
                                        "/docs/recipes.md bindings/python");
    cr_assert_eq(result.exit_code, 0, "%s%s", result.out, result.err);
    cr_assert_not_null(strstr(result.out, "ran "), "%s", result.out);
    char *rest = NULL, *line = strtok_r(result.out, "\n", &rest);
    for (; line; line = strtok_r(NULL, "\n", &rest))
        if (strncmp(line, "skipped ", 8) == 0)
            fprintf(stderr, "SKIPPED recipes::%s\n", line + 8);
}
