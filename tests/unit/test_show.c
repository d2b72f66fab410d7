/* Text for people: what a terminal would obey, what reorders and what is not seen is spelled
 * out. */
#include "base/gv_show.h"
#include "base/gv_utf8.h"
#include "support/gv_test.h"
#include <stdio.h>
#include <string.h>

static const char *shown(const char *text)
{
    static char line[256];
    return gv_show_line(line, sizeof line, text);
}

Test(show, every_kind_of_character)
{
    cr_assert_str_eq(shown("plain \xc3\xa9 \xe6\x97\xa5 \xf0\x9f\x98\x80"),
                     "plain \xc3\xa9 \xe6\x97\xa5 \xf0\x9f\x98\x80");
    cr_assert_str_eq(shown("\x1b[31m\x07\n\x7f"), "<U+001B>[31m<U+0007><U+000A><U+007F>");
    cr_assert_str_eq(shown("\xc2\x80\xc2\x9b\xc2\x9f\xc2\xa0"), "<U+0080><U+009B><U+009F>\xc2\xa0");
    cr_assert_str_eq(shown("\xd8\x9c\xe2\x80\x8e\xe2\x80\x8f"), "<U+061C><U+200E><U+200F>");
    cr_assert_str_eq(shown("\xe2\x80\xaa\xe2\x80\xae\xe2\x81\xa6\xe2\x81\xa9"),
                     "<U+202A><U+202E><U+2066><U+2069>");
    cr_assert_str_eq(shown("\xe2\x80\xa8\xe2\x80\xa9\xef\xbb\xbf\xef\xbf\xb9\xef\xbf\xbb"),
                     "<U+2028><U+2029><U+FEFF><U+FFF9><U+FFFB>");
    cr_assert_str_eq(shown("\xf3\xa0\x81\x81"), "<U+E0041>");
    /* a surrogate, an overlong form, C1 as a byte, a character that breaks off */
    cr_assert_str_eq(shown("\xed\xa0\x80|\xc0\xaf|\x9b|\xe2\x80"),
                     "<ED><A0><80>|<C0><AF>|<9B>|<E2><80>");
    /* joiners are a part of words */
    cr_assert_str_eq(shown("\xe2\x80\x8c\xe2\x80\x8d"), "\xe2\x80\x8c\xe2\x80\x8d");
    cr_assert_str_eq(shown(""), "");
}

/* Whatever the bytes: what is shown is UTF-8 without any unsafe character. */
Test(show, random_bytes_become_safe)
{
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 0);
    for (int round = 0; round < 20000; round++) {
        static const char lead[] = "\xc2\xe2\xef\xf3\xed\x80\x81\xa0\xae\xbb\xbf\x9b";
        char text[40], line[64];
        size_t n = gv_rng_below(&rng, sizeof text);
        for (size_t i = 0; i < n; i++)
            text[i] = gv_rng_below(&rng, 2) ? lead[gv_rng_below(&rng, sizeof lead - 1)]
                                            : (char)(1 + gv_rng_below(&rng, 255));
        text[n < sizeof text ? n : n - 1] = '\0';
        gv_show_line(line, sizeof line, text);
        cr_assert_lt(strlen(line), sizeof line);
        cr_assert(gv_utf8_valid(line, strlen(line)), "seed %lu", (unsigned long)gv_test_seed());
        for (const char *at = line; *at;)
            cr_assert_not(gv_show_is_unsafe(gv_utf8_next(&at)));
    }
}

Test(show, what_does_not_fit_is_cut_between_characters)
{
    char line[20];
    cr_assert_str_eq(gv_show_line(line, sizeof line, "0123456789012345678"), "0123456789012345678");
    cr_assert_str_eq(gv_show_line(line, sizeof line, "01234567890123456789"),
                     "0123456789012345...");
    cr_assert_str_eq(gv_show_line(line, sizeof line, "0123456789\x01\x01"), "0123456789...");
    cr_assert_str_eq(gv_show_line(line, sizeof line, "012345678901234\xc3\xa9\xc3\xa9\xc3\xa9"),
                     "012345678901234...");
}
