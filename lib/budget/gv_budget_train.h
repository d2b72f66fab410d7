/*
 * gv_budget_train - the memory of glove-train: see gv_budget.h.
 *
 * With tiles: the model, the schedule, the threads' buffers and one blob a thread must fit the
 * budget. What is left goes to the tiles of the store: all of them stay in memory if they fit, else
 * they are read again when they are needed. If a budget that the user gave does not hold the
 * buffers of all threads, fewer threads are used.
 *
 * With word2vec there are no tiles: the model, tables of the words and the threads' buffers must
 * fit.
 */
#ifndef GV_BUDGET_TRAIN_H
#define GV_BUDGET_TRAIN_H

#include "budget/gv_budget.h"
#include "config/gv_config.h"
#include "store/gv_store.h"
#include <stdbool.h>
#include <stddef.h>

/* Sizes of structs and arrays that are private to train/, which asserts each of them. */
#define GV_BUDGET_TRAIN_CODES           65536 /* entries of the table of value codes, ... */
#define GV_BUDGET_TRAIN_CODE_BYTES      8     /* ... of two floats each */
#define GV_BUDGET_TRAIN_WORKER_BYTES    192   /* what a thread has beside its arrays */
#define GV_BUDGET_TRAIN_BLOB_BYTES      40    /* the tile cache's entry of a blob */
#define GV_BUDGET_TRAIN_SYNC_BYTES      64    /* row_sync's struct of a thread */
#define GV_BUDGET_TRAIN_SYNC_LOCK_BYTES 4     /* row_sync's lock or version of a row */
#define GV_BUDGET_WORD2VEC_CHUNK_WORDS  16384 /* ids of a work item ... */
#define GV_BUDGET_WORD2VEC_MARGIN_WORDS 8192  /* ... and before and behind it */
#define GV_BUDGET_WORD2VEC_PAIRS_CHUNK  32768 /* schedule `ordered`: ids whose pairs are drawn */
#define GV_BUDGET_WORD2VEC_STRETCH      64    /* ... of which a stretch has so many at most, */
#define GV_BUDGET_WORD2VEC_SEGMENTS     64    /* and so many segments of equal mass */
#define GV_BUDGET_WORD2VEC_GROUPS       16    /* that the segments are dealt into */
#define GV_BUDGET_WORD2VEC_EXAMPLES     3     /* words that a thread prepares at once */

/* Pairs of vectors that Sandblaster's L-BFGS keeps, in memory and on disk (gv_lbfgs.h). */
enum { GV_BUDGET_TRAIN_SANDBLASTER_HISTORY = 8 };

/* What the memory of training depends on. All borrowed. */
typedef struct gv_budget_train {
    const gv_config *config;    /* train.dim, .schedule, .objective */
    const gv_store_info *store; /* vocab_size, symmetric, segments, values, blobs, blob_bytes,
                                   largest_blob, tiles */
    uint64_t model;             /* bytes: gv_model_bytes */
    uint64_t tasks;             /* of an epoch: gv_schedule_count */
    uint64_t tile_records;      /* stored records of the largest tile */
    uint64_t mixed_records;     /* with train.objective "logistic": records and unseen pairs of the
                                   largest tile; else 0 */
    uint64_t segment_words;     /* likewise: words of the widest segment */
    uint64_t start;             /* bytes of start vectors that are kept (gv_start_bytes); 0: none */
    bool by_steps;              /* rows are shared step by step: gv_config_schedule_by_steps */
    bool conflicts;             /* conflicts between threads are counted (measurements only) */
} gv_budget_train;

/* How the budget is divided. */
typedef struct gv_budget_train_plan {
    unsigned threads;
    uint64_t
        least; /* bytes needed at the least; if that is above the budget, nothing else counts */
    uint64_t tiles; /* bytes for tiles */
} gv_budget_train_plan;

/* The budget: train.memory_mb, or `available` bytes less a sixteenth for what else happens on the
 * machine; UINT64_MAX if neither is known (0). */
uint64_t gv_budget_train_memory(const gv_config *config, uint64_t available);

/* Bytes that `threads` threads need at the least, beside the program and its handles. */
uint64_t gv_budget_train_least(const gv_budget_train *train, unsigned threads);

/* Bytes of what is not counted by gv_budget_train_least: the `resident` bytes that the process has
 * before training, and the threads' handles of the store. It reduces the number of threads and the
 * room for tiles, but is never a reason to refuse. */
uint64_t gv_budget_train_others(const gv_budget_train *train, uint64_t resident, unsigned threads);

/* Bytes of all tiles in memory; of the fewest that `threads` threads can work with. */
uint64_t gv_budget_train_tiles_full(const gv_store_info *store);
uint64_t gv_budget_train_tiles_least(const gv_store_info *store, unsigned threads);

/* Divide `budget` bytes. `threads`: wanted; only a budget that the user gave reduces them. */
gv_budget_train_plan gv_budget_train_divide(const gv_budget_train *train, uint64_t budget,
                                            uint64_t resident, unsigned threads);

/* Bytes of start vectors (train.init) that training keeps, if all words have one; 0: it keeps
 * none. */
uint64_t gv_budget_train_start(const gv_config *config, uint32_t vocab_size);
/* Bytes in use, at most, while a file of `file` bytes is read for start vectors beside a model of
 * `model` bytes. In memory it takes about as much, or less: numbers in text are longer than
 * floats. */
uint64_t gv_budget_train_start_reading(const gv_config *config, uint32_t vocab_size, uint64_t model,
                                       uint64_t file);

/* Many ranks, `on_host` of them on one host, share its budget. Bytes for the tiles of a worker rank
 * with `threads` threads and a model of its own. */
uint64_t gv_budget_train_rank_tiles(const gv_store_info *store, uint64_t budget, uint64_t model,
                                    unsigned on_host, unsigned threads);
/* Should a rank give back the memory of rows that have left it? That costs time, so only if the
 * models of all ranks on the host would take more than half of the budget. */
bool gv_budget_train_low_memory(uint64_t budget, uint64_t model, unsigned on_host);

/* Bytes of the buffers of one thread with train.objective "word2vec". */
uint64_t gv_budget_train_word2vec_thread(const gv_config *config);
/* Bytes that `threads` threads need at the least, with `model` bytes (gv_model_plain_bytes). */
uint64_t gv_budget_train_word2vec_least(const gv_config *config, uint32_t vocab_size,
                                        uint64_t model, unsigned threads);
/* Beside that, with the schedule `ordered` and a text of `ids` words: the pairs of two stretches of
 * the text and their tables. 0 with the other schedules. */
uint64_t gv_budget_train_word2vec_ordered(const gv_config *config, uint32_t vocab_size,
                                          uint64_t ids, unsigned threads);

#endif
