#include "plan/gv_plan_known.h"

#include "base/gv_mem.h"
#include "vocab/gv_vocab.h"
#include <string.h>

void gv_plan_known_free(gv_plan_known *k)
{
    gv_mem_free(k->text);
    gv_mem_free(k->word);
    gv_mem_free(k->count);
}

int gv_plan_known_take(gv_plan_known *k, const gv_plan_sample *sample, const gv_plan_words *words,
                       gv_error *err)
{
    *k = (gv_plan_known){0};
    size_t bytes = 0, used = 0, at = 0;
    for (uint32_t w = 0; w < sample->words; w++)
        bytes += (size_t)sample->length[w] + 1;
    if (!(k->text = gv_mem_alloc(bytes, 1, err)) ||
        !(k->word = gv_mem_alloc(sample->words, sizeof *k->word, err)) ||
        !(k->count = gv_mem_alloc(sample->words, sizeof *k->count, err)))
        return GV_E_MEMORY;
    for (uint32_t w = 0; w < sample->words; w++) {
        const char *word = sample->text + at;
        const size_t length = sample->length[w];
        at += length;
        if (!words->in[w] || gv_vocab_word_fault(word, length))
            continue;
        char *to = k->text + used;
        memcpy(to, word, length);
        to[length] = '\0';
        used += length + 1;
        k->count[k->n] = 1;
        k->word[k->n++] = to;
    }
    return GV_OK;
}
