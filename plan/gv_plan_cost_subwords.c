/*
 * What output.subwords adds to training: n-grams fitted when the model is done. How many of them
 * words have follows from the length of the words, how many different ones from experience.
 */
#include "plan/gv_plan_internal.h"

#include "budget/gv_budget_subword.h"
#include "config/gv_run_names.h"
#include "model/gv_model.h"
#include <math.h>

/* Measured on English and German text of 5 to 400 MB, n-grams of 3 to 6 characters: the words of
 * the vocabulary have so many different ones of which two words or more have each; of all n-grams
 * so many are such ones. Bytes of an n-gram; an entry's step in LANES dimensions, in tokens. */
static const struct {
    double at_words, ngrams, growth, known, bytes, step;
} NGRAMS = {
    .at_words = 68000, .ngrams = 2.04, .growth = 0.85, .known = 0.9, .bytes = 5.2, .step = 0.6};

/* N-grams of a word of `characters` characters with its brackets. */
static double ngrams_of_word(double characters, const gv_config *config)
{
    double n = 0;
    for (uint32_t length = config->subword_min_n; length <= config->subword_max_n; length++)
        n += fmax(0, characters - length + 1);
    return n;
}

gv_subword_fit_sizes gv_plan_cost_subword_sizes(const gv_plan_basis *basis)
{
    const gv_config *config = basis->config;
    const double words = basis->words->vocab;
    /* most n-grams that two words share are short; longer ones than six add few */
    const double usual = 4, lengths = config->subword_max_n - config->subword_min_n + 1.0;
    double ngrams = NGRAMS.ngrams * NGRAMS.at_words * pow(words / NGRAMS.at_words, NGRAMS.growth) *
                    fmin(1.5, lengths / usual);
    double entries = words * ngrams_of_word(basis->words->word_bytes + 2, config) * NGRAMS.known;
    ngrams = fmin(ngrams, entries);
    return (gv_subword_fit_sizes){.words = (uint64_t)words,
                                  .ngrams = (uint64_t)ngrams,
                                  .entries = (uint64_t)entries,
                                  .text = (uint64_t)(ngrams * NGRAMS.bytes),
                                  .dim = config->train_dim *
                                         (config->output_vectors == GV_OUTPUT_CONCAT ? 2u : 1u)};
}

double gv_plan_cost_subword_seconds(const gv_plan_basis *basis)
{
    if (!basis->config->output_subwords)
        return 0;
    const gv_subword_fit_sizes sizes = gv_plan_cost_subword_sizes(basis);
    return (double)sizes.entries * gv_subword_fit_steps(sizes.dim, basis->config->subword_shrink) *
           NGRAMS.step * gv_plan_cost_token_seconds(basis->sample);
}

double gv_plan_cost_subwords(gv_plan *plan, const gv_plan_basis *basis, uint64_t model)
{
    if (!basis->config->output_subwords)
        return 0;
    const gv_subword_fit_sizes sizes = gv_plan_cost_subword_sizes(basis);
    gv_plan_stage *stage = &plan->stage[GV_PLAN_TRAIN];
    const double least = (double)gv_budget_subword_bytes(&sizes, model, 1);
    const double all = (double)gv_budget_subword_bytes(&sizes, model, plan->train_threads);
    stage->memory = fmax(stage->memory, gv_plan_cost_program_bytes(basis->config) + all);
    gv_plan_cost_put_file(plan, GV_PLAN_TRAIN, GV_FILE_SUBWORDS,
                          (double)sizes.ngrams *
                                  ((double)sizes.dim * sizeof(float) + sizeof(uint32_t)) +
                              (double)sizes.text);
    return least;
}
