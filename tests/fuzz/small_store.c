/* Every third cell is there; a few values are beyond the table of values. */
#include "small_store.h"

#include "base/gv_mem.h"
#include "config/gv_config.h"
#include "store/gv_store.h"
#include "train/gv_prepare.h"
#include <stdio.h>
#include <stdlib.h>

enum { WORDS = SMALL_STORE_WORDS, WIDTH = 2, SEGMENTS = WORDS / WIDTH, GROUPS = 3, VALUES = 4 };

static const uint64_t values[VALUES] = {4, 2, 1, 8};

static uint64_t value_of(uint32_t row, uint32_t column)
{
    uint32_t mixed = (row < column ? row * WORDS + column : column * WORDS + row) * 2654435761u;
    return mixed % 3 == 0 ? 0 : mixed % 11 == 1 ? 300 : values[(mixed >> 8) % VALUES];
}

static uint16_t code_of(uint64_t value)
{
    for (uint16_t code = 0; code < VALUES; code++)
        if (values[code] == value)
            return code;
    return GV_TILE_ESCAPE;
}

/* The tile of two segments to `to`; its bytes, 0 if it is empty. */
static size_t put_tile(uint8_t *to, gv_store_tile *tile, uint64_t *records)
{
    gv_tile_record record[WIDTH * WIDTH];
    uint16_t codes[WIDTH * WIDTH];
    size_t n = 0;
    for (uint32_t i = 0; i < WIDTH * WIDTH; i++) {
        uint32_t row = tile->row_segment * WIDTH + i / WIDTH,
                 column = tile->column_segment * WIDTH + i % WIDTH;
        uint64_t value = value_of(row, column);
        if (value == 0 || row > column)
            continue;
        record[n] = (gv_tile_record){(uint16_t)(i / WIDTH), (uint16_t)(i % WIDTH), value};
        codes[n++] = code_of(value);
        *records += row == column ? 1 : 2;
    }
    tile->records = (uint32_t)n;
    const gv_tile_shape shape = {tile->row_segment, tile->column_segment, WIDTH, 0, 0};
    return n > 0 ? gv_tile_pack(to, shape, record, codes, n) : 0;
}

static int put_words(gv_store_writer *writer, gv_store_info *info)
{
    char text[WORDS][8];
    const char *words[WORDS];
    uint64_t counts[WORDS], sums[WORDS] = {0};
    gv_vocab *vocab = NULL;
    for (uint32_t i = 0; i < WORDS; i++) {
        snprintf(text[i], sizeof text[i], "w%u", i);
        words[i] = text[i];
        counts[i] = 10 * (WORDS - i);
        for (uint32_t k = 0; k < WORDS; k++)
            sums[i] += value_of(i, k);
    }
    int status = gv_vocab_from_words(&vocab, words, counts, WORDS, NULL);
    if (status == GV_OK)
        info->vocab_hash = gv_vocab_hash(vocab);
    if (status == GV_OK)
        status = gv_store_put_words(writer, vocab, sums, NULL);
    gv_vocab_free(vocab);
    return status == GV_OK ? gv_store_put_layout(writer, info, NULL) : status;
}

/* The tiles of groups `a` and `b` as a blob. */
static int put_block(gv_store_writer *writer, uint32_t a, uint32_t b, uint64_t total[2])
{
    static uint32_t blobs;
    static _Alignas(64) uint8_t blob[SEGMENTS * SEGMENTS * 256];
    gv_store_tile tiles[SEGMENTS * SEGMENTS];
    size_t used = 0, n = 0;
    blobs = total[0] == 0 ? 0 : blobs;
    for (uint32_t i = 0; i < SEGMENTS; i++)
        for (uint32_t k = i; k < SEGMENTS; k++) {
            uint32_t first = i % GROUPS, second = k % GROUPS;
            if (!(first == a && second == b) && !(first == b && second == a))
                continue;
            tiles[n] = (gv_store_tile){i, k, blobs, (uint32_t)used, 0};
            used += put_tile(blob + used, &tiles[n], &total[1]);
            total[0] += tiles[n].records;
            n += tiles[n].records > 0;
        }
    blobs += n > 0;
    return n > 0 ? gv_store_put_blob(writer, blob, used, tiles, n, NULL) : GV_OK;
}

void small_store_write(const char *path)
{
    uint32_t first[SEGMENTS + 1], group[SEGMENTS];
    uint64_t total[2] = {0, 0}; /* cells, records */
    gv_store_info info = {.vocab_size = WORDS,
                          .symmetric = true,
                          .unit = 2,
                          .window = 2,
                          .segments = SEGMENTS,
                          .segment_first = first,
                          .groups = GROUPS,
                          .segment_group = group,
                          .values = VALUES,
                          .value = values};
    gv_store_writer *writer = NULL;
    gv_config *config = NULL;
    char *recipe = NULL;
    for (uint32_t s = 0; s <= SEGMENTS; s++)
        first[s] = s * WIDTH;
    for (uint32_t s = 0; s < SEGMENTS; s++)
        group[s] = s % GROUPS;
    const unsigned stages = GV_STAGE_VOCAB | GV_STAGE_COOCCUR | GV_STAGE_SHUFFLE;
    int status = gv_config_load(&config, NULL, NULL, "fuzz", NULL);
    if (status == GV_OK)
        status = gv_config_recipe(&recipe, config, stages, NULL);
    info.recipe = recipe;
    if (status == GV_OK)
        status = gv_store_create(&writer, path, NULL);
    if (status == GV_OK)
        status = put_words(writer, &info);
    for (uint32_t pair = 0; pair < GROUPS * GROUPS && status == GV_OK; pair++)
        if (pair / GROUPS <= pair % GROUPS)
            status = put_block(writer, pair / GROUPS, pair % GROUPS, total);
    if (status != GV_OK || gv_store_commit(&writer, total[0], total[1], "{}", NULL) != GV_OK)
        abort();
    gv_mem_free(recipe);
    gv_config_free(config);
}

/* --- reading ---------------------------------------------------------------------------------- */

/* The tiles of a blob, as training sees them: decoded, with values from the table. */
static void read_tile(const gv_store *store, const uint8_t *blob, size_t bytes,
                      const gv_store_tile *where)
{
    const gv_store_info *info = gv_store_about(store);
    gv_prepare_table table = {0};
    gv_prepare_scratch scratch = {0};
    gv_kernel_tile prepared;
    gv_tile tile;
    const gv_tile_place place = {blob,
                                 bytes,
                                 where->offset,
                                 gv_store_segment_words(info, where->row_segment),
                                 gv_store_segment_words(info, where->column_segment),
                                 info->values};
    if (gv_tile_view(&tile, &place, NULL) != GV_OK)
        return;
    if (gv_prepare_table_new(&table, info, 100, 0.75, NULL) == GV_OK &&
        gv_prepare_scratch_new(&scratch, tile.records, NULL) == GV_OK &&
        gv_prepare_tile(&prepared, &table, &scratch, &tile, NULL) == GV_OK &&
        where->row_segment == where->column_segment)
        gv_prepare_without_diagonal(&prepared, &scratch);
    gv_prepare_scratch_free(&scratch);
    gv_prepare_table_free(&table);
}

static void read_blob(gv_store *store, uint32_t id)
{
    const gv_store_info *info = gv_store_about(store);
    const gv_store_tile *tiles = gv_store_tiles(store);
    size_t bytes;
    if (gv_store_blob_size(&bytes, store, id, NULL) != GV_OK || bytes > 1 << 24)
        return;
    uint8_t *data = NULL;
    if (posix_memalign((void **)&data, 64, bytes ? bytes : 1) != 0)
        abort();
    if (gv_store_blob_read(data, bytes, store, id, NULL) == GV_OK)
        for (uint32_t i = 0; i < info->tiles; i++)
            if (tiles[i].blob == id)
                read_tile(store, data, bytes, &tiles[i]);
    free(data);
}

void small_store_read(const char *path)
{
    gv_store *store = NULL;
    gv_vocab *vocab = NULL;
    uint64_t *sums = NULL;
    char *value = NULL;
    if (gv_store_open(&store, path, 1, NULL) != GV_OK)
        return;
    const gv_store_info *info = gv_store_about(store);
    if (gv_store_vocab(&vocab, store, NULL) == GV_OK)
        gv_vocab_free(vocab);
    if (gv_store_row_sums(&sums, store, NULL) == GV_OK)
        gv_mem_free(sums);
    if (gv_store_meta(&value, store, "provenance", NULL) == GV_OK)
        gv_mem_free(value);
    for (uint32_t i = 0; i < 3 && i < info->vocab_size; i++) {
        gv_store_pair_list list;
        if (gv_store_pairs(&list, store, i * (info->vocab_size - 1) / 2, 10, NULL) == GV_OK)
            gv_mem_free(list.pairs);
    }
    for (uint32_t id = 0; id < info->blobs; id++)
        read_blob(store, id);
    gv_store_close(store);
}
