/*
 * gv_compat_params - the numbers of a model as the reference saves them: parameters, or AdaGrad
 * sums ("gradsq").
 *
 * For each word, then for each context, dim + 1 numbers: the vector and its bias. A binary file has
 * them as float64, and no header. Text has a line for each word; formats are in docs/compat.md.
 *
 * Errors: GV_E_IO, GV_E_MEMORY, GV_E_CORRUPT naming file and place. A file is replaced at once when
 * it is complete. Threads: any, with different files; the model is only read by the writers.
 */
#ifndef GV_COMPAT_PARAMS_H
#define GV_COMPAT_PARAMS_H

#include "base/gv_error.h"
#include "model/gv_model.h"
#include "vocab/gv_vocab.h"
#include <stdbool.h>

/* `half`: GV_MODEL_VALUES are the parameters, GV_MODEL_SUMS the AdaGrad sums. */
GV_MUST_USE int gv_compat_params_load(gv_model *model, enum gv_model_half half, const char *path,
                                      gv_error *err);
GV_MUST_USE int gv_compat_params_save(const gv_model *model, enum gv_model_half half,
                                      const char *path, gv_error *err);

/* Values of -model: what a line of vectors has. */
enum gv_compat_params_lines {
    GV_COMPAT_PARAMS_ALL,     /* word vector, its bias, context vector, its bias */
    GV_COMPAT_PARAMS_WORD,    /* word vector */
    GV_COMPAT_PARAMS_SUM,     /* their sum */
    GV_COMPAT_PARAMS_VECTORS, /* word vector, context vector */
    GV_COMPAT_PARAMS_LINES
};

/* Write vectors as text: with `header` first "WORDS DIM", then a line for each word, and one for
 * <unk>, the mean of the last 100 words. */
GV_MUST_USE int gv_compat_params_text(const gv_model *model, const gv_vocab *vocab,
                                      enum gv_compat_params_lines lines, bool header,
                                      const char *path, gv_error *err);
/* Write the AdaGrad sums as text: as GV_COMPAT_PARAMS_ALL, without <unk>. */
GV_MUST_USE int gv_compat_params_text_sums(const gv_model *model, const gv_vocab *vocab,
                                           const char *path, gv_error *err);

#endif
