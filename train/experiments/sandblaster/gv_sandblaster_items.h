/*
 * gv_sandblaster_items - the work items of an evaluation: which worker has which, and what has come
 * back.
 *
 * An item is the word rows, or the context rows, of a few consecutive segments. A result is counted
 * by key (gv_params.h: the word rows or the context rows of one segment), since an item's segments
 * may be on different servers, each of which reports what it has received.
 *
 * Choice. A worker that asks gets an item that nobody has: one that a lost worker left, else the
 * next one that was never given out. When there is none it gets a copy of an item that others are
 * still at, so that a slow worker does not delay the evaluation: Dean et al. 2012, section 4.2,
 * "backup tasks". Whoever finishes first counts.
 *
 * Limits. How many items a worker may have at a time follows from how many it finished in the
 * evaluation before: a slow worker does not hold many items that others would have to redo at the
 * end.
 *
 * Which worker does what has no effect on results (gv_sandblaster.h).
 *
 * Threads: the main thread of rank 0.
 */
#ifndef GV_SANDBLASTER_ITEMS_H
#define GV_SANDBLASTER_ITEMS_H

#include "store/gv_store.h"
#include "train/experiments/sandblaster/gv_sandblaster_internal.h"

enum { GV_SANDBLASTER_ITEMS_COPIES = 3 }; /* workers that may have the same item */

typedef struct gv_sandblaster_items_entry {
    gv_sandblaster_item item;
    int workers[GV_SANDBLASTER_ITEMS_COPIES]; /* ranks that have it; 0: a free place */
    uint32_t left;                            /* segments whose result has not come */
} gv_sandblaster_items_entry;

/* To be read only through the functions below, `left` excepted. */
typedef struct gv_sandblaster_items {
    gv_sandblaster_items_entry *entries; /* [n] */
    size_t n, fresh;                     /* `fresh`: the first that was not given out */
    uint32_t *item_of;                   /* [keys] entry of each key */
    bool *counted;                       /* [keys] its result has come */
    double *values;                      /* [keys] part of the objective */
    uint32_t keys, left;                 /* `left`: keys whose result has not come */
    unsigned *limit;                     /* [ranks] items that a worker may have at a time */
    uint32_t *done; /* [ranks] keys that it was first with, in this evaluation */
    int ranks;
} gv_sandblaster_items;

/*
 * Cut the segments of `info` into items of rows of `width` floats, for a job of `ranks` ranks. The
 * store's layout is not kept. Free with gv_sandblaster_items_clear, also after an error
 * (GV_E_MEMORY).
 */
GV_MUST_USE int gv_sandblaster_items_init(gv_sandblaster_items *items, const gv_store_info *info,
                                          size_t width, int ranks, gv_error *err);
void gv_sandblaster_items_clear(gv_sandblaster_items *items);

/* Begin an evaluation: no item is given out. `first`: nothing is known of the workers yet. */
void gv_sandblaster_items_begin(gv_sandblaster_items *items, bool first);

/* Give `worker` (a rank) an item; false: it has enough, or there is none for it. */
bool gv_sandblaster_items_give(gv_sandblaster_items *items, gv_sandblaster_item *item, int worker);

/* The result of a key (below items->keys) has come from `worker`, with its part of the objective.
 * Only the first one counts. */
void gv_sandblaster_items_count(gv_sandblaster_items *items, uint32_t key, int worker,
                                double value);

/* A worker is lost: the items it had are given out again. Returns how many these are. */
size_t gv_sandblaster_items_take_back(gv_sandblaster_items *items, int worker);

/* The objective, once items->left is 0. Added in the order of keys, so that its bits depend on
 * nothing else. */
double gv_sandblaster_items_value(const gv_sandblaster_items *items);

#endif
