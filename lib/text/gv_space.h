/*
 * gv_space - white space beyond the blank, tab and ends of lines that separate words.
 *
 * Words of the whitespace tokenizer may hold it, unless corpus.spaces is "unicode"; other programs
 * split at it and then find a wrong number of columns in files of vectors. It is what Unicode
 * calls White_Space (vertical tab, form feed, U+0085, U+00A0, U+1680, U+2000 to U+200A, U+2028,
 * U+2029, U+202F, U+205F, U+3000), and U+001C to U+001F, at which Python's split() splits, too.
 * Blank, tab, newline, carriage return and NUL are not meant here: no word holds them.
 *
 * Source: Unicode Character Database, PropList.txt, White_Space.
 * Threads: pure functions.
 */
#ifndef GV_SPACE_H
#define GV_SPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Is the character such white space? */
bool gv_space_is(uint32_t point);

/* Does `text` ([length]) hold such white space? Then `*point` (unless NULL) is the first of it.
 * Ill-formed UTF-8 holds none by itself. */
bool gv_space_find(const char *text, size_t length, uint32_t *point);

/* Replace every byte of such white space by a blank; returns how many characters that were. */
uint64_t gv_space_blank(uint8_t *text, size_t length);

enum { GV_SPACE_SHOWN = 256 }; /* bytes that gv_space_show writes at most, its NUL included */

/* Write `text` for people, NUL-terminated: such white space and other characters that cannot be
 * seen as <U+00A0>, the rest as it is; what does not fit is replaced by "...". Returns `to`. */
const char *gv_space_show(char to[GV_SPACE_SHOWN], const char *text, size_t length);

#endif
