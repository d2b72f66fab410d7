/* Fake trees of /proc and /sys, as they are on hosts and in containers of all kinds. */
#include "base/gv_limits.h"
#include "support/gv_test.h"
#include <string.h>
#include <sys/resource.h>

#define MIB (1ULL << 20)

static const char *root;

/* Write a file of the tree; the directories are made. */
static void put(const char *path, const char *text)
{
    char *name = gv_test_keep(strdup(gv_test_format("tree%s", path)));
    char *slash = strrchr(name, '/');
    *slash = '\0';
    gv_test_run_ok("mkdir -p '%s'", name);
    *slash = '/';
    gv_test_write_text(name, text);
}

static void put_number(const char *path, uint64_t value)
{
    put(path, gv_test_format("%llu\n", (unsigned long long)value));
}

/* A machine with 8 GiB available. */
static void begin(const char *groups, const char *mounts)
{
    root = gv_test_path("tree");
    put("/proc/meminfo", "MemTotal: 9000000 kB\nMemFree: 1 kB\nMemAvailable:    8388608 kB\n");
    put("/proc/self/cgroup", groups);
    put("/proc/self/mountinfo", mounts);
}

#define V2_MOUNT "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
#define V1_MOUNTS                                                                                  \
    "31 30 0:27 / /sys/fs/cgroup/cpu,cpuacct rw shared:9 - cgroup cgroup rw,cpu,cpuacct\n"         \
    "35 30 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n"

Test(limits, a_host_without_groups)
{
    begin("0::/\n", V2_MOUNT);
    cr_assert_eq(gv_limits_memory(root), 8192 * MIB);
    cr_assert_eq(gv_limits_processors(root), 0u);
}

Test(limits, nothing_can_be_read)
{
    root = gv_test_path("empty");
    cr_assert_eq(gv_limits_memory(root), 0u);
    cr_assert_eq(gv_limits_processors(root), 0u);
}

Test(limits, without_proc_the_usual_places_are_read)
{
    root = gv_test_path("tree");
    put_number("/sys/fs/cgroup/memory.max", 64 * MIB);
    put_number("/sys/fs/cgroup/memory.current", 4 * MIB);
    put("/sys/fs/cgroup/cpu.max", "200000 100000\n");
    cr_assert_eq(gv_limits_memory(root), 60 * MIB);
    cr_assert_eq(gv_limits_processors(root), 2u);
}

Test(limits, page_cache_is_free)
{
    begin("0::/\n", V2_MOUNT);
    put_number("/sys/fs/cgroup/memory.max", 512 * MIB);
    put_number("/sys/fs/cgroup/memory.current", 508 * MIB);
    cr_assert_eq(gv_limits_memory(root), 4 * MIB, "no statistics");
    put("/sys/fs/cgroup/memory.stat",
        gv_test_format("anon 1\nfile %llu\nshmem %llu\ninactive_file %llu\nactive_file %llu\n"
                       "slab_reclaimable %llu\n",
                       500 * MIB, 100 * MIB, 300 * MIB, 100 * MIB, 2 * MIB));
    cr_assert_eq(gv_limits_memory(root), (4 + 402) * MIB, "but files in memory are not");
}

Test(limits, a_full_group_is_not_an_unknown_one)
{
    begin("0::/\n", V2_MOUNT);
    put_number("/sys/fs/cgroup/memory.max", 512 * MIB);
    put_number("/sys/fs/cgroup/memory.current", 513 * MIB);
    cr_assert_eq(gv_limits_memory(root), 1u);
    /* numbers that were read at different moments */
    put("/sys/fs/cgroup/memory.stat", gv_test_format("inactive_file %llu\n", 999 * MIB));
    cr_assert_eq(gv_limits_memory(root), 512 * MIB);
}

Test(limits, a_soft_limit_counts)
{
    begin("0::/\n", V2_MOUNT);
    put("/sys/fs/cgroup/memory.max", "max\n");
    put("/sys/fs/cgroup/memory.high", "104857600\n");
    cr_assert_eq(gv_limits_memory(root), 100 * MIB);
    put("/sys/fs/cgroup/memory.high", "max\n");
    cr_assert_eq(gv_limits_memory(root), 8192 * MIB);
}

Test(limits, the_tightest_of_nested_groups)
{
    begin("0::/user.slice/user-1000.slice/session 3.scope\n", V2_MOUNT);
    put("/sys/fs/cgroup/user.slice/user-1000.slice/session 3.scope/memory.max", "max\n");
    put_number("/sys/fs/cgroup/user.slice/user-1000.slice/memory.max", 300 * MIB);
    put_number("/sys/fs/cgroup/user.slice/user-1000.slice/memory.current", 50 * MIB);
    put_number("/sys/fs/cgroup/user.slice/memory.max", 400 * MIB);
    put_number("/sys/fs/cgroup/user.slice/memory.current", 200 * MIB);
    cr_assert_eq(gv_limits_memory(root), 200 * MIB, "the outer one has less left");
    put_number("/sys/fs/cgroup/user.slice/user-1000.slice/session 3.scope/memory.max", 90 * MIB);
    cr_assert_eq(gv_limits_memory(root), 90 * MIB);
    put("/sys/fs/cgroup/user.slice/cpu.max", "max 100000\n");
    put("/sys/fs/cgroup/user.slice/user-1000.slice/cpu.max", "350000 100000\n");
    put("/sys/fs/cgroup/user.slice/user-1000.slice/session 3.scope/cpu.max", "max 100000\n");
    cr_assert_eq(gv_limits_processors(root), 4u, "rounded up");
    put("/sys/fs/cgroup/user.slice/cpu.max", "10000 100000\n");
    cr_assert_eq(gv_limits_processors(root), 1u);
}

/* A container that sees its own group at the top of the mount, by its full name. */
Test(limits, a_mount_of_a_part_of_the_tree)
{
    begin("0::/docker/abc/inner\n",
          "30 23 0:26 /docker/abc /mnt/my\\040groups rw - cgroup2 cgroup rw\n");
    put_number("/mnt/my groups/memory.max", 200 * MIB);
    put_number("/mnt/my groups/inner/memory.max", 100 * MIB);
    put_number("/mnt/memory.max", 1 * MIB); /* outside */
    cr_assert_eq(gv_limits_memory(root), 100 * MIB);
    put("/proc/self/cgroup", "0::/docker/abcd/inner\n");
    cr_assert_eq(gv_limits_memory(root), 200 * MIB, "only the top is known");
    put("/proc/self/cgroup", "0::/../other\n");
    cr_assert_eq(gv_limits_memory(root), 200 * MIB);
}

Test(limits, version_1)
{
    begin("12:cpuset:/\n5:cpu,cpuacct:/slurm/job_7\n4:memory:/slurm/job_7\n", V1_MOUNTS);
    put("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    put_number("/sys/fs/cgroup/memory/memory.usage_in_bytes", 4000 * MIB);
    put("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n");
    put("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
    cr_assert_eq(gv_limits_memory(root), 8192 * MIB);
    cr_assert_eq(gv_limits_processors(root), 0u);
    put_number("/sys/fs/cgroup/memory/slurm/job_7/memory.limit_in_bytes", 512 * MIB);
    put_number("/sys/fs/cgroup/memory/slurm/job_7/memory.usage_in_bytes", 500 * MIB);
    put("/sys/fs/cgroup/memory/slurm/job_7/memory.stat",
        gv_test_format("cache 1\ninactive_file 2\ntotal_inactive_file %llu\n"
                       "total_active_file %llu\n",
                       300 * MIB, 50 * MIB));
    put("/sys/fs/cgroup/cpu,cpuacct/slurm/job_7/cpu.cfs_quota_us", "150000\n");
    put("/sys/fs/cgroup/cpu,cpuacct/slurm/job_7/cpu.cfs_period_us", "50000\n");
    cr_assert_eq(gv_limits_memory(root), 362 * MIB);
    cr_assert_eq(gv_limits_processors(root), 3u);
    put("/sys/fs/cgroup/memory/slurm/job_7/memory.stat", "hierarchical_memory_limit 104857600\n");
    put_number("/sys/fs/cgroup/memory/slurm/job_7/memory.usage_in_bytes", 40 * MIB);
    cr_assert_eq(gv_limits_memory(root), 60 * MIB, "a limit of groups that cannot be seen");
}

/* Memory is version 1's here, processors are version 2's. */
Test(limits, hybrid)
{
    begin("4:memory:/a\n1:name=systemd:/a/b\n0::/a/b\n",
          V1_MOUNTS "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n");
    put_number("/sys/fs/cgroup/memory/a/memory.limit_in_bytes", 70 * MIB);
    put("/sys/fs/cgroup/unified/a/b/cpu.max", "500000 100000\n");
    put_number("/sys/fs/cgroup/unified/b/memory.max", 1 * MIB); /* of others */
    cr_assert_eq(gv_limits_memory(root), 70 * MIB);
    cr_assert_eq(gv_limits_processors(root), 5u);
}

Test(limits, damaged_files_set_no_limit)
{
    begin("nonsense\n0:\n::\n0::relative\n",
          "30 23\n - cgroup2\n1 2 3 / /sys/fs/cgroup - cgroup\n");
    put("/sys/fs/cgroup/memory.max", "\n");
    put("/sys/fs/cgroup/memory.high", "-5\n");
    put("/sys/fs/cgroup/cpu.max", "100000\n");
    put("/sys/fs/cgroup/cpu.cfs_quota_us", "100000\n");
    put("/sys/fs/cgroup/cpu.cfs_period_us", "0\n");
    cr_assert_eq(gv_limits_memory(root), 8192 * MIB);
    cr_assert_eq(gv_limits_processors(root), 0u);
    put("/sys/fs/cgroup/memory.max", "99999999999999999999999999\n");
    cr_assert_eq(gv_limits_memory(root), 8192 * MIB);
}

Test(limits, this_machine)
{
    cr_assert_gt(gv_limits_memory(""), MIB);
}

Test(limits, a_small_stack_is_refused)
{
    const struct rlimit small = {64 << 10, RLIM_INFINITY}, enough = {256 << 10, RLIM_INFINITY};
    gv_error err = GV_ERROR_INIT;
    cr_assert_eq(setrlimit(RLIMIT_STACK, &small), 0);
    cr_assert_eq(gv_limits_check_stack(&err), GV_E_MEMORY);
    cr_assert_str_eq(err.text,
                     "the stack is limited to 64 KiB and 256 KiB are needed; set ulimit -s "
                     "256 or more");
    cr_assert_eq(setrlimit(RLIMIT_STACK, &enough), 0);
    err = (gv_error)GV_ERROR_INIT;
    gv_assert_ok(gv_limits_check_stack(&err), err);
}
