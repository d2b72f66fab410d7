/*
 * gv_json - JSON written member by member, and read.
 *
 * The only door to the JSON library for everything outside lib/config and lib/app. A writer
 * remembers its first failure (out of memory): later calls do nothing, and gv_json_take() or
 * gv_json_write() reports it, so code that writes many members needs one check at the end:
 *
 *     gv_json_writer w = gv_json_begin();
 *     gv_json_set_int(&w, "cells", cells);
 *     gv_json_open_array(&w, "files");
 *     gv_json_set_text(&w, NULL, path);
 *     gv_json_close(&w);
 *     status = gv_json_write(&text, &w, GV_JSON_COMPACT, 15, err);
 *
 * Members keep the order in which they were first set. Reading is forgiving: every function
 * accepts NULL (a member that is missing) and a value of another kind, and says so by its result.
 *
 * Threads: a writer and a value belong to one thread at a time.
 */
#ifndef GV_JSON_H
#define GV_JSON_H

#include "base/gv_error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A JSON value. Only gv_json_free() releases one; what the readers below return is borrowed from
 * the value that was asked and lives as long as that. */
typedef struct json_t gv_json;

/* --- writing ---------------------------------------------------------------------------------- */

/* Objects and arrays inside each other, the outermost included. */
enum { GV_JSON_DEPTH = 8 };

typedef struct gv_json_writer {   /* all private */
    gv_json *open[GV_JSON_DEPTH]; /* from the outermost to where members go now; [0] is owned */
    unsigned depth;               /* how many are open */
    bool failed;
    unsigned failures; /* gv_library_mem_failures() at the beginning */
} gv_json_writer;

/* A writer whose outermost value is an empty object. End it with gv_json_take(), gv_json_write()
 * or gv_json_clear(). */
gv_json_writer gv_json_begin(void);
/* Make the writer fail: something that belongs into it could not be had for lack of memory. */
void gv_json_fail(gv_json_writer *writer);
/* Throw away what was written. The writer may be cleared again, not used. */
void gv_json_clear(gv_json_writer *writer);

/* Put a value at the writer's position: in an object under `key` (replacing one that is there), in
 * an array at its end (`key` is NULL). */
void gv_json_set_int(gv_json_writer *writer, const char *key, int64_t value);
void gv_json_set_uint(gv_json_writer *writer, const char *key, uint64_t value);
/* JSON has no infinity and no NaN: they become null. */
void gv_json_set_real(gv_json_writer *writer, const char *key, double value);
void gv_json_set_bool(gv_json_writer *writer, const char *key, bool value);
/* NULL becomes null; ill-formed UTF-8 becomes U+FFFD. */
void gv_json_set_text(gv_json_writer *writer, const char *key, const char *text);
void gv_json_set_null(gv_json_writer *writer, const char *key);
/* The value (which the caller keeps) as it is. */
void gv_json_set_value(gv_json_writer *writer, const char *key, const gv_json *value);
/* The value that the JSON text spells; text that is not JSON makes the writer fail. */
void gv_json_set_parsed(gv_json_writer *writer, const char *key, const char *json);

/* Put an empty object or array, and continue inside it until gv_json_close(). */
void gv_json_open_object(gv_json_writer *writer, const char *key);
void gv_json_open_array(gv_json_writer *writer, const char *key);
void gv_json_close(gv_json_writer *writer);

/* Hand over the outermost object (release with gv_json_free) and clear the writer. GV_E_MEMORY and
 * NULL if anything failed. */
GV_MUST_USE int gv_json_take(gv_json **value, gv_json_writer *writer, gv_error *err);

/* --- text ------------------------------------------------------------------------------------- */

/* Layout: without any space; on one line with spaces; a number above 0: that many spaces a
 * level. */
enum { GV_JSON_COMPACT = -1, GV_JSON_ONE_LINE = 0 };

/* The value as text (caller frees with gv_mem_free); reals have at most `digits` significant
 * digits. The only error is GV_E_MEMORY; `*text` is NULL then. */
GV_MUST_USE int gv_json_print(char **text, const gv_json *value, int layout, unsigned digits,
                              gv_error *err);
/* gv_json_take() and gv_json_print() in one: ends the writer. */
GV_MUST_USE int gv_json_write(char **text, gv_json_writer *writer, int layout, unsigned digits,
                              gv_error *err);

/* The value of `bytes` bytes of text, an object or an array; release with gv_json_free.
 * GV_E_CORRUPT with line, column and reason if it is not JSON, GV_E_MEMORY; `*value` is NULL
 * then. */
GV_MUST_USE int gv_json_parse(gv_json **value, const char *text, size_t bytes, gv_error *err);
/* The same where text that is not JSON counts as no value: `*value` is NULL then. The only error is
 * GV_E_MEMORY. */
GV_MUST_USE int gv_json_parse_if_valid(gv_json **value, const char *text, size_t bytes,
                                       gv_error *err);

/* The next string of an array of strings, of which `*at` to `end` is what is left: at first all of
 * it, `[` included. Release `*value` with gv_json_free; NULL: no string is next, `*at` is at the
 * end of the array (`end`), or unchanged where the text is something else. GV_E_MEMORY. For arrays
 * that need too much memory as a whole. */
GV_MUST_USE int gv_json_next_text(gv_json **value, const char **at, const char *end, gv_error *err);

/* --- reading ---------------------------------------------------------------------------------- */

enum gv_json_kind {
    GV_JSON_MISSING, /* no value at all */
    GV_JSON_NULL,
    GV_JSON_BOOL,
    GV_JSON_INT,
    GV_JSON_REAL,
    GV_JSON_TEXT,
    GV_JSON_ARRAY,
    GV_JSON_OBJECT
};

void gv_json_free(gv_json *value);

enum gv_json_kind gv_json_kind(const gv_json *value);
bool gv_json_equal(const gv_json *a, const gv_json *b);

/* The member of an object; NULL if there is none. */
const gv_json *gv_json_get(const gv_json *object, const char *key);
/* The key after `key` in an object, the first one for NULL; NULL at the end. */
const char *gv_json_next_key(const gv_json *object, const char *key);
/* Items of an array: how many (0 for anything else), and one of them, from 0. */
size_t gv_json_count(const gv_json *array);
const gv_json *gv_json_item(const gv_json *array, size_t i);

/* The string, NUL-terminated; NULL for anything else. It may hold NUL bytes: its length. */
const char *gv_json_text(const gv_json *value);
size_t gv_json_text_length(const gv_json *value);
/* An integer or a real; 0 for anything else. */
double gv_json_number(const gv_json *value);
/* An integer; 0 for anything else. */
int64_t gv_json_int(const gv_json *value);
/* Item `i` of an array, if it is an integer above 0; else 0. */
uint64_t gv_json_item_uint(const gv_json *array, size_t i);
bool gv_json_is_true(const gv_json *value);
/* Is it an integer or a real? */
bool gv_json_is_number(const gv_json *value);
/* A member's text; "" if there is none. */
const char *gv_json_get_text(const gv_json *object, const char *key);
/* A member's number; 0 if there is none. */
double gv_json_get_number(const gv_json *object, const char *key);

#endif
