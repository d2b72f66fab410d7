/*
 * gv_vectors_stream - writing a file of vectors whose rows come one by one.
 *
 * Text without a header, the projector's tables and SQLite are written as rows come. The other
 * formats begin with the number of rows or all words; their rows wait in a spool
 * (gv_vectors_spool.h). The file is replaced at the end, at once.
 *
 * Memory: 4 MiB of rows and what formatting takes, or that of the spool, beside which safetensors
 * needs its header.
 * Errors: those of gv_vectors.h. Threads: one at a time.
 */
#ifndef GV_VECTORS_STREAM_H
#define GV_VECTORS_STREAM_H

#include "vectors/gv_vectors.h"

typedef struct gv_vectors_stream gv_vectors_stream;

typedef struct gv_vectors_stream_options {
    const char *path; /* borrowed until the end */
    enum gv_config_format format;
    bool header; /* text: write word2vec's first line */
    size_t dim;
    unsigned threads; /* that format text */
} gv_vectors_stream_options;

/* Begin; gv_vectors_stream_end in any case. `*stream` may be NULL on failure. */
GV_MUST_USE int gv_vectors_stream_open(gv_vectors_stream **stream,
                                       const gv_vectors_stream_options *options, gv_error *err);
/* A row; of it, word, values and count are used, and copied. */
GV_MUST_USE int gv_vectors_stream_add(gv_vectors_stream *stream, const gv_vectors_row *row,
                                      gv_error *err);
/* The first row so far of a word ([dim]), for fasttext only. Compares word by word. */
bool gv_vectors_stream_find(gv_vectors_stream *stream, const char *word, float *to);
/* Finish the file if `status`, how it went so far, is GV_OK; else leave what was there before, and
 * return `status`. `metadata` and `subwords` are those of gv_vectors_source; both may be NULL.
 * Frees; `*stream` may be NULL. */
GV_MUST_USE int gv_vectors_stream_end(gv_vectors_stream **stream, int status, const char *metadata,
                                      const gv_subwords *subwords, gv_error *err);

#endif
