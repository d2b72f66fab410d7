/*
 * gv_matrix_reader - the entries of a co-occurrence matrix in a file of another program.
 *
 * One interface; behind it one module per format: the reference's records (gv_matrix_reference.c),
 * Matrix Market (gv_matrix_market.c), scipy's .npz (gv_matrix_npz.c), text (gv_matrix_text.c). All
 * read front to back in bounded memory, and all but .npz may be compressed (gv_stream.h).
 *
 * Errors name file and place: GV_E_CORRUPT for what cannot be understood, with the way out;
 * GV_E_IO, GV_E_MEMORY, GV_E_STOPPED.
 * Threads: one reader is used by one thread at a time.
 */
#ifndef GV_MATRIX_READER_H
#define GV_MATRIX_READER_H

#include "base/gv_error.h"
#include "vocab/gv_vocab.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct gv_matrix_reader_entry {
    uint32_t row, column; /* word ids, from 0, in the vocabulary */
    double value;         /* as in the file: any number */
} gv_matrix_reader_entry;

typedef struct gv_matrix_reader gv_matrix_reader;
struct gv_matrix_reader {
    const char *path; /* for messages */
    const char *file; /* the file that is read; NULL: `path` */
    const gv_vocab *vocab;
    gv_vocab *growing;  /* text: the same, which new words join; NULL: the vocabulary is fixed */
    const char *format; /* for people: "text", "Matrix Market", ... */
    const char *place;  /* what `number` counts: "line", "record", "entry" */
    uint64_t number;    /* of the entry read last, from 1 */
    bool mirrored;      /* each entry stands for its mirror image, too */
    bool sums;          /* entries of the same pair are to be added up */
    double tolerance;   /* by which the values of mirror images may differ, relative to them */
    int ids_from;       /* text: words are numbers of the vocabulary from this on; -1: words */
    bool has_header;    /* text: the first line is one */
    /* text: lines left out because a word is not in the vocabulary; the first of them */
    uint64_t unknown, unknown_line;
    uint64_t unknown_numbers; /* of them, those of two whole numbers, which may be ids */
    char *unknown_word;       /* owned */
    char *header;             /* text: a first line that is no entry; owned */
    bool without_values;      /* text: lines of two words, which count 1 */
    uint64_t joined;          /* text: words with white space inside, which became `_` */
    void *state;              /* of the format */
    /* The next entry; `*more` is false at the end. */
    int (*next)(gv_matrix_reader *reader, gv_matrix_reader_entry *entry, bool *more, gv_error *err);
    void (*close)(gv_matrix_reader *reader);
};

/* Open `file`, whose format is seen by its content. The fields `path`, `file`, `vocab`, `growing`,
 * `ids_from` and `has_header` of `reader` are set by the caller, all others 0; all of them are
 * borrowed. Only text can be read with a growing vocabulary: GV_E_USAGE for others. End with
 * gv_matrix_reader_close, also on failure. */
GV_MUST_USE int gv_matrix_reader_open(gv_matrix_reader *reader, gv_error *err);
void gv_matrix_reader_close(gv_matrix_reader *reader);

/* GV_E_CORRUPT: "PATH (FORMAT), PLACE NUMBER: " and what is wrong there. */
GV_MUST_USE int gv_matrix_reader_fail(const gv_matrix_reader *reader, gv_error *err,
                                      const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* GV_E_CORRUPT unless a matrix of `rows` x `columns` is one over the vocabulary. */
GV_MUST_USE int gv_matrix_reader_check_shape(const gv_matrix_reader *reader, uint64_t rows,
                                             uint64_t columns, gv_error *err);

/* The formats' parts of gv_matrix_reader_open. */
GV_MUST_USE int gv_matrix_reader_open_reference(gv_matrix_reader *reader, gv_error *err);
GV_MUST_USE int gv_matrix_reader_open_market(gv_matrix_reader *reader, gv_error *err);
GV_MUST_USE int gv_matrix_reader_open_npz(gv_matrix_reader *reader, gv_error *err);
GV_MUST_USE int gv_matrix_reader_open_text(gv_matrix_reader *reader, gv_error *err);

#endif
