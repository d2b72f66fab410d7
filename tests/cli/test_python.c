/* bindings/python/glovebox.py: the same answers as the programs, NumPy and gensim. */
#include "support/gv_test.h"

#include <stdlib.h>
#include <string.h>

#define PYTHON   "/usr/bin/python3 -B "
#define BINDINGS GV_SH_SOURCE "/bindings/python "
#define CHECK    GV_SH_SOURCE "/tests/support/check_python.py " BINDINGS

/* Skips the test if there is no library, as under sanitizers, or no Python. */
static void need_library(void)
{
    const char *own = GV_BUILD "/lib/libglovebox.so",
               *release = GV_SOURCE "/build/lib/libglovebox.so";
    if (gv_test_exists(own))
        setenv("GLOVEBOX_LIBRARY", own, 1);
    else if (!gv_test_exists(release))
        gv_test_skip("needs libglovebox.so, which is not built with sanitizers");
    if (!gv_test_exists("/usr/bin/python3"))
        gv_test_skip("needs the package python3");
}

static void need_module(const char *module)
{
    if (gv_test_run(PYTHON "-c 'import %s'", module).exit_code != 0)
        gv_test_skip("needs the package python3-%s", module);
}

/* The directory "run": vectors of English words in all formats, with n-grams; o.txt: odd words. */
static void make_run(void)
{
    gv_test_run_ok(GV_SH_BUILD "/demo-corpus " GV_SH_SOURCE "/demo/grammar.txt " GV_SH_SOURCE
                               "/demo/facts 60000 1 corpus.txt questions.txt");
    gv_test_write_text(
        "c.json", "{\"corpus\": {\"files\": [\"corpus.txt\"]}, \"vocab\": {\"min_count\": 2},\n"
                  "\"train\": {\"dim\": 12, \"epochs\": 3, \"objective\": \"logistic\"},\n"
                  "\"output\": {\"subwords\": true, \"formats\": [\"text\", \"word2vec\", "
                  "\"fasttext\", \"sqlite\", \"safetensors\", \"npy\"]}}\n");
    gv_test_run_ok("glove-run c.json --run-dir run --progress none");
    gv_test_write_text("o.txt", "NA 0 1\n# 1 1\n\" 2 1\n' 3 1\n1.5 4 1\n\xe2\x82\xac 5 1\n"
                                "new york 6 1\ncaf\xe9 7 1\na\\b 8 1\nnull 9 1\n");
}

/* Runs the checks and expects the line that each prints. */
static void check(const char *environment, const char *checks)
{
    gv_test_result result = gv_test_run("%s " PYTHON CHECK "%s", environment, checks);
    cr_assert_eq(result.exit_code, 0, "%s%s", result.out, result.err);
    char *list = strdup(checks), *rest = NULL;
    for (char *name = strtok_r(list, " ", &rest); name; name = strtok_r(NULL, " ", &rest))
        cr_expect_not_null(strstr(result.out, gv_test_format("%s agree", name)), "%s: %s", name,
                           result.out);
    free(list);
}

#define WITHOUT_NUMPY "questions words formats views errors texts stores threads library"

Test(python_cli, with_numpy, .timeout = 120)
{
    need_library();
    need_module("numpy");
    make_run();
    check("", WITHOUT_NUMPY " numpy");
}

Test(python_cli, without_numpy, .timeout = 120)
{
    need_library();
    make_run();
    check("GV_NO_NUMPY=1", WITHOUT_NUMPY);
}

Test(python_cli, agrees_with_gensim, .timeout = 120)
{
    need_library();
    need_module("gensim");
    make_run();
    check("", "gensim");
}

Test(python_cli, types, .timeout = 120)
{
    if (!gv_test_exists("/usr/bin/mypy"))
        gv_test_skip("needs the package mypy");
    gv_test_result result = gv_test_run("/usr/bin/mypy --strict --cache-dir=mypy " GV_SH_SOURCE
                                        "/bindings/python/glovebox.py");
    cr_assert_eq(result.exit_code, 0, "%s%s", result.out, result.err);
}
