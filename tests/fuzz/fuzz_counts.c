/* Any bytes as counts.bin: an error or rows within the stated bounds, never a crash. */
#include "data/gv_counts.h"
#include "fuzz_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    int fd = fuzz_file(path, data, size);
    gv_counts *counts = NULL;
    if (gv_counts_open(&counts, path, NULL) == GV_OK) {
        uint32_t row;
        const gv_cell *cells;
        size_t n = 1;
        while (n > 0 && gv_counts_next_row(counts, &row, &cells, &n, NULL) == GV_OK)
            if (n > 0 && (row >= gv_counts_about(counts)->vocab_size ||
                          cells[n - 1].column >= gv_counts_about(counts)->vocab_size))
                abort();
        gv_counts_close(counts);
    }
    close(fd);
    return 0;
}
