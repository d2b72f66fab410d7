/* Any bytes as store.db: opened, and everything in it read. */
#include "data/gv_store.h"
#include "fuzz_file.h"
#include <stdlib.h>

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
        read_blobs(store);
        gv_store_close(store);
    }
    close(fd);
    return 0;
}
