/*
 * gv_append_texts - which texts a run has counted, by the records of their stamps.
 *
 * The last ones are the inputs of glove-vocab's stamp; those before them, the base/parts.json of
 * the run lists: {"parts": [{"files": [{"file":, "path":, "bytes":, "mtime_ns":, "xxh128":}],
 * "tokens":, "words":, "time":}]}, oldest first.
 *
 * Threads: functions touch only their arguments.
 */
#ifndef GV_APPEND_TEXTS_H
#define GV_APPEND_TEXTS_H

#include "config/gv_config.h"
#include "config/gv_json.h"
#include <stdbool.h>

/* All parts of the run in `dir`, as parts.json has them, the last one included. Caller frees.
 * GV_E_USAGE: nothing says what its vocabulary was made from. GV_E_CORRUPT: a damaged
 * parts.json. */
GV_MUST_USE int gv_append_texts_read(gv_json **parts, const char *dir, const gv_config *config,
                                     gv_error *err);
/* GV_E_USAGE if one of `files` has the contents of a file in `parts`. */
GV_MUST_USE int gv_append_texts_check_new(const gv_json *parts, const gv_strings *files,
                                          gv_error *err);
/* Are `files` the last of several parts, one by one with the same contents? */
GV_MUST_USE int gv_append_texts_are_last(bool *last, const gv_json *parts, const gv_strings *files,
                                         gv_error *err);
/* Append the names of the files in the last of `parts` to `names`. */
GV_MUST_USE int gv_append_texts_last(gv_strings *names, const gv_json *parts, gv_error *err);

#endif
