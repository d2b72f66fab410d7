/* Read before each file by `make tidy`. The analyzer looks at one file at a time, so it cannot know
 * that gv_error_set never returns GV_OK, and what gv_mem does. */
#include "base/gv_error.h"
#include "base/gv_mem.h"
#include <stdlib.h>
#include <string.h>

#define gv_error_set(err, code, ...)        (gv_error_set(err, code, __VA_ARGS__), (code))
#define gv_error_set_errno(err, ...)        (gv_error_set_errno(err, __VA_ARGS__), GV_E_IO)
#define gv_mem_alloc(count, size, err)      ((void)(err), malloc((size_t)(count) * (size)))
#define gv_mem_alloc_zero(count, size, err) ((void)(err), calloc(count, size))
#define gv_mem_strdup(text, err)            ((void)(err), strdup(text))
#define gv_mem_strndup(bytes, n, err)       ((void)(err), strndup(bytes, n))
#define gv_mem_free(block)                  free(block)
