#include "vectors/gv_vectors_labels.h"

#include "base/gv_mem.h"
#include "text/gv_lines.h"
#include "vectors/gv_vectors_internal.h"
#include <string.h>
#include <strings.h>

struct gv_vectors_labels {
    gv_lines *lines;
    char *path;
    bool table;
    bool begun;
    size_t column; /* of a table: that of the words */
};

int gv_vectors_labels_open(gv_vectors_labels **result, const char *path, bool table, gv_error *err)
{
    *result = NULL;
    gv_vectors_labels *labels = gv_mem_alloc_zero(1, sizeof *labels, err);
    if (!labels)
        return GV_E_MEMORY;
    labels->table = table;
    labels->path = gv_mem_strdup(path, err);
    int status = labels->path ? gv_lines_open(&labels->lines, path, err) : GV_E_MEMORY;
    if (status == GV_OK)
        *result = labels;
    else
        gv_vectors_labels_close(labels);
    return status;
}

void gv_vectors_labels_close(gv_vectors_labels *labels)
{
    if (!labels)
        return;
    gv_lines_close(labels->lines);
    gv_mem_free(labels->path);
    gv_mem_free(labels);
}

/* --- words, one a line ------------------------------------------------------------------------ */

/* Cut the count that follows the word in vocab.txt off. The file may be a vocab.txt, or a list of
 * words only; a word of digits alone stays. */
static void cut_count(gv_vectors_labels_word *label)
{
    const char *line = label->text;
    size_t digits = label->length;
    while (digits > 0 && line[digits - 1] >= '0' && line[digits - 1] <= '9')
        digits--;
    if (digits < 2 || digits == label->length || !gv_vectors_is_space(line[digits - 1]))
        return;
    for (size_t i = digits; i < label->length && i < digits + 18; i++)
        label->count = label->count * 10 + (uint64_t)(line[i] - '0');
    label->length = (size_t)(gv_vectors_trim_end(line, line + digits) - line);
}

static void take_word(gv_vectors_labels_word *label, const char *line, const char *end)
{
    while (line < end && gv_vectors_is_space(*line))
        line++;
    *label = (gv_vectors_labels_word){.text = line, .length = (size_t)(end - line)};
    cut_count(label);
}

/* --- a table ---------------------------------------------------------------------------------- */

/* The field of a column, in the line that ends at `end`; NULL if it has not so many. */
static const char *find_column(const char *line, const char *end, size_t column, size_t *length)
{
    for (; column > 0 && line; column--) {
        const char *tab = memchr(line, '\t', (size_t)(end - line));
        line = tab ? tab + 1 : NULL;
    }
    const char *tab = line ? memchr(line, '\t', (size_t)(end - line)) : NULL;
    *length = line ? (size_t)((tab ? tab : end) - line) : 0;
    return line;
}

static bool names_words(const char *field, size_t length)
{
    static const char *const names[] = {"word", "words", "label", "labels", "name", "token"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i]) == length && strncasecmp(names[i], field, length) == 0)
            return true;
    return false;
}

/* Is the first line a line of names? Finds the column of the words in it. */
static bool take_names(gv_vectors_labels *labels, const char *line, const char *end)
{
    const bool several = memchr(line, '\t', (size_t)(end - line)) != NULL;
    size_t length, column = 0;
    const char *field;
    for (; (field = find_column(line, end, column, &length)); column++)
        if (names_words(field, length)) {
            labels->column = column;
            return true;
        }
    return several;
}

/* --- both ------------------------------------------------------------------------------------- */

int gv_vectors_labels_next(gv_vectors_labels *labels, gv_vectors_labels_word *label, gv_error *err)
{
    char *line;
    size_t length;
    for (;;) {
        int status = gv_lines_next(labels->lines, &line, &length, err);
        *label = (gv_vectors_labels_word){0};
        if (status != GV_OK || !line)
            return status;
        const bool first = !labels->begun;
        labels->begun = true;
        const char *end = line + length;
        if (labels->table && first && take_names(labels, line, end))
            continue;
        if (labels->table) {
            label->text = find_column(line, end, labels->column, &label->length);
            return label->text
                       ? GV_OK
                       : gv_error_set(err, GV_E_CORRUPT,
                                      "%s: line %lu has no column %zu, that of the words",
                                      labels->path, (unsigned long)gv_lines_number(labels->lines),
                                      labels->column + 1);
        }
        end = gv_vectors_trim_end(line, end);
        take_word(label, line, end);
        if (label->length > 0)
            return GV_OK;
    }
}

int gv_vectors_labels_for(gv_vectors_labels *labels, gv_vectors_labels_word *label,
                          const char *path, size_t row, bool last, gv_error *err)
{
    int status = gv_vectors_labels_next(labels, label, err);
    if (status != GV_OK || label->text)
        return status;
    if (last) {
        *label = (gv_vectors_labels_word){.text = "<unk>", .length = 5};
        return GV_OK;
    }
    return gv_error_set(err, GV_E_CORRUPT,
                        "the file of words %s has only %zu lines, but %s has more rows; is it of "
                        "other vectors?",
                        labels->path, row, path);
}

int gv_vectors_labels_end(gv_vectors_labels *labels, const char *path, size_t rows, gv_error *err)
{
    gv_vectors_labels_word label;
    int status = gv_vectors_labels_next(labels, &label, err);
    if (status == GV_OK && label.text)
        return gv_error_set(err, GV_E_CORRUPT,
                            "%s has more lines than %s has rows (%zu); is it of other vectors?",
                            labels->path, path, rows);
    return status;
}
