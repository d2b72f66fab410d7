#include "query/gv_query_prompt.h"

#include "app/gv_print.h"
#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include <editline/readline.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HISTORY_LINES = 1000 };

/* Path of the history file, whose directory is created; NULL if there is no place for it. */
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

typedef struct prompt {
    gv_query *query;
    bool json, quit;
    FILE *out, *complaints;
    size_t asked, failed; /* queries; those of them without an answer */
} prompt;

/* Answer one line. A query that fails is reported and counted; the status is that of reporting. */
static int answer_line(prompt *p, const char *line, gv_error *err)
{
    gv_error failure = GV_ERROR_INIT;
    char *answer = NULL;
    if (gv_query_line(&answer, &p->quit, p->query, line, &failure) == GV_OK) {
        p->asked += *answer != '\0';
    } else {
        p->asked++;
        p->failed++;
        if (!p->json)
            fprintf(p->complaints, "%s\n", failure.text);
        int status = p->json ? gv_query_error_json(&answer, &failure, err) : GV_OK;
        if (status != GV_OK)
            return status;
    }
    int status = GV_OK;
    if (answer && p->out == stdout)
        status = gv_print_send(answer, err);
    else if ((answer && fputs(answer, p->out) == EOF) || fflush(p->out) != 0)
        status = gv_error_set_errno(err, "cannot write the answer");
    gv_mem_free(answer);
    return status;
}

/* --- completion by the tab key ---------------------------------------------------------------- */

/* libedit's functions have no context. */
static struct {
    gv_query *query;
    bool first; /* the word begins the line */
    size_t at, found;
} completion;

/* libedit frees the word. */
static char *next_completion(const char *prefix, int state)
{
    enum { MOST = 200 };
    if (state == 0)
        completion.at = completion.found = 0;
    if (completion.found++ == MOST)
        return NULL;
    const char *word =
        gv_query_complete(completion.query, prefix, completion.first, &completion.at);
    return word ? strdup(word) : NULL;
}

static char **complete(const char *word, int start, int end)
{
    (void)end;
    completion.first = start == 0;
    rl_attempted_completion_over = 1; /* no file names */
    return rl_completion_matches(word, next_completion);
}

static void prepare_completion(gv_query *query)
{
    static char blanks[] = " \t";
    completion.query = query;
    rl_basic_word_break_characters = blanks;
    rl_completer_word_break_characters = blanks;
    rl_attempted_completion_function = complete;
    rl_bind_key('\t', rl_complete);
}

/* --- the prompt ------------------------------------------------------------------------------- */

static int from_terminal(prompt *p, gv_error *err)
{
    char *path = history_path();
    int status = GV_OK;
    setlocale(LC_CTYPE, ""); /* so that libedit knows UTF-8 */
    rl_initialize();
    prepare_completion(p->query);
    using_history();
    stifle_history(HISTORY_LINES);
    if (path)
        read_history(path);
    if (!p->json)
        fputs("Type a word, 'help' or 'quit'.\n", p->out);
    while (status == GV_OK && !p->quit) {
        char *line = readline("glovebox> ");
        if (!line) {
            fputc('\n', p->out);
            status = gv_signal_check(err); /* Ctrl-C, or the end of the input */
            break;
        }
        if (line[0] != '\0')
            add_history(line);
        status = answer_line(p, line, err);
        free(line); /* libedit's own allocation */
    }
    if (path)
        write_history(path);
    gv_mem_free(path);
    return status;
}

static int from_pipe(prompt *p, gv_error *err)
{
    char *line = NULL;
    size_t room = 0;
    static const char mark[] = "\xef\xbb\xbf"; /* some editors begin a file with it */
    bool first = true;
    int status = GV_OK;
    while (status == GV_OK && !p->quit && getline(&line, &room, stdin) >= 0) {
        const bool marked = first && strncmp(line, mark, sizeof mark - 1) == 0;
        status = answer_line(p, line + (marked ? sizeof mark - 1 : 0), err);
        first = false;
        if (status == GV_OK)
            status = gv_signal_check(err);
    }
    free(line);          /* getline's own allocation */
    if (status == GV_OK) /* a signal may have ended the wait for a line */
        status = gv_signal_check(err);
    if (status == GV_OK && !p->quit && ferror(stdin))
        status = gv_error_set_errno(err, "cannot read standard input");
    if (status == GV_OK && p->failed > 0 && p->json) {
        /* on standard output each query has its line, so this goes elsewhere */
        fprintf(p->complaints, "{\"error\": \"%zu of %zu queries failed\"}\n", p->failed, p->asked);
        status = GV_E_RUNTIME;
    } else if (status == GV_OK && p->failed > 0) {
        status = gv_error_set(err, GV_E_RUNTIME, "%zu of %zu queries failed", p->failed, p->asked);
    }
    return status;
}

int gv_query_prompt(gv_query *query, bool json, FILE *out, FILE *complaints, gv_error *err)
{
    prompt p = {.query = query, .json = json, .out = out, .complaints = complaints};
    return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) ? from_terminal(&p, err)
                                                         : from_pipe(&p, err);
}
