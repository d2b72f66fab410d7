/*
 * gv_train_store - the store of every rank: its own file, or a copy of rank 0's.
 *
 * A worker rank opens store.db in the run directory. If it finds none there, or one with other
 * content than rank 0's, as a host does that has an old copy or nothing at all, rank 0 sends it the
 * file (gv_relay.h). The copy goes into a temporary file without a name (gv_relay_temp_dir). So all
 * ranks train on the same store, wherever they are.
 *
 * The parts of a store in parts are not sent: each rank looks for those that it needs, in
 * store.part_dirs and in the run directory. With rotation these are the parts of the word groups
 * that it owns (gv_routes.h).
 *
 * Errors: those of gv_store.h and gv_relay.h.
 *
 * Threads: the main thread of each rank.
 */
#ifndef GV_TRAIN_STORE_H
#define GV_TRAIN_STORE_H

#include "base/gv_progress.h"
#include "config/gv_config.h"
#include "dist/gv_comm.h"
#include "store/gv_store.h"

/* Rank 0 of `comm` (NULL: there are no others): open the store at `path`. */
GV_MUST_USE int gv_train_store_open_first(gv_store **store, const char *path, gv_comm *comm,
                                          const gv_config *config, gv_error *err);
/* Rank 0: see to it that all ranks have the store that is open here, from the file at `path`.
 * `comm` may be NULL: there are no others. */
GV_MUST_USE int gv_train_store_share(gv_comm *comm, const gv_store *store, const char *path,
                                     gv_progress *progress, gv_error *err);

/* A worker rank's; zeroed, cleared at the end. */
typedef struct gv_train_store {
    gv_store *store;
    char *path;
    int copy; /* descriptor of the copy, if `is_copy` */
    bool is_copy;
} gv_train_store;

/* Open the store of the run directory `dir`, or the copy. GV_E_STOPPED if rank 0 has no need of the
 * store and ends the job. */
GV_MUST_USE int gv_train_store_open(gv_train_store *found, gv_comm *comm, const gv_config *config,
                                    const char *dir, gv_error *err);
/* Also after an error, or before opening. */
void gv_train_store_clear(gv_train_store *found);

#endif
