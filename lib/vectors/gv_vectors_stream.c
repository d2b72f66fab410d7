#include "vectors/gv_vectors_stream.h"

#include "base/gv_file_target.h"
#include "base/gv_mem.h"
#include "vectors/gv_vectors_internal.h"
#include "vectors/gv_vectors_spool.h"
#include <string.h>

enum { BLOCK_BYTES = 1 << 22 };

struct gv_vectors_stream {
    gv_vectors_stream_options options;
    gv_vectors_spool *rows; /* a block of rows, or all that came */
    size_t written;         /* rows */
    gv_file_writer *out;    /* text, projector */
    gv_file_writer *labels; /* projector */
    char *labels_path;
    gv_vectors_db *db;
};

static bool is_written_as_it_comes(const gv_vectors_stream_options *options)
{
    return (options->format == GV_FORMAT_TEXT && !options->header) ||
           options->format == GV_FORMAT_PROJECTOR || options->format == GV_FORMAT_SQLITE;
}

static int open_projector(gv_vectors_stream *stream, gv_error *err)
{
    const char *path = stream->options.path;
    int status = gv_file_target_need_file(path, "projector", err);
    if (status == GV_OK)
        status = gv_vectors_labels_path(&stream->labels_path, path, err);
    if (status == GV_OK)
        status = gv_file_writer_open(&stream->out, path, err);
    return status == GV_OK ? gv_file_writer_open(&stream->labels, stream->labels_path, err)
                           : status;
}

int gv_vectors_stream_open(gv_vectors_stream **result, const gv_vectors_stream_options *options,
                           gv_error *err)
{
    gv_vectors_stream *stream = gv_mem_alloc_zero(1, sizeof *stream, err);
    *result = stream;
    if (!stream)
        return GV_E_MEMORY;
    stream->options = *options;
    int status = gv_vectors_spool_new(&stream->rows, options->path, options->dim, err);
    if (status != GV_OK || !is_written_as_it_comes(options))
        return status;
    if (options->format == GV_FORMAT_SQLITE)
        return gv_vectors_db_open(&stream->db, options->path, options->dim, err);
    if (options->format == GV_FORMAT_PROJECTOR)
        return open_projector(stream, err);
    return gv_file_writer_open(&stream->out, options->path, err);
}

/* Write the rows that are there. */
static int write_block(gv_vectors_stream *stream, gv_error *err)
{
    const gv_vectors_source source = gv_vectors_spool_source(stream->rows);
    const bool table = stream->options.format == GV_FORMAT_PROJECTOR;
    const gv_vectors_style style = {
        .format = stream->options.format, .words = !table, .separator = table ? '\t' : ' '};
    int status = stream->db ? gv_vectors_db_put_rows(stream->db, &source, err)
                            : gv_vectors_put_text(stream->out, stream->options.path, &style,
                                                  &source, stream->options.threads, err);
    if (status == GV_OK && table)
        status = gv_vectors_put_labels(stream->labels, stream->labels_path, &source, err);
    stream->written += source.rows;
    gv_vectors_spool_empty(stream->rows);
    return status;
}

int gv_vectors_stream_add(gv_vectors_stream *stream, const gv_vectors_row *row, gv_error *err)
{
    int status = gv_vectors_spool_add(stream->rows, row, err);
    if (status == GV_OK && is_written_as_it_comes(&stream->options) &&
        gv_vectors_spool_bytes(stream->rows) >= BLOCK_BYTES)
        status = write_block(stream, err);
    return status;
}

bool gv_vectors_stream_find(gv_vectors_stream *stream, const char *word, float *to)
{
    return gv_vectors_spool_find(stream->rows, word, to);
}

/* The formats that wait for all rows. */
static int write_all(gv_vectors_stream *stream, const char *metadata, const gv_subwords *subwords,
                     gv_error *err)
{
    const gv_vectors_stream_options *options = &stream->options;
    gv_vectors_source source = gv_vectors_spool_source(stream->rows);
    source.metadata = metadata;
    source.subwords = subwords;
    if (options->header)
        return gv_vectors_write_word2vec_text(options->path, &source, options->threads, err);
    return gv_vectors_write_file(options->path, options->format, &source, options->threads, err);
}

static int finish(gv_vectors_stream *stream, const char *metadata, const gv_subwords *subwords,
                  gv_error *err)
{
    if (!is_written_as_it_comes(&stream->options))
        return write_all(stream, metadata, subwords, err);
    int status = write_block(stream, err);
    if (status == GV_OK && stream->db)
        status = gv_vectors_db_put_meta(stream->db, stream->written, metadata, err);
    return status;
}

int gv_vectors_stream_end(gv_vectors_stream **handle, int status, const char *metadata,
                          const gv_subwords *subwords, gv_error *err)
{
    gv_vectors_stream *stream = *handle;
    *handle = NULL;
    if (!stream)
        return status;
    if (status == GV_OK)
        status = finish(stream, metadata, subwords, err);
    if (stream->out)
        status = gv_file_writer_end(&stream->out, status, err);
    if (stream->labels)
        status = gv_file_writer_end(&stream->labels, status, err);
    if (stream->db)
        status = gv_vectors_db_end(&stream->db, status, err);
    gv_vectors_spool_free(stream->rows);
    gv_mem_free(stream->labels_path);
    gv_mem_free(stream);
    return status;
}
