/* glove-report compare when memory is short: an error, nothing lost, no text that lacks a part. */
#include "base/gv_mem.h"
#include "report/compare/gv_compare.h"
#include "support/gv_test.h"
#include "support/gv_test_faults.h"

#include <string.h>
#include <unistd.h>

static const char *expected[4]; /* the four texts with enough memory */

static int (*const formats[])(char **text, const gv_compare *compare, gv_error *err) = {
    gv_compare_json, gv_compare_csv, gv_compare_markdown, gv_compare_html};

/* A gv_test_operation. */
static int compare_runs(void *context, gv_error *err)
{
    const gv_compare_options options = {.dirs = {1, (char *[]){context}}, .threads = 1};
    gv_compare *compare = NULL;
    int status = gv_compare_make(&compare, &options, err);
    for (size_t i = 0; i < 4 && status == GV_OK; i++) {
        char *text = NULL;
        status = formats[i](&text, compare, err);
        if (status == GV_OK && !expected[i])
            expected[i] = gv_test_keep(strdup(text));
        if (status == GV_OK)
            cr_expect_str_eq(text, expected[i], "a part is missing");
        gv_mem_free(text);
    }
    gv_compare_free(compare);
    return status;
}

Test(compare_fault, every_allocation, .timeout = 120)
{
    static char dir[] = "r";
    gv_error err = GV_ERROR_INIT;
    gv_test_corpus("corpus", 5, 3000, 30, 12);
    gv_test_write_text("q.txt", "w1 w2 w3 w4\nw2 w3 w4 w5\nw3 w4 w1 w2\n");
    gv_test_write_text("s.tsv", "w1\tw2\t1\nw2\tw3\t2\nw4\tw1\t2.5\n");
    gv_test_write_text("c.json",
                       "{\"corpus\": {\"files\": [\"corpus\"]}, \"train\": {\"epochs\": 1},"
                       "\"eval\": {\"analogies\": [\"q.txt\"], "
                       "\"similarity\": [\"s.tsv\"]}}");
    gv_test_run_ok("for d in 3 4; do glove-run c.json --run-dir r/$d --progress none --set "
                   "train.dim=$d || exit 1; done");
    cr_assert_eq(chdir(gv_test_dir()), 0);
    gv_assert_ok(compare_runs(dir, &err), err);
    cr_assert_gt(gv_test_every_allocation(compare_runs, dir, 23), 20u);
}
