/* glove-report compare DIR...: several runs beside each other. */
#include "app/gv_print.h"
#include "app/gv_run_guard.h"
#include "base/gv_file.h"
#include "base/gv_file_target.h"
#include "base/gv_file_writer.h"
#include "base/gv_mem.h"
#include "base/gv_threads.h"
#include "config/gv_run_names.h"
#include "report/compare/gv_compare.h"
#include "report/gv_report_command.h"
#include <string.h>
#include <unistd.h>

enum { FILES = 4 };

/* One of the files that belong together. */
typedef struct file {
    const char *ending;
    int (*make)(char **text, const gv_compare *compare, gv_error *err);
    char *path, *text;
    gv_file_writer *writer;
    bool existed;
} file;

static const file files[FILES] = {{".html", gv_compare_html, NULL, NULL, NULL, false},
                                  {".md", gv_compare_markdown, NULL, NULL, NULL, false},
                                  {".csv", gv_compare_csv, NULL, NULL, NULL, false},
                                  {".json", gv_compare_json, NULL, NULL, NULL, false}};

/* PREFIX "runs/a/config" would replace the config of a run. */
static int check_target(const char *path, gv_error *err)
{
    gv_file_stat look = {0};
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    const bool ours =
        gv_run_names_is_output(name) || strcmp(name, GV_SWEEP_FILE) == 0 || *name == '.';
    if (ours)
        return gv_error_set(err, GV_E_USAGE,
                            "--output: %s is the name of a file that other programs write; choose "
                            "another PREFIX",
                            path);
    int status = gv_run_guard_check_folder(path, err);
    if (status == GV_OK)
        status = gv_file_look(&look, path, err);
    if (status == GV_OK && look.exists && !look.regular)
        status = gv_error_set(err, GV_E_USAGE,
                              "--output: %s is no plain file; choose another PREFIX", path);
    return status;
}

/* An output that is one of the files read, under another name. */
static int check_inputs(const gv_compare *compare, const char *path, gv_error *err)
{
    static const char *const read[] = {GV_FILE_CONFIG, GV_FILE_METRICS, GV_FILE_EVAL,
                                       GV_FILE_ITEMS};
    gv_file_stat output = {0}, input = {0};
    int status = gv_file_look(&output, path, err);
    for (size_t i = 0; i < compare->n && output.exists; i++)
        for (size_t k = 0; k < sizeof read / sizeof *read && status == GV_OK; k++) {
            char *name = gv_file_path_join(compare->run[i].dir, read[k], err);
            status = name ? gv_file_look(&input, name, err) : GV_E_MEMORY;
            if (status == GV_OK && input.exists && input.device == output.device &&
                input.inode == output.inode)
                status = gv_error_set(err, GV_E_USAGE, "--output: %s is %s; choose another PREFIX",
                                      path, name);
            gv_mem_free(name);
        }
    return status;
}

static int prepare(file *f, const gv_compare *compare, const char *prefix, gv_error *err)
{
    gv_file_stat look = {0};
    f->path = gv_mem_format(err, "%s%s", prefix, f->ending);
    int status = f->path ? check_target(f->path, err) : GV_E_MEMORY;
    if (status == GV_OK)
        status = check_inputs(compare, f->path, err);
    if (status == GV_OK)
        status = gv_file_look(&look, f->path, err);
    f->existed = look.exists;
    return status == GV_OK ? f->make(&f->text, compare, err) : status;
}

/* All files or none: each is written beside its place before the first takes its own. */
static int write_all(file all[FILES], gv_error *err)
{
    size_t done = 0;
    int status = GV_OK;
    for (size_t i = 0; i < FILES && status == GV_OK; i++) {
        status = gv_file_writer_open(&all[i].writer, all[i].path, err);
        if (status == GV_OK)
            status = gv_file_writer_write(all[i].writer, all[i].text, strlen(all[i].text), err);
    }
    for (; done < FILES && status == GV_OK; done++)
        status = gv_file_writer_commit(&all[done].writer, err);
    for (size_t i = 0; i < FILES && status != GV_OK; i++) {
        gv_file_writer_abort(&all[i].writer);
        if (i < done && !all[i].existed)
            (void)unlink(all[i].path);
    }
    return status;
}

static int print_paths(const file all[FILES], gv_error *err)
{
    for (size_t i = 0; i < FILES; i++) {
        gv_print_pad(stdout, all[i].path, 0);
        putchar('\n');
    }
    return fflush(stdout) == 0 ? GV_OK : gv_error_set_errno(err, "cannot write to standard output");
}

static int write_files(const gv_compare *compare, const char *prefix, gv_error *err)
{
    file all[FILES];
    int status = GV_OK;
    memcpy(all, files, sizeof all);
    if (!*prefix || prefix[strlen(prefix) - 1] == '/' || strcmp(prefix, "-") == 0)
        return gv_error_set(err, GV_E_USAGE,
                            "--output: expected the beginning of four files' names, such as "
                            "results/dims, not '%s'",
                            prefix);
    for (size_t i = 0; i < FILES && status == GV_OK; i++)
        status = prepare(&all[i], compare, prefix, err);
    if (status == GV_OK)
        status = write_all(all, err);
    if (status == GV_OK)
        status = print_paths(all, err);
    for (size_t i = 0; i < FILES; i++) {
        gv_mem_free(all[i].path);
        gv_mem_free(all[i].text);
    }
    return status;
}

static int print_markdown(const gv_compare *compare, gv_error *err)
{
    char *text = NULL;
    int status = gv_compare_markdown(&text, compare, err);
    if (status == GV_OK)
        status = gv_print_send(text, err);
    gv_mem_free(text);
    return status;
}

int gv_report_command_compare(int *exit_code, const gv_program_call *call,
                              const gv_report_command_options *options, gv_error *err)
{
    (void)exit_code;
    const gv_compare_options wanted = {.dirs = call->operands,
                                       .base = options->base,
                                       .sort = options->sort,
                                       .best = options->best,
                                       .threads = gv_config_threads(call->config->train_threads),
                                       .progress = call->progress};
    gv_compare *compare = NULL;
    int status = gv_compare_make(&compare, &wanted, err);
    if (status == GV_OK)
        status = options->output ? write_files(compare, options->output, err)
                                 : print_markdown(compare, err);
    gv_compare_free(compare);
    return status;
}
