/*
 * gv_letters - a table of the characters beyond ASCII that the tokenizers can handle one by one,
 * and of what each becomes. A lookup replaces a call of ICU for the whole span.
 *
 *   whitespace, lower case    any character that becomes exactly one of the Basic Multilingual
 *                             Plane, whatever its neighbours; so not a capital sigma in simple
 *                             lower case.
 *   unicode                   "plain letters": word break class ALetter, unchanged by NFKC next to
 *                             any neighbour (quick check "yes", combining class 0), a letter or
 *                             digit to ICU; its lower case must be one such character, too. A span
 *                             of plain letters and ASCII letters and digits is in NFKC, changes one
 *                             by one, and is one word (UAX #29: WB5, WB8 to WB10).
 *
 * Two exceptions have flags. Hangul syllables form words of their own kind, because ICU breaks
 * between them and other letters (GV_LETTERS_APART). An ideograph is a word only where it is
 * alone, because among others a dictionary decides (GV_LETTERS_ALONE).
 *
 * Pages of 256 characters are filled when the first character of a page is met.
 *
 * Source: UAX #29 and the properties of ICU; a test compares with ICU's own words.
 * Threads: an object belongs to one thread.
 */
#ifndef GV_LETTERS_H
#define GV_LETTERS_H

#include "base/gv_error.h"
#include "config/gv_config.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { GV_LETTERS_PAGE = 256, GV_LETTERS_PAGES = 256 };

/* Flags of a character: a word only if it is the only one of the span; a word only if all others of
 * the span have this flag, too. */
#define GV_LETTERS_ALONE UINT32_C(0x10000)
#define GV_LETTERS_APART UINT32_C(0x20000)

typedef struct gv_letters {
    bool words;
    enum gv_config_lowercase lowercase;
    const void *nfkc;                 /* ICU's */
    uint32_t *page[GV_LETTERS_PAGES]; /* [GV_LETTERS_PAGE] each; NULL: not filled yet */
} gv_letters;

/* `words`: for the unicode tokenizer. GV_E_MEMORY, or GV_E_RUNTIME if ICU lacks its data. The
 * caller frees. */
GV_MUST_USE int gv_letters_new(gv_letters **letters, bool words, enum gv_config_lowercase lowercase,
                               gv_error *err);
/* Accepts NULL. */
void gv_letters_free(gv_letters *letters);

/* Fill a page. Without memory it stays NULL, and its characters go through ICU. */
void gv_letters_fill(gv_letters *letters, uint32_t page);

/* What the character becomes, with its flags, or 0 if it cannot be handled by itself. `point` <
 * 0x10000. */
static inline uint32_t gv_letters_map(gv_letters *letters, uint32_t point)
{
    uint32_t page = point / GV_LETTERS_PAGE;
    if (!letters->page[page])
        gv_letters_fill(letters, page);
    return letters->page[page] ? letters->page[page][point % GV_LETTERS_PAGE] : 0;
}

#endif
