/*
 * gv_query - questions to the vectors and to the store: what glove-query does, without a terminal.
 *
 * Commands (docs/query.md): nearest WORD..., analogy A B C, similarity A B, pairs WORD, info, help.
 * An answer is text: lines for people, or one line of JSON. Vectors and store are opened when the
 * first command needs them, so `pairs` works where there are no vectors yet.
 *
 * Threads: a gv_query is used by one thread at a time.
 */
#ifndef GV_QUERY_H
#define GV_QUERY_H

#include "config/gv_config.h"
#include <stdbool.h>

typedef struct gv_query_options {
    const char *vectors; /* file of vectors; NULL: the run's own */
    const char *store;   /* NULL: store.db of the run */
    size_t top;          /* answers at most, at least 1 */
    bool mul;            /* analogies by 3CosMul instead of 3CosAdd */
    bool json;
} gv_query_options;

typedef struct gv_query gv_query;

/* Nothing is opened yet. `config`, `run_dir` and the strings of `options` are borrowed. */
int gv_query_open(gv_query **query, const gv_query_options *options, const gv_config *config,
                  const char *run_dir, gv_error *err);
void gv_query_close(gv_query *query);

/*
 * Run one command given as words ("nearest", "king"). `*answer` ends with a newline; caller frees.
 * Unknown command or wrong number of operands: GV_E_USAGE. Unknown word: GV_E_RUNTIME, naming
 * words that are spelt alike.
 */
int gv_query_run(char **answer, gv_query *query, const gv_strings *command, gv_error *err);

/*
 * One line of the prompt: a command as above, or words with `+` and `-` between them, which stand
 * for `nearest`; `quit` or `exit` sets `*quit`. An empty line, or one that begins with `#`, has an
 * empty answer. Caller frees `*answer`.
 */
int gv_query_line(char **answer, bool *quit, gv_query *query, const char *line, gv_error *err);

/* An error as the JSON line that stands in for an answer; caller frees. */
int gv_query_error_json(char **line, const gv_error *failure, gv_error *err);

#endif
