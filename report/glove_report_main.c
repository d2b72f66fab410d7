/* glove-report: one HTML page about a run. */
#include "app/gv_print.h"
#include "app/gv_program.h"
#include "base/gv_file.h"
#include "base/gv_file_target.h"
#include "base/gv_file_writer.h"
#include "base/gv_mem.h"
#include "report/gv_report.h"

#include <string.h>

static const char *output_option;
static gv_strings word_options;

static int tool_main(const gv_config *config, const char *run_dir, gv_strings operands,
                     gv_progress *progress, gv_error *err)
{
    (void)operands;
    gv_report report;
    char *html = NULL;
    bool stream = false;
    int status = gv_report_gather(&report, config, run_dir, &word_options, progress, err);
    if (status != GV_OK)
        return status;
    char *path = output_option ? gv_mem_strdup(gv_file_target_path(output_option), err)
                               : gv_file_path_join(run_dir, GV_FILE_REPORT, err);
    status = path ? gv_file_target_is_stream(&stream, path, err) : GV_E_MEMORY;
    if (status == GV_OK)
        status = gv_report_html(&html, &report, err);
    if (status == GV_OK)
        status = gv_file_writer_whole(path, html, strlen(html), err);
    if (status == GV_OK && !stream) { /* behind the page itself its name would be in the way */
        gv_print_pad(stdout, path, 0);
        if (putchar('\n') == EOF || fflush(stdout) != 0)
            status = gv_error_set_errno(err, "cannot write to standard output");
    }
    gv_mem_free(html);
    gv_mem_free(path);
    gv_report_free(&report);
    return status;
}

int main(int argc, char **argv)
{
    static const gv_program_option options[] = {
        {.name = "--output",
         .argument = "FILE",
         .help = "where to write the page, - for standard output; default: report.html of the run",
         .value = &output_option},
        {.name = "--word",
         .argument = "WORD",
         .help = "show the neighbours of WORD, not of words chosen by frequency; repeatable",
         .values = &word_options},
        {0}};
    static const gv_program program = {
        .name = "glove-report",
        .summary = "write an HTML page about a run",
        .details =
            "One page with settings, corpus, stages, loss, scores, neighbours and checksums,\n"
            "which needs no other file. For what the run does not have yet, it names the\n"
            "command to run. Prints the path of the page.",
        .options = options,
        .tool_main = tool_main};
    int code = gv_program_main(&program, argc, argv);
    gv_strings_free(&word_options);
    return code;
}
