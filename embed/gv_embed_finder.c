#include "embed/gv_embed_finder.h"

#include "base/gv_mem.h"
#include "vectors/gv_fasttext_file.h"
#include <stdbool.h>
#include <string.h>

enum { SLOTS = 4096, WORD_MAX = 63 };

/* A word without a vector of its own, and what its n-grams say. */
typedef struct slot {
    char word[WORD_MAX + 1]; /* "": empty */
    bool found;
} slot;

struct gv_embed_finder {
    const gv_embed_words *words;
    uint32_t *keys;
    size_t capacity;
    slot *slots;    /* [SLOTS], each for the words whose hash leads there; NULL without n-grams */
    float *vectors; /* [SLOTS + 1][dim]; the last is for words that are too long for a slot */
    gv_fasttext_file *model; /* has the n-grams if words->subwords is NULL; else NULL */
};

int gv_embed_finder_new(gv_embed_finder **result, const gv_embed_words *words, gv_error *err)
{
    gv_embed_finder *finder = gv_mem_alloc_zero(1, sizeof *finder, err);
    *result = finder;
    if (!finder)
        return GV_E_MEMORY;
    finder->words = words;
    int status = GV_OK;
    if (!words->subwords && words->vectors->format == GV_FORMAT_FASTTEXT &&
        strcmp(words->path, "-") != 0)
        status = gv_fasttext_file_open(&finder->model, words->path, err);
    if (status == GV_OK && finder->model &&
        gv_fasttext_file_dim(finder->model) != words->vectors->dim)
        status = gv_error_set(err, GV_E_RUNTIME, "%s has changed meanwhile", words->path);
    if (status == GV_OK && !words->subwords && !finder->model)
        return GV_OK;
    finder->slots = gv_mem_alloc_zero(SLOTS, sizeof *finder->slots, err);
    finder->vectors = gv_mem_alloc(SLOTS + 1, words->vectors->dim * sizeof(float), err);
    if (status == GV_OK && finder->slots && finder->vectors)
        return GV_OK;
    gv_embed_finder_free(finder);
    *result = NULL;
    return status == GV_OK ? GV_E_MEMORY : status;
}

void gv_embed_finder_free(gv_embed_finder *finder)
{
    if (!finder)
        return;
    gv_mem_free(finder->keys);
    gv_fasttext_file_close(finder->model);
    gv_mem_free(finder->slots);
    gv_mem_free(finder->vectors);
    gv_mem_free(finder);
}

int gv_embed_finder_keys(gv_embed_finder *finder, const gv_token *tokens, size_t n,
                         const uint32_t **keys, gv_error *err)
{
    int status = gv_mem_reserve(&finder->keys, &finder->capacity, n, sizeof *finder->keys, err);
    if (status != GV_OK)
        return status;
    gv_vocab_lookup_tokens(finder->words->keys, tokens, n, finder->keys);
    *keys = finder->keys;
    return GV_OK;
}

int gv_embed_finder_unseen(gv_embed_finder *finder, const gv_token *token, const float **vector,
                           gv_error *err)
{
    const size_t dim = finder->words->vectors->dim;
    size_t known = 0;
    char word[GV_TOKEN_MAX + 1];
    *vector = NULL;
    if (!finder->slots || token->length > GV_TOKEN_MAX)
        return GV_OK;
    memcpy(word, token->text, token->length);
    word[token->length] = '\0';
    const size_t place = token->length <= WORD_MAX ? token->hash % SLOTS : SLOTS;
    float *to = finder->vectors + place * dim;
    if (place < SLOTS && strcmp(finder->slots[place].word, word) == 0) {
        *vector = finder->slots[place].found ? to : NULL;
        return GV_OK;
    }
    int status = finder->model ? gv_fasttext_file_vector(finder->model, word, to, &known, err)
                               : gv_subwords_vector(finder->words->subwords, word, to, &known, err);
    if (status != GV_OK)
        return status;
    *vector = known > 0 ? to : NULL;
    if (place < SLOTS) {
        memcpy(finder->slots[place].word, word, token->length + 1);
        finder->slots[place].found = known > 0;
    }
    return GV_OK;
}
