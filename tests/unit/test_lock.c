/* Locks: taken, held by another process, not there. Linked with --wrap=flock. */
#include "app/gv_run.h"
#include "base/gv_lock.h"
#include "base/gv_progress.h"
#include "base/gv_signal.h"
#include "support/gv_test.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

static int answer; /* errno of flock; 0: the real one */

int __real_flock(int fd, int operation);
int __wrap_flock(int fd, int operation);
int __wrap_flock(int fd, int operation)
{
    if (answer == 0)
        return __real_flock(fd, operation);
    errno = answer;
    return -1;
}

static int open_file(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    cr_assert_geq(fd, 0);
    return fd;
}

/* A process that has the lock alone until it is killed. */
static pid_t hold(const char *path)
{
    int ready[2];
    char byte;
    cr_assert_eq(pipe(ready), 0);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        if (gv_lock_take(open_file(path), GV_LOCK_ALONE, false) == GV_LOCK_TAKEN &&
            write(ready[1], "", 1) == 1)
            for (;;)
                pause();
        _exit(1);
    }
    close(ready[1]);
    cr_assert_eq(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return child;
}

Test(lock, is_held_by_a_process_that_can_be_named_and_ends_with_it, .timeout = 30)
{
    char *path = strdup(gv_test_path("lock"));
    pid_t child = hold(path);
    int fd = open_file(path);
    char text[GV_LOCK_HOLDER_TEXT];
    cr_assert_eq(gv_lock_take(fd, GV_LOCK_SHARED, false), GV_LOCK_BUSY);
    cr_assert_eq(gv_lock_holder(fd), child);
    cr_assert_str_eq(gv_lock_holder_text(text, fd), gv_test_format(" (process %ld)", (long)child));
    gv_signal_pretend(SIGTERM); /* ends the wait */
    cr_assert_eq(gv_lock_take(fd, GV_LOCK_ALONE, true), GV_LOCK_BUSY);
    gv_signal_pretend(0);
    kill(child, SIGKILL);
    cr_assert_eq(gv_lock_take(fd, GV_LOCK_ALONE, true), GV_LOCK_TAKEN);
    cr_assert_eq(waitpid(child, NULL, 0), child);
    close(fd);
    free(path);
}

Test(lock, several_may_share_it)
{
    const char *path = gv_test_path("lock");
    int a = open_file(path), b = open_file(path), c = open_file(path);
    cr_assert_eq(gv_lock_take(a, GV_LOCK_SHARED, false), GV_LOCK_TAKEN);
    cr_assert_eq(gv_lock_take(b, GV_LOCK_SHARED, false), GV_LOCK_TAKEN);
    cr_assert_eq(gv_lock_take(c, GV_LOCK_ALONE, false), GV_LOCK_BUSY);
    close(a);
    close(b);
    cr_assert_eq(gv_lock_take(c, GV_LOCK_ALONE, false), GV_LOCK_TAKEN);
    close(c);
}

static void expect_note(int reason)
{
    char *notes = NULL;
    size_t bytes;
    FILE *sink = open_memstream(&notes, &bytes);
    gv_error err = GV_ERROR_INIT;
    gv_progress *progress;
    gv_run *run;
    gv_config config = {0};
    gv_assert_ok(gv_progress_open(&progress, GV_PROGRESS_PLAIN, sink, "train", &err), err);
    const gv_run_options options = {.config = &config,
                                    .dir = gv_test_path("run"),
                                    .stage = GV_STAGE_TRAIN,
                                    .progress = progress};
    answer = reason;
    gv_assert_ok(gv_run_open(&run, &options, &err), err);
    answer = 0;
    gv_run_close(run);
    gv_progress_close(progress);
    fclose(sink);
    cr_assert_str_eq(notes, gv_test_format("train: the file system of %s has no locks (%s): see "
                                           "to it that no other program works there at the same "
                                           "time\n",
                                           options.dir, strerror(reason)));
    free(notes);
}

/* Network file systems without locks: the stage works, and says so once. */
Test(lock, file_systems_without_locks)
{
    static const int answers[] = {ENOLCK, EOPNOTSUPP, ENOSYS, EINVAL};
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
        expect_note(answers[i]);
}
