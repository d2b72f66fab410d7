/*
 * gv_shared_files - files of rank 0 that all ranks read: the vocabulary, phrases, stop words.
 *
 * Every rank looks for the files at their paths. Where a rank finds none, or one with other
 * contents, as a host does that has an old copy or nothing at all, it gets a copy of rank 0's
 * (gv_relay.h). All bytes are compared, by their hash.
 *
 * Errors: those of gv_relay.h; GV_E_IO where rank 0 cannot read a file.
 *
 * Threads: the main thread of each rank.
 */
#ifndef GV_SHARED_FILES_H
#define GV_SHARED_FILES_H

#include "base/gv_strings.h"
#include "dist/gv_relay.h"

enum { GV_SHARED_FILES_MAX = 8 };

/* Rank 0: see to it that all ranks have the files `paths`; NULLs among them are left out. */
GV_MUST_USE int gv_shared_files_give(gv_comm *comm, const gv_strings *paths, gv_progress *progress,
                                     gv_error *err);

/* Another rank's files; zeroed, cleared at the end. */
typedef struct gv_shared_files {
    char *path[GV_SHARED_FILES_MAX]; /* where each can be read; NULL where the caller's is NULL */
    int copy[GV_SHARED_FILES_MAX];   /* open file + 1; 0: it is no copy */
} gv_shared_files;
/* Other ranks, with the same number of paths, and NULLs at the same places. Copies are temporary
 * files without a name in `temp_dir`. */
GV_MUST_USE int gv_shared_files_get(gv_shared_files *files, gv_comm *comm, const gv_strings *paths,
                                    const char *temp_dir, gv_error *err);
void gv_shared_files_clear(gv_shared_files *files);

/* Rank 0: send the whole file at `path` to `ranks` ([n], n > 0), and tell the user so. */
GV_MUST_USE int gv_shared_files_send(gv_comm *comm, const char *path, const int *ranks, int n,
                                     gv_progress *progress, gv_error *err);

#endif
