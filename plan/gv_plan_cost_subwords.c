/*
 * What output.subwords adds to training: n-grams fitted when the model is done. They are counted
 * among the sample's words of the vocabulary, and among a half and a quarter of these, which tells
 * how their number grows with the number of words.
 */
#include "plan/gv_plan_internal.h"
#include "plan/gv_plan_known.h"

#include "base/gv_mem.h"
#include "budget/gv_budget_subword.h"
#include "config/gv_run_names.h"
#include "vocab/gv_vocab.h"
#include <math.h>
#include <string.h>

enum { LEVELS = 3 };            /* all words of the sample, a half, a quarter */
static const double STEP = 0.4; /* of an entry, LANES dimensions, in tokens */

/* --- counting among the sample's words -------------------------------------------------------- */

static int count_ngrams(gv_subword_fit_sizes *sizes, const gv_plan_known *k,
                        const gv_config *config, gv_error *err)
{
    const gv_subwords_settings settings = {.min_n = config->subword_min_n,
                                           .max_n = config->subword_max_n,
                                           .min_words = config->subword_min_words};
    gv_vocab *vocab = NULL;
    int status = gv_vocab_from_words(&vocab, k->word, k->count, k->n, err);
    if (status == GV_OK)
        status = gv_subword_fit_measure(sizes, vocab, &settings, 1, err);
    gv_vocab_free(vocab);
    return status;
}

/* A number that was seen[level] for a part 2^-level of the words, for `times` as many as all. Its
 * slope, on logarithmic scales, goes on falling as it fell before. */
static double grown(const double seen[LEVELS], double times)
{
    if (seen[0] <= 0 || seen[1] <= 0 || seen[2] <= 0)
        return seen[0] * times;
    double slope = log2(seen[0] / seen[1]), bend = fmin(slope - log2(seen[1] / seen[2]), 0);
    double number = seen[0];
    for (double left = log2(times); left > 0; left--) {
        slope = fmax(slope + bend, 0);
        number *= exp2(slope * fmin(left, 1));
    }
    return times < 1 ? number * pow(times, slope) : number;
}

int gv_plan_cost_subword_sizes(gv_subword_fit_sizes *sizes, const gv_plan_basis *basis,
                               gv_error *err)
{
    const gv_config *config = basis->config;
    gv_subword_fit_sizes counted[LEVELS] = {0};
    double ngrams[LEVELS] = {0}, entries[LEVELS] = {0};
    gv_plan_known k = {0};
    *sizes = (gv_subword_fit_sizes){0};
    if (!config->output_subwords)
        return GV_OK;
    int status = gv_plan_known_take(&k, basis->sample, basis->words, err);
    const double words = basis->words->vocab, times = k.n > 0 ? words / (double)k.n : 0;
    for (size_t level = 0; status == GV_OK && level < LEVELS && k.n > 0; level++) {
        status = count_ngrams(&counted[level], &k, config, err);
        ngrams[level] = (double)counted[level].ngrams;
        entries[level] = (double)counted[level].entries;
        /* every other word: the first ones of a text are the frequent ones */
        for (size_t i = 0; i < k.n / 2; i++)
            k.word[i] = k.word[2 * i];
        k.n /= 2;
    }
    gv_plan_known_free(&k);
    if (status != GV_OK || times == 0)
        return status;
    const gv_subword_fit_sizes *all = &counted[0];
    const double bytes = all->ngrams > 0 ? (double)all->text / (double)all->ngrams : 0;
    *sizes = (gv_subword_fit_sizes){.words = (uint64_t)words,
                                    .ngrams = (uint64_t)grown(ngrams, times),
                                    .entries = (uint64_t)grown(entries, times),
                                    .text = (uint64_t)(grown(ngrams, times) * bytes),
                                    .counting = (uint64_t)((double)all->counting * times),
                                    .dim = config->train_dim *
                                           (config->output_vectors == GV_OUTPUT_CONCAT ? 2u : 1u)};
    return GV_OK;
}

/* --- what it costs ---------------------------------------------------------------------------- */

double gv_plan_cost_subword_seconds(const gv_plan_basis *basis)
{
    const gv_subword_fit_sizes *sizes = &basis->subwords;
    return (double)sizes->entries *
           gv_subword_fit_steps(sizes->dim, basis->config->subword_shrink) * STEP *
           gv_plan_cost_token_seconds(basis->sample);
}

double gv_plan_cost_subwords(gv_plan *plan, const gv_plan_basis *basis, uint64_t model)
{
    if (!basis->config->output_subwords)
        return 0;
    const gv_subword_fit_sizes *sizes = &basis->subwords;
    gv_plan_stage *stage = &plan->stage[GV_PLAN_TRAIN];
    const double least = (double)gv_budget_subword_bytes(sizes, model, 1);
    const double all = (double)gv_budget_subword_bytes(sizes, model, plan->train_threads);
    stage->memory = fmax(stage->memory, gv_plan_cost_program_bytes(basis->config) + all);
    const double row = (double)sizes->dim * sizeof(float) + sizeof(uint32_t);
    gv_plan_cost_put_file(plan, GV_PLAN_TRAIN, GV_FILE_SUBWORDS,
                          (double)sizes->ngrams * row + (double)sizes->text);
    return least;
}
