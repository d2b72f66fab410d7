#include "query/gv_query_prompt.h"

#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include <editline/readline.h>
#include <locale.h>
#include <stdlib.h>
#include <unistd.h>

enum { HISTORY_LINES = 1000 };

/* Path of the history file, its directory made; NULL if there is no home for it. */
static char *history_path(void)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    char *dir = NULL, *path = NULL;
    if (state && state[0] == '/')
        dir = gv_file_path_join(state, "glovebox", NULL);
    else if (home && home[0] == '/')
        dir = gv_file_path_join(home, ".local/state/glovebox", NULL);
    if (dir && gv_file_make_dirs(dir, NULL) == GV_OK)
        path = gv_file_path_join(dir, "history", NULL);
    gv_mem_free(dir);
    return path;
}

/* Answer one line; failures are told and counted. Returns a failure of ours, not of the query. */
static int answer_line(bool *quit, size_t *failed, gv_query *query, const char *line, bool json,
                       FILE *out, FILE *complaints, gv_error *err)
{
    gv_error failure = GV_ERROR_INIT;
    char *answer = NULL;
    int status = gv_query_line(&answer, quit, query, line, &failure);
    if (status != GV_OK) {
        (*failed)++;
        if (json) {
            status = gv_query_error_json(&answer, &failure, err);
            if (status != GV_OK)
                return status;
        } else {
            fprintf(complaints, "%s\n", failure.text);
        }
    }
    int written = !answer || fputs(answer, out) != EOF;
    gv_mem_free(answer);
    if (!written || fflush(out) != 0)
        return gv_error_set_errno(err, "cannot write the answer");
    return GV_OK;
}

static int from_terminal(gv_query *query, bool json, FILE *out, FILE *complaints, gv_error *err)
{
    char *path = history_path();
    bool quit = false;
    size_t failed = 0;
    int status = GV_OK;
    setlocale(LC_CTYPE, ""); /* so that libedit knows UTF-8 */
    rl_initialize();
    rl_bind_key('\t', rl_insert); /* not file names */
    using_history();
    stifle_history(HISTORY_LINES);
    if (path)
        read_history(path);
    fputs("Type a word, 'help' or 'quit'.\n", out);
    while (status == GV_OK && !quit) {
        char *line = readline("glovebox> ");
        if (!line) {
            fputc('\n', out);
            status = gv_signal_check(err); /* Ctrl-C, or the end of the input */
            break;
        }
        if (line[0] != '\0')
            add_history(line);
        status = answer_line(&quit, &failed, query, line, json, out, complaints, err);
        free(line); /* it came from libedit */
    }
    if (path)
        write_history(path);
    gv_mem_free(path);
    return status;
}

static int from_pipe(gv_query *query, bool json, FILE *out, FILE *complaints, gv_error *err)
{
    char *line = NULL;
    size_t room = 0, lines = 0, failed = 0;
    bool quit = false;
    int status = GV_OK;
    while (status == GV_OK && !quit && getline(&line, &room, stdin) >= 0) {
        lines++;
        status = answer_line(&quit, &failed, query, line, json, out, complaints, err);
        if (status == GV_OK)
            status = gv_signal_check(err);
    }
    free(line); /* it came from getline */
    if (status == GV_OK && !quit && ferror(stdin))
        status = gv_error_set_errno(err, "cannot read standard input");
    if (status == GV_OK && failed > 0)
        status = gv_error_set(err, GV_E_RUNTIME, "%zu of %zu queries could not be answered", failed,
                              lines);
    return status;
}

int gv_query_prompt(gv_query *query, bool json, FILE *out, FILE *complaints, gv_error *err)
{
    if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
        return from_terminal(query, json, out, complaints, err);
    return from_pipe(query, json, out, complaints, err);
}
