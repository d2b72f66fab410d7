/* Any bytes as phrases.tsv, and as a user's list of phrases. What is read can be written and read
 * again, and its phrases are found by their names. */
#include "fuzz_file.h"
#include "text/gv_phrases_file.h"
#include <string.h>

static void check(gv_phrases *phrases, const char *path)
{
    gv_phrases *again = NULL;
    gv_phrases_sort(phrases);
    if (gv_phrases_new(&again, NULL) != GV_OK)
        return;
    if (gv_phrases_file_write(phrases, path, NULL, NULL) != GV_OK ||
        gv_phrases_file_read(again, path, NULL, NULL) != GV_OK ||
        gv_phrases_size(again) != gv_phrases_size(phrases))
        abort();
    for (size_t i = 0; i < gv_phrases_size(phrases); i++) {
        const gv_token *name = gv_phrases_name(phrases, i), *found;
        bool goes_on;
        gv_phrases_find(again, name, &found, &goes_on);
        if (!found || found->length != name->length ||
            gv_phrases_score(again, i) != gv_phrases_score(phrases, i) ||
            gv_phrases_count(again, i) != gv_phrases_count(phrases, i))
            abort();
    }
    gv_phrases_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[FUZZ_PATH];
    for (int kind = 0; kind < 3; kind++) {
        const gv_config config = {
            .corpus_tokenizer = kind == 2 ? GV_TOKENIZER_UNICODE : GV_TOKENIZER_WHITESPACE,
            .corpus_lowercase = kind == 2 ? GV_LOWERCASE_FOLD : GV_LOWERCASE_NONE};
        gv_phrases *phrases = NULL;
        uint64_t skipped;
        fuzz_file(path, data, size);
        if (gv_phrases_new(&phrases, NULL) != GV_OK)
            return 0;
        int status = kind == 0 ? gv_phrases_file_read(phrases, path, NULL, NULL)
                               : gv_phrases_file_read_list(phrases, &skipped, path, &config, NULL);
        if (status == GV_OK)
            check(phrases, path);
        gv_phrases_free(phrases);
    }
    return 0;
}
