/* gv_cooccur_internal - the parts of counting; docs/counting.md shows how they fit together. */
#ifndef GV_COOCCUR_INTERNAL_H
#define GV_COOCCUR_INTERNAL_H

#include "base/gv_threads.h"
#include "cooccur/gv_cooccur.h"
#include "cooccur/gv_cooccur_rows.h"
#include "counts/gv_counts_weights.h"
#include <pthread.h>
#include <stdatomic.h>

/* --- a shard: a stretch of text and where each word stands in it ------------------------------ */

typedef struct gv_cooccur_batch {
    uint32_t words; /* size of the vocabulary */
    uint32_t window;
    size_t room;         /* new ids at most */
    uint32_t *ids;       /* [-1 .. count]: breaks at both ends, so that every window stops; GV_LINE
                            more are readable at each end */
    size_t carried;      /* leading ids that an earlier shard counted: context only */
    size_t count;        /* ids, the carried ones included */
    uint32_t *positions; /* where each word stands: those of word w are */
    uint32_t *start;     /* positions[start[w] .. start[w + 1]), ascending; [words + 1];
                            GV_POSITIONS_SLACK zeros follow the last */
    size_t position_count, position_bytes;
    uint64_t tokens; /* new ids that are words */
} gv_cooccur_batch;

int gv_cooccur_batch_init(gv_cooccur_batch *shard, uint32_t words, uint32_t window, size_t room,
                          gv_error *err);
void gv_cooccur_batch_clear(gv_cooccur_batch *shard);
/* Keep the last `window` ids as context and take new ones from `source`; `*more` is false when
 * there were none. */
int gv_cooccur_batch_fill(gv_cooccur_batch *shard, const gv_cooccur_source *source, bool *more,
                          gv_error *err);
/* Build the position lists, with the zeroed arrays of the workers as histograms. `carried_too`:
 * list the carried positions as well. */
struct gv_cooccur_worker;
int gv_cooccur_batch_index(gv_cooccur_batch *shard, struct gv_cooccur_worker *workers,
                           unsigned threads, bool carried_too, gv_error *err);
void gv_cooccur_batch_free_index(gv_cooccur_batch *shard);

/* --- ordered output: rows leave in order though threads finish in any ------------------------- */

typedef int gv_cooccur_sink_write(void *context, uint32_t task, const uint8_t *rows, size_t bytes,
                                  gv_error *err);

typedef struct gv_cooccur_sink {
    pthread_mutex_t mutex;
    pthread_cond_t turn;
    uint32_t next; /* the task whose rows come next */
    bool failed;
    atomic_uint claimed; /* tasks handed out */
    uint32_t tasks;
    gv_cooccur_sink_write
        *write; /* called by one thread at a time, tasks in order; a task may come in
                             several pieces, or not at all if it has no rows */
    void *context;
} gv_cooccur_sink;

void gv_cooccur_sink_init(gv_cooccur_sink *sink, uint32_t tasks, gv_cooccur_sink_write *write,
                          void *context);
void gv_cooccur_sink_clear(gv_cooccur_sink *sink);
/* The next task to work on; false when there is none left or a thread has failed. */
bool gv_cooccur_sink_claim(gv_cooccur_sink *sink, uint32_t *task);
void gv_cooccur_sink_fail(gv_cooccur_sink *sink);

/* --- a worker: what one thread needs to make rows --------------------------------------------- */

enum { GV_WORKER_HELD = 64 }; /* finished tasks that wait in a worker's buffer, at most */

typedef struct gv_cooccur_worker {
    const gv_cooccur_row_kernel *rows;
    uint32_t words, lines; /* GV_LINE words each */
    /* the row under construction; all zero between rows */
    uint64_t *wide;      /* sums, [words] up to a whole line */
    uint32_t *narrow;    /* likewise */
    uint8_t *marks;      /* per line: may there be sums that are not 0? */
    bool marked;         /* marks are kept for this row */
    uint32_t wide_lines; /* the first lines, whose sums are in `wide`, the others' in `narrow` */
    uint8_t *out;        /* coded rows, task after task */
    size_t used, capacity, limit;
    struct {
        uint32_t task;
        size_t end; /* in `out` */
    } held[GV_WORKER_HELD];
    unsigned held_count; /* finished tasks in `out` */
    uint64_t tokens;     /* scratch of the indexing */
    uint8_t *merge;      /* fan_in buffers, allocated at the first merge */
    size_t merge_bytes;
} gv_cooccur_worker;

int gv_cooccur_worker_init(gv_cooccur_worker *worker, uint32_t words, size_t output_bytes,
                           const gv_cooccur_row_kernel *rows, gv_error *err);
void gv_cooccur_worker_clear(gv_cooccur_worker *worker);
size_t gv_cooccur_worker_sum_bytes(uint32_t words);

/* Move the sums of lines from .. to - 1 (of the marked ones, if marks are kept) from `narrow` to
 * `wide`. False: one went beyond 64 bits, that of `*column`. */
bool gv_cooccur_worker_widen(gv_cooccur_worker *worker, uint32_t from, uint32_t to,
                             uint32_t *column);
/* Code the sums as row `row` at the end of `out`, and zero them. `base`: the smallest column that
 * can occur (the row itself if symmetric). */
int gv_cooccur_worker_emit(gv_cooccur_worker *worker, uint32_t row, uint32_t base, gv_error *err);
/* Room for `bytes` more in `out`. */
int gv_cooccur_worker_reserve(gv_cooccur_worker *worker, size_t bytes, gv_error *err);
/* Between two rows of `task`: hand over what is due if the buffer is full (waits for its turn). */
int gv_cooccur_worker_relieve(gv_cooccur_worker *worker, gv_cooccur_sink *sink, uint32_t task,
                              gv_error *err);
/* The task is complete: hold it back or hand it over. */
int gv_cooccur_worker_finish_task(gv_cooccur_worker *worker, gv_cooccur_sink *sink, uint32_t task,
                                  gv_error *err);
/* No more tasks: hand over everything. */
int gv_cooccur_worker_finish(gv_cooccur_worker *worker, gv_cooccur_sink *sink, gv_error *err);

/* --- rows of a shard -------------------------------------------------------------------------- */

typedef struct gv_cooccur_gather {
    const gv_cooccur_row_kernel *rows;
    const gv_counts_weights *weights;
    gv_cooccur_rows_pack pack;
    uint32_t *tags; /* of `pack` */
    uint32_t limit; /* positions whose sums fit 32 bits; 0: too few, use 64 */
    /* of the shard */
    const gv_cooccur_batch *shard;
    uint32_t hot_lines; /* lines with words that stand at more positions than that */
    bool careful;       /* sums may overflow 64 bits */
} gv_cooccur_gather;

/* `weights` are borrowed. Free with gv_cooccur_gather_clear. */
int gv_cooccur_gather_init(gv_cooccur_gather *gather, const gv_counts_weights *weights,
                           bool symmetric, gv_error *err);
void gv_cooccur_gather_clear(gv_cooccur_gather *gather);
/* What follows is about this shard, whose index is there. */
void gv_cooccur_gather_shard(gv_cooccur_gather *gather, const gv_cooccur_batch *shard);
/* Add up row `row` in the worker's sums. False: a sum went beyond 64 bits, that of `*column`. */
bool gv_cooccur_gather_row(const gv_cooccur_gather *gather, gv_cooccur_worker *worker, uint32_t row,
                           uint32_t *column);

/* --- bands: rows cut into tasks of about equal work ------------------------------------------- */

enum { GV_BANDS_MAX = 1024 };

typedef struct gv_cooccur_bands {
    uint32_t count;
    uint32_t first[GV_BANDS_MAX + 1]; /* rows of band b: first[b] .. first[b + 1] */
} gv_cooccur_bands;

void gv_cooccur_bands_cut(gv_cooccur_bands *bands, const uint32_t *start, uint32_t words);

/* --- sorted runs in temporary files ----------------------------------------------------------- */

enum { GV_RUN_LEVELS = 40 };

/* Runs of one level lie one after the other in one nameless file; a full level is merged into one
 * run of the next, so there are few open files however many runs there are. */
typedef struct gv_cooccur_run_level {
    int fd; /* -1: none yet */
    unsigned runs;
    uint64_t size;
    uint64_t *offset; /* [fan_in][bands + 1] where the rows of each band of each run begin */
} gv_cooccur_run_level;

typedef struct gv_cooccur_runs {
    const char *dir; /* borrowed */
    unsigned fan_in;
    uint32_t bands;
    gv_cooccur_run_level level[GV_RUN_LEVELS];
    unsigned levels; /* used */
} gv_cooccur_runs;

void gv_cooccur_runs_init(gv_cooccur_runs *runs, const char *dir, unsigned fan_in, uint32_t bands);
void gv_cooccur_runs_clear(gv_cooccur_runs *runs);
uint64_t gv_cooccur_runs_bytes(const gv_cooccur_runs *runs);
unsigned gv_cooccur_runs_count(const gv_cooccur_runs *runs);

/* A run being written to a level; its gv_cooccur_sink_write is gv_cooccur_run_write. */
typedef struct gv_cooccur_run_writer {
    gv_cooccur_run_level *level;
    const char *dir; /* for errors */
    uint64_t *offset;
    uint32_t bands, begun; /* bands whose offset is known */
} gv_cooccur_run_writer;

int gv_cooccur_run_begin(gv_cooccur_run_writer *writer, gv_cooccur_runs *runs, unsigned level,
                         gv_error *err);
int gv_cooccur_run_write(void *writer, uint32_t band, const uint8_t *rows, size_t bytes,
                         gv_error *err);
void gv_cooccur_run_end(gv_cooccur_run_writer *writer);

/* Everything that the phases of a count share. */
typedef struct gv_cooccur_counter {
    const gv_cooccur_job *job;
    const gv_cooccur_limits *limits;
    gv_counts_weights weights;
    gv_cooccur_batch shard;
    gv_cooccur_worker *workers;
    gv_cooccur_bands bands;
    gv_cooccur_runs runs;
    gv_counts_writer *writer;
    gv_cooccur_gather gather;
    gv_cooccur_sink sink;
} gv_cooccur_counter;

/* The course of a count in steps, for gv_cooccur_count and for many ranks. Job and limits are
 * borrowed; close also after an error. */
int gv_cooccur_counter_open(gv_cooccur_counter **count, const gv_cooccur_job *job,
                            const gv_cooccur_limits *limits, gv_error *err);
void gv_cooccur_counter_close(gv_cooccur_counter *count);
/* Use these bands, the same on all ranks, instead of those that suit the first shard. */
void gv_cooccur_counter_set_bands(gv_cooccur_counter *count, const gv_cooccur_bands *bands);
/* Begin counts.bin; `result->info` gets what is known. */
int gv_cooccur_counter_create(gv_cooccur_counter *count, gv_cooccur_result *result, gv_error *err);
/* All shards. A single one goes straight into counts.bin unless there is none yet. */
int gv_cooccur_counter_text(gv_cooccur_counter *count, const gv_cooccur_source *source,
                            gv_cooccur_result *result, gv_error *err);
/* gv_cooccur_sink_write into counts.bin; `context` is the gv_counts_writer. */
int gv_cooccur_counter_put(void *writer, uint32_t band, const uint8_t *rows, size_t bytes,
                           gv_error *err);
int gv_cooccur_counter_commit(gv_cooccur_counter *count, gv_cooccur_result *result, gv_error *err);

int gv_cooccur_counter_overflow(const gv_cooccur_counter *count, uint32_t row, uint32_t column,
                                gv_error *err);
/* Run `fn(argument, thread)` on all threads, with a fresh sink of one task a band; what they put
 * out goes to `write(context, ...)`. */
int gv_cooccur_counter_parallel(gv_cooccur_counter *count, gv_threads_fn *fn, void *argument,
                                gv_cooccur_sink_write *write, void *context, gv_error *err);
/* Merge all runs of levels begin .. end - 1 into one sequence of rows for `write`. */
int gv_cooccur_merge(gv_cooccur_counter *count, unsigned begin, unsigned end,
                     gv_cooccur_sink_write *write, void *context, gv_error *err);
/* Merge full levels upwards. */
int gv_cooccur_merge_full_levels(gv_cooccur_counter *count, gv_error *err);
/* Merge all runs into one, empty if there are none; it is the only one of level `*level`. */
int gv_cooccur_merge_to_single(gv_cooccur_counter *count, unsigned *level, gv_error *err);
/* Merge small levels upwards until all that is left can be merged at once. */
int gv_cooccur_merge_down_to_one(gv_cooccur_counter *count, gv_error *err);

#endif
