/*
 * gv_clusters - where the characters of a word end as a reader sees them: grapheme clusters.
 *
 * A letter with its combining marks, a Hangul syllable of several jamo, a flag, an emoji of several
 * parts: each is one character. Ill-formed UTF-8 does not combine: in a word that has some, every
 * code point and every ill-formed unit (gv_utf8.h) is a character of its own.
 *
 * Source: Unicode Standard Annex #29, section 3; results depend on ICU's version.
 * Errors: GV_E_MEMORY; GV_E_RUNTIME with ICU's name of the error.
 * Threads: any.
 */
#ifndef GV_CLUSTERS_H
#define GV_CLUSTERS_H

#include "base/gv_error.h"
#include <stddef.h>
#include <stdint.h>

enum { GV_CLUSTERS_TEXT = 1 << 20 }; /* bytes of a text at most; a longer one is GV_E_RUNTIME */

/* The ends of the characters of `text`, `length` bytes: in `end` (room for `length` numbers) as
 * offsets in bytes, in `*n` how many. */
GV_MUST_USE int gv_clusters_cut(uint32_t *end, size_t *n, const char *text, size_t length,
                                gv_error *err);

#endif
