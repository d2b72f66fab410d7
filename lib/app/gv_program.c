/*
 * The shell around every program: it turns a command line into a config, a run directory and a
 * progress display, calls the work, and turns its outcome into an error line and an exit code.
 *
 * All options are parsed before anything is done, so that a mistake at the end of a long command
 * line does no harm. What is written to stdout is a result: a failed write is exit code 1.
 */
#include "app/gv_program.h"

#include "app/gv_print.h"
#include "app/gv_program_internal.h"
#include "app/gv_program_least.h"
#include "app/gv_run_base.h"
#include "app/gv_run_guard.h"
#include "base/gv_file.h"
#include "base/gv_limits.h"
#include "base/gv_mem.h"
#include "base/gv_progress.h"
#include "base/gv_signal.h"
#include "base/gv_test_hook.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <string.h>
#include <unistd.h>

/* --- config and run directory ----------------------------------------------------------------- */

/* The run directory when neither --run-dir nor --config is given: runs/<name>, where only --set can
 * name it. Caller frees. */
static int default_dir(char **dir, const gv_strings *sets, gv_error *err)
{
    gv_strings names = {0};
    gv_config *config = NULL;
    int status = GV_OK;
    for (size_t i = 0; i < sets->n && status == GV_OK; i++)
        if (strncmp(sets->items[i], "name=", 5) == 0)
            status = gv_strings_add(&names, sets->items[i], err);
    if (status == GV_OK)
        status = gv_config_load(&config, NULL, &names, "default", err);
    if (status == GV_OK && !(*dir = gv_file_path_join("runs", config->name, err)))
        status = GV_E_MEMORY;
    gv_config_free(config);
    gv_strings_free(&names);
    return status;
}

/* `dir`/config.json if it is there, else NULL; caller frees. */
static int config_in(char **path, const char *dir, gv_error *err)
{
    gv_file_stat look;
    *path = gv_file_path_join(dir, GV_FILE_CONFIG, err);
    int status = *path ? gv_file_look(&look, *path, err) : GV_E_MEMORY;
    if (status != GV_OK || !look.exists) {
        gv_mem_free(*path);
        *path = NULL;
    }
    return status;
}

/* What the common options determine. */
typedef struct resolved {
    gv_config *config;
    gv_config *lasting; /* without settings of the machine from --set: what config.json gets */
    char *dir;
    char *found; /* config.json of the run directory, if `config` comes from there, else NULL */
} resolved;

static void free_resolved(resolved *r)
{
    gv_config_free(r->config);
    gv_config_free(r->lasting);
    gv_mem_free(r->dir);
    gv_mem_free(r->found);
}

static int load(gv_config **config, const resolved *r, const gv_program_command *cmd,
                const gv_strings *sets, gv_error *err)
{
    return cmd->config_path ? gv_config_load(config, cmd->config_path, sets, "default", err)
                            : gv_config_load_resolved(config, r->found, sets, "default", err);
}

/* Caller frees `r`, also after an error. */
static int resolve(resolved *r, const gv_program_command *cmd, gv_error *err)
{
    gv_strings lasting = {0};
    int status = GV_OK;
    *r = (resolved){0};
    if (cmd->run_dir)
        status = (r->dir = gv_mem_strdup(cmd->run_dir, err)) ? GV_OK : GV_E_MEMORY;
    else if (!cmd->config_path)
        status = default_dir(&r->dir, &cmd->sets, err);
    if (status == GV_OK && !cmd->config_path)
        status = gv_run_guard_check(r->dir, err);
    if (status == GV_OK && !cmd->config_path)
        status = config_in(&r->found, r->dir, err);
    if (status == GV_OK)
        status = load(&r->config, r, cmd, &cmd->sets, err);
    if (status == GV_OK)
        status = gv_config_lasting_sets(&lasting, &cmd->sets, err);
    if (status == GV_OK)
        status = load(&r->lasting, r, cmd, &lasting, err);
    if (status == GV_OK && !r->dir && !(r->dir = gv_file_path_join("runs", r->config->name, err)))
        status = GV_E_MEMORY;
    if (status == GV_OK && cmd->config_path)
        status = gv_run_guard_check(r->dir, err);
    gv_strings_free(&lasting);
    return status;
}

/* --- printing --------------------------------------------------------------------------------- */

static int print_config(const gv_program_command *cmd, char **text, gv_error *err)
{
    resolved r;
    int status = resolve(&r, cmd, err);
    if (status == GV_OK)
        status = gv_config_json(text, r.config, err);
    free_resolved(&r);
    return status;
}

/* A line {KEY: TEXT}; caller frees. */
static int as_json(char **line, const char *key, const char *text, gv_error *err)
{
    enum { DIGITS = 15 };
    gv_json_writer w = gv_json_begin();
    char *json = NULL;
    gv_json_set_text(&w, key, text);
    int status = gv_json_write(&json, &w, GV_JSON_ONE_LINE, DIGITS, err);
    *line = status == GV_OK ? gv_mem_format(err, "%s\n", json) : NULL;
    gv_mem_free(json);
    return status == GV_OK && !*line ? GV_E_MEMORY : status;
}

static int print(const gv_program_command *cmd, bool json, gv_error *err)
{
    gv_text builder = GV_TEXT_INIT;
    char *text = NULL, *line = NULL;
    int status = GV_OK;
    if (strcmp(cmd->print, "--print-config") == 0) {
        status = print_config(cmd, &text, err);
    } else if (strcmp(cmd->print, "--print-schema") == 0) {
        status = gv_config_schema(&text, err);
    } else if (strcmp(cmd->print, "--print-config-docs") == 0) {
        status = gv_config_markdown(&text, err);
    } else {
        if (strcmp(cmd->print, "--version") == 0)
            gv_text_printf(&builder, "%s (glovebox) %s\n", cmd->program->name, GV_VERSION);
        else if (strcmp(cmd->print, "--print-man") == 0)
            gv_program_text_man(&builder, cmd->program);
        else
            gv_program_text_help(&builder, cmd->program);
        status = gv_text_take(&text, &builder, err);
    }
    if (status == GV_OK && json && strcmp(cmd->print, "--print-config") != 0) {
        status = as_json(&line, cmd->print + strlen("--"), text, err);
        gv_mem_free(text);
        text = line;
    }
    if (status == GV_OK)
        status = gv_print_send(text, err);
    gv_mem_free(text);
    return status;
}

/* Is this `--complete WORD...` or `--print-completion SHELL`? Then write what it asks for. */
static int answer_shell(bool *is_shell, const gv_program *program, int argc, char **argv,
                        gv_error *err)
{
    bool words = argc > 1 && strcmp(argv[1], "--complete") == 0;
    bool script = argc == 3 && strcmp(argv[1], "--print-completion") == 0;
    gv_text builder = GV_TEXT_INIT;
    char *text = NULL;
    *is_shell = words || script;
    if (words)
        gv_program_complete(&builder, program, argc - 2, argv + 2);
    if (script && !gv_program_completion_script(&builder, argv[2]))
        return gv_error_set(err, GV_E_USAGE, "--print-completion must be bash, zsh or fish");
    int status = gv_text_take(&text, &builder, err);
    if (status == GV_OK && fputs(text, stdout) == EOF)
        status = gv_error_set_errno(err, "cannot write to standard output");
    gv_mem_free(text);
    return status;
}

/* --- work ------------------------------------------------------------------------------------- */

static enum gv_progress_mode mode_of(const char *name)
{
    static const enum gv_progress_mode modes[] = {
        GV_PROGRESS_AUTO, GV_PROGRESS_BAR, GV_PROGRESS_PLAIN, GV_PROGRESS_JSON, GV_PROGRESS_NONE};
    for (size_t i = 0; name && gv_program_progress_modes[i]; i++)
        if (strcmp(gv_program_progress_modes[i], name) == 0)
            return modes[i];
    return GV_PROGRESS_AUTO;
}

/* A mistyped --run-dir must not create an empty run. Only glove-vocab, which begins a run, and
 * glove-eval, which can score any file, create the directory. */
static int check_run_dir(const gv_program_command *cmd, const gv_config *config, const char *dir,
                         gv_error *err)
{
    gv_file_stat look;
    if (!(cmd->program->stage & (GV_STAGE_COOCCUR | GV_STAGE_SHUFFLE | GV_STAGE_TRAIN)))
        return GV_OK;
    int status = gv_file_look(&look, dir, err);
    bool train =
        cmd->program->stage == GV_STAGE_TRAIN && config->train_objective != GV_OBJECTIVE_WORD2VEC;
    if (status == GV_OK && !look.exists)
        status = gv_error_set(
            err, GV_E_USAGE,
            "%s/%s is missing: run %s first (the directory does not exist; --run-dir or "
            "--config name the run)",
            dir, train ? GV_FILE_STORE : GV_FILE_VOCAB, train ? "glove-shuffle" : "glove-vocab");
    return status;
}

static int run_stage(const gv_program_command *cmd, const resolved *r, gv_progress *progress,
                     gv_error *err)
{
    gv_strings notes = {0};
    const gv_run_options options = {.config = r->config,
                                    .notes = &notes,
                                    .lasting = r->lasting,
                                    .dir = r->dir,
                                    .stage = cmd->program->stage,
                                    .force = cmd->force,
                                    .progress = progress,
                                    .command = cmd->line};
    gv_run *run = NULL;
    const gv_program_settings settings = {.program = cmd->program,
                                          .config = r->config,
                                          .sets = &cmd->sets,
                                          .dir = r->dir,
                                          .config_path = cmd->config_path,
                                          .found = r->found};
    int status = check_run_dir(cmd, r->config, r->dir, err);
    if (status == GV_OK && cmd->program->stage == GV_STAGE_TRAIN)
        status = gv_run_base_start(r->config, r->dir, err);
    if (status == GV_OK)
        status = gv_program_settings_notes(&notes, &settings, err);
    if (status == GV_OK)
        status = gv_run_open(&run, &options, err);
    if (status == GV_OK) {
        status = cmd->program->stage_main(run, err);
        gv_run_end(run, status);
    }
    gv_run_close(run);
    gv_strings_free(&notes);
    return status;
}

/* Does the program work in a run directory, as its stage? */
static bool opens_run(const gv_program_command *cmd)
{
    const gv_program *program = cmd->program;
    return program->stage && (!program->is_outside_run ||
                              !program->is_outside_run(cmd->operands, cmd->run_dir != NULL));
}

static int call(int *exit_code, const gv_program_command *cmd, const gv_config *config,
                const char *dir, gv_progress *progress, gv_error *err)
{
    const gv_program_call call = {.config = config,
                                  .run_dir = dir,
                                  .config_path = cmd->config_path,
                                  .run_dir_given = cmd->run_dir != NULL,
                                  .force = cmd->force,
                                  .sets = cmd->sets,
                                  .operands = cmd->operands,
                                  .progress = progress,
                                  .command = cmd->line};
    return cmd->program->call_main(exit_code, &call, err);
}

static int work(int *exit_code, const gv_program_command *cmd, gv_error *err)
{
    resolved r = {0};
    gv_progress *progress = NULL;
    const char *stage = cmd->program->name;
    if (strncmp(stage, "glove-", 6) == 0)
        stage += 6;
    int status = gv_limits_check_stack(err);
    if (status == GV_OK)
        status = gv_signal_install(err);
    if (status == GV_OK && !cmd->program->no_config)
        status = resolve(&r, cmd, err);
    else if (status == GV_OK) /* a mistake in options is told even if they have no effect */
        status = gv_config_load(&r.config, cmd->config_path, &cmd->sets, "default", err);
    if (status == GV_OK)
        status = gv_progress_open(&progress, mode_of(cmd->progress_mode), stderr, stage, err);
    if (status == GV_OK && opens_run(cmd))
        status = run_stage(cmd, &r, progress, err);
    else if (status == GV_OK && cmd->program->call_main)
        status = call(exit_code, cmd, r.config, r.dir ? r.dir : cmd->run_dir, progress, err);
    else if (status == GV_OK)
        status = cmd->program->tool_main(r.config, r.dir, cmd->operands, progress, err);
    gv_progress_close(progress);
    free_resolved(&r);
    return status;
}

/* The C library would allocate this buffer at the first write; where it gets no memory it may lose
 * what is written. */
static void buffer_stdout(void)
{
    static char buffer[1 << 14];
    (void)setvbuf(stdout, buffer, isatty(STDOUT_FILENO) ? _IOLBF : _IOFBF, sizeof buffer);
}

static int flush_stdout(gv_error *err)
{
    if (fflush(stdout) != 0)
        return gv_error_set_errno(err, "cannot write to standard output");
    if (ferror(stdout))
        return gv_error_set(err, GV_E_IO, "cannot write to standard output");
    return GV_OK;
}

/* Nothing more gets through on standard output: what is left of it is dropped, so that the end does
 * not wait for a reader once more. If a signal ended the wait, that is what is told. */
static void give_up_stdout(int *status, gv_error *err)
{
    if (!ferror(stdout))
        return;
    __fpurge(stdout);
    if (*status != GV_OK && gv_signal_pending()) {
        *err = (gv_error)GV_ERROR_INIT;
        *status = gv_signal_check(err);
    }
}

int gv_program_fill_standard_files(gv_error *err)
{
    static const int modes[] = {O_WRONLY, O_RDONLY, O_WRONLY};
    for (int fd = 0; fd < 3; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", modes[fd]) != fd)
            return gv_error_set_errno(err, "cannot open /dev/null");
    return GV_OK;
}

/* The command line as one text; caller frees. */
static int join_command(char **line, const gv_program *program, int argc, char **argv,
                        gv_error *err)
{
    gv_text text = GV_TEXT_INIT;
    gv_text_add(&text, program->name);
    for (int i = 1; i < argc; i++) {
        gv_text_add(&text, " ");
        gv_text_shell_word(&text, argv[i]);
    }
    return gv_text_take(line, &text, err);
}

/* Does the command line ask for errors in JSON? It may be the very one that is wrong. */
static bool wants_json(const gv_program *program, int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (program->json_lines && strcmp(argv[i], "--json") == 0)
            return true;
    return false;
}

/* Print the error as JSON on standard output; false if that fails. */
static bool tell_in_json(const char *text)
{
    char *line = NULL;
    bool told = as_json(&line, "error", text, NULL) == GV_OK && gv_print_send(line, NULL) == GV_OK;
    gv_mem_free(line);
    return told;
}

static void tell(const gv_program *program, const gv_error *error, bool json)
{
    if (json && (!error->text[0] || tell_in_json(error->text)))
        return;
    char advice[256] = "";
    if (error->code == GV_E_MEMORY)
        gv_program_least_advice(advice, sizeof advice, program->name);
    fprintf(stderr, "%s: error: %s%s\n", program->name,
            error->text[0] ? error->text : "unknown error", advice);
}

bool gv_program_has_work(const gv_program *program, int argc, char **argv)
{
    gv_program_command cmd = {.program = program};
    gv_error quiet = GV_ERROR_INIT;
    bool asks = gv_program_parse(&cmd, argc, argv, &quiet) == GV_OK && !cmd.print;
    gv_strings_free(&cmd.sets);
    gv_strings_free(&cmd.operands);
    return asks;
}

int gv_program_config(gv_config **config, const gv_program *program, int argc, char **argv,
                      gv_error *err)
{
    gv_program_command cmd = {.program = program};
    resolved r = {0};
    int status = gv_program_parse(&cmd, argc, argv, err);
    if (status == GV_OK)
        status = resolve(&r, &cmd, err);
    *config = status == GV_OK ? r.config : NULL;
    if (status == GV_OK)
        r.config = NULL;
    free_resolved(&r);
    gv_strings_free(&cmd.sets);
    gv_strings_free(&cmd.operands);
    return status;
}

int gv_program_main(const gv_program *program, int argc, char **argv)
{
    gv_program_command cmd = {.program = program};
    gv_error error = GV_ERROR_INIT;
    const bool json = wants_json(program, argc, argv);
    int status = gv_program_fill_standard_files(&error), exit_code = 0;
    buffer_stdout();
    if (status == GV_OK)
        status = gv_test_hook_install(&error);
    bool is_shell = false;
    if (status == GV_OK)
        status = answer_shell(&is_shell, program, argc, argv, &error);
    if (status == GV_OK && !is_shell)
        status = gv_program_parse(&cmd, argc, argv, &error);
    if (status == GV_OK && !is_shell)
        status = join_command(&cmd.line, program, argc, argv, &error);
    if (status == GV_OK && !is_shell)
        status = cmd.print ? print(&cmd, json, &error) : work(&exit_code, &cmd, &error);
    give_up_stdout(&status, &error);
    int flushed = flush_stdout(status == GV_OK ? &error : NULL);
    if (status == GV_OK)
        status = flushed;
    give_up_stdout(&status, &error);
    if (status != GV_OK)
        tell(program, &error, json);
    gv_strings_free(&cmd.sets);
    gv_strings_free(&cmd.operands);
    gv_mem_free(cmd.line);
    return status == GV_OK && exit_code ? exit_code
                                        : gv_error_exit_code(status, gv_signal_pending());
}
