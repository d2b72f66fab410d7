/*
 * The values are real numbers, the cells whole units. One pass over the file checks the entries,
 * sorts them (gv_matrix_sort) and finds how much rounding to the unit of the config would change
 * them, from which the unit follows; then the sorted entries are written as rows.
 *
 * Of a symmetric matrix half is stored. The sort key is the pair in the order of its words, with
 * one more bit for the order in the file, so the two entries of a pair come side by side: whether
 * each has its mirror image, of the same value, is seen without any further memory.
 */
#include "counts/gv_matrix_import.h"

#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "counts/gv_counts.h"
#include "counts/gv_counts_weights.h"
#include "counts/gv_matrix_notes.h"
#include "counts/gv_matrix_reader.h"
#include "counts/gv_matrix_sort.h"
#include "vocab/gv_vocab_grow.h"
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const uint64_t fallback_unit = UINT64_C(1) << 32;
/* A harmonic unit makes values whole up to the rounding of double, so a larger error says that the
 * file was counted with other weights. */
static const double acceptable_error = GV_MATRIX_NOTES_ERROR;

/* A value and where it is in the file. */
typedef struct placed {
    double value;
    uint64_t number;
} placed;

/* The entries of one pair: in the order of the key, and in the other one. */
typedef struct pair {
    uint32_t row, column;
    double value[2];
    bool has[2];
} pair;

typedef struct importer {
    gv_matrix_reader reader;
    const gv_matrix_import_options *options;
    gv_matrix_import_report *report;
    gv_matrix_sort *sort;
    char *temp_dir;
    bool symmetric;
    bool mirrored; /* by the file, or because the user says so */
    uint64_t unit;
    uint64_t above, below, zeros; /* entries: above and below the diagonal, of value 0 */
    placed least, greatest;
    uint64_t pairs, lone; /* off the diagonal; lone: without their mirror image */
    pair first_lone;
    gv_counts_writer *writer;
    uint32_t row; /* that `cells` belong to */
    gv_counts_cell *cells;
    size_t cell_count, cell_capacity;
} importer;

/* --- the file to sorted entries --------------------------------------------------------------- */

/* The relative change that rounding to the unit makes. */
static void note_rounding(importer *im, double value)
{
    double scaled = value * (double)im->unit;
    double error = fabs(nearbyint(scaled) - scaled) / scaled;
    if (error > im->report->largest_error)
        im->report->largest_error = error;
}

static int add_key(importer *im, uint32_t a, uint32_t b, bool other, double value, gv_error *err)
{
    return gv_matrix_sort_add(im->sort, (uint64_t)a << 32 | (uint64_t)b << 1 | other, value, err);
}

static int add_entry(importer *im, const gv_matrix_reader_entry *entry, gv_error *err)
{
    uint32_t row = entry->row, column = entry->column;
    im->above += row < column;
    im->below += row > column;
    if (im->symmetric)
        return row <= column ? add_key(im, row, column, false, entry->value, err)
                             : add_key(im, column, row, true, entry->value, err);
    int status = add_key(im, row, column, false, entry->value, err);
    if (status == GV_OK && im->mirrored && row != column)
        status = add_key(im, column, row, true, entry->value, err);
    return status;
}

static int take_entry(importer *im, const gv_matrix_reader_entry *entry, gv_error *err)
{
    double value = entry->value;
    uint64_t number = im->reader.number;
    if (value == 0) {
        im->zeros++;
        return GV_OK;
    }
    if (!(value > 0) || isinf(value))
        return gv_matrix_reader_fail(
            &im->reader, err, "the value %g is not a positive finite number, as counts are", value);
    if (im->report->entries++ == 0)
        im->least = im->greatest = (placed){value, number};
    if (value < im->least.value)
        im->least = (placed){value, number};
    if (value > im->greatest.value)
        im->greatest = (placed){value, number};
    note_rounding(im, value);
    return add_entry(im, entry, err);
}

static int read_entries(importer *im, gv_error *err)
{
    gv_matrix_reader_entry entry;
    bool more = true;
    int status = GV_OK;
    while (status == GV_OK && more) {
        status = im->reader.next(&im->reader, &entry, &more, err);
        if (status == GV_OK && more)
            status = take_entry(im, &entry, err);
    }
    return status == GV_OK ? gv_matrix_sort_finish(im->sort, err) : status;
}

/* Nothing was read: because the words are others? */
static int check_not_empty(const importer *im, gv_error *err)
{
    const gv_matrix_reader *reader = &im->reader;
    if (im->report->entries > 0)
        return GV_OK;
    if (reader->unknown == 0)
        return gv_error_set(err, GV_E_RUNTIME, "%s (%s) contains no counts", reader->path,
                            reader->format);
    return gv_error_set(
        err, GV_E_CORRUPT,
        "%s (%s): no line has two words of the vocabulary: line %" PRIu64
        " has \"%.100s\", which is not in it; %s",
        reader->path, reader->format, reader->unknown_line, reader->unknown_word,
        reader->unknown_numbers == reader->unknown
            ? "if these are word numbers, add --ids 1, or --ids 0 if the first word is number 0"
            : "give the vocabulary that belongs to the file (--vocab)");
}

/* --- unit ------------------------------------------------------------------------------------- */

/* The least and the greatest value that cells hold: one unit, and 2^63 of them. */
static int out_of_range(importer *im, const placed *at, const char *why, gv_error *err)
{
    double least = 1 / (double)im->unit, most = 0x1p63 / (double)im->unit;
    bool large = at->value >= most;
    im->reader.number = at->number;
    return gv_matrix_reader_fail(
        &im->reader, err,
        "the value %g is too %s: values are stored as whole numbers of %s, so they must lie "
        "between %.2g and %.2g; %s all values by a constant, and train.x_max with it",
        at->value, large ? "large" : "small", why, least, most, large ? "divide" : "multiply");
}

/* The unit of the config, unless that changes values. */
static int choose_unit(importer *im, gv_error *err)
{
    char why[128];
    snprintf(why, sizeof why, "1/%" PRIu64, im->unit);
    if (im->report->largest_error > acceptable_error && im->options->unit == 0) {
        snprintf(why, sizeof why,
                 "2^-32 (not all are whole numbers of 1/%" PRIu64 ", the unit of the config)",
                 im->unit);
        im->unit = fallback_unit;
        im->report->largest_error = 0; /* known when they are written */
    }
    im->report->unit = im->unit;
    if (im->greatest.value * (double)im->unit >= 0x1p63)
        return out_of_range(im, &im->greatest, why, err);
    /* a unit that the user gave may round up to it */
    if (im->least.value * (double)im->unit < (im->options->unit > 0 ? 0.5 : 1 - acceptable_error))
        return out_of_range(im, &im->least, why, err);
    return GV_OK;
}

/* --- sorted entries to rows ------------------------------------------------------------------- */

static const char *word(const importer *im, uint32_t id)
{
    return gv_vocab_word(im->reader.vocab, id);
}

__attribute__((format(printf, 4, 5))) static int bad_pair(const importer *im, const pair *p,
                                                          gv_error *err, const char *format, ...)
{
    char what[400];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    return gv_error_set(err, GV_E_CORRUPT, "%s (%s): the pair \"%.60s\" \"%.60s\" %s",
                        im->reader.path, im->reader.format, word(im, p->row), word(im, p->column),
                        what);
}

static int end_row(importer *im, gv_error *err)
{
    int status = GV_OK;
    if (im->cell_count > 0 && im->lone == 0)
        status = gv_counts_put_row(im->writer, im->row, im->cells, im->cell_count, err);
    im->cell_count = 0;
    return status == GV_OK ? gv_signal_check(err) : status;
}

static int put_cell(importer *im, const pair *p, double value, gv_error *err)
{
    int status = p->row != im->row ? end_row(im, err) : GV_OK;
    double units = nearbyint(value * (double)im->unit);
    if (status == GV_OK && !(units >= 1 && units < 0x1p63))
        status = bad_pair(im, p, err, "has the value %g, which is out of range", value);
    if (status == GV_OK)
        status = gv_mem_reserve(&im->cells, &im->cell_capacity, im->cell_count + 1,
                                sizeof *im->cells, err);
    if (status != GV_OK)
        return status;
    note_rounding(im, value);
    im->row = p->row;
    im->cells[im->cell_count++] = (gv_counts_cell){p->column, (uint64_t)units};
    return GV_OK;
}

/* All entries of the pair are known. */
static int end_pair(importer *im, const pair *p, gv_error *err)
{
    bool both = p->has[0] && p->has[1];
    double value = p->value[p->has[0] ? 0 : 1];
    if (both && im->mirrored && im->options->add)
        return put_cell(im, p, p->value[0] + p->value[1], err);
    if (both && im->reader.mirrored)
        return bad_pair(im, p, err,
                        "is there in both orders, though the file states that one "
                        "stands for both");
    if (both &&
        fabs(p->value[0] - p->value[1]) > im->reader.tolerance * (p->value[0] + p->value[1]))
        return bad_pair(im, p, err,
                        "has the value %.10g, but in the other order %.10g: the matrix is not "
                        "symmetric; set cooccur.symmetric=false if that is intended",
                        p->value[0], p->value[1]);
    if (im->symmetric && p->row != p->column) {
        im->pairs++;
        if (!both && !im->mirrored && im->lone++ == 0)
            im->first_lone = *p;
    }
    return put_cell(im, p, value, err);
}

static int add_to_pair(importer *im, pair *p, const gv_matrix_sort_item *item, gv_error *err)
{
    unsigned order = item->key & 1;
    if (p->has[order] && !im->reader.sums)
        return bad_pair(im, p, err, "appears twice; --add-duplicates adds its values up");
    p->value[order] = (p->has[order] ? p->value[order] : 0) + item->value;
    p->has[order] = true;
    return GV_OK;
}

static int write_rows(importer *im, gv_error *err)
{
    gv_matrix_sort_item item;
    pair p = {0};
    bool more = true, open = false;
    int status = GV_OK;
    while (status == GV_OK && more) {
        status = gv_matrix_sort_next(im->sort, &item, &more, err);
        if (status != GV_OK || !more)
            break;
        uint32_t row = (uint32_t)(item.key >> 32), column = (uint32_t)item.key >> 1;
        if (open && (row != p.row || column != p.column)) {
            status = end_pair(im, &p, err);
            open = false;
        }
        if (!open)
            p = (pair){.row = row, .column = column};
        open = true;
        if (status == GV_OK)
            status = add_to_pair(im, &p, &item, err);
    }
    if (status == GV_OK && open)
        status = end_pair(im, &p, err);
    return status == GV_OK ? end_row(im, err) : status;
}

/* Pairs without their mirror image, in a matrix that is to be symmetric. */
static int check_mirror(const importer *im, gv_error *err)
{
    if (im->lone == 0)
        return GV_OK;
    const pair *p = &im->first_lone;
    const char *a = word(im, p->has[0] ? p->row : p->column);
    const char *b = word(im, p->has[0] ? p->column : p->row);
    char how_many[64] = "every pair is there";
    if (im->lone < im->pairs)
        snprintf(how_many, sizeof how_many, "%" PRIu64 " of %" PRIu64 " pairs are there", im->lone,
                 im->pairs);
    return gv_error_set(
        err, GV_E_CORRUPT,
        "%s (%s): the matrix is not symmetric: %s in one order only, for example \"%.60s\" "
        "\"%.60s\" but not \"%.60s\" \"%.60s\"; add --mirror if a value is meant for both orders "
        "(half of a symmetric matrix), or set cooccur.symmetric=false if the order matters",
        im->reader.path, im->reader.format, how_many, a, b, b, a);
}

/* Of a matrix that is not to be symmetric: is it half of one that is? */
static bool is_triangle(const importer *im)
{
    return !im->symmetric && !im->mirrored && (im->above == 0) != (im->below == 0);
}

static int add_notes(const importer *im, gv_error *err)
{
    const gv_matrix_notes_seen seen = {im->zeros, is_triangle(im), im->report->unit,
                                       im->report->largest_error};
    return gv_matrix_notes_add(&im->report->notes, &im->reader, &seen, err);
}

/* --- all of it -------------------------------------------------------------------------------- */

/* Where temporary files go: as the config says, or where the output goes. */
static int choose_temp_dir(char **dir, const gv_config *config, const char *counts_path,
                           gv_error *err)
{
    if (!config->cooccur_temp_dir)
        return gv_file_temp_dir_beside(dir, counts_path, err);
    *dir = gv_mem_strdup(config->cooccur_temp_dir, err);
    return *dir ? GV_OK : GV_E_MEMORY;
}

static int open_input(importer *im, const gv_config *config, const char *counts_path, gv_error *err)
{
    gv_counts_weights weights;
    int status = gv_counts_weights_make(&weights, config, err);
    if (status != GV_OK)
        return status;
    im->unit = im->options->unit > 0 ? im->options->unit : weights.unit;
    gv_counts_weights_clear(&weights);
    if (!im->reader.vocab) {
        if (!(im->report->words = gv_vocab_grow_new(err)))
            return GV_E_MEMORY;
        im->reader.vocab = im->reader.growing = im->report->words;
    }
    if (gv_vocab_size(im->reader.vocab) > INT32_MAX)
        return gv_error_set(
            err, GV_E_RUNTIME,
            "the vocabulary has more than 2^31 - 1 words, which cannot be imported");
    status = gv_matrix_reader_open(&im->reader, err);
    im->mirrored = im->options->mirror || im->reader.mirrored;
    im->reader.sums |= im->options->add;
    im->report->format = im->reader.format;
    if (status == GV_OK)
        status = choose_temp_dir(&im->temp_dir, config, counts_path, err);
    if (status == GV_OK)
        status = gv_matrix_sort_new(&im->sort, config->cooccur_memory_mb << 20, im->temp_dir, err);
    return status; /* NOLINT(clang-analyzer-unix.Malloc): the caller has what `im` holds freed */
}

static int create_output(importer *im, const gv_config *config, const char *path, gv_error *err)
{
    gv_counts_info info = {.vocab_size = gv_vocab_size(im->reader.vocab),
                           .symmetric = im->symmetric,
                           .unit = im->unit,
                           .vocab_hash = gv_vocab_hash(im->reader.vocab)};
    int status = gv_config_recipe(&info.recipe, config, GV_STAGE_VOCAB | GV_STAGE_COOCCUR, err);
    if (status == GV_OK)
        status = gv_counts_create(&im->writer, path, &info, err);
    gv_mem_free(info.recipe);
    return status;
}

int gv_matrix_import(const char *path, const gv_vocab *vocab, const gv_config *config,
                     const gv_matrix_import_options *options, const char *counts_path,
                     gv_matrix_import_report *report, gv_error *err)
{
    *report = (gv_matrix_import_report){0};
    importer im = {.reader = {.path = path,
                              .file = options->file,
                              .vocab = vocab,
                              .ids_from = options->ids_from,
                              .has_header = options->has_header},
                   .options = options,
                   .report = report,
                   .symmetric = config->cooccur_symmetric};
    int status = open_input(&im, config, counts_path, err);
    if (status == GV_OK)
        status = read_entries(&im, err);
    if (status == GV_OK)
        status = check_not_empty(&im, err);
    if (status == GV_OK && im.reader.growing)
        status = gv_vocab_grow_end(im.reader.growing, err);
    if (status == GV_OK)
        status = choose_unit(&im, err);
    if (status == GV_OK)
        status = create_output(&im, config, counts_path, err);
    if (status == GV_OK)
        status = write_rows(&im, err);
    if (status == GV_OK)
        status = check_mirror(&im, err);
    if (status == GV_OK)
        status = add_notes(&im, err);
    if (status == GV_OK)
        status = gv_counts_commit(&im.writer, 0, NULL, err);
    gv_counts_abort(&im.writer);
    gv_matrix_sort_free(im.sort);
    gv_matrix_reader_close(&im.reader);
    gv_mem_free(im.temp_dir);
    gv_mem_free(im.cells);
    return status;
}
