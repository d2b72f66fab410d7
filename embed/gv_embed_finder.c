#include "embed/gv_embed_finder.h"

#include "base/gv_mem.h"
#include <string.h>

struct gv_embed_finder {
    const gv_embed_words *words;
    uint32_t *keys;
    size_t capacity;
};

int gv_embed_finder_new(gv_embed_finder **result, const gv_embed_words *words, gv_error *err)
{
    gv_embed_finder *finder = gv_mem_alloc_zero(1, sizeof *finder, err);
    *result = finder;
    if (!finder)
        return GV_E_MEMORY;
    finder->words = words;
    return GV_OK;
}

void gv_embed_finder_free(gv_embed_finder *finder)
{
    if (!finder)
        return;
    gv_mem_free(finder->keys);
    gv_mem_free(finder);
}

int gv_embed_finder_keys(gv_embed_finder *finder, const gv_token *tokens, size_t n,
                         const uint32_t **keys, gv_error *err)
{
    int status =
        gv_mem_reserve(&finder->keys, &finder->capacity, n, sizeof *finder->keys, err);
    if (status != GV_OK)
        return status;
    gv_vocab_lookup_tokens(finder->words->keys, tokens, n, finder->keys);
    *keys = finder->keys;
    return GV_OK;
}

int gv_embed_finder_unseen(gv_embed_finder *finder, const gv_token *token, const float **vector,
                           gv_error *err)
{
    (void)finder;
    (void)token;
    (void)err;
    *vector = NULL;
    return GV_OK;
}
