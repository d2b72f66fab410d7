/*
 * Layers: the file's bytes; above them, if these are compressed, their decompressed form; above
 * that, if this is an archive, the bytes of one of its members; and above those again their
 * decompressed form. Each layer has a buffer, of which the next one reads, so that its first bytes
 * can be looked at: a pipe cannot be rewound.
 */
#include "text/gv_stream_internal.h"

#include "base/gv_file.h"
#include "base/gv_input.h"
#include "base/gv_mem.h"
#include "text/gv_kind.h"
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* --- layers ----------------------------------------------------------------------------------- */

/* -1 with the error noted. */
static ssize_t read_file(gv_stream *stream, void *to, size_t bytes, gv_error *err)
{
    size_t got;
    if (gv_input_read(&got, stream->fd, to, bytes, stream->path, err) != GV_OK)
        return -1;
    if (got == 0 && bytes > 0 && gv_file_ends_early(stream->fd, stream->size)) {
        gv_error_set(err, GV_E_CORRUPT, "%s: truncated: unexpected end of file", stream->path);
        return -1;
    }
    atomic_fetch_add_explicit(&stream->disk, got, memory_order_relaxed);
    return (ssize_t)got;
}

/* Some bytes of a layer that are not in its buffer; 0 at the end, -1 on failure. */
static ssize_t read_layer(gv_stream_layer *from, void *to, size_t bytes, gv_error *err)
{
    if (!from->unpack && !from->bunzip)
        return read_file(from->stream, to, bytes, err);
    size_t got = 0;
    int status = from->bunzip ? gv_bunzip_read(from->bunzip, to, bytes, &got, err)
                              : gv_unpack_read(from->unpack, to, bytes, &got, err);
    return status == GV_OK ? (ssize_t)got : -1;
}

int gv_stream_fill(gv_stream_layer *from, gv_error *err)
{
    if (from->begin == from->end)
        from->begin = from->end = 0;
    gv_error local = GV_ERROR_INIT;
    ssize_t got = from->over ? 0
                             : read_layer(from, from->input + from->end,
                                          GV_STREAM_INPUT_BYTES - from->end, &local);
    if (got < 0)
        return gv_error_set(err, local.code, "%s", local.text);
    from->end += (size_t)got;
    from->over |= got == 0;
    return GV_OK;
}

/* The next layer asks for bytes. */
static ssize_t give_bytes(void *context, const uint8_t **bytes, gv_error *err)
{
    gv_stream_layer *from = context;
    if (from->begin == from->end && gv_stream_fill(from, err) != GV_OK)
        return -1;
    size_t got = from->end - from->begin;
    *bytes = from->input + from->begin;
    from->begin = from->end;
    return (ssize_t)got;
}

static int64_t seek_file(void *context, int64_t offset, int whence)
{
    gv_stream_layer *from = context;
    from->begin = from->end = 0;
    from->over = false;
    return lseek(from->stream->fd, (off_t)offset, whence);
}

/* A small file is read before threads have begun. */
static unsigned threads_for(const gv_stream *stream)
{
    enum { SMALL = 1 << 16 };
    bool small = stream->size > 0 && stream->size < SMALL;
    return small || stream->options.threads == 0 ? 1 : stream->options.threads;
}

/* Put a layer on top that reads from the one below. */
static int push(gv_stream *stream, bool archive, gv_error *err)
{
    gv_stream_layer *below = &stream->layers[stream->top], *above = below + 1;
    struct stat info;
    bool seekable = stream->top == 0 && stream->owns_fd && fstat(stream->fd, &info) == 0 &&
                    S_ISREG(info.st_mode);
    const gv_unpack_source source = {.name = stream->archive ? stream->name : stream->path,
                                     .context = below,
                                     .read = give_bytes,
                                     .seek = seekable && archive ? seek_file : NULL};
    *above = (gv_stream_layer){.stream = stream, .input = above->input};
    if (!above->input && !(above->input = gv_mem_alloc(GV_STREAM_INPUT_BYTES, 1, err)))
        return GV_E_MEMORY;
    if (!archive && threads_for(stream) > 1 && below->input[below->begin] == 'B') {
        int opened = gv_bunzip_open(&above->bunzip, &source, threads_for(stream), err);
        stream->top += opened == GV_OK;
        return opened;
    }
    int status = gv_unpack_open(&above->unpack, &source, archive, err);
    if (status != GV_OK)
        return status;
    stream->top++;
    const char *name;
    return archive ? GV_OK : gv_unpack_next(above->unpack, &name, err);
}

void gv_stream_pop(gv_stream *stream)
{
    gv_stream_layer *above = &stream->layers[stream->top--];
    gv_unpack_close(above->unpack);
    gv_bunzip_close(above->bunzip);
    above->unpack = NULL;
    above->bunzip = NULL;
}

int gv_stream_peek(gv_stream_layer *from, size_t wanted, gv_error *err)
{
    int status = GV_OK;
    while (status == GV_OK && from->end - from->begin < wanted && !from->over)
        status = gv_stream_fill(from, err);
    return status;
}

/* Only as much is read as is needed to see whether it is compressed: what a person types should not
 * wait for more bytes. */
int gv_stream_take_off_compression(gv_stream *stream, gv_error *err)
{
    gv_stream_layer *from = &stream->layers[stream->top];
    bool known;
    int status = GV_OK;
    while (status == GV_OK && !from->over && from->end - from->begin < GV_STREAM_MAGIC_BYTES &&
           begins_like_compressed(from->input + from->begin, from->end - from->begin, &known))
        status = gv_stream_fill(from, err);
    if (status == GV_OK &&
        gv_stream_is_compressed(from->input + from->begin, from->end - from->begin))
        status = push(stream, false, err);
    return status;
}

/* --- open and read ---------------------------------------------------------------------------- */

/* Is there a line of text already? No archive begins with one: zip and 7z have letters of their own
 * there, and tar NULs. */
static bool has_line(const gv_stream_layer *from)
{
    const uint8_t *start = from->input + from->begin;
    const size_t length = from->end - from->begin;
    return memchr(start, '\n', length) && !memchr(start, '\0', length) &&
           (length < 2 || (memcmp(start, "PK", 2) != 0 && memcmp(start, "7z", 2) != 0));
}

/* Have as many bytes in the buffer as tell what they are. */
static int look_at_start(gv_stream *stream, gv_error *err)
{
    gv_stream_layer *from = &stream->layers[stream->top];
    int status = GV_OK;
    if (!stream->prompt)
        return gv_stream_peek(from, GV_KIND_BYTES, err);
    while (status == GV_OK && from->end - from->begin < GV_KIND_BYTES && !from->over &&
           !has_line(from))
        status = gv_stream_fill(from, err);
    return status;
}

/* An archive, or text: what there is decides. */
static int begin_text(gv_stream *stream, gv_error *err)
{
    gv_stream_layer *from = &stream->layers[stream->top];
    int status = look_at_start(stream, err);
    if (status != GV_OK)
        return status;
    const uint8_t *start = from->input + from->begin;
    size_t length = from->end - from->begin;
    if (!gv_kind_is_archive(start, length)) {
        if (!stream->binary)
            status = gv_kind_check_text(start, length, stream->path, err);
        return status == GV_OK ? gv_stream_begin_records(stream, err) : status;
    }
    if (!stream->binary)
        status = gv_kind_check_package(start, length, stream->path, err);
    if (status == GV_OK)
        status = push(stream, true, err);
    if (status != GV_OK)
        return status;
    stream->archive = stream->top;
    bool more;
    return gv_stream_next_member(stream, &more, err);
}

static int open_file(gv_stream *stream, const char *path, const char *name, gv_error *err)
{
    stream->fd = -1;
    stream->owns_fd = strcmp(path, "-") != 0;
    stream->path = gv_mem_strdup(stream->owns_fd ? name : "standard input", err);
    stream->name = stream->path ? gv_mem_strdup(stream->path, err) : NULL;
    stream->layers[0] =
        (gv_stream_layer){.stream = stream, .input = gv_mem_alloc(GV_STREAM_INPUT_BYTES, 1, err)};
    if (!stream->name || !stream->layers[0].input)
        return GV_E_MEMORY;
    stream->fd = STDIN_FILENO;
    int status = stream->owns_fd ? gv_input_open(&stream->fd, path, err) : GV_OK;
    if (status != GV_OK)
        return status;
    struct stat info;
    if (fstat(stream->fd, &info) == 0 && S_ISREG(info.st_mode))
        stream->size = (uint64_t)info.st_size;
    return GV_OK;
}

int gv_stream_open_corpus(gv_stream **result, const char *path, const gv_stream_options *options,
                          gv_error *err)
{
    *result = NULL;
    gv_stream *stream = gv_mem_alloc_zero(1, sizeof *stream, err);
    if (!stream)
        return GV_E_MEMORY;
    if (options) {
        stream->pattern = *options->pattern;
        stream->binary = options->binary;
        stream->prompt = options->prompt;
        stream->options = *options;
    }
    int status = open_file(stream, path, options && options->name ? options->name : path, err);
    if (status == GV_OK)
        status = gv_stream_take_off_compression(stream, err);
    if (status == GV_OK && options)
        status = begin_text(stream, err);
    if (status != GV_OK) {
        gv_stream_close(stream);
        return status;
    }
    *result = stream;
    return GV_OK;
}

int gv_stream_open(gv_stream **stream, const char *path, gv_error *err)
{
    return gv_stream_open_corpus(stream, path, NULL, err);
}

void gv_stream_close(gv_stream *stream)
{
    if (!stream)
        return;
    gv_stream_end_records(stream);
    while (stream->top > 0)
        gv_stream_pop(stream);
    for (int i = 0; i < GV_STREAM_LAYERS; i++)
        gv_mem_free(stream->layers[i].input);
    if (stream->fd >= 0 && stream->owns_fd)
        close(stream->fd);
    gv_mem_free(stream->example);
    gv_mem_free(stream->example_kind);
    gv_mem_free(stream->fields);
    gv_mem_free(stream->name);
    gv_mem_free(stream->path);
    gv_mem_free(stream);
}

/* Some bytes of the layer on top. */
static int read_top(void *context, void *data, size_t bytes, size_t *got, gv_error *err)
{
    gv_stream *stream = context;
    gv_stream_layer *from = &stream->layers[stream->top];
    size_t waiting = from->end - from->begin;
    *got = 0;
    if (waiting > 0) {
        *got = waiting < bytes ? waiting : bytes;
        memcpy(data, from->input + from->begin, *got);
        from->begin += *got;
        return GV_OK;
    }
    if (from->over)
        return GV_OK;
    gv_error local = GV_ERROR_INIT;
    ssize_t part = read_layer(from, data, bytes, &local);
    if (part < 0)
        return gv_error_set(err, local.code, "%s", local.text);
    from->over = part == 0;
    *got = (size_t)part;
    return GV_OK;
}

int gv_stream_read_some(gv_stream *stream, void *data, size_t bytes, size_t *got, gv_error *err)
{
    return stream->records ? gv_records_read(stream->records, data, bytes, got, err)
                           : read_top(stream, data, bytes, got, err);
}

/* --- records ---------------------------------------------------------------------------------- */

gv_stream_options gv_stream_options_of(const gv_config *config, unsigned threads)
{
    return (gv_stream_options){.pattern = &config->corpus_pattern,
                               .binary = config->corpus_binary == GV_BINARY_ACCEPT,
                               .format = config->corpus_format,
                               .fields = config->corpus_format == GV_CORPUS_JSONL
                                             ? &config->corpus_field
                                             : &config->corpus_column,
                               .threads = threads};
}

int gv_stream_begin_records(gv_stream *stream, gv_error *err)
{
    if (stream->options.format == GV_CORPUS_TEXT)
        return GV_OK;
    const gv_records_source source = {stream->name, stream, read_top};
    const gv_records_options options = {stream->options.format, stream->options.fields,
                                        threads_for(stream)};
    return gv_records_open(&stream->records, &source, &options, err);
}

void gv_stream_end_records(gv_stream *stream)
{
    if (!stream->records)
        return;
    gv_records_counts counts = gv_stream_count_records(stream);
    const char *fields = gv_records_fields(stream->records);
    if (!stream->fields && *fields)
        stream->fields = gv_mem_strdup(fields, NULL); /* for an error only */
    gv_records_close(stream->records);
    stream->records = NULL;
    stream->records_ended = counts;
}

int gv_stream_look_at_records(gv_stream *stream, gv_error *err)
{
    return stream->records ? gv_records_look(stream->records, err) : GV_OK;
}

gv_records_counts gv_stream_count_records(const gv_stream *stream)
{
    gv_records_counts all = stream->records_ended;
    if (stream->records) {
        gv_records_counts own = gv_records_count(stream->records);
        gv_records_counts_add(&all, &own);
    }
    return all;
}

const char *gv_stream_fields(const gv_stream *stream)
{
    const char *fields = stream->records ? gv_records_fields(stream->records) : "";
    return stream->fields ? stream->fields : fields;
}

/* --- reading ---------------------------------------------------------------------------------- */

/* Bytes of the file that were read since the last call. The directory of a zip archive is read
 * twice, so the sum could be more than there is. */
static uint64_t take_disk(gv_stream *stream)
{
    uint64_t disk = atomic_exchange_explicit(&stream->disk, 0, memory_order_relaxed);
    if (stream->size > 0 && disk > stream->size - stream->disk_total)
        disk = stream->size - stream->disk_total;
    stream->disk_total += disk;
    return disk;
}

int gv_stream_read(gv_stream *stream, void *data, size_t bytes, size_t *got, uint64_t *disk,
                   gv_error *err)
{
    int status = GV_OK;
    size_t part = 1;
    *got = 0;
    while (*got < bytes && part > 0 && status == GV_OK) {
        status = gv_stream_read_some(stream, (uint8_t *)data + *got, bytes - *got, &part, err);
        *got += part;
    }
    *disk = take_disk(stream);
    return status;
}
