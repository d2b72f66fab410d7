/*
 * gv_utf8 - looking at UTF-8 that may be ill-formed.
 *
 * Well-formed is what the Unicode Standard's table 3-7 allows: no overlong forms, no surrogates,
 * nothing above U+10FFFF. Ill-formed bytes are grouped as the Standard recommends (section 3.9,
 * "substitution of maximal subparts"): a sequence that starts well but breaks off is one unit, any
 * other bad byte is a unit of its own.
 * Threads: pure functions.
 */
#ifndef GV_UTF8_H
#define GV_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Length in bytes of the first unit of [from, end), from < end: a well-formed character, and then
 * `*well_formed` is true, or one ill-formed unit. 0 if the bytes end inside what could still
 * become a character; the caller then brings more bytes or, at the end of the text, takes all that
 * is left (at most 3 bytes) as one ill-formed unit.
 */
size_t gv_utf8_unit(const uint8_t *from, const uint8_t *end, bool *well_formed);

/* Are all `length` bytes well-formed? */
bool gv_utf8_valid(const char *text, size_t length);

/* The largest number of bytes <= `limit` at which the well-formed `text` of `length` > limit
 * bytes can be cut without splitting a character. */
size_t gv_utf8_cut(const char *text, size_t limit);

#endif
