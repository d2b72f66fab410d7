/*
 * What scipy.sparse.save_npz writes of a csr matrix, not compressed: a zip archive of the arrays
 * indices, data, indptr, format, shape. The entries come once, but indices and data are two members
 * one after the other; so the values wait in a nameless temporary file, 8 bytes an entry.
 *
 * The members have no time of modification: the same matrix gives the same bytes.
 */
#include "base/gv_bytes.h"
#include "base/gv_file.h"
#include "base/gv_library_mem.h"
#include "base/gv_mem.h"
#include "counts/gv_matrix_writer.h"
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

enum { BATCH = 4096, BLOCK = 1 << 16, ALIGNMENT = 64, PREFIX = 10 };

#define TEMP_NAME "a temporary file of counts"

typedef struct npz {
    struct archive *archive;
    gv_file_writer *out;
    gv_error write_error; /* seen inside libarchive's callback */
    const char *path;
    int fd;            /* of the values */
    uint64_t *starts;  /* [words + 1] where each row begins */
    uint32_t row;      /* of the last entry */
    size_t index_size; /* bytes of an index: 4, or 8 where a matrix has so many entries */
    uint64_t put, spooled;
    uint8_t indices[BATCH * 8], values[BATCH * 8];
    size_t batched;
    unsigned failures; /* gv_library_mem_failures() before the current call of libarchive */
    bool closing;      /* what libarchive still writes is not wanted */
} npz;

static la_ssize_t take_bytes(struct archive *archive, void *context, const void *bytes, size_t n)
{
    npz *z = context;
    if (z->closing)
        return (la_ssize_t)n;
    if (gv_file_writer_write(z->out, bytes, n, &z->write_error) == GV_OK)
        return (la_ssize_t)n;
    archive_set_error(archive, EIO, "write error");
    return -1;
}

/* Around every call of libarchive, which does not survive each failed allocation. */
static void enter(npz *z)
{
    z->failures = gv_library_mem_enter();
}

static int leave(npz *z, int status, gv_error *err)
{
    bool failed = gv_library_mem_leave(z->failures);
    return failed && status == GV_OK ? gv_error_set(err, GV_E_MEMORY, "%s: out of memory", z->path)
                                     : status;
}

static int archive_failed(const npz *z, gv_error *err)
{
    if (z->failures != gv_library_mem_failures())
        return gv_error_set(err, GV_E_MEMORY, "%s: out of memory", z->path);
    if (z->write_error.code != GV_OK)
        return gv_error_set(err, z->write_error.code, "%s", z->write_error.text);
    const char *text = z->archive ? archive_error_string(z->archive) : "out of memory";
    return gv_error_set(err, GV_E_IO, "cannot write %s: %s", z->path, text ? text : "zip error");
}

static int write_data(npz *z, const void *bytes, size_t n, gv_error *err)
{
    enter(z);
    bool written = archive_write_data(z->archive, bytes, n) == (la_ssize_t)n;
    return leave(z, written ? GV_OK : archive_failed(z, err), err);
}

/* Begin the member NAME.npy: `n` elements of `type`, `bytes` bytes each. */
static int begin_array(npz *z, const char *name, const char *type, uint64_t n, size_t bytes,
                       gv_error *err)
{
    char header[2 * ALIGNMENT + PREFIX] = "\x93NUMPY\x01", shape[32] = "()", file[32];
    /* "|S3" is the one string, an array without dimensions */
    if (*type != '|')
        snprintf(shape, sizeof shape, "(%" PRIu64 ",)", n);
    snprintf(file, sizeof file, "%s.npy", name);
    int length = snprintf(header + PREFIX, sizeof header - PREFIX,
                          "{'descr': '%s', 'fortran_order': False, 'shape': %s, }", type, shape);
    /* padded so that the elements begin at a multiple of 64 bytes (NEP 1) */
    size_t total = (PREFIX + (size_t)length + 1 + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    memset(header + PREFIX + length, ' ', total - PREFIX - (size_t)length);
    header[total - 1] = '\n';
    header[8] = (char)(total - PREFIX);
    enter(z);
    struct archive_entry *entry = archive_entry_new();
    if (!entry)
        return leave(z, archive_failed(z, err), err);
    archive_entry_set_pathname(entry, file);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_size(entry, (la_int64_t)(total + n * bytes));
    int result = archive_write_header(z->archive, entry);
    archive_entry_free(entry);
    int status = leave(z, result == ARCHIVE_OK ? GV_OK : archive_failed(z, err), err);
    return status == GV_OK ? write_data(z, header, total, err) : status;
}

static void put_index(const npz *z, uint8_t *to, uint64_t value)
{
    if (z->index_size == 8)
        gv_bytes_put64(to, value);
    else
        gv_bytes_put32(to, (uint32_t)value);
}

static int flush(npz *z, gv_error *err)
{
    int status = write_data(z, z->indices, z->batched * z->index_size, err);
    if (status == GV_OK)
        status = gv_file_pwrite(z->fd, z->values, z->batched * 8, z->spooled * 8, TEMP_NAME, err);
    z->spooled += z->batched;
    z->batched = 0;
    return status;
}

static int put_entry(gv_matrix_writer *writer, uint32_t row, uint32_t column, double value,
                     gv_error *err)
{
    npz *z = writer->state;
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    while (z->row < row)
        z->starts[++z->row] = z->put;
    put_index(z, z->indices + z->batched * z->index_size, column);
    gv_bytes_put64(z->values + z->batched * 8, bits);
    z->put++;
    return ++z->batched == BATCH ? flush(z, err) : GV_OK;
}

/* The values come back from the temporary file. */
static int write_values(npz *z, gv_error *err)
{
    int status = begin_array(z, "data", "<f8", z->put, 8, err);
    for (uint64_t at = 0, n; status == GV_OK && at < z->put; at += n) {
        n = z->put - at < BATCH ? z->put - at : BATCH;
        status = gv_file_pread(z->fd, z->values, n * 8, at * 8, TEMP_NAME, err);
        if (status == GV_OK)
            status = write_data(z, z->values, n * 8, err);
    }
    return status;
}

static int write_starts(npz *z, uint32_t words, const char *type, gv_error *err)
{
    int status = begin_array(z, "indptr", type, (uint64_t)words + 1, z->index_size, err);
    for (uint32_t row = 0; status == GV_OK && row <= words; row++) {
        uint8_t bytes[8];
        put_index(z, bytes, z->starts[row]);
        status = write_data(z, bytes, z->index_size, err);
    }
    return status;
}

static const char *index_type(const npz *z)
{
    return z->index_size == 8 ? "<i8" : "<i4";
}

static int finish_npz(gv_matrix_writer *writer, gv_error *err)
{
    npz *z = writer->state;
    uint32_t words = writer->info->vocab_size;
    uint8_t shape[16];
    while (z->row < words)
        z->starts[++z->row] = z->put;
    gv_bytes_put64(shape, words);
    gv_bytes_put64(shape + 8, words);
    int status = flush(z, err);
    if (status == GV_OK)
        status = write_starts(z, words, index_type(z), err);
    if (status == GV_OK)
        status = begin_array(z, "format", "|S3", 1, 3, err);
    if (status == GV_OK)
        status = write_data(z, "csr", 3, err);
    if (status == GV_OK)
        status = begin_array(z, "shape", "<i8", 2, 8, err);
    if (status == GV_OK)
        status = write_data(z, shape, sizeof shape, err);
    if (status == GV_OK)
        status = write_values(z, err);
    if (status != GV_OK)
        return status;
    enter(z);
    return leave(z, archive_write_close(z->archive) == ARCHIVE_OK ? GV_OK : archive_failed(z, err),
                 err);
}

static void clear_npz(gv_matrix_writer *writer)
{
    npz *z = writer->state;
    if (!z)
        return;
    if (z->archive) {
        /* closes an archive that failed, too, which frees its buffers */
        z->closing = true;
        enter(z);
        archive_write_free(z->archive);
        (void)gv_library_mem_leave(z->failures);
    }
    if (z->fd >= 0)
        close(z->fd);
    gv_mem_free(z->starts);
    gv_mem_free(z);
}

static int make_archive(npz *z, gv_error *err)
{
    z->archive = archive_write_new();
    if (!z->archive)
        return archive_failed(z, err);
    if (archive_write_set_format_zip(z->archive) != ARCHIVE_OK ||
        archive_write_zip_set_compression_store(z->archive) != ARCHIVE_OK ||
        archive_write_set_bytes_per_block(z->archive, BLOCK) != ARCHIVE_OK ||
        archive_write_set_bytes_in_last_block(z->archive, 1) != ARCHIVE_OK ||
        archive_write_open(z->archive, z, NULL, take_bytes, NULL) != ARCHIVE_OK)
        return archive_failed(z, err);
    return GV_OK;
}

static int open_archive(npz *z, gv_error *err)
{
    enter(z);
    return leave(z, make_archive(z, err), err);
}

int gv_matrix_writer_begin_npz(gv_matrix_writer *writer, gv_error *err)
{
    npz *z = gv_mem_alloc_zero(1, sizeof *z, err);
    if (!z)
        return GV_E_MEMORY;
    writer->state = z;
    writer->put = put_entry;
    writer->finish = finish_npz;
    writer->clear = clear_npz;
    z->fd = -1;
    z->out = writer->out;
    z->path = writer->path;
    z->index_size = writer->info->records > INT32_MAX ? 8 : 4;
    z->starts = gv_mem_alloc_zero((size_t)writer->info->vocab_size + 1, sizeof *z->starts, err);
    int status = z->starts ? gv_file_temp_open_beside(&z->fd, writer->path, err) : GV_E_MEMORY;
    if (status == GV_OK)
        status = open_archive(z, err);
    if (status == GV_OK)
        status =
            begin_array(z, "indices", index_type(z), writer->info->records, z->index_size, err);
    return status;
}
