#include "eval/gv_eval_sets_table.h"

#include <string.h>

static const char *const names[GV_EVAL_SETS_TABLE_COLUMNS] = {"words", "outliers"};

bool gv_eval_sets_table_is(const gv_eval_rows *rows)
{
    const char *text = rows->text + rows->line[0].offset;
    return strchr(text, ',') && strstr(text, names[0]) && strstr(text, names[1]);
}

int gv_eval_sets_table_cut(gv_eval_rows *rows, size_t column[GV_EVAL_SETS_TABLE_COLUMNS],
                           gv_error *err)
{
    int status = gv_eval_rows_cut(rows, GV_EVAL_SETS_TABLE_COLUMNS, err);
    for (size_t k = 0; k < GV_EVAL_SETS_TABLE_COLUMNS && status == GV_OK; k++) {
        column[k] = 0;
        while (column[k] < rows->line[0].n &&
               !gv_eval_rows_same_name(gv_eval_rows_field(rows, 0, column[k]), names[k]))
            column[k]++;
        if (column[k] == rows->line[0].n)
            status = gv_error_set(err, GV_E_CORRUPT, "%s:%lu: no column is named \"%s\"",
                                  rows->path, (unsigned long)rows->line[0].number, names[k]);
    }
    return status;
}

char *gv_eval_sets_table_next(char **at, bool *good)
{
    char *item = *at + strspn(*at, "[, "), quote = *item;
    if (quote == ']' && item[1] == '\0')
        return NULL;
    *good = quote == '\'' || quote == '"';
    if (!*good)
        return NULL;
    char *from = item + 1, *to = item;
    while (*from && *from != quote) {
        from += *from == '\\' && from[1];
        *to++ = *from++;
    }
    *good = *from == quote && (from[1] == ',' || from[1] == ']');
    *at = from + (*from != '\0');
    *to = '\0';
    return *good ? item : NULL;
}
