/*
 * gv_embed_output - where the vectors of documents go, as they come.
 *
 * To standard output, a pipe or a device they go at once; a file is replaced when it is complete.
 * npy states the number of rows before the rows, so these wait in a temporary file for the end.
 *
 * Errors: GV_E_IO naming the file; GV_E_STOPPED; GV_E_MEMORY. Threads: one at a time.
 */
#ifndef GV_EMBED_OUTPUT_H
#define GV_EMBED_OUTPUT_H

#include "base/gv_error.h"
#include <stddef.h>

enum gv_embed_output_format { GV_EMBED_TEXT, GV_EMBED_JSONL, GV_EMBED_NPY };

typedef struct gv_embed_output gv_embed_output;

/* `path` is borrowed; "-" and NULL are standard output. End it with gv_embed_output_end. */
GV_MUST_USE int gv_embed_output_open(gv_embed_output **out, const char *path,
                                     enum gv_embed_output_format format, gv_error *err);
GV_MUST_USE int gv_embed_output_write(gv_embed_output *out, const void *data, size_t bytes,
                                      gv_error *err);
/* Complete the output if `status`, how the work went, is GV_OK; else leave a file as it was, and
 * return `status`. `rows` x `dim` is what an npy file holds. Frees. */
GV_MUST_USE int gv_embed_output_end(gv_embed_output **out, int status, size_t rows, size_t dim,
                                    gv_error *err);

#endif
