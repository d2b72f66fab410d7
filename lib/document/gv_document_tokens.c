#include "document/gv_document_tokens.h"

#include "base/gv_mem.h"
#include "text/gv_joiner.h"
#include "text/gv_tokenizer.h"

struct gv_document_tokens {
    gv_corpus_stats stats;
    gv_tokenizer *tokenizer;
    gv_joiner *joiner; /* NULL without phrases */
    bool last;         /* the piece at hand ends the text */
};

int gv_document_tokens_new(gv_document_tokens **result, const gv_config *config,
                           const gv_phrases *phrases, gv_error *err)
{
    *result = NULL;
    gv_document_tokens *tokens = gv_mem_alloc_zero(1, sizeof *tokens, err);
    if (!tokens)
        return GV_E_MEMORY;
    int status = gv_tokenizer_new(&tokens->tokenizer, config->corpus_tokenizer,
                                  config->corpus_lowercase, &tokens->stats, err);
    if (status == GV_OK && phrases && gv_phrases_size(phrases) > 0)
        status = gv_joiner_new(&tokens->joiner, phrases, err);
    if (status != GV_OK) {
        gv_document_tokens_free(tokens);
        return status;
    }
    *result = tokens;
    return GV_OK;
}

void gv_document_tokens_free(gv_document_tokens *tokens)
{
    if (!tokens)
        return;
    gv_tokenizer_free(tokens->tokenizer);
    gv_joiner_free(tokens->joiner);
    gv_mem_free(tokens);
}

void gv_document_tokens_begin(gv_document_tokens *tokens, bool file_start)
{
    gv_tokenizer_reset(tokens->tokenizer, file_start);
    if (tokens->joiner)
        gv_joiner_reset(tokens->joiner);
}

void gv_document_tokens_feed(gv_document_tokens *tokens, const uint8_t *bytes, size_t length,
                             bool last)
{
    gv_tokenizer_feed(tokens->tokenizer, bytes, length, last);
    tokens->last = last;
}

int gv_document_tokens_next(gv_document_tokens *tokens, bool newlines, const gv_token **next,
                            size_t *n, gv_error *err)
{
    for (;;) {
        const gv_token *apart;
        size_t n_apart, found, fewer;
        *n = 0;
        int status = gv_tokenizer_batch(tokens->tokenizer, newlines, &apart, &n_apart, &found, err);
        if (status != GV_OK)
            return status;
        if (!tokens->joiner) {
            *next = apart;
            *n = n_apart;
            return GV_OK;
        }
        if (n_apart == 0 && !tokens->last)
            return GV_OK; /* what is held back may go on with the next piece */
        status = gv_joiner_take(tokens->joiner, apart, n_apart, next, n, &fewer, err);
        if (status != GV_OK || *n > 0 || n_apart == 0)
            return status;
    }
}

size_t gv_document_tokens_rest(const gv_document_tokens *tokens)
{
    return gv_tokenizer_rest(tokens->tokenizer);
}
