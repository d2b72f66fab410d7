/* Sizes and times as people read them. */
#include "base/gv_amount.h"
#include "support/gv_test.h"

static void bytes(double amount, const char *expected)
{
    char text[GV_AMOUNT_TEXT];
    cr_expect_str_eq(gv_amount_bytes(text, amount), expected, "%.0f: %s", amount, text);
}

static void seconds(double amount, const char *expected)
{
    char text[GV_AMOUNT_TEXT];
    cr_expect_str_eq(gv_amount_time(text, amount), expected, "%g: %s", amount, text);
}

Test(amount, bytes)
{
    bytes(0, "0 bytes");
    bytes(1023, "1023 bytes");
    bytes(1024, "1 KiB");
    bytes(1536, "1.5 KiB");
    bytes(4194304, "4 MiB");
    bytes(1024 * 1024 - 1, "1 MiB");
    bytes(110.4 * 1048576, "110 MiB");
    bytes(1.5 * 1024 * 1048576, "1.5 GiB");
    bytes(18446744073709551615.0, "16 EiB");
    bytes(1e30, "8.67e+11 EiB");
}

Test(amount, seconds)
{
    seconds(0, "0.0 s");
    seconds(9.94, "9.9 s");
    seconds(48.4, "48 s");
    seconds(200, "3:20 min");
    seconds(7500, "2:05 h");
    seconds(-1, "0 s");
    seconds(1e300, "0 s");
}
