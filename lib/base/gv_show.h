/*
 * gv_show - the one rule for text that people read: error lines, notes, progress, tables, answers,
 * the report.
 *
 * Words, file names and settings come from anywhere and may hold characters that a terminal obeys
 * (escape sequences), that reorder what stands around them (bidirectional controls), that break a
 * line, or that are not seen at all. These are shown as <U+202E>, and bytes that are not UTF-8 as
 * <9B>; everything else is shown as it is. So it is wherever the text goes, to a terminal or not.
 * What programs read (JSON, files) holds the characters themselves and does not come through here.
 *
 * Threads: pure functions.
 */
#ifndef GV_SHOW_H
#define GV_SHOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Must the character not be shown as it is? Controls (C0, DEL, C1), marks and controls of direction
 * (U+061C, U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069), separators of lines (U+2028,
 * U+2029), the byte order mark, interlinear annotation (U+FFF9 to U+FFFB), tags (U+E0000 to
 * U+E007F). Joiners are shown as they are: Persian and emoji need them. */
bool gv_show_is_unsafe(uint32_t point);

enum { GV_SHOW_CHARACTER = 16 }; /* bytes that gv_show_character writes at most, its NUL included */

/* Write the first character of the NUL-terminated text at `*at`, which must not be empty, as it is
 * to be shown, NUL-terminated; returns the length. `*at` moves behind the character. */
size_t gv_show_character(char to[GV_SHOW_CHARACTER], const char **at);

/* Write `text` as it is to be shown into `to` ([size], at least GV_SHOW_CHARACTER), NUL-terminated;
 * "..." stands for the rest of what does not fit. Returns `to`. */
const char *gv_show_line(char *to, size_t size, const char *text);

#endif
