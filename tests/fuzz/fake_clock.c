#include "fake_clock.h"

#include "base/gv_clock.h"
#include <stdatomic.h>
#include <time.h>

static atomic_bool used;
static atomic_llong clock_ns;

double __real_gv_clock_wall_seconds(void);
double __wrap_gv_clock_wall_seconds(void);
double __wrap_gv_clock_wall_seconds(void)
{
    return atomic_load(&used) ? 1e-9 * (double)atomic_load(&clock_ns)
                              : __real_gv_clock_wall_seconds();
}

int __real_nanosleep(const struct timespec *pause, struct timespec *rest);
int __wrap_nanosleep(const struct timespec *pause, struct timespec *rest);
int __wrap_nanosleep(const struct timespec *pause, struct timespec *rest)
{
    if (!atomic_load(&used))
        return __real_nanosleep(pause, rest);
    atomic_fetch_add(&clock_ns, pause->tv_sec * 1000000000LL + pause->tv_nsec);
    return 0;
}

void fake_clock_use(bool on)
{
    atomic_store(&clock_ns, 1000000000);
    atomic_store(&used, on);
}

void fake_clock_pass(double seconds)
{
    atomic_fetch_add(&clock_ns, (long long)(1e9 * seconds));
}
