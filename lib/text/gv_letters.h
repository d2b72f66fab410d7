/*
 * gv_letters - which characters beyond ASCII the tokenizers can take one by one, and what each
 * becomes: what ICU would do to a whole span, looked up per character.
 *
 *   whitespace, folding   any character that folds to one other of the same plane, or to itself.
 *                         Folding looks at no neighbours.
 *   unicode               "plain letters": of the word break class ALetter, in NFKC whatever stands
 *                         beside it (quick check "yes", combining class 0), a letter or digit to
 *                         ICU; so must be its folding, if asked for, and that of one character. A
 *                         span of such letters and of ASCII letters and digits is in NFKC, folds
 *                         one by one and is one word (UAX #29: WB5, WB8 to WB10).
 *                         Hangul is apart (GV_LETTERS_APART): ICU breaks between it and other
 * letters. An ideograph is a word where it stands alone (GV_LETTERS_ALONE); between others a
 * dictionary decides.
 *
 * Only the Basic Multilingual Plane; a page of 256 characters is asked for when the first of them
 * is met. Threads: an object belongs to one thread.
 */
#ifndef GV_LETTERS_H
#define GV_LETTERS_H

#include "base/gv_error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { GV_LETTERS_PAGE = 256, GV_LETTERS_PAGES = 256 };

/* Flags of a character that is a word if there is no other in the span; and if all others have the
 * flag. */
#define GV_LETTERS_ALONE UINT32_C(0x10000)
#define GV_LETTERS_APART UINT32_C(0x20000)

typedef struct gv_letters {
    bool words, fold;
    const void *nfkc;                 /* ICU's */
    uint32_t *page[GV_LETTERS_PAGES]; /* NULL: not asked for yet */
} gv_letters;

/* `words`: for the unicode tokenizer; `fold`: with case folding. */
GV_MUST_USE int gv_letters_new(gv_letters **letters, bool words, bool fold, gv_error *err);
void gv_letters_free(gv_letters *letters);

/* Make a page; without memory it stays away, and its characters go the slow way. */
void gv_letters_fill(gv_letters *letters, uint32_t page);

/* What the character becomes, with its flags, or 0 if it cannot be taken by itself. `point` <
 * 0x10000. */
static inline uint32_t gv_letters_map(gv_letters *letters, uint32_t point)
{
    uint32_t page = point / GV_LETTERS_PAGE;
    if (!letters->page[page])
        gv_letters_fill(letters, page);
    return letters->page[page] ? letters->page[page][point % GV_LETTERS_PAGE] : 0;
}

#endif
