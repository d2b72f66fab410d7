/*
 * cooccurrence.bin to counts.bin.
 *
 * The records are real numbers, the cells whole units. A first pass looks for the largest error of
 * rounding to the unit of the config; if that does not fit the file, the unit is 2^32. A second
 * pass writes the matrix.
 *
 * Of a symmetric matrix the pairs left of the diagonal are only checked. When row j is read, all
 * pairs (i, j) with i < j have passed. So for every column two sums are kept of them, and compared
 * with the same sums over the pairs (j, i): one of hashes of i (are the same pairs there?) and one
 * of values times a factor drawn from i (have they the same values?). The values are compared
 * within 1e-9, because the reference adds (i, j) and (j, i) up in floating point, each in its
 * order. Cost: two sequential reads, 16 bytes a word.
 */
#include "counts/gv_reference.h"

#include "base/gv_bytes.h"
#include "base/gv_file_reader.h"
#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "counts/gv_counts.h"
#include "counts/gv_counts_weights.h"
#include <inttypes.h>
#include <math.h>

enum { RECORD = 16, BATCH = 4096 };

static const uint64_t fallback_unit = UINT64_C(1) << 32;
/* Relative to a value. A harmonic unit makes values whole up to the rounding of double, so a larger
 * error says that the file was counted with other weights. */
static const double acceptable_error = 1e-6;
static const double mirror_tolerance = 1e-9;

typedef struct record {
    uint32_t row, column; /* 0-based */
    double value;
} record;

/* What has been seen of a column above the diagonal. */
typedef struct mirror {
    uint64_t pairs;
    double values;
} mirror;

typedef struct importer {
    gv_file_reader *in;
    uint32_t words;
    uint64_t number; /* of the record read last, from 1 */
    record last;
    uint8_t *batch;
    size_t batched, used; /* records */
    uint64_t unit;
    double largest_error;
    const gv_vocab *vocab;
    bool symmetric;
    mirror *above;         /* [words] sums over (i, j), i < j */
    mirror left;           /* sums over (j, i), i < j, of the current row */
    gv_counts_cell *cells; /* of the current row */
    size_t cell_count, cell_capacity;
    gv_counts_writer *writer;
} importer;

static int bad_record(const importer *im, const char *what, gv_error *err)
{
    return gv_error_set(err, GV_E_CORRUPT, "%s: record %" PRIu64 ": %s",
                        gv_file_reader_path(im->in), im->number, what);
}

static int check_record(importer *im, const record *r, gv_error *err)
{
    if (r->row >= im->words || r->column >= im->words)
        return bad_record(im, "a word number is out of range; is this the vocabulary of the file?",
                          err);
    /* sorted by (row, column), each pair once: what the reference's cooccur writes before the
     * shuffle */
    if (im->number > 1 &&
        (r->row < im->last.row || (r->row == im->last.row && r->column <= im->last.column)))
        return bad_record(im,
                          r->row == im->last.row && r->column == im->last.column
                              ? "the pair appears twice"
                              : "it is out of order; convert the file from before the shuffle",
                          err);
    if (!(r->value > 0) || isinf(r->value))
        return bad_record(im, "the value is not a positive finite number", err);
    return GV_OK;
}

/* The next record; `*more` is false at the end. */
static int next_record(importer *im, record *r, bool *more, gv_error *err)
{
    *more = true;
    if (im->used == im->batched) {
        size_t bytes;
        int status =
            gv_file_reader_read_some(im->in, im->batch, (size_t)BATCH * RECORD, &bytes, err);
        if (status == GV_OK)
            status = gv_signal_check(err);
        if (status != GV_OK)
            return status;
        if (bytes % RECORD != 0)
            return gv_error_set(err, GV_E_CORRUPT,
                                "%s is truncated: its size is not a multiple of 16 bytes",
                                gv_file_reader_path(im->in));
        im->batched = bytes / RECORD;
        im->used = 0;
        if (bytes == 0) {
            *more = false;
            return GV_OK;
        }
    }
    const uint8_t *from = im->batch + im->used++ * RECORD;
    uint64_t bits = gv_bytes_get64(from + 8);
    /* 1-based; 0 and negative numbers become too large ones */
    *r = (record){.row = gv_bytes_get32(from) - 1, .column = gv_bytes_get32(from + 4) - 1};
    memcpy(&r->value, &bits, sizeof bits);
    im->number++;
    int status = check_record(im, r, err);
    im->last = *r;
    return status;
}

static int rewind_records(importer *im, gv_error *err)
{
    im->number = 0;
    im->batched = im->used = 0;
    im->largest_error = 0;
    return gv_file_reader_seek(im->in, 0, err);
}

/* Whole units of a value, 0 if it is too small or too large for that. Notes the error. */
static uint64_t to_units(importer *im, double value)
{
    double scaled = value * (double)im->unit, rounded = nearbyint(scaled);
    double error = fabs(rounded - scaled) / scaled;
    if (error > im->largest_error)
        im->largest_error = error;
    return rounded >= 1 && rounded < 0x1p63 ? (uint64_t)rounded : 0;
}

/* The first pass: every record is looked at, and the unit chosen. */
static int choose_unit(importer *im, gv_error *err)
{
    record r;
    bool more;
    int status = next_record(im, &r, &more, err);
    if (status == GV_OK && !more)
        return gv_error_set(err, GV_E_RUNTIME, "%s contains no records",
                            gv_file_reader_path(im->in));
    for (; status == GV_OK && more; status = next_record(im, &r, &more, err))
        to_units(im, r.value);
    if (status == GV_OK && im->largest_error > acceptable_error)
        im->unit = fallback_unit;
    return status;
}

/* A number in [1, 2) and a hash that depend on a word only (SplitMix64's finaliser). Sums of such
 * hashes compare sets: a pair that is missing, or in the wrong column, goes unnoticed with a
 * probability of about 2^-64. */
static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static void note_mirror(mirror *m, uint32_t word, double value)
{
    uint64_t hash = mix(word + UINT64_C(0x9e3779b97f4a7c15));
    m->pairs += hash;
    /* the factor ties a value to its word: two values that changed places would leave a plain sum
     * as it was */
    m->values += value * (1.0 + (double)(hash >> 12) * 0x1p-52);
}

/* A row has been read: check that the cells left of its diagonal mirror those above it. */
static int check_mirror(importer *im, uint32_t row, gv_error *err)
{
    const mirror *a = &im->above[row], *b = &im->left;
    double difference = fabs(a->values - b->values);
    if (a->pairs == b->pairs && !(difference > mirror_tolerance * (a->values + b->values)))
        return GV_OK;
    return gv_error_set(
        err, GV_E_CORRUPT,
        "%s: the matrix is not symmetric: the pairs of the word \"%s\" (line %" PRIu32
        ") with earlier words differ from their mirror images; set cooccur.symmetric=false if that "
        "is intended",
        gv_file_reader_path(im->in), gv_vocab_word(im->vocab, row), row + 1);
}

/* Rows begin .. end - 1 are not in the file: there must be no cells above their diagonals. */
static int check_missing_rows(importer *im, uint32_t begin, uint32_t end, gv_error *err)
{
    int status = GV_OK;
    im->left = (mirror){0, 0};
    for (uint32_t row = begin; im->symmetric && row < end && status == GV_OK; row++)
        status = check_mirror(im, row, err);
    return status;
}

static int end_row(importer *im, uint32_t row, gv_error *err)
{
    int status = im->symmetric ? check_mirror(im, row, err) : GV_OK;
    if (status == GV_OK && im->cell_count > 0)
        status = gv_counts_put_row(im->writer, row, im->cells, im->cell_count, err);
    im->cell_count = 0;
    im->left = (mirror){0, 0};
    return status;
}

static int take_record(importer *im, const record *r, gv_error *err)
{
    uint64_t units = to_units(im, r->value);
    if (units == 0)
        return bad_record(im, "the value is too small or too large for a count", err);
    /* left of the diagonal: rounded and checked, but not stored */
    if (im->symmetric && r->column < r->row) {
        note_mirror(&im->left, r->column, r->value);
        return GV_OK;
    }
    if (im->symmetric && r->column > r->row)
        note_mirror(&im->above[r->column], r->row, r->value);
    int status =
        gv_mem_reserve(&im->cells, &im->cell_capacity, im->cell_count + 1, sizeof *im->cells, err);
    if (status == GV_OK)
        im->cells[im->cell_count++] = (gv_counts_cell){r->column, units};
    return status;
}

/* The second pass. */
static int convert(importer *im, gv_error *err)
{
    record r;
    bool more;
    uint32_t row = 0; /* the current row */
    int status = next_record(im, &r, &more, err);
    for (; status == GV_OK && more; status = next_record(im, &r, &more, err)) {
        if (r.row != row) {
            status = end_row(im, row, err);
            if (status == GV_OK)
                status = check_missing_rows(im, row + 1, r.row, err);
            row = r.row;
        }
        if (status == GV_OK)
            status = take_record(im, &r, err);
        if (status != GV_OK)
            return status;
    }
    if (status == GV_OK)
        status = end_row(im, row, err);
    if (status == GV_OK)
        status = check_missing_rows(im, row + 1, im->words, err);
    return status;
}

static int open_input(importer *im, const char *bin_path, uint64_t memory_mb, gv_error *err)
{
    uint64_t budget = memory_mb << 20, need = im->words * sizeof *im->above;
    if (im->symmetric && need > budget)
        return gv_error_set(err, GV_E_MEMORY,
                            "checking the symmetry of %s needs %" PRIu64 " MB of memory", bin_path,
                            (need >> 20) + 1);
    if (im->symmetric && !(im->above = gv_mem_alloc_zero(im->words, sizeof *im->above, err)))
        return GV_E_MEMORY;
    if (!(im->batch = gv_mem_alloc(BATCH, RECORD, err)))
        return GV_E_MEMORY;
    return gv_file_reader_open(&im->in, bin_path, err);
}

static int create_output(importer *im, const gv_config *config, const char *path, gv_error *err)
{
    gv_counts_info info = {.vocab_size = im->words,
                           .symmetric = im->symmetric,
                           .unit = im->unit,
                           .vocab_hash = gv_vocab_hash(im->vocab)};
    int status = gv_config_recipe(&info.recipe, config, GV_STAGE_VOCAB | GV_STAGE_COOCCUR, err);
    if (status == GV_OK)
        status = gv_counts_create(&im->writer, path, &info, err);
    gv_mem_free(info.recipe);
    return status;
}

int gv_reference_import(const char *bin_path, const gv_vocab *vocab, const gv_config *config,
                        const char *counts_path, double *largest_error, gv_error *err)
{
    gv_counts_weights weights;
    int status = gv_counts_weights_make(&weights, config, err);
    if (status != GV_OK)
        return status;
    importer im = {.vocab = vocab,
                   .words = gv_vocab_size(vocab),
                   .symmetric = config->cooccur_symmetric,
                   .unit = weights.unit};
    gv_counts_weights_clear(&weights);
    status = open_input(&im, bin_path, config->cooccur_memory_mb, err);
    if (status == GV_OK)
        status = choose_unit(&im, err);
    if (status == GV_OK)
        status = rewind_records(&im, err);
    if (status == GV_OK)
        status = create_output(&im, config, counts_path, err);
    if (status == GV_OK)
        status = convert(&im, err);
    if (status == GV_OK)
        status = gv_counts_commit(&im.writer, 0, NULL, err);
    if (status == GV_OK && largest_error)
        *largest_error = im.largest_error;
    gv_counts_abort(&im.writer);
    gv_file_reader_close(im.in);
    gv_mem_free(im.above);
    gv_mem_free(im.cells);
    gv_mem_free(im.batch);
    return status;
}
