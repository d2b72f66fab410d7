/* Counting and acting. */
#include "preload.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { RULES = 8, ACTION_KILL = 10000, ACTION_STOP };

static const char *const call_names[PRELOAD_CALLS] = {
    "memory", "read",     "write", "open", "sync", "close", "rename", "unlink",  "mmap",
    "thread", "truncate", "mkdir", "link", "stat", "lock",  "seek",   "process", "change"};

typedef struct rule {
    preload_call call;
    unsigned long at;
    int action; /* an errno, a PRELOAD_ value or an ACTION_ */
    bool and_after;
} rule;

static struct {
    bool ready, on, early, in_place;
    rule rules[RULES];
    size_t n_rules;
    char count_file[PRELOAD_PATH], say_file[PRELOAD_PATH], path_text[PRELOAD_PATH];
} faults;

static atomic_ulong counts[PRELOAD_CALLS];

/* --- the environment -------------------------------------------------------------------------- */

static void keep(char *to, const char *name)
{
    const char *text = getenv(name);
    snprintf(to, PRELOAD_PATH, "%s", text ? text : "");
}

static _Noreturn void refuse(const char *text)
{
    char line[256];
    int n = snprintf(line, sizeof line, "preload: FAULT_AT: cannot read %.200s\n", text);
    syscall(SYS_write, STDERR_FILENO, line, n);
    syscall(SYS_exit_group, 99);
    __builtin_unreachable();
}

static int action_of(const char *name)
{
    static const struct {
        const char *name;
        int action;
    } actions[] = {{"kill", ACTION_KILL},
                   {"stop", ACTION_STOP},
                   {"torn", PRELOAD_TORN},
                   {"short", PRELOAD_SHORT},
                   {"drop", PRELOAD_DROP}};
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
        if (strcmp(actions[i].name, name) == 0)
            return actions[i].action;
    for (int e = 1; e < 134; e++) {
        const char *known = strerrorname_np(e);
        if (known && strcmp(known, name) == 0)
            return e;
    }
    return 0;
}

/* "CALL:N:ACTION", with or without a `+` at the end. */
static rule rule_of(const char *text, size_t length)
{
    char copy[128], call[32], action[32];
    rule r = {0};
    snprintf(copy, sizeof copy, "%.*s", (int)length, text);
    if (sscanf(copy, "%31[a-z]:%lu:%31[A-Za-z0-9+]", call, &r.at, action) != 3 || r.at == 0)
        refuse(copy);
    size_t end = strlen(action);
    if (action[end - 1] == '+') {
        r.and_after = true;
        action[end - 1] = '\0';
    }
    while (r.call < PRELOAD_CALLS && strcmp(call_names[r.call], call) != 0)
        r.call++;
    r.action = action_of(action);
    if (r.call == PRELOAD_CALLS || r.action == 0)
        refuse(copy);
    return r;
}

static bool is_for_this_process(void)
{
    const char *program = getenv("FAULT_PROGRAM"), *rank = getenv("FAULT_RANK");
    const char *own_rank = getenv("OMPI_COMM_WORLD_RANK");
    return (!program || strcmp(program, program_invocation_short_name) == 0) &&
           (!rank || (own_rank && strcmp(rank, own_rank) == 0));
}

static void start(void)
{
    const char *at = getenv("FAULT_AT"), *plant = getenv("FAULT_PLANT"), *log = getenv("FAULT_LOG");
    if (faults.ready)
        return;
    faults.ready = true;
    faults.on = is_for_this_process();
    if (!faults.on)
        return;
    faults.in_place = plant && strcmp(plant, "in-place") == 0;
    keep(faults.count_file, "FAULT_COUNT");
    keep(faults.say_file, "FAULT_SAY");
    keep(faults.path_text, "FAULT_PATH");
    while (at && *at && faults.n_rules < RULES) {
        size_t length = strcspn(at, ",");
        faults.rules[faults.n_rules++] = rule_of(at, length);
        at += length + (at[length] == ',');
    }
    if (log)
        preload_log_start(log);
}

__attribute__((constructor)) static void constructor(void)
{
    start();
    faults.early = true;
}

/* With FAULT_EARLY the first call of all starts it. */
static bool is_counting(void)
{
    if (!faults.early && !faults.ready) {
        const char *early = getenv("FAULT_EARLY");
        if (!early || strcmp(early, "1") != 0)
            return false;
        start();
    }
    return faults.on && faults.ready;
}

__attribute__((destructor)) static void destructor(void)
{
    preload_report();
}

bool preload_in_place(void)
{
    return faults.in_place;
}

/* --- paths and reports ------------------------------------------------------------------------ */

void preload_path_of(char *to, size_t size, int fd, const char *path)
{
    char link[64];
    long n = 0;
    to[0] = '\0';
    if (path && path[0] == '/') {
        snprintf(to, size, "%s", path);
    } else {
        if (fd >= 0)
            snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        else
            snprintf(link, sizeof link, "/proc/self/cwd");
        if (fd >= 0 || path)
            n = syscall(SYS_readlinkat, AT_FDCWD, link, to, size - 1);
        to[n > 0 ? n : 0] = '\0';
        if (path && n > 0)
            snprintf(to + n, size - (size_t)n, "/%s", path);
    }
}

static void append(const char *file, const char *text, size_t bytes)
{
    long fd = syscall(SYS_openat, AT_FDCWD, file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (fd >= 0) {
        syscall(SYS_write, fd, text, bytes);
        syscall(SYS_close, fd);
    }
}

void preload_report(void)
{
    char text[1024];
    int n = 0;
    if (!faults.on || !faults.count_file[0])
        return;
    for (int c = 0; c < PRELOAD_CALLS; c++)
        n += snprintf(text + n, sizeof text - (size_t)n, "%s %lu\n", call_names[c],
                      atomic_load(&counts[c]));
    append(faults.count_file, text, (size_t)n);
    faults.count_file[0] = '\0';
}

static void say(const rule *r, unsigned long n, const char *function, int fd, const char *path)
{
    char line[PRELOAD_PATH + 200], where[PRELOAD_PATH];
    if (!faults.say_file[0])
        return;
    preload_path_of(where, sizeof where, fd, path);
    const char *action = r->action == ACTION_KILL     ? "kill"
                         : r->action == ACTION_STOP   ? "stop"
                         : r->action == PRELOAD_TORN  ? "torn"
                         : r->action == PRELOAD_SHORT ? "short"
                         : r->action == PRELOAD_DROP  ? "drop"
                                                      : strerrorname_np(r->action);
    int length = snprintf(line, sizeof line, "%s %lu %s %s %s\n", call_names[r->call], n, function,
                          action, where[0] ? where : "-");
    append(faults.say_file, line, (size_t)length);
}

void preload_die(void)
{
    syscall(SYS_kill, syscall(SYS_getpid), SIGKILL);
    for (;;)
        syscall(SYS_pause);
}

/* --- counting --------------------------------------------------------------------------------- */

static bool is_change(preload_call call)
{
    return call == PRELOAD_WRITE || call == PRELOAD_SYNC || call == PRELOAD_RENAME ||
           call == PRELOAD_UNLINK || call == PRELOAD_TRUNCATE || call == PRELOAD_MKDIR ||
           call == PRELOAD_LINK;
}

static bool passes_filter(preload_call call, int fd, const char *path)
{
    char where[PRELOAD_PATH];
    if (!faults.path_text[0] || call == PRELOAD_MEMORY || call == PRELOAD_THREAD ||
        call == PRELOAD_PROCESS)
        return true;
    preload_path_of(where, sizeof where, fd, path);
    return strstr(where, faults.path_text) != NULL;
}

static int act(const rule *r, unsigned long n, const char *function, int fd, const char *path)
{
    say(r, n, function, fd, path);
    if (r->action == ACTION_KILL || (r->action == PRELOAD_TORN && !strstr(function, "write")))
        preload_die();
    if (r->action == ACTION_STOP) {
        syscall(SYS_kill, syscall(SYS_getpid), SIGSTOP);
        return PRELOAD_PASS;
    }
    return r->action;
}

int preload_begin(preload_call call, const char *function, int fd, const char *path)
{
    int before = errno, result = PRELOAD_PASS;
    if (!is_counting() || !passes_filter(call, fd, path)) {
        errno = before;
        return PRELOAD_PASS;
    }
    unsigned long n = atomic_fetch_add(&counts[call], 1) + 1;
    unsigned long changes = is_change(call) ? atomic_fetch_add(&counts[PRELOAD_CHANGE], 1) + 1 : 0;
    for (size_t i = 0; i < faults.n_rules && result == PRELOAD_PASS; i++) {
        const rule *r = &faults.rules[i];
        unsigned long at = r->call == call ? n : r->call == PRELOAD_CHANGE ? changes : 0;
        if (at > 0 && (at == r->at || (r->and_after && at > r->at)))
            result = act(r, at, function, fd, path);
    }
    errno = before;
    return result;
}
