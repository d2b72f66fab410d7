/*
 * Which kernel runs: the table of all kernels of this build, filtered by what the CPU and the
 * operating system support (the compiler's run-time check looks at both: the operating system has
 * to save the wide registers).
 */
#include "kernel/gv_kernel_isa.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
static bool cpu_runs(const char *name)
{
    __builtin_cpu_init();
    if (strcmp(name, "avx2") == 0)
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (strcmp(name, "avx512") == 0)
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("fma");
    return true;
}
#else
/* On AArch64 NEON is part of the base architecture; elsewhere only the scalar kernel is built. */
static bool cpu_runs(const char *name)
{
    (void)name;
    return true;
}
#endif

size_t gv_kernel_list(const gv_kernel *kernels[GV_KERNELS])
{
    const gv_kernel *all[GV_KERNELS] = {&gv_kernel_scalar, gv_kernel_neon, gv_kernel_avx2,
                                        gv_kernel_avx512};
    size_t n = 0;

    for (size_t i = 0; i < GV_KERNELS; i++)
        if (all[i] != NULL && cpu_runs(all[i]->name))
            kernels[n++] = all[i];
    return n;
}

static bool name_is_known(const char *name)
{
    static const char *const names[GV_KERNELS] = {"scalar", "avx2", "avx512", "neon"};

    for (size_t i = 0; i < GV_KERNELS; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

int gv_kernel_choose(const gv_kernel **kernel, gv_error *err)
{
    const gv_kernel *list[GV_KERNELS];
    size_t n = gv_kernel_list(list);
    const char *wanted = getenv("GLOVEBOX_KERNEL");

    *kernel = list[n - 1]; /* the list goes from slow to fast */
    if (wanted == NULL || *wanted == '\0')
        return GV_OK;
    for (size_t i = 0; i < n; i++)
        if (strcmp(list[i]->name, wanted) == 0) {
            *kernel = list[i];
            return GV_OK;
        }
    if (name_is_known(wanted))
        return gv_error_set(
            err, GV_E_USAGE,
            "GLOVEBOX_KERNEL=%s: this CPU or this build cannot run that kernel; the "
            "fastest one it can run is %s (unset the variable to use it)",
            wanted, list[n - 1]->name);
    return gv_error_set(err, GV_E_USAGE,
                        "GLOVEBOX_KERNEL=%s: unknown kernel; choose scalar, avx2, avx512 or neon",
                        wanted);
}

/* `even` is rounded down to whole chunks: a kernel treats all lanes of a chunk alike. */
void gv_kernel_summarise(gv_kernel_summary *summary, const gv_kernel_args *args)
{
    size_t even = 0;
    gv_kernel_summary found = {.eta = args->eta_row[0], .clip_low = INFINITY};

    /* biases and constants stand behind the vector (gv_kernel.h), so the lanes before are alike */
    while (even < args->width && args->eta_row[even] == found.eta &&
           args->eta_column[even] == found.eta)
        even++;
    found.even = even / GV_LANES * GV_LANES;
    for (size_t l = 0; l < args->width; l++) {
        float etas[2] = {args->eta_row[l], args->eta_column[l]};
        for (int i = 0; i < 2; i++) {
            if (!(etas[i] > 0) || args->clip[l] == INFINITY)
                continue;
            /* comparisons, because fmaxf is a function call in code for CPUs of any age */
            float bound = args->clip[l] * etas[i];
            found.eta_top = etas[i] > found.eta_top ? etas[i] : found.eta_top;
            found.clip_low = bound < found.clip_low ? bound : found.clip_low;
        }
    }
    *summary = found;
}
