/*
 * gv_embed_write - induced vectors as a file.
 *
 *     text    a file of vectors: `word numbers`
 *     jsonl   {"word":, "vector": [], "lines":, "occurrences":, "contexts":, "subwords": bool}
 *     npy     the numbers; the words go into a file of their own, if one is named
 *
 * Errors: GV_E_IO, GV_E_MEMORY, GV_E_RUNTIME for a word that the format cannot hold. Threads: one
 * at a time.
 */
#ifndef GV_EMBED_WRITE_H
#define GV_EMBED_WRITE_H

#include "base/gv_progress.h"
#include "embed/gv_embed_induce.h"
#include "embed/gv_embed_output.h"

/* Where the vectors go; all borrowed. */
typedef struct gv_embed_write_job {
    const char *output; /* NULL: standard output */
    const char *words;  /* npy: where the words go; NULL: nowhere */
    enum gv_embed_output_format format;
    gv_progress *progress; /* may be NULL */
} gv_embed_write_job;

GV_MUST_USE int gv_embed_write_induced(const gv_embed_induce_list *list, size_t dim,
                                       const gv_embed_write_job *job, gv_error *err);

#endif
