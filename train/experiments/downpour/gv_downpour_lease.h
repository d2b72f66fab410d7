/*
 * gv_downpour_lease - messages between rank 0 and the replicas about tasks.
 *
 * Threads: none.
 */
#ifndef GV_DOWNPOUR_LEASE_H
#define GV_DOWNPOUR_LEASE_H

#include "train/gv_usage.h"

/* GV_TAG_LEASE: numbers of `tasks` tasks in the list of the epoch follow (uint32_t). */
typedef struct gv_downpour_lease_head {
    uint64_t epoch, store; /* gv_training_store_print */
    uint32_t lease, tasks;
} gv_downpour_lease_head;

/* GV_TAG_DONE: the next `tasks` tasks of a lease are done and what they changed has been pushed;
 * their losses follow (double). */
typedef struct gv_downpour_lease_done {
    uint32_t lease, tasks;
    uint64_t records;
    double baseline_loss; /* see gv_engine_result */
    gv_usage usage;       /* since the last */
} gv_downpour_lease_done;

#endif
