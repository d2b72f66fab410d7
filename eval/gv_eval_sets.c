#include "eval/gv_eval_sets.h"

#include "base/gv_mem.h"
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
    gv_eval_sets_set *set = last_set(sets);
    const char *word = gv_eval_rows_text(&sets->rows, i);
    if (strchr(word, '\t'))
        return gv_error_set(err, GV_E_CORRUPT,
                            "%s:%lu: the line has several fields; wanted: one "
                            "word a line",
                            sets->rows.path, (unsigned long)sets->rows.line[i].number);
    sets->word[sets->words++] = word;
    *(at->outliers ? &set->outliers : &set->words) += 1;
    return GV_OK;
}

static int read_sets(gv_eval_sets *sets, gv_error *err)
{
    const gv_eval_rows *rows = &sets->rows;
    place at = {0};
    int status = GV_OK;
    sets->word = gv_mem_alloc(rows->n, sizeof *sets->word, err);
    if (!sets->word)
        return GV_E_MEMORY;
    for (size_t i = 0; i < rows->n && status == GV_OK; i++) {
        status = turn(sets, &at, &rows->line[i], err);
        if (status == GV_OK && !rows->line[i].title)
            status = add_word(sets, &at, i, err);
    }
    return status == GV_OK ? check_set(sets, at.line, err) : status;
}

int gv_eval_sets_read(gv_eval_sets *sets, const char *path, gv_error *err)
{
    *sets = (gv_eval_sets){0};
    int status = gv_eval_rows_read(&sets->rows, path, true, err);
    if (status == GV_OK && sets->rows.n == 0)
        status = gv_error_set(err, GV_E_CORRUPT, "%s: no words in this file; " WANTED, path);
    if (status == GV_OK)
        status = read_sets(sets, err);
    if (status != GV_OK)
        gv_eval_sets_free(sets);
    return status;
}

void gv_eval_sets_free(gv_eval_sets *sets)
{
    gv_eval_rows_free(&sets->rows);
    gv_mem_free(sets->word);
    gv_mem_free(sets->set);
    *sets = (gv_eval_sets){0};
}
