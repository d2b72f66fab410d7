/*
 * gv_icu - the parts of the tokenizers that need ICU: case folding, NFKC, word boundaries.
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
#include <stdbool.h>
#include <stddef.h>

/* The version of the ICU in use, "72.1"; a constant string. */
const char *gv_icu_version(void);

/* Full, locale-independent Unicode case folding of UTF-8. */
typedef struct gv_icu_folder gv_icu_folder;
GV_MUST_USE int gv_icu_folder_new(gv_icu_folder **folder, gv_error *err);
/* Accepts NULL. */
void gv_icu_folder_free(gv_icu_folder *folder);
/* Fold `length` <= 64 KiB bytes of well-formed UTF-8; `*folded` is borrowed until the next call. */
GV_MUST_USE int gv_icu_folder_fold(gv_icu_folder *folder, const char *text, size_t length,
                                   const char **folded, size_t *folded_length, gv_error *err);

/* The words of a text in NFKC, by UAX #29. */
typedef struct gv_icu_breaker gv_icu_breaker;
GV_MUST_USE int gv_icu_breaker_new(gv_icu_breaker **breaker, bool lowercase, gv_error *err);
/* Accepts NULL. */
void gv_icu_breaker_free(gv_icu_breaker *breaker);
/* Begin with a text: `length` <= 64 KiB bytes of well-formed UTF-8, copied. */
GV_MUST_USE int gv_icu_breaker_text(gv_icu_breaker *breaker, const char *text, size_t length,
                                    gv_error *err);
/* The next word that has a letter, digit, kana or ideograph, borrowed until the next call; `*word`
 * is NULL at the end. */
GV_MUST_USE int gv_icu_breaker_next(gv_icu_breaker *breaker, const char **word, size_t *length,
                                    gv_error *err);

#endif
