/*
 * Reading text vectors of any origin: GloVe, word2vec, fastText .vec, gensim, and the broken ones.
 *
 * Nothing in such a file says what it is. The number of numbers in a row is the header's, if the
 * first line is `rows dim` and the lines below agree, else the most frequent number of numeric
 * fields at the end of the first thousand lines. With it a line is cut from its end: the last `dim`
 * fields are numbers, everything before them is the word, which may hold spaces (GloVe 840B) and
 * any byte but NUL and LF. The usual line, a word without spaces, is parsed in one forward pass;
 * only a line on which that fails is looked at from behind.
 *
 * A line that cannot be read is an error naming it, or is left out when the caller wants damaged
 * files read. A last line without newline whose last number has fewer decimals than all the
 * others is one that was cut off in mid-number.
 */
#include "base/gv_decimal.h"
#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "vectors/gv_vectors_internal.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
    NOTED_LINES = 5,       /* damaged lines that the note describes */
    LINES_PER_LOOK = 4096, /* at the signal flag */
};

/* The way out where the lines themselves are good. */
#define REPAIR ", or repair it: glove-convert --skip-damaged FILE NEW.txt"

typedef struct text_reader {
    gv_vectors_input *in;
    const gv_vectors_options *options;
    gv_vectors_builder builder;
    gv_vectors_header header;
    size_t dim;
    uint64_t line;    /* number of the current one, from 1 */
    uint64_t rows;    /* lines that should be vectors, so far */
    uint64_t damaged; /* of these, left out */
    bool last_open;   /* the last line has no newline */
    gv_vectors_frame frame;
} text_reader;

/* --- lines ---------------------------------------------------------------------------------- */

/* The line cannot be read: an error, or one more that is left out. */
__attribute__((format(printf, 3, 4))) static int bad_line(text_reader *reader, gv_error *err,
                                                          const char *format, ...)
{
    char what[256];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    if (!reader->options->skip_damaged)
        return gv_error_set(err, GV_E_CORRUPT,
                            "%s: line %" PRIu64
                            " %s; the file is damaged or truncated (glove-convert "
                            "check lists all such lines, --skip-damaged skips them)",
                            gv_vectors_input_path(reader->in), reader->line, what);
    reader->damaged++;
    int status =
        gv_vectors_builder_problem(&reader->builder, GV_VECTORS_DAMAGED, reader->line, what, err);
    if (status != GV_OK)
        return status;
    if (reader->damaged > NOTED_LINES)
        return GV_OK;
    return gv_vectors_builder_note(&reader->builder, err, "line %" PRIu64 " %s", reader->line,
                                   what);
}

/* The usual line: a word without white space, then exactly dim numbers. False if it is not. */
static bool parse_forward(const text_reader *reader, const char *line, const char *end,
                          float *values, size_t *word_length)
{
    const char *p = line;
    while (!gv_vectors_is_space(*p) && *p)
        p++;
    *word_length = (size_t)(p - line);
    for (size_t i = 0; i < reader->dim; i++) {
        while (gv_vectors_is_space(*p))
            p++;
        p = gv_decimal_get(p, &values[i]);
        if (!p)
            return false;
    }
    return p == end && *word_length > 0;
}

static int bad_number(text_reader *reader, const char *field, gv_error *err)
{
    size_t n = strcspn(field, " \t"), comma = strspn(field, "+-0123456789");
    bool decimal = comma > 0 && field[comma] == ',';
    return bad_line(reader, err, "has \"%.*s\" where a number is expected%s", n < 40 ? (int)n : 40,
                    field, decimal ? "; write 0.5 for 0,5" : "");
}

/* Any other line: find the last dim fields from the end. `*word_length` is SIZE_MAX when the line
 * was left out as damaged. */
static int parse_backward(text_reader *reader, char *line, const char *end, float *values,
                          size_t *word_length, gv_error *err)
{
    *word_length = SIZE_MAX;
    if (memchr(line, '\0', (size_t)(end - line)))
        return bad_line(reader, err, "contains a NUL byte");
    const char *start = end;
    size_t fields = 0;
    for (; fields < reader->dim && start > line; fields++)
        start = gv_vectors_field_start(line, gv_vectors_trim_end(line, start));
    /* the very first field is the word, unless white space precedes it */
    if (start == line && fields > 0)
        return bad_line(reader, err, "has %zu numbers instead of %zu", fields - 1, reader->dim);
    const char *p = start;
    for (size_t i = 0; i < reader->dim; i++) {
        while (gv_vectors_is_space(*p))
            p++;
        const char *next = gv_decimal_get(p, &values[i]);
        if (!next)
            return bad_number(reader, p, err);
        p = next;
    }
    while (start > line && gv_vectors_is_space(start[-1]))
        start--;
    *word_length = (size_t)(start - line);
    return GV_OK;
}

static size_t decimals(const char *start, const char *end)
{
    const char *point = memchr(start, '.', (size_t)(end - start));
    return point ? (size_t)(end - point - 1) : 0;
}

/* Have all numbers of the line but the last the same number of decimals, and the last fewer? GloVe
 * and word2vec print all numbers with the same number of decimals, so that a shorter last one was
 * cut. A file of shortest decimals (%g) is not taken for damaged, because its numbers differ in
 * length. */
static bool is_cut_off(const text_reader *reader, const char *line, const char *end)
{
    const char *start = gv_vectors_field_start(line, end);
    size_t last = decimals(start, end), others = SIZE_MAX;
    for (size_t i = 1; i < reader->dim; i++) {
        const char *field_end = gv_vectors_trim_end(line, start);
        start = gv_vectors_field_start(line, field_end);
        size_t n = decimals(start, field_end);
        if (others != SIZE_MAX && n != others)
            return false;
        others = n;
    }
    return others != SIZE_MAX && last < others;
}

/* A word in double quotes without them: R writes it so, with backslashes before quotes inside. */
static char *unquote(char *word, size_t *length)
{
    if (*length < 2 || word[0] != '"' || word[*length - 1] != '"')
        return word;
    char *to = word;
    for (const char *from = word + 1, *end = word + *length - 1; from < end; from++) {
        if (*from == '\\' && from + 1 < end && (from[1] == '"' || from[1] == '\\'))
            from++;
        *to++ = *from;
    }
    *length = (size_t)(to - word);
    return word;
}

static int take_line(text_reader *reader, const gv_vectors_input_text *text, gv_error *err)
{
    char *line = text->text;
    const char *end = gv_vectors_trim_end(line, line + text->length);
    if (end == line)
        return GV_OK; /* a blank line */
    /* numbers are parsed up to a NUL; the line may be written to */
    line[end - line] = '\0';
    reader->rows++;
    float *values;
    size_t word_length;
    int status = gv_vectors_builder_space(&reader->builder, &values, err);
    /* the forward pass may have filled `values` in part; the backward one overwrites all of them */
    if (status == GV_OK && !parse_forward(reader, line, end, values, &word_length))
        status = parse_backward(reader, line, end, values, &word_length, err);
    if (status != GV_OK || word_length == SIZE_MAX)
        return status;
    if (reader->frame.quoted)
        line = unquote(line, &word_length);
    if (text->open && is_cut_off(reader, line, end))
        return bad_line(reader, err, "ends in the middle of a number");
    reader->builder.line = reader->line;
    return gv_vectors_builder_add(&reader->builder, line, word_length, err);
}

static int take_lines(text_reader *reader, gv_error *err)
{
    gv_vectors_input_text line;
    int status = GV_OK;
    while (status == GV_OK && !gv_vectors_builder_full(&reader->builder)) {
        status = gv_vectors_input_line(reader->in, &line, err);
        if (status != GV_OK || !line.text)
            break;
        bool skip = reader->line == 0 && (reader->header.found || reader->frame.found);
        reader->line++;
        reader->last_open = line.open;
        reader->builder.vectors->cr_lines += line.cr;
        if (!skip)
            status = take_line(reader, &line, err);
        if (status == GV_OK && reader->line % LINES_PER_LOOK == 0)
            status = gv_signal_check(err);
    }
    return status;
}

/* --- the whole file --------------------------------------------------------------------------- */

static int decide_dim(text_reader *reader, const gv_vectors_sample *sample, gv_error *err)
{
    const char *path = gv_vectors_input_path(reader->in);
    reader->header = gv_vectors_find_header(sample);
    size_t dim;
    int status = gv_vectors_text_dim(&dim, sample, &reader->header, err);
    if (status != GV_OK)
        return status;
    /* a file without rows: only its header knows the dimension */
    bool only_header = reader->header.bytes == sample->n && sample->whole;
    if (reader->header.found && only_header && reader->header.dim > 0)
        dim = reader->header.dim;
    /* two whole numbers may also be a word and its only number */
    if (reader->header.found && reader->header.dim != dim && dim == 1)
        reader->header = (gv_vectors_header){0};
    if (dim == 0)
        return gv_vectors_refuse_text(sample, path, err);
    if (dim == 1 && !reader->header.found)
        status = gv_vectors_refuse_pairs(sample, path, err);
    if (status == GV_OK && reader->header.found && reader->header.dim != dim &&
        !reader->options->skip_damaged)
        return gv_error_set(err, GV_E_CORRUPT,
                            "%s: line 1 states %" PRIu64
                            " numbers per word, but the lines below have "
                            "%zu; correct or remove line 1" REPAIR,
                            path, reader->header.dim, dim);
    reader->dim = dim;
    if (!reader->header.found)
        reader->frame = gv_vectors_find_frame(sample, dim);
    return status;
}

/* Damaged files are wanted: the header is left aside, and told. */
__attribute__((format(printf, 3, 4))) static int wrong_header(text_reader *reader, gv_error *err,
                                                              const char *format, ...)
{
    char what[256];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    reader->builder.vectors->header_wrong = true;
    int status = gv_vectors_builder_problem(&reader->builder, GV_VECTORS_HEADER, 1, what, err);
    return status == GV_OK ? gv_vectors_builder_note(&reader->builder, err, "line 1 %s", what)
                           : status;
}

/* Does the length of the rows agree with the header? If not, this is an error already (decide_dim)
 * unless damaged files are wanted. */
static int note_dim(text_reader *reader, gv_error *err)
{
    if (!reader->header.found || reader->header.dim == reader->dim)
        return GV_OK;
    return wrong_header(reader, err,
                        "states %" PRIu64
                        " numbers per word, but the lines below have %zu; correct or "
                        "remove line 1",
                        reader->header.dim, reader->dim);
}

/* Does the number of rows agree with the header? The reference's -write-header states one less than
 * it writes, because it does not count <unk>. */
static int check_rows(text_reader *reader, gv_error *err)
{
    const gv_vectors_header *header = &reader->header;
    if (!header->found || reader->rows == header->rows || gv_vectors_builder_full(&reader->builder))
        return GV_OK;
    if (reader->rows == header->rows + 1 && reader->builder.last_unknown)
        return gv_vectors_builder_note(&reader->builder, err,
                                       "line 1 does not count the <unk> row");
    bool fewer = reader->rows < header->rows;
    if (reader->options->skip_damaged)
        return wrong_header(reader, err, "states %" PRIu64 " rows, but there are %" PRIu64 ": %s",
                            header->rows, reader->rows,
                            fewer ? "the file is cut off, or line 1 is wrong" : "correct line 1");
    return gv_error_set(err, GV_E_CORRUPT,
                        "%s: %sline 1 states %" PRIu64 " rows, but %" PRIu64
                        " follow; obtain the file again%s",
                        gv_vectors_input_path(reader->in), fewer ? "truncated: " : "", header->rows,
                        reader->rows, reader->rows > 0 ? REPAIR : "");
}

static int finish(text_reader *reader, gv_error *err)
{
    int status = note_dim(reader, err);
    if (status == GV_OK)
        status = check_rows(reader, err);
    if (status == GV_OK && reader->damaged > NOTED_LINES)
        status = gv_vectors_builder_note(&reader->builder, err,
                                         "%" PRIu64 " damaged lines in total", reader->damaged);
    if (status == GV_OK && reader->last_open)
        status = gv_vectors_builder_note(
            &reader->builder, err, "the last line has no newline; the file may be incomplete");
    if (status == GV_OK && reader->frame.found)
        status = gv_vectors_builder_note(
            &reader->builder, err, "line 1 names the columns and is left out%s",
            reader->frame.quoted ? ", as are the quotes of words" : "");
    reader->builder.vectors->skipped = reader->damaged;
    reader->builder.vectors->header = reader->header.found;
    return status;
}

int gv_vectors_read_text(gv_vectors **vectors, gv_vectors_input *in,
                         const gv_vectors_sample *sample, const gv_vectors_options *options,
                         gv_error *err)
{
    text_reader reader = {.in = in, .options = options};
    int status = decide_dim(&reader, sample, err);
    if (status == GV_OK)
        status = gv_vectors_builder_begin(&reader.builder, gv_vectors_input_path(in), reader.dim,
                                          options, err);
    if (status == GV_OK)
        status = take_lines(&reader, err);
    if (status == GV_OK)
        status = finish(&reader, err);
    return gv_vectors_builder_end(&reader.builder, vectors, status, GV_FORMAT_TEXT, err);
}
