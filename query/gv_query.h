/*
 * gv_query - queries about vectors and the store: what glove-query does, without a terminal.
 *
 * The commands are in docs/query.md. An answer is text: lines for people, or one line of JSON.
 * Vectors and store are opened by the first command that needs them, so `pairs` works before there
 * are vectors.
 *
 * Threads: a gv_query is used by one thread at a time.
 */
#ifndef GV_QUERY_H
#define GV_QUERY_H

#include "base/gv_text.h"
#include "config/gv_config.h"
#include <stdbool.h>

typedef struct gv_query_options {
    const char *vectors; /* a file of vectors; NULL: those of the run */
    const char *store;   /* a store; NULL: store.db of the run */
    size_t top;          /* the most results, at least 1 */
    bool mul;            /* analogies by 3CosMul instead of 3CosAdd */
    bool json;           /* answers are JSON */
} gv_query_options;

typedef struct gv_query gv_query;

/* Opens no file yet. `config`, `run_dir` and the strings of `options` are borrowed. Caller
 * closes. */
GV_MUST_USE int gv_query_open(gv_query **query, const gv_query_options *options,
                              const gv_config *config, const char *run_dir, gv_error *err);
/* Accepts NULL. */
void gv_query_close(gv_query *query);

/* Append a line for each command: its usage and what it answers. */
void gv_query_describe(gv_text *text);

/*
 * Run a command, given as words ("similarity", "king", "queen"); words that begin with no command
 * mean `nearest`. One word with white space that is none of the vectors is cut there. `*answer`
 * ends with a newline; caller frees. A wrong number of operands is GV_E_USAGE, as is what looks
 * like a mistyped command; an unknown word is GV_E_RUNTIME with words of similar spelling.
 */
GV_MUST_USE int gv_query_run(char **answer, gv_query *query, const gv_strings *words,
                             gv_error *err);

/*
 * Run a line of the prompt: words as above; or `quit` or `exit`, which set `*quit`. The answer to
 * an empty line, and to one that begins with `#`, is "". Caller frees `*answer`.
 */
GV_MUST_USE int gv_query_line(char **answer, bool *quit, gv_query *query, const char *line,
                              gv_error *err);

/* The JSON line that replaces the answer of a query that failed; caller frees. */
GV_MUST_USE int gv_query_error_json(char **line, const gv_error *failure, gv_error *err);

/*
 * What a word that begins with `prefix` may become: commands, if it is the `first` of the line,
 * then words of the vectors, if there are any. `*at` is 0 for the first call and belongs to the
 * function then. Borrowed; NULL at the end.
 */
const char *gv_query_complete(gv_query *query, const char *prefix, bool first, size_t *at);

#endif
