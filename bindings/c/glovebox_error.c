/* Errors of the C library, its version, and parts of handles that are made when they are needed. */
#include "bindings/c/glovebox_internal.h"

#include <stdarg.h>
#include <stdio.h>

const char *glovebox_version(void)
{
    return GV_VERSION;
}

int glovebox_fail(glovebox_error *err, int code, const char *format, ...)
{
    va_list args;
    if (!err)
        return code;
    err->code = code;
    va_start(args, format);
    vsnprintf(err->message, sizeof err->message, format, args);
    va_end(args);
    return code;
}

static int code_of(int status)
{
    switch (status) {
    case GV_OK:
        return GLOVEBOX_OK;
    case GV_E_IO:
        return GLOVEBOX_E_IO;
    case GV_E_MEMORY:
        return GLOVEBOX_E_MEMORY;
    case GV_E_CORRUPT:
        return GLOVEBOX_E_CORRUPT;
    case GV_E_USAGE:
        return GLOVEBOX_E_USAGE;
    default:
        return GLOVEBOX_E_RUNTIME;
    }
}

int glovebox_translate(glovebox_error *err, int status, const gv_error *why)
{
    if (status == GV_OK)
        return GLOVEBOX_OK;
    return glovebox_fail(err, code_of(status), "%s", why->text[0] ? why->text : "out of memory");
}

int glovebox_null(glovebox_error *err, const char *function, const char *argument)
{
    return glovebox_fail(err, GLOVEBOX_E_ARGUMENT, "%s: %s is NULL", function, argument);
}

/* --- parts ------------------------------------------------------------------------------------ */

void glovebox_part_init(glovebox_part *part)
{
    /* with default attributes it cannot fail */
    (void)pthread_mutex_init(&part->lock, NULL);
    atomic_init(&part->there, false);
}

void glovebox_part_clear(glovebox_part *part)
{
    pthread_mutex_destroy(&part->lock);
}

int glovebox_part_need(glovebox_part *part, int (*make)(void *owner, gv_error *err), void *owner,
                       gv_error *err)
{
    int status = GV_OK;
    if (atomic_load_explicit(&part->there, memory_order_acquire))
        return GV_OK;
    pthread_mutex_lock(&part->lock);
    if (!atomic_load_explicit(&part->there, memory_order_relaxed)) {
        status = make(owner, err);
        if (status == GV_OK)
            atomic_store_explicit(&part->there, true, memory_order_release);
    }
    pthread_mutex_unlock(&part->lock);
    return status;
}
