/* The program shell: options, which config and directory are used, exit codes, what is printed
 * where. A pretended program runs in a child process with its own stdout and stderr. */
#include "app/gv_program.h"
#include "base/gv_file.h"
#include "base/gv_signal.h"
#include "support/gv_test.h"
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *top, *all;
static gv_strings words;
static const gv_program_option options[] = {{"--top", "N", "how many", &top, NULL},
                                            {"--all", NULL, "every one of them", &all, NULL},
                                            {"--word", "WORD", "a word; repeatable", NULL, &words},
                                            {0}};

/* A stage that tells what it was given. */
static int tell_stage(gv_run *run, gv_error *err)
{
    if (run->config->train_dim == 13)
        return gv_error_set(err, GV_E_CORRUPT, "%s/x: broken\nin two", run->dir);
    if (run->config->train_dim == 14)
        return raise(SIGTERM) == 0 ? gv_signal_check(err) : GV_E_RUNTIME;
    bool fresh;
    int status = gv_run_up_to_date(&fresh, run, "{}", NULL, NULL, err);
    if (status != GV_OK)
        return status;
    printf("%s|%s|%u|%d|%s|%s|%zu\n", run->dir, run->config->name, run->config->train_dim,
           run->force, top ? top : "-", all ? all : "-", words.n);
    gv_progress_note(run->progress, "at work");
    return GV_OK;
}

static int tell_tool(const gv_config *config, const char *run_dir, gv_strings operands,
                     gv_progress *progress, gv_error *err)
{
    (void)progress, (void)err;
    printf("%s|%u", run_dir, config->train_dim);
    for (size_t i = 0; i < operands.n; i++)
        printf("|%s", operands.items[i]);
    printf("\n");
    return GV_OK;
}

static const gv_program stage_program = {.name = "glove-train",
                                         .stage = GV_STAGE_TRAIN,
                                         .summary = "trains the vectors",
                                         .details = ".A line that roff would eat.",
                                         .options = options,
                                         .stage_main = tell_stage};
static const gv_program tool_program = {.name = "glove-query",
                                        .summary = "answers questions",
                                        .operands = "[WORD]...",
                                        .tool_main = tell_tool};

static gv_test_result run_to(const gv_program *program, const char *stdout_path, char **argv)
{
    const char *out = stdout_path ? stdout_path : gv_test_path("stdout");
    const char *err = gv_test_path("stderr");
    int argc = 0;
    while (argv[argc])
        argc++;
    fflush(NULL);
    pid_t child = fork();
    cr_assert(child >= 0);
    if (child == 0) {
        if (chdir(gv_test_dir()) != 0 || !freopen(out, "w", stdout) || !freopen(err, "w", stderr))
            _exit(126);
        int code = gv_program_main(program, argc, argv);
        fflush(stderr);
        _exit(code);
    }
    int status;
    cr_assert_eq(waitpid(child, &status, 0), child);
    return (gv_test_result){.exit_code =
                                WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status),
                            .out = stdout_path ? NULL : gv_test_read(out, NULL),
                            .err = gv_test_read(err, NULL)};
}

#define RUN(program, ...) run_to(&(program), NULL, arguments("x", ##__VA_ARGS__, NULL))

/* A writable block that lives as long as the test, as argv does. */
static char *keep_room(const char *text)
{
    static char room[1 << 16];
    static size_t used;
    char *block = room + used;
    used += strlen(text) + 1;
    cr_assert_leq(used, sizeof room);
    return block;
}

/* argv from string literals. */
static char **arguments(const char *first, ...)
{
    static char *argv[32];
    size_t n = 0;
    va_list args;
    va_start(args, first);
    for (const char *arg = first; arg; arg = va_arg(args, const char *))
        argv[n++] = strcpy(keep_room(arg), arg);
    va_end(args);
    argv[n] = NULL;
    return argv;
}

/* A run that glove-vocab has begun: later stages make no directory. */
static void have_run(const char *dir)
{
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_file_make_dirs(gv_test_path(dir), &err), err);
}

Test(program, defaults)
{
    gv_test_expect_error(RUN(stage_program), 2, "runs/default/store.db is missing", "glove-shuffle",
                         "--run-dir", NULL);
    cr_assert_not(gv_test_exists(gv_test_path("runs")), "a mistyped name leaves nothing behind");
    have_run("runs/default");
    gv_test_result r = RUN(stage_program);
    cr_assert_eq(r.exit_code, 0, "%s", r.err);
    cr_assert_str_eq(r.out, "runs/default|default|100|0|-|-|0\n");
    cr_assert_str_eq(r.err, "train: at work\n");
    cr_assert(gv_test_exists(gv_test_path("runs/default/config.json")));
}

Test(program, all_options_in_both_spellings)
{
    gv_test_write_text("my.json", "{\"train\": {\"dim\": 7}}");
    have_run("runs/my");
    have_run("d");
    gv_test_result r = RUN(stage_program, "--config=my.json", "--set", "train.eta=0.1", "--force",
                           "--top", "5", "--all", "--word=a", "--word", "b", "--progress=none");
    cr_assert_eq(r.exit_code, 0, "%s", r.err);
    cr_assert_str_eq(r.out, "runs/my|my|7|1|5|1|2\n");
    cr_assert_str_eq(r.err, "", "--progress none is silent");
    r = RUN(stage_program, "--progress", "json", "--run-dir", "d");
    cr_assert_str_eq(r.out, "d|default|100|0|-|-|0\n");
    cr_assert_str_eq(r.err, "{\"stage\":\"train\",\"note\":\"at work\"}\n");
}

Test(program, config_of_the_run_directory)
{
    have_run("runs/mine");
    gv_test_result r = RUN(stage_program, "--set", "name=mine", "--set", "train.dim=9");
    cr_assert_str_eq(r.out, "runs/mine|mine|9|0|-|-|0\n");
    r = RUN(stage_program, "--set", "name=mine");
    cr_assert_str_eq(r.out, "runs/mine|mine|9|0|-|-|0\n", "runs/mine/config.json");
    r = RUN(stage_program, "--run-dir", "runs/mine", "--set", "train.dim=8");
    cr_assert_str_eq(r.out, "runs/mine|mine|8|0|-|-|0\n");
    gv_test_write_text("other.json", "{}");
    r = RUN(stage_program, "--run-dir", "runs/mine", "--config", "other.json");
    cr_assert_str_eq(r.out, "runs/mine|other|100|0|-|-|0\n", "--config wins");
    gv_test_write_text("runs/mine/config.json", "{\"train\": {\"dimm\": 1}}");
    gv_test_expect_error(RUN(stage_program, "--set", "name=mine"), 2,
                         "glove-train: error: runs/mine/config.json:1:12: ", "train.dim", NULL);
}

Test(program, tools_take_operands_and_make_no_directory)
{
    gv_test_result r =
        RUN(tool_program, "king", "-", "man", "--set", "train.dim=3", "--", "--top", "-x");
    cr_assert_eq(r.exit_code, 0, "%s", r.err);
    cr_assert_str_eq(r.out, "runs/default|3|king|-|man|--top|-x\n");
    cr_assert_not(gv_test_exists(gv_test_path("runs")));
}

Test(program, wrong_usage)
{
    gv_test_expect_error(RUN(stage_program, "--forse"), 2,
                         "glove-train: error: unknown option --forse; did you mean --force?", NULL);
    gv_test_expect_error(RUN(stage_program, "--topp=3"), 2, "did you mean --top?", NULL);
    gv_test_expect_error(RUN(stage_program, "--threads", "4"), 2,
                         "unknown option --threads; did you mean --set train.threads=VALUE?", NULL);
    gv_test_expect_error(RUN(stage_program, "-x-max", "4"), 2, "--set train.x_max=VALUE", NULL);
    gv_test_expect_error(RUN(stage_program, "-x"), 2, "unknown option -x", NULL);
    gv_test_expect_error(RUN(stage_program, "word"), 2, "unexpected argument \"word\"", NULL);
    gv_test_expect_error(RUN(stage_program, "--config"), 2, "--config needs a value", NULL);
    gv_test_expect_error(RUN(stage_program, "--force=1"), 2, "--force takes no value", NULL);
    gv_test_expect_error(RUN(stage_program, "--progress=bra"), 2, "did you mean bar?", NULL);
    gv_test_expect_error(RUN(stage_program, "--config", "none.json"), 2, "none.json", NULL);
    gv_test_expect_error(RUN(stage_program, "--config", "."), 2, "--config", "directory", NULL);
    gv_test_expect_error(RUN(stage_program, "--run-dir", ""), 2, "--run-dir needs a value", NULL);
    gv_test_expect_error(RUN(stage_program, "--set", "train.dim=x"), 2,
                         "--set train.dim=x: ", NULL);
    gv_test_expect_error(RUN(stage_program, "--set", "name=\n"), 2, NULL);
    gv_test_expect_error(RUN(stage_program, "--run_dir", "a"), 2, "did you mean --run-dir?", NULL);
    gv_test_expect_error(RUN(stage_program, "-size", "100"), 2, "--set train.dim=VALUE", NULL);
    gv_test_expect_error(RUN(stage_program, "--frobnicate"), 2, "--frobnicate; --help lists", NULL);
    gv_test_expect_error(RUN(stage_program, "train.dim=3"), 2, "did you mean --set train.dim=3?",
                         NULL);
    gv_test_expect_error(RUN(stage_program, "my.json"), 2, "did you mean --config my.json?", NULL);
    cr_assert_not(gv_test_exists(gv_test_path("runs")), "nothing is touched");
}

/* Of two values one would be ignored; a switch may be repeated. */
Test(program, options_given_twice)
{
    gv_test_expect_error(RUN(stage_program, "--run-dir", "a", "--run-dir=b"), 2,
                         "--run-dir is given twice: a and b", NULL);
    gv_test_expect_error(RUN(stage_program, "--config", "a", "--config", "a"), 2,
                         "--config is given twice", NULL);
    gv_test_expect_error(RUN(stage_program, "--progress", "none", "--progress", "none"), 2,
                         "--progress is given twice", NULL);
    gv_test_expect_error(RUN(stage_program, "--top", "1", "--top", "2"), 2,
                         "--top is given twice: 1 and 2", NULL);
    cr_assert_not(gv_test_exists(gv_test_path("runs")), "nothing is touched");
    have_run("runs/default");
    cr_assert_eq(RUN(stage_program, "--force", "--force").exit_code, 0);
}

Test(program, failures_of_the_work)
{
    have_run("runs/default");
    gv_test_expect_error(RUN(stage_program, "--set", "train.dim=13"), 1,
                         "glove-train: error: runs/default/x: broken<U+000A>in two", NULL);
    gv_test_expect_error(RUN(stage_program, "--set", "train.dim=14"), 143,
                         "glove-train: error: stopped by SIGTERM", NULL);
}

Test(program, prints)
{
    gv_test_result r = RUN(stage_program, "--version");
    cr_assert_eq(r.exit_code, 0);
    cr_assert_str_eq(r.out, "glove-train (glovebox) " GV_VERSION "\n");
    r = RUN(stage_program, "--help");
    cr_assert_eq(r.exit_code, 0);
    const char *const parts[] = {"Usage: glove-train [OPTION]...\n", "--top N", "--progress MODE",
                                 "train.dim [100]", "output.formats [[\"text\"]]"};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        cr_assert_not_null(strstr(r.out, parts[i]), "no '%s' in: %s", parts[i], r.out);
    cr_assert_null(strstr(r.out, "shuffle.seed"), "a key of another stage");
    for (char *line = strtok(r.out, "\n"); line; line = strtok(NULL, "\n"))
        cr_assert_leq(strlen(line), 80u, "too long: %s", line);
    r = RUN(stage_program, "--print-config", "--set", "train.dim=5");
    cr_assert_eq(r.exit_code, 0);
    cr_assert_not_null(strstr(r.out, "\"dim\": 5,"));
    cr_assert_not(gv_test_exists(gv_test_path("runs")));
    gv_test_expect_error(RUN(stage_program, "--print-config", "--set", "x=5"), 2, "\"x\"", NULL);
    gv_test_expect_error(RUN(stage_program, "--help", "--nonsense"), 2, "--nonsense", NULL);
}

Test(program, man_page_is_roff)
{
    gv_test_result r = RUN(stage_program, "--print-man");
    cr_assert_eq(r.exit_code, 0);
    cr_assert_eq(strncmp(r.out, ".TH GLOVE-TRAIN 1 ", 18), 0, "%s", r.out);
    cr_assert_not_null(strstr(r.out, "\n\\&.A line"), "a leading dot is escaped");
    cr_assert_not_null(strstr(r.out, "\\fB\\-\\-top\\fR \\fIN\\fR\nhow many\n"));
}

Test(program, a_full_disk_at_stdout_is_an_error)
{
    gv_test_result r = run_to(&stage_program, "/dev/full", arguments("x", "--help", NULL));
    gv_test_expect_error(r, 1, "glove-train: error: cannot write to standard output: No space",
                         NULL);
    r = run_to(&tool_program, "/dev/full", arguments("x", "word", NULL));
    gv_test_expect_error(r, 1, "cannot write to standard output", NULL);
}
