#include "eval/gv_eval_sets.h"

#include "base/gv_mem.h"
#include "eval/gv_eval_sets_table.h"
#include <string.h>

#define WANTED "wanted: words, an empty line, outliers"

static gv_eval_sets_set *last_set(gv_eval_sets *sets)
{
    return sets->n > 0 ? &sets->set[sets->n - 1] : NULL;
}

/* Is the last set complete? `line` is where it begins. */
static int check_set(gv_eval_sets *sets, uint64_t line, gv_error *err)
{
    const gv_eval_sets_set *set = last_set(sets);
    if (!set || (set->words >= 2 && set->outliers > 0))
        return GV_OK;
    const char *what = set->words == 0  ? "no words"
                       : set->words < 2 ? "a single word; at least two are needed"
                                        : "no outliers";
    return gv_error_set(err, GV_E_CORRUPT, "%s:%lu: the set that begins here has %s; " WANTED,
                        sets->rows.path, (unsigned long)line, what);
}

static int add_set(gv_eval_sets *sets, gv_error *err)
{
    int status = gv_mem_reserve(&sets->set, &sets->room, sets->n + 1, sizeof *sets->set, err);
    if (status == GV_OK)
        sets->set[sets->n++] = (gv_eval_sets_set){.first = sets->words};
    return status;
}

static int append_word(gv_eval_sets *sets, const char *word, bool outlier, gv_error *err)
{
    gv_eval_sets_set *set = last_set(sets);
    int status =
        gv_mem_reserve(&sets->word, &sets->word_room, sets->words + 1, sizeof *sets->word, err);
    if (status != GV_OK)
        return status;
    sets->word[sets->words++] = word;
    *(outlier ? &set->outliers : &set->words) += 1;
    return GV_OK;
}

/* --- lines ------------------------------------------------------------------------------------ */

/* Where the reading is. */
typedef struct place {
    uint64_t line; /* of the set's beginning */
    bool outliers; /* the empty line of the set has come */
} place;

/* The line belongs to a new set, or to the other half of the present one. */
static int turn(gv_eval_sets *sets, place *at, const gv_eval_rows_line *line, gv_error *err)
{
    const gv_eval_sets_set *set = last_set(sets);
    const bool gap = line->after_empty && set && set->words > 0;
    if (set && !line->title && !(gap && at->outliers)) {
        at->outliers = at->outliers || gap;
        return GV_OK;
    }
    int status = check_set(sets, at->line, err);
    if (status == GV_OK)
        status = add_set(sets, err);
    *at = (place){.line = line->number};
    return status;
}

static int add_word(gv_eval_sets *sets, const place *at, size_t i, gv_error *err)
{
    const char *word = gv_eval_rows_text(&sets->rows, i);
    if (strchr(word, '\t'))
        return gv_error_set(err, GV_E_CORRUPT,
                            "%s:%lu: the line has several fields; wanted: one word a line",
                            sets->rows.path, (unsigned long)sets->rows.line[i].number);
    return append_word(sets, word, at->outliers, err);
}

static int read_lines(gv_eval_sets *sets, gv_error *err)
{
    const gv_eval_rows *rows = &sets->rows;
    place at = {0};
    int status = GV_OK;
    for (size_t i = 0; i < rows->n && status == GV_OK; i++) {
        status = turn(sets, &at, &rows->line[i], err);
        if (status == GV_OK && !rows->line[i].title)
            status = add_word(sets, &at, i, err);
    }
    return status == GV_OK ? check_set(sets, at.line, err) : status;
}

/* --- a table ---------------------------------------------------------------------------------- */

/* Add the words of the list in column `column` of line `i`. */
static int add_list(gv_eval_sets *sets, size_t i, size_t column, bool outliers, gv_error *err)
{
    const gv_eval_rows *rows = &sets->rows;
    const gv_eval_rows_line *line = &rows->line[i];
    char *at = column < line->n ? rows->field[line->first + column] : NULL, *item = NULL;
    bool good = at && *at == '[';
    int status = GV_OK;
    while (status == GV_OK && good && (item = gv_eval_sets_table_next(&at, &good)))
        if (*item)
            status = append_word(sets, item, outliers, err);
    if (status == GV_OK && !good)
        return gv_error_set(err, GV_E_CORRUPT,
                            "%s:%lu: column %zu is no list; wanted: ['word', 'word', ...]",
                            rows->path, (unsigned long)line->number, column + 1);
    return status;
}

static int read_table(gv_eval_sets *sets, gv_error *err)
{
    const gv_eval_rows *rows = &sets->rows;
    size_t column[GV_EVAL_SETS_TABLE_COLUMNS] = {0};
    int status = gv_eval_sets_table_cut(&sets->rows, column, err);
    for (size_t i = 1; i < rows->n && status == GV_OK; i++) {
        status = add_set(sets, err);
        if (status == GV_OK)
            status = add_list(sets, i, column[GV_EVAL_SETS_TABLE_WORDS], false, err);
        if (status == GV_OK)
            status = add_list(sets, i, column[GV_EVAL_SETS_TABLE_OUTLIERS], true, err);
        if (status == GV_OK)
            status = check_set(sets, rows->line[i].number, err);
    }
    if (status != GV_OK)
        return status;
    if (sets->n == 0)
        return gv_error_set(err, GV_E_CORRUPT, "%s: no sets below the header", rows->path);
    sets->note =
        gv_mem_format(err,
                      "line %lu is a header; the words are column %zu, the outliers column "
                      "%zu",
                      (unsigned long)rows->line[0].number, column[GV_EVAL_SETS_TABLE_WORDS] + 1,
                      column[GV_EVAL_SETS_TABLE_OUTLIERS] + 1);
    return sets->note ? GV_OK : GV_E_MEMORY;
}

/* --- all -------------------------------------------------------------------------------------- */

int gv_eval_sets_read(gv_eval_sets *sets, const char *path, gv_error *err)
{
    *sets = (gv_eval_sets){0};
    int status = gv_eval_rows_read(&sets->rows, path, true, err);
    if (status == GV_OK && sets->rows.n == 0)
        status = gv_error_set(err, GV_E_CORRUPT, "%s: no words in this file; " WANTED, path);
    if (status == GV_OK)
        status = gv_eval_sets_table_is(&sets->rows) ? read_table(sets, err) : read_lines(sets, err);
    if (status != GV_OK)
        gv_eval_sets_free(sets);
    return status;
}

void gv_eval_sets_free(gv_eval_sets *sets)
{
    gv_eval_rows_free(&sets->rows);
    gv_mem_free(sets->word);
    gv_mem_free(sets->set);
    gv_mem_free(sets->note);
    *sets = (gv_eval_sets){0};
}
