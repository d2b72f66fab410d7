/*
 * gv_spin - what a thread does while it waits for another thread to store a value.
 *
 * Threads: any.
 */
#ifndef GV_SPIN_H
#define GV_SPIN_H

#include <sched.h>

/* Call it after the check number `tries` (from 0) that found the value not yet there. Waits are
 * short if each thread has a core. If threads share a core, only yielding helps, so this spins for
 * about a microsecond and then yields. */
static inline void gv_spin(unsigned tries)
{
    enum { SPINS = 64 };
    if (tries >= SPINS) {
        sched_yield();
        return;
    }
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

#endif
