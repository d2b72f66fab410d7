/*
 * gv_text - a growing string: many appends, one check at the end.
 *
 * A failed append (out of memory) is remembered. Later appends then do nothing and gv_text_take()
 * reports it, so code that writes a long text needs one check.
 *
 * Threads: a gv_text belongs to one thread.
 */
#ifndef GV_TEXT_H
#define GV_TEXT_H

#include "base/gv_error.h"
#include <stddef.h>

typedef struct gv_text {
    char *bytes; /* NUL-terminated; NULL until something was appended */
    size_t used, capacity;
    int failed; /* an append has failed */
} gv_text;

#define GV_TEXT_INIT                                                                               \
    {                                                                                              \
        NULL, 0, 0, 0                                                                              \
    }

/* Append a string, bytes, formatted text. */
void gv_text_add(gv_text *text, const char *string);
void gv_text_add_bytes(gv_text *text, const void *bytes, size_t n);
void gv_text_printf(gv_text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Append the shortest decimal form that reads back as `value` ("0.05"), or "null" if it is not
 * finite. */
void gv_text_real(gv_text *text, double value);

/* Append `word` as one word of a POSIX shell: bare if it is harmless, else in single quotes. */
void gv_text_shell_word(gv_text *text, const char *word);

/* Hand over the string (caller frees with gv_mem_free; "" if nothing was appended) and empty
 * `text`. GV_E_MEMORY and NULL if an append failed. */
GV_MUST_USE int gv_text_take(char **string, gv_text *text, gv_error *err);
/* Free the string and empty `text`. */
void gv_text_drop(gv_text *text);

#endif
