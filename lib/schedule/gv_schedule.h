/*
 * gv_schedule - the order of an epoch's tasks.
 *
 * A task is training on a stored tile in one direction. A tile (I, J) of the store gives
 *
 *   - a forward task: word rows of segment I meet context rows of segment J;
 *   - if the store is symmetric and I != J, a transposed task elsewhere in the order: word rows of
 *     segment J meet context rows of segment I (the stored cell (i,j) read as the pair (j,i));
 *   - if the store is symmetric and I == J, no second task: the one task does both directions, and
 *     a cell (i,i) once.
 *
 * So every ordered pair is trained on once an epoch.
 *
 * The order has two levels. The store deals segments into G groups; the tasks with word group a and
 * context group b form a block. For each epoch both group lists are permuted. In round r, of G, the
 * word group at place q of its list meets the context group at place q + r mod G of the other: the
 * G blocks of a round touch disjoint rows, so threads can work on all of them at once. Inside a
 * block the segments, permuted as well, meet in the same way.
 *
 * The word groups of a store of more than GV_SEGMENTS_GROUPS groups are permuted by halves: at
 * random those of the list change places or not, then those of each half, and so on. So groups that
 * a rank of many has (gv_routes.h) have neighbouring places in every epoch.
 *
 * A task's turn is the number of tasks on the same segment before it; it has one for its word
 * segment and one for its context segment. Turns depend on the store's layout, the seed and the
 * epoch, and on nothing else. Any list in which the turns of every segment ascend gives the same
 * result; there are two, for few threads and for many. The list is cut into work items, which a
 * thread claims as a whole: blocks, or single tasks.
 *
 * Threads: draw from one thread; between draws the tasks are read-only.
 */
#ifndef GV_SCHEDULE_H
#define GV_SCHEDULE_H

#include "base/gv_error.h"
#include "store/gv_store.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct gv_schedule_task {
    uint32_t tile; /* index into gv_store_tiles */
    uint32_t word_segment, context_segment;
    /* how many tasks earlier in the epoch touch the same word segment / context segment */
    uint32_t word_turn, context_turn;
    bool transposed; /* stored rows are context rows */
    bool both;       /* diagonal tile of a symmetric store: forward, then transposed */
} gv_schedule_task;

typedef struct gv_schedule gv_schedule;

/*
 * Prepare the tasks of a store with the layout `info` and the directory `tiles` (both are copied
 * from, not kept). A directory that names segments that do not exist: GV_E_CORRUPT.
 */
GV_MUST_USE int gv_schedule_new(gv_schedule **schedule, const gv_store_info *info,
                                const gv_store_tile *tiles, gv_error *err);
void gv_schedule_free(gv_schedule *schedule);

/* Word segments that a thread works on while the context segments of a block pass by, in lists for
 * few threads; from the next draw on. It changes places in the list, never turns. 0: the usual. */
void gv_schedule_set_strip(gv_schedule *schedule, uint32_t strip);

/* Bytes that the schedule of a store with these numbers takes. */
uint64_t gv_schedule_bytes(uint64_t tiles, uint32_t segments, uint32_t groups, bool symmetric);

/* Put the tasks into the order of epoch number `epoch` (0 is the first), as a list for `threads`
 * threads: turns do not depend on `threads`, only places in the list and work items do. */
void gv_schedule_draw(gv_schedule *schedule, uint64_t seed, uint64_t epoch, unsigned threads);

/* The same tasks in a uniformly random order, each a work item: to measure what threads do to each
 * other where nothing keeps them on different rows (docs/algorithms/hogwild.md). Other turns, so
 * another result. */
void gv_schedule_draw_random(gv_schedule *schedule, uint64_t seed, uint64_t epoch);

/* The tasks in the order drawn last (borrowed until the next draw), and their number, which is the
 * same in every epoch. */
const gv_schedule_task *gv_schedule_tasks(const gv_schedule *schedule);
size_t gv_schedule_count(const gv_schedule *schedule);
/* Work item number u of `*n` has the tasks [u] .. [u + 1] - 1 (borrowed until the next draw). */
const uint32_t *gv_schedule_items(const gv_schedule *schedule, size_t *n);
uint32_t gv_schedule_segments(const gv_schedule *schedule);
/* [groups] The word groups, the context groups, by place, as drawn last (borrowed): in round r the
 * word group at place q meets the context group at place q + r mod groups. A random order has none.
 */
const uint32_t *gv_schedule_word_groups(const gv_schedule *schedule);
const uint32_t *gv_schedule_context_groups(const gv_schedule *schedule);

#endif
