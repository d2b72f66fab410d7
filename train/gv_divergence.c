#include "train/gv_divergence.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

enum { ADVICE_SIZE = 160 };

/* Only what the objective reads: word2vec and logistic have no bias rate. */
static void write_advice(char advice[ADVICE_SIZE], const gv_config *config)
{
    if (config->train_objective != GV_OBJECTIVE_GLOVE) {
        snprintf(advice, ADVICE_SIZE, "lower train.eta (now %g)", config->train_eta);
        return;
    }
    snprintf(advice, ADVICE_SIZE, "lower train.eta (now %g) or train.bias_eta (now %g)%s",
             config->train_eta,
             isnan(config->train_bias_eta) ? config->train_eta : config->train_bias_eta,
             isinf(config->train_grad_clip) ? ", or set train.grad_clip" : "");
}

int gv_divergence_error(gv_error *err, const gv_config *config, uint64_t epoch, const char *format,
                        ...)
{
    char what[128], advice[ADVICE_SIZE];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    write_advice(advice, config);
    return gv_error_set(err, GV_E_DIVERGED,
                        "training diverged in epoch %" PRIu64 ": %s; %s; files written before are "
                        "unchanged",
                        epoch + 1, what, advice);
}

int gv_divergence_not_finite(gv_error *err, const gv_config *config, uint64_t epoch)
{
    return gv_divergence_error(err, config, epoch, "the loss is not finite");
}
