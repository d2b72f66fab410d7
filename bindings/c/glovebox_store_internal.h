/*
 * glovebox_store_internal.h - what a store is for the C library. Private to it.
 *
 * Threads: as glovebox.h.
 */
#ifndef GLOVEBOX_STORE_INTERNAL_H
#define GLOVEBOX_STORE_INTERNAL_H

#include "bindings/c/glovebox_internal.h"
#include "store/gv_store.h"

struct glovebox_store {
    gv_store *store; /* read from under `lock` */
    pthread_mutex_t lock;
    gv_vocab *vocab;
    bool lower_case; /* no word of it has a capital letter */
    uint64_t *sums;  /* [words] of the rows, in units */
};

/* The handle without const: reading moves the store's own buffers. */
glovebox_store *glovebox_store_lazily(const glovebox_store *store);

#endif
