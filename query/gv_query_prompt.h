/*
 * gv_query_prompt - glove-query's prompt: reads queries from a terminal (with editing and history,
 * by libedit) or from a pipe, one a line.
 *
 * Threads: main thread only.
 */
#ifndef GV_QUERY_PROMPT_H
#define GV_QUERY_PROMPT_H

#include "query/gv_query.h"
#include <stdio.h>

/*
 * Answer the lines of standard input on `out`, until it ends or says `quit`. The error of a query
 * that fails goes to `complaints`, or with `json` as {"error": ...} to `out`. If a query from a
 * pipe failed, the result is GV_E_RUNTIME, after all lines; with `json` that is told on
 * `complaints`, in JSON, and `err` stays empty. The history is in
 * $XDG_STATE_HOME/glovebox/history (~/.local/state/glovebox/history); failing to write it is no
 * error.
 */
GV_MUST_USE int gv_query_prompt(gv_query *query, bool json, FILE *out, FILE *complaints,
                                gv_error *err);

#endif
