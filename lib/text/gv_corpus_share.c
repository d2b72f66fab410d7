#include "text/gv_corpus_share.h"

#include "base/gv_bytes.h"
#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "text/gv_corpus_internal.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* --- the list --------------------------------------------------------------------------------- */

/* An entry: kind, size, length of the path, path. */
enum { KIND = 0, SIZE = 4, LENGTH = 12, PATH = 16 };
enum { PLAIN = 1, PACKED = 2, ZIP = 4, PIPE = 8, ALL_KINDS = 15 };

static uint32_t kind_of(const gv_corpus_files_entry *entry)
{
    return (entry->plain ? PLAIN : 0) | (entry->packed ? PACKED : 0) | (entry->zip ? ZIP : 0) |
           (entry->pipe ? PIPE : 0);
}

int gv_corpus_share_list(uint8_t **list, size_t *bytes, const gv_corpus *corpus, gv_error *err)
{
    const gv_strings *paths = &corpus->files.paths;
    *bytes = 0;
    for (size_t i = 0; i < paths->n; i++)
        *bytes += PATH + strlen(paths->items[i]);
    if (!(*list = gv_mem_alloc(*bytes + 1, 1, err)))
        return GV_E_MEMORY;
    uint8_t *at = *list;
    for (size_t i = 0; i < paths->n; i++) {
        size_t length = strlen(paths->items[i]);
        gv_bytes_put32(at + KIND, kind_of(&corpus->files.entries[i]));
        gv_bytes_put64(at + SIZE, corpus->files.entries[i].size);
        gv_bytes_put32(at + LENGTH, (uint32_t)length);
        memcpy(at + PATH, paths->items[i], length);
        at += PATH + length;
    }
    return GV_OK;
}

static int no_list(gv_error *err)
{
    return gv_error_set(err, GV_E_RUNTIME, "rank 0 sent an invalid list of the corpus");
}

/* One entry; `*used` receives its bytes. */
static int take_entry(gv_corpus_files_found *files, const uint8_t *at, size_t left, size_t *used,
                      gv_error *err)
{
    if (left < PATH || gv_bytes_get32(at + LENGTH) > left - PATH)
        return no_list(err);
    uint32_t kind = gv_bytes_get32(at + KIND), length = gv_bytes_get32(at + LENGTH);
    uint64_t size = gv_bytes_get64(at + SIZE);
    if (kind > ALL_KINDS || size > INT64_MAX || length == 0 || memchr(at + PATH, 0, length))
        return no_list(err);
    char *path = gv_mem_strndup((const char *)at + PATH, length, err);
    if (!path)
        return GV_E_MEMORY;
    files->entries[files->paths.n] = (gv_corpus_files_entry){.plain = kind & PLAIN,
                                                             .packed = kind & PACKED,
                                                             .zip = kind & ZIP,
                                                             .pipe = kind & PIPE,
                                                             .size = size};
    files->paths.items[files->paths.n++] = path;
    *used = PATH + length;
    return GV_OK;
}

int gv_corpus_share_open(gv_corpus **corpus, const gv_config *config, size_t block_bytes,
                         const uint8_t *list, size_t bytes, gv_error *err)
{
    gv_corpus_files_found files = {0};
    size_t most = bytes / PATH + 1, used = 0;
    *corpus = NULL;
    files.paths.items = gv_mem_alloc_zero(most, sizeof *files.paths.items, err);
    files.entries = gv_mem_alloc_zero(most, sizeof *files.entries, err);
    int status = files.paths.items && files.entries ? GV_OK : GV_E_MEMORY;
    for (size_t at = 0; status == GV_OK && at < bytes; at += used)
        status = take_entry(&files, list + at, bytes - at, &used, err);
    if (status == GV_OK && files.paths.n == 0)
        status = no_list(err);
    if (status == GV_OK)
        return gv_corpus_open_found(corpus, &files, config, block_bytes, err);
    gv_corpus_files_free(&files);
    return status;
}

bool gv_corpus_share_is_pipe(const gv_corpus *corpus, size_t file)
{
    const gv_corpus_files_entry *entry = &corpus->files.entries[file];
    return entry->pipe || (!entry->plain && entry->size == 0);
}

/* --- ranges ----------------------------------------------------------------------------------- */

/* Where what is read of the block that ends at the grid line `end` of a plain file ends. */
static int end_of_reading(uint64_t *to, gv_corpus *corpus, size_t file, uint64_t end, gv_error *err)
{
    gv_corpus_reader *reader = NULL;
    int status = gv_corpus_reader_new(&reader, corpus, err);
    if (status == GV_OK)
        status = gv_corpus_plain_find_end(to, reader, file, end, err);
    gv_corpus_reader_free(reader);
    return status;
}

int gv_corpus_share_range(uint64_t *from, uint64_t *to, gv_corpus *corpus, unsigned part,
                          unsigned parts, size_t file, gv_error *err)
{
    gv_corpus_edge first, end;
    gv_corpus_part_edges(&first, &end, corpus, part, parts);
    const gv_corpus_files_entry *entry = &corpus->files.entries[file];
    const uint64_t size = entry->size, block = corpus->block_bytes;
    *from = *to = 0;
    bool last = file == end.file;
    if (file < first.file || file > end.file || (last && end.block == 0))
        return GV_OK;
    *to = size;
    if (!entry->plain) {
        *to += size == 0;
        return GV_OK;
    }
    uint64_t begin = file == first.file ? first.block * block : 0;
    /* a block is looked for from one byte before its grid line */
    *from = begin > 0 ? begin - 1 : 0;
    uint64_t stop = last && end.block <= size / block ? end.block * block : size;
    if (begin >= stop) {
        *to = *from;
        return GV_OK;
    }
    return stop < size ? end_of_reading(to, corpus, file, stop, err) : GV_OK;
}

/* --- text ------------------------------------------------------------------------------------- */

void gv_corpus_share_receive(gv_corpus *corpus, int fd, const char *temp_dir)
{
    corpus->received = fd;
    corpus->temp_dir = temp_dir;
}

void gv_corpus_share_put(gv_corpus *corpus, size_t file, uint64_t from, uint64_t to, uint64_t at)
{
    gv_corpus_files_entry *entry = &corpus->files.entries[file];
    entry->received = true;
    entry->from = from;
    entry->to = to;
    entry->at = at;
}

static int copy_out(int fd, const gv_corpus *corpus, const gv_corpus_files_entry *entry,
                    const char *path, gv_error *err)
{
    enum { PIECE = 1 << 20 };
    uint8_t *bytes = gv_mem_alloc(PIECE, 1, err);
    int status = bytes ? GV_OK : GV_E_MEMORY;
    for (uint64_t at = 0, size = entry->to - entry->from; status == GV_OK && at < size;) {
        size_t n = size - at < PIECE ? (size_t)(size - at) : PIECE;
        status = gv_file_pread(corpus->received, bytes, n, entry->at + at, path, err);
        if (status == GV_OK)
            status = gv_file_pwrite(fd, bytes, n, at, path, err);
        at += n;
    }
    gv_mem_free(bytes);
    return status;
}

int gv_corpus_share_open_stream(gv_corpus *corpus, size_t file, gv_error *err)
{
    const char *path = corpus->files.paths.items[file];
    const gv_corpus_files_entry *entry = &corpus->files.entries[file];
    char open_file[64];
    int fd = -1;
    int status = gv_file_temp_open(&fd, corpus->temp_dir, err);
    if (status == GV_OK)
        status = copy_out(fd, corpus, entry, path, err);
    snprintf(open_file, sizeof open_file, "/proc/self/fd/%d", fd);
    gv_stream_options reading = corpus->reading;
    reading.name = path;
    if (status == GV_OK)
        status = gv_stream_open_corpus(&corpus->stream, open_file, &reading, err);
    if (fd >= 0)
        close(fd);
    return status;
}
