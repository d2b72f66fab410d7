/* Any bytes as embed.bin: an error, or parts of the stated size, which are written back as they
 * were. */
#include "fuzz_file.h"
#include "vectors/gv_embed_file.h"
#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    char path[FUZZ_PATH];
    double component[2] = {0.6, 0.8}, transform[4] = {1, 2, 3, 4};
    gv_embed_file file = {.dim = 2,
                          .component = component,
                          .transform = transform,
                          .store = "0123456789abcdef0123456789abcdef",
                          .used = 5};
    if (fuzz_seed(path, "both") && gv_embed_file_write(&file, path, NULL) != GV_OK)
        abort();
    file.component = NULL;
    if (fuzz_seed(path, "transform") && gv_embed_file_write(&file, path, NULL) != GV_OK)
        abort();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[FUZZ_PATH];
    gv_embed_file file;
    fuzz_file(path, data, size);
    if (gv_embed_file_read(&file, path, NULL) == GV_OK) {
        const size_t dim = file.dim;
        if ((file.component ? dim : 0) + (file.transform ? dim * dim : 0) > size / sizeof(double))
            abort();
        if (gv_embed_file_write(&file, path, NULL) != GV_OK)
            abort();
        size_t bytes;
        uint8_t *back = fuzz_read(path, &bytes);
        if (bytes != size)
            abort();
        free(back);
    }
    gv_embed_file_clear(&file);
    return 0;
}
