/*
 * gv_convert_word - words that a format cannot hold, changed so that it can.
 *
 * Bytes are replaced one by one, so lengths stay: what separates words or lines becomes '_', and
 * what is not UTF-8 becomes '?'.
 *
 * Threads: one at a time.
 */
#ifndef GV_CONVERT_WORD_H
#define GV_CONVERT_WORD_H

#include "base/gv_error.h"
#include "base/gv_progress.h"
#include "config/gv_config.h"
#include <stddef.h>
#include <stdint.h>

/* Zeroed but for the format, it is ready. */
typedef struct gv_convert_word {
    enum gv_config_format format; /* whose rules words must follow */
    uint64_t changed;             /* words so far */
    char *word;                   /* the last one that was changed; owned */
    size_t capacity;
} gv_convert_word;

/* `*adapted` is `word` (of `length` bytes), or it as the format can hold it, borrowed until the
 * next call. GV_E_MEMORY. */
GV_MUST_USE int gv_convert_word_adapt(gv_convert_word *words, const char **adapted,
                                      const char *word, size_t length, gv_error *err);
/* Note how many words were changed, if any. */
void gv_convert_word_note(const gv_convert_word *words, gv_progress *progress);
void gv_convert_word_clear(gv_convert_word *words);

#endif
