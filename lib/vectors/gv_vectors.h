/*
 * gv_vectors - word vectors in files: written in seven formats and read back, of any origin.
 *
 * Writing streams rows from a source, so there is never a second copy of the model; every file is
 * replaced atomically. Reading gives them in memory, or row by row to a sink.
 *
 * Errors: GV_E_IO, GV_E_MEMORY, GV_E_STOPPED on a signal; GV_E_CORRUPT for a file that cannot be
 * understood; GV_E_RUNTIME for words that a format cannot hold. Each names the file.
 *
 * Source: the byte layouts in docs/formats.md.
 * Threads: a source's functions are called by several threads at once where a format is written in
 * parallel (text is). Everything else is for one thread at a time, except gv_vectors_find.
 */
#ifndef GV_VECTORS_H
#define GV_VECTORS_H

#include "base/gv_error.h"
#include "base/gv_file_writer.h"
#include "config/gv_config.h"
#include "subword/gv_subwords.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where rows come from. Row i belongs to word i, `<unk>` (if wanted) is last. */
typedef struct gv_vectors_source {
    size_t rows;
    size_t dim;
    void *context;
    /* NUL-terminated, borrowed until the source is gone. */
    const char *(*word)(void *context, size_t row);
    uint64_t (*count)(void *context, size_t row); /* corpus count; 0 for <unk>; may be NULL */
    /* Write `dim` floats to `to`. */
    void (*vector)(void *context, size_t row, float *to);
    /* Did `vector` fail in any call so far? Asked after the last row; NULL: it never fails. */
    int (*check)(void *context, gv_error *err);
    /* One JSON object: provenance that determines the bytes (no time, host, path); borrowed. */
    const char *metadata;
    /* N-grams that belong to the rows, for fasttext; NULL: none. Borrowed. */
    const gv_subwords *subwords;
} gv_vectors_source;

/* File names in a run directory of the formats in the mask `formats` (bits of enum
 * gv_config_format), in a fixed order; projector has two. Constant strings; returns how many. */
#define GV_VECTORS_FILES_MAX 8
size_t gv_vectors_files(const char *names[GV_VECTORS_FILES_MAX], unsigned formats);

/*
 * Write each format of the mask into `dir` under the name that gv_vectors_files gives it. `threads`
 * format the text formats.
 */
GV_MUST_USE int gv_vectors_write(const char *dir, unsigned formats, const gv_vectors_source *source,
                                 unsigned threads, gv_error *err);
/* One format to one path. Projector: `path` receives the numbers, metadata.tsv beside it the words.
 */
GV_MUST_USE int gv_vectors_write_file(const char *path, enum gv_config_format format,
                                      const gv_vectors_source *source, unsigned threads,
                                      gv_error *err);

/* word2vec's text format: the text format after a first line `rows dim`. */
GV_MUST_USE int gv_vectors_write_word2vec_text(const char *path, const gv_vectors_source *source,
                                               unsigned threads, gv_error *err);

/* What an npy file begins with; `rows` x `dim` little-endian floats follow. For those who write
 * rows themselves. */
GV_MUST_USE int gv_vectors_put_npy_header(gv_file_writer *out, size_t rows, size_t dim,
                                          gv_error *err);

/* NULL if a file of this format can hold `word`, else why not ("contains a space"); the writers
 * refuse such a word. A constant string. */
const char *gv_vectors_word_problem(enum gv_config_format format, const char *word);

/* Vectors in memory. */
typedef struct gv_vectors {
    size_t rows, dim;
    float *data;      /* rows x dim, row-major */
    char **words;     /* [rows] */
    uint64_t skipped; /* lines or rows skipped as damaged (see `note`) */
    char *note;       /* what was odd about the file, NULL if nothing */
    void *private_data;
    /* how gv_vectors_find finds a word in vectors of another origin (gv_vectors_map.h); NULL: as it
       does for those that were read */
    size_t (*own_find)(const struct gv_vectors *vectors, const char *word);
    enum gv_config_format format; /* what the file was */
    bool header;                  /* text with word2vec's first line */
    char *metadata;      /* JSON object of provenance found in the file, NULL if there is none */
    uint64_t duplicates; /* rows whose word is also in an earlier row */
    uint64_t not_finite; /* rows that hold NaN or an infinity */
    uint64_t *lines;     /* [rows] number of each row's line in the file, from 1; NULL unless asked
                            for, and for formats without lines */
    bool header_wrong;   /* with skip_damaged: the header states another number of rows */
    bool mark;           /* text: it began with a byte order mark */
    uint64_t cr_lines;   /* text: lines that a CR ends, with LF (Windows) or without */
    bool words_read;     /* the words are those of `words_path`: the file has none */
    uint64_t *counts;    /* [rows] how often each word is in its corpus; NULL: the file has none */
} gv_vectors;

/*
 * Read text (with or without word2vec's header line, or that of a data frame; words may contain
 * spaces, as the last `dim` fields are the numbers), word2vec binary, fastText's models, SQLite
 * with a table vectors(word, embedding), safetensors, npy, or the projector's tables; the format is
 * recognised by content. Text, word2vec binary and fastText's models may be compressed, or the only
 * file of a zip archive, and come from a pipe or standard input ("-"); in text a byte order mark is
 * dropped, and LF, CR LF or CR ends a line. At most `limit` rows (0: all). Rows without a word are
 * skipped; of rows with the same word gv_vectors_find knows the first. GV_E_CORRUPT naming file and
 * line: a file of none of these formats (with what it is, where that is known), truncated, or with
 * rows of different length. The caller frees.
 */
GV_MUST_USE int gv_vectors_read(gv_vectors **vectors, const char *path, size_t limit,
                                gv_error *err);

/* A row as it is read; all is borrowed until the sink returns. */
typedef struct gv_vectors_row {
    const char *word; /* NUL-terminated */
    size_t length;
    const float *values; /* [dim] */
    size_t dim;
    uint64_t number; /* among the rows that have a word, from 1 */
    uint64_t line;   /* in the file, from 1; 0: the format has no lines */
    uint64_t count;  /* of the word in its corpus; 0: unknown */
    bool repeated;   /* an earlier row has the same word */
    bool finite;
    bool words_read; /* as of gv_vectors */
} gv_vectors_row;

/* What was wrong with the file, in the order in which it is noticed. */
enum gv_vectors_fault {
    GV_VECTORS_DAMAGED,  /* a line that cannot be read */
    GV_VECTORS_UNNAMED,  /* a row without a word */
    GV_VECTORS_HEADER,   /* it states something else than what follows */
    GV_VECTORS_TRUNCATED /* the file ends too early */
};
typedef struct gv_vectors_problem {
    enum gv_vectors_fault fault;
    uint64_t line, row; /* 0: it has none */
    const char *what;   /* borrowed until the sink returns */
} gv_vectors_problem;

/* Who takes rows as they come, instead of vectors in memory. */
typedef struct gv_vectors_sink {
    void *context;
    int (*row)(void *context, const gv_vectors_row *row, gv_error *err);
    int (*problem)(void *context, const gv_vectors_problem *problem, gv_error *err);
} gv_vectors_sink;

/* The same with options. */
typedef struct gv_vectors_options {
    size_t limit;                 /* rows at most; 0: all */
    enum gv_config_format format; /* insist on this format; 0: by content */
    bool skip_damaged; /* skip damaged lines of a text file, and read what is there of a truncated
                          one; `note` describes the first */
    bool short_note;   /* `note` omits what `duplicates` and `not_finite` count */
    bool lines;        /* fill in `lines` of the result */
    const char *words_path; /* for files that hold no words (npy, projector, safetensors of other
                               programs): a file with one word a line; a count behind the word is
                               taken as such, so vocab.txt will do */
    bool words_guessed;     /* `words_path` is only what is beside the file: the metadata.tsv of a
                               projector table comes before it */
    /* Rows go to this sink, in order. The result has no words, numbers, lines and counts, but all
       the rest. Memory: a row, and 16 to 43 bytes for each word; of fastText's models also the
       words, and of compressed ones with n-grams all vectors. */
    const gv_vectors_sink *sink;
} gv_vectors_options;
GV_MUST_USE int gv_vectors_read_with(gv_vectors **vectors, const char *path,
                                     const gv_vectors_options *options, gv_error *err);

/* Accepts NULL. */
void gv_vectors_free(gv_vectors *vectors);
/* Row of a word, or SIZE_MAX. For any number of threads at once. */
size_t gv_vectors_find(const gv_vectors *vectors, const char *word);

#endif
