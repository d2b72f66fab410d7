#include "base/gv_test_hook.h"

#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { RULES_MAX = 8, TEXT_MAX = 512, WAIT_NS = 2000000 };

static const char *const event_names[GV_TEST_HOOK_EVENTS] = {
    "task", "write", "sync", "rename", "checkpoint", "allocation", "start", "end"};

static const struct {
    const char *name;
    int number;
} signals[] = {
    {"KILL", SIGKILL}, {"TERM", SIGTERM}, {"INT", SIGINT}, {"HUP", SIGHUP}, {"STOP", SIGSTOP}};

/* EVENT:N=ACTION */
typedef struct rule {
    enum gv_test_hook_event event;
    uint64_t n;
    const char *action;
} rule;

static char text[TEXT_MAX]; /* of the environment variable; the rules point into it */
static rule rules[RULES_MAX];
static size_t n_rules;
static atomic_uint_fast64_t reached[GV_TEST_HOOK_EVENTS];
bool gv_test_hook_armed;

static struct {
    const char *name;
    void (*run)(void *context, int number);
    void *context;
} own_action;

void gv_test_hook_action(const char *name, void (*action)(void *context, int number), void *context)
{
    own_action.name = name;
    own_action.run = action;
    own_action.context = context;
}

/* --- reading the variable --------------------------------------------------------------------- */

static bool find_event(enum gv_test_hook_event *event, const char *name)
{
    for (int e = 0; e < GV_TEST_HOOK_EVENTS; e++)
        if (strcmp(event_names[e], name) == 0) {
            *event = (enum gv_test_hook_event)e;
            return true;
        }
    return false;
}

static int signal_of(const char *action)
{
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        if (strcmp(signals[i].name, action) == 0)
            return signals[i].number;
    return 0;
}

/* Of NAME:NUMBER the name is not known yet. */
static bool is_action(const char *action)
{
    return signal_of(action) || strcmp(action, "fail") == 0 || strchr(action, ':');
}

/* `item` is cut into its parts. */
static bool read_rule(rule *r, char *item)
{
    char *number = strchr(item, ':'), *end;
    char *action = number ? strchr(number, '=') : NULL;
    if (!action)
        return false;
    *number++ = '\0';
    *action++ = '\0';
    r->action = action;
    r->n = strtoull(number, &end, 10);
    return r->n > 0 && *end == '\0' && is_action(action) && find_event(&r->event, item);
}

int gv_test_hook_install(gv_error *err)
{
    const char *variable = getenv("GLOVEBOX_TEST_AT");
    if (!variable)
        return GV_OK;
    snprintf(text, sizeof text, "%s", variable);
    char *rest = text, *item;
    for (n_rules = 0; n_rules < RULES_MAX && (item = strsep(&rest, ",")); n_rules++)
        if (!read_rule(&rules[n_rules], item))
            return gv_error_set(err, GV_E_USAGE, "GLOVEBOX_TEST_AT=%s: not EVENT:N=ACTION",
                                variable);
    gv_test_hook_armed = n_rules > 0;
    return GV_OK;
}

/* --- acting ----------------------------------------------------------------------------------- */

static void wait_for(const char *path)
{
    char sign[TEXT_MAX];
    snprintf(sign, sizeof sign, "%s.reached", path);
    int fd = open(sign, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (fd >= 0)
        close(fd);
    const struct timespec pause = {.tv_nsec = WAIT_NS};
    while (access(path, F_OK) != 0)
        nanosleep(&pause, NULL);
}

static void act(const char *action)
{
    const char *argument = strchr(action, ':');
    size_t length = argument ? (size_t)(argument - action) : strlen(action);
    if (signal_of(action))
        kill(getpid(), signal_of(action));
    else if (argument && length == 4 && strncmp(action, "wait", length) == 0)
        wait_for(argument + 1);
    else if (argument && own_action.name && strlen(own_action.name) == length &&
             strncmp(action, own_action.name, length) == 0)
        own_action.run(own_action.context, (int)strtol(argument + 1, NULL, 10));
}

bool gv_test_hook_act(enum gv_test_hook_event event)
{
    uint64_t number = atomic_fetch_add(&reached[event], 1) + 1;
    bool fail = false;
    for (size_t i = 0; i < n_rules; i++) {
        if (rules[i].event != event || number < rules[i].n)
            continue;
        fail |= strcmp(rules[i].action, "fail") == 0;
        if (number == rules[i].n)
            act(rules[i].action);
    }
    return fail;
}
