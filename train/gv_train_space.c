/*
 * All that is counted is a lower bound: the numbers of the model, and of text two characters a
 * number. A new file lies beside the old one until it is complete.
 */
#include "train/gv_train_space.h"

#include "base/gv_disk.h"
#include <math.h>
#include <sys/stat.h>

static double vectors_bytes(const gv_config *config, const gv_checkpoint *state)
{
    static const struct {
        unsigned format, bytes; /* of a number, at least */
    } formats[] = {{GV_FORMAT_TEXT, 2},        {GV_FORMAT_WORD2VEC, 4}, {GV_FORMAT_SQLITE, 4},
                   {GV_FORMAT_SAFETENSORS, 4}, {GV_FORMAT_NPY, 4},      {GV_FORMAT_PROJECTOR, 2},
                   {GV_FORMAT_FASTTEXT, 8}};
    unsigned bytes = 0;
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (config->output_formats & formats[i].format)
            bytes += formats[i].bytes;
    double dim = state->dim * (config->output_vectors == GV_OUTPUT_CONCAT ? 2.0 : 1.0);
    return (double)state->vocab_size * dim * bytes;
}

static double size_of(const char *path)
{
    struct stat look;
    return lstat(path, &look) == 0 && S_ISREG(look.st_mode) ? (double)look.st_size : 0;
}

int gv_train_space_check(const gv_run *run, const gv_checkpoint *state, const gv_strings *outputs,
                         bool trains, double subwords, gv_error *err)
{
    /* word and context vectors; biases and sums come on top */
    double checkpoint = trains ? 2.0 * state->vocab_size * state->dim * sizeof(float) : 0;
    double old = 0;
    for (size_t i = trains ? 0 : 1; i < outputs->n; i++) /* the checkpoint is the first */
        old += size_of(outputs->items[i]);
    double all = checkpoint + vectors_bytes(run->config, state) + subwords - old;
    return gv_disk_check(run->dir, fmax(checkpoint, all), "training needs", err);
}
