/*
 * Sparse matrices as scipy.sparse.save_npz writes them: the arrays `format`, `shape`, `data`, and
 * for csr and csc `indices` and `indptr`, for coo `row` and `col`. The long arrays are read side by
 * side, each through its own opening of the file; `indptr` is held in memory, 8 bytes a word.
 *
 * Source: scipy/sparse/_matrix_io.py.
 */
#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "counts/gv_matrix_reader.h"
#include "counts/gv_npz.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { BATCH = 4096 };

/* What reads the next BATCH numbers of row or column; NULL for the one that `starts` gives. */
typedef struct npz {
    gv_npz *data, *first, *second; /* first: row or index; second: coo's columns */
    bool by_column;                /* csc: what `starts` counts are columns */
    uint64_t *starts;              /* csr, csc: [words + 1] where each row or column begins */
    uint32_t at;                   /* the row or column of the next entry */
    uint64_t size, read;           /* entries */
    double values[BATCH];
    uint64_t firsts[BATCH], seconds[BATCH];
    size_t used, filled;
} npz;

static int missing(const gv_matrix_reader *reader, const char *name, gv_error *err)
{
    return gv_error_set(
        err, GV_E_CORRUPT,
        "%s is a zip archive without the array \"%s\"; of such, counts-import reads "
        "what scipy.sparse.save_npz writes; take any other file out of it first",
        reader->path, name);
}

/* Open an array that must be there. */
static int open_array(gv_npz **array, const gv_matrix_reader *reader, const char *name,
                      gv_error *err)
{
    int status = gv_npz_open(array, reader->file, name, err);
    return status == GV_OK && !*array ? missing(reader, name, err) : status;
}

static int read_format(char format[16], const gv_matrix_reader *reader, gv_error *err)
{
    gv_npz *array = NULL;
    int status = open_array(&array, reader, "format", err);
    if (status == GV_OK)
        status = gv_npz_read_text(array, format, 16, err);
    gv_npz_close(array);
    return status;
}

static int check_shape(const gv_matrix_reader *reader, gv_error *err)
{
    gv_npz *array = NULL;
    uint64_t shape[2];
    int status = open_array(&array, reader, "shape", err);
    if (status == GV_OK && gv_npz_size(array) != 2)
        status = gv_error_set(err, GV_E_CORRUPT, "%s (%s): the matrix has not two dimensions",
                              reader->path, reader->format);
    if (status == GV_OK)
        status = gv_npz_read_whole(array, shape, 2, err);
    if (status == GV_OK)
        status = gv_matrix_reader_check_shape(reader, shape[0], shape[1], err);
    gv_npz_close(array);
    return status;
}

static int wrong_starts(const gv_matrix_reader *reader, gv_error *err)
{
    return gv_error_set(err, GV_E_CORRUPT,
                        "%s (%s) is damaged: the array \"indptr\" does not match the others",
                        reader->path, reader->format);
}

static int read_starts(npz *n, const gv_matrix_reader *reader, gv_error *err)
{
    gv_npz *array = NULL;
    size_t words = gv_vocab_size(reader->vocab);
    int status = open_array(&array, reader, "indptr", err);
    if (status == GV_OK && gv_npz_size(array) != words + 1)
        status = wrong_starts(reader, err);
    if (status == GV_OK && !(n->starts = gv_mem_alloc(words + 1, sizeof *n->starts, err)))
        status = GV_E_MEMORY;
    if (status == GV_OK)
        status = gv_npz_read_whole(array, n->starts, words + 1, err);
    gv_npz_close(array);
    for (size_t i = 0; status == GV_OK && i < words; i++)
        if (n->starts[i] > n->starts[i + 1])
            status = wrong_starts(reader, err);
    if (status == GV_OK && (n->starts[0] != 0 || n->starts[words] != n->size))
        status = wrong_starts(reader, err);
    return status;
}

static int check_sizes(const npz *n, const gv_matrix_reader *reader, gv_error *err)
{
    if (gv_npz_size(n->first) == n->size && (!n->second || gv_npz_size(n->second) == n->size))
        return GV_OK;
    return gv_error_set(err, GV_E_CORRUPT, "%s (%s) is damaged: its arrays differ in length",
                        reader->path, reader->format);
}

/* Open the arrays of a format. */
static int open_arrays(npz *n, gv_matrix_reader *reader, const char *format, gv_error *err)
{
    bool pairs = strcmp(format, "coo") == 0;
    n->by_column = strcmp(format, "csc") == 0;
    if (!pairs && !n->by_column && strcmp(format, "csr") != 0)
        return gv_error_set(err, GV_E_CORRUPT,
                            "%s (%s) has the format \"%s\", only csr, csc and coo are read; in "
                            "Python: scipy.sparse.save_npz(\"x.npz\", m.tocsr())",
                            reader->path, reader->format, format);
    /* scipy defines that entries of the same place are added up */
    reader->sums = true;
    int status = check_shape(reader, err);
    if (status == GV_OK)
        status = open_array(&n->data, reader, "data", err);
    if (status == GV_OK)
        status = open_array(&n->first, reader, pairs ? "row" : "indices", err);
    if (status == GV_OK && pairs)
        status = open_array(&n->second, reader, "col", err);
    if (status != GV_OK)
        return status;
    n->size = gv_npz_size(n->data);
    status = check_sizes(n, reader, err);
    if (status == GV_OK && !pairs)
        status = read_starts(n, reader, err);
    return status;
}

static int fill(npz *n, gv_error *err)
{
    uint64_t left = n->size - n->read;
    n->filled = left < BATCH ? (size_t)left : BATCH;
    n->used = 0;
    int status = gv_signal_check(err);
    if (status == GV_OK)
        status = gv_npz_read_numbers(n->data, n->values, n->filled, err);
    if (status == GV_OK)
        status = gv_npz_read_whole(n->first, n->firsts, n->filled, err);
    if (status == GV_OK && n->second)
        status = gv_npz_read_whole(n->second, n->seconds, n->filled, err);
    return status;
}

static int next_entry(gv_matrix_reader *reader, gv_matrix_reader_entry *entry, bool *more,
                      gv_error *err)
{
    npz *n = reader->state;
    *more = n->read < n->size;
    if (!*more)
        return GV_OK;
    int status = n->used == n->filled ? fill(n, err) : GV_OK;
    if (status != GV_OK)
        return status;
    uint64_t row = n->firsts[n->used], column;
    if (n->second) {
        column = n->seconds[n->used];
    } else {
        while (n->starts[n->at + 1] <= n->read)
            n->at++;
        column = n->by_column ? n->at : row;
        row = n->by_column ? row : n->at;
    }
    reader->number = ++n->read;
    uint32_t words = gv_vocab_size(reader->vocab);
    if (row >= words || column >= words)
        return gv_matrix_reader_fail(
            reader, err, "row %" PRIu64 ", column %" PRIu64 " is outside the matrix", row, column);
    *entry = (gv_matrix_reader_entry){(uint32_t)row, (uint32_t)column, n->values[n->used++]};
    return GV_OK;
}

static void close_npz(gv_matrix_reader *reader)
{
    npz *n = reader->state;
    gv_npz_close(n->data);
    gv_npz_close(n->first);
    gv_npz_close(n->second);
    gv_mem_free(n->starts);
    gv_mem_free(n);
}

int gv_matrix_reader_open_npz(gv_matrix_reader *reader, gv_error *err)
{
    char format[16];
    reader->format = "scipy's .npz";
    reader->place = "entry";
    /* values may be float32 */
    reader->tolerance = 1e-6;
    int status = read_format(format, reader, err);
    if (status != GV_OK)
        return status;
    npz *n = gv_mem_alloc_zero(1, sizeof *n, err);
    if (!n)
        return GV_E_MEMORY;
    reader->state = n;
    reader->next = next_entry;
    reader->close = close_npz;
    return open_arrays(n, reader, format, err);
}
