#include "plan/gv_plan_passes.h"

#include "base/gv_clock.h"
#include <stdlib.h>

void gv_plan_passes_begin(gv_plan_passes *passes, double seconds)
{
    passes->n = 0;
    passes->before = gv_clock_thread_seconds();
    passes->end = passes->before + seconds;
}

bool gv_plan_passes_more(const gv_plan_passes *passes)
{
    enum { LEAST = 4 };
    return passes->n < LEAST || (passes->n < GV_PLAN_PASSES && passes->before < passes->end);
}

void gv_plan_passes_took(gv_plan_passes *passes)
{
    double now = gv_clock_thread_seconds();
    passes->seconds[passes->n++] = now - passes->before;
    passes->before = now;
}

static int by_seconds(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double gv_plan_passes_quick(gv_plan_passes *passes)
{
    qsort(passes->seconds, passes->n, sizeof *passes->seconds, by_seconds);
    return passes->n > 0 ? passes->seconds[0] : 0;
}
