#include "report/verify/gv_verify_where.h"

#include "app/gv_child.h"
#include "base/gv_file_reader.h"
#include "base/gv_mem.h"
#include "base/gv_show.h"
#include "config/gv_run_names.h"
#include "counts/gv_counts.h"
#include "model/gv_checkpoint.h"
#include "report/verify/gv_verify_vectors.h"
#include "vocab/gv_vocab.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { BLOCK = 1 << 20, SHORT = 60 };

__attribute__((format(printf, 2, 3))) static void append(char *text, const char *format, ...)
{
    const size_t used = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + used, GV_VERIFY_WHERE - used, format, arguments);
    va_end(arguments);
}

/* --- bytes ------------------------------------------------------------------------------------ */

static int compare_open(bool *same, uint64_t *at, gv_file_reader *const files[2],
                        char *const blocks[2], gv_error *err)
{
    size_t got[2] = {BLOCK, BLOCK};
    *same = true;
    *at = 0;
    while (got[0] == BLOCK && got[1] == BLOCK) {
        for (int i = 0; i < 2; i++) {
            int status = gv_file_reader_read_some(files[i], blocks[i], BLOCK, &got[i], err);
            if (status != GV_OK)
                return status;
        }
        const size_t n = got[0] < got[1] ? got[0] : got[1];
        if (got[0] != got[1] || memcmp(blocks[0], blocks[1], n) != 0) {
            size_t k = 0;
            while (k < n && blocks[0][k] == blocks[1][k])
                k++;
            *same = false;
            *at += k;
            return GV_OK;
        }
        *at += n;
        if (gv_child_signals_pending())
            return gv_error_set(err, GV_E_STOPPED, "stopped while files were compared");
    }
    return GV_OK;
}

int gv_verify_where_bytes(bool *same, uint64_t *at, const char *a, const char *b, gv_error *err)
{
    gv_file_reader *files[2] = {NULL, NULL};
    char *blocks[2] = {gv_mem_alloc(BLOCK, 1, err), gv_mem_alloc(BLOCK, 1, err)};
    int status = blocks[0] && blocks[1] ? gv_file_reader_open(&files[0], a, err) : GV_E_MEMORY;
    if (status == GV_OK)
        status = gv_file_reader_open(&files[1], b, err);
    if (status == GV_OK)
        status = compare_open(same, at, files, blocks, err);
    for (int i = 0; i < 2; i++) {
        gv_file_reader_close(files[i]);
        gv_mem_free(blocks[i]);
    }
    return status;
}

/* --- text ------------------------------------------------------------------------------------- */

/* The line of byte `at`, cut off at a NUL; its number from 1 goes to `*number`. NULL: the file ends
 * before it, or cannot be read. Borrowed from `in`. */
static char *line_at(uint64_t *number, gv_file_reader *in, uint64_t at)
{
    uint64_t begin = 0;
    char *line;
    size_t length;
    for (*number = 1; gv_file_reader_line(in, &line, &length, NULL) == GV_OK && line; (*number)++) {
        if (at <= begin + length)
            return line;
        begin += length + 1;
    }
    return NULL;
}

/* Field `n` from 0 of a line, into `field` ([SHORT]). */
static void copy_field(char *field, const char *line, size_t n)
{
    char whole[1024];
    while (n-- > 0) {
        line += strcspn(line, " \t");
        line += *line != '\0';
    }
    snprintf(whole, sizeof whole, "%.*s", (int)strcspn(line, " \t"), line);
    gv_show_line(field, SHORT, whole);
}

/* "line 17 ("the"), field 3: 0.1 in the run, 0.2 made again" */
static void describe_text(char *text, const char *const paths[2], uint64_t at)
{
    gv_file_reader *files[2] = {NULL, NULL};
    char *lines[2] = {NULL, NULL}, fields[2][SHORT], word[SHORT];
    uint64_t number[2] = {0, 0};
    for (int i = 0; i < 2; i++)
        if (gv_file_reader_open(&files[i], paths[i], NULL) == GV_OK)
            lines[i] = line_at(&number[i], files[i], at);
    if (lines[0] && lines[1]) {
        size_t n = 0, k = 0;
        for (; lines[0][k] && lines[0][k] == lines[1][k]; k++)
            n += lines[0][k] == ' ' || lines[0][k] == '\t';
        copy_field(word, lines[0], 0);
        copy_field(fields[0], lines[0], n);
        copy_field(fields[1], lines[1], n);
        append(text, "line %" PRIu64 " (%s), field %zu: \"%s\" in the run, \"%s\" made again",
               number[0], word, n + 1, fields[0], fields[1]);
    } else if (lines[0] || lines[1]) {
        append(text, "the %s ends before line %" PRIu64, lines[0] ? "one made again" : "run's",
               lines[0] ? number[0] : number[1]);
    }
    gv_file_reader_close(files[0]);
    gv_file_reader_close(files[1]);
}

/* --- counts ----------------------------------------------------------------------------------- */

typedef struct row {
    uint32_t row;
    const gv_counts_cell *cells;
    size_t n;
} row;

static const char *word_of(char word[SHORT], const gv_vocab *vocab, uint32_t id)
{
    if (!vocab || id >= gv_vocab_size(vocab))
        return "?";
    return gv_show_line(word, SHORT, gv_vocab_word(vocab, id));
}

static void describe_cell(char *text, const row rows[2], const gv_vocab *vocab, uint64_t unit)
{
    char words[2][SHORT];
    size_t k = 0;
    while (k < rows[0].n && k < rows[1].n && rows[0].cells[k].column == rows[1].cells[k].column &&
           rows[0].cells[k].value == rows[1].cells[k].value)
        k++;
    const gv_counts_cell *a = k < rows[0].n ? &rows[0].cells[k] : NULL;
    const gv_counts_cell *b = k < rows[1].n ? &rows[1].cells[k] : NULL;
    const uint32_t column = a && (!b || a->column <= b->column) ? a->column : b ? b->column : 0;
    const double scale = 1.0 / (double)unit;
    append(text, "words %s, %s: %.9g in the run, %.9g made again",
           word_of(words[0], vocab, rows[0].row), word_of(words[1], vocab, column),
           a && a->column == column ? (double)a->value * scale : 0.0,
           b && b->column == column ? (double)b->value * scale : 0.0);
}

static bool same_rows(const row rows[2])
{
    if (rows[0].n != rows[1].n || rows[0].row != rows[1].row)
        return false;
    for (size_t k = 0; k < rows[0].n; k++)
        if (rows[0].cells[k].column != rows[1].cells[k].column ||
            rows[0].cells[k].value != rows[1].cells[k].value)
            return false;
    return true;
}

static void describe_rows(char *text, gv_counts *const counts[2], const gv_vocab *vocab)
{
    gv_error err = GV_ERROR_INIT;
    row rows[2];
    do {
        for (int i = 0; i < 2; i++)
            if (gv_counts_next_row(counts[i], &rows[i].row, &rows[i].cells, &rows[i].n, &err) !=
                GV_OK) {
                append(text, "%s", err.text);
                return;
            }
    } while (rows[0].n > 0 && same_rows(rows));
    if (rows[0].n > 0 && rows[0].row == rows[1].row)
        describe_cell(text, rows, vocab, gv_counts_about(counts[0])->unit);
    else if (rows[0].n > 0 || rows[1].n > 0)
        append(text, "one has a row of cells that the other has not");
}

static void describe_counts(char *text, const char *const paths[2], const char *vocab_path)
{
    gv_counts *counts[2] = {NULL, NULL};
    gv_vocab *vocab = NULL;
    gv_error err = GV_ERROR_INIT;
    if (gv_vocab_read(&vocab, vocab_path, 0, NULL) != GV_OK)
        vocab = NULL;
    int status = gv_counts_open(&counts[0], paths[0], &err);
    if (status == GV_OK)
        status = gv_counts_open(&counts[1], paths[1], &err);
    if (status != GV_OK)
        append(text, "%s", err.text);
    else
        describe_rows(text, counts, vocab);
    gv_counts_close(counts[0]);
    gv_counts_close(counts[1]);
    gv_vocab_free(vocab);
}

/* --- checkpoints ------------------------------------------------------------------------------ */

static uint64_t rounded(uint64_t bytes)
{
    return (bytes + 7) / 8 * 8;
}

/* "word vectors, row 17 (the), number 3", by the layout in docs/formats.md. */
static void describe_model(char *text, const char *const paths[2], uint64_t at,
                           const char *vocab_path)
{
    enum { HEADER = 128, CHUNK = 1 << 20 };
    gv_checkpoint_reader *reader = NULL;
    gv_vocab *vocab = NULL;
    char word[SHORT];
    if (gv_checkpoint_open(&reader, paths[1], NULL) != GV_OK)
        return;
    const gv_checkpoint *state = gv_checkpoint_about(reader);
    const uint64_t begin = rounded(HEADER + strlen(state->recipe)) + 8 * (uint64_t)state->segments +
                           rounded(4 * (uint64_t)state->segments) + 8;
    const uint64_t numbers = state->values_only ? state->dim : 2 * ((uint64_t)state->dim + 1);
    const uint64_t chunk_rows = CHUNK / (4 * numbers) > 0 ? CHUNK / (4 * numbers) : 1;
    const uint64_t chunks = (state->vocab_size + chunk_rows - 1) / chunk_rows;
    const uint64_t matrix = 4 * numbers * state->vocab_size + 8 * chunks;
    if (at < begin) {
        append(text, "its header, which has the settings and the state of training");
    } else {
        const uint64_t inside = (at - begin) % matrix;
        const uint64_t chunk = inside / (4 * numbers * chunk_rows + 8);
        const uint64_t rest = inside % (4 * numbers * chunk_rows + 8);
        const uint64_t number = chunk * chunk_rows + rest / (4 * numbers);
        if (gv_vocab_read(&vocab, vocab_path, 0, NULL) != GV_OK)
            vocab = NULL;
        append(text, "%s vectors, row %" PRIu64 " (%s), number %" PRIu64,
               (at - begin) / matrix == 0 ? "word" : "context", number + 1,
               word_of(word, vocab, (uint32_t)number), rest % (4 * numbers) / 4 + 1);
    }
    gv_vocab_free(vocab);
    gv_checkpoint_close(reader);
}

/* --- by the file's name ----------------------------------------------------------------------- */

bool gv_verify_where_same_vectors(char *text, const char *const paths[2], const char *vocab_path)
{
    char where[GV_VERIFY_VECTORS] = "";
    const bool same = gv_verify_vectors_compare(where, paths, vocab_path);
    append(text, "%s", where);
    return same;
}

void gv_verify_where_describe(char *text, const char *name, const char *const paths[2], uint64_t at,
                              const char *vocab_path)
{
    static const char *const texts[] = {GV_FILE_VOCAB, GV_FILE_PHRASES, "vectors.txt",
                                        "vectors.tsv", "metadata.tsv",  "eval.tsv"};
    append(text, "byte %" PRIu64, at);
    char more[GV_VERIFY_WHERE] = "";
    bool is_text = false;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        is_text |= strcmp(name, texts[i]) == 0;
    if (is_text)
        describe_text(more, paths, at);
    else if (strcmp(name, GV_FILE_COUNTS) == 0)
        describe_counts(more, paths, vocab_path);
    else if (strcmp(name, GV_FILE_CHECKPOINT) == 0)
        describe_model(more, paths, at, vocab_path);
    else if (strncmp(name, "vectors.", 8) == 0 &&
             gv_verify_where_same_vectors(more, paths, vocab_path))
        append(more, "words and numbers are the same, the rest differs");
    if (more[0])
        append(text, ", %s", more);
}
