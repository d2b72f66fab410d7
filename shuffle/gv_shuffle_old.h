/*
 * gv_shuffle_old - the parts that are of no use when a new store is in its place.
 *
 * Errors: GV_E_MEMORY. Threads: any.
 */
#ifndef GV_SHUFFLE_OLD_H
#define GV_SHUFFLE_OLD_H

#include "store/gv_store_part.h"

/* Of the new store. */
typedef struct gv_shuffle_old_parts {
    const gv_store_part *part; /* [n] */
    uint32_t n;
} gv_shuffle_old_parts;

/* Append to `gone` the names of parts that the new store at `store_path` does not have: of those of
 * the store before, `old`, and of those that killed shuffles have left in its folder. */
GV_MUST_USE int gv_shuffle_old_find(gv_strings *gone, const gv_strings *old,
                                    const gv_shuffle_old_parts *parts, const char *store_path,
                                    gv_error *err);

#endif
