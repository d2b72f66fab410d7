/*
 * gv_text - a growing string: many appends, one check at the end.
 *
 * A failed append (out of memory) is remembered: later appends do nothing and gv_text_take()
 * reports it, so that code which writes a long text need not test every line.
 * Threads: a gv_text belongs to one thread.
 */
#ifndef GV_TEXT_H
#define GV_TEXT_H

#include "base/gv_error.h"
#include <stddef.h>

typedef struct gv_text {
    char *bytes; /* NUL-terminated once anything was appended; NULL before */
    size_t used, capacity;
    int failed;
} gv_text;

#define GV_TEXT_INIT                                                                               \
    {                                                                                              \
        NULL, 0, 0, 0                                                                              \
    }

void gv_text_add(gv_text *text, const char *string);
void gv_text_add_bytes(gv_text *text, const void *bytes, size_t n);
void gv_text_printf(gv_text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The shortest decimal form that reads back as `value` ("0.05"); "null" when it is not finite. */
void gv_text_real(gv_text *text, double value);

/* Hand the string over (caller frees with gv_mem_free) and empty `text`; GV_E_MEMORY and NULL if any
 * append failed. An empty text gives "". */
int gv_text_take(char **string, gv_text *text, gv_error *err);
/* Throw it away. */
void gv_text_drop(gv_text *text);

#endif
