#include "train/word2vec/gv_word2vec_text.h"

#include "base/gv_mem.h"
#include "vocab/gv_subsample.h"

enum {
    MARGIN_OF_A_WORD = 256 /* ids for each word of a window: enough where subsampling leaves out all
                              but one in 256 */
};

/* Of train.eta: the rate does not fall below that; as in word2vec.c. */
static const double lowest_rate = 1e-4;

/* Ids low .. high are in `raw`; the stretch's own are first .. last. */
typedef struct bounds {
    uint64_t low, high, first, last;
} bounds;

static void keep_words(gv_word2vec_text_words *s, const gv_word2vec_text *text, uint64_t epoch,
                       const bounds *b)
{
    uint64_t key = gv_subsample_key(text->config->train_seed, epoch, 0);
    size_t n = 0;
    s->words = 0;
    s->begin = s->own = 0;
    for (uint64_t at = b->low; at < b->high; at++) {
        uint32_t id = s->raw[at - b->low];
        if (at == b->first)
            s->begin = n;
        if (at == b->last)
            s->own = n;
        s->words += at >= b->first && at < b->last && id != GV_ENCODER_BREAK;
        /* By the word's place in the text, not by a stream of random numbers: a stretch and its
         * neighbour, in whose margin the word is, keep the same words. Stored first and then
         * counted or not: there is no branch to mispredict. */
        s->word[n] = id;
        n += id == GV_ENCODER_BREAK || !text->threshold ||
             gv_subsample_keeps(text->threshold[id], gv_subsample_random(key, at));
    }
    s->end = n;
    s->own_first = (size_t)(b->first - b->low);
    s->own_ids = (size_t)(b->last - b->first);
    if (b->last == b->high)
        s->own = n;
}

/* Ids on each side of a stretch in which its windows find their words. A window may need many of
 * them, since most may be words that are left out. */
static uint64_t margin_of(const gv_config *config)
{
    uint64_t margin = (uint64_t)MARGIN_OF_A_WORD * config->train_window;
    return margin < GV_WORD2VEC_TEXT_MARGIN ? margin : GV_WORD2VEC_TEXT_MARGIN;
}

int gv_word2vec_text_read(gv_word2vec_text_words *words, const gv_word2vec_text *text,
                          uint64_t epoch, uint64_t first, uint64_t ids, gv_error *err)
{
    uint64_t count = gv_ids_about(text->ids)->count, margin = margin_of(text->config);
    bounds b = {.first = first, .last = count - first > ids ? first + ids : count};
    b.low = b.first > margin ? b.first - margin : 0;
    b.high = count - b.last > margin ? b.last + margin : count;
    int status = gv_ids_read(words->raw, text->ids, b.low, (size_t)(b.high - b.low), err);
    if (status == GV_OK)
        keep_words(words, text, epoch, &b);
    return status;
}

int gv_word2vec_text_thresholds(uint64_t **threshold, const gv_config *config,
                                const gv_vocab *vocab, gv_error *err)
{
    *threshold = NULL;
    if (config->train_sample <= 0)
        return GV_OK;
    if (!(*threshold = gv_mem_alloc(gv_vocab_size(vocab), sizeof **threshold, err)))
        return GV_E_MEMORY;
    gv_subsample_thresholds(*threshold, vocab, config->train_sample);
    return GV_OK;
}

float gv_word2vec_text_rate(const gv_config *config, double done)
{
    double factor = 1 - done > lowest_rate ? 1 - done : lowest_rate;
    return (float)(config->train_eta * factor);
}
