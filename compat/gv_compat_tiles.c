/*
 * Problem: records come in random order; training wants them by tile, of which there are some
 * hundred thousands, and the file may be larger than the memory.
 * Approach: a sample tells how the vocabulary is cut into segments. Then every thread reads a part
 * of the file and puts its records into the spool, by row segment. As a stream of the spool is read
 * lane by lane, and the lanes are consecutive parts, records stay in the order of the file for any
 * number of threads. Last, threads take the segments one after the other and pack each into tiles
 * (gv_compat_pack.h).
 * Memory: spool and tiles are in memory if both fit, else the spool goes to its temporary file as
 * far as needed, else the tiles do, too.
 */
#include "compat/gv_compat_tiles.h"

#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "base/gv_threads.h"
#include "shuffle/gv_shuffle_spool.h"
#include <float.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

enum {
    BLOCK = 8192,         /* records read at once */
    SAMPLE_BLOCKS = 512,  /* of the file, to cut the vocabulary by */
    GATHER = 32,          /* records of a segment that go to the spool together */
    SPOOL_LEAST = 1 << 23 /* bytes, where memory is short */
};

#define TEMP_NAME "the temporary file of tiles"

/* What a thread that scatters has. */
typedef struct lane {
    uint8_t *block;                  /* [BLOCK records] as read */
    gv_compat_pack_record *gathered; /* [segments x GATHER] */
    uint8_t *gathered_n;             /* [segments] */
    /* of the block: those that are used */
    gv_compat_pack_record *record; /* [BLOCK] */
    uint32_t *row_segment;         /* [BLOCK] */
    double *value;                 /* [BLOCK] */
    float *log_x, *weight;         /* [BLOCK] */
    uint64_t unusable, first_unusable, records;
} lane;

/* Where the tiles of a segment are. */
typedef struct packed {
    gv_compat_pack_tile *tile;
    size_t tiles;
} packed;

typedef struct build {
    const gv_compat_tiles_job *job;
    gv_compat_tiles *tiles;
    unsigned threads;
    uint16_t *segment_of; /* [vocab_size] */
    lane *lanes;
    char *temp_dir;
    gv_shuffle_spool *spool;
    gv_compat_pack *packs;
    packed *packed; /* [segments] */
    atomic_uint next_segment;
    atomic_uint_fast64_t end; /* of the tiles so far */
} build;

/* --- the cut ---------------------------------------------------------------------------------- */

/* How many records each first word has, about; from blocks all over the file. */
static int sample_mass(const build *b, uint32_t *mass, gv_error *err)
{
    const gv_compat_input *input = b->job->input;
    uint64_t blocks = (input->records + BLOCK - 1) / BLOCK, step = blocks / SAMPLE_BLOCKS + 1;
    uint8_t *block = gv_mem_alloc(BLOCK, GV_COMPAT_RECORDS_BYTES, err);
    int status = block ? GV_OK : GV_E_MEMORY;
    for (uint64_t i = 0; status == GV_OK && i < blocks; i += step) {
        uint64_t left = input->records - i * BLOCK;
        size_t n = left < BLOCK ? (size_t)left : BLOCK;
        status = gv_compat_input_read(block, input, i * BLOCK, n, err);
        for (size_t k = 0; status == GV_OK && k < n; k++) {
            int32_t word = gv_compat_input_get(block, k).word1;
            if (word < 1 || (uint32_t)word > b->job->vocab_size)
                continue; /* the scattering tells of it */
            uint32_t *counted = &mass[word - 1];
            *counted = *counted < UINT32_MAX - step ? *counted + (uint32_t)step : UINT32_MAX;
        }
    }
    gv_mem_free(block);
    return status;
}

static int cut(build *b, gv_error *err)
{
    uint32_t words = b->job->vocab_size;
    gv_segments *segments = &b->tiles->segments;
    uint32_t *mass = gv_mem_alloc_zero(words, sizeof *mass, err);
    int status = mass ? sample_mass(b, mass, err) : GV_E_MEMORY;
    if (status == GV_OK)
        status = gv_segments_cut(segments, mass, words, err);
    gv_mem_free(mass);
    if (status != GV_OK)
        return status;
    if (!(b->segment_of = gv_mem_alloc(words, sizeof *b->segment_of, err)) ||
        !(b->packed = gv_mem_alloc_zero(segments->n, sizeof *b->packed, err)))
        return GV_E_MEMORY;
    for (uint32_t s = 0; s < segments->n; s++)
        for (uint32_t word = segments->first[s]; word < segments->first[s + 1]; word++)
            b->segment_of[word] = (uint16_t)s;
    return GV_OK;
}

/* --- scattering ------------------------------------------------------------------------------- */

static int lane_open(lane *l, uint32_t segments, gv_error *err)
{
    l->block = gv_mem_alloc(BLOCK, GV_COMPAT_RECORDS_BYTES, err);
    l->gathered = gv_mem_alloc((size_t)segments * GATHER, sizeof *l->gathered, err);
    l->gathered_n = gv_mem_alloc_zero(segments, 1, err);
    l->record = gv_mem_alloc(BLOCK, sizeof *l->record, err);
    l->row_segment = gv_mem_alloc(BLOCK, sizeof *l->row_segment, err);
    l->value = gv_mem_alloc(BLOCK, sizeof *l->value, err);
    l->log_x = gv_mem_alloc(BLOCK, sizeof *l->log_x, err);
    l->weight = gv_mem_alloc(BLOCK, sizeof *l->weight, err);
    return l->block && l->gathered && l->gathered_n && l->record && l->row_segment && l->value &&
                   l->log_x && l->weight
               ? GV_OK
               : GV_E_MEMORY;
}

static void lane_close(lane *l)
{
    gv_mem_free(l->block);
    gv_mem_free(l->gathered);
    gv_mem_free(l->gathered_n);
    gv_mem_free(l->record);
    gv_mem_free(l->row_segment);
    gv_mem_free(l->value);
    gv_mem_free(l->log_x);
    gv_mem_free(l->weight);
}

static int flush(build *b, unsigned number, uint32_t segment, gv_error *err)
{
    lane *l = &b->lanes[number];
    size_t n = l->gathered_n[segment];
    l->gathered_n[segment] = 0;
    return n == 0 ? GV_OK
                  : gv_shuffle_spool_put(b->spool, number, segment,
                                         l->gathered + (size_t)segment * GATHER,
                                         n * sizeof *l->gathered, err);
}

static int beyond_vocabulary(const build *b, uint64_t number, gv_compat_input_record record,
                             gv_error *err)
{
    int32_t word = record.word1 > record.word2 ? record.word1 : record.word2;
    return gv_error_set(err, GV_E_CORRUPT,
                        "%s: record %" PRIu64 " is of word %" PRId32
                        ", but the vocabulary has %" PRIu32
                        " words: it was counted with another vocabulary, or is no file of records",
                        b->job->input->path, number, word, b->job->vocab_size);
}

/* Look at a block of records, of which the first has number `first` (from 1); `*used` receives how
 * many are used. */
static int check_block(const build *b, lane *l, uint64_t first, size_t n, size_t *used,
                       gv_error *err)
{
    const uint32_t *begins = b->tiles->segments.first;
    int64_t words = b->job->vocab_size;
    *used = 0;
    for (size_t i = 0; i < n; i++) {
        gv_compat_input_record r = gv_compat_input_get(l->block, i);
        if (r.word1 > words || r.word2 > words)
            return beyond_vocabulary(b, first + i, r, err);
        if (r.word1 < 1 || r.word2 < 1 || !(r.value >= DBL_MIN && r.value <= DBL_MAX)) {
            if (l->unusable++ == 0)
                l->first_unusable = first + i;
            continue;
        }
        uint16_t row_segment = b->segment_of[r.word1 - 1];
        uint16_t column_segment = b->segment_of[r.word2 - 1];
        l->row_segment[*used] = row_segment;
        l->value[*used] = r.value;
        l->record[(*used)++] = (gv_compat_pack_record){
            .row = (uint16_t)((uint32_t)r.word1 - 1 - begins[row_segment]),
            .column = (uint16_t)((uint32_t)r.word2 - 1 - begins[column_segment]),
            .column_segment = column_segment};
    }
    return GV_OK;
}

static int scatter_block(build *b, unsigned number, uint64_t first, size_t n, gv_error *err)
{
    lane *l = &b->lanes[number];
    size_t used;
    int status = gv_compat_input_read(l->block, b->job->input, first, n, err);
    if (status == GV_OK)
        status = check_block(b, l, first + 1, n, &used, err);
    if (status != GV_OK)
        return status;
    gv_glove_reals(l->log_x, l->weight, l->value, used, &b->job->weighting);
    for (size_t i = 0; status == GV_OK && i < used; i++) {
        uint32_t segment = l->row_segment[i];
        gv_compat_pack_record *to =
            &l->gathered[(size_t)segment * GATHER + l->gathered_n[segment]++];
        *to = l->record[i];
        to->log_x = l->log_x[i];
        to->weight = l->weight[i];
        if (l->gathered_n[segment] == GATHER)
            status = flush(b, number, segment, err);
    }
    l->records += used;
    gv_progress_add(b->job->progress, n);
    return status == GV_OK ? gv_signal_check(err) : status;
}

/* A gv_threads_fn: part `number` of the file. */
static int scatter_part(void *context, unsigned number, gv_error *err)
{
    build *b = context;
    uint64_t blocks = (b->job->input->records + BLOCK - 1) / BLOCK;
    uint64_t at = blocks * number / b->threads * BLOCK;
    uint64_t end = blocks * (number + 1) / b->threads * BLOCK;
    if (end > b->job->input->records)
        end = b->job->input->records;
    int status = lane_open(&b->lanes[number], b->tiles->segments.n, err);
    for (; status == GV_OK && at < end; at += BLOCK)
        status = scatter_block(b, number, at, end - at < BLOCK ? (size_t)(end - at) : BLOCK, err);
    for (uint32_t s = 0; status == GV_OK && s < b->tiles->segments.n; s++)
        status = flush(b, number, s, err);
    return status;
}

static int scatter(build *b, gv_error *err)
{
    gv_compat_tiles *t = b->tiles;
    if (!(b->lanes = gv_mem_alloc_zero(b->threads, sizeof *b->lanes, err)))
        return GV_E_MEMORY;
    gv_progress_begin(b->job->progress, "reading", b->job->input->records, "records");
    int status = gv_threads_run(b->threads, scatter_part, b, err);
    gv_progress_end(b->job->progress);
    for (unsigned i = 0; i < b->threads; i++) {
        if (t->unusable == 0)
            t->first_unusable = b->lanes[i].first_unusable;
        t->unusable += b->lanes[i].unusable;
        t->records += b->lanes[i].records;
        lane_close(&b->lanes[i]);
    }
    gv_mem_free(b->lanes);
    b->lanes = NULL;
    if (status == GV_OK && t->records == 0)
        status = gv_error_set(err, GV_E_CORRUPT,
                              "%s: none of its %" PRIu64 " records has a value above 0",
                              b->job->input->path, b->job->input->records);
    return status == GV_OK ? gv_shuffle_spool_finish(b->spool, err) : status;
}

/* --- packing ---------------------------------------------------------------------------------- */

static int get_records(const build *b, gv_compat_pack *p, uint32_t segment, gv_error *err)
{
    uint64_t bytes = 0;
    for (unsigned i = 0; i < b->threads; i++)
        bytes += gv_shuffle_spool_bytes(b->spool, i, segment);
    if (bytes / sizeof *p->record > UINT32_MAX)
        return gv_error_set(err, GV_E_RUNTIME, "more than 2^32 records are of %s",
                            "one word and those near it in rank");
    int status = gv_compat_pack_room(p, (size_t)bytes / sizeof *p->record, err);
    size_t at = 0;
    for (unsigned i = 0; status == GV_OK && i < b->threads; i++) {
        status = gv_shuffle_spool_get(p->record + at, b->spool, i, segment, err);
        at += (size_t)gv_shuffle_spool_bytes(b->spool, i, segment) / sizeof *p->record;
    }
    return status;
}

/* Put the packed tiles where all are, and keep the list of them. */
static int keep_tiles(build *b, const gv_compat_pack *p, uint32_t segment, gv_error *err)
{
    uint64_t at = atomic_fetch_add(&b->end, p->used);
    packed *to = &b->packed[segment];
    if (!(to->tile = gv_mem_alloc(p->tiles, sizeof *to->tile, err)))
        return GV_E_MEMORY;
    to->tiles = p->tiles;
    for (size_t i = 0; i < p->tiles; i++) {
        to->tile[i] = p->tile[i];
        to->tile[i].offset += at;
    }
    if (!b->tiles->bytes)
        return gv_file_pwrite(b->tiles->fd, p->bytes, p->used, at, TEMP_NAME, err);
    if (p->used > 0)
        memcpy(b->tiles->bytes + at, p->bytes, p->used);
    return GV_OK;
}

/* A gv_threads_fn. */
static int pack_segments(void *context, unsigned thread, gv_error *err)
{
    build *b = context;
    gv_compat_pack *p = &b->packs[thread];
    p->segments = &b->tiles->segments;
    for (;;) {
        uint32_t segment = atomic_fetch_add(&b->next_segment, 1);
        if (segment >= p->segments->n)
            return GV_OK;
        int status = get_records(b, p, segment, err);
        if (status == GV_OK)
            status = gv_compat_pack_segment(p, segment, err);
        if (status == GV_OK)
            status = keep_tiles(b, p, segment, err);
        if (status == GV_OK)
            status = gv_signal_check(err);
        if (status != GV_OK)
            return status;
        gv_progress_add(b->job->progress, p->n);
    }
}

static int list_tiles(const build *b, gv_error *err)
{
    gv_compat_tiles *t = b->tiles;
    size_t n = 0;
    for (uint32_t s = 0; s < t->segments.n; s++)
        n += b->packed[s].tiles;
    if (!(t->tile = gv_mem_alloc(n, sizeof *t->tile, err)))
        return GV_E_MEMORY;
    for (uint32_t s = 0; s < t->segments.n; s++) {
        memcpy(t->tile + t->n, b->packed[s].tile, b->packed[s].tiles * sizeof *t->tile);
        t->n += b->packed[s].tiles;
    }
    for (size_t i = 0; i < t->n; i++) {
        size_t bytes = gv_compat_pack_bytes(t->tile[i].rows, t->tile[i].records);
        t->largest = bytes > t->largest ? bytes : t->largest;
    }
    return GV_OK;
}

static int pack(build *b, gv_error *err)
{
    if (!(b->packs = gv_mem_alloc_zero(b->threads, sizeof *b->packs, err)))
        return GV_E_MEMORY;
    gv_progress_begin(b->job->progress, "sorting into tiles", b->tiles->records, "records");
    int status = gv_threads_run(b->threads, pack_segments, b, err);
    gv_progress_end(b->job->progress);
    for (unsigned i = 0; i < b->threads; i++)
        gv_compat_pack_free(&b->packs[i]);
    gv_mem_free(b->packs);
    return status == GV_OK ? list_tiles(b, err) : status;
}

/* --- memory ----------------------------------------------------------------------------------- */

/* At most: each record a row of its own, each tile padded. */
static uint64_t tiles_bytes(const build *b)
{
    uint64_t records = b->job->input->records, segments = b->tiles->segments.n;
    uint64_t tiles = segments * segments < records ? segments * segments : records;
    return records * 14 + tiles * 8;
}

static int plan_memory(build *b, gv_error *err)
{
    const gv_compat_tiles_job *job = b->job;
    uint64_t most = tiles_bytes(b), left = job->memory;
    uint64_t packing = b->threads * gv_compat_pack_memory(job->input->records / 128);
    uint64_t spool = job->input->records * sizeof(gv_compat_pack_record);
    spool += spool / 16 + 2 * SPOOL_LEAST;
    left -= packing < left / 2 ? packing : left / 2;
    bool on_disk = most + SPOOL_LEAST > left;
    if (!on_disk)
        left -= most;
    if (spool > left / 4 * 3)
        spool = left / 4 * 3 > SPOOL_LEAST ? left / 4 * 3 : SPOOL_LEAST;
    int status = gv_file_temp_dir_beside(&b->temp_dir, job->beside, err);
    if (status == GV_OK)
        status = gv_shuffle_spool_open(&b->spool, b->tiles->segments.n, b->threads, (size_t)spool,
                                       b->temp_dir, err);
    if (status != GV_OK || on_disk)
        return status == GV_OK ? gv_file_temp_open(&b->tiles->fd, b->temp_dir, err) : status;
    b->tiles->size = most;
    b->tiles->bytes = gv_mem_big_alloc((size_t)most, err);
    return b->tiles->bytes ? GV_OK : GV_E_MEMORY;
}

int gv_compat_tiles_build(gv_compat_tiles *tiles, const gv_compat_tiles_job *job, gv_error *err)
{
    build b = {.job = job, .tiles = tiles, .threads = job->threads};
    *tiles = (gv_compat_tiles){.fd = -1};
    int status = cut(&b, err);
    if (status == GV_OK)
        status = plan_memory(&b, err);
    if (status == GV_OK)
        status = scatter(&b, err);
    if (status == GV_OK)
        status = pack(&b, err);
    gv_shuffle_spool_close(b.spool);
    for (uint32_t s = 0; b.packed && s < tiles->segments.n; s++)
        gv_mem_free(b.packed[s].tile);
    gv_mem_free(b.packed);
    gv_mem_free(b.segment_of);
    gv_mem_free(b.temp_dir);
    return status;
}

void gv_compat_tiles_free(gv_compat_tiles *t)
{
    if (t->bytes)
        gv_mem_big_free(t->bytes, (size_t)t->size);
    gv_mem_free(t->tile);
    gv_segments_free(&t->segments);
    if (t->fd >= 0)
        close(t->fd);
    *t = (gv_compat_tiles){.fd = -1};
}

int gv_compat_tiles_get(gv_kernel_tile *tile, const gv_compat_tiles *t, size_t i, uint8_t *room,
                        gv_error *err)
{
    const gv_compat_pack_tile *one = &t->tile[i];
    const uint8_t *bytes = t->bytes ? t->bytes + one->offset : room;
    int status = GV_OK;
    if (!t->bytes)
        status = gv_file_pread(t->fd, room, gv_compat_pack_bytes(one->rows, one->records),
                               one->offset, TEMP_NAME, err);
    *tile = gv_compat_pack_view(bytes, one->rows, one->records);
    return status;
}
