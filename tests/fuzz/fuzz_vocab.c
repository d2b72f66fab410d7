/* Any bytes as vocab.txt, and as a list of words. */
#include "fuzz_file.h"
#include "vocab/gv_vocab.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[FUZZ_PATH];
    fuzz_file(path, data, size);
    gv_vocab *vocab = NULL;
    if (gv_vocab_read(&vocab, path, 0, NULL) == GV_OK)
        gv_vocab_free(vocab);
    if (gv_vocab_read(&vocab, path, 1, NULL) == GV_OK) {
        for (uint32_t i = 0; i < gv_vocab_size(vocab); i++)
            if (gv_vocab_lookup(vocab, gv_vocab_word(vocab, i), gv_vocab_word_length(vocab, i)) !=
                i)
                abort();
        gv_vocab_free(vocab);
    }
    return 0;
}
