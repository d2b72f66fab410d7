/* Programs that glove-run starts: how they end, what they write, signals. */
#include "app/gv_child.h"
#include "base/gv_text.h"
#include "support/gv_test.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

typedef struct heard {
    gv_text out, lines;
    size_t n_lines, longest;
} heard;

static void take_out(void *self, const char *bytes, size_t n)
{
    gv_text_add_bytes(&((heard *)self)->out, bytes, n);
}

static void take_line(void *self, const char *line)
{
    heard *h = self;
    size_t length = strlen(line);
    h->n_lines++;
    h->longest = length > h->longest ? length : h->longest;
    if (length < 1000)
        gv_text_printf(&h->lines, "%s|", line);
}

/* Run a shell command line. */
static gv_child_end run(heard *h, const char *command)
{
    char shell[] = "/bin/sh", option[] = "-c";
    char *argv[] = {shell, option, gv_test_keep(strdup(command)), NULL};
    const gv_child_output output = {.out = take_out, .err_line = take_line, .self = h};
    gv_error err = GV_ERROR_INIT;
    gv_child_end end;
    *h = (heard){0};
    gv_assert_ok(gv_child_run(&end, argv, &output, &err), err);
    return end;
}

static void drop(heard *h)
{
    gv_text_drop(&h->out);
    gv_text_drop(&h->lines);
}

static void take_signals(void)
{
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_child_signals_take(&err), err);
}

Test(child, output_and_exit_code, .init = take_signals)
{
    heard h;
    gv_child_end end = run(&h, "echo out; echo one >&2; echo >&2; printf last >&2; exit 3");
    cr_expect_eq(end.exit_code, 3);
    cr_expect_eq(end.killed_by, 0);
    cr_expect_str_eq(h.out.bytes, "out\n");
    cr_expect_str_eq(h.lines.bytes, "one||last|");
    drop(&h);
}

Test(child, much_output_on_both_pipes, .init = take_signals, .timeout = 30)
{
    heard h;
    gv_child_end end = run(&h, "head -c 3000000 /dev/zero | tr '\\0' x >&2; echo >&2; "
                               "seq 100000; seq 100000 >&2");
    cr_expect_eq(end.exit_code, 0);
    cr_expect_eq(h.n_lines, 100001);
    cr_expect_eq(h.longest, 3000000);
    cr_expect_eq(h.out.used, 588895);
    drop(&h);
}

Test(child, one_that_is_killed, .init = take_signals)
{
    heard h;
    gv_child_end end = run(&h, "kill -SEGV $$");
    cr_expect_eq(end.killed_by, SIGSEGV);
    cr_expect_eq(end.exit_code, 128 + SIGSEGV);
    cr_expect_eq(gv_child_signals_pending(), 0);
    drop(&h);
}

/* The child sends its parent two signals of a kind, as timeout(1) does, and gets one. */
Test(child, signals_are_passed_on_once, .init = take_signals, .timeout = 30)
{
    heard h;
    gv_child_end end = run(&h, "n=0; trap 'n=$((n + 1))' TERM; kill -TERM $PPID $PPID\n"
                               "while [ $n = 0 ]; do sleep 0.01; done\n"
                               "kill -TERM $PPID; sleep 0.1; exit $n");
    cr_expect_eq(end.exit_code, 1, "%d", end.exit_code);
    cr_expect_eq(gv_child_signals_pending(), SIGTERM);
    drop(&h);
}

Test(child, what_it_leaves_behind_is_not_waited_for, .init = take_signals, .timeout = 10)
{
    heard h;
    gv_child_end end = run(&h, "sleep 60 & echo $!; exit 0");
    cr_expect_eq(end.exit_code, 0);
    cr_expect_eq(kill(atoi(h.out.bytes), SIGKILL), 0, "it was still there");
    drop(&h);
}

Test(child, cannot_be_started, .init = take_signals)
{
    char program[] = "/nix/glove-vocab";
    char *argv[] = {program, NULL};
    const gv_child_output output = {0};
    gv_error err = GV_ERROR_INIT;
    gv_child_end end;
    cr_expect_eq(gv_child_run(&end, argv, &output, &err), GV_E_RUNTIME);
    cr_expect_not_null(strstr(err.text, "/nix/glove-vocab: No such file"), "%s", err.text);
}
