/*
 * glovebox.h - word vectors, and counts of words that occur together, in a program of your own.
 *
 * Compile and link with the flags that `pkg-config --cflags --libs glovebox` prints. A first
 * program is bindings/c/example.c; docs/library.md explains the library.
 *
 * Status. A function that can fail returns an int: GLOVEBOX_OK, which is 0, or one of
 * glovebox_status. Its last parameter, `err`, is told what went wrong; it may be NULL. What a
 * function fills in is only valid if it returned GLOVEBOX_OK.
 *
 * Manners. The library prints nothing, never ends the process, installs no signal handler, and
 * changes neither the locale nor the floating-point environment. It has no state but its handles.
 *
 * Threads. Any number of threads may call functions with the same handle at once, but no thread may
 * use a handle while another closes it, or later. Handles are independent of each other. An object
 * that belongs to one thread says so below: glovebox_error, and glovebox_cursor.
 *
 * Text is UTF-8 and ends with a NUL byte. Strings that a function returns are borrowed: they stay
 * as they are until the handle is closed, and the caller does not free them.
 */
#ifndef GLOVEBOX_H
#define GLOVEBOX_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define GLOVEBOX_API __attribute__((visibility("default")))
#else
#define GLOVEBOX_API
#endif

/* --- errors ----------------------------------------------------------------------------------- */

enum glovebox_status {
    GLOVEBOX_OK = 0,
    GLOVEBOX_E_IO = 1,       /* a file is missing, or cannot be read */
    GLOVEBOX_E_MEMORY = 2,   /* out of memory */
    GLOVEBOX_E_CORRUPT = 3,  /* a file is damaged, truncated, or no such file at all */
    GLOVEBOX_E_RUNTIME = 4,  /* anything else */
    GLOVEBOX_E_USAGE = 5,    /* what is asked for is not there: a run without vectors, without
                                 counts; or its files do not belong together */
    GLOVEBOX_E_ARGUMENT = 6, /* a NULL pointer, or a number out of range */
    GLOVEBOX_E_NOT_FOUND = 7 /* a word that is not in the vocabulary, and has no vector */
};

#define GLOVEBOX_MESSAGE 2048

/* Filled in on failure. It need not be initialised. It belongs to one thread. */
typedef struct glovebox_error {
    int32_t code;                   /* enum glovebox_status */
    char message[GLOVEBOX_MESSAGE]; /* one line, without a newline: what, where, what to do */
} glovebox_error;

/* The version of the library, such as "1.2.0". */
GLOVEBOX_API const char *glovebox_version(void);

/* --- vectors: opening ------------------------------------------------------------------------- */

/* Vectors of words: a matrix of rows, each with its word. */
typedef struct glovebox_vectors glovebox_vectors;

enum glovebox_open_flags {
    GLOVEBOX_COPY = 1, /* read the numbers into memory, even if the file could be mapped */
    GLOVEBOX_CHECK = 2 /* check a mapped file against its checksum, which reads all of it; files
                          that are read are always checked */
};

/* How to open. Begin with GLOVEBOX_OPTIONS_INIT, or with zeros and `size`. */
typedef struct glovebox_options {
    size_t size;       /* sizeof(glovebox_options); later versions may have more members */
    uint32_t flags;    /* glovebox_open_flags, added */
    uint32_t threads;  /* threads that a search may use; 0: one */
    const char *words; /* for an .npy file, which has no words: a file with one word a line; NULL:
                          the vocab.txt beside it (of a projector table, metadata.tsv) */
} glovebox_options;

/* clang-format off */
#define GLOVEBOX_OPTIONS_INIT {sizeof(glovebox_options), 0, 0, NULL}
/* clang-format on */

/*
 * Open vectors. `path` is a file in any format that glove-convert reads (text with or without a
 * header, word2vec's binary format, fastText's models, SQLite, safetensors, npy, projector tables),
 * or the directory of a run, of which the file is taken that opens fastest. `options` may be NULL.
 * On failure `*vectors` is NULL; else the caller closes it.
 *
 * safetensors and npy files are mapped into memory, so opening takes milliseconds, processes share
 * the pages, and the numbers are read from the disk when they are first used. Other files are read.
 * A mapped file may be replaced by renaming another over it, as glovebox itself does; the handle
 * keeps the old content. It must not be shortened or written to in place: the system then ends the
 * process with SIGBUS, or numbers change. Use GLOVEBOX_COPY where others may do that.
 */
GLOVEBOX_API int glovebox_open(glovebox_vectors **vectors, const char *path,
                               const glovebox_options *options, glovebox_error *err);

/* Release a handle and all that was borrowed from it. Accepts NULL. */
GLOVEBOX_API void glovebox_close(glovebox_vectors *vectors);

/* --- vectors: words and numbers --------------------------------------------------------------- */

/* The number of rows, and of numbers in a row. 0 for NULL. */
GLOVEBOX_API size_t glovebox_rows(const glovebox_vectors *vectors);
GLOVEBOX_API size_t glovebox_dim(const glovebox_vectors *vectors);

/* The file in use. */
GLOVEBOX_API const char *glovebox_path(const glovebox_vectors *vectors);
/* Its format: "text", "word2vec", "fasttext", "sqlite", "safetensors", "npy" or "projector". */
GLOVEBOX_API const char *glovebox_format(const glovebox_vectors *vectors);
/* 1 if the file is mapped, 0 if it was read. */
GLOVEBOX_API int glovebox_is_mapped(const glovebox_vectors *vectors);
/* What was odd about the file, one or more sentences; NULL: nothing. */
GLOVEBOX_API const char *glovebox_note(const glovebox_vectors *vectors);
/* How the vectors were made: a JSON object of the file; NULL: it has none. */
GLOVEBOX_API const char *glovebox_metadata(const glovebox_vectors *vectors);

/* The word of a row; NULL if there is no such row. */
GLOVEBOX_API const char *glovebox_word(const glovebox_vectors *vectors, size_t row);

/* The row of exactly this word, or -1. If several rows have the word, the first. */
GLOVEBOX_API int64_t glovebox_find(const glovebox_vectors *vectors, const char *word);

/*
 * The row of a word as people type it, or -1: the word itself; else, if no word of the vocabulary
 * has a capital letter, its lower case, then its case folding; else these with '_' for blanks,
 * which names a phrase. glove-query looks words up in this way, and so do the functions below that
 * take a word.
 */
GLOVEBOX_API int64_t glovebox_lookup(const glovebox_vectors *vectors, const char *word);

/* Up to `limit` words (16 at most) that are spelt like `word`, nearest first, into `found`
 * ([limit]), borrowed. Returns how many. */
GLOVEBOX_API size_t glovebox_spelt_like(const glovebox_vectors *vectors, const char *word,
                                        const char **found, size_t limit);

/* The numbers of a row ([dim]) as they are in the file, borrowed; NULL if there is no such row. */
GLOVEBOX_API const float *glovebox_row(const glovebox_vectors *vectors, size_t row);

/* All numbers ([rows x dim], row after row), borrowed. They must not be changed. */
GLOVEBOX_API const float *glovebox_matrix(const glovebox_vectors *vectors);

/*
 * How often the word of a row occurs in the corpus, to `*count`: from vocab.txt or store.db of the
 * directory in which the vectors are. 0: it is not in that vocabulary, as `<unk>`.
 * GLOVEBOX_E_USAGE: there is no such file. The file is read at the first call.
 */
GLOVEBOX_API int glovebox_count(const glovebox_vectors *vectors, size_t row, uint64_t *count,
                                glovebox_error *err);

/*
 * The vector of a word, in the scale of the file, to `to` ([dim]). A word that is not in the
 * vocabulary gets one from its character n-grams, where there are any: in the subwords.bin beside
 * the vectors, or in the file itself if it is a fastText model. `*from_subwords` (may be NULL): 1
 * if so, else 0. GLOVEBOX_E_NOT_FOUND: it has no vector; the message names words spelt like it.
 */
GLOVEBOX_API int glovebox_vector(const glovebox_vectors *vectors, const char *word, float *to,
                                 int *from_subwords, glovebox_error *err);

/* Check a file against the checksum that it states of itself, by reading all of it.
 * GLOVEBOX_E_CORRUPT if they differ. Formats without a checksum pass. */
GLOVEBOX_API int glovebox_check(const glovebox_vectors *vectors, glovebox_error *err);

/* --- vectors: texts --------------------------------------------------------------------------- */

/* How much the words of a text weigh; docs/embed.md has the formulas. */
enum glovebox_weights {
    GLOVEBOX_WEIGHTS_DEFAULT = 0, /* sif if the counts of the words are known, else mean */
    GLOVEBOX_WEIGHTS_SIF = 1,     /* rare words more, and the common component removed */
    GLOVEBOX_WEIGHTS_IDF = 2,
    GLOVEBOX_WEIGHTS_MEAN = 3 /* all the same */
};

/* What of a text had a vector, in words. */
typedef struct glovebox_text_counts {
    uint64_t known;    /* in the vocabulary */
    uint64_t subwords; /* others that got a vector from their n-grams */
    uint64_t missing;
} glovebox_text_counts;

/*
 * The vector of a text of `length` bytes (which may hold newlines, and need not end with a NUL), to
 * `to` ([dim]): what glove-embed gives for it as one line. The text is cut into words as the corpus
 * of the run was; for vectors without a run, at white space. `weights` is one of glovebox_weights;
 * GLOVEBOX_E_USAGE if it needs counts and there are none. `counts` may be NULL. A text without a
 * word that has a vector gives zeros.
 */
GLOVEBOX_API int glovebox_text(const glovebox_vectors *vectors, const char *text, size_t length,
                               int weights, float *to, glovebox_text_counts *counts,
                               glovebox_error *err);

/* --- vectors: questions ----------------------------------------------------------------------- */

/* A word and how near it is. */
typedef struct glovebox_neighbour {
    const char *word; /* borrowed from the vectors */
    uint64_t row;
    double score; /* cosine; of analogies, what their function says */
} glovebox_neighbour;

/*
 * The answer to a question: the caller provides `found` and `top`, and reads `n`. Best first; of
 * equal scores the lower row first. Neither `<unk>` nor the words of the question are answers, and
 * the answers do not depend on the number of threads.
 */
typedef struct glovebox_list {
    glovebox_neighbour *found; /* [top] */
    size_t top;                /* how many are wanted; at most `rows` are found */
    size_t n;                  /* how many were found */
} glovebox_list;

/* The words nearest to a vector `query` ([dim], of any length), without the `excluded` rows
 * ([excluded_n]; may be NULL if that is 0). GLOVEBOX_E_RUNTIME for a vector without a direction
 * (all numbers 0, or one not finite). */
GLOVEBOX_API int glovebox_nearest(const glovebox_vectors *vectors, const float *query,
                                  const uint64_t *excluded, size_t excluded_n, glovebox_list *list,
                                  glovebox_error *err);

/* The words nearest to a word. GLOVEBOX_E_NOT_FOUND as for glovebox_vector. */
GLOVEBOX_API int glovebox_nearest_word(const glovebox_vectors *vectors, const char *word,
                                       glovebox_list *list, glovebox_error *err);

/* The words nearest to a sum of words ([n], at least 1): each is scaled to length 1, then
 * multiplied by its factor in `factors` ([n]; NULL: all 1). king - man + woman has the factors 1,
 * -1, 1. GLOVEBOX_E_RUNTIME if they cancel out. */
GLOVEBOX_API int glovebox_nearest_sum(const glovebox_vectors *vectors, const char *const *words,
                                      const float *factors, size_t n, glovebox_list *list,
                                      glovebox_error *err);

/* "a is to b as c is to ?" by 3CosAdd: the score is cos(x,b) - cos(x,a) + cos(x,c). */
GLOVEBOX_API int glovebox_analogy(const glovebox_vectors *vectors, const char *a, const char *b,
                                  const char *c, glovebox_list *list, glovebox_error *err);
/* The same by 3CosMul: s(x,b) s(x,c) / (s(x,a) + 0.001), with s = (1 + cos) / 2. */
GLOVEBOX_API int glovebox_analogy_mul(const glovebox_vectors *vectors, const char *a, const char *b,
                                      const char *c, glovebox_list *list, glovebox_error *err);

/* The cosine of two words, -1 to 1. GLOVEBOX_E_NOT_FOUND as for glovebox_vector;
 * GLOVEBOX_E_RUNTIME for a vector without a direction (all numbers 0, or one not finite). */
GLOVEBOX_API int glovebox_similarity(const glovebox_vectors *vectors, const char *a, const char *b,
                                     double *score, glovebox_error *err);

/* --- counts: the store of a run --------------------------------------------------------------- */

/* store.db: the words of a corpus, and X(i, j), how much word j occurs near word i. */
typedef struct glovebox_store glovebox_store;

/* Open a store.db, or that of the directory of a run. On failure `*store` is NULL; else the caller
 * closes it. */
GLOVEBOX_API int glovebox_store_open(glovebox_store **store, const char *path, glovebox_error *err);
/* Accepts NULL. All cursors of the store are closed before. */
GLOVEBOX_API void glovebox_store_close(glovebox_store *store);

/* The number of words; their ids are 0 to this less 1, by falling frequency. 0 for NULL. */
GLOVEBOX_API size_t glovebox_store_words(const glovebox_store *store);
/* The number of pairs (i, j) with X(i, j) > 0, in both orders. */
GLOVEBOX_API uint64_t glovebox_store_pairs(const glovebox_store *store);
/* The word of an id; NULL if there is no such id. */
GLOVEBOX_API const char *glovebox_store_word(const glovebox_store *store, size_t id);
/* The id of exactly this word, and of a word as people type it (glovebox_lookup); or -1. */
GLOVEBOX_API int64_t glovebox_store_find(const glovebox_store *store, const char *word);
GLOVEBOX_API int64_t glovebox_store_lookup(const glovebox_store *store, const char *word);
/* How often the word occurs in the corpus; 0 if there is no such id. */
GLOVEBOX_API uint64_t glovebox_store_count(const glovebox_store *store, size_t id);
/* The sum of X(id, j) over all j; 0 if there is no such id. */
GLOVEBOX_API double glovebox_store_sum(const glovebox_store *store, size_t id);

/* A word that occurs near another. */
typedef struct glovebox_context {
    const char *word; /* borrowed from the store */
    uint64_t id;
    double x; /* X */
} glovebox_context;

/* The contexts of a word: the caller provides `found` and `top`, and reads `n` and `all`. */
typedef struct glovebox_contexts {
    glovebox_context *found; /* [top] strongest first, of equal X by id */
    size_t top;              /* how many are wanted */
    size_t n;                /* how many were found */
    size_t all;              /* how many the word has */
} glovebox_contexts;

/* The strongest contexts of the word with this id. Reads a part of the store from the disk. */
GLOVEBOX_API int glovebox_store_contexts(const glovebox_store *store, size_t id,
                                         glovebox_contexts *contexts, glovebox_error *err);

/* A pair of words that occur near each other. */
typedef struct glovebox_pair {
    uint32_t row, column; /* ids */
    double x;             /* X(row, column) > 0 */
} glovebox_pair;

/* All pairs of a store, one after the other. A cursor belongs to one thread at a time; a store may
 * have many. */
typedef struct glovebox_cursor glovebox_cursor;

/* Begin at the first pair. The store must outlive the cursor, which the caller closes. */
GLOVEBOX_API int glovebox_cursor_open(glovebox_cursor **cursor, const glovebox_store *store,
                                      glovebox_error *err);
/* Accepts NULL. */
GLOVEBOX_API void glovebox_cursor_close(glovebox_cursor *cursor);
/*
 * The next pairs, at most `room`, to `pairs` ([room]); `*n`: how many; 0 at the end. Each pair
 * comes once, and so does its mirror image (j, i), which has the same X if the window is symmetric.
 * The order is that of the store, which is shuffled, and always the same.
 */
GLOVEBOX_API int glovebox_cursor_next(glovebox_cursor *cursor, glovebox_pair *pairs, size_t room,
                                      size_t *n, glovebox_error *err);

#ifdef __cplusplus
}
#endif

#endif
