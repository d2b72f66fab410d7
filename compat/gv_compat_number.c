/*
 * Millionths of the value are a product that is rounded once, by less than 0.0001, as it is below
 * 10^12. Unless its fraction is within 0.001 of one half, its nearest integer is that of the exact
 * product. What is left, large values and those that are not finite go through snprintf.
 */
#include "compat/gv_compat_number.h"

#include "base/gv_decimal.h"
#include <math.h>
#include <stdint.h>
#include <stdio.h>

char *gv_compat_number_put6(char *to, double value)
{
    const double million = 1e6, most = 1e6;
    double size = fabs(value), product = size * million;
    double nearest = nearbyint(product), rest = product - nearest;
    if (!(size < most) || fabs(fabs(rest) - 0.5) < 1e-3)
        return to + snprintf(to, GV_COMPAT_NUMBER_MAX, "%.6f", value);
    if (signbit(value))
        *to++ = '-';
    uint64_t millionths = (uint64_t)nearest;
    to = gv_decimal_put_whole(to, millionths / 1000000);
    *to++ = '.';
    uint32_t fraction = (uint32_t)(millionths % 1000000);
    for (int i = 5; i >= 0; i--) {
        to[i] = (char)('0' + fraction % 10);
        fraction /= 10;
    }
    return to + 6;
}
