/* What every program promises: help, version, one line for a wrong option or config, nothing made
 * by asking. */
#include "support/gv_test.h"
#include <glob.h>
#include <stdio.h>
#include <string.h>

/* Calls `check` for each program that was built. */
static void each_program(void (*check)(const char *name))
{
    glob_t found;
    const char *bin = GV_BIN[0] == '/' ? GV_BIN : GV_SOURCE "/" GV_BIN;
    char pattern[4096];
    snprintf(pattern, sizeof pattern, "%s/glove-*", bin);
    cr_assert_eq(glob(pattern, 0, NULL, &found), 0, "no programs in %s", bin);
    for (size_t i = 0; i < found.gl_pathc; i++)
        check(strrchr(found.gl_pathv[i], '/') + 1);
    cr_assert_geq(found.gl_pathc, 5u);
    globfree(&found);
}

static void check_help(const char *name)
{
    gv_test_result r = gv_test_run_ok("%s --help", name);
    static const char *const options[] = {"--config FILE",   "--set KEY=VALUE", "--run-dir DIR",
                                          "--progress MODE", "--print-config",  "--force",
                                          "--help",          "--version",       "Exit codes"};
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        cr_assert_not_null(strstr(r.out, options[i]), "%s --help lacks %s", name, options[i]);
    cr_assert_eq(strncmp(r.out, name, strlen(name)), 0);
    cr_assert_str_eq(r.err, "");
    r = gv_test_run_ok("%s --version", name);
    cr_assert_str_eq(r.out, gv_test_format("%s (glovebox) %s\n", name, GV_VERSION));
}

static void check_mistakes(const char *name)
{
    const char *error = gv_test_format("%s: error: ", name);
    gv_test_expect_error(gv_test_run("%s --progres none", name), 2, error,
                         "unknown option --progres; did you mean --progress?", NULL);
    gv_test_expect_error(gv_test_run("%s --set train.dimm=5", name), 2, error,
                         "did you mean \"train.dim\"?", NULL);
    gv_test_expect_error(gv_test_run("%s --config bad.json", name), 2, error,
                         "bad.json:2:3: ", "\"corpus.tokenizer\"", NULL);
    gv_test_expect_error(gv_test_run("%s --help >/dev/full", name), 1, error, "No space left",
                         NULL);
}

static void check_print_config(const char *name)
{
    gv_test_result r =
        gv_test_run_ok("%s --config good.json --set train.dim=7 --print-config", name);
    gv_test_write_text("printed.json", r.out);
    gv_test_result again = gv_test_run_ok("%s --config printed.json --print-config", name);
    cr_assert_str_eq(r.out, again.out);
    cr_assert_not_null(strstr(r.out, "\"name\": \"good\""));
    cr_assert_not_null(strstr(r.out, "\"dim\": 7"));
}

Test(programs, help_and_version)
{
    each_program(check_help);
}

Test(programs, mistakes)
{
    gv_test_write_text("bad.json", "{\"corpus\": {\n  \"tokeniser\": \"unicode\"}}");
    each_program(check_mistakes);
    cr_assert_not(gv_test_exists(gv_test_path("runs")), "a mistake makes no directory");
}

Test(programs, print_config)
{
    gv_test_write_text("good.json", "{\"corpus\": {\"files\": \"a.txt\"}}");
    each_program(check_print_config);
    cr_assert_not(gv_test_exists(gv_test_path("runs")));
}
