/*
 * A descriptor, the first bytes of which decide whether libarchive's "raw" format (one nameless
 * member, filters taken off) is between it and the reader. "raw" would take any file at all, so
 * plain text never goes there.
 */
#include "text/gv_stream.h"

#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "text/gv_gzip.h"
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { INPUT_BYTES = 1 << 16 };

struct gv_stream {
    int fd;
    bool owns_fd;
    char *path;
    uint8_t *input;          /* INPUT_BYTES */
    size_t waiting;          /* bytes in `input` that were read to look at them */
    uint64_t disk;           /* bytes read since the last report */
    struct archive *archive; /* NULL: plain */
    gv_gzip_check *gzip;     /* NULL: not gzip */
    bool ended;
    gv_error read_error; /* of the descriptor, seen inside libarchive's callback */
};

static const struct {
    const char *bytes;
    size_t length;
} magics[] = {
    {"\x1f\x8b", 2}, /* gzip, RFC 1952 */
    {"\x1f\x9d", 2}, /* compress */
    {"\xfd"
     "7zXZ\0",
     6},                     /* xz */
    {"\x28\xb5\x2f\xfd", 4}, /* zstd, RFC 8878 */
    {"\x04\x22\x4d\x18", 4}, /* lz4 frame */
    {"LZIP\x01", 5},         /* lzip */
    {"BZh", 3},
};

/* Do these bytes agree with a magic number as far as both go? `*known` says whether all of it is
 * there. */
static bool begins_like_compressed(const uint8_t *start, size_t length, bool *known)
{
    static const char skippable[] = "\x2a\x4d\x18"; /* of zstd, behind 0x50 .. 0x5f */
    for (size_t i = 0; i < sizeof magics / sizeof *magics; i++) {
        *known = length >= magics[i].length;
        if (memcmp(start, magics[i].bytes, *known ? magics[i].length : length) == 0)
            return true;
    }
    *known = length >= 4;
    return length == 0 || ((start[0] & 0xf0) == 0x50 &&
                           memcmp(start + 1, skippable, *known ? 3 : length - 1) == 0);
}

bool gv_stream_is_compressed(const uint8_t *start, size_t length)
{
    bool known;
    if (!begins_like_compressed(start, length, &known) || !known)
        return false;
    if (start[0] != 'B')
        return true;
    /* bzip2: "BZh", a digit, and then the digits of pi (a block) or of its root (an empty file) */
    return length >= 8 && start[3] >= '1' && start[3] <= '9' &&
           (memcmp(start + 4, "1AY&", 4) == 0 || memcmp(start + 4, "\x17\x72\x45\x38", 4) == 0);
}

/* read(2) that continues after signals; -1 with the error noted. */
static ssize_t read_some(gv_stream *stream, void *to, size_t bytes, gv_error *err)
{
    for (;;) {
        ssize_t got = read(stream->fd, to, bytes);
        if (got < 0 && errno == EINTR && gv_signal_check(err) == GV_OK)
            continue;
        if (got < 0)
            gv_error_set_errno(err, "cannot read %s", stream->path);
        else
            stream->disk += (uint64_t)got;
        return got;
    }
}

/* libarchive asks for bytes of the file. */
static la_ssize_t give_bytes(struct archive *archive, void *context, const void **bytes)
{
    gv_stream *stream = context;
    ssize_t got = (ssize_t)stream->waiting;
    stream->waiting = 0;
    /* the bytes that were read to recognise the file come first: a pipe cannot be rewound */
    if (got == 0)
        got = read_some(stream, stream->input, INPUT_BYTES, &stream->read_error);
    if (got < 0) {
        archive_set_error(archive, EIO, "read error");
        return -1;
    }
    /* all bytes pass here, so this is where the trailers are seen */
    if (stream->gzip)
        gv_gzip_check_packed(stream->gzip, stream->input, (size_t)got);
    *bytes = stream->input;
    return got;
}

/* What libarchive complains about, as an error of ours. */
static int archive_failed(gv_stream *stream, gv_error *err)
{
    if (stream->read_error.code != GV_OK)
        return gv_error_set(err, stream->read_error.code, "%s", stream->read_error.text);
    if (archive_errno(stream->archive) == ENOMEM)
        return gv_error_set(err, GV_E_MEMORY, "%s: out of memory while decompressing",
                            stream->path);
    const char *text = archive_error_string(stream->archive);
    return gv_error_set(
        err, GV_E_CORRUPT,
        "%s: the compressed data is damaged or truncated (%s); obtain the file again", stream->path,
        text ? text : "unknown error");
}

static int open_archive(gv_stream *stream, gv_error *err)
{
    struct archive *archive = stream->archive = archive_read_new();
    if (!archive)
        return gv_error_set(err, GV_E_MEMORY, "%s: out of memory", stream->path);
    if (stream->input[0] == 0x1f && stream->input[1] == 0x8b) {
        stream->gzip = gv_mem_alloc(1, sizeof *stream->gzip, err);
        if (!stream->gzip)
            return GV_E_MEMORY;
        gv_gzip_check_begin(stream->gzip);
    }
    /* ARCHIVE_WARN here only says that an outside program would be used */
    archive_read_support_filter_gzip(archive);
    archive_read_support_filter_compress(archive);
    archive_read_support_filter_bzip2(archive);
    archive_read_support_filter_xz(archive);
    archive_read_support_filter_zstd(archive);
    archive_read_support_filter_lz4(archive);
    archive_read_support_filter_lzip(archive);
    /* a compressed file of nothing is an empty text, which "raw" would refuse */
    archive_read_support_format_empty(archive);
    archive_read_support_format_raw(archive);
    if (archive_read_open(archive, stream, NULL, give_bytes, NULL) != ARCHIVE_OK)
        return archive_failed(stream, err);
    /* a file cut off inside its own header is not recognised, and "raw" would pass it as text */
    if (archive_filter_code(archive, 0) == ARCHIVE_FILTER_NONE)
        return gv_error_set(
            err, GV_E_CORRUPT,
            "%s: the compressed data is damaged or truncated (invalid header); obtain "
            "the file again",
            stream->path);
    /* a file that was compressed twice: what the check sees is not what the outer file states */
    if (archive_filter_count(archive) > 2) {
        gv_mem_free(stream->gzip);
        stream->gzip = NULL;
    }
    struct archive_entry *entry;
    int status = archive_read_next_header(archive, &entry);
    stream->ended = status == ARCHIVE_EOF; /* the text is empty */
    return status == ARCHIVE_OK || status == ARCHIVE_EOF ? GV_OK : archive_failed(stream, err);
}

int gv_stream_open(gv_stream **result, const char *path, gv_error *err)
{
    *result = NULL;
    gv_stream *stream = gv_mem_alloc_zero(1, sizeof *stream, err);
    if (!stream)
        return GV_E_MEMORY;
    int status = GV_E_MEMORY;
    stream->fd = -1;
    stream->owns_fd = strcmp(path, "-") != 0;
    stream->path = gv_mem_strdup(stream->owns_fd ? path : "standard input", err);
    stream->input = gv_mem_alloc(INPUT_BYTES, 1, err);
    if (!stream->path || !stream->input)
        goto failed;
    stream->fd = stream->owns_fd ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
    if (stream->fd < 0) {
        status = gv_error_set_errno(err, "cannot read %s", path);
        goto failed;
    }
    status = GV_OK;
    /* a pipe may give less than was asked for; only 0 is the end. Text that a person types should
     * not wait for eight bytes */
    bool known;
    while (stream->waiting < GV_STREAM_MAGIC_BYTES &&
           begins_like_compressed(stream->input, stream->waiting, &known)) {
        ssize_t got = read_some(stream, stream->input + stream->waiting,
                                GV_STREAM_MAGIC_BYTES - stream->waiting, err);
        if (got < 0) {
            status = err && err->code ? err->code : GV_E_IO;
            goto failed;
        }
        if (got == 0)
            break;
        stream->waiting += (size_t)got;
    }
    if (gv_stream_is_compressed(stream->input, stream->waiting))
        status = open_archive(stream, err);
    if (status != GV_OK)
        goto failed;
    *result = stream;
    return GV_OK;
failed:
    gv_stream_close(stream);
    return status;
}

void gv_stream_close(gv_stream *stream)
{
    if (!stream)
        return;
    if (stream->archive)
        archive_read_free(stream->archive);
    if (stream->fd >= 0 && stream->owns_fd)
        close(stream->fd);
    gv_mem_free(stream->gzip);
    gv_mem_free(stream->input);
    gv_mem_free(stream->path);
    gv_mem_free(stream);
}

/* Some bytes of text; 0 at the end, -1 on failure. */
static ssize_t some_text(gv_stream *stream, void *to, size_t bytes, gv_error *err)
{
    if (stream->archive) {
        for (;;) {
            la_ssize_t got = archive_read_data(stream->archive, to, bytes);
            if (got == ARCHIVE_RETRY)
                continue;
            if (got < 0)
                archive_failed(stream, err);
            else if (stream->gzip)
                gv_gzip_check_unpacked(stream->gzip, to, (size_t)got);
            return got < 0 ? -1 : (ssize_t)got;
        }
    }
    if (stream->waiting > 0) {
        size_t part = stream->waiting < bytes ? stream->waiting : bytes;
        memcpy(to, stream->input, part);
        memmove(stream->input, stream->input + part, stream->waiting - part);
        stream->waiting -= part;
        return (ssize_t)part;
    }
    return read_some(stream, to, bytes, err);
}

/* The text is over: look whether the file is, too. */
static int check_end(gv_stream *stream, gv_error *err)
{
    stream->ended = true;
    if (!stream->gzip || gv_gzip_check_agrees(stream->gzip))
        return GV_OK;
    return gv_error_set(err, GV_E_CORRUPT,
                        "%s: the compressed data is damaged (gzip checksum or length mismatch); "
                        "obtain the file again",
                        stream->path);
}

int gv_stream_read_some(gv_stream *stream, void *data, size_t bytes, size_t *got, gv_error *err)
{
    *got = 0;
    if (stream->ended)
        return GV_OK;
    gv_error local = GV_ERROR_INIT;
    ssize_t part = some_text(stream, data, bytes, &local);
    if (part < 0)
        return gv_error_set(err, local.code, "%s", local.text);
    *got = (size_t)part;
    return part == 0 ? check_end(stream, err) : GV_OK;
}

int gv_stream_read(gv_stream *stream, void *data, size_t bytes, size_t *got, uint64_t *disk,
                   gv_error *err)
{
    int status = GV_OK;
    *got = 0;
    while (*got < bytes && !stream->ended && status == GV_OK) {
        size_t part = 0;
        status = gv_stream_read_some(stream, (uint8_t *)data + *got, bytes - *got, &part, err);
        *got += part;
    }
    *disk = stream->disk;
    stream->disk = 0;
    return status;
}
