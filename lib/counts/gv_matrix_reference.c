/*
 * The reference's cooccurrence.bin: records of 16 bytes, two 32-bit word numbers from 1 and a
 * double (CREC in cooccur.c of the reference), in any order.
 */
#include "base/gv_bytes.h"
#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "counts/gv_matrix_reader.h"
#include "text/gv_stream.h"
#include <string.h>

enum { RECORD = 16, BATCH = 4096 };

typedef struct records {
    gv_stream *in;
    uint8_t batch[BATCH * RECORD];
    size_t batched, used; /* records */
} records;

static int read_batch(records *r, const gv_matrix_reader *reader, gv_error *err)
{
    size_t bytes;
    uint64_t disk;
    int status = gv_stream_read(r->in, r->batch, sizeof r->batch, &bytes, &disk, err);
    if (status == GV_OK)
        status = gv_signal_check(err);
    if (status == GV_OK && bytes % RECORD != 0)
        return gv_error_set(err, GV_E_CORRUPT,
                            "%s (the reference's records) is truncated: its size is not a multiple "
                            "of 16 bytes",
                            reader->path);
    r->batched = bytes / RECORD;
    r->used = 0;
    return status;
}

static int next_record(gv_matrix_reader *reader, gv_matrix_reader_entry *entry, bool *more,
                       gv_error *err)
{
    records *r = reader->state;
    int status = r->used == r->batched ? read_batch(r, reader, err) : GV_OK;
    *more = status == GV_OK && r->used < r->batched;
    if (!*more)
        return status;
    const uint8_t *from = r->batch + r->used++ * RECORD;
    uint64_t bits = gv_bytes_get64(from + 8);
    uint32_t words = gv_vocab_size(reader->vocab);
    /* 0 and negative numbers become too large ones */
    *entry = (gv_matrix_reader_entry){.row = gv_bytes_get32(from) - 1,
                                      .column = gv_bytes_get32(from + 4) - 1};
    memcpy(&entry->value, &bits, sizeof bits);
    reader->number++;
    if (entry->row >= words || entry->column >= words)
        return gv_matrix_reader_fail(reader, err,
                                     "the word numbers %d and %d do not both lie from 1 to %u; is "
                                     "this the vocabulary of the file (--vocab)?",
                                     (int)(entry->row + 1), (int)(entry->column + 1),
                                     (unsigned)words);
    if (entry->value == 0)
        return gv_matrix_reader_fail(reader, err, "the value is 0, not a positive number");
    return GV_OK;
}

static void close_records(gv_matrix_reader *reader)
{
    records *r = reader->state;
    gv_stream_close(r->in);
    gv_mem_free(r);
}

int gv_matrix_reader_open_reference(gv_matrix_reader *reader, gv_error *err)
{
    reader->format = "the reference's records";
    reader->place = "record";
    /* the reference adds (i, j) and (j, i) up in floating point, each in its order */
    reader->tolerance = 1e-9;
    records *r = gv_mem_alloc_zero(1, sizeof *r, err);
    if (!r)
        return GV_E_MEMORY;
    reader->state = r;
    reader->next = next_record;
    reader->close = close_records;
    return gv_stream_open(&r->in, reader->file, err);
}
