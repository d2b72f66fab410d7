/*
 * The kind of a column is that of most of its fields, so that one bad line is an error of that
 * line and does not change how the others are read. The header, if there is one, names columns;
 * without one the score is the first column of numbers behind the words. What only looks like a
 * score (line numbers, ranks) is passed over as long as another column of numbers remains.
 */
#include "eval/gv_eval_pairs_layout.h"

#include "base/gv_mem.h"
#include "eval/gv_eval_pairs_names.h"
#include "eval/gv_eval_spearman.h"
#include <math.h>
#include <string.h>
#include <strings.h>

#define WANTED "wanted: word TAB word TAB score"

enum kind { EMPTY, WORD, TAG /* a part of speech or another class */, NUMBER };
enum { NONE = GV_EVAL_PAIRS_LAYOUT_COLUMNS };

static unsigned long line_number(const gv_eval_pairs_layout *layout, size_t i)
{
    return (unsigned long)layout->rows->line[i].number;
}

/* --- kinds of columns ------------------------------------------------------------------------- */

/* From the second line on, as the first may be a header; of a single line from that. */
static enum kind kind_of(const gv_eval_rows *rows, size_t column)
{
    size_t from = rows->n > 1, filled = 0, numbers = 0;
    for (size_t i = from; i < rows->n; i++) {
        const char *field = gv_eval_rows_field(rows, i, column);
        filled += *field != '\0';
        numbers += gv_eval_rows_number(NULL, field);
    }
    return filled == 0 ? EMPTY : 2 * numbers >= rows->n - from ? NUMBER : WORD;
}

static size_t count_kind(const gv_eval_pairs_layout *layout, enum kind kind)
{
    size_t n = 0;
    for (size_t c = 0; c < layout->columns; c++)
        n += layout->kind[c] == kind;
    return n;
}

static bool part_of_speech(const char *field)
{
    static const char *const tags[] = {"n",   "v",   "a",         "j",      "r",  "s",    "adj",
                                       "adv", "nn",  "vb",        "jj",     "rb", "noun", "verb",
                                       "nns", "nnp", "adjective", "adverb", NULL};
    for (size_t i = 0; tags[i]; i++)
        if (strcasecmp(field, tags[i]) == 0)
            return true;
    return false;
}

/* Parts of speech, or a few short classes that come again and again. */
static bool is_tag(const gv_eval_pairs_layout *layout, size_t column)
{
    enum { CLASSES = 16, OFTEN = 8 };
    const gv_eval_rows *rows = layout->rows;
    const char *seen[CLASSES];
    size_t classes = 0, known = 0, n = rows->n - layout->from;
    for (size_t i = layout->from; i < rows->n; i++) {
        const char *field = gv_eval_rows_field(rows, i, column);
        size_t k = 0;
        known += part_of_speech(field);
        while (k < classes && strcmp(seen[k], field) != 0)
            k++;
        if (k == classes && k < CLASSES)
            seen[classes++] = field;
        else if (k == classes)
            return known == n;
    }
    return known == n || classes * OFTEN <= n;
}

/* --- the header ------------------------------------------------------------------------------- */

static const char *name_of(const gv_eval_pairs_layout *layout, size_t column)
{
    return layout->named && column >= layout->shift
               ? gv_eval_rows_field(layout->rows, 0, column - layout->shift)
               : "";
}

/* Is line 0 a header: does a name stand above the numbers? */
static bool is_header(const gv_eval_pairs_layout *layout)
{
    const gv_eval_rows *rows = layout->rows;
    if (rows->n < 2)
        return false;
    for (size_t c = 0; c < layout->columns; c++) {
        const char *field = gv_eval_rows_field(rows, 0, c);
        if (layout->kind[c] == NUMBER && *field != '\0')
            return gv_eval_rows_name(field);
    }
    /* fewer names than columns, so that none stands above the numbers */
    const size_t names = rows->line[0].n;
    return names > 0 && names < layout->columns &&
           gv_eval_pairs_names_score_of(gv_eval_rows_field(rows, 0, names - 1)) >=
               GV_EVAL_PAIRS_NAMES_LIKELY;
}

static int read_header(gv_eval_pairs_layout *layout, gv_error *err)
{
    const gv_eval_rows *rows = layout->rows;
    if (!is_header(layout))
        return GV_OK;
    const size_t names = rows->line[0].n;
    layout->from = 1;
    layout->shift = names + 1 == layout->columns && gv_eval_rows_counts_lines(rows, 0, 1);
    const bool enough = names + layout->shift >= layout->columns;
    layout->named =
        rows->separator == GV_EVAL_ROWS_BLANKS ? names + layout->shift == layout->columns : enough;
    if (!enough && rows->separator == GV_EVAL_ROWS_COMMAS)
        return gv_error_set(err, GV_E_CORRUPT,
                            "%s:%lu: %zu fields below a header of %zu; if the numbers have decimal "
                            "commas, separate the fields with tabs",
                            rows->path, line_number(layout, 1), layout->columns, names);
    return GV_OK;
}

/* --- the score -------------------------------------------------------------------------------- */

static size_t list_columns(gv_text *text, const gv_eval_pairs_layout *layout)
{
    size_t n = 0;
    for (size_t c = 0; c < layout->columns; c++)
        if (layout->kind[c] == NUMBER)
            gv_text_printf(text, "%s%zu \"%.40s\"", n++ ? ", " : "", c + 1, name_of(layout, c));
    return n;
}

static int score_by_name(gv_eval_pairs_layout *layout, gv_error *err)
{
    size_t found[GV_EVAL_PAIRS_NAMES_SURELY + 1] = {0}, first[GV_EVAL_PAIRS_NAMES_SURELY + 1] = {
                                                            NONE, NONE, NONE, NONE};
    for (size_t c = layout->columns; c-- > 0;)
        if (layout->kind[c] == NUMBER) {
            enum gv_eval_pairs_names_score likely =
                gv_eval_pairs_names_score_of(name_of(layout, c));
            found[likely]++;
            first[likely] = c;
        }
    layout->score = first[GV_EVAL_PAIRS_NAMES_SURELY];
    if (layout->score == NONE)
        layout->score = first[GV_EVAL_PAIRS_NAMES_LIKELY];
    if (layout->score == NONE && found[GV_EVAL_PAIRS_NAMES_PERHAPS] == 1)
        layout->score = first[GV_EVAL_PAIRS_NAMES_PERHAPS];
    if (layout->score != NONE)
        return GV_OK;
    gv_text columns = GV_TEXT_INIT;
    list_columns(&columns, layout);
    int status = gv_error_set(err, GV_E_CORRUPT,
                              "%s:%lu: which column is the score? The header calls the columns of "
                              "numbers %s; name one \"score\"",
                              layout->rows->path, line_number(layout, 0),
                              columns.bytes ? columns.bytes : "");
    gv_text_drop(&columns);
    return status;
}

/* Are the column's numbers the ranks 1 .. n, in any order? */
static int are_ranks(bool *ranks, const gv_eval_pairs_layout *layout, size_t column, gv_error *err)
{
    const gv_eval_rows *rows = layout->rows;
    size_t n = rows->n - layout->from;
    double *value = gv_mem_alloc(n, sizeof *value, err), *rank = gv_mem_alloc(n, sizeof *rank, err);
    int status = value && rank ? GV_OK : GV_E_MEMORY;
    *ranks = status == GV_OK && n >= 3;
    for (size_t i = 0; i < n && *ranks; i++)
        *ranks = gv_eval_rows_number(&value[i], gv_eval_rows_field(rows, layout->from + i, column));
    if (*ranks)
        status = gv_eval_spearman_ranks(rank, value, n, err);
    for (size_t i = 0; i < n && *ranks && status == GV_OK; i++)
        *ranks = fabs(rank[i] - value[i]) <= 0.0;
    gv_mem_free(value);
    gv_mem_free(rank);
    return status;
}

/* The first column of numbers from `begin` on that is neither ranks nor line numbers; else, if it
 * is the only one, that one. */
static int score_behind(gv_eval_pairs_layout *layout, size_t begin, gv_error *err)
{
    size_t only = NONE, candidates = 0;
    layout->score = NONE;
    for (size_t c = begin; c < layout->columns; c++) {
        bool ranks = false;
        if (layout->kind[c] != NUMBER)
            continue;
        candidates++;
        only = c;
        int status = are_ranks(&ranks, layout, c, err);
        if (status != GV_OK)
            return status;
        if (ranks || gv_eval_rows_counts_lines(layout->rows, c, layout->from))
            continue;
        layout->score = c;
        return GV_OK;
    }
    if (candidates == 1)
        layout->score = only;
    return GV_OK;
}

/* "dog,cat,7,35": a score of 7 and another number, or of 7.35? */
static bool may_be_decimal_comma(const gv_eval_pairs_layout *layout)
{
    size_t s = layout->score;
    if (layout->rows->separator != GV_EVAL_ROWS_COMMAS || s + 2 != layout->columns ||
        layout->kind[s + 1] != NUMBER)
        return false;
    for (size_t i = layout->from; i < layout->rows->n; i++)
        for (size_t c = s; c < s + 2; c++) {
            const char *field = gv_eval_rows_field(layout->rows, i, c);
            if (field[strspn(field, "0123456789")] != '\0')
                return false;
        }
    return true;
}

static int score_by_place(gv_eval_pairs_layout *layout, gv_error *err)
{
    size_t c = 0, words = 0;
    for (; c < layout->columns && words < 2; c++)
        words += layout->kind[c] == WORD;
    int status =
        score_behind(layout, layout->columns == 3 && layout->kind[2] == NUMBER ? 2 : c, err);
    if (status == GV_OK && layout->score == NONE && words == 2) {
        status = score_behind(layout, 0, err);
        if (layout->score != NONE &&
            gv_eval_rows_counts_lines(layout->rows, layout->score, layout->from))
            layout->score = NONE;
    }
    if (status == GV_OK && layout->score != NONE && may_be_decimal_comma(layout))
        return gv_error_set(err, GV_E_CORRUPT,
                            "%s:%lu: are the last two fields two columns, or a number with a "
                            "decimal comma? Name the columns in a first line, or separate the "
                            "fields with tabs",
                            layout->rows->path, line_number(layout, layout->from));
    return status;
}

/* --- the words -------------------------------------------------------------------------------- */

static bool words_by_name(gv_eval_pairs_layout *layout)
{
    static const char *const pairs[][2] = {{"word1", "word2"}, {"w1", "w2"},
                                           {"noun1", "noun2"}, {"verb1", "verb2"},
                                           {"term1", "term2"}, {"worda", "wordb"}};
    for (size_t p = 0; p < sizeof pairs / sizeof *pairs; p++) {
        size_t found[2] = {NONE, NONE};
        for (size_t c = layout->columns; c-- > 0;)
            for (size_t k = 0; k < 2; k++)
                if (gv_eval_rows_same_name(name_of(layout, c), pairs[p][k]))
                    found[k] = c;
        if (found[0] != NONE && found[1] != NONE) {
            layout->word[0] = found[0];
            layout->word[1] = found[1];
            return true;
        }
    }
    return false;
}

static void mark_tags(gv_eval_pairs_layout *layout)
{
    for (size_t c = 0; c < layout->columns; c++)
        if (layout->kind[c] == WORD && is_tag(layout, c))
            layout->kind[c] = TAG;
}

/* The columns of words before the score, if those are two or more, else of the whole line; what
 * follows the score is remarks. */
static size_t count_words(gv_eval_pairs_layout *layout)
{
    size_t words = 0, before = 0;
    for (size_t c = 0; c < layout->columns; c++)
        if (layout->kind[c] == WORD) {
            if (words < 2)
                layout->word[words] = c;
            words++;
            before += c < layout->score;
        }
    return before >= 2 ? before : words;
}

static int find_words(gv_eval_pairs_layout *layout, gv_error *err)
{
    if (words_by_name(layout))
        return GV_OK;
    if (layout->columns == 3 && layout->score == 2) { /* words may look like numbers */
        layout->word[0] = 0;
        layout->word[1] = 1;
        return GV_OK;
    }
    size_t words = count_words(layout);
    if (words > 2) {
        mark_tags(layout);
        words = count_words(layout);
    }
    if (words == 2)
        return GV_OK;
    return gv_error_set(err, GV_E_CORRUPT,
                        "%s:%lu: %zu columns of words, and two are compared%s; " WANTED,
                        layout->rows->path, line_number(layout, layout->from), words,
                        words > 2 ? ": name them word1 and word2 in a first line" : "");
}

/* No column can be the score: say what the first line looks like. */
static int no_score(const gv_eval_pairs_layout *layout, gv_error *err)
{
    const gv_eval_rows *rows = layout->rows;
    const size_t i = layout->from, n = layout->columns;
    if (n == 3 && layout->kind[2] == WORD)
        return gv_error_set(err, GV_E_CORRUPT, "%s:%lu: the score '%.40s' is not a number; " WANTED,
                            rows->path, line_number(layout, i), gv_eval_rows_field(rows, i, 2));
    if (count_kind(layout, NUMBER) > 0 && count_kind(layout, WORD) >= 2)
        return gv_error_set(err, GV_E_CORRUPT,
                            "%s:%lu: no score: the only numbers of the lines count them; " WANTED,
                            rows->path, line_number(layout, i));
    return gv_error_set(err, GV_E_CORRUPT, "%s:%lu: found %zu field%s%s; " WANTED, rows->path,
                        line_number(layout, i), n, n == 1 ? "" : "s",
                        n < 3    ? " (if another file has the scores: paste WORDS SCORES)"
                        : n == 4 ? " and no score (analogy questions belong in eval.analogies)"
                                 : " and no score");
}

/* --- all -------------------------------------------------------------------------------------- */

/* The number of fields that most lines have; of two that are as frequent, the last line's. */
static size_t usual_length(const gv_eval_rows *rows)
{
    size_t lines[GV_EVAL_PAIRS_LAYOUT_COLUMNS + 1] = {0}, usual = 0;
    for (size_t i = 0; i < rows->n; i++)
        if (rows->line[i].n <= GV_EVAL_PAIRS_LAYOUT_COLUMNS)
            usual = rows->line[i].n, lines[usual]++;
    for (size_t n = 1; n <= GV_EVAL_PAIRS_LAYOUT_COLUMNS; n++)
        if (lines[n] > lines[usual])
            usual = n;
    return usual;
}

static int check_length(const gv_eval_pairs_layout *layout, gv_error *err)
{
    const gv_eval_rows *rows = layout->rows;
    for (size_t i = layout->from; i < rows->n; i++)
        for (size_t k = layout->columns; k < rows->line[i].n; k++)
            if (*gv_eval_rows_field(rows, i, k))
                return gv_error_set(
                    err, GV_E_CORRUPT,
                    "%s:%lu: found %zu fields separated by %s, but %zu in most lines; " WANTED,
                    rows->path, line_number(layout, i), rows->line[i].n,
                    gv_eval_rows_separator_name(rows->separator), layout->columns);
    return GV_OK;
}

int gv_eval_pairs_layout_find(gv_eval_pairs_layout *layout, const gv_eval_rows *rows, gv_error *err)
{
    *layout = (gv_eval_pairs_layout){
        .rows = rows, .columns = usual_length(rows), .score = NONE, .word = {NONE, NONE}};
    for (size_t c = 0; c < layout->columns; c++)
        layout->kind[c] = (unsigned char)kind_of(rows, c);
    int status = read_header(layout, err);
    if (status == GV_OK)
        status = check_length(layout, err);
    if (status == GV_OK && count_kind(layout, NUMBER) == 0)
        return no_score(layout, err);
    if (status == GV_OK)
        status = layout->named ? score_by_name(layout, err) : score_by_place(layout, err);
    if (status == GV_OK && layout->score == NONE)
        return no_score(layout, err);
    if (status == GV_OK)
        status = find_words(layout, err);
    if (status == GV_OK)
        status = are_ranks(&layout->ranks, layout, layout->score, err);
    return status;
}

void gv_eval_pairs_layout_describe(gv_text *text, const gv_eval_pairs_layout *layout)
{
    const gv_eval_rows *rows = layout->rows;
    const char *between = "";
    if (layout->from > 0) {
        gv_text_printf(text, "line %lu is a header", line_number(layout, 0));
        between = "; ";
    }
    if (rows->separator == GV_EVAL_ROWS_COMMAS || rows->separator == GV_EVAL_ROWS_SEMICOLONS) {
        gv_text_printf(text, "%sfields are separated by %s", between,
                       gv_eval_rows_separator_name(rows->separator));
        between = "; ";
    }
    if (layout->word[0] != 0 || layout->word[1] != 1) {
        gv_text_printf(text, "%sthe words are columns %zu and %zu", between, layout->word[0] + 1,
                       layout->word[1] + 1);
        between = "; ";
    }
    if (layout->columns > 3 || layout->score != 2 || layout->from > 0) {
        const char *name = name_of(layout, layout->score);
        gv_text_printf(text, "%sthe score is column %zu of %zu", between, layout->score + 1,
                       layout->columns);
        if (*name)
            gv_text_printf(text, " (\"%.60s\")", name);
        between = "; ";
    }
    if (layout->ranks)
        gv_text_printf(text,
                       "%sthe scores are the ranks 1 to %zu, and a larger number counts as "
                       "more alike",
                       between, rows->n - layout->from);
}
