#include "embed/gv_embed_output.h"

#include "base/gv_file.h"
#include "base/gv_file_target.h"
#include "base/gv_file_writer.h"
#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "vectors/gv_vectors.h"
#include <string.h>
#include <unistd.h>

struct gv_embed_output {
    const char *path;
    const char *name; /* for messages */
    enum gv_embed_output_format format;
    int fd;                 /* of a stream, or the temporary file of npy */
    gv_file_writer *writer; /* of a file; else NULL */
    uint64_t spooled;       /* bytes in the temporary file */
};

int gv_embed_output_open(gv_embed_output **result, const char *path,
                         enum gv_embed_output_format format, gv_error *err)
{
    *result = NULL;
    gv_embed_output *out = gv_mem_alloc_zero(1, sizeof *out, err);
    if (!out)
        return GV_E_MEMORY;
    bool stream = false;
    out->path = gv_file_target_path(path ? path : "-");
    out->name = path && strcmp(path, "-") != 0 ? path : "to standard output";
    out->format = format;
    out->fd = -1;
    int status = gv_file_target_is_stream(&stream, out->path, err);
    if (status == GV_OK && format == GV_EMBED_NPY)
        status = gv_file_temp_open_beside(&out->fd, out->path, err);
    else if (status == GV_OK && stream)
        status = gv_file_target_open(&out->fd, out->path, err);
    else if (status == GV_OK)
        status = gv_file_writer_open(&out->writer, out->path, err);
    if (status != GV_OK) {
        gv_mem_free(out);
        return status;
    }
    *result = out;
    return GV_OK;
}

int gv_embed_output_write(gv_embed_output *out, const void *data, size_t bytes, gv_error *err)
{
    if (out->writer)
        return gv_file_writer_write(out->writer, data, bytes, err);
    if (out->format != GV_EMBED_NPY)
        return gv_file_write(out->fd, data, bytes, out->name, err);
    int status = gv_file_pwrite(out->fd, data, bytes, out->spooled,
                                "a temporary file for the rows of npy", err);
    out->spooled += status == GV_OK ? bytes : 0;
    return status;
}

/* Header and rows, when all of these are known. */
static int write_npy(const gv_embed_output *out, size_t rows, size_t dim, gv_error *err)
{
    enum { CHUNK = 1 << 20 };
    gv_file_writer *writer = NULL;
    char *chunk = gv_mem_alloc(CHUNK, 1, err);
    int status = chunk ? gv_file_writer_open(&writer, out->path, err) : GV_E_MEMORY;
    if (status == GV_OK)
        status = gv_vectors_put_npy_header(writer, rows, dim, err);
    for (uint64_t at = 0; status == GV_OK && at < out->spooled;) {
        size_t bytes = out->spooled - at < CHUNK ? (size_t)(out->spooled - at) : CHUNK;
        status = gv_signal_check(err);
        if (status == GV_OK)
            status = gv_file_pread(out->fd, chunk, bytes, at, "a temporary file", err);
        if (status == GV_OK)
            status = gv_file_writer_write(writer, chunk, bytes, err);
        at += bytes;
    }
    status = gv_file_writer_end(&writer, status, err);
    gv_mem_free(chunk);
    return status;
}

int gv_embed_output_end(gv_embed_output **handle, int status, size_t rows, size_t dim,
                        gv_error *err)
{
    gv_embed_output *out = *handle;
    if (!out)
        return status;
    if (status == GV_OK && out->format == GV_EMBED_NPY)
        status = write_npy(out, rows, dim, err);
    if (out->writer)
        status = gv_file_writer_end(&out->writer, status, err);
    if (out->fd >= 0 && close(out->fd) != 0 && status == GV_OK && out->format != GV_EMBED_NPY)
        status = gv_error_set_errno(err, "cannot write %s", out->name);
    gv_mem_free(out);
    *handle = NULL;
    return status;
}
