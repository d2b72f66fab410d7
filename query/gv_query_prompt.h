/*
 * gv_query_prompt - glove-query's prompt: lines from a terminal (with editing and history, by
 * libedit) or from a pipe (plain, one query a line).
 */
#ifndef GV_QUERY_PROMPT_H
#define GV_QUERY_PROMPT_H

#include "query/gv_query.h"
#include <stdio.h>

/*
 * Answer the lines of standard input on `out` until its end or `quit`. A line that fails puts its
 * reason on `complaints` (with `json`: {"error": ...} on `out`) and the next one follows. From a
 * pipe, failures make the whole GV_E_RUNTIME at the end. The history is kept in
 * $XDG_STATE_HOME/glovebox/history (~/.local/state/glovebox/history); that it cannot be written is
 * no error.
 */
int gv_query_prompt(gv_query *query, bool json, FILE *out, FILE *complaints, gv_error *err);

#endif
