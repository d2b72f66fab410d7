/* The demo: its corpus is the same every time, and the pipeline learns its facts. */
#include "support/gv_test.h"

#include <stdlib.h>
#include <string.h>

#define QUIET "--progress none"

Test(demo, corpus_is_reproducible_and_its_facts_are_learnt, .timeout = 120)
{
    const char *generate = GV_SH_BUILD "/demo-corpus " GV_SH_SOURCE
                                       "/demo/grammar.txt " GV_SH_SOURCE "/demo/facts 5000000 1";
    gv_test_run_ok("mkdir -p build/demo && %s build/demo/corpus.txt build/demo/questions.txt",
                   generate);
    gv_test_run_ok("%s again.txt questions.txt && cmp again.txt build/demo/corpus.txt && "
                   "cmp questions.txt build/demo/questions.txt",
                   generate);
    static const char *const stages[] = {"vocab", "cooccur", "shuffle", "train", "eval"};
    for (size_t i = 0; i < sizeof stages / sizeof *stages; i++)
        gv_test_run_ok("glove-%s --config " GV_SH_SOURCE "/configs/demo.json " QUIET, stages[i]);
    char *json = gv_test_read(gv_test_path("runs/demo/eval.json"), NULL);
    const char *accuracy = strstr(json, "\"accuracy\":");
    cr_assert_not_null(accuracy, "%s", json);
    double percent = strtod(accuracy + strlen("\"accuracy\":"), NULL);
    cr_assert_geq(percent, 90.0, "the demo answers only %.2f %% of its analogies", percent);
    char *metrics = gv_test_read(gv_test_path("runs/demo/metrics.jsonl"), NULL);
    cr_assert_null(strstr(metrics, "\"unk_tokens\":1"), "%s", metrics);
}
