#include "app/gv_print.h"
#include "app/gv_stability_runs.h"
#include "app/gv_sweep_file.h"
#include "base/gv_file.h"
#include "base/gv_file_writer.h"
#include "base/gv_mem.h"
#include "report/gv_report_command.h"
#include "report/gv_report_stability.h"
#include <string.h>

enum { HTML, TSV, JSON, FILES };

/* What the names of the files begin with: --output, else "stability" in the folder of the sweep if
 * that is all that was named, else "stability" here. Caller frees. */
static int choose_prefix(char **prefix, const char *given, gv_strings operands, gv_error *err)
{
    bool sweep = false;
    int status = GV_OK;
    if (!given && operands.n == 1)
        status = gv_sweep_file_is_there(&sweep, operands.items[0], err);
    if (status != GV_OK)
        return status;
    *prefix = given   ? gv_mem_strdup(given, err)
              : sweep ? gv_file_path_join(operands.items[0], "stability", err)
                      : gv_mem_strdup("stability", err);
    return *prefix ? GV_OK : GV_E_MEMORY;
}

static int name_files(char *paths[FILES], const char *prefix, const gv_stability_runs *runs,
                      gv_error *err)
{
    static const char *const endings[FILES] = {".html", ".tsv", ".json"};
    int status = GV_OK;
    for (int i = 0; i < FILES && status == GV_OK; i++) {
        paths[i] = gv_mem_format(err, "%s%s", prefix, endings[i]);
        status = paths[i] ? gv_stability_runs_check_output(runs, paths[i], err) : GV_E_MEMORY;
    }
    return status;
}

static int write_files(char *const paths[FILES], const gv_stability_runs *runs, gv_error *err)
{
    char *html = NULL, *json = NULL;
    int status = gv_report_stability_html(&html, runs, err);
    if (status == GV_OK)
        status = gv_stability_runs_json(&json, runs, err);
    if (status == GV_OK)
        status = gv_stability_runs_write_tsv(runs, paths[TSV], err);
    if (status == GV_OK)
        status = gv_file_writer_whole(paths[JSON], json, strlen(json), err);
    if (status == GV_OK)
        status = gv_file_writer_whole(paths[HTML], html, strlen(html), err);
    gv_mem_free(html);
    gv_mem_free(json);
    return status;
}

static int print_result(char *const paths[FILES], const gv_stability_runs *runs, gv_error *err)
{
    char *table = NULL;
    int status = gv_stability_runs_table(&table, runs, err);
    if (status == GV_OK)
        status = gv_print_send(table, err);
    gv_mem_free(table);
    if (status != GV_OK)
        return status;
    putchar('\n');
    for (int i = 0; i < FILES; i++) {
        gv_print_pad(stdout, paths[i], 0);
        putchar('\n');
    }
    if (fflush(stdout) != 0)
        return gv_error_set_errno(err, "cannot write to standard output");
    return GV_OK;
}

int gv_report_command_stability(int *exit_code, const gv_program_call *call,
                                const gv_report_command_options *options, gv_error *err)
{
    (void)exit_code;
    const gv_stability_runs_options wanted = {
        .neighbours = options->neighbours, .words = options->listed, .over = options->over};
    gv_stability_runs *runs = NULL;
    char *prefix = NULL, *paths[FILES] = {NULL};
    int status = choose_prefix(&prefix, options->output, call->operands, err);
    if (status == GV_OK)
        status = gv_stability_runs_find(&runs, call->operands, &wanted, call->progress, err);
    if (status == GV_OK)
        status = name_files(paths, prefix, runs, err);
    if (status == GV_OK)
        status =
            gv_stability_runs_measure(runs, gv_config_threads(call->config->train_threads), err);
    if (status == GV_OK)
        status = write_files(paths, runs, err);
    if (status == GV_OK)
        status = print_result(paths, runs, err);
    for (int i = 0; i < FILES; i++)
        gv_mem_free(paths[i]);
    gv_mem_free(prefix);
    gv_stability_runs_free(runs);
    return status;
}
