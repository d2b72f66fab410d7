#include "eval/gv_eval_questions.h"

#include "base/gv_mem.h"
#include "base/gv_text.h"
#include <ctype.h>
#include <string.h>

enum { FIELDS = 16 };
#define NONE SIZE_MAX

/* Which columns hold what. */
typedef struct layout {
    size_t columns; /* fields that most lines have */
    size_t word[4];
    size_t section; /* NONE: sections are lines of their own */
    size_t header;  /* index of the line, or NONE */
} layout;

/* --- layout ----------------------------------------------------------------------------------- */

static size_t usual_length(const gv_eval_rows *rows)
{
    size_t lines[FIELDS + 1] = {0}, usual = 0;
    for (size_t i = 0; i < rows->n; i++)
        if (!rows->line[i].title && rows->line[i].n <= FIELDS)
            lines[rows->line[i].n]++;
    for (size_t n = 1; n <= FIELDS; n++)
        if (lines[n] > 0 && lines[n] >= lines[usual])
            usual = n;
    return usual;
}

/* Do all lines have in this column what `is` says? */
static bool whole_column(const gv_eval_rows *rows, size_t column, bool (*is)(const char *field))
{
    for (size_t i = 0; i < rows->n; i++)
        if (!rows->line[i].title && !is(gv_eval_rows_field(rows, i, column)))
            return false;
    return true;
}

/* The name of a relation in Microsoft's set: JJ_JJR, NNPOS_NN. */
static bool is_relation(const char *field)
{
    size_t first = strspn(field, "ABCDEFGHIJKLMNOPQRSTUVWXYZ$");
    if (first == 0 || field[first] != '_')
        return false;
    size_t second = strspn(field + first + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ$");
    return second > 0 && field[first + 1 + second] == '\0';
}

static size_t column_named(const gv_eval_rows *rows, size_t line, const char *name)
{
    for (size_t c = 0; c < rows->line[line].n; c++)
        if (gv_eval_rows_same_name(gv_eval_rows_field(rows, line, c), name))
            return c;
    return NONE;
}

/* Is the line a header, with names such as word1 to word4? Then they say where the words are. */
static bool read_header(layout *l, const gv_eval_rows *rows, size_t line)
{
    static const char *const words[][4] = {{"word1", "word2", "word3", "word4"},
                                           {"w1", "w2", "w3", "w4"},
                                           {"term1", "term2", "term3", "term4"},
                                           {"worda", "wordb", "wordc", "wordd"},
                                           {"a", "b", "c", "d"}};
    static const char *const sections[] = {"section", "category", "relation", "type", NULL};
    size_t sets = sizeof words / sizeof *words;
    /* between blanks, "a b c d" may be a question */
    sets -= rows->separator == GV_EVAL_ROWS_BLANKS || rows->separator == GV_EVAL_ROWS_TABS;
    for (size_t s = 0; s < sets; s++) {
        size_t found = 0;
        while (found < 4 && (l->word[found] = column_named(rows, line, words[s][found])) != NONE)
            found++;
        if (found < 4)
            continue;
        for (size_t k = 0; sections[k] && l->section == NONE; k++)
            l->section = column_named(rows, line, sections[k]);
        l->header = line;
        return true;
    }
    return false;
}

static void find_layout(layout *l, const gv_eval_rows *rows)
{
    size_t first = 0, left_out = NONE;
    *l = (layout){.columns = usual_length(rows), .section = NONE, .header = NONE};
    while (first < rows->n && rows->line[first].title)
        first++;
    if (first < rows->n && read_header(l, rows, first))
        return;
    if (l->columns == 5) {
        for (size_t c = 0; c < 5 && l->section == NONE; c++)
            if (whole_column(rows, c, is_relation))
                left_out = l->section = c;
        if (l->section == NONE && gv_eval_rows_counts_lines(rows, 0, 0))
            left_out = 0;
    }
    for (size_t c = 0, k = 0; k < 4; c++)
        if (c != left_out)
            l->word[k++] = c;
    if (left_out == NONE)
        l->columns = 4;
}

/* --- questions -------------------------------------------------------------------------------- */

static int add_section(gv_eval_questions *q, const char *name, gv_error *err)
{
    int status =
        gv_mem_reserve(&q->section, &q->section_room, q->sections + 1, sizeof *q->section, err);
    if (status == GV_OK)
        q->section[q->sections++] = name;
    return status;
}

/* A line `: name`. */
static int title_line(gv_eval_questions *q, const gv_eval_rows_line *line, gv_error *err)
{
    char *name = q->rows.field[line->first];
    name += strspn(name, " \t:");
    size_t length = strlen(name);
    while (length > 0 && strchr(" \t", name[length - 1]))
        name[--length] = '\0';
    if (length == 0)
        return gv_error_set(err, GV_E_CORRUPT, "%s:%lu: the section has no name; expected ': name'",
                            q->rows.path, (unsigned long)line->number);
    return add_section(q, name, err);
}

/* Why a line is no question, as far as the whole file tells. */
static const char *hint(const gv_eval_rows *rows, size_t usual)
{
    const char *third = gv_eval_rows_field(rows, rows->n - 1, 2);
    if (usual == 3 && gv_eval_rows_number(NULL, third))
        return "; word pairs with scores belong in eval.similarity";
    if (usual == 3)
        return "; if another file has the fourth words (Microsoft's set), join the two: paste -d' "
               "' "
               "QUESTIONS ANSWERS";
    if (usual == 2)
        return "; pairs of words (BATS) are two words in every line, without sections";
    return "";
}

static int wrong_length(const gv_eval_rows *rows, size_t i, const layout *l, gv_error *err)
{
    const size_t n = rows->line[i].n;
    if (l->columns != 4)
        return gv_error_set(err, GV_E_CORRUPT,
                            "%s:%lu: found %zu fields separated by %s, but %zu "
                            "in most lines",
                            rows->path, (unsigned long)rows->line[i].number, n,
                            gv_eval_rows_separator_name(rows->separator), l->columns);
    return gv_error_set(err, GV_E_CORRUPT,
                        "%s:%lu: expected four words (a is to b as c is to d) or ': section', "
                        "found %zu%s",
                        rows->path, (unsigned long)rows->line[i].number, n,
                        hint(rows, usual_length(rows)));
}

/* The section that a column names, which may be new. */
static int choose_section(uint32_t *section, gv_eval_questions *q, const char *name, gv_error *err)
{
    for (size_t s = q->sections; s-- > 0;)
        if (strcmp(q->section[s], name) == 0) {
            *section = (uint32_t)s;
            return GV_OK;
        }
    *section = (uint32_t)q->sections;
    return add_section(q, name, err);
}

static int question_line(gv_eval_questions *q, const layout *l, size_t i, gv_error *err)
{
    const gv_eval_rows *rows = &q->rows;
    gv_eval_questions_question *question = &q->question[q->n];
    int status = GV_OK;
    bool complete = true;
    for (size_t k = 0; k < 4; k++) {
        question->word[k] = gv_eval_rows_field(rows, i, l->word[k]);
        complete = complete && *question->word[k] != '\0';
    }
    for (size_t k = l->columns; k < rows->line[i].n && l->header == NONE; k++)
        complete = complete && *gv_eval_rows_field(rows, i, k) == '\0';
    if (!complete)
        return wrong_length(rows, i, l, err);
    if (l->section != NONE)
        status =
            choose_section(&question->section, q, gv_eval_rows_field(rows, i, l->section), err);
    else if (q->sections == 0)
        status = add_section(q, q->default_name, err);
    if (status == GV_OK && l->section == NONE)
        question->section = (uint32_t)(q->sections - 1);
    q->n += status == GV_OK;
    return status;
}

/* --- all -------------------------------------------------------------------------------------- */

/* May the word be several forms, as in "d/e/f"? */
static bool has_forms(const char *word)
{
    const char *slash = strchr(word, '/');
    return slash && word[1] != '\0';
}

/* Note whether a second or fourth word has several forms; returns how many questions have several
 * answers. */
static size_t find_alternatives(gv_eval_questions *q)
{
    size_t several = 0;
    for (size_t i = 0; i < q->n; i++) {
        several += has_forms(q->question[i].word[3]);
        q->alternatives = q->alternatives || has_forms(q->question[i].word[1]);
    }
    q->alternatives = q->alternatives || several > 0;
    return several;
}

static int write_note(gv_eval_questions *q, const layout *l, gv_error *err)
{
    const gv_eval_rows *rows = &q->rows;
    const size_t several = find_alternatives(q);
    gv_text text = GV_TEXT_INIT;
    if (l->header != NONE)
        gv_text_printf(&text, "line %lu is a header", (unsigned long)rows->line[l->header].number);
    if (rows->separator == GV_EVAL_ROWS_COMMAS || rows->separator == GV_EVAL_ROWS_SEMICOLONS)
        gv_text_printf(&text, "%sfields are separated by %s", text.used ? "; " : "",
                       gv_eval_rows_separator_name(rows->separator));
    if (l->columns > 4)
        gv_text_printf(&text, "%sthe words are columns %zu, %zu, %zu and %zu",
                       text.used ? "; " : "", l->word[0] + 1, l->word[1] + 1, l->word[2] + 1,
                       l->word[3] + 1);
    if (l->section != NONE)
        gv_text_printf(&text, "%ssections are column %zu", text.used ? "; " : "", l->section + 1);
    if (several > 0)
        gv_text_printf(&text, "%s%zu question%s several right answers, with / between them",
                       text.used ? "; " : "", several, several == 1 ? " has" : "s have");
    if (text.used == 0 && !text.failed) {
        gv_text_drop(&text);
        return GV_OK;
    }
    return gv_text_take(&q->note, &text, err);
}

/* --- pairs of words --------------------------------------------------------------------------- */

/* Two words in every line, and no sections? */
static bool are_pairs(const gv_eval_rows *rows)
{
    for (size_t i = 0; i < rows->n; i++)
        if (rows->line[i].title || rows->line[i].n != 2)
            return false;
    return rows->n > 1;
}

static int check_pairs(const gv_eval_rows *rows, gv_error *err)
{
    for (size_t i = 0; i < rows->n; i++) {
        const char *answers = gv_eval_rows_field(rows, i, 1);
        if (*gv_eval_rows_field(rows, i, 0) == '\0' || *answers == '\0' || *answers == '/')
            return gv_error_set(err, GV_E_CORRUPT, "%s:%lu: a word is empty", rows->path,
                                (unsigned long)rows->line[i].number);
    }
    return GV_OK;
}

/* Every line asks for its second word, with every other line as the example. */
static int combine_pairs(gv_eval_questions *q, gv_error *err)
{
    enum { MOST = 500 }; /* questions grow with the square of the lines */
    const gv_eval_rows *rows = &q->rows;
    if (rows->n > MOST)
        return gv_error_set(err, GV_E_CORRUPT,
                            "%s: %zu pairs of words; at most %d can be combined to questions",
                            rows->path, rows->n, MOST);
    int status = check_pairs(rows, err);
    if (status == GV_OK)
        status = add_section(q, q->default_name, err);
    if (status != GV_OK)
        return status;
    q->question = gv_mem_alloc(rows->n * (rows->n - 1), sizeof *q->question, err);
    if (!q->question)
        return GV_E_MEMORY;
    q->alternatives = true;
    for (size_t i = 0; i < rows->n; i++)
        for (size_t j = 0; j < rows->n; j++)
            if (i != j)
                q->question[q->n++] = (gv_eval_questions_question){
                    .word = {gv_eval_rows_field(rows, i, 0), gv_eval_rows_field(rows, i, 1),
                             gv_eval_rows_field(rows, j, 0), gv_eval_rows_field(rows, j, 1)}};
    q->note = gv_mem_format(err, "%zu pairs of words make %zu questions", rows->n, q->n);
    return q->note ? GV_OK : GV_E_MEMORY;
}

static int read_questions(gv_eval_questions *q, gv_error *err)
{
    layout l;
    int status = gv_eval_rows_cut(&q->rows, 4, err);
    if (status != GV_OK)
        return status;
    if (are_pairs(&q->rows))
        return combine_pairs(q, err);
    find_layout(&l, &q->rows);
    q->question = gv_mem_alloc(q->rows.n, sizeof *q->question, err);
    if (!q->question)
        return GV_E_MEMORY;
    for (size_t i = 0; i < q->rows.n && status == GV_OK; i++)
        if (q->rows.line[i].title)
            status = title_line(q, &q->rows.line[i], err);
        else if (i != l.header)
            status = question_line(q, &l, i, err);
    if (status == GV_OK && q->n == 0)
        status = gv_error_set(err, GV_E_CORRUPT, "%s: no questions in this file", q->rows.path);
    return status == GV_OK ? write_note(q, &l, err) : status;
}

int gv_eval_questions_read(gv_eval_questions *q, const char *path, gv_error *err)
{
    *q = (gv_eval_questions){0};
    int status = gv_eval_rows_read(&q->rows, path, true, err);
    if (status == GV_OK && !(q->default_name = gv_eval_rows_name_of(path, err)))
        status = GV_E_MEMORY;
    if (status == GV_OK)
        status = read_questions(q, err);
    if (status != GV_OK)
        gv_eval_questions_free(q);
    return status;
}

void gv_eval_questions_free(gv_eval_questions *q)
{
    gv_eval_rows_free(&q->rows);
    gv_mem_free(q->question);
    gv_mem_free(q->section);
    gv_mem_free(q->default_name);
    gv_mem_free(q->note);
    *q = (gv_eval_questions){0};
}
