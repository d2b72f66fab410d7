/*
 * gv_append_folder - the folder RUN/append: made, found again, removed, and moved into RUN.
 *
 * Threads: main thread only.
 */
#ifndef GV_APPEND_FOLDER_H
#define GV_APPEND_FOLDER_H

#include "base/gv_error.h"
#include "base/gv_strings.h"
#include "config/gv_json.h"
#include <stdbool.h>

enum gv_append_folder_state {
    GV_APPEND_FOLDER_NONE,     /* there is none, or one that was not completed */
    GV_APPEND_FOLDER_WAITS,    /* stages may work, or have worked, in it */
    GV_APPEND_FOLDER_REPLACES, /* its files are being moved into RUN */
    GV_APPEND_FOLDER_FOREIGN   /* a folder that somebody else made */
};

/* `dir` is RUN/append in all of these. */
GV_MUST_USE int gv_append_folder_look(enum gv_append_folder_state *state, const char *dir,
                                      gv_error *err);
/* Make it, but for config.json: append.json, and base with links to the files of `run_dir` and
 * parts.json. Removes what was not completed. */
GV_MUST_USE int gv_append_folder_make(const char *dir, const char *run_dir, const gv_strings *files,
                                      const gv_json *parts, gv_error *err);
/* The new text that it is for; the caller frees `files`. */
GV_MUST_USE int gv_append_folder_files(gv_strings *files, const char *dir, gv_error *err);
/* GV_E_USAGE if RUN is not what it was when the folder was made. */
GV_MUST_USE int gv_append_folder_check_run(const char *dir, const char *run_dir, gv_error *err);
/* Move all outputs, stamps and base into `run_dir`; what was moved before is left out. The caller
 * holds the locks of RUN. */
GV_MUST_USE int gv_append_folder_move(const char *dir, const char *run_dir, gv_error *err);
/* Remove it with all that it holds. */
GV_MUST_USE int gv_append_folder_remove(const char *dir, gv_error *err);

#endif
