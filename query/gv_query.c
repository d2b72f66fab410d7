/*
 * gv_query - finds the command, opens files, and renders answers.
 *
 * A command writes a JSON object (gv_query_vectors.c, gv_query_store.c). `--json` prints it;
 * otherwise gv_query_print.c turns it into lines and columns. So both have the same contents.
 */
#include "query/gv_query.h"

#include "app/gv_print.h"
#include "app/gv_run.h"
#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "base/gv_show.h"
#include "base/gv_text.h"
#include "query/gv_query_internal.h"
#include <string.h>

#define WHITE " \t\r\n\v\f"

typedef struct command {
    const char *name;
    gv_query_fn *fn;
    size_t least, most; /* operands */
    const char *usage, *help;
} command;

static const command commands[] = {
    {"nearest", gv_query_nearest, 1, SIZE_MAX, "nearest WORD [+ WORD] [- WORD] ...",
     "the words nearest to a word or a sum"},
    {"analogy", gv_query_analogy, 3, 3, "analogy A B C", "A is to B as C is to ?"},
    {"similarity", gv_query_similarity, 2, 2, "similarity WORD WORD", "cosine of two words"},
    {"odd", gv_query_odd, 3, SIZE_MAX, "odd A B C ...", "the word that fits the others least"},
    {"vector", gv_query_vector, 1, 1, "vector WORD", "its numbers, as they are in the file"},
    {"search", gv_query_search, 1, 1, "search PREFIX",
     "the words that begin with it, most frequent first"},
    {"pairs", gv_query_pairs, 1, 1, "pairs WORD",
     "its strongest contexts in the corpus, from store.db"},
    {"info", gv_query_info, 0, 0, "info", "which vectors and which store are in use"},
    {"help", gv_query_help, 0, SIZE_MAX, "help", "this list"},
};
enum { COMMANDS = sizeof commands / sizeof *commands };

void gv_query_describe(gv_text *text)
{
    enum { COLUMN = 36 };
    for (size_t i = 0; i < COMMANDS; i++)
        gv_text_printf(text, "  %-*s %s\n", COLUMN, commands[i].usage, commands[i].help);
}

int gv_query_help(gv_json_writer *answer, gv_query *query, const gv_strings *operands,
                  gv_error *err)
{
    (void)query;
    (void)operands;
    (void)err;
    gv_json_open_array(answer, "commands");
    for (size_t i = 0; i < COMMANDS; i++) {
        gv_json_open_object(answer, NULL);
        gv_json_set_text(answer, "usage", commands[i].usage);
        gv_json_set_text(answer, "help", commands[i].help);
        gv_json_close(answer);
    }
    gv_json_close(answer);
    return GV_OK;
}

int gv_query_open(gv_query **query, const gv_query_options *options, const gv_config *config,
                  const char *run_dir, gv_error *err)
{
    *query = gv_mem_alloc_zero(1, sizeof **query, err);
    if (!*query)
        return GV_E_MEMORY;
    (*query)->options = *options;
    (*query)->config = config;
    (*query)->run_dir = run_dir;
    return GV_OK;
}

void gv_query_close(gv_query *query)
{
    if (!query)
        return;
    gv_words_unseen_close(query->unseen);
    gv_words_free(query->words);
    gv_vectors_free(query->raw);
    gv_mem_free(query->vectors_path);
    gv_store_close(query->store);
    gv_mem_free(query->store_path);
    gv_vocab_free(query->vocab);
    gv_mem_free(query->row_sums);
    gv_mem_free(query);
}

int gv_query_need_vectors(gv_query *query, gv_error *err)
{
    int status = GV_OK;
    if (query->words)
        return GV_OK;
    if (!query->vectors_path) {
        if (query->options.vectors)
            query->vectors_path = gv_mem_strdup(query->options.vectors, err);
        else
            status =
                gv_words_find_file(&query->vectors_path, NULL, query->config, query->run_dir, err);
        if (!query->vectors_path)
            return status == GV_OK ? GV_E_MEMORY : status;
    }
    return gv_words_read(&query->words, query->vectors_path, err);
}

int gv_query_need_store(gv_query *query, gv_error *err)
{
    if (query->row_sums)
        return GV_OK;
    if (!query->store_path)
        query->store_path = query->options.store
                                ? gv_mem_strdup(query->options.store, err)
                                : gv_file_path_join(query->run_dir, GV_FILE_STORE, err);
    int status = query->store_path ? GV_OK : GV_E_MEMORY;
    if (status == GV_OK && !query->store)
        status = gv_store_open(&query->store, query->store_path, 1, err);
    if (status == GV_OK && !query->vocab) {
        status = gv_store_vocab(&query->vocab, query->store, err);
        if (status == GV_OK)
            query->lower_case =
                gv_words_lower_case(gv_vocab_size(query->vocab), gv_query_vocab_word, query->vocab);
    }
    if (status == GV_OK)
        status = gv_store_row_sums(&query->row_sums, query->store, err);
    return status;
}

int gv_query_unknown(const char *what, const char *word, gv_query_alike alike, const char *hint,
                     gv_error *err)
{
    char list[256] = "";
    for (size_t i = 0; i < alike.n; i++) {
        size_t used = strlen(list);
        if (used + strlen(alike.words[i]) + 3 < sizeof list) {
            strcat(list, used ? ", " : "");
            strcat(list, alike.words[i]);
        }
    }
    if (list[0])
        return gv_error_set(err, GV_E_RUNTIME, "no %s for '%.200s'; similar words: %s%s", what,
                            word, list, hint);
    return gv_error_set(err, GV_E_RUNTIME, "no %s for '%.200s', and there are no similar words%s",
                        what, word, hint);
}

/* --- answers ---------------------------------------------------------------------------------- */

static int render_json(char **line, const gv_json *answer, gv_error *err)
{
    enum { DIGITS = 12 };
    char *text = NULL;
    int status = gv_json_print(&text, answer, GV_JSON_ONE_LINE, DIGITS, err);
    *line = status == GV_OK ? gv_mem_format(err, "%s\n", text) : NULL;
    gv_mem_free(text);
    return status == GV_OK && !*line ? GV_E_MEMORY : status;
}

static int render_text(char **text, const gv_json *answer, gv_error *err)
{
    gv_print_buffer buffer;
    int status = gv_print_open(&buffer, err);
    if (status != GV_OK)
        return status;
    gv_query_print(buffer.stream, answer);
    return gv_print_close(text, &buffer, err);
}

static int run(char **text, gv_query *query, const command *cmd, const gv_strings *operands,
               gv_error *err)
{
    if (operands->n == 0 && cmd->least > 0)
        return gv_error_set(err, GV_E_USAGE, "usage: %s (for the word itself: nearest %s)",
                            cmd->usage, cmd->name);
    if (operands->n < cmd->least || operands->n > cmd->most)
        return gv_error_set(err, GV_E_USAGE, "usage: %s", cmd->usage);
    gv_json *answer = NULL;
    gv_json_writer w = gv_json_begin();
    gv_json_set_text(&w, "command", cmd->name);
    int status = cmd->fn(&w, query, operands, err);
    if (status == GV_OK)
        status = gv_json_take(&answer, &w, err);
    else
        gv_json_clear(&w);
    if (status == GV_OK)
        status =
            query->options.json ? render_json(text, answer, err) : render_text(text, answer, err);
    gv_json_free(answer);
    return status;
}

static const command *find_command(const char *name)
{
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

/* The command that `name` may be a misspelling of; NULL: none. */
static const char *near_command(const char *name)
{
    const char *names[COMMANDS];
    for (size_t i = 0; i < COMMANDS; i++)
        names[i] = commands[i].name;
    return gv_config_nearest_name(name, names, COMMANDS);
}

/* Cut a line at white space; `words->items` is the caller's, its strings point into `line`. */
static int split(gv_strings *words, char *line, gv_error *err)
{
    size_t capacity = 0;
    for (char *at = line + strspn(line, WHITE); *at != '\0'; at += strspn(at, WHITE)) {
        int status =
            gv_mem_reserve(&words->items, &capacity, words->n + 1, sizeof *words->items, err);
        if (status != GV_OK)
            return status;
        words->items[words->n++] = at;
        at += strcspn(at, WHITE);
        if (*at != '\0')
            *at++ = '\0';
    }
    return GV_OK;
}

static bool is_word(gv_query *query, const char *word)
{
    return gv_query_need_vectors(query, NULL) == GV_OK &&
           gv_words_lookup(query->words, word) != GV_NEAREST_NO_ROW;
}

/* Run the words of a text: on the command line, "king - man" may be one argument. */
static int run_text(char **answer, gv_query *query, const char *text, gv_error *err)
{
    gv_strings words = {0};
    char *copy = gv_mem_strdup(text, err);
    int status = copy ? split(&words, copy, err) : GV_E_MEMORY;
    if (status == GV_OK)
        status = gv_query_run(answer, query, &words, err);
    gv_mem_free(words.items);
    gv_mem_free(copy);
    return status;
}

/* Several words that are a phrase of the vectors ("new york" as new_york): its neighbours; else not
 * `*done`. */
static int run_phrase(char **answer, bool *done, gv_query *query, const gv_strings *words,
                      gv_error *err)
{
    gv_text name = GV_TEXT_INIT;
    char *phrase = NULL;
    if (words->n < 2)
        return GV_OK;
    for (size_t i = 0; i < words->n; i++)
        gv_text_printf(&name, "%s%s", i ? "_" : "", words->items[i]);
    int status = gv_text_take(&phrase, &name, err);
    *done = status == GV_OK && is_word(query, phrase);
    if (*done)
        status = run(answer, query, find_command("nearest"), &(gv_strings){1, &phrase}, err);
    gv_mem_free(phrase);
    return status;
}

int gv_query_run(char **answer, gv_query *query, const gv_strings *words, gv_error *err)
{
    *answer = NULL;
    if (words->n == 0)
        return gv_error_set(err, GV_E_USAGE, "a command or a word is missing");
    const char *first = words->items[0];
    if (words->n == 1 && strpbrk(first, WHITE) && !is_word(query, first))
        return run_text(answer, query, first, err);
    const command *cmd = find_command(first), *nearest = find_command("nearest");
    const gv_strings operands = {words->n - 1, words->items + 1};
    bool done = false;
    int status = run_phrase(answer, &done, query, cmd == nearest ? &operands : words, err);
    if (done || status != GV_OK)
        return status;
    if (cmd)
        return run(answer, query, cmd, &operands, err);
    /* what its n-grams say of a mistyped command is not what was asked for */
    const char *near = words->n > 1 ? near_command(first) : NULL;
    if (near && gv_query_need_vectors(query, NULL) == GV_OK && !is_word(query, first))
        return gv_error_set(
            err, GV_E_USAGE,
            "'%.100s' is no command and no word of the vectors (did you mean '%s'?)", first, near);
    return run(answer, query, nearest, words, err);
}

/* --- the prompt's lines ----------------------------------------------------------------------- */

static bool is_quit(const gv_strings *words)
{
    return words->n == 1 &&
           (strcmp(words->items[0], "quit") == 0 || strcmp(words->items[0], "exit") == 0);
}

int gv_query_line(char **answer, bool *quit, gv_query *query, const char *line, gv_error *err)
{
    gv_strings words = {0};
    *answer = NULL;
    *quit = false;
    char *copy = gv_mem_strdup(line, err);
    int status = copy ? split(&words, copy, err) : GV_E_MEMORY;
    if (status != GV_OK)
        goto cleanup;
    *quit = is_quit(&words);
    if (words.n == 0 || *quit || words.items[0][0] == '#') {
        *answer = gv_mem_strdup("", err);
        status = *answer ? GV_OK : GV_E_MEMORY;
    } else {
        status = gv_query_run(answer, query, &words, err);
    }
cleanup:
    gv_mem_free(words.items);
    gv_mem_free(copy);
    return status;
}

/* --- completion ------------------------------------------------------------------------------- */

/* Can the word be put on a terminal as it is? */
static bool is_safe(const char *word)
{
    while (*word) {
        char shown[GV_SHOW_CHARACTER];
        const char *start = word;
        size_t length = gv_show_character(shown, &word);
        if (length != (size_t)(word - start) || memcmp(shown, start, length) != 0)
            return false;
    }
    return true;
}

const char *gv_query_complete(gv_query *query, const char *prefix, bool first, size_t *at)
{
    const size_t length = strlen(prefix);
    for (; *at < COMMANDS; ++*at)
        if (first && strncmp(commands[*at].name, prefix, length) == 0)
            return commands[(*at)++].name;
    if (gv_query_need_vectors(query, NULL) != GV_OK)
        return NULL;
    const gv_vectors *vectors = query->words->vectors;
    for (; *at - COMMANDS < vectors->rows; ++*at)
        if (strncmp(vectors->words[*at - COMMANDS], prefix, length) == 0 &&
            is_safe(vectors->words[*at - COMMANDS]))
            return vectors->words[(*at)++ - COMMANDS];
    return NULL;
}

/* --- errors ----------------------------------------------------------------------------------- */

int gv_query_error_json(char **line, const gv_error *failure, gv_error *err)
{
    gv_json *answer = NULL;
    gv_json_writer w = gv_json_begin();
    gv_json_set_text(&w, "error", failure->text);
    int status = gv_json_take(&answer, &w, err);
    if (status == GV_OK)
        status = render_json(line, answer, err);
    gv_json_free(answer);
    return status;
}
