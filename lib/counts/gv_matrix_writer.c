/* Choosing a format of matrices, and the reference's records. */
#include "counts/gv_matrix_writer.h"

#include "base/gv_bytes.h"
#include "base/gv_mem.h"
#include <string.h>
#include <strings.h>

enum { RECORD = 16, BATCH = 4096 };

static const struct {
    const char *name; /* the ending of file names, too */
    enum gv_matrix_writer_format format;
} formats[] = {
    {"bin", GV_MATRIX_WRITER_REFERENCE}, {"mtx", GV_MATRIX_WRITER_MARKET},
    {"npz", GV_MATRIX_WRITER_NPZ},       {"tsv", GV_MATRIX_WRITER_TSV},
    {"txt", GV_MATRIX_WRITER_TSV},       {"csv", GV_MATRIX_WRITER_CSV},
};

int gv_matrix_writer_choose(enum gv_matrix_writer_format *format, const char *path,
                            const char *name, gv_error *err)
{
    const char *slash = strrchr(path, '/'), *dot = strrchr(slash ? slash : path, '.');
    const char *wanted = name ? name : dot ? dot + 1 : "";
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (strcasecmp(wanted, formats[i].name) == 0) {
            *format = formats[i].format;
            return GV_OK;
        }
    return gv_error_set(
        err, GV_E_USAGE,
        "%s%s%s; formats of matrices are bin (the reference's records), mtx (Matrix "
        "Market), npz (scipy), tsv, txt and csv (text): end the name so, or add --to "
        "FORMAT",
        name ? "unknown format " : path, name ? name : "",
        name ? "" : ": cannot tell the format from the name");
}

int gv_matrix_writer_open(gv_matrix_writer *writer, enum gv_matrix_writer_format format,
                          gv_error *err)
{
    int status = gv_file_writer_open(&writer->out, writer->path, err);
    if (status != GV_OK)
        return status;
    switch (format) {
    case GV_MATRIX_WRITER_REFERENCE:
        return gv_matrix_writer_begin_reference(writer, err);
    case GV_MATRIX_WRITER_MARKET:
        return gv_matrix_writer_begin_market(writer, err);
    case GV_MATRIX_WRITER_NPZ:
        return gv_matrix_writer_begin_npz(writer, err);
    case GV_MATRIX_WRITER_TSV:
        writer->separator = '\t';
        break;
    case GV_MATRIX_WRITER_CSV:
        writer->separator = ',';
        break;
    }
    return gv_matrix_writer_begin_text(writer, err);
}

/* --- the reference's records ------------------------------------------------------------------ */

typedef struct records {
    uint8_t batch[BATCH * RECORD];
    size_t batched; /* records */
} records;

static int put_record(gv_matrix_writer *writer, uint32_t row, uint32_t column, double value,
                      gv_error *err)
{
    records *r = writer->state;
    uint8_t *to = r->batch + r->batched * RECORD;
    /* CREC of the reference's cooccur.c: two 32-bit word numbers from 1 and a double, 16 bytes */
    gv_bytes_put32(to, row + 1);
    gv_bytes_put32(to + 4, column + 1);
    gv_bytes_put_double(to + 8, value);
    if (++r->batched < BATCH)
        return GV_OK;
    r->batched = 0;
    return gv_file_writer_write(writer->out, r->batch, sizeof r->batch, err);
}

static int finish_records(gv_matrix_writer *writer, gv_error *err)
{
    records *r = writer->state;
    return gv_file_writer_write(writer->out, r->batch, r->batched * RECORD, err);
}

static void clear_records(gv_matrix_writer *writer)
{
    gv_mem_free(writer->state);
}

int gv_matrix_writer_begin_reference(gv_matrix_writer *writer, gv_error *err)
{
    records *r = gv_mem_alloc_zero(1, sizeof *r, err);
    writer->state = r;
    writer->put = put_record;
    writer->finish = finish_records;
    writer->clear = clear_records;
    return r ? GV_OK : GV_E_MEMORY;
}
