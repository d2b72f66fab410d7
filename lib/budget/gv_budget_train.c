#include "budget/gv_budget_train.h"

#include "kernel/gv_kernel.h"
#include "kernel/gv_word2vec.h"
#include "model/gv_model.h"
#include "model/gv_noise.h"
#include "model/gv_start.h"
#include "schedule/gv_schedule.h"
#include "store/gv_segments.h"
#include "store/gv_tile.h"

uint64_t gv_budget_train_memory(const gv_config *config, uint64_t available)
{
    if (config->train_memory_mb > 0)
        return gv_budget_of_mb(config->train_memory_mb);
    return available > 0 ? available - available / 16 : UINT64_MAX;
}

/* --- parts ------------------------------------------------------------------------------------ */

/* Schedules that share rows step by step: a lock or a version for each row of both matrices, and
 * for every thread the rows of a step, values and sums; twice where old values are compared. */
static uint64_t sync_bytes(const gv_budget_train *t, unsigned threads)
{
    enum gv_config_schedule_kind kind = t->config->train_schedule;
    if (!t->by_steps)
        return 0;
    uint64_t rows = 2 * (uint64_t)t->store->vocab_size;
    uint64_t words = (kind == GV_SCHEDULE_LOCKED ? rows : 0) + (t->conflicts ? rows : 0);
    uint64_t step = (GV_STEP_RECORDS + 1) * 2 * gv_model_width(t->config->train_dim);
    uint64_t copies = kind == GV_SCHEDULE_ATOMIC ? 2 : 1;
    return words * GV_BUDGET_TRAIN_SYNC_LOCK_BYTES +
           threads * (copies * step * sizeof(float) + GV_BUDGET_TRAIN_SYNC_BYTES);
}

/* What train.schedule needs beside one model: `averaged` has one for each thread. */
static uint64_t schedule_bytes(const gv_budget_train *t, unsigned threads)
{
    if (t->config->train_schedule == GV_SCHEDULE_AVERAGED)
        return t->model * (threads - 1);
    return sync_bytes(t, threads);
}

/* Objective "logistic": of each word two logarithms, its share and its slot among the draws; of
 * each segment its share and its first word. */
static uint64_t unseen_bytes(const gv_budget_train *t)
{
    if (t->config->train_objective != GV_OBJECTIVE_LOGISTIC)
        return 0;
    const uint64_t word = 2 * sizeof(float) + sizeof(double) + sizeof(gv_noise_slot);
    const uint64_t segments = t->store->segments;
    return t->store->vocab_size * word + segments * sizeof(double) +
           (segments + 1) * sizeof(uint32_t);
}

/* A thread's arrays for one unpacked tile: per record the row and length of a tile row, the column,
 * the place if its value is escaped, log X and f(X). With unseen pairs once more all but the
 * places, for records and draws together, and marks of the columns of a row. */
static uint64_t scratch_bytes(const gv_budget_train *t)
{
    const uint64_t record = 3 * sizeof(uint16_t) + 2 * sizeof(float);
    const uint64_t column = 3 * sizeof(uint32_t) + sizeof(uint16_t);
    uint64_t bytes = t->tile_records * (record + sizeof(uint32_t));
    if (t->mixed_records > 0)
        bytes += t->mixed_records * record + (t->segment_words + 1) * column;
    return bytes;
}

/* Losses of all tasks, tasks done of all segments, and the threads. */
static uint64_t worker_bytes(const gv_budget_train *t, unsigned threads)
{
    return t->tasks * sizeof(double) + t->store->segments * sizeof(uint32_t) +
           threads * (scratch_bytes(t) + GV_BUDGET_TRAIN_WORKER_BYTES);
}

/* 64 bytes a blob: what the allocator adds to it and rounds up. */
uint64_t gv_budget_train_tiles_full(const gv_store_info *store)
{
    return store->blob_bytes + (uint64_t)store->tiles * sizeof(gv_tile) +
           (uint64_t)(store->blobs + 1) * (GV_BUDGET_TRAIN_BLOB_BYTES + 64);
}

uint64_t gv_budget_train_tiles_least(const gv_store_info *store, unsigned threads)
{
    return threads * store->largest_blob +
           (uint64_t)(store->blobs + 1) * GV_BUDGET_TRAIN_BLOB_BYTES;
}

/* --- the whole -------------------------------------------------------------------------------- */

uint64_t gv_budget_train_least(const gv_budget_train *t, unsigned threads)
{
    return t->model + t->start + schedule_bytes(t, threads) + unseen_bytes(t) +
           gv_schedule_bytes(t->store->tiles, t->store->segments, t->store->groups,
                             t->store->symmetric) +
           worker_bytes(t, threads) + (uint64_t)GV_BUDGET_TRAIN_CODES * GV_BUDGET_TRAIN_CODE_BYTES +
           gv_budget_train_tiles_least(t->store, threads);
}

uint64_t gv_budget_train_others(const gv_budget_train *t, uint64_t resident, unsigned threads)
{
    uint64_t handle = GV_BUDGET_SQLITE + t->store->tiles * sizeof(gv_store_tile) +
                      t->store->values * sizeof *t->store->value;
    return resident + threads * handle;
}

/* As many threads as the budget holds. A budget below what the program itself holds cannot be kept
 * by any number of them. */
static unsigned fitting_threads(const gv_budget_train *t, uint64_t budget, uint64_t resident,
                                unsigned threads)
{
    if (gv_budget_train_least(t, 1) + gv_budget_train_others(t, resident, 1) > budget)
        return threads;
    while (gv_budget_train_least(t, threads) + gv_budget_train_others(t, resident, threads) >
           budget)
        threads--;
    return threads;
}

gv_budget_train_plan gv_budget_train_divide(const gv_budget_train *t, uint64_t budget,
                                            uint64_t resident, unsigned threads)
{
    if (t->config->train_memory_mb > 0)
        threads = fitting_threads(t, budget, resident, threads);
    gv_budget_train_plan plan = {.threads = threads, .least = gv_budget_train_least(t, threads)};
    plan.tiles = gv_budget_train_tiles_least(t->store, threads);
    /* tiles make room for the others, but not below their least */
    uint64_t spare = budget > plan.least ? budget - plan.least : 0;
    uint64_t others = gv_budget_train_others(t, resident, threads);
    plan.tiles += spare > others ? spare - others : 0;
    return plan;
}

/* --- start vectors ---------------------------------------------------------------------------- */

uint64_t gv_budget_train_start(const gv_config *config, uint32_t vocab_size)
{
    /* halves of the same vectors */
    const bool shared = !config->train_init_context && config->output_vectors == GV_OUTPUT_SUM;
    if (!config->train_init || (config->train_retrofit <= 0 && !config->train_freeze))
        return 0;
    return gv_start_bytes(vocab_size, config->train_dim, shared);
}

uint64_t gv_budget_train_start_reading(const gv_config *config, uint32_t vocab_size, uint64_t model,
                                       uint64_t file)
{
    return model + gv_start_bytes(vocab_size, config->train_dim, false) + file;
}

/* --- many ranks ------------------------------------------------------------------------------- */

uint64_t gv_budget_train_rank_tiles(const gv_store_info *store, uint64_t budget, uint64_t model,
                                    unsigned on_host, unsigned threads)
{
    uint64_t share = budget / on_host;
    uint64_t least = gv_budget_train_tiles_least(store, threads);
    return share > model + least ? share - model : least;
}

bool gv_budget_train_low_memory(uint64_t budget, uint64_t model, unsigned on_host)
{
    return model > budget / 2 / on_host;
}

/* --- word2vec --------------------------------------------------------------------------------- */

/* The chunk with its margins, as it was and as it is kept; for each word that is prepared its
 * window, its noise words, how often each was drawn, and the random numbers; three rows. */
uint64_t gv_budget_train_word2vec_thread(const gv_config *config)
{
    uint64_t chunk = GV_BUDGET_WORD2VEC_CHUNK_WORDS + 2 * GV_BUDGET_WORD2VEC_MARGIN_WORDS;
    uint64_t list = 2 * (uint64_t)config->train_window + 2 * ((uint64_t)config->train_negative + 1);
    return (2 * chunk + GV_BUDGET_WORD2VEC_EXAMPLES * list) * sizeof(uint32_t) +
           GV_BUDGET_WORD2VEC_EXAMPLES * (uint64_t)config->train_negative * sizeof(uint64_t) +
           3 * gv_word2vec_width(config->train_dim) * sizeof(float);
}

/* Beside the model and the threads: of each word its slot among the draws and the threshold of
 * subsampling. */
uint64_t gv_budget_train_word2vec_least(const gv_config *config, uint32_t vocab_size,
                                        uint64_t model, unsigned threads)
{
    return model + threads * gv_budget_train_word2vec_thread(config) +
           vocab_size * (sizeof(gv_noise_slot) + sizeof(uint64_t));
}

/* A pair takes four bytes and each of its visits (a sixth of a noise word) two; while a chunk is
 * drawn, eight, in lists with half as much room again. A thread has the lists of a tile, too, of
 * which those of the most frequent words are some times as long as the mean. */
uint64_t gv_budget_train_word2vec_ordered(const gv_config *config, uint32_t vocab_size,
                                          uint64_t ids, unsigned threads)
{
    const uint64_t chunk = GV_BUDGET_WORD2VEC_PAIRS_CHUNK;
    if (config->train_schedule != GV_SCHEDULE_ORDERED)
        return 0;
    uint64_t chunks = ids / chunk + 1;
    chunks = chunks < GV_BUDGET_WORD2VEC_STRETCH ? chunks : GV_BUDGET_WORD2VEC_STRETCH;
    uint64_t longest = ids < chunk ? ids : chunk, pairs = longest * (config->train_window + 1);
    uint64_t visits = pairs * config->train_negative / GV_WORD2VEC_OUTPUTS;
    uint32_t segments = GV_BUDGET_WORD2VEC_SEGMENTS + vocab_size / GV_SEGMENTS_MAX_WORDS + 1;
    uint64_t tiles = (uint64_t)segments * segments;
    uint64_t drawn = pairs * 4 + visits * 2;
    uint64_t thread = (chunk + 2 * GV_BUDGET_WORD2VEC_MARGIN_WORDS) * 2 * sizeof(uint32_t) +
                      (pairs + visits) * 12 + chunks * drawn / GV_BUDGET_WORD2VEC_SEGMENTS;
    return 2 * chunks * (drawn + 2 * (tiles + 1) * sizeof(uint32_t)) + threads * thread +
           gv_schedule_bytes(tiles, segments, GV_BUDGET_WORD2VEC_GROUPS, false) +
           tiles * sizeof(gv_store_tile) + (uint64_t)vocab_size * sizeof(uint32_t);
}
