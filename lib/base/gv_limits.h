/*
 * gv_limits - how much memory and processor time the machine leaves to this process, and the
 * control groups around it: containers, systemd's slices, jobs of Slurm.
 *
 * Groups are nested, and the tightest limit counts. Both versions of the kernel's interface are
 * read, also side by side ("hybrid"). /proc/self/cgroup names the process's groups,
 * /proc/self/mountinfo where their files are; the usual places below /sys/fs/cgroup are looked at
 * in any case. What cannot be read sets no limit.
 *
 * `root` is put before every path: "" for this machine, a directory with such files in tests.
 *
 * Threads: any.
 */
#ifndef GV_LIMITS_H
#define GV_LIMITS_H

#include "base/gv_error.h"
#include <stdint.h>

/* Bytes that can be allocated now without swapping: MemAvailable, or what the limits of the groups
 * (memory.max, memory.high, memory.limit_in_bytes) leave if that is less. Page cache counts as
 * free, because the kernel drops it when memory is needed. At least 1; 0: unknown. */
uint64_t gv_limits_memory(const char *root);

/* Processors that the groups' quotas of time (cpu.max, cpu.cfs_quota_us) amount to, rounded up;
 * 0: no quota. */
unsigned gv_limits_processors(const char *root);

/* Is the stack (`ulimit -s`, which is also that of each thread) as large as every program needs?
 * GV_E_MEMORY if not: a program would end by a signal in the middle of its work. */
enum { GV_LIMITS_STACK_KIB = 256 };
GV_MUST_USE int gv_limits_check_stack(gv_error *err);

#endif
