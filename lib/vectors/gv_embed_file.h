/*
 * gv_embed_file - embed.bin: what was computed from a run for glove-embed, so that it need not be
 * computed again, and later texts get the same.
 *
 * It belongs to one set of vectors; each part also to the counts or the store that it was made
 * from. What does not fit is not there for the reader.
 *
 * Source: the byte layout in docs/formats.md.
 * Threads: functions touch only their arguments.
 */
#ifndef GV_EMBED_FILE_H
#define GV_EMBED_FILE_H

#include "base/gv_error.h"
#include "base/gv_hash.h"
#include <stdint.h>

typedef struct gv_embed_file {
    uint32_t dim;
    gv_hash vectors;         /* words and numbers */
    double *component;       /* [dim] of length 1; NULL: not there. Owned */
    gv_hash counts;          /* of the words of the vectors, with `component` */
    double *transform;       /* [dim][dim] (gv_embed_fit.h); NULL: not there. Owned */
    char store[GV_HASH_HEX]; /* the store's content hash, with `transform` */
    uint64_t used;           /* words of the regression */
} gv_embed_file;

/* Read `path`. GV_E_CORRUPT, naming it: damaged, or no such file; GV_E_IO; GV_E_MEMORY. On failure
 * `file` is empty. The caller clears. */
GV_MUST_USE int gv_embed_file_read(gv_embed_file *file, const char *path, gv_error *err);
/* Replace `path`. GV_E_IO, GV_E_MEMORY. */
GV_MUST_USE int gv_embed_file_write(const gv_embed_file *file, const char *path, gv_error *err);
/* Free the parts. */
void gv_embed_file_clear(gv_embed_file *file);

#endif
