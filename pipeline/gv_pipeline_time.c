#include "pipeline/gv_pipeline_time.h"

/* A stage whose time is not known is taken for this share of the whole, in per cent. Training is
 * nearly all of it: it visits the matrix once an epoch. */
static double share_of(enum gv_config_stage stage)
{
    switch (stage) {
    case GV_STAGE_TRAIN:
        return 94;
    case GV_STAGE_COOCCUR:
    case GV_STAGE_SHUFFLE:
        return 2;
    default:
        return 1;
    }
}

void gv_pipeline_time_begin(gv_pipeline_time *time, size_t stage, double now)
{
    time->at = stage;
    time->begun = now;
}

void gv_pipeline_time_end(gv_pipeline_time *time, double now)
{
    time->taken[time->at] = now - time->begun;
}

/* How much longer stages take than expected. A stage that had nothing to do says nothing. */
static double slowness(const gv_pipeline_time *time)
{
    static const double nothing_done = 0.05, least = 0.25, most = 4;
    double taken = 0, expected = 0;
    for (size_t i = 0; i < time->at; i++)
        if (time->expected[i] > 0 && time->taken[i] > nothing_done * time->expected[i]) {
            taken += time->taken[i];
            expected += time->expected[i];
        }
    double factor = expected > 0 ? taken / expected : 1;
    return factor < least ? least : factor > most ? most : factor;
}

/* Seconds left of the stage that runs; < 0: unknown. */
static double left_of_stage(const gv_pipeline_time *time, const gv_pipeline_time_phase *phase,
                            double now)
{
    double expected = time->expected[time->at];
    if (phase->is_all && phase->left >= 0)
        return phase->left;
    if (expected < 0)
        return time->stages[time->at] == GV_STAGE_EVAL && phase->left >= 0 ? phase->left : -1;
    double rest = expected * slowness(time) - (now - time->begun);
    return rest > phase->left ? (rest > 0 ? rest : 0) : phase->left > 0 ? phase->left : 0;
}

static double left_of_all(const gv_pipeline_time *time, const gv_pipeline_time_phase *phase,
                          double now)
{
    static const double short_eval_s = 1;
    double left = left_of_stage(time, phase, now), factor = slowness(time);
    for (size_t i = time->at + 1; i < time->n && left >= 0; i++)
        if (time->expected[i] >= 0)
            left += time->expected[i] * factor;
        else
            left = time->stages[i] == GV_STAGE_EVAL ? left + short_eval_s : -1;
    return left;
}

gv_pipeline_time_state gv_pipeline_time_now(const gv_pipeline_time *time,
                                            const gv_pipeline_time_phase *phase, double now)
{
    gv_pipeline_time_state state = {.left = left_of_all(time, phase, now)};
    double elapsed = now - time->start, all = 0, done = 0;
    for (size_t i = 0; i < time->n; i++) {
        double share = share_of(time->stages[i]);
        all += share;
        done += i < time->at ? share : i == time->at ? share * phase->part : 0;
    }
    state.part = all > 0 ? done / all : 0;
    if (state.left >= 0)
        state.part = elapsed + state.left > 0 ? elapsed / (elapsed + state.left) : 0;
    return state;
}
