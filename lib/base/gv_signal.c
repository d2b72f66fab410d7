#include "base/gv_signal.h"

#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>

static atomic_int pending;

/* SIGHUP comes along with others: twice when a terminal closes, once more from its shell; before or
 * after SIGTERM when a login session ends. So it never counts as the second signal, nor as the
 * first. */
static void on_signal(int number)
{
    int none = 0;
    if (number == SIGHUP) {
        atomic_compare_exchange_strong(&pending, &none, number);
        return;
    }
    int before = atomic_exchange(&pending, number);
    if (before != 0 && before != SIGHUP) {
        signal(number, SIG_DFL);
        raise(number);
    }
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
