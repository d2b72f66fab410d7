/* bindings/r/glovebox.R: the same vectors, counts and answers as the programs. */
#include "support/gv_test.h"

#include <string.h>

#define CONFIG                                                                                     \
    "{\"corpus\": {\"files\": [\"corpus.txt\"]}, \"vocab\": {\"min_count\": 2},\n"                 \
    "\"cooccur\": {\"symmetric\": %s}, \"train\": {\"dim\": 12, \"epochs\": 2},\n"                 \
    "\"output\": {\"formats\": [\"text\", \"word2vec\", \"fasttext\", \"sqlite\", "                \
    "\"safetensors\", \"npy\"]}}\n"

Test(r_cli, agrees_with_the_programs, .timeout = 120)
{
    if (gv_test_run("Rscript --vanilla -e 'library(Matrix)'").exit_code != 0)
        gv_test_skip("needs the packages r-base-core and r-cran-matrix");
    gv_test_run_ok(GV_SH_BUILD "/demo-corpus " GV_SH_SOURCE "/demo/grammar.txt " GV_SH_SOURCE
                               "/demo/facts 60000 1 corpus.txt questions.txt");
    gv_test_write_text("run.json", gv_test_format(CONFIG, "true"));
    gv_test_write_text("left.json", gv_test_format(CONFIG, "false"));
    gv_test_run_ok("for run in run left; do "
                   "glove-run $run.json --run-dir $run --progress none || exit 1; done");
    gv_test_write_text("o.txt", "NA 0 1\n# 1 1\n\" 2 1\n' 3 1\n1.5 4 1\n\xe2\x82\xac 5 1\n"
                                "new york 6 1\ncaf\xe9 7 1\na\\b 8 1\nnull 9 1\n");
    gv_test_result result =
        gv_test_run("Rscript --vanilla " GV_SH_SOURCE "/tests/support/check_r.R " GV_SH_SOURCE
                    "/bindings/r/glovebox.R");
    cr_assert_eq(result.exit_code, 0, "%s%s", result.out, result.err);
    static const char *const checks[] = {"vectors", "odd words", "questions", "counts", "damage"};
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
        cr_expect_not_null(strstr(result.out, checks[i]), "%s: %s", checks[i], result.out);
}
