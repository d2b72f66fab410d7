/*
 * gv_folder - folders for a time: made with a name of their own, and removed with all they hold.
 *
 * Errors: GV_E_IO with the path and the system's reason, GV_E_MEMORY. Threads: any.
 */
#ifndef GV_FOLDER_H
#define GV_FOLDER_H

#include "base/gv_error.h"

/* Make the folder PREFIX-XXXXXX, with six characters that no other has; only the user may look into
 * it. Caller frees `*path`, which is NULL on failure. */
GV_MUST_USE int gv_folder_make(char **path, const char *prefix, gv_error *err);

/* Remove a file, or a folder with all that is in it. No link is followed. One that does not exist
 * is fine. */
GV_MUST_USE int gv_folder_remove(const char *path, gv_error *err);

#endif
