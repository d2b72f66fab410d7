/*
 * gv_vectors_internal - what the files gv_vectors*.c share: the growing result of a reader, and one
 * writer and reader per format. Not for anyone else.
 */
#ifndef GV_VECTORS_INTERNAL_H
#define GV_VECTORS_INTERNAL_H

#include "base/gv_file_reader.h"
#include "base/gv_file_writer.h"
#include "base/gv_hash.h"
#include "vectors/gv_vectors.h"

/* Rows at most: the word index holds 32-bit row numbers. */
#define GV_VECTORS_MAX_ROWS (UINT32_MAX - 1)
/* A file that claims more numbers in a row than this is taken as damaged. */
#define GV_VECTORS_MAX_DIM (1u << 24)

/* A gv_vectors under construction. Use: begin, then per row space + add, then end or abort. */
typedef struct gv_vectors_builder {
    gv_vectors *vectors;
    const char *path; /* for messages; borrowed */
    size_t limit;     /* 0: none */
    bool short_note;
    size_t data_capacity, word_capacity;
    uint64_t unnamed; /* rows without a word, left out */
    char *note;
} gv_vectors_builder;

GV_MUST_USE int gv_vectors_builder_begin(gv_vectors_builder *builder, const char *path, size_t dim,
                                         const gv_vectors_options *options, gv_error *err);
/* Room for the numbers of the next row; valid until the next call. The row counts once added. */
GV_MUST_USE int gv_vectors_builder_space(gv_vectors_builder *builder, float **to, gv_error *err);
/* The row whose numbers were put into the space belongs to this word, which is copied. An empty
 * word leaves the row out. */
GV_MUST_USE int gv_vectors_builder_add(gv_vectors_builder *builder, const char *word, size_t length,
                                       gv_error *err);
/* True once the wished number of rows is there. */
bool gv_vectors_builder_full(const gv_vectors_builder *builder);
/* Append "TEXT" to the note. */
GV_MUST_USE int gv_vectors_builder_note(gv_vectors_builder *builder, gv_error *err,
                                        const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Index the words, count oddities, hand the result over. Frees the builder's parts on failure. */
GV_MUST_USE int gv_vectors_builder_end(gv_vectors_builder *builder, gv_vectors **vectors,
                                       gv_error *err);
void gv_vectors_builder_abort(gv_vectors_builder *builder);

/* The first bytes of a file, NUL-terminated, for telling formats apart. */
typedef struct gv_vectors_sample {
    char *bytes;
    size_t n;
    bool whole; /* that is all there is */
} gv_vectors_sample;

/* A first line of two whole numbers. */
typedef struct gv_vectors_header {
    bool found;
    uint64_t rows, dim;
    size_t bytes; /* with its newline */
} gv_vectors_header;

/* Does the sample begin with such a line? */
gv_vectors_header gv_vectors_find_header(const gv_vectors_sample *sample);
/* Do complete lines in the sample end in numbers, as text vectors do? The usual number of trailing
 * numbers of the lines from `start` on goes to `*dim` (0: it is not text). */
GV_MUST_USE int gv_vectors_text_dim(size_t *dim, const gv_vectors_sample *sample, size_t start,
                                    gv_error *err);

/* Readers; `in` stands at an arbitrary place. */
GV_MUST_USE int gv_vectors_read_text(gv_vectors **vectors, gv_file_reader *in,
                                     const gv_vectors_sample *sample,
                                     const gv_vectors_options *options, gv_error *err);
GV_MUST_USE int gv_vectors_read_word2vec(gv_vectors **vectors, gv_file_reader *in,
                                         const gv_vectors_header *header,
                                         const gv_vectors_options *options, gv_error *err);
GV_MUST_USE int gv_vectors_read_safetensors(gv_vectors **vectors, gv_file_reader *in,
                                            const gv_vectors_options *options, gv_error *err);
GV_MUST_USE int gv_vectors_read_npy(gv_vectors **vectors, gv_file_reader *in,
                                    const gv_vectors_options *options, gv_error *err);
GV_MUST_USE int gv_vectors_read_db(gv_vectors **vectors, const char *path,
                                   const gv_vectors_options *options, gv_error *err);

/* Writers. `separator` stands before each number, `words` puts the word first. */
typedef struct gv_vectors_style {
    enum gv_config_format format; /* for gv_vectors_word_problem */
    bool header, words;
    char separator;
} gv_vectors_style;
GV_MUST_USE int gv_vectors_write_text(const char *path, const gv_vectors_style *style,
                                      const gv_vectors_source *source, unsigned threads,
                                      gv_error *err);
GV_MUST_USE int gv_vectors_write_word2vec(const char *path, const gv_vectors_source *source,
                                          gv_error *err);
GV_MUST_USE int gv_vectors_write_safetensors(const char *path, const gv_vectors_source *source,
                                             gv_error *err);
GV_MUST_USE int gv_vectors_write_npy(const char *path, const gv_vectors_source *source,
                                     gv_error *err);
GV_MUST_USE int gv_vectors_write_db(const char *path, const gv_vectors_source *source,
                                    gv_error *err);

/* Rows as little-endian float32 one after the other; with word and LF around each as word2vec has
 * it, if `word2vec_path` (for messages) is not NULL. */
GV_MUST_USE int gv_vectors_put_rows(gv_file_writer *out, const gv_vectors_source *source,
                                    const char *word2vec_path, gv_error *err);
/* `n` floats between memory and file order, in place (nothing to do on little-endian machines). */
void gv_vectors_swap(float *values, size_t n);
/* One row into the checksum that a file states of itself: the word with its NUL, then the numbers,
 * in file order. */
void gv_vectors_hash_row(gv_hasher *hasher, const char *word, const void *values, size_t bytes);
/* GV_OK, or an error naming the word that cannot stand in `path`. */
GV_MUST_USE int gv_vectors_check_word(const char *path, enum gv_config_format format,
                                      const char *word, size_t row, gv_error *err);
/* GV_E_MEMORY with a message when rows x dim x 4 bytes overflows, else the product in `*bytes`. */
GV_MUST_USE int gv_vectors_bytes(size_t *bytes, size_t rows, size_t dim, gv_error *err);

#endif
