/*
 * The members of an archive, one after the other: which of them are read as text.
 */
#include "text/gv_stream_internal.h"

#include "base/gv_mem.h"
#include "text/gv_kind.h"
#include "text/gv_paths.h"
#include <string.h>

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
    gv_stream_layer *from = &stream->layers[stream->archive];
    *textless = false;
    *from = (gv_stream_layer){.stream = stream, .input = from->input, .unpack = from->unpack};
    int status = gv_stream_take_off_compression(stream, err);
    from = &stream->layers[stream->top];
    if (status == GV_OK)
        status = gv_stream_peek(from, GV_KIND_BYTES, err);
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
    gv_stream_layer *below = &stream->layers[stream->archive - 1];
    int status = GV_OK;
    while (status == GV_OK && below->unpack && !below->over) {
        below->begin = below->end;
        status = gv_stream_fill(below, err);
    }
    return status;
}

int gv_stream_next_member(gv_stream *stream, bool *more, gv_error *err)
{
    int status = GV_OK;
    *more = false;
    gv_stream_end_records(stream);
    while (stream->archive && !*more) {
        const char *member;
        if (stream->top > stream->archive)
            gv_stream_pop(stream);
        status = gv_unpack_next(stream->layers[stream->archive].unpack, &member, err);
        if (status == GV_OK && !member) {
            status = read_to_end(stream, err);
            break;
        }
        bool wanted = false;
        if (status == GV_OK)
            status = consider(stream, member, &wanted, err);
        if (status == GV_OK && wanted)
            status = gv_stream_begin_records(stream, err);
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
