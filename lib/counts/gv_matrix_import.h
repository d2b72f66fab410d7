/*
 * gv_matrix_import - a co-occurrence matrix of another program as counts.bin.
 *
 * Threads: calls are independent; several files may be processed at once.
 */
#ifndef GV_MATRIX_IMPORT_H
#define GV_MATRIX_IMPORT_H

#include "base/gv_error.h"
#include "base/gv_strings.h"
#include "config/gv_config.h"
#include "vocab/gv_vocab.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct gv_matrix_import_options {
    bool mirror;      /* each entry stands for its mirror image, too */
    bool add;         /* entries of the same pair are added up, instead of an error */
    bool has_header;  /* text: the first line is a header, whatever it looks like */
    int ids_from;     /* text: words are numbers of the vocabulary, from this on; -1: words */
    uint64_t unit;    /* values are stored as whole numbers of 1/unit; 0: chosen */
    const char *file; /* what is read, if `path` is only its name for messages; else NULL */
} gv_matrix_import_options;

/* What was read, and what the user should know about it. */
typedef struct gv_matrix_import_report {
    const char *format;   /* for people; a constant string */
    uint64_t entries;     /* of the file, those left out not among them */
    uint64_t unit;        /* of the counts */
    double largest_error; /* the largest relative change of a value that rounding made */
    gv_strings notes;     /* sentences, for the caller to free, also on failure */
    gv_vocab *words;      /* those of the file, if no vocabulary was given, by their first
                             appearance and without counts; for the caller to free, also on failure */
} gv_matrix_import_report;

/*
 * Read the matrix `path` over `vocab`, or if that is NULL, text over the words in it: the
 * reference's cooccurrence.bin, Matrix Market, scipy's .npz or text, by its content, in any order.
 * Write counts.bin `counts_path`. Window, weighting and symmetry are taken from `config`, which
 * also gives the recipe in the header. Values are rounded to whole units: those that `options` say,
 * else those of that window and weighting; if these change a value by more than 1e-6 of itself (the
 * file was counted otherwise), the unit is 2^32. `cooccur.memory_mb` bounds the memory; beyond it
 * entries are sorted through a temporary file of 16 bytes an entry, in `cooccur.temp_dir` or beside
 * `counts_path`.
 *
 * GV_E_CORRUPT naming file and place: what the readers refuse (gv_matrix_reader.h), values that are
 * not positive numbers or that no unit holds, pairs that are there twice, and where a symmetric
 * matrix is wanted, pairs without their mirror image or with another value there.
 */
GV_MUST_USE int gv_matrix_import(const char *path, const gv_vocab *vocab, const gv_config *config,
                                 const gv_matrix_import_options *options, const char *counts_path,
                                 gv_matrix_import_report *report, gv_error *err);

#endif
