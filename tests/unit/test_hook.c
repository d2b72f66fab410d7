/* gv_test_hook: rules from the environment, events that are counted, actions that are done once. */
#include "base/gv_file_writer.h"
#include "base/gv_mem.h"
#include "base/gv_test_hook.h"
#include "support/gv_test.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void install(const char *rules)
{
    gv_error err = GV_ERROR_INIT;
    setenv("GLOVEBOX_TEST_AT", rules, 1);
    gv_assert_ok(gv_test_hook_install(&err), err);
}

Test(hook, without_the_variable_nothing_happens)
{
    gv_error err = GV_ERROR_INIT;
    unsetenv("GLOVEBOX_TEST_AT");
    gv_assert_ok(gv_test_hook_install(&err), err);
    cr_assert_not(gv_test_hook_armed);
    cr_assert_not(gv_test_hook(GV_TEST_HOOK_WRITE));
}

Test(hook, malformed_rules_are_refused)
{
    static const char *const rules[] = {"",
                                        "task",
                                        "task:3",
                                        "task=KILL",
                                        "task:0=KILL",
                                        "task:x=KILL",
                                        "nothing:1=KILL",
                                        "task:1=",
                                        "task:1=KIL",
                                        "task:1=KILL,",
                                        "task:1=KILL,write"};
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        gv_error err = GV_ERROR_INIT;
        setenv("GLOVEBOX_TEST_AT", rules[i], 1);
        cr_assert_eq(gv_test_hook_install(&err), GV_E_USAGE, "'%s'", rules[i]);
        cr_assert_not_null(strstr(err.text, "GLOVEBOX_TEST_AT"), "%s", err.text);
    }
}

static int cuts, cut_rank;

static void cut(void *context, int rank)
{
    cr_assert_eq(context, &cuts);
    cuts++;
    cut_rank = rank;
}

Test(hook, an_action_is_done_once_at_its_event)
{
    install("task:3=cut:2");
    gv_test_hook_action("cut", cut, &cuts);
    for (int i = 1; i <= 6; i++) {
        gv_test_hook(GV_TEST_HOOK_CHECKPOINT);
        cr_assert_not(gv_test_hook(GV_TEST_HOOK_TASK));
        cr_assert_eq(cuts, i >= 3);
    }
    cr_assert_eq(cut_rank, 2);
}

Test(hook, writes_fail_from_then_on)
{
    install("write:2=fail");
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_file_writer_whole(gv_test_path("a"), "a", 1, &err), err);
    cr_assert_eq(gv_file_writer_whole(gv_test_path("b"), "b", 1, &err), GV_E_IO);
    cr_assert_not_null(strstr(err.text, "No space"), "%s", err.text);
    cr_assert_eq(gv_file_writer_whole(gv_test_path("c"), "c", 1, NULL), GV_E_IO);
    cr_assert(gv_test_exists(gv_test_path("a")) && !gv_test_exists(gv_test_path("c.tmp")));
}

Test(hook, syncs_and_renames_and_allocations_fail)
{
    static const char *const rules[] = {"sync:1=fail", "rename:1=fail", "allocation:1=fail"};
    static const int statuses[] = {GV_E_IO, GV_E_IO, GV_E_MEMORY};
    for (size_t i = 0; i < 3; i++) {
        install(rules[i]);
        const char *path = gv_test_path("out");
        cr_assert_eq(gv_file_writer_whole(path, "x", 1, NULL), statuses[i], "%s", rules[i]);
        cr_assert_not(gv_test_exists(path), "%s", rules[i]);
    }
}

/* A child that reaches `events` checkpoints; returns the signal that ended it, 0: none. */
static int signal_of_child(const char *rules, int events)
{
    pid_t child = fork();
    cr_assert(child >= 0);
    if (child == 0) {
        setenv("GLOVEBOX_TEST_AT", rules, 1);
        signal(SIGINT, SIG_DFL); /* a shell's background job has it ignored */
        if (gv_test_hook_install(NULL) != GV_OK)
            _exit(9);
        for (int i = 0; i < events; i++)
            gv_test_hook(GV_TEST_HOOK_CHECKPOINT);
        _exit(0);
    }
    int status;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

Test(hook, signals)
{
    cr_assert_eq(signal_of_child("checkpoint:2=KILL", 1), 0);
    cr_assert_eq(signal_of_child("checkpoint:2=KILL", 2), SIGKILL);
    cr_assert_eq(signal_of_child("task:1=KILL,checkpoint:1=TERM", 1), SIGTERM);
    cr_assert_eq(signal_of_child("checkpoint:1=INT", 3), SIGINT);
}

Test(hook, waits_until_a_file_is_there, .timeout = 60)
{
    const char *rules = gv_test_format("checkpoint:1=wait:%s", gv_test_path("go"));
    pid_t child = fork();
    cr_assert(child >= 0);
    if (child == 0)
        _exit(signal_of_child(rules, 2));
    gv_test_write_text("go", "");
    int status;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert_eq(status, 0);
}
