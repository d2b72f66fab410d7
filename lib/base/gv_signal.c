#include "base/gv_signal.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

static atomic_int pending;  /* what gv_signal_check tells */
static atomic_int arrived;  /* the last SIGINT or SIGTERM that was sent to this process */
static atomic_int received; /* for gv_signal_take */
static atomic_bool passed_on;

/* SIGHUP comes along with others: twice when a terminal closes, once more from its shell; before or
 * after SIGTERM when a login session ends. So it never counts as the second signal, nor as the
 * first. */
static void on_signal(int number)
{
    int none = 0;
    atomic_int *flag = atomic_load(&passed_on) ? &received : &pending;
    if (number == SIGHUP) {
        atomic_compare_exchange_strong(flag, &none, number);
        return;
    }
    if (atomic_exchange(&arrived, number) != 0) {
        signal(number, SIG_DFL);
        raise(number);
    }
    atomic_store(flag, number);
}

/* nohup starts a program with SIGHUP ignored: so it stays. */
static int install_hangup(const struct sigaction *action)
{
    struct sigaction before;
    if (sigaction(SIGHUP, NULL, &before) != 0)
        return -1;
    return before.sa_handler == SIG_IGN ? 0 : sigaction(SIGHUP, action, NULL);
}

int gv_signal_install(gv_error *err)
{
    struct sigaction action = {.sa_handler = on_signal};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigemptyset(&action.sa_mask);
    if (sigaction(SIGINT, &action, NULL) != 0 || sigaction(SIGTERM, &action, NULL) != 0 ||
        install_hangup(&action) != 0 || sigaction(SIGPIPE, &ignore, NULL) != 0 ||
        sigaction(SIGXFSZ, &ignore, NULL) != 0)
        return gv_error_set_errno(err, "cannot install signal handlers");
    return GV_OK;
}

int gv_signal_pending(void)
{
    return atomic_load_explicit(&pending, memory_order_relaxed);
}

int gv_signal_check(gv_error *err)
{
    int number = gv_signal_pending();
    if (number == 0)
        return GV_OK;
    return gv_error_set(err, GV_E_STOPPED, "stopped by %s", gv_signal_name(number));
}

const char *gv_signal_name(int number)
{
    return number == SIGINT ? "SIGINT" : number == SIGHUP ? "SIGHUP" : "SIGTERM";
}

void gv_signal_pretend(int signal_number)
{
    atomic_store(&pending, signal_number);
}

void gv_signal_pass_on(void)
{
    atomic_store(&passed_on, true);
}

int gv_signal_take(void)
{
    return atomic_exchange(&received, 0);
}
