/*
 * Recognising the format. The reference's records have no magic number: they are recognised by
 * their first one, which holds two word numbers and a count.
 */
#include "counts/gv_matrix_reader.h"

#include "base/gv_bytes.h"
#include "base/gv_file_reader.h"
#include "base/gv_mem.h"
#include "text/gv_kind.h"
#include "text/gv_stream.h"
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum { RECORD = 16 };

typedef struct start {
    char bytes[GV_KIND_BYTES + 1]; /* decompressed; NUL-terminated */
    size_t n;
} start;

int gv_matrix_reader_fail(const gv_matrix_reader *reader, gv_error *err, const char *format, ...)
{
    char what[400];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    return gv_error_set(err, GV_E_CORRUPT, "%s (%s), %s %" PRIu64 ": %s", reader->path,
                        reader->format, reader->place, reader->number, what);
}

int gv_matrix_reader_check_shape(const gv_matrix_reader *reader, uint64_t rows, uint64_t columns,
                                 gv_error *err)
{
    uint32_t words = gv_vocab_size(reader->vocab);
    if (rows == words && columns == words)
        return GV_OK;
    return gv_error_set(err, GV_E_CORRUPT,
                        "%s (%s) is a matrix of %" PRIu64 " x %" PRIu64
                        ", but the vocabulary has %" PRIu32
                        " words; give the vocabulary whose words are its rows and columns "
                        "(--vocab)",
                        reader->path, reader->format, rows, columns, words);
}

static int refuse(const gv_matrix_reader *reader, const char *what, const char *remedy,
                  gv_error *err)
{
    return gv_error_set(err, GV_E_CORRUPT, "%s is %s; %s", reader->path, what, remedy);
}

/* What will be read must be a file: it is opened to be looked at, and again to be read. */
static int check_file(const char *path, gv_error *err)
{
    struct stat info;
    if (strcmp(path, "-") == 0)
        return gv_error_set(
            err, GV_E_IO,
            "counts-import does not read standard input; write the matrix to a file "
            "first");
    if (stat(path, &info) != 0)
        return gv_error_set_errno(err, "cannot read %s", path);
    if (S_ISDIR(info.st_mode))
        return gv_error_set(err, GV_E_IO, "cannot read %s: it is a directory", path);
    if (!S_ISREG(info.st_mode))
        return gv_error_set(err, GV_E_IO,
                            "%s is a pipe or device; write the matrix to a file first", path);
    if (info.st_size == 0)
        return gv_error_set(err, GV_E_CORRUPT, "%s is empty", path);
    return GV_OK;
}

static int is_zip(bool *zip, const char *path, gv_error *err)
{
    char magic[2] = {0};
    size_t n = 0;
    gv_file_reader *in = NULL;
    int status = gv_file_reader_open(&in, path, err);
    if (status == GV_OK)
        status = gv_file_reader_read_some(in, magic, sizeof magic, &n, err);
    gv_file_reader_close(in);
    *zip = n == sizeof magic && memcmp(magic, "PK", sizeof magic) == 0;
    return status;
}

static int read_start(start *s, const char *path, gv_error *err)
{
    gv_stream *stream = NULL;
    uint64_t disk;
    int status = gv_stream_open(&stream, path, err);
    if (status == GV_OK)
        status = gv_stream_read(stream, s->bytes, GV_KIND_BYTES, &s->n, &disk, err);
    gv_stream_close(stream);
    s->bytes[s->n] = '\0';
    return status;
}

/* Is the first record one of this vocabulary? */
static bool begins_with_record(const start *s, uint32_t words)
{
    const uint8_t *bytes = (const uint8_t *)s->bytes;
    if (s->n < RECORD)
        return false;
    double value = gv_bytes_get_double(bytes + 8);
    return gv_bytes_get32(bytes) - 1 < words && gv_bytes_get32(bytes + 4) - 1 < words &&
           value > 0 && isfinite(value);
}

static bool ends_in(const char *path, const char *ending)
{
    size_t length = strlen(path), end = strlen(ending);
    return length > end && strcasecmp(path + length - end, ending) == 0;
}

/* No text, and no first record: what is it? */
static int open_binary(gv_matrix_reader *reader, const start *s, gv_error *err)
{
    const uint8_t *bytes = (const uint8_t *)s->bytes;
    const char *kind = gv_kind_binary(bytes, s->n);
    if (s->n >= 6 && memcmp(bytes, "\x93NUMPY", 6) == 0)
        return refuse(reader, "a NumPy array (.npy)",
                      "save it as a sparse matrix in Python: scipy.sparse.save_npz(\"x.npz\", "
                      "scipy.sparse.csr_matrix(array))",
                      err);
    if (s->n >= 8 && memcmp(bytes, "GVCOUNTS", 8) == 0)
        return refuse(reader, "a counts.bin already", "glove-shuffle reads it", err);
    if (kind)
        return refuse(reader, kind,
                      "counts-import reads cooccurrence.bin, .mtx, .npz, and text of lines `word "
                      "word value`",
                      err);
    if (ends_in(reader->path, ".npz"))
        return refuse(reader, "not an .npz file", "its beginning is not that of a zip archive",
                      err);
    if (ends_in(reader->path, ".csv") || ends_in(reader->path, ".tsv") ||
        ends_in(reader->path, ".txt") || ends_in(reader->path, ".mtx"))
        return refuse(reader, "not text, in spite of its name",
                      "is it cooccurrence.bin, of another vocabulary?", err);
    return gv_matrix_reader_open_reference(reader, err);
}

/* Text has no control characters; the first numbers of records have bytes of 0. */
static bool is_text(const start *s)
{
    for (size_t i = 0; i < s->n && i < 4 * RECORD; i++)
        if ((uint8_t)s->bytes[i] < ' ' && !strchr("\t\r\n\f", s->bytes[i]))
            return false;
    return memchr(s->bytes, '\0', s->n) == NULL;
}

/* Without a vocabulary, what has word numbers only says nothing of words. */
static int needs_words(const gv_matrix_reader *reader, const char *what, gv_error *err)
{
    return gv_error_set(
        err, GV_E_USAGE,
        "%s is %s, which has no words: give them in a file, one a line in the order "
        "of rows and columns, with --vocab FILE",
        reader->path, what);
}

static int open_by_content(gv_matrix_reader *reader, const start *s, gv_error *err)
{
    static const char banner[] = "%%MatrixMarket";
    const char *text = s->bytes + (strncmp(s->bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0);
    const uint8_t *bytes = (const uint8_t *)s->bytes;
    if (s->n == 0)
        return gv_error_set(err, GV_E_CORRUPT, "%s is empty", reader->path);
    if (strncasecmp(text, banner, strlen(banner)) == 0 && reader->growing)
        return needs_words(reader, "a Matrix Market file", err);
    if (strncasecmp(text, banner, strlen(banner)) == 0)
        return gv_matrix_reader_open_market(reader, err);
    if (is_text(s) && ends_in(reader->path, ".mtx"))
        return refuse(reader, "text, but not in the Matrix Market format",
                      "its first line must begin with %%MatrixMarket", err);
    if (is_text(s))
        return gv_matrix_reader_open_text(reader, err);
    if (reader->growing && !gv_kind_wide(bytes, s->n) && !gv_kind_binary(bytes, s->n))
        return needs_words(reader, "not text, perhaps records of the reference", err);
    if (begins_with_record(s, gv_vocab_size(reader->vocab)))
        return gv_matrix_reader_open_reference(reader, err);
    if (gv_kind_wide(bytes, s->n))
        return gv_kind_check_text(bytes, s->n, reader->path, err);
    return open_binary(reader, s, err);
}

int gv_matrix_reader_open(gv_matrix_reader *reader, gv_error *err)
{
    bool zip = false;
    if (!reader->file)
        reader->file = reader->path;
    int status = check_file(reader->file, err);
    if (status == GV_OK)
        status = is_zip(&zip, reader->file, err);
    if (status != GV_OK)
        return status;
    if (zip && reader->growing)
        return needs_words(reader, "an .npz file", err);
    if (zip)
        return gv_matrix_reader_open_npz(reader, err);
    start *s = gv_mem_alloc_zero(1, sizeof *s, err);
    status = s ? read_start(s, reader->file, err) : GV_E_MEMORY;
    if (status == GV_OK)
        status = open_by_content(reader, s, err);
    gv_mem_free(s);
    return status;
}

void gv_matrix_reader_close(gv_matrix_reader *reader)
{
    if (reader->close)
        reader->close(reader);
    gv_mem_free(reader->unknown_word);
    gv_mem_free(reader->header);
    *reader = (gv_matrix_reader){0};
}
