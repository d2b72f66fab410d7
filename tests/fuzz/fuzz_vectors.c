/* Any bytes as a vector file of any format. */
#include "fuzz_file.h"
#include "vectors/gv_vectors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    int fd = fuzz_file(path, data, size);
    gv_vectors *vectors = NULL;
    if (gv_vectors_read(&vectors, path, 0, NULL) == GV_OK) {
        for (size_t i = 0; i < vectors->rows; i++)
            if (gv_vectors_find(vectors, vectors->words[i]) >= vectors->rows)
                abort();
        gv_vectors_free(vectors);
    }
    close(fd);
    return 0;
}
