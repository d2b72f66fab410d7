/*
 * gv_objective_body - the objective of gv_objective.h over vectors of any length, included once by
 * each instruction set's file after its vector operations (gv_vec_*.h). Not a header of its own.
 *
 * Approach. Up to four records of a tile row make a step: first their dot products, in one walk
 * along the row's vector, then what they add to the gradient, in a second walk for which all
 * vectors are still in the first-level cache. Column vectors of one tile row are all different, so
 * `spread` may write them in any order; `collect` adds four records to a register of the row's
 * gradient before storing it.
 */
#include "kernel/gv_objective.h"
#include <string.h>

/* The vectors of a step. */
typedef struct step {
    const float *row;
    const float *column[GV_STEP_RECORDS];
    float *to[GV_STEP_RECORDS]; /* gradients: in the columns' vectors; or to[0] in the row's */
    size_t width;
} step;

INLINE quad dots(const step *g, int m)
{
    vec_w acc[GV_STEP_RECORDS][PIECES];

    EACH(k, GV_STEP_RECORDS, { EACH(p, PIECES, { acc[k][p] = set1_w(0.0f); }); });
    for (size_t c = g->width; c > 0;) {
        c -= GV_LANES;
        EACH(p, PIECES, {
            vec_w a = load_w(g->row + c + p * VEC);
            EACH(k, m, { acc[k][p] = fma_w(a, load_w(g->column[k] + c + p * VEC), acc[k][p]); });
        });
    }
    return m == 1 ? reduce1(acc[0]) : reduce4(acc);
}

INLINE void collect_step(const step *w, quad g, int m)
{
    vec_w h[GV_STEP_RECORDS];

    EACH(k, m, { h[k] = pick_w(g, k); });
    for (size_t c = 0; c < w->width; c += VEC) {
        vec_w sum = load_w(w->to[0] + c);
        EACH(k, m, { sum = fma_w(h[k], load_w(w->column[k] + c), sum); });
        store_w(w->to[0] + c, sum);
    }
}

INLINE void spread_step(const step *w, quad g, int m)
{
    vec_w h[GV_STEP_RECORDS];

    EACH(k, m, { h[k] = pick_w(g, k); });
    for (size_t c = 0; c < w->width; c += VEC) {
        vec_w a = load_w(w->row + c);
        EACH(k, m, { store_w(w->to[k] + c, fma_w(h[k], a, load_w(w->to[k] + c))); });
    }
}

/* Records k to k + m - 1, all of tile row `row`; returns their losses by place. */
INLINE quad_double do_step(const gv_objective_args *args, const gv_kernel_tile *tile, size_t row,
                           size_t k, int m, int spread)
{
    step w = {.row = args->row_vectors + row * args->width, .width = args->width};
    if (!spread)
        w.to[0] = args->gradient + row * args->width;
    EACH(i, m, {
        size_t column = tile->column[k + i] * args->width;
        w.column[i] = args->column_vectors + column;
        if (spread)
            w.to[i] = args->gradient + column;
    });
    quad diff = dots(&w, m) - quad_load(tile->log_x + k, (size_t)m);
    quad g = quad_load(tile->weight + k, (size_t)m) * diff;
    if (spread)
        spread_step(&w, g, m);
    else
        collect_step(&w, g, m);
    return quad_widen(g) * quad_widen(diff);
}

INLINE double evaluate(const gv_objective_args *args, const gv_kernel_tile *tile, int spread)
{
    quad_double loss = {0};
    size_t k = 0;
    for (size_t r = 0; r < tile->rows; r++) {
        size_t row = tile->row[r], end = k + tile->row_length[r] + 1u;
        for (; k + GV_STEP_RECORDS <= end; k += GV_STEP_RECORDS)
            loss += do_step(args, tile, row, k, GV_STEP_RECORDS, spread);
        if (end - k == 3)
            loss += do_step(args, tile, row, k, 3, spread);
        else if (end - k == 2)
            loss += do_step(args, tile, row, k, 2, spread);
        else if (end - k == 1)
            loss += do_step(args, tile, row, k, 1, spread);
        k = end;
    }
    return 0.5 * ((loss[0] + loss[1]) + (loss[2] + loss[3]));
}

static double collect(const gv_objective_args *args, const gv_kernel_tile *tile)
{
    return evaluate(args, tile, 0);
}

static double spread(const gv_objective_args *args, const gv_kernel_tile *tile)
{
    return evaluate(args, tile, 1);
}
