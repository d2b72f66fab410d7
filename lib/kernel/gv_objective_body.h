/*
 * gv_objective_body - the objective of gv_objective.h over vectors of any length, included once by
 * each instruction set's file after its vector operations (gv_vec_*.h). Not a header of its own.
 *
 * Approach. Up to four records of a run go together: their dot products in one pass over the run
 * row, then what they add to the gradient in a second one, for which all rows are still in the
 * first-level cache. Within a run all stream rows are different, so `spread` may write them in any
 * order; `collect` adds four records to a vector of the run's gradient while that is in a register.
 */
#include "kernel/gv_objective.h"
#include <string.h>

/* What a group of records works on. */
typedef struct group {
    const float *run;
    const float *stream[GV_GROUP];
    float *to[GV_GROUP]; /* gradients: of the stream rows; or to[0] of the run row */
    size_t width;
} group;

INLINE quad dots(const group *g, int m)
{
    vec_w acc[GV_GROUP][PIECES];

    EACH(k, GV_GROUP, { EACH(p, PIECES, { acc[k][p] = set1_w(0.0f); }); });
    for (size_t c = g->width; c > 0;) {
        c -= GV_LANES;
        EACH(p, PIECES, {
            vec_w a = load_w(g->run + c + p * VEC);
            EACH(k, m, { acc[k][p] = fma_w(a, load_w(g->stream[k] + c + p * VEC), acc[k][p]); });
        });
    }
    return m == 1 ? reduce1(acc[0]) : reduce4(acc);
}

INLINE void collect_group(const group *w, quad g, int m)
{
    vec_w h[GV_GROUP];

    EACH(k, m, { h[k] = pick_w(g, k); });
    for (size_t c = 0; c < w->width; c += VEC) {
        vec_w sum = load_w(w->to[0] + c);
        EACH(k, m, { sum = fma_w(h[k], load_w(w->stream[k] + c), sum); });
        store_w(w->to[0] + c, sum);
    }
}

INLINE void spread_group(const group *w, quad g, int m)
{
    vec_w h[GV_GROUP];

    EACH(k, m, { h[k] = pick_w(g, k); });
    for (size_t c = 0; c < w->width; c += VEC) {
        vec_w a = load_w(w->run + c);
        EACH(k, m, { store_w(w->to[k] + c, fma_w(h[k], a, load_w(w->to[k] + c))); });
    }
}

/* Records k to k + m - 1, all of the run row number `row`; returns their losses by place. */
INLINE quad_double do_group(const gv_objective_pass *pass, const gv_kernel_tile *tile, size_t row,
                            size_t k, int m, int spread)
{
    group w = {.run = pass->run_rows + row * pass->width, .width = pass->width};
    if (!spread)
        w.to[0] = pass->gradient + row * pass->width;
    EACH(i, m, {
        size_t column = tile->column[k + i] * pass->width;
        w.stream[i] = pass->stream_rows + column;
        if (spread)
            w.to[i] = pass->gradient + column;
    });
    quad diff = dots(&w, m) - quad_load(tile->log_x + k, (size_t)m);
    quad g = quad_load(tile->weight + k, (size_t)m) * diff;
    if (spread)
        spread_group(&w, g, m);
    else
        collect_group(&w, g, m);
    return quad_widen(g) * quad_widen(diff);
}

INLINE double evaluate(const gv_objective_pass *pass, const gv_kernel_tile *tile, int spread)
{
    quad_double loss = {0};
    size_t k = 0;
    for (size_t r = 0; r < tile->runs; r++) {
        size_t row = tile->run_row[r], end = k + tile->run_length[r] + 1u;
        for (; k + GV_GROUP <= end; k += GV_GROUP)
            loss += do_group(pass, tile, row, k, GV_GROUP, spread);
        if (end - k == 3)
            loss += do_group(pass, tile, row, k, 3, spread);
        else if (end - k == 2)
            loss += do_group(pass, tile, row, k, 2, spread);
        else if (end - k == 1)
            loss += do_group(pass, tile, row, k, 1, spread);
        k = end;
    }
    return 0.5 * ((loss[0] + loss[1]) + (loss[2] + loss[3]));
}

static double collect(const gv_objective_pass *pass, const gv_kernel_tile *tile)
{
    return evaluate(pass, tile, 0);
}

static double spread(const gv_objective_pass *pass, const gv_kernel_tile *tile)
{
    return evaluate(pass, tile, 1);
}
