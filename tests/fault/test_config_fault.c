/* Config and run directory when memory ends at any allocation, jansson's included, and when the
 * disk is full at any write: an error each time, never a crash, never half a file. */
#include "app/gv_run.h"
#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "support/gv_test.h"
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* jansson's tables are hashed with a random seed, so the calls are not quite the same each time; a
 * fixed seed makes a failure repeatable. */
static void begin(void)
{
    json_object_seed(1);
}

/* What jansson asks for it gets even then (gv_library_mem.h), so a failure may do no harm. */
static void expect_error(int status, uint64_t n, const gv_error *err)
{
    cr_assert_eq(status, GV_E_MEMORY, "allocation %lu: status %d, %s", (unsigned long)n, status,
                 err->text);
    cr_assert_eq(err->code, status);
    cr_assert_neq(err->text[0], '\0');
}

static int load_and_print(const char *path, gv_error *err)
{
    gv_strings sets = {0};
    gv_config *config = NULL;
    char *json = NULL, *recipe = NULL;
    gv_config_difference difference;
    int status = gv_strings_add(&sets, "train.dim=5", err);
    if (status == GV_OK)
        status = gv_strings_add(&sets, "corpus.files=x", err);
    if (status == GV_OK)
        status = gv_config_load(&config, path, &sets, "default", err);
    if (status == GV_OK)
        status = gv_config_json(&json, config, err);
    if (status == GV_OK)
        status = gv_config_recipe(&recipe, config, ~0u, err);
    if (status == GV_OK)
        status = gv_config_compare(&difference, recipe, ~0u, config, err);
    gv_mem_free(recipe);
    gv_mem_free(json);
    gv_config_free(config);
    gv_strings_free(&sets);
    return status;
}

Test(config_fault, every_allocation_may_fail)
{
    const char *path = gv_test_write_text(
        "c.json",
        "{\"name\": \"x\", \"cooccur\": {\"weighting\": [1, 2]}, \"train\": {\"eta\": 1}}");
    begin();
    unsigned failed = 0;
    for (uint64_t n = 1, calls = n; calls + 1 >= n; n++) {
        gv_error err = GV_ERROR_INIT;
        gv_mem_fail_at(n, n % 2 == 0);
        int status = load_and_print(path, &err);
        calls = gv_mem_calls();
        gv_mem_fail_at(0, 0);
        failed += status != GV_OK;
        if (status != GV_OK)
            expect_error(status, n, &err);
        else
            cr_assert_eq(err.code, GV_OK);
    }
    cr_assert_gt(failed, 30u);
}

static int whole_stage(const gv_config *config, const char *dir, bool force, gv_error *err)
{
    char *in = gv_mem_strdup(gv_test_path("corpus"), err), *out = NULL;
    const gv_run_options options = {
        .config = config, .dir = dir, .stage = GV_STAGE_VOCAB, .force = force};
    gv_run *run = NULL;
    char *provenance = NULL;
    bool fresh = false;
    int status = in ? gv_run_open(&run, &options, err) : GV_E_MEMORY;
    if (status == GV_OK && !(out = gv_run_path(run, "vocab.txt", err)))
        status = GV_E_MEMORY;
    gv_strings inputs = {1, &in}, outputs = {1, &out};
    if (status == GV_OK)
        status = gv_run_up_to_date(&fresh, run, "{}", &inputs, &outputs, err);
    if (status == GV_OK && !fresh)
        status = gv_run_done(run, "{}", &inputs, &outputs, NULL, err);
    if (status == GV_OK)
        status = gv_run_check_upstream(run, GV_STAGE_VOCAB, "vocab.txt", NULL, err);
    if (status == GV_OK)
        status = gv_run_provenance(&provenance, run, err);
    gv_mem_free(provenance);
    gv_run_close(run);
    gv_mem_free(out);
    gv_mem_free(in);
    return status;
}

Test(run_fault, every_allocation_may_fail)
{
    gv_config *config;
    gv_error err = GV_ERROR_INIT;
    const char *dir = gv_test_path("run");
    begin();
    gv_test_write_text("corpus", "a b\n");
    gv_assert_ok(gv_file_make_dirs(dir, &err), err);
    gv_test_write_text("run/vocab.txt", "a 1\n");
    gv_assert_ok(gv_config_load(&config, NULL, NULL, "x", &err), err);
    gv_assert_ok(whole_stage(config, dir, true, &err), err);
    for (int force = 0; force <= 1; force++) {
        unsigned failed = 0;
        for (uint64_t n = 1, calls = n; calls + 1 >= n; n++) {
            err = (gv_error)GV_ERROR_INIT;
            gv_mem_fail_at(n, n % 2 == 0);
            int status = whole_stage(config, dir, force, &err);
            calls = gv_mem_calls();
            gv_mem_fail_at(0, 0);
            failed += status != GV_OK;
            if (status != GV_OK)
                expect_error(status, n, &err);
        }
        cr_assert_gt(failed, 12u);
        gv_assert_ok(whole_stage(config, dir, force, &err), err);
    }
    gv_config_free(config);
}

Test(run_fault, every_write_may_fail)
{
    gv_config *config;
    gv_error err = GV_ERROR_INIT;
    const char *dir = gv_test_path("run");
    gv_test_write_text("corpus", "a b\n");
    gv_assert_ok(gv_config_load(&config, NULL, NULL, "x", &err), err);
    gv_assert_ok(gv_file_make_dirs(dir, &err), err);
    gv_test_write_text("run/vocab.txt", "a 1\n");
    gv_assert_ok(whole_stage(config, dir, true, &err), err);
    char *stamp = gv_test_read(gv_test_path("run/.stamps/vocab.json"), NULL);
    gv_test_write_text("run/config.json", "{}\n");
    static const char *const first[] = {"vocab.begun.json", "config.json"};
    for (unsigned n = 1; n <= 2; n++) {
        err = (gv_error)GV_ERROR_INIT;
        gv_file_fail_at(n);
        cr_assert_eq(whole_stage(config, dir, true, &err), GV_E_IO);
        cr_assert_not_null(strstr(err.text, first[n - 1]), "%s", err.text);
        cr_assert_not_null(strstr(err.text, "No space left"), "%s", err.text);
        gv_file_fail_at(0);
        cr_assert_str_eq(gv_test_read(gv_test_path("run/config.json"), NULL), "{}\n");
    }
    err = (gv_error)GV_ERROR_INIT;
    gv_file_fail_at(4); /* the stamp; the third write is the event */
    cr_assert_eq(whole_stage(config, dir, true, &err), GV_E_IO);
    gv_file_fail_at(0);
    cr_assert_not_null(strstr(err.text, "vocab.json"), "%s", err.text);
    cr_assert_str_eq(gv_test_read(gv_test_path("run/.stamps/vocab.json"), NULL), stamp);
    gv_config_free(config);
}
