/*
 * ICU's C API behind two small objects. ICU works on UTF-16, so a text goes from UTF-8 to UTF-16,
 * through NFKC (lower case and NFKC again), through the word break iterator, and each word back to
 * UTF-8. The buffers belong to the objects and only ever grow.
 *
 * NFKC, lower case, NFKC: lower case can undo the normal form, so it is made again. Segmentation
 * comes last, so words are in the form in which they are counted.
 */
#include "text/gv_icu.h"

#include "base/gv_library_mem.h"
#include "base/gv_malloc.h"
#include "base/gv_mem.h"
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unicode/ubrk.h>
#include <unicode/ucasemap.h>
#include <unicode/uchar.h>
#include <unicode/uclean.h>
#include <unicode/ucsdet.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>
#include <unicode/utf16.h>
#include <unicode/uvernum.h>

/* --- memory ----------------------------------------------------------------------------------- */

static void *allocate(const void *context, size_t bytes)
{
    (void)context;
    return gv_library_mem_alloc(bytes);
}

static void *resize(const void *context, void *block, size_t bytes)
{
    (void)context;
    return gv_library_mem_resize(block, bytes);
}

static void release(const void *context, void *block)
{
    (void)context;
    gv_library_mem_free(block);
}

static pthread_once_t memory_once = PTHREAD_ONCE_INIT;

static void give_memory(void)
{
    UErrorCode code = U_ZERO_ERROR;
    if (gv_malloc_is_ours())
        u_setMemoryFunctions(NULL, allocate, resize, release, &code);
}

void gv_icu_begin(gv_icu_call *call)
{
    pthread_once(&memory_once, give_memory);
    call->failures = gv_library_mem_failures();
}

int gv_icu_end(const gv_icu_call *call, const char *what, int code, gv_error *err)
{
    if (code == U_MEMORY_ALLOCATION_ERROR || call->failures != gv_library_mem_failures())
        return gv_error_set(err, GV_E_MEMORY, "out of memory in ICU (%s)", what);
    if (U_FAILURE(code))
        return gv_error_set(err, GV_E_RUNTIME, "ICU cannot %s: %s", what, u_errorName(code));
    return GV_OK;
}

const char *gv_icu_version(void)
{
    /* the ABI names carry the version, so the headers' is the library's */
    return U_ICU_VERSION;
}

/* --- encodings -------------------------------------------------------------------------------- */

void gv_icu_encoding(char name[GV_ICU_ENCODING], const uint8_t *text, size_t length)
{
    gv_icu_call call;
    gv_icu_begin(&call);
    UErrorCode code = U_ZERO_ERROR;
    UCharsetDetector *detector = ucsdet_open(&code);
    ucsdet_setText(detector, (const char *)text, (int32_t)length, &code);
    const UCharsetMatch *match = U_SUCCESS(code) ? ucsdet_detect(detector, &code) : NULL;
    const char *found = match && U_SUCCESS(code) ? ucsdet_getName(match, &code) : NULL;
    bool known = found && gv_icu_end(&call, "guess an encoding", (int)code, NULL) == GV_OK;
    snprintf(name, GV_ICU_ENCODING, "%s", known ? found : "");
    ucsdet_close(detector);
    /* ICU adds the direction of the writing, which iconv does not know */
    if (strcmp(name, "ISO-8859-8-I") == 0)
        name[strlen("ISO-8859-8")] = '\0';
    else if (strncmp(name, "IBM", 3) == 0)
        name[strcspn(name, "_")] = '\0';
}

/* --- lower case ------------------------------------------------------------------------------- */

typedef struct utf16 {
    UChar *text;
    size_t capacity;
    int32_t length;
} utf16;

/* Room for `length` units in `buffer`. */
static int make_room(utf16 *buffer, int32_t length, gv_error *err)
{
    return gv_mem_reserve(&buffer->text, &buffer->capacity, (size_t)length, sizeof(UChar), err);
}

/* Put well-formed UTF-8 into `to`. */
static int to_utf16(utf16 *to, const char *text, size_t length, gv_error *err)
{
    int status = make_room(to, (int32_t)length + 1, err);
    if (status != GV_OK)
        return status;
    UErrorCode code = U_ZERO_ERROR;
    gv_icu_call call;
    gv_icu_begin(&call);
    u_strFromUTF8(to->text, (int32_t)to->capacity, &to->length, text, (int32_t)length, &code);
    return gv_icu_end(&call, "convert UTF-8", (int)code, err);
}

/* The character at `at` < length, and where the next one begins; the text is well-formed. (ICU's
 * macros for this mix signs.) */
static UChar32 next_point(const UChar *text, int32_t at, int32_t *next)
{
    bool pair = U16_IS_LEAD(text[at]);
    *next = at + 1 + pair;
    return pair ? (UChar32)U16_GET_SUPPLEMENTARY(text[at], text[at + 1]) : (UChar32)text[at];
}

/* The character that ends at `at` > 0, and where it begins. */
static UChar32 point_before(const UChar *text, int32_t at, int32_t *begin)
{
    int32_t end;
    *begin = at - 1 - (at > 1 && U16_IS_TRAIL(text[at - 1]));
    return next_point(text, *begin, &end);
}

/* Does the character have upper and lower case? `*ignored`: it counts as if it were not there. */
static bool has_case(UChar32 point, bool *ignored)
{
    *ignored = u_hasBinaryProperty(point, UCHAR_CASE_IGNORABLE) != 0;
    return !*ignored && u_hasBinaryProperty(point, UCHAR_CASED);
}

/* Is the sigma in text[begin, end) the last letter of a word? Its nearest neighbours that count
 * have case on the left, and none on the right (Final_Sigma, Unicode Standard, table 3-17). */
static bool ends_word(const UChar *text, int32_t length, int32_t begin, int32_t end)
{
    bool ignored = true, before = false, after = false;
    while (ignored && begin > 0)
        before = has_case(point_before(text, begin, &begin), &ignored);
    ignored = true;
    while (before && ignored && end < length)
        after = has_case(next_point(text, end, &end), &ignored);
    return before && !after;
}

/* Simple lower case, in place: it changes no length. What stands before a sigma is in lower case
 * already, which has case as well. */
static void lower_simply(UChar *text, int32_t length)
{
    enum { SIGMA = 0x3a3, FINAL_SIGMA = 0x3c2 };
    for (int32_t begin = 0, end; begin < length; begin = end) {
        UChar32 point = next_point(text, begin, &end), lower = u_tolower(point);
        if (point == SIGMA && ends_word(text, length, begin, end))
            lower = FINAL_SIGMA;
        if (end - begin == 1) {
            text[begin] = (UChar)lower;
        } else {
            text[begin] = U16_LEAD(lower);
            text[begin + 1] = U16_TRAIL(lower);
        }
    }
}

struct gv_icu_caser {
    UCaseMap *map; /* of folding, else NULL */
    utf16 units;   /* of simple lower case */
    char *text;
    size_t capacity;
};

int gv_icu_caser_new(gv_icu_caser **result, enum gv_config_lowercase lowercase, gv_error *err)
{
    *result = NULL;
    gv_icu_caser *caser = gv_mem_alloc_zero(1, sizeof *caser, err);
    if (!caser)
        return GV_E_MEMORY;
    gv_icu_call call;
    gv_icu_begin(&call);
    UErrorCode code = U_ZERO_ERROR;
    if (lowercase == GV_LOWERCASE_FOLD)
        caser->map = ucasemap_open("", U_FOLD_CASE_DEFAULT, &code);
    int status = gv_icu_end(&call, "fold case", (int)code, err);
    if (status == GV_OK)
        *result = caser;
    else
        gv_icu_caser_free(caser);
    return status;
}

void gv_icu_caser_free(gv_icu_caser *caser)
{
    if (!caser)
        return;
    if (caser->map)
        ucasemap_close(caser->map);
    gv_mem_free(caser->units.text);
    gv_mem_free(caser->text);
    gv_mem_free(caser);
}

int gv_icu_caser_apply(gv_icu_caser *caser, const char *text, size_t length, const char **lower,
                       size_t *lower_length, gv_error *err)
{
    /* full folding makes a character at most three times as long */
    int status = gv_mem_reserve(&caser->text, &caser->capacity, 3 * length + 1, 1, err);
    if (status == GV_OK && !caser->map)
        status = to_utf16(&caser->units, text, length, err);
    if (status != GV_OK)
        return status;
    gv_icu_call call;
    gv_icu_begin(&call);
    UErrorCode code = U_ZERO_ERROR;
    int32_t got = 0;
    if (caser->map) {
        got = ucasemap_utf8FoldCase(caser->map, caser->text, (int32_t)caser->capacity, text,
                                    (int32_t)length, &code);
    } else {
        lower_simply(caser->units.text, caser->units.length);
        u_strToUTF8(caser->text, (int32_t)caser->capacity, &got, caser->units.text,
                    caser->units.length, &code);
    }
    *lower = caser->text;
    *lower_length = (size_t)got;
    return gv_icu_end(&call, "make lower case", (int)code, err);
}

/* --- words ------------------------------------------------------------------------------------ */

struct gv_icu_breaker {
    enum gv_config_lowercase lowercase;
    const UNormalizer2 *nfkc; /* ICU's own, never freed */
    UBreakIterator *iterator;
    utf16 a, b;     /* each step writes from one into the other */
    utf16 *current; /* the one that holds it */
    char *word;     /* UTF-8 of the word last given out */
    size_t word_capacity;
};

int gv_icu_breaker_new(gv_icu_breaker **result, enum gv_config_lowercase lowercase, gv_error *err)
{
    *result = NULL;
    gv_icu_breaker *breaker = gv_mem_alloc_zero(1, sizeof *breaker, err);
    if (!breaker)
        return GV_E_MEMORY;
    breaker->lowercase = lowercase;
    gv_icu_call call;
    gv_icu_begin(&call);
    UErrorCode code = U_ZERO_ERROR;
    breaker->nfkc = unorm2_getNFKCInstance(&code);
    /* "root": the rules of UAX #29 alone. Those of the user's locale would make the vocabulary
     * depend on the environment. */
    breaker->iterator = ubrk_open(UBRK_WORD, "root", NULL, 0, &code);
    int status = gv_icu_end(&call, "load its data for word breaks", (int)code, err);
    if (status == GV_OK)
        *result = breaker;
    else
        gv_icu_breaker_free(breaker);
    return status;
}

void gv_icu_breaker_free(gv_icu_breaker *breaker)
{
    if (!breaker)
        return;
    if (breaker->iterator)
        ubrk_close(breaker->iterator);
    gv_mem_free(breaker->a.text);
    gv_mem_free(breaker->b.text);
    gv_mem_free(breaker->word);
    gv_mem_free(breaker);
}

static utf16 *other(gv_icu_breaker *breaker)
{
    return breaker->current == &breaker->a ? &breaker->b : &breaker->a;
}

/* One step on UTF-16: `to` has room for `capacity` units; returns the length it wants. */
typedef int32_t text_step(const gv_icu_breaker *breaker, UChar *to, int32_t capacity,
                          const UChar *from, int32_t length, UErrorCode *code);

static int32_t normalize(const gv_icu_breaker *breaker, UChar *to, int32_t capacity,
                         const UChar *from, int32_t length, UErrorCode *code)
{
    return unorm2_normalize(breaker->nfkc, from, length, to, capacity, code);
}

static int32_t fold(const gv_icu_breaker *breaker, UChar *to, int32_t capacity, const UChar *from,
                    int32_t length, UErrorCode *code)
{
    (void)breaker;
    return u_strFoldCase(to, capacity, from, length, U_FOLD_CASE_DEFAULT, code);
}

/* Apply a step to the current text, into the other buffer, which becomes the current one. */
static int apply(gv_icu_breaker *breaker, text_step *step, const char *what, gv_error *err)
{
    /* Most texts keep their length, so the first try nearly always fits; ICU then says how much
     * room it wants, and the second try cannot fail for that. */
    utf16 *from = breaker->current, *to = other(breaker);
    int status = make_room(to, from->length + 16, err);
    if (status != GV_OK)
        return status;
    for (int tries = 0;; tries++) {
        gv_icu_call call;
        gv_icu_begin(&call);
        UErrorCode code = U_ZERO_ERROR;
        int32_t capacity = (int32_t)to->capacity;
        int32_t wanted = step(breaker, to->text, capacity, from->text, from->length, &code);
        if (code == U_BUFFER_OVERFLOW_ERROR && tries == 0) {
            status = make_room(to, wanted + 1, err);
            if (status != GV_OK)
                return status;
            continue;
        }
        to->length = wanted;
        breaker->current = to;
        return gv_icu_end(&call, what, (int)code, err);
    }
}

/* NFKC of the current text; most texts are in it already. */
static int to_nfkc(gv_icu_breaker *breaker, gv_error *err)
{
    UErrorCode code = U_ZERO_ERROR;
    const utf16 *text = breaker->current;
    /* "maybe" counts as no: normalizing a normal text changes nothing */
    if (unorm2_quickCheck(breaker->nfkc, text->text, text->length, &code) == UNORM_YES &&
        U_SUCCESS(code))
        return GV_OK;
    return apply(breaker, normalize, "normalize", err);
}

int gv_icu_breaker_text(gv_icu_breaker *breaker, const char *text, size_t length, gv_error *err)
{
    breaker->current = &breaker->a;
    int status = to_utf16(&breaker->a, text, length, err);
    if (status == GV_OK)
        status = to_nfkc(breaker, err);
    if (status == GV_OK && breaker->lowercase == GV_LOWERCASE_SIMPLE)
        lower_simply(breaker->current->text, breaker->current->length);
    else if (status == GV_OK && breaker->lowercase == GV_LOWERCASE_FOLD)
        status = apply(breaker, fold, "fold case", err);
    if (status == GV_OK && breaker->lowercase != GV_LOWERCASE_NONE)
        status = to_nfkc(breaker, err);
    if (status != GV_OK)
        return status;
    gv_icu_call call;
    gv_icu_begin(&call);
    UErrorCode code = U_ZERO_ERROR;
    ubrk_setText(breaker->iterator, breaker->current->text, breaker->current->length, &code);
    return gv_icu_end(&call, "find words", (int)code, err);
}

/* Is there a letter, digit or ideograph in it? ICU takes '@' for a letter: alone it is no word. */
static bool has_letter(const UChar *text, int32_t length)
{
    for (int32_t i = 0; i < length; i++) {
        UChar32 point = text[i];
        if (U16_IS_LEAD(text[i]) && i + 1 < length) /* what ICU holds is well-formed */
            point = (UChar32)U16_GET_SUPPLEMENTARY(text[i], text[i + 1]);
        if (u_isalnum(point) || u_isUAlphabetic(point))
            return true;
    }
    return false;
}

int gv_icu_breaker_next(gv_icu_breaker *breaker, const char **word, size_t *length, gv_error *err)
{
    *word = NULL;
    *length = 0;
    gv_icu_call call;
    gv_icu_begin(&call);
    int32_t begin = ubrk_current(breaker->iterator), end;
    for (;; begin = end) {
        end = ubrk_next(breaker->iterator); /* has no code: without memory it may be UBRK_DONE */
        if (end == UBRK_DONE)
            return gv_icu_end(&call, "find words", U_ZERO_ERROR, err);
        /* a status below the limit is given to white space and punctuation */
        if (ubrk_getRuleStatus(breaker->iterator) >= UBRK_WORD_NONE_LIMIT &&
            has_letter(breaker->current->text + begin, end - begin))
            break;
    }
    /* a unit of UTF-16 takes at most three bytes of UTF-8 */
    int status = gv_mem_reserve(&breaker->word, &breaker->word_capacity,
                                3 * (size_t)(end - begin) + 1, 1, err);
    if (status != GV_OK)
        return status;
    UErrorCode code = U_ZERO_ERROR;
    int32_t got = 0;
    u_strToUTF8(breaker->word, (int32_t)breaker->word_capacity, &got,
                breaker->current->text + begin, end - begin, &code);
    *word = breaker->word;
    *length = (size_t)got;
    return gv_icu_end(&call, "find words", (int)code, err);
}

/* --- encodings -------------------------------------------------------------------------------- */

bool gv_icu_guess_encoding(char *name, size_t size, const char *text, size_t length)
{
    enum { CONFIDENCE = 25 }; /* per cent; random bytes get 10 */
    gv_icu_call call;
    gv_icu_begin(&call);
    UErrorCode code = U_ZERO_ERROR;
    UCharsetDetector *detector = ucsdet_open(&code);
    ucsdet_setText(detector, text, (int32_t)length, &code);
    const UCharsetMatch *match = U_SUCCESS(code) ? ucsdet_detect(detector, &code) : NULL;
    const char *found = match && U_SUCCESS(code) ? ucsdet_getName(match, &code) : NULL;
    bool likely = found && ucsdet_getConfidence(match, &code) >= CONFIDENCE &&
                  gv_icu_end(&call, "guess an encoding", (int)code, NULL) == GV_OK &&
                  strncmp(found, "UTF-8", 5) != 0;
    if (likely)
        snprintf(name, size, "%s", found);
    ucsdet_close(detector);
    return likely;
}
