/* Any bytes as corpus.ids: an error, or ids that are all below the stated vocabulary. */
#include "base/gv_bytes.h"
#include "fuzz_file.h"
#include "vocab/gv_ids.h"
#include <string.h>

enum { HEADER = 80, IDS = 6, BATCH = 64 };

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    static const uint32_t ids[IDS] = {0, 2, 1, GV_ENCODER_BREAK, 1, GV_ENCODER_BREAK};
    uint8_t file[HEADER + 4 * IDS] = "GVIDS\r\n\x1a";
    gv_bytes_put32(file + 8, 1);
    gv_bytes_put32(file + 12, 3);
    gv_bytes_put64(file + 16, IDS);
    gv_bytes_put64(file + 24, IDS - 2);
    for (size_t i = 0; i < IDS; i++)
        gv_bytes_put32(file + HEADER + 4 * i, ids[i]);
    fuzz_seed_bytes("small", file, sizeof file);
    return 0;
}

static void read_all(const gv_ids *ids)
{
    const gv_ids_info *info = gv_ids_about(ids);
    uint64_t words = 0;
    for (uint64_t at = 0; at < info->count; at += BATCH) {
        uint32_t batch[BATCH];
        size_t n = info->count - at < BATCH ? (size_t)(info->count - at) : BATCH;
        if (gv_ids_read(batch, ids, at, n, NULL) != GV_OK)
            abort();
        for (size_t i = 0; i < n; i++) {
            if (batch[i] != GV_ENCODER_BREAK && batch[i] >= info->vocab_size)
                abort();
            words += batch[i] != GV_ENCODER_BREAK;
        }
    }
    if (words != info->words)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[FUZZ_PATH];
    gv_ids *ids = NULL;
    bool from;
    fuzz_file(path, data, size);
    if (gv_ids_is_from(&from, path, (gv_hash){0}, NULL) != GV_OK)
        abort();
    if (gv_ids_open(&ids, path, NULL) == GV_OK)
        read_all(ids);
    gv_ids_close(ids);
    return 0;
}
