/* The shuffle on random matrices: every cell arrives once and exactly, whatever the memory. */
#include "base/gv_bytes.h"
#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "base/gv_rng.h"
#include "base/gv_signal.h"
#include "counts/gv_counts.h"
#include "dist/gv_comm_local.h"
#include "shuffle/gv_shuffle_ranks.h"
#include "store/gv_store.h"
#include "support/gv_test.h"
#include "support/gv_test_store.h"
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct matrix {
    uint32_t size;
    bool symmetric;
    uint64_t *cell; /* [size x size]; of a symmetric one only i <= j */
    uint64_t cells;
    const char *vocab_path, *counts_path;
} matrix;

static gv_vocab *make_vocab(uint32_t size)
{
    const char **words = malloc(size * sizeof *words);
    uint64_t *counts = malloc(size * sizeof *counts);
    for (uint32_t i = 0; i < size; i++) {
        words[i] = gv_test_format("w%u", i);
        counts[i] = 10 * (uint64_t)(size - i);
    }
    gv_vocab *vocab = NULL;
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_vocab_from_words(&vocab, words, counts, size, &err), err);
    free(words);
    free(counts);
    gv_assert_ok(gv_vocab_write(vocab, gv_test_path("vocab.txt"), &err), err);
    return vocab;
}

/* A matrix in which frequent words meet nearly all others and rare ones few, as in a text. */
static void fill(matrix *m, uint64_t seed)
{
    gv_rng rng;
    gv_rng_seed(&rng, seed, GV_RNG_TEST, 5);
    for (uint32_t i = 0; i < m->size; i++) {
        for (uint32_t j = m->symmetric ? i : 0; j < m->size; j++) {
            double p = 60.0 / ((double)(i + 1) * (double)(j + 1) / 40.0 + 1.0);
            if (gv_rng_uniform(&rng) > p)
                continue;
            uint64_t kind = gv_rng_below(&rng, 10);
            m->cell[(size_t)i * m->size + j] =
                kind < 8 ? 24024 * (1 + kind) : 1 + (gv_rng_next(&rng) >> (12 + 5 * kind % 51));
            m->cells++;
        }
    }
}

static matrix make_matrix(uint32_t size, bool symmetric, uint64_t seed)
{
    matrix m = {.size = size,
                .symmetric = symmetric,
                .vocab_path = gv_test_path("vocab.txt"),
                .counts_path = gv_test_path("counts.bin")};
    gv_error err = GV_ERROR_INIT;
    gv_counts_writer *writer = NULL;
    m.cell = calloc((size_t)size * size, sizeof *m.cell);
    fill(&m, seed);
    gv_vocab *vocab = make_vocab(size);
    gv_counts_info info = {.vocab_size = size,
                           .symmetric = symmetric,
                           .window = 15,
                           .unit = 360360,
                           .vocab_hash = gv_vocab_hash(vocab),
                           .recipe = (char[]){"{}"}};
    gv_assert_ok(gv_counts_create(&writer, m.counts_path, &info, &err), err);
    gv_counts_cell *row = malloc(size * sizeof *row);
    for (uint32_t i = 0; i < size; i++) {
        size_t n = 0;
        for (uint32_t j = 0; j < size; j++)
            if (m.cell[(size_t)i * size + j])
                row[n++] = (gv_counts_cell){j, m.cell[(size_t)i * size + j]};
        if (n)
            gv_assert_ok(gv_counts_put_row(writer, i, row, n, &err), err);
    }
    gv_assert_ok(gv_counts_commit(&writer, 1, NULL, &err), err);
    free(row);
    gv_vocab_free(vocab);
    return m;
}

static gv_shuffle_options options_for(const matrix *m, const char *name)
{
    return (gv_shuffle_options){.vocab_path = m->vocab_path,
                                .counts_path = m->counts_path,
                                .store_path = gv_test_path(name),
                                .temp_dir = gv_test_dir(),
                                .recipe = "{}",
                                .seed = 1,
                                .threads = 2,
                                .memory_mb = 1024};
}

/* Subtract the records of a tile from `left`. */
static void take_tile(uint64_t *left, const matrix *m, const gv_store_info *info,
                      const gv_tile *tile)
{
    uint32_t row_first = info->segment_first[tile->row_segment];
    uint32_t column_first = info->segment_first[tile->column_segment];
    const uint8_t *escape = tile->escape;
    size_t k = 0;
    for (uint32_t r = 0; r < tile->rows; r++) {
        for (size_t n = 0; n <= tile->row_length[r]; n++, k++) {
            uint32_t i = row_first + tile->row[r];
            uint32_t j = column_first + (tile->column8 ? tile->column8[k] : tile->column16[k]);
            uint64_t value;
            if (tile->code[k] == GV_TILE_ESCAPE)
                escape = gv_bytes_get_varint(escape, tile->escape + tile->escape_bytes, &value);
            else
                value = info->value[tile->code[k]];
            cr_assert_eq(left[(size_t)i * m->size + j], value, "cell %u, %u", i, j);
            left[(size_t)i * m->size + j] = 0;
        }
    }
}

static void check_store(const matrix *m, const char *path)
{
    gv_error err = GV_ERROR_INIT;
    gv_store *store = NULL;
    gv_assert_ok(gv_store_open(&store, path, 1, &err), err);
    const gv_store_info *info = gv_store_about(store);
    cr_assert_eq(info->cells, m->cells);
    uint64_t *left = malloc((size_t)m->size * m->size * sizeof *left);
    memcpy(left, m->cell, (size_t)m->size * m->size * sizeof *left);
    for (uint32_t t = 0; t < info->tiles; t++) {
        const gv_store_tile *where = &gv_store_tiles(store)[t];
        gv_tile tile;
        uint8_t *data = gv_test_tile_read(&tile, store, where);
        take_tile(left, m, info, &tile);
        free(data);
    }
    for (size_t i = 0; i < (size_t)m->size * m->size; i++)
        cr_assert_eq(left[i], 0, "cell %zu is not in the store", i);
    free(left);

    uint64_t *sums = NULL;
    gv_assert_ok(gv_store_row_sums(&sums, store, &err), err);
    for (uint32_t i = 0; i < m->size; i++) {
        uint64_t sum = 0;
        for (uint32_t j = 0; j < m->size; j++)
            sum += m->symmetric && j < i ? m->cell[(size_t)j * m->size + i]
                                         : m->cell[(size_t)i * m->size + j];
        cr_assert_eq(sums[i], sum, "row %u", i);
    }
    gv_mem_free(sums);
    gv_store_close(store);
}

static const char *content_hash(const char *path)
{
    gv_error err = GV_ERROR_INIT;
    gv_store *store = NULL;
    gv_assert_ok(gv_store_open(&store, path, 1, &err), err);
    const char *hash = gv_test_format("%s", gv_store_about(store)->content_hash);
    gv_store_close(store);
    return hash;
}

Test(shuffle, every_cell_arrives)
{
    static const uint32_t sizes[] = {1, 2, 40, 700, 1300};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        for (int symmetric = 0; symmetric < 2; symmetric++) {
            matrix m = make_matrix(sizes[i], symmetric, gv_test_seed() + i);
            gv_shuffle_options options = options_for(&m, "store.db");
            gv_shuffle_result result;
            gv_error err = GV_ERROR_INIT;
            gv_assert_ok(gv_shuffle(&result, &options, &err), err);
            cr_assert_eq(result.cells, m.cells);
            check_store(&m, options.store_path);
            free(m.cell);
        }
    }
}

Test(shuffle, same_content_for_any_memory_and_threads)
{
    for (int symmetric = 0; symmetric < 2; symmetric++) {
        matrix m = make_matrix(1300, symmetric, gv_test_seed());
        gv_shuffle_options options = options_for(&m, "store.db");
        gv_shuffle_result result;
        gv_error err = GV_ERROR_INIT;
        gv_assert_ok(gv_shuffle(&result, &options, &err), err);
        cr_assert_eq(result.spilled, 0);
        cr_assert_gt(result.segments, 10);
        const char *hash = content_hash(options.store_path);
        static const uint64_t arenas[] = {1, 60000, 120000, 200000};
        for (size_t i = 0; i < sizeof arenas / sizeof *arenas; i++) {
            options.arena = arenas[i];
            gv_assert_ok(gv_shuffle(&result, &options, &err), err);
            cr_assert_gt(result.spilled, 0, "arena %zu", (size_t)arenas[i]);
            cr_assert_str_eq(content_hash(options.store_path), hash);
            check_store(&m, options.store_path);
        }
        options.arena = 0;
        static const unsigned threads[] = {1, 3, 8};
        for (size_t i = 0; i < sizeof threads / sizeof *threads; i++) {
            options.threads = threads[i];
            gv_assert_ok(gv_shuffle(&result, &options, &err), err);
            cr_assert_str_eq(content_hash(options.store_path), hash, "%u threads", threads[i]);
        }
        free(m.cell);
    }
}

/* The order is the seed's, and within a tile it is not the order of ids. */
Test(shuffle, the_seed_decides_the_order)
{
    matrix m = make_matrix(900, true, gv_test_seed());
    gv_shuffle_options options = options_for(&m, "a.db");
    gv_shuffle_result result;
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_shuffle(&result, &options, &err), err);
    const char *first = content_hash(options.store_path);
    options.store_path = gv_test_path("b.db");
    gv_assert_ok(gv_shuffle(&result, &options, &err), err);
    cr_assert_str_eq(content_hash(options.store_path), first);
    options.seed = 2;
    gv_assert_ok(gv_shuffle(&result, &options, &err), err);
    cr_assert_str_neq(content_hash(options.store_path), first);

    /* unshuffled, the rows of every tile would rise */
    gv_store *store = NULL;
    gv_assert_ok(gv_store_open(&store, options.store_path, 1, &err), err);
    const uint32_t *edge = gv_store_about(store)->segment_first;
    const gv_store_tile *where = NULL;
    for (uint32_t i = 0; i < gv_store_about(store)->tiles; i++) {
        const gv_store_tile *tile = &gv_store_tiles(store)[i];
        if (edge[tile->row_segment + 1] - edge[tile->row_segment] >= 32 &&
            (!where || tile->records > where->records))
            where = tile;
    }
    cr_assert_not_null(where);
    gv_tile tile;
    uint8_t *data = gv_test_tile_read(&tile, store, where);
    cr_assert_gt(tile.rows, 8);
    unsigned rows_in_order = 0;
    for (uint32_t i = 1; i < tile.rows; i++)
        rows_in_order += tile.row[i] > tile.row[i - 1];
    cr_assert_lt(rows_in_order, tile.rows - 1);
    gv_store_close(store);
    free(data);
    free(m.cell);
}

static void expect_failure(const gv_shuffle_options *options, int status, const char *text)
{
    gv_error err = GV_ERROR_INIT;
    gv_shuffle_result result;
    cr_assert_eq(gv_shuffle(&result, options, &err), status, "%d %s", err.code, err.text);
    cr_assert(strstr(err.text, text), "'%s' is not in: %s", text, err.text);
    cr_assert_not(gv_test_exists(gv_test_format("%s.tmp", options->store_path)));
}

Test(shuffle, what_cannot_be_shuffled)
{
    matrix m = make_matrix(300, true, gv_test_seed());
    gv_shuffle_options options = options_for(&m, "store.db");
    options.memory_mb = 1;
    expect_failure(&options, GV_E_MEMORY, "is too small for 300 words; set it to at least");
    options.memory_mb = 1024;
    options.counts_path = gv_test_path("none.bin");
    expect_failure(&options, GV_E_IO, "none.bin");
    options.counts_path = m.counts_path;
    gv_vocab_free(make_vocab(301));
    expect_failure(&options, GV_E_CORRUPT, "another vocabulary");
    gv_vocab_free(make_vocab(300));
    gv_test_flip(m.counts_path, -3000);
    expect_failure(&options, GV_E_CORRUPT, "counts.bin");
    cr_assert_not(gv_test_exists(options.store_path));
    free(m.cell);
}

Test(shuffle, a_signal_stops_it_and_leaves_the_old_store)
{
    matrix m = make_matrix(300, true, gv_test_seed());
    gv_shuffle_options options = options_for(&m, "store.db");
    gv_test_write_text("store.db", "the old one");
    gv_signal_pretend(SIGTERM);
    expect_failure(&options, GV_E_STOPPED, "SIGTERM");
    gv_signal_pretend(0);
    cr_assert_str_eq(gv_test_read(options.store_path, NULL), "the old one");
    free(m.cell);
}

Test(shuffle, every_failing_allocation_is_an_error)
{
    matrix m = make_matrix(700, true, gv_test_seed());
    gv_shuffle_options options = options_for(&m, "store.db");
    gv_shuffle_result result;
    int status = GV_E_MEMORY, failures = 0;
    options.arena = 100000;
    for (uint64_t n = 1; status != GV_OK; n += 1 + n / 16) {
        gv_error err = GV_ERROR_INIT;
        gv_mem_fail_at(n, 1);
        status = gv_shuffle(&result, &options, &err);
        gv_mem_fail_at(0, 0);
        cr_assert(status == GV_OK || status == GV_E_MEMORY, "%d %s", status, err.text);
        failures += status != GV_OK;
    }
    cr_assert_gt(failures, 20);
    check_store(&m, options.store_path);
    free(m.cell);
}

Test(shuffle, a_full_disk_is_an_error)
{
    matrix m = make_matrix(700, true, gv_test_seed());
    gv_shuffle_options options = options_for(&m, "store.db");
    options.arena = 50000;
    gv_file_fail_at(3);
    expect_failure(&options, GV_E_IO, "temporary file");
    gv_file_fail_at(0);
    free(m.cell);
}

/* --- many ranks ------------------------------------------------------------------------------- */

enum { RANKS_MAX = 9 };

/* A rank, as a thread. */
typedef struct rank {
    gv_comm_local_net *net;
    int number;
    gv_shuffle_options options;
    gv_shuffle_result result; /* of rank 0 */
    int status;
    gv_error err;
} rank;

static void *run_rank(void *context)
{
    rank *r = context;
    gv_comm *comm = NULL;
    gv_error err = GV_ERROR_INIT;
    int code;
    r->status = gv_comm_local_new(&comm, r->net, r->number, &r->err);
    if (r->status != GV_OK)
        return NULL;
    gv_comm_deadline(comm, 20);
    gv_rank_inbox inbox = {.comm = comm};
    if (r->number == 0) {
        r->status = gv_shuffle_ranks_coordinate(&r->result, &inbox, &r->options, &r->err);
        gv_comm_end(comm, r->status != GV_OK);
    } else {
        r->status = gv_shuffle_ranks_work(&inbox, &r->options, &r->err);
        if (r->status != GV_OK && r->status != GV_E_STOPPED)
            gv_comm_report(comm, &r->err);
        gv_assert_ok(gv_comm_wait_end(comm, &code, &err), err);
    }
    gv_rank_inbox_clear(&inbox);
    gv_comm_local_free(comm);
    return NULL;
}

/* Run `n` ranks whose options are set. */
static void run_ranks(rank *ranks, int n)
{
    pthread_t threads[RANKS_MAX];
    gv_error err = GV_ERROR_INIT;
    gv_comm_local_net *net = NULL;
    gv_assert_ok(gv_comm_local_net_new(&net, n, &err), err);
    for (int i = 0; i < n; i++) {
        ranks[i].net = net;
        ranks[i].number = i;
        ranks[i].err = (gv_error)GV_ERROR_INIT;
        cr_assert_eq(pthread_create(&threads[i], NULL, run_rank, &ranks[i]), 0);
    }
    for (int i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
    gv_comm_local_net_free(net);
}

static unsigned count_parts(void)
{
    return (unsigned)atoi(gv_test_run_ok("ls | grep -c '^store-.*[.]db$' || true").out);
}

/* Ranks with other threads and memory, some of which do not see the matrix: the store is that of
 * one process. */
static void compare_ranks(const matrix *m, const gv_segments_rule *rule, int n, gv_rng *rng)
{
    gv_error err = GV_ERROR_INIT;
    gv_shuffle_result result;
    gv_shuffle_options options = options_for(m, "alone.db");
    options.rule = rule;
    gv_assert_ok(gv_shuffle(&result, &options, &err), err);
    rank ranks[RANKS_MAX];
    for (int i = 0; i < n; i++) {
        ranks[i].options = options_for(m, "store.db");
        ranks[i].options.rule = i == 0 ? rule : NULL; /* rank 0 decides */
        ranks[i].options.threads = 1 + (unsigned)gv_rng_below(rng, 3);
        ranks[i].options.arena = gv_rng_below(rng, 2) ? 1 + gv_rng_below(rng, 100000) : 0;
        if (i > 0 && gv_rng_below(rng, 3) == 0)
            ranks[i].options.counts_path = "elsewhere/counts.bin";
    }
    run_ranks(ranks, n);
    for (int i = 0; i < n; i++)
        cr_assert_eq(ranks[i].status, GV_OK, "rank %d of %d: %s", i, n, ranks[i].err.text);
    const gv_shuffle_result *all = &ranks[0].result;
    unsigned parts = (unsigned)n < result.groups ? (unsigned)n : result.groups;
    cr_assert_eq(all->parts, parts);
    cr_assert_eq(count_parts(), parts, "parts of the store before are removed");
    cr_assert_str_eq(content_hash(gv_test_path("store.db")), content_hash(gv_test_path("alone.db")),
                     "%d ranks", n);
    cr_assert_eq(all->tiles, result.tiles);
    cr_assert_eq(all->blobs, result.blobs);
    cr_assert_eq(all->escapes, result.escapes);
    check_store(m, gv_test_path("store.db"));
}

Test(shuffle_ranks, the_store_is_that_of_one_process, .timeout = 120)
{
    static const gv_segments_rule rules[] = {
        {.parts = 64, .parts_max = 64, .words = 60, .many = 100, .groups = 32},
        {.parts = 8, .parts_max = 8, .words = 1000, .many = 100, .groups = 3}};
    static const uint32_t sizes[] = {1, 2, 40, 700, 700, 1300};
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 71);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        for (int symmetric = 0; symmetric < 2; symmetric++) {
            matrix m = make_matrix(sizes[i], symmetric, gv_test_seed() + i);
            compare_ranks(&m, NULL, 1 + (int)gv_rng_below(&rng, RANKS_MAX), &rng);
            compare_ranks(&m, &rules[i % 2], 1 + (int)gv_rng_below(&rng, RANKS_MAX), &rng);
            free(m.cell);
        }
    }
}
