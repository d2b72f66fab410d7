/*
 * Clocks that jump, for LD_PRELOAD:
 *
 *     FAULT_CLOCK=KIND:SEED   `jump`: each look at a clock of the calendar is off by up to a year,
 *                             and one at the monotonic clock ahead by up to a minute; `back`: the
 *                             calendar runs backwards; `stop`: no clock moves; `far`: the year 4000
 *
 * The monotonic clock never goes back: the kernel promises that.
 */
#include "preload.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static atomic_uint_fast64_t looks, ahead;

static const char *kind_of_clock(void)
{
    static const char *kind;
    static atomic_int known;
    if (!atomic_load(&known)) {
        kind = getenv("FAULT_CLOCK");
        atomic_store(&known, 1);
    }
    return kind;
}

/* A number that looks random, by the seed and the number of looks so far. */
static uint64_t draw(const char *kind)
{
    uint64_t x = strtoull(strchr(kind, ':') ? strchr(kind, ':') + 1 : "1", NULL, 10) +
                 0x9e3779b97f4a7c15u * (atomic_fetch_add(&looks, 1) + 1);
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    return x ^ x >> 31;
}

static void disturb_calendar(const char *kind, struct timespec *now)
{
    enum { YEAR = 31536000 };
    if (strncmp(kind, "jump", 4) == 0)
        now->tv_sec += (time_t)(draw(kind) % (2 * YEAR)) - YEAR;
    else if (strncmp(kind, "back", 4) == 0)
        now->tv_sec = 4000000000 - now->tv_sec;
    else if (strncmp(kind, "stop", 4) == 0)
        *now = (struct timespec){.tv_sec = 1000000000};
    else if (strncmp(kind, "far", 3) == 0)
        now->tv_sec += (time_t)2000 * YEAR;
}

static void disturb_monotonic(const char *kind, struct timespec *now)
{
    if (strncmp(kind, "jump", 4) == 0)
        now->tv_sec += (time_t)(atomic_fetch_add(&ahead, draw(kind) % 60) & 0xffffffff);
    else if (strncmp(kind, "stop", 4) == 0)
        *now = (struct timespec){.tv_sec = 1};
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    int status = (int)syscall(SYS_clock_gettime, clock, now);
    const char *kind = kind_of_clock();
    if (status == 0 && kind && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        disturb_calendar(kind, now);
    else if (status == 0 && kind && (clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_COARSE))
        disturb_monotonic(kind, now);
    return status;
}

time_t time(time_t *result)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (result)
        *result = now.tv_sec;
    return now.tv_sec;
}

int gettimeofday(struct timeval *restrict result, void *restrict zone)
{
    struct timespec now;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    *result = (struct timeval){.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000};
    return 0;
}
