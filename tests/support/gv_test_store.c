#include "support/gv_test_store.h"

#include "base/gv_hash.h"
#include "base/gv_mem.h"
#include "config/gv_config.h"
#include "store/gv_tile.h"
#include "support/gv_test.h"
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { UNIT = 4, VALUE_LIMIT = 600 };

gv_test_store_plan gv_test_store_small(void)
{
    return (gv_test_store_plan){.words = 90,
                                .segment_words = 8,
                                .groups = 4,
                                .symmetric = true,
                                .percent = 60,
                                .values = 40,
                                .seed = 7};
}

gv_test_store_plan gv_test_store_one_word(void)
{
    return (gv_test_store_plan){.words = 1,
                                .segment_words = 1,
                                .groups = 1,
                                .symmetric = true,
                                .percent = 100,
                                .values = 5,
                                .seed = 1};
}

uint64_t gv_test_store_value(const gv_test_store_plan *plan, uint32_t row, uint32_t column)
{
    uint32_t cell[2] = {row, column};
    if (plan->symmetric && row > column)
        cell[0] = column, cell[1] = row;
    uint64_t hash = gv_hash_64(cell, sizeof cell, plan->seed);
    if (hash % 100 >= plan->percent)
        return 0;
    hash >>= 32;
    return 1 + (hash % 5 == 0 ? (hash >> 8) % VALUE_LIMIT : (hash >> 8) % 30);
}

/* The records of one tile, each row a run; returns their number. */
static size_t tile_records(gv_tile_record *records, uint16_t *codes, const gv_test_store_plan *plan,
                           uint32_t row_begin, uint32_t row_end, uint32_t column_begin,
                           uint32_t column_end)
{
    size_t n = 0;
    for (uint32_t i = row_begin; i < row_end; i++) {
        for (uint32_t j = column_begin; j < column_end; j++) {
            uint64_t value = gv_test_store_value(plan, i, j);
            if (value == 0 || (plan->symmetric && i > j))
                continue;
            records[n] =
                (gv_tile_record){(uint16_t)(i - row_begin), (uint16_t)(j - column_begin), value};
            codes[n++] = value <= plan->values ? (uint16_t)(value - 1) : GV_TILE_ESCAPE;
        }
    }
    return n;
}

typedef struct writing {
    const gv_test_store_plan *plan;
    gv_store_writer *writer;
    gv_store_info info;
    uint32_t *first, *group;
    char *recipe;
    uint64_t cells, records;
    uint32_t blob;
} writing;

static void *must(void *block)
{
    cr_assert_not_null(block);
    return block;
}

static void put_tables(writing *w)
{
    const gv_test_store_plan *plan = w->plan;
    gv_error err = GV_ERROR_INIT;
    const char **words = must(malloc(plan->words * sizeof *words));
    uint64_t *counts = must(malloc(plan->words * sizeof *counts));
    uint64_t *sums = must(calloc(plan->words, sizeof *sums));
    for (uint32_t i = 0; i < plan->words; i++) {
        words[i] = gv_test_format("w%u", i);
        counts[i] = 10 * (uint64_t)(plan->words - i);
        for (uint32_t j = 0; j < plan->words; j++)
            sums[i] += gv_test_store_value(plan, i, j);
    }
    gv_vocab *vocab;
    gv_assert_ok(gv_vocab_from_words(&vocab, words, counts, plan->words, &err), err);
    gv_assert_ok(gv_store_put_words(w->writer, vocab, sums, &err), err);
    uint64_t *values = must(malloc((plan->values + 1) * sizeof *values));
    for (uint32_t code = 0; code < plan->values; code++)
        values[code] = code + 1;
    w->info.value = values;
    w->info.vocab_hash = gv_vocab_hash(vocab);
    gv_assert_ok(gv_store_put_layout(w->writer, &w->info, &err), err);
    gv_vocab_free(vocab);
    free(values);
    free(sums);
    free(counts);
    free(words);
}

static bool in_block(const writing *w, uint32_t i, uint32_t j, uint32_t a, uint32_t b)
{
    if (w->group[i] == a && w->group[j] == b)
        return true;
    return w->plan->symmetric && w->group[i] == b && w->group[j] == a;
}

/* All tiles of a pair of groups in one blob. */
static void put_block(writing *w, uint32_t a, uint32_t b)
{
    const gv_test_store_plan *plan = w->plan;
    uint32_t segments = w->info.segments;
    size_t most = (size_t)plan->segment_words * plan->segment_words;
    gv_tile_record *records = must(malloc(most * sizeof *records));
    uint16_t *codes = must(malloc(most * sizeof *codes));
    gv_store_tile *tiles = must(malloc(segments * segments * sizeof *tiles));
    uint8_t *blob =
        must(aligned_alloc(64, (gv_tile_bound(most) * segments * segments + 63) / 64 * 64));
    size_t used = 0, n = 0;
    for (uint32_t i = 0; i < segments; i++) {
        for (uint32_t j = plan->symmetric ? i : 0; j < segments; j++) {
            if (!in_block(w, i, j, a, b))
                continue;
            size_t found = tile_records(records, codes, plan, w->first[i], w->first[i + 1],
                                        w->first[j], w->first[j + 1]);
            if (found == 0)
                continue;
            tiles[n++] = (gv_store_tile){i, j, w->blob, (uint32_t)used, (uint32_t)found};
            used += gv_tile_pack(blob + used,
                                 (gv_tile_shape){i, j, w->first[j + 1] - w->first[j], 0, 0},
                                 records, codes, found);
            w->cells += found;
            for (size_t k = 0; k < found; k++)
                w->records +=
                    plan->symmetric && !(i == j && records[k].row == records[k].column) ? 2 : 1;
        }
    }
    gv_error err = GV_ERROR_INIT;
    if (n > 0) {
        gv_assert_ok(gv_store_put_blob(w->writer, blob, used, tiles, n, &err), err);
        w->blob++;
    }
    free(blob);
    free(tiles);
    free(codes);
    free(records);
}

static void plan_layout(writing *w)
{
    const gv_test_store_plan *plan = w->plan;
    uint32_t segments = (plan->words + plan->segment_words - 1) / plan->segment_words;
    w->first = must(malloc((segments + 1) * sizeof *w->first));
    w->group = must(malloc(segments * sizeof *w->group));
    for (uint32_t s = 0; s < segments; s++) {
        w->first[s] = s * plan->segment_words;
        w->group[s] = s % plan->groups;
    }
    w->first[segments] = plan->words;
    gv_error err = GV_ERROR_INIT;
    gv_config *config;
    gv_assert_ok(gv_config_load(&config, NULL, NULL, "test", &err), err);
    gv_assert_ok(gv_config_recipe(&w->recipe, config,
                                  GV_STAGE_VOCAB | GV_STAGE_COOCCUR | GV_STAGE_SHUFFLE, &err),
                 err);
    gv_config_free(config);
    w->info = (gv_store_info){.vocab_size = plan->words,
                              .symmetric = plan->symmetric,
                              .unit = UNIT,
                              .window = 15,
                              .segments = segments,
                              .segment_first = w->first,
                              .groups = plan->groups < segments ? plan->groups : segments,
                              .segment_group = w->group,
                              .values = plan->values,
                              .recipe = w->recipe};
}

void gv_test_store_write(const char *path, const gv_test_store_plan *plan)
{
    writing w = {.plan = plan};
    gv_error err = GV_ERROR_INIT;
    plan_layout(&w);
    gv_assert_ok(gv_store_create(&w.writer, path, &err), err);
    put_tables(&w);
    for (uint32_t a = 0; a < w.info.groups; a++)
        for (uint32_t b = plan->symmetric ? a : 0; b < w.info.groups; b++)
            put_block(&w, a, b);
    gv_assert_ok(gv_store_commit(&w.writer, w.cells, w.records, "{}", &err), err);
    gv_mem_free(w.recipe);
    free(w.group);
    free(w.first);
}

uint8_t *gv_test_tile_read(gv_tile *tile, gv_store *store, const gv_store_tile *where)
{
    gv_error err = GV_ERROR_INIT;
    const uint32_t *first = gv_store_about(store)->segment_first;
    uint32_t row = where->row_segment, column = where->column_segment;
    size_t bytes = 0;
    gv_assert_ok(gv_store_blob_size(&bytes, store, where->blob, &err), err);
    uint8_t *data = aligned_alloc(64, (bytes + 63) & ~(size_t)63);
    cr_assert_not_null(data);
    gv_assert_ok(gv_store_blob_read(data, bytes, store, where->blob, &err), err);
    gv_assert_ok(gv_tile_view(tile,
                              &(gv_tile_place){
                                  data, bytes, where->offset, first[row + 1] - first[row],
                                  first[column + 1] - first[column], gv_store_about(store)->values},
                              &err),
                 err);
    return data;
}

const char *gv_test_store_run(const char *name, gv_test_store_plan plan)
{
    const char *dir = gv_test_path(name);
    cr_assert_eq(mkdir(dir, 0777), 0);
    gv_test_store_write(gv_test_format("%s/store.db", dir), &plan);
    return dir;
}
