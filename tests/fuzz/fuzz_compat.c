/* Any bytes as what the programs in place of the reference's read: records, saved parameters, and a
 * command line. An error, or numbers within bounds, never a crash. */
#include "compat/gv_compat_cooccur.h"
#include "compat/gv_compat_params.h"
#include "compat/gv_compat_tiles.h"
#include "fuzz_file.h"
#include <math.h>
#include <string.h>

enum { WORDS = 60, ARGUMENTS = 16 };

/* Do the tiles hold what they say, and nothing beyond the vocabulary? */
static void check_tiles(const gv_compat_tiles *tiles)
{
    uint64_t records = 0;
    uint8_t *room = malloc(tiles->largest + 1);
    for (size_t i = 0; i < tiles->n; i++) {
        gv_kernel_tile view;
        const gv_compat_pack_tile *tile = &tiles->tile[i];
        const uint32_t *first = tiles->segments.first;
        if (gv_compat_tiles_get(&view, tiles, i, room, NULL) != GV_OK)
            abort();
        uint32_t rows = first[tile->row_segment + 1] - first[tile->row_segment];
        uint32_t columns = first[tile->column_segment + 1] - first[tile->column_segment];
        size_t at = 0;
        for (size_t r = 0; r < view.rows; r++) {
            if (view.row[r] >= rows)
                abort();
            at += view.row_length[r] + (size_t)1;
        }
        if (at != view.records)
            abort();
        for (size_t k = 0; k < at; k++)
            if (view.column[k] >= columns || !isfinite(view.log_x[k]) || !(view.weight[k] <= 1))
                abort();
        records += at;
    }
    if (records != tiles->records)
        abort();
    free(room);
}

static void try_records(const char *path)
{
    gv_compat_input input;
    gv_compat_tiles tiles = {.fd = -1};
    /* with the memory for the tiles, and without */
    for (uint64_t memory = 0; memory < 1 << 28; memory += 1 << 27) {
        int status = gv_compat_input_open(&input, path, path, NULL);
        const gv_compat_tiles_job job = {.input = &input,
                                         .vocab_size = WORDS,
                                         .weighting = {1, 10, 0.75},
                                         .memory = memory,
                                         .threads = 2,
                                         .beside = path};
        if (status == GV_OK && gv_compat_tiles_build(&tiles, &job, NULL) == GV_OK)
            check_tiles(&tiles);
        gv_compat_tiles_free(&tiles);
        gv_compat_input_close(&input);
    }
}

static void try_parameters(const char *path)
{
    for (int half = 0; half < 2; half++) {
        gv_model *model = NULL;
        if (gv_model_new(&model, 2, 1, NULL) != GV_OK)
            return;
        if (gv_compat_params_load(model, half ? GV_MODEL_SUMS : GV_MODEL_VALUES, path, NULL) ==
                GV_OK &&
            !gv_model_finite(model))
            abort();
        gv_model_free(model);
    }
}

static void say(void *context, const char *line)
{
    if (strlen(line) > 1000)
        abort();
    (void)context;
}

/* A line for each argument. */
static void try_flags(const uint8_t *data, size_t size)
{
    gv_compat_flag_value values[GV_COMPAT_PROGRAM_FLAGS];
    char *text = calloc(size + 1, 1), *rest = text, *argv[ARGUMENTS + 2] = {text};
    memcpy(text, data, size);
    for (size_t n = 1; n <= ARGUMENTS && rest; n++)
        argv[n] = strsep(&rest, "\n");
    const gv_compat_program *program = &gv_compat_cooccur_program;
    if (gv_compat_flag_parse(values, program->flags, program->n, argv, say, NULL, NULL) == GV_OK &&
        values[0].text == NULL)
        abort();
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[FUZZ_PATH];
    fuzz_file(path, data, size);
    try_records(path);
    try_parameters(path);
    try_flags(data, size);
    return 0;
}
