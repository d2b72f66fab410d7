#include "base/gv_signal.h"

#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>

static atomic_int pending;

static void on_signal(int number)
{
    if (atomic_exchange(&pending, number) != 0) {
        signal(number, SIG_DFL);
        raise(number);
    }
}

int gv_signal_install(gv_error *err)
{
    struct sigaction action = {.sa_handler = on_signal};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigemptyset(&action.sa_mask);
    if (sigaction(SIGINT, &action, NULL) != 0 || sigaction(SIGTERM, &action, NULL) != 0 ||
        sigaction(SIGPIPE, &ignore, NULL) != 0 || sigaction(SIGXFSZ, &ignore, NULL) != 0)
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
    return gv_error_set(err, GV_E_STOPPED, "stopped by %s",
                        number == SIGINT ? "SIGINT" : "SIGTERM");
}

void gv_signal_pretend(int signal_number)
{
    atomic_store(&pending, signal_number);
}
