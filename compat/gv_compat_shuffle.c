/*
 * Problem: a uniformly random order of more records than fit into memory, the same for any memory
 * and any number of threads.
 * Approach: every record draws one of a fixed number of buckets, where records wait in the order in
 * which they came (gv_shuffle_spool.h: in memory, or in a nameless temporary file). Then each
 * bucket is shuffled by itself, and the buckets are written in order. As the draws are independent
 * and each bucket's order is uniform, so is the whole (Rao 1961, Sandelius 1962).
 * Cost: a record is moved twice in memory, and written and read once more if it does not fit there.
 * Buckets of up to some gigabytes of records are small enough for a core's cache.
 */
#include "compat/gv_compat_shuffle.h"

#include "base/gv_file.h"
#include "base/gv_input.h"
#include "base/gv_mem.h"
#include "base/gv_rng.h"
#include "base/gv_signal.h"
#include "base/gv_threads.h"
#include "compat/gv_compat_records.h"
#include "shuffle/gv_shuffle_spool.h"
#include <inttypes.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum flag { VERBOSE, MEMORY, ARRAY_SIZE, TEMP_FILE, SEED, FLAGS };

static const gv_compat_flag flags[FLAGS] = {
    [VERBOSE] = {"-verbose", GV_COMPAT_FLAG_WHOLE, "2", -1e9, 1e9, "Messages: 0 few, 1 some, 2 all",
                 NULL},
    [MEMORY] = {"-memory", GV_COMPAT_FLAG_REAL, "2.0", 0, 1e6,
                "Memory in GB, about; records beyond it go to a temporary file",
                "the help of the reference says 4.0, but 2.0 is what it takes; at least 0.016, and "
                "at most three quarters of what is free; the order does not depend on it"},
    [ARRAY_SIZE] = {"-array-size", GV_COMPAT_FLAG_WHOLE, "0", 0, 1e15,
                    "Memory as a number of records; 0: by -memory",
                    "the order does not depend on it"},
    [TEMP_FILE] = {"-temp-file", GV_COMPAT_FLAG_FILE, "temp_shuffle", 0, 0,
                   "Beginning of the names of temporary files",
                   "only the folder counts: the temporary file has no name"},
    [SEED] = {"-seed", GV_COMPAT_FLAG_WHOLE, "0", -2147483648.0, 2147483647,
              "Seed of the random numbers; 0 takes the time",
              "another order for the same seed; truly uniform also beyond the memory"},
};

enum {
    RECORD = GV_COMPAT_RECORDS_BYTES,
    BUCKET_BITS = 12,
    BUCKETS = 1 << BUCKET_BITS, /* decides the order: fixed */
    GATHER = 16,                /* records of a bucket that go to the spool together */
    BLOCK = 1 << 20,            /* bytes read at once, and about as much written */
    MEMORY_LEAST = 1 << 24
};

typedef struct record {
    uint8_t bytes[RECORD];
} record;

/* The bucket that a thread shuffles. */
typedef struct held {
    record *records; /* [n] */
    size_t n, capacity;
} held;

typedef struct shuffle {
    uint64_t seed;
    gv_progress *progress;
    gv_shuffle_spool *spool;
    uint64_t records;
    /* scattering */
    gv_rng draws;
    uint64_t bits; /* of a draw, not used yet */
    unsigned bits_left;
    record (*gathered)[GATHER]; /* [BUCKETS] */
    uint8_t *gathered_n;        /* [BUCKETS] */
    uint8_t *block;
    /* writing: a thread shuffles one bucket of a batch */
    unsigned threads;
    uint32_t first; /* bucket of thread 0 */
    held *held;     /* [threads] */
} shuffle;

/* --- scattering ------------------------------------------------------------------------------- */

static uint32_t draw_bucket(shuffle *s)
{
    if (s->bits_left < BUCKET_BITS) {
        s->bits = gv_rng_next(&s->draws);
        s->bits_left = 64;
    }
    uint32_t bucket = s->bits & (BUCKETS - 1);
    s->bits >>= BUCKET_BITS;
    s->bits_left -= BUCKET_BITS;
    return bucket;
}

static int flush(shuffle *s, uint32_t bucket, gv_error *err)
{
    size_t n = s->gathered_n[bucket];
    s->gathered_n[bucket] = 0;
    return n == 0 ? GV_OK
                  : gv_shuffle_spool_put(s->spool, 0, bucket, s->gathered[bucket],
                                         n * sizeof(record), err);
}

static int scatter_block(shuffle *s, size_t records, gv_error *err)
{
    int status = GV_OK;
    for (size_t i = 0; status == GV_OK && i < records; i++) {
        uint32_t bucket = draw_bucket(s);
        memcpy(&s->gathered[bucket][s->gathered_n[bucket]], s->block + i * RECORD, RECORD);
        if (++s->gathered_n[bucket] == GATHER)
            status = flush(s, bucket, err);
    }
    s->records += records;
    gv_progress_add(s->progress, records);
    return status == GV_OK ? gv_signal_check(err) : status;
}

/* Fill the block; `*got` is less than it only at the end. */
static int read_block(shuffle *s, size_t *got, gv_error *err)
{
    size_t part = 1;
    int status = GV_OK;
    for (*got = 0; status == GV_OK && *got < BLOCK && part > 0; *got += part)
        status = gv_input_read(&part, STDIN_FILENO, s->block + *got, BLOCK - *got, "standard input",
                               err);
    return status;
}

static int scatter(shuffle *s, gv_error *err)
{
    size_t got = BLOCK;
    int status = GV_OK;
    gv_progress_begin(s->progress, "reading", 0, "records");
    while (status == GV_OK && got == BLOCK) {
        status = read_block(s, &got, err);
        if (status == GV_OK && got % RECORD != 0)
            status = gv_error_set(err, GV_E_CORRUPT,
                                  "standard input ends in the middle of a record: after %" PRIu64
                                  " records of %d bytes there are %zu bytes more; it is truncated, "
                                  "or not from cooccur",
                                  s->records + got / RECORD, RECORD, got % RECORD);
        if (status == GV_OK)
            status = scatter_block(s, got / RECORD, err);
    }
    for (uint32_t bucket = 0; status == GV_OK && bucket < BUCKETS; bucket++)
        status = flush(s, bucket, err);
    gv_progress_end(s->progress);
    return status == GV_OK ? gv_shuffle_spool_finish(s->spool, err) : status;
}

/* --- writing ---------------------------------------------------------------------------------- */

static void shuffle_records(record *records, size_t n, gv_rng *rng)
{
    for (size_t i = n; i > 1; i--) {
        size_t other = gv_rng_below(rng, i);
        record kept = records[i - 1];
        records[i - 1] = records[other];
        records[other] = kept;
    }
}

/* A gv_threads_fn: the bucket of this thread. */
static int shuffle_bucket(void *context, unsigned thread, gv_error *err)
{
    shuffle *s = context;
    uint32_t bucket = s->first + thread;
    held *h = &s->held[thread];
    h->n = 0;
    if (bucket >= BUCKETS)
        return GV_OK;
    size_t bytes = (size_t)gv_shuffle_spool_bytes(s->spool, 0, bucket), n = bytes / sizeof(record);
    int status = gv_mem_reserve(&h->records, &h->capacity, n, sizeof(record), err);
    if (status == GV_OK)
        status = gv_shuffle_spool_get(h->records, s->spool, 0, bucket, err);
    if (status != GV_OK)
        return status;
    gv_rng rng;
    gv_rng_seed(&rng, s->seed, GV_RNG_RECORDS, (uint64_t)bucket + 1);
    shuffle_records(h->records, n, &rng);
    h->n = n;
    return GV_OK;
}

static int write_buckets(shuffle *s, gv_error *err)
{
    int status = GV_OK;
    gv_progress_begin(s->progress, "writing", s->records, "records");
    for (s->first = 0; status == GV_OK && s->first < BUCKETS; s->first += s->threads) {
        status = gv_threads_run(s->threads, shuffle_bucket, s, err);
        for (unsigned i = 0; status == GV_OK && i < s->threads; i++) {
            status = gv_file_write(STDOUT_FILENO, s->held[i].records, s->held[i].n * sizeof(record),
                                   "standard output", err);
            gv_progress_add(s->progress, s->held[i].n);
        }
        if (status == GV_OK)
            status = gv_signal_check(err);
    }
    gv_progress_end(s->progress);
    return status;
}

/* --- from end to end -------------------------------------------------------------------------- */

static uint64_t memory_of(const gv_compat_flag_value *v)
{
    double bytes = v[ARRAY_SIZE].whole > 0 ? (double)v[ARRAY_SIZE].whole * RECORD
                                           : 0.95 * v[MEMORY].real * 1024 * 1024 * 1024;
    double most = (double)gv_mem_available() * 0.75;
    if (most > 0 && bytes > most)
        bytes = most;
    return bytes > MEMORY_LEAST ? (uint64_t)bytes : MEMORY_LEAST;
}

static int open_shuffle(shuffle *s, const gv_compat_flag_value *v, const char *temp_dir,
                        gv_error *err)
{
    s->threads = gv_threads_available();
    s->gathered = gv_mem_alloc(BUCKETS, sizeof *s->gathered, err);
    s->gathered_n = gv_mem_alloc_zero(BUCKETS, 1, err);
    s->block = gv_mem_alloc(BLOCK, 1, err);
    s->held = gv_mem_alloc_zero(s->threads, sizeof *s->held, err);
    if (!s->gathered || !s->gathered_n || !s->block || !s->held)
        return GV_E_MEMORY;
    return gv_shuffle_spool_open(&s->spool, BUCKETS, 1, (size_t)memory_of(v), temp_dir, err);
}

static void close_shuffle(shuffle *s)
{
    gv_shuffle_spool_close(s->spool);
    for (unsigned i = 0; s->held && i < s->threads; i++)
        gv_mem_free(s->held[i].records);
    gv_mem_free(s->held);
    gv_mem_free(s->block);
    gv_mem_free(s->gathered_n);
    gv_mem_free(s->gathered);
}

static void report(const shuffle *s, int64_t verbose)
{
    bool spilled = gv_shuffle_spool_spilled(s->spool) > 0;
    if (verbose > 1)
        gv_compat_program_say("Shuffling by chunks: processed %" PRIu64
                              " lines.\nWrote %d temporary file(s).\n",
                              s->records, spilled);
}

static int run(const gv_compat_flag_value *v, gv_progress *progress, gv_error *err)
{
    char *temp_dir = NULL;
    int seed = v[SEED].whole != 0 ? (int)v[SEED].whole : (int)time(NULL);
    shuffle s = {.seed = (uint64_t)(int64_t)seed, .progress = progress};
    gv_rng_seed(&s.draws, s.seed, GV_RNG_RECORDS, 0);
    gv_compat_program_say("Using random seed %d\nSHUFFLING COOCCURRENCES\n", seed);
    if (v[VERBOSE].whole > 0)
        gv_compat_program_say("array size: %" PRIu64 "\n", memory_of(v) / RECORD);
    int status = gv_file_temp_dir_beside(&temp_dir, v[TEMP_FILE].text, err);
    if (status == GV_OK)
        status = open_shuffle(&s, v, temp_dir, err);
    if (status == GV_OK)
        status = scatter(&s, err);
    if (status == GV_OK)
        report(&s, v[VERBOSE].whole);
    if (status == GV_OK)
        status = write_buckets(&s, err);
    if (status == GV_OK)
        gv_compat_program_say("Merging temp files: processed %" PRIu64 " lines.\n\n", s.records);
    close_shuffle(&s);
    gv_mem_free(temp_dir);
    return status;
}

const gv_compat_program gv_compat_shuffle_program = {
    .name = "shuffle",
    .summary = "Tool to shuffle entries of word-word cooccurrence files",
    .example = "./shuffle -verbose 2 -memory 8.0 < cooccurrence.bin > cooccurrence.shuf.bin",
    .n = FLAGS,
    .flags = flags,
    .run = run};
