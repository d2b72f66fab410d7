/*
 * gv_strings - a growing list of strings.
 *
 * A zeroed struct is an empty list. A caller may also fill `items` with strings of its own (a
 * view); such a list must not be passed to the functions below.
 *
 * Threads: a list belongs to one thread.
 */
#ifndef GV_STRINGS_H
#define GV_STRINGS_H

#include "base/gv_error.h"
#include <stddef.h>

typedef struct gv_strings {
    size_t n;
    char **items; /* [n] NUL-terminated, owned by the list */
} gv_strings;

/* Append a copy of `item`. On failure (GV_E_MEMORY) the list is as it was. */
GV_MUST_USE int gv_strings_add(gv_strings *strings, const char *item, gv_error *err);

/* Append copies of all strings of `from`, which may be a view. On failure (GV_E_MEMORY) some may
 * have been appended. */
GV_MUST_USE int gv_strings_add_all(gv_strings *strings, const gv_strings *from, gv_error *err);

/* Free the strings and the array; the list is then empty. */
void gv_strings_free(gv_strings *strings);

#endif
