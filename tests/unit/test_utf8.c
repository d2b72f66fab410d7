/* gv_utf8: what is well-formed, how ill-formed bytes are grouped, and cutting without splitting. */
#include "base/gv_utf8.h"
#include "support/gv_test.h"
#include <string.h>

typedef struct unit_case {
    const char *bytes;
    size_t n, length; /* of the bytes, and of the first unit */
    bool well_formed;
} unit_case;

/* The borders of the Unicode Standard's table 3-7. */
static const unit_case cases[] = {
    {"a", 1, 1, true},
    {"\x00", 1, 1, true},
    {"\x7f", 1, 1, true},
    {"\xc2\x80", 2, 2, true},
    {"\xdf\xbf", 2, 2, true},
    {"\xe0\xa0\x80", 3, 3, true},
    {"\xed\x9f\xbf", 3, 3, true},
    {"\xee\x80\x80", 3, 3, true},
    {"\xef\xbf\xbf", 3, 3, true},
    {"\xf0\x90\x80\x80", 4, 4, true},
    {"\xf4\x8f\xbf\xbf", 4, 4, true},
    {"\x80", 1, 1, false},         /* starts nothing */
    {"\xc0\x80", 2, 1, false},     /* overlong */
    {"\xc1\xbf", 2, 1, false},     /* overlong */
    {"\xe0\x9f\xbf", 3, 1, false}, /* overlong */
    {"\xf0\x8f\xbf\xbf", 4, 1, false},
    {"\xed\xa0\x80", 3, 1, false},     /* a surrogate */
    {"\xf4\x90\x80\x80", 4, 1, false}, /* above U+10FFFF */
    {"\xf5\x80\x80\x80", 4, 1, false},
    {"\xff", 1, 1, false},
    {"\xc2"
     "a",
     2, 1, false}, /* breaks off */
    {"\xe2\x82"
     "a",
     3, 2, false}, /* a maximal subpart is one unit */
    {"\xf0\x9f\x98"
     "a",
     4, 3, false},
    {"\xe2\x82\xc2\x80", 4, 2, false},
    {"\xc2", 1, 0, false}, /* could still become a character */
    {"\xe2\x82", 2, 0, false},
    {"\xf0\x9f\x98", 3, 0, false},
};

enum { CASES = sizeof cases / sizeof *cases };

Test(utf8, units)
{
    for (size_t i = 0; i < CASES; i++) {
        const uint8_t *bytes = (const uint8_t *)cases[i].bytes;
        bool well_formed = true;
        size_t length = gv_utf8_unit(bytes, bytes + cases[i].n, &well_formed);
        cr_assert_eq(length, cases[i].length, "case %zu: %zu", i, length);
        if (length > 0)
            cr_assert_eq(well_formed, cases[i].well_formed, "case %zu", i);
    }
}

Test(utf8, valid_means_every_unit)
{
    cr_assert(gv_utf8_valid("", 0));
    for (size_t i = 0; i < CASES; i++) {
        const unit_case *c = &cases[i];
        bool whole = c->well_formed && c->length == c->n;
        cr_assert_eq(gv_utf8_valid(c->bytes, c->n), whole, "case %zu", i);
        char text[16] = "ab";
        memcpy(text + 2, c->bytes, c->n);
        text[2 + c->n] = 'z';
        cr_assert_eq(gv_utf8_valid(text, c->n + 3), whole, "case %zu between letters", i);
    }
}

/* Every character below U+10000 but the surrogates survives being written and read. */
Test(utf8, encode_and_decode_and_next_agree)
{
    for (uint32_t point = 1; point < 0x10000; point++) {
        char text[4] = "";
        size_t length = (size_t)(gv_utf8_encode(text, point) - text);
        bool surrogate = point >= 0xd800 && point < 0xe000;
        cr_assert_eq(length, point < 0x80 ? 1u : point < 0x800 ? 2u : 3u);
        cr_assert_eq(gv_utf8_valid(text, length), !surrogate, "U+%04X", point);
        const char *at = text;
        cr_assert_eq(gv_utf8_next(&at), surrogate ? 0xfffdu : point, "U+%04X", point);
        const uint8_t *bytes = (const uint8_t *)text;
        uint32_t decoded = 0;
        size_t taken = gv_utf8_decode(bytes, bytes + length, &decoded);
        cr_assert_eq(taken, surrogate || point < 0x80 ? 0u : length, "U+%04X", point);
        if (taken)
            cr_assert_eq(decoded, point);
        cr_assert_eq(gv_utf8_decode(bytes, bytes + length - 1, &decoded), 0u, "it is cut short");
    }
}

Test(utf8, next_takes_four_bytes_and_ill_formed_units)
{
    const char *at = "\xf0\x9f\x98\x80x\x80\xe2\x82"
                     "y\xc2";
    static const uint32_t wanted[] = {0x1f600, 'x', 0xfffd, 0xfffd, 'y', 0xfffd};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        cr_assert_eq(gv_utf8_next(&at), wanted[i], "character %zu", i);
    cr_assert_eq(*at, '\0');
}

Test(utf8, cut_never_splits)
{
    const char *text = "a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80z"; /* 1, 2, 3, 4 and 1 bytes */
    static const size_t wanted[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10};
    for (size_t limit = 0; limit < sizeof wanted / sizeof *wanted; limit++) {
        size_t cut = gv_utf8_cut(text, limit);
        cr_assert_eq(cut, wanted[limit], "limit %zu: %zu", limit, cut);
        cr_assert(gv_utf8_valid(text, cut));
    }
}
