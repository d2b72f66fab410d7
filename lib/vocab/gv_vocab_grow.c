#include "vocab/gv_vocab_grow.h"

#include "vocab/gv_vocab_internal.h"

gv_vocab *gv_vocab_grow_new(gv_error *err)
{
    return gv_vocab_new(err);
}

uint32_t gv_vocab_grow_find(const gv_vocab *vocab, const char *word, size_t length)
{
    /* the index is made when the first word joins */
    return gv_vocab_size(vocab) > 0 ? gv_vocab_lookup(vocab, word, length) : GV_VOCAB_NO_WORD;
}

int gv_vocab_grow_join(uint32_t *id, gv_vocab *vocab, const char *word, size_t length,
                       uint64_t count, gv_error *err)
{
    bool duplicate;
    *id = gv_vocab_grow_find(vocab, word, length);
    if (*id != GV_VOCAB_NO_WORD)
        return GV_OK;
    *id = gv_vocab_size(vocab);
    return gv_vocab_add(vocab, word, length, count, &duplicate, err);
}

int gv_vocab_grow_end(gv_vocab *vocab, gv_error *err)
{
    return gv_vocab_finish(vocab, err);
}
