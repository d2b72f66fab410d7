#include "app/gv_print.h"
#include "app/gv_run_guard.h"
#include "base/gv_file_target.h"
#include "base/gv_file_writer.h"
#include "base/gv_mem.h"
#include "report/cite/gv_cite.h"
#include "report/gv_report_command.h"
#include <string.h>

static int find_format(enum gv_cite_pen_format *format, const char *name, gv_error *err)
{
    *format = GV_CITE_PEN_MARKDOWN;
    for (size_t i = 0; name && gv_cite_pen_formats[i]; i++)
        if (strcmp(gv_cite_pen_formats[i], name) == 0) {
            *format = (enum gv_cite_pen_format)i;
            return GV_OK;
        }
    return name ? gv_error_set(err, GV_E_USAGE,
                               "--format must be markdown, latex, text or bibtex, not \"%s\"", name)
                : GV_OK;
}

int gv_report_command_cite(int *exit_code, const gv_program_call *call,
                           const gv_report_command_options *options, gv_error *err)
{
    gv_cite_runs runs = {0};
    enum gv_cite_pen_format format;
    char *text = NULL;
    (void)exit_code;
    int status = find_format(&format, options->format, err);
    if (status == GV_OK && options->output)
        status = gv_run_guard_check_output(gv_file_target_path(options->output), err);
    if (status == GV_OK)
        status = gv_cite_runs_read(&runs, &call->operands, call->progress, err);
    if (status == GV_OK)
        status = gv_cite_text(&text, &runs, format, err);
    if (status == GV_OK)
        status = options->output ? gv_file_writer_whole(gv_file_target_path(options->output), text,
                                                        strlen(text), err)
                                 : gv_print_send(text, err);
    gv_mem_free(text);
    gv_cite_runs_clear(&runs);
    return status;
}
