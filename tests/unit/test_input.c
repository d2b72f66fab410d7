/* Reading from pipes: a thread that waits for input looks for signals itself. */
#include "base/gv_file.h"
#include "base/gv_file_reader.h"
#include "base/gv_input.h"
#include "base/gv_signal.h"
#include "base/gv_threads.h"
#include "support/gv_test.h"
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *make_pipe(void)
{
    const char *path = gv_test_path("pipe");
    cr_assert_eq(mkfifo(path, 0600), 0);
    return path;
}

/* One thread waits for a pipe's writer, another one receives the signal. */
static int wait_and_stop(void *context, unsigned thread, gv_error *err)
{
    char byte;
    size_t got;
    int fd = -1;
    if (thread == 0) {
        gv_signal_pretend(SIGTERM);
        return GV_OK;
    }
    int status = gv_input_open(&fd, context, err);
    if (status == GV_OK)
        status = gv_input_read(&got, fd, &byte, 1, "pipe", err);
    if (fd >= 0)
        close(fd);
    return status;
}

Test(input, a_signal_ends_the_wait_for_a_writer, .timeout = 30)
{
    char *path = strdup(make_pipe());
    gv_error err = GV_ERROR_INIT;
    cr_assert_eq(gv_threads_run(2, wait_and_stop, path, &err), GV_E_STOPPED, "%s", err.text);
    cr_assert_str_eq(err.text, "stopped by SIGTERM");
    gv_signal_pretend(0);
    free(path);
}

Test(input, a_signal_ends_the_wait_for_a_writer_that_is_silent, .timeout = 30)
{
    char *path = strdup(make_pipe());
    int writer = open(path, O_RDWR);
    gv_error err = GV_ERROR_INIT;
    cr_assert_eq(gv_threads_run(2, wait_and_stop, path, &err), GV_E_STOPPED, "%s", err.text);
    gv_signal_pretend(0);
    close(writer);
    free(path);
}

/* Opens the pipe, which waits for its reader, and writes two parts. */
static int write_two_parts(void *context, unsigned thread, gv_error *err)
{
    (void)err;
    if (thread == 0) {
        gv_file_reader *in;
        char *line;
        size_t n;
        gv_assert_ok(gv_file_reader_open(&in, context, err), *err);
        gv_assert_ok(gv_file_reader_line(in, &line, &n, err), *err);
        cr_assert_str_eq(line, "one two");
        gv_assert_ok(gv_file_reader_line(in, &line, &n, err), *err);
        cr_assert_null(line);
        gv_file_reader_close(in);
        return GV_OK;
    }
    int fd = open(context, O_WRONLY);
    cr_assert(write(fd, "one ", 4) == 4 && write(fd, "two", 3) == 3);
    close(fd);
    return GV_OK;
}

Test(input, the_end_comes_when_the_writer_has_closed, .timeout = 30)
{
    char *path = strdup(make_pipe());
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_threads_run(2, write_two_parts, path, &err), err);
    free(path);
}

Test(input, what_cannot_be_opened_or_read)
{
    gv_error err = GV_ERROR_INIT;
    int fd;
    size_t got;
    char byte;
    cr_assert_eq(gv_input_open(&fd, gv_test_path("none"), &err), GV_E_IO);
    cr_assert(fd == -1 && strstr(err.text, "No such file"), "%s", err.text);
    err = (gv_error)GV_ERROR_INIT;
    cr_assert_eq(gv_input_read(&got, 999, &byte, 1, "that", &err), GV_E_IO);
    cr_assert(got == 0 && strstr(err.text, "cannot read that"), "%s", err.text);
}

/* Writes more than a pipe takes, while nobody reads. */
static int write_and_stop(void *context, unsigned thread, gv_error *err)
{
    static const char bytes[1 << 20];
    if (thread == 0) {
        gv_signal_pretend(SIGTERM);
        return GV_OK;
    }
    return gv_file_write(*(int *)context, bytes, sizeof bytes, "pipe", err);
}

Test(input, a_signal_ends_the_wait_for_a_reader, .timeout = 30)
{
    int ends[2];
    gv_error err = GV_ERROR_INIT;
    cr_assert_eq(pipe(ends), 0);
    cr_assert_eq(gv_threads_run(2, write_and_stop, &ends[1], &err), GV_E_STOPPED, "%s", err.text);
    gv_signal_pretend(0);
    close(ends[0]);
    close(ends[1]);
}

/* The programs: a pipe without a writer, and several threads. A program that does not stop is
 * killed after ten seconds, so that the test ends. */
Test(input, programs_stop_while_they_wait_for_a_pipe, .timeout = 60)
{
    static const char *const waiting[] = {
        "glove-vocab --set 'corpus.files=[\"p\"]' --set cooccur.threads=4 --run-dir r",
        "glove-vocab --set 'corpus.files=[\"c\",\"p\"]' --set cooccur.threads=1 --run-dir r",
        "glove-convert p q.txt", "glove-query --vectors p nearest a"};
    gv_test_run_ok("mkfifo p && echo a b c >c");
    for (size_t i = 0; i < sizeof waiting / sizeof *waiting; i++) {
        gv_test_result r =
            gv_test_run("%s --progress none & pid=$!; has() { readlink /proc/$pid/fd/* | "
                        "grep -q '/p$'; }; n=0; until has || [ $n -gt 500 ]; do sleep 0.02; "
                        "n=$((n+1)); done; has && kill -TERM $pid || echo never opened; "
                        "(sleep 10; kill -9 $pid) >/dev/null 2>&1 & wait $pid; code=$?; kill $!; "
                        "exit $code",
                        waiting[i]);
        cr_expect_eq(r.exit_code, 143, "%s: %d %s%s", waiting[i], r.exit_code, r.out, r.err);
    }
}
