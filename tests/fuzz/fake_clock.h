/*
 * fake_clock - for fuzz targets, linked with --wrap: gv_clock_wall_seconds and nanosleep of a clock
 * that moves only when a thread pauses or when it is moved, so that no target waits.
 */
#ifndef FAKE_CLOCK_H
#define FAKE_CLOCK_H

#include <stdbool.h>

/* From now on the clock is this one, at 1 s, or (`on` false) again the real one. */
void fake_clock_use(bool on);
void fake_clock_pass(double seconds);

#endif
