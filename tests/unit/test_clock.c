/* gv_clock: clocks that never go back. */
#include "base/gv_clock.h"
#include "support/gv_test.h"
#include <time.h>

Test(clock, never_goes_back)
{
    double wall = gv_clock_wall_seconds(), cpu = gv_clock_cpu_seconds();
    cr_assert_geq(cpu, 0);
    for (int i = 0; i < 10000; i++) {
        double now = gv_clock_wall_seconds(), used = gv_clock_cpu_seconds();
        cr_assert(now >= wall && used >= cpu);
        wall = now;
        cpu = used;
    }
    cr_assert_gt(cpu, 0, "ten thousand readings take some processor time");
}

Test(clock, wall_seconds_are_seconds)
{
    struct timespec now;
    double before = gv_clock_wall_seconds();
    clock_gettime(CLOCK_MONOTONIC, &now);
    double after = gv_clock_wall_seconds(),
           seconds = (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
    cr_assert(before <= seconds && seconds <= after, "%f, %f, %f", before, seconds, after);
}

Test(clock, calendar_time_is_utc)
{
    char text[GV_CLOCK_UTC_BYTES];
    struct tm parts = {0};
    time_t before = time(NULL);
    gv_clock_utc(text);
    char *rest = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    cr_assert(rest && *rest == '\0', "%s", text);
    time_t told = timegm(&parts);
    cr_assert(before <= told && told <= time(NULL), "%s", text);
}
