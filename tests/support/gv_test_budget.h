/*
 * gv_test_budget - what glove-train asks the rules of lib/budget with a store, for tests of memory.
 */
#ifndef GV_TEST_BUDGET_H
#define GV_TEST_BUDGET_H

#include "budget/gv_budget_train.h"
#include "schedule/gv_schedule.h"
#include "train/gv_unseen.h"

typedef struct gv_test_budget {
    gv_config *config;
    gv_store *store;
    gv_schedule *schedule;
    gv_unseen *unseen;
    gv_budget_train train; /* borrows what is above */
} gv_test_budget;

/* Open the store at `path` and measure it as glove-train does; `config` is JSON. Asserts that all
 * of it succeeds. */
void gv_test_budget_open(gv_test_budget *budget, const char *path, const char *config);
void gv_test_budget_close(gv_test_budget *budget);

#endif
