/* small_matrix - what targets need that read a matrix of another program: words, a config, a place
 * for counts.bin. */
#ifndef SMALL_MATRIX_H
#define SMALL_MATRIX_H

#include "config/gv_config.h"
#include "fuzz_file.h"
#include "vocab/gv_vocab.h"

/* Three words, a default config, and the path of a counts.bin in the folder of this process. Ends
 * the process on failure. */
static inline void small_matrix_begin(gv_vocab **vocab, gv_config **config,
                                      char counts_path[FUZZ_PATH])
{
    static const char *const words[] = {"a", "b", "c"};
    static const uint64_t counts[] = {3, 2, 1};
    fuzz_path(counts_path, "counts.bin");
    if (gv_vocab_from_words(vocab, words, counts, 3, NULL) != GV_OK ||
        gv_config_load(config, NULL, NULL, "fuzz", NULL) != GV_OK)
        abort();
}

#endif
