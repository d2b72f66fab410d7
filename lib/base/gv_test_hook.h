/*
 * gv_test_hook - for tests: make something happen at a certain event inside a program.
 *
 *     GLOVEBOX_TEST_AT=EVENT:N=ACTION[,EVENT:N=ACTION]...
 *
 * When the process reaches its N-th EVENT (from 1, counted over all threads), it does ACTION:
 *
 *     events    task        a thread has trained on a tile or evaluated one; word2vec with
 *                           hogwild: on a chunk
 *               write       before a write to a file
 *               sync        before a file is synced
 *               rename      before a finished file is renamed to its place
 *               checkpoint  a checkpoint is in its place
 *               allocation  before memory is allocated
 *               start, end  of a program of many ranks: before a rank joins the others, leaves them
 *     actions   KILL, TERM, INT, HUP, STOP   the process sends itself this signal
 *               fail         this call and all later ones fail (write, sync, rename, allocation)
 *               wait:FILE    the thread creates FILE.reached and waits for FILE
 *               NAME:NUMBER  an action of the program itself (gv_test_hook_action)
 *
 * A kill at an event hits the same moment on every machine, a kill after a time does not. Without
 * the variable an event costs one comparison.
 *
 * Threads: gv_test_hook_install and gv_test_hook_action are called before threads start; events may
 * be reached by any thread.
 */
#ifndef GV_TEST_HOOK_H
#define GV_TEST_HOOK_H

#include "base/gv_error.h"
#include <stdbool.h>

enum gv_test_hook_event {
    GV_TEST_HOOK_TASK,
    GV_TEST_HOOK_WRITE,
    GV_TEST_HOOK_SYNC,
    GV_TEST_HOOK_RENAME,
    GV_TEST_HOOK_CHECKPOINT,
    GV_TEST_HOOK_ALLOCATION,
    GV_TEST_HOOK_START,
    GV_TEST_HOOK_END,
    GV_TEST_HOOK_EVENTS
};

/* Read the environment variable; once, when the program starts. GV_E_USAGE if it is malformed. */
GV_MUST_USE int gv_test_hook_install(gv_error *err);

/* Define the action NAME of `NAME:NUMBER`; `name` and `context` are borrowed. */
void gv_test_hook_action(const char *name, void (*action)(void *context, int number),
                         void *context);

/* Private: is there anything to do at any event? */
extern bool gv_test_hook_armed;
bool gv_test_hook_act(enum gv_test_hook_event event);

/* The process has reached `event`. True: the call that follows must fail. */
static inline bool gv_test_hook(enum gv_test_hook_event event)
{
    return __builtin_expect(gv_test_hook_armed, 0) && gv_test_hook_act(event);
}

#endif
