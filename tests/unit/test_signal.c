/* Signals: the first one asks the program to save and stop, a second one ends it. */
#include "base/gv_signal.h"
#include "support/gv_test.h"
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

/* How a child process ends that installs the handlers and sends itself these signals: the flag's
 * value as its exit code, or 100 + the signal that ended it. */
static int after(void (*before)(int), const int *signals, size_t n)
{
    fflush(NULL);
    pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) {
        signal(SIGHUP, before);
        if (gv_signal_install(NULL) != GV_OK)
            _exit(99);
        for (size_t i = 0; i < n; i++)
            raise(signals[i]);
        _exit(gv_signal_pending());
    }
    int status;
    cr_assert_eq(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 100 + WTERMSIG(status);
}

#define AFTER(before, ...)                                                                         \
    after(before, (const int[]){__VA_ARGS__}, sizeof(int[]){__VA_ARGS__} / sizeof(int))

Test(signal, the_first_is_a_flag_and_the_second_ends)
{
    cr_assert_eq(AFTER(SIG_DFL, SIGINT), SIGINT);
    cr_assert_eq(AFTER(SIG_DFL, SIGTERM), SIGTERM);
    cr_assert_eq(AFTER(SIG_DFL, SIGINT, SIGTERM), 100 + SIGTERM);
    cr_assert_eq(AFTER(SIG_DFL, SIGTERM, SIGTERM), 100 + SIGTERM);
}

/* A closed terminal sends SIGHUP twice, the end of a login session SIGTERM and SIGHUP. */
Test(signal, hangup_comes_with_others)
{
    cr_assert_eq(AFTER(SIG_DFL, SIGHUP), SIGHUP);
    cr_assert_eq(AFTER(SIG_DFL, SIGHUP, SIGHUP, SIGHUP), SIGHUP);
    cr_assert_eq(AFTER(SIG_DFL, SIGHUP, SIGTERM), SIGTERM);
    cr_assert_eq(AFTER(SIG_DFL, SIGTERM, SIGHUP), SIGTERM);
    cr_assert_eq(AFTER(SIG_DFL, SIGHUP, SIGINT, SIGINT), 100 + SIGINT);
}

Test(signal, nohup)
{
    cr_assert_eq(AFTER(SIG_IGN, SIGHUP, SIGHUP), 0);
    cr_assert_eq(AFTER(SIG_IGN, SIGHUP, SIGTERM), SIGTERM);
}

Test(signal, names)
{
    gv_error err = GV_ERROR_INIT;
    cr_assert_eq(gv_signal_check(&err), GV_OK);
    gv_signal_pretend(SIGHUP);
    cr_assert_eq(gv_signal_check(&err), GV_E_STOPPED);
    cr_assert_str_eq(err.text, "stopped by SIGHUP");
    gv_signal_pretend(0);
    cr_assert_str_eq(gv_signal_name(SIGINT), "SIGINT");
    cr_assert_str_eq(gv_signal_name(SIGTERM), "SIGTERM");
}
