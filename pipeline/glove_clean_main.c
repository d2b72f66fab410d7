/* glove-clean: remove what can be made again from run directories (docs/running.md). */
#include "app/gv_print.h"
#include "app/gv_program.h"
#include "base/gv_signal.h"
#include "pipeline/gv_clean.h"

#include <stdio.h>
#include <unistd.h>

static gv_strings keep_options;
static const char *yes_option, *dry_run_option, *all_option;

/* "12.3 MiB" */
static void format_size(char text[32], uint64_t bytes)
{
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
    double amount = (double)bytes;
    size_t unit = 0;
    for (; amount >= 1024 && unit < 4; unit++)
        amount /= 1024;
    snprintf(text, 32, amount < 99.95 && unit ? "%.1f %s" : "%.0f %s", amount, units[unit]);
}

static void print_kept(const char *size, const char *reason)
{
    printf(" %10s%s", size, reason[0] ? "   " : "");
    gv_print_pad(stdout, reason, 0);
    fputc('\n', stdout);
}

static void print_list(const gv_clean *clean)
{
    enum { NAME_COLUMNS = 20 };
    char size[32];
    gv_print_pad(stdout, clean->dir, 0);
    fputs(gv_stage_locks_unknown(clean->locks)
              ? ": the file system has no locks; make sure that no stage is running there\n"
              : "\n",
          stdout);
    for (size_t i = 0; i < clean->n; i++) {
        const gv_clean_file *file = &clean->files[i];
        format_size(size, file->bytes);
        fputs(file->remove ? "  remove  " : "  keep    ", stdout);
        gv_print_pad(stdout, file->name, NAME_COLUMNS);
        if (file->remove && file->kind == 0)
            printf(" %10s   left over from %s\n", size, gv_config_stage_program(file->stage));
        else if (file->remove && !file->reason[0])
            printf(" %10s   %s makes it again\n", size, gv_config_stage_program(file->stage));
        else
            print_kept(size, file->reason);
    }
}

/* Does the user agree? On a terminal there is a question; elsewhere an option has to say so. */
static int agree(bool *agreed, const gv_clean *clean, gv_error *err)
{
    char size[32], answer[16];
    size_t files;
    format_size(size, gv_clean_bytes(clean, &files));
    *agreed = yes_option != NULL;
    if (*agreed)
        return GV_OK;
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
        *agreed = keep_options.n > 0;
        return *agreed ? GV_OK
                       : gv_error_set(err, GV_E_USAGE,
                                      "nothing is removed: without a terminal say --yes, or what "
                                      "is to stay, such as --keep vectors");
    }
    printf("remove %zu %s and free %s? [y/N] ", files, files == 1 ? "file" : "files", size);
    fflush(stdout);
    *agreed = fgets(answer, sizeof answer, stdin) && (answer[0] == 'y' || answer[0] == 'Y');
    return gv_signal_check(err);
}

static void print_result(const gv_clean *clean, const char *size, const char *what)
{
    gv_print_pad(stdout, clean->dir, 0);
    printf(": %s %s\n", size, what);
}

static int clean_directory(const char *dir, unsigned keep, gv_error *err)
{
    gv_clean *clean = NULL;
    bool agreed = false;
    char size[32];
    size_t files = 0;
    int status = gv_clean_open(&clean, dir, keep, all_option != NULL, err);
    if (status != GV_OK)
        return status;
    print_list(clean);
    format_size(size, gv_clean_bytes(clean, &files));
    if (files > 0 && !dry_run_option)
        status = agree(&agreed, clean, err);
    if (status == GV_OK && (agreed || (files == 0 && !dry_run_option))) /* an empty folder, then */
        status = gv_clean_remove(clean, err);
    if (status == GV_OK)
        print_result(clean, files == 0 ? "nothing to remove," : size,
                     files == 0 ? "nothing freed"
                     : agreed   ? "freed"
                                : "could be freed");
    gv_clean_close(clean);
    return status;
}

static int call_main(int *exit_code, const gv_program_call *call, gv_error *err)
{
    (void)exit_code;
    unsigned keep;
    int status = gv_clean_parse(&keep, &keep_options, err);
    if (status == GV_OK && call->operands.n == 0 && !call->run_dir)
        status = gv_error_set(err, GV_E_USAGE, "which run directory? glove-clean DIR");
    if (status == GV_OK && call->run_dir)
        status = clean_directory(call->run_dir, keep, err);
    for (size_t i = 0; i < call->operands.n && status == GV_OK; i++)
        status = clean_directory(call->operands.items[i], keep, err);
    gv_strings_free(&keep_options);
    return status;
}

int main(int argc, char **argv)
{
    static const gv_program_option options[] = {
        {.name = "--keep",
         .argument = "KIND",
         .help = "what is to stay, beside vocab.txt: vectors (and scores), model (checkpoints), "
                 "store, counts, vocab; may be repeated",
         .values = &keep_options},
        {.name = "--all",
         .help = "also remove what cannot be made again because the corpus is gone",
         .value = &all_option},
        {.name = "--yes", .help = "remove without asking", .value = &yes_option},
        {.name = "--dry-run", .help = "list only, remove nothing", .value = &dry_run_option},
        {0}};
    static const gv_program program = {
        .name = "glove-clean",
        .summary = "remove the files of a run that can be made again",
        .operands = "DIR...",
        .no_config = true,
        .details =
            "Lists the files of the run directories DIR with their sizes, and removes what the\n"
            "stages can make again. On a terminal it asks first; elsewhere it needs --yes, or\n"
            "--keep, which names what is to stay. config.json, metrics.jsonl, the stamps and\n"
            "report.html always stay. With --keep vectors, glove-query, glove-eval and\n"
            "glove-report work as before; a stage that needs what was removed says which one\n"
            "makes it again.\n"
            "\n"
            "What glovebox did not write, or what was changed since, stays; symbolic links, too.\n"
            "So does what cannot be made again because the corpus is gone or has changed; with\n"
            "--all it is removed all the same. Where a stage is running, nothing is removed.",
        .choices_of = "KIND",
        .choices = gv_clean_kinds,
        .options = options,
        .call_main = call_main};
    return gv_program_main(&program, argc, argv);
}
