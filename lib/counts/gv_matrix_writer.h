/*
 * gv_matrix_writer - a co-occurrence matrix as a file of another program, entry by entry.
 *
 * One interface; behind it the reference's records, Matrix Market, scipy's .npz, and text. Entries
 * come by row and column, ascending. The file is replaced at once when it is complete.
 *
 * Errors: GV_E_IO, GV_E_MEMORY, each naming the file; GV_E_USAGE for a name that tells no format.
 * Threads: one writer is used by one thread at a time.
 */
#ifndef GV_MATRIX_WRITER_H
#define GV_MATRIX_WRITER_H

#include "base/gv_error.h"
#include "base/gv_file_writer.h"
#include "counts/gv_counts.h"
#include "vocab/gv_vocab.h"
#include <stdbool.h>
#include <stdint.h>

enum gv_matrix_writer_format {
    GV_MATRIX_WRITER_REFERENCE, /* .bin */
    GV_MATRIX_WRITER_MARKET,    /* .mtx */
    GV_MATRIX_WRITER_NPZ,       /* .npz */
    GV_MATRIX_WRITER_TSV,       /* .tsv, .txt */
    GV_MATRIX_WRITER_CSV        /* .csv */
};

/* The format that is called `name` ("mtx"), or if that is NULL, the one of the name of the file
 * `path`. GV_E_USAGE names those there are. */
GV_MUST_USE int gv_matrix_writer_choose(enum gv_matrix_writer_format *format, const char *path,
                                        const char *name, gv_error *err);

typedef struct gv_matrix_writer gv_matrix_writer;
struct gv_matrix_writer {
    const char *path;
    const gv_counts_info *info; /* of the matrix; its totals are known */
    const gv_vocab *vocab;      /* text only */
    gv_file_writer *out;
    bool half;      /* wants only the stored half of a symmetric matrix */
    char separator; /* text */
    void *state;    /* of the format */
    GV_MUST_USE int (*put)(gv_matrix_writer *writer, uint32_t row, uint32_t column, double value,
                           gv_error *err);
    GV_MUST_USE int (*finish)(gv_matrix_writer *writer, gv_error *err); /* all were put */
    void (*clear)(gv_matrix_writer *writer);                            /* frees `state` */
};

/* Open `out` and fill in what belongs to the format. The caller has set `path`, `info`, `vocab`,
 * all borrowed, and the rest to 0; it commits or aborts `out`, and calls `clear` (unless NULL). */
GV_MUST_USE int gv_matrix_writer_open(gv_matrix_writer *writer, enum gv_matrix_writer_format format,
                                      gv_error *err);

/* The formats' parts of gv_matrix_writer_open. */
GV_MUST_USE int gv_matrix_writer_begin_reference(gv_matrix_writer *writer, gv_error *err);
GV_MUST_USE int gv_matrix_writer_begin_npz(gv_matrix_writer *writer, gv_error *err);
GV_MUST_USE int gv_matrix_writer_begin_market(gv_matrix_writer *writer, gv_error *err);
GV_MUST_USE int gv_matrix_writer_begin_text(gv_matrix_writer *writer, gv_error *err);

#endif
