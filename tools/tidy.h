/* Read before each file by `make tidy`. The analyzer looks at one file at a time, so it cannot know
 * that these never return GV_OK. */
#include "base/gv_error.h"

#define gv_error_set(err, code, ...) (gv_error_set(err, code, __VA_ARGS__), (code))
#define gv_error_set_errno(err, ...) (gv_error_set_errno(err, __VA_ARGS__), GV_E_IO)
