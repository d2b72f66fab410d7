/*
 * gv_query - queries about vectors and the store: what glove-query does, without a terminal.
 *
 * Commands (docs/query.md): nearest WORD..., analogy A B C, similarity A B, pairs WORD, info, help.
 * An answer is text: lines for people, or one line of JSON. Vectors and store are opened by the
 * first command that needs them, so `pairs` works before there are vectors.
 *
 * Threads: a gv_query is used by one thread at a time.
 */
#ifndef GV_QUERY_H
#define GV_QUERY_H

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

/*
 * Run a command, given as words ("nearest", "king"). `*answer` ends with a newline; caller frees.
 * An unknown command or a wrong number of operands is GV_E_USAGE, an unknown word GV_E_RUNTIME with
 * words of similar spelling.
 */
GV_MUST_USE int gv_query_run(char **answer, gv_query *query, const gv_strings *command,
                             gv_error *err);

/*
 * Run a line of the prompt: a command as above; or words with `+` and `-` between them, which means
 * `nearest`; or `quit` or `exit`, which set `*quit`. The answer to an empty line, and to one that
 * begins with `#`, is "". Caller frees `*answer`.
 */
GV_MUST_USE int gv_query_line(char **answer, bool *quit, gv_query *query, const char *line,
                              gv_error *err);

/* The JSON line that replaces the answer of a query that failed; caller frees. */
GV_MUST_USE int gv_query_error_json(char **line, const gv_error *failure, gv_error *err);

#endif
