/*
 * gv_icu - the parts of the tokenizers that need ICU: lower case, NFKC, word boundaries,
 * encodings.
 *
 * Results depend on the version of ICU's Unicode data and dictionaries.
 *
 * Errors: GV_E_MEMORY; GV_E_RUNTIME with ICU's name of the error.
 * Source: Unicode Standard Annexes #15 and #29; ICU's C API.
 * Threads: an object belongs to one thread.
 */
#ifndef GV_ICU_H
#define GV_ICU_H

#include "base/gv_error.h"
#include "config/gv_config.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Around calls of ICU that need memory, here and in gv_letters.c: ICU crashes or waits for ever in
 * places where an allocation fails, so its memory comes from gv_library_mem.h, and gv_icu_end says
 * whether there was enough. It returns GV_E_MEMORY if not, else the error that ICU's `code` means.
 */
typedef struct gv_icu_call {
    unsigned failures;
} gv_icu_call;
void gv_icu_begin(gv_icu_call *call);
GV_MUST_USE int gv_icu_end(const gv_icu_call *call, const char *what, int code, gv_error *err);

/* The version of the ICU in use, "72.1"; a constant string. */
const char *gv_icu_version(void);

enum { GV_ICU_ENCODING = 40 }; /* bytes of an encoding's name */
/* The likely encoding of a text that is not UTF-8, with the name that iconv knows ("KOI8-R"); ""
 * if ICU has none to offer. */
void gv_icu_encoding(char name[GV_ICU_ENCODING], const uint8_t *text, size_t length);

/*
 * Text in lower case, independent of the locale (so Turkish I becomes i):
 *
 *   GV_LOWERCASE_SIMPLE  each character's simple lower case, and a sigma that ends a word is the
 *                        final one: NOMOS in Greek ends as a reader expects; ß stays
 *   GV_LOWERCASE_FOLD    full Unicode case folding, which is made for comparing: a final sigma
 *                        becomes an ordinary one, ß becomes ss
 */
typedef struct gv_icu_caser gv_icu_caser;
GV_MUST_USE int gv_icu_caser_new(gv_icu_caser **caser, enum gv_config_lowercase lowercase,
                                 gv_error *err);
/* Accepts NULL. */
void gv_icu_caser_free(gv_icu_caser *caser);
/* `length` <= 64 KiB bytes of well-formed UTF-8 in lower case; `*lower` ([*lower_length], not
 * NUL-terminated) is borrowed until the next call. */
GV_MUST_USE int gv_icu_caser_apply(gv_icu_caser *caser, const char *text, size_t length,
                                   const char **lower, size_t *lower_length, gv_error *err);

/* The words of a text in NFKC, by UAX #29. */
typedef struct gv_icu_breaker gv_icu_breaker;
GV_MUST_USE int gv_icu_breaker_new(gv_icu_breaker **breaker, enum gv_config_lowercase lowercase,
                                   gv_error *err);
/* Accepts NULL. */
void gv_icu_breaker_free(gv_icu_breaker *breaker);
/* Begin with a text: `length` <= 64 KiB bytes of well-formed UTF-8, copied. */
GV_MUST_USE int gv_icu_breaker_text(gv_icu_breaker *breaker, const char *text, size_t length,
                                    gv_error *err);
/* The next word that has a letter, digit, kana or ideograph, borrowed until the next call; `*word`
 * is NULL at the end. */
GV_MUST_USE int gv_icu_breaker_next(gv_icu_breaker *breaker, const char **word, size_t *length,
                                    gv_error *err);

/* The encoding that text may have, as iconv names it, by the statistics of its bytes; false if it
 * does not look like text in any. For advice only: short texts mislead it. */
bool gv_icu_guess_encoding(char *name, size_t size, const char *text, size_t length);

#endif
