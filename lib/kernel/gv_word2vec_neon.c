/* The step of word2vec with the vector operations of gv_vec_neon.h. */
#include "kernel/gv_word2vec_isa.h"

#if defined(__aarch64__)
#include "kernel/gv_vec_neon.h"

#include "kernel/gv_word2vec_body.h"

static const gv_word2vec_kernel kernel = {"neon", take_step, take_mean, spread};
const gv_word2vec_kernel *const gv_word2vec_neon = &kernel;
#else
const gv_word2vec_kernel *const gv_word2vec_neon = NULL;
#endif
