/*
 * gv_advice - whether a corpus seems to be something else than plain text in UTF-8, and what to do
 * about it: another encoding, UTF-8 encoded twice, JSON, markup, a table, one word a line.
 *
 * It judges by samples of the text and by what reading found. Whatever it says is advice: the
 * corpus was read as it is. Where in doubt it says nothing.
 *
 * Threads: pure functions.
 */
#ifndef GV_ADVICE_H
#define GV_ADVICE_H

#include "config/gv_config.h"
#include "text/gv_corpus_stats.h"
#include <stddef.h>
#include <stdint.h>

enum { GV_ADVICE_TEXT = 512, GV_ADVICE_SAMPLES = 24 };

/* Text from one place of a corpus, as it is in the file. */
typedef struct gv_advice_sample {
    const uint8_t *text;
    size_t length;
} gv_advice_sample;

/* What is known of a corpus. */
typedef struct gv_advice_corpus {
    const gv_config *config;
    const gv_corpus_stats *stats;               /* of the whole */
    gv_advice_sample sample[GV_ADVICE_SAMPLES]; /* [0] is its beginning; empty ones are allowed */
} gv_advice_corpus;

/* Write one line of advice to `to`, without a newline; "" if there is none to give. */
void gv_advice_give(char to[GV_ADVICE_TEXT], const gv_advice_corpus *corpus);

#endif
