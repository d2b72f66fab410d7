#include "base/gv_error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* File names and config values may contain newlines; an error is one line. */
static void make_one_line(char *text)
{
    for (unsigned char *p = (unsigned char *)text; *p; p++)
        if (*p < 0x20 || *p == 0x7f)
            *p = '?';
}

static void set_text(gv_error *err, const char *format, va_list args)
{
    if (vsnprintf(err->text, sizeof err->text, format, args) < 0)
        err->text[0] = '\0';
    make_one_line(err->text);
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
             strerror_r(saved, reason, sizeof reason),
             saved == ENOSPC || saved == EDQUOT ? "; free some space there, then start again" : "");
    err->code = code;
    return code;
}

void gv_error_prefix(gv_error *err, const char *format, ...)
{
    if (!err || err->code == GV_OK)
        return;
    char old[GV_ERROR_TEXT];
    memcpy(old, err->text, sizeof old);
    va_list args;
    va_start(args, format);
    set_text(err, format, args);
    va_end(args);
    size_t used = strlen(err->text);
    snprintf(err->text + used, sizeof err->text - used, ": %s", old);
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
