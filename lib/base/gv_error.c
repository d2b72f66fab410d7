#include "base/gv_error.h"

#include "base/gv_show.h"
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static bool inside_character(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

enum { LONGEST = 3 * GV_ERROR_TEXT, ROOM = GV_ERROR_TEXT - 256 /* for a reason behind it */ };

/* A text that has no room, because it names a very long path, loses its middle: what went wrong is
 * said at the end. */
static void keep_text(gv_error *err, const char *whole)
{
    size_t n = strlen(whole), head = ROOM / 2, tail = n - (ROOM / 2 - 4);
    if (n < ROOM) {
        memcpy(err->text, whole, n + 1);
        return;
    }
    while (head > 0 && inside_character(whole[head]))
        head--;
    while (tail < n && inside_character(whole[tail]))
        tail++;
    snprintf(err->text, sizeof err->text, "%.*s...%s", (int)head, whole, whole + tail);
}

static void set_text(gv_error *err, const char *format, va_list args)
{
    char whole[LONGEST], shown[LONGEST];
    if (vsnprintf(whole, sizeof whole, format, args) < 0)
        whole[0] = '\0';
    keep_text(err, gv_show_line(shown, sizeof shown, whole));
}

int gv_error_set(gv_error *err, int code, const char *format, ...)
{
    if (!err || err->code != GV_OK)
        return code;
    va_list args;
    va_start(args, format);
    set_text(err, format, args);
    va_end(args);
    err->code = code;
    return code;
}

/* What to do about an error of the system, as the end of a message. */
static const char *advice(int number)
{
    switch (number) {
    case ENOSPC:
    case EDQUOT:
        return "; free some space there, then start again";
    case EFBIG:
        return ": the limit on the size of files is reached (ulimit -f, or the file system's own); "
               "raise it, then start again";
    default:
        return "";
    }
}

int gv_error_set_errno(gv_error *err, const char *format, ...)
{
    int saved = errno;
    int code = saved == ENOMEM ? GV_E_MEMORY : GV_E_IO;
    if (!err || err->code != GV_OK)
        return code;
    va_list args;
    va_start(args, format);
    set_text(err, format, args);
    va_end(args);
    size_t used = strlen(err->text);
    char reason[128];
    snprintf(err->text + used, sizeof err->text - used, ": %s%s",
             strerror_r(saved, reason, sizeof reason), advice(saved));
    err->code = code;
    return code;
}

void gv_error_prefix(gv_error *err, const char *format, ...)
{
    if (!err || err->code == GV_OK)
        return;
    char whole[LONGEST], shown[LONGEST];
    va_list args;
    va_start(args, format);
    if (vsnprintf(whole, sizeof whole - GV_ERROR_TEXT - 2, format, args) < 0)
        whole[0] = '\0';
    va_end(args);
    size_t used = strlen(whole);
    snprintf(whole + used, sizeof whole - used, ": %s", err->text);
    keep_text(err, gv_show_line(shown, sizeof shown, whole));
}

int gv_error_exit_code(int status, int signal_number)
{
    switch (status) {
    case GV_OK:
        return 0;
    case GV_E_USAGE:
        return 2;
    case GV_E_STOPPED:
        return 128 + signal_number;
    default:
        return 1;
    }
}
