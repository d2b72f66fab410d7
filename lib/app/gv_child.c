#include "app/gv_child.h"

#include "base/gv_clock.h"
#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "base/gv_text.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

/* timeout(1) and shells send a signal twice, to a process and to its group; the same signal within
 * this many seconds is not passed on again. */
static const double repeat_s = 1;

/* Signals are those of the process, so there is one state of them. */
static struct {
    int fd;           /* readable when one has arrived */
    sigset_t before;  /* the mask that children get */
    int first;        /* that would have ended this process; 0: none */
    double passed_at; /* when one was last passed on, in seconds of the clock */
} signals = {.fd = -1};

struct gv_child {
    gv_child_output output;
    pid_t pid;
    int out, err;    /* read ends; -1: closed */
    bool ended;      /* wait_status is valid */
    double heard_at; /* when it last wrote something or ended, in seconds of the clock */
    int wait_status;
    gv_text line; /* the beginning of a line of standard error */
};

/* The children that are waited for together. */
typedef struct family {
    gv_child *const *items;
    size_t n;
} family;

/* --- signals ---------------------------------------------------------------------------------- */

int gv_child_signals_take(gv_error *err)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGCHLD};
    sigset_t set;
    struct sigaction hangup;
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        sigaddset(&set, numbers[i]);
    if (sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler == SIG_IGN)
        sigdelset(&set, SIGHUP); /* nohup; a signalfd would receive it all the same */
    signal(SIGCHLD, SIG_DFL);    /* ignored, it would take the exit codes of children away */
    if (sigprocmask(SIG_BLOCK, &set, &signals.before) != 0 ||
        (signals.fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC)) < 0)
        return gv_error_set_errno(err, "cannot receive signals");
    return GV_OK;
}

/* Does the child still run? */
static bool lives(const gv_child *c)
{
    return c && !c->ended;
}

/* Stop the children, then this process; when this one is continued, so are they. */
static void stop_all(family all)
{
    for (size_t i = 0; i < all.n; i++)
        if (lives(all.items[i]))
            kill(-all.items[i]->pid, all.items[i]->output.has_children ? SIGTSTP : SIGSTOP);
    raise(SIGSTOP);
    for (size_t i = 0; i < all.n; i++)
        if (lives(all.items[i]))
            kill(-all.items[i]->pid, SIGCONT);
}

static void pass(int number, family all)
{
    double now = gv_clock_wall_seconds();
    bool repeated = signals.first && now - signals.passed_at < repeat_s;
    if (!signals.first)
        signals.first = number;
    if (repeated)
        return;
    for (size_t i = 0; i < all.n; i++)
        if (lives(all.items[i]))
            kill(all.items[i]->pid, number);
    signals.passed_at = now;
}

static void take_signals(family all)
{
    struct signalfd_siginfo info;
    while (read(signals.fd, &info, sizeof info) == (ssize_t)sizeof info) {
        int number = (int)info.ssi_signo;
        if (number == SIGTSTP)
            stop_all(all);
        else if (number != SIGCHLD)
            pass(number, all);
    }
}

int gv_child_signals_pending(void)
{
    take_signals((family){NULL, 0});
    return signals.first;
}

/* --- start ------------------------------------------------------------------------------------ */

/* In the child: descriptors, signals, and the program. Returns only on failure. */
static void become(char *const argv[], const int out[2], const int err[2], pid_t parent)
{
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent || dup2(out[1], STDOUT_FILENO) < 0 || dup2(err[1], STDERR_FILENO) < 0)
        return;
    /* what this process ignores or catches is the child's own affair */
    signal(SIGPIPE, SIG_DFL);
    signal(SIGXFSZ, SIG_DFL);
    sigprocmask(SIG_SETMASK, &signals.before, NULL);
    execv(argv[0], argv);
}

static void close_both(const int pipe_ends[2])
{
    for (int i = 0; i < 2; i++)
        if (pipe_ends[i] >= 0)
            close(pipe_ends[i]);
}

static int start(gv_child *c, char *const argv[], gv_error *err)
{
    int out[2] = {-1, -1}, errors[2] = {-1, -1}, failed[2] = {-1, -1}, reason = 0;
    pid_t parent = getpid();
    if (pipe2(out, O_CLOEXEC) != 0 || pipe2(errors, O_CLOEXEC) != 0 ||
        pipe2(failed, O_CLOEXEC) != 0 || (c->pid = fork()) < 0) {
        int status = gv_error_set_errno(err, "cannot start %s", argv[0]);
        close_both(out);
        close_both(errors);
        close_both(failed);
        return status;
    }
    if (c->pid == 0) {
        become(argv, out, errors, parent);
        reason = errno;
        if (write(failed[1], &reason, sizeof reason) < 0)
            _exit(126);
        _exit(127);
    }
    setpgid(c->pid, c->pid); /* whichever of the two comes first */
    close(out[1]);
    close(errors[1]);
    close(failed[1]);
    c->out = out[0];
    c->err = errors[0];
    ssize_t got; /* 0 once the program runs: its end of the pipe is closed then */
    while ((got = read(failed[0], &reason, sizeof reason)) < 0 && errno == EINTR)
        ;
    close(failed[0]);
    if (got <= 0)
        return GV_OK;
    waitpid(c->pid, &c->wait_status, 0);
    close(c->out);
    close(c->err);
    errno = reason;
    gv_error_set_errno(err, "cannot start %s", argv[0]);
    return GV_E_RUNTIME;
}

/* --- output ----------------------------------------------------------------------------------- */

static void end_line(gv_child *c)
{
    gv_text_add(&c->line, ""); /* NUL-terminated, also when empty */
    const char *line = c->line.failed ? "out of memory: a message is lost" : c->line.bytes;
    if (c->output.err_line && line)
        c->output.err_line(c->output.self, line);
    gv_text_drop(&c->line);
}

static void take_errors(gv_child *c, const char *bytes, size_t n)
{
    while (n > 0) {
        const char *newline = memchr(bytes, '\n', n);
        size_t length = newline ? (size_t)(newline - bytes) : n;
        gv_text_add_bytes(&c->line, bytes, length);
        if (newline)
            end_line(c);
        bytes += length + (newline != NULL);
        n -= length + (newline != NULL);
    }
}

/* Read once what is there. */
static void take_output(gv_child *c, int *fd)
{
    char bytes[1 << 14];
    ssize_t n = read(*fd, bytes, sizeof bytes);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (n <= 0) {
        close(*fd);
        *fd = -1;
    } else if (fd == &c->err) {
        take_errors(c, bytes, (size_t)n);
    } else if (c->output.out) {
        c->output.out(c->output.self, bytes, (size_t)n);
    }
}

enum { TICK_MS = 1000, LAST_MS = 50 };

/* Wait until one of the descriptors is ready, at most a second. */
static void wait_for_any(struct pollfd watched[], family all)
{
    int timeout = TICK_MS;
    for (size_t i = 0; i < all.n; i++) {
        const gv_child *c = all.items[i];
        watched[2 * i] = (struct pollfd){c ? c->out : -1, POLLIN, 0};
        watched[2 * i + 1] = (struct pollfd){c ? c->err : -1, POLLIN, 0};
        if (c && c->ended)
            timeout = LAST_MS;
    }
    watched[2 * all.n] = (struct pollfd){signals.fd, POLLIN, 0};
    if (poll(watched, 2 * all.n + 1, timeout) < 0)
        for (size_t i = 0; i <= 2 * all.n; i++)
            watched[i].revents = 0;
    if (watched[2 * all.n].revents)
        take_signals(all);
}

static void look_after(gv_child *c, bool out_ready, bool err_ready)
{
    double now = gv_clock_wall_seconds();
    if (out_ready)
        take_output(c, &c->out);
    if (err_ready)
        take_output(c, &c->err);
    if (out_ready || err_ready)
        c->heard_at = now;
    /* a process that the child has left behind may keep the pipes open: what is in them is read,
     * and no more */
    if (c->ended && now - c->heard_at >= LAST_MS / 1000.0) {
        close_both((int[2]){c->out, c->err});
        c->out = c->err = -1;
    }
    if (!c->ended && c->output.tick)
        c->output.tick(c->output.self);
    if (!c->ended && waitpid(c->pid, &c->wait_status, WNOHANG) == c->pid) {
        c->ended = true;
        c->heard_at = now;
    }
}

/* --- the interface ---------------------------------------------------------------------------- */

int gv_child_start(gv_child **child, char *const argv[], const gv_child_output *output,
                   gv_error *err)
{
    gv_child *c = gv_mem_alloc_zero(1, sizeof *c, err);
    *child = NULL;
    if (!c)
        return GV_E_MEMORY;
    *c = (gv_child){.output = *output, .out = -1, .err = -1, .line = GV_TEXT_INIT};
    int status = start(c, argv, err);
    if (status == GV_OK)
        *child = c;
    else
        gv_mem_free(c);
    return status;
}

void gv_child_turn(gv_child *const children[], size_t n)
{
    struct pollfd watched[2 * GV_CHILD_MOST + 1];
    const family all = {children, n < GV_CHILD_MOST ? n : GV_CHILD_MOST};
    wait_for_any(watched, all);
    for (size_t i = 0; i < all.n; i++)
        if (children[i])
            look_after(children[i], watched[2 * i].revents != 0, watched[2 * i + 1].revents != 0);
}

bool gv_child_has_ended(const gv_child *child)
{
    return child->ended && child->out < 0 && child->err < 0;
}

void gv_child_close(gv_child_end *end, gv_child *child)
{
    *end = (gv_child_end){0};
    if (child->line.used > 0)
        end_line(child);
    gv_text_drop(&child->line);
    if (WIFSIGNALED(child->wait_status))
        end->killed_by = WTERMSIG(child->wait_status);
    end->exit_code = end->killed_by ? 128 + end->killed_by : WEXITSTATUS(child->wait_status);
    gv_mem_free(child);
}

int gv_child_run(gv_child_end *end, char *const argv[], const gv_child_output *output,
                 gv_error *err)
{
    gv_child *child;
    *end = (gv_child_end){0};
    int status = gv_child_start(&child, argv, output, err);
    if (status != GV_OK)
        return status;
    while (!gv_child_has_ended(child))
        gv_child_turn(&child, 1);
    gv_child_close(end, child);
    return GV_OK;
}
