/* Any bytes as store.db: opened, and everything in it read. */
#include "base/gv_mem.h"
#include "fuzz_file.h"
#include "store/gv_store.h"
#include <stdlib.h>

/* Three words, one segment, one tile. */
static int write_store(const char *path)
{
    static const char *const words[] = {"a", "b", "c"};
    static const uint64_t counts[] = {9, 5, 1}, sums[] = {308, 10, 301}, value[] = {1};
    static const uint32_t first[] = {0, 3}, group[] = {0};
    static const gv_tile_record records[] = {{0, 1, 8}, {0, 2, 300}, {1, 1, 1}, {1, 2, 1}};
    static const uint16_t codes[] = {GV_TILE_ESCAPE, GV_TILE_ESCAPE, 0, 0};
    gv_store_info info = {.vocab_size = 3,
                          .symmetric = true,
                          .unit = 2,
                          .window = 2,
                          .segments = 1,
                          .segment_first = first,
                          .groups = 1,
                          .segment_group = group,
                          .values = 1,
                          .value = value,
                          .recipe = "{}"};
    gv_store_tile tile = {0, 0, 0, 0, 4};
    gv_store_writer *writer;
    gv_vocab *vocab;
    uint8_t *blob = aligned_alloc(64, (gv_tile_bound(4) + 63) / 64 * 64);
    size_t bytes = gv_tile_pack(blob, (gv_tile_shape){0, 0, 3, 0, 0}, records, codes, 4);
    int status = gv_vocab_from_words(&vocab, words, counts, 3, NULL);
    if (status == GV_OK)
        status = gv_store_create(&writer, path, NULL);
    if (status == GV_OK)
        status = gv_store_put_words(writer, vocab, sums, NULL);
    if (status == GV_OK)
        status = gv_store_put_layout(writer, &info, NULL);
    if (status == GV_OK)
        status = gv_store_put_blob(writer, blob, bytes, &tile, 1, NULL);
    if (status == GV_OK)
        status = gv_store_commit(&writer, 4, 7, "{}", NULL);
    gv_vocab_free(vocab);
    free(blob);
    return status;
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    char path[256];
    if (fuzz_seed(path, sizeof path, "small") && write_store(path) != GV_OK)
        abort();
    return 0;
}

static void read_blobs(gv_store *store)
{
    for (uint32_t id = 0; id < gv_store_about(store)->blobs; id++) {
        size_t bytes;
        if (gv_store_blob_size(&bytes, store, id, NULL) != GV_OK || bytes > 1 << 24)
            continue;
        void *data = malloc(bytes);
        (void)gv_store_blob_read(data, bytes, store, id, NULL);
        free(data);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    int fd = fuzz_file(path, data, size);
    gv_store *store = NULL;
    if (gv_store_open(&store, path, 1, NULL) == GV_OK) {
        gv_vocab *vocab = NULL;
        if (gv_store_vocab(&vocab, store, NULL) == GV_OK)
            gv_vocab_free(vocab);
        uint64_t *sums = NULL;
        if (gv_store_row_sums(&sums, store, NULL) == GV_OK)
            gv_mem_free(sums);
        for (uint32_t word = 0; word < 3 && word < gv_store_about(store)->vocab_size; word++) {
            gv_store_pair_list list;
            if (gv_store_pairs(&list, store, word, 10, NULL) == GV_OK)
                gv_mem_free(list.pairs);
        }
        read_blobs(store);
        gv_store_close(store);
    }
    close(fd);
    return 0;
}
