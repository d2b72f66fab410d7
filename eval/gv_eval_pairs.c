#include "eval/gv_eval_pairs.h"

#include "base/gv_mem.h"
#include "eval/gv_eval_pairs_layout.h"
#include <string.h>
#include <strings.h>

/* --- parts of speech -------------------------------------------------------------------------- */

size_t gv_eval_pairs_stem(const char *word)
{
    static const char *const tags[] = {"n",   "v",   "a",   "j",   "r",    "s",    "nn", "nns",
                                       "vb",  "vbd", "vbg", "vbn", "vbz",  "vbp",  "jj", "jjr",
                                       "jjs", "rb",  "adj", "adv", "noun", "verb", NULL};
    size_t length = strlen(word), at = length;
    while (at > 0 && !strchr("-_#/", word[at - 1]))
        at--;
    if (at < 2)
        return 0;
    for (size_t i = 0; tags[i]; i++)
        if (strcasecmp(word + at, tags[i]) == 0)
            return at - 1;
    return 0;
}

static bool all_tagged(const gv_eval_pairs *pairs)
{
    for (size_t i = 0; i < pairs->n; i++)
        for (size_t k = 0; k < 2; k++)
            if (gv_eval_pairs_stem(pairs->pair[i].word[k]) == 0)
                return false;
    return true;
}

/* --- lines ------------------------------------------------------------------------------------ */

/* A word or the score is missing. */
static int incomplete(const gv_eval_pairs_layout *layout, size_t i, size_t column, gv_error *err)
{
    const gv_eval_rows_line *line = &layout->rows->line[i];
    return gv_error_set(err, GV_E_CORRUPT,
                        "%s:%lu: column %zu is empty: expected words in columns %zu and %zu and a "
                        "score in column %zu%s",
                        layout->rows->path, (unsigned long)line->number, column + 1,
                        layout->word[0] + 1, layout->word[1] + 1, layout->score + 1,
                        i == 0 && line->n < 3 ? "; begin a title with #" : "");
}

static int read_line(gv_eval_pairs_pair *pair, const gv_eval_pairs_layout *layout, size_t i,
                     gv_error *err)
{
    const gv_eval_rows *rows = layout->rows;
    const char *score = gv_eval_rows_field(rows, i, layout->score);
    for (size_t k = 0; k < 2; k++) {
        pair->word[k] = gv_eval_rows_field(rows, i, layout->word[k]);
        if (*pair->word[k] == '\0')
            return incomplete(layout, i, layout->word[k], err);
    }
    if (*score == '\0')
        return incomplete(layout, i, layout->score, err);
    if (!gv_eval_rows_number(&pair->score, score))
        return gv_error_set(err, GV_E_CORRUPT, "%s:%lu: the score '%.40s' is not a number",
                            rows->path, (unsigned long)rows->line[i].number, score);
    return GV_OK;
}

/* Decimal commas in all scores, or in none: "1,234" beside "5.6" may be a thousand. */
static int check_commas(bool *commas, const gv_eval_pairs_layout *layout, gv_error *err)
{
    const gv_eval_rows *rows = layout->rows;
    size_t point = SIZE_MAX, comma = SIZE_MAX;
    for (size_t i = layout->from; i < rows->n; i++) {
        const char *score = gv_eval_rows_field(rows, i, layout->score);
        if (!gv_eval_rows_number(NULL, score))
            continue;
        if (strchr(score, '.'))
            point = i;
        if (strchr(score, ','))
            comma = i;
    }
    *commas = comma != SIZE_MAX;
    if (comma == SIZE_MAX || point == SIZE_MAX)
        return GV_OK;
    return gv_error_set(
        err, GV_E_CORRUPT, "%s:%lu: the score '%.40s' has a comma, that of line %lu a point",
        rows->path, (unsigned long)rows->line[comma].number,
        gv_eval_rows_field(rows, comma, layout->score), (unsigned long)rows->line[point].number);
}

static int write_note(gv_eval_pairs *pairs, const gv_eval_pairs_layout *layout, bool commas,
                      gv_error *err)
{
    gv_text text = GV_TEXT_INIT;
    gv_eval_pairs_layout_describe(&text, layout);
    if (commas)
        gv_text_printf(&text, "%sthe scores have decimal commas", text.used ? "; " : "");
    if (pairs->tagged)
        gv_text_printf(&text,
                       "%sthe words end in a part of speech (\"%.60s\"), which is left out where "
                       "the vectors have none",
                       text.used ? "; " : "", pairs->pair[0].word[0]);
    if (text.used == 0 && !text.failed) {
        gv_text_drop(&text);
        return GV_OK;
    }
    return gv_text_take(&pairs->note, &text, err);
}

static int read_pairs(gv_eval_pairs *pairs, gv_error *err)
{
    gv_eval_pairs_layout layout;
    bool commas = false;
    int status = gv_eval_rows_cut(&pairs->rows, 3, err);
    if (status == GV_OK)
        status = gv_eval_pairs_layout_find(&layout, &pairs->rows, err);
    if (status != GV_OK)
        return status;
    pairs->pair = gv_mem_alloc(pairs->rows.n, sizeof *pairs->pair, err);
    if (!pairs->pair)
        return GV_E_MEMORY;
    status = check_commas(&commas, &layout, err);
    for (size_t i = layout.from; i < pairs->rows.n && status == GV_OK; i++)
        status = read_line(&pairs->pair[pairs->n++], &layout, i, err);
    if (status != GV_OK)
        return status;
    pairs->tagged = all_tagged(pairs);
    return write_note(pairs, &layout, commas, err);
}

int gv_eval_pairs_read(gv_eval_pairs *pairs, const char *path, gv_error *err)
{
    *pairs = (gv_eval_pairs){0};
    int status = gv_eval_rows_read(&pairs->rows, path, false, err);
    if (status == GV_OK && pairs->rows.n == 0)
        status = gv_error_set(err, GV_E_CORRUPT, "%s: no word pairs in this file", path);
    if (status == GV_OK)
        status = read_pairs(pairs, err);
    if (status != GV_OK)
        gv_eval_pairs_free(pairs);
    return status;
}

void gv_eval_pairs_free(gv_eval_pairs *pairs)
{
    gv_eval_rows_free(&pairs->rows);
    gv_mem_free(pairs->pair);
    gv_mem_free(pairs->note);
    *pairs = (gv_eval_pairs){0};
}
