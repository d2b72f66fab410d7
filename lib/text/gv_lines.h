/*
 * gv_lines - the lines of a text file that a user gives: word lists, questions, pairs,
 * vocabularies.
 *
 * Plain or compressed as a corpus may be, a pipe, or "-" for standard input. A byte order mark is
 * dropped. LF, CR LF, or CR alone ends a line; a last line without an end counts. What is no text
 * is refused by name, with the way out (gv_kind.h).
 *
 * Threads: one object is used by one thread at a time.
 */
#ifndef GV_LINES_H
#define GV_LINES_H

#include "base/gv_error.h"
#include <stddef.h>
#include <stdint.h>

typedef struct gv_lines gv_lines;

/* Open `path` and look at its beginning. GV_E_IO: cannot be read; GV_E_CORRUPT: not text (says what
 * it is), or damaged compressed data; GV_E_MEMORY. The caller closes. */
GV_MUST_USE int gv_lines_open(gv_lines **lines, const char *path, gv_error *err);
/* Accepts NULL. */
void gv_lines_close(gv_lines *lines);

/* The next line without its end, NUL-terminated, borrowed until the next call; the caller may
 * change its bytes. `*length` counts them, so that NUL bytes inside can be noticed. `*line` is NULL
 * at the end of the file. From a pipe, a line comes as soon as it is complete. Errors as
 * gv_lines_open. */
GV_MUST_USE int gv_lines_next(gv_lines *lines, char **line, size_t *length, gv_error *err);

/* Number of the line last returned, from 1, as an editor counts; 0 before the first. */
uint64_t gv_lines_number(const gv_lines *lines);

#endif
