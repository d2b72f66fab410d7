/* The alias method as in gv_noise.h. Logarithm and power are those of gv_glove.h, which give the
 * same bits on every machine; those of the C library do not. */
#include "model/gv_noise.h"

#include "base/gv_mem.h"
#include "kernel/gv_glove.h"

/* Scale the weights so that their mean is 1, a full slot. */
static void make_shares(double *share, const double *weight, uint32_t words)
{
    double sum = 0;
    for (uint32_t w = 0; w < words; w++)
        sum += weight[w];
    for (uint32_t w = 0; w < words; w++)
        share[w] = sum > 0 ? weight[w] * words / sum : 1;
}

/*
 * Vose's algorithm. Words with a share below 1 leave room in their slot, which is filled from a
 * word with a share above 1; what is left of that word may in turn be below 1. Each round completes
 * a slot, so there are fewer than `words` rounds. `list` has room for all words: a stack of small
 * ones grows from its front, one of large ones from its back.
 *
 * Rounding can leave words over when one of the stacks is empty. Their shares are 1 up to rounding,
 * and their slots have been set to give nothing but their own word.
 */
static void fill_slots(gv_noise_slot *slots, double *share, uint32_t *list, uint32_t words)
{
    const double draws = 4294967296.0; /* 2^32 */
    uint32_t small = 0, large = words;
    for (uint32_t w = 0; w < words; w++) {
        slots[w] = (gv_noise_slot){UINT32_MAX, w};
        if (share[w] < 1)
            list[small++] = w;
        else
            list[--large] = w;
    }
    while (small > 0 && large < words) {
        uint32_t poor = list[--small], rich = list[large];
        slots[poor] = (gv_noise_slot){(uint32_t)(share[poor] * draws), rich};
        share[rich] -= 1 - share[poor];
        if (share[rich] < 1) { /* now a small one itself */
            large++;
            list[small++] = rich;
        }
    }
}

int gv_noise_fill(gv_noise_slot *slots, const double *weight, uint32_t words, gv_error *err)
{
    double *share = gv_mem_alloc(words, sizeof *share, err);
    uint32_t *list = gv_mem_alloc(words, sizeof *list, err);
    int status = share && list ? GV_OK : GV_E_MEMORY;
    if (status == GV_OK) {
        make_shares(share, weight, words);
        fill_slots(slots, share, list, words);
    }
    gv_mem_free(share);
    gv_mem_free(list);
    return status;
}

void gv_noise_weights(double *weight, const gv_vocab *vocab, double power)
{
    for (uint32_t w = 0; w < gv_vocab_size(vocab); w++) {
        double count = (double)gv_vocab_count(vocab, w);
        weight[w] = count > 0 ? gv_glove_exp(power * gv_glove_log(count)) : 0;
    }
}

int gv_noise_init(gv_noise *noise, const gv_vocab *vocab, double power, gv_error *err)
{
    uint32_t words = gv_vocab_size(vocab);
    *noise = (gv_noise){.words = words};
    double *weight = gv_mem_alloc(words, sizeof *weight, err);
    noise->slots = gv_mem_alloc(words, sizeof *noise->slots, err);
    int status = weight && noise->slots ? GV_OK : GV_E_MEMORY;
    if (status == GV_OK) {
        gv_noise_weights(weight, vocab, power);
        status = gv_noise_fill(noise->slots, weight, words, err);
    }
    if (status != GV_OK)
        gv_noise_clear(noise);
    gv_mem_free(weight);
    return status;
}

void gv_noise_clear(gv_noise *noise)
{
    gv_mem_free(noise->slots);
    *noise = (gv_noise){0};
}
