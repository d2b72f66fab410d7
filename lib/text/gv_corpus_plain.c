/*
 * Blocks of plain files, which readers find and read without waiting for each other.
 *
 * Block k of a plain file of size S, with block size B, is the text from start(k) to start(k + 1),
 * where start(0) = 0 and start(k) is the place behind the first separator at or after byte kB - 1
 * (S if there is none). Every reader can find both ends of its block alone, and since a separator
 * is one ASCII byte, no token and no character straddles two blocks. A token longer than a block
 * makes the blocks inside it empty. Cost: at most every byte read twice, usually a few
 * hundred bytes more per block. Files are read with pread into a small buffer, never mapped:
 * mapped pages would count against the memory budget.
 */
#include "text/gv_corpus_internal.h"

#include "base/gv_file.h"
#include "base/gv_signal.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *path_of(const gv_corpus_reader *reader)
{
    return reader->corpus->files.paths.items[reader->fd_file];
}

/* Have `file` open in `reader->fd`. */
static int open_plain(gv_corpus_reader *reader, size_t file, gv_error *err)
{
    if (reader->fd >= 0 && reader->fd_file == file)
        return GV_OK;
    if (reader->fd >= 0)
        close(reader->fd);
    reader->fd_file = file;
    reader->file_size = reader->corpus->files.entries[file].size;
    if (reader->corpus->files.entries[file].received) {
        reader->fd = fcntl(reader->corpus->received, F_DUPFD_CLOEXEC, 0);
        return reader->fd >= 0 ? GV_OK : gv_error_set_errno(err, "cannot read %s", path_of(reader));
    }
    reader->fd = open(path_of(reader), O_RDONLY | O_CLOEXEC);
    struct stat info;
    if (reader->fd < 0 || fstat(reader->fd, &info) != 0)
        return gv_error_set_errno(err, "cannot read %s", path_of(reader));
    /* blocks and progress were computed from the size at the start; with another one readers would
     * cut at different places */
    if ((uint64_t)info.st_size != reader->file_size)
        return gv_error_set(err, GV_E_IO, "%s changed while it was being read; run again",
                            path_of(reader));
    return GV_OK;
}

int gv_corpus_plain_read(const gv_corpus_reader *reader, uint8_t *to, size_t bytes, uint64_t offset,
                         gv_error *err)
{
    const gv_corpus_files_entry *entry = &reader->corpus->files.entries[reader->fd_file];
    if (!entry->received)
        return gv_file_pread(reader->fd, to, bytes, offset, path_of(reader), err);
    if (offset < entry->from || offset > entry->to || bytes > entry->to - offset)
        return gv_error_set(err, GV_E_RUNTIME, "%s: rank 0 did not send the text from byte %llu on",
                            path_of(reader), (unsigned long long)offset);
    return gv_file_pread(reader->fd, to, bytes, entry->at + (offset - entry->from), path_of(reader),
                         err);
}

static int read_plain(gv_corpus_reader *reader, uint8_t *to, size_t bytes, gv_error *err)
{
    int status = gv_corpus_plain_read(reader, to, bytes, reader->position, err);
    reader->position += bytes;
    return status;
}

/* Move `position` from byte kB - 1 to the start of the block; `text_open` says whether there is
 * one, that is, whether it comes before the next block's own search. */
static int find_start(gv_corpus_reader *reader, uint64_t limit, gv_error *err)
{
    while (reader->position < limit) {
        uint64_t left = limit - reader->position;
        size_t bytes = left < GV_CORPUS_OVERSHOOT ? (size_t)left : GV_CORPUS_OVERSHOOT;
        if (bytes > reader->corpus->piece_bytes)
            bytes = reader->corpus->piece_bytes;
        uint64_t at = reader->position;
        int status = read_plain(reader, reader->buffer, bytes, err);
        if (status != GV_OK)
            return status;
        size_t behind = gv_corpus_behind_separator(reader->buffer, bytes);
        if (behind > 0) {
            reader->position = at + behind;
            reader->text_open = reader->position < reader->file_size;
            return GV_OK;
        }
    }
    reader->text_open = false;
    return GV_OK;
}

int gv_corpus_plain_begin(gv_corpus_reader *reader, gv_error *err)
{
    uint64_t size = reader->corpus->block_bytes;
    int status = open_plain(reader, reader->place_file, err);
    if (status != GV_OK)
        return status;
    uint64_t begin = reader->place_block * size;
    uint64_t end = reader->file_size - begin > size ? begin + size : reader->file_size;
    reader->block_end = end;
    reader->file_ends = end == reader->file_size;
    reader->text_open = true;
    reader->position = begin;
    if (reader->cutter)
        return gv_corpus_cut_plain(reader, err);
    if (begin == 0)
        return GV_OK;
    /* from one byte early: where that byte is a separator, the block begins exactly at its grid
     * line. Without any separator before the byte at which the next block searches, both would find
     * the same one, and the text is the next block's. */
    reader->position = begin - 1;
    return find_start(reader, reader->file_ends ? end : end - 1, err);
}

/* The next piece of a block whose end is known. */
static int fill_to_end(gv_corpus_reader *reader, gv_error *err)
{
    uint64_t left = reader->text_end - reader->position;
    size_t bytes = left < reader->corpus->piece_bytes ? (size_t)left : reader->corpus->piece_bytes;
    int status = read_plain(reader, reader->buffer + reader->kept, bytes, err);
    reader->text_open = reader->position < reader->text_end;
    reader->filled = bytes;
    return status;
}

int gv_corpus_plain_fill(gv_corpus_reader *reader, gv_error *err)
{
    if (reader->cutter)
        return fill_to_end(reader, err);
    /* the separator at or after this byte ends the block */
    uint64_t from = reader->block_end - 1, at = reader->position;
    /* up to the grid line as fast as possible, behind it in small steps, as a separator is usually
     * close */
    uint64_t left = at < reader->block_end ? reader->block_end - at : GV_CORPUS_OVERSHOOT;
    if (left > reader->corpus->piece_bytes)
        left = reader->corpus->piece_bytes;
    if (left > reader->file_size - at)
        left = reader->file_size - at;
    size_t bytes = (size_t)left;
    uint8_t *to = reader->buffer + reader->kept;
    int status = read_plain(reader, to, bytes, err);
    if (status != GV_OK)
        return status;
    if (at + bytes > from) {
        size_t skip = at < from ? (size_t)(from - at) : 0;
        size_t behind = gv_corpus_behind_separator(to + skip, bytes - skip);
        if (behind > 0) {
            bytes = skip + behind;
            reader->text_open = false;
        }
    }
    if (reader->position >= reader->file_size)
        reader->text_open = false;
    reader->filled = bytes;
    return GV_OK;
}

/* Without phrases: the separator at or after the grid line's last byte ends the block. */
static int find_separator(uint64_t *behind, gv_corpus_reader *reader, uint64_t from, gv_error *err)
{
    const size_t piece = reader->corpus->piece_bytes;
    *behind = reader->file_size;
    for (uint64_t at = from; at < reader->file_size; at += piece) {
        uint64_t left = reader->file_size - at;
        size_t bytes = left < piece ? (size_t)left : piece;
        int status = gv_signal_check(err);
        if (status == GV_OK)
            status = gv_corpus_plain_read(reader, reader->buffer, bytes, at, err);
        if (status != GV_OK)
            return status;
        size_t found = gv_corpus_behind_separator(reader->buffer, bytes);
        if (found > 0) {
            *behind = at + found;
            return GV_OK;
        }
    }
    return GV_OK;
}

int gv_corpus_plain_find_end(uint64_t *to, gv_corpus_reader *reader, size_t file, uint64_t end,
                             gv_error *err)
{
    /* readers look this far beyond what they use */
    enum { AHEAD = GV_CORPUS_CUT_AHEAD + GV_CORPUS_OVERSHOOT };
    int status = open_plain(reader, file, err);
    if (status != GV_OK)
        return status;
    if (reader->cutter) {
        reader->place_file = file;
        reader->position = 0;
        reader->block_end = end;
        reader->file_ends = false;
        reader->text_open = true;
        status = gv_corpus_cut_plain(reader, err);
        *to = reader->text_end;
    } else {
        status = find_separator(to, reader, end - 1, err);
    }
    *to = reader->file_size - *to > AHEAD ? *to + AHEAD : reader->file_size;
    return status;
}
