/*
 * Each kind of text has a test of its own; the first that is sure speaks. The limits leave ordinary
 * text far below: a share of odd things that a file of prose does not reach, and more than one of
 * them.
 */
#include "text/gv_advice.h"

#include "base/gv_utf8.h"
#include "text/gv_advice_internal.h"
#include "text/gv_icu.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* --- another encoding ------------------------------------------------------------------------- */

enum { ENOUGH_BYTES = 32 << 10, LINE_PART = 4096 };

/* The lines of the samples that are not UTF-8, at most ENOUGH_BYTES of them, at `to`. */
static size_t collect_ill_formed(uint8_t *to, const gv_advice_corpus *corpus)
{
    size_t used = 0;
    for (size_t i = 0; i < GV_ADVICE_SAMPLES; i++) {
        const uint8_t *at = corpus->sample[i].text;
        const uint8_t *end = at ? at + corpus->sample[i].length : NULL;
        while (at && at < end) {
            size_t left = (size_t)(end - at), part = left < LINE_PART ? left : LINE_PART;
            const uint8_t *newline = memchr(at, '\n', part);
            size_t line = newline ? (size_t)(newline - at) + 1 : part;
            if (!gv_utf8_valid((const char *)at, line) && used + line <= ENOUGH_BYTES) {
                memcpy(to + used, at, line);
                used += line;
            }
            at += line;
        }
    }
    return used;
}

/* The name for iconv of the encoding of a text that is not UTF-8. Western text has few letters
 * beyond ASCII, so that a detector may take them for anything: there only its like is believed. */
static void name_encoding(char name[GV_ICU_ENCODING], const uint8_t *text, size_t length)
{
    static const char *const western[] = {"ISO-8859-1",   "ISO-8859-2",   "ISO-8859-9",
                                          "windows-1250", "windows-1252", "windows-1254"};
    size_t high = 0, letters = 0;
    for (size_t i = 0; i < length; i++) {
        high += text[i] >= 0x80;
        letters += text[i] < 0x80 && (text[i] | 0x20) >= 'a' && (text[i] | 0x20) <= 'z';
    }
    gv_icu_encoding(name, text, length);
    bool believed = name[0] && strncmp(name, "UTF-", 4) != 0;
    if (high <= letters) {
        believed = false;
        for (size_t i = 0; i < sizeof western / sizeof *western; i++)
            believed |= strcmp(name, western[i]) == 0;
    }
    if (!believed)
        snprintf(name, GV_ICU_ENCODING, "%s", high <= letters ? "windows-1252" : "");
}

static bool advise_encoding(char *to, const gv_advice_corpus *corpus)
{
    static const unsigned one_in = 1000; /* words */
    const gv_corpus_stats *stats = corpus->stats;
    uint8_t text[ENOUGH_BYTES];
    char name[GV_ICU_ENCODING] = "";
    if (stats->invalid_utf8 < 2 || stats->invalid_utf8 < stats->tokens / one_in)
        return false;
    size_t length = collect_ill_formed(text, corpus);
    if (length > 0)
        name_encoding(name, text, length);
    if (name[0])
        snprintf(to, GV_ADVICE_TEXT,
                 "the text is not all UTF-8, it seems to be in %s: convert it with iconv -f %s -t "
                 "UTF-8",
                 name, name);
    else
        snprintf(to, GV_ADVICE_TEXT,
                 "the text is not all UTF-8: find out its encoding and convert it with iconv -f "
                 "ENCODING -t UTF-8");
    return true;
}

/* --- UTF-8 encoded twice ---------------------------------------------------------------------- */

enum {
    RUN = 64,  /* characters of a run that are looked at */
    SHOWN = 32 /* bytes of one that are shown, and a NUL */
};

/* The byte that is this character in Windows-1252, or in Latin-1; 0: none. */
static uint8_t byte_of(uint32_t point, bool *windows)
{
    /* 0x80 to 0x9f */
    static const uint16_t special[32] = {
        0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
        0x2039, 0x0152, 0,      0x017d, 0,      0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
        0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,      0x017e, 0x0178};
    if (point >= 0x80 && point < 0x100)
        return (uint8_t)point;
    for (unsigned i = 0; i < 32; i++)
        if (special[i] == point) {
            *windows = true;
            return (uint8_t)(0x80 + i);
        }
    return 0;
}

typedef struct runs {
    uint64_t all, doubled; /* runs of characters beyond ASCII; those that are UTF-8 once more */
    bool windows;          /* some of these need Windows-1252 */
    char from[SHOWN], to[SHOWN]; /* the first of these, and what it should be */
} runs;

static void show(char to[SHOWN], const char *text, size_t length)
{
    size_t shown = length < SHOWN ? length : gv_utf8_cut(text, SHOWN - 1);
    memcpy(to, text, shown);
    to[shown] = '\0';
}

/* A run of well-formed characters beyond ASCII at `at`; returns its end, or `at` if there is
 * none. */
static const uint8_t *take_run(runs *found, const uint8_t *at, const uint8_t *end)
{
    uint8_t bytes[RUN];
    size_t n = 0;
    bool fits = true, windows = false;
    const uint8_t *begin = at;
    while (at < end && *at >= 0x80) {
        uint32_t point;
        size_t unit = gv_utf8_decode(at, end, &point);
        if (unit == 0)
            break;
        uint8_t byte = byte_of(point, &windows);
        fits &= byte != 0 && n < RUN;
        if (fits)
            bytes[n++] = byte;
        at += unit;
    }
    if (at == begin)
        return begin;
    found->all++;
    if (!fits || n < 2 || !gv_utf8_valid((const char *)bytes, n))
        return at;
    if (found->doubled++ == 0) {
        show(found->from, (const char *)begin, (size_t)(at - begin));
        show(found->to, (const char *)bytes, n);
    }
    found->windows |= windows;
    return at;
}

static bool advise_doubled(char *to, const gv_advice_corpus *corpus)
{
    runs found = {0};
    for (size_t i = 0; i < GV_ADVICE_SAMPLES; i++) {
        const uint8_t *at = corpus->sample[i].text;
        const uint8_t *end = at ? at + corpus->sample[i].length : NULL;
        while (at && at < end) {
            const uint8_t *next = *at < 0x80 ? at : take_run(&found, at, end);
            at = next > at ? next : at + 1;
        }
    }
    if (found.doubled < 2 || found.doubled * 10 < found.all * 3)
        return false;
    snprintf(to, GV_ADVICE_TEXT,
             "the text seems to be UTF-8 that was encoded as UTF-8 once more (\"%s\" for \"%s\"): "
             "undo it with iconv -f UTF-8 -t %s",
             found.from, found.to, found.windows ? "WINDOWS-1252" : "ISO-8859-1");
    return true;
}

/* --- one word a line -------------------------------------------------------------------------- */

static bool advise_single_words(char *to, const gv_advice_corpus *corpus)
{
    enum { LINES = 20 };
    const gv_corpus_stats *stats = corpus->stats;
    if (corpus->config->corpus_documents != GV_DOCUMENTS_LINE || stats->documents < LINES ||
        stats->tokens >= stats->documents + stats->documents / 2)
        return false;
    snprintf(to, GV_ADVICE_TEXT,
             "the lines have %.1f words on average, and windows end with each line: set "
             "corpus.documents to \"file\" or \"none\"",
             (double)stats->tokens / (double)stats->documents);
    return true;
}

/* --- all -------------------------------------------------------------------------------------- */

void gv_advice_give(char to[GV_ADVICE_TEXT], const gv_advice_corpus *corpus)
{
    static bool (*const tests[])(char *, const gv_advice_corpus *) = {
        advise_encoding,     advise_doubled,     gv_advice_on_json,
        gv_advice_on_markup, gv_advice_on_table, advise_single_words};
    to[0] = '\0';
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        if (tests[i](to, corpus))
            return;
}
