#include "base/gv_host.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#ifndef GV_COMMIT
#define GV_COMMIT ""
#endif

/* The value of the first line "KEY : VALUE" of /proc/cpuinfo whose key is `key`. */
static void read_cpu(char *cpu, size_t capacity, const char *key)
{
    char line[512];
    FILE *in = fopen("/proc/cpuinfo", "re");
    while (in && *cpu == '\0' && fgets(line, sizeof line, in)) {
        const char *colon = strchr(line, ':');
        if (!colon || strncmp(line, key, strlen(key)) != 0)
            continue;
        colon += strspn(colon, ": \t");
        snprintf(cpu, capacity, "%.*s", (int)strcspn(colon, "\n"), colon);
    }
    if (in)
        fclose(in);
}

void gv_host_describe(gv_host *host)
{
    *host = (gv_host){.name = ""};
    if (gethostname(host->name, sizeof host->name - 1) != 0)
        host->name[0] = '\0';
    read_cpu(host->cpu, sizeof host->cpu, "model name"); /* x86 and others */
    if (host->cpu[0] == '\0')
        read_cpu(host->cpu, sizeof host->cpu, "Model"); /* AArch64 boards */
}

const char *gv_host_commit(void)
{
    return GV_COMMIT;
}
