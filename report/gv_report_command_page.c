#include "app/gv_print.h"
#include "app/gv_run_guard.h"
#include "base/gv_file.h"
#include "base/gv_file_target.h"
#include "base/gv_file_writer.h"
#include "base/gv_mem.h"
#include "report/gv_report.h"
#include "report/gv_report_command.h"
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Behind the page itself its name would be in the way, so nothing is printed for a stream. */
static int print_path(const char *path, gv_error *err)
{
    gv_print_pad(stdout, path, 0);
    if (putchar('\n') == EOF || fflush(stdout) != 0)
        return gv_error_set_errno(err, "cannot write to standard output");
    return GV_OK;
}

enum { MOST_LISTED = 10000000 /* the page numbers words with three bytes */ };

/* The number that an option gives, or what is there already if it is not given. */
static int parse_words(size_t *words, const char *name, const char *option, unsigned long most,
                       gv_error *err)
{
    char *end;
    if (!option)
        return GV_OK;
    errno = 0;
    const unsigned long value = strtoul(option, &end, 10);
    if (errno || end == option || *end != '\0' || !isdigit((unsigned char)*option) || value > most)
        return gv_error_set(err, GV_E_USAGE, "%s %s: expected a number from 0 to %lu", name, option,
                            most);
    *words = value;
    return GV_OK;
}

/* Of the files of a run, the page may replace only the page. */
static int check_output(const char *path, gv_error *err)
{
    const char *slash = strrchr(path, '/');
    return strcmp(slash ? slash + 1 : path, GV_FILE_REPORT) == 0
               ? GV_OK
               : gv_run_guard_check_output(path, err);
}

int gv_report_command_page(int *exit_code, const gv_program_call *call,
                           const gv_report_command_options *options, gv_error *err)
{
    (void)exit_code;
    gv_report report;
    char *html = NULL;
    bool stream = false;
    gv_report_wanted wanted = {.words = &options->words,
                               .listed = GV_REPORT_LISTED,
                               .mapped = GV_REPORT_MAP_WORDS,
                               .progress = call->progress};
    int status = parse_words(&wanted.listed, "--words", options->listed, MOST_LISTED, err);
    if (status == GV_OK)
        status = parse_words(&wanted.mapped, "--map", options->mapped, GV_REPORT_MAP_MOST, err);
    if (status == GV_OK && options->output)
        status = check_output(gv_file_target_path(options->output), err);
    if (status == GV_OK)
        status = gv_report_gather(&report, call->config, call->run_dir, &wanted, err);
    if (status != GV_OK)
        return status;
    char *path = options->output ? gv_mem_strdup(gv_file_target_path(options->output), err)
                                 : gv_file_path_join(call->run_dir, GV_FILE_REPORT, err);
    status = path ? gv_file_target_is_stream(&stream, path, err) : GV_E_MEMORY;
    if (status == GV_OK)
        status = gv_report_html(&html, &report, err);
    if (status == GV_OK)
        status = gv_file_writer_whole(path, html, strlen(html), err);
    if (status == GV_OK && !stream)
        status = print_path(path, err);
    gv_mem_free(html);
    gv_mem_free(path);
    gv_report_free(&report);
    return status;
}
