/*
 * Negative control: a reader with a mistake planted in it, which must be found within seconds. Not
 * among the readers of glovebox; `make fuzz` fails if this target does not crash.
 */
#include "base/gv_bytes.h"
#include "fuzz_file.h"
#include <string.h>

/* A list of numbers: magic, count, numbers. The count is not compared with the size. */
static uint64_t sum_of(const uint8_t *data, size_t size)
{
    uint64_t sum = 0;
    if (size < 8 || memcmp(data, "GVSU", 4) != 0)
        return 0;
    uint32_t n = gv_bytes_get32(data + 4);
#ifndef GV_FUZZ_CONTROL
    n = n < (size - 8) / 4 ? n : (uint32_t)((size - 8) / 4);
#endif
    for (uint32_t i = 0; i < n; i++)
        sum += gv_bytes_get32(data + 8 + 4 * (size_t)i);
    return sum;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static const uint8_t seed[] = {'G', 'V', 'S', 'U', 1, 0, 0, 0, 7, 0, 0, 0};
    (void)argc, (void)argv;
    fuzz_seed_bytes("small", seed, sizeof seed);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return sum_of(data, size) == UINT64_MAX ? -1 : 0;
}
