#include "convert/gv_problem_list.h"

#include "app/gv_print.h"
#include "base/gv_mem.h"
#include "config/gv_json.h"
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

int gv_problem_list_add_layout(gv_problem_list *list, const gv_vectors *vectors, const char *done,
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

int gv_problem_list_finish(gv_problem_list *list, const gv_problem_list_end *end, gv_error *err)
{
    int status = GV_OK;
    if (list->json) {
        gv_json_writer w = gv_json_begin();
        char *text;
        if (end->format) {
            gv_json_set_text(&w, "format", end->format);
            gv_json_set_uint(&w, "dim", end->dim);
        }
        gv_json_set_uint(&w, "rows_in", end->rows_in);
        gv_json_set_uint(&w, "rows_out", end->rows_out);
        gv_json_set_text(&w, "output", end->output);
        gv_json_set_text(&w, "error", end->error);
        status = gv_json_write(&text, &w, GV_JSON_ONE_LINE, 6, err);
        if (status == GV_OK)
            fprintf(list->out, "%s], %s\n", list->n ? "\n" : "", text + 1);
        if (status == GV_OK)
            gv_mem_free(text);
    } else if (list->n == 0 && !end->error) {
        gv_print_pad(list->out, list->file, 0);
        fputs(": no problem found\n", list->out);
    }
    if (fflush(list->out) != 0 || ferror(list->out))
        return gv_error_set_errno(err, "cannot write the list of problems");
    return status;
}
