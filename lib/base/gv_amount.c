#include "base/gv_amount.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

const char *gv_amount_bytes(char text[GV_AMOUNT_TEXT], double bytes)
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    double size = bytes / 1024;
    size_t unit = 0;
    if (bytes < 1023.5) {
        snprintf(text, GV_AMOUNT_TEXT, "%.0f bytes", bytes);
        return text;
    }
    for (; size >= 1023.5 && unit + 1 < sizeof units / sizeof units[0]; unit++)
        size /= 1024;
    snprintf(text, GV_AMOUNT_TEXT, size < 99.95 ? "%.1f" : size < 1e6 ? "%.0f" : "%.3g", size);
    char *zero = strstr(text, ".0");
    snprintf(zero ? zero : text + strlen(text), 8, " %s", units[unit]);
    return text;
}

const char *gv_amount_time(char text[GV_AMOUNT_TEXT], double seconds)
{
    uint64_t whole = seconds >= 0 && seconds < 1e15 ? (uint64_t)(seconds + 0.5) : 0;
    if (seconds >= 0 && seconds < 9.95)
        snprintf(text, GV_AMOUNT_TEXT, "%.1f s", seconds);
    else if (whole < 60)
        snprintf(text, GV_AMOUNT_TEXT, "%" PRIu64 " s", whole);
    else if (whole < 3600)
        snprintf(text, GV_AMOUNT_TEXT, "%" PRIu64 ":%02" PRIu64 " min", whole / 60, whole % 60);
    else
        snprintf(text, GV_AMOUNT_TEXT, "%" PRIu64 ":%02" PRIu64 " h", whole / 3600,
                 whole / 60 % 60);
    return text;
}
