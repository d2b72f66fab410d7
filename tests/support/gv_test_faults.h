/*
 * gv_test_faults - repeat an operation, each time with the next of its allocations or writes
 * failing, until none is left to fail.
 *
 * After each failure: the error is of the right kind and has a text, no descriptor is left open,
 * and there is no NAME.tmp in gv_test_dir(). What leaks is found by the address sanitizer.
 */
#ifndef GV_TEST_FAULTS_H
#define GV_TEST_FAULTS_H

#include "support/gv_test.h"

/* Does the whole of something, cleans up, returns a status. May be called any number of times. */
typedef int (*gv_test_operation)(void *context, gv_error *err);

/* The n-th allocation fails, for n = 1, 1 + step, ...; for every other n all later ones, too. An
 * operation may do without one (a note that is not shown), so it need not fail each time. Returns
 * how often it failed; asserts that it succeeds when no allocation fails. */
unsigned gv_test_every_allocation(gv_test_operation operation, void *context, unsigned step);
/* The n-th write to a file and all later ones fail (ENOSPC). */
unsigned gv_test_every_write(gv_test_operation operation, void *context);

#endif
