/*
 * gv_cooccur_batch - the part of the corpus that is in memory: its ids, and the positions of each
 * word.
 *
 * Counting gathers a row from the positions of its word, so a batch keeps for every word the sorted
 * list of its positions. A position is an index into `ids`. A window reaches over the left end of a
 * batch; therefore the last `window` ids of a batch are carried over into the next one. Pairs of a
 * carried id and a new one are counted, pairs of two carried ids were counted before.
 *
 * Invariants: ids[-1] and ids[count] are breaks, so that every window ends inside the array. The
 * first `carried` ids were counted in the batch before.
 *
 * Threads: one thread owns a batch; gv_cooccur_batch_index starts threads of its own. An indexed
 * batch may be read by any number of threads.
 */
#ifndef GV_COOCCUR_BATCH_H
#define GV_COOCCUR_BATCH_H

#include "cooccur/gv_cooccur.h"
#include "cooccur/gv_cooccur_worker.h"

typedef struct gv_cooccur_batch {
    uint32_t words;      /* size of the vocabulary */
    uint32_t window;     /* ids that are carried over at most */
    size_t capacity;     /* new ids at most */
    uint32_t *ids;       /* [-1 .. count]; GV_ROWS_LINE more are readable at each end */
    size_t carried;      /* leading ids that an earlier batch counted */
    size_t count;        /* ids, the carried ones included */
    uint32_t *positions; /* [position_count] of word 0, of word 1 ..., ascending for each word;
                            then GV_ROWS_POSITIONS_SLACK zeros */
    uint32_t *start;     /* [words + 1] word w has positions[start[w]] .. [start[w + 1] - 1] */
    size_t position_count, position_bytes;
    uint64_t tokens; /* new ids that are words; known once the batch is indexed */
} gv_cooccur_batch;

/* Room for `capacity` new ids (at least 1) of a vocabulary of `words` words. Clear also after an
 * error. */
GV_MUST_USE int gv_cooccur_batch_init(gv_cooccur_batch *batch, uint32_t words, uint32_t window,
                                      size_t capacity, gv_error *err);
void gv_cooccur_batch_clear(gv_cooccur_batch *batch);

/* Keep the last `window` ids as context and take new ones from `source`; `*more` is false when
 * there were none. */
GV_MUST_USE int gv_cooccur_batch_fill(gv_cooccur_batch *batch, const gv_cooccur_source *source,
                                      bool *more, gv_error *err);

/* Build the position lists on `threads` threads. The `narrow` arrays of workers[0] .. [threads - 1]
 * are used as histograms; they are all zero before and, if it succeeds, after. `list_carried`: list
 * the carried positions as well. */
GV_MUST_USE int gv_cooccur_batch_index(gv_cooccur_batch *batch, gv_cooccur_worker *workers,
                                       unsigned threads, bool list_carried, gv_error *err);
/* Give the position lists back; the ids stay, because the next batch begins with them. */
void gv_cooccur_batch_free_index(gv_cooccur_batch *batch);

#endif
