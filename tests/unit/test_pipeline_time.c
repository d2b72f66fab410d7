/* The time left of a run of several stages: known and unknown stages, scaling, the phase that
 * runs. */
#include "pipeline/gv_pipeline_time.h"
#include "support/gv_test.h"

static const gv_pipeline_time_phase nothing = {.left = -1};

static gv_pipeline_time run_of_four(double vocab, double cooccur, double shuffle, double train)
{
    return (gv_pipeline_time){
        .n = 4,
        .stages = {GV_STAGE_VOCAB, GV_STAGE_COOCCUR, GV_STAGE_SHUFFLE, GV_STAGE_TRAIN},
        .expected = {vocab, cooccur, shuffle, train}};
}

Test(pipeline_time, expected_stages_add_up)
{
    gv_pipeline_time time = run_of_four(10, 20, 30, 40);
    gv_pipeline_time_begin(&time, 0, 0);
    gv_pipeline_time_state now = gv_pipeline_time_now(&time, &nothing, 0);
    cr_expect_float_eq(now.left, 100, 1e-9);
    cr_expect_float_eq(now.part, 0, 1e-9);
    now = gv_pipeline_time_now(&time, &nothing, 4);
    cr_expect_float_eq(now.left, 96, 1e-9);
    cr_expect_float_eq(now.part, 0.04, 1e-9);
}

Test(pipeline_time, stages_that_took_longer_scale_the_rest)
{
    gv_pipeline_time time = run_of_four(10, 20, 30, 40);
    gv_pipeline_time_begin(&time, 0, 0);
    gv_pipeline_time_end(&time, 20); /* twice as long */
    gv_pipeline_time_begin(&time, 1, 20);
    cr_expect_float_eq(gv_pipeline_time_now(&time, &nothing, 20).left, 180, 1e-9);
    /* one that had nothing to do says nothing about the others */
    gv_pipeline_time_end(&time, 20.01);
    gv_pipeline_time_begin(&time, 2, 20);
    cr_expect_float_eq(gv_pipeline_time_now(&time, &nothing, 20).left, 140, 1e-9);
}

Test(pipeline_time, unknown_until_training_runs)
{
    gv_pipeline_time time = run_of_four(-1, -1, -1, -1);
    const gv_pipeline_time_phase reading = {.part = 0.5, .left = 3};
    gv_pipeline_time_begin(&time, 0, 0);
    cr_expect_lt(gv_pipeline_time_now(&time, &reading, 3).left, 0);
    gv_pipeline_time_begin(&time, 3, 10);
    const gv_pipeline_time_phase training = {.part = 0.25, .left = 30, .is_all = true};
    gv_pipeline_time_state now = gv_pipeline_time_now(&time, &training, 20);
    cr_expect_float_eq(now.left, 30, 1e-9);
    cr_expect_float_eq(now.part, 0.4, 1e-9);
}

Test(pipeline_time, what_runs_now_beats_what_was_expected)
{
    gv_pipeline_time time = run_of_four(0, 0, 0, 1000);
    gv_pipeline_time_begin(&time, 3, 0);
    const gv_pipeline_time_phase training = {.part = 0.5, .left = 10, .is_all = true};
    cr_expect_float_eq(gv_pipeline_time_now(&time, &training, 10).left, 10, 1e-9);
    /* a phase that is not all of its stage: whichever of the two is longer */
    const gv_pipeline_time_phase loading = {.part = 0.5, .left = 1};
    cr_expect_float_eq(gv_pipeline_time_now(&time, &loading, 10).left, 990, 1e-9);
    cr_expect_float_eq(gv_pipeline_time_now(&time, &loading, 2000).left, 1, 1e-9);
}
