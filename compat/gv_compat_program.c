#include "compat/gv_compat_program.h"

#include "app/gv_program.h"
#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "base/gv_test_hook.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void gv_compat_program_say(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
}

static void warn(void *context, const char *line)
{
    const gv_compat_program *program = context;
    gv_compat_program_say("%s: warning: %s\n", program->name, line);
}

/* Is standard input a terminal, /dev/null or another device, or an empty file? */
static bool is_unfed(void)
{
    struct stat input;
    return fstat(STDIN_FILENO, &input) != 0 || S_ISCHR(input.st_mode) ||
           (S_ISREG(input.st_mode) && input.st_size == 0);
}

static bool asks_for_help(const gv_compat_program *program, int argc, char **argv)
{
    if (argc == 1)
        return program->bare == GV_COMPAT_PROGRAM_HELPS ||
               (program->bare == GV_COMPAT_PROGRAM_HELPS_UNFED && is_unfed());
    return argc == 2 && (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "-help") == 0 ||
                         strcmp(argv[1], "--help") == 0);
}

static int print(gv_text *text, gv_error *err)
{
    char *string = NULL;
    int status = gv_text_take(&string, text, err);
    if (status == GV_OK && (fputs(string, stdout) < 0 || fflush(stdout) != 0))
        status = gv_error_set_errno(err, "cannot write to standard output");
    gv_mem_free(string);
    return status;
}

static int print_help(const gv_compat_program *program, gv_error *err)
{
    gv_text text = GV_TEXT_INIT;
    gv_text_printf(&text,
                   "%s, in place of the program of that name of Stanford's GloVe 1.2\n"
                   "(glovebox " GV_VERSION ", docs/compat.md)\n\nUsage options:\n",
                   program->summary);
    gv_compat_flag_usage(&text, program->flags, program->n);
    gv_text_printf(&text, "\nExample usage:\n%s\n\n", program->example);
    return print(&text, err);
}

static int print_markdown(const gv_compat_program *program, gv_error *err)
{
    gv_text text = GV_TEXT_INIT;
    gv_compat_flag_markdown(&text, program->flags, program->n);
    return print(&text, err);
}

/* A bar, for people who watch a terminal. */
static int open_progress(gv_progress **progress, const gv_compat_program *program,
                         const gv_compat_flag_value *values, gv_error *err)
{
    *progress = NULL;
    for (size_t i = 0; i < program->n; i++)
        if (strcmp(program->flags[i].name, "-verbose") == 0 && values[i].whole > 1 &&
            isatty(STDERR_FILENO))
            return gv_progress_open(progress, GV_PROGRESS_BAR, stderr, program->name, err);
    return GV_OK;
}

static int work(const gv_compat_program *program, char **argv, gv_error *err)
{
    gv_compat_flag_value values[GV_COMPAT_PROGRAM_FLAGS];
    gv_progress *progress = NULL;
    union { /* what is said to names the program, and changes nothing */
        const gv_compat_program *program;
        void *context;
    } self = {program};
    int status =
        gv_compat_flag_parse(values, program->flags, program->n, argv, warn, self.context, err);
    if (status == GV_OK)
        status = gv_signal_install(err);
    if (status == GV_OK)
        status = gv_test_hook_install(err);
    if (status == GV_OK)
        status = open_progress(&progress, program, values, err);
    if (status == GV_OK)
        status = program->run(values, progress, err);
    gv_progress_close(progress);
    return status;
}

int gv_compat_program_main(const gv_compat_program *program, int argc, char **argv)
{
    gv_error error = GV_ERROR_INIT;
    int status = gv_program_fill_standard_files(&error);
    if (status != GV_OK)
        ;
    else if (asks_for_help(program, argc, argv))
        status = print_help(program, &error);
    else if (argc == 2 && strcmp(argv[1], "--flags-markdown") == 0)
        status = print_markdown(program, &error);
    else
        status = work(program, argv, &error);
    if (status == GV_OK)
        return 0;
    gv_compat_program_say("%s: error: %s\n", program->name,
                          error.text[0] ? error.text : "unknown error");
    return status == GV_E_STOPPED ? gv_error_exit_code(status, gv_signal_pending()) : 1;
}
