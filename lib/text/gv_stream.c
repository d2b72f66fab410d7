/*
 * Layers: the file's bytes; above them, if these are compressed, their decompressed form; above
 * that, if this is an archive, the bytes of one of its members; and above those again their
 * decompressed form. Each layer has a buffer, of which the next one reads, so that its first bytes
 * can be looked at: a pipe cannot be rewound.
 */
#include "text/gv_stream.h"

#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "text/gv_kind.h"
#include "text/gv_paths.h"
#include "text/gv_unpack.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { INPUT_BYTES = 1 << 16, LAYERS = 4 };

/* A layer is read from `unpack`, the lowest from the descriptor. */
typedef struct layer {
    gv_stream *stream;
    gv_unpack *unpack;
    uint8_t *input;    /* [INPUT_BYTES] */
    size_t begin, end; /* unread bytes of it */
    bool over;         /* nothing comes after them */
} layer;

struct gv_stream {
    int fd;
    bool owns_fd;
    char *path;
    char *name;         /* of what is read, for errors: of the file or a member */
    gv_strings pattern; /* view */
    bool binary;
    layer layers[LAYERS];
    int top;     /* the layer that is the text */
    int archive; /* the layer of members, or 0 */
    gv_stream_members members;
    char *example;                   /* a member that was not read, */
    char *example_kind;              /* and what it is, or NULL if only its name does not match */
    uint64_t size, disk, disk_total; /* of the file; bytes read since the last report, and in all */
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

/* --- layers ----------------------------------------------------------------------------------- */

/* read(2) that continues after signals; -1 with the error noted. */
static ssize_t read_file(gv_stream *stream, void *to, size_t bytes, gv_error *err)
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

/* Some bytes of a layer that are not in its buffer; 0 at the end, -1 on failure. */
static ssize_t read_layer(layer *from, void *to, size_t bytes, gv_error *err)
{
    if (!from->unpack)
        return read_file(from->stream, to, bytes, err);
    size_t got = 0;
    return gv_unpack_read(from->unpack, to, bytes, &got, err) == GV_OK ? (ssize_t)got : -1;
}

/* Read more into the buffer, behind what is there. */
static int fill(layer *from, gv_error *err)
{
    if (from->begin == from->end)
        from->begin = from->end = 0;
    gv_error local = GV_ERROR_INIT;
    ssize_t got =
        from->over ? 0 : read_layer(from, from->input + from->end, INPUT_BYTES - from->end, &local);
    if (got < 0)
        return gv_error_set(err, local.code, "%s", local.text);
    from->end += (size_t)got;
    from->over |= got == 0;
    return GV_OK;
}

/* The next layer asks for bytes. */
static ssize_t give_bytes(void *context, const uint8_t **bytes, gv_error *err)
{
    layer *from = context;
    if (from->begin == from->end && fill(from, err) != GV_OK)
        return -1;
    size_t got = from->end - from->begin;
    *bytes = from->input + from->begin;
    from->begin = from->end;
    return (ssize_t)got;
}

static int64_t seek_file(void *context, int64_t offset, int whence)
{
    layer *from = context;
    from->begin = from->end = 0;
    from->over = false;
    return lseek(from->stream->fd, (off_t)offset, whence);
}

/* Put a layer on top that reads from the one below. */
static int push(gv_stream *stream, bool archive, gv_error *err)
{
    layer *below = &stream->layers[stream->top], *above = below + 1;
    struct stat info;
    bool seekable = stream->top == 0 && stream->owns_fd && fstat(stream->fd, &info) == 0 &&
                    S_ISREG(info.st_mode);
    const gv_unpack_source source = {.name = stream->archive ? stream->name : stream->path,
                                     .context = below,
                                     .read = give_bytes,
                                     .seek = seekable && archive ? seek_file : NULL};
    *above = (layer){.stream = stream, .input = above->input};
    if (!above->input && !(above->input = gv_mem_alloc(INPUT_BYTES, 1, err)))
        return GV_E_MEMORY;
    int status = gv_unpack_open(&above->unpack, &source, archive, err);
    if (status != GV_OK)
        return status;
    stream->top++;
    const char *name;
    return archive ? GV_OK : gv_unpack_next(above->unpack, &name, err);
}

static void pop(gv_stream *stream)
{
    layer *above = &stream->layers[stream->top--];
    gv_unpack_close(above->unpack);
    above->unpack = NULL;
}

/* Have at least `wanted` bytes of the text in its buffer, unless there are fewer. */
static int peek(layer *from, size_t wanted, gv_error *err)
{
    int status = GV_OK;
    while (status == GV_OK && from->end - from->begin < wanted && !from->over)
        status = fill(from, err);
    return status;
}

/* If the text on top is compressed, decompress it. Only as much is read as is needed to see that:
 * what a person types should not wait for more bytes. */
static int take_off_compression(gv_stream *stream, gv_error *err)
{
    layer *from = &stream->layers[stream->top];
    bool known;
    int status = GV_OK;
    while (status == GV_OK && !from->over && from->end - from->begin < GV_STREAM_MAGIC_BYTES &&
           begins_like_compressed(from->input + from->begin, from->end - from->begin, &known))
        status = fill(from, err);
    if (status == GV_OK &&
        gv_stream_is_compressed(from->input + from->begin, from->end - from->begin))
        status = push(stream, false, err);
    return status;
}

/* --- members ---------------------------------------------------------------------------------- */

/* Remember a member that is not read, for the error if none is. */
static int note_example(gv_stream *stream, const char *name, const char *kind, gv_error *err)
{
    if (stream->example && (stream->example_kind || !kind))
        return GV_OK;
    gv_mem_free(stream->example);
    stream->example = gv_mem_strdup(name, err);
    if (kind)
        stream->example_kind = gv_mem_strdup(kind, err);
    return stream->example && (!kind || stream->example_kind) ? GV_OK : GV_E_MEMORY;
}

static int no_member(const gv_stream *stream, gv_error *err)
{
    if (!stream->example)
        return gv_error_set(err, GV_E_CORRUPT, "%s: there are no files in the archive",
                            stream->path);
    if (stream->example_kind)
        return gv_error_set(err, GV_E_CORRUPT,
                            "%s: none of the files in the archive is text (%s is %s)", stream->path,
                            stream->example, stream->example_kind);
    return gv_error_set(
        err, GV_E_USAGE,
        "%s: no file in the archive matches corpus.pattern \"%s\"%s (one of them is "
        "%s)",
        stream->path, stream->pattern.n > 0 ? stream->pattern.items[0] : "*",
        stream->pattern.n > 1 ? " or the others" : "", stream->example);
}

/* The member on top was chosen by name: look at its bytes. `*textless`: leave it out. */
static int look_at_member(gv_stream *stream, const char *name, bool *textless, gv_error *err)
{
    layer *from = &stream->layers[stream->archive];
    *textless = false;
    *from = (layer){.stream = stream, .input = from->input, .unpack = from->unpack};
    int status = take_off_compression(stream, err);
    from = &stream->layers[stream->top];
    if (status == GV_OK)
        status = peek(from, GV_KIND_BYTES, err);
    if (status != GV_OK || stream->binary)
        return status;
    const uint8_t *start = from->input + from->begin;
    size_t length = from->end - from->begin;
    const char *package = gv_kind_package(name, start, length);
    if (package)
        return gv_kind_refuse_package(package, stream->path, err);
    *textless = gv_kind_is_textless(start, length);
    if (*textless)
        return note_example(stream, name, gv_kind_binary(start, length), err);
    return gv_kind_check_text(start, length, stream->name, err);
}

/* The path of a member as patterns see it. */
static const char *plain_path(const char *name)
{
    while (*name == '/' || strncmp(name, "./", 2) == 0)
        name++;
    return name;
}

/* macOS adds a folder of files about files to its archives. */
static bool is_about_files(const char *path)
{
    return strncmp(path, "__MACOSX/", 9) == 0;
}

/* Is the member one to read? */
static int consider(gv_stream *stream, const char *member, bool *wanted, gv_error *err)
{
    const char *path = plain_path(member);
    *wanted = gv_paths_match_any(&stream->pattern, path) && !is_about_files(path);
    if (!*wanted) {
        const char *package =
            stream->binary ? NULL : gv_kind_package(member, (const uint8_t *)"", 0);
        stream->members.unmatched++;
        return package ? gv_kind_refuse_package(package, stream->path, err)
                       : note_example(stream, member, NULL, err);
    }
    char *name = gv_mem_format(err, "%s: %s", stream->path, member);
    if (!name)
        return GV_E_MEMORY;
    gv_mem_free(stream->name);
    stream->name = name;
    bool textless;
    int status = look_at_member(stream, member, &textless, err);
    stream->members.textless += textless;
    *wanted = !textless;
    return status;
}

/* The archive is over: read what is left of the compressed data that it was in, because only its
 * end says whether it was sound. */
static int read_to_end(gv_stream *stream, gv_error *err)
{
    layer *below = &stream->layers[stream->archive - 1];
    int status = GV_OK;
    while (status == GV_OK && below->unpack && !below->over) {
        below->begin = below->end;
        status = fill(below, err);
    }
    return status;
}

int gv_stream_next_member(gv_stream *stream, bool *more, gv_error *err)
{
    int status = GV_OK;
    *more = false;
    while (stream->archive && !*more) {
        const char *member;
        if (stream->top > stream->archive)
            pop(stream);
        status = gv_unpack_next(stream->layers[stream->archive].unpack, &member, err);
        if (status == GV_OK && !member) {
            status = read_to_end(stream, err);
            break;
        }
        bool wanted = false;
        if (status == GV_OK)
            status = consider(stream, member, &wanted, err);
        if (status != GV_OK)
            return status;
        *more = wanted;
    }
    stream->members.read += *more;
    if (status == GV_OK && stream->archive && !*more && stream->members.read == 0)
        status = no_member(stream, err);
    return status;
}

gv_stream_members gv_stream_count_members(const gv_stream *stream)
{
    return stream->members;
}

/* --- open and read ---------------------------------------------------------------------------- */

/* An archive, or text: what there is decides. */
static int begin_text(gv_stream *stream, gv_error *err)
{
    layer *from = &stream->layers[stream->top];
    int status = peek(from, GV_KIND_BYTES, err);
    if (status != GV_OK)
        return status;
    const uint8_t *start = from->input + from->begin;
    size_t length = from->end - from->begin;
    if (!gv_kind_is_archive(start, length))
        return stream->binary ? GV_OK : gv_kind_check_text(start, length, stream->path, err);
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

static int open_file(gv_stream *stream, const char *path, gv_error *err)
{
    stream->fd = -1;
    stream->owns_fd = strcmp(path, "-") != 0;
    stream->path = gv_mem_strdup(stream->owns_fd ? path : "standard input", err);
    stream->name = stream->path ? gv_mem_strdup(stream->path, err) : NULL;
    stream->layers[0] = (layer){.stream = stream, .input = gv_mem_alloc(INPUT_BYTES, 1, err)};
    if (!stream->name || !stream->layers[0].input)
        return GV_E_MEMORY;
    stream->fd = stream->owns_fd ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
    if (stream->fd < 0)
        return gv_error_set_errno(err, "cannot read %s", path);
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
    }
    int status = open_file(stream, path, err);
    if (status == GV_OK)
        status = take_off_compression(stream, err);
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
    while (stream->top > 0)
        pop(stream);
    for (int i = 0; i < LAYERS; i++)
        gv_mem_free(stream->layers[i].input);
    if (stream->fd >= 0 && stream->owns_fd)
        close(stream->fd);
    gv_mem_free(stream->example);
    gv_mem_free(stream->example_kind);
    gv_mem_free(stream->name);
    gv_mem_free(stream->path);
    gv_mem_free(stream);
}

int gv_stream_read_some(gv_stream *stream, void *data, size_t bytes, size_t *got, gv_error *err)
{
    layer *from = &stream->layers[stream->top];
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

/* Bytes of the file that were read since the last call. The directory of a zip archive is read
 * twice, so the sum could be more than there is. */
static uint64_t take_disk(gv_stream *stream)
{
    uint64_t disk = stream->disk;
    if (stream->size > 0 && disk > stream->size - stream->disk_total)
        disk = stream->size - stream->disk_total;
    stream->disk_total += disk;
    stream->disk = 0;
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
