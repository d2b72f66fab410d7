/*
 * gv_unpack - what is inside compressed data or an archive, front to back.
 *
 * Compressed data (gzip, bzip2, xz, zstd, lz4, lzip, compress, also twice) has one nameless member.
 * An archive (zip, tar, 7z) has any number; only its regular files are members here.
 *
 * With gv_gzip, the only user of libarchive.
 *
 * Errors: GV_E_CORRUPT for damaged, truncated or encrypted data, GV_E_MEMORY, and what the source
 * reports. Threads: one object is used by one thread at a time.
 */
#ifndef GV_UNPACK_H
#define GV_UNPACK_H

#include "base/gv_error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Where the packed bytes come from; all borrowed as long as the gv_unpack is open. */
typedef struct gv_unpack_source {
    const char *name; /* of the file, for errors */
    void *context;
    /* The next bytes, borrowed until the next call, and how many; 0 at the end, -1 on failure. */
    ssize_t (*read)(void *context, const uint8_t **bytes, gv_error *err);
    /* As lseek(2); NULL: the source can only be read front to back. */
    int64_t (*seek)(void *context, int64_t offset, int whence);
} gv_unpack_source;

typedef struct gv_unpack gv_unpack;

/* Begin; `archive` says which of both it is. `source` is copied. The caller closes. */
GV_MUST_USE int gv_unpack_open(gv_unpack **unpack, const gv_unpack_source *source, bool archive,
                               gv_error *err);
/* Accepts NULL. */
void gv_unpack_close(gv_unpack *unpack);

/* Go to the next member, the first one at first. `*name` (NULL at the end) is borrowed until the
 * next call; "" for compressed data. */
GV_MUST_USE int gv_unpack_next(gv_unpack *unpack, const char **name, gv_error *err);
/* Some bytes of the member, at most `bytes`; `*got` is 0 at its end. */
GV_MUST_USE int gv_unpack_read(gv_unpack *unpack, void *data, size_t bytes, size_t *got,
                               gv_error *err);

#endif
