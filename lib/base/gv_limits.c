#include "base/gv_limits.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>

#define NO_LIMIT UINT64_MAX
/* Version 1 has no word for "no limit", but numbers from about 2^63 on. */
#define HUGE_LIMIT (UINT64_C(1) << 62)

/* --- small files ------------------------------------------------------------------------------ */

static FILE *open_in(const char *root, const char *directory, const char *name)
{
    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%s%s%s", root, directory, name);
    return n > 0 && (size_t)n < sizeof path ? fopen(path, "re") : NULL;
}

/* The number at the start of a text; "max", "-1" and nonsense: NO_LIMIT. */
static uint64_t parse_number(const char *text)
{
    char *end;
    if (*text < '0' || *text > '9')
        return NO_LIMIT;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    return errno == 0 && value < HUGE_LIMIT ? value : NO_LIMIT;
}

/* The number after `label` and blanks at the start of a line; NO_LIMIT if there is none. */
static uint64_t read_number(const char *root, const char *directory, const char *name,
                            const char *label)
{
    FILE *file = open_in(root, directory, name);
    char line[256];
    uint64_t value = NO_LIMIT;
    size_t skip = strlen(label);
    while (file && value == NO_LIMIT && fgets(line, sizeof line, file))
        if (strncmp(line, label, skip) == 0)
            value = parse_number(line + skip + strspn(line + skip, " \t"));
    if (file)
        fclose(file);
    return value;
}

/* --- the groups of this process --------------------------------------------------------------- */

/* Called with the directory of a group; `root` still stands before it. */
typedef void visit_fn(void *context, const char *root, const char *directory);

typedef struct walk {
    const char *root, *controller;
    visit_fn *visit;
    void *context;
    char unified[PATH_MAX]; /* the process's group in version 2; "" if unknown */
    char classic[PATH_MAX]; /* in the hierarchy of `controller` in version 1 */
} walk;

/* Whether `list`, words with commas between them, has `word`. */
static bool has_word(const char *list, size_t length, const char *word)
{
    size_t n = strlen(word);
    for (const char *end = list + length; list < end;) {
        const char *comma = memchr(list, ',', (size_t)(end - list));
        size_t this = (size_t)((comma ? comma : end) - list);
        if (this == n && memcmp(list, word, n) == 0)
            return true;
        list += this + 1;
    }
    return false;
}

/* Lines "NUMBER:CONTROLLERS:PATH"; those of version 2 have no controllers. */
static void find_groups(walk *w)
{
    FILE *file = open_in(w->root, "/proc/self", "/cgroup");
    char line[PATH_MAX + 256];
    while (file && fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        char *list = strchr(line, ':');
        char *path = list ? strchr(list + 1, ':') : NULL;
        if (!path)
            continue;
        size_t length = (size_t)(path - list - 1);
        if (length == 0)
            snprintf(w->unified, sizeof w->unified, "%.*s", PATH_MAX - 1, path + 1);
        else if (has_word(list + 1, length, w->controller))
            snprintf(w->classic, sizeof w->classic, "%.*s", PATH_MAX - 1, path + 1);
    }
    if (file)
        fclose(file);
}

/* The part of `group` below `base`, the group that is mounted: "/a/b" below "/a" is "/b". "" if the
 * group is `base` itself or lies outside: then the mount shows nothing nearer than its top. */
static const char *below(const char *group, const char *base)
{
    size_t n = strlen(base);
    if (n == 1)
        n = 0; /* "/" */
    if (strncmp(group, base, n) != 0 || group[n] != '/' || group[n + 1] == '\0' ||
        strstr(group, "/.."))
        return "";
    return group + n;
}

/* Visit the group and all around it, up to the top of the mount. */
static void visit_chain(const walk *w, const char *mount, const char *base, const char *group)
{
    char directory[2 * PATH_MAX];
    size_t top = strlen(mount);
    snprintf(directory, sizeof directory, "%s%s", mount, below(group, base));
    for (;;) {
        w->visit(w->context, w->root, directory);
        char *slash = strrchr(directory, '/');
        if (!slash || (size_t)(slash - directory) < top)
            return;
        *slash = '\0';
    }
}

/* Undo the octal escapes (\040 for a blank) of /proc/self/mountinfo. */
static void unescape(char *text)
{
    char *to = text;
    for (const char *from = text; *from; to++) {
        if (*from == '\\' && strspn(from + 1, "01234567") >= 3) {
            *to = (char)(64 * (from[1] - '0') + 8 * (from[2] - '0') + from[3] - '0');
            from += 4;
        } else {
            *to = *from++;
        }
    }
    *to = '\0';
}

/* "ID PARENT DEVICE ROOT POINT OPTIONS... - TYPE SOURCE SUPER_OPTIONS" */
static void visit_mount(const walk *w, char *line)
{
    char *fields[5], *save = NULL, *rest = strstr(line, " - ");
    if (!rest)
        return;
    *rest = '\0';
    rest += 3;
    for (size_t i = 0; i < 5; i++)
        if (!(fields[i] = strtok_r(i ? NULL : line, " ", &save)))
            return;
    unescape(fields[3]);
    unescape(fields[4]);
    const char *type = strtok_r(rest, " ", &save);
    if (type && strcmp(type, "cgroup2") == 0)
        visit_chain(w, fields[4], fields[3], w->unified);
    if (!type || strcmp(type, "cgroup") != 0 || !strtok_r(NULL, " ", &save))
        return;
    const char *options = strtok_r(NULL, " \n", &save);
    if (options && has_word(options, strlen(options), w->controller))
        visit_chain(w, fields[4], fields[3], w->classic);
}

static void each_group(const char *root, const char *controller, visit_fn *visit, void *context)
{
    walk w = {.root = root, .controller = controller, .visit = visit, .context = context};
    char line[4 * PATH_MAX], usual[64];
    find_groups(&w);
    FILE *file = open_in(root, "/proc/self", "/mountinfo");
    while (file && fgets(line, sizeof line, file))
        visit_mount(&w, line);
    if (file)
        fclose(file);
    snprintf(usual, sizeof usual, "/sys/fs/cgroup/%s", controller);
    visit_chain(&w, "/sys/fs/cgroup", "/", w.unified);
    visit_chain(&w, usual, "/", w.classic);
}

/* --- memory ----------------------------------------------------------------------------------- */

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* The value of `name` in memory.stat; 0 if there is none. Version 1 counts the groups inside only
 * in names that begin with "total_". */
static uint64_t statistic(const char *root, const char *directory, const char *prefix,
                          const char *name)
{
    char label[64];
    snprintf(label, sizeof label, "%s%s ", prefix, name);
    uint64_t value = read_number(root, directory, "/memory.stat", label);
    return value == NO_LIMIT ? 0 : value;
}

/* Bytes that count as used but that the kernel gives back when memory is needed. The cache of
 * files in memory (tmpfs) is not on the lists of files. */
static uint64_t reclaimable(const char *root, const char *directory, const char *prefix)
{
    return statistic(root, directory, prefix, "inactive_file") +
           statistic(root, directory, prefix, "active_file") +
           statistic(root, directory, prefix, "slab_reclaimable");
}

/* What a limit leaves. */
static uint64_t left(uint64_t limit, uint64_t used, uint64_t cache)
{
    if (limit == NO_LIMIT)
        return NO_LIMIT;
    if (used == NO_LIMIT)
        used = 0;
    used -= smaller(used, cache);
    return limit > used ? limit - used : 0;
}

static void visit_memory(void *context, const char *root, const char *directory)
{
    uint64_t *least = context;
    uint64_t limit = smaller(read_number(root, directory, "/memory.max", ""),
                             read_number(root, directory, "/memory.high", ""));
    if (limit != NO_LIMIT)
        *least = smaller(*least, left(limit, read_number(root, directory, "/memory.current", ""),
                                      reclaimable(root, directory, "")));
    limit = read_number(root, directory, "/memory.limit_in_bytes", "");
    if (limit == NO_LIMIT)
        return;
    /* that of groups around it, which a container may not see */
    limit =
        smaller(limit, read_number(root, directory, "/memory.stat", "hierarchical_memory_limit "));
    *least = smaller(*least, left(limit, read_number(root, directory, "/memory.usage_in_bytes", ""),
                                  reclaimable(root, directory, "total_")));
}

/* What the machine has, whatever the groups say; NO_LIMIT: unknown. */
static uint64_t machine_memory(const char *root)
{
    uint64_t kib = read_number(root, "/proc", "/meminfo", "MemAvailable:");
    struct sysinfo info;
    if (kib != NO_LIMIT)
        return kib * 1024;
    if (*root == '\0' && sysinfo(&info) == 0) /* without /proc: the cache cannot be told */
        return (uint64_t)(info.freeram + info.bufferram) * info.mem_unit;
    return NO_LIMIT;
}

uint64_t gv_limits_memory(const char *root)
{
    uint64_t least = machine_memory(root);
    each_group(root, "memory", visit_memory, &least);
    return least == NO_LIMIT ? 0 : least == 0 ? 1 : least;
}

/* --- processors ------------------------------------------------------------------------------- */

static void note_quota(unsigned *least, uint64_t quota, uint64_t period)
{
    if (quota == NO_LIMIT || period == NO_LIMIT || period == 0)
        return;
    uint64_t processors = quota / period + (quota % period != 0);
    if (processors == 0)
        processors = 1;
    if (processors < UINT_MAX && (*least == 0 || processors < *least))
        *least = (unsigned)processors;
}

static void visit_quota(void *context, const char *root, const char *directory)
{
    char quota[32] = "", period[32] = "";
    FILE *file = open_in(root, directory, "/cpu.max"); /* "QUOTA PERIOD" in microseconds */
    if (file && fscanf(file, "%31s %31s", quota, period) == 2)
        note_quota(context, parse_number(quota), parse_number(period));
    if (file)
        fclose(file);
    note_quota(context, read_number(root, directory, "/cpu.cfs_quota_us", ""),
               read_number(root, directory, "/cpu.cfs_period_us", ""));
}

unsigned gv_limits_processors(const char *root)
{
    unsigned least = 0;
    each_group(root, "cpu", visit_quota, &least);
    return least;
}

int gv_limits_check_stack(gv_error *err)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_STACK, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY ||
        limit.rlim_cur >= (rlim_t)GV_LIMITS_STACK_KIB << 10)
        return GV_OK;
    return gv_error_set(err, GV_E_MEMORY,
                        "the stack is limited to %llu KiB and %d KiB are needed; set ulimit -s %d "
                        "or more",
                        (unsigned long long)(limit.rlim_cur >> 10), GV_LIMITS_STACK_KIB,
                        GV_LIMITS_STACK_KIB);
}
