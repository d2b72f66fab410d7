/* Any bytes as samples of a corpus. What is advised must be text that JSON can hold. */
#include "base/gv_utf8.h"
#include "text/gv_advice.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { HEAD = 3 };
    if (size < HEAD)
        return 0;
    const gv_config config = {.corpus_documents = (enum gv_config_documents)(data[0] % 3)};
    const gv_corpus_stats stats = {
        .bytes = size, .tokens = data[1], .documents = data[2], .invalid_utf8 = data[0] / 3};
    gv_advice_corpus corpus = {.config = &config, .stats = &stats};
    size_t first = (size - HEAD) / 2;
    corpus.sample[0] = (gv_advice_sample){data + HEAD, first};
    corpus.sample[2] = (gv_advice_sample){data + HEAD + first, size - HEAD - first};
    char to[GV_ADVICE_TEXT];
    gv_advice_give(to, &corpus);
    if (strlen(to) >= sizeof to || !gv_utf8_valid(to, strlen(to)))
        abort();
    return 0;
}
