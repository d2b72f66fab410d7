/*
 * gv_store_copy - write a store again, with the same content, in one file or in parts.
 *
 * Threads: a call uses its own state.
 */
#ifndef GV_STORE_COPY_H
#define GV_STORE_COPY_H

#include "base/gv_progress.h"
#include "store/gv_store.h"

typedef struct gv_store_copy_options {
    uint32_t parts;              /* of the copy, at most as many as groups; 0: in one file */
    const gv_strings *from_dirs; /* with the parts of the source; NULL: those of its config */
    const gv_strings *to_dirs;   /* to write parts to, in turn; NULL: the folder of the copy */
} gv_store_copy_options;

/*
 * Copy the store at `from` to `to`; everything but how it is divided is the same, and so is the
 * content hash. Every blob is checked. A store that is at `to` is replaced, and its parts are
 * removed, when the copy is complete. `progress` may be NULL.
 *
 * GV_E_USAGE: more parts than groups; the errors of gv_store.h; GV_E_STOPPED on a signal.
 */
GV_MUST_USE int gv_store_copy(const char *from, const char *to,
                              const gv_store_copy_options *options, gv_progress *progress,
                              gv_error *err);

#endif
