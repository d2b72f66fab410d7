#include "train/gv_train_advice.h"

#include "base/gv_mem.h"
#include <inttypes.h>
#include <math.h>

/* The default of train.x_max with GloVe, which the paper chose for billions of tokens. */
static const double paper_x_max = 100;

/* On text of 10 to 100 MB little is lost up to about this. */
static const double x_max_per_mean = 10;

/* An x_max this many times too large costs at least a tenth of the rank correlation with MEN. */
static const double far_too_large = 4;

/* With fewer tokens, most neighbours of a word are chance. */
static const uint64_t few_tokens = 1000000;

/* A loss that fell by this share in the last epoch was far from its end. On 1 to 100 MB of text it
 * falls by less in the 25th epoch (GloVe 4 %, logistic 0.2 %), and by about as much in the
 * fourth. */
static double still_falling(const gv_config *config)
{
    return config->train_objective == GV_OBJECTIVE_LOGISTIC ? 0.02 : 0.05;
}

/* --- before ----------------------------------------------------------------------------------- */

double gv_train_advice_x_max(double mean_count)
{
    static const double steps[] = {1, 2, 5, 10};
    double wanted = x_max_per_mean * mean_count;
    if (!(wanted > 1))
        return 1;
    double decade = pow(10, floor(log10(wanted)));
    size_t i = 0;
    /* the nearest step, as seen on a logarithmic scale */
    while (i + 1 < sizeof steps / sizeof *steps && wanted > decade * sqrt(steps[i] * steps[i + 1]))
        i++;
    return decade * steps[i];
}

/* The mean of X(i, j) over the pairs that co-occur. */
static int mean_count(double *mean, gv_store *store, gv_error *err)
{
    const gv_store_info *info = gv_store_about(store);
    uint64_t *sums = NULL;
    int status = gv_store_row_sums(&sums, store, err);
    if (status != GV_OK)
        return status;
    double total = 0;
    for (uint32_t i = 0; i < info->vocab_size; i++)
        total += (double)sums[i];
    gv_mem_free(sums);
    *mean = info->records > 0 ? total / (double)info->unit / (double)info->records : 0;
    return GV_OK;
}

int gv_train_advice_settings(const gv_run *run, gv_store *store, gv_error *err)
{
    const gv_config *config = run->config;
    double mean;
    if (config->train_objective != GV_OBJECTIVE_GLOVE || config->train_x_max != paper_x_max)
        return GV_OK;
    int status = mean_count(&mean, store, err);
    if (status != GV_OK || mean <= 0)
        return status;
    double better = gv_train_advice_x_max(mean);
    if (config->train_x_max >= far_too_large * better)
        gv_progress_note(run->progress,
                         "train.x_max = %g suits billions of tokens; counts are %.2g on average "
                         "here: train.x_max=%g gives better vectors, and train.objective=logistic "
                         "better ones still (docs/quality.md)",
                         config->train_x_max, mean, better);
    return GV_OK;
}

/* --- after ------------------------------------------------------------------------------------ */

static void judge_tokens(const gv_run *run, uint64_t tokens)
{
    if (tokens > 0 && tokens < few_tokens) /* 0: a vocabulary without counts */
        gv_progress_note(run->progress,
                         "the text is short (%" PRIu64 " tokens), and vectors of less than a "
                         "million are rough: more text helps more than any setting",
                         tokens);
}

static void judge_fall(const gv_run *run, const gv_checkpoint *state, double last_but_one)
{
    double fall = 1 - state->last_loss / last_but_one;
    if (state->last_loss >= state->first_loss && state->epoch > 1)
        gv_progress_note(run->progress,
                         "the loss did not fall (%.6f after the first epoch, %.6f after the last): "
                         "lower train.eta (now %g)",
                         state->first_loss, state->last_loss, run->config->train_eta);
    else if (fall > still_falling(run->config)) /* false for NAN */
        gv_progress_note(run->progress,
                         "the loss was still falling, by %.0f %% in the last epoch: more epochs "
                         "may give better vectors (train.epochs, now %" PRIu32 ")",
                         100 * fall, run->config->train_epochs);
}

/* It tells more about the rate than about the vectors (docs/word2vec.md), but people worry. */
static void explain_rise(const gv_run *run, const gv_checkpoint *state)
{
    if (state->epoch > 1 && state->last_loss > state->lowest_loss)
        gv_progress_note(run->progress, "a loss that rises towards the end is usual with word2vec "
                                        "and no fault (docs/word2vec.md, The loss)");
}

void gv_train_advice_result(const gv_run *run, const gv_checkpoint *state, double last_but_one,
                            const gv_vocab *vocab)
{
    judge_tokens(run, gv_vocab_total(vocab));
    if (run->config->train_objective == GV_OBJECTIVE_WORD2VEC)
        explain_rise(run, state);
    else
        judge_fall(run, state, last_but_one);
}
