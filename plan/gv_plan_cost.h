/*
 * gv_plan_cost - from the predicted matrix to bytes and seconds: models of what each stage writes,
 * holds and does. Private to glove-plan.
 */
#ifndef GV_PLAN_COST_H
#define GV_PLAN_COST_H

#include "plan/gv_plan.h"
#include "plan/gv_plan_pairs.h"

/* Sizes of the tiled matrix. */
typedef struct gv_plan_tiles {
    double gap_bytes;    /* of counts.bin per cell */
    double tiles, blobs; /* of the store */
    double blob_bytes;
    double stream_bytes; /* that the shuffle holds while sorting */
    double escaped;      /* share of the cells whose value has no code */
    uint32_t segments;
} gv_plan_tiles;

/* Lay the matrix out in segments and tiles as the shuffle will. */
int gv_plan_cost_tiles(gv_plan_tiles *tiles, const gv_plan_matrix *matrix,
                       const gv_plan_pairs *pairs, const gv_config *config, gv_error *err);

/* Everything the stage models look at. */
typedef struct gv_plan_basis {
    const gv_config *config;
    const gv_plan_sample *sample;
    const gv_plan_words *words;
    const gv_plan_pairs *pairs;
    gv_plan_matrix matrix;
    gv_plan_tiles tiles;
} gv_plan_basis;

/* Fill in stage[] and file[] of the plan, and the memory that cannot be had (plan->misfit). With
 * train.objective "word2vec" the stages of the matrix stay empty: there is no matrix. */
int gv_plan_costs(gv_plan *plan, const gv_plan_basis *basis, gv_error *err);

#endif
