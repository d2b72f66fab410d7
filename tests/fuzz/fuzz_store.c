/* Any bytes as store.db: opened, and everything in it read. */
#include "fuzz_file.h"
#include "small_store.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    char path[FUZZ_PATH];
    if (fuzz_seed(path, "small"))
        small_store_write(path);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[FUZZ_PATH];
    fuzz_file(path, data, size);
    small_store_read(path);
    return 0;
}
