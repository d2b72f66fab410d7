/* Any bytes as model.ckpt: an error, or matrices of the stated size. */
#include "base/gv_file_writer.h"
#include "fuzz_file.h"
#include "model/gv_checkpoint.h"

/* A matrix without padding. */
static gv_checkpoint_matrix make_matrix(uint32_t rows, uint32_t dim)
{
    size_t width = (size_t)dim + 1;
    float *values = calloc(rows * width, 2 * sizeof *values);
    if (!values)
        abort();
    return (gv_checkpoint_matrix){
        .rows = values, .stride = 2 * width, .sums = width, .bias_lane = dim};
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    char path[FUZZ_PATH], recipe[] = "{\"train.dim\":3}";
    uint32_t done[2] = {4, 1};
    double losses[2] = {0.5, 0.25};
    gv_checkpoint state = {.numerics_version = 1,
                           .dim = 3,
                           .vocab_size = 4,
                           .recipe = recipe,
                           .tasks = 9,
                           .tasks_done = 5,
                           .segments = 2,
                           .done = done,
                           .losses = losses};
    gv_checkpoint_matrix matrices[2] = {make_matrix(4, 3), make_matrix(4, 3)};
    gv_file_writer *out;
    if (fuzz_seed(path, "small") &&
        (gv_checkpoint_begin(&out, path, &state, matrices, NULL) != GV_OK ||
         gv_file_writer_commit(&out, NULL) != GV_OK))
        abort();
    free(matrices[0].rows);
    free(matrices[1].rows);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[FUZZ_PATH];
    fuzz_file(path, data, size);
    gv_checkpoint_reader *reader = NULL;
    if (gv_checkpoint_open(&reader, path, NULL) == GV_OK) {
        const gv_checkpoint *state = gv_checkpoint_about(reader);
        /* the file is as large as the matrices, so these cannot be larger than the input */
        if ((uint64_t)state->vocab_size * (state->dim + 1) * 4 * sizeof(float) > size)
            abort();
        gv_checkpoint_matrix matrices[2] = {make_matrix(state->vocab_size, state->dim),
                                            make_matrix(state->vocab_size, state->dim)};
        (void)!gv_checkpoint_load(reader, matrices, NULL);
        free(matrices[0].rows);
        free(matrices[1].rows);
        gv_checkpoint_close(reader);
    }
    return 0;
}
