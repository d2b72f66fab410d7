/*
 * The file is read leniently, so that damaged lines are listed instead of ending the check; then
 * every row is tested for each kind of problem.
 */
#include "convert/gv_check.h"

#include "app/gv_print.h"
#include "base/gv_utf8.h"
#include "text/gv_space.h"
#include "vectors/gv_vectors.h"
#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { EXAMPLES = 5 };

typedef bool row_test(const gv_vectors *vectors, size_t row);

static bool repeats(const gv_vectors *vectors, size_t row)
{
    return gv_vectors_find(vectors, vectors->words[row]) != row;
}

static bool is_not_finite(const gv_vectors *vectors, size_t row)
{
    for (size_t i = 0; i < vectors->dim; i++)
        if (!isfinite(vectors->data[row * vectors->dim + i]))
            return true;
    return false;
}

/* The least and the greatest number of a row; NaN is neither. */
static void row_range(const gv_vectors *vectors, size_t row, float *least, float *greatest)
{
    const float *values = vectors->data + row * vectors->dim;
    *least = INFINITY;
    *greatest = -INFINITY;
    for (size_t i = 0; i < vectors->dim; i++) {
        *least = values[i] < *least ? values[i] : *least;
        *greatest = values[i] > *greatest ? values[i] : *greatest;
    }
}

static bool is_zero(const gv_vectors *vectors, size_t row)
{
    float least, greatest;
    row_range(vectors, row, &least, &greatest);
    return least == 0.0F && greatest == 0.0F;
}

/* Numbers that differ by less than this part of the largest: the seventh digit of a float32. */
static const float nearly = 1e-6F;

static bool is_constant(const gv_vectors *vectors, size_t row)
{
    float least, greatest;
    row_range(vectors, row, &least, &greatest);
    float largest = greatest > -least ? greatest : -least;
    return vectors->dim > 2 && largest > 0 && isfinite(largest) &&
           greatest - least <= nearly * largest;
}

/* Blanks and tabs, which text can hold because the numbers are found from the end of a line, and
 * white space that looks like a blank. */
static bool holds_space(const gv_vectors *vectors, size_t row)
{
    const char *word = vectors->words[row];
    return strpbrk(word, " \t") || gv_space_find(word, strlen(word), NULL);
}

static bool is_not_utf8(const gv_vectors *vectors, size_t row)
{
    return !gv_utf8_valid(vectors->words[row], strlen(vectors->words[row]));
}

static const struct finding {
    row_test *test;
    const char *what, *remedy;
    bool problem; /* the check then fails */
} findings[] = {
    {repeats, "rows that repeat the word of an earlier row",
     "look-ups find the first of them; remove the others", true},
    {is_not_finite, "rows with NaN or infinite numbers",
     "nothing can be computed with them; remove them, or train again", true},
    {is_zero, "rows with zeros only", "these words have no direction, hence no neighbours", false},
    {is_constant, "rows whose numbers are all nearly the same",
     "such vectors say nothing about their words", false},
    {holds_space, "words with white space, at which other programs split",
     "these then find too many columns; replace it, for example by _", false},
    {is_not_utf8, "words that are not valid UTF-8",
     "readers that want UTF-8 fail there; correct them where the file was made", false},
};

/* Rows that fulfil a test. */
typedef struct matches {
    uint64_t n;
    size_t rows[EXAMPLES]; /* the first of them */
} matches;

static matches find_rows(const gv_vectors *vectors, row_test *test)
{
    matches found = {0};
    for (size_t row = 0; row < vectors->rows; row++)
        if (test(vectors, row)) {
            if (found.n < EXAMPLES)
                found.rows[found.n] = row;
            found.n++;
        }
    return found;
}

static void print_place(FILE *out, const gv_vectors *vectors, size_t row)
{
    char word[GV_SPACE_SHOWN];
    gv_space_show(word, vectors->words[row], strlen(vectors->words[row]));
    if (vectors->lines)
        fprintf(out, " %s (line %" PRIu64 ")", word, vectors->lines[row]);
    else
        fprintf(out, " %s (row %zu)", word, row + 1);
}

/* Returns the number of rows. */
static uint64_t report_rows(FILE *out, const gv_vectors *vectors, const struct finding *finding)
{
    matches found = find_rows(vectors, finding->test);
    if (found.n == 0)
        return 0;
    fprintf(out, "  %s: %" PRIu64 ":", finding->what, found.n);
    for (size_t i = 0; i < EXAMPLES && i < found.n; i++) {
        fputs(i ? "," : "", out);
        print_place(out, vectors, found.rows[i]);
    }
    fprintf(out, "%s; %s\n", found.n > EXAMPLES ? ", ..." : "", finding->remedy);
    return found.n;
}

/* Columns with the same number in every row: training gives none, a wrong dimension may. Returns
 * their number. */
static uint64_t report_columns(FILE *out, const gv_vectors *vectors)
{
    uint64_t n = 0;
    size_t example = 0;
    for (size_t i = 0; vectors->rows > 2 && i < vectors->dim; i++) {
        size_t row = 1;
        while (row < vectors->rows && vectors->data[row * vectors->dim + i] == vectors->data[i])
            row++;
        if (row < vectors->rows)
            continue;
        if (n++ == 0)
            example = i;
    }
    if (n)
        fprintf(out,
                "  numbers that are the same in every row: %" PRIu64
                ": number %zu is always %g; do they belong to the vectors?\n",
                n, example + 1, (double)vectors->data[example]);
    return n;
}

/* How the bytes of a text file are laid out. Returns how many remarks there were. */
static uint64_t report_layout(FILE *out, const gv_vectors *vectors)
{
    if (vectors->mark)
        fprintf(out, "  begins with a byte order mark, which other programs take for a part of the "
                     "first word; glove-convert FILE FILE removes it\n");
    if (vectors->cr_lines)
        fprintf(out,
                "  lines that end in CR: %" PRIu64
                "; other programs may take it for a part of the last number; glove-convert FILE "
                "FILE removes it\n",
                vectors->cr_lines);
    return (uint64_t)vectors->mark + (vectors->cr_lines > 0);
}

/* Print everything; `*problems` receives what the check fails for, the result is all that was
 * found. */
static uint64_t report(FILE *out, const gv_vectors *vectors, uint64_t *problems)
{
    *problems = vectors->skipped + vectors->header_wrong + (vectors->rows == 0);
    if (vectors->note) {
        fputs("  ", out);
        gv_print_pad(out, vectors->note, 0);
        fputc('\n', out);
    }
    if (vectors->rows == 0)
        fprintf(out, "  contains no vectors; obtain the file again\n");
    uint64_t found = *problems + (vectors->note != NULL) + report_layout(out, vectors);
    for (size_t i = 0; i < sizeof findings / sizeof *findings; i++) {
        uint64_t n = report_rows(out, vectors, &findings[i]);
        found += n;
        *problems += findings[i].problem ? n : 0;
    }
    found += report_columns(out, vectors);
    return found;
}

int gv_check_vectors(const char *path, const gv_convert_options *options, FILE *out, gv_error *err)
{
    const gv_vectors_options lenient = {.limit = options->limit,
                                        .format = options->from,
                                        .skip_damaged = true,
                                        .short_note = true,
                                        .lines = true,
                                        .words_path = options->words};
    gv_vectors *vectors;
    uint64_t problems;
    int status = gv_vectors_read_with(&vectors, path, &lenient, err);
    if (status != GV_OK)
        return status;
    gv_print_pad(out, path, 0);
    fprintf(out, ": %s%s, %zu vectors of %zu numbers\n", gv_convert_format_name(vectors->format),
            vectors->header ? " with a header line" : "", vectors->rows, vectors->dim);
    uint64_t found = report(out, vectors, &problems);
    gv_vectors_free(vectors);
    if (found == 0)
        fprintf(out, "  no problem found\n");
    if (fflush(out) != 0 || ferror(out))
        return gv_error_set_errno(err, "cannot write the results of the check");
    if (problems)
        return gv_error_set(err, GV_E_CORRUPT, "%s: %" PRIu64 " problem%s (see above)", path,
                            problems, problems == 1 ? "" : "s");
    return GV_OK;
}
