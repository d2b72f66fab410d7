/* Any bytes as counts.bin: an error or rows within the stated bounds, never a crash. */
#include "counts/gv_counts.h"
#include "counts/gv_counts_each.h"
#include "fuzz_file.h"

static int check_part(void *context, unsigned thread, const gv_counts_each_part *part,
                      gv_error *err)
{
    (void)thread, (void)err;
    uint32_t size = *(const uint32_t *)context;
    if (part->row >= size || part->column[part->n - 1] >= size)
        abort();
    return GV_OK;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    char path[FUZZ_PATH], recipe[] = "{}";
    static const gv_counts_cell rows[3][2] = {{{0, 7}, {2, 300}}, {{1, 1}, {2, 1}}, {{2, 70000}}};
    gv_counts_info info = {
        .vocab_size = 3, .symmetric = true, .window = 2, .unit = 2, .recipe = recipe};
    gv_counts_writer *writer;
    if (!fuzz_seed(path, "small"))
        return 0;
    int status = gv_counts_create(&writer, path, &info, NULL);
    for (uint32_t row = 0; status == GV_OK && row < 3; row++)
        status = gv_counts_put_row(writer, row, rows[row], row < 2 ? 2 : 1, NULL);
    if (status != GV_OK || gv_counts_commit(&writer, 9, &info, NULL) != GV_OK)
        abort();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[FUZZ_PATH];
    fuzz_file(path, data, size);
    gv_counts *counts = NULL;
    if (gv_counts_open(&counts, path, NULL) == GV_OK) {
        uint32_t row;
        const gv_counts_cell *cells;
        size_t n = 1;
        while (n > 0 && gv_counts_next_row(counts, &row, &cells, &n, NULL) == GV_OK)
            if (n > 0 && (row >= gv_counts_about(counts)->vocab_size ||
                          cells[n - 1].column >= gv_counts_about(counts)->vocab_size))
                abort();
        if (gv_counts_rewind(counts, NULL) == GV_OK)
            (void)!gv_counts_each(counts, 1, check_part,
                                  (void *)(uintptr_t)&gv_counts_about(counts)->vocab_size, NULL);
        gv_counts_close(counts);
    }
    return 0;
}
