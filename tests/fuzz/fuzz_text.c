/*
 * Any bytes as numbers, UTF-8 and words of a shell. Numbers are compared with the C library's, and
 * UTF-8 with a decoder that only follows the table of the Unicode Standard.
 */
#include "base/gv_amount.h"
#include "base/gv_decimal.h"
#include "base/gv_mem.h"
#include "base/gv_text.h"
#include "base/gv_utf8.h"
#include "fuzz_file.h"
#include <math.h>
#include <string.h>

static void must(bool holds)
{
    if (!holds)
        abort();
}

/* --- numbers ---------------------------------------------------------------------------------- */

/* strtof knows forms that a file may not hold: hexadecimal numbers, NAN(...), blanks before. */
static bool is_decimal(const char *text, size_t length)
{
    return length > 0 && strcspn(text, "xXpP(") >= length && !strchr(" \t\n\v\f\r", text[0]);
}

static void check_real(const char *text)
{
    float value = 0;
    char *end;
    const char *rest = gv_decimal_get(text, &value);
    float known = strtof(text, &end);
    bool ends = end > text && (*end == ' ' || *end == '\t' || *end == '\0') &&
                is_decimal(text, (size_t)(end - text));
    must((rest != NULL) == ends);
    must(!rest || (rest == end &&
                   (memcmp(&value, &known, sizeof value) == 0 || (isnan(value) && isnan(known)))));
}

static void check_whole(const char *text)
{
    uint64_t value = 0;
    size_t n = strspn(text, "0123456789");
    bool whole = n > 0 && text[n] == '\0', given = gv_decimal_get_whole(&value, text);
    const char *digits = text + (whole ? strspn(text, "0") : 0);
    bool fits = strlen(digits) < 20 ||
                (strlen(digits) == 20 && strcmp(digits, "18446744073709551615") <= 0);
    must(given == (whole && fits));
    char again[GV_DECIMAL_WHOLE_MAX + 1];
    *gv_decimal_put_whole(again, value) = '\0';
    must(!given || strcmp(again, *digits ? digits : "0") == 0);
}

static void check_written(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i + sizeof(float) <= size && i < 64; i += sizeof(float)) {
        float value;
        char own[GV_DECIMAL_MAX + 1], known[400];
        memcpy(&value, data + i, sizeof value);
        *gv_decimal_put6(own, value) = '\0';
        snprintf(known, sizeof known, "%.6f", (double)value);
        must(strcmp(own, known) == 0 || isnan(value));
        char amount[GV_AMOUNT_TEXT];
        must(strlen(gv_amount_time(amount, (double)value)) < GV_AMOUNT_TEXT);
        must(value < 0 || !isfinite(value) ||
             strlen(gv_amount_bytes(amount, (double)value)) < GV_AMOUNT_TEXT);
    }
}

/* --- UTF-8 ------------------------------------------------------------------------------------ */

/* Bytes of the well-formed character at `from`, 0 if there is none. */
static size_t character(const uint8_t *from, size_t left)
{
    uint8_t low = 0x80, high = 0xbf;
    size_t n = from[0] < 0x80                      ? 1
               : from[0] >= 0xc2 && from[0] < 0xe0 ? 2
               : from[0] >= 0xe0 && from[0] < 0xf0 ? 3
               : from[0] >= 0xf0 && from[0] < 0xf5 ? 4
                                                   : 0;
    low = from[0] == 0xe0 ? 0xa0 : from[0] == 0xf0 ? 0x90 : low;
    high = from[0] == 0xed ? 0x9f : from[0] == 0xf4 ? 0x8f : high;
    if (n == 0 || n > left || (n > 1 && (from[1] < low || from[1] > high)))
        return 0;
    for (size_t i = 2; i < n; i++)
        if ((from[i] & 0xc0) != 0x80)
            return 0;
    return n;
}

static void check_utf8(const uint8_t *data, size_t size)
{
    bool all = true;
    for (size_t at = 0; at < size;) {
        bool well = false;
        size_t n = gv_utf8_unit(data + at, data + size, &well),
               known = character(data + at, size - at);
        must(n <= size - at && (n > 0 || size - at < 4));
        must(n == 0 || well == (known > 0));
        must(!well || n == known);
        all &= n > 0 && well;
        at += n > 0 ? n : size - at;
    }
    must(gv_utf8_valid((const char *)data, size) == all);
    for (size_t limit = 0; all && limit < size && limit < 40; limit++) {
        size_t cut = gv_utf8_cut((const char *)data, limit);
        must(cut <= limit && limit - cut < 4 && gv_utf8_valid((const char *)data, cut));
    }
}

static void check_next(const char *text)
{
    const char *end = text + strlen(text);
    while (*text) {
        const char *before = text;
        uint32_t point = gv_utf8_next(&text);
        must(text > before && text <= end && point <= 0x10ffff);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1), *quoted = NULL;
    if (!text)
        abort();
    memcpy(text, data, size);
    text[size] = '\0';
    check_real(text);
    check_whole(text);
    check_written(data, size);
    check_utf8(data, size);
    check_next(text);
    gv_text out = GV_TEXT_INIT;
    gv_text_shell_word(&out, text);
    if (gv_text_take(&quoted, &out, NULL) != GV_OK)
        abort();
    gv_mem_free(quoted);
    free(text);
    return 0;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    static const char *const seeds[] = {
        "0.25", "-1.17549435e-38", "3.4028235e+38 x",      "nan",
        "+inf", "1e-46",           "18446744073709551616", "\xe2\x82\xac \xf0\x9f\x98\x80",
        "it's"};
    for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++) {
        char name[16];
        snprintf(name, sizeof name, "seed-%zu", i);
        fuzz_seed_bytes(name, seeds[i], strlen(seeds[i]));
    }
    return 0;
}
