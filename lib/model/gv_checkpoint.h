/*
 * gv_checkpoint - model.ckpt: everything that training needs to resume, in one file.
 *
 * A checkpoint is taken between tasks: of every word segment the first done[segment] tasks of epoch
 * `epoch` are done, and no other task. With the parameters, their AdaGrad sums and the losses so
 * far (exact doubles) training resumes as if it had never stopped, with any number of threads.
 * Random numbers need no state: every draw is named by seed, purpose and index (gv_rng.h).
 *
 * The file holds only what determines the result: no time, host, path, threads or budgets, and no
 * padding of rows, so it does not depend on the kernel either. Byte layout in docs/formats.md.
 *
 * Errors: GV_E_IO, GV_E_MEMORY; GV_E_CORRUPT, with path and advice, for any file that a correct
 * writer cannot have made. Threads: a reader or a begun file is used by one thread at a time.
 */
#ifndef GV_CHECKPOINT_H
#define GV_CHECKPOINT_H

#include "base/gv_error.h"
#include "base/gv_file_writer.h"
#include "base/gv_hash.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct gv_checkpoint {
    uint32_t numerics_version;
    uint32_t dim, vocab_size;
    char store_hash[GV_HASH_HEX]; /* content hash of the store that is trained on */
    char *recipe;        /* JSON of the config keys of training that determine the bytes, except
                           train.epochs: a finished training can be continued with more */
    uint64_t epoch;      /* finished epochs */
    uint64_t tasks;      /* tasks in an epoch */
    uint64_t tasks_done; /* in the epoch after those; < tasks, or 0 */
    uint64_t records;    /* ordered records done in that epoch */
    uint32_t segments;   /* of the store */
    uint32_t *done;      /* [segments] tasks done of each word segment; their sum is tasks_done */
    double *losses;      /* [segments] summed losses of these tasks, added in their order */
    double first_loss;   /* mean loss of the first epoch; 0 before its end */
    double lowest_loss;  /* lowest mean loss of an epoch; 0 before the first one's end */
    double last_loss;    /* mean loss of the last finished epoch; likewise */
    bool values_only;    /* rows have neither bias nor AdaGrad sums (word2vec) */
} gv_checkpoint;

/*
 * One matrix in memory: row r starts at rows + r * stride, with the vector's `dim` values first,
 * the bias in lane `bias_lane`, and the AdaGrad sum of lane l at l + sums, or at l + tail_sums for
 * lanes from `tail` on where that is not 0. The other lanes are neither read nor written. With
 * values_only it is the `dim` values alone.
 */
typedef struct gv_checkpoint_matrix {
    float *rows;
    size_t stride, sums, bias_lane;
    size_t tail, tail_sums;
} gv_checkpoint_matrix;

/*
 * Write header and both matrices (word, context) into a new `*out` for PATH. The matrices may
 * change again as soon as this returns. Then the caller either makes the file PATH with
 * gv_file_writer_commit(out), which waits for the disk and may be called by another thread, or
 * drops it with gv_file_writer_abort(out). On failure `*out` is NULL.
 */
GV_MUST_USE int gv_checkpoint_begin(gv_file_writer **out, const char *path,
                                    const gv_checkpoint *state,
                                    const gv_checkpoint_matrix matrices[2], gv_error *err);

typedef struct gv_checkpoint_reader gv_checkpoint_reader;

/* Open PATH and check size, magic, version, and the header's checksum. The caller closes. */
GV_MUST_USE int gv_checkpoint_open(gv_checkpoint_reader **reader, const char *path, gv_error *err);
/* Accepts NULL. */
void gv_checkpoint_close(gv_checkpoint_reader *reader);
/* What the header says; borrowed until close. */
const gv_checkpoint *gv_checkpoint_about(const gv_checkpoint_reader *reader);
/* Read the matrices, which must have the dim and vocab_size of the header; only once per reader.
 * After a failure their contents are undefined. */
GV_MUST_USE int gv_checkpoint_load(gv_checkpoint_reader *reader,
                                   const gv_checkpoint_matrix matrices[2], gv_error *err);

#endif
