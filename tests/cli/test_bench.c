/* The benchmark scripts: wrong settings are one line, a small run prints its table and leaves
 * nothing behind, a reference that fails is named. No time is asserted. */
#include "support/gv_test.h"

#include <string.h>

#define BENCH                                                                                      \
    "env TMPDIR=$PWD/tmp BIN=\"$(dirname \"$(command -v glove-vocab)\")\" "                        \
    "BENCHES=" GV_SH_BUILD "/bench RUNS=1 CORPUS=corpus.txt %s "                                   \
    "/usr/bin/python3 -B " GV_SH_SOURCE "/bench/bench.py"

static void prepare(void)
{
    gv_test_corpus("corpus.txt", 1, 20000, 300, 50);
    gv_test_run_ok("mkdir tmp");
}

Test(bench, refuses_wrong_settings)
{
    prepare();
    gv_test_expect_error(gv_test_run(BENCH, "REFERENCE=nowhere"), 2, "nowhere", "vocab_count",
                         NULL);
    gv_test_expect_error(gv_test_run(BENCH, "REFERENCE_OFAST=tmp"), 2, "vocab_count", NULL);
    gv_test_expect_error(gv_test_run(BENCH, "PARTS=trian"), 2, "trian", "train", NULL);
    gv_test_expect_error(gv_test_run(BENCH, "RUNS=none"), 2, "RUNS=none", NULL);
    gv_test_expect_error(gv_test_run(BENCH, "CORPUS=nothing"), 2, "nothing", "CORPUS", NULL);
    gv_test_expect_error(gv_test_run(BENCH, "ANALOGIES=nothing"), 2, "nothing", NULL);
    gv_test_expect_error(gv_test_run(BENCH, "MARKDOWN=corpus.txt"), 2, "corpus.txt", "begin", NULL);
}

Test(bench, measures_and_leaves_nothing_behind)
{
    prepare();
    char *table = gv_test_run_ok(BENCH, "PARTS=stages JSON=samples.json").out;
    cr_assert(strstr(table, "vocabulary + counting + shuffle, wall [s]"), "%s", table);
    cr_assert(strstr(table, "store, per ordered record"), "%s", table);
    gv_test_run_ok("rmdir tmp"); /* it is empty */
    cr_assert(strstr(gv_test_read(gv_test_path("samples.json"), NULL), "own cooccur cpu"));
}

Test(bench, puts_the_table_into_a_document)
{
    prepare();
    gv_test_write_text("doc.md",
                       "a\n<!-- make bench: begin -->\nold\n<!-- make bench: end -->\nb\n");
    gv_test_run_ok(BENCH, "PARTS=stages MARKDOWN=doc.md");
    char *document = gv_test_read(gv_test_path("doc.md"), NULL);
    cr_assert(strstr(document, "a\n<!-- make bench: begin -->\n| what |"), "%s", document);
    cr_assert(strstr(document, "\n<!-- make bench: end -->\nb\n"), "%s", document);
    cr_assert_null(strstr(document, "old"));
}

/* Programs with the right names that fail. */
Test(bench, names_a_reference_that_fails)
{
    prepare();
    gv_test_run_ok("mkdir ref; for p in vocab_count cooccur shuffle glove; do "
                   "printf '#!/bin/sh\\necho no such luck >&2\\nexit 3\\n' >ref/$p; chmod +x "
                   "ref/$p; done");
    gv_test_result result = gv_test_run(BENCH, "PARTS=stages REFERENCE=ref");
    cr_assert_eq(result.exit_code, 1);
    cr_assert(strstr(result.err, "vocab_count failed (3): no such luck"), "%s", result.err);
    gv_test_run_ok("rmdir tmp");
}
