/* Any bytes as a corpus, plain, compressed or an archive, through both tokenizers: valid words
 * only, and the same words for any block size. */
#include "base/gv_hash.h"
#include "config/gv_config.h"
#include "fuzz_file.h"
#include "text/gv_corpus.h"
#include <string.h>

/* Checksum of the token sequence; 0 when the corpus is refused. */
static uint64_t read_all(const gv_config *config, size_t block)
{
    gv_corpus *corpus = NULL;
    gv_corpus_reader *reader = NULL;
    uint64_t sum = 1, sequence;
    bool more = true;
    int status = gv_corpus_open(&corpus, config, block, NULL);
    if (status == GV_OK)
        status = gv_corpus_reader_new(&reader, corpus, NULL);
    while (status == GV_OK && more) {
        status = gv_corpus_next_block(reader, &sequence, &more, NULL, NULL);
        enum gv_corpus_token_kind kind = GV_CORPUS_WORD;
        while (status == GV_OK && more && kind != GV_CORPUS_END) {
            const char *word;
            size_t length;
            status = gv_corpus_token(reader, &kind, &word, &length, NULL);
            if (status == GV_OK && kind == GV_CORPUS_WORD) {
                if (length == 0 || length > GV_TOKEN_MAX || memchr(word, 0, length))
                    abort();
                sum = gv_hash_64(word, length, sum);
            } else if (status == GV_OK && kind == GV_CORPUS_BREAK) {
                sum = gv_hash_64("\n", 1, sum);
            }
        }
    }
    gv_corpus_reader_free(reader);
    gv_corpus_close(corpus);
    return status == GV_OK ? sum : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[FUZZ_PATH];
    if (size == 0)
        return 0;
    fuzz_file(path, data + 1, size - 1);
    char *files[] = {path};
    gv_config config = {.corpus_files = {1, files},
                        .corpus_binary = data[0] & 128 ? GV_BINARY_REFUSE : GV_BINARY_ACCEPT,
                        .corpus_tokenizer =
                            data[0] & 1 ? GV_TOKENIZER_UNICODE : GV_TOKENIZER_WHITESPACE,
                        .corpus_lowercase = (enum gv_config_lowercase)(data[0] / 2 % 3),
                        .corpus_documents = (enum gv_config_documents)(data[0] / 6 % 3),
                        .corpus_spaces = (enum gv_config_spaces)(data[0] / 18 % 2)};
    if (read_all(&config, 0) != read_all(&config, 7))
        abort();
    return 0;
}
