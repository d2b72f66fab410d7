#include "model/gv_pull.h"

#include "kernel/gv_kernel.h"
#include <math.h>
#include <string.h>

/* The AdaGrad sum of numbers that must not move: with it a step is below 1e-13 for any gradient
 * that the clip lets pass, and the sums of many threads or ranks still add up. */
static const float frozen_sum = 1e30f;

static float *row_of(const gv_model *model, int side, size_t row)
{
    return (side == GV_START_WORD ? model->word : model->context) + row * model->stride;
}

static void put(float *row, const float *from, const gv_model *model)
{
    if (model->scale == 1.0f)
        memcpy(row, from, model->dim * sizeof *row);
    else
        for (size_t l = 0; l < model->dim; l++)
            row[l] = from[l] / model->scale;
}

static void freeze_sums(float *row, const gv_model *model)
{
    if (model->stride == model->width)
        return;
    for (size_t l = 0; l < model->dim; l++)
        row[gv_kernel_sum(model->width, l)] = frozen_sum;
}

void gv_pull_apply(const gv_start *start, gv_model *model)
{
    for (int side = 0; side < GV_START_SIDES; side++)
        for (uint32_t i = 0; i < start->vocab_size; i++) {
            const float *from = gv_start_find(start, side, i);
            if (!from)
                continue;
            put(row_of(model, side, i), from, model);
            if (start->frozen)
                freeze_sums(row_of(model, side, i), model);
        }
}

/* Numbers `first` .. `end` - 1 of a row; `sums` are theirs. */
static void pull(float *restrict row, const float *restrict to, const float *restrict sums,
                 size_t n, float strength, float scale)
{
    for (size_t l = 0; l < n; l++) {
        float target = to[l] / scale, t = strength / sqrtf(sums[l]);
        row[l] = target + (row[l] - target) / (1 + t);
    }
}

static void pull_evenly(float *restrict row, const float *restrict to, size_t n, float strength,
                        float scale)
{
    for (size_t l = 0; l < n; l++) {
        float target = to[l] / scale;
        row[l] = target + (row[l] - target) / (1 + strength);
    }
}

static void pull_row(float *row, const float *to, const gv_model *model, float strength,
                     bool constant)
{
    size_t dim = model->dim, tail = gv_kernel_tail(model->width);
    if (constant) {
        pull_evenly(row, to, dim, strength, model->scale);
        return;
    }
    size_t full = dim < tail ? dim : tail;
    pull(row, to, row + gv_kernel_sum(model->width, 0), full, strength, model->scale);
    if (dim > tail)
        pull(row + tail, to + tail, row + gv_kernel_sum(model->width, tail), dim - tail, strength,
             model->scale);
}

void gv_pull_rows(const gv_start *start, const gv_model *model, int side, uint32_t first,
                  uint32_t end, gv_pull_step step)
{
    /* bounded: infinity divided by a sum that is infinite would be NaN */
    const float strength = (float)fmin(start->pull * step.part * step.eta, 1e30);
    if (!start->side[side].place)
        return;
    if (start->frozen) {
        gv_pull_hold(start, model, side, first, end);
        return;
    }
    for (uint32_t i = first; i < end && start->pull > 0; i++) {
        const float *to = gv_start_find(start, side, i);
        if (to)
            pull_row(row_of(model, side, i), to, model, strength, step.constant);
    }
}

void gv_pull_hold(const gv_start *start, const gv_model *model, int side, uint32_t first,
                  uint32_t end)
{
    if (!start->frozen || !start->side[side].place)
        return;
    for (uint32_t i = first; i < end; i++) {
        const float *to = gv_start_find(start, side, i);
        if (to)
            put(row_of(model, side, i), to, model);
    }
}

double gv_pull_gradient(float *gradient, const gv_start *start, const gv_model *model, int side,
                        uint32_t row)
{
    const float *to = gv_start_find(start, side, row), *at = row_of(model, side, row);
    double sum = 0;
    if (!to)
        return 0;
    for (size_t l = 0; l < model->dim; l++) {
        double off = (double)(at[l] - to[l] / model->scale);
        gradient[l] = start->frozen ? 0 : gradient[l] + (float)(start->pull * off);
        sum += off * off;
    }
    return start->frozen ? 0 : 0.5 * start->pull * sum;
}
