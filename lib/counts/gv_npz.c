/*
 * libarchive finds the member and takes compression off; the header is a Python dictionary, which
 * NumPy writes in one fixed form, so a search replaces a parser of Python.
 */
#include "counts/gv_npz.h"

#include "base/gv_file_open.h"
#include "base/gv_library_mem.h"
#include "base/gv_mem.h"
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    READ_BLOCK = 1 << 16,
    HEADER_LIMIT = 1 << 16,
    ITEM_LIMIT = 256,
    BATCH = 4096, /* elements decoded at a time */
};

struct gv_npz {
    struct archive *archive;
    unsigned failures; /* gv_library_mem_failures() before the current call of libarchive */
    char *path, *name;
    char kind;     /* of the type: b, i, u, f, S, U */
    size_t bytes;  /* of an element */
    bool swapped;  /* its bytes are big-endian */
    uint64_t size; /* elements */
    uint64_t read;
    uint8_t *batch; /* BATCH elements */
    int fd, cause;  /* errno of the call that failed, which libarchive may take for damage */
    uint8_t block[READ_BLOCK];
};

static int fail(const gv_npz *array, const char *what, gv_error *err)
{
    return gv_error_set(err, GV_E_CORRUPT, "%s (.npz): the array \"%s\" %s", array->path,
                        array->name, what);
}

/* Around every call of libarchive, which does not report each failed allocation. */
static void enter(gv_npz *array)
{
    array->failures = gv_library_mem_enter();
}

static int leave(gv_npz *array, int status, gv_error *err)
{
    bool failed = gv_library_mem_leave(array->failures);
    return failed && status == GV_OK
               ? gv_error_set(err, GV_E_MEMORY, "%s: out of memory", array->path)
               : status;
}

static int archive_failed(const gv_npz *array, gv_error *err)
{
    if (array->failures != gv_library_mem_failures())
        return gv_error_set(err, GV_E_MEMORY, "%s: out of memory", array->path);
    const char *text = archive_error_string(array->archive);
    if (array->cause != 0) {
        errno = array->cause;
        return gv_error_set_errno(err, "cannot read %s", array->path);
    }
    return gv_error_set(err, GV_E_CORRUPT,
                        "%s is damaged or not an .npz file (%s); obtain the file again",
                        array->path, text ? text : "unknown error");
}

/* --- the file, for libarchive ----------------------------------------------------------------- */

static la_ssize_t read_block(struct archive *archive, void *context, const void **block)
{
    gv_npz *array = context;
    ssize_t got;
    do
        got = read(array->fd, array->block, sizeof array->block);
    while (got < 0 && errno == EINTR);
    *block = array->block;
    if (got < 0)
        archive_set_error(archive, array->cause = errno, "cannot read");
    return got < 0 ? ARCHIVE_FATAL : got;
}

static la_int64_t seek_to(struct archive *archive, void *context, la_int64_t offset, int whence)
{
    gv_npz *array = context;
    off_t at = lseek(array->fd, offset, whence);
    if (at < 0)
        archive_set_error(archive, array->cause = errno, "cannot seek");
    return at < 0 ? ARCHIVE_FATAL : at;
}

/* --- header ----------------------------------------------------------------------------------- */

static int read_all(gv_npz *array, void *to, size_t bytes, gv_error *err)
{
    size_t got = 0;
    while (got < bytes) {
        la_ssize_t part = archive_read_data(array->archive, (uint8_t *)to + got, bytes - got);
        if (part == ARCHIVE_RETRY)
            continue;
        /* a warning says that the checksum is wrong */
        if (part < 0)
            return archive_failed(array, err);
        if (part == 0)
            return fail(array, "is truncated", err);
        got += (size_t)part;
    }
    return GV_OK;
}

static int read_bytes(gv_npz *array, void *to, size_t bytes, gv_error *err)
{
    enter(array);
    return leave(array, read_all(array, to, bytes, err), err);
}

/* What stands behind a key of the dictionary; NULL if the key is missing. */
static const char *find_key(const char *header, const char *key)
{
    const char *at = strstr(header, key);
    return at ? at + strlen(key) + strspn(at + strlen(key), ": ") : NULL;
}

static int parse_type(gv_npz *array, const char *header, gv_error *err)
{
    const char *type = find_key(header, "'descr'");
    if (!type || *type != '\'' || !type[1] || !type[2])
        return fail(array, "has a type that is not read (numbers are)", err);
    array->swapped = type[1] == '>';
    array->kind = type[2];
    array->bytes = strtoul(type + 3, NULL, 10);
    if (array->kind == 'U')
        array->bytes *= 4; /* characters in UTF-32 */
    bool number =
        strchr("biuf", array->kind) && strchr("<>|=", type[1]) &&
        (array->bytes == 1 || array->bytes == 2 || array->bytes == 4 || array->bytes == 8);
    bool half = array->kind == 'f' && array->bytes < 4;
    bool text = strchr("SU", array->kind) && array->bytes > 0 && array->bytes <= ITEM_LIMIT;
    return (number && !half) || text ? GV_OK
                                     : fail(array,
                                            "has a type that is not read; in Python: "
                                            "m.astype(\"float64\")",
                                            err);
}

static int parse_shape(gv_npz *array, const char *header, gv_error *err)
{
    const char *shape = find_key(header, "'shape'");
    if (!shape || *shape != '(')
        return fail(array, "has no shape", err);
    array->size = 1;
    for (const char *p = shape + 1; *p && *p != ')'; p += strspn(p, ", ")) {
        char *end;
        uint64_t length = strtoull(p, &end, 10);
        if (end == p || __builtin_mul_overflow(array->size, length, &array->size))
            return fail(array, "has a shape that cannot be read", err);
        p = end;
    }
    return GV_OK;
}

static int read_header(gv_npz *array, gv_error *err)
{
    uint8_t prefix[12];
    int status = read_bytes(array, prefix, 10, err);
    if (status == GV_OK && memcmp(prefix, "\x93NUMPY", 6) != 0)
        status = fail(array, "is not a NumPy array", err);
    size_t length = prefix[8] | (size_t)prefix[9] << 8;
    /* from version 2 on the length has 32 bits */
    if (status == GV_OK && prefix[6] >= 2) {
        status = read_bytes(array, prefix + 10, 2, err);
        length |= (size_t)prefix[10] << 16 | (size_t)prefix[11] << 24;
    }
    if (status == GV_OK && length > HEADER_LIMIT)
        status = fail(array, "has a damaged header", err);
    char *header = status == GV_OK ? gv_mem_alloc_zero(length + 1, 1, err) : NULL;
    if (status == GV_OK)
        status = header ? read_bytes(array, header, length, err) : GV_E_MEMORY;
    if (status == GV_OK)
        status = parse_type(array, header, err);
    if (status == GV_OK)
        status = parse_shape(array, header, err);
    gv_mem_free(header);
    return status;
}

/* --- opening ---------------------------------------------------------------------------------- */

/* Go to the member NAME.npy; `*found` is false if there is none. */
static int find_member(gv_npz *array, bool *found, gv_error *err)
{
    size_t length = strlen(array->name);
    *found = false;
    for (;;) {
        struct archive_entry *entry;
        int result = archive_read_next_header(array->archive, &entry);
        if (result == ARCHIVE_EOF)
            return GV_OK;
        if (result < ARCHIVE_WARN)
            return archive_failed(array, err);
        const char *name = archive_entry_pathname(entry);
        *found =
            name && strncmp(name, array->name, length) == 0 && strcmp(name + length, ".npy") == 0;
        if (*found)
            return GV_OK;
    }
}

static int open_archive(gv_npz *array, gv_error *err)
{
    int status = gv_file_open_plain(&array->fd, array->path, O_RDONLY, err);
    if (status != GV_OK)
        return status;
    array->archive = archive_read_new();
    if (!array->archive)
        return gv_error_set(err, GV_E_MEMORY, "%s: out of memory", array->path);
    /* by the list of members at the end, so that a file that lost it is noticed */
    archive_read_support_format_zip_seekable(array->archive);
    archive_read_set_read_callback(array->archive, read_block);
    archive_read_set_seek_callback(array->archive, seek_to);
    archive_read_set_callback_data(array->archive, array);
    if (archive_read_open1(array->archive) != ARCHIVE_OK)
        return archive_failed(array, err);
    return GV_OK;
}

static int open_member(gv_npz *array, bool *found, gv_error *err)
{
    enter(array);
    int status = open_archive(array, err);
    if (status == GV_OK)
        status = find_member(array, found, err);
    return leave(array, status, err);
}

int gv_npz_open(gv_npz **result, const char *path, const char *name, gv_error *err)
{
    *result = NULL;
    gv_npz *array = gv_mem_alloc_zero(1, sizeof *array, err);
    if (!array)
        return GV_E_MEMORY;
    bool found = false;
    int status = GV_E_MEMORY;
    array->fd = -1;
    if ((array->path = gv_mem_strdup(path, err)) && (array->name = gv_mem_strdup(name, err)))
        status = open_member(array, &found, err);
    if (status == GV_OK && found)
        status = read_header(array, err);
    if (status == GV_OK && found && !(array->batch = gv_mem_alloc(BATCH, array->bytes, err)))
        status = GV_E_MEMORY;
    if (status == GV_OK && found)
        *result = array;
    else
        gv_npz_close(array);
    return status;
}

void gv_npz_close(gv_npz *array)
{
    if (!array)
        return;
    enter(array);
    if (array->archive)
        archive_read_free(array->archive);
    if (array->fd >= 0)
        close(array->fd);
    (void)gv_library_mem_leave(array->failures); /* what was read is not in doubt */
    gv_mem_free(array->batch);
    gv_mem_free(array->path);
    gv_mem_free(array->name);
    gv_mem_free(array);
}

uint64_t gv_npz_size(const gv_npz *array)
{
    return array->size;
}

/* --- elements --------------------------------------------------------------------------------- */

/* The bits of an element. */
static uint64_t get_bits(const gv_npz *array, const uint8_t *from)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < array->bytes; i++)
        bits = bits << 8 | from[array->swapped ? i : array->bytes - 1 - i];
    return bits;
}

static double to_number(const gv_npz *array, uint64_t bits)
{
    unsigned width = (unsigned)array->bytes * 8;
    if (array->kind == 'f' && array->bytes == 4) {
        uint32_t narrow = (uint32_t)bits;
        float value;
        memcpy(&value, &narrow, sizeof value);
        return (double)value;
    }
    if (array->kind == 'f') {
        double value;
        memcpy(&value, &bits, sizeof value);
        return value;
    }
    /* the sign bit, extended to all 64 bits; an element has 1 to 8 bytes.
     * NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult) */
    if (array->kind == 'i')
        return (double)((int64_t)(bits << (64 - width)) >> (64 - width));
    return (double)bits;
}

/* Read up to BATCH elements; `*n` receives how many. */
static int read_batch(gv_npz *array, size_t *n, size_t want, gv_error *err)
{
    if (strchr("SU", array->kind))
        return fail(array, "holds text instead of numbers", err);
    *n = want < BATCH ? want : BATCH;
    if (*n > array->size - array->read)
        return fail(array, "has too few elements", err);
    array->read += *n;
    return read_bytes(array, array->batch, *n * array->bytes, err);
}

int gv_npz_read_numbers(gv_npz *array, double *to, size_t n, gv_error *err)
{
    for (size_t part; n > 0; n -= part) {
        int status = read_batch(array, &part, n, err);
        if (status != GV_OK)
            return status;
        for (size_t i = 0; i < part; i++)
            *to++ = to_number(array, get_bits(array, array->batch + i * array->bytes));
    }
    return GV_OK;
}

int gv_npz_read_whole(gv_npz *array, uint64_t *to, size_t n, gv_error *err)
{
    for (size_t part; n > 0; n -= part) {
        int status = read_batch(array, &part, n, err);
        if (status != GV_OK)
            return status;
        for (size_t i = 0; i < part; i++) {
            uint64_t bits = get_bits(array, array->batch + i * array->bytes);
            double value = to_number(array, bits);
            if (array->kind == 'f' || value < 0)
                return fail(array, "holds numbers that are no places of a matrix", err);
            *to++ = bits;
        }
    }
    return GV_OK;
}

int gv_npz_read_text(gv_npz *array, char *to, size_t room, gv_error *err)
{
    if (!strchr("SU", array->kind) || array->size != 1)
        return fail(array, "is not one string", err);
    int status = read_bytes(array, array->batch, array->bytes, err);
    size_t step = array->kind == 'U' ? 4 : 1, n = 0;
    for (size_t i = 0; status == GV_OK && i < array->bytes && n + 1 < room; i += step)
        to[n++] = (char)array->batch[array->swapped ? i + step - 1 : i];
    to[n] = '\0';
    return status;
}
