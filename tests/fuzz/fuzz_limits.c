/*
 * Any bytes as the kernel's files about control groups and memory, parts with a NUL between them:
 * /proc/self/cgroup, /proc/self/mountinfo, /proc/meminfo, memory.max, memory.current, memory.stat,
 * cpu.max.
 */
#include "base/gv_limits.h"
#include "fuzz_file.h"
#include <string.h>

static const char *const files[] = {
    "proc/self/cgroup",         "proc/self/mountinfo",          "proc/meminfo",
    "sys/fs/cgroup/memory.max", "sys/fs/cgroup/memory.current", "sys/fs/cgroup/memory.stat",
    "sys/fs/cgroup/cpu.max"};

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    static const char *const folders[] = {"proc", "proc/self", "sys", "sys/fs", "sys/fs/cgroup"};
    static const char seed[] =
        "0::/a/b\n4:memory:/c\n\0"
        "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
        "31 23 0:27 /c /sys/fs/cgroup/mem\\040ory rw - cgroup cgroup rw,memory\n\0"
        "MemTotal: 100 kB\nMemAvailable: 50 kB\n\0"
        "max\n\0"
        "4096\n\0"
        "inactive_file 100\nactive_file 10\n\0"
        "150000 100000\n";
    fuzz_seed_bytes("small", seed, sizeof seed - 1);
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        char path[FUZZ_PATH];
        fuzz_path(path, folders[i]);
        if (mkdir(path, 0700) != 0)
            abort();
    }
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char root[FUZZ_PATH];
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[FUZZ_PATH];
        const uint8_t *end = size > 0 ? memchr(data, 0, size) : NULL;
        size_t n = end ? (size_t)(end - data) : size;
        fuzz_path(path, files[i]);
        fuzz_write(path, data, n);
        data += n + (end != NULL);
        size -= n + (end != NULL);
    }
    snprintf(root, sizeof root, "%s", fuzz_dir());
    (void)gv_limits_memory(root);
    (void)gv_limits_processors(root);
    return 0;
}
