/* Any bytes as subwords.bin: an error, or n-grams and words within their sections, and vectors. */
#include "fuzz_file.h"
#include "subword/gv_subwords.h"
#include <stdbool.h>
#include <string.h>

enum { DIM = 2, COUNT = 3, DIM_MOST = 1 << 16 };

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    static const uint32_t end[COUNT] = {3, 7, 10};
    static const float row[COUNT * DIM] = {1, 2, 3, 4, 5, 6}, offset[DIM] = {7, 8};
    static const float vector[2 * DIM] = {1, 2, 3, 4};
    static const char *const words[] = {"ab", "the"};
    const gv_subwords_parts parts = {.settings = {.min_n = 3, .max_n = 4, .min_words = 2},
                                     .dim = DIM,
                                     .count = COUNT,
                                     .text = "<ab<abcbc>",
                                     .end = end,
                                     .row = row,
                                     .offset = offset,
                                     .probes = 2,
                                     .probe_word = words,
                                     .probe_vector = vector,
                                     .metadata = "{}"};
    char path[FUZZ_PATH];
    if (fuzz_seed(path, "small") && gv_subwords_write(path, &parts, NULL) != GV_OK)
        abort();
    return 0;
}

static const float *find(void *context, const char *word)
{
    *(size_t *)context += strlen(word);
    return NULL;
}

static void use(const gv_subwords *subwords)
{
    size_t dim = gv_subwords_dim(subwords), known, letters = strlen(gv_subwords_metadata(subwords));
    float sum = 0;
    for (size_t i = 0; i < gv_subwords_count(subwords); i++) {
        size_t length;
        const char *text = gv_subwords_ngram(subwords, i, &length);
        if (length == 0)
            abort();
        letters += (size_t)text[0] + (size_t)text[length - 1];
        sum += gv_subwords_row(subwords, i)[dim - 1];
    }
    (void)gv_subwords_belong(subwords, dim, find, &letters);
    float *to = dim <= DIM_MOST ? malloc(dim * sizeof *to) : NULL;
    /* a word can be cut into very many n-grams where the file says so */
    if (to && gv_subwords_vector(subwords, "abc", to, &known, NULL) == GV_OK && known > 0)
        sum += to[dim - 1];
    free(to);
    volatile float kept = sum + (float)letters;
    (void)kept;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[FUZZ_PATH];
    gv_subwords *subwords = NULL;
    fuzz_file(path, data, size);
    if (gv_subwords_open(&subwords, path, NULL) == GV_OK)
        use(subwords);
    gv_subwords_free(subwords);
    return 0;
}
