#include "convert/gv_problem_list.h"

#include "app/gv_print.h"
#include "base/gv_mem.h"
#include "config/gv_json.h"
#include "convert/gv_convert_format.h"
#include "text/gv_space.h"
#include <inttypes.h>
#include <string.h>

int gv_problem_list_begin(gv_problem_list *list, gv_error *err)
{
    if (!list->json)
        return GV_OK;
    gv_json_writer w = gv_json_begin();
    char *text;
    gv_json_set_text(&w, "file", list->file);
    int status = gv_json_write(&text, &w, GV_JSON_ONE_LINE, 6, err);
    if (status != GV_OK)
        return status;
    /* the object goes on: without its brace */
    fprintf(list->out, "%.*s, \"problems\": [", (int)(strlen(text) - 1), text);
    gv_mem_free(text);
    return GV_OK;
}

static int add_json(const gv_problem_list *list, const gv_problem_list_item *item, gv_error *err)
{
    gv_json_writer w = gv_json_begin();
    char *text;
    if (item->line)
        gv_json_set_uint(&w, "line", item->line);
    if (item->row)
        gv_json_set_uint(&w, "row", item->row);
    gv_json_set_text(&w, "kind", item->kind);
    gv_json_set_text(&w, "problem", item->what);
    if (item->word)
        gv_json_set_text(&w, "word", item->word);
    gv_json_set_text(&w, "done", item->done);
    int status = gv_json_write(&text, &w, GV_JSON_ONE_LINE, 6, err);
    if (status != GV_OK)
        return status;
    fprintf(list->out, "%s\n  %s", list->n ? "," : "", text);
    gv_mem_free(text);
    return GV_OK;
}

int gv_problem_list_add(gv_problem_list *list, const gv_problem_list_item *item, gv_error *err)
{
    char word[GV_SPACE_SHOWN];
    int status = GV_OK;
    if (list->json) {
        status = add_json(list, item, err);
    } else {
        gv_print_pad(list->out, list->file, 0);
        if (item->line || item->row)
            fprintf(list->out, ": %s %" PRIu64, item->line ? "line" : "row",
                    item->line ? item->line : item->row);
        fputs(": ", list->out);
        gv_print_pad(list->out, item->what, 0);
        if (item->word)
            fprintf(list->out, ": %s", gv_space_show(word, item->word, strlen(item->word)));
        fputs("; ", list->out);
        gv_print_pad(list->out, item->done, 0);
        fputc('\n', list->out);
    }
    list->n++;
    return status;
}

int gv_problem_list_add_fault(gv_problem_list *list, const gv_vectors_problem *problem,
                              const char *done, gv_error *err)
{
    static const char *const kinds[] = {[GV_VECTORS_DAMAGED] = "damaged",
                                        [GV_VECTORS_UNNAMED] = "no-word",
                                        [GV_VECTORS_HEADER] = "header",
                                        [GV_VECTORS_TRUNCATED] = "truncated"};
    const gv_problem_list_item item = {.line = problem->line,
                                       .row = problem->row,
                                       .kind = kinds[problem->fault],
                                       .what = problem->what,
                                       .done = done};
    return gv_problem_list_add(list, &item, err);
}

static int add_layout(gv_problem_list *list, const gv_vectors *vectors, const char *done,
                      gv_error *err)
{
    char what[64];
    snprintf(what, sizeof what, "lines that end in CR: %" PRIu64, vectors->cr_lines);
    const gv_problem_list_item mark = {.line = 1,
                                       .kind = "byte-order-mark",
                                       .what = "begins with a byte order mark",
                                       .done = done};
    const gv_problem_list_item cr = {.kind = "cr", .what = what, .done = done};
    int status = vectors->mark ? gv_problem_list_add(list, &mark, err) : GV_OK;
    return status == GV_OK && vectors->cr_lines ? gv_problem_list_add(list, &cr, err) : status;
}

/* The end of the JSON. `error`: why it failed; NULL: it did not. */
static int put_end(const gv_problem_list *list, const gv_problem_list_end *end, const char *error,
                   gv_error *err)
{
    const gv_vectors *vectors = end->vectors;
    gv_json_writer w = gv_json_begin();
    char *text;
    if (vectors) {
        gv_json_set_text(&w, "format", gv_convert_format_name(vectors->format));
        gv_json_set_uint(&w, "dim", vectors->dim);
    }
    gv_json_set_uint(&w, "rows_in", vectors ? vectors->rows + vectors->skipped : 0);
    gv_json_set_uint(&w, "rows_out", error ? 0 : end->rows_out);
    gv_json_set_text(&w, "output", error ? NULL : end->output);
    gv_json_set_text(&w, "error", error);
    int status = gv_json_write(&text, &w, GV_JSON_ONE_LINE, 6, err);
    if (status == GV_OK) {
        fprintf(list->out, "%s], %s\n", list->n ? "\n" : "", text + 1);
        gv_mem_free(text);
    }
    return status;
}

int gv_problem_list_finish(gv_problem_list *list, const gv_problem_list_end *end, int status,
                           gv_error *err)
{
    gv_error local = GV_ERROR_INIT;
    const char *error = status == GV_OK ? NULL : err ? err->text : "";
    int listed = end->vectors ? add_layout(list, end->vectors, end->done, &local) : GV_OK;
    if (listed == GV_OK && list->json) {
        listed = put_end(list, end, error, &local);
    } else if (listed == GV_OK && list->n == 0 && !error) {
        gv_print_pad(list->out, list->file, 0);
        fputs(": no problem found\n", list->out);
    }
    if (fflush(list->out) != 0 || ferror(list->out))
        listed = gv_error_set_errno(&local, "cannot write the list of problems");
    return status == GV_OK && listed != GV_OK ? gv_error_set(err, listed, "%s", local.text)
                                              : status;
}
