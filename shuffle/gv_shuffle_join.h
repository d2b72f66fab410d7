/*
 * gv_shuffle_join - rank 0 joins the parts of all ranks into one store: it numbers their blobs, and
 * takes what the manifest says of each.
 *
 * Errors: of gv_rank_inbox.h and gv_store_manifest.h; GV_E_MEMORY.
 * Threads: the main thread of each rank.
 */
#ifndef GV_SHUFFLE_JOIN_H
#define GV_SHUFFLE_JOIN_H

#include "dist/gv_rank_inbox.h"
#include "shuffle/gv_shuffle_part.h"
#include "store/gv_store_manifest.h"

/* What a rank has done, beside its blobs. */
typedef struct gv_shuffle_join_work {
    uint64_t escapes, spilled; /* as in gv_shuffle_result */
} gv_shuffle_join_work;

/* --- rank 0 ----------------------------------------------------------------------------------- */

typedef struct gv_shuffle_join {
    gv_rank_inbox *inbox;
    const gv_shuffle_blocks *blocks;
    gv_shuffle_join_work work; /* of all ranks */
    uint32_t *first;           /* [blocks + 1] number of the first blob of each */
    uint32_t *row, *other_row; /* [blocks] row of that blob in the one part and in the other */
    uint64_t *checksum;        /* [blobs] */
    uint32_t put;              /* blobs, in the manifest */
    uint32_t tiles;            /* of these */
    uint32_t **blobs_of;       /* [parts][blocks] as the ranks report */
    bool *reported;            /* [ranks] */
} gv_shuffle_join;

/* Begin; `blocks` is borrowed. Clear also after an error. */
GV_MUST_USE int gv_shuffle_join_begin(gv_shuffle_join *join, gv_rank_inbox *inbox,
                                      const gv_shuffle_blocks *blocks, gv_error *err);
/* All ranks have packed: take their reports, beside that of rank 0's own part, and tell all parts
 * the numbers of their blobs, which is join->first. */
GV_MUST_USE int gv_shuffle_join_number(gv_shuffle_join *join, const gv_shuffle_part *own,
                                       const gv_shuffle_join_work *work, gv_error *err);
/* Put the blobs of all parts into the manifest. */
GV_MUST_USE int gv_shuffle_join_put(gv_shuffle_join *join, gv_store_writer *writer,
                                    const gv_shuffle_part *own, gv_error *err);
/* Tell all parts the content hash and the names of the parts of the store that was there before. */
GV_MUST_USE int gv_shuffle_join_tell_hash(gv_shuffle_join *join, const char *content_hash,
                                          const gv_strings *old, gv_error *err);
/* Take what they are: `abouts` [parts], of which the first is set. */
GV_MUST_USE int gv_shuffle_join_take_parts(gv_shuffle_join *join, gv_store_part *abouts,
                                           gv_error *err);
/* The store is in place: tell all ranks which parts of the one before are not in use any more. */
GV_MUST_USE int gv_shuffle_join_tell_old(gv_shuffle_join *join, const gv_strings *old,
                                         gv_error *err);
void gv_shuffle_join_clear(gv_shuffle_join *join);

/* --- worker ranks, in the same order ---------------------------------------------------------- */

/* `part` is NULL for ranks that have none; they go on to gv_shuffle_join_hear_old. */
GV_MUST_USE int gv_shuffle_join_report(gv_rank_inbox *inbox, const gv_shuffle_part *part,
                                       const gv_shuffle_join_work *work, gv_error *err);
/* `*first` [blocks], for gv_shuffle_part_number; the caller frees it (gv_mem_free). */
GV_MUST_USE int gv_shuffle_join_hear_numbers(uint32_t **first, gv_rank_inbox *inbox,
                                             const gv_shuffle_blocks *blocks, gv_error *err);
GV_MUST_USE int gv_shuffle_join_send(gv_rank_inbox *inbox, const gv_shuffle_part *part,
                                     gv_error *err);
/* `old` is to be freed by the caller, also after an error. */
GV_MUST_USE int gv_shuffle_join_hear_hash(char content_hash[GV_HASH_HEX], gv_strings *old,
                                          gv_rank_inbox *inbox, gv_error *err);
GV_MUST_USE int gv_shuffle_join_send_part(gv_rank_inbox *inbox, const gv_store_part *about,
                                          gv_error *err);
GV_MUST_USE int gv_shuffle_join_hear_old(gv_strings *old, gv_rank_inbox *inbox, gv_error *err);

#endif
