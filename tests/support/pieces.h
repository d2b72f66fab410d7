/* Bytes that are given in pieces, as the source of a reader. */
#ifndef PIECES_H
#define PIECES_H

#include "base/gv_error.h"
#include <stddef.h>
#include <string.h>

typedef struct pieces {
    const void *bytes;
    size_t n, at, piece; /* `piece`: bytes at most at a time */
} pieces;

/* As `read` of gv_records_source; `context` is a `pieces`. */
static inline int pieces_read(void *context, void *data, size_t bytes, size_t *got, gv_error *err)
{
    pieces *in = context;
    (void)err;
    size_t left = in->n - in->at, part = in->piece < bytes ? in->piece : bytes;
    *got = part < left ? part : left;
    memcpy(data, (const char *)in->bytes + in->at, *got);
    in->at += *got;
    return GV_OK;
}

#endif
