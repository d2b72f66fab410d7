/*
 * What vocab.phrases adds: passes of glove-vocab that count pairs, and joining wherever the text is
 * read. How many different pairs there are follows from the number of tokens, by experience.
 */
#include "plan/gv_plan_internal.h"

#include "budget/gv_budget_vocab.h"
#include "config/gv_run_names.h"
#include <math.h>

/* Measured on Wikipedia of 5 to 100 MB: `at_tokens` tokens have so many different pairs of words
 * that are frequent enough, and so many phrases at the defaults. Times are in units of reading the
 * text once; bytes are those of a pair in a sorted run, and of a line of phrases.tsv. */
static const struct {
    double at_tokens, pairs, growth, phrases, pass, join, run, line;
} PHRASES = {.at_tokens = 17e6,
             .pairs = 3.33e6,
             .growth = 0.74,
             .phrases = 8000,
             .pass = 3.2,
             .join = 0.8,
             .run = 14,
             .line = 28};

static double pairs_in(double tokens)
{
    return fmin(tokens, PHRASES.pairs * pow(tokens / PHRASES.at_tokens, PHRASES.growth));
}

static double table_bytes(double pairs)
{
    return (double)gv_budget_vocab_table((uint64_t)pairs);
}

double gv_plan_cost_join_seconds(const gv_plan_basis *basis)
{
    return gv_config_joins_phrases(basis->config)
               ? gv_plan_cost_read_seconds(basis->sample) * PHRASES.join
               : 0;
}

double gv_plan_cost_phrases_seconds(const gv_plan_basis *basis)
{
    return gv_plan_cost_read_seconds(basis->sample) * PHRASES.pass * basis->config->vocab_phrases +
           gv_plan_cost_join_seconds(basis);
}

void gv_plan_cost_phrases(gv_plan *plan, const gv_plan_basis *basis,
                          const gv_budget_vocab_limits *limits)
{
    const double tokens = basis->words->corpus_tokens, threads = limits->threads;
    gv_plan_stage *stage = &plan->stage[GV_PLAN_VOCAB];
    if (!gv_config_joins_phrases(basis->config))
        return;
    double phrases = PHRASES.phrases * pow(tokens / PHRASES.at_tokens, PHRASES.growth);
    gv_plan_cost_put_file(plan, GV_PLAN_VOCAB, GV_FILE_PHRASES, phrases * PHRASES.line);
    if (basis->config->vocab_phrases == 0)
        return;
    double each = table_bytes(pairs_in(tokens / threads)), all = table_bytes(pairs_in(tokens));
    double tables = threads * each + fmax(all - each, 0), most = (double)limits->table_bytes;
    stage->memory = fmax(stage->memory, (double)limits->others + fmin(most, tables));
    if (threads * each > most / 2) /* sorted runs, and what they are merged into */
        stage->temp = fmax(stage->temp, fmin(tokens, 2 * pairs_in(tokens)) * PHRASES.run * 2);
}
