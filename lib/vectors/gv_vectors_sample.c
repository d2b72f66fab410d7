/*
 * What the first bytes of a vector file tell: a header line, and how many numbers a line has.
 */
#include "base/gv_decimal.h"
#include "base/gv_mem.h"
#include "vectors/gv_vectors_internal.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { SAMPLE_BYTES = 1 << 20, SAMPLE_LIMIT = 1 << 28, SAMPLE_LINES = 1000 };

/* Does a second line end in these bytes? */
static bool has_two_lines(const char *bytes, size_t n)
{
    const char *next, *end = bytes + n;
    gv_vectors_input_line_end(bytes, end, &next);
    if (next)
        gv_vectors_input_line_end(next, end, &next);
    return next != NULL;
}

int gv_vectors_take_sample(gv_vectors_sample *sample, gv_vectors_input *in, gv_error *err)
{
    for (size_t want = SAMPLE_BYTES;; want *= 4) {
        int status = gv_vectors_input_peek(in, want, &sample->bytes, &sample->n, err);
        if (status != GV_OK)
            return status;
        sample->whole = sample->n < want;
        /* a NUL says that the file is binary: there are no lines to wait for */
        if (sample->whole || want >= SAMPLE_LIMIT || memchr(sample->bytes, '\0', sample->n) ||
            has_two_lines(sample->bytes, sample->n))
            return GV_OK;
    }
}

const char *gv_vectors_trim_end(const char *line, const char *end)
{
    while (end > line && gv_vectors_is_space(end[-1]))
        end--;
    return end;
}

const char *gv_vectors_field_start(const char *line, const char *end)
{
    while (end > line && !gv_vectors_is_space(end[-1]))
        end--;
    return end;
}

/* A run of 1 to 18 digits at *p, followed by white space or the end. 18 digits stay below 2^63. */
static int take_number(const char **p, uint64_t *value)
{
    const char *start = *p;
    *value = 0;
    for (; **p >= '0' && **p <= '9' && *p - start < 18; (*p)++)
        *value = *value * 10 + (uint64_t)(**p - '0');
    return *p > start && (gv_vectors_is_space(**p) || **p == '\r' || **p == '\n' || **p == '\0');
}

gv_vectors_header gv_vectors_find_header(const gv_vectors_sample *sample)
{
    gv_vectors_header header = {0}, none = {0};
    const char *p = sample->bytes;
    if (!take_number(&p, &header.rows) || !gv_vectors_is_space(*p))
        return none;
    while (gv_vectors_is_space(*p))
        p++;
    if (!take_number(&p, &header.dim))
        return none;
    while (gv_vectors_is_space(*p))
        p++;
    if (*p == '\r')
        p++;
    if (*p == '\n')
        p++;
    /* a header may also be all that the file has, without a newline */
    else if (p[-1] != '\r' && (!sample->whole || p != sample->bytes + sample->n))
        return none;
    header.bytes = (size_t)(p - sample->bytes);
    header.found = true;
    return header;
}

/* How many fields at the end of the line are numbers; the first field is never counted. */
static int trailing_numbers(size_t *count, const char *line, const char *line_end, gv_error *err)
{
    char *text = gv_mem_strndup(line, (size_t)(line_end - line), err);
    if (!text)
        return GV_E_MEMORY;
    *count = 0;
    const char *end = text + (line_end - line);
    while ((end = gv_vectors_trim_end(text, end)) > text) {
        const char *start = gv_vectors_field_start(text, end);
        float value;
        if (start == text || !gv_decimal_get(start, &value))
            break;
        (*count)++;
        text[start - text] = '\0'; /* so that the field before it ends in a NUL */
        end = start;
    }
    gv_mem_free(text);
    return GV_OK;
}

static int compare_sizes(const void *a, const void *b)
{
    size_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

/* The most frequent of n numbers; of several such `stated`, else the smallest. The smaller, because
 * words that end in a number ("catch 22") make rows look longer, never shorter. */
static size_t most_frequent(size_t *numbers, size_t n, uint64_t stated)
{
    size_t best = 0, best_count = 0;
    qsort(numbers, n, sizeof *numbers, compare_sizes);
    for (size_t i = 0, run; i < n; i += run) {
        for (run = 1; i + run < n && numbers[i + run] == numbers[i]; run++)
            ;
        if (run > best_count || (run == best_count && numbers[i] == stated)) {
            best = numbers[i];
            best_count = run;
        }
    }
    return best;
}

int gv_vectors_text_dim(size_t *dim, const gv_vectors_sample *sample,
                        const gv_vectors_header *header, gv_error *err)
{
    *dim = 0;
    size_t *counts = gv_mem_alloc(SAMPLE_LINES, sizeof *counts, err);
    if (!counts)
        return GV_E_MEMORY;
    size_t n = 0;
    int status = GV_OK;
    const char *line = sample->bytes + header->bytes, *end = sample->bytes + sample->n;
    while (status == GV_OK && line < end && n < SAMPLE_LINES) {
        const char *next, *line_end = gv_vectors_input_line_end(line, end, &next);
        /* the sample ends in the middle of this line */
        if (!next && !sample->whole)
            break;
        /* binary: the lines before it decide */
        if (memchr(line, '\0', (size_t)(line_end - line)))
            break;
        if (gv_vectors_trim_end(line, line_end) > line)
            status = trailing_numbers(&counts[n++], line, line_end, err);
        line = next ? next : end;
    }
    /* a first line without any number may name the columns */
    size_t names = status == GV_OK && n > 1 && !header->found && counts[0] == 0;
    if (status == GV_OK)
        *dim = most_frequent(counts + names, n - names, header->dim);
    gv_mem_free(counts);
    return status;
}

/* The next field of a line, and the place behind it; NULL at the end. */
static const char *next_field(const char **at, const char *end)
{
    while (*at < end && gv_vectors_is_space(**at))
        (*at)++;
    const char *start = *at;
    while (*at < end && !gv_vectors_is_space(**at))
        (*at)++;
    return start < end ? start : NULL;
}

static size_t count_fields(const char *line, const char *end)
{
    size_t n = 0;
    while (next_field(&line, end))
        n++;
    return n;
}

/* Is the field the whole number `value`, in quotes or not? */
static bool is_whole(const char *start, const char *end, size_t value)
{
    char number[24];
    if (end - start > 2 && *start == '"' && end[-1] == '"') {
        start++;
        end--;
    }
    size_t n = (size_t)snprintf(number, sizeof number, "%zu", value);
    return (size_t)(end - start) == n && memcmp(start, number, n) == 0;
}

/* Is the field a name for the column of words? Others may be words of a row whose numbers happen to
 * be 0 1 2 ... */
static bool names_words(const char *start, const char *end)
{
    static const char *const names[] = {"\"\"",  "word", "words", "token", "tokens",
                                        "index", "term", "label", "name",  "key"};
    size_t n = (size_t)(end - start);
    bool quoted = n > 2 && *start == '"' && end[-1] == '"';
    start += quoted;
    n -= 2 * (size_t)quoted;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i]) == n && strncasecmp(start, names[i], n) == 0)
            return true;
    return false;
}

/* Does the field begin as a number does? Names of columns do not. */
static bool looks_like_number(const char *start, const char *end)
{
    float value;
    char copy[64];
    size_t n = (size_t)(end - start);
    if (n >= sizeof copy)
        return false;
    memcpy(copy, start, n);
    copy[n] = '\0';
    return gv_decimal_get(copy, &value) || (*start >= '0' && *start <= '9') || *start == '-' ||
           *start == '+' || *start == '.';
}

gv_vectors_frame gv_vectors_find_frame(const gv_vectors_sample *sample, size_t dim)
{
    const char *line = sample->bytes, *next, *at = line;
    const char *end = gv_vectors_input_line_end(line, line + sample->n, &next);
    size_t fields = count_fields(line, end), corner = fields - dim, counted = 0, named = 0;
    gv_vectors_frame frame = {0};
    if (!next || fields < dim || corner > 1)
        return frame;
    const char *first = corner ? next_field(&at, end) : NULL;
    bool words = !corner || names_words(first, at);
    for (size_t i = 0; i < dim; i++) {
        const char *start = next_field(&at, end);
        bool whole = is_whole(start, at, i);
        counted += whole;
        named += !whole && !looks_like_number(start, at);
        frame.quoted = *start == '"';
    }
    frame.found = named == dim || (dim > 2 && words && counted == dim);
    frame.quoted = frame.quoted && frame.found;
    return frame;
}
