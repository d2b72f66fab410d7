/*
 * Most words consist of code points that combine with no neighbour, whatever it is: ASCII,
 * precomposed Latin letters, Cyrillic, ideographs, Hangul syllables. They are cut without ICU's
 * break iterator. For the others an iterator is cloned from one that is opened once, as opening
 * takes a hundred times as long.
 */
#include "text/gv_clusters.h"

#include "base/gv_utf8.h"
#include "text/gv_icu.h"
#include <pthread.h>
#include <stdbool.h>
#include <unicode/ubrk.h>
#include <unicode/uchar.h>
#include <unicode/utext.h>

/* Kept until the process ends; NULL until a word needs it. */
static UBreakIterator *prototype;
static pthread_mutex_t prototype_lock = PTHREAD_MUTEX_INITIALIZER;

/* A boundary on both sides, whatever the neighbours are? Syllables of Hangul only combine with
 * jamo, which are not alone. CR is left out for CR LF. */
static bool stands_alone(uint32_t point)
{
    if (point < 0x300)
        return point != '\r';
    switch (u_getIntPropertyValue((UChar32)point, UCHAR_GRAPHEME_CLUSTER_BREAK)) {
    case U_GCB_OTHER:
    case U_GCB_CONTROL:
    case U_GCB_LV:
    case U_GCB_LVT:
        return true;
    default:
        return false;
    }
}

/* Cut at every code point and every ill-formed unit. `*combines`: the text is well-formed, and a
 * code point of it might combine with others. */
static size_t cut_points(uint32_t *end, bool *combines, const char *text, size_t length)
{
    const uint8_t *from = (const uint8_t *)text, *const stop = from + length;
    bool all_well_formed = true, all_alone = true;
    size_t n = 0;
    while (from < stop) {
        bool well_formed = false;
        size_t unit = gv_utf8_unit(from, stop, &well_formed);
        if (unit == 0)
            unit = (size_t)(stop - from);
        if (well_formed && all_alone) {
            const char *at = (const char *)from;
            all_alone = *from < 0x80 ? *from != '\r' : stands_alone(gv_utf8_next(&at));
        }
        all_well_formed &= well_formed;
        from += unit;
        end[n++] = (uint32_t)(from - (const uint8_t *)text);
    }
    *combines = all_well_formed && !all_alone;
    return n;
}

/* A new iterator over characters; NULL if that failed, which `*code` or the call's count tells. */
static UBreakIterator *new_iterator(UErrorCode *code)
{
    pthread_mutex_lock(&prototype_lock);
    if (!prototype) {
        /* "root": the rules of UAX #29, not those of the user's locale */
        prototype = ubrk_open(UBRK_CHARACTER, "root", NULL, 0, code);
        if (U_FAILURE(*code)) {
            ubrk_close(prototype);
            prototype = NULL;
        }
    }
    UBreakIterator *iterator = prototype ? ubrk_clone(prototype, code) : NULL;
    pthread_mutex_unlock(&prototype_lock);
    return iterator;
}

static size_t iterate(uint32_t *end, UBreakIterator *iterator)
{
    size_t n = 0;
    for (int32_t at = ubrk_next(iterator); at != UBRK_DONE; at = ubrk_next(iterator))
        end[n++] = (uint32_t)at;
    return n;
}

static int cut_clusters(uint32_t *end, size_t *n, const char *text, size_t length, gv_error *err)
{
    gv_icu_call call;
    gv_icu_begin(&call);
    UErrorCode code = U_ZERO_ERROR;
    UText units = UTEXT_INITIALIZER;
    UBreakIterator *iterator = new_iterator(&code);
    utext_openUTF8(&units, text, (int64_t)length, &code);
    if (iterator && U_SUCCESS(code))
        ubrk_setUText(iterator, &units, &code);
    if (iterator && U_SUCCESS(code))
        *n = iterate(end, iterator);
    if (iterator)
        ubrk_close(iterator);
    utext_close(&units);
    return gv_icu_end(&call, "find the characters of a word", (int)code, err);
}

int gv_clusters_cut(uint32_t *end, size_t *n, const char *text, size_t length, gv_error *err)
{
    bool combines;
    *n = 0;
    if (length > GV_CLUSTERS_TEXT)
        return gv_error_set(err, GV_E_RUNTIME, "a word of %zu bytes is too long for its characters",
                            length);
    size_t points = cut_points(end, &combines, text, length);
    if (combines)
        return cut_clusters(end, n, text, length, err);
    *n = points;
    return GV_OK;
}
