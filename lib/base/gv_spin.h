/*
 * gv_spin - what a thread does while it waits for another one's next store.
 */
#ifndef GV_SPIN_H
#define GV_SPIN_H

#include <sched.h>

/* One look in vain, number `tries` (from 0). Waits are short where there is a core for every
 * thread; where threads share a core only yielding helps, so spinning is kept to about a
 * microsecond. */
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
