#include "train/word2vec/gv_word2vec_loss.h"

#include "train/gv_divergence.h"
#include <math.h>

/* Sound training stays below one even with a rate at which it just does not diverge; diverging
 * training was a hundred times above and more. */
static const double diverged_factor = 10;
static const double enough_pairs = 10000;

/* Each sigmoid is 1/2 then, and so its loss log 2: of the pair, and of each noise word. */
static double loss_of_nothing(const gv_config *config)
{
    return (1.0 + config->train_negative) * 0.69314718055994530942;
}

int gv_word2vec_loss_check(const gv_config *config, uint64_t epoch, double loss, double pairs,
                           gv_error *err)
{
    if (!isfinite(loss))
        return gv_divergence_not_finite(err, config, epoch);
    double times = loss / loss_of_nothing(config);
    /* vectors from elsewhere may be as long as they like */
    if (times <= diverged_factor || pairs < enough_pairs || config->train_init)
        return GV_OK;
    return gv_divergence_error(
        err, config, epoch, "the loss is %.3g times that of a model that predicts nothing", times);
}
