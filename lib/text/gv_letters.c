/*
 * How ICU's properties become entries of the table. Wherever there is doubt the entry is 0: the
 * span then goes through ICU, which costs time but is never wrong.
 */
#include "text/gv_letters.h"

#include "base/gv_mem.h"
#include "text/gv_icu.h"
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/uscript.h>
#include <unicode/ustring.h>

int gv_letters_new(gv_letters **result, bool words, enum gv_config_lowercase lowercase,
                   gv_error *err)
{
    *result = NULL;
    gv_letters *letters = gv_mem_alloc_zero(1, sizeof *letters, err);
    if (!letters)
        return GV_E_MEMORY;
    letters->words = words;
    letters->lowercase = lowercase;
    gv_icu_call call;
    gv_icu_begin(&call);
    UErrorCode code = U_ZERO_ERROR;
    letters->nfkc = unorm2_getNFKCInstance(&code);
    int status = gv_icu_end(&call, "load its data for NFKC", (int)code, err);
    if (status == GV_OK)
        *result = letters;
    else
        gv_letters_free(letters);
    return status;
}

void gv_letters_free(gv_letters *letters)
{
    if (!letters)
        return;
    for (unsigned i = 0; i < GV_LETTERS_PAGES; i++)
        gv_mem_free(letters->page[i]);
    gv_mem_free(letters);
}

/* Does NFKC leave the character unchanged, next to any other? Combining class 0 and "yes":
 * the character neither changes nor combines with or moves among its neighbours (UAX #15, section
 * 9). */
static bool is_stable(const gv_letters *letters, UChar unit)
{
    UErrorCode code = U_ZERO_ERROR;
    return u_getCombiningClass(unit) == 0 &&
           unorm2_quickCheck(letters->nfkc, &unit, 1, &code) == UNORM_YES && U_SUCCESS(code);
}

/* Complex context (Thai, Lao, Khmer, Burmese) is cut by ICU's dictionaries, and so are Han
 * characters: what becomes of these depends on their neighbours. */
static bool is_plain_letter(const gv_letters *letters, UChar unit)
{
    return u_getIntPropertyValue(unit, UCHAR_WORD_BREAK) == U_WB_ALETTER &&
           u_getIntPropertyValue(unit, UCHAR_LINE_BREAK) != U_LB_COMPLEX_CONTEXT &&
           u_getIntPropertyValue(unit, UCHAR_SCRIPT) != USCRIPT_HAN &&
           (u_isalnum(unit) || u_isUAlphabetic(unit)) && is_stable(letters, unit);
}

static bool is_ideograph(const gv_letters *letters, UChar unit)
{
    return u_hasBinaryProperty(unit, UCHAR_UNIFIED_IDEOGRAPH) && is_stable(letters, unit);
}

/* Kinds of Hangul: none, the parts of syllables, syllables. */
enum hangul { NO_HANGUL, JAMO, SYLLABLE };

static enum hangul hangul_of(UChar unit)
{
    switch (u_getIntPropertyValue(unit, UCHAR_HANGUL_SYLLABLE_TYPE)) {
    case U_HST_NOT_APPLICABLE:
        return NO_HANGUL;
    case U_HST_LV_SYLLABLE:
    case U_HST_LVT_SYLLABLE:
        return SYLLABLE;
    default:
        return JAMO;
    }
}

/* The character that `unit` becomes in lower case, 0 if it is not one or depends on its neighbours.
 * Four units are enough: no character folds to more than three. */
static UChar in_lower_case(enum gv_config_lowercase lowercase, UChar unit)
{
    enum { SIGMA = 0x3a3 };
    if (lowercase == GV_LOWERCASE_NONE)
        return unit;
    if (lowercase == GV_LOWERCASE_SIMPLE)
        return unit == SIGMA ? 0 : (UChar)u_tolower(unit);
    UChar to[4];
    UErrorCode code = U_ZERO_ERROR;
    int32_t length = u_strFoldCase(to, 4, &unit, 1, U_FOLD_CASE_DEFAULT, &code);
    return length == 1 && U_SUCCESS(code) ? to[0] : 0;
}

static uint32_t map(const gv_letters *letters, UChar unit)
{
    /* half of a character of another plane: these always go through ICU */
    if (U16_IS_SURROGATE(unit))
        return 0;
    uint32_t to = in_lower_case(letters->lowercase, unit);
    if (!letters->words)
        return to;
    if (is_ideograph(letters, unit))
        return to == unit ? to | GV_LETTERS_ALONE : 0;
    /* what it becomes must be a plain letter as well, or the new word could be cut where this
     * one is not */
    bool plain = to != 0 && is_plain_letter(letters, unit) &&
                 (to == unit || is_plain_letter(letters, (UChar)to));
    enum hangul hangul = hangul_of(unit);
    return !plain || hangul == JAMO ? 0 : hangul == SYLLABLE ? to | GV_LETTERS_APART : to;
}

void gv_letters_fill(gv_letters *letters, uint32_t page)
{
    uint32_t *fresh = gv_mem_alloc(GV_LETTERS_PAGE, sizeof *fresh, NULL);
    for (uint32_t i = 0; fresh && i < GV_LETTERS_PAGE; i++)
        fresh[i] = map(letters, (UChar)(page * GV_LETTERS_PAGE + i));
    letters->page[page] = fresh;
}
