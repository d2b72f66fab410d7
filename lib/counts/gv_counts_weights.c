/*
 * Only two kinds of weights are rounded, those of an array and those of wide harmonic windows, and
 * each weight is rounded once, before any of them is added. From there on all sums are exact.
 */
#include "counts/gv_counts_weights.h"

#include "base/gv_mem.h"
#include <inttypes.h>
#include <math.h>
#include <stddef.h>

/* The widest window whose least common multiple stays below 2^32: lcm(1 .. 22) = 232792560. */
enum { EXACT_WINDOW = 22 };

static const uint64_t fixed_unit = UINT64_C(1) << 32;

/* lcm(a, b) = a b / gcd(a, b), Euclid's algorithm. */
static uint64_t common_multiple(uint32_t n)
{
    uint64_t result = 1;
    for (uint64_t k = 2; k <= n; k++) {
        uint64_t a = result, b = k;
        while (b) {
            uint64_t rest = a % b;
            a = b;
            b = rest;
        }
        result *= k / a;
    }
    return result;
}

static int array_weights(gv_counts_weights *weights, const double *values, gv_error *err)
{
    weights->unit = fixed_unit;
    for (uint32_t k = 1; k <= weights->window; k++) {
        double value = values[k - 1];
        if (!(value >= 0) || value > GV_COUNTS_WEIGHTS_MAX)
            return gv_error_set(err, GV_E_USAGE,
                                "cooccur.weighting: the weight %g of distance %" PRIu32
                                " is out of range (0 to %g)",
                                value, k, GV_COUNTS_WEIGHTS_MAX);
        /* once to nearest, ties to even: every machine has the same weights */
        weights->weight[k] = (uint64_t)nearbyint(value * (double)fixed_unit);
    }
    return GV_OK;
}

static void harmonic_weights(gv_counts_weights *weights)
{
    int exact = weights->window <= EXACT_WINDOW;
    weights->unit = exact ? common_multiple(weights->window) : fixed_unit;
    for (uint32_t k = 1; k <= weights->window; k++) /* exact: no remainder, so no rounding */
        weights->weight[k] = (weights->unit + k / 2) / k;
}

static void flat_weights(gv_counts_weights *weights)
{
    weights->unit = 1;
    for (uint32_t k = 1; k <= weights->window; k++)
        weights->weight[k] = 1;
}

static void dynamic_weights(gv_counts_weights *weights)
{
    weights->unit = weights->window;
    for (uint32_t k = 1; k <= weights->window; k++)
        weights->weight[k] = weights->window - k + 1;
}

int gv_counts_weights_make(gv_counts_weights *weights, const gv_config *config, gv_error *err)
{
    *weights = (gv_counts_weights){.window = config->cooccur_window};
    weights->weight = gv_mem_alloc_zero((size_t)weights->window + 1, sizeof(uint64_t), err);
    if (!weights->weight)
        return GV_E_MEMORY;
    int status = GV_OK;
    if (config->cooccur_weighting == GV_WEIGHTING_ARRAY)
        status = array_weights(weights, config->cooccur_weights, err);
    else if (config->cooccur_weighting == GV_WEIGHTING_FLAT)
        flat_weights(weights);
    else if (config->cooccur_weighting == GV_WEIGHTING_DYNAMIC)
        dynamic_weights(weights);
    else
        harmonic_weights(weights);
    for (uint32_t k = 1; k <= weights->window; k++)
        weights->sum += weights->weight[k];
    if (status == GV_OK && weights->sum == 0)
        status = gv_error_set(
            err, GV_E_USAGE, "cooccur.weighting: all weights are 0; at least one must be positive");
    if (status != GV_OK)
        gv_counts_weights_clear(weights);
    return status;
}

void gv_counts_weights_clear(gv_counts_weights *weights)
{
    gv_mem_free(weights->weight);
    weights->weight = NULL;
}
