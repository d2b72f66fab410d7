/*
 * gv_shuffle_received - the pieces that came from other ranks, by bucket.
 *
 * What one lane of another rank has of a bucket is a run: bytes that come one after the other, in
 * one message or several. Runs of a bucket come one after the other, too. They wait in a spool
 * (gv_shuffle_spool.h).
 *
 * Errors: as gv_shuffle_spool.h.
 * Threads: one thread puts; after gv_shuffle_received_finish any may read.
 */
#ifndef GV_SHUFFLE_RECEIVED_H
#define GV_SHUFFLE_RECEIVED_H

#include "shuffle/gv_shuffle_blocks.h"
#include "shuffle/gv_shuffle_spool.h"

typedef struct gv_shuffle_received gv_shuffle_received;

/* For the buckets of part `part`. `memory` and `temp_dir` as for gv_shuffle_spool_open. */
typedef struct gv_shuffle_received_options {
    const gv_shuffle_blocks *blocks;
    uint32_t buckets, part; /* `buckets`: of the layout */
    size_t memory;
    const char *temp_dir;
} gv_shuffle_received_options;

/* The caller closes; `*received` is NULL on failure. */
GV_MUST_USE int gv_shuffle_received_open(gv_shuffle_received **received,
                                         const gv_shuffle_received_options *options, gv_error *err);
/* Accepts NULL. */
void gv_shuffle_received_close(gv_shuffle_received *received);

/* Is it a bucket of the part? Any number is accepted. */
bool gv_shuffle_received_takes(const gv_shuffle_received *received, uint64_t bucket);
/* Append to a bucket of the part: a new run, or more of its last one. */
GV_MUST_USE int gv_shuffle_received_put(gv_shuffle_received *received, uint32_t bucket,
                                        bool more_of_run, const void *data, size_t bytes,
                                        gv_error *err);
/* No more comes. */
GV_MUST_USE int gv_shuffle_received_finish(gv_shuffle_received *received, gv_error *err);
/* Bytes written to the temporary file. */
uint64_t gv_shuffle_received_spilled(const gv_shuffle_received *received);

/* After finish: bytes and runs of a bucket (0 for one of another part). */
uint64_t gv_shuffle_received_bytes(const gv_shuffle_received *received, uint32_t bucket);
size_t gv_shuffle_received_runs(const gv_shuffle_received *received, uint32_t bucket);
/* Read the bucket to `to`, and the bytes of its runs to `lengths`. */
GV_MUST_USE int gv_shuffle_received_get(uint8_t *to, uint64_t *lengths,
                                        const gv_shuffle_received *received, uint32_t bucket,
                                        gv_error *err);

#endif
