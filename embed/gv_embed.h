/*
 * gv_embed - vectors of texts and of words by their contexts: what glove-embed does.
 *
 * Documents (gv_embed_documents.h) or, with `induce`, words (gv_embed_induce.h). Vectors, counts
 * and n-grams are those of the run, which are only read; docs/embed.md describes all of it.
 *
 * Errors: GV_E_USAGE: something of the run is missing, with the way out; those of reading and
 * writing. Threads: main thread only; it starts threads of its own.
 */
#ifndef GV_EMBED_H
#define GV_EMBED_H

#include "base/gv_progress.h"
#include "config/gv_config.h"
#include "embed/gv_embed_documents.h"
#include "embed/gv_embed_output.h"
#include <stdbool.h>

/* All borrowed. */
typedef struct gv_embed_options {
    const gv_config *config;
    const char *run_dir;
    const char *vectors; /* a file of vectors; NULL: those of the run */
    const char *output;  /* NULL: standard output */
    const char *words;   /* npy of induced words: where their names go; NULL: nowhere */
    gv_strings files;    /* to read; none: standard input */
    enum gv_document_weights weights;
    enum gv_embed_output_format format;
    bool induce;
    gv_progress *progress; /* may be NULL */
} gv_embed_options;

GV_MUST_USE int gv_embed_run(const gv_embed_options *options, gv_error *err);

#endif
