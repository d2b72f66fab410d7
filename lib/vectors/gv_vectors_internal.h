/*
 * gv_vectors_internal - what the files gv_vectors*.c share: the growing result of a reader, and one
 * writer and reader per format. Private to them.
 *
 * Threads: as gv_vectors.h.
 */
#ifndef GV_VECTORS_INTERNAL_H
#define GV_VECTORS_INTERNAL_H

#include "base/gv_file_reader.h"
#include "base/gv_file_writer.h"
#include "base/gv_hash.h"
#include "vectors/gv_vectors.h"
#include "vectors/gv_vectors_input.h"
#include "vectors/gv_vectors_seen.h"

/* Rows at most: the word index holds 32-bit row numbers. */
#define GV_VECTORS_MAX_ROWS (UINT32_MAX - 1)
/* A file that claims more numbers in a row than this is taken as damaged. */
#define GV_VECTORS_MAX_DIM (1u << 24)

/* A gv_vectors under construction: begin, then space and add for each row, then end. */
typedef struct gv_vectors_builder {
    gv_vectors *vectors;
    const char *path; /* for messages; borrowed */
    size_t limit;     /* 0: none */
    bool short_note;
    size_t data_capacity, word_capacity;
    uint64_t unnamed; /* rows without a word, skipped */
    uint64_t first_unnamed;
    uint64_t line; /* that the next row is on; 0: the format has no lines */
    bool wants_lines;
    size_t line_capacity;
    char *note;
    uint64_t count; /* of the next row's word; 0: unknown */
    size_t count_capacity;
    bool last_unknown; /* the last row's word is <unk> */
    uint64_t blanks, quoted;
    char *blank_example;
    const gv_vectors_sink *sink; /* NULL: rows are kept */
    gv_vectors_seen seen;
} gv_vectors_builder;

/* `path` and `options` as for the reader; an impossible `dim` is GV_E_CORRUPT. */
GV_MUST_USE int gv_vectors_builder_begin(gv_vectors_builder *builder, const char *path, size_t dim,
                                         const gv_vectors_options *options, gv_error *err);
/* Room for the numbers of the next row ([dim]), valid until the next call. The row exists once it
 * was added. */
GV_MUST_USE int gv_vectors_builder_space(gv_vectors_builder *builder, float **to, gv_error *err);
/* Add the row whose numbers are in the space under `word`, which is copied. An empty word skips the
 * row. */
GV_MUST_USE int gv_vectors_builder_add(gv_vectors_builder *builder, const char *word, size_t length,
                                       gv_error *err);
/* Tell the sink, if there is one, of a problem. */
GV_MUST_USE int gv_vectors_builder_problem(const gv_vectors_builder *builder,
                                           enum gv_vectors_fault fault, uint64_t line,
                                           const char *what, gv_error *err);
/* True once the wanted number of rows was read. */
bool gv_vectors_builder_full(const gv_vectors_builder *builder);
/* Append a sentence to the note. */
GV_MUST_USE int gv_vectors_builder_note(gv_vectors_builder *builder, gv_error *err,
                                        const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The end of every reader. If `status`, how reading went, is GV_OK: index the words, count repeated
 * words and odd numbers, return the result as read from `format`. Else return `status`. Frees
 * the builder, which may be zeroed, in every case. */
GV_MUST_USE int gv_vectors_builder_end(gv_vectors_builder *builder, gv_vectors **vectors,
                                       int status, enum gv_config_format format, gv_error *err);

/* Hand all rows of vectors in memory to a sink, and free them: `*vectors` is then as a reader with
 * a sink leaves it. On failure it is NULL. */
GV_MUST_USE int gv_vectors_pour(gv_vectors **vectors, const gv_vectors_sink *sink, gv_error *err);

/* The first bytes of a file, NUL-terminated, for detecting the format; borrowed from the input
 * until that is read. */
typedef struct gv_vectors_sample {
    char *bytes;
    size_t n;
    bool whole; /* the sample is all there is */
} gv_vectors_sample;

/* Look at the start: 1 MiB, or more where lines are so long that this is not two of them. */
GV_MUST_USE int gv_vectors_take_sample(gv_vectors_sample *sample, gv_vectors_input *in,
                                       gv_error *err);

/* Fields of a line of text are between these: spaces and tabs. */
static inline bool gv_vectors_is_space(char c)
{
    return c == ' ' || c == '\t';
}
/* End of the text between `line` and `end`: without the white space at its end. */
const char *gv_vectors_trim_end(const char *line, const char *end);
/* Start of the field that ends at `end`. */
const char *gv_vectors_field_start(const char *line, const char *end);

/* A first line of two whole numbers. */
typedef struct gv_vectors_header {
    bool found;
    uint64_t rows, dim;
    size_t bytes; /* with its newline */
} gv_vectors_header;

/* The sample's first line, if it is such a line. */
gv_vectors_header gv_vectors_find_header(const gv_vectors_sample *sample);
/* A first line that names the columns of a data frame, as pandas (`word 0 1 2`) or R (`V1 V2 V3`)
 * write it. */
typedef struct gv_vectors_frame {
    bool found;
    bool quoted; /* names, hence words, are in double quotes */
} gv_vectors_frame;

/* Is the sample's first line such a line, above lines of `dim` numbers? */
gv_vectors_frame gv_vectors_find_frame(const gv_vectors_sample *sample, size_t dim);
/* The most frequent number of numbers at the end of the sample's complete lines after the header,
 * if there is one; 0: it is not a text of vectors. */
GV_MUST_USE int gv_vectors_text_dim(size_t *dim, const gv_vectors_sample *sample,
                                    const gv_vectors_header *header, gv_error *err);

/* Refuse, with the way out, what users take for vectors by mistake: GV_E_CORRUPT, or GV_OK if the
 * sample may be vectors. */
GV_MUST_USE int gv_vectors_refuse_foreign(const gv_vectors_sample *sample, const char *path,
                                          gv_error *err);
/* The same for text in which no vectors were found, in any case an error. */
GV_MUST_USE int gv_vectors_refuse_text(const gv_vectors_sample *sample, const char *path,
                                       gv_error *err);
/* The same for lines that end in one number, which vocabularies and sets of word pairs do. */
GV_MUST_USE int gv_vectors_refuse_pairs(const gv_vectors_sample *sample, const char *path,
                                        gv_error *err);

/* Readers. An input is at its first byte, behind a byte order mark; a file may be at any place. */
GV_MUST_USE int gv_vectors_read_text(gv_vectors **vectors, gv_vectors_input *in,
                                     const gv_vectors_sample *sample,
                                     const gv_vectors_options *options, gv_error *err);
GV_MUST_USE int gv_vectors_read_word2vec(gv_vectors **vectors, gv_vectors_input *in,
                                         const gv_vectors_header *header,
                                         const gv_vectors_options *options, gv_error *err);
GV_MUST_USE int gv_vectors_read_fasttext(gv_vectors **vectors, gv_vectors_input *in,
                                         const gv_vectors_options *options, gv_error *err);
GV_MUST_USE int gv_vectors_read_safetensors(gv_vectors **vectors, gv_file_reader *in,
                                            const gv_vectors_options *options, gv_error *err);
GV_MUST_USE int gv_vectors_read_npy(gv_vectors **vectors, gv_file_reader *in,
                                    const gv_vectors_options *options, gv_error *err);
GV_MUST_USE int gv_vectors_read_db(gv_vectors **vectors, const char *path,
                                   const gv_vectors_options *options, gv_error *err);

/* The projector's table of numbers, with the words of `options` or of metadata.tsv beside it. */
GV_MUST_USE int gv_vectors_read_projector(gv_vectors **vectors, gv_vectors_input *in,
                                          const gv_vectors_sample *sample,
                                          const gv_vectors_options *options, gv_error *err);
/* Writers. */
typedef struct gv_vectors_style {
    enum gv_config_format format; /* for gv_vectors_word_problem */
    bool header;                  /* a first line `rows dim` */
    bool words;                   /* each line begins with the word */
    char separator;               /* between fields */
} gv_vectors_style;
GV_MUST_USE int gv_vectors_write_text(const char *path, const gv_vectors_style *style,
                                      const gv_vectors_source *source, unsigned threads,
                                      gv_error *err);
/* The rows alone, to a file that is being written. */
GV_MUST_USE int gv_vectors_put_text(gv_file_writer *out, const char *path,
                                    const gv_vectors_style *style, const gv_vectors_source *source,
                                    unsigned threads, gv_error *err);
GV_MUST_USE int gv_vectors_write_word2vec(const char *path, const gv_vectors_source *source,
                                          gv_error *err);
GV_MUST_USE int gv_vectors_write_fasttext(const char *path, const gv_vectors_source *source,
                                          gv_error *err);
GV_MUST_USE int gv_vectors_write_safetensors(const char *path, const gv_vectors_source *source,
                                             gv_error *err);
GV_MUST_USE int gv_vectors_write_npy(const char *path, const gv_vectors_source *source,
                                     gv_error *err);
GV_MUST_USE int gv_vectors_write_db(const char *path, const gv_vectors_source *source,
                                    gv_error *err);
/* The path of the projector's metadata.tsv beside the table of numbers; the caller frees. */
GV_MUST_USE int gv_vectors_labels_path(char **path, const char *table, gv_error *err);
/* The words of all rows, one a line. `path` is for messages. */
GV_MUST_USE int gv_vectors_put_labels(gv_file_writer *out, const char *path,
                                      const gv_vectors_source *source, gv_error *err);

/* An SQLite file that is being written: open, metadata and rows in any order, end. */
typedef struct gv_vectors_db gv_vectors_db;
GV_MUST_USE int gv_vectors_db_open(gv_vectors_db **db, const char *path, size_t dim, gv_error *err);
GV_MUST_USE int gv_vectors_db_put_meta(gv_vectors_db *db, size_t rows, const char *metadata,
                                       gv_error *err);
GV_MUST_USE int gv_vectors_db_put_rows(gv_vectors_db *db, const gv_vectors_source *source,
                                       gv_error *err);
/* Put the file in its place if `status`, how writing went, is GV_OK; else remove it and return
 * `status`. `*db` becomes NULL; it may be NULL. */
GV_MUST_USE int gv_vectors_db_end(gv_vectors_db **db, int status, gv_error *err);

/* Write rows as little-endian float32 one after the other. With `word2vec_path` (for messages) each
 * has its word before and a newline after it, as in word2vec's format. */
GV_MUST_USE int gv_vectors_put_rows(gv_file_writer *out, const gv_vectors_source *source,
                                    const char *word2vec_path, gv_error *err);
/* Convert `n` floats between memory and file order, in place (no-op on little-endian machines). */
void gv_vectors_swap(float *values, size_t n);
/* Feed one row to the checksum that a file states of itself: the word with its NUL, then the
 * numbers in file order. */
void gv_vectors_hash_row(gv_hash_state *hasher, const char *word, const void *values, size_t bytes);
/* GV_E_RUNTIME naming the word if a file of this format cannot hold it. */
GV_MUST_USE int gv_vectors_check_word(const char *path, enum gv_config_format format,
                                      const char *word, size_t row, gv_error *err);
/* How reading the rows of a source went, after the last of them: `status` if that is no GV_OK, else
 * what the source says. */
GV_MUST_USE int gv_vectors_source_check(const gv_vectors_source *source, int status, gv_error *err);
/* `*bytes` = rows x dim x 4; GV_E_MEMORY if that overflows. */
GV_MUST_USE int gv_vectors_bytes(size_t *bytes, size_t rows, size_t dim, gv_error *err);

#endif
