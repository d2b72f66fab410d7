/*
 * gv_jansson - jansson's loads and dumps, with every failed allocation told.
 *
 * jansson itself drops characters of a string, or takes the text for no JSON, where its buffers
 * cannot grow. So it gets its memory from gv_library_mem.h, and these functions look at the
 * failures. Inside lib/config and lib/app, and in lib/text for the records of a corpus; everything
 * else reads and writes JSON by gv_json.h.
 *
 * Threads: a value belongs to one thread at a time. The only error is GV_E_MEMORY.
 */
#ifndef GV_JANSSON_H
#define GV_JANSSON_H

#include "base/gv_error.h"
#include <jansson.h>

/* The value of `bytes` bytes of text (a new reference); NULL if it is not JSON: then `where` (may
 * be NULL) says why. `flags` are jansson's. */
GV_MUST_USE int gv_jansson_load(json_t **value, const char *text, size_t bytes, size_t flags,
                                json_error_t *where, gv_error *err);
/* The value as text, which the caller frees with gv_mem_free. */
GV_MUST_USE int gv_jansson_dump(char **text, const json_t *value, size_t flags, gv_error *err);

#endif
