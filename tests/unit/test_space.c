/* gv_space: which characters are white space to other programs, and how they are shown. */
#include "base/gv_utf8.h"
#include "support/gv_test.h"
#include "text/gv_space.h"
#include <string.h>
#include <unicode/uchar.h>

/* ICU's White_Space is the oracle; without what separates words in any case, with what Python's
 * split() splits at beside it. */
Test(space, is_unicode_white_space)
{
    for (uint32_t point = 0; point < 0x110000; point++) {
        bool ordinary = point == ' ' || point == '\t' || point == '\n' || point == '\r';
        bool expected =
            (u_isUWhiteSpace((UChar32)point) && !ordinary) || (point >= 0x1c && point <= 0x1f);
        cr_assert_eq(gv_space_is(point), expected, "U+%04X", point);
    }
}

Test(space, every_one_is_found_and_blanked)
{
    for (uint32_t point = 1; point < 0x10000; point++) {
        if (point >= 0xd800 && point < 0xe000)
            continue;
        char text[16] = "a\xc2";
        char *end = gv_utf8_encode(text + 2, point);
        size_t bytes = (size_t)(end - text - 2), length = bytes + 3;
        *end = 'z';
        uint32_t found = 0;
        cr_assert_eq(gv_space_find(text, length, &found), gv_space_is(point), "U+%04X", point);
        cr_assert(!gv_space_is(point) || found == point);
        char before[16];
        memcpy(before, text, sizeof text);
        if (gv_space_is(point))
            memset(before + 2, ' ', bytes);
        cr_assert_eq(gv_space_blank((uint8_t *)text, length), gv_space_is(point));
        cr_assert_eq(memcmp(text, before, sizeof text), 0, "U+%04X", point);
    }
    cr_assert_not(gv_space_find("", 0, NULL));
    cr_assert_not(gv_space_find("a\xe3\x80", 3, NULL), "breaks off");
}

Test(space, shown_for_people)
{
    char shown[GV_SPACE_SHOWN], many[1000];
    cr_assert_str_eq(gv_space_show(shown, "New\xc2\xa0York", 9), "New<U+00A0>York");
    cr_assert_str_eq(gv_space_show(shown, "\xe3\x80\x80\x0b\xff\xef\xbb\xbf\xc3\xa9", 10),
                     "<U+3000><U+000B><FF><U+FEFF>\xc3\xa9");
    cr_assert_str_eq(gv_space_show(shown, "\xf0\x9f\x98\x80\xe2\x80", 6),
                     "\xf0\x9f\x98\x80<E2><80>");
    memset(many, 0x0c, sizeof many);
    cr_assert(strlen(gv_space_show(shown, many, sizeof many)) < sizeof shown);
    cr_assert_str_eq(shown + strlen(shown) - 3, "...");
}
