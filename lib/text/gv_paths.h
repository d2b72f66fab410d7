/*
 * gv_paths - patterns of file names, and the files below a folder.
 *
 * In a pattern `*`, `?` and `[...]` match within one name, as in the shell, and `**` any number of
 * folders, none included: `a/` `**` `/b` is a/b, a/x/b, a/x/y/b. A `**` beside other characters of
 * a name reaches as deep. Names that begin with a dot are matched by a pattern that begins with one
 * only.
 *
 * Below a folder, and with `**`, symbolic links are followed, but every folder and every file is
 * taken once, so that links in a circle end and a link beside its file doubles nothing. Pipes and
 * devices are left out, and so is what glovebox itself has written into a run directory.
 *
 * Errors: GV_E_IO for a folder that cannot be read, GV_E_MEMORY, and what a function names.
 * Threads: pure functions on the caller's memory.
 */
#ifndef GV_PATHS_H
#define GV_PATHS_H

#include "base/gv_strings.h"
#include <stdbool.h>
#include <stddef.h>

/* Does `path` (relative, without "./") match? A pattern without a slash is compared with the last
 * name of the path, wherever that lies. */
bool gv_paths_match(const char *pattern, const char *path);
/* Does it match one of the patterns? Without any, all paths do that are not hidden. */
bool gv_paths_match_any(const gv_strings *patterns, const char *path);
/* Has the text any of the characters that make a pattern? */
bool gv_paths_is_pattern(const char *text);
/* Is a name of the path hidden: does it begin with a dot? */
bool gv_paths_is_hidden(const char *path);

/* A copy of `path` in which a `~` or `~user` at the start is the user's home directory; caller
 * frees. `*copy` is NULL on failure; GV_E_USAGE: there is no such user. */
GV_MUST_USE int gv_paths_home(char **copy, const char *path, gv_error *err);

/* What a search found. A zeroed struct is empty. */
typedef struct gv_paths {
    char **items; /* [n] owned */
    size_t n, capacity;
    size_t own;      /* files of run directories that were left out */
    char *first_own; /* one of them */
} gv_paths;
void gv_paths_free(gv_paths *paths);
/* Append a copy of one path. */
GV_MUST_USE int gv_paths_add(gv_paths *paths, const char *path, gv_error *err);
/* Append what a pattern matches, in byte order: with `**` files only, else files and folders.
 * Nothing is appended if nothing matches. */
GV_MUST_USE int gv_paths_add_matches(gv_paths *paths, const char *pattern, gv_error *err);
/* Append the files below `folder` whose path from there matches one of `patterns`, in byte
 * order. */
GV_MUST_USE int gv_paths_add_folder(gv_paths *paths, const char *folder, const gv_strings *patterns,
                                    gv_error *err);

#endif
